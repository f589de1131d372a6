"""The board as HTML: one part that a page and a CloudWatch widget both show. It escapes every text from outside.

Owns markup and style; it loads nothing from anywhere. Colours never carry a meaning alone: each state is also a word.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from preheat.app.board.style import STYLE
from preheat.app.board.view import Board, BoardRow, Span, SpanKind
from preheat.domain.printable import escape
from preheat.domain.verdict.causes import VerdictState
from preheat.domain.verdict.plant_time import PlantTime
from preheat.domain.verdict.saying import format_times
from preheat.domain.verdict.verdict import Verdict

OPEN_UP_TO: Final = 40  # models of a group that it shows without a click
CLASSES: Final = {
    VerdictState.LATE: "bad",
    VerdictState.AT_RISK: "bad",
    VerdictState.REFUSED: "bad",
    VerdictState.UNKNOWN: "warn",
    VerdictState.UNSCHEDULED: "warn",
    VerdictState.BLOCKED: "warn",
    VerdictState.ON_TIME: "soon",
    VerdictState.READY: "good",
    VerdictState.OFF: "calm",
}
LEGEND: Final = {
    SpanKind.SHIFT: "needed",
    SpanKind.HOLD: "hold",
    SpanKind.LEAD: "start-up",
    SpanKind.HOSTED: "hosted",
    SpanKind.BRIDGED: "bridged",
    SpanKind.BLOCK: "blocked",
    SpanKind.LATE: "late",
}


def render(board: Board) -> str:
    """Return the board as one element, with its style; it needs no script and loads nothing."""
    return f'<style>{STYLE}</style><div class="pb">{"".join(_write_parts(board))}</div>'


def _write_parts(board: Board) -> Iterator[str]:
    time = PlantTime(board.at, board.zone)
    yield '<div class="top">'
    yield f"<h1>Preheat <span class=dim>{escape(board.title)}</span></h1>"
    if board.next_ready_at is not None:
        yield f'<p class="next">Next shift {escape(time.both(board.next_ready_at))}</p>'
    stamp = f'<time datetime="{board.at.isoformat()}">{time.at(board.at)}</time>'
    yield f'<p class="dim">as of {stamp} {escape(board.zone)}</p></div>'
    yield from _write_figures(board)
    trouble = board.trouble
    heading = f'<h2 id="pb-trouble">{_write_number(trouble, "needs", "need")} attention</h2>'
    yield f'<section aria-labelledby="pb-trouble">{heading}'
    if not trouble:
        yield '<p class="empty">Every model is as planned.</p>'
    for row in trouble:
        yield from _write_trouble(board, row)
    yield "</section>"
    yield from _write_groups(board)
    yield '<ul class="legend" aria-label="Legend">'
    for kind, word in LEGEND.items():
        yield f'<li><i class="bar {kind}"></i>{word}</li>'
    yield "</ul>"


def _write_number(rows: Sequence[BoardRow], one: str, more: str) -> str:
    return f"{len(rows)} model {one}" if len(rows) == 1 else f"{len(rows)} models {more}"


def _write_figures(board: Board) -> Iterator[str]:
    figures = board.figures
    starts = figures.on_time + figures.late
    yield '<ul class="figures" aria-label="Figures">'
    for state, count in board.counts().items():
        yield f'<li class="{CLASSES[state]}"><b>{count}</b> <span class="state">{state}</span></li>'
    if starts:
        yield f"<li><b>{100 * figures.on_time / starts:.1f} %</b> on time in 7 days ({starts} starts)</li>"
    for amount, words in (
        (figures.paid_today, "today"),
        (figures.paid_week, "in 7 days"),
        (figures.saved_week, "saved in 7 days"),
    ):
        if amount is not None:
            yield f"<li><b>{escape(amount)}</b> {words}</li>"
    yield "</ul>"


def _write_trouble(board: Board, row: BoardRow) -> Iterator[str]:
    verdict, time = row.verdict, PlantTime(board.at, row.zone)
    yield f'<article class="row trouble {CLASSES[verdict.state]}" {_write_data(verdict)}>'
    yield f'<span class="state">{verdict.state}</span><span class="name">{escape(verdict.model_id)}</span>'
    yield f'<span class="when">{escape(format_times(verdict, time))}</span>'
    remedy = next(iter(verdict.remedies), None)
    todo = ""
    if remedy is not None:
        command = f": <code>{escape(remedy.command)}</code>" if remedy.command else ""
        todo = f" <strong>{escape(remedy.what)}</strong>{command}"
    yield f'<span class="why">{escape(verdict.why)}.{todo}</span>{_write_line(board, row)}</article>'


def _write_groups(board: Board) -> Iterator[str]:
    rows = sorted(board.calm, key=lambda row: row.group)
    for group, found in groupby(rows, key=lambda row: row.group):
        its = sorted(found, key=lambda row: (*row.verdict.urgency, row.verdict.model_id))
        shown = " open" if len(rows) <= OPEN_UP_TO else ""
        yield f'<details data-group="{escape(group)}"{shown}><summary>{escape(group)}: {len(its)}</summary>'
        yield f'<div class="row" aria-hidden="true"><span></span><span></span><span></span>{_draw_hours(board)}</div>'
        for row in its:
            verdict, time = row.verdict, PlantTime(board.at, row.zone)
            yield f'<div class="row {CLASSES[verdict.state]}" {_write_data(verdict)}>'
            yield f'<span class="state">{verdict.state}</span><span class="name">{escape(verdict.model_id)}</span>'
            yield f'<span class="when">{escape(format_times(verdict, time))}</span>{_write_line(board, row)}</div>'
        yield "</details>"


def _write_data(verdict: Verdict) -> str:
    """Return what the page filters by."""
    return f'data-model="{escape(verdict.model_id)}" data-state="{verdict.state.lower()}"'


def _find_place(board: Board, at: datetime) -> float:
    return 100 * ((at - board.begin) / (board.end - board.begin))


def _write_line(board: Board, row: BoardRow) -> str:
    time = PlantTime(board.at, row.zone)
    bars = "".join(_draw_bar(board, span) for span in row.spans)
    said = "; ".join(_describe(span, time) for span in row.spans) or "nothing planned"
    now = f'<span class="now" style="left:{_find_place(board, board.at):.2f}%"></span>'
    return f'<div class="line" role="img" aria-label="{escape(said)}">{bars}{now}</div>'


def _describe(span: Span, time: PlantTime) -> str:
    return f"{LEGEND[span.kind]} {time.at(span.begin)} to {time.at(span.end)}"


def _draw_bar(board: Board, span: Span) -> str:
    left, right = _find_place(board, span.begin), _find_place(board, span.end)
    return f'<span class="bar {span.kind}" style="left:{left:.2f}%;width:{right - left:.2f}%"></span>'


def _draw_hours(board: Board) -> str:
    time, hour = PlantTime(board.at, board.zone), timedelta(hours=1)
    first = board.begin.replace(minute=0, second=0, microsecond=0) + hour
    marks = [first + number * hour for number in range(14) if first + number * hour < board.end]
    spans = "".join(f'<span style="left:{_find_place(board, at):.2f}%">{time.at(at)[-5:]}</span>' for at in marks[::2])
    return f'<div class="hours">{spans}</div>'
