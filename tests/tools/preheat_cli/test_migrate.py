"""The command `migrate`: models get other targets, every other character of the file stays, all mistakes appear."""

from collections.abc import Callable
from difflib import ndiff
from pathlib import Path
from typing import Any

import pytest

from preheat.domain.plan.plan import Backend
from preheat_plantfile.editing import replace_targets
from preheat_plantfile.reading import parse_plant
from preheat_plantfile.schema.models import RekognitionModel

type Golden = Callable[[Path, str], None]
type Workbench = Any  # the fixture's class; folders of tests are not packages

GOLDEN = Path(__file__).parent / "golden"
PLANT = """# The plant in the north. Ask Anna.
version: 1
defaults: {lead: 30m,   min_units: 1}   # for all of them
schedules:
  early:
    zone: Europe/Berlin
    windows:
      - {days: mon-fri, start: "06:00", end: '14:00'}   # not on saturdays
models:
  # The first line.
  weld-seams:
    backend: lookoutvision
    project: line-weld-seams   # by Anna
    version: 3                 # trained in May
    schedules: [early]
    max_units: 2               # on Mondays

  door-gaps: {backend: lookoutvision, project: line-door, version: "12", schedules: [early], lead: 45m}  # in one line
  paint:
      schedules:
      - early
      version: 1
      backend: lookoutvision
      project: 'line-paint'
"""
REKOGNITION = """weld-seams: parts/weld.v1
line-door/12: {project: doors, version: "3", role: "arn:aws:iam::210987654321:role/preheat-member"}
paint: arn:aws:rekognition:eu-west-1:123456789012:project/paint/version/on/1700000000000
"""
COMPONENTS = "weld-seams: weld\npaint: {component: paint, region: us-east-1}\n"
SAGEMAKER = '{"weld-seams": "weld/weld-2", "paint": {"endpoint": "paint", "config": "paint-1", "region": "us-east-1"}}'


def migrate(bench: Workbench, to: str, targets: str, *more: str, plant: str = PLANT) -> Any:
    (bench.folder / "map").write_text(targets)
    return bench.preheat("migrate", bench.plant(plant), "--to", to, "--map", str(bench.folder / "map"), *more)


@pytest.mark.parametrize(
    ("to", "targets"), [("rekognition", REKOGNITION), ("sagemaker", SAGEMAKER), ("sagemaker-component", COMPONENTS)]
)
def test_the_result_is_printed_and_what_changes_is_reported_next_to_it(
    bench: Workbench, golden: Golden, to: str, targets: str
) -> None:
    result = migrate(bench, to, targets)
    assert result.exit_code == 0, result.output
    golden(GOLDEN / f"migrate-{to}.yaml", result.stdout)
    golden(GOLDEN / f"migrate-{to}.txt", result.stderr.replace(f"{bench.folder}/", ""))
    assert (bench.folder / "plant.yaml").read_text() == PLANT


def test_in_place_the_file_is_changed_with_its_mode_and_nothing_is_left_next_to_it(bench: Workbench) -> None:
    printed = migrate(bench, "rekognition", REKOGNITION).stdout
    bench.plant(PLANT)
    (bench.folder / "plant.yaml").chmod(0o640)
    (bench.folder / "map").write_text(REKOGNITION)
    path = bench.folder / "plant.yaml"
    result = bench.preheat(
        "migrate", str(path), "--to", "rekognition", "--map", str(bench.folder / "map"), "--in-place"
    )
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("3 of 3 models move to rekognition")
    assert path.read_text() == printed
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in bench.folder.iterdir()) == ["map", "plant.yaml"]


def test_what_it_leaves_can_be_migrated_on(bench: Workbench) -> None:
    once = migrate(bench, "rekognition", REKOGNITION).stdout
    twice = migrate(bench, "sagemaker", SAGEMAKER, plant=once)
    assert twice.exit_code == 0, twice.output
    assert "arn:" not in twice.stdout.partition("paint:\n")[2]
    assert "version: on" not in twice.stdout
    plant = parse_plant(twice.stdout.encode(), "plant.yaml")
    assert [entry.target().backend for entry in plant.models.values()] == [
        Backend.SAGEMAKER,
        Backend.REKOGNITION,
        Backend.SAGEMAKER,
    ]


