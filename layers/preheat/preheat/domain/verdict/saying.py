"""A verdict and its times, in the words that the command line and the board share."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from preheat.domain.verdict.causes import VerdictCause, VerdictState
from preheat.domain.verdict.plant_time import PlantTime
from preheat.domain.verdict.verdict import Verdict

# It runs, and nothing needs it: how long that goes on.
_UNNEEDED: Final = {
    VerdictCause.DRAINING: "until its queue is empty",
    VerdictCause.ENDING: "until it stops",
    VerdictCause.STOP_DUE: "until it stops",
}


def write_headline(verdict: Verdict, time: PlantTime) -> str:
    """Return the state with the time that matters: `LATE since 06:00 (12 min ago), expected 06:21`."""
    return f"{verdict.state} {format_times(verdict, time)}".rstrip()


def format_times(verdict: Verdict, time: PlantTime, *, away: bool = True) -> str:
    """Return the times that belong to a state, and with `away` how far off they are; nothing if none is known."""
    both = time.both if away else time.at
    if verdict.cause in _UNNEEDED:
        return _UNNEEDED[verdict.cause]
    match verdict.state:
        case VerdictState.LATE:
            expected = f", {_expect(verdict, time)}" if verdict.expected_at is not None else ""
            since = f"since {both(verdict.since)}" if verdict.since is not None else ""
            return f"{since}{expected}"
        case VerdictState.ON_TIME | VerdictState.AT_RISK if verdict.ready_at is not None:
            return f"{_need(verdict, both)}, {_expect(verdict, time)}"
        case VerdictState.READY if verdict.ready_at is not None and verdict.ready_at > time.now:
            return f"for {both(verdict.ready_at)}"
        case VerdictState.READY if verdict.until is not None:
            return f"until {both(verdict.until)}"
        case VerdictState.UNKNOWN | VerdictState.BLOCKED | VerdictState.UNSCHEDULED if verdict.since is not None:
            return f"since {both(verdict.since)}"
        case VerdictState.OFF if verdict.ready_at is not None:
            return f"until {both(verdict.ready_at)}"
        case VerdictState.REFUSED if verdict.ready_at is not None:
            return f"for {both(verdict.ready_at)}"
        case VerdictState.OFF:
            return "nothing planned"
        case _:
            return ""


def _need(verdict: Verdict, both: Callable[[datetime], str]) -> str:
    """Return for when it is needed; a demand that ends before Preheat promises anything has only an end."""
    if verdict.until is not None and verdict.ready_at is not None and verdict.until <= verdict.ready_at:
        return f"until {both(verdict.until)}"
    return f"for {both(verdict.ready_at)}" if verdict.ready_at is not None else ""


def _expect(verdict: Verdict, time: PlantTime) -> str:
    """Return the expected time: the earliest one, while something is in the way or it was too early for a risk."""
    if verdict.expected_at is None:
        return "no expected time"
    at = time.at(verdict.expected_at)
    early = verdict.ready_at is not None and verdict.expected_at <= verdict.ready_at
    at_risk = verdict.state is VerdictState.AT_RISK and verdict.cause is not VerdictCause.TOO_SHORT and early
    return f"{at} at the earliest" if verdict.is_earliest or at_risk else f"expected {at}"
