"""`preheat simulator`: serve the simulated hosting services. `preheat_simulator` does the work."""

from typing import Annotated

import typer

from preheat_cli.errors import CliError, report_errors
from preheat_cli.options.switches import Switch


def simulator(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 uses a free port.")] = 4700,
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[SERVICE:]PROJECT/VERSION",
            help="A trained model; repeatable. SERVICE: rekognition, sagemaker or lookoutvision.",
        ),
    ] = None,
    start_latency: Annotated[
        str, typer.Option(help="How long a start takes: seconds, uniform:600-1200 or lognormal:median=900,sigma=0.25.")
    ] = "900",
    stop_latency: Annotated[str, typer.Option(help="How long a stop takes, like --start-latency.")] = "120",
    switch: Switch = None,
    scale: Annotated[
        float, typer.Option(min=0, help="Run time N times as fast. 0: time moves only through the time control.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of random latencies and faults.")] = 1,
    events_to: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A local AWS. Its event bus receives an event for each manual start and stop, as from CloudTrail.",
        ),
    ] = None,
) -> None:
    """Serve the simulated hosting services on 127.0.0.1 until Ctrl-C. The controls are under /_simulator/."""
    with report_errors():
        from preheat_simulator.http.serve import run  # noqa: PLC0415 - loads the web server

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
