"""The plots of docs/performance.md, from the tables of that page. Owns which column is a bar; measures nothing."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from preheat_lab.checkout import ROOT

PAGE = ROOT / "docs" / "performance.md"
WIDTH, LEFT, RIGHT, TOP, BAR, GAP = 760, 250, 80, 44, 12, 10
FONT = 'font-family="sans-serif" font-size="11"'
COLOURS = ("#457", "#2a7", "#c83")
_FIGURE = re.compile(r"[\d,.]+")


@dataclass(frozen=True, slots=True)
class Plot:
    """One plot: the table that it draws, by its first heading, and its bars, by the headings of columns."""

    file: str
    table: str
    title: str
    columns: tuple[str, ...]
    logarithmic: bool = False


PLOTS = (
    Plot(
        "performance-starts.svg",
        "function",
        "Cold start, as a multiple of the libraries alone",
        ("ratio before", "ratio"),
    ),
    Plot(
        "performance-engine.svg",
        "answers a second",
        "Answers a second (logarithmic)",
        ("Preheat", "croniter", "dateutil"),
        logarithmic=True,
    ),
    Plot(
        "performance-fleet.svg",
        "processor seconds, MB, calls",
        "Processor seconds by models of the plan (logarithmic)",
        ("100", "1,000", "5,000"),
        logarithmic=True,
    ),
)


def read_rows(text: str, plot: Plot) -> list[tuple[str, list[float | None]]]:
    """Return the rows of a plot's table: the name of each, and its figures; None where a cell is empty.

    Raises:
        ValueError: the page has no such table or column; the message names it.
    """
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    heads = [place for place, cells in enumerate(lines) if cells[0] == plot.table]
    if not heads or not set(plot.columns) <= set(lines[heads[0]]):
        raise ValueError(f"{PAGE.name}: no table {plot.table!r} with the columns {', '.join(plot.columns)}")
    places = [lines[heads[0]].index(column) for column in plot.columns]
    rows = []
    for cells in lines[heads[0] + 2 :]:
        if len(cells) != len(lines[heads[0]]) or cells[0] in {each.table for each in PLOTS}:
            break
        rows.append((cells[0].replace("`", ""), [_read_figure(cells[place]) for place in places]))
    return rows


def _read_figure(cell: str) -> float | None:
    found = _FIGURE.match(cell)
    return float(found.group().replace(",", "")) if found else None


def draw(plot: Plot, rows: Sequence[tuple[str, Sequence[float | None]]]) -> str:
    """Return the plot as SVG: a group of bars for each row, each with its figure; the axis begins at 0, or at 0.1."""
    figures = [figure for _, row in rows for figure in row if figure is not None]
    least = min(0.1, *figures) if plot.logarithmic else 0.0
    high = GAP + len(plot.columns) * BAR
    height = TOP + len(rows) * high + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {FONT}>',
        f"<title>{escape(plot.title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="8" y="16" font-size="13">{escape(plot.title)}</text>',
    ]
    for place, column in enumerate(plot.columns):
        parts.append(f'<rect x="{LEFT + 110 * place}" y="24" width="10" height="10" fill="{COLOURS[place]}"/>')
        parts.append(f'<text x="{LEFT + 110 * place + 14}" y="33">{escape(column)}</text>')
    for number, (name, row) in enumerate(rows):
        y = TOP + number * high
        parts.append(f'<text x="{LEFT - 8}" y="{y + high / 2:.0f}" text-anchor="end">{escape(name)}</text>')
        for place, figure in enumerate(row):
            if figure is None:
                continue
            wide = _measure(figure, least, max(figures), logarithmic=plot.logarithmic) * (WIDTH - LEFT - RIGHT)
            top = y + place * BAR
            parts.append(f'<rect x="{LEFT}" y="{top}" width="{wide:.1f}" height="{BAR - 2}" fill="{COLOURS[place]}"/>')
            parts.append(f'<text x="{LEFT + wide + 4:.1f}" y="{top + BAR - 3}">{figure:,g}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _measure(figure: float, least: float, most: float, *, logarithmic: bool) -> float:
    """Return the length of a bar, from 0 to 1."""
    if logarithmic:
        return math.log(max(figure, least) / least) / math.log(most / least)
    return figure / most
