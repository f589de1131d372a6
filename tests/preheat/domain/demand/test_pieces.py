"""Windows, holds and blocks become demand: the rules by example, and all against a minute-by-minute reference."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.day import MIDNIGHT, WELD, a_model, at
from tests.support.effort import take_part

from preheat.domain.calendar.days import DayRule
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.demand.demand import BRIDGE_ALLOWANCE, Demand, find_demands, look_ahead
from preheat.domain.demand.pieces import BY_REQUEST, STOP_TIME
from preheat.domain.demand.request import HeldWindow, Kind, RequestId, Standing, Subject
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.turn import Turn

MINUTE = timedelta(minutes=1)
LONG_KNOWN = MIDNIGHT - timedelta(days=3)


def hold(begin: str, end: str, name: str = "hold-1", kind: Kind = Kind.HOLD, **changes: Any) -> Standing:
    one = Standing(RequestId(name), kind, Subject(model_id=WELD), "role-1", at(begin), at(end), LONG_KNOWN)
    return replace(one, **changes)


def block(begin: str, end: str, name: str = "block-1", **changes: Any) -> Standing:
    return hold(begin, end, name, Kind.BLOCK, **changes)


def list_demands(*standing: Standing, model: HostedModel | None = None) -> list[Demand]:
    return find_demands(model or a_model("08:00-16:00"), at("00:00"), at("23:59"), standing)


def spans(several: list[Demand]) -> list[tuple[datetime, datetime]]:
    return [(one.begin, one.end) for one in several]


def test_a_hold_alone_is_a_demand_of_its_own() -> None:
    (demand,) = list_demands(hold("10:00", "11:00"), model=a_model())
    assert (demand.begin, demand.end, demand.schedule) == (at("10:00"), at("11:00"), BY_REQUEST)
    assert (demand.ready_at, demand.start_at) == (at("10:00"), at("09:28"))
    assert [piece.request_id for piece in demand.holds] == ["hold-1"]


def test_a_hold_that_comes_when_it_begins_is_ready_a_lead_and_a_slack_later() -> None:
    (demand,) = list_demands(hold("10:00", "11:00", known_at=at("09:59")), model=a_model())
    assert (demand.ready_at, demand.start_at) == (at("10:31"), at("09:59"))


def test_a_hold_that_touches_or_overlaps_a_shift_extends_it_and_the_shift_keeps_its_name() -> None:
    for end in ("16:00", "17:00"):
        (demand,) = list_demands(hold("08:00", end))
        assert (demand.begin, demand.end, demand.schedule) == (at("08:00"), at(end), "early")
    (demand,) = list_demands(hold("16:40", "17:00"))
    assert demand.end == at("17:00")
    assert len(list_demands(hold("16:41", "17:00"))) == 2


def test_a_block_that_ends_with_the_demand_that_beats_it_leaves_the_gap_after_it_bridged() -> None:
    stronger, weaker = hold("06:00", "07:30", priority=60), block("07:00", "07:30", priority=40)
    assert spans(list_demands(stronger, weaker)) == [(at("06:00"), at("16:00"))]
    longer = replace(weaker, until=at("07:31"))
    assert spans(list_demands(stronger, longer)) == [(at("06:00"), at("07:30")), (at("08:00"), at("16:00"))]


@pytest.mark.parametrize("begin", ["16:00", "16:10"])
def test_a_hold_that_comes_when_all_before_it_is_over_is_a_demand_of_its_own(begin: str) -> None:
    before, after = list_demands(hold(begin, "18:00", known_at=at("16:00")))
    assert spans([before, after]) == [(at("08:00"), at("16:00")), (at(begin), at("18:00"))]
    assert after.ready_at == at("16:32")  # it is not late for what was over
    assert len(list_demands(hold(begin, "18:00", known_at=at("15:59")))) == 1
    several = [hold(begin, "18:00", f"hold-{known}", known_at=at(known)) for known in ("16:00", "15:59")]
    assert len(list_demands(*several)) == len(list_demands(*reversed(several))) == 1


def test_a_hold_never_excuses_a_late_shift() -> None:
    (demand,) = list_demands(hold("07:50", "12:00", known_at=at("07:50")))
    assert (demand.begin, demand.ready_at) == (at("07:50"), at("08:00"))


def test_a_hold_that_is_released_ends_then_and_one_released_before_its_begin_never_was() -> None:
    (demand,) = list_demands(hold("10:00", "12:00", released_at=at("11:00")), model=a_model())
    assert demand.end == at("11:00")
    assert list_demands(hold("10:00", "12:00", released_at=at("10:00")), model=a_model()) == []


def test_a_block_cuts_a_shift_in_two_and_the_second_half_is_ready_at_its_end() -> None:
    first, second = list_demands(block("10:00", "12:00"))
    assert spans([first, second]) == [(at("08:00"), at("10:00")), (at("12:00"), at("16:00"))]
    assert (second.ready_at, second.start_at) == (at("12:00"), at("11:28"))


def test_a_gap_in_which_a_block_lies_is_not_bridged_though_it_is_short() -> None:
    assert len(list_demands(block("10:00", "10:01"))) == 2
    gapped = a_model("08:00-10:00", "10:20-16:00")
    assert len(list_demands(model=gapped)) == 1
    for begin, end in (("10:00", "10:05"), ("10:10", "10:11"), ("10:19", "10:20")):
        assert len(list_demands(block(begin, end), model=gapped)) == 2
    for begin, end in (("07:00", "08:00"), ("16:00", "17:00")):
        assert len(list_demands(block(begin, end), model=gapped)) == 1


@pytest.mark.parametrize(("lifted", "ready_at"), [("10:05", "10:37"), ("10:19", "10:51"), ("09:59", None)])
def test_a_gap_in_which_a_block_was_to_lie_stays_once_the_first_demand_is_over(
    lifted: str, ready_at: str | None
) -> None:
    gapped = a_model("08:00-10:00", "10:20-16:00")
    found = list_demands(block("10:19", "12:00", released_at=at(lifted)), model=gapped)
    assert [one.ready_at for one in found[1:]] == ([at(ready_at)] if ready_at is not None else [])


def test_after_a_block_that_is_too_short_for_a_restart_it_is_ready_as_early_as_can_be() -> None:
    _, second = list_demands(block("10:00", "10:20"))
    assert second.start_at == at("10:05")  # not during the stop of the earlier run
    assert second.ready_at == at("10:37")


def test_a_block_beats_holds_of_its_own_priority_and_below_and_no_higher_one() -> None:
    several = [hold("10:00", "12:00", f"hold-{priority}", priority=priority) for priority in (49, 50, 51)]
    stop = block("09:00", "13:00", priority=50)
    for one, left in zip(several, (0, 0, 1), strict=True):
        assert len(list_demands(one, stop, model=a_model())) == left
    shift, held, again = list_demands(several[2], stop)
    assert (held.begin, held.end, held.schedule) == (at("10:00"), at("12:00"), BY_REQUEST)
    assert (shift.end, again.begin) == (at("09:00"), at("13:00"))


def test_no_start_begins_inside_a_hard_block() -> None:
    _, second = list_demands(block("10:00", "12:00", hard=True))
    assert (second.begin, second.start_at, second.ready_at) == (at("12:00"), at("12:00"), at("12:32"))
    (shift,) = list_demands(block("07:00", "07:45", hard=True))
    assert (shift.start_at, shift.ready_at) == (at("07:45"), at("08:17"))
    (shift,) = list_demands(block("06:00", "07:28", hard=True))
    assert shift.start_at == at("07:28")


def test_what_a_block_that_is_lifted_early_had_cut_is_ready_a_lead_after_that() -> None:
    _, second = list_demands(block("10:00", "14:00", released_at=at("11:00")))
    assert (second.begin, second.ready_at) == (at("11:00"), at("11:32"))
    assert len(list_demands(block("10:00", "14:00", released_at=at("10:00")))) == 1


@pytest.mark.parametrize("begin", ["07:30", "07:55", "08:00"])
def test_a_shift_that_a_block_lay_over_until_it_was_lifted_is_ready_a_lead_after_that(begin: str) -> None:
    (shift,) = list_demands(block(begin, "10:00", released_at=at("07:40")))
    assert (shift.begin, shift.start_at, shift.ready_at) == (at("08:00"), at("07:40"), at("08:12"))
    (shift,) = list_demands(block(begin, "10:00", released_at=at("07:20")))
    assert shift.ready_at == at("08:00")  # in time
    (shift,) = list_demands(block("07:20", "07:59", released_at=at("07:40")))
    assert shift.ready_at == at("08:00")  # it never lay over the begin
    (held,) = list_demands(
        hold("08:00", "12:00", priority=60), block(begin, "10:00", released_at=at("07:40")), model=a_model()
    )
    assert held.ready_at == at("08:00")  # it did not beat the hold


def test_a_block_that_is_lifted_at_once_costs_no_wait_for_a_stop() -> None:
    _, second = list_demands(block("10:00", "14:00", released_at=at("10:01")))
    assert second.start_at == at("10:01")


def test_the_edges_of_active_requests_are_edges_of_the_outlook() -> None:
    model = a_model()
    seen = (hold("10:00", "11:00"), block("12:00", "13:00"))
    edges, now = [], at("09:00")
    while (edge := look_ahead(model, now, seen).next_edge) is not None:
        edges.append(edge)
        now = edge
    assert edges == [at(text) for text in ("09:28", "10:00", "11:00", "12:00", "13:00")]


def test_a_hold_that_is_far_ahead_is_met_in_time() -> None:
    far = replace(hold("10:00", "11:00"), begin=at("10:00", day=30), until=at("11:00", day=30))
    now, edges = at("09:00"), []
    while (edge := look_ahead(a_model(), now, (far,)).next_edge) is not None:
        edges.append(edge)
        now = edge
    assert at("09:28", day=30) in edges


def test_holds_that_have_come_to_their_end_are_reported_and_those_released_or_still_on_are_not() -> None:
    several = (
        hold("08:00", "09:00", "b"),
        hold("07:00", "09:00", "a"),
        hold("07:00", "08:30", "c"),
        hold("07:00", "09:00", "released", released_at=at("08:00")),
        hold("08:00", "09:01", "on"),
        block("08:00", "09:00"),
    )
    seen = look_ahead(a_model(), at("09:00"), several)
    assert seen.expired == ((at("08:30"), "c"), (at("09:00"), "a"), (at("09:00"), "b"))


# --- against the reference ------------------------------------------------------------------------------------------

DAY_MINUTES = 600
LEAD, SLACK = 30, 2
AHEAD = LEAD + SLACK
GAP = LEAD + (STOP_TIME + BRIDGE_ALLOWANCE) // MINUTE
Span = tuple[int, int]


@dataclass(frozen=True)
class Told:
    """A demand as the reference has it, in minutes."""

    begin: int
    end: int
    ready_at: int
    by_request: bool
    holds: frozenset[str]


def minute(number: int) -> datetime:
    return MIDNIGHT + number * MINUTE


def _number(instant: datetime | None) -> int:
    assert instant is not None
    return (instant - MIDNIGHT) // MINUTE


def _runs(covered: list[bool]) -> list[Span]:
    runs, begun = [], None
    for number, one in enumerate([*covered, False]):
        if one and begun is None:
            begun = number
        elif not one and begun is not None:
            runs.append((begun, number))
            begun = None
    return runs


def _on(one: Standing) -> list[bool]:
    return [one.begin <= minute(number) < one.end for number in range(DAY_MINUTES)]


def list_parting(several: list[Standing], end: int, begin: int) -> list[int | None]:
    """Return of each block that lay between, or was to lie there once the first had ended, when somebody lifted it."""
    found: list[int | None] = []
    for one in several:
        planned = any(one.begin <= minute(number) < one.until for number in range(end, begin))
        lifted = _number(one.released_at) if one.released_at is not None and one.released_at < one.until else None
        if one.kind is Kind.BLOCK and planned and (lifted is None or lifted > end):
            found.append(lifted)
    return found


def reference(windows: list[Span], announced: int, several: list[Standing]) -> list[Told]:  # noqa: C901, PLR0912 - slow and plain, rule by rule
    """Find the demands minute by minute."""
    blocks = [(one, _on(one)) for one in several if one.kind is Kind.BLOCK]
    holds = [(one, _on(one)) for one in several if one.kind is Kind.HOLD]
    wanted = [False] * DAY_MINUTES
    pieces: list[tuple[Span, int, Standing | None]] = []
    known_since: dict[int, int] = {}  # where only holds begin: since when that is known
    windows_begin = set()
    sources: list[tuple[list[bool], int, int, Standing | None]] = []
    for start, end in windows:
        sources.append(([start <= number < end for number in range(DAY_MINUTES)], start, announced, None))
    sources += [(on, _number(one.begin), _number(one.known_at), one) for one, on in holds]
    for on, begin, known, source in sources:
        beats = [(b, c) for b, c in blocks if source is None or b.priority >= source.priority]
        left = [here and not any(c[number] for _, c in beats) for number, here in enumerate(on)]
        for run in _runs(left):
            known_here = known
            for block, on_block in beats:
                ends_here = on_block[run[0] - 1] and not on_block[run[0]] if run[0] else False
                if run[0] > begin and ends_here:
                    known_here = max(known_here, _number(block.known_at))
                lifted = block.released_at is not None and block.released_at <= minute(run[0])
                if lifted and block.begin <= minute(run[0]) < block.until:
                    known_here = max(known_here, _number(block.released_at))
            starts = max(run[0] - AHEAD, known_here)
            # Step by step out of hard blocks that are over before the piece begins.
            hard = [b for b, _ in beats if b.hard and b.begin < b.end <= minute(run[0])]
            while any(minute(starts) < b.end for b in hard):
                starts += 1
            pieces.append((run, starts + AHEAD, source))
            if source is None:
                windows_begin.add(run[0])
            known_since[run[0]] = min(known_since.get(run[0], known_here), known_here)
            for number in range(*run):
                wanted[number] = True
    for (_, end), (begin, _) in zip(_runs(wanted), _runs(wanted)[1:], strict=False):
        if begin - end <= GAP and not list_parting(several, end, begin):
            wanted[end:begin] = [True] * (begin - end)
    told: list[Told] = []
    runs: list[Span] = []
    for begin, end in _runs(wanted):
        parts = [begin]
        for number in sorted(known_since):
            over_at = [last for (first, last), _, _ in pieces if first < number]
            if begin < number < end and number not in windows_begin and known_since[number] >= max(over_at):
                runs.append((parts[-1], max(over_at)))
                parts.append(number)
        runs.append((parts[-1], end))
    for begin, end in runs:
        mine = [piece for piece in pieces if begin <= piece[0][0] < end]
        ready_at = min(ready for _, ready, _ in mine)
        parting = list_parting(several, told[-1].end, begin) if told else []
        if told and any(lifted is None for lifted in parting):
            ready_at = max(ready_at, told[-1].end + STOP_TIME // MINUTE + AHEAD)
        elif parting:
            ready_at = max(ready_at, *(lifted + AHEAD for lifted in parting if lifted is not None))
        opened = [source for (first, _), _, source in mine if first == begin]
        ids = frozenset(str(source.request_id) for _, _, source in mine if source is not None)
        told.append(Told(begin, end, ready_at, all(opened), ids))
    return told


spanned = st.tuples(st.integers(0, DAY_MINUTES - 40), st.integers(1, 200)).map(
    lambda pair: (pair[0], min(sum(pair), DAY_MINUTES - 1))
)


@st.composite
def standing(draw: st.DrawFn, number: int) -> Standing:
    begin, end = draw(spanned)
    known = draw(st.integers(begin - 60, begin))
    released = draw(st.none() | st.integers(known, end))
    kind = draw(st.sampled_from(Kind))
    return Standing(
        RequestId(f"r{number}"),
        kind,
        Subject(model_id=WELD),
        "role-1",
        minute(begin),
        minute(end),
        known_at=minute(known),
        priority=draw(st.sampled_from([0, 50, 51])),
        units=draw(st.none() | st.integers(1, 9)) if kind is Kind.HOLD else None,
        hard=kind is Kind.BLOCK and draw(st.booleans()),
        released_at=minute(released) if released is not None else None,
    )


def a_schedule(number: int, span: Span) -> Schedule:
    wall = [(MIDNIGHT + one * MINUTE).time() for one in span]
    once = DayRule(dates=frozenset({MIDNIGHT.date()}))
    return Schedule(f"s{number}", "UTC", (ShiftWindow(frozenset(Weekday), wall[0], wall[1], 0, once),))


@pytest.mark.parametrize(
    ("now", "begin"), [("09:00", "08:00"), ("10:00", "10:20"), ("10:19", "10:20"), ("10:20", "08:00")]
)
def test_in_a_gap_that_nobody_has_served_what_was_before_is_over(now: str, begin: str) -> None:
    gapped = a_model("08:00-10:00", "10:20-16:00")
    seen = look_ahead(gapped, at(now), served=False)
    assert seen.current is not None
    assert (seen.current.begin, seen.current.end) == (at(begin), at("16:00"))
    assert seen.current.ready_at == at(begin)
    assert look_ahead(gapped, at(now)).current == list_demands(model=gapped)[0]


def test_what_follows_a_gap_that_nobody_has_served_begins_when_its_own_start_is_due() -> None:
    gapped = a_model("08:00-10:00", "10:38-16:00")
    seen = look_ahead(gapped, at("10:05"), served=False)
    assert (seen.current, seen.next_edge) == (None, at("10:06"))
    assert seen.upcoming is not None
    assert seen.upcoming.begin == at("10:38")


@settings(max_examples=take_part(400), deadline=None)
@given(
    st.lists(spanned, max_size=3),
    st.integers(-2000, 300),
    st.integers(0, 4).flatmap(lambda count: st.tuples(*(standing(number) for number in range(count)))),
)
def test_demand_equals_the_reference_minute_by_minute(
    windows: list[Span], announced: int, several: tuple[Standing, ...]
) -> None:
    model = a_model(
        schedules=tuple(a_schedule(number, span) for number, span in enumerate(windows)),
        announced_at=minute(announced),
    )
    assert (model.lead, model.slack) == (LEAD * MINUTE, SLACK * MINUTE)
    told = [
        Told(
            _number(one.begin),
            _number(one.end),
            _number(one.ready_at),
            one.schedule == BY_REQUEST,
            frozenset(str(piece.request_id) for piece in one.holds),
        )
        for one in find_demands(model, MIDNIGHT, MIDNIGHT + timedelta(days=1), several)
    ]
    assert told == reference(windows, announced, list(several))


@settings(max_examples=take_part(200), deadline=None)
@given(
    st.lists(spanned, max_size=3),
    st.integers(0, 4).flatmap(lambda count: st.tuples(*(standing(number) for number in range(count)))),
    st.integers(0, DAY_MINUTES),
)
def test_between_two_edges_nothing_changes(windows: list[Span], several: tuple[Standing, ...], now: int) -> None:
    schedules = tuple(a_schedule(number, span) for number, span in enumerate(windows))
    model = a_model(schedules=schedules)
    seen = look_ahead(model, minute(now), several)
    before = seen.current
    edge = seen.next_edge or minute(now + 60)
    late = min(edge, minute(now + 60)) - timedelta(microseconds=1)
    then = look_ahead(model, late, several)
    assert (then.current, then.expired) == (before, seen.expired)
    if before is not None and then.current is not None:
        assert before.find_holds(minute(now)) == then.current.find_holds(late)


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_a_hold_is_half_open_to_the_second(seconds: int) -> None:
    end = at("11:00")
    seen = look_ahead(a_model(), end + timedelta(seconds=seconds), (hold("10:00", "11:00"),))
    assert (seen.current is not None) == (seconds < 0)
    assert bool(seen.expired) == (seconds >= 0)


TURN = Turn(timedelta(seconds=40), timedelta(seconds=75))


def test_a_turn_brings_the_start_for_a_shift_forward_and_nothing_else() -> None:
    (demand,) = list_demands(model=a_model("08:00-16:00", turn=TURN))
    assert (demand.ready_at, demand.start_at) == (at("08:00"), at("07:27:20"))
    (demand,) = list_demands(hold("10:00", "11:00"), model=a_model(turn=TURN))
    assert (demand.ready_at, demand.start_at) == (at("10:00"), at("09:28"))


def test_a_shift_that_becomes_known_too_late_is_not_excused_by_a_turn() -> None:
    for known, ready in (("07:27:30", "08:00"), ("07:58", "08:30")):
        (demand,) = list_demands(model=a_model("08:00-16:00", turn=TURN, announced_at=at(known)))
        assert (demand.start_at, demand.ready_at) == (at(known), at(ready))


def test_a_gap_that_the_offset_makes_too_short_is_bridged() -> None:
    gap = a_model("08:00-10:00", "10:40:30-16:00")
    assert len(find_demands(gap, at("00:00"), at("23:59"))) == 2
    assert len(find_demands(replace(gap, turn=TURN), at("00:00"), at("23:59"))) == 1


# --- a set of windows -------------------------------------------------------------------------------------------------


MINUTES = st.lists(st.integers(0, 1439), min_size=2, max_size=12, unique=True).map(sorted)


@given(minutes=MINUTES, known=st.integers(-600, 1200), released=st.none() | st.integers(0, 1439), blocked=MINUTES)
@settings(max_examples=100, deadline=None)
def test_a_set_of_windows_is_demand_as_so_many_holds_are(
    minutes: list[int], known: int, released: int | None, blocked: list[int]
) -> None:
    known_at = MIDNIGHT + known * MINUTE
    each = [
        HeldWindow(MIDNIGHT + begin * MINUTE, MIDNIGHT + end * MINUTE, known_at)
        for begin, end in zip(minutes[::2], minutes[1::2], strict=False)
    ]
    released_at = None if released is None else MIDNIGHT + released * MINUTE
    common: dict[str, Any] = {"known_at": known_at, "released_at": released_at}
    one = replace(hold("00:00", "23:59"), begin=each[0].begin, until=each[-1].end, windows=tuple(each), **common)
    several = [
        replace(hold("00:00", "23:59", f"hold-{number}"), begin=span.begin, until=span.end, **common)
        for number, span in enumerate(each)
    ]
    block_of_all = block("00:00", "23:59")
    wall = replace(block_of_all, begin=MIDNIGHT + blocked[0] * MINUTE, until=MIDNIGHT + blocked[1] * MINUTE)
    for model in (a_model(), a_model("08:00-16:00")):
        by_set, by_holds = list_demands(one, wall, model=model), list_demands(*several, wall, model=model)
        assert [(a.begin, a.end, a.start_at, a.ready_at, a.schedule) for a in by_set] == [
            (b.begin, b.end, b.start_at, b.ready_at, b.schedule) for b in by_holds
        ]


def test_the_next_window_of_a_set_is_seen_however_far_ahead() -> None:
    each = tuple(HeldWindow(at("08:00", day), at("09:00", day), LONG_KNOWN) for day in (0, 40, 80))
    one = replace(hold("08:00", "09:00"), until=each[-1].end, windows=each)
    for day, coming in ((0, 40), (30, 40), (39, 40), (41, 80), (79, 80)):
        upcoming = look_ahead(a_model(), at("10:00", day), (one,)).upcoming
        assert upcoming is not None
        assert upcoming.begin == at("08:00", coming)


def test_a_set_of_windows_never_expires_since_its_next_edition_may_follow() -> None:
    one = replace(hold("08:00", "09:00"), windows=(HeldWindow(at("08:00"), at("09:00"), LONG_KNOWN),))
    assert look_ahead(a_model(), at("10:00"), (one,)).expired == ()
    assert look_ahead(a_model(), at("10:00"), (hold("08:00", "09:00"),)).expired == (
        (at("09:00"), RequestId("hold-1")),
    )


def test_of_two_active_blocks_the_outlook_names_the_one_that_ends_last() -> None:
    shorter, longer = block("09:00", "11:00", name="a"), block("09:30", "15:00", name="z")
    assert look_ahead(a_model("08:00-16:00"), at("10:00"), (longer, shorter)).block == longer.request_id
