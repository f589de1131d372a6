"""The facts of a decision, and the form in which each step of the table gives its answer.

Shared by the steps in `starting`, `stopping` and `resting`. Decides nothing itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from preheat.domain.demand.demand import Demand, Outlook
from preheat.domain.demand.request import Subject
from preheat.domain.plan.hosted_model import DEFAULT_LEAD, HostedModel
from preheat.domain.plan.plan import Mode, Target
from preheat.domain.plan.turn import Turn
from preheat.domain.record import looks
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.gate import BacklogReading, GateLook
from preheat.domain.record.lifecycle import Desired, Observed
from preheat.domain.record.observation import Observation, ScalingReading
from preheat.domain.record.record import Action, Effort, LedgerEntry, ModelRecord, Ownership, Phase
from preheat.domain.values import change

# After a crash, another pass takes over the intent when this time is over; by then the calling pass has normally ended.
# Within the lease Preheat repeats only the very same call, or none without a token.
RECOVER_AFTER = timedelta(seconds=60)
# After these answers, Preheat never repeats a stop or a change of a gate with the same token.
SPENT = (Answer.ACCEPTED, Answer.INVALID, Answer.GONE)


@dataclass(frozen=True)  # without slots, as `ModelRecord`
class Situation:
    """All facts of a decision. `model` is None when the plan no longer names it.

    `now` precedes the look at the service: a lease that is over at `now` was over at the look. `seen_at` follows the
    look, if that found a model that somebody else started: what it shows was true by then.
    """

    model: HostedModel | None
    plan_version: int
    mode: Mode
    record: ModelRecord
    outlook: Outlook
    observation: Observation
    now: datetime
    seen_at: datetime
    gate_look: GateLook | None = None  # None: no look at the gate was due
    scaling_reading: ScalingReading | None = None  # None: no reading of the scaling was due
    reading: BacklogReading | None = None  # None: no reading of the queue was due
    # The versions of its schedules' requests, as this pass read them: a stop decided on older ones loses its write.
    guards: Mapping[Subject, int] = field(default_factory=dict)
    stack: str = ""  # the stack that makes the calls, as its tokens name it

    @property
    def zone(self) -> str | None:
        """The plant's time zone, for the words of a reason; None: UTC."""
        return self.model.zone if self.model is not None else None

    @property
    def finds_a_stranger(self) -> bool:
        """Return whether somebody else's model runs here."""
        runs = self.observation.observed in (Observed.STARTING, Observed.HOSTED)
        return runs and not disown(self.record).is_engaged()

    @property
    def may_adopt(self) -> bool:
        """Return whether a demand includes the moment of the look; a slow look may have outlasted the demand."""
        return self.outlook.current is not None and self.seen_at < self.outlook.current.end

    @property
    def desired(self) -> Desired:
        """RUN while a demand is current and the record's target is the planned one."""
        planned = self.model is not None and self.model.target == self.record.target
        return Desired.RUN if planned and self.outlook.current is not None else Desired.REST

    @property
    def start_target(self) -> Target:
        """The endpoint config of this demand's next start: while the first config has no capacity, another one."""
        effort = self.record.effort
        return self.record.target if self.model is None else self.model.find_target(effort.fallback if effort else None)

    @property
    def silent(self) -> bool:
        """Return whether the service refused a call permanently: only a changed plan allows it again."""
        return self.record.silent_for_plan == self.plan_version

    def refuses(self, call: Call) -> bool:
        """Return whether the service refused this call permanently; looks go on, and the opposite call may happen."""
        attempt = self.record.attempt
        return attempt is not None and attempt.call is call and attempt.is_refused() and self.silent

    @property
    def has_looked(self) -> bool:
        """Return whether this pass read the observed state itself."""
        return self.observation.asked and self.observation.observed is not Observed.UNKNOWN

    @property
    def lead(self) -> timedelta:
        """How long a start may take."""
        return self.model.lead if self.model else DEFAULT_LEAD

    @property
    def turn(self) -> Turn | None:
        """Its turn among those that start at the same time."""
        return self.model.turn if self.model else None


