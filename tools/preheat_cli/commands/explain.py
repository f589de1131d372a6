"""`preheat explain`: say in sentences why a model is in its state, and what happens next.

Owns the words. `model_status` reads the facts. Decides nothing.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.store import Store
from preheat.domain.calendar.windows import Window
from preheat.domain.demand.demand import Demand
from preheat.domain.demand.pieces import BY_REQUEST
from preheat.domain.lead.lead_in_force import find_next_lead, fix_lead
from preheat.domain.plan.hosted_model import HostedModel, Unscheduled
from preheat.domain.plan.plan import Mode, ModelId
from preheat.domain.record import looks
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import ATTEMPTS_MAX, REPAIRS_MAX, Action, LedgerEntry, ModelRecord, Ownership, Phase
from preheat.domain.verdict.plant_time import PlantTime
from preheat_cli.errors import CHECK_FAILED, CliError, report_errors, suggest
from preheat_cli.model_status import ModelStatus, read_fleet, read_status
from preheat_cli.options.formats import Format, FormatOption
from preheat_cli.options.models import ModelArgument
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.options.times import UtcOption
from preheat_cli.printing import print_lines
from preheat_cli.stack import Surroundings
from preheat_cli.verdicts import Judged, judge_some
from preheat_cli.views import show
from preheat_cli.views import status as status_views
from preheat_cli.views.leads import compare_costs, idle
from preheat_cli.views.verdicts import advice, is_coloured
from preheat_plantfile.compiling.terms import DEFAULT

WIDTH_MOST = 110  # columns
OWNED = {
    Ownership.NONE: "Preheat did not start it and will not stop it",
    Ownership.STARTED: "Preheat started it and will stop it",
    Ownership.ADOPTED: "Somebody else started it; Preheat adopted it and will stop it",
}


@takes_stack
def explain(
    context: typer.Context,
    model: ModelArgument,
    *,
    stack: StackOptions,
    form: FormatOption = Format.TABLE,
    utc: UtcOption = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print every detail below the verdict.")] = False,
) -> None:
    """Explain why a model is in its state, what happens next, for which demand and with which lead."""
    with report_errors():
        surroundings = Surroundings.of(context)
        store, now, model_id = surroundings.open(stack).store, surroundings.clock.now(), ModelId(model)
        found = read_status(store, model_id, now)
        if found.record is None and found.model is None and not store.read_ledger(model_id):
            near = suggest(model, store.list_planned_models())
            raise CliError(f"preheat: no plan has ever named the model {model[:63]!r}{near}", status=CHECK_FAILED)
        (asked,) = judge_some([found], now, lambda: read_fleet(store, now))
        time = PlantTime(now, None if utc else asked.zone)
        details = list(sentences(found, _last(store, model_id), time)) if verbose else None
        if form is Format.JSON:
            shown = status_views.fields(asked)
            typer.echo(json.dumps(shown | {"details": details} if verbose else shown))
        else:
            _print(asked, time, details)
        if found.problem:
            raise typer.Exit(CHECK_FAILED)


def _print(asked: Judged, time: PlantTime, details: Sequence[str] | None) -> None:
    width = min(shutil.get_terminal_size().columns, WIDTH_MOST)
    if asked.verdict is not None:
        typer.echo("\n".join(advice(asked.verdict, time, width, colour=is_coloured())))
    if asked.status.problem:
        print_lines([f"Problem: {asked.status.problem.rstrip('.')}."])
    if details is None:
        typer.echo("Details: add --verbose.")
    else:
        print_lines(["", *details])


def sentences(found: ModelStatus, last: LedgerEntry | None, time: PlantTime) -> Iterator[str]:
    """Yield sentences about one model, one or more on each line, with the times of a reader's clock."""
    yield _state(found, time)
    if last is not None:
        yield f'Last ledger entry, {show.in_plant(last.at, time)}: "{last.reason}".'
    yield from _mode(found)
    record, model = found.record, found.model
    if record is not None:
        yield from _attempts(record, time)
    if model is None:
        if record is not None and not found.problem:
            yield "The current plan does not name it. If Preheat started it, Preheat stops it."
        return
    yield from _demands(model, found, time)
    yield from _explain_unscheduled(found)
    if record is not None:
        yield _next_look(record, time)


