"""Clocks that disagree: how far apart they may be, and what becomes of times on a record that lie in the future.

A function whose clock is hours ahead writes such times: a lease, a budget and pauses that would hold everybody else up
for hours. No clock within the stated limit can have written them, so a pass takes the present in their place.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, get_args

from preheat.domain.record import budget
from preheat.domain.record.record import ModelRecord
from preheat.domain.values import change, make_reader

CLOCKS_APART = timedelta(seconds=60)  # Preheat assumes that clocks differ by no more than this
# A pass further than this from the store's own time goes by that time instead. So two passes are at most 17 s apart. A
# lease outlasts a function's timeout and these 17 s, whatever the clocks of hosts show (S8).
TRUSTED_WITHIN = timedelta(seconds=8)
# The store's own time is known to the second, as of its answer. A pass further from it than this takes no step.
OFF_AFTER = CLOCKS_APART + timedelta(seconds=30)
AHEAD_AFTER = timedelta(minutes=5)  # a noted instant of the past; two clocks may be twice CLOCKS_APART from each other
# These say when something may come next: as far ahead as any pause and any budget reaches.
REACHES = {
    "spent_until": (budget.BURST + 10) * budget.CALL_COSTS,
    "retry_at": timedelta(hours=1),
    "look_at": timedelta(hours=1),
}
# When to look next and when the model is needed come from the plan and from requests; they may lie far ahead. Payments
# are facts of the ledger.
PLANNED = frozenset(
    {"wake_at", "due_at", "demand_start", "until", "ready_at", "renewed_for", "turn", "paid", "target", "samples"}
)


def is_off(now: datetime, served_at: datetime | None) -> bool:
    """Return whether the clock that shows `now` is off by the service's own time; None: that is not known."""
    return served_at is not None and abs(now - served_at) > OFF_AFTER


def measure_error(now: datetime, served_at: datetime | None) -> timedelta:
    """Return how far the clock that shows `now` is ahead of the store's own time, or behind it: what to take off.

    Zero if it is small, or if nobody knows the store's time.
    """
    error = now - served_at if served_at is not None else timedelta()
    return error if abs(error) > TRUSTED_WITHIN else timedelta()


def find_ahead(record: ModelRecord, now: datetime) -> datetime | None:
    """Return the latest time on a record that no clock within the limit can have written by `now`; None: none."""
    return max(_list_ahead(record, now), default=None)


def bound_times(record: ModelRecord, now: datetime) -> ModelRecord:
    """Return a record with `now` in place of each time that is ahead.

    A lease counts from `now` then. The effort goes: a clock that is ahead has judged another demand.
    """
    if find_ahead(record, now) is None:
        return record
    bounded: ModelRecord = _bound(change(record, effort=None, ended_effort=None), now)
    return bounded


@cache
def _find_names(kind: Any) -> tuple[str, ...]:
    """Return the fields of a dataclass that may hold a noted time, or a value with one. Each pass asks twice."""
    return tuple(field.name for field in fields(kind) if field.name not in PLANNED and _may_hold_time(field.type))


@cache
def _find_reader(kind: Any) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """Return these fields of a dataclass, and a function that reads them all."""
    return _find_names(kind), make_reader(_find_names(kind))


def _may_hold_time(kind: Any) -> bool:
    return any(part is datetime or is_dataclass(part) for part in get_args(kind) or (kind,))


def _list_ahead(value: Any, now: datetime) -> list[datetime]:
    found: list[datetime] = []
    kind: Any = type(value)
    names, read = _find_reader(kind)
    for name, part in zip(names, read(value), strict=True):
        if part is None:
            continue
        if isinstance(part, datetime):
            # Nearly all lie in the past, and then their reach does not matter.
            if part > now and part > now + REACHES.get(name, AHEAD_AFTER):
                found.append(part)
        elif is_dataclass(part):
            found += _list_ahead(part, now)
    return found


def _bound(value: Any, now: datetime) -> Any:
    changes: dict[str, Any] = {}
    kind: Any = type(value)
    for name in _find_names(kind):
        part = getattr(value, name)
        if isinstance(part, datetime):
            changes[name] = now if part > now + REACHES.get(name, AHEAD_AFTER) else part
        elif is_dataclass(part):
            changes[name] = _bound(part, now)
    return change(value, **changes)
