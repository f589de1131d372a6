"""Demand: when a model must run. Windows and holds minus blocks, merged, and seen from one instant.

Pure arithmetic on the plan, holds and blocks. Does not know observations or attempts.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, takewhile

from preheat.domain.calendar.timetable import LOOKAHEAD, find_next_edge, find_windows, is_wanted
from preheat.domain.calendar.windows import Window, find_gaps
from preheat.domain.demand.pieces import STOP_TIME, Piece, cut_hold, cut_window, find_blocks, find_free_from, find_holds
from preheat.domain.demand.request import Kind, RequestId, Standing
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.turn import ALERT_BEFORE, find_offset
from preheat.domain.values import change

# A restart costs the lead, the stop and this allowance; the model runs through a shorter gap. Source: the keep-or-stop
# rule.
BRIDGE_ALLOWANCE = timedelta(minutes=5)
# Most schedules repeat within this; a demand that began earlier is known by the record, which keeps its first start. A
# hold or block may be longer, and begin later: this reads it whole, until it has been over for this long. One that
# ended earlier can only move the begin of a demand that began before. One that follows appears once its end is near.
HORIZON = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Demand:
    """One merged interval [begin, end) in which the model is needed, and when it can and should be ready."""

    begin: datetime
    end: datetime
    ready_at: datetime  # the earliest of its pieces'; a piece's is max(begin, when it became known + lead + slack)
    start_at: datetime  # ready_at - lead - slack, and for a window less the offset of its turn and its head start
    schedule: str  # the schedule whose window opened it, or BY_REQUEST
    holds: tuple[Piece, ...] = ()  # what holds have in it
    shifts: tuple[Piece, ...] = ()  # what windows have in it
    bridged: tuple[Window, ...] = ()  # its gaps, too short to stop for

    def __contains__(self, instant: datetime) -> bool:
        """Return whether the model should be starting or hosted at `instant`: [start_at, end)."""
        return self.start_at <= instant < self.end

    def find_holds(self, instant: datetime) -> tuple[Piece, ...]:
        """Return the holds' pieces for which the model should be starting or hosted at `instant`."""
        return tuple(piece for piece in self.holds if piece.start_at <= instant < piece.end)


@dataclass(frozen=True, slots=True)
class Outlook:
    """A model's demand seen from one instant: the one to serve now, and when that answer changes next."""

    current: Demand | None
    # The next start_at, ready_at or end after now, or edge of a hold or block. If none is within LOOKAHEAD, its end;
    # None if there are no windows.
    next_edge: datetime | None
    upcoming: Demand | None = None
    expired: tuple[tuple[datetime, RequestId], ...] = ()  # holds that have expired, and when
    ended: tuple[Demand, ...] = ()  # those before, as far as seen; only `accounting` uses them
    edge_after: datetime | None = None  # the edge that follows next_edge; None: there is none in sight
    block: RequestId | None = None  # the active block that ends last; Preheat stops what runs without demand under it


NOTHING_WANTED = Outlook(current=None, next_edge=None)


def find_demands(
    model: HostedModel, after: datetime, before: datetime, requests: Sequence[Standing] = ()
) -> list[Demand]:
    """Return the merged demands that overlap [after, before), in order of time.

    The model runs through a short gap without a block. A block parts two demands: the model stops there, so the later
    one begins only after the time of that stop. They stay two if somebody lifts the block after the first has ended.
    """
    found = []
    accepted = [one for one in requests if one.kind is Kind.BLOCK]
    last: Demand | None = None
    for pieces in _join(_cut_pieces(model, after, before, requests), accepted, find_bridge_limit(model)):
        demand = _merge(pieces)
        free_from = find_free_from(accepted, last.end, demand.begin) if last is not None else None
        if free_from is not None and demand.start_at < free_from:
            ready_at = max(demand.ready_at, free_from + model.lead + model.slack)
            demand = change(demand, start_at=free_from, ready_at=ready_at)
        found.append(demand)
        last = demand
    return found


def find_bridge_limit(model: HostedModel) -> timedelta:
    """Return the longest gap that costs no more to stay hosted in than a stop and a restart would."""
    return model.lead + find_offset(model.turn) + model.head_start + STOP_TIME + BRIDGE_ALLOWANCE


