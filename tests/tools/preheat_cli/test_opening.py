"""Which stack a command opens if it names none: the local AWS, but never silently after another stack."""

from pathlib import Path
from typing import Any

import pytest

import preheat_local
from preheat_cli import last_stack
from preheat_cli.errors import CliError
from preheat_cli.opening import OUTSIDE, _running_local_aws
from preheat_cli.options.stack import LOCAL, StackOptions
from preheat_local import LocalAwsError

RUNNING: Any = object()


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preheat_local, "find_running", lambda: RUNNING)


@pytest.fixture
def nothing_running(monkeypatch: pytest.MonkeyPatch) -> None:
    def outside() -> None:
        raise LocalAwsError("not inside a checkout")

    monkeypatch.setattr(preheat_local, "find_running", outside)


@pytest.mark.usefixtures("running")
def test_without_a_name_the_running_local_aws_is_used() -> None:
    assert _running_local_aws(StackOptions()) is RUNNING
    last_stack.remember(LOCAL)
    assert _running_local_aws(StackOptions()) is RUNNING


@pytest.mark.usefixtures("running")
def test_after_another_stack_the_local_aws_has_to_be_named() -> None:
    last_stack.remember("plant-north")
    with pytest.raises(CliError) as refused:
        _running_local_aws(StackOptions())
    assert refused.value.lines == (
        "preheat: the last command used --stack plant-north, and a local AWS is running",
        "name the stack: --stack plant-north, or --stack local for the local AWS",
    )
    assert _running_local_aws(StackOptions(LOCAL)) is RUNNING


@pytest.mark.usefixtures("nothing_running")
def test_without_any_stack_the_last_one_is_a_hint() -> None:
    with pytest.raises(CliError) as refused:
        _running_local_aws(StackOptions())
    assert refused.value.lines == (OUTSIDE,)
    last_stack.remember("plant-north")
    with pytest.raises(CliError) as refused:
        _running_local_aws(StackOptions())
    assert refused.value.lines == (OUTSIDE, "the last command used --stack plant-north")


def test_a_part_of_the_local_aws_that_ended_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preheat_local, "find_running", lambda: None)
    monkeypatch.setattr(preheat_local, "find_ended", lambda: ["simulator"])
    with pytest.raises(CliError) as refused:
        _running_local_aws(StackOptions())
    (line,) = refused.value.lines
    assert line.startswith("preheat: simulator of the local AWS ended; `preheat up` starts a new one, without its plan")


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("options", [StackOptions(profile="line-7"), StackOptions(region="us-east-1")])
def test_a_profile_or_a_region_without_a_stack_is_refused(options: StackOptions) -> None:
    with pytest.raises(CliError, match="--profile and --region need --stack NAME"):
        _running_local_aws(options)


def test_the_last_stack_is_remembered_in_the_state_folder(state_home: Path) -> None:
    assert last_stack.recall() is None
    last_stack.remember("plant-north")
    last_stack.remember("plant-south")
    assert last_stack.recall() == "plant-south"
    assert (state_home / "preheat" / "last-stack").read_text() == "plant-south\n"


def test_without_a_state_folder_nothing_is_remembered_and_nothing_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    last_stack.remember("plant-north")
    assert last_stack.recall() is None
