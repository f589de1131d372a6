"""Verdicts on a terminal: one line for each model, its cause below it if somebody has to act, and what to do.

Fits the given width, 60 columns at least. Decides nothing.
"""

import os
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, Final

import typer

from preheat.domain.printable import printable
from preheat.domain.verdict.causes import VerdictState
from preheat.domain.verdict.plant_time import PlantTime
from preheat.domain.verdict.saying import format_times, write_headline
from preheat.domain.verdict.verdict import Verdict
from preheat_cli.verdicts import Judged
from preheat_cli.views import show

COLOURS: Final = {
    VerdictState.LATE: typer.colors.RED,
    VerdictState.AT_RISK: typer.colors.RED,
    VerdictState.REFUSED: typer.colors.RED,
    VerdictState.UNKNOWN: typer.colors.YELLOW,
    VerdictState.UNSCHEDULED: typer.colors.YELLOW,
    VerdictState.BLOCKED: typer.colors.YELLOW,
    VerdictState.ON_TIME: typer.colors.CYAN,
    VerdictState.READY: typer.colors.GREEN,
    VerdictState.OFF: typer.colors.BRIGHT_BLACK,
}
WIDEST: Final = max(len(state) for state in VerdictState)


def is_coloured() -> bool:
    """Return whether output goes to a terminal whose user has nothing against colour."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def lines(judged: Sequence[Judged], times: Sequence[PlantTime], width: int, *, colour: bool) -> Iterator[str]:
    """Yield each model's line, and below it the cause if somebody has to look at it."""
    longest = max((len(one.status.model_id) for one in judged), default=0)
    names = min(longest, max(width - WIDEST - 30, 12))
    for one, time in zip(judged, times, strict=True):
        verdict = one.verdict
        if verdict is None:
            yield f"{'?':<{WIDEST}}  {printable(one.status.model_id)}"
            yield from _below(one.status.problem or "", width)
            continue
        state = f"{verdict.state:<{WIDEST}}"
        shown = typer.style(state, fg=COLOURS[verdict.state], bold=verdict.fails) if colour else state
        said = format_times(verdict, time)
        first = f"{shown}  {printable(one.status.model_id):<{names}}"
        if WIDEST + 2 + max(names, len(one.status.model_id)) + 2 + len(said) <= width:
            yield f"{first}  {printable(said)}".rstrip()
        else:
            yield first.rstrip()
            yield from _below(said, width)
        if verdict.is_trouble:
            yield from _below(verdict.why, width)
        if one.status.problem and not verdict.why.endswith(one.status.problem.rstrip(".")):
            yield from _below(f"Problem: {one.status.problem}", width)


def _below(text: str, width: int) -> Iterator[str]:
    indent = " " * (WIDEST + 2)
    yield from textwrap.wrap(
        printable(text), width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def advice(verdict: Verdict, time: PlantTime, width: int, *, colour: bool) -> Iterator[str]:
    """Yield the verdict, its cause and what to do, for a person who asks about one model."""
    head = printable(f"{verdict.model_id}: {write_headline(verdict, time)}")
    yield typer.style(head, fg=COLOURS[verdict.state], bold=True) if colour else head
    yield from textwrap.wrap(printable(f"Cause: {verdict.why}."), width, break_on_hyphens=False)
    if verdict.start_at is not None and verdict.ready_at is not None:
        schedule = f" ({verdict.schedule})" if verdict.schedule else ""
        coming = f"Next: needed at {time.both(verdict.ready_at)}{schedule}, start at {time.at(verdict.start_at)}."
        yield from textwrap.wrap(printable(coming), width, break_on_hyphens=False)
    if verdict.remedies:
        yield "What you can do:"
    for remedy in verdict.remedies:
        yield from textwrap.wrap(printable(f"- {remedy.what}."), width, subsequent_indent="  ", break_on_hyphens=False)
        if remedy.command is not None:
            yield printable(f"    {remedy.command}")


def fields(verdict: Verdict | None) -> dict[str, Any] | None:
    """Return a verdict as JSON fields: instants in ISO 8601 (UTC)."""
    if verdict is None:
        return None
    names = ("state", "cause", "why", "words", "since", "ready_at", "until", "schedule", "expected_at")
    shown: dict[str, Any] = show.plain({name: getattr(verdict, name) for name in names})
    shown["remedies"] = [{"what": remedy.what, "command": remedy.command} for remedy in verdict.remedies]
    return shown
