"""Whole passes over what a newer release wrote: it acts as if the new fields did not exist, or does not act."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.skew.passes import MIDNIGHT, WELD, a_model, client_of, dynamodb, store_on

from preheat.adapters.clock import VirtualClock
from preheat.adapters.dynamodb import serial
from preheat.adapters.dynamodb.connection import Tables
from preheat.adapters.memory.queue import MemoryQueue
from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.remote import Remote
from preheat.app.reconcile.reconcile import Result, reconcile
from preheat.app.tick import tick
from preheat.domain.plan.hosted_model import Readiness
from preheat.domain.plan.plan import Target
from preheat.domain.record.attempt import Attempt
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation
from preheat.domain.record.record import LedgerEntry, ModelRecord

SAMPLES: dict[str, Any] = json.loads((Path(__file__).parent / "samples-0.1.0.json").read_text())
RECORDS: dict[str, Any] = {}
for _sample in SAMPLES["records"]:
    _attempt = _sample["meant"]["attempt"]
    _told = f"{_attempt['call']}-{_attempt['answer']}" if _attempt else "no attempt"
    RECORDS[f"{len(RECORDS)} {_sample['meant']['phase']}, {_told}"] = _sample["item"]
MORE = {"mood": "good", "depth": {"of": [1, None]}}
PATHS = ((), ("target",), ("attempt",), ("attempt", "target"), ("attempt", "units"), ("effort",))


@pytest.fixture(scope="module")
def tables() -> Iterator[Callable[[], Tables]]:
    with dynamodb() as made:
        yield made


@dataclass
class Fixed:
    """A service that always shows one state and accepts every call."""

    observed: Observed
    calls: list[Any] = field(default_factory=list)

    def describe(self, target: Target) -> Observation:
        self.calls.append(("describe", target))
        return Observation(self.observed, self.observed)

    def probe(self, target: Target, readiness: Readiness) -> None:
        self.calls.append(("probe", target))

    def start(self, attempt: Attempt) -> None:
        self.calls.append(("start", attempt))

    def stop(self, attempt: Attempt) -> None:
        self.calls.append(("stop", attempt))


def extend_item(item: Any) -> Any:
    """Return a raw record or entry as an imagined next release writes it: with new fields at every level."""
    body = json.loads(item["body"]["S"])
    reached = 0
    for path in PATHS:
        inside = body
        for name in path:
            inside = inside and inside.get(name)
        if inside is not None:
            inside.update(copy.deepcopy(MORE))
            reached += 1
    assert reached >= 2
    return item | {"body": {"S": json.dumps(body)}, "mood": {"S": "good"}, "moods": {"L": [{"N": "1"}]}}


@dataclass
class Pass:
    """One pass over stored items, and what it came to."""

    tables: Tables
    hosting: Fixed
    result: Result
    record: ModelRecord
    ledger: tuple[LedgerEntry, ...]


def store_item(made: Tables, item: Any, *entries: Any) -> None:
    """Put a record under the plan that it has served, with the entries that its ledger has."""
    for version in range(int(item["plan_version"]["N"])):
        store_on(made).apply([a_model()], expected_version=version, at=MIDNIGHT)
    client_of(made).put_item(TableName=made.names.models, Item=item)
    for entry in entries:
        client_of(made).put_item(TableName=made.names.ledger, Item=entry)


def look(made: Tables, item: Any) -> Pass:
    """Make one pass at the second that the record asks for; wake a silent one first."""
    observed = Observed(json.loads(item["body"]["S"])["observed"])
    store = store_on(made)
    clock = VirtualClock(MIDNIGHT + timedelta(hours=8, minutes=20))
    if "wake_at" in item:
        clock = VirtualClock(serial.parse_instant(item["wake_at"]["S"]))
    else:
        store.wake(WELD, clock.at)
    hosting = Fixed(observed)
    result = reconcile(WELD, Remote(clock, store, hosting, MemoryQueue(clock), "pass-x"))
    record = store.load(WELD)
    assert record is not None
    return Pass(made, hosting, result, record, tuple(store.read_ledger(WELD)))


def find_of_models(made: Tables) -> list[Any]:
    """Return what is stored of models: an apply is an entry too, with a name of its own each time."""
    stored = scan(made)
    entries = [item for item in stored["ledger"] if not item["model_id"]["S"].startswith("plan#")]
    return [stored["models"], entries]


@pytest.mark.parametrize("name", RECORDS)
def test_a_pass_over_a_record_with_new_fields_does_what_it_does_without_them(
    tables: Callable[[], Tables], name: str
) -> None:
    plain, newer = tables(), tables()
    item = RECORDS[name]
    store_item(plain, item)
    store_item(newer, extend_item(item))
    expected, found = look(plain, item), look(newer, extend_item(item))
    assert (found.result, found.hosting.calls) == (expected.result, expected.hosting.calls)
    assert (found.record, found.ledger) == (expected.record, expected.ledger)
    assert found.record.version > int(item["version"]["N"])
    assert find_of_models(newer) == find_of_models(plain)  # the new parts are gone


def test_the_passes_that_were_compared_start_stop_and_wait(tables: Callable[[], Tables]) -> None:
    called = set()
    for item in RECORDS.values():
        made = tables()
        store_item(made, extend_item(item))
        called |= {name for name, _ in look(made, item).hosting.calls}
    assert called == {"describe", "start", "stop"}


def test_a_ledger_with_new_fields_is_read_and_continued(tables: Callable[[], Tables]) -> None:
    made = tables()
    entry = next(one["item"] for one in SAMPLES["entries"] if one["meant"]["sequence"] == 1)
    record = next(
        item for item in RECORDS.values() if item["sequence"]["N"] == "1" and "starting" in str(item["phase"])
    )
    body = json.loads(entry["body"]["S"])
    body["target"].update(MORE)
    newer = entry | {"body": {"S": json.dumps(body | MORE)}, "mood": {"S": "good"}}
    store_item(made, extend_item(record), newer)
    store = store_on(made)
    (before,) = store.read_ledger(WELD)
    clock = VirtualClock(serial.parse_instant(record["wake_at"]["S"]))
    reconcile(WELD, Remote(clock, store, Fixed(Observed.HOSTED), MemoryQueue(clock), "pass-x"))
    first, second = store.read_ledger(WELD)
    assert first == before
    assert (second.sequence, second.to_phase) == (2, "hosted")


def raise_number(item: Any) -> Any:
    return item | {"schema": {"N": "2"}}


def scan(made: Tables) -> dict[str, Any]:
    """Return every item of every table."""
    names = {"models": made.names.models, "ledger": made.names.ledger, "plans": made.names.plans}
    return {name: sorted(client_of(made).scan(TableName=table)["Items"], key=str) for name, table in names.items()}


def assert_refused(made: Tables, named: str) -> None:
    """Assert that a pass neither calls nor writes, and says which item it could not read."""
    before, hosting = scan(made), Fixed(Observed.STOPPED)
    clock = VirtualClock(MIDNIGHT + timedelta(hours=8, minutes=20))
    queue = MemoryQueue(clock)
    with pytest.raises(UnreadableItem, match=named):
        reconcile(WELD, Remote(clock, store_on(made), hosting, queue, "pass-x"))
    assert (hosting.calls, len(queue), scan(made)) == ([], 0, before)


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_of_a_higher_schema_number_is_reported_and_not_acted_on(
    tables: Callable[[], Tables], name: str
) -> None:
    made = tables()
    item = RECORDS[name] | {"wake_at": {"S": "2026-11-23T07:00:00.000000Z"}, "shard": {"S": "3"}}
    store_item(made, raise_number(item))
    assert_refused(made, r"models-\d+ weld-seams/record: schema: 2 is not 1, which this release knows")
    clock = VirtualClock(MIDNIGHT + timedelta(hours=8))  # a minute that resyncs; the alarm is each pass's own
    ticked = tick(clock=clock, store=store_on(made), queue=MemoryQueue(clock))
    assert ticked.sent == (WELD,)


@pytest.mark.parametrize("change", ["attribute", "field", "window"])
def test_a_plan_that_says_more_than_this_release_knows_is_reported_and_not_acted_on(
    tables: Callable[[], Tables], change: str
) -> None:
    made = tables()
    store_on(made).apply([a_model()], expected_version=0, at=MIDNIGHT)
    (item,) = [one for one in scan(made)["plans"] if "body" in one]
    body = json.loads(item["body"]["S"])
    if change == "attribute":
        item = raise_number(item)
    elif change == "field":
        body["closed_days"] = ["2026-11-23"]
    else:
        body["schedules"][0]["shift_windows"][0]["rotation"] = 4
    client_of(made).put_item(TableName=made.names.plans, Item=item | {"body": {"S": json.dumps(body)}})
    told = "schema: 2 is not 1" if change == "attribute" else "not a field that this release knows"
    assert_refused(made, rf"plans-\d+ v.*/model#weld-seams: .*{told}")


def test_a_pointer_of_a_higher_schema_number_is_reported_and_not_acted_on(tables: Callable[[], Tables]) -> None:
    made = tables()
    store_on(made).apply([a_model()], expected_version=0, at=MIDNIGHT)
    (item,) = [one for one in scan(made)["plans"] if "points_to" in one]
    client_of(made).put_item(TableName=made.names.plans, Item=raise_number(item))
    assert_refused(made, r"plans-\d+ current/pointer: schema: 2 is not 1")


def test_a_plan_that_makes_no_use_of_a_new_field_does_not_write_it(tables: Callable[[], Tables]) -> None:
    made = tables()
    store_on(made).apply([replace(a_model())], expected_version=0, at=MIDNIGHT)
    (item,) = [one for one in scan(made)["plans"] if "body" in one]
    body = json.loads(item["body"]["S"])
    assert sorted(body) == ["announced_at", "lead", "model_id", "schedules", "slack", "target", "units"]
    assert body["units"] == {}
