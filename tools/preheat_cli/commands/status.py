"""`preheat status`: print the verdict on each model, trouble first. An unreadable model affects only its own lines.

Owns the options and the repeated print. `verdicts` judges, `views` print.
"""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import typer

from preheat.app.ports.errors import StoreUnavailable
from preheat.app.ports.store import Store
from preheat.domain.plan.plan import ModelId
from preheat.domain.verdict.plant_time import PlantTime
from preheat_cli.errors import CHECK_FAILED, report_errors
from preheat_cli.model_status import read_fleet, read_statuses
from preheat_cli.options.formats import Format, FormatOption
from preheat_cli.options.models import ModelsArgument
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.options.times import UtcOption
from preheat_cli.printing import print_folded, print_lines
from preheat_cli.stack import Surroundings
from preheat_cli.verdicts import judge_all, judge_some
from preheat_cli.views import show
from preheat_cli.views import status as status_views
from preheat_cli.views import verdicts as verdict_views

CLEAR: Final = "\x1b[H\x1b[2J"  # moves the cursor to the top and clears the terminal
WIDTH_MOST: Final = 110  # columns


@dataclass(frozen=True, slots=True)
class _Wish:
    """The output, and the conditions that make it fail."""

    named: tuple[ModelId, ...]
    form: Format
    utc: bool
    check: bool


@takes_stack
def status(
    context: typer.Context,
    model: ModelsArgument = None,
    *,
    stack: StackOptions,
    form: FormatOption = Format.TABLE,
    utc: UtcOption = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 if a model is LATE, AT RISK, REFUSED or UNKNOWN.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Print it again and again, until Ctrl-C.")] = False,
    interval: Annotated[float, typer.Option(min=1, max=86_400, help="With --watch: seconds between two prints.")] = 5,
) -> None:
    """Print the state of each model, trouble first, or every fact about named models.

    Exit status 1 if a model is unreadable or unknown, or with --check if it is in trouble.
    """
    with report_errors():
        surroundings = Surroundings.of(context)
        store = surroundings.open(stack).store
        wish = _Wish(tuple(ModelId(name) for name in dict.fromkeys(model or ())), form, utc, check)
        if watch:
            _watch(surroundings, interval, lambda begin: _print(store, wish, surroundings.clock.now(), begin))
        elif not _print(store, wish, surroundings.clock.now()):
            raise typer.Exit(CHECK_FAILED)


def _print(store: Store, wish: _Wish, now: datetime, begin: Callable[[], None] | None = None) -> bool:
    """Print the verdict on the named models, or on all; return whether all are readable, known and as asked for."""
    found = read_statuses(store, wish.named, now) if wish.named else read_fleet(store, now)
    shown = judge_some(found, now, lambda: read_fleet(store, now)) if wish.named else judge_all(found, now)
    if begin is not None:
        begin()  # only now, so that the screen is never empty while it reads
    several = len({one.zone for one in shown}) > 1
    times = [PlantTime(now, None if wish.utc else one.zone, several) for one in shown]
    if wish.form is Format.JSON:
        for each in shown:
            typer.echo(json.dumps(status_views.fields(each)))
    elif wish.named:
        for each, time in zip(shown, times, strict=True):
            print_folded(status_views.full(each, time), status_views.INDENT)
    elif not shown:
        typer.echo("no plan yet; run `preheat apply FILE`")
    else:
        width = min(shutil.get_terminal_size().columns, WIDTH_MOST)
        typer.echo("\n".join(verdict_views.lines(shown, times, width, colour=verdict_views.is_coloured())))
    fails = wish.check and any(each.verdict is not None and each.verdict.fails for each in shown)
    return not fails and not any(each.status.problem for each in shown)


def _watch(surroundings: Surroundings, interval: float, print_once: Callable[[Callable[[], None]], bool]) -> None:
    """Print until Ctrl-C. If the store does not answer, print the error alone and ask again at the next print."""

    def begin() -> None:
        if sys.stdout.isatty():
            typer.echo(CLEAR, nl=False)
        typer.echo(f"{show.instant(surroundings.clock.now())}, every {interval:g} s until Ctrl-C", err=True)

    try:
        while True:
            try:
                print_once(begin)
            except StoreUnavailable as error:
                begin()
                print_lines([f"preheat: {error}"], err=True)
            surroundings.pause(interval)
    except KeyboardInterrupt:
        return
