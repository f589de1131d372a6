"""The record of one model: everything that a pass remembers; and the ledger entry that reports one change.

Values only. Does not know how they are stored, nor what to do next.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from preheat.domain.plan.plan import Mode, ModelId, Tags, Target
from preheat.domain.plan.turn import Turn
from preheat.domain.record.attempt import Answer, Attempt
from preheat.domain.record.gate import SHUT, Draining, Gate
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.paid import Run, Stretch

SAMPLES_KEPT = 60
# The bounds of an effort.
ATTEMPTS_MAX = 5
REPAIRS_MAX = 2
RESIZED_AFTER_MOST = 2  # attempts: a restart for more units leaves three of them to failures
STUCK_AFTER_LEAST = timedelta(minutes=60)  # a start hangs after this, or after two leads if they are longer


class Phase(StrEnum):
    """Where a model is in its life; the ledger's `from` and `to`."""

    IDLE = "idle"  # no demand, and nothing started by Preheat runs
    STARTING = "starting"  # Preheat intends a start, or one is under way
    WARMING = "warming"  # hosted, but the inference that its plan asks for has not succeeded yet
    HOSTED = "hosted"  # ready, as required
    DRAINING = "draining"  # a stop is due, and waits for its queue to be empty or its gate to be closed
    STOPPING = "stopping"  # Preheat intends a stop, or one is under way
    FAILED = "failed"  # a start failed; waiting for the next, or given up
    UNSCHEDULED = "unscheduled"  # runs, but Preheat did not start it: left running
    WITHHELD = "withheld"  # a step is due, but the mode withholds it
    PAUSED = "paused"
    REFUSED = "refused"  # the service will not: unfit, invalid; waits for a new plan or a change there
    GONE = "gone"  # the service knows no such model


# In these phases, no stop is under way: somebody may count on a hosted model.
SERVES = (Phase.HOSTED, Phase.WARMING, Phase.DRAINING)


class Ownership(StrEnum):
    """Whether Preheat may stop what runs: only what it started or adopted."""

    NONE = "none"
    STARTED = "started"
    ADOPTED = "adopted"


class Action(StrEnum):
    """The action that a ledger entry reports."""

    START = "start"  # the intent of a start
    STOP = "stop"  # the intent of a stop
    DRAIN = "drain"  # the stop waits for its queue
    OPEN = "open"  # the intent to open the gate
    CLOSE = "close"  # the intent to close the gate
    OBSERVE = "observe"  # an observation changed the phase
    ADOPT = "adopt"
    FAIL = "fail"  # a start failed
    REFUSE = "refuse"  # the service refuses a call
    CAPACITY = "capacity"  # a start failed because the service has no capacity
    UNREAD = "unread"  # the state cannot be read
    AT_RISK = "at_risk"  # by all that is known, it will not be ready in time
    LATE = "late"
    LEAVE = "leave"  # it runs, and Preheat did not start it
    WITHHOLD = "withhold"
    EXPIRE = "expire"  # holds have come to their end, and nothing else has changed
    READY = "ready"  # it is ready for a hold that came while it was hosted already
    SCALE = "scale"  # Preheat restored the scaling of the endpoint, or could not
    LOOK = "look"  # nothing changed; never an entry


@dataclass(frozen=True)  # without slots, as `ModelRecord`
class Effort:
    """The effort for the current demand; ends with it, or with a completed stop."""

    demand_start: datetime  # as first recorded
    until: datetime  # its end as last seen; a demand that begins later is another one
    ready_at: datetime  # as first recorded
    schedule: str
    attempts: int = 0
    repairs: int = 0
    first_start_at: datetime | None = None  # of its start, from when nothing but the start itself has delayed it
    retry_at: datetime | None = None  # no new attempt before this
    hosted_at: datetime | None = None  # when it was first seen ready in this demand: HOSTED, and proved if asked for
    serving: bool = False  # a look showed HOSTED since the last attempt began
    judged: bool = False  # counted as on time or as late
    unstuck: bool = False  # Preheat already stopped a hung start once for this demand
    proved: bool = False  # the inference asked for has succeeded since it became HOSTED
    told: tuple[str, ...] = ()  # the holds that got the report that it is ready
    lead: timedelta | None = None  # as first recorded; None: an earlier release did not note it
    turn: Turn | None = None  # as first recorded
    at_risk: bool = False  # reported as at risk
    fallback: str | None = None  # the endpoint config of the next start, if the first one has no capacity
    unusable: tuple[str, ...] = ()  # endpoint configs that the service does not know, or that name no model
    short_since: datetime | None = None  # the first start of this demand that failed for want of capacity
    unready_at: datetime | None = None  # when a look last showed it not ready, before it was
    gave_up: bool = False  # no further start comes for this demand
    units_failed: bool = False  # a start with more units failed or got a refusal: no further one asks for them
    renewed_for: datetime | None = None  # the begin of the shift for which attempts and repairs count from 0

    @property
    def is_short(self) -> bool:
        """Whether the last start failed for want of capacity: its clock waits for the next one."""
        return self.short_since is not None and self.first_start_at is None


@dataclass(frozen=True, slots=True)
class Unread:
    """Checks in a row that did not show the model's state: since when, and what the service said at the last one."""

    since: datetime
    words: str  # the service's own, at most `attempt.WORDS_MAX` characters
    failure: Answer | None = None  # None: the call succeeded, with a status that this release does not know


