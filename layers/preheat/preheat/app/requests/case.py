"""The case of a request, and the form of its ruling. Values only: the rules are in `ruling`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from preheat.app.requests.codes import Code
from preheat.app.requests.message import Request
from preheat.app.requests.prospects import Prospect, find_ready, forecast
from preheat.app.requests.rights import Right
from preheat.domain.demand.request import Reply, RequestId, Standing, Tombstone
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import STANDS_AT_MOST, UNIT_HOURS_MAX, Mode, ModelId
from preheat.domain.record.record import ModelRecord


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of the stack: how long a hold may last, who may change those of others, where replies may go.

    `mode` is the stack's; the stricter of it and the model's counts.
    """

    longest: timedelta = STANDS_AT_MOST
    admins: frozenset[str] = frozenset()
    reply_queues: frozenset[str] = frozenset()
    mode: Mode = Mode.ACT
    is_rated: bool = True  # False: no bound on how often a sender may ask
    unit_hours: int = UNIT_HOURS_MAX  # that the requests for one model may add on a UTC day, whatever the plan says


@dataclass(frozen=True, slots=True)
class Case:
    """A request with all that its answer rests on.

    `models`: the models of the subject; none if the plan does not know it. `kept`: the holds and blocks of the subject,
    also those that have ended. `others`: those of the model's schedules, as far back as a pass reads them. `of`: the
    hold or block that the request names, by the id `of_id` under which it is stored; `of_reply`: the reply to it.
    `noted`: releases that arrived before the request.
    """

    request: Request
    requester: str
    right: Right
    now: datetime
    limits: Limits
    session: str = ""  # of the requester
    models: Sequence[HostedModel] = ()
    records: Mapping[ModelId, ModelRecord] = field(default_factory=dict)
    kept: Sequence[Standing] = ()
    others: Sequence[Standing] = ()
    of: Standing | None = None
    of_id: RequestId | None = None
    of_reply: Reply | None = None
    noted: Sequence[Tombstone] = ()

    @property
    def is_admin(self) -> bool:
        """Return whether the requester may change what is not theirs."""
        return self.right.admin

    @property
    def zone(self) -> str | None:
        """The plant's time zone: that of the first model's first schedule; None: it has none."""
        return self.models[0].zone if self.models else None

    def forecast(self, change: Standing | None = None) -> Prospect | None:
        """Return how the model will go on, with `change` in place of what it replaces; None: it is about several."""
        if self.request.subject.model_id is None or not self.models:
            return None
        (model,) = self.models
        record = self.records.get(model.model_id)
        return forecast(model, record, self._standing(change), self.now, change, stack_mode=self.limits.mode)

    def find_ready(self, hold: Standing) -> datetime | None:
        """Return when the last of the models can be ready for a hold; None: blocks leave nothing of it."""
        standing = self._standing(hold)
        found = (find_ready(model, self.records.get(model.model_id), standing, self.now, hold) for model in self.models)
        return max((ready_at for ready_at in found if ready_at is not None), default=None)

    def _standing(self, change: Standing | None) -> list[Standing]:
        standing = [one for one in (*self.kept, *self.others) if change is None or one.request_id != change.request_id]
        return standing if change is None else [*standing, change]


@dataclass(frozen=True, slots=True)
class Ruling:
    """An answer: its code, the same as a sentence, and what is stored with it.

    `drops`: holds and blocks that have ended and make room for the change. `unit_hours`: what the change adds to what
    the models may cost, an estimate.
    """

    code: Code
    reason: str
    change: Standing | Tombstone | None = None
    drops: tuple[Standing, ...] = ()
    retry_at: datetime | None = None  # when the sender may try again
    unit_hours: float = 0.0
