"""`preheat stop`: stop a model, even if somebody else started it, and block it until its current demand ends."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

import typer

from preheat.app.ports.store import Store
from preheat.domain.demand.demand import look_ahead
from preheat.domain.demand.request import DEFAULT_PRIORITY, Kind, Subject, Verb
from preheat.domain.lead.lead_in_force import find_next_lead, fix_lead, is_served
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.record.record import ModelRecord, Phase
from preheat.domain.verdict.plant_time import PlantTime
from preheat.domain.verdict.remedies import find_stop_command
from preheat_cli.ahead import active_requests, read_requests
from preheat_cli.confirm import YesOption
from preheat_cli.options.requests import Hard, Id, Model, NoWait, Priority, Reason, Schedule
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.planning import models_of
from preheat_cli.requesting import RequestOptions, send_request
from preheat_cli.views import show


@takes_stack
def stop(
    context: typer.Context,
    model: Model = None,
    schedule: Schedule = None,
    *,
    stack: StackOptions,
    priority: Priority = None,
    hard: Hard = False,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
    yes: YesOption = False,
) -> None:
    """Stop a model now, even if somebody else started it, and block it until its current demand ends.

    Asks first, and names what it ends. Without a demand, the block lasts an hour at most.
    """
    fields = {"priority": priority, "hard": hard or None, "reason": reason}
    against = DEFAULT_PRIORITY if priority is None else priority
    question = None if yes else partial(describe_stop, priority=against)
    options = RequestOptions(Verb.STOP, model, schedule, request_id, not no_wait, fields, question=question)
    send_request(context, stack, options)


def describe_stop(store: Store, subject: Subject, now: datetime, *, priority: int) -> str:
    """Return the question: which models stop, which demands and holds end, and how long a new start takes."""
    lines: list[str] = []
    for model in models_of(store, subject):
        lines += _describe_model(store, model, now, priority)
    return "\n".join([*lines, f"Stop {subject.model_id or f'every model with schedule {subject.schedule}'} now?"])


def _describe_model(store: Store, model: HostedModel, now: datetime, priority: int) -> Iterator[str]:
    record, requests = store.load(model.model_id), read_requests(store, model, now)
    lead = find_next_lead(model, record)
    yield f"{model.model_id}: a new start takes about {show.duration(lead.span)}"
    yield from _describe_stranger(model, record)
    in_force = fix_lead(model, record, now, tuple(requests))
    current = look_ahead(in_force, now, requests, served=is_served(record)).current
    if current is not None:
        yield f"  ends its demand until {show.in_plant(current.end, PlantTime(now, model.zone))} ({current.schedule})"
    for one in active_requests(requests, now):
        if one.kind is Kind.HOLD and one.begin <= now:
            kept = one.priority > priority
            end = f"; it stays active, because its priority is {one.priority}: add --priority {one.priority}"
            shown = show.format_standing(one, zone=model.zone)
            yield f"  {'does not cut' if kept else 'cuts'} {shown}{end if kept else ''}"


def _describe_stranger(model: HostedModel, record: ModelRecord | None) -> Iterator[str]:
    if record is None or record.phase is not Phase.UNSCHEDULED:
        return
    command = find_stop_command(model.target)
    yield "  somebody else started it"
    if command is not None:
        yield f"  Preheat never deletes an endpoint that it did not create; to delete it yourself: {command}"
