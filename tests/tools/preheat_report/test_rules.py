"""The report's own rules, on ledgers written by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from preheat.domain.calendar.windows import Window
from preheat.domain.plan.plan import Backend, ModelId, Target
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.paid import Cause, Run, Stretch
from preheat.domain.record.record import Action, LedgerEntry, ModelRecord, Phase
from preheat_cli.views import report_charts, report_html, report_text
from preheat_report import History, ModelReport, Report, Tariff, report_model, report_models
from preheat_report.promise import find_quantile

WELD, TARGET = ModelId("weld-seams"), Target("line-1", "3")
DAY = Window(datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC))
TARIFFS = {Backend.LOOKOUT_VISION: Tariff(Decimal(4))}
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def at(hour: float) -> datetime:
    return DAY.start + hour * HOUR


def entry(sequence: int, when: datetime, *paid: Stretch, **facts: Any) -> LedgerEntry:
    action = facts.pop("action", Action.OBSERVE)
    return LedgerEntry(WELD, sequence, when, Phase.IDLE, Phase.IDLE, action, "", TARGET, paid=paid, **facts)


def report_on(*entries: LedgerEntry, record: ModelRecord | None = None, as_of: datetime = DAY.end) -> ModelReport:
    return report_model(History(WELD, entries, record), DAY, TARIFFS, as_of=as_of)


def stretch(begin: float, end: float, cause: Cause = Cause.SHIFT, units: int = 1, **ends: datetime) -> Stretch:
    return Stretch(at(begin), at(end), units, cause, **ends)


def test_units_count_as_often_as_there_are() -> None:
    found = report_on(entry(1, at(9), stretch(6, 8, units=3)))
    assert found.paid == 6 * HOUR
    assert found.amounts == {"USD": Decimal(24)}


def test_what_lies_outside_the_range_does_not_count() -> None:
    found = report_on(entry(1, at(9), stretch(-2, 1)), entry(2, at(30), stretch(23, 26)))
    assert found.paid == 2 * HOUR


def test_a_stretch_over_midnight_is_of_both_days() -> None:
    week = Window(DAY.start, DAY.start + timedelta(days=7))
    found = report_model(History(WELD, [entry(1, at(40), stretch(22, 30))]), week, TARIFFS, as_of=week.end)
    assert [each[Cause.SHIFT] for each in found.by_day.values()] == [2 * HOUR, 6 * HOUR]


def test_the_brackets_are_those_of_ends_that_are_not_known_to_the_instant() -> None:
    known = stretch(6, 7, begun_after=at(6), ended_after=at(7))
    doubtful = stretch(8, 9, units=2, begun_after=at(7.5), ended_after=at(8.75))
    found = report_on(entry(1, at(10), known, doubtful))
    assert (found.may_be_more, found.may_be_less) == (HOUR, HOUR / 2)
    assert [each.begins for each in found.brackets] == [True, False]


def test_a_bracket_is_cut_at_the_range_as_what_it_brackets_is() -> None:
    found = report_on(entry(1, at(10), stretch(1, 2, begun_after=at(-40))))
    assert found.may_be_more == HOUR


def test_a_bracket_ends_with_the_range_at_the_latest() -> None:
    found = report_on(entry(1, at(30), stretch(22, 26, ended_after=at(23))), as_of=at(30))
    assert found.may_be_less == HOUR


def test_a_begin_that_nobody_saw_counts_in_its_own_range_alone() -> None:
    old, new = stretch(-30, -28, ended_after=at(-28)), stretch(6, 8, begun_after=at(6))
    assert report_on(entry(1, at(-20), old), entry(2, at(10), new)).unknown_begins == 0


def test_a_run_that_was_found_running_is_reported_once() -> None:
    found = report_on(entry(1, at(10), stretch(6, 8), stretch(8, 9, Cause.DRAIN, ended_after=at(9))), entry(2, at(12)))
    assert found.unknown_begins == 1
    goes_on = report_on(entry(1, at(10), stretch(6, 8, begun_after=at(6))), entry(2, at(12), stretch(8, 9)))
    assert goes_on.unknown_begins == 0


def test_what_the_record_has_noted_counts_unless_an_entry_has_it_by_now() -> None:
    record = ModelRecord(WELD, TARGET, sequence=1, paid=(stretch(8, 9),))
    first, second = entry(1, at(8), stretch(6, 8)), entry(2, at(9), stretch(8, 9))
    assert report_on(first, record=record).paid == 3 * HOUR
    assert report_on(first, second, record=record).paid == 3 * HOUR


@pytest.mark.parametrize(
    ("phase", "unscheduled", "cause"),
    [
        (Phase.STARTING, False, Cause.LEAD),
        (Phase.HOSTED, False, Cause.SHIFT),
        (Phase.STOPPING, False, Cause.DRAIN),
        (Phase.UNSCHEDULED, True, Cause.UNSCHEDULED),
    ],
)
def test_what_runs_now_has_run_since_its_last_look_or_so_it_seems(
    phase: Phase, unscheduled: bool, cause: Cause
) -> None:
    run = Run(at(6), at(8), 2, unscheduled=unscheduled)
    record = ModelRecord(WELD, TARGET, sequence=1, phase=phase, observed=Observed.HOSTED, run=run)
    found = report_on(entry(1, at(8), stretch(6, 8, units=2)), record=record, as_of=at(8.5))
    assert found.by_cause[cause] == (HOUR if cause is not Cause.SHIFT else 5 * HOUR)
    assert (found.may_be_less, found.may_be_more) == (HOUR, timedelta())


def test_the_time_to_come_does_not_count() -> None:
    found = report_on(entry(1, at(1), units=1, needed_from=at(2), needed_until=at(20)), as_of=at(3))
    assert (found.around_the_clock, found.fixed_lead) == (2 * HOUR, 1.5 * HOUR)


def test_savings_are_against_the_same_units_and_the_demands_that_the_ledger_names() -> None:
    demand = {"units": 2, "needed_from": at(8), "needed_until": at(16)}
    found = report_on(
        entry(1, at(7.5), action=Action.START, **demand),
        entry(2, at(16), stretch(7.75, 16, units=2), **demand),
    )
    assert found.around_the_clock == 2 * 16.5 * HOUR
    assert found.fixed_lead == 2 * 8.5 * HOUR
    assert found.saved_on_fixed_lead == {"USD": Decimal(2)}


def test_what_was_saved_has_the_price_of_the_service_that_the_model_has_now() -> None:
    old = replace(entry(1, at(-30)), target=Target("weld", "c", Backend.SAGEMAKER))
    assert report_on(old, entry(2, at(8), stretch(6, 8))).saved == {"USD": Decimal(4 * 22)}


def test_what_was_not_delivered_is_no_saving() -> None:
    demand = {"units": 1, "needed_from": at(8), "needed_until": at(16)}
    never = report_on(entry(1, at(7), **demand), entry(2, at(8), late=True, **demand), entry(3, at(16), **demand))
    assert (never.undelivered, never.vain_lead) == (8 * HOUR, HOUR / 2)
    assert never.saved_on_fixed_lead == {"USD": Decimal(0)}
    assert never.saved == {"USD": Decimal(4 * (17 - 8))}
    late = report_on(
        entry(1, at(8), late=True, **demand),
        entry(2, at(10), stretch(9, 10), margin=-2 * HOUR, **demand),
        entry(3, at(16), stretch(10, 15), **demand),
    )
    assert (late.undelivered, late.vain_lead) == (3 * HOUR, timedelta())  # from 8 to 10, and from 15 on
    assert late.saved_on_fixed_lead == {"USD": Decimal("-2.0")}


def test_a_shift_that_began_before_the_plan_named_the_model_costs_no_saving() -> None:
    """The plan came at 12:00 into a shift since 6:00. Nobody missed the model before, and nobody would have run it."""
    needed = {"needed_from": at(6), "needed_until": at(14)}
    found = report_on(entry(1, at(12), units=1, **needed), entry(2, at(14), stretch(12.5, 14), **needed), as_of=at(14))
    assert (found.undelivered, found.around_the_clock, found.fixed_lead) == (0.5 * HOUR, 2 * HOUR, 2.5 * HOUR)


def test_a_range_that_begins_with_days_off_counts_them_as_saved() -> None:
    found = report_on(entry(7, at(20), stretch(18, 20), needed_from=at(18), needed_until=at(20), units=1))
    assert (found.around_the_clock, found.saved) == (24 * HOUR, {"USD": Decimal(88)})


def test_late_demands_are_named_those_never_ready_first() -> None:
    entries = [
        entry(1, at(6), late=True, needed_from=at(6), needed_until=at(8), ready_at=at(6)),
        entry(2, at(6.5), margin=-HOUR / 2, needed_from=at(6), needed_until=at(8)),
        entry(3, at(9), late=True, needed_from=at(9), needed_until=at(10), ready_at=at(9.25)),
    ]
    found = Report(DAY, DAY.end, (report_on(*entries),))
    assert [(one.needed_at, one.ready_at) for one in found.late] == [(at(9.25), None), (at(6), at(6.5))]
    assert (found.promise.never_ready, found.promise.late) == (1, 2)


def test_hours_without_a_tariff_are_separate() -> None:
    elsewhere = replace(TARGET, backend=Backend.SAGEMAKER)
    entries = [entry(1, at(9), stretch(6, 8)), replace(entry(2, at(12), stretch(9, 12)), target=elsewhere)]
    found = report_model(History(WELD, entries), DAY, TARIFFS, as_of=DAY.end)
    assert (found.paid, found.unpriced) == (5 * HOUR, 3 * HOUR)


def test_a_demand_counts_until_its_end_as_last_seen() -> None:
    first = entry(1, at(8), units=1, needed_from=at(8), needed_until=at(10))
    assert report_on(first, replace(first, sequence=2, at=at(9), needed_until=at(12))).fixed_lead == 4.5 * HOUR


def test_the_promise_is_counted_from_what_was_judged_in_the_range() -> None:
    entries = [
        entry(1, at(-1), late=True),
        entry(2, at(6), late=False, margin=10 * MINUTE),
        entry(3, at(9), late=True, action=Action.LATE),
        entry(4, at(9.1), margin=-6 * MINUTE),
        entry(5, at(12), late=False, margin=MINUTE),
        entry(6, at(13), action=Action.START),
        entry(7, at(14), action=Action.FAIL),
    ]
    promise = report_on(*entries).promise
    assert (promise.on_time, promise.late, promise.starts, promise.failures) == (2, 1, 1, 1)
    assert promise.on_time_rate == pytest.approx(2 / 3)
    assert [promise.margin(share) for share in (0, 0.5, 1)] == [-6 * MINUTE, MINUTE, 10 * MINUTE]


def test_a_stop_delay_is_all_that_was_paid_after_the_demand() -> None:
    drains = (
        stretch(16, 16.25, Cause.DRAIN),
        stretch(16.25, 16.5, Cause.DRAIN, ended_after=at(16.25)),
        stretch(18, 20, ended_after=at(19)),  # by somebody else, in the shift: not a stop by Preheat
        stretch(22, 22, Cause.DRAIN, ended_after=at(22)),
    )
    assert report_on(entry(1, at(23), stretch(8, 16), *drains)).promise.stop_delays == (timedelta(), HOUR / 2)


def test_currencies_stay_apart_and_what_has_no_tariff_has_no_amount() -> None:
    other = replace(entry(2, at(9), stretch(8, 9)), target=Target("line-1", "v3", Backend.REKOGNITION))
    third = replace(entry(3, at(10), stretch(9, 10)), target=Target("line-1", "v3", Backend.SAGEMAKER))
    tariffs = {**TARIFFS, Backend.REKOGNITION: Tariff(Decimal(3), "EUR")}
    found = report_models([History(WELD, [entry(1, at(8), stretch(6, 8)), other, third])], DAY, tariffs, as_of=DAY.end)
    assert found.amounts == {"EUR": Decimal(3), "USD": Decimal(8)}
    assert found.paid == 4 * HOUR


def test_an_empty_ledger_is_an_empty_report() -> None:
    found = report_on()
    assert (found.paid, found.amounts, found.promise.on_time_rate) == (timedelta(), {}, None)
    assert find_quantile([], 0.5) is None
    assert report_models([], DAY, TARIFFS, as_of=DAY.end).by_day == {}


@pytest.mark.parametrize(("share", "rank"), [(0.0, 1), (0.05, 1), (0.5, 5), (0.95, 10), (1.0, 10)])
def test_quantiles_are_nearest_ranks(share: float, rank: int) -> None:
    assert find_quantile([number * MINUTE for number in range(1, 11)], share) == rank * MINUTE


def test_late_and_never_ready_demands_lead_the_report_and_are_drawn() -> None:
    entries = [
        replace(
            entry(1, at(6), late=True, needed_from=at(6), needed_until=at(8), ready_at=at(6)), reason="Late: <quota>"
        ),
        entry(2, at(6.5), stretch(6, 8), margin=-HOUR / 2, needed_from=at(6), needed_until=at(8)),
        entry(3, at(9), late=True, needed_from=at(9), needed_until=at(10), ready_at=at(9)),
    ]
    found = Report(DAY, DAY.end, (report_on(*entries),))
    lines = report_text.table(found).splitlines()
    assert lines[1:4] == [
        "late: 2 demands, of which 1 never ready",
        "  weld-seams: needed at 2026-11-23 09:00:00Z, never ready: ",
        "  weld-seams: needed at 2026-11-23 06:00:00Z, ready 00:30:00 late: Late: <quota>",
    ]
    assert "not delivered: 1.50 unit-hours needed without a ready model; they are no saving" in lines
    page = report_html.page(found)
    assert page.index("Late: 2 demands") < page.index('<div class="figures">')
    assert "Late: &lt;quota&gt;" in page
    assert "<title>never ready: 1</title>" in page
    assert report_charts.margins((), 3).count("<title>never ready: 3</title>") == 1


def test_savings_count_the_units_of_the_last_start() -> None:
    found = report_on(entry(1, at(0), units=1), entry(2, at(12), units=3))
    assert found.around_the_clock == 3 * 24 * HOUR


def test_a_run_that_begins_as_another_ends_has_a_begin_of_its_own() -> None:
    ended = stretch(6, 7, begun_after=at(6), ended_after=at(7))
    assert report_on(entry(1, at(9), ended, stretch(7, 8))).unknown_begins == 1


def test_each_stop_has_a_delay_of_its_own() -> None:
    drains = (stretch(16, 17, Cause.DRAIN, ended_after=at(17)), stretch(17, 19, Cause.DRAIN, ended_after=at(19)))
    assert report_on(entry(1, at(20), *drains)).promise.stop_delays == (HOUR, 2 * HOUR)


def test_a_stop_delay_counts_in_the_range_in_which_the_run_ended() -> None:
    assert report_on(entry(1, at(26), stretch(23, 25, Cause.DRAIN, ended_after=at(25)))).promise.stop_delays == ()


def test_the_lead_of_a_demand_never_served_is_no_saving_also_before_the_first_entry() -> None:
    found = report_on(entry(1, at(7.8), needed_from=at(8), needed_until=at(9), late=True))
    assert (found.fixed_lead, found.vain_lead) == (1.5 * HOUR, HOUR / 2)
