"""Models at rest: which records a warm resync and a warm audit leave unread, and what they find all the same."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from preheat.adapters.clock import VirtualClock
from preheat.adapters.memory.listing import MemoryListing
from preheat.adapters.memory.queue import MemoryQueue
from preheat.adapters.memory.store import MemoryStore
from preheat.app.audit.audit import Audit, Audited
from preheat.app.ports.errors import StoreUnavailable
from preheat.app.ports.fleet import Due
from preheat.app.resting import RestingModels
from preheat.app.tick import Ticked, tick
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId, Target, Units
from preheat.domain.record.gate import Gate, Passage
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import ModelRecord, Ownership, Phase, Unread

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WAKES = NOON + timedelta(hours=17)
NAMES = [ModelId("glue"), ModelId("paint"), ModelId("weld-seams")]
GLUE, PAINT, WELD = NAMES
SHIFT = Schedule("early", "UTC", (ShiftWindow(frozenset(Weekday), NOON.time().replace(hour=6), NOON.time()),))


class Fleet(MemoryStore):
    """Models at rest until tomorrow's shift; notes the records that a function reads."""

    def __init__(self) -> None:
        super().__init__()
        self.glanced: list[ModelId] = []
        self.lost: set[ModelId] = set()  # lines of the due index
        self.index_fails = False
        models = [_make_model(name) for name in NAMES]
        self.apply(models, expected_version=0, at=NOON - timedelta(days=1))
        for name in NAMES:
            self.set(name, phase=Phase.IDLE, observed=Observed.STOPPED, plan_version=1, wake_at=WAKES)

    def set(self, model_id: ModelId, **values: object) -> None:
        self.records[model_id] = replace(self.records[model_id], **values)  # type: ignore[arg-type]  # as named

    def glance_at_many(self, model_ids: Sequence[ModelId]) -> dict[ModelId, ModelRecord]:
        self.glanced += model_ids
        return super().glance_at_many(model_ids)

    def find_due(self, until: datetime) -> Sequence[Due]:
        if self.index_fails:
            raise StoreUnavailable("the due index: throttled")
        return [line for line in super().find_due(until) if line.model_id not in self.lost]


def _make_model(name: ModelId) -> HostedModel:
    lead, slack = timedelta(minutes=30), timedelta(minutes=2)
    return HostedModel(name, Target(name, "1"), Units(1), (SHIFT,), lead, slack, NOON - timedelta(days=30))


