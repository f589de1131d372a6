"""The board's view of facts: nothing from outside gets into its markup as markup."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from tests.support.boards import NOW, make_many, make_plant
from tests.support.day import TARGETS, WELD, a_day, a_model, at

from preheat.app.board.facts import BoardFacts
from preheat.app.board.figures import Figures, sum_figures
from preheat.app.board.more import More
from preheat.app.board.page import Look, render
from preheat.app.board.spans import Span, SpanKind
from preheat.app.board.timeline import draw_hours
from preheat.app.board.view import STEP, Board, make_board
from preheat.domain.demand.demand import look_ahead
from preheat.domain.demand.request import Kind, RequestId, Standing, Subject
from preheat.domain.plan.plan import Backend, Mode, ModelId, Target
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.paid import Cause, Stretch
from preheat.domain.record.record import Action, LedgerEntry, ModelRecord, Phase, Unread
from preheat.domain.verdict.causes import VerdictState
from preheat.domain.verdict.facts import VerdictFacts

MODEL = a_model("08:00-10:00", "10:20-16:00", target=TARGETS[Backend.SAGEMAKER])
STOPPED = ModelRecord(WELD, MODEL.target, observed=Observed.STOPPED)


def facts(now: str, record: ModelRecord = STOPPED, *requests: Standing) -> VerdictFacts:
    return VerdictFacts(WELD, at(now), MODEL, record, look_ahead(MODEL, at(now), requests), requests)


def entry(sequence: int, when: str, *paid: Stretch, **changes: Any) -> LedgerEntry:
    phase = changes.pop("to_phase", Phase.STARTING)
    target = changes.pop("target", MODEL.target)
    return LedgerEntry(WELD, sequence, at(when), Phase.IDLE, phase, Action.OBSERVE, "", target, paid=paid, **changes)


def test_a_timeline_has_lead_shift_bridge_block_and_what_ran() -> None:
    block = Standing(RequestId("b"), Kind.BLOCK, Subject(model_id=WELD), "r", at("15:00"), at("16:00"), at("06:00"))
    ran = (Stretch(at("07:28"), at("07:45"), 1, Cause.LEAD), Stretch(at("07:45"), at("08:30"), 1, Cause.SHIFT))
    found = BoardFacts(facts("08:30", replace(STOPPED, sequence=1), block), (entry(1, "08:30", *ran),))
    (row,) = make_board([found], at("08:30"), "plant").rows
    assert set(row.spans) == {
        Span(SpanKind.LEAD, at("07:28"), at("08:00")),
        Span(SpanKind.SHIFT, at("08:00"), at("15:00")),
        Span(SpanKind.BRIDGED, at("10:00"), at("10:20")),
        Span(SpanKind.BLOCK, at("15:00"), at("16:00")),
        Span(SpanKind.HOSTED, at("07:45"), at("08:30")),
        Span(SpanKind.LATE, at("08:00"), at("08:30")),
    }


def test_a_delay_stays_on_the_timeline_after_it_has_ended() -> None:
    late = entry(1, "08:00", late=True, ready_at=at("08:00"))
    ready = entry(2, "08:20", margin=timedelta(minutes=-20), to_phase=Phase.HOSTED)
    hosted = replace(STOPPED, observed=Observed.HOSTED, phase=Phase.HOSTED)
    (row,) = make_board([BoardFacts(facts("09:00", hosted), (late, ready))], at("09:00"), "plant").rows
    assert Span(SpanKind.LATE, at("08:00"), at("08:20")) in row.spans
    assert row.verdict.state is VerdictState.READY


def test_a_schedule_that_cannot_be_evaluated_leaves_the_timeline_empty_and_its_row_on_top() -> None:
    broken = replace(MODEL, schedules=(replace(MODEL.schedules[0], zone="Plant/Nowhere"),))
    known = replace(facts("07:00"), model=broken)
    board = make_board([BoardFacts(known, problem="its schedule has an error: no zone")], at("07:00"), "plant")
    (row,) = board.trouble
    assert [span for span in row.spans if span.kind is SpanKind.SHIFT] == []
    assert "no zone" in render(board)


def test_trouble_comes_first_and_the_next_shift_is_counted_down_to() -> None:
    calm = BoardFacts(replace(facts("07:00"), model_id=ModelId("calm")))
    bad = BoardFacts(facts("07:00", replace(STOPPED, unread=Unread(at("06:50"), "AccessDenied"))))
    board = make_board([calm, bad], at("07:00"), "plant")
    assert [row.verdict.state for row in board.rows] == [VerdictState.UNKNOWN, VerdictState.OFF]
    assert (board.trouble, board.calm) == (board.rows[:1], board.rows[1:])
    assert board.next_shift is not None
    assert (board.next_shift.ready_at, board.next_shift.models) == (at("08:00"), 2)
    page = render(board)
    assert "<b>08:00</b>" in page
    assert ">in 1 h</time>" in page
    assert "1 model needs attention" in page


def test_each_state_that_somebody_has_to_know_is_on_top_with_its_cause_and_a_remedy() -> None:
    board = make_board(make_plant(), NOW, "plant")
    on_top = [VerdictState(each) for each in ("LATE", "AT RISK", "REFUSED", "UNKNOWN", "UNSCHEDULED", "BLOCKED")]
    assert sorted({row.verdict.state for row in board.trouble}) == sorted(on_top)
    assert {row.verdict.state for row in board.calm} == {VerdictState.READY, VerdictState.OFF}
    page = render(board)
    assert page.count('class="todo"') == len(board.trouble)
    for row in board.trouble:
        assert row.why.partition("'")[0] in page


class Scripts(HTMLParser):
    """Collects every tag and every attribute that could run or load something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "img", "iframe", "link", "object", "base", "form", "use", "meta", "svg"):
            self.found.append(tag)
        self.found += [name for name, _ in attrs if name.startswith("on") or name in ("src", "href", "action")]


