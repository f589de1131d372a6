"""The commands `report` and `explain` over a day of the real pass, and their reading of its ledger."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest
from tests.support.day import WELD, Day, a_day, a_model, at
from tests.tools.conftest import Workbench

from preheat.app.board.figures import Figures, sum_figures
from preheat.app.board.page import _write_figures
from preheat.app.board.reading import BoardReader
from preheat.app.ports.errors import UnreadableItem
from preheat.domain.bill.history import History
from preheat.domain.bill.money import Tariff, charge, find_tariffs
from preheat.domain.calendar.windows import Window
from preheat.domain.plan.hosted_model import Learning, Readiness
from preheat.domain.plan.plan import Backend, ModelId, Units
from preheat_cli import printing
from preheat_cli.commands.report import read_entries
from preheat_cli.views import report_html, report_text
from preheat_cli.views.report_charts import _round_up
from preheat_report import report_model
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.status import Operation

GOLDEN = Path(__file__).parent / "golden"
Golden = Callable[[Path, str], None]
OF_THE_DAY = ("--from", "2026-11-23", "--to", "2026-11-24")


def live_a_day(
    bench: Workbench, until: str = "18:00", windows: tuple[str, ...] = ("08:00-12:00", "12:20-16:00")
) -> Day:
    """Put the store of a simulated day behind the command line: a start uses all attempts, and an answer gets lost."""
    with a_day(*windows, units=Units(2)) as day:
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=3), times=1)
        day.run_until("09:00")
        day.fault(FaultKind.ANSWER_LOST, operation=Operation.STOP_MODEL, times=1)
        day.run_until(until)
    bench.store, bench.clock.at = day.store, day.clock.at
    return day


def test_a_report_shows_what_was_paid_for_and_why(bench: Workbench, golden: Golden) -> None:
    live_a_day(bench)
    result = bench.preheat("report", *OF_THE_DAY)
    assert result.exit_code == 0
    golden(GOLDEN / "report.txt", result.output)


def test_the_rows_of_every_form_say_the_same(bench: Workbench) -> None:
    day = live_a_day(bench)
    (line,) = bench.preheat("report", *OF_THE_DAY, "--format", "json").stdout.splitlines()
    (row,) = csv.DictReader(io.StringIO(bench.preheat("report", *OF_THE_DAY, "--format", "csv").stdout))
    told = json.loads(line)
    (bill,) = day.service.bill().values()
    less, more = told["may_be_less_unit_hours"], told["may_be_more_unit_hours"]
    assert told["paid_unit_hours"] - less - 1e-5 <= bill.unit_seconds / 3600 <= told["paid_unit_hours"] + more + 1e-5
    assert float(row["paid_unit_hours"]) == told["paid_unit_hours"] == pytest.approx(sum(told["unit_hours"].values()))
    assert (row["currency"], row["cost"]) == ("USD", told["cost"]["USD"])
    assert float(told["cost"]["USD"]) == pytest.approx(4 * told["paid_unit_hours"], abs=0.001)
    assert (told["starts"], told["failures"], told["on_time"] + told["late"]) == (2, 1, 1)


class Page(HTMLParser):
    """Collects what a page refers to, and whether each element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.refers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.refers += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "xlink:href", "srcset")]
        self.refers += [tag] * (tag in ("script", "link", "iframe", "img", "object"))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_but_itself(bench: Workbench) -> None:
    live_a_day(bench)
    text = bench.preheat("report", *OF_THE_DAY, "--format", "html").stdout
    page = Page()
    page.feed(text)
    assert (page.open, page.refers) == ([], [])
    assert "url(" not in text
    assert "@import" not in text
    assert "prefers-color-scheme: dark" in text
    assert "<td>weld-seams</td>" in text


def test_the_charts_of_the_page_draw_each_cause_that_was_paid_for(bench: Workbench) -> None:
    live_a_day(bench)
    text = bench.preheat("report", *OF_THE_DAY, "--format", "html").stdout
    days, margins = (ET.fromstring(each) for each in re.findall(r"<svg.*?</svg>", text, re.DOTALL))  # noqa: S314 - ours
    titles = [title.text or "" for title in days.iter("title")]
    assert [title.split()[1] for title in titles] == ["lead:", "idle:", "shift:", "bridge:", "drain:"]
    assert len([*margins.iter("rect")]) == 1
    for rect in [*days.iter("rect"), *margins.iter("rect")]:
        assert 0 <= float(rect.attrib["y"]) <= 240
        assert float(rect.attrib["height"]) > 0