def _cut_pieces(
    model: HostedModel,
    after: datetime,
    before: datetime,
    requests: Sequence[Standing],
) -> Iterator[Piece]:
    blocks = [one for one in requests if one.kind is Kind.BLOCK]
    for schedule in model.schedules:
        for window in find_windows(schedule, after, before):
            yield from cut_window(model, window, schedule.name, blocks)
    for hold in find_holds(requests):
        if hold.begin < before and after < hold.end:
            yield from cut_hold(model, hold, blocks, Window(after, before))


def _join(pieces: Iterable[Piece], blocks: Sequence[Standing], gap: timedelta) -> Iterator[list[Piece]]:
    """Yield the pieces of each demand: those that overlap or touch, and those with a gap that the model runs through.

    A hold that became known only after everything before it had ended opens a demand of its own: the model has stopped
    by then. It has not if it runs through this gap to a later piece anyway.
    """
    group: list[Piece] = []
    end: datetime | None = None
    # Of those that begin together the first in the list opens the demand, and a window before a hold.
    # Of holds that begin together the one that has been known longest decides whether they join what was before.
    ordered = sorted(pieces, key=_rank)

    def is_bridged(end: datetime, piece: Piece) -> bool:
        return piece.begin - end <= gap and find_free_from(blocks, end, piece.begin) is None

    def runs_on(end: datetime, place: int) -> bool:
        near = takewhile(lambda piece: piece.begin - end <= gap, islice(ordered, place + 1, None))
        return any(not _is_late(piece, end) and is_bridged(end, piece) for piece in near)

    for place, piece in enumerate(ordered):
        too_late = end is not None and _is_late(piece, end) and not runs_on(end, place)
        if end is not None and (too_late or (piece.begin > end and not is_bridged(end, piece))):
            yield group
            group, end = [], None
        group.append(piece)
        end = piece.end if end is None else max(end, piece.end)
    if group:
        yield group


def _is_late(piece: Piece, end: datetime) -> bool:
    """Return whether it is a hold that became known only when what ends then was over."""
    return piece.request_id is not None and piece.known_at >= end


def _rank(piece: Piece) -> tuple[datetime, bool, datetime]:
    by_request = piece.request_id is not None
    return piece.begin, by_request, piece.known_at if by_request else piece.begin


def _merge(pieces: Sequence[Piece]) -> Demand:
    """Return one demand; of its pieces the earliest ready_at counts: a hold never excuses a late window."""
    return Demand(
        begin=pieces[0].begin,
        end=max(piece.end for piece in pieces),
        ready_at=min(piece.ready_at for piece in pieces),
        start_at=min(piece.start_at for piece in pieces),
        schedule=pieces[0].schedule,
        bridged=tuple(find_gaps(Window(piece.begin, piece.end) for piece in pieces)),
        holds=tuple(piece for piece in pieces if piece.request_id is not None),
        shifts=tuple(piece for piece in pieces if piece.request_id is None),
    )


def look_ahead(
    model: HostedModel, now: datetime, requests: tuple[Standing, ...] = (), *, served: bool = True
) -> Outlook:
    """Return what `model` needs at `now`: HORIZON to either side, once a day; then the next within LOOKAHEAD.

    `requests` are the holds and blocks of the model and of its schedules that end after `now` - HORIZON. `served`: the
    record has an effort for a demand. In a gap without one, the part before the gap is over. A longer lead may have
    joined the two since then.
    """
    current = upcoming = None
    around = _find_around(model, now.date(), requests)
    place = bisect_right(around.ends, now)
    for found in around.demands[place:]:
        demand = found if served else _drop_what_is_over(found, now)
        if now in demand:
            current = demand
        elif demand.start_at > now and demand.begin <= now + HORIZON:
            upcoming = demand
            break
    first = bisect_right(around.edges, now)
    edges = list(around.edges[first : first + 2])
    if not served:
        edges += [edge for one in (current, upcoming) if one is not None for edge in _list_edges(one, now)]
    for one in requests:
        # So that this pass sees a demand that it begins, and one that begins after it, in time.
        edges += [edge for edge in (one.begin - HORIZON, one.begin, one.end - HORIZON, one.end) if edge > now]
    if upcoming is None and (upcoming := _find_beyond(model, now, requests)) is not None:
        edges.append(upcoming.start_at)
    if any(schedule.every_window for schedule in model.schedules):
        edges.append(now + LOOKAHEAD)  # The time after it is unknown: look then.
    expired = sorted((one.until, one.request_id) for one in requests if _is_expired(one, now))
    coming = sorted(set(edges))
    return Outlook(
        current,
        next_edge=coming[0] if coming else None,
        upcoming=upcoming,
        expired=tuple(expired),
        ended=around.demands[:place],
        edge_after=coming[1] if len(coming) > 1 else None,
        block=_find_block(now, requests),
    )


