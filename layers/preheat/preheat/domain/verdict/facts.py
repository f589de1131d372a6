"""The facts of a verdict: the plan, the record, the demand, and the moment. Nothing here calls or decides."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from preheat.domain.demand.demand import NOTHING_WANTED, Demand, Outlook
from preheat.domain.demand.request import Kind, Standing
from preheat.domain.plan.hosted_model import DEFAULT_LEAD, HostedModel
from preheat.domain.plan.plan import Mode, ModelId, Target, pick_strictest
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Effort, ModelRecord, Ownership


@dataclass(frozen=True, slots=True)
class Rival:
    """Another model that runs where this one is to run, and counts against the same quota."""

    model_id: ModelId
    schedule: str | None = None  # the schedule that needs it; None: a hold, or nothing
    hold: str | None = None  # the request id of the hold that needs it
    until: datetime | None = None  # when its demand ends; None: nothing needs it
    target: Target | None = None  # where it runs


@dataclass(frozen=True, slots=True)
class VerdictFacts:
    """The known facts about one model at `now`. `model` has the lead in force; None: the plan does not name it.

    `requests`: the holds and blocks that are active or ahead. `problem`: the parts that the store did not return.
    """

    model_id: ModelId
    now: datetime
    model: HostedModel | None = None
    record: ModelRecord | None = None
    outlook: Outlook = NOTHING_WANTED
    requests: tuple[Standing, ...] = ()
    rivals: tuple[Rival, ...] = ()
    mode: Mode = Mode.ACT  # the stack's, as far as it is known; the stricter of it and the model's counts
    problem: str = ""

    @property
    def strictest(self) -> Mode:
        """The mode that counts: the strictest of the stack's, the plan's and the last pass's."""
        modes = [self.mode, *(part.mode for part in (self.model, self.record) if part is not None)]
        return pick_strictest(*modes)

    @property
    def observed(self) -> Observed:
        """The state that the service showed at the last check that showed one."""
        return self.record.observed if self.record is not None else Observed.UNKNOWN

    @property
    def target(self) -> Target | None:
        """Where it is, or is to be."""
        return self.record.target if self.record is not None else self.model.target if self.model is not None else None

    @property
    def attempt(self) -> Attempt | None:
        """The call that is under way."""
        return self.record.attempt if self.record is not None else None

    @property
    def demand(self) -> Demand | None:
        """The demand that includes `now`; none at a target that the plan has left."""
        if self.model is None or (self.record is not None and self.record.target != self.model.target):
            return None
        return self.outlook.current

    @property
    def effort(self) -> Effort | None:
        """The work for the present demand; None before a pass came to it."""
        effort, demand = self.record.effort if self.record is not None else None, self.demand
        return effort if effort is not None and demand is not None and demand.begin < effort.until else None

    @property
    def ready_at(self) -> datetime | None:
        """When it has to be ready for the present demand, as first recorded."""
        demand, effort = self.demand, self.effort
        return effort.ready_at if effort is not None else demand.ready_at if demand is not None else None

    @property
    def lead(self) -> timedelta:
        """How long a start may take."""
        if self.effort is not None and self.effort.lead is not None:
            return self.effort.lead
        return self.model.lead if self.model is not None else DEFAULT_LEAD

    @property
    def block(self) -> Standing | None:
        """The block that is active now and ends last."""
        blocks = [one for one in self.requests if one.kind is Kind.BLOCK and one.begin <= self.now < one.end]
        return max(blocks, key=lambda one: one.end, default=None)

    @property
    def is_ours(self) -> bool:
        """Whether Preheat may stop what runs."""
        refused = self.attempt is not None and self.attempt.call is Call.START and self.attempt.is_without_effect()
        return self.record is not None and self.record.ownership is not Ownership.NONE and not refused

    def find_answer(self, call: Call) -> Answer | None:
        """Return how the service answered the call under way; None: no answer, or no such call."""
        return self.attempt.answer if self.attempt is not None and self.attempt.call is call else None
