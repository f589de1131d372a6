"""The promises of every event bus, its in-memory twin no less than the one on EventBridge."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws

from preheat.adapters.eventbridge.entries import BATCH_BYTES_MAX, cut_batches, make_entry, measure_size
from preheat.adapters.eventbridge.eventbridge import EventBridge, make_events_client
from preheat.adapters.memory.bus import MemoryEvents
from preheat.app.ports.errors import EventsUnavailable, Undeliverable
from preheat.app.ports.outbox import Events
from preheat.domain.record.event import Event, EventKind

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
MOTO = "https://events.eu-central-1.amazonaws.com"


def event(number: int, reason: str = "so it is") -> Event:
    return Event(EventKind.MODEL_READY, f"id-{number}", SIX + timedelta(seconds=number), reason, model="weld-seams")


@dataclass
class Bus:
    """A bus, and what it has taken: id, kind and detail."""

    events: Events
    taken: Callable[[], list[tuple[str, str, Any]]]


@pytest.fixture
def client(session: Any) -> Iterator[Any]:
    with mock_aws():
        made = make_events_client(session, MOTO)
        made.create_event_bus(Name="preheat")
        yield made


def on_eventbridge(client: Any) -> Bus:
    taken: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        entries = json.loads(params["body"])["Entries"]
        assert len(entries) <= 10
        taken.extend(entries)

    client.meta.events.register("before-call.events.PutEvents", note)

    def found() -> list[tuple[str, str, Any]]:
        assert all((entry["EventBusName"], entry["Source"]) == ("preheat", "preheat") for entry in taken)
        details = [json.loads(entry["Detail"]) for entry in taken]
        return [(detail["event_id"], entry["DetailType"], detail) for entry, detail in zip(taken, details, strict=True)]

    return Bus(EventBridge(client, "preheat"), found)


@pytest.fixture(params=["memory", "moto"])
def bus(request: pytest.FixtureRequest) -> Bus:
    if request.param == "moto":
        return on_eventbridge(request.getfixturevalue("client"))
    memory = MemoryEvents()
    return Bus(memory, lambda: [(each.event_id, each.kind.value, each.detail()) for each in memory.taken])


@pytest.mark.parametrize("number", [0, 1, 10, 11, 25])
def test_everything_is_taken_in_its_order(bus: Bus, number: int) -> None:
    events = [event(each) for each in range(number)]
    bus.events.put(events)
    assert bus.taken() == [(each.event_id, "Model Ready", each.detail()) for each in events]


def test_the_same_event_twice_is_taken_twice(bus: Bus) -> None:
    bus.events.put([event(1)])
    bus.events.put([event(1)])
    assert [found[0] for found in bus.taken()] == ["id-1", "id-1"]


def test_an_event_that_is_too_large_is_refused_by_its_id_and_the_others_are_taken(bus: Bus) -> None:
    with pytest.raises(Undeliverable, match="id-2"):
        bus.events.put([event(1), event(2, "x" * BATCH_BYTES_MAX), event(3)])
    assert [found[0] for found in bus.taken()] == ["id-1", "id-3"]


# --- EventBridge ---


def test_a_call_takes_no_more_bytes_than_the_service_does() -> None:
    entries = [make_entry(event(each, "ü" * 40_000), "preheat") for each in range(12)]
    made = list(cut_batches(entries))
    assert [entry for batch in made for entry in batch] == entries
    assert all(sum(map(measure_size, batch)) <= BATCH_BYTES_MAX for batch in made)
    assert len(made) > 2


def test_each_call_takes_as_many_bytes_as_it_may() -> None:
    bare = measure_size(make_entry(event(0, ""), "preheat"))
    half, third = BATCH_BYTES_MAX // 2 - bare, BATCH_BYTES_MAX // 3 - bare
    for filled, sizes in ((half, [2, 2, 2, 1]), (third, [3, 3, 1])):
        entries = [make_entry(event(each, "x" * filled), "preheat") for each in range(7)]
        assert [len(batch) for batch in cut_batches(entries)] == sizes


def test_an_event_is_put_under_its_own_time(client: Any) -> None:
    assert make_entry(event(7), "preheat")["Time"] == SIX + timedelta(seconds=7)


def answering(client: Any, *codes: str) -> list[int]:
    """Let PutEvents answer each entry by its place, with an error code or ''; note how many each call had."""
    calls: list[int] = []
    left = list(codes)

    def answer(params: dict[str, Any], **_: Any) -> Any:
        number = len(json.loads(params["body"])["Entries"])
        calls.append(number)
        now, left[:] = left[:number], left[number:]
        now += [""] * (number - len(now))
        entries = [{"ErrorCode": code, "ErrorMessage": "why"} if code else {"EventId": "e"} for code in now]
        return SimpleNamespace(status_code=200), {"FailedEntryCount": len(codes), "Entries": entries}

    client.meta.events.register_first("before-call.events.PutEvents", answer)
    return calls


def test_what_a_batch_did_not_take_is_named_and_nothing_after_it_is_put(client: Any) -> None:
    calls = answering(client, "", "ThrottlingException", "", "InternalFailure")
    with pytest.raises(EventsUnavailable, match=r"2 of 10 not taken: id-1: ThrottlingException why; id-3: InternalF"):
        EventBridge(client, "preheat").put([event(each) for each in range(25)])
    assert calls == [10]


def test_what_is_wrong_in_itself_is_refused_and_what_comes_after_it_is_put(client: Any) -> None:
    calls = answering(client, "", "MalformedDetail")
    with pytest.raises(Undeliverable, match="id-1: MalformedDetail"):
        EventBridge(client, "preheat").put([event(each) for each in range(11)])
    assert calls == [10, 1]


def test_what_is_not_taken_outweighs_what_is_refused(client: Any) -> None:
    answering(client, "MalformedDetail", "ThrottlingException")
    with pytest.raises(EventsUnavailable):
        EventBridge(client, "preheat").put([event(1), event(2)])


@pytest.mark.parametrize(
    ("code", "error"), [("ValidationException", Undeliverable), ("AccessDeniedException", EventsUnavailable)]
)
def test_a_refused_call_is_refused_permanently_only_if_the_events_are_wrong(
    client: Any, code: str, error: type[Exception]
) -> None:
    def refuse(**_: Any) -> Any:
        return SimpleNamespace(status_code=400), {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {}}

    client.meta.events.register_first("before-call.events.PutEvents", refuse)
    with pytest.raises(error, match="id-1" if error is Undeliverable else "preheat"):
        EventBridge(client, "preheat").put([event(1)])


def test_a_bus_that_does_not_answer_is_unavailable(client: Any) -> None:
    def lose(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url=MOTO)

    client.meta.events.register_last("after-call.events.PutEvents", lose)
    with pytest.raises(EventsUnavailable, match="preheat"):
        EventBridge(client, "preheat").put([event(1)])


def test_an_event_with_a_reason_in_any_script_fits_by_its_bytes() -> None:
    small, large = make_entry(event(1, "a" * 1000), "b"), make_entry(replace(event(1), reason="语" * 1000), "b")
    assert measure_size(large) - measure_size(small) == 2000