@dataclass(frozen=True, slots=True)
class KeptScaling:
    """The scaling of an endpoint as read before a stop, which removes it. `text` is the service's.

    `is_removed`: a look showed the endpoint gone since then, so Preheat must restore the scaling.
    """

    text: str
    targets: int
    policies: int
    read_at: datetime
    is_removed: bool = False
    tries: int = 0  # of restoring it
    retry_at: datetime | None = None

    def __str__(self) -> str:
        targets = "1 scalable target" if self.targets == 1 else f"{self.targets} scalable targets"
        policies = "1 scaling policy" if self.policies == 1 else f"{self.policies} scaling policies"
        return f"{targets} and {policies}"


@dataclass(frozen=True)  # without slots: `values.change` copies it then, many times a pass
class ModelRecord:
    """One model's state. `version` counts won writes (0: not stored yet), `sequence` ledger entries."""

    model_id: ModelId
    target: Target
    version: int = 0
    sequence: int = 0
    plan_version: int = 0
    mode: Mode = Mode.ACT
    phase: Phase = Phase.IDLE
    since: datetime | None = None  # of the phase; never moves back
    observed: Observed = Observed.UNKNOWN
    attempt: Attempt | None = None
    start_generation: int = 0
    stop_generation: int = 0
    ownership: Ownership = Ownership.NONE
    effort: Effort | None = None
    ended_effort: Effort | None = None  # of the demand that ended last, should it come back; gone with the next one
    samples: tuple[timedelta, ...] = ()  # the last start durations, newest last
    evidence: int | None = None  # how many starts they count for, see `evidence`; None: each for one
    measured_as: str = ""  # the parameters' digest of the newest sample
    wake_at: datetime | None = None  # when to look next; None: not before a plan or a request says so
    due_at: datetime | None = None  # from when on the due index shows the model, if that is later; None: at `wake_at`
    silent_for_plan: int | None = None  # the plan version under which Preheat does not repeat a refused call
    unreadable: int = 0  # looks in a row that did not find the model
    unread: Unread | None = None  # no check has shown the state since then; None: the last check showed it
    status: str = ""  # the service's own words at the last check that showed the state
    spent_until: datetime | None = None  # the budget of service calls, see `budget`
    writer: str = ""  # the pass that won the last write
    gate: Gate | None = None  # the gate that Preheat operates
    gate_generation: int = 0  # of its changes
    kept_tags: Tags = ()  # tags from the owner of an endpoint, in addition to the plan's, for the next one of the name
    scaling: KeptScaling | None = None  # of an endpoint, read before its stop and restored after its next start
    draining: Draining | None = None  # a stop that is due and waits
    expired_by: datetime | None = None  # the ledger has the end of holds that expired by then; None: no pass met one
    looked_at: datetime | None = None  # the last look that showed whether it runs, see `accounting`
    run: Run | None = None  # the billed run of the present; None: nothing runs, as far as is known
    paid: tuple[Stretch, ...] = ()  # the billed time since the last entry
    last_margin: timedelta | None = None  # of the newest entry that has one; None: none, or of an earlier release

    def is_engaged(self) -> bool:
        """Return whether something started or adopted by Preheat may be running at the target."""
        return self.attempt is not None or self.ownership is not Ownership.NONE

    def is_at_rest_under(self, plan_version: int) -> bool:
        """Return whether a pass under this plan, or a later one, found nothing started by Preheat at the target."""
        closed = self.gate is None or (self.gate.observed in SHUT and self.gate.attempt is None)
        return self.plan_version >= plan_version and not self.is_engaged() and closed


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One state change, appended with the record's write; never changed, never expired."""

    model_id: ModelId
    sequence: int
    at: datetime
    from_phase: Phase
    to_phase: Phase
    action: Action
    reason: str
    target: Target
    schedule: str | None = None
    client_token: str | None = None
    parameter_digest: str | None = None
    generation: int | None = None
    attempt: int | None = None  # which attempt of this demand
    time_to_hosted: timedelta | None = None
    margin: timedelta | None = None  # ready_at minus the moment of the first HOSTED look: positive is early
    inference_latency: timedelta | None = None  # if an inference proved readiness: how long it took
    at_risk: bool | None = None  # set on the one entry of a demand that reports that it is at risk
    expected_at: datetime | None = None  # the expected ready time, on that entry; None: nobody can say
    late: bool | None = None  # set on the one entry of a demand that judges its start: late or on time
    lost: bool | None = None  # set on the entry that reports that what was ready in the demand is so no longer
    requests: tuple[str, ...] = ()  # the holds that the demand serves, on an entry that reports ready, late or lost
    expired: tuple[str, ...] = ()  # the holds that have come to their end since the entry before
    ready_at: datetime | None = None  # of the demand that the entry is about, as first recorded
    needed_from: datetime | None = None  # the demand that the entry is about, as first recorded
    needed_until: datetime | None = None  # its end as last seen
    units: int | None = None  # what the attempt asks for, at the least
    paid: tuple[Stretch, ...] = ()  # the billed time since the entry before
    fell_back_to: int | None = None  # the plan's units, on the one entry that reports that holds get no more
    cause: str | None = None  # that of the verdict, on an entry that reports trouble
