"""Prints the findings of `preheat doctor`: a line each, and a last line with their counts."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

import typer

from preheat_cli.doctor.finding import CheckResult, Finding
from preheat_cli.options.formats import Format

COLOURS = {CheckResult.PASS: "green", CheckResult.WARN: "yellow", CheckResult.FAIL: "red", CheckResult.SKIP: "blue"}


def print_findings(found: Sequence[Finding], form: Format) -> None:
    """Print a line for each finding; as JSON one object per line, and no count."""
    for one in found:
        if form is Format.JSON:
            typer.echo(json.dumps(asdict(one)))
            continue
        fix = f". Fix: {one.remedy}" if one.remedy else ""
        typer.secho(one.verdict, fg=COLOURS[one.verdict], nl=False)
        typer.echo(f"  {one.check:<12}  {one.subject}: {one.meaning}{fix}")
    if form is Format.TABLE:
        counts = Counter(one.verdict for one in found)
        typer.echo(", ".join(f"{counts[verdict]} {verdict}" for verdict in CheckResult))
