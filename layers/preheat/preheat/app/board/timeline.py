"""A timeline as HTML: bars on one line, the same in words for who cannot see them, the hours above, and the legend."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from preheat.app.board.spans import Span, SpanKind
from preheat.app.board.view import Board, BoardRow
from preheat.domain.printable import escape
from preheat.domain.verdict.plant_time import PlantTime

LEGEND: Final = {
    SpanKind.SHIFT: "needed",
    SpanKind.HOLD: "hold",
    SpanKind.LEAD: "start-up",
    SpanKind.HOSTED: "hosted",
    SpanKind.BRIDGED: "bridged",
    SpanKind.BLOCK: "blocked",
    SpanKind.LATE: "late",
}
LAST_HOUR: Final = 95.0  # percent of a line: an hour further right has no room


def draw_line(board: Board, row: BoardRow) -> str:
    """Return the timeline of one row; where now is, `draw_now` says for all rows at once."""
    time = board.find_time(row)
    bars = "".join(_draw_bar(board, span, time) for span in row.spans)
    said = "; ".join(_describe(span, time) for span in row.spans) or "nothing planned"
    return f'<div class="line" role="img" aria-label="Timeline: {escape(said)}">{bars}</div>'


def draw_now(board: Board) -> str:
    """Return the rule of style that marks now on every line: rows stay as they are while time passes."""
    return f".pb .line::after,.pb .hours::after{{left:{_find_place(board, board.at):.2f}%}}"


def draw_hours(board: Board, zone: str) -> str:
    """Return the hours above the lines of a group, on the clock of its zone; none without room at the right."""
    time = PlantTime(board.at, zone)
    first = board.begin.replace(minute=0, second=0, microsecond=0)
    count = (board.end - first) // board.mark + 1
    marks = [mark for number in range(count) if board.begin <= (mark := first + number * board.mark) <= board.end]
    places = [(_find_place(board, at), time.at(at)[-5:]) for at in marks]
    spans = "".join(f'<span style="left:{place:.2f}%">{hour}</span>' for place, hour in places if place < LAST_HOUR)
    return f'<div class="hours">{spans}</div>'


def write_legend(board: Board) -> Iterator[str]:
    """Yield the legend of the kinds of spans on the board."""
    shown = {span.kind for row in board.rows for span in row.spans}
    if not shown:
        return
    yield '<ul class="legend" aria-label="Legend of the timelines">'
    for kind, word in LEGEND.items():
        if kind in shown:
            yield f'<li><i class="bar {kind}"></i>{word}</li>'
    yield '<li><i class="mark"></i>now</li></ul>'


def _find_place(board: Board, at: datetime) -> float:
    return 100 * ((at - board.begin) / (board.end - board.begin))


def _describe(span: Span, time: PlantTime) -> str:
    return f"{LEGEND[span.kind]} {time.at(span.begin)} to {time.at(span.end)}"


def _draw_bar(board: Board, span: Span, time: PlantTime) -> str:
    left, right = _find_place(board, span.begin), _find_place(board, span.end)
    place = f"left:{left:.2f}%;width:{right - left:.2f}%"
    return f'<span class="bar {span.kind}" style="{place}" title="{escape(_describe(span, time))}"></span>'
