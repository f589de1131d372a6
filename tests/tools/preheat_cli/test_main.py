"""The command itself: what it loads, whose zone rules it uses, its help, its completion, and how it ends."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.stacks import MemoryStack
from tests.tools.conftest import PLANT, Workbench
from typer.main import get_command
from typer.testing import CliRunner

import preheat_local
from preheat_cli import main as program
from preheat_cli.main import app
from preheat_cli.options.models import complete_model
from preheat_cli.stack import Surroundings

COMPLETE = {"_PREHEAT_COMPLETE": "complete_bash", "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}

HEAVY = ("boto3", "botocore", "pydantic", "pynamodb", "rich", "ruamel.yaml", "starlette", "uvicorn")


def output_of(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_the_command_loads_nothing_heavy_before_it_knows_what_is_asked() -> None:
    loaded = output_of("import preheat_cli.main, sys; print(*sys.modules)").split()
    assert [name for name in HEAVY if name in loaded] == []


def test_the_list_of_commands_loads_none_of_them() -> None:
    program = """
import sys
from preheat_cli.main import main
sys.argv = ["preheat", "--help"]
try:
    main()
finally:
    print("loaded:", *sys.modules)
"""
    loaded = output_of(program).partition("loaded:")[2].split()
    assert "preheat_cli.listing" in loaded
    assert [name for name in loaded if name.startswith(("preheat_cli.commands", "preheat.app"))] == []


def test_zone_rules_come_from_the_packaged_tzdata_alone() -> None:
    program = """
import sys, zoneinfo
from preheat_cli.main import main
sys.argv = ["preheat", "--version"]
try:
    main()
except SystemExit as ended:
    print(ended.code, zoneinfo.TZPATH, zoneinfo.ZoneInfo("Europe/Berlin"))
