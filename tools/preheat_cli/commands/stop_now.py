"""`preheat stop-now`: stop a model, and block it until its current demand ends."""

from datetime import datetime

import typer

from preheat.app.ports.store import Store
from preheat.domain.demand.request import Kind, Subject, Verb
from preheat.domain.lead.lead_in_force import find_next_lead
from preheat_cli.ahead import active_requests, read_requests
from preheat_cli.confirm import YesOption
from preheat_cli.options.requests import Hard, Id, Model, NoWait, Priority, Reason, Schedule
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.planning import models_of
from preheat_cli.requesting import RequestOptions, send_request
from preheat_cli.views import show


@takes_stack
def stop_now(
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
    """Stop a model now, and block it until its current demand ends. Asks first, and names the holds that it ends."""
    fields = {"priority": priority, "hard": hard or None, "reason": reason}
    question = None if yes else describe_stop
    options = RequestOptions(Verb.STOP_NOW, model, schedule, request_id, not no_wait, fields, question=question)
    send_request(context, stack, options)


def describe_stop(store: Store, subject: Subject, now: datetime) -> str:
    """Return the question: which models stop, which holds end, and how long a new start takes."""
    lines = []
    for model in models_of(store, subject):
        lead = find_next_lead(model, store.load(model.model_id))
        lines.append(f"{model.model_id}: a new start takes about {show.duration(lead.span)}")
        active = active_requests(read_requests(store, model, now), now)
        lines += [f"  cuts {show.standing(one)}" for one in active if one.kind is Kind.HOLD and one.begin <= now]
    return "\n".join([*lines, f"Stop {subject.model_id or f'every model with schedule {subject.schedule}'} now?"])