def test_tariffs_are_those_of_the_file_that_is_named(bench: Workbench) -> None:
    live_a_day(bench)
    file = bench.plant(
        "version: 1\ntariffs:\n  lookoutvision: {unit_hour: 3.5, currency: EUR}\nschedules: {}\nmodels: {}\n"
    )
    (line,) = bench.preheat("report", *OF_THE_DAY, "--format", "json", "--tariffs", file).stdout.splitlines()
    told = json.loads(line)
    assert float(told["cost"]["EUR"]) == pytest.approx(3.5 * told["paid_unit_hours"], abs=0.001)


SAGEMAKER = """version: 1
schedules:
  early: {zone: UTC, windows: [{days: daily, start: "08:00", end: "16:00"}]}
models:
  weld-seams:
    backend: sagemaker
    endpoint: weld
    config: weld-1
    region: us-east-1
    schedules: [early]
    instances: {ml.g4dn.xlarge: 2}
"""


def test_an_endpoint_costs_what_its_instances_cost_and_without_them_only_hours(bench: Workbench) -> None:
    with a_day("08:00-16:00", backend=Backend.SAGEMAKER) as day:
        day.run_until("18:00")
    bench.store, bench.clock.at = day.store, day.clock.at
    for text, rate in ((SAGEMAKER, 2 * 0.7364), (SAGEMAKER.replace("    instances: {ml.g4dn.xlarge: 2}\n", ""), None)):
        asked = ("report", *OF_THE_DAY, "--format", "json", "--tariffs", bench.plant(text))
        told = json.loads(bench.preheat(*asked).stdout)
        hours = told["paid_unit_hours"]
        assert hours > 8
        if rate is None:
            assert (told["cost"], told["unpriced_unit_hours"]) == ({}, hours)
        else:
            assert float(told["cost"]["USD"]) == pytest.approx(rate * hours, abs=0.001)
            assert told["unpriced_unit_hours"] == 0


def test_without_a_file_the_prices_are_those_of_the_plan_on_the_board_too(bench: Workbench) -> None:
    with a_day("08:00-16:00", backend=Backend.SAGEMAKER) as day:
        day.run_until("18:00")
    bench.store, bench.clock.at = day.store, day.clock.at
    told = json.loads(bench.preheat("report", *OF_THE_DAY, "--format", "json").stdout)
    assert (told["cost"], told["unpriced_unit_hours"]) == ({}, told["paid_unit_hours"])
    done = bench.preheat("apply", bench.plant(SAGEMAKER), "--yes")
    assert done.exit_code == 0, done.output
    told = json.loads(bench.preheat("report", *OF_THE_DAY, "--format", "json").stdout)
    assert float(told["cost"]["USD"]) == pytest.approx(2 * 0.7364 * told["paid_unit_hours"], abs=0.001)
    facts = BoardReader(bench.store).read(bench.clock.at)
    assert sum_figures(facts, bench.clock.at, "UTC").paid_week["USD"] == pytest.approx(Decimal(told["cost"]["USD"]))


def test_what_runs_now_is_counted_until_now_and_in_doubt_since_its_last_look(bench: Workbench) -> None:
    day = live_a_day(bench, until="11:04")
    (line,) = bench.preheat("report", *OF_THE_DAY, "--format", "json").stdout.splitlines()
    told = json.loads(line)
    (bill,) = day.service.bill().values()
    less, more = told["may_be_less_unit_hours"], told["may_be_more_unit_hours"]
    assert told["paid_unit_hours"] - less <= bill.unit_seconds / 3600 <= told["paid_unit_hours"] + more + 1e-5
    assert told["brackets"][-1]["by"] == "2026-11-23T11:04:00Z"