"""
    assert output_of(program).splitlines() == ["preheat 0.1.0", "0 () Europe/Berlin"]


def commands() -> list[tuple[str, ...]]:
    """Return every command, also those of groups."""
    root: Any = get_command(app)
    found: list[tuple[str, ...]] = []
    for name, command in root.commands.items():
        found += [(name, each) for each in getattr(command, "commands", ())] or [(name,)]
    return found


def test_every_module_of_a_command_is_listed_under_its_name() -> None:
    folder = Path(program.__file__).parent / "commands"
    modules = {path.relative_to(folder).with_suffix("") for path in folder.rglob("*.py") if path.stem != "__init__"}
    named = {Path(*command[:-1], command[-1]) for command in commands()} - {Path("stop-now")}
    assert {Path(str(path).replace("import_", "import").replace("_", "-")) for path in modules} == named


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_the_list_has_the_first_line_of_each_commands_own_help(command: tuple[str, ...]) -> None:
    found: Any = get_command(app)
    context = found.make_context("preheat", [], resilient_parsing=True)
    for word in command[:-1]:
        _, found, _ = found.resolve_command(context, [word])
    listed = found.commands[command[-1]].help
    assert listed == found.resolve_command(context, [command[-1]])[1].help.splitlines()[0]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_each_command_has_a_short_help_option_and_one_grammar(command: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*command, "-h"], terminal_width=200)
    assert shown.exit_code == 0
    assert CliRunner().invoke(app, [*command, "--help"], terminal_width=200).output == shown.output
    options = set(re.findall(r"--[a-z-]+", shown.output))
    assert "--json" not in options
    assert {"--stack", "--profile", "--region"} & options in (set(), {"--stack", "--profile", "--region"})
    assert "--yes" not in options or "-y" in shown.output


@pytest.mark.parametrize(
    "typed",
    [
        ("board", "--port", "80000"),
        ("board", "--port", "-5"),
        ("up", "--port", "80000"),
        ("up", "--simulator-port", "-1"),
        ("simulator", "--port", "65536"),
        ("status", "--watch", "--interval", "inf"),
        ("simulate", "--late-cost", "inf"),
    ],
    ids=" ".join,
)
def test_a_number_out_of_its_range_is_an_error_of_use(bench: Workbench, typed: tuple[str, ...]) -> None:
    result = bench.preheat(*typed)
    assert (result.exit_code, f"Invalid value for '{typed[-2]}'" in result.stderr) == (2, True)


@pytest.mark.parametrize("typed", [("schema", "nix"), ("status", "--format", "nix")], ids=" ".join)
def test_a_wrong_choice_is_named_with_the_accepted_ones_alone(bench: Workbench, typed: tuple[str, ...]) -> None:
    shown = " ".join(bench.preheat(*typed).stderr.split())
    assert "'nix' is not one of '" in shown
    assert "Value error" not in shown


@pytest.mark.parametrize(
    ("typed", "program"),
    [
        (("put-windows", "weld-seams", "w49", "--file", "none.txt"), "preheat: "),
        (("simulate", "--replay", "none.txt"), "preheat simulate: --replay "),
        (("import", "ics", "none.txt"), "preheat: "),
    ],
    ids=["put-windows", "simulate", "import"],
)
def test_a_file_that_is_not_there_is_named_in_the_same_words(
    bench: Workbench, typed: tuple[str, ...], program: str
) -> None:
    result = bench.preheat(*typed)
    words = "none.txt cannot be read (No such file or directory); accepted: a file that exists\n"
    assert (result.exit_code, result.stderr) == (2, program + words)


@pytest.mark.parametrize("typed", [(), ("--stop-latency", "120")], ids=["plain", "with-an-option"])
def test_up_says_that_options_have_no_effect_only_if_somebody_gave_one(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, typed: tuple[str, ...]
) -> None:
    chosen: list[bool] = []
    monkeypatch.setattr(preheat_local, "up", lambda **given: chosen.append(given["chosen"]))
    assert bench.preheat("up", *typed).exit_code == 0
    assert chosen == [bool(typed)]


def test_the_list_of_commands_describes_each_one_and_the_exit_status() -> None:
    listed = CliRunner().invoke(app, ["-h"], terminal_width=160).output
    statuses = "0 success, 1 check failed, 2 usage error, 3 changes found (with --detailed-exitcode), 70 internal error"
    assert f"Exit status: {statuses}" in " ".join(listed.split())
    assert "<bool>" not in listed
    assert [name for name, *_ in commands() if not re.search(rf"│ {name} +[A-Z]\w+ ", listed)] == []


def list_completions(line: str, bench: Workbench) -> list[str]:
    """Return what the shell offers after `line`."""
    words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    stack = Surroundings(MemoryStack(bench.store), bench.clock)
    return CliRunner().invoke(app, prog_name="preheat", env=COMPLETE | words, obj=stack).output.split()


def test_the_shell_completes_commands_and_models_of_a_file(bench: Workbench) -> None:
    file = bench.plant(PLANT)
    assert list_completions("preheat his", bench) == ["history"]
    assert list_completions(f"preheat windows {file} we", bench) == ["weld-seams"]
    assert list_completions(f"preheat plan {file} ", bench) == ["paint", "weld-seams"]
    assert list_completions("preheat windows no-such-file.yaml we", bench) == []


def test_the_shell_completes_models_of_the_stack(bench: Workbench) -> None:
    bench.preheat("apply", bench.plant(PLANT), "--yes")
    context: Any = get_command(app).make_context("preheat", ["status"], obj=Surroundings(MemoryStack(bench.store)))
    assert complete_model(context, "p") == ["paint"]
    assert complete_model(context, "") == ["paint", "weld-seams"]


def test_no_color_turns_colours_off(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    surroundings = Surroundings(MemoryStack(bench.store), bench.clock)

    def read_shown() -> str:
        arguments = ["apply", bench.plant(PLANT), "--dry-run"]
        return CliRunner().invoke(app, arguments, obj=surroundings, color=True).stdout

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in read_shown()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in read_shown()


def test_a_bug_is_two_lines_and_its_traceback_is_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(program, "app", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        program.main()
    first, second = capsys.readouterr().err.splitlines()
    assert (ended.value.code, first) == (70, "preheat: internal error: ZeroDivisionError: division by zero")
    (details,) = tmp_path.glob("preheat-error-*")
    assert second == f"please report it, with the details in {details}"
    assert "in fail" in details.read_text()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with pytest.raises(SystemExit):
        program.main()
    assert "no details: " in capsys.readouterr().err


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "preheat_cli.main", *arguments]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, **options)


def test_a_full_disk_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "plant.yaml").write_text(PLANT)
    with Path("/dev/full").open("w") as full:
        result = run("windows", str(tmp_path / "plant.yaml"), stdout=full)
    remedy = "the disk is full; free some space and run the command again"
    assert (result.returncode, result.stderr) == (1, f"preheat: No space left on device; {remedy}\n")


def test_a_state_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    state = os.environ | {"PREHEAT_STATE": str(tmp_path / "file" / "state")}
    result = run("down", cwd=Path(__file__).parents[3], env=state)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"preheat: {tmp_path}/file")
    assert line.endswith("Not a directory; check the path")


def test_a_reader_that_ends_early_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "plant.yaml").write_text(PLANT)
    span = "--from 2026-01-01 --to 2028-12-31"
    shell = f"{sys.executable} -m preheat_cli.main windows {tmp_path}/plant.yaml {span} --format json | head -1"
    result = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
    assert (len(result.stdout.splitlines()), result.stderr) == (1, "")
