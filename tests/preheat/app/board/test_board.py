"""What the board shows of facts, and that nothing from outside gets into its markup as markup."""

from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

from tests.support.day import TARGETS, WELD, a_day, a_model, at

from preheat.app.board.page import render
from preheat.app.board.view import BoardFacts, Figures, Span, SpanKind, make_board
from preheat.domain.demand.demand import look_ahead
from preheat.domain.demand.request import Kind, RequestId, Standing, Subject
from preheat.domain.plan.plan import Backend, ModelId
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.paid import Cause, Stretch
from preheat.domain.record.record import ModelRecord, Unread
from preheat.domain.verdict.causes import VerdictState
from preheat.domain.verdict.facts import VerdictFacts

MODEL = a_model("08:00-10:00", "10:20-16:00", target=TARGETS[Backend.SAGEMAKER])
STOPPED = ModelRecord(WELD, MODEL.target, observed=Observed.STOPPED)


def facts(now: str, record: ModelRecord = STOPPED, *requests: Standing) -> VerdictFacts:
    return VerdictFacts(WELD, at(now), MODEL, record, look_ahead(MODEL, at(now), requests), requests)


def test_a_timeline_has_lead_shift_bridge_block_and_what_ran() -> None:
    block = Standing(RequestId("b"), Kind.BLOCK, Subject(model_id=WELD), "r", at("15:00"), at("16:00"), at("06:00"))
    ran = (Stretch(at("07:28"), at("07:45"), 1, Cause.LEAD), Stretch(at("07:45"), at("08:30"), 1, Cause.SHIFT))
    board = make_board([BoardFacts(facts("08:30", STOPPED, block), ran)], at("08:30"), "plant")
    (row,) = board.rows
    assert set(row.spans) == {
        Span(SpanKind.LEAD, at("07:28"), at("08:00")),
        Span(SpanKind.SHIFT, at("08:00"), at("15:00")),
        Span(SpanKind.BRIDGED, at("10:00"), at("10:20")),
        Span(SpanKind.BLOCK, at("15:00"), at("16:00")),
        Span(SpanKind.HOSTED, at("07:45"), at("08:30")),
        Span(SpanKind.LATE, at("08:00"), at("08:30")),
    }


def test_a_schedule_that_cannot_be_evaluated_leaves_the_timeline_empty_and_the_board_up() -> None:
    broken = replace(MODEL, schedules=(replace(MODEL.schedules[0], zone="Plant/Nowhere"),))
    board = make_board([BoardFacts(replace(facts("07:00"), model=broken))], at("07:00"), "plant")
    (row,) = board.rows
    assert [span for span in row.spans if span.kind is SpanKind.SHIFT] == []


def test_trouble_comes_first_and_the_next_shift_is_counted_down_to() -> None:
    calm = BoardFacts(replace(facts("07:00"), model_id=ModelId("calm")))
    bad = BoardFacts(facts("07:00", replace(STOPPED, unread=Unread(at("06:50"), "AccessDenied"))))
    board = make_board([calm, bad], at("07:00"), "plant")
    assert [row.verdict.state for row in board.rows] == [VerdictState.UNKNOWN, VerdictState.OFF]
    assert (board.trouble, board.calm) == (board.rows[:1], board.rows[1:])
    assert board.next_ready_at == at("08:00")
    assert "Next shift 08:00 (in 1 h)" in render(board)
    assert "1 model needs attention" in render(board)


class Scripts(HTMLParser):
    """Collects every tag and every attribute that could run or load something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "img", "iframe", "link", "object", "a"):
            self.found.append(tag)
        self.found += [name for name, _ in attrs if name.startswith("on") or name in ("src", "href")]


def test_everything_from_outside_is_escaped() -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    record = replace(STOPPED, unread=Unread(at("06:50"), evil))
    board = make_board([BoardFacts(facts("07:00", record))], at("07:00"), evil, Figures(paid_today=evil))
    parser = Scripts()
    parser.feed(render(board))
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
    assert '<details data-group="early"><summary>early: 1000</summary>' in page
    assert "Every model is as planned." in page
    assert len(page) < 1_500_000