@pytest.mark.parametrize("windows", [("08:00-12:00", "13:00-16:00"), ("22:00-06:00",), ("00:00-23:59",)])
def test_a_report_reads_of_a_ledger_only_what_its_range_needs(windows: tuple[str, ...]) -> None:
    with a_day(*windows, units=Units(2)) as day:
        day.run_until("07:00", 3)
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=3), times=2)
        day.run_until("11:00", 9)
    store, now = day.store, day.clock.at
    record, ledger = store.load(WELD), store.read_ledger(WELD)
    tariffs = find_tariffs(None)
    for hours in range(0, 9 * 24, 5):
        for length in (timedelta(hours=7), timedelta(days=2)):
            asked = Window(at("00:00") + timedelta(hours=hours), at("00:00") + timedelta(hours=hours) + length)
            entries = read_entries(store, WELD, asked.start)
            assert report_model(History(WELD, entries, record), asked, tariffs, as_of=now) == report_model(
                History(WELD, ledger, record), asked, tariffs, as_of=now
            ), asked
    if windows != ("00:00-23:59",):  # that demand never ends, so all of it counts
        assert len(read_entries(store, WELD, at("00:00", 8))) < len(ledger) / 2


def test_a_report_knows_that_a_demand_of_several_days_was_late_although_it_began_long_before_the_range() -> None:
    image = Readiness(b"a picture of a good part", "image/jpeg")
    with a_day("00:00-23:59", readiness=image) as day:
        day.fault(FaultKind.THROTTLE, operation=Operation.DETECT_ANOMALIES, probability=1.0)
        day.run_until("10:00", 2)
        day.service.clear_faults()
        day.run_until("12:00", 2)
    record, whole = day.store.load(WELD), day.store.read_ledger(WELD)
    asked = Window(at("08:00", 2), at("12:00", 2))
    needed = read_entries(day.store, WELD, asked.start)
    found = report_model(History(WELD, needed, record), asked, find_tariffs(None), as_of=asked.end)
    assert timedelta(hours=2) <= found.undelivered < timedelta(hours=2, seconds=1)
    assert found == report_model(History(WELD, whole, record), asked, find_tariffs(None), as_of=asked.end)


def test_a_range_that_is_cut_in_two_sums_up_to_the_whole(bench: Workbench) -> None:
    live_a_day(bench)
    whole, *parts = (
        json.loads(bench.preheat("report", "--from", begin, "--to", end, "--format", "json").stdout)
        for begin, end in (
            ("2026-11-23", "2026-11-24"),
            ("2026-11-23", "2026-11-23T10:30Z"),
            ("2026-11-23T10:30Z", "2026-11-24"),
        )
    )
    assert whole["paid_unit_hours"] == pytest.approx(sum(part["paid_unit_hours"] for part in parts), abs=1e-5)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--from", "2026-11-25", "--to", "2026-11-24"), "the range is empty"),
        (("--from", "yesterday"), "not a date or an instant"),
        (("weld-seam",), "did you mean weld-seams?"),
    ],
)
def test_a_report_that_cannot_be_made_names_the_remedy(bench: Workbench, options: tuple[str, ...], told: str) -> None:
    live_a_day(bench)
    result = bench.preheat("report", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_a_ledger_that_cannot_be_read_harms_only_its_own_model(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = live_a_day(bench)
    other = ModelId("paint")
    day.apply(a_model("08:00-12:00"), a_model("08:00-12:00", model_id=other))
    real = day.store.read_ledger

    def read(model_id: ModelId) -> object:
        if model_id == other:
            raise UnreadableItem("ledger paint/1: schema: 9 is not 1")
        return real(model_id)

    monkeypatch.setattr(bench.store, "read_ledger", read)
    result = bench.preheat("report", *OF_THE_DAY)
    assert result.exit_code == 1
    assert "weld-seams" in result.stdout
    assert result.stderr == "paint: ledger paint/1: schema: 9 is not 1\n"


# --- explain ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "name"), [("07:29", "starting"), ("07:45", "again"), ("11:00", "hosted"), ("17:00", "idle")]
)
def test_explain_says_why_and_what_comes_next(bench: Workbench, golden: Golden, until: str, name: str) -> None:
    if until < "09:00":
        with a_day("08:00-12:00", "12:20-16:00") as day:
            day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=3), times=1)
            day.run_until(until)
        bench.store, bench.clock.at = day.store, day.clock.at
    else:
        live_a_day(bench, until=until)
    result = bench.preheat("explain", "weld-seams", "--verbose")
    assert result.exit_code == 0
    golden(GOLDEN / f"explain-{name}.txt", result.output)


