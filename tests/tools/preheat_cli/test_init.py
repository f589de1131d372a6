"""`preheat init`: five answers make a plant file that validates; after a wrong answer it asks again."""

from pathlib import Path

import pytest
from tests.tools.conftest import Workbench

from preheat_cli.commands.init import _system_zone
from preheat_cli.first_plant import read_shift
from preheat_plantfile.reading import read_plant


def test_five_answers_make_a_plant_file_that_validates(bench: Workbench) -> None:
    file = bench.folder / "first.yaml"
    answers = "sagemaker\nLine-Weld-Seams\nline-weld-seams-v3\nEurope/Berlin\nmon-fri 06:00-14:00\n"
    result = bench.preheat("init", str(file), types=answers)
    assert result.exit_code == 0, result.output
    assert bench.told(result).splitlines()[-1] == (
        "first.yaml: written. Next: preheat plan first.yaml, then preheat apply first.yaml"
    )
    assert list(read_plant(file).models) == ["line-weld-seams"]
    assert bench.preheat("validate", str(file)).exit_code == 0
    assert "06:00" in bench.preheat("windows", str(file)).stdout


def test_the_holidays_in_its_comments_apply_once_their_signs_are_gone(bench: Workbench) -> None:
    file = bench.folder / "first.yaml"
    assert bench.preheat("init", str(file), types="sagemaker\nweld\nweld-1\nEurope/Berlin\n\n").exit_code == 0
    text = file.read_text()
    for commented in ("# calendars:", "#   holidays: {", "# closed: "):
        assert commented in text
        text = text.replace(commented, commented.removeprefix("# ").replace("#   ", "  "))
    file.write_text(text)
    christmas = bench.preheat("windows", str(file), "--from", "2026-12-24", "--to", "2026-12-29").stdout
    assert ("Thu 2026-12-24" in christmas, "Fri 2026-12-25" in christmas) == (True, False)


def test_the_defaults_are_enough_but_for_the_two_names(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/Mexico_City")
    file = bench.folder / "first.yaml"
    assert bench.preheat("init", str(file), types="\nweld\nweld-1\n\n\n").exit_code == 0
    assert "zone: America/Mexico_City" in file.read_text()


def test_a_wrong_answer_is_explained_and_asked_again(bench: Workbench) -> None:
    file = bench.folder / "first.yaml"
    answers = "lookoutvision\nrekognition\nparts!\nparts\nv1\nBerlin\nUTC\nmornings\nsat, sun 22:00 - 6:00\n"
    result = bench.preheat("init", str(file), types=answers)
    assert result.exit_code == 0, result.output
    assert result.stderr.count("accepted: ") == 4
    assert "accepted: sagemaker or rekognition" in result.stderr
    assert 'windows:\n      - {days: [sat, sun], start: "22:00", end: "06:00"}' in file.read_text()


def test_an_existing_file_stays_as_it_is(bench: Workbench) -> None:
    file = bench.plant()
    before = Path(file).read_text()
    result = bench.preheat("init", file, types="sagemaker\n")
    assert (result.exit_code, bench.told(result)) == (2, "preheat: plant.yaml exists; name another file\n")
    assert Path(file).read_text() == before


def test_days_that_are_none_are_reported_before_anything_is_written(bench: Workbench) -> None:
    file = bench.folder / "first.yaml"
    result = bench.preheat("init", str(file), types="sagemaker\nweld\nweld-1\nUTC\nmoonday 06:00-14:00\n")
    assert result.exit_code == 2
    assert not file.exists()


def test_without_input_it_says_so(bench: Workbench) -> None:
    result = bench.preheat("init", str(bench.folder / "first.yaml"))
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == "preheat: five questions need answers, and no input is available"


@pytest.mark.parametrize("text", ["", "mon-fri", "06:00-14:00", "mon 6-14"])
def test_a_shift_is_days_and_times(text: str) -> None:
    with pytest.raises(ValueError, match="days and times such as"):
        read_shift(text)


@pytest.mark.parametrize(("named", "zone"), [("Europe/Berlin", "Europe/Berlin"), (":/etc/localtime", None), ("", None)])
def test_the_zone_of_the_machine_is_an_iana_name(monkeypatch: pytest.MonkeyPatch, named: str, zone: str | None) -> None:
    monkeypatch.setenv("TZ", named)
    found = _system_zone()
    assert found == zone or (zone is None and (found == "UTC" or "/" in found))
