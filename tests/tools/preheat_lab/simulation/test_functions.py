"""The functions as the simulation calls them: the handler files, their events, and what becomes of a message."""

import importlib
import inspect
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from preheat.adapters.clock import VirtualClock
from preheat.adapters.sqs.work import make_work
from preheat_lab.simulation import functions
from preheat_lab.simulation.faults import FaultMix, Mishap
from preheat_lab.simulation.functions import (
    Functions,
    NotACheckoutError,
    SilentTelemetry,
    find_failed,
    make_sqs_event,
)
from preheat_lab.simulation.plant import draw_plant
from preheat_lab.simulation.queue import RECEIVES_MAX, RETENTION, VISIBILITY, QueuedMessage, SimulatedSqs
from preheat_lab.simulation.world import QUEUE_URL, SimulatedWorld, make_poison
from preheat_simulator.core.switches import Switches

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
ROOT = Path(__file__).parents[4]


def a_world(mix: FaultMix, published: Any = lambda _: None) -> SimulatedWorld:
    random = Random(1)  # noqa: S311 - chance in a simulation
    lines = draw_plant(random, 2, announced_at=SIX)
    return SimulatedWorld(lines, SIX, 1, random=random, mix=mix, switches=Switches(), on_entry=published)


@pytest.fixture
def sqs() -> SimulatedSqs:
    return SimulatedSqs(VirtualClock(SIX))


def later(queue: SimulatedSqs, by: timedelta) -> QueuedMessage | None:
    queue._clock.advance(by)  # type: ignore[attr-defined]  # the fixture's virtual clock
    return queue.receive()


# --- the queue ---


def test_a_message_that_is_not_deleted_comes_again_after_its_visibility(sqs: SimulatedSqs) -> None:
    sqs.send_message(QueueUrl=QUEUE_URL, MessageBody="a")
    first = sqs.receive()
    assert first is not None
    sqs.return_message(first)
    assert later(sqs, VISIBILITY - timedelta(seconds=1)) is None
    again = later(sqs, timedelta(seconds=1))
    assert again is not None
    assert (again.message_id, again.receives) == (first.message_id, 2)
    assert sqs.receive() is None


def test_a_message_that_was_handed_out_five_times_is_a_dead_letter(sqs: SimulatedSqs) -> None:
    sqs.send_message(QueueUrl=QUEUE_URL, MessageBody="a")
    for _ in range(RECEIVES_MAX):
        message = later(sqs, VISIBILITY)
        assert message is not None
        sqs.return_message(message)
    assert later(sqs, VISIBILITY) is None
    assert [letter.body for letter in sqs.dead_letters] == ["a"]


def test_a_message_that_nobody_took_for_two_hours_is_gone(sqs: SimulatedSqs) -> None:
    sqs.send_message(QueueUrl=QUEUE_URL, MessageBody="a")
    assert later(sqs, RETENTION) is None
    assert (len(sqs), sqs.expired) == (0, 1)


@pytest.mark.parametrize("delay", [-1, 901, 1.5, True])
def test_a_delay_that_sqs_would_refuse_is_refused(sqs: SimulatedSqs, delay: Any) -> None:
    with pytest.raises(ValueError, match="DelaySeconds"):
        sqs.send_message(QueueUrl=QUEUE_URL, MessageBody="a", DelaySeconds=delay)


# --- the answer ---


@pytest.mark.parametrize(
    ("answer", "returned"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, {"b"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, {"a", "b"}),
        ({"batchItemFailures": [{"id": "a"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "c"}]}, {"a", "b"}),
        ({"batchItemFailures": ["a"]}, {"a", "b"}),
        ({"batchItemFailures": "a"}, {"a", "b"}),
        ("done", {"a", "b"}),
    ],
)
def test_only_failures_that_name_messages_of_the_batch_are_believed(answer: object, returned: set[str]) -> None:
    assert find_failed(answer, {"a", "b"}) == returned


