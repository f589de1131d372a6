"""Real passes on the DynamoDB store, in process: what a release writes, as raw items, with the values that it meant.

`python -m preheat_lab skew-samples` stores what this returns once for each release. The contract tests make it again
for the present one. Does not judge.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from itertools import count
from typing import TYPE_CHECKING, Any

import botocore.session
from moto import mock_aws
from tests.support.calls import Faulty

from preheat.adapters.clock import VirtualClock
from preheat.adapters.dynamodb.connection import TableNames, Tables, make_dynamodb_client
from preheat.adapters.dynamodb.failures import Patience
from preheat.adapters.dynamodb.store import DynamoStore
from preheat.adapters.dynamodb.tables import CURRENT, POINTER, RECORD
from preheat.adapters.memory.queue import MemoryQueue
from preheat.adapters.sqs.work import make_work
from preheat.app.ports import errors
from preheat.app.ports.records import Guards
from preheat.app.ports.remote import Remote
from preheat.app.ports.store import Store
from preheat.app.reconcile.reconcile import reconcile
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.plan.hosted_model import HostedModel, Unscheduled
from preheat.domain.plan.plan import Backend, Mode, ModelId, Target, Units
from preheat.domain.record.record import LedgerEntry, ModelRecord
from preheat_lab.simulation.faults import WorkerKilled
from preheat_lab.simulation.hosting import SimulatedHosting, make_hosting, make_scaling
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.latency import make_fixed
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.lookout import LookoutService
from preheat_simulator.sagemaker import VARIANT, EndpointService

if TYPE_CHECKING:
    from preheat.app.ports.hosting import Hosting, Scaling
    from preheat.app.ports.queue import Queue

MOTO = "https://dynamodb.eu-central-1.amazonaws.com"  # named, so that no AWS_ENDPOINT_URL of the surroundings wins
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)  # a Monday
WELD = ModelId("weld-seams")
TARGET = Target("weld-seams-front", "3")
MINUTE = timedelta(minutes=1)

type Raw = dict[str, Any]


@dataclass
class Samples:
    """Raw items by kind, each with its intended value: `{"item": …, "meant": …}`."""

    records: list[Raw] = field(default_factory=list)
    entries: list[Raw] = field(default_factory=list)
    models: list[Raw] = field(default_factory=list)
    pointer: Raw = field(default_factory=dict)
    messages: list[Raw] = field(default_factory=list)

    def as_json(self, release: str) -> str:
        """Return the text of a sample file, one item a line."""
        kinds = [f"    {json.dumps(f.name)}: {_lines(getattr(self, f.name))}" for f in fields(self)]
        return f'{{\n    "release": "{release}",\n' + ",\n".join(kinds) + "\n}\n"


def _lines(rows: Any) -> str:
    if isinstance(rows, dict):
        return json.dumps(rows, sort_keys=True)
    return "[\n" + ",\n".join(f"        {json.dumps(row, sort_keys=True)}" for row in rows) + "\n    ]"


def plain(value: Any) -> Any:
    """Return a domain value as JSON data in words of its own: the codec under test has no part in it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    match value:
        case Enum():
            return value.value
        case datetime() | time():
            return value.isoformat()
        case timedelta():
            return f"{value // timedelta(microseconds=1)} us"
        case frozenset():
            return sorted(plain(one) for one in value)
        case tuple():
            return [plain(one) for one in value]
        case _:
            return value


@contextmanager
def dynamodb() -> Iterator[Callable[[], Tables]]:
    """A DynamoDB in process; each call of what this yields makes three empty tables more."""
    session = botocore.session.get_session()
    session.set_credentials("test", "test")
    session.set_config_variable("region", "eu-central-1")
    numbers = count(1)
    with mock_aws():
        client = make_dynamodb_client(session, MOTO)

        def tables() -> Tables:
            number = next(numbers)
            made = Tables(TableNames(f"models-{number}", f"ledger-{number}", f"plans-{number}"), client)
            for table in (made.records, made.ledger, made.plans):
                table.create_table(billing_mode="PAY_PER_REQUEST")
            return made

        yield tables


def store_on(made: Tables) -> DynamoStore:
    """Return the store on these tables, which never pauses."""
    return DynamoStore(client_of(made), made.names, Patience(lambda _: None))


def client_of(made: Tables) -> Any:
    """Return the client of these tables."""
    return made.connection.client


