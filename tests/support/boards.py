"""Plants to look at: one with a model in every state, and one of a thousand, each as facts at one moment."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from preheat.app.board.facts import BoardFacts
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.demand.demand import look_ahead
from preheat.domain.demand.request import Kind, RequestId, Standing, Subject
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend, ModelId, Target, Units
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.paid import Cause, Run, Stretch
from preheat.domain.record.record import Action, Effort, LedgerEntry, ModelRecord, Ownership, Phase, Unread
from preheat.domain.verdict.facts import VerdictFacts

NOW = datetime(2026, 11, 24, 13, 18, tzinfo=UTC)  # a Tuesday, 14:18 in Berlin: early ends at 14:00, late begins then
BERLIN = "Europe/Berlin"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WEEKDAYS = frozenset(list(Weekday)[:5])
LEAD, SLACK = timedelta(minutes=25), timedelta(minutes=2)


def make_schedule(name: str, begin: str, end: str, zone: str = BERLIN) -> Schedule:
    window = ShiftWindow(WEEKDAYS, time.fromisoformat(begin), time.fromisoformat(end), end_day=int(end <= begin))
    return Schedule(name, zone, (window,))


EARLY = make_schedule("early-shift", "06:00", "14:00")
LATE = make_schedule("late-shift", "14:00", "22:00")
EVENING = make_schedule("evening-audit", "14:40", "17:00")
NIGHT = make_schedule("night-shift", "22:00", "06:00")


def at(text: str, day: date | None = None) -> datetime:
    """Return a time of the day in UTC."""
    return datetime.combine(day or NOW.date(), time.fromisoformat(text), UTC)


def make_model(name: str, *schedules: Schedule, backend: Backend = Backend.REKOGNITION) -> HostedModel:
    units = Units(1) if backend.takes_units else Units()
    target = Target(f"line-{name}", "v3", backend)
    return HostedModel(ModelId(name), target, units, schedules, LEAD, SLACK, announced_at=NOW - 30 * DAY)


def make_facts(
    model: HostedModel, *requests: Standing, now: datetime = NOW, entries: tuple[LedgerEntry, ...] = (), **facts: object
) -> BoardFacts:
    """Return the facts about a model whose record has these fields."""
    base = ModelRecord(model.model_id, model.target, observed=Observed.STOPPED, looked_at=now)
    record = replace(base, sequence=len(entries), wake_at=now + MINUTE, **facts)  # type: ignore[arg-type]
    return BoardFacts(
        VerdictFacts(model.model_id, now, model, record, look_ahead(model, now, requests), requests), entries
    )


def make_week(model: HostedModel, begin: str, end: str, *, late: bool = False) -> tuple[LedgerEntry, ...]:
    """Return the ledger of a week of shifts from one time of the day until another, in UTC."""
    found: list[LedgerEntry] = []
    for back in range(8, 0, -1):
        day = (NOW - back * DAY).date()
        needed, until = at(begin, day), at(end, day)
        until += DAY if until <= needed else timedelta()
        is_late = late and back == 2
        hosted = needed + 7 * MINUTE if is_late else needed - 4 * MINUTE
        common = {"needed_from": needed, "needed_until": until, "ready_at": needed, "schedule": "s", "units": 1}

        def add(when: datetime, start: Phase, end: Phase, **facts: object) -> None:
            common_facts = {**common, **facts}  # noqa: B023 - called at once
            found.append(
                LedgerEntry(
                    model.model_id,
                    len(found) + 1,
                    when,
                    start,
                    end,
                    Action.OBSERVE,
                    "",
                    model.target,
                    **common_facts,  # type: ignore[arg-type]
                )
            )

        add(needed - 25 * MINUTE, Phase.IDLE, Phase.STARTING)
        if is_late:
            add(needed, Phase.STARTING, Phase.STARTING, late=True)
        paid = (Stretch(needed - 25 * MINUTE, hosted, 1, Cause.LEAD, begun_after=needed - 25 * MINUTE),)
        judged = {} if is_late else {"late": False}
        add(hosted, Phase.STARTING, Phase.HOSTED, margin=needed - hosted, paid=paid, **judged)
        shift = Stretch(hosted, until, 1, Cause.SHIFT, ended_after=until)
        add(until, Phase.HOSTED, Phase.IDLE, paid=(shift,))
    return tuple(found)


def start_of(model: HostedModel, begun: datetime, answer: Answer | None, words: str = "") -> Attempt:
    """Return a start under way."""
    attempt = Attempt.intend(
        model.model_id,
        Call.START,
        generation=1,
        demand_start=begun,
        target=model.target,
        units=model.units,
        now=begun,
    )
    return attempt if answer is None else replace(attempt, answer=answer, words=words, tries=3)


def make_effort(schedule: str, ready_at: datetime, until: datetime, **facts: object) -> Effort:
    return Effort(ready_at, until, ready_at, schedule, attempts=1, **facts)  # type: ignore[arg-type]


def serve(model: HostedModel, since: datetime, until: datetime, entries: tuple[LedgerEntry, ...] = ()) -> BoardFacts:
    """Return a model that serves its shift."""
    name = model.schedules[0].name
    return make_facts(
        model,
        entries=entries,
        observed=Observed.HOSTED,
        phase=Phase.HOSTED,
        since=since,
        ownership=Ownership.STARTED,
        effort=make_effort(name, since + 4 * MINUTE, until, hosted_at=since, serving=True),
        run=Run(since - 20 * MINUTE, since, 1, since - 20 * MINUTE, hosted=True),
    )


def make_plant() -> list[BoardFacts]:
    """Return a plant at 14:18 in Berlin, with a model in every state."""
    shift, end = at("13:00"), at("21:00")
    slow = make_model("bumper-gap", LATE)
    quota = make_model("wheel-hub", EVENING)
    denied, absent = make_model("scratch-detector", LATE), make_model("glass-edge", EVENING)
    stranger, blocked = make_model("line-7-trial", NIGHT, backend=Backend.SAGEMAKER), make_model("door-seal", LATE)
    soon = make_model("paint-finish", EVENING)
    stop = Standing(
        RequestId("maintenance-4711"),
        Kind.BLOCK,
        Subject(model_id=blocked.model_id),
        "r",
        at("12:30"),
        at("15:30"),
        NOW,
    )
    hold = Standing(
        RequestId("recheck"), Kind.HOLD, Subject(model_id=ModelId("weld-seams")), "r", end, at("23:00"), NOW
    )
    found = [
        make_facts(
            slow,
            observed=Observed.STARTING,
            phase=Phase.STARTING,
            since=at("12:33"),
            ownership=Ownership.STARTED,
            attempt=start_of(slow, at("12:33"), Answer.ACCEPTED),
            effort=make_effort("late-shift", shift, end, judged=True),
            run=Run(at("12:33"), NOW, 1, at("12:33")),
        ),
        make_facts(
            quota,
            observed=Observed.STOPPED,
            phase=Phase.STARTING,
            since=NOW - 5 * MINUTE,
            attempt=start_of(
                quota, NOW - 5 * MINUTE, Answer.QUOTA, "LimitExceededException: 12 models run, the limit is 12"
            ),
            effort=make_effort("evening-audit", at("13:40"), at("16:00")),
        ),
        make_facts(
            denied, unread=Unread(at("12:40"), "AccessDeniedException on DescribeProjectVersions", Answer.DENIED)
        ),
        make_facts(absent, observed=Observed.GONE, phase=Phase.GONE, since=at("09:12")),
        make_facts(
            stranger,
            observed=Observed.HOSTED,
            phase=Phase.UNSCHEDULED,
            since=at("11:05"),
            run=Run(at("11:05"), at("11:05"), 1, unscheduled=True),
        ),
        make_facts(blocked, stop),
        make_facts(
            soon,
            observed=Observed.STARTING,
            phase=Phase.STARTING,
            since=NOW,
            ownership=Ownership.STARTED,
            attempt=start_of(soon, NOW, Answer.ACCEPTED),
            effort=make_effort("evening-audit", at("13:40"), at("16:00")),
        ),
    ]
    for number, name in enumerate(("hood-align", "roof-rail", "trim-left", "trim-right")):
        model = make_model(name, LATE)
        found.append(serve(model, at("12:55"), end, make_week(model, "13:00", "21:00", late=number == 1)))
    held = make_model("weld-seams", LATE)
    found.append(replace(serve(held, at("12:54"), end, make_week(held, "13:00", "21:00"))))
    found[-1] = replace(
        found[-1], facts=replace(found[-1].facts, requests=(hold,), outlook=look_ahead(held, NOW, (hold,)))
    )
    found += [make_facts(make_model(name, EARLY)) for name in ("axle-bore", "brake-disc", "cable-loom")]
    found += [make_facts(make_model(name, NIGHT)) for name in ("night-cam-1", "night-cam-2")]
    return found


def make_many(count: int) -> list[BoardFacts]:
    """Return a plant of many models, five of which need attention."""
    plant = make_plant()[:5]
    schedules = (EARLY, LATE, EVENING, NIGHT)
    for number in range(count - len(plant)):
        model = make_model(f"cell-{number:04}", schedules[number % 4])
        hosted = number % 4 == 1
        plant.append(serve(model, at("12:55"), at("21:00")) if hosted else make_facts(model))
    return plant
