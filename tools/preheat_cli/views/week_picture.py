"""When a plan needs its models, as an SVG picture: a row for each group of models with the same demand. Draws only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from preheat.domain.calendar.windows import Window
from preheat.domain.printable import printable

WIDTH, LEFT, TOP, ROW, BAR = 960, 230, 52, 30, 16
NAME_MOST = 28  # characters of a name; the tooltip has the whole


@dataclass(frozen=True, slots=True)
class Row:
    """Models with the same demand, lead and zone."""

    models: tuple[str, ...]
    zone: str
    lead: timedelta
    needed: tuple[Window, ...]


def draw(title: str, asked: Window, rows: Sequence[Row]) -> str:
    """Return the picture of a range; its days are those of the first row's zone."""
    zone = rows[0].zone if rows else "UTC"
    high = TOP + ROW * max(len(rows), 1) + 34
    marks = [_text(12, 22, title, size=15), *_draw_days(asked, zone, high - 28)]
    for number, row in enumerate(rows):
        marks += _draw_row(row, asked, TOP + number * ROW)
    marks += [
        f'<rect x="12" y="{high - 18}" width="12" height="10" fill="#f2a33a"/>',
        _text(30, high - 9, "lead: Preheat starts the model"),
        f'<rect x="230" y="{high - 18}" width="12" height="10" fill="#2563a8"/>',
        _text(248, high - 9, f"needed. The days are those of {zone}"),
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {high}" font-family="sans-serif" role="img">'
    paper = f'<rect width="{WIDTH}" height="{high}" fill="white"/>'
    return "\n".join([head, f"<title>{_clean(title)}</title>", paper, *marks, "</svg>"]) + "\n"


def _draw_days(asked: Window, zone: str, foot: int) -> Iterable[str]:
    first = asked.start.astimezone(ZoneInfo(zone)).date()
    days = (asked.end - asked.start).days + 1
    every = max(days // 14, 1)
    for number in range(days + 1):
        midnight = datetime.combine(first + timedelta(days=number), time(), ZoneInfo(zone))
        x = _place(midnight, asked)
        if asked.start <= midnight < asked.end:
            yield f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{foot}" stroke="#ddd"/>'
            if number % every == 0 and x < WIDTH - 70:
                yield _text(x + 4, TOP - 12, f"{midnight:%a %d %b}")


def _draw_row(row: Row, asked: Window, top: int) -> Iterable[str]:
    more = f" +{len(row.models) - 1}" if len(row.models) > 1 else ""
    name = row.models[0] if len(row.models[0]) <= NAME_MOST else f"{row.models[0][: NAME_MOST - 1]}…"
    yield f"<g><title>{_clean(', '.join(row.models))} ({_clean(row.zone)})</title>"
    yield _text(12, top + BAR - 3, f"{name}{more}")
    yield _text(12, top + BAR + 9, row.zone, size=9, colour="#666")
    for window in row.needed:
        start, end = _place(window.start, asked), _place(window.end, asked)
        lead = _place(window.start - row.lead, asked)
        yield f'<rect x="{lead:.1f}" y="{top}" width="{max(start - lead, 0):.1f}" height="{BAR}" fill="#f2a33a"/>'
        yield (
            f'<rect x="{start:.1f}" y="{top}" width="{max(end - start, 1):.1f}" height="{BAR}" fill="#2563a8">'
            f"<title>{_say(window, row.zone)}</title></rect>"
        )
    yield "</g>"


def _say(window: Window, zone: str) -> str:
    start, end = (at.astimezone(ZoneInfo(zone)) for at in (window.start, window.end))
    return f"{start:%a %d %b %H:%M} to {end:%a %d %b %H:%M}"


def _place(at: datetime, asked: Window) -> float:
    share = (min(max(at, asked.start), asked.end) - asked.start) / (asked.end - asked.start)
    return LEFT + (WIDTH - LEFT - 12) * share


def _text(x: float, y: float, words: str, *, size: int = 12, colour: str = "#222") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}">{_clean(words)}</text>'


def _clean(words: str) -> str:
    return escape(printable(words))
