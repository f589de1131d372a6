"""Output of `preheat plan`: transitions in order of time, clock changes between them, and notes.

Depends on no files and no stores.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from preheat.domain.calendar.windows import Window
from preheat.domain.demand.demand import BRIDGE_ALLOWANCE
from preheat.domain.demand.pieces import STOP_TIME
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Mode, ModelId
from preheat.domain.record.record import ModelRecord
from preheat_cli.views import show
from preheat_cli.views.clock_changes import clock_changes
from preheat_cli.views.forecast import Crowd, PlannedRun, Rush, crowds, rushes, unit_hours
from preheat_cli.views.leads import compare_costs, cost, lead_lines, restart
from preheat_plantfile.compiling.terms import Price, Terms

NAMED = 3  # models that a line names before it counts the others
LINES = 10  # of one kind; it counts the others


def transitions(found: Sequence[PlannedRun], asked: Window) -> list[str]:
    """Return a line for each start, ready and stop, and each clock change of the zones concerned, in order of time."""
    dated: list[tuple[datetime, int, str, str]] = []  # of those at the same time: the order; the zone, and the words
    for run in found:
        name, zone = run.model.model_id, run.zone
        dated += [
            (run.end_at, 1, zone, f"stop   {name}"),
            (run.start_at, 2, zone, f"start  {name}  {run.schedule}"),
            (run.ready_at, 3, zone, f"ready  {name}"),
        ]
    for zone in sorted({run.zone for run in found}):
        for change in clock_changes(zone, asked):
            ahead = f"{'ahead' if change.by > timedelta() else 'back'} {show.duration(abs(change.by))}"
            named = f"{change.before} -> {change.after}"
            dated.append((change.at, 0, zone, f"-- clocks go {ahead}: {zone}, {named}"))
    if not found:
        return ["no starts"]
    shown = [(show.local_instant(at, zone), show.minute(at), words) for at, _, zone, words in sorted(dated)]
    rows = [("LOCAL", "UTC", "       MODEL"), *shown]
    local, utc = (max(len(row[column]) for row in rows) for column in (0, 1))
    return [f"{row[0]:<{local}}  {row[1]:<{utc}}  {row[2]}" for row in rows]


def describe_stored(models: Sequence[HostedModel], records: Mapping[ModelId, ModelRecord], terms: Terms) -> list[str]:
    """Return what is stored of each model: the compiled schedules, and the lead that a start would take now."""
    lines = []
    for model in models:
        lines.append(f"{model.model_id}: {show.target(model.target)}, units {show.units_of(model)}, mode {model.mode}")
        lines += [f"  {line}" for line in lead_lines(model, records.get(model.model_id), terms)]
        if model.turn is not None:
            lines.append(f"  turn: {show.duration(model.turn.offset)} earlier, because many models start at this time")
        lines += [f"  {show.schedule(schedule)}" for schedule in model.schedules] or ["  no schedule"]
    return [*lines, ""]


def leads(models: Sequence[HostedModel], terms: Terms) -> list[str]:
    """Return the leads of models of which nothing is known yet; equal ones share a line."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for model in models:
        alike.setdefault(tuple(lead_lines(model, None, terms)), []).append(model.model_id)
    return [line for leads, names in alike.items() for line in (_names(names), *(f"  {each}" for each in leads))] + [""]


def notes(
    models: Sequence[HostedModel], found: Sequence[PlannedRun], asked: Window, terms: Terms, *, now: datetime | None
) -> list[str]:
    """Return the notes below the rows. With `now`, also which models an apply at `now` makes late."""
    lines = [
        *_describe_bridges(found, terms),
        *_describe_paid(found, asked, terms),
        *_spread(models),
        *_conflicts(found, terms),
    ]
    late = [run for run in found if now is not None and now in asked and run.start_at < now < run.end_at]
    if late and now is not None:
        lines.append("too late to be ready on time, if you apply now:")
        lines += _some([f"{run.model.model_id}: {_late(run, now)}" for run in late])
    cut = {run.model.model_id: None for run in found if run.cut}
    if cut:
        lines.append(f"demand without an end in this range: {_names(list(cut))}")
    for mode, words in (
        (Mode.PAUSED, "mode paused, no starts"),
        (Mode.OBSERVE, "mode observe, no starts"),
    ):
        of_mode = [model.model_id for model in models if model.mode is mode]
        if of_mode:
            lines.append(f"{words}: {_names(of_mode)}")
    return lines


def _describe_bridges(found: Sequence[PlannedRun], terms: Terms) -> Iterator[str]:
    gaps = [(run.model, gap, run.zone) for run in found for gap in run.gaps]
    most = f"lead + {show.duration(STOP_TIME + BRIDGE_ALLOWANCE)}"
    yield f"gaps shorter than {most}, bridged because a restart takes longer: {'' if gaps else 'none'}".rstrip()
    if len(gaps) <= LINES:
        for model, gap, zone in gaps:
            start, end = (show.local_instant(at, zone) for at in (gap.start, gap.end))
            span = show.duration(gap.end - gap.start)
            yield f"  {model.model_id}: {start} to {end}, {span}: {compare_costs(model, gap, terms)}"
        return
    by_model: dict[ModelId, list[tuple[HostedModel, timedelta]]] = {}
    for model, gap, _ in gaps:
        by_model.setdefault(model.model_id, []).append((model, gap.end - gap.start))
    yield from _some(sorted(f"{name}: {_all_kept(each, terms)}" for name, each in by_model.items()))


