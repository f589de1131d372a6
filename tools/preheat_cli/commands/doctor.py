"""`preheat doctor`: check a stack, its plan and its models against the account. Reads only, but for `--live`."""

from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from preheat.domain.demand.request import RequestId
from preheat.domain.plan.plan import ModelId
from preheat_cli.confirm import YesOption, require_confirmation
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
    live: Annotated[
        str | None,
        typer.Option(
            "--live", help="Start this model, wait until it is ready, and stop it. Asks first.", metavar="MODEL"
        ),
    ] = None,
    minutes: Annotated[
        int | None,
        typer.Option("--minutes", min=10, max=120, help="With --live: how long it may run. Default: lead + 15."),
    ] = None,
    yes: YesOption = False,
) -> None:
    """Check a stack, its plan and its models, and print how to fix each fault. Changes nothing.

    Each line is PASS, WARN, FAIL, or SKIP with the reason. Exit status 1 if a check fails. With --live it starts and
    stops one model instead, and prints what this shows about the services.
    """
    if live is not None:
        _run_live(context, stack, ModelId(live), minutes, form, yes=yes)
        return
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


def _run_live(
    context: typer.Context, stack: StackOptions, model_id: ModelId, minutes: int | None, form: Format, *, yes: bool
) -> None:
    """Start and stop one model under supervision; exit status 1 unless it was ready and has stopped."""
    with report_errors():
        from preheat_cli.doctor.live import plan_live, run_live  # noqa: PLC0415 - keeps help fast
        from preheat_cli.doctor.live_answers import answer_all  # noqa: PLC0415 - as above
        from preheat_cli.doctor.live_stage import gather_live, make_stage  # noqa: PLC0415 - as above
        from preheat_cli.views.doctor import print_live, say_live  # noqa: PLC0415 - as above

        surroundings = Surroundings.of(context)
        opened = surroundings.open(stack)
        test = plan_live(opened.store, model_id, opened.home.mode, surroundings.clock.now(), minutes)
        if not yes:
            require_confirmation(test.question, unchanged="nothing started")
        run = run_live(test, make_stage(opened, surroundings, say_live), RequestId(f"live-{uuid4().hex}"))
        facts = gather_live(opened, run, test.model.target.backend, surroundings.clock.now())
        print_live(run, answer_all(facts), form)
        if not (run.ready and run.stopped):
            raise typer.Exit(CHECK_FAILED)