def _drop_what_is_over(demand: Demand, now: datetime) -> Demand:
    """Return a demand without what lies before the gap that `now` is in; the same if it is in none."""
    gap = next((each for each in demand.bridged if each.start <= now < each.end), None)
    if gap is None:
        return demand
    return _merge(sorted((piece for piece in (*demand.shifts, *demand.holds) if piece.begin >= gap.end), key=_rank))


def _list_edges(demand: Demand, now: datetime) -> list[datetime]:
    return [edge for edge in (demand.start_at, demand.ready_at, demand.end) if edge > now]


def _find_block(now: datetime, requests: Sequence[Standing]) -> RequestId | None:
    """Return the id of the block that is active at `now` and ends last."""
    active = [one for one in find_blocks(requests) if one.begin <= now < one.end]
    return max(active, key=lambda one: (one.end, one.request_id)).request_id if active else None


def _is_expired(one: Standing, now: datetime) -> bool:
    """Return whether it is a hold that has expired without an earlier release.

    A set of windows does not expire: its next edition may follow, and a second event would have the id of the first.
    """
    return one.kind is Kind.HOLD and not one.windows and one.end == one.until <= now


def _find_beyond(model: HostedModel, now: datetime, requests: tuple[Standing, ...]) -> Demand | None:
    """Return the next demand that begins after the newest observation of the model, if one comes within LOOKAHEAD."""
    seen, reach = now + HORIZON, max((one.end for one in requests), default=now)
    if reach > now:
        asked = _find_around(model, now.date(), requests, reach.date()).demands
        if (found := next((demand for demand in asked if demand.start_at > now), None)) is not None:
            return found
        seen = reach + HORIZON
    begin = find_next_edge(model.schedules, seen)
    if begin is not None and is_wanted(model.schedules, seen):
        begin = find_next_edge(model.schedules, begin)  # The first was an end.
    if begin is None:
        return None
    return next((demand for demand in find_demands(model, begin, begin + HORIZON) if demand.begin == begin), None)


@dataclass(frozen=True, slots=True)
class _Around:
    """The demands around a day in order of time, when each ends, and every instant at which the answer changes."""

    demands: tuple[Demand, ...]
    ends: tuple[datetime, ...]
    edges: tuple[datetime, ...]


@lru_cache(maxsize=1024)
def _find_around(model: HostedModel, day: date, requests: tuple[Standing, ...], last: date | None = None) -> _Around:
    """Return the demands from HORIZON before the UTC date `day` until HORIZON after it, or after `last`.

    They are the same all day long.
    """
    after, before = (datetime.combine(each, time(), UTC) for each in (day, last or day))
    found = tuple(find_demands(model, after - HORIZON, before + timedelta(days=1) + HORIZON, requests))
    edges: set[datetime] = set()
    for demand in found:
        its = [demand.start_at, demand.ready_at, demand.end, *(piece.start_at for piece in demand.holds)]
        if demand.holds:  # A shift among them has attempts of its own, and its start is due.
            its += [piece.start_at for piece in demand.shifts]
        if model.turn is not None:
            its.append(demand.start_at - ALERT_BEFORE)
        edges.update(
            edge for edge in its if edge <= demand.end
        )  # A demand that became known too late would be ready after its end.
    return _Around(found, tuple(demand.end for demand in found), tuple(sorted(edges)))
