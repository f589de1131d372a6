"""The record of one model: all that a pass remembers, as one value; and the ledger entry that tells of one change.

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


class Phase(StrEnum):
    """Where a model stands in Preheat's care; the ledger's `from` and `to`."""

    IDLE = "idle"  # nothing wanted, nothing running that is ours
    STARTING = "starting"  # a start is intended or under way
    WARMING = "warming"  # hosted, but the inference that its plan asks for has not succeeded yet
    HOSTED = "hosted"  # ready, as wanted
    DRAINING = "draining"  # a stop is due, and waits for its queue to be empty or its gate to be closed
    STOPPING = "stopping"  # a stop is intended or under way
    FAILED = "failed"  # a start burnt out; waiting for the next, or given up
    UNSCHEDULED = "unscheduled"  # runs, but nobody of ours started it: left alone
    WITHHELD = "withheld"  # a step is due, but the mode withholds it
    PAUSED = "paused"
    REFUSED = "refused"  # the service will not: unfit, invalid; waits for a new plan or a change there
    GONE = "gone"  # the service knows no such model


class Ownership(StrEnum):
    """Whether Preheat may stop what runs: only what it started or adopted."""

    NONE = "none"
    STARTED = "started"
    ADOPTED = "adopted"


class Action(StrEnum):
    """What a ledger entry tells."""

    START = "start"  # the intent of a start
    STOP = "stop"  # the intent of a stop
    DRAIN = "drain"  # the stop waits for its queue
    OPEN = "open"  # the intent to open the gate
    CLOSE = "close"  # the intent to close the gate
    OBSERVE = "observe"  # the phase changed by what was seen
    ADOPT = "adopt"
    FAIL = "fail"  # a start burnt out
    REFUSE = "refuse"  # the service refuses a call
    CAPACITY = "capacity"  # a start failed because the service has no capacity
    UNREAD = "unread"  # the state cannot be read
    AT_RISK = "at_risk"  # by all that is known, it will not be ready in time
    LATE = "late"
    LEAVE = "leave"  # it runs and is not ours
    WITHHOLD = "withhold"
    EXPIRE = "expire"  # holds have come to their end, and nothing else has changed
    READY = "ready"  # it is ready for a hold that came while it was hosted already
    SCALE = "scale"  # the scaling of the endpoint was restored, or could not be
    LOOK = "look"  # nothing changed; never an entry


@dataclass(frozen=True, slots=True)
class Effort:
    """What has been spent on the demand being served; ends with it, or with a completed stop."""

    demand_start: datetime  # as first recorded
    until: datetime  # its end as last seen; a demand that begins later is another one
    ready_at: datetime  # as first recorded
    schedule: str
    attempts: int = 0
    repairs: int = 0
    first_start_at: datetime | None = None  # of its start, from when nothing but the start itself has delayed it
    retry_at: datetime | None = None  # no new attempt before this
    hosted_at: datetime | None = None  # when it was first seen ready in this demand: HOSTED, and proved if asked for
    serving: bool = False  # HOSTED was seen since the last attempt began
    judged: bool = False  # counted as on time or as late
    unstuck: bool = False  # the one stop of a start that hangs was spent
    proved: bool = False  # the inference asked for has succeeded since it became HOSTED
    told: tuple[str, ...] = ()  # the holds that were told that it is ready
    lead: timedelta | None = None  # as first recorded; None: an earlier release did not note it
    turn: Turn | None = None  # as first recorded
    at_risk: bool = False  # reported as at risk
    short_since: datetime | None = None  # the first start of this demand that failed for want of capacity
    unready_at: datetime | None = None  # when a look last showed it not ready, before it was


@dataclass(frozen=True, slots=True)
class Unread:
    """Checks in a row that did not show the model's state: since when, and what the service said at the last one."""

    since: datetime
    words: str  # the service's own, at most `attempt.WORDS_MAX` characters
    failure: Answer | None = None  # None: the call succeeded, with a status that this release does not know


@dataclass(frozen=True, slots=True)
class KeptScaling:
    """The scaling of an endpoint as read before a stop, which removes it. `text` is the service's.

    `is_removed`: the endpoint was seen gone since then, so the scaling has to be restored.
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
    samples: tuple[timedelta, ...] = ()  # the last start durations, newest last
    evidence: int | None = None  # how many starts they count for, see `evidence`; None: each for one
    measured_as: str = ""  # the parameters' digest under which the newest was measured
    wake_at: datetime | None = None  # when to look next; None: not before a plan or a request says so
    silent_for_plan: int | None = None  # the plan version under which a refused call is not repeated
    unreadable: int = 0  # looks in a row that did not find the model
    unread: Unread | None = None  # the state could not be read since then; None: the last check showed it
    status: str = ""  # the service's own words at the last check that showed the state
    spent_until: datetime | None = None  # the budget of service calls, see `budget`
    writer: str = ""  # the pass that won the last write
    gate: Gate | None = None  # the gate in Preheat's care
    gate_generation: int = 0  # of its changes
    kept_tags: Tags = ()  # what its owner gave an endpoint beside the plan's tags, for the next one of the name
    scaling: KeptScaling | None = None  # of an endpoint, read before its stop and restored after its next start
    draining: Draining | None = None  # a stop that is due and waits
    expired_by: datetime | None = None  # holds that ended by then have been told of; None: none was seen yet
    looked_at: datetime | None = None  # the last look that told whether it runs, see `accounting`
    run: Run | None = None  # what runs and is paid for; None: nothing, as far as is known
    paid: tuple[Stretch, ...] = ()  # what was paid for since the last entry

    def is_engaged(self) -> bool:
        """Tell whether something of ours may be running at the target."""
        return self.attempt is not None or self.ownership is not Ownership.NONE

    def is_at_rest_under(self, plan_version: int) -> bool:
        """Tell whether a pass that served this plan, or a later one, has found nothing of ours at the target."""
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
    margin: timedelta | None = None  # ready_at minus the moment HOSTED was observed: positive is early
    inference_latency: timedelta | None = None  # set where readiness was proved: how long the inference took
    at_risk: bool | None = None  # set on the one entry of a demand that reports that it is at risk
    expected_at: datetime | None = None  # when it is expected to be ready, on that entry; None: it cannot be said
    late: bool | None = None  # set on the one entry of a demand that judges its start: late or on time
    requests: tuple[str, ...] = ()  # the holds that the demand serves, on an entry that tells ready or late
    expired: tuple[str, ...] = ()  # the holds that have come to their end since the entry before
    ready_at: datetime | None = None  # of the demand that the entry is about, as first recorded
    needed_from: datetime | None = None  # the demand that the entry is about, as first recorded
    needed_until: datetime | None = None  # its end as last seen
    units: int | None = None  # what the attempt asks for, at the least
    paid: tuple[Stretch, ...] = ()  # what was paid for since the entry before
