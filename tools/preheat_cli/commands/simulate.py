"""`preheat simulate`: run the functions in a virtual plant, or replay recorded starts with other lead rules.

Owns its options only; `preheat_lab.simulation` and `preheat_cli.replay` do the work.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from preheat.domain.calendar.windows import Window
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend
from preheat.domain.record.record import LedgerEntry
from preheat_cli.errors import CHECK_FAILED, CliError, report_errors
from preheat_cli.options.formats import Format
from preheat_cli.options.given import is_given
from preheat_cli.options.models import ModelsArgument
from preheat_cli.options.switches import Switch
from preheat_cli.printing import print_lines
from preheat_cli.progress import show_progress

if TYPE_CHECKING:
    from preheat_cli.replay import Comparison

OF_A_PLANT: Final = ("file", "seed", "models", "days", "service", "switch", "faults", "timeline")


def simulate(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Simulate the models of this plant file. All of them act.")
    ] = None,
    model: ModelsArgument = None,
    *,
    seed: Annotated[int, typer.Option(help="Seed of the plant, its latencies and its faults.")] = 1,
    models: Annotated[int, typer.Option(min=1, max=1000, help="Number of models, without FILE.")] = 20,
    days: Annotated[int, typer.Option(min=1, max=400, help="Number of days.")] = 30,
    service: Annotated[
        Backend, typer.Option(help="The hosting service of every model, without FILE.")
    ] = Backend.LOOKOUT_VISION,
    switch: Switch = None,
    faults: Annotated[str, typer.Option(help="Faults to inject: none or all.")] = "none",
    requests: Annotated[
        int | None,
        typer.Option(
            min=0, help="Number of requests from others. Default: with faults, one per model every fourth day."
        ),
    ] = None,
    timeline: Annotated[bool, typer.Option(help="Print each ledger entry when it appears.")] = True,
    replay: Annotated[
        Path | None,
        typer.Option(
            metavar="LEDGER_EXPORT",
            help="Replay recorded starts instead: an export of `preheat history MODEL --format json`.",
        ),
    ] = None,
    lead_rule: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE",
            help="With --replay: learned, learned:late_target=0.02,lead_floor=5m,lead_cap=1h,default_lead=45m,"
            " pinned:45m or mean+2sd; repeatable. Default: some of each.",
        ),
    ] = None,
    tariffs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --replay: a plant file with tariffs. Default: 4 USD.")
    ] = None,
    late_cost: Annotated[
        float | None,
        typer.Option(
            min=0, max=1_000_000, help="With --replay: the cost of a late minute, in the currency of the tariffs."
        ),
    ] = None,
    form: Annotated[
        Format | None, typer.Option("--format", help="With --replay: print a table, or one JSON object per line.")
    ] = None,
    chart: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --replay: write a chart of late share against idle time, as SVG."),
    ] = None,
) -> None:
    """Simulate a virtual plant or a plant file, and print a summary. Exit status 1 if a promise is broken.

    With --replay: compare lead rules on recorded starts.
    """
    with report_errors():
        if replay is not None:
            _refuse(context, OF_A_PLANT, "does not work with --replay")
            from preheat_cli.replay import compare  # noqa: PLC0415 - keeps help fast

            compare(_comparison(replay, lead_rule, tariffs, late_cost, chart), form or Format.TABLE)
            return
        of_replay = {"--lead-rule": lead_rule, "--tariffs": tariffs, "--late-cost": late_cost}
        for option, given in {**of_replay, "--format": form, "--chart": chart}.items():
            if given is not None:
                raise CliError(f"preheat simulate: {option} works only with --replay")
        from preheat_lab.simulation import (  # noqa: PLC0415 - loads the simulator
            count_default_requests,
            simulate,
            simulate_plan,
        )
        from preheat_lab.simulation.faults import MIXES  # noqa: PLC0415 - as above
        from preheat_simulator.http.options import Options  # noqa: PLC0415 - as above

        if faults not in MIXES:
            raise CliError(f"preheat simulate: --faults {faults!r} is unknown; accepted: {', '.join(MIXES)}")
        try:
            switches = Options.read(switches=switch or ()).switches
        except ValueError as error:
            raise CliError(f"preheat simulate: {error}") from error
        with _follow(timeline=timeline) as tell:
            if file is not None:
                _refuse(context, ("models", "service"), "does not work with a plant file")
                plan = _read_plan(file, model, days)
                found = simulate_plan(
                    seed, plan, days, switches=switches, faults=faults, requests=requests, on_entry=tell
                )
                outcomes = {f"{backend}: ": outcome for backend, outcome in found.items()}
            else:
                asked = count_default_requests(faults, models, days) if requests is None else requests
                run = partial(simulate, switches=switches, faults=faults, requests=asked, on_entry=tell)
                outcomes = {"": run(seed, models, days, backend=service)}
        for name, outcome in outcomes.items():
            print_lines([*(f"broken: {violation}" for violation in outcome.violations), name + outcome.summary()])
        if any(outcome.violations for outcome in outcomes.values()):
            raise typer.Exit(CHECK_FAILED)


@contextmanager
def _follow(*, timeline: bool) -> Iterator[Callable[[LedgerEntry], None]]:
    """Return what gets each ledger entry: it prints the entry, or only the day as progress."""
    from preheat_cli.views.show import entry_line  # noqa: PLC0415 - only this command needs it

    if timeline:
        yield lambda entry: print_lines([entry_line(entry)])
        return
    with show_progress("simulating") as progress:
        yield lambda entry: progress.note(f"simulating {entry.at:%Y-%m-%d}")


def _read_plan(file: Path, names: Sequence[str] | None, days: int) -> Sequence[HostedModel]:
    from preheat_cli.planning import compile_models, read_plant_file, select_models  # noqa: PLC0415 - keeps help fast
    from preheat_lab.simulation import BEGINS_AT  # noqa: PLC0415 - as above

    span = Window(BEGINS_AT, BEGINS_AT + timedelta(days=days))
    return select_models(compile_models(read_plant_file(file), span, now=BEGINS_AT), names)


def _refuse(context: typer.Context, names: Sequence[str], why: str) -> None:
    """Refuse options that somebody gave and that have no effect here."""
    for name in names:
        if is_given(context, name):
            raise CliError(f"preheat simulate: {'FILE' if name == 'file' else f'--{name}'} {why}")


def _comparison(
    export: Path, rules: list[str] | None, tariffs: Path | None, late_cost: float | None, chart: Path | None
) -> "Comparison":
    from preheat_cli.planning import read_plant_file  # noqa: PLC0415 - as above
    from preheat_cli.replay import Comparison  # noqa: PLC0415 - keeps help fast
    from preheat_plantfile.compiling.terms import DEFAULT, terms_of  # noqa: PLC0415 - as above

    terms = terms_of(read_plant_file(tariffs)) if tariffs is not None else DEFAULT
    return Comparison(export, rules or (), terms, late_cost or 0.0, chart)
