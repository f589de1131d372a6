"""The place of a model and the proof that it is ready, as in the plant file: defaults, files, and refused forms."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from preheat.domain.plan.hosted_model import PAYLOAD_MAX, HostedModel, Readiness
from preheat.domain.plan.plan import Target
from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.reading import PlantFileError, parse_plant

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROLE = "arn:aws:iam::210987654321:role/preheat-member"
OTHER = "arn:aws:iam::310987654321:role/preheat-member"
JPEG = b"\xff\xd8\xff\xe0 a sample"
PNG = b"\x89PNG\r\n\x1a\n a sample"
LARGEST = JPEG.ljust(PAYLOAD_MAX)
HEAD = """version: 1
defaults: {DEFAULTS}
schedules:
  early: {zone: UTC, windows: [{days: daily, start: "06:00", end: "14:00"}]}
models:
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "row.csv").write_bytes(b"a sample")
    (tmp_path / "good.jpg").write_bytes(JPEG)
    for name in ("good.PNG", "sample.bin"):
        (tmp_path / name).write_bytes(PNG)
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "large.jpg").write_bytes(b"x" * (PAYLOAD_MAX + 1))
    (tmp_path / "largest.jpg").write_bytes(LARGEST)
    (tmp_path / "folder.jpg").mkdir()
    return tmp_path


def models(folder: Path, *entries: str, defaults: str = "") -> dict[str, HostedModel]:
    text = HEAD.replace("DEFAULTS", defaults) + "".join(
        f"  m{n}: {{{e}, schedules: [early]}}\n" for n, e in enumerate(entries)
    )
    plant = parse_plant(text.encode(), str(folder / "plant.yaml"))
    return {model.model_id: model for model in compile_models(plant, now=NOW, previous={})}


def problems(folder: Path, *entries: str, defaults: str = "") -> list[str]:
    with pytest.raises(PlantFileError) as raised:
        models(folder, *entries, defaults=defaults)
    return [line.partition("plant.yaml:")[2].replace(str(folder), "FOLDER") for line in raised.value.lines[:-1]]


def test_region_and_role_come_from_the_model_or_else_from_the_defaults(folder: Path) -> None:
    found = models(
        folder,
        "backend: lookoutvision, project: a, version: 1",
        f"backend: lookoutvision, project: b, version: 1, region: us-east-1, role: {OTHER}",
        defaults=f"region: eu-west-1, role: {ROLE}",
    )
    assert [model.target for model in found.values()] == [
        Target("a", "1", region="eu-west-1", role=ROLE),
        Target("b", "1", region="us-east-1", role=OTHER),
    ]


def test_one_name_in_two_places_is_two_models_and_in_one_place_is_refused(folder: Path) -> None:
    assert (
        len(
            models(
                folder,
                "backend: lookoutvision, project: a, version: 1",
                f"backend: lookoutvision, project: a, version: 1, role: {ROLE}",
            )
        )
        == 2
    )
    (line,) = problems(
        folder,
        "backend: lookoutvision, project: a, version: 1",
        f"backend: lookoutvision, project: a, version: 1, role: {ROLE}",
        defaults=f"role: {ROLE}",
    )
    assert "found a/1, which m0 (line 6) has already" in line


def test_the_default_role_is_held_against_the_account_that_an_arn_names(folder: Path) -> None:
    arn = "arn:aws:rekognition:eu-central-1:310987654321:project/parts/version/v1/1700000000000"
    (line,) = problems(folder, f"backend: rekognition, arn: {arn}", defaults=f"role: {ROLE}, region: us-east-1")
    assert "accepted: a role of account 310987654321, which the arn names" in line
    (model,) = models(folder, f"backend: rekognition, arn: {arn}", defaults="region: us-east-1").values()
    assert model.target.region == "eu-central-1"


@pytest.mark.parametrize(
    ("entry", "readiness"),
    [
        ("payload: good.jpg", Readiness(JPEG, "image/jpeg")),
        ("payload: ./good.PNG", Readiness(PNG, "image/png")),
        ("payload: sample.bin, content_type: image/png", Readiness(PNG, "image/png")),
        ("payload: largest.jpg", Readiness(LARGEST, "image/jpeg")),
    ],
)
def test_a_payload_is_read_from_its_file_and_its_suffix_shows_the_type(
    folder: Path, entry: str, readiness: Readiness
) -> None:
    (model,) = models(folder, f"backend: lookoutvision, project: a, version: 1, readiness: {{{entry}}}").values()
    assert model.readiness == readiness


def test_an_endpoint_takes_any_payload(folder: Path) -> None:
    entry = "backend: sagemaker, endpoint: weld, config: weld-1, readiness: {payload: row.csv}"
    (model,) = models(folder, entry).values()
    assert model.readiness == Readiness(b"a sample", "text/csv")


