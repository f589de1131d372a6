"""`preheat remove-all`: stop every model and remove it from the plan, before you delete the stack."""

from collections.abc import Iterator
from typing import Annotated

import typer

from preheat_cli.confirm import require_name
from preheat_cli.errors import CHECK_FAILED, CliError, report_errors
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.planning import read_stored_plan
from preheat_cli.printing import print_lines
from preheat_cli.removing import find_running, remove_all
from preheat_cli.stack import Home, Stack, Surroundings
from preheat_cli.views import show

TABLES = ("ModelsTable", "LedgerTable", "PlansTable")  # outputs of the stack


@takes_stack
def remove_all_models(
    context: typer.Context,
    *,
    stack: StackOptions,
    confirm: Annotated[
        str | None, typer.Option("--confirm", metavar="STACK", help="The name of the stack, instead of the question.")
    ] = None,
) -> None:
    """Stop every model and remove it from the plan, and wait until each has stopped.

    Then you can delete the stack. The command prints how, and what stays.
    """
    with report_errors():
        surroundings = Surroundings.of(context)
        opened = surroundings.open(stack)
        plan = read_stored_plan(opened.store)
        names = sorted({*plan.models, *plan.unreadable, *opened.store.list_former_models()})
        running = find_running(opened.store, names)
        if running and opened.home.mode not in ("act", ""):
            raise CliError(
                f"preheat: the stack is in mode {opened.home.mode}, so Preheat stops no model",
                "no change applied; deploy the stack with Mode=act first",
            )
        print_lines([f"{show.count(len(names), 'model')}, of which {len(running)} may be running"])
        print_lines(f"  {one.model_id}" for one in running)
        question = f"Stop all of them and remove them from {opened.home.place}?"
        require_name(opened.home.stack_name, question, typed=confirm, unchanged="no change applied")
        removed = remove_all(surroundings, opened, plan, lambda line: print_lines([line], err=True))
        if removed.running:
            for name, lines in removed.running.items():
                print_lines([f"{name}: not seen stopped. {lines[0]}", *(f"    {line}" for line in lines[1:])])
            raise CliError(
                f"preheat: {show.count(len(removed.running), 'model')} of {removed.models} may still be running",
                "do not delete the stack yet; run the command again to continue",
                status=CHECK_FAILED,
            )
        print_lines([f"{show.count(removed.models, 'model')}: Preheat has seen each one stopped"])
        print_lines(_describe_deletion(opened))


def _describe_deletion(opened: Stack) -> Iterator[str]:
    """Yield how to delete the stack, and what stays."""
    home = opened.home
    if home.endpoint_url:
        yield "Delete the local AWS with `preheat down`; nothing stays."
        return
    yield "Delete the stack:"
    yield f"    sam delete --stack-name {home.stack_name} --region {home.region}"
    yield "The three tables stay, with the history of your models. To delete them too:"
    for name in _find_tables(opened):
        table = f"--table-name {name} --region {home.region}"
        yield f"    aws dynamodb update-table {table} --no-deletion-protection-enabled"
        yield f"    aws dynamodb delete-table {table}"
    yield from _describe_rest(home)


def _describe_rest(home: Home) -> Iterator[str]:
    yield "The stack deletes its log groups. Endpoint configs and the models themselves are yours."
    for role in home.member_roles:
        yield f"In its account, delete the stack of the role {role}."


def _find_tables(opened: Stack) -> list[str]:
    outputs = {each["OutputKey"]: each["OutputValue"] for each in opened.described.get("Outputs", [])}
    return [outputs.get(name, name) for name in TABLES]
