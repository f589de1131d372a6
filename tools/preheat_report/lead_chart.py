"""The picture of compared rules: how often late, against how long idle. Knows no rule; SVG only."""

import math
from collections.abc import Mapping
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, BOTTOM = 760, 440, 70, 60
IDLE_MOST = 36.0
LATE_LEAST, LATE_MOST = 0.5, 50.0  # percent, on a logarithmic scale


def draw_chart(
    points: Mapping[str, tuple[float, float]],
    ours: str,
    target: float | None,
    *,
    share: str = "late in the worst cell, %",
) -> str:
    """Return a scatter plot of (idle minutes, late percent) by rule, with the target as a line.

    It draws a point beyond an axis at its end.
    """
    foot, end = HEIGHT - BOTTOM, WIDTH - 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *_target(target, end),
        f'<path d="M{LEFT} 20V{foot}H{end}" fill="none" stroke="#444"/>',
        _text((LEFT + WIDTH) / 2, HEIGHT - 14, "idle minutes before the shift, mean"),
        _text(LEFT, 14, f"{share} (logarithmic)", "start"),
    ]
    parts += [_text(_place_idle(idle), foot + 18, str(idle)) for idle in range(0, int(IDLE_MOST), 5)]
    parts += [_text(LEFT - 8, _place_late(tick) + 4, f"{tick:g}", "end") for tick in (0.5, 1, 2, 5, 10, 20, 50)]
    for name, (idle, late) in points.items():
        colour, size = ("#c30", 7) if name == ours else ("#457", 4)
        parts.append(f'<circle cx="{_place_idle(idle):.1f}" cy="{_place_late(late):.1f}" r="{size}" fill="{colour}"/>')
        side, by = ("end", -9) if idle > IDLE_MOST / 2 else ("start", 9)
        parts.append(_text(_place_idle(idle) + by, _place_late(late) + 4, name, side, colour))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _target(target: float | None, end: float) -> list[str]:
    if target is None:
        return []
    line = _place_late(target)
    return [
        f'<line x1="{LEFT}" y1="{line:.1f}" x2="{end}" y2="{line:.1f}" stroke="#2a7" stroke-dasharray="6 4"/>',
        _text(end, line - 6, f"target {target:g} %", "end", "#2a7"),
    ]


def _text(x: float, y: float, words: str, anchor: str = "middle", colour: str = "#222") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-size="12" fill="{colour}">{escape(words)}</text>'


def _place_idle(idle: float) -> float:
    return LEFT + (WIDTH - 20 - LEFT) * min(idle, IDLE_MOST) / IDLE_MOST


def _place_late(late: float) -> float:
    share = math.log(min(max(late, LATE_LEAST), LATE_MOST) / LATE_LEAST) / math.log(LATE_MOST / LATE_LEAST)
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 20) * share
