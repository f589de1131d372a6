"""How a command asks: the message through the stack's request queue, and its reply out of the store.

Owns the waiting and what is told of a reply. Decides nothing: the function `requests` does.
"""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import typer

from preheat.app.ports.store import Store
from preheat.app.requests.message import parse
from preheat.domain.demand.request import Reply, RequestId, Subject, Verb
from preheat.domain.plan.plan import ModelId
from preheat_cli.errors import NO, CliError, told
from preheat_cli.options.wall_time import instant_after
from preheat_cli.stack import Surroundings
from preheat_cli.views import show

WAITS_AT_MOST: Final = timedelta(seconds=60)
LOOKS_EVERY: Final = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed: what is asked for of whom, its times as text, and the fields that go as they are."""

    verb: Verb
    model: str | None
    schedule: str | None
    request_id: str | None
    wait: bool
    fields: dict[str, Any] = field(default_factory=dict)
    begin: str | None = None
    until: str | None = None
    duration: str | None = None

    @property
    def subject(self) -> Subject:
        """What it is about.

        Raises:
            CliError: neither a model nor a schedule is named, or both are.
        """
        if (self.model is None) == (self.schedule is None):
            raise CliError("preheat: name a model, or a schedule with --schedule, and not both")
        return Subject(ModelId(self.model) if self.model is not None else None, self.schedule)


def ask(context: typer.Context, stack: str | None, asked: Asked) -> None:
    """Send a request, wait for its reply and tell it; a refusal ends the command with status 1, a wrong one with 2."""
    with told():
        surroundings, subject = Surroundings.of(context), asked.subject
        store = surroundings.open_store(stack)
        request_id = RequestId(asked.request_id or f"cli-{uuid4().hex}")
        message = _message(surroundings, store, asked, request_id)
        if asked.request_id is not None and (before := store.reply(request_id)) is not None:
            if (before.verb, before.subject, before.of) != (asked.verb, subject, message.get("of")):
                raise CliError(f"preheat: another request has the id {request_id}: choose a new one", status=NO)
            _tell(before)  # It was asked before, and is answered the same for ever.
            return
        surroundings.open_requests(stack)(json.dumps(message))
        if asked.wait:
            _tell(_reply(surroundings, store, request_id))
        else:
            typer.echo(f"sent: {asked.verb}\nrequest id: {request_id}")


def _message(surroundings: Surroundings, store: Store, asked: Asked, request_id: RequestId) -> dict[str, Any]:
    """Return the message.

    Raises:
        CliError: the function would refuse it; every problem is told, and nothing is sent.
    """
    subject, fields, after = asked.subject, dict(asked.fields), surroundings.clock.now()
    for option, name, text in (("--from", "from", asked.begin), ("--until", "until", asked.until)):
        if text is not None:
            after = instant_after(option, text, after, store, subject)
            fields[name] = after.isoformat()
    fields |= {"duration": asked.duration, "model": subject.model_id, "schedule": subject.schedule}
    given = {name: value for name, value in fields.items() if value is not None}
    message = {"version": 1, "request_id": request_id, "verb": str(asked.verb), **given}
    problems = parse(message).problems
    if problems:
        raise CliError(*(f"preheat: {problem}" for problem in problems))
    return message


def _reply(surroundings: Surroundings, store: Store, request_id: RequestId) -> Reply:
    until = surroundings.clock.now() + WAITS_AT_MOST
    while (reply := store.reply(request_id)) is None:
        if surroundings.clock.now() >= until:
            raise CliError(
                f"preheat: no reply in {WAITS_AT_MOST.seconds} s; it may still come: ask again with --id {request_id}",
                status=NO,
            )
        surroundings.pause(LOOKS_EVERY)
    return reply


def _tell(reply: Reply) -> None:
    typer.echo(f"{reply.code if reply.accepted else f'refused, {reply.code}'}: {reply.reason}")
    typer.echo(f"request id: {reply.request_id}")
    if reply.ready_at is not None and reply.verb in (Verb.HOLD, Verb.EXTEND, Verb.UNBLOCK):
        typer.echo(f"ready at: {show.instant(reply.ready_at)}")
    if not reply.accepted:
        raise typer.Exit(NO)