SIZE = "the path of a file of 1 to 200,000 bytes, in the folder of the plant file or below"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{payload: gone.jpg}", f".payload: found 'gone.jpg'; accepted: {SIZE}; there is no file FOLDER/gone.jpg"),
        ("{payload: folder.jpg}", f"{SIZE}; there is no file FOLDER/folder.jpg"),
        ("{payload: empty.jpg}", f"{SIZE}; FOLDER/empty.jpg is empty"),
        ("{payload: large.jpg}", "FOLDER/large.jpg is larger: it is stored in the plan, so save it smaller"),
        ("{payload: 7}", f"found 7; accepted: {SIZE}"),
        ('{payload: "a\\0b"}', f"accepted: {SIZE}"),
        (
            "{payload: sample.bin}",
            "a content_type beside 'sample.bin', because only .jpg, .jpeg, .png, .json, .csv show",
        ),
        ("{payload: good.jpg, content_type: picture}", "found 'picture'; accepted: a content type such as image/jpeg"),
        ("{payload: row.csv}", "a payload of type image/jpeg or image/png, the only ones that the service reads"),
        ("{}", "readiness.payload: found nothing for a required field; accepted: path of the file to send"),
        ("{image: good.jpg}", "found 'image', which is no field here; accepted: payload, content_type"),
        ("good.jpg", "accepted: a mapping with payload, content_type"),
        ("null", "found nothing; accepted: a mapping with payload, content_type"),
    ],
)
def test_what_is_no_payload_is_reported_with_its_place(folder: Path, entry: str, told: str) -> None:
    found = problems(folder, f"backend: lookoutvision, project: a, version: 1, readiness: {entry}")
    assert any(line.startswith("6:") and told in line for line in found), found


OUTSIDE = "lies outside the plant file's folder: copy the file there, without links"
HIDDEN = "has a hidden name and may hold secrets: copy the file to a name without a dot"


@pytest.fixture
def nest(folder: Path) -> Path:
    """The folder of a plant file, with a secret outside it and ways that lead there."""
    nest = folder / "nest"
    (nest / ".git").mkdir(parents=True)
    (nest / "samples").mkdir()
    (nest / "samples" / "good.jpg").write_bytes(JPEG)
    for secret in (folder / "secret.csv", folder / "secret.jpg", nest / ".env", nest / ".git" / "config"):
        secret.write_bytes(JPEG)
    (nest / "link.jpg").symlink_to(folder / "secret.jpg")
    (nest / "away").symlink_to(folder)
    (nest / "round.jpg").symlink_to("round.jpg")
    (nest / "environ.csv").symlink_to("/proc/self/environ")
    (nest / "inside.jpg").symlink_to("samples/good.jpg")
    (nest / "hidden.csv").symlink_to(".env")
    os.mkfifo(nest / "pipe.jpg")
    (nest / "text.jpg").write_bytes(b"AWS_SECRET_ACCESS_KEY=hidden")
    (nest / "text.bin").write_bytes(b"AWS_SECRET_ACCESS_KEY=hidden")
    (nest / "jpeg.png").write_bytes(JPEG)
    return nest


@pytest.mark.parametrize(
    ("payload", "remedy"),
    [
        ("/proc/self/environ, content_type: text/plain", OUTSIDE),
        ("../../../../../../proc/self/environ, content_type: text/plain", OUTSIDE),
        ("/dev/zero, content_type: text/plain", OUTSIDE),
        ("/dev/stdin, content_type: text/plain", OUTSIDE),
        ("/etc/passwd, content_type: text/plain", OUTSIDE),
        ("../secret.csv", OUTSIDE),
        ("samples/../../secret.csv", OUTSIDE),
        ("link.jpg", OUTSIDE),
        ("away/secret.jpg", OUTSIDE),
        ("environ.csv", OUTSIDE),
        (".env, content_type: text/plain", HIDDEN),
        (".git/config, content_type: text/plain", HIDDEN),
        ("hidden.csv", HIDDEN),
        ("round.jpg", "there is no file"),
        ("pipe.jpg", "there is no file"),
        ("samples, content_type: text/plain", "there is no file"),
        ("text.jpg", "a payload that is image/jpeg; the content of 'text.jpg' is not"),
        ("text.bin, content_type: image/png", "a payload that is image/png; the content of 'text.bin' is not"),
        ("jpeg.png", "a payload that is image/png; the content of 'jpeg.png' is not"),
    ],
)
def test_a_payload_that_is_no_sample_next_to_the_plant_file_is_refused(nest: Path, payload: str, remedy: str) -> None:
    (line,) = problems(nest, f"backend: sagemaker, endpoint: a, config: a, readiness: {{payload: {payload}}}")
    place, _, said = line.partition(": ")
    assert place.startswith("6:")
    assert remedy in said
    assert "hidden" not in said.replace(HIDDEN, "").replace("hidden.csv", "")


def test_a_plant_file_in_proc_reads_nothing_there() -> None:
    (line,) = problems(
        Path("/proc/self"),
        "backend: sagemaker, endpoint: a, config: a, readiness: {payload: environ, content_type: a/b}",
    )
    assert OUTSIDE in line


@pytest.mark.parametrize("path", ["samples/good.jpg", "inside.jpg", "samples/../samples/good.jpg"])
def test_a_payload_in_a_folder_below_and_a_link_that_stays_inside_are_read(nest: Path, path: str) -> None:
    entry = f"backend: lookoutvision, project: a, version: 1, readiness: {{payload: {path}}}"
    (model,) = models(nest, entry).values()
    assert model.readiness == Readiness(JPEG, "image/jpeg")


def test_a_plant_file_without_a_folder_reads_the_payload_in_the_current_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    entry = "backend: lookoutvision, project: a, version: 1, readiness: {payload: good.jpg}"
    (model,) = models(Path(), entry).values()
    assert model.readiness == Readiness(JPEG, "image/jpeg")


def test_files_that_are_missing_are_reported_together_with_everything_else(folder: Path) -> None:
    found = problems(
        folder,
        "backend: lookoutvision, project: a, version: 1, readiness: {payload: gone.jpg}",
        "backend: lookoutvision, project: b, version: latest, readiness: {payload: gone.png}, region: here",
    )
    assert [line.partition(" models.")[2].partition(":")[0] for line in found] == [
        "m0.readiness.payload",
        "m1.version",
        "m1.readiness.payload",
        "m1.region",
    ]
