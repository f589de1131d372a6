"""The plant file: an accepted file means what it says, and errors report all else at once, each with its place."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.plan.hosted_model import HostedModel, Unscheduled
from preheat.domain.plan.plan import Backend, Mode, ModelId, Target, Units
from preheat_plantfile.compiling import leads, terms
from preheat_plantfile.compiling.plan import compile_models, find_announced_at
from preheat_plantfile.reading import PlantFileError, parse_plant, read_plant
from preheat_plantfile.schema.calendars import CalendarEntry, HolidaysEntry, QuotaEntry, ShutdownEntry, TariffEntry
from preheat_plantfile.schema.models import MODEL_ENTRIES, MODELS_MAX, DefaultsEntry, json_schema
from preheat_plantfile.schema.windows import (
    CrewEntry,
    HoursEntry,
    ReplacedEntry,
    RotationEntry,
    ScheduleEntry,
    WindowEntry,
)
from preheat_plantfile.yaml import NotReadableError, read_foreign_yaml, read_yaml

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAILY = frozenset(Weekday)
ENTRIES = (
    *(ScheduleEntry, WindowEntry, HoursEntry, RotationEntry, CrewEntry, ReplacedEntry),
    *(CalendarEntry, HolidaysEntry, ShutdownEntry, TariffEntry, QuotaEntry),
)

HEAD = """version: 1
schedules:
  early:
    zone: Europe/Berlin
    windows:
      - {days: daily, start: "06:00", end: "14:00"}
models:
"""


def parse_text(text: str, **previous: HostedModel) -> dict[str, HostedModel]:
    plant = parse_plant(text.encode(), "plant.yaml")
    known = {model.model_id: model for model in previous.values()}
    return {model.model_id: model for model in compile_models(plant, now=NOW, previous=known)}


def a_window(text: str) -> ShiftWindow:
    file = HEAD.replace('{days: daily, start: "06:00", end: "14:00"}', text)
    (model,) = parse_text(
        file + "  weld: {backend: lookoutvision, project: p, version: 1, schedules: [early]}"
    ).values()
    return model.schedules[0].shift_windows[0]


def problems(text: str | bytes) -> list[str]:
    with pytest.raises(PlantFileError) as raised:
        parse_plant(text.encode() if isinstance(text, str) else text, "plant.yaml")
    return list(raised.value.lines[:-1])


def a_model_with(field: str) -> str:
    return HEAD + f"  weld: {{backend: lookoutvision, project: p, version: 1, schedules: [early], {field}}}"


def test_a_model_takes_its_fields_from_the_file_and_the_rest_from_the_defaults() -> None:
    models = parse_text(
        HEAD.replace("version: 1", "version: 1\ndefaults: {lead: 1h30m, min_units: 2}")
        + """
  weld-seams:
    backend: lookoutvision
    project: weld-seams-front
    version: 3
    schedules: [early]
    max_units: 4
    mode: observe
    unscheduled: stop
  paint:
    {backend: lookoutvision, project: paint, version: "12", schedules: [early, early], lead: 90s, slack: 0s,
      min_units: 1}
"""
    )
    early = Schedule("early", "Europe/Berlin", (ShiftWindow(DAILY, time(6), time(14)),))
    assert models == {
        "weld-seams": HostedModel(
            ModelId("weld-seams"),
            Target("weld-seams-front", "3"),
            Units(2, 4),
            (early,),
            timedelta(hours=1, minutes=30),
            timedelta(minutes=2),
            NOW,
            Mode.OBSERVE,
            Unscheduled.STOP,
        ),
        "paint": HostedModel(
            ModelId("paint"),
            Target("paint", "12"),
            Units(1),
            (early,),
            timedelta(seconds=90),
            timedelta(),
            NOW,
        ),
    }


def test_the_defaults_of_the_defaults_are_thirty_minutes_two_minutes_and_one_unit() -> None:
    model = parse_text(a_model_with("mode: act"))["weld"]
    assert (model.lead, model.slack, model.units) == (timedelta(minutes=30), timedelta(minutes=2), Units(1))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("daily", "0123456"),
        ("mon", "0"),
        ("mon-fri", "01234"),
        ("fri-mon", "4560"),
        ("sun-sun", "6"),
        ("[sat, sun]", "56"),
        ("[mon-tue, thu, sun-mon]", "01360"),
    ],
)
def test_days_are_names_lists_and_ranges_that_may_wrap(text: str, days: str) -> None:
    assert a_window(f'{{days: {text}, start: "06:00", end: "14:00"}}').days == {Weekday(int(day)) for day in days}


@pytest.mark.parametrize(
    ("start", "end", "meant"),
    [
        ("06:00", "14:00", (time(6), time(14), 0)),
        ("22:00", "06:00", (time(22), time(6), 1)),
        ("06:00", "24:00", (time(6), time(0), 1)),
        ("00:00", "00:00", (time(0), time(0), 1)),
        ("06:00", "06:00", (time(6), time(6), 1)),
    ],
)
@pytest.mark.parametrize("quote", ['"', ""])
def test_an_end_not_after_the_start_is_on_the_next_day_and_quotes_do_not_matter(
    start: str, end: str, meant: tuple[time, time, int], quote: str
) -> None:
    window = a_window(f"{{days: daily, start: {quote}{start}{quote}, end: {quote}{end}{quote}}}")
    assert (window.start, window.end, window.end_day) == meant


def test_times_stay_times_under_the_rules_of_yaml_1_1_too() -> None:
    assert parse_text("%YAML 1.1\n---\n" + a_model_with("mode: act").replace('"', ""))["weld"].schedules[
        0
    ].shift_windows[0] == ShiftWindow(DAILY, time(6), time(14))


def test_an_anchor_stands_for_its_value() -> None:
    models = parse_text(
        HEAD
        + """
  weld: {backend: lookoutvision, project: p, version: 1, schedules: &shifts [early]}
  paint: {backend: lookoutvision, project: q, version: 1, schedules: *shifts}
