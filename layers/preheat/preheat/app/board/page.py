"""The board as HTML: one part that a page and a CloudWatch widget both show. It escapes every text from outside.

Owns markup; it loads nothing from anywhere. Colours never carry a meaning alone: each state is also a word.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from preheat.app.board.figures import Figures
from preheat.app.board.more import More, write_more
from preheat.app.board.style import STYLE
from preheat.app.board.timeline import draw_hours, draw_line, draw_now, write_legend
from preheat.app.board.view import Board, BoardRow
from preheat.domain.plan.plan import Mode
from preheat.domain.printable import escape
from preheat.domain.verdict.causes import FAILING, VerdictCause, VerdictState
from preheat.domain.verdict.plant_time import MINUTE, PlantTime, format_span
from preheat.domain.verdict.saying import format_times
from preheat.domain.verdict.verdict import Remedy, Verdict

OPEN_UP_TO: Final = 40  # models without trouble that it shows without a click
ALIKE_UP_TO: Final = 3  # models with the same trouble that it shows without a click
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
MODES: Final = {
    Mode.OBSERVE: "Mode observe: Preheat decides and records, and starts and stops nothing.",
    Mode.PAUSED: "Mode paused: Preheat does nothing, so nobody knows what runs.",
}


@dataclass(frozen=True, slots=True)
class Look:
    """The look. `theme` empty: as the reader's device asks for. `more`: the way to what a widget leaves out."""

    theme: str = ""
    more: More | None = None


def render(board: Board, look: Look | None = None) -> str:
    """Return the board as one element, with its style; it needs no script and loads nothing."""
    look = look or Look()
    theme = f" {look.theme}" if look.theme else ""
    return f'<style>{STYLE}{draw_now(board)}</style><div class="pb{theme}">{"".join(_write_parts(board, look))}</div>'


def _write_parts(board: Board, look: Look) -> Iterator[str]:
    yield from _write_top(board)
    if board.mode in MODES:
        yield f'<p class="mode">{MODES[board.mode]}</p>'
    if not board.rows:
        yield '<p class="empty">There is no plan yet. Write a plant file, then run'
        yield " <code>preheat apply plant.yaml</code>.</p>"
        return
    yield from _write_states(board)
    yield from _write_figures(board.figures)
    yield from _write_all_trouble(board, look)
    yield from _write_groups(board, look)
    yield from write_legend(board)


def _write_top(board: Board) -> Iterator[str]:
    time = PlantTime(board.at, board.zone)
    yield f'<header class="top"><h1>Preheat <small>{escape(board.title)}</small></h1>'
    coming = board.next_shift
    if coming is not None:
        here = PlantTime(board.at, coming.zone)
        zone = f" {escape(coming.zone)}" if coming.zone != board.zone else ""
        away = f'<time class="away" datetime="{coming.ready_at.isoformat()}">{here.away(coming.ready_at)}</time>'
        models = "1 model" if coming.models == 1 else f"{coming.models} models"
        yield f'<p class="next">Next shift <b>{here.at(coming.ready_at)}{zone}</b> <b>{away}</b>'
        yield f" <span>{escape(coming.schedule)}, {models}</span></p>"
    stamp = f'<time class="asof" datetime="{board.at.isoformat()}">{time.at(board.at)}</time>'
    yield f'<p class="dim">as of {stamp} {escape(board.zone)}</p></header>'
    yield '<p class="old"><b>This view is old.</b> It does not update by itself: load it again.</p>'


def _write_states(board: Board) -> Iterator[str]:
    yield '<ul class="states" aria-label="Models by state">'
    for state, count in board.counts().items():
        fails = " fails" if state in FAILING else ""
        yield f'<li class="{CLASSES[state]}{fails}"><b>{count}</b> {state}</li>'
    yield "</ul>"


def _write_figures(figures: Figures) -> Iterator[str]:
    starts = figures.on_time + figures.late
    shown = []
    if starts:
        words = "1 start" if starts == 1 else f"{starts} starts"
        shown.append((f"{100 * figures.on_time / starts:.1f} %", f"on time in 7 days ({words})"))
    for amounts, words in (
        (figures.paid_today, "today"),
        (figures.paid_week, "in 7 days"),
        (figures.saved_week, "saved in 7 days against hosting around the clock"),
    ):
        shown += [(_write_money(currency, amount), words) for currency, amount in amounts.items()]
    if figures.unpriced >= MINUTE:
        shown.append((format_span(figures.unpriced), "of units in 7 days on services whose price is not known"))
    if shown:
        yield '<ul class="figures" aria-label="Figures">'
        yield from (f"<li><b>{escape(figure)}</b> {words}</li>" for figure, words in shown)
        yield "</ul>"


