"""The removal of every model: stops what others started, applies a plan without models, and waits for every stop.

Owns the order of the steps, and when a model counts as stopped: only a check that shows it. Asks nothing.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from preheat.app.ports.errors import StaleRecord, UnreadableItem
from preheat.app.ports.store import Store
from preheat.domain.demand.request import Verb
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import ModelRecord
from preheat.domain.verdict.remedies import find_look_command, find_stop_command
from preheat_cli.model_status import read_statuses
from preheat_cli.planning import StoredPlan, make_replaced_error
from preheat_cli.stack import Stack, Surroundings
from preheat_cli.verdicts import judge_all
from preheat_cli.views import show

STOP_AT_MOST: Final = timedelta(minutes=60)  # a start that is under way may have to end before the stop
CLAIM_AT_MOST: Final = timedelta(minutes=3)  # until a pass has taken over what somebody else started
CHECKS_EVERY: Final = 5.0  # seconds
RUNS: Final = (Observed.STARTING, Observed.HOSTED)
STOPPED: Final = (Observed.STOPPED, Observed.FAILED, Observed.UNFIT, Observed.GONE)


@dataclass(frozen=True, slots=True)
class Removed:
    """The result: how many models there were, and why some did not appear as stopped, by their names."""

    models: int
    running: dict[ModelId, list[str]]


def find_running(store: Store, models: Sequence[ModelId]) -> list[ModelRecord]:
    """Return the records of models that run, by all that is known, or that Preheat may have started."""
    records = store.load_many(models).values()
    return [one for one in records if one.is_engaged() or one.observed in RUNS]


def remove_all(surroundings: Surroundings, opened: Stack, plan: StoredPlan, say: Callable[[str], None]) -> Removed:
    """Stop every model of a stack and remove it from the plan; return when each appears as stopped, or after an hour.

    Raises:
        CliError: another apply came first.
    """
    store = opened.store
    names = sorted({*plan.models, *plan.unreadable, *store.list_former_models()})
    _claim(surroundings, opened, plan.models, say)
    version = plan.version
    if plan.models or plan.unreadable:
        try:
            version = store.apply([], expected_version=plan.version, at=surroundings.clock.now())
        except StaleRecord as error:
            raise make_replaced_error(plan.version) from error
        say(f"plan {version} is now current: it has no models")
    waiting = _wait(surroundings, store, names, version, say)
    return Removed(len(names), _explain(store, waiting, surroundings.clock.now()))


def _claim(
    surroundings: Surroundings, opened: Stack, models: dict[ModelId, HostedModel], say: Callable[[str], None]
) -> None:
    """Ask Preheat to stop what somebody else started, while the plan still names it; wait until it has begun to."""
    found = [one for one in find_running(opened.store, list(models)) if not one.is_engaged()]
    strays = [one.model_id for one in found if find_stop_command(one.target) is None]
    for model_id in strays:
        say(f"stopping {model_id}, which somebody else started")
        body = {"version": 1, "request_id": f"cli-{uuid4().hex}", "verb": Verb.STOP, "model": model_id}
        opened.send_request(json.dumps(body | {"reason": "preheat remove-all"}))
    until = surroundings.clock.now() + CLAIM_AT_MOST
    while strays and surroundings.clock.now() < until:
        surroundings.pause(CHECKS_EVERY)
        records = opened.store.load_many(strays)
        strays = [one for one in strays if not _is_claimed(records.get(one))]


def _is_claimed(record: ModelRecord | None) -> bool:
    return record is None or record.is_engaged() or record.observed not in RUNS


def _wait(
    surroundings: Surroundings, store: Store, names: Sequence[ModelId], version: int, say: Callable[[str], None]
) -> list[ModelId]:
    """Wait until each model appears as stopped under the new plan; return the others."""
    until, waiting, said = surroundings.clock.now() + STOP_AT_MOST, list(names), -1
    while True:
        records = store.load_many(waiting)
        waiting = [one for one in waiting if not _is_stopped(records.get(one), version)]
        pending = [one for one in waiting if not _is_left_running(records[one], version)]
        if not pending or surroundings.clock.now() >= until:
            return waiting
        if len(pending) != said:
            said = len(pending)
            say(f"waiting until Preheat sees {show.count(said, 'model')} stopped: {', '.join(pending[:5])}")
        surroundings.pause(CHECKS_EVERY)


def _is_stopped(record: ModelRecord | None, version: int) -> bool:
    """Return whether a check under the new plan showed the model stopped."""
    return record is None or (record.is_at_rest_under(version) and record.unread is None and record.observed in STOPPED)


def _is_left_running(record: ModelRecord, version: int) -> bool:
    """Return whether Preheat leaves the model to its owner: no wait ends that."""
    return record.plan_version >= version and not record.is_engaged() and record.observed in RUNS


def _explain(store: Store, names: Sequence[ModelId], now: datetime) -> dict[ModelId, list[str]]:
    """Return the words for each model that did not appear as stopped: its verdict, and the service's own commands."""
    found = {one.status.model_id: one for one in judge_all(read_statuses(store, names, now), now)}
    lines: dict[ModelId, list[str]] = {}
    for name in names:
        one = found[name]
        verdict, record = one.verdict, _load(store, name)
        lines[name] = [f"{verdict.state}: {verdict.why}" if verdict is not None else one.status.problem or "unknown"]
        if record is not None:
            commands = (find_stop_command(record.target), find_look_command(record.target))
            lines[name] += [command for command in commands if command is not None]
    return lines


def _load(store: Store, name: ModelId) -> ModelRecord | None:
    try:
        return store.load(name)
    except UnreadableItem:
        return None
