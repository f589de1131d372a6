"""Waits until Preheat has checked the models of a new plan, and says which it has not seen, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from preheat.app.ports.store import Store
from preheat.domain.plan.plan import Mode, ModelId
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import ModelRecord
from preheat.domain.verdict.causes import VerdictCause, VerdictState
from preheat_cli.model_status import read_statuses
from preheat_cli.stack import Surroundings
from preheat_cli.verdicts import Judged, judge_all

# Two ticks and a pass; a stack that takes longer does not work.
WAIT_AT_MOST: Final = timedelta(minutes=3)
CHECKS_EVERY: Final = 2.0  # seconds
NOT_CHECKED: Final = f"not checked within {WAIT_AT_MOST // timedelta(minutes=1)} min; see `preheat doctor`"


@dataclass(frozen=True, slots=True)
class Seen:
    """The result of the wait: how many models there are, and why some had no check, by their names."""

    models: int
    unseen: dict[ModelId, str]

    def lines(self) -> list[str]:
        """Return the result for a person: `2 of 2 models seen`, then each model without a check."""
        count = f"{self.models - len(self.unseen)} of {self.models} model{'' if self.models == 1 else 's'} seen"
        return [count, *(f"  {model_id}: {why}" for model_id, why in self.unseen.items())]


def wait_until_checked(surroundings: Surroundings, store: Store, models: Sequence[ModelId], version: int) -> Seen:
    """Wait until each model has had a check under plan `version`, or until WAIT_AT_MOST has passed."""
    began, waiting = surroundings.clock.now(), list(models)
    while True:
        records = store.load_many(waiting)
        waiting = [one for one in waiting if not _is_checked(records.get(one), version, began)]
        if not waiting or surroundings.clock.now() >= began + WAIT_AT_MOST:
            break
        surroundings.pause(CHECKS_EVERY)
    now = surroundings.clock.now()
    judged = judge_all(read_statuses(store, models, now), now)
    found = {one.status.model_id: NOT_CHECKED if one.status.model_id in waiting else _explain(one) for one in judged}
    return Seen(len(models), {model_id: why for model_id, why in found.items() if why})


def _is_checked(record: ModelRecord | None, version: int, began: datetime) -> bool:
    """Return whether a pass followed this plan since then, with whatever result."""
    if record is None or record.plan_version < version:
        return False
    seen = record.looked_at is not None and record.looked_at >= began
    return seen or record.unread is not None or record.observed is Observed.BUSY or record.mode is Mode.PAUSED


def _explain(one: Judged) -> str:
    """Return why a model had no check; nothing if it had one."""
    verdict = one.verdict
    if verdict is None:
        return one.status.problem or ""
    absent = verdict.cause is VerdictCause.ABSENT
    return verdict.why if absent or verdict.state is VerdictState.UNKNOWN else ""
