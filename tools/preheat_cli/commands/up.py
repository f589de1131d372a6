"""`preheat up`: start the local AWS of this checkout. `preheat_local` does the work."""

from typing import Annotated

import typer

from preheat.domain.plan.plan import Backend
from preheat_cli import last_stack
from preheat_cli.errors import CliError, report_errors
from preheat_cli.options.given import is_given
from preheat_cli.options.stack import LOCAL
from preheat_cli.progress import show_progress


def up(
    context: typer.Context,
    *,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the AWS services; 0 uses a free port.")
    ] = None,
    simulator_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the simulator; 0 uses a free port.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[SERVICE:]PROJECT/VERSION",
            help="A trained model in the simulator; repeatable. SERVICE: rekognition, sagemaker or lookoutvision.",
        ),
    ] = None,
    start_latency: Annotated[
        str, typer.Option(help="How long a start takes: seconds, or a distribution as in `preheat simulator`.")
    ] = "900",
    stop_latency: Annotated[str, typer.Option(help="How long a stop takes, like --start-latency.")] = "120",
) -> None:
    """Start the local AWS: the AWS services and the simulator on 127.0.0.1, with the real template deployed."""
    with report_errors():
        import preheat_local as local  # noqa: PLC0415 - loads boto3
        from preheat_simulator.http.options import read_model  # noqa: PLC0415 - needed only here

        arguments = ["--start-latency", start_latency, "--stop-latency", stop_latency]
        for each in model or ():
            arguments += ["--model", each]
        try:
            models = [read_model(each) for each in model or ()]
        except ValueError as error:
            raise CliError(f"preheat: --model: {error}") from error
        # The roles reach an endpoint config by its name too.
        configs = [version for service, _, version in models if service is Backend.SAGEMAKER]
        prefix = local.find_project_prefix([*(project for _, project, _ in models), *configs])
        with show_progress("starting the local AWS") as progress:
            local.up(
                port=port,
                simulator_port=simulator_port,
                simulator_arguments=arguments,
                parameters={"ProjectPrefix": prefix},
                chosen=any(is_given(context, name) for name in context.params),
                say=progress.say,
            )
        last_stack.remember(LOCAL)  # the next command without --stack means this one
