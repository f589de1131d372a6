"""The claims of the README, compared with the source. The demo itself runs in tests/e2e."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.commands import load_command_line

from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.reading import parse_plant

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_screen_says_that_the_service_is_closed() -> None:
    assert "closed" in "\n".join(README.splitlines()[:20])
    assert "2025-10-31" in "\n".join(README.splitlines()[:20])


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:`|\$ )make ([a-z][a-z-]+)", README))))
def test_each_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_commands_it_names_are_the_programs() -> None:
    program = load_command_line()
    named = set(re.findall(r"`preheat ([a-z-]+)", README))
    assert named
    assert named <= set(program.commands)


def test_the_options_it_names_exist() -> None:
    program = load_command_line()
    for command, rest in re.findall(r"`preheat ([a-z-]+)([^`]*)`", README):
        known = {name for parameter in program.commands[command].params for name in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, command


def test_its_plant_file_is_one() -> None:
    text = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert text is not None
    (model,) = compile_models(
        parse_plant(text[1].encode(), "README.md"), now=datetime(2026, 11, 23, tzinfo=UTC), previous={}
    )
    assert model.model_id == "weld-seams"


def test_the_page_of_parameters_has_those_of_the_template() -> None:
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    section = template.split("\nParameters:\n")[1].split("\nConditions:\n")[0]
    there = set(re.findall(r"^  ([A-Za-z]+):$", section, re.MULTILINE))
    table = (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8").split("| parameter |")[1].split("\n\n")[0]
    assert set(re.findall(r"`([A-Z][A-Za-z]+)`", table)) == there


def test_the_demos_last_line_has_its_form() -> None:
    form = (
        r"^demo: 2 of 2 shifts ready on time; margin \+\d\d:\d\d:\d\d \+\d\d:\d\d:\d\d;"
        r" stopped \d\d:\d\d:\d\d after the end; 2 starts, 2 stops, 0 errors$"
    )
    assert re.search(form, README, re.MULTILINE)