class Functions:
    """A warm tick and a warm audit over one fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self.clock, self.store, self.resting = VirtualClock(NOON), fleet, RestingModels()
        self.audit = Audit(self.clock, fleet, MemoryListing((), {}), (), "", lambda *_: ())

    def tick(self, minutes: float) -> Ticked:
        self._turn_to(minutes)
        return tick(clock=self.clock, store=self.store, queue=MemoryQueue(self.clock), resting=self.resting)

    def run_audit(self, minutes: float) -> Audited:
        self._turn_to(minutes)
        return self.audit.run()

    def run(self, function: str, minutes: float) -> list[ModelId]:
        """Run a tick or an audit; return the models whose records it read."""
        self.tick(minutes) if function == "tick" else self.run_audit(minutes)
        return self.store.glanced

    def _turn_to(self, minutes: float) -> None:
        self.clock.at, self.store.glanced = NOON + timedelta(minutes=minutes), []


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


@pytest.fixture
def functions(fleet: Fleet) -> Functions:
    return Functions(fleet)


both = pytest.mark.parametrize("function", ["tick", "audit"])


@both
def test_a_new_process_reads_each_record_and_then_each_hour(functions: Functions, function: str) -> None:
    read = {minutes: functions.run(function, minutes) for minutes in range(0, 130, 10)}
    assert [minutes for minutes, models in read.items() if models == NAMES] == [0, 60, 120]
    assert all(not models for minutes, models in read.items() if minutes % 60)


@both
@pytest.mark.parametrize(
    "values",
    [
        {"phase": Phase.HOSTED},
        {"phase": Phase.REFUSED},
        {"ownership": Ownership.ADOPTED},
        {"unread": Unread(NOON, "AccessDenied")},
        {"gate": Gate("mapping", observed=Passage.OPEN)},
        {"since": NOON + timedelta(hours=2)},  # noted by a clock that was ahead
        {"wake_at": None},
        {"plan_version": 0},
    ],
    ids=str,
)
def test_a_record_that_is_not_at_rest_is_read_each_time(
    fleet: Fleet, functions: Functions, function: str, values: dict[str, object]
) -> None:
    fleet.set(PAINT, **values)
    functions.run(function, 0)
    fleet.set(PAINT, **values)  # as if no pass had followed the tick that woke it
    assert functions.run(function, 10) == [PAINT]


@both
def test_a_model_that_somebody_wakes_is_read(fleet: Fleet, functions: Functions, function: str) -> None:
    functions.run(function, 0)
    fleet.wake(WELD, NOON + timedelta(minutes=9))
    assert functions.run(function, 10) == [WELD]


@both
def test_a_model_whose_look_is_due_is_read(functions: Functions, function: str) -> None:
    minutes = (WAKES - NOON) / timedelta(minutes=1)
    functions.run(function, minutes - 10)
    assert functions.run(function, minutes) == NAMES


@both
def test_a_line_that_the_index_has_lost_or_moved_is_no_rest(fleet: Fleet, functions: Functions, function: str) -> None:
    functions.run(function, 0)
    fleet.lost.add(GLUE)
    fleet.set(WELD, wake_at=WAKES + timedelta(hours=1))
    assert functions.run(function, 10) == [GLUE, WELD]
    assert functions.run(function, 20) == [GLUE]


@both
def test_after_an_apply_each_record_is_read(fleet: Fleet, functions: Functions, function: str) -> None:
    functions.run(function, 0)
    fleet.apply([_make_model(PAINT)], expected_version=1, at=NOON + timedelta(minutes=1))
    fleet.set(PAINT, wake_at=WAKES)  # its pass has ended, but it noted an older plan
    assert functions.run(function, 10) == [PAINT, GLUE, WELD]
    assert PAINT in functions.run(function, 20)


@both
def test_a_clock_that_goes_back_reads_each_record(functions: Functions, function: str) -> None:
    functions.run(function, 30)
    assert functions.run(function, 20) == NAMES


def test_a_warm_resync_finds_a_model_whose_line_is_lost(fleet: Fleet, functions: Functions) -> None:
    functions.tick(0)
    fleet.lost.add(WELD)
    fleet.wake(WELD, NOON + timedelta(minutes=5))
    assert functions.tick(9).sent == ()
    assert functions.tick(10).resynced == (WELD,)


def test_a_warm_resync_wakes_what_an_interrupted_apply_has_not(fleet: Fleet, functions: Functions) -> None:
    functions.tick(0)
    fleet.plans[2], fleet.current = fleet.plans[1], 2  # the plan is current, and nobody woke a model
    assert functions.tick(10).resynced == tuple(NAMES)
    assert {fleet.records[name].wake_at for name in NAMES} == {functions.clock.at}


def test_a_resync_wakes_a_model_that_an_interrupted_apply_left_without_a_line(
    fleet: Fleet, functions: Functions
) -> None:
    fleet.set(PAINT, wake_at=None, plan_version=0)
    assert functions.tick(0).resynced == (PAINT,)
    assert fleet.records[PAINT].wake_at == functions.clock.at


def test_a_model_that_no_plan_names_any_more_is_forgotten(fleet: Fleet, functions: Functions) -> None:
    functions.tick(0)
    fleet.apply([_make_model(PAINT)], expected_version=1, at=NOON + timedelta(minutes=1))
    for name in NAMES:
        fleet.set(name, plan_version=2, wake_at=WAKES)
    functions.tick(10)
    assert set(functions.resting.known) == {PAINT}


def test_an_audit_reads_each_record_if_it_cannot_read_the_index(fleet: Fleet, functions: Functions) -> None:
    functions.run_audit(0)
    fleet.index_fails = True
    assert functions.run("audit", 5) == NAMES


def test_a_warm_audit_reports_what_a_new_one_does(fleet: Fleet, functions: Functions) -> None:
    functions.run_audit(0)
    for minutes in (5, 75, 1030, 1065, 1200):  # until the shift of the next day, which no pass prepares
        assert functions.run_audit(minutes) == Functions(fleet).run_audit(minutes)
    assert [one.model_id for one in functions.run_audit(1065).at_risk] == NAMES