def _write_money(currency: str, amount: Decimal) -> str:
    return f"{amount:z,.2f} {currency}"


def _write_all_trouble(board: Board, look: Look) -> Iterator[str]:
    trouble = board.trouble
    verb = "1 model needs" if len(trouble) == 1 else f"{len(trouble)} models need" if trouble else "Nothing needs"
    yield f'<section aria-labelledby="pb-trouble"><h2 id="pb-trouble">{verb} attention</h2>'
    if not trouble:
        said = "The model is" if len(board.rows) == 1 else f"All {len(board.rows)} models are"
        yield f'<p class="empty good">{said} as planned.</p>'
    groups: dict[tuple[VerdictState, VerdictCause], list[BoardRow]] = {}
    for row in trouble:
        groups.setdefault((row.verdict.state, row.verdict.cause), []).append(row)
    yield '<ul class="rows cards">'
    for (state, cause), alike in groups.items():
        yield from (_write_trouble(board, row) for row in alike[:ALIKE_UP_TO])
        rest = alike[ALIKE_UP_TO:]
        if not rest:
            continue
        yield f'<li class="alike" data-key="alike-{state}-{cause}"><details data-key="all">'
        yield f"<summary>{len(rest)} more {state} by the same cause</summary>"
        shown, left = _cut(rest, look)
        yield f'<ul class="rows many">{"".join(_write_row(board, row) for row in shown)}</ul>'
        yield from write_more(look.more, None, left)
        yield "</details></li>"
    yield "</ul>"
    yield "</section>"


def _write_trouble(board: Board, row: BoardRow) -> str:
    verdict, time = row.verdict, board.find_time(row)
    remedy = next(iter(verdict.remedies), Remedy("See what Preheat knows", f"preheat explain {verdict.model_id}"))
    command = f" <code>{escape(remedy.command)}</code>" if remedy.command else ""
    todo = f'<p class="todo">{escape(remedy.what)}{":" if command else "."}{command}</p>'
    return (
        f'<li class="row trouble {CLASSES[verdict.state]}" {_write_data(verdict)}>'
        f'<span class="state">{verdict.state}</span><span class="name">{escape(verdict.model_id)}</span>'
        f'<span class="when">{escape(format_times(verdict, time))}</span>'
        f'<div class="why"><p>{escape(row.why)}.</p>{todo}</div>{draw_line(board, row)}</li>'
    )


def _write_groups(board: Board, look: Look) -> Iterator[str]:
    if not board.calm:
        return
    yield '<section aria-labelledby="pb-calm"><h2 id="pb-calm">As planned</h2>'
    groups: dict[str, list[BoardRow]] = {}
    for row in board.calm:  # the most urgent first, and so are the groups
        groups.setdefault(row.group, []).append(row)
    wanted = look.more.group if look.more is not None else None
    for group, its in groups.items():
        shown = " open" if len(board.calm) <= OPEN_UP_TO or group == wanted else ""
        many = " many" if len(its) > OPEN_UP_TO else ""
        count, name = "1 model" if len(its) == 1 else f"{len(its)} models", escape(group)
        zone = its[0].zone  # of the schedule, as a rule
        where = f", {escape(zone)}" if zone != board.zone else ""
        yield f'<details data-key="group-{name}"{shown}><summary>{name} <span>{count}{where}</span></summary>'
        yield f'<div class="row axis" aria-hidden="true"><span></span>{draw_hours(board, zone)}</div>'
        listed, left = (its, 0) if group == wanted else _cut(its, look)
        yield f'<ul class="rows{many}">{"".join(_write_row(board, row) for row in listed)}</ul>'
        yield from write_more(look.more, group, left)
        yield "</details>"
    yield "</section>"


def _cut(rows: Sequence[BoardRow], look: Look) -> tuple[Sequence[BoardRow], int]:
    """Return the rows to show, and how many it leaves out."""
    most = look.more.rows if look.more is not None else len(rows)
    return rows[:most], max(0, len(rows) - most)


def _write_row(board: Board, row: BoardRow) -> str:
    verdict, time = row.verdict, board.find_time(row)
    return (
        f'<li class="row {CLASSES[verdict.state]}" {_write_data(verdict)}>'
        f'<span class="state">{verdict.state}</span><span class="name">{escape(verdict.model_id)}</span>'
        f'<span class="when">{escape(format_times(verdict, time, away=False))}</span>{draw_line(board, row)}</li>'
    )


def _write_data(verdict: Verdict) -> str:
    """Return what the page knows a row by, and filters by."""
    name, schedule = escape(verdict.model_id), escape(verdict.schedule or "")
    return f'data-key="{name}" data-state="{verdict.state}" data-words="{name} {schedule}"'
