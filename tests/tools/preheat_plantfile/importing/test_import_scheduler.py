"""A configuration of Instance Scheduler on AWS as a plant file: each expression as its dates, each loss, each error."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.tools.conftest import Golden, Workbench

from preheat.domain.calendar.timetable import find_intervals
from preheat.domain.calendar.windows import Window
from preheat_plantfile.compiling.holidays import Range
from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.importing.instance_scheduler import read_schedules
from preheat_plantfile.importing.instance_scheduler_days import WEEKDAYS, weekdays
from preheat_plantfile.importing.report import NotImportedError
from preheat_plantfile.reading import parse_plant
from preheat_plantfile.writing import write_plant

GOLDEN = Path(__file__).parents[1] / "golden"

DAY = timedelta(days=1)


def document(*periods: dict[str, Any], zone: str | None = "UTC", **more: Any) -> dict[str, Any]:
    named = [{"name": f"p{number}"} | period for number, period in enumerate(periods)]
    schedule = {"name": "office", "timezone": zone, "periods": [period["name"] for period in named]} | more
    return {"periods": named, "schedules": [schedule]}


def windows(found: dict[str, Any], first: date, last: date) -> list[Window]:
    """Return when the one model of an imported configuration is needed from one date to another, both in UTC."""
    plant, _ = read_schedules(json.dumps(found))
    start, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, last + DAY))
    span = Range(first - 40 * DAY, last + 40 * DAY)
    text = write_plant(plant, "a test")
    (model,) = compile_models(parse_plant(text.encode(), "imported"), now=start, previous={}, span=span)
    return find_intervals(model.schedules, start, end)


def days(year: int, month: int, **period: Any) -> list[int]:
    """Return the days of a month on which a period from 06:00 to 14:00 runs."""
    last = (date(year, month, 28) + 4 * DAY).replace(day=1) - DAY
    found = windows(document({"begintime": "06:00", "endtime": "14:00"} | period), date(year, month, 1), last)
    assert all((w.start.hour, w.end.hour) == (6, 14) for w in found)
    return [w.start.day for w in found]


# November 2026 begins on a Sunday and ends on a Monday.
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("mon", [2, 9, 16, 23, 30]),
        ("0", [2, 9, 16, 23, 30]),
        (0, [2, 9, 16, 23, 30]),
        ("6", [1, 8, 15, 22, 29]),
        ("L", [1, 8, 15, 22, 29]),
        ("Monday, THU", [2, 5, 9, 12, 16, 19, 23, 26, 30]),
        (["mon", "thu"], [2, 5, 9, 12, 16, 19, 23, 26, 30]),
        (["mon,thu"], [2, 5, 9, 12, 16, 19, 23, 26, 30]),
        ("sat-sun", [1, 7, 8, 14, 15, 21, 22, 28, 29]),
        ("fri-mon", [1, 2, 6, 7, 8, 9, 13, 14, 15, 16, 20, 21, 22, 23, 27, 28, 29, 30]),
        ("4-0", [1, 2, 6, 7, 8, 9, 13, 14, 15, 16, 20, 21, 22, 23, 27, 28, 29, 30]),
        ("4-0/3", [2, 6, 9, 13, 16, 20, 23, 27, 30]),
        ("friday - monday / 3", [2, 6, 9, 13, 16, 20, 23, 27, 30]),
        ("sun-sat/5", [1, 6, 8, 13, 15, 20, 22, 27, 29]),
        ("mon/3", [1, 2, 5, 8, 9, 12, 15, 16, 19, 22, 23, 26, 29, 30]),
        ("3/3", [1, 5, 8, 12, 15, 19, 22, 26, 29]),
        ("1-5/3", [3, 6, 10, 13, 17, 20, 24, 27]),
        ("0-2, 4-6", [day for day in range(1, 31) if day not in (5, 12, 19, 26)]),
        ("mon#1", [2]),
        ("mon#2", [9]),
        ("0#5", [30]),
        ("tue#5", []),
        ("sunday#1", [1]),
        ("friL", [27]),
        ("4L", [27]),
        ("monL", [30]),
        ("SundayL", [29]),
        ("wed#1,mon#2,friL", [4, 9, 27]),
        ("thu,wed#1", [4, 5, 12, 19, 26]),
        ("mon,mon#2", [2, 9, 16, 23, 30]),
        ("*", list(range(1, 31))),
        ("?", list(range(1, 31))),
        ("0-6", list(range(1, 31))),
    ],
)
def test_weekdays_mean_these_days_of_november_2026(expression: Any, expected: list[int]) -> None:
    assert days(2026, 11, weekdays=expression) == expected


@pytest.mark.parametrize(
    ("expression", "month", "expected"),
    [
        ("13", (2026, 11), [13]),
        (13, (2026, 11), [13]),
        ([1, "15"], (2026, 11), [1, 15]),
        ("1-3, 7-9", (2026, 11), [1, 2, 3, 7, 8, 9]),
        ("31", (2026, 11), []),
        ("1-L", (2027, 2), list(range(1, 29))),
        ("1-L", (2028, 2), list(range(1, 30))),
        ("26-L", (2026, 11), [26, 27, 28, 29, 30]),
        ("30-L", (2027, 2), []),
        ("30-L", (2027, 1), [30, 31]),
        ("3-L/7", (2027, 2), [3, 10, 17, 24]),
        ("3-L/7", (2027, 1), [3, 10, 17, 24, 31]),
        ("L", (2026, 11), [30]),
        ("L", (2027, 2), [28]),
        ("L", (2028, 2), [29]),
        ("1/15", (2027, 1), [1, 16, 31]),
        ("1/15", (2027, 2), [1, 16]),
        ("1/7", (2026, 11), [1, 8, 15, 22, 29]),
        ("1-15/2", (2026, 11), [1, 3, 5, 7, 9, 11, 13, 15]),
        ("28/2", (2027, 2), [28]),
        ("28/2", (2026, 11), [28, 30]),
        ("15W", (2026, 12), [15]),  # a Tuesday
        ("15W", (2026, 8), [14]),  # a Saturday: the Friday before
        ("15W", (2026, 11), [16]),  # a Sunday: the Monday after
        ("1W", (2026, 8), [3]),  # a Saturday, and the Friday before is in July
        ("1W", (2026, 11), [2]),
        ("31W", (2026, 5), [29]),  # a Sunday, and the Monday after is in June
        ("31W", (2026, 10), [30]),  # a Saturday
        ("31W", (2026, 11), []),  # there is none
        ("30w,L", (2026, 8), [31]),  # the 30th is a Sunday
        ("*", (2027, 2), list(range(1, 29))),
    ],
)
def test_month_days_mean_these_days(expression: Any, month: tuple[int, int], expected: list[int]) -> None:
    assert days(*month, monthdays=expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("jan", [1]),
        ("1, 2, 3", [1, 2, 3]),
        ("jan-mar", [1, 2, 3]),
        ("Nov-Feb", [1, 2, 11, 12]),
        ("11-3/2", [1, 3, 11]),
        ("Jan/3", [1, 4, 7, 10]),
        ("1/3", [1, 4, 7, 10]),
        ("4/5", [4, 9]),
        ("Jan-Jul/2", [1, 3, 5, 7]),
        ("october-june", [1, 2, 3, 4, 5, 6, 10, 11, 12]),
        (["december", 6], [6, 12]),
        ("*", list(range(1, 13))),
    ],
)
def test_months_mean_these_months(expression: Any, expected: list[int]) -> None:
    period = {"begintime": "06:00", "endtime": "14:00", "monthdays": "1", "months": expression}
    found = windows(document(period), date(2027, 1, 1), date(2027, 12, 31))
    assert [w.start.month for w in found] == expected


def test_weekdays_month_days_and_months_must_all_hold() -> None:
    assert days(2026, 11, weekdays="fri", monthdays="13") == [13]
    assert days(2026, 12, weekdays="fri", monthdays="13") == []
    assert days(2026, 11, weekdays="fri#2", monthdays="1-12", months="nov") == []
    first_mondays = document({"begintime": "06:00", "endtime": "14:00", "weekdays": "Mon#1", "months": "Jan/3"})
    found = windows(first_mondays, date(2027, 1, 1), date(2027, 12, 31))
    assert [w.start.date() for w in found] == [date(2027, *each) for each in ((1, 4), (4, 5), (7, 5), (10, 4))]


@given(st.integers(0, 6), st.integers(0, 6), st.integers(1, 9))
def test_a_range_of_weekdays_is_walked_from_its_first_day_to_its_last(first: int, last: int, step: int) -> None:
    walked, day = [first], first
    while day != last:
        day = (day + 1) % 7
        walked.append(day)
    found = weekdays(f"{WEEKDAYS[first]}-{last}/{step}")
    expected = frozenset(walked[::step])
    assert found is None if len(expected) == 7 else found is not None and found.plain == expected


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ({"begintime": "9:00", "endtime": "17:30"}, ("09:00", "17:30")),
        ({"begintime": "22:15"}, ("22:15", "24:00")),
        ({"weekdays": "mon"}, ("00:00", "24:00")),
        ({"begintime": "00:00", "endtime": "23:59"}, ("00:00", "23:59")),
        ({"begintime": None, "endtime": None, "weekdays": "mon"}, ("00:00", "24:00")),
    ],
)
def test_a_period_runs_within_its_day_and_without_an_end_to_midnight(
    period: dict[str, Any], expected: tuple[str, str]
) -> None:
    (found,) = windows(document({"weekdays": "mon"} | period), date(2026, 11, 23), date(2026, 11, 23))
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    told = [f"{(at - midnight) // timedelta(hours=1):02}:{at.minute:02}" for at in (found.start, found.end)]
    assert tuple(told) == expected


def test_times_are_those_of_the_schedules_zone() -> None:
    found = document({"begintime": "22:00", "weekdays": "sat"}, zone="Europe/Berlin")
    assert windows(found, date(2026, 10, 24), date(2026, 10, 25)) == [
        Window(datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC))
    ]


def test_the_periods_of_a_schedule_are_united() -> None:
    early = {"begintime": "06:00", "endtime": "14:00", "weekdays": "mon"}
    late = {"begintime": "14:00", "weekdays": "mon"}
    (found,) = windows(document(early, late), date(2026, 11, 23), date(2026, 11, 23))
    assert (found.start.hour, found.end.date()) == (6, date(2026, 11, 24))


CONFIGURATION: dict[str, Any] = {
    "periods": [
        {
            "name": "early",
            "begintime": "06:00",
            "endtime": "14:00",
            "weekdays": ["mon-fri"],
            "description": "first shift",
        },
        {"name": "night-a", "begintime": "22:00", "weekdays": "sun-thu"},
        {"name": "night-b", "begintime": "00:00", "endtime": "6:00", "weekdays": "mon-fri"},
        {"name": "stocktaking", "monthdays": ["L", "15W"], "months": "mar/3"},
        {"name": "stop-only", "endtime": "18:00", "weekdays": "fri"},
        {"name": "never", "begintime": "07:00", "endtime": "07:00"},
        {"name": "spare", "weekdays": "0-4/2,sat#1,friL"},
    ],
    "schedules": [
        {"name": "press-shop", "timezone": "Europe/Berlin", "periods": ["early", "night-a", "night-b", "stop-only"]},
        {
            "name": "Paint_Shop",
            "timezone": "America/Mexico_City",
            "periods": ["stocktaking@m5.large", "never"],
            "enforced": False,
            "retain_running": True,
            "override_status": "running",
        },
        {"name": "paint-shop", "timezone": "UTC", "periods": "stop-only"},
    ],
    "version": 3,
}


def test_the_plant_file_is_valid_and_what_is_lost_is_listed(bench: Workbench, golden: Golden) -> None:
    path = bench.folder / "scheduler.json"
    path.write_text(json.dumps(CONFIGURATION))
    result = bench.preheat("import", "instance-scheduler", str(path))
    assert result.exit_code == 0
    golden(GOLDEN / "import-scheduler.yaml", result.stdout)
    golden(GOLDEN / "import-scheduler.txt", result.stderr.replace(f"{bench.folder}/", ""))
    assert bench.preheat("validate", bench.plant(result.stdout)).exit_code == 0


WRONG: dict[str, Any] = {
    "periods": [
        {"name": "a", "weekdays": "mon#6"},
        {"name": "b", "weekdays": "L-2", "monthdays": "20-5", "months": "L"},
        {"name": "c", "monthdays": "32W", "months": ["jan", "smarch"]},
        {"name": "d", "begintime": "24:00", "endtime": "6"},
        {"name": "e", "begintime": "22:00", "endtime": "06:00"},
        {"name": "f"},
        {"name": "a", "weekdays": []},
        {"weekdays": True, "monthdays": "1/0", "months": ""},
        "nothing",
    ],
    "schedules": [
        {"name": "x", "periods": ["a"]},
        {"name": "y", "timezone": "Berlin", "periods": ["a", "zz"]},
        {"name": "y", "timezone": "UTC", "periods": []},
    ],
}


def test_every_mistake_is_named_at_once_and_nothing_is_printed(bench: Workbench, golden: Golden) -> None:
    path = bench.folder / "wrong.json"
    path.write_text(json.dumps(WRONG))
    result = bench.preheat("import", "instance-scheduler", str(path))
    assert (result.exit_code, result.stdout) == (2, "")
    golden(GOLDEN / "import-scheduler-wrong.txt", result.stderr.replace(f"{bench.folder}/", ""))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "found nothing; accepted: a scan of the DynamoDB table"),
        ("{", "line 1, column 2: not JSON"),
        ("[]", "found nothing; accepted: a scan"),
        ("a: [", "line 1, column 5: not YAML"),
        ('{"periods": []}', "schedules: found none"),
        ('{"Items": []}', "accepted: a scan of the DynamoDB table"),
        ('{"Resources": {}}', "accepted: a scan of the DynamoDB table"),
        ('{"periods": {}, "schedules": 3}', "periods: found an empty mapping; accepted: a list"),
        ('{"periods": [], "schedules": []}', "accepted: at least one schedule"),
        ('{"periods": [], "periods": [], "schedules": []}', "found 'periods' twice"),
        ("[" * 100_000, "JSON that cannot be read"),
        ('{"periods": [' + "9" * 5_000 + "]}", "JSON that cannot be read"),
    ],
)
def test_what_is_no_configuration_is_reported_with_what_is(bench: Workbench, text: str, told: str) -> None:
    path = bench.folder / "odd.json"
    path.write_text(text)
    result = bench.preheat("import", "instance-scheduler", str(path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_a_file_that_is_not_there_or_not_text_is_reported(bench: Workbench) -> None:
    assert "No such file" in bench.preheat("import", "instance-scheduler", str(bench.folder / "none")).stderr
    (bench.folder / "binary").write_bytes(b"\xff\xfe")
    assert "not UTF-8" in bench.preheat("import", "instance-scheduler", str(bench.folder / "binary")).stderr


def test_a_schedule_without_a_zone_takes_the_one_that_is_named(bench: Workbench) -> None:
    path = bench.folder / "scheduler.json"
    path.write_text(json.dumps(document({"weekdays": "mon"}, zone=None)))
    default = bench.preheat("import", "instance-scheduler", str(path))
    assert (default.exit_code, 'zone: "UTC"' in default.stdout) == (0, True)
    assert "takes UTC as the zone of schedules that name none; choose another with --zone" in default.stderr
    taken = bench.preheat("import", "instance-scheduler", str(path), "--zone", "Asia/Tokyo")
    assert 'zone: "Asia/Tokyo"' in taken.stdout
    assert bench.preheat("import", "instance-scheduler", str(path), "--zone", "Tokyo").exit_code == 2


TOKENS = st.sampled_from(
    ["mon", "0", "6", "7", "-", "/", "#", "L", "W", ",", "1", "15", "31", "fri", "*", "jan", " ", "é"]
)
EXPRESSIONS = st.one_of(
    st.lists(TOKENS, max_size=6).map("".join),
    st.none(),
    st.integers(-9, 99),
    st.booleans(),
    st.lists(st.text(max_size=3)),
)
TIMES = st.one_of(st.none(), st.sampled_from(["06:00", "6:00", "24:00", "23:59", "", "x"]), st.integers())
PERIODS = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b", "", None])},
    optional={
        "begintime": TIMES,
        "endtime": TIMES,
        "weekdays": EXPRESSIONS,
        "monthdays": EXPRESSIONS,
        "months": EXPRESSIONS,
    },
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # its documents are large; a busy machine draws few a second
@given(st.lists(PERIODS, max_size=3))
def test_whatever_a_document_holds_it_is_reported_or_becomes_a_valid_plant(periods: list[dict[str, Any]]) -> None:
    schedule = {"name": "s", "timezone": "Europe/Berlin", "periods": ["a", "b"]}
    try:
        plant, _ = read_schedules(json.dumps({"periods": periods, "schedules": [schedule]}))
    except NotImportedError:
        return
    parse_plant(write_plant(plant, "a test").encode(), "imported")


def test_the_example_of_the_documentation_is_imported_as_it_says() -> None:
    page = (Path(__file__).parents[4] / "docs" / "import.md").read_text()
    example = page.split("```json\n")[1].split("```")[0]
    plant, _ = read_schedules(example)
    assert (
        write_plant(plant, "scheduler.json (Instance Scheduler on AWS)") == page.split("```yaml\n")[1].split("```")[0]
    )


def test_nothing_foreign_reaches_the_terminal_as_it_is(bench: Workbench) -> None:
    path = bench.folder / "odd.json"
    odd = document({"weekdays": "mon\x1b[2J", "\x1b[31m": 1}, **{"\x9b1m": "\x07"})
    path.write_text(json.dumps(odd))
    result = bench.preheat("import", "instance-scheduler", str(path))
    assert result.exit_code == 2
    odd["periods"][0]["weekdays"] = "mon"
    path.write_text(json.dumps(odd))
    result = bench.preheat("import", "instance-scheduler", str(path))
    assert result.exit_code == 0
    assert len(result.stderr.splitlines()) == 3
    assert all(character.isprintable() or character == "\n" for character in result.output)


def test_items_without_the_types_of_dynamodb_are_read_and_what_a_template_quotes_as_false_is_no_loss() -> None:
    items = [
        {"type": "schedule", "name": "office", "periods": ["day"], "timezone": "UTC", "retain_running": "False"},
        {"type": "period", "name": "day", "begintime": "06:00", "endtime": "14:00"},
    ]
    for text in (json.dumps(items), "\n".join(map(json.dumps, items))):
        plant, report = read_schedules(text)
        assert (list(plant.models), report.losses) == (["office"], [])


@pytest.mark.parametrize("zone", ["!Ref Zone", "!Sub '${Zone}'", '{"Ref": "Zone"}', '{"Fn::Sub": "${Zone}"}'])
def test_a_parameter_of_a_template_stands_for_its_default(bench: Workbench, zone: str) -> None:
    text = (
        "Parameters: {Zone: {Type: String, Default: Asia/Tokyo}}\nResources:\n  S:\n"
        "    Type: Custom::ServiceInstanceSchedule\n    Properties:\n      Name: !Sub '${AWS::StackName}-office'\n"
        f"      Timezone: {zone}\n      Periods: [{{BeginTime: '09:00', EndTime: '17:00', WeekDays: mon-fri}}]\n"
    )
    (bench.folder / "template.yaml").write_text(text)
    result = bench.preheat("import", "instance-scheduler", str(bench.folder / "template.yaml"))
    assert (result.exit_code, 'zone: "Asia/Tokyo"' in result.stdout) == (0, True), result.output


@pytest.mark.parametrize("command", ["instance-scheduler", "eventbridge-scheduler", "keda", "autoscaling"])
@pytest.mark.parametrize("depth", [40, 1_500, 100_000])
@pytest.mark.parametrize("form", ["%s", '{"Items": [%s]}', '{"periods": [%s], "schedules": []}', '{"Resources": %s}'])
def test_a_document_that_nests_too_deeply_is_refused(bench: Workbench, command: str, depth: int, form: str) -> None:
    (bench.folder / "deep.json").write_text(form % ('{"a":' * depth + "1" + "}" * depth))
    result = bench.preheat("import", command, str(bench.folder / "deep.json"))
    assert result.exit_code == 2, result.output
    assert "levels of JSON" in result.stderr or "JSON that cannot be read" in result.stderr
    assert max(map(len, result.stderr.splitlines())) <= 200


@pytest.mark.parametrize(
    "period",
    [
        {"monthdays": ["31"], "months": ["feb"]},
        {"monthdays": "30W", "months": "2"},
        {"weekdays": "mon#1", "monthdays": "15-20"},
    ],
)
def test_a_period_that_no_date_fulfils_is_lost_and_alone_carries_nothing_over(
    bench: Workbench, period: dict[str, Any]
) -> None:
    path = bench.folder / "never.json"
    path.write_text(json.dumps(document({"name": "never", **period})))
    result = bench.preheat("import", "instance-scheduler", str(path))
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert "no date fulfils it" in result.stderr


ITEMS: list[dict[str, Any]] = [
    {"type": "schedule", "name": "office", "periods": ["day"], "timezone": "UTC"},
    {"type": "period", "name": "day", "begintime": "06:00", "endtime": "14:00"},
]


@pytest.mark.parametrize("token", ["NextToken", "LastEvaluatedKey"])
def test_a_scan_that_has_more_pages_is_said_to_be_incomplete(token: str) -> None:
    for more, losses in (({token: "x"}, [f"the list is incomplete ({token}); export all pages"]), ({token: None}, [])):
        plant, report = read_schedules(json.dumps({"Items": ITEMS} | more))
        assert (list(plant.models), report.losses) == (["office"], losses)


def test_the_items_of_a_scan_alone_are_read_with_their_types() -> None:
    """`aws dynamodb scan --query Items` prints them."""
    typed = [
        {
            name: {"L": [{"S": each} for each in value]} if isinstance(value, list) else {"S": value}
            for name, value in item.items()
        }
        for item in ITEMS
    ]
    for text in (json.dumps(typed), "\n".join(map(json.dumps, typed))):
        plant, report = read_schedules(text)
        assert (list(plant.models), report.losses) == (["office"], [])