"""
    )
    assert models["paint"].schedules == models["weld"].schedules


@pytest.mark.parametrize("name", ["wrong", "wrong-calendars"])
def test_every_problem_of_a_file_is_reported_at_once_in_order_of_place(
    name: str, golden: Callable[[Path, str], None]
) -> None:
    file = GOLDEN / f"{name}.yaml"
    with pytest.raises(PlantFileError) as raised:
        parse_plant(file.read_bytes(), "plant.yaml")
    golden(GOLDEN / f"{name}.txt", f"{raised.value}\n")
    places = [tuple(map(int, line.split(":")[1:3])) for line in raised.value.lines[:-1]]
    assert places == sorted(places)


WHOLE_FILE: dict[str, bytes] = {
    "a tab": b"version: 1\n\tmodels: {}",
    "nothing": b"",
    "a comment alone": b"# nothing yet\n",
    "a list at the top": b"- weld\n- paint\n",
    "text at the top": b"weld",
    "not UTF-8": "version: 1\nmodels: {schweißnähte: {}}".encode("latin-1"),
    "a control character": b"version: 1\x00",
    "lists nested without end": b"[" * 400_000,
    "mappings nested without end": b"{a: " * 100_000,
    "two documents": b"version: 1\n---\nversion: 1\n",
    "a value that holds itself": b"a: &a [*a]",
    "an alias of nothing": b"a: *b",
    "a tag": b"a: !!python/object:os.system x",
    "aliases that multiply": b"a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + b"".join(b"a%d: &a%d [%s]\n" % (n + 1, n + 1, b", ".join([b"*a%d" % n] * 9)) for n in range(20)),
    "a quote left open": b'a: "x',
    "a bracket left open": b"a: [1, 2",
    "two values on a line": b"a: b: c",
    "a list as a key": b"? [a]\n: 3",
    "a file of more than five megabytes": b"#" * 5_000_001,
    "a number of 5,000 digits": b"version: " + b"9" * 5_000,
    "a key given twice": b"version: 1\nversion: 1",
    "an escape sequence as a key": b'"\\e[2J": 1',
}


def test_whatever_a_file_holds_is_answered_with_its_place_and_what_is_accepted(
    golden: Callable[[Path, str], None],
) -> None:
    told = [f"{name}\n" + "".join(f"    {line}\n" for line in problems(data)) for name, data in WHOLE_FILE.items()]
    golden(GOLDEN / "unreadable.txt", "".join(told))


@pytest.mark.parametrize(
    "field",
    [
        *("lead: 0s", "lead: 6h1s", "lead: 30", "lead: ''", "lead: null", "slack: -1m", "slack: 7h"),
        *("min_units: 0", "min_units: 1.5", "min_units: true", "max_units: 101"),
        *("mode: ACT", "unscheduled: leave it"),
    ],
)
def test_a_field_out_of_its_bounds_is_refused_by_its_name(field: str) -> None:
    (line,) = problems(a_model_with(field))
    assert line.startswith(f"plant.yaml:8:{8 + line_column(field)}: models.weld.{field.partition(':')[0]}: found ")
    assert "; accepted: " in line


def line_column(field: str) -> int:
    """The column of the field's value on its line, less the seven before the braces."""
    line = a_model_with(field).splitlines()[7]
    return line.index(field) + len(field.partition(": ")[0]) + 2 - 7


def test_units_that_contradict_the_defaults_are_reported_at_the_model() -> None:
    text = a_model_with("max_units: 2").replace("version: 1\n", "version: 1\ndefaults: {min_units: 3}\n", 1)
    (line,) = problems(text)
    assert "models.weld.max_units: found 2; accepted: at least min_units, which is 3" in line


