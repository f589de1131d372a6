"""`preheat backend check`: hold a backend function to the contract, by one start and one stop of one model."""

import json
import time
from datetime import timedelta
from typing import Annotated, Any, Final

import typer

from preheat.domain.plan.plan import FUNCTION_ARN, MODEL_ID, PARAMETERS_MAX, UNITS_MAX, Idempotence
from preheat_cli.confirm import YesOption, require_confirmation
from preheat_cli.errors import CHECK_FAILED, CliError, report_errors
from preheat_cli.options.formats import Format, FormatOption

WITHIN_MAX: Final = 6 * 60  # minutes


def check(  # noqa: PLR0917 - one option each
    function: Annotated[
        str, typer.Argument(help="The function: its ARN, or a Python handler as MODULE:NAME or FILE.py:NAME.")
    ],
    parameters: Annotated[
        str, typer.Option("--parameters", help="The parameters of the model in the plant file, as JSON.")
    ] = "{}",
    model: Annotated[str, typer.Option("--model", help="The name of the model in the plant file.")] = "backend-check",
    units: Annotated[int, typer.Option("--units", min=1, max=UNITS_MAX, help="Units to start.")] = 1,
    idempotent_by: Annotated[
        Idempotence, typer.Option("--idempotent-by", help="The reason why a repeated start is one start.")
    ] = Idempotence.LEVEL,
    absent: Annotated[
        str | None, typer.Option("--absent", help="Parameters of something that does not exist, as JSON.")
    ] = None,
    health: Annotated[
        str | None, typer.Option("--health", help="A URL that answers with 2xx while the model serves, and only then.")
    ] = None,
    within: Annotated[
        int, typer.Option("--within", min=1, max=WITHIN_MAX, help="Minutes that a start, or a stop, may take.")
    ] = 45,
    poll: Annotated[float, typer.Option("--poll", min=0.0, max=60.0, help="Seconds between two looks.")] = 10.0,
    *,
    form: FormatOption = Format.TABLE,
    yes: YesOption = False,
) -> None:
    """Start and stop one model through your function, and print whether it keeps each promise of the contract.

    Each line is PASS, FAIL, or SKIP with the reason. It stops the model at the end, whatever happens. Exit status 1
    if the function breaks a promise.
    """
    with report_errors():
        from preheat_cli.backend.promises import Checked, PromiseOutcome, check_promises  # noqa: PLC0415 - keeps help fast
        from preheat_cli.views.backend import print_counts, print_found  # noqa: PLC0415 - as above

        if not MODEL_ID.fullmatch(model):
            raise CliError(f"preheat: the model {model[:63]!r} is not 1 to 63 of [a-z0-9-]")
        checked = Checked(
            _open(function),
            model,
            _read_parameters("--parameters", parameters),
            units,
            idempotent_by,
            timedelta(minutes=within),
            timedelta(seconds=poll),
            time.sleep,
            time.monotonic,
            None if absent is None else _read_parameters("--absent", absent),
            None if health is None else _open_health(health),
        )
        if not yes:
            question = f"Start {model} through {function}, and stop it again (at most {within} minutes each)?"
            require_confirmation(question, unchanged="preheat: no start")
        outcomes = []
        for found in check_promises(checked):
            print_found(found, form)
            outcomes.append(found.outcome)
        print_counts(outcomes, form)
        if PromiseOutcome.FAIL in outcomes:
            raise typer.Exit(CHECK_FAILED)


def _open(function: str) -> Any:
    """Return what invokes the function: one with an ARN in Lambda, any other in this process."""
    from preheat_cli.backend.invoking import DeployedFunction, LocalHandler, load_handler  # noqa: PLC0415 - as above

    named = FUNCTION_ARN.fullmatch(function)
    if named is None:
        if function.startswith("arn:"):
            raise CliError(f"preheat: {function!r} is not the ARN of a Lambda function")
        try:
            return LocalHandler(load_handler(function))
        except ValueError as error:
            raise CliError(f"preheat: {error}") from error
    from boto3 import Session  # noqa: PLC0415 - takes longer than the whole of a local check

    from preheat.adapters.hosting.calling import INVOKE_CONFIG  # noqa: PLC0415 - as above

    return DeployedFunction(Session().client("lambda", region_name=named["region"], config=INVOKE_CONFIG), function)


def _open_health(url: str) -> Any:
    """Return what asks the health check at a URL."""
    from preheat_cli.backend.health import HealthCheck  # noqa: PLC0415 - as above

    try:
        return HealthCheck(url)
    except ValueError as error:
        raise CliError(f"preheat: --health {error}") from error


def _read_parameters(option: str, text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CliError(f"preheat: {option} is not JSON: {error}") from error
    if not isinstance(given, dict) or len(text) > PARAMETERS_MAX:
        raise CliError(f"preheat: {option} takes a JSON object of at most {PARAMETERS_MAX:,} characters")
    return given
