"""The commands that ask for something: hold, release, block, unblock, extend, stop-now. Each is one request message.

Owns what is typed; the message and its reply are `asking`'s affair.
"""

from typing import Annotated

import typer

from preheat.domain.demand.request import Verb
from preheat_cli.asking import Asked, ask
from preheat_cli.errors import CliError, told
from preheat_cli.stack import StackName

Model = Annotated[str | None, typer.Argument(help="The model's name.", metavar="MODEL", show_default=False)]
Schedule = Annotated[
    str | None, typer.Option("--schedule", metavar="NAME", help="In place of a model: all that have this schedule.")
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="T", help="Its end: 20:00, local time of the schedule, or an instant.")
]
For = Annotated[str | None, typer.Option("--for", metavar="D", help="In place of --until: 90s, 45m, 1h30m.")]
From = Annotated[str | None, typer.Option("--from", metavar="T", help="Its begin, as --until. Absent: now.")]
Priority = Annotated[int | None, typer.Option("--priority", help="0 to 100; 50 if absent.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why, for people to read.")]
Hard = Annotated[bool, typer.Option("--hard", help="Do not even start it inside the block.")]
Id = Annotated[str | None, typer.Option("--id", help="The request id; drawn if absent.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait for the reply.")]


def hold(
    context: typer.Context,
    model: Model = None,
    stack: StackName = None,
    schedule: Schedule = None,
    *,
    until: Until = None,
    duration: For = None,
    begin: From = None,
    units: Annotated[int | None, typer.Option("--units", help="At least as many inference units.")] = None,
    priority: Priority = None,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
) -> None:
    """Keep a model ready, from now or --from, until --until or --for a while."""
    fields = {"units": units, "priority": priority, "reason": reason}
    ask(context, stack, Asked(Verb.HOLD, model, schedule, request_id, not no_wait, fields, begin, until, duration))


def block(
    context: typer.Context,
    model: Model = None,
    stack: StackName = None,
    schedule: Schedule = None,
    *,
    until: Until = None,
    duration: For = None,
    begin: From = None,
    priority: Priority = None,
    hard: Hard = False,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
) -> None:
    """Keep a model from being hosted: the line is down, or under repair."""
    fields = {"priority": priority, "hard": hard or None, "reason": reason}
    ask(context, stack, Asked(Verb.BLOCK, model, schedule, request_id, not no_wait, fields, begin, until, duration))


def stop_now(
    context: typer.Context,
    model: Model = None,
    stack: StackName = None,
    schedule: Schedule = None,
    *,
    priority: Priority = None,
    hard: Hard = False,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
) -> None:
    """Block a model until the end of its current demand."""
    fields = {"priority": priority, "hard": hard or None, "reason": reason}
    ask(context, stack, Asked(Verb.STOP_NOW, model, schedule, request_id, not no_wait, fields))


def release(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="[MODEL] REQUEST_ID", help="The model, and the hold's id.")],
    stack: StackName = None,
    schedule: Schedule = None,
    *,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
) -> None:
    """End a hold now."""
    model, of = _named(names, schedule)
    fields = {"of": of, "reason": reason}
    ask(context, stack, Asked(Verb.RELEASE, model, schedule, request_id, not no_wait, fields))


def unblock(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="[MODEL] REQUEST_ID", help="The model, and the block's id.")],
    stack: StackName = None,
    schedule: Schedule = None,
    *,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
) -> None:
    """Lift a block now."""
    model, of = _named(names, schedule)
    fields = {"of": of, "reason": reason}
    ask(context, stack, Asked(Verb.UNBLOCK, model, schedule, request_id, not no_wait, fields))


def extend(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="[MODEL] REQUEST_ID", help="The model, and the hold's id.")],
    stack: StackName = None,
    schedule: Schedule = None,
    *,
    until: Until = None,
    duration: For = None,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
) -> None:
    """Let a hold or block end later: --until a time, or --for a while more."""
    model, of = _named(names, schedule)
    fields = {"of": of, "reason": reason}
    asked = Asked(Verb.EXTEND, model, schedule, request_id, not no_wait, fields, until=until, duration=duration)
    ask(context, stack, asked)


def _named(names: list[str], schedule: str | None) -> tuple[str | None, str]:
    """Return the model and the request id that were typed: `MODEL REQUEST_ID`, or after a schedule the id alone."""
    with told():
        if len(names) != (1 if schedule is not None else 2):
            wanted = "REQUEST_ID after --schedule NAME" if schedule is not None else "MODEL REQUEST_ID"
            raise CliError(f"preheat: {' '.join(names)!r} given; accepted: {wanted}")
    return (names[0] if schedule is None else None), names[-1]
