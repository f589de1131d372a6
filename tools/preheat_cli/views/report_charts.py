"""The report's charts as inline SVG. Colours are the page's variables; each mark shows its figures as a tooltip."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from math import floor, log10

from preheat.domain.record.paid import Cause

WIDE, HIGH, LEFT, BELOW, TOP = 960, 240, 48, 24, 12
HOUR = timedelta(hours=1)
BINS_MOST = 24
NOTHING = "<p>Nothing to draw.</p>"


def by_day(days: Mapping[date, Mapping[Cause, timedelta]]) -> str:
    """Return a stacked bar for each day: unit-hours by cause."""
    most = max((sum((each for each in causes.values()), timedelta()) / HOUR for causes in days.values()), default=0.0)
    if not most:
        return NOTHING
    step, most = (WIDE - LEFT) / len(days), _round_up(most)
    scale = (HIGH - BELOW - TOP) / most
    marks = [*_axis(most, scale, "unit-hours")]
    every = max(len(days) // 12, 1)
    for place, (day, causes) in enumerate(days.items()):
        x, y = LEFT + place * step, float(HIGH - BELOW)
        for cause in Cause:
            high = causes[cause] / HOUR * scale
            if high:
                y -= high
                tooltip = f"{day} {cause}: {causes[cause] / HOUR:,.2f} unit-hours"
                marks.append(_bar(x + step * 0.1, y, step * 0.8, high, cause=cause, tooltip=tooltip))
        if place % every == 0:
            marks.append(f'<text x="{x + step / 2:.1f}" y="{HIGH - 8}" text-anchor="middle">{day:%d %b}</text>')
    return _svg(marks, "Unit-hours by day and cause")


def margins(found: Sequence[timedelta], never_ready: int = 0) -> str:
    """Return a histogram of margins: late ones, left of 0, in another colour; left of them those never ready."""
    if not found and not never_ready:
        return NOTHING
    width = _bin_minutes(found) if found else 1
    bins = Counter(floor(margin / timedelta(minutes=width)) for margin in found)
    least, last = min(bins, default=0), max(bins, default=0)
    nowhere = least - 2  # apart from every margin
    if never_ready:
        bins[nowhere] = never_ready
        least = nowhere
    step = (WIDE - LEFT) / (last - least + 1)
    most = _round_up(max(bins.values()))
    scale = (HIGH - BELOW - TOP) / most
    marks = [*_axis(most, scale, "starts")]
    every = max((last - least + 1) // 12, 1)
    for number in range(least, last + 1):
        x, count = LEFT + (number - least) * step, bins[number]
        if count:
            tooltip = f"{number * width} to {(number + 1) * width} min: {count}"
            if never_ready and number == nowhere:
                tooltip = f"never ready: {count}"
            cause = Cause.SHIFT if number >= 0 else Cause.UNSCHEDULED
            high = count * scale
            marks.append(_bar(x + step * 0.05, HIGH - BELOW - high, step * 0.9, high, cause=cause, tooltip=tooltip))
        if never_ready and number == nowhere:
            marks.append(f'<text x="{x:.1f}" y="{HIGH - 8}">never</text>')
        elif number % every == 0 and not (never_ready and number < nowhere + 2):  # so that 0 has its mark
            marks.append(f'<text x="{x:.1f}" y="{HIGH - 8}" text-anchor="middle">{number * width} min</text>')
    return _svg(marks, "Margins of the starts")


def _bin_minutes(found: Sequence[timedelta]) -> int:
    """Return the width of a bin in minutes: a round one, so that there are not too many."""
    span = (max(found) - min(found)) / timedelta(minutes=1)
    return next((width for width in (1, 2, 5, 10, 15, 30, 60) if span / width < BINS_MOST), int(span / BINS_MOST) + 1)


def _round_up(most: float) -> float:
    """Return where an axis ends: the next plain figure whose half is as plain."""
    power = 10.0 ** floor(log10(most))
    return next(figure * power for figure in (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10) if most <= figure * power)


def _axis(most: float, scale: float, of: str) -> list[str]:
    lines = []
    for share in (0.0, 0.5, 1.0):
        y = HIGH - BELOW - most * share * scale
        lines.append(f'<line class="axis" x1="{LEFT}" x2="{WIDE}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{most * share:,.4g}</text>')
    return [*lines, f'<text x="{LEFT + 4}" y="{TOP - 2}">{of}</text>']


def _bar(x: float, y: float, wide: float, high: float, *, cause: Cause, tooltip: str) -> str:
    place = f'x="{x:.2f}" y="{y:.2f}" width="{wide:.2f}" height="{high:.2f}"'
    return f'<rect {place} style="fill:var(--{cause})"><title>{tooltip}</title></rect>'


def _svg(marks: Sequence[str], label: str) -> str:
    return f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{label}">\n' + "\n".join(marks) + "\n</svg>"