@dataclass(frozen=True)  # without slots, as `ModelRecord`
class Move:
    """A step before `writing` makes a record of it: the phase after it, and when to look next."""

    record: ModelRecord
    phase: Phase
    reason: str
    wake_at: datetime | None
    action: Action = Action.LOOK
    calls: bool = False
    restores: bool = False  # restore the scaling on record, once this record is stored
    of_gate: bool = False  # the call and the report are about the gate
    gives_up: bool = False  # no further start comes before the demand ends


@dataclass(frozen=True)  # without slots, as `ModelRecord`
class Decision:
    """One step: the record to store with its entry, then the call to make, if any. LOOK reports nothing new."""

    action: Action
    reason: str
    record: ModelRecord
    entry: LedgerEntry | None = None
    call: Attempt | None = None
    restores: bool = False  # restore the scaling on record; never together with a call


def find_effort(record: ModelRecord, demand: Demand, lead: timedelta, turn: Turn | None = None) -> Effort:
    """Return the effort that serves `demand`: the one on record, or a new one if the demand is another.

    A demand that comes back goes on with its own: its attempts stay counted, and no start has a second judgement.
    """
    effort = record.effort or _resume(record.ended_effort, demand)
    if effort is None or demand.begin >= effort.until:
        effort = Effort(demand.begin, demand.end, demand.ready_at, demand.schedule, lead=lead, turn=turn)
    return change(effort, until=demand.end)


def _resume(ended: Effort | None, demand: Demand) -> Effort | None:
    """Return the effort of a demand that ended, without what it knew of a model that may have stopped since."""
    if ended is None or ended.ready_at != demand.ready_at:
        return None
    return change(ended, first_start_at=None, hosted_at=None, serving=False, proved=False)


def repeat(situation: Situation, attempt: Attempt, phase: Phase) -> Move:
    """Make the same call once more, after a won write of its own."""
    record = change(situation.record, attempt=attempt.repeat(situation.now))
    if record.effort is not None and attempt.call is Call.START:
        begun_at = record.effort.first_start_at or situation.now  # from now, if the service rejected the call before
        record = change(record, effort=change(record.effort, first_start_at=begun_at))
    reason = f"Repeating the same {attempt.call} call (last answer: {attempt.answer or 'none'})"
    return Move(record, phase, reason, situation.now + RECOVER_AFTER, calls=True)


def hold(situation: Situation, phase: Phase, reason: str, until: datetime) -> Move:
    """Do nothing before `until`, and say why."""
    return Move(situation.record, phase, reason, pick_wake(situation, until))


def hold_for_lease(situation: Situation) -> Move | None:
    """Wait while a worker may still be making the call on record; return None if none can."""
    attempt = situation.record.attempt
    if attempt is None or situation.now >= attempt.lease_ends_at():
        return None
    reason = "Waiting: an earlier call may still be in progress"
    return hold(situation, situation.record.phase, reason, attempt.lease_ends_at())


def withhold(situation: Situation, step: str) -> Move:
    """Say what Preheat would do in mode `act`; reported once."""
    action = Action.LOOK if situation.record.phase is Phase.WITHHELD else Action.WITHHOLD
    wake_at = pick_wake(situation, situation.now + looks.HOSTED_EVERY)
    return Move(situation.record, Phase.WITHHELD, f"Mode observe: Preheat would {step}", wake_at, action)


def mark_left(record: ModelRecord) -> ModelRecord:
    """Note that a look showed the model out of its stopped state in this start, or out of STARTING in this stop."""
    attempt = record.attempt
    if attempt is None or (attempt.call is Call.STOP and record.observed is Observed.STARTING):
        return record
    return change(record, attempt=change(attempt, left=True, seen=True))


def disown(record: ModelRecord) -> ModelRecord:
    """Give up a start that the service rejected every time: if a model runs, somebody else started it."""
    attempt = record.attempt
    if attempt is None or attempt.call is not Call.START or not attempt.is_without_effect():
        return record
    return change(record, attempt=None, ownership=Ownership.NONE)


def pick_wake(situation: Situation, other: datetime | None = None) -> datetime | None:
    """Return the earlier of the demand's next edge and `other`; None if there is neither.

    An edge is exact to the second; for anything else a pass that came a little early does not come back at once.
    """
    candidates = []
    if situation.outlook.next_edge is not None:
        candidates.append(max(situation.outlook.next_edge, situation.now + timedelta(seconds=1)))
    if other is not None:
        candidates.append(max(other, situation.now + timedelta(seconds=5)))
    return min(candidates, default=None)
