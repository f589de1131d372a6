"""Prints what `preheat backend check` found: a line for each promise, and a last line with their counts."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

import typer

from preheat.domain.printable import printable
from preheat_cli.backend.promises import JudgedPromise, PromiseOutcome
from preheat_cli.options.formats import Format

COLOURS = {PromiseOutcome.PASS: "green", PromiseOutcome.FAIL: "red", PromiseOutcome.SKIP: "blue"}


def print_found(found: JudgedPromise, form: Format) -> None:
    """Print one line, as soon as it is known; as JSON one object per line."""
    if form is Format.JSON:
        typer.echo(json.dumps(asdict(found)))
        return
    means = f". Why it matters: {found.means}" if found.outcome is PromiseOutcome.FAIL else ""
    typer.secho(found.outcome, fg=COLOURS[found.outcome], nl=False)
    typer.echo(f"  {found.promise}: {printable(found.seen)}{means}")


def print_counts(outcomes: Sequence[PromiseOutcome], form: Format) -> None:
    """Print how many promises the function keeps; JSON has no such line."""
    if form is Format.TABLE:
        counts = Counter(outcomes)
        typer.echo(", ".join(f"{counts[outcome]} {outcome}" for outcome in PromiseOutcome))
