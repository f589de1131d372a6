"""The vocabulary of verdicts: nine states, and every cause with the states that it can explain.

Owns the table of causes. The cause that holds comes from `judging`; the remedy comes from `remedies`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class VerdictState(StrEnum):
    """The state of a model, as a supervisor asks for it. *Needed* means that a demand includes the present moment."""

    READY = "READY"  # it serves
    ON_TIME = "ON TIME"  # needed, not ready yet, and expected by its ready time
    AT_RISK = "AT RISK"  # needed, and not expected by its ready time
    LATE = "LATE"  # its ready time has passed, and it does not serve
    OFF = "OFF"  # not needed, and not running
    BLOCKED = "BLOCKED"  # a block keeps it off
    REFUSED = "REFUSED"  # the service rejects it, and Preheat does not try again without a change
    UNKNOWN = "UNKNOWN"  # nobody knows whether it runs
    UNSCHEDULED = "UNSCHEDULED"  # it runs, and nothing needs it


class VerdictCause(StrEnum):
    """Why a model has its state. Each names one thing, and each thing has one name."""

    # It serves.
    HOSTED = "hosted"
    EARLY = "early"
    BRIDGED = "bridged"
    NOT_OURS = "not_ours"
    DRAINING = "draining"
    ENDING = "ending"
    # It is on its way.
    START_DUE = "start_due"
    START_SENT = "start_sent"
    STARTING = "starting"
    INFERENCE = "inference"
    CLEARING = "clearing"
    THROTTLED = "throttled"
    WRONG_STATE = "wrong_state"
    NO_ANSWER = "no_answer"
    # Something is in its way.
    TOO_SHORT = "too_short"
    SLOW = "slow"
    HANGING = "hanging"
    QUOTA = "quota"
    CAPACITY = "capacity"
    START_DENIED = "start_denied"
    START_INVALID = "start_invalid"
    START_FAILED = "start_failed"
    GIVEN_UP = "given_up"
    OBSERVE = "observe"
    ABSENT = "absent"
    UNFIT = "unfit"
    FAILED_FOREIGN = "failed_foreign"
    # It is not needed.
    RESTING = "resting"
    UNPLANNED = "unplanned"
    STOPPING = "stopping"
    FAILED_BEFORE = "failed_before"
    BLOCK = "block"
    # It runs, and nothing needs it.
    FOREIGN_RUN = "foreign_run"
    STOP_DUE = "stop_due"
    STOP_OVERDUE = "stop_overdue"
    STOP_WITHHELD = "stop_withheld"
    STOP_REFUSED = "stop_refused"
    # Nobody knows.
    UNSEEN = "unseen"
    READ_DENIED = "read_denied"
    READ_FAILED = "read_failed"
    STRANGE_STATUS = "strange_status"
    BUSY = "busy"
    PAUSED = "paused"
    OVERDUE = "overdue"
    UNSTORED = "unstored"


@dataclass(frozen=True, slots=True)
class CauseRule:
    """The states that a cause can explain, and the cause in a few words; `trouble`: somebody has to look at it."""

    states: frozenset[VerdictState]
    words: str
    trouble: bool = False


_SOON: Final = frozenset({VerdictState.ON_TIME, VerdictState.AT_RISK, VerdictState.LATE})
_HOSTED: Final = frozenset({VerdictState.ON_TIME, VerdictState.LATE})
_NOT_BY_ITSELF: Final = frozenset({VerdictState.AT_RISK, VerdictState.LATE})
_NEVER: Final = frozenset({VerdictState.REFUSED, VerdictState.LATE})


def _make_rule(words: str, *states: VerdictState, trouble: bool = False) -> CauseRule:
    return CauseRule(frozenset(states), words, trouble)


CAUSES: Final[dict[VerdictCause, CauseRule]] = {
    VerdictCause.HOSTED: _make_rule("hosted as required", VerdictState.READY),
    VerdictCause.EARLY: _make_rule("hosted before the shift", VerdictState.READY),
    VerdictCause.BRIDGED: _make_rule("kept hosted through a short gap", VerdictState.READY),
    VerdictCause.NOT_OURS: _make_rule("hosted by somebody else; Preheat will not stop it", VerdictState.READY),
    VerdictCause.DRAINING: _make_rule(
        "no demand; stops when its queue is empty, or at its drain limit", VerdictState.READY
    ),
    VerdictCause.ENDING: _make_rule("no demand; Preheat is stopping it", VerdictState.READY),
    VerdictCause.START_DUE: CauseRule(_SOON, "the start is due now"),
    VerdictCause.START_SENT: CauseRule(_SOON, "the service accepted the start and does not show it yet"),
    VerdictCause.STARTING: CauseRule(_SOON, "starting"),
    VerdictCause.INFERENCE: CauseRule(_HOSTED, "hosted, but its test inference has not succeeded"),
    VerdictCause.CLEARING: CauseRule(_SOON, "an earlier stop must finish before the start"),
    VerdictCause.THROTTLED: CauseRule(_SOON, "the service throttles the start; Preheat tries again"),
    VerdictCause.WRONG_STATE: CauseRule(_SOON, "the service cannot start it in its present state; Preheat tries again"),
    VerdictCause.NO_ANSWER: CauseRule(_SOON, "the service did not answer the start; Preheat tries again"),
    VerdictCause.TOO_SHORT: _make_rule("its demand ends before it can be ready", VerdictState.AT_RISK),
    VerdictCause.SLOW: CauseRule(_NOT_BY_ITSELF, "the start takes longer than its lead"),
    VerdictCause.HANGING: CauseRule(_NOT_BY_ITSELF, "the start hangs", trouble=True),
    VerdictCause.QUOTA: CauseRule(_NOT_BY_ITSELF, "the service's quota is used up", trouble=True),
    VerdictCause.CAPACITY: CauseRule(_NOT_BY_ITSELF, "the service has no capacity; Preheat tries again", trouble=True),
    VerdictCause.START_DENIED: CauseRule(_NOT_BY_ITSELF, "access denied: Preheat may not start it", trouble=True),
    VerdictCause.START_INVALID: CauseRule(_NEVER, "the service rejected the start", trouble=True),
    VerdictCause.START_FAILED: CauseRule(_SOON, "a start failed; Preheat starts it again", trouble=True),
    VerdictCause.GIVEN_UP: CauseRule(
        _NOT_BY_ITSELF, "Preheat gave up: no further start until the demand ends", trouble=True
    ),
    VerdictCause.OBSERVE: CauseRule(_NOT_BY_ITSELF, "mode observe: Preheat does not start it", trouble=True),
    VerdictCause.ABSENT: CauseRule(_NEVER, "the service knows no such model", trouble=True),
    VerdictCause.UNFIT: CauseRule(_NEVER, "the service cannot start it in its present state", trouble=True),
    VerdictCause.FAILED_FOREIGN: CauseRule(_NEVER, "somebody else's failed start is in its place", trouble=True),
    VerdictCause.RESTING: _make_rule("not needed now", VerdictState.OFF),
    VerdictCause.UNPLANNED: _make_rule("no longer in the plan", VerdictState.OFF),
    VerdictCause.STOPPING: _make_rule("stopping", VerdictState.OFF),
    VerdictCause.FAILED_BEFORE: _make_rule("its last start failed; not needed now", VerdictState.OFF),
    VerdictCause.BLOCK: _make_rule("a block keeps it off", VerdictState.BLOCKED),
    VerdictCause.FOREIGN_RUN: _make_rule("somebody else started it", VerdictState.UNSCHEDULED, trouble=True),
    VerdictCause.STOP_DUE: _make_rule("it is starting; Preheat stops it", VerdictState.UNSCHEDULED),
    VerdictCause.STOP_OVERDUE: _make_rule("it does not stop", VerdictState.UNSCHEDULED, trouble=True),
    VerdictCause.STOP_WITHHELD: _make_rule(
        "mode observe: Preheat does not stop it", VerdictState.UNSCHEDULED, trouble=True
    ),
    VerdictCause.STOP_REFUSED: _make_rule("the service rejected the stop", VerdictState.REFUSED, trouble=True),
    VerdictCause.UNSEEN: _make_rule("not checked yet", VerdictState.UNKNOWN, trouble=True),
    VerdictCause.READ_DENIED: _make_rule(
        "access denied: Preheat may not read its state", VerdictState.UNKNOWN, trouble=True
    ),
    VerdictCause.READ_FAILED: _make_rule("its state cannot be read", VerdictState.UNKNOWN, trouble=True),
    VerdictCause.STRANGE_STATUS: _make_rule(
        "the service reports a status that this release does not know", VerdictState.UNKNOWN, trouble=True
    ),
    VerdictCause.BUSY: _make_rule("the service is updating it", VerdictState.UNKNOWN, trouble=True),
    VerdictCause.PAUSED: _make_rule("mode paused: Preheat does not check it", VerdictState.UNKNOWN, trouble=True),
    VerdictCause.OVERDUE: _make_rule("Preheat has not checked it when it was due", VerdictState.UNKNOWN, trouble=True),
    VerdictCause.UNSTORED: _make_rule("its stored record cannot be read", VerdictState.UNKNOWN, trouble=True),
}

# The order in which people need them: what is wrong comes first.
URGENCY: Final = (
    VerdictState.LATE,
    VerdictState.AT_RISK,
    VerdictState.REFUSED,
    VerdictState.UNKNOWN,
    VerdictState.UNSCHEDULED,
    VerdictState.BLOCKED,
    VerdictState.ON_TIME,
    VerdictState.READY,
    VerdictState.OFF,
)
# Refused for now, and asked for again: it may come about, at the earliest after one more lead.
MAY_END: Final = frozenset({VerdictCause.QUOTA, VerdictCause.CAPACITY, VerdictCause.START_DENIED})
# The service cannot start it until somebody fixes the cause.
NEVER_READY: Final = frozenset(cause for cause, rule in CAUSES.items() if rule.states == _NEVER)
# With one of these a check fails: `preheat status --check`.
FAILING: Final = frozenset(URGENCY[:4])
