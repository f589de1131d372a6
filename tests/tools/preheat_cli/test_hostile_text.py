"""Text from outside, as hostile as it comes, through the output of every command that shows some."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.tools.conftest import MONDAY, Workbench

from preheat.app.board.figures import Figures
from preheat.app.board.page import render
from preheat.app.board.view import Board
from preheat.app.ports.errors import StoreUnavailable, UnreadableItem
from preheat.domain.calendar.windows import Window
from preheat.domain.demand.request import Kind, Reply, RequestId, Standing, Subject, Verb
from preheat.domain.plan.plan import ModelId
from preheat.domain.printable import escape, printable
from preheat.domain.record.attempt import Answer
from preheat.domain.record.record import Phase
from preheat_cli.views import report_html, report_text
from preheat_report import History, Report, report_models

WELD = ModelId("weld-seams")
DAY = timedelta(days=1)
# Clears a line, colours, sets a title and a clipboard, rings, turns the direction, breaks a line in seven ways.
HOSTILE = (
    "rework\nFORGED 1\r\x1b[2K\x1b[31mFORGED 2\x1b]0;title\x07\x1b]52;c;YQ==\x1b\\\x9b32m\x9dFORGED\x9c\u202eDESREVER"
    "\u2066\u2067\u200f\u061c\u200b\ufeff\x00\x08\x7f\x85FORGED 3\u2028FORGED 4\u2029FORGED 5\x0bFORGED 6\x0cFORGED 7"
    "\ud800<b>"
)


def check_output(output: str) -> None:
    """Fail if text has a character that does not show itself, or a line that the hostile text began."""
    lines = output.split("\n")
    assert [line for line in lines if not line.isprintable()] == []
    assert [line for line in lines if line.startswith("FORGED")] == []


@pytest.fixture
def plant(bench: Workbench, shift: object) -> Workbench:
    """A stack in whose reasons, names and service's words somebody has written the hostile text."""
    assert bench.preheat("apply", bench.plant(), "--yes").exit_code == 0
    shift()  # type: ignore[operator]
    store = bench.store
    record = store.records[WELD]
    assert record.attempt is not None
    attempt = replace(record.attempt, answer=Answer.DENIED, words=HOSTILE)
    record = replace(record, sequence=3, phase=Phase.STARTING, status=HOSTILE, attempt=attempt)
    last = replace(store.read_ledger(WELD)[-1], sequence=3, at=MONDAY - timedelta(minutes=1), reason=HOSTILE)
    store.save(record, replace(last, requests=(RequestId(HOSTILE),), expired=(RequestId(HOSTILE),)))
    standing = Standing(
        request_id=RequestId("a"),
        subject=Subject(WELD),
        kind=Kind.HOLD,
        begin=MONDAY,
        until=MONDAY + timedelta(hours=2),
        requester=HOSTILE,
        reason=HOSTILE,
        known_at=MONDAY,
    )
    store.stands[Subject(WELD)] = {standing.request_id: standing}
    return bench


COMMANDS = [
    ("history", "weld-seams"),
    ("explain", "weld-seams"),
    ("explain", "weld-seams", "--verbose"),
    ("status",),
    ("status", "weld-seams"),
    ("requests",),
    ("requests", "weld-seams"),
    ("report", "--from", "2026-11-22"),
    ("report", "--from", "2026-11-22", "--format", "html"),
    ("report", "--from", "2026-11-22", "--format", "csv"),
    ("ledger", "audit"),
    ("ledger", "rebuild", "weld-seams", "--dry-run"),
    ("ledger", "republish", "--from", "2026-11-22", "--dry-run"),
    ("ledger", "republish", HOSTILE, "--dry-run"),
    ("history", HOSTILE),
    ("explain", HOSTILE),
    ("status", HOSTILE),
    ("release", "weld-seams", HOSTILE),
    ("validate", HOSTILE),
    ("import", "ics", HOSTILE),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command).replace(HOSTILE, "HOSTILE"))
def test_no_command_prints_what_moves_a_cursor_or_forges_a_line(plant: Workbench, command: tuple[str, ...]) -> None:
    check_output(plant.preheat(*command).output)


@pytest.mark.parametrize("command", [("history", "weld-seams"), ("explain", "weld-seams", "-v"), ("requests",)])
def test_what_shows_itself_of_the_text_is_still_printed(plant: Workbench, command: tuple[str, ...]) -> None:
    assert "rework FORGED 1" in plant.preheat(*command).output