def test_only_lines_of_the_moved_models_differ_and_no_comment_is_lost(bench: Workbench) -> None:
    for to, targets in (("rekognition", REKOGNITION), ("sagemaker", SAGEMAKER)):
        result = migrate(bench, to, targets).stdout
        gone = [line[2:] for line in ndiff(PLANT.splitlines(), result.splitlines()) if line.startswith("- ")]
        assert all(any(f in line for f in ("backend", "project", "version", "max_units")) for line in gone), gone
        assert [line.partition("#")[2] for line in PLANT.splitlines() if "#" in line] == [
            line.partition("#")[2] for line in result.splitlines() if "#" in line
        ]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_breaks_and_a_byte_order_mark_stay(bench: Workbench, newline: str, mark: str) -> None:
    path = bench.folder / "plant.yaml"
    path.write_bytes((mark + PLANT.replace("\n", newline)).encode())
    (bench.folder / "map").write_text(REKOGNITION)
    result = bench.preheat(
        "migrate", str(path), "--to", "rekognition", "--map", str(bench.folder / "map"), "--in-place"
    )
    assert result.exit_code == 0, result.output
    data = path.read_bytes().decode()
    assert data.startswith(mark + "# The plant")
    assert data.count("\n") == data.count(newline)


def test_a_value_that_yaml_would_read_as_another_one_is_put_in_quotes(bench: Workbench) -> None:
    for version in ("3", "on", "-", "1e5", "null", ".", "v.1"):
        result = migrate(bench, "rekognition", f'weld-seams: {{project: parts, version: "{version}"}}')
        plant = parse_plant(result.stdout.encode(), "plant.yaml")
        entry = plant.models["weld-seams"]
        assert isinstance(entry, RekognitionModel)
        assert entry.version == version


def test_models_that_are_not_in_the_map_are_listed_and_left(bench: Workbench) -> None:
    result = migrate(bench, "rekognition", "paint: parts/v1")
    assert result.stderr.splitlines()[-1] == "unchanged: weld-seams, door-gaps"
    assert result.stdout.partition("  paint:")[0] == PLANT.partition("  paint:")[0]


def test_too_many_models_at_once_are_reported_with_the_moment(bench: Workbench) -> None:
    three = "weld-seams: a/v1\ndoor-gaps: b/v1\npaint: c/v1\n"
    told = migrate(bench, "rekognition", three).stderr
    assert (
        "quota: rekognition runs 2 models at once in the stack's account; the plant needs 3 in the next week, first at "
        "2026-11-23 05:50:00Z: request a higher quota before you apply"
    ) in told


def test_tariffs_and_quotas_of_the_file_hold(bench: Workbench) -> None:
    terms = """tariffs: {rekognition: {unit_hour: 3.5, currency: EUR}}
quotas: {rekognition: {models_at_once: 9}}
"""
    told = migrate(bench, "rekognition", "paint: parts/v1", plant=PLANT + terms).stderr
    assert "EUR a week" in told
    assert "x 3.5)" in told
    assert "quota: rekognition runs 9 models at once" in told


WRONG = """weld-seam: parts/v1
line-door/12: {project: "doors and more", version: 3, colour: red, role: admin}
door-gaps: doors/v1
paint: parts
weld-seams: {arn: "arn:aws:rekognition:eu-west-1:123456789012:project/p/version/v/1", project: p}
line-nothing/1: [parts, v1]
"""
WRONG_ENDPOINTS = """weld-seams: {endpoint: "-weld"}
door-gaps: same/config-1
paint: {endpoint: same, config: config-2}
"""


def test_every_mistake_of_the_map_is_reported_at_once_with_its_place(bench: Workbench, golden: Golden) -> None:
    told = []
    for to, targets in (("rekognition", WRONG), ("sagemaker", WRONG_ENDPOINTS)):
        result = migrate(bench, to, targets)
        assert (result.exit_code, result.stdout) == (2, "")
        told.append(bench.told(result))
    golden(GOLDEN / "migrate-wrong.txt", "".join(told))
    assert (bench.folder / "plant.yaml").read_text() == PLANT


