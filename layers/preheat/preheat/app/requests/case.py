"""What a request is judged on, and the form of the judgement. Values only: the rules are `ruling`'s."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from preheat.app.requests.codes import Code
from preheat.app.requests.message import Request
from preheat.app.requests.prospects import Prospect, forecast
from preheat.domain.demand.request import STANDS_AT_MOST, Reply, Standing, Tombstone
from preheat.domain.plan.plan import HostedModel, ModelId
from preheat.domain.record.record import ModelRecord


@dataclass(frozen=True, slots=True)
class Limits:
    """What the stack allows: for how long something may stand, who may change what is not theirs, where replies go."""

    longest: timedelta = STANDS_AT_MOST
    admins: frozenset[str] = frozenset()
    reply_queues: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Case:
    """A request with all that its answer rests on.

    `models`: those that it is about, none if the plan knows no such subject. `kept`: what stands of the subject, ended
    ones too; `others`: what stands of the model's schedules, as far back as a pass reads it. `of` is the hold or block
    that it names, `of_reply` what that was answered; `noted` are releases that came before the request itself.
    """

    request: Request
    requester: str
    now: datetime
    limits: Limits
    models: Sequence[HostedModel] = ()
    records: Mapping[ModelId, ModelRecord] = field(default_factory=dict)
    kept: Sequence[Standing] = ()
    others: Sequence[Standing] = ()
    of: Standing | None = None
    of_reply: Reply | None = None
    noted: Sequence[Tombstone] = ()

    @property
    def is_admin(self) -> bool:
        """Tell whether the requester may change what is not theirs."""
        return self.requester in self.limits.admins

    def forecast(self, change: Standing | None = None) -> Prospect | None:
        """Return how the model will go on, with `change` in place of what it replaces; None: it is about several."""
        if self.request.subject.model_id is None or not self.models:
            return None
        (model,) = self.models
        standing = [one for one in (*self.kept, *self.others) if change is None or one.request_id != change.request_id]
        if change is not None:
            standing.append(change)
        return forecast(model, self.records.get(model.model_id), standing, self.now, change)


@dataclass(frozen=True, slots=True)
class Ruling:
    """An answer: its code, the same as a sentence, and what is stored with it."""

    code: Code
    reason: str
    change: Standing | Tombstone | None = None