EVIL = '"></style><script>alert(1)</script><img src=x onerror=alert(1)>'


def test_everything_from_outside_is_escaped() -> None:
    record = replace(STOPPED, unread=Unread(at("06:50"), EVIL))
    schedule = replace(MODEL.schedules[0], name=EVIL)
    model = replace(MODEL, schedules=(schedule,))
    named = replace(facts("07:00", record), model=model, model_id=ModelId(EVIL))
    calm = replace(facts("07:00"), model=model, model_id=ModelId(EVIL + "2"), outlook=look_ahead(model, at("07:00")))
    found = [BoardFacts(named, problem=EVIL), *(BoardFacts(calm) for _ in range(60))]
    for mode in Mode:
        board = make_board(found, at("07:00"), EVIL, mode)
        parser = Scripts()
        parser.feed(render(board, Look("dark", More(EVIL, 5))).replace('<cwdb-action action="call"', "<cwdb-action"))
        assert parser.found == []
        assert "&lt;script&gt;" in render(board)


def test_a_whole_day_is_rendered_at_every_quarter_hour() -> None:
    with a_day() as day:
        for quarter in range(4 * 24 - 1):
            moment = at("00:00") + quarter * timedelta(minutes=15)
            day.run_until(moment.strftime("%H:%M"))
            model = a_model("08:00-16:00")
            known = VerdictFacts(WELD, moment, model, day.record, look_ahead(model, moment))
            board = make_board([BoardFacts(known)], moment, "plant")
            assert board.rows[0].verdict.state in (VerdictState.OFF, VerdictState.ON_TIME, VerdictState.READY)
            assert str(board.rows[0].verdict.state) in render(board)


def test_a_thousand_models_are_grouped_and_closed_while_nothing_is_wrong() -> None:
    many = [BoardFacts(replace(facts("07:00"), model_id=ModelId(f"line-{number:04}"))) for number in range(1000)]
    page = render(make_board(many, at("07:00"), "plant"))
    assert page.count("<details") == 1
    assert '<details data-key="group-early"><summary>early <span>1000 models</span></summary>' in page
    assert "All 1000 models are as planned." in page
    assert len(page) < 1_500_000


