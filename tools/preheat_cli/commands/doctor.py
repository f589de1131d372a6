"""`preheat doctor`: check a stack, its plan and its models against the account. Reads only."""

from pathlib import Path
from typing import Annotated

import typer

from preheat_cli.errors import CHECK_FAILED, describe_expected, report_errors
from preheat_cli.options.formats import Format, FormatOption
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.stack import Surroundings


@takes_stack
def doctor(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="The plant file. Default: the stored plan of the stack.", metavar="[FILE]")
    ] = None,
    *,
    stack: StackOptions,
    form: FormatOption = Format.TABLE,
) -> None:
    """Check a stack, its plan and its models, and print how to fix each fault. Changes nothing.

    Each line is PASS, WARN, FAIL, or SKIP with the reason. Exit status 1 if a check fails.
    """
    with report_errors():
        from preheat_cli.doctor.finding import CheckResult, Finding  # noqa: PLC0415 - keeps help fast
        from preheat_cli.doctor.gather import gather  # noqa: PLC0415 - loads the file's typed model
        from preheat_cli.doctor.judge import judge  # noqa: PLC0415 - as above
        from preheat_cli.views.doctor import print_findings  # noqa: PLC0415 - as above

        surroundings = Surroundings.of(context)
        try:
            opened = surroundings.open(stack)
        except Exception as error:
            meaning = describe_expected(error)
            if meaning is None:
                raise
            found = [
                Finding(
                    "stack",
                    stack.name or "local",
                    CheckResult.FAIL,
                    meaning,
                    "fix this first, then run this command again",
                )
            ]
        else:
            found = judge(gather(opened, file, surroundings.clock.now()))
        print_findings(found, form)
        if any(one.verdict is CheckResult.FAIL for one in found):
            raise typer.Exit(CHECK_FAILED)
