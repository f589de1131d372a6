"""`preheat up`: start the local AWS of this checkout. `preheat_local` does the work."""

from typing import Annotated

import typer

from preheat_cli.errors import reported_errors


def up(
    port: Annotated[int | None, typer.Option(help="Port of the AWS services; 0 takes a free one.")] = None,
    simulator_port: Annotated[int | None, typer.Option(help="Port of the simulator; 0 takes a free one.")] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[SERVICE:]PROJECT/VERSION", help="A trained model that the simulator begins with; repeatable."
        ),
    ] = None,
    start_latency: Annotated[
        str, typer.Option(help="How long a start takes: seconds, or as `preheat simulator` has it.")
    ] = "900",
    stop_latency: Annotated[str, typer.Option(help="As --start-latency.")] = "120",
) -> None:
    """Bring up the local AWS: every service on loopback, the simulator, and the real template deployed onto them."""
    with reported_errors():
        import preheat_local as local  # noqa: PLC0415 - loads boto3

        arguments = ["--start-latency", start_latency, "--stop-latency", stop_latency]
        for each in model or ():
            arguments += ["--model", each]
        local.up(port=port, simulator_port=simulator_port, simulator_arguments=arguments)