class RealShift:
    """One model's shift on the real store: each look is a real pass, at the second that the record asks for."""

    scaling: "Scaling | None" = None

    def __init__(self, made: Tables, meets: Callable[[str, bool], None] | None = None, **changes: Any) -> None:
        self.clock = VirtualClock(MIDNIGHT)
        self.tables, self.store = made, store_on(made)
        self.service = LookoutService(
            self.clock.now,
            limits=AccountLimits(calls_per_second=None),
            start_latency=make_fixed(900),
            stop_latency=make_fixed(200),
        )
        self.service.add_model(TARGET.project, TARGET.version)
        self.saved: list[tuple[ModelRecord, Raw]] = []
        self._meets = meets or (lambda _name, _done: None)
        self._passes = 0
        self.apply(a_model(**changes))

    def apply(self, *models: HostedModel) -> None:
        """Make these the plan."""
        self.store.apply(models, expected_version=self.store.read_plan_version(), at=self.clock.at)

    def run_until(self, text: str) -> None:
        """Look whenever the record is due, up to an instant of the Monday."""
        until = datetime.combine(MIDNIGHT.date(), time.fromisoformat(text), UTC)
        while (record := self.store.load(WELD)) and record.wake_at is not None and record.wake_at <= until:
            self.clock.advance_to(max(record.wake_at, self.clock.at))
            self.look()
        self.clock.advance_to(until)

    def _open_hosting(self) -> "Hosting":
        return SimulatedHosting(self.service)

    def look(self) -> None:
        """Make one pass; a killed one leaves what it left."""
        self._passes += 1
        store: Store = self.store
        hosting: Hosting = Faulty(self._open_hosting(), self._meets)
        queue: Queue = MemoryQueue(self.clock)
        noted: Any = Noted(store, self._note)
        with suppress(WorkerKilled):
            reconcile(WELD, Remote(self.clock, noted, hosting, queue, f"pass-{self._passes}", scaling=self.scaling))

    def _note(self, won: ModelRecord) -> None:
        self.saved.append((won, raw(self.tables, self.tables.names.models, model_id=WELD, item=RECORD)))


class EndpointShift(RealShift):
    """The shifts of an endpoint that scales, whose first config has no capacity, so that Preheat uses another one."""

    def __init__(self, made: Tables) -> None:
        super().__init__(made, **OF_ENDPOINT)
        self.endpoints = EndpointService(
            self.clock.now,
            limits=AccountLimits(calls_per_second=None),
            start_latency=make_fixed(300),
            stop_latency=make_fixed(100),
        )
        for config in (ENDPOINT.version, FALLBACK):
            self.endpoints.add_model(ENDPOINT.project, config)
        self.scaling = make_scaling(self.endpoints)
        self._hosting = make_hosting(self.endpoints)
        shortage = InjectedFault(FaultKind.CAPACITY, version=ENDPOINT.version, times=1, after=MINUTE)
        self.endpoints.inject(shortage)

    def _open_hosting(self) -> "Hosting":
        return self._hosting

    def scale(self) -> None:
        """Register a scalable target, as the owner of the endpoint would."""
        one = {"ResourceId": f"endpoint/{ENDPOINT.project}/variant/{VARIANT}", "MinCapacity": 1, "MaxCapacity": 2}
        self.endpoints.scaling.register({**one, **NAMED})


class Noted:
    """The store; each won write goes to `note`."""

    def __init__(self, store: Store, note: Callable[[ModelRecord], None]) -> None:
        self._store, self._note = store, note

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def save(self, record: ModelRecord, entry: LedgerEntry | None, guards: Guards | None = None) -> ModelRecord:
        """See `ports.Store`."""
        won = self._store.save(record, entry, guards)
        self._note(won)
        return won


def raw(made: Tables, table: str, **key: Any) -> Raw:
    """Return an item as DynamoDB holds it."""
    typed = {name: {"N" if isinstance(part, int) else "S": str(part)} for name, part in key.items()}
    found: Raw = client_of(made).get_item(TableName=table, Key=typed, ConsistentRead=True)["Item"]
    return found


def a_model(**changes: Any) -> HostedModel:
    """Return a model with one shift of an hour on Mondays, known for a week."""
    window = ShiftWindow(frozenset({Weekday.MON}), time(8), time(9))
    early = Schedule("early", "UTC", (window,))
    lead, known = timedelta(minutes=30), MIDNIGHT - timedelta(days=7)
    model = HostedModel(WELD, TARGET, Units(1), (early,), lead, timedelta(minutes=2), known)
    return replace(model, **changes)


ENDPOINT, FALLBACK = Target("weld-seams-front", "weld-seams-3", Backend.SAGEMAKER), "weld-seams-large"
TWICE = tuple(ShiftWindow(frozenset({Weekday.MON}), time(hour), time(hour + 1)) for hour in (8, 11))
NAMED = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
OF_ENDPOINT: dict[str, Any] = {
    "target": ENDPOINT,
    "fallbacks": (FALLBACK,),
    "tags": (("Owner", "plant"),),
    "schedules": (Schedule("twice", "UTC", TWICE),),
}
PLANNED = (
    a_model(),
    a_model(
        model_id=ModelId("paint-finish"),
        units=Units(2, 4),
        schedules=(
            Schedule(
                "late",
                "America/Mexico_City",
                (ShiftWindow(frozenset({Weekday.FRI, Weekday.SUN}), time(22, 30), time(6, 0, 1), end_day=1),),
            ),
            Schedule("none", "UTC", ()),
        ),
        mode=Mode.OBSERVE,
        unscheduled=Unscheduled.STOP,
    ),
    a_model(model_id=ModelId("0-idle"), schedules=(), slack=timedelta(), mode=Mode.PAUSED),
)
ERRORS = (
    errors.AnswerLost,
    errors.Throttled,
    errors.WrongState,
    errors.QuotaExceeded,
    errors.AccessRefused,
    errors.InvalidCall,
    errors.ModelGone,
)