def test_an_acronym_keeps_its_capitals_in_what_is_accepted() -> None:
    found = problems(HEAD.replace("zone:", "timezone:", 1))
    assert any(
        line.endswith("zone: found nothing for a required field; accepted: IANA time zone of every time in it")
        for line in found
    )


def test_a_plant_holds_at_most_five_thousand_models() -> None:
    lines = [
        f"  line-{n}: {{backend: lookoutvision, project: p-{n}, version: 1, schedules: [early]}}\n"
        for n in range(MODELS_MAX + 1)
    ]
    assert len(parse_text(HEAD + "".join(lines[:-1]))) == MODELS_MAX
    (line,) = problems(HEAD + "".join(lines))
    assert line.endswith("models: found a mapping of 5001; accepted: at most 5,000 models")


def test_each_model_of_a_plant_is_priced_once_whatever_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    real = terms.find_instance_price

    def count(*given: Any) -> Any:
        nonlocal asked
        asked += 1
        return real(*given)

    for module in (terms, leads):
        monkeypatch.setattr(module, "find_instance_price", count)
    counts = []
    for models in (20, 40):
        asked = 0
        lines = [
            f"  line-{n}: {{backend: sagemaker, endpoint: p-{n}, config: p-{n}, schedules: [early]}}\n"
            for n in range(models)
        ]
        parse_text(HEAD + "".join(lines))
        counts.append(asked)
    assert counts[1] == 2 * counts[0] <= 80


