"""The command `explain`: why a model is in its state, and what happens next and when, in sentences.

Owns the words. What is gathered is `model_status`' affair; nothing here decides anything.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

import typer

from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.store import Store
from preheat.domain.calendar.windows import Window
from preheat.domain.decision.starting import ATTEMPTS_MAX, REPAIRS_MAX
from preheat.domain.demand.demand import Demand
from preheat.domain.demand.pieces import BY_REQUEST
from preheat.domain.lead.lead_in_force import in_force, next_lead
from preheat.domain.plan.plan import HostedModel, Mode, ModelId, Unscheduled
from preheat.domain.record.record import Action, LedgerEntry, ModelRecord, Ownership, Phase
from preheat_cli.errors import CHECK_FAILED, CliError, reported_errors, suggest
from preheat_cli.model_status import ModelStatus, read_status
from preheat_cli.stack import StackName, Surroundings
from preheat_cli.views import show
from preheat_cli.views.leads import idle, kept
from preheat_plantfile.compiling.terms import DEFAULT

MEANT = {
    Phase.IDLE: "is stopped, as it should be",
    Phase.STARTING: "is starting",
    Phase.WARMING: "is hosted, but has not answered the inference yet that its plan asks for",
    Phase.HOSTED: "is hosted and ready",
    Phase.DRAINING: "is to be stopped, once its queue is empty and its gate is closed",
    Phase.STOPPING: "is being stopped",
    Phase.FAILED: "has failed to start",
    Phase.UNSCHEDULED: "runs, but no demand covers it and Preheat did not start it",
    Phase.WITHHELD: "is not as it should be, and the mode keeps Preheat from acting",
    Phase.PAUSED: "is paused: it is neither looked at nor touched",
    Phase.REFUSED: "cannot be driven now: the service refuses",
    Phase.GONE: "is not known to the service",
}
OWNED = {
    Ownership.NONE: "Preheat owns nothing of it, and stops nothing",
    Ownership.STARTED: "Preheat has started it, and stops it",
    Ownership.ADOPTED: "Preheat has adopted what somebody else started, and stops it",
}


def explain(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="The model's name.", metavar="MODEL")],
    stack: StackName = None,
) -> None:
    """Say why a model is in its state, what happens next and when, for which demand, and with which lead."""
    with reported_errors():
        surroundings = Surroundings.of(context)
        store, now, model_id = surroundings.open_store(stack), surroundings.clock.now(), ModelId(model)
        found = read_status(store, model_id, now)
        if found.record is None and found.model is None and not store.ledger(model_id):
            near = suggest(model, store.planned_models())
            raise CliError(
                f"preheat: nothing to explain of {model[:63]!r}: it was never planned{near}", status=CHECK_FAILED
            )
        typer.echo("\n".join(sentences(found, _last(store, model_id), now)))
        if found.problem:
            raise typer.Exit(CHECK_FAILED)


def sentences(found: ModelStatus, last: LedgerEntry | None, now: datetime) -> Iterator[str]:
    """Yield what is to be said of one model at `now`, a sentence on each line."""
    yield _state(found)
    if found.problem:
        yield f"Something is wrong: {found.problem}."
    if last is not None:
        yield f'The ledger last says, at {show.instant(last.at)}: "{last.reason}".'
    yield from _mode(found)
    record, model = found.record, found.model
    if record is not None:
        yield from _spent(record, now)
    if model is None:
        if record is not None and not found.problem:
            yield "The plan no longer names it: what Preheat owns of it is stopped, and then it is let go."
        return
    yield from _wanted(model, found, now)
    yield from _stranger(found)
    if record is not None:
        yield _next_look(record, now)


def _state(found: ModelStatus) -> str:
    record = found.record
    if record is None:
        return f"{found.model_id} is planned, and no pass has looked at it yet."
    since = f", since {show.instant(record.since)}" if record.since is not None else ""
    owned = OWNED[record.ownership]
    return f"{found.model_id} ({show.target(record.target)}) {MEANT.get(record.phase, record.phase)}{since}. {owned}."


def _mode(found: ModelStatus) -> Iterator[str]:
    modes = {part.mode for part in (found.record, found.model) if part is not None}
    if Mode.PAUSED in modes:
        yield "Its mode is paused: nothing is done until it is another."
    elif Mode.OBSERVE in modes:
        yield "Its mode is observe: Preheat decides and tells, but calls neither start nor stop."


def _spent(record: ModelRecord, now: datetime) -> Iterator[str]:
    """Say what was tried for the demand at hand, and what holds the next try back."""
    attempt, effort = record.attempt, record.effort
    if attempt is not None:
        answer = f"answered {attempt.answer}" if attempt.answer is not None else "not answered yet"
        tries = f", in {attempt.tries} tries" if attempt.tries > 1 else ""
        sent = f"intended at {show.instant(attempt.first_at)} under token {attempt.client_token}"
        yield f"Its {attempt.call} was {sent}, and is {answer}{tries}."
        if attempt.retry_at is not None and attempt.retry_at > now:
            yield f"The same call is not repeated before {show.instant(attempt.retry_at)}."
    if effort is None:
        return
    if effort.attempts > 1 or effort.repairs:
        counted = f"{effort.attempts} of {ATTEMPTS_MAX} starts and {effort.repairs} of {REPAIRS_MAX} repairs"
        yield f"For this demand {counted} are spent."
    if effort.retry_at is not None and effort.retry_at > now:
        yield f"The next start waits until {show.instant(effort.retry_at)}."
    elif record.phase is Phase.FAILED and effort.attempts >= ATTEMPTS_MAX:
        yield "It is given up until the demand ends: look at the service's own message, and apply a plan to try anew."
    if record.silent_for_plan is not None:
        yield "The service refused it as planned, and is not asked again before another plan is applied."


def _wanted(model: HostedModel, found: ModelStatus, now: datetime) -> Iterator[str]:
    """Say what it is wanted for now and next, and how long ahead its start is begun."""
    current, upcoming = found.outlook.current, found.outlook.upcoming
    for one in found.requests:
        yield f"Asked for: {show.standing(one)}."
    if current is not None:
        yield from _served(current, found, now)
    elif not found.problem:
        yield "Nothing wants it now."
    if upcoming is not None:
        yield f"Its next demand is {_demand(upcoming)}: the start is due at {show.instant(upcoming.start_at)}."
    elif current is None and not found.problem:
        yield "No demand lies ahead."
    demand = current or upcoming
    if demand is not None:
        yield _lead(model, demand, found, now)
        yield from _set_for(model, found.record)


def _served(demand: Demand, found: ModelStatus, now: datetime) -> Iterator[str]:
    record = found.record
    effort = record.effort if record is not None else None
    yield f"It is wanted for {_demand(demand)}."
    ready_at = effort.ready_at if effort is not None else demand.ready_at
    if effort is not None and effort.hosted_at is not None:
        margin = ready_at - effort.hosted_at
        how = f"{show.clock(margin)} before it had to be" if margin >= timedelta() else f"{show.clock(-margin)} late"
        yield f"It was ready at {show.instant(effort.hosted_at)}, {how}."
    elif now <= ready_at:
        yield f"It has to be ready by {show.instant(ready_at)}, in {show.clock(ready_at - now)}."
    else:
        yield f"It is late: it had to be ready by {show.instant(ready_at)}, {show.clock(now - ready_at)} ago."
    for gap in demand.bridged:
        if gap.end > now:
            yield (
                f"It stays hosted from {show.instant(gap.start)} to {show.instant(gap.end)}, where no shift is:"
                f" a stop and a start would take longer{_kept(found, gap, now)}."
            )
            break
    yield f"It is stopped at {show.instant(demand.end)}, unless it is wanted for longer by then."


def _demand(demand: Demand) -> str:
    return f"{show.instant(demand.begin)} to {show.instant(demand.end)} ({demand.schedule})"


def _kept(found: ModelStatus, gap: Window, now: datetime) -> str:
    """Say what that costs, and what it spares."""
    model = found.model
    if model is None:
        return ""
    return f"; {kept(in_force(model, found.record, now, found.requests), gap, DEFAULT)}"


def _set_for(model: HostedModel, record: ModelRecord | None) -> Iterator[str]:
    """Say what the lead of the next start comes from, how often it may be late by that, and what it costs idle."""
    lead = next_lead(model, record)
    if model.learning is not None:
        share = show.share(model.learning.late_target)
        yield f"The next start goes by the learned lead, set for at most {share} of starts late: {lead}."
    costs = idle(model, record, lead.span, DEFAULT)
    if costs is not None:
        yield f"By the starts on record it is {costs}."


def _lead(model: HostedModel, demand: Demand, found: ModelStatus, now: datetime) -> str:
    """Say how long ahead it is started, and why."""
    record, given = found.record, in_force(model, found.record, now, found.requests)
    kind = "its planned lead" if model.learning is None else "its learned lead"
    ahead = f"A start is given {show.duration(given.lead)}, {kind}, and {show.duration(model.slack)} of slack"
    if given.turn is not None and demand.schedule != BY_REQUEST:
        ahead += f", {show.duration(given.turn.offset)} earlier in its turn among those that begin with it"
    why = f"{ahead}, so it is begun at {show.instant(demand.start_at)}."
    if demand.ready_at > demand.begin:
        known_at = demand.holds[0].known_at if demand.schedule == BY_REQUEST else model.announced_at
        known = f"the demand was known only at {show.instant(known_at)}"
        why += f" It cannot be ready before {show.instant(demand.ready_at)}: {known}."
    samples = record.samples if record is not None else ()
    if not samples:
        return f"{why} No start of it was measured yet."
    if len(samples) == 1:
        return f"{why} The one start that was measured took {show.duration(samples[0])}."
    slowest = show.duration(max(samples))
    return f"{why} The last {len(samples)} starts took {show.duration(min(samples))} to {slowest}."


def _stranger(found: ModelStatus) -> Iterator[str]:
    record, model = found.record, found.model
    if record is None or model is None or record.phase is not Phase.UNSCHEDULED:
        return
    if model.unscheduled is Unscheduled.STOP:
        yield "Its plan has such runs stopped."
    else:
        yield "It is left alone; when a demand comes it is adopted, and stopped at that demand's end."


def _next_look(record: ModelRecord, now: datetime) -> str:
    if record.wake_at is None:
        return "It is not looked at again before a plan or a request asks for it."
    if record.wake_at <= now:
        return f"A look at it has been due since {show.instant(record.wake_at)}: the next tick sends it."
    return f"The next look at it is due at {show.instant(record.wake_at)}."


def _last(store: Store, model_id: ModelId) -> LedgerEntry | None:
    """Return the newest entry; None if there is none, or if the ledger cannot be read: `read_status` tells that."""
    try:
        entries = store.ledger(model_id)
    except UnreadableItem:
        return None
    return next((entry for entry in reversed(entries) if entry.action is not Action.EXPIRE), None)