def take_samples() -> Samples:
    """Return what this release writes: records in every phase, every attempt and answer, every kind of entry."""
    with dynamodb() as tables:
        return _take_samples(tables)


def take_of_endpoints() -> Samples:
    """Return what this release writes for an endpoint: a shortage, a fallback config, and scaling kept and restored.

    Apart from the others, because release 0.1.0 knows no endpoints and refuses all of it.
    """
    with dynamodb() as tables:
        shift = EndpointShift(tables())
        shift.run_until("08:30")
        shift.scale()
        shift.run_until("12:20")
        samples = _take_of([shift])
        plans = shift.tables.names.plans
        pointer = raw(shift.tables, plans, plan=CURRENT, item=POINTER)
        item = raw(shift.tables, plans, plan=pointer["points_to"]["S"], item=f"model#{WELD}")
        samples.models = [{"item": item, "meant": plain(a_model(**OF_ENDPOINT))}]
        return samples


def _take_samples(tables: Callable[[], Tables]) -> Samples:
    samples = _take_of(_shifts(tables))
    made = tables()
    store_on(made).apply(PLANNED, expected_version=0, at=MIDNIGHT)
    pointer = raw(made, made.names.plans, plan=CURRENT, item=POINTER)
    samples.pointer = {"item": pointer, "meant": {"version": 1}}
    for model in PLANNED:
        item = raw(made, made.names.plans, plan=pointer["points_to"]["S"], item=f"model#{model.model_id}")
        samples.models.append({"item": item, "meant": plain(model)})
    samples.messages = [{"body": make_work(name), "meant": name} for name in (WELD, ModelId("0"), ModelId("a" * 63))]
    return samples


def _take_of(shifts: Iterable[RealShift]) -> Samples:
    records: dict[Any, tuple[ModelRecord, Raw]] = {}
    entries: dict[Any, tuple[LedgerEntry, Raw]] = {}
    for shift in shifts:
        for record, item in shift.saved:
            attempt = record.attempt
            effort, scaling = record.effort, record.scaling
            endpoint = (effort.fallback, effort.short_since is not None) if effort else ()
            scales = (scaling.is_removed,) if scaling else ()
            key = (
                *(record.phase, record.ownership),
                *((attempt.call, attempt.answer) if attempt else ()),
                *((endpoint, scales) if any(endpoint) or scales else ()),
            )
            records.setdefault(key, (record, item))
        for entry in shift.store.read_ledger(WELD):
            item = raw(shift.tables, shift.tables.names.ledger, model_id=WELD, sequence=entry.sequence)
            entries.setdefault((entry.action, entry.late, entry.client_token is None), (entry, item))
    samples = Samples()
    samples.records = [{"item": item, "meant": plain(value)} for value, item in records.values()]
    samples.entries = [{"item": item, "meant": plain(value)} for value, item in entries.values()]
    return samples


def _shifts(tables: Callable[[], Tables]) -> Iterator[RealShift]:
    """Yield shifts that have been through something, each on tables of its own."""
    for name, begins in (("start", "07:20"), ("stop", "08:59")):
        answers: list[BaseException] = [WorkerKilled(), *(error("so it is") for error in ERRORS)]
        shift = RealShift(tables(), _each_in_turn(name, answers))
        shift.run_until(begins)
        for _ in range(60):
            shift.clock.advance(MINUTE)
            shift.run_until(shift.clock.at.strftime("%H:%M:%S"))
            if not answers:
                break
            if shift.saved[-1][0].silent_for_plan is not None:
                shift.apply(a_model())  # only a new plan allows another call
        yield shift
    stories: tuple[Callable[[RealShift], None], ...] = (
        _a_person_starts,
        lambda shift: shift.service.inject(InjectedFault(FaultKind.HOSTING_FAILED, times=9)),
        lambda shift: shift.service.inject(InjectedFault(FaultKind.STUCK)),
        lambda shift: shift.service.delete(TARGET.project, TARGET.version),
        lambda shift: shift.apply(a_model(mode=Mode.OBSERVE)),
        lambda shift: shift.apply(a_model(mode=Mode.PAUSED)),
        lambda _: None,  # an ordinary one
    )
    for story in stories:
        shift = RealShift(tables())
        story(shift)
        shift.run_until("09:10")
        yield shift


def _a_person_starts(shift: RealShift) -> None:
    shift.run_until("05:00")
    shift.service.person_starts(TARGET.project, TARGET.version)
    shift.store.wake(WELD, shift.clock.at)


def _each_in_turn(name: str, answers: list[BaseException]) -> Callable[[str, bool], None]:
    def meets(called: str, done: bool) -> None:
        if called == name and not done and answers:
            raise answers.pop(0)

    return meets