def test_explain_says_of_a_stranger_that_it_is_left_alone(bench: Workbench) -> None:
    with a_day("08:00-16:00") as day:
        day.run_until("02:00")
        day.person("starts")
        day.store.wake(WELD, at("02:10"))
        day.run_until("02:11")
    bench.store, bench.clock.at = day.store, day.clock.at
    assert (
        "Preheat leaves it running. At the next demand Preheat adopts it"
        in bench.preheat("explain", "weld-seams", "--verbose").output
    )


def test_explain_of_an_unknown_model_names_what_is_close(bench: Workbench) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    result = bench.preheat("explain", "weld-seam", "--verbose")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "did you mean weld-seams?" in result.stderr
    assert "No measured starts yet" in bench.preheat("explain", "paint", "--verbose").output


def test_history_shows_what_was_paid_for(bench: Workbench, golden: Golden) -> None:
    live_a_day(bench)
    golden(GOLDEN / "history-paid.txt", bench.preheat("history", "weld-seams").output)


@pytest.mark.parametrize(
    ("most", "end"), [(0.3, 0.3), (1, 1), (7.2, 8), (84, 100), (111, 120), (145.8, 160), (1000, 1000), (1001, 1200)]
)
def test_an_axis_ends_at_a_plain_figure_that_nothing_exceeds(most: float, end: float) -> None:
    assert _round_up(most) == pytest.approx(end)


def test_many_doubts_are_folded_away_and_a_few_are_shown(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    live_a_day(bench)
    assert "<details>" not in bench.preheat("report", *OF_THE_DAY, "--format", "html").stdout
    monkeypatch.setattr(report_html, "DOUBTS_SHOWN", 0)
    text = bench.preheat("report", *OF_THE_DAY, "--format", "html").stdout
    page = Page()
    page.feed(text)
    assert page.open == []
    assert "<summary>All " in text


def test_explain_says_what_a_learned_lead_comes_from_what_it_was_set_for_and_what_it_costs(
    bench: Workbench, golden: Golden
) -> None:
    with a_day("08:00-12:00", "12:20-16:00", learning=Learning(0.02), start_takes="12m") as day:
        day.run_until("00:01")
        samples = tuple(timedelta(minutes=10 + number % 5) for number in range(40))
        day.store.save(replace(day.record, samples=samples, wake_at=day.clock.at), None)
        day.store.wake(day.record.model_id, day.clock.at)
        day.run_until("07:50")
    bench.store, bench.clock.at = day.store, day.clock.at
    result = bench.preheat("explain", "weld-seams", "--verbose")
    assert result.exit_code == 0
    golden(GOLDEN / "explain-learned.txt", result.output)


def test_no_amount_is_a_negative_zero() -> None:
    little = -timedelta(microseconds=1)
    assert {name: str(amount) for name, amount in charge([(little, Tariff(Decimal(4)))]).items()} == {"USD": "0.0000"}
    assert report_text.money({"USD": Decimal("-0.0049")}) == "0.00 USD"
    assert (report_text.hours(little), report_text.hours(-timedelta(hours=1))) == ("0.00", "-1.00")
    figures = Figures(saved_week={"USD": Decimal("-0.0049")})
    assert "-0.00" not in "".join(_write_figures(figures))


def words_of(shown: str) -> list[str]:
    """Return every word of a report but the heading that blocks do without."""
    return [word for word in shown.lower().split() if word != "model"]


@pytest.mark.parametrize("width", [120, 100, 60])
def test_a_report_fits_the_terminal_and_breaks_no_word(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, golden: Golden, width: int
) -> None:
    live_a_day(bench)
    whole = bench.preheat("report", *OF_THE_DAY).output
    monkeypatch.setattr(printing, "sys", SimpleNamespace(stdout=SimpleNamespace(isatty=lambda: True)))
    monkeypatch.setenv("COLUMNS", str(width))
    shown = bench.preheat("report", *OF_THE_DAY).output
    assert max(map(len, shown.splitlines())) <= width
    assert sorted(words_of(shown)) == sorted(words_of(whole))
    if width == 60:
        golden(GOLDEN / "report-60.txt", shown)