def _all_kept(gaps: Sequence[tuple[HostedModel, timedelta]], terms: Terms) -> str:
    model, span = gaps[0][0], sum((each for _, each in gaps), timedelta())
    counted = f"{len(gaps)}, {show.hours(span)} in all"
    hosted, again = cost(model, span, terms), cost(model, restart(model), terms, len(gaps))
    return f"{counted}: bridging costs {hosted}, restarts {again}" if hosted else counted


def _describe_paid(found: Sequence[PlannedRun], asked: Window, terms: Terms) -> Iterator[str]:
    hours = unit_hours(found, asked)
    services = {run.model.model_id: str(run.model.target.backend) for run in found}
    yield f"expected costs in this range: {'' if hours else 'none'}".rstrip()
    rows: list[tuple[str, float, tuple[Decimal, str]]] = [
        (name, paid, _cost(paid, terms.find_price(name, services[name]))) for name, paid in sorted(hours.items())
    ]
    if len(rows) > 1:
        for currency in sorted({currency for _, _, (_, currency) in rows}):
            of_it = [(paid, amount) for _, paid, (amount, found) in rows if found == currency]
            total = sum((amount for _, amount in of_it), Decimal())
            rows.append(("total", sum(paid for paid, _ in of_it), (total, currency)))
    width = max((len(name) for name, _, _ in rows), default=0)
    for name, paid, (amount, currency) in rows:
        money = f"{amount:>12,.2f} {currency}" if currency else "no tariff"
        yield f"  {name:<{width}}  {paid:>10,.2f} unit-hours  {money}"


def _cost(hours: float, price: Price | None) -> tuple[Decimal, str]:
    """Return an amount and its currency; without a tariff 0 of none."""
    return (Decimal(hours) * price.amount, price.currency) if price is not None else (Decimal(), "")


def _spread(models: Sequence[HostedModel]) -> Iterator[str]:
    turns = [model.turn for model in models if model.turn is not None]
    if turns:
        most = show.duration(max(turn.offset for turn in turns))
        yield f"staggered starts, for the call rate of the service: {len(turns):,} models, each up to {most} earlier"


def _conflicts(found: Sequence[PlannedRun], terms: Terms) -> Iterator[str]:
    crowded = crowds(found, terms.models_at_once)
    rushed = rushes(found, terms.starts_per_second)
    zones = {run.zone for run in found}
    zone = next(iter(zones)) if len(zones) == 1 else None  # several clocks have only UTC in common
    lines = [
        *_describe_oversized(found, terms),
        *(_describe_crowd(crowd, zone) for crowd in crowded),
        *(_describe_rush(rush, zone) for rush in rushed),
    ]
    yield f"quota conflicts: {'' if lines else 'none'}".rstrip()
    yield from _some(lines)


def conflicts(found: Sequence[PlannedRun], terms: Terms) -> list[str]:
    """Return the quota conflicts of runs, with a heading; nothing if there are none."""
    lines = list(_conflicts(found, terms))
    return lines if len(lines) > 1 else []


def _describe_oversized(found: Sequence[PlannedRun], terms: Terms) -> Iterator[str]:
    """Yield a line for each number of units that the quota of a service refuses to one model."""
    over: dict[tuple[str, int], dict[str, None]] = {}
    for run in found:
        service, most = str(run.model.target.backend), run.model.units.maximum or run.model.units.minimum
        if most > terms.units_per_model.get(service, most):
            over.setdefault((service, most), {})[run.model.model_id] = None
    for (service, most), names in sorted(over.items()):
        yield f"{service}: {most} units for one model, {terms.units_per_model[service]} allowed: {_names(list(names))}"


def _some(lines: Sequence[str]) -> list[str]:
    more = [f"and {len(lines) - LINES:,} more"] if len(lines) > LINES else []
    return [f"  {line}" for line in [*lines[:LINES], *more]]


def _describe_crowd(crowd: Crowd, zone: str | None) -> str:
    what = f"{crowd.service}: up to {crowd.most} models at once, {crowd.allowed} allowed"
    when = f"{_clock(crowd.window.start, zone)} to {_clock(crowd.window.end, zone)}"
    return f"{what}\n    {when}: {_names(crowd.models)}\n    late, because they start last: {_names(crowd.late)}"


def _describe_rush(rush: Rush, zone: str | None) -> str:
    what = f"{rush.service}: {rush.starts} starts at once, {rush.allowed} per second allowed"
    late = f"up to {show.duration(rush.by + timedelta(seconds=1))} late, if the slack is shorter"
    return f"{what}\n    {_clock(rush.start_at, zone)}: {late}: {_names(rush.late)}"


def _clock(at: datetime, zone: str | None) -> str:
    return show.minute(at) if zone is None else show.local_instant(at, zone)


def _late(run: PlannedRun, now: datetime) -> str:
    ready_at = max(run.ready_at, now + run.model.lead + run.model.slack)
    whole = ready_at.replace(second=0, microsecond=0) + timedelta(minutes=ready_at.second > 0)
    wanted, found = (show.local_instant(at, run.zone) for at in (run.ready_at, whole))
    return f"planned {wanted}, ready {found}"


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED:,} more"