def _state(found: ModelStatus, time: PlantTime) -> str:
    """Say what Preheat intends and what the service showed, each for itself."""
    record = found.record
    if record is None:
        return f"No pass has checked {found.model_id} yet."
    since = f" since {show.in_plant(record.since, time)}" if record.since is not None else ""
    said = f"{found.model_id} ({show.target(record.target)}) has phase {record.phase}{since}."
    if record.unread is not None:
        return f"{said} Its state cannot be read since {show.in_plant(record.unread.since, time)}."
    if record.observed is Observed.UNKNOWN:
        return f"{said} The service has not shown its state yet."
    owned = f" {OWNED[record.ownership]}." if record.observed in (Observed.STARTING, Observed.HOSTED) else ""
    return f"{said} The service shows it {record.observed}.{owned}"


def _mode(found: ModelStatus) -> Iterator[str]:
    modes = {part.mode for part in (found.record, found.model) if part is not None}
    if Mode.PAUSED in modes:
        yield "Mode paused: Preheat does nothing until the mode changes."
    elif Mode.OBSERVE in modes:
        yield "Mode observe: Preheat decides and records, but calls neither start nor stop."


def _attempts(record: ModelRecord, time: PlantTime) -> Iterator[str]:
    """Describe the calls for the current demand, and what delays the next one."""
    attempt, effort = record.attempt, record.effort
    if attempt is not None:
        answer = f"The answer is {attempt.answer}" if attempt.answer is not None else "There is no answer yet"
        tries = f", after {attempt.tries} tries" if attempt.tries > 1 else ""
        first = f"Preheat first intended the {attempt.call} at {show.in_plant(attempt.first_at, time)}"
        yield f"{first}, with token {attempt.client_token}. {answer}{tries}."
        if attempt.retry_at is not None and attempt.retry_at > time.now:
            yield f"Preheat repeats the same call at {show.in_plant(attempt.retry_at, time)} at the earliest."
    if effort is None:
        return
    if effort.attempts > 1 or effort.repairs:
        counted = f"{effort.attempts} of {ATTEMPTS_MAX} starts and {effort.repairs} of {REPAIRS_MAX} repairs"
        yield f"Used for this demand: {counted}."
    if effort.retry_at is not None and effort.retry_at > time.now:
        yield f"The next start waits until {show.in_plant(effort.retry_at, time)}."
    elif record.phase is Phase.FAILED and (effort.gave_up or effort.attempts >= ATTEMPTS_MAX):
        yield "Preheat gave up: no further start until the demand ends. Read the service's message and fix the cause."
    if record.silent_for_plan is not None:
        yield "The service refused it. Preheat asks again after the next `preheat apply`."


def _demands(model: HostedModel, found: ModelStatus, time: PlantTime) -> Iterator[str]:
    """Describe the current and the next demand, and the lead of the start."""
    current, upcoming = found.outlook.current, found.outlook.upcoming
    for one in found.requests:
        yield f"Request: {show.format_standing(one, zone=time.zone)}."
    if current is not None:
        yield from _current(current, found, time)
    elif not found.problem:
        yield "No demand now."
    if upcoming is not None:
        yield f"Next demand: {_demand(upcoming, time)}. Preheat starts it at {show.in_plant(upcoming.start_at, time)}."
    elif current is None and not found.problem:
        yield "No demand ahead."
    demand = current or upcoming
    if demand is not None:
        yield _lead(model, demand, found, time)
        yield from _lead_goal(model, found.record)


def _current(demand: Demand, found: ModelStatus, time: PlantTime) -> Iterator[str]:
    record = found.record
    effort = record.effort if record is not None else None
    yield f"Current demand: {_demand(demand, time)}."
    ready_at = effort.ready_at if effort is not None else demand.ready_at
    if effort is not None and effort.hosted_at is not None:
        margin = ready_at - effort.hosted_at
        how = f"{show.clock(margin)} early" if margin >= timedelta() else f"{show.clock(-margin)} late"
        yield f"Ready since {show.in_plant(effort.hosted_at, time)}, {how}."
    elif time.now <= ready_at:
        yield f"It must be ready by {show.in_plant(ready_at, time)}."
    else:
        yield f"It is late: the time to be ready was {show.in_plant(ready_at, time)}."
    for gap in demand.bridged:
        if gap.end > time.now:
            yield (
                f"It stays hosted in the gap from {show.in_plant(gap.start, time, away=False)} to"
                f" {show.in_plant(gap.end, time, away=False)},"
                f" because a stop and a start take longer{_gap_cost(found, gap, time.now)}."
            )
            break
    yield f"Preheat stops it at {show.in_plant(demand.end, time)}, unless the demand grows."


