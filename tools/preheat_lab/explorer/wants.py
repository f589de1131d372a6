"""The demand at each point of the grid of minutes, by one plan and the active requests.

Owns the grid. The demand is the domain's; knows no state and no search.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from preheat.domain.demand.demand import Demand, find_demands
from preheat.domain.demand.request import Kind, Standing
from preheat.domain.plan.plan import HostedModel, Resize

ORIGIN = datetime(2026, 11, 23, 6, tzinfo=UTC)  # a Monday; instant 0 of the grid
STEP = timedelta(minutes=1)


class WantedStretch(NamedTuple):
    """Points [begin, end) of the grid in which one thing is wanted all along: `run`, or rest."""

    begin: int
    end: int
    run: bool


class Wants(NamedTuple):
    """The demand, from 0 to the grid's end.

    `stretches` has no gap. `wanted`: a demand covers the point: [start_at, end). `needed`: the model must not be
    stopped there: [ready_at - lead, end). `units`: what holds ask for there, give or take the clocks, if the plan has
    it restarted for that; else 0. `blocked`: a block is active there.
    """

    stretches: tuple[WantedStretch, ...]
    wanted: tuple[bool, ...]
    needed: tuple[bool, ...]
    units: tuple[int, ...]
    blocked: tuple[bool, ...]

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
        tuple(_units(found, point) if plan is not None and plan.resize is Resize.RESTART else 0 for point in points),
        tuple(any(one.begin <= point < one.end for one in requests if one.kind is Kind.BLOCK) for point in points),
    )


def _units(found: list[Demand], point: datetime) -> int:
    served = [piece for demand in found for at in (point - STEP, point) for piece in demand.find_holds(at)]
    return max((piece.units or 0 for piece in served), default=0)


def _stretches(found: list[Demand], ends: int) -> Iterator[WantedStretch]:
    at = 0
    for demand in found:
        begin, end = (round((each - ORIGIN) / STEP) for each in (demand.start_at, demand.end))
        if begin > at:
            yield WantedStretch(at, begin, run=False)
        yield WantedStretch(max(begin, at), end, run=True)
        at = end
    yield WantedStretch(at, ends + 1, run=False)