@pytest.mark.parametrize("command", [("history", "weld-seams"), ("status",), ("requests",)])
def test_json_holds_the_text_as_it_is_in_ascii(plant: Workbench, command: tuple[str, ...]) -> None:
    output = plant.preheat(*command, "--format", "json").stdout
    check_output(output)
    assert output.isascii()
    assert any(HOSTILE in text for line in output.splitlines() for text in _texts(json.loads(line)))


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("error", [StoreUnavailable(HOSTILE), UnreadableItem(HOSTILE)])
@pytest.mark.parametrize("command", [("history", "weld-seams"), ("report",), ("ledger", "audit")])
def test_an_error_of_a_service_forges_no_line(
    plant: Workbench, command: tuple[str, ...], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(plant.store, "read_ledger", fail)
    monkeypatch.setattr(plant.store, "read_recent_ledger", fail)
    result = plant.preheat(*command)
    assert result.exit_code == 1
    assert "rework" in result.output
    check_output(result.output)


@pytest.mark.parametrize("show", [report_html.page, report_text.table, report_text.csv_rows, report_text.json_lines])
def test_a_report_shows_a_hostile_name_in_no_form(plant: Workbench, show: Callable[[Report], str]) -> None:
    name = ModelId(HOSTILE)
    entries = [replace(entry, model_id=name) for entry in plant.store.read_ledger(WELD)]
    found = report_models([History(name, entries)], Window(MONDAY - DAY, MONDAY), {}, as_of=MONDAY)
    text = show(found)
    check_output(text)
    assert show is not report_html.page or "&lt;b&gt;" in text


def test_the_board_shows_a_hostile_name_without_markup_and_on_one_line() -> None:
    board = Board(MONDAY, MONDAY, MONDAY + DAY, HOSTILE, "UTC", (), Figures(), None)
    (style, text) = render(board).split("</style>")
    assert style.startswith("<style>")
    check_output(text)
    assert "&lt;b&gt;" in text


def test_an_import_prints_the_text_of_a_calendar_on_lines_of_its_own(bench: Workbench) -> None:
    shown = HOSTILE.translate({ord(each): None for each in "\n\r\ud800"})
    event = f"BEGIN:VEVENT\r\nUID:{shown}\r\nSUMMARY:{shown}\r\nDTSTART:{shown}\r\nDTEND:20261123T140000Z\r\nEND:VEVENT"
    path = bench.folder / "shifts.ics"
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{event}\r\nEND:VCALENDAR\r\n"
    path.write_bytes(text.encode())
    result = bench.preheat("import", "ics", str(path))
    assert result.exit_code != 0
    check_output(result.output)


@pytest.mark.parametrize("field", ["payload: ", "payload: good.jpg, content_type: "])
def test_a_wrong_plant_file_forges_no_line(bench: Workbench, field: str) -> None:
    entry = (
        f"backend: lookoutvision, project: a, version: 1, schedules: [], readiness: {{{field}{json.dumps(HOSTILE)}}}"
    )
    plant = f"version: 1\nschedules: {{}}\nmodels:\n  m: {{{entry}}}\n"
    result = bench.preheat("validate", bench.plant(plant))
    assert result.exit_code == 2
    check_output(result.output)


def test_a_refusal_that_a_command_waits_for_is_printable(plant: Workbench) -> None:
    reply = Reply(
        RequestId("mine"),
        Verb.HOLD,
        Subject(WELD),
        "AROALINE7",
        MONDAY,
        accepted=False,
        code="WRONG",
        reason=HOSTILE,
        digest="",
    )
    plant.store.replies[reply.request_id] = reply
    result = plant.preheat("hold", "weld-seams", "--for", "2h", "--id", "mine")
    assert result.exit_code == 1
    assert "rework FORGED 1" in result.output
    check_output(result.output)


@pytest.mark.parametrize("character", [chr(code) for code in (*range(32), *range(127, 160))], ids=ascii)
def test_no_control_character_is_printable(character: str) -> None:
    assert printable(f"a{character}b") == "a b"
    assert escape(f"<{character}>") == "&lt; &gt;"


def test_what_people_write_stays_as_it_is() -> None:
    for text in ("Nacharbeit, Linie 7: Prüfstand", "返工 line 7", "переделка", "naïve 🙂", ""):
        assert printable(text) == text
