"""The page on costs agrees with the program that computes it, and the program with a simulation."""

from dataclasses import replace
from decimal import Decimal

import pytest

from preheat_lab.costs import bill, measuring

PAGE = bill.DOC.read_text(encoding="utf-8")
WEEK = bill.read_page(PAGE)


def test_the_tables_on_the_page_are_those_of_the_script() -> None:
    assert bill.format_tables(bill.read_page(PAGE)) in PAGE


def test_the_comparison_names_the_sum_of_the_page() -> None:
    total = sum(bill.compute_costs(bill.read_page(PAGE), 20).values(), Decimal())
    assert f"| {total:.2f} USD ([costs.md](costs.md)) |" in bill.DOC.with_name("compare.md").read_text(encoding="utf-8")


def test_a_page_that_lacks_a_figure_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="no figure for passes"):
        bill.read_page(PAGE.replace("| passes |", "| pauses |"))


def test_the_sum_is_that_of_its_parts_and_grows_with_the_models() -> None:
    measured = bill.read_page(PAGE)
    sums = [sum(bill.compute_costs(measured, models).values(), Decimal()) for models in bill.SIZES]
    assert sums == sorted(sums)
    assert f"| **Preheat** | {' | '.join(f'{each:,.2f}' for each in sums)} |" in PAGE


@pytest.mark.parametrize(
    ("figure", "part", "price"),
    [
        ("sends", "SQS", 3 * bill.SQS_REQUEST),
        ("reads", "DynamoDB", bill.DYNAMODB_READ),
        ("writes", "DynamoDB", bill.DYNAMODB_WRITE),
        ("events", "EventBridge", bill.BUS_EVENT),
        ("log_bytes", "logs", bill.LOGS_GB / 2**30),
        ("passes", "Lambda", bill.LAMBDA_REQUEST),
        ("calls", "Lambda", bill.CALL_SECONDS * bill.SMALL_GB * bill.LAMBDA_GB_SECOND),
    ],
)
def test_one_more_for_each_model_and_day_costs_its_price(figure: str, part: str, price: Decimal) -> None:
    measured = bill.read_page(PAGE)
    more = replace(measured, **{figure: getattr(measured, figure) + 1})
    grown = bill.compute_costs(more, 1_000)[part] - bill.compute_costs(measured, 1_000)[part]
    assert grown == pytest.approx(1_000 * bill.DAYS * price)


def test_a_simulated_day_is_counted_by_what_it_really_does() -> None:
    found = measuring.measure_week(models=2, days=3)
    assert found.passes <= found.sends + 1  # each pass had its own message
    assert found.reads >= found.passes  # and reads its record
    assert found.writes >= 2 * found.entries  # an entry comes with a record, in a transaction
    assert 0 < found.entries < 20
    assert 0 < found.events <= 2 * found.entries  # most entries make one event at most
    assert found.log_bytes > 100 * found.entries  # a line for each pass that logged something
    assert found.stack_metric_hours >= 24  # the tick's own metric, each hour


def test_alarms_and_dashboards_are_counted_as_the_template_has_them() -> None:
    template = (bill.DOC.parents[1] / "template.yaml").read_text(encoding="utf-8")
    assert template.count("Type: AWS::CloudWatch::Alarm\n") == bill.ALARMS
    assert f"MemorySize: {1024 * bill.MEMORY_GB:.0f}\n" in template  # of every function, but for these:
    assert template.count(f"MemorySize: {1024 * bill.SMALL_GB:.0f} ") == len(("reconcile", "watch", "publish"))
    assert template.count("Type: AWS::CloudWatch::CompositeAlarm\n") == bill.COMPOSITES
    assert template.count("Type: AWS::CloudWatch::Dashboard\n") == bill.DASHBOARDS
    conditional = "AWS::CloudWatch::{}\n    Condition: MonitorsFully\n"
    assert template.count(conditional.format("Alarm")) == bill.ALARMS - bill.ESSENTIAL_ALARMS
    assert template.count(conditional.format("Dashboard")) == bill.DASHBOARDS - bill.ESSENTIAL_DASHBOARDS
    saved = bill.compute_costs(WEEK, 20), bill.compute_costs(WEEK, 20, essential=True)
    less = sum(saved[0].values()) - sum(saved[1].values())
    for page in (template, (bill.DOC.with_name("parameters.md")).read_text(encoding="utf-8")):
        assert f"{less:.2f} USD a month less" in page


def test_the_free_allowance_of_cloudwatch_takes_off_what_its_price_page_says() -> None:
    paid, free = (bill.compute_costs(WEEK, 20, free=free) for free in (False, True))
    assert [paid["dashboard"], free["dashboard"], free["metrics"]] == [Decimal(3), Decimal(), Decimal()]
    assert paid["alarms"] - free["alarms"] == 1
    assert {part: paid[part] for part in paid if part not in ("alarms", "metrics", "dashboard")}.items() <= free.items()
    assert bill.compute_costs(WEEK, 5_000, free=True)["metrics"] > 0