@pytest.mark.parametrize(
    "targets",
    ["", "[]", "a: b: c", "weld-seams: [", "7", "null", "a: 1\n---\nb: 2\n", "weld-seams: a/b\nweld-seams: c/d\n"],
)
def test_a_map_of_no_such_form_is_reported(bench: Workbench, targets: str) -> None:
    result = migrate(bench, "rekognition", targets)
    assert result.exit_code == 2
    assert bench.told(result).startswith("map:")
    assert bench.told(result).endswith("no change made\n")


def test_a_map_that_is_not_there_and_a_plant_file_that_is_wrong_are_reported(bench: Workbench) -> None:
    result = bench.preheat("migrate", bench.plant(), "--to", "rekognition", "--map", str(bench.folder / "none"))
    assert (result.exit_code, "none:1:1: the file: cannot be read (No such file" in bench.told(result)) == (2, True)
    result = migrate(bench, "rekognition", REKOGNITION, plant=PLANT.replace("version: 3 ", "version: latest "))
    assert result.exit_code == 2
    assert "models.weld-seams.version: found 'latest'" in bench.told(result)
    assert bench.told(result).endswith("fix the plant file first; no change made\n")


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (
            "{backend: lookoutvision, project: &name p, version: 1, schedules: [early]}",
            "models.weld.project: found an anchor or an alias",
        ),
        (
            "{backend: lookoutvision, project: p, version: 1, schedules: [early],  # why\n    max_units: 2}",
            "models.weld.max_units: found a comment on the same line",
        ),
    ],
)
def test_what_cannot_be_changed_in_place_is_reported_and_not_touched(bench: Workbench, entry: str, told: str) -> None:
    plant = PLANT[: PLANT.index("models:")] + f"models:\n  weld: {entry}\n"
    result = migrate(bench, "sagemaker", "weld: a/b", plant=plant)
    assert result.exit_code == 2
    assert told in bench.told(result)


FIELDS = [
    *("backend: lookoutvision", "project: p", "version: 1", "schedules: [early]"),
    *("min_units: 1", "max_units: 2", "region: eu-west-1"),
]


@pytest.mark.parametrize("turn", range(len(FIELDS)))
@pytest.mark.parametrize("block", [True, False])
@pytest.mark.parametrize(
    "target", [{"endpoint": "e", "config": "c"}, {"arn": "x:y"}, {"project": "q", "version": "v", "role": "r"}]
)
def test_in_any_order_and_layout_the_fields_are_the_new_ones(turn: int, block: bool, target: dict[str, str]) -> None:
    fields = FIELDS[turn:] + FIELDS[:turn]
    body = "\n".join(f"    {field}  # {number}" for number, field in enumerate(fields)) if block else ""
    text = "models:\n  weld:\n" + body if block else "models: {weld: {" + ", ".join(fields) + "}}"
    dropped = ["min_units", "max_units"] if "endpoint" in target else ["region"] if "arn" in target else []
    result = replace_targets(text, {"weld": {"backend": "b", **target}}, {"weld": dropped})
    from ruamel.yaml import YAML

    found = YAML(typ="safe", pure=True).load(result)["models"]["weld"]
    kept = {"schedules": ["early"], "min_units": 1, "max_units": 2, "region": "eu-west-1"}
    assert found == {"backend": "b", **target, **{name: value for name, value in kept.items() if name not in dropped}}
    assert not block or result.count("#") == len(fields)


def test_what_a_component_has_no_use_for_goes_with_the_old_target(bench: Workbench) -> None:
    plant = PLANT.replace("    max_units: 2               # on Mondays\n", "    min_units: 2\n    resize: restart\n")
    result = migrate(bench, "sagemaker-component", "weld-seams: weld", plant=plant)
    assert result.exit_code == 0, result.output
    assert "component: weld" in result.stdout
    assert "resize" not in result.stdout
    assert "1 copy; write copies for more" in result.stderr
