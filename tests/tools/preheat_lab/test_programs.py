"""`python -m preheat_lab`: the list has every program with a sentence, each starts, and nothing names an absent one."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from preheat_lab.__main__ import find_names, list_programs, main

ROOT = Path(__file__).parents[3]
TEXTS = (ROOT / "Makefile", *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".ci").iterdir())


def test_the_list_has_each_program_with_one_sentence_that_fits_a_line() -> None:
    listed = list_programs().splitlines()[3:]
    assert [line.split()[0] for line in listed] == find_names()
    assert [line for line in listed if len(line) > 100 or not line.endswith(".")] == []


@pytest.mark.parametrize("name", find_names())
def test_a_program_explains_itself_under_its_own_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"usage: {name}" in capsys.readouterr().out


def test_without_a_name_the_programs_are_listed_and_the_status_is_that_of_wrong_use(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 2
    assert main(["--help"]) == 0
    assert capsys.readouterr().out.count("usage:") == 2


def test_a_name_that_no_program_has_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sock"]) == 2
    assert "no program is named 'sock'" in capsys.readouterr().err


def test_pages_and_makefile_call_programs_that_exist() -> None:
    called = {
        (file.name, name)
        for file in TEXTS
        for name in re.findall(r"(?:-m preheat_lab|\$\(LAB\)) ([a-z][a-z-]*)", file.read_text())
    }
    assert called, "no page names a program"
    assert {(file, name) for file, name in called if name not in find_names()} == set()


def test_old_ways_to_start_a_program_are_gone() -> None:
    assert [file.name for file in TEXTS if re.search(r"-m (preheat_lab\.|benchmarks)", file.read_text())] == []
    for name in find_names():
        assert callable(import_module(f"preheat_lab.commands.{name.replace('-', '_')}").main)