def test_the_event_is_of_the_form_of_the_sample() -> None:
    sample = json.loads((ROOT / "events" / "reconcile-one-message.json").read_text())["Records"][0]
    (record,) = make_sqs_event(QueuedMessage("id", make_work("weld-seams"), SIX, receives=2))["Records"]  # type: ignore[arg-type]
    assert record.keys() == sample.keys()
    assert record["attributes"].keys() == sample["attributes"].keys()
    assert (record["body"], record["attributes"]["ApproximateReceiveCount"]) == (sample["body"], "2")
    tick = json.loads((ROOT / "events" / "tick-scheduled.json").read_text())
    assert functions._TICK.keys() | {"time"} == tick.keys()


# --- the handlers ---


@pytest.mark.parametrize("name", ["tick", "reconcile", "requests", "publish"])
def test_the_stand_in_takes_whatever_a_handler_reports(name: str) -> None:
    handler = (ROOT / "functions" / name / "handler.py").read_text()
    called = set(re.findall(r"\btelemetry\.(\w+)\(", handler))
    assert len(called) >= 3
    assert len(called) == handler.count("telemetry.")
    real, stand_in = importlib.import_module(f"preheat.observability.{name}"), SilentTelemetry(lambda _: None)
    for each in called - {"emit_entry"}:
        assert list(inspect.signature(getattr(stand_in, each)).parameters) == list(
            inspect.signature(getattr(real, each)).parameters
        )


def test_what_the_handlers_show_is_what_is_stored() -> None:
    published: list[Any] = []
    world = a_world(FaultMix(), published.append)
    world.run()
    assert sorted(published, key=lambda entry: (entry.model_id, entry.sequence)) == [
        entry for model_id in world.everyone for entry in world.store.read_ledger(model_id)
    ]
    assert published


def test_a_poison_message_is_returned_each_time_and_ends_among_the_dead_letters() -> None:
    world = a_world(FaultMix(poison=24.0))
    world.run()
    assert len(world.sqs.dead_letters) > 10
    assert {letter.body for letter in world.sqs.dead_letters} <= set(make_poison(world.everyone[0]))
    assert {letter.receives for letter in world.sqs.dead_letters} == {RECEIVES_MAX}
    assert world.watch.violations == []


def test_an_error_that_is_no_reason_to_return_a_message_ends_the_simulation(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("preheat.bootstrap.reconcile.reconcile", wrong)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        a_world(FaultMix()).run()


def test_a_message_that_is_returned_without_a_word_ends_the_simulation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "find_failed", lambda _answer, message_ids: set(message_ids))
    with pytest.raises(RuntimeError, match="returned without an error"):
        a_world(FaultMix()).run()


def test_without_the_handlers_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(functions, "FUNCTIONS", tmp_path)
    with pytest.raises(NotACheckoutError, match=r"reconcile/handler\.py is missing"):
        a_world(FaultMix())


# --- the schedule ---


def test_a_tick_is_handed_over_three_times_within_its_minute_and_then_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = a_world(FaultMix(tick_undelivered=1.0))
    ticks: list[datetime] = []
    monkeypatch.setattr(world.triggers._functions, "tick", ticks.append)
    world.run()
    assert ticks == []
    minutes = 24 * 60
    tries = world.mishaps[Mishap.TICK_UNDELIVERED]
    assert minutes * 2 < tries <= minutes * 3
    assert minutes - 2 <= world.triggers.undelivered <= minutes


def test_a_tick_whose_function_died_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = a_world(FaultMix(killed=1.0))
    calls: list[datetime] = []
    real = Functions.tick

    def count_call(at: datetime) -> None:
        calls.append(at)
        real(world.triggers._functions, at)

    monkeypatch.setattr(world.triggers._functions, "tick", count_call)
    world.run()
    assert len(calls) == 24 * 60
    assert world.triggers.undelivered > 0