def _demand(demand: Demand, time: PlantTime) -> str:
    begin, end = (show.in_plant(at, time, away=False) for at in (demand.begin, demand.end))
    return f"{begin} to {end} ({demand.schedule})"


def _gap_cost(found: ModelStatus, gap: Window, now: datetime) -> str:
    """Return what the gap costs, and what a restart would cost."""
    model = found.model
    if model is None:
        return ""
    return f"; {compare_costs(fix_lead(model, found.record, now, found.requests), gap, DEFAULT)}"


def _lead_goal(model: HostedModel, record: ModelRecord | None) -> Iterator[str]:
    """Describe the lead of the next start: its source, how often it may be late, and its idle cost."""
    lead = find_next_lead(model, record)
    if model.learning is not None:
        share = show.share(model.learning.late_target)
        yield f"The next start uses the learned lead (goal: at most {share} of starts late): {lead}."
    costs = idle(model, record, lead.span, DEFAULT)
    if costs is not None:
        yield f"From the recorded starts: {costs}."


def _lead(model: HostedModel, demand: Demand, found: ModelStatus, time: PlantTime) -> str:
    """Describe how early Preheat starts it, and why."""
    record, given = found.record, fix_lead(model, found.record, time.now, found.requests)
    kind = "planned" if model.learning is None else "learned"
    ahead = f"Lead: {show.duration(given.lead)} ({kind}), slack: {show.duration(model.slack)}"
    if given.turn is not None and demand.schedule != BY_REQUEST:
        ahead += f", turn: {show.duration(given.turn.offset)} earlier, because many models start at this time"
    why = f"{ahead}; start at {show.in_plant(demand.start_at, time)}."
    if demand.ready_at > demand.begin:
        known_at = demand.holds[0].known_at if demand.schedule == BY_REQUEST else model.announced_at
        known = f"Preheat learned of the demand at {show.in_plant(known_at, time)}"
        why += f" The earliest time to be ready is {show.in_plant(demand.ready_at, time)}, because {known}."
    samples = record.samples if record is not None else ()
    if not samples:
        return f"{why} No measured starts yet."
    if len(samples) == 1:
        return f"{why} The only measured start took {show.duration(samples[0])}."
    slowest = show.duration(max(samples))
    return f"{why} The last {len(samples)} starts took {show.duration(min(samples))} to {slowest}."


def _explain_unscheduled(found: ModelStatus) -> Iterator[str]:
    record, model = found.record, found.model
    if record is None or model is None or record.phase is not Phase.UNSCHEDULED:
        return
    if model.unscheduled is Unscheduled.STOP:
        yield "Its plan says `unscheduled: stop`, so Preheat stops it."
    else:
        yield "Preheat leaves it running. At the next demand Preheat adopts it and stops it at the end of that demand."


def _next_look(record: ModelRecord, time: PlantTime) -> str:
    if record.wake_at is None:
        return "The next check comes with the next plan or request."
    if record.wake_at <= time.now:
        return f"The next check is due since {show.in_plant(record.wake_at, time)}; the next tick runs it."
    if record.phase is Phase.HOSTED and record.wake_at > time.now + looks.HOSTED_EVERY:
        return f"Preheat checks it every ten minutes, and next records it at {show.in_plant(record.wake_at, time)}."
    return f"The next check is at {show.in_plant(record.wake_at, time)}."


def _last(store: Store, model_id: ModelId) -> LedgerEntry | None:
    """Return the newest entry, or None if there is none. If the ledger is unreadable, `read_status` reports it."""
    try:
        entries = store.read_ledger(model_id)
    except UnreadableItem:
        return None
    return next((entry for entry in reversed(entries) if entry.action is not Action.EXPIRE), None)
