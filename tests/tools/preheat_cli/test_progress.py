"""The line of progress: on a terminal only, after a second, and gone before the next line."""

import contextlib
import io
import time
from types import SimpleNamespace

import pytest

from preheat_cli import progress
from preheat_cli.progress import ERASE, show_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    screen = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=screen))  # pytest sets `sys.stderr` again for the test
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "SHOWN_AFTER", 0.0)
    monkeypatch.setattr(progress, "EVERY", 0.01)
    return screen


def wait_for(screen: Terminal, text: str) -> None:
    ends_at = time.monotonic() + 10
    while text not in screen.getvalue():
        assert time.monotonic() < ends_at, screen.getvalue()
        time.sleep(0.01)


def test_work_that_takes_long_shows_its_seconds_and_leaves_nothing(terminal: Terminal) -> None:
    with show_progress("reading the ledgers") as shown:
        wait_for(terminal, f"{ERASE}reading the ledgers (0 s)")
        shown.note("reading ledger 2 of 3")
        wait_for(terminal, f"{ERASE}reading ledger 2 of 3 (0 s)")
    assert terminal.getvalue().endswith(ERASE)


def test_a_line_that_stays_is_printed_on_an_empty_line(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress("starting") as shown:
        wait_for(terminal, "starting (0 s)")
        shown.say("building the stack")
        wait_for(terminal, "building the stack (0 s)")
    assert capsys.readouterr().out == "building the stack\n"


def test_an_error_ends_the_line_too(terminal: Terminal) -> None:
    with contextlib.suppress(ValueError), show_progress("starting"):
        wait_for(terminal, "starting (0 s)")
        raise ValueError
    assert terminal.getvalue().endswith(ERASE)


@pytest.mark.parametrize("dumb", [False, True], ids=["a pipe", "a dumb terminal"])
def test_elsewhere_there_is_no_progress(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, dumb: bool
) -> None:
    if dumb:
        monkeypatch.setenv("TERM", "dumb")
    else:
        monkeypatch.setattr(terminal, "isatty", lambda: False)
    with show_progress("starting") as shown:
        time.sleep(0.1)
        shown.say("building the stack")
    assert (terminal.getvalue(), capsys.readouterr().out) == ("", "building the stack\n")


def test_what_is_over_within_a_second_shows_nothing(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SHOWN_AFTER", 60.0)
    with show_progress("starting"):
        time.sleep(0.1)
    assert terminal.getvalue() == ""
