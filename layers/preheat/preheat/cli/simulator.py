"""The commands `simulator` and `simulate`: the hosting services, as a server and inside a virtual plant.

Owns their options only; `preheat.simulator` and `preheat.simulation` do the work.
"""

from typing import Annotated

import typer

from preheat.cli.errors import NO, CliError, told
from preheat.domain.plan import Backend

Switch = Annotated[
    list[str] | None,
    typer.Option("--switch", metavar="NAME=VALUE", help="Behaviour where the service is undocumented; repeatable."),
]


def simulator(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 4700,
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="[SERVICE:]PROJECT/VERSION", help="A trained model to begin with; repeatable."),
    ] = None,
    start_latency: Annotated[
        str, typer.Option(help="Seconds, uniform:600-1200 or lognormal:median=900,sigma=0.25.")
    ] = "900",
    stop_latency: Annotated[str, typer.Option(help="As --start-latency.")] = "120",
    switch: Switch = None,
    scale: Annotated[float, typer.Option(min=0, help="Run time N times as fast; 0: only by the time control.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Of drawn latencies and faults.")] = 1,
    events_to: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="A local AWS whose event bus is told what people start and stop, as CloudTrail would."
        ),
    ] = None,
) -> None:
    """Serve the pretend hosting services on 127.0.0.1 until Ctrl-C; the controls are under /_simulator/."""
    with told():
        from preheat.simulator.serve import run  # noqa: PLC0415 - loads the web server

        try:
            run(
                port,
                models=model or (),
                start_latency=start_latency,
                stop_latency=stop_latency,
                switches=switch or (),
                scale=scale,
                seed=seed,
                events_to=events_to,
            )
        except ValueError as error:
            raise CliError(f"preheat simulator: {error}") from error


def simulate(
    *,
    seed: Annotated[int, typer.Option(help="One seed is one plant with its latencies and faults.")] = 1,
    models: Annotated[int, typer.Option(min=1, max=1000, help="How many models.")] = 20,
    days: Annotated[int, typer.Option(min=1, max=400, help="How many days.")] = 30,
    service: Annotated[
        Backend, typer.Option(help="The hosting service of every model; slower on those without a core of their own.")
    ] = Backend.LOOKOUT_VISION,
    switch: Switch = None,
    faults: Annotated[str, typer.Option(help="What goes wrong: none or all.")] = "none",
    requests: Annotated[
        int | None,
        typer.Option(min=0, help="How often others ask; if absent, every fourth day about each model, with faults."),
    ] = None,
    timeline: Annotated[bool, typer.Option(help="Print each ledger entry as it is written.")] = True,
) -> None:
    """Run the functions' handlers in a virtual plant; print timeline and summary; status 1 on a broken promise."""
    with told():
        from preheat.cli.show import entry_line  # noqa: PLC0415 - only this command needs it
        from preheat.simulation import asked_by_default, run  # noqa: PLC0415 - loads the simulator
        from preheat.simulation.faults import MIXES  # noqa: PLC0415 - as above
        from preheat.simulator.options import Options  # noqa: PLC0415 - as above

        if faults not in MIXES:
            raise CliError(f"preheat simulate: --faults {faults!r} is unknown; accepted: {', '.join(MIXES)}")
        try:
            switches = Options.read(switches=switch or ()).switches
        except ValueError as error:
            raise CliError(f"preheat simulate: {error}") from error
        outcome = run(
            seed,
            models,
            days,
            switches=switches,
            faults=faults,
            backend=service,
            requests=asked_by_default(faults, models, days) if requests is None else requests,
            told=(lambda entry: print(entry_line(entry))) if timeline else None,
        )
        for violation in outcome.violations:
            print(f"broken: {violation}")
        print(outcome.summary())
        if outcome.violations:
            raise typer.Exit(NO)
