"""Prints the findings of `preheat doctor`: a line each, and a last line with their counts."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

import typer

from preheat_cli.doctor.finding import CheckResult, Finding
from preheat_cli.doctor.live import LiveRun
from preheat_cli.doctor.live_answers import LiveAnswer
from preheat_cli.options.formats import Format
from preheat_cli.printing import print_lines

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


def say_live(line: str) -> None:
    """Print a step of a live test on stderr, as it happens."""
    print_lines([line], err=True)


def print_live(run: LiveRun, answers: Sequence[LiveAnswer], form: Format) -> None:
    """Print what a live test answered, and what is still open; as JSON one object per line, the result first."""
    result = {"model": run.model_id, "ready": run.ready, "stopped": run.stopped, "interrupted": run.interrupted}
    if form is Format.JSON:
        typer.echo(json.dumps(result))
        for one in answers:
            typer.echo(json.dumps(asdict(one)))
        return
    ready = "was ready" if run.ready else "was not ready"
    stopped = "has stopped" if run.stopped else "may still be running: check it in the console of the service"
    print_lines([f"{run.model_id} {ready} and {stopped}"])
    for one in answers:
        if one.answer:
            print_lines([f"KNOWN  {one.question} {one.answer}. Decides: {one.decides}"])
        else:
            print_lines([f"OPEN   {one.question} To find out: {one.otherwise}. Decides: {one.decides}"])
