"""The supervised start and stop of `preheat doctor --live`: one model, by a hold that ends by itself.

Owns the order of the steps and their bounds. It asks for the stop however the watch ends, and the hold ends at its
bound even if this computer is gone. Knows neither a terminal nor what the answers decide.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from preheat.app.ports.clock import Clock
from preheat.app.ports.store import Store
from preheat.domain.demand.request import RequestId, Standing, Subject
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Mode, ModelId
from preheat.domain.plan.prices import USD_PER_UNIT_HOUR
from preheat.domain.record.record import LedgerEntry, ModelRecord, Phase
from preheat_cli.ahead import ahead, read_requests
from preheat_cli.errors import CHECK_FAILED, CliError
from preheat_cli.views import show

LONGEST: Final = timedelta(hours=2)
SHORTEST: Final = timedelta(minutes=10)
MARGIN: Final = timedelta(minutes=15)  # in addition to the lead of the model
STOPS_WITHIN: Final = timedelta(minutes=20)  # after the release, or the end of the hold
LOOKS_EVERY: Final = 5.0  # seconds
OVER: Final = (Phase.REFUSED, Phase.GONE)


@dataclass(frozen=True, slots=True)
class LiveTest:
    """The test ahead: the model, and the longest time that its hold lasts."""

    model: HostedModel
    bound: timedelta

    @property
    def longest_run(self) -> timedelta:
        """The longest time that the model can run: until its hold ends, and a stop after that."""
        return self.bound + STOPS_WITHIN

    @property
    def question(self) -> str:
        """The question, with the most that it can cost."""
        name, minutes = self.model.model_id, int(self.longest_run.total_seconds() // 60)
        price = USD_PER_UNIT_HOUR.get(self.model.target.backend)
        if price is None:
            cost = f"at most {minutes} minutes of all instances of {self.model.target.version}"
            if self.model.fallbacks:
                cost += f" or {', '.join(self.model.fallbacks)}"
        else:
            units = self.model.units.maximum or self.model.units.minimum
            most = price * units * Decimal(minutes) / 60
            cost = f"at most {most:.2f} USD ({show.count(units, 'unit')} for {minutes} minutes at list price)"
        return f"Start {name}, wait until it is ready, and stop it? It costs {cost}. Ctrl-C stops it early."


@dataclass(slots=True)
class LiveRun:
    """The result: the ledger entries since the begin, and how it ended."""

    model_id: ModelId
    begun_at: datetime
    hold: Standing | None = None
    entries: list[LedgerEntry] = field(default_factory=list)
    ready: bool = False
    interrupted: bool = False
    stopped: bool = False
    ended_at: datetime | None = None

    def first(self, phase: Phase) -> LedgerEntry | None:
        """Return the first entry that came to a phase."""
        return next((entry for entry in self.entries if entry.to_phase is phase), None)


@dataclass(frozen=True, slots=True)
class LiveStage:
    """The outside of a live test. `hold` and `release` send a request and return when it was accepted."""

    store: Store
    clock: Clock
    pause: Callable[[float], None]
    say: Callable[[str], None]
    hold: Callable[[ModelId, RequestId, timedelta], None]
    release: Callable[[ModelId, RequestId], None]


def plan_live(store: Store, model_id: ModelId, mode: str, now: datetime, minutes: int | None) -> LiveTest:
    """Return the test, if nothing speaks against it.

    Raises:
        CliError: the model is not planned, Preheat would not act on it, it is not at rest, or a demand is near.
    """
    model = store.read_planned(model_id).model
    if model is None:
        raise CliError(f"preheat: {model_id} is not in the plan of the stack; run `preheat apply` first")
    if mode not in ("act", "") or model.mode is not Mode.ACT:
        held = f"the stack is in mode {mode}" if mode not in ("act", "") else f"{model_id} is in mode {model.mode}"
        raise CliError(f"preheat: {held}: Preheat starts nothing; deploy with Mode=act", status=CHECK_FAILED)
    bound = model.lead + MARGIN if minutes is None else timedelta(minutes=minutes)
    bound = max(min(bound, LONGEST), SHORTEST)
    record = store.load(model_id)
    if record is not None and (record.is_engaged() or record.phase not in (Phase.IDLE, Phase.FAILED)):
        raise CliError(f"preheat: {model_id} is {record.phase}: test it when it is at rest", status=CHECK_FAILED)
    test = LiveTest(model, bound)
    seen = ahead(model, now, read_requests(store, model, now))
    demand = seen.current or seen.upcoming
    if demand is not None and demand.start_at < now + test.longest_run + model.lead:
        when = f"{show.instant(demand.begin)} until {show.instant(demand.end)}"
        raise CliError(f"preheat: a demand needs {model_id} from {when}; test it at another time", status=CHECK_FAILED)
    return test


def run_live(test: LiveTest, stage: LiveStage, request_id: RequestId) -> LiveRun:
    """Hold the model until it is ready, then release the hold, and watch until the model has stopped.

    It always releases the hold, also after Ctrl-C or an error; a second Ctrl-C ends only the watch.
    """
    run = LiveRun(test.model.model_id, stage.clock.now())
    until = run.begun_at + test.bound
    before = len(stage.store.read_ledger(run.model_id))
    try:
        stage.hold(run.model_id, request_id, test.bound)
        run.hold = stage.store.find_standing(Subject(run.model_id), request_id)
        while stage.clock.now() < until:
            record = _look(run, stage, before)
            if record is not None and (record.phase in OVER or record.phase is Phase.HOSTED):
                run.ready = record.phase is Phase.HOSTED
                break
            stage.pause(LOOKS_EVERY)
    except KeyboardInterrupt:
        run.interrupted = True
        stage.say("interrupted: stopping the model")
    finally:
        _stop(run, stage, request_id, until, before)
    return run


def _stop(run: LiveRun, stage: LiveStage, request_id: RequestId, until: datetime, before: int) -> None:
    """Release the hold, and watch until the service shows the model at rest."""
    ends_at = stage.clock.now()
    try:
        stage.release(run.model_id, request_id)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the release, the hold ends by itself
        stage.say(
            f"cannot release the hold ({error}); it ends at {show.instant(until)}, and Preheat stops the model then"
        )
        ends_at = until
    try:
        while stage.clock.now() < ends_at + STOPS_WITHIN:
            record = _look(run, stage, before)
            if record is None or (record.phase is Phase.IDLE and not record.is_engaged()):
                run.stopped = True
                break
            stage.pause(LOOKS_EVERY)
    except KeyboardInterrupt:
        stage.say(f"no longer watching; Preheat goes on stopping {run.model_id}: see `preheat status`")
    run.ended_at = stage.clock.now()


def _look(run: LiveRun, stage: LiveStage, before: int) -> ModelRecord | None:
    entries = list(stage.store.read_ledger(run.model_id))[before:]
    for entry in entries[len(run.entries) :]:
        stage.say(f"{show.instant(entry.at)} {entry.to_phase}: {entry.reason}")
    run.entries = entries
    return stage.store.load(run.model_id)