def test_a_trouble_that_many_share_is_shown_three_times_and_then_counted() -> None:
    unread = replace(STOPPED, unread=Unread(at("06:50"), "AccessDenied"))
    many = [BoardFacts(replace(facts("07:00", unread), model_id=ModelId(f"line-{number:04}"))) for number in range(50)]
    page = render(make_board(many, at("07:00"), "plant"))
    assert page.count('class="todo"') == 3
    assert "47 more UNKNOWN by the same cause" in page
    assert page.count("data-state=") == 50


@pytest.mark.parametrize(
    ("windows", "now", "minutes", "marks"),
    [
        ("08:00-08:02", "07:58", 16, "07:54 07:57 08:00 08:03 08:06"),  # a demo: a shift of two minutes
        ("08:00-08:45", "07:58", 95, "07:30 07:45 08:00 08:15 08:30 08:45"),
        ("08:00-16:00", "07:58", 14 * 60 + 15, "07:00 09:00 11:00 13:00 15:00 17:00 19:00"),
        ("20:00-20:02", "07:58", 14 * 60 + 15, "07:00 09:00 11:00 13:00 15:00 17:00 19:00"),  # nothing within minutes
    ],
)
def test_the_timelines_have_the_shortest_scale_that_shows_everything(
    windows: str, now: str, minutes: int, marks: str
) -> None:
    model = replace(a_model(windows, target=TARGETS[Backend.SAGEMAKER]), lead=timedelta(minutes=2), slack=timedelta())
    found = BoardFacts(VerdictFacts(WELD, at(now), model, STOPPED, look_ahead(model, at(now))))
    board = make_board([found], at(now), "plant")
    assert board.end - board.begin == timedelta(minutes=minutes)
    assert " ".join(re.findall(r"%\">(\d\d:\d\d)</span>", draw_hours(board, board.zone))) == marks


def test_each_group_has_its_hours_on_the_clock_of_its_own_zone() -> None:
    found = []
    for name, zone in (("a", "UTC"), ("b", "UTC"), ("press", "Europe/Berlin")):
        schedule = replace(a_model("08:00-16:00").schedules[0], name=f"shift-{zone[:3]}".lower(), zone=zone)
        model = replace(a_model(), model_id=ModelId(name), schedules=(schedule,))
        seen = VerdictFacts(model.model_id, at("05:00"), model, STOPPED, look_ahead(model, at("05:00")))
        found.append(BoardFacts(seen))
    page = render(make_board(found, at("05:00"), "plant"))
    axes = [" ".join(re.findall(r"%\">(\d\d:\d\d)</span>", part)) for part in page.split('<div class="hours">')[1:]]
    groups = dict(zip(re.findall(r"<summary>(\S+) ", page), axes, strict=True))
    assert groups["shift-utc"].startswith("03:00 05:00")
    assert groups["shift-eur"].startswith("04:00 06:00")
    assert "<summary>shift-eur <span>1 model, Europe/Berlin</span>" in page
    assert "<summary>shift-utc <span>2 models</span>" in page