@pytest.mark.parametrize(("path", "reason"), [("no-such.yaml", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path, path: str, reason: str) -> None:
    with pytest.raises(PlantFileError, match=reason) as raised:
        read_plant(tmp_path / path)
    assert raised.value.lines[0].startswith(str(tmp_path))


ARN = "arn:aws:rekognition:eu-west-1:111122223333:project/line/version/line.2026-05-04T09.10.15/1599"
ROLE = "arn:aws:iam::111122223333:role/preheat-member"


def a_model_of(fields: str) -> str:
    return HEAD + f"  weld: {{{fields}, schedules: [early]}}"


@pytest.mark.parametrize(
    ("fields", "target"),
    [
        ("backend: lookoutvision, project: p, version: 1", Target("p", "1")),
        ("backend: lookoutvision, project: p, version: 1, region: eu-west-1", Target("p", "1", region="eu-west-1")),
        ("backend: rekognition, project: line.2, version: v1", Target("line.2", "v1", Backend.REKOGNITION)),
        (
            f"backend: rekognition, arn: '{ARN}'",
            Target("line", "line.2026-05-04T09.10.15", Backend.REKOGNITION, "eu-west-1"),
        ),
        (
            f"backend: rekognition, arn: '{ARN}', region: eu-west-1, role: '{ROLE}'",
            Target("line", "line.2026-05-04T09.10.15", Backend.REKOGNITION, "eu-west-1", ROLE),
        ),
        ("backend: sagemaker, endpoint: weld, config: weld-v3", Target("weld", "weld-v3", Backend.SAGEMAKER)),
    ],
)
def test_each_service_has_its_own_words_for_what_runs(fields: str, target: Target) -> None:
    assert parse_text(a_model_of(fields))["weld"].target == target


def test_an_endpoint_runs_on_what_its_config_says_whatever_the_default_units_are() -> None:
    text = a_model_of("backend: sagemaker, endpoint: weld, config: weld-v3")
    model = parse_text(text.replace("version: 1\n", "version: 1\ndefaults: {min_units: 3}\n", 1))["weld"]
    assert model.units == Units()


WRONG_TARGETS = {
    "no such service": "backend: bedrock, project: p, version: 1",
    "a version number of Rekognition is text": "backend: rekognition, project: p, version: 1",
    "a project alone": "backend: rekognition, project: p",
    "neither names nor an ARN": "backend: rekognition",
    "both": f"backend: rekognition, arn: '{ARN}', version: v1",
    "an ARN of something else": "backend: rekognition, arn: 'arn:aws:s3:::bucket'",
    "an ARN of another region and account": f"backend: rekognition, arn: '{ARN}', region: eu-north-1, "
    "role: 'arn:aws:iam::999999999999:role/preheat'",
    "units of an endpoint": "backend: sagemaker, endpoint: weld, config: weld-v3, min_units: 2",
    "another service's fields": "backend: sagemaker, project: weld, version: 3",
    "names that the service would refuse": "backend: sagemaker, endpoint: -weld, config: weld_v3",
    "a place that is none": "backend: lookoutvision, project: p, version: 1, region: Frankfurt, role: preheat",
    "no service": "project: p, version: 1",
    "no service, with the fields of an endpoint": "endpoint: weld, config: weld-v3",
    "no service, with an ARN": f"arn: '{ARN}'",
    "an endpoint twice": "backend: sagemaker, endpoint: weld, config: weld-v3, schedules: []}\n"
    "  twin: {backend: sagemaker, endpoint: weld, config: weld-v4",
}


def test_a_wrong_target_is_reported_in_the_words_of_its_service(golden: Callable[[Path, str], None]) -> None:
    told = {
        name: problems(a_model_of(fields).replace("schedules: []}", "schedules: [early]}", 1))
        for name, fields in WRONG_TARGETS.items()
    }
    golden(
        GOLDEN / "wrong-targets.txt",
        "".join(f"{name}\n" + "".join(f"    {line}\n" for line in lines) for name, lines in told.items()),
    )


def test_a_model_whose_windows_are_unchanged_stays_as_long_known_as_it_was() -> None:
    before = parse_text(a_model_with("mode: act"))["weld"]
    later = NOW + timedelta(days=3)
    renamed = Schedule("morning", "Europe/Berlin", before.schedules[0].shift_windows)
    assert find_announced_at((renamed,), before, later) == NOW


@pytest.mark.parametrize(
    "schedules",
    [
        (Schedule("early", "Europe/Paris", (ShiftWindow(DAILY, time(6), time(14)),)),),
        (Schedule("early", "Europe/Berlin", (ShiftWindow(DAILY, time(5), time(14)),)),),
        (),
    ],
)
def test_a_model_whose_zone_or_windows_change_is_known_from_now_on(schedules: tuple[Schedule, ...]) -> None:
    before = parse_text(a_model_with("mode: act"))["weld"]
    later = NOW + timedelta(days=3)
    assert find_announced_at(schedules, before, later) == later
    assert find_announced_at(schedules, None, later) == later


def test_a_changed_lead_or_version_does_not_make_a_shift_news() -> None:
    before = parse_text(a_model_with("mode: act"))["weld"]
    plant = parse_plant(a_model_with("lead: 45m").replace("version: 1,", "version: 2,").encode(), "plant.yaml")
    (after,) = compile_models(plant, now=NOW + timedelta(days=3), previous={before.model_id: before})
    assert (after.announced_at, after.target.version) == (NOW, "2")


def test_the_published_schema_is_the_one_that_the_reader_uses(golden: Callable[[Path, str], None]) -> None:
    golden(ROOT / "docs" / "plant.schema.json", json.dumps(json_schema(), indent=2) + "\n")


def test_the_example_is_accepted_and_names_the_published_schema() -> None:
    example = ROOT / "examples" / "plant.yaml"
    first = example.read_text().partition("\n")[0]
    assert first == "# yaml-language-server: $schema=../docs/plant.schema.json"
    assert (example.parent / first.rpartition("=")[2]).resolve() == ROOT / "docs" / "plant.schema.json"
    assert set(read_plant(example).models) == {"weld-seams", "door-gaps", "clear-coat"}


def test_every_field_of_the_file_is_in_the_reference_and_its_example_is_accepted() -> None:
    page = (ROOT / "docs" / "plant-file.md").read_text()
    for entry in (DefaultsEntry, *MODEL_ENTRIES.values(), *ENTRIES):
        names = [field.alias or name for name, field in entry.model_fields.items()]
        missing = [name for name in names if f".{name}`" not in page]
        assert missing == [], f"docs/plant-file.md does not tell of {missing} of {entry.__name__}"
    example = page.partition("```yaml\n")[2].partition("```")[0]
    assert list(parse_text(example)) == ["weld-seams"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x: [" + ",".join("1" for _ in range(300_000)) + "]", id="in brackets"),
        pytest.param("x:\n" + "- 1\n" * 300_000, id="a list"),
        pytest.param("".join(f"k{number}: {number}\n" for number in range(300_000)), id="a mapping"),
        pytest.param("x: " + "[" * 30_000 + "]" * 30_000, id="nested"),
        pytest.param("- " * 30_000 + "1", id="nested lists"),
        pytest.param("? " * 30_000 + "1", id="nested keys"),
    ],
)
@pytest.mark.parametrize("read", [read_yaml, read_foreign_yaml])
def test_a_text_of_too_many_values_is_refused_before_it_is_parsed(read: Callable[[str], object], text: str) -> None:
    begun = process_time()
    with pytest.raises(NotReadableError, match=r"more than (200,000 values|20 levels)|mapping or list as a key"):
        read(text)
    assert process_time() - begun < 3, "seconds; reading them takes ten"


def test_a_text_that_is_long_but_holds_few_values_is_read() -> None:
    lines = "\n".join(f"  - a, [b], {{c: {number}}}" for number in range(20_000))
    assert read_yaml(f"x: |\n{lines}\n# {'a, ' * 200_000}\n").value == {"x": lines.replace("\n  ", "\n")[2:] + "\n"}
