"""How a command sends a request: a message to the stack's request queue, then its reply from the store.

Owns the waiting and the output of a reply. Decides nothing: the function `requests` does.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self
from uuid import uuid4

import typer

from preheat.app.ports.store import Store
from preheat.app.requests.codes import Code
from preheat.app.requests.message import parse
from preheat.domain.demand.request import Kind, Reply, RequestId, Subject, Verb
from preheat.domain.plan.plan import ModelId
from preheat.domain.verdict.plant_time import PlantTime
from preheat_cli.choosing import Wanted, choose_request
from preheat_cli.confirm import require_confirmation
from preheat_cli.errors import CHECK_FAILED, CliError, report_errors
from preheat_cli.options.requests import NamedRequest
from preheat_cli.options.stack import StackOptions
from preheat_cli.options.wall_time import instant_after
from preheat_cli.planning import describe_unknown, find_zone
from preheat_cli.printing import print_lines
from preheat_cli.stack import Home, Surroundings
from preheat_cli.views import show

WAIT_AT_MOST: Final = timedelta(seconds=60)
CHECKS_EVERY: Final = 0.5  # seconds
STARTING: Final = (Verb.HOLD, Verb.START, Verb.SCHEDULE_PUT)  # what asks for a model to be ready


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """A person's input: the verb, the subject, times as text, and the fields to send unchanged."""

    verb: Verb
    model: str | None
    schedule: str | None
    request_id: str | None
    wait: bool
    fields: dict[str, Any] = field(default_factory=dict)
    begin: str | None = None
    until: str | None = None
    duration: str | None = None
    wanted: Wanted | None = None  # the hold or block that the request is about
    question: Callable[[Store, Subject, datetime], str] | None = None  # to ask before it sends
    complete: Callable[[Store, Subject, datetime], dict[str, Any]] | None = None  # fields that depend on the store

    @classmethod
    def about(cls, named: NamedRequest, verb: Verb, *kinds: Kind) -> Self:
        """Return a request about the named hold or block, of one of `kinds`."""
        wanted, fields = Wanted(named.of, kinds, named.anyway), {"reason": named.reason}
        return cls(verb, named.model, named.schedule, named.request_id, named.wait, fields, wanted=wanted)

    @property
    def subject(self) -> Subject:
        """The model or the schedule.

        Raises:
            CliError: neither is named, or both are.
        """
        if (self.model is None) == (self.schedule is None):
            raise CliError("preheat: name either a model, or a schedule with --schedule")
        return Subject(ModelId(self.model) if self.model is not None else None, self.schedule)


def send_request(context: typer.Context, stack: StackOptions, options: RequestOptions) -> None:
    """Send a request, wait for its reply and print it. A refusal exits with status 1, a wrong request with 2."""
    with report_errors():
        surroundings, subject = Surroundings.of(context), options.subject
        opened = surroundings.open(stack)
        store = opened.store
        request_id = RequestId(options.request_id or f"cli-{uuid4().hex}")
        if options.request_id is not None and (before := store.find_reply(request_id)) is not None:
            if not _is_reply_to(before, options):
                raise CliError(f"preheat: another request has the id {request_id}; use a new id", status=CHECK_FAILED)
            _print_reply(before, opened.home, _find_reader(surroundings, store, subject))  # An id has only one reply.
            return
        if options.wanted is None and (unknown := describe_unknown(store, subject)) is not None:
            # A rejected request raises an alarm. A model that left the plan may still have a hold to release.
            raise CliError(f"preheat: {unknown}", "no request sent", status=CHECK_FAILED)
        message = _build_message(surroundings, store, options, request_id)
        if options.question is not None:
            question = options.question(store, subject, surroundings.clock.now())
            require_confirmation(question, unchanged="no request sent")
        opened.send_request(json.dumps(message))
        if options.wait:
            reply = _wait_for_reply(surroundings, store, request_id)
            _print_reply(reply, opened.home, _find_reader(surroundings, store, subject))
        else:
            typer.echo(f"sent: {options.verb}\nrequest id: {request_id}")


def _is_reply_to(reply: Reply, options: RequestOptions) -> bool:
    """Return whether a reply belongs to a person's request, which may name a hold by the start of its id."""
    typed = options.wanted.typed if options.wanted is not None else None
    same = (reply.verb, reply.subject) == (options.verb, options.subject)
    return same and (reply.of or "").startswith(typed or "")


def _build_message(
    surroundings: Surroundings, store: Store, options: RequestOptions, request_id: RequestId
) -> dict[str, Any]:
    """Return the message.

    Raises:
        CliError: the function would refuse it; each problem is a line, and nothing is sent.
    """
    subject, fields, after = options.subject, dict(options.fields), surroundings.clock.now()
    for option, name, text in (("--from", "from", options.begin), ("--until", "until", options.until)):
        if text is not None:
            after = instant_after(option, text, after, store, subject)
            fields[name] = after.isoformat()
    fields |= {"duration": options.duration, "model": subject.model_id, "schedule": subject.schedule}
    if options.complete is not None:
        fields |= options.complete(store, subject, after)
    if options.wanted is not None:
        fields["of"] = choose_request(store, subject, options.wanted, surroundings.clock.now())
    given = {name: value for name, value in fields.items() if value is not None}
    message = {"version": 1, "request_id": request_id, "verb": str(options.verb), **given}
    problems = parse(message).problems
    if problems:
        raise CliError(*(f"preheat: {problem}" for problem in problems))
    return message


def _wait_for_reply(surroundings: Surroundings, store: Store, request_id: RequestId) -> Reply:
    until = surroundings.clock.now() + WAIT_AT_MOST
    while (reply := store.find_reply(request_id)) is None:
        if surroundings.clock.now() >= until:
            raise CliError(
                f"preheat: no reply within {WAIT_AT_MOST.seconds} s; it may still come",
                f"run the same command again with --id {request_id} to see it",
                status=CHECK_FAILED,
            )
        surroundings.pause(CHECKS_EVERY)
    return reply


def _find_reader(surroundings: Surroundings, store: Store, subject: Subject) -> PlantTime:
    return PlantTime(surroundings.clock.now(), find_zone(store, subject))


def _print_reply(reply: Reply, home: Home, time: PlantTime) -> None:
    code = reply.code if reply.accepted else f"refused, {reply.code}"
    print_lines([f"{code}: {reply.reason}", f"request id: {reply.request_id}"])
    if reply.ready_at is not None and reply.verb in (*STARTING, Verb.EXTEND, Verb.UNBLOCK):
        typer.echo(f"ready at: {show.in_plant(reply.ready_at, time)}")
        if reply.code == Code.ENDS_BEFORE_READY and reply.until is not None:
            ends = f"it ends at {show.in_plant(reply.until, time)}, before the model can be ready"
            typer.echo(f"warning: {ends}; use `preheat extend`, or --ready-for instead of --for", err=True)
    if reply.accepted and reply.verb in STARTING and home.mode not in ("act", ""):
        typer.echo(f"warning: the stack is in mode {home.mode}: Preheat starts no model", err=True)
    if not reply.accepted:
        raise typer.Exit(CHECK_FAILED)