def test_a_row_stays_as_it_is_while_the_range_does() -> None:
    def rows(minutes: int) -> list[str]:
        board: Board = make_board(make_many(200), NOW + timedelta(minutes=minutes), "plant")
        return [line for line in render(board).split("<li ") if 'class="row calm"' in line]

    assert NOW.minute % (STEP // timedelta(minutes=1)) == 3
    assert rows(0) == rows(11) != rows(12)


def test_a_widget_leaves_rows_out_and_has_a_button_for_them() -> None:
    board = make_board(make_many(200), NOW, "plant")
    page = render(board, Look("dark", More("arn:aws:lambda:r:1:function:board", 10)))
    assert '<div class="pb dark">' in page
    assert '<a class="btn">Show all of early-shift</a><cwdb-action action="call" display="widget"' in page
    assert 'endpoint="arn:aws:lambda:r:1:function:board">{&quot;group&quot;: &quot;early-shift&quot;}' in page
    whole = render(board, Look("dark", More("arn:aws:lambda:r:1:function:board", 10, "early-shift")))
    assert whole.count('<li class="row calm"') - page.count('<li class="row calm"') == 49 - 10
    assert 'data-key="group-early-shift" open' in whole


def test_a_model_that_left_the_plan_is_shown_only_while_there_is_something_to_say_of_it() -> None:
    gone = VerdictFacts(ModelId("gone"), at("07:00"), None, replace(STOPPED, model_id=ModelId("gone")))
    assert make_board([BoardFacts(gone)], at("07:00"), "plant").rows == ()
    runs = replace(gone, record=replace(STOPPED, observed=Observed.HOSTED))
    (row,) = make_board([BoardFacts(runs)], at("07:00"), "plant").rows
    assert (row.verdict.state, row.group) == (VerdictState.UNSCHEDULED, "not in the plan")


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.PAUSED])
def test_a_stack_that_does_not_act_says_so(mode: Mode) -> None:
    assert f"Mode {mode}:" in render(make_board([BoardFacts(facts("07:00"))], at("07:00"), "plant", mode))


def test_a_stack_without_a_plan_says_what_to_do() -> None:
    assert "preheat apply plant.yaml" in render(make_board([], at("07:00"), "plant"))


def make_paid(day: int, begin: str, end: str, backend: Backend) -> BoardFacts:
    ran = Stretch(at(begin, day), at(end, day), 2, Cause.SHIFT)
    target = Target("line", "v1", backend)
    last = replace(entry(1, end, ran, target=target), at=at(end, day))
    return BoardFacts(facts("23:00", replace(STOPPED, sequence=1)), (last,))


def test_today_begins_at_midnight_in_the_plant_and_the_week_seven_days_ago() -> None:
    found = [make_paid(0, "03:00", "09:00", Backend.REKOGNITION), make_paid(-1, "09:00", "10:00", Backend.REKOGNITION)]
    here = sum_figures(found, at("23:00"), "UTC")
    assert (here.paid_today, here.paid_week) == ({"USD": Decimal(48)}, {"USD": Decimal(56)})
    there = sum_figures(found, at("23:00"), "America/Mexico_City")  # where it began at six
    assert there.paid_today == {"USD": Decimal(24)}
    assert sum_figures(found, at("12:00", 7), "UTC").paid_week == {}


def test_time_without_a_price_is_counted_and_is_in_no_amount() -> None:
    found = [make_paid(0, "03:00", "09:00", Backend.SAGEMAKER)]
    here = sum_figures(found, at("23:00"), "UTC")
    assert here == Figures(unpriced=timedelta(hours=12))
    assert "<b>12 h</b> of units" in render(make_board(found, at("23:00"), "plant"))
    moment = make_paid(0, "03:00", "03:00:20", Backend.SAGEMAKER)
    assert "price is not known" not in render(make_board([moment], at("23:00"), "plant"))


def test_what_was_saved_is_the_time_in_which_it_did_not_run() -> None:
    needed = {"needed_from": at("03:00"), "needed_until": at("09:00"), "units": 2, "late": False}
    target = Target("line", "v1", Backend.REKOGNITION)
    first = entry(1, "00:00", target=target, units=2)
    ran = entry(2, "09:00", Stretch(at("03:00"), at("09:00"), 2, Cause.SHIFT), target=target, **needed)
    found = BoardFacts(facts("12:00", replace(STOPPED, sequence=2)), (first, ran))
    # Two units ran for 6 of 12 hours, at 4 USD an hour.
    assert sum_figures([found], at("12:00"), "UTC").saved_week == {"USD": Decimal(48)}
