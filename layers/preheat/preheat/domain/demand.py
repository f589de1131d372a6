"""Demand: what should run when. The union of a model's windows, merged, and seen from one instant.

Pure arithmetic on the plan. Does not know what is observed, nor what has been tried.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from preheat.domain.plan import HostedModel
from preheat.domain.timetable import LOOKAHEAD, next_edge
from preheat.domain.windows import Window, gaps, merged

# A restart costs the lead, the stop and this allowance; a shorter gap is bridged. Source: the keep-or-stop rule.
STOP_TIME = timedelta(minutes=5)
BRIDGE_ALLOWANCE = timedelta(minutes=5)
# Most schedules repeat within this; a demand that began earlier is known by the record, which keeps its first start.
HORIZON = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Demand:
    """One merged interval [begin, end) in which the model is needed, and when it can and should be ready."""

    begin: datetime
    end: datetime
    ready_at: datetime  # max(begin, announced_at + lead + slack)
    start_at: datetime  # ready_at - lead - slack
    schedule: str  # the schedule whose window opened it
    bridged: tuple[Window, ...] = ()  # its gaps, too short to stop for

    def __contains__(self, instant: datetime) -> bool:
        """Tell whether the model should be starting or hosted at `instant`: [start_at, end)."""
        return self.start_at <= instant < self.end


@dataclass(frozen=True, slots=True)
class Outlook:
    """A model's demand seen from one instant: the one to serve now, and when that answer changes next."""

    current: Demand | None
    # The next start_at, ready_at or end after now; if none is within LOOKAHEAD, its end; None if there are no windows.
    next_edge: datetime | None
    upcoming: Demand | None = None
    ended: tuple[Demand, ...] = ()  # those before, as far as was seen; only for the account of what was paid for


NOTHING_WANTED = Outlook(current=None, next_edge=None)


def demands(model: HostedModel, after: datetime, before: datetime) -> list[Demand]:
    """Return the merged demands that overlap [after, before), in order of time; short gaps are bridged."""
    opened_by: dict[datetime, str] = {}
    windows: list[Window] = []
    for schedule in model.schedules:
        for window in schedule.windows(after, before):
            opened_by.setdefault(window.start, schedule.name)
            windows.append(window)
    ahead = model.lead + model.slack
    found = []
    between = gaps(windows)
    for window in merged(windows, gap=model.lead + STOP_TIME + BRIDGE_ALLOWANCE):
        first, last = (bisect_left(between, edge, key=lambda gap: gap.start) for edge in (window.start, window.end))
        ready_at = max(window.start, model.announced_at + ahead)
        found.append(
            Demand(
                begin=window.start,
                end=window.end,
                ready_at=ready_at,
                start_at=ready_at - ahead,
                schedule=opened_by[window.start],
                bridged=tuple(between[first:last]),
            )
        )
    return found


def outlook(model: HostedModel, now: datetime) -> Outlook:
    """Return what `model` needs at `now`: HORIZON to either side, once a day; then the next within LOOKAHEAD."""
    current = upcoming = None
    edges = []
    ended = []
    for demand in _around(model, now.date()):
        if demand.end <= now:
            ended.append(demand)
            continue
        if now in demand:
            current = demand
        elif demand.start_at > now and upcoming is None:
            upcoming = demand
        edges += [edge for edge in (demand.start_at, demand.ready_at, demand.end) if edge > now]
    if upcoming is None and (upcoming := _beyond(model, now + HORIZON)) is not None:
        edges.append(upcoming.start_at)
    if any(schedule.every_window for schedule in model.schedules):
        edges.append(now + LOOKAHEAD)  # Nothing is known of what lies behind it: look again.
    return Outlook(current, min(edges, default=None), upcoming, tuple(ended))


def _beyond(model: HostedModel, seen: datetime) -> Demand | None:
    """Return the next demand that begins after what was seen of the model, if one comes within LOOKAHEAD."""
    begin = next_edge(model.schedules, seen)
    if begin is None:
        return None
    found = demands(model, begin, begin + HORIZON)
    return next((demand for demand in found if demand.begin == begin), None)


@lru_cache(maxsize=1024)
def _around(model: HostedModel, day: date) -> tuple[Demand, ...]:
    """Return the demands from HORIZON before the UTC date `day` until HORIZON after it: the same all day long."""
    midnight = datetime.combine(day, time(), UTC)
    return tuple(demands(model, midnight - HORIZON, midnight + timedelta(days=1) + HORIZON))
