"""The demand at each point of the grid of minutes, by one plan and the active requests.

Owns the grid. The demand is the domain's; knows no state and no search.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from preheat.app.audit.invariants import LEASE
from preheat.domain.demand.demand import Demand, find_demands
from preheat.domain.demand.pieces import Piece
from preheat.domain.demand.request import Kind, Standing
from preheat.domain.plan.hosted_model import HostedModel, Resize

ORIGIN = datetime(2026, 11, 23, 6, tzinfo=UTC)  # a Monday; instant 0 of the grid
STEP = timedelta(minutes=1)
STOPS_WITHIN = 5 * STEP
CLOCKS = range(
    3
)  # how many points a pass may have read its clock before its write: it lives for one, and may be behind


class WantedStretch(NamedTuple):
    """Points [begin, end) of the grid with the same demand throughout: `run`, or rest."""

    begin: int
    end: int
    run: bool


class Wants(NamedTuple):
    """The demand, from 0 to the grid's end.

    `stretches` has no gap. `wanted`: a demand covers the point: [start_at, end). `needed`: nobody may stop the
    model there: [ready_at - lead, end). `units`: what holds ask for there, give or take the clocks, if the plan
    restarts it for that; else 0. It is 0 also where every clock shows that a restart would cut into the begin of a
    shift. `blocked`: a block is active there. `due`: a refused start there leaves the plan's own start of a shift less
    than its lead. `again`: by every clock, no demand covers the point, and a stop would not be over at the next start.
    """

    stretches: tuple[WantedStretch, ...]
    wanted: tuple[bool, ...]
    needed: tuple[bool, ...]
    units: tuple[int, ...]
    blocked: tuple[bool, ...]
    due: tuple[bool, ...]
    again: tuple[bool, ...]

    def was_blocked(self, at: int) -> bool:
        """Return whether a block was active at the point or at the one before: a pass may have read that clock."""
        return self.blocked[at] or self.blocked[max(at - 1, 0)]


def instant(index: int) -> datetime:
    """Return the instant of a point of the grid."""
    return ORIGIN + index * STEP


def wants(plan: HostedModel | None, requests: tuple[Standing, ...], ends: int) -> Wants:
    """Return what a plan wants, with these requests active all the time; `ends` is the grid's last point."""
    found = find_demands(plan, ORIGIN, instant(ends), requests) if plan is not None else []
    lead = plan.lead if plan is not None else STEP
    points = [instant(at) for at in range(ends + 1)]
    return Wants(
        tuple(_stretches(found, ends)),
        tuple(any(point in demand for demand in found) for point in points),
        tuple(any(demand.ready_at - lead <= point < demand.end for demand in found) for point in points),
        tuple(_units(plan, found, point) if plan is not None else 0 for point in points),
        tuple(any(one.begin <= point < one.end for one in requests if one.kind is Kind.BLOCK) for point in points),
        tuple(any(_is_due(shift, lead, point) for demand in found for shift in demand.shifts) for point in points),
        tuple(all(_is_again(found, requests, point - off * STEP) for off in CLOCKS) for point in points),
    )


def _units(plan: HostedModel, found: list[Demand], point: datetime) -> int:
    if plan.resize is not Resize.RESTART:
        return 0
    away = STOPS_WITHIN + plan.lead + plan.slack
    shifts = [shift for demand in found for shift in demand.shifts]
    if all(any(_lies_ahead(shift.ready_at, point - off * STEP, away) for shift in shifts) for off in CLOCKS):
        return 0
    worth = away - STEP  # the hold outlasts the stop and the start, by some clock
    served = [piece for demand in found for at in (point - STEP, point) for piece in demand.find_holds(at)]
    return min(max((one.units or 0 for one in served if one.end > point + worth), default=0), plan.units_by_request)


def _lies_ahead(ready_at: datetime, clock: datetime, away: timedelta) -> bool:
    return clock < ready_at <= clock + away


def _is_again(found: list[Demand], requests: tuple[Standing, ...], clock: datetime) -> bool:
    """Return whether a stop that begins then would delay the next start; under a block, it must come all the same."""
    coming = next((demand for demand in found if clock < demand.end), None)
    blocked = any(one.begin <= clock < one.end for one in requests if one.kind is Kind.BLOCK)
    return coming is not None and clock < coming.start_at < clock + STOPS_WITHIN and not blocked


def _is_due(shift: Piece, lead: timedelta, point: datetime) -> bool:
    """Return whether the shift still needs the model, and a lease from `point` on would cut into its lead."""
    return point < shift.end and point + LEASE > shift.ready_at - lead


def _stretches(found: list[Demand], ends: int) -> Iterator[WantedStretch]:
    at = 0
    for demand in found:
        begin, end = (round((each - ORIGIN) / STEP) for each in (demand.start_at, demand.end))
        if begin > at:
            yield WantedStretch(at, begin, run=False)
        yield WantedStretch(max(begin, at), end, run=True)
        at = end
    yield WantedStretch(at, ends + 1, run=False)
