"""Every error of store and queue, at each call of a pass and of a tick, and what follows from it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from tests.support.calls import Faulty, Refusing, failing, look, refused
from tests.support.day import WELD, Day, a_day

from preheat.adapters.sqs.sqs import SqsQueue
from preheat.app.ports.errors import QueueUnavailable, StaleRecord, StoreUnavailable, Throttled, UnreadableItem
from preheat.app.tick import Ticked, tick
from preheat.domain.record.lifecycle import Observed
from preheat_simulator.core.status import Operation

OUT, UNREADABLE, STALE = StoreUnavailable("out of reach"), UnreadableItem("of a form not known"), StaleRecord("lost")


@pytest.fixture
def due() -> Iterator[Day]:
    """A day at the second at which the model's start is due, before any look."""
    with a_day() as day:
        day.run_until("07:27:59")
        day.clock.advance(timedelta(seconds=1))
        yield day


def ends_well(day: Day) -> bool:
    """Return whether the day goes on as if nothing had happened: hosted in time, by one start under one token."""
    day.run_until("08:00")
    tokens = {call.token for call in day.sent(Operation.START_MODEL)}
    return (day.observed(), day.started(), len(tokens)) == (Observed.HOSTED, 1, 1)


@pytest.mark.parametrize("name", ["load", "read_basis", "save"])
def test_a_pass_without_its_store_touches_nothing_and_the_model_is_still_due(due: Day, name: str) -> None:
    before = due.record
    result = look(due, failing(name, OUT))
    assert (result.incomplete, due.record, due.sent(Operation.START_MODEL)) == (True, before, [])
    assert "out of reach" in result.reason
    assert ends_well(due)


@pytest.mark.parametrize("name", ["load", "read_basis", "save"])
def test_an_unreadable_item_ends_the_pass_by_name_and_touches_nothing(due: Day, name: str) -> None:
    before = due.record
    with pytest.raises(UnreadableItem, match="of a form not known"):
        look(due, failing(name, UNREADABLE))
    assert (due.record, due.sent(Operation.START_MODEL)) == (before, [])
    assert ends_well(due)


def test_an_intent_that_was_written_but_not_confirmed_is_not_acted_on_and_the_next_pass_repeats_it(due: Day) -> None:
    result = look(due, failing("save", OUT, done=True))
    assert (result.incomplete, due.sent(Operation.START_MODEL)) == (True, [])
    assert due.record.attempt is not None
    assert ends_well(due)


@pytest.mark.parametrize("times", [1, 2])
def test_a_lost_write_is_decided_again_in_the_same_pass(due: Day, times: int) -> None:
    result = look(due, failing("save", STALE, times=times))
    assert (result.incomplete, due.started()) == (False, 1)
    assert ends_well(due)


def test_three_lost_writes_end_the_pass_and_the_model_is_still_due(due: Day) -> None:
    before = due.record
    result = look(due, failing("save", STALE, times=3))
    assert (result.incomplete, due.record, due.started()) == (True, before, 0)
    assert "Lost 3 writes in a row" in result.reason
    assert ends_well(due)


@pytest.mark.parametrize(("error", "done"), [(OUT, False), (OUT, True), (STALE, False)])
def test_an_outcome_that_is_not_recorded_leaves_the_intent_open(due: Day, error: Exception, done: bool) -> None:
    result = look(due, failing("save", error, nth=2, done=done))
    assert "not recorded, the intent remains" in result.reason
    assert (result.incomplete, due.started()) == (False, 1)
    assert ends_well(due)


def test_an_outcome_that_cannot_be_settled_for_an_unreadable_item_is_reported_and_the_intent_stays(due: Day) -> None:
    with pytest.raises(UnreadableItem):
        look(due, failing("save", UNREADABLE, nth=2))
    assert due.started() == 1
    assert ends_well(due)


@pytest.mark.parametrize("done", [False, True])
def test_a_pass_without_its_queue_is_complete_and_the_tick_finds_the_next_look(due: Day, done: bool) -> None:
    throttled = failing("start", Throttled("so it is"))  # then the next look falls before the next tick
    unsent = failing("enqueue", QueueUnavailable("out of reach"), done=done)
    asked = []

    def meets(name: str, after: bool) -> None:
        asked.append(name)
        throttled(name, after)
        unsent(name, after)

    before = len(due.queue)
    result = look(due, meets)
    assert (result.incomplete, "enqueue" in asked, len(due.queue) - before) == (False, True, int(done))
    assert ends_well(due)


@pytest.mark.parametrize(
    "error", [refused("AWS.SimpleQueueService.NonExistentQueue"), ReadTimeoutError(endpoint_url="http://127.0.0.1")]
)
def test_whatever_the_queues_client_raises_is_a_queue_out_of_reach(error: Exception) -> None:
    with pytest.raises(QueueUnavailable, match=WELD):
        SqsQueue(Refusing(error), "http://127.0.0.1/queue").enqueue(WELD, timedelta())


# --- the tick -------------------------------------------------------------------------------------------------------


def tick_with_failure(day: Day, name: str, error: Exception, *, done: bool = False) -> Ticked:
    """Make one tick of which one call fails."""
    meets = failing(name, error, done=done)
    store: Any = Faulty(day.store, meets)
    queue: Any = Faulty(day.queue, meets)
    return tick(clock=day.clock, store=store, queue=queue)


@pytest.fixture
def resync() -> Iterator[Day]:
    """A day at a minute that resyncs, with an overdue model that an interrupted apply has not woken."""
    with a_day() as day:
        day.run_until("07:09:30")
        day.ticks = False
        day.run_until("07:30")
        while day.queue.receive() is not None:
            continue
        yield day


@pytest.mark.parametrize("error", [OUT, UNREADABLE], ids=["unavailable", "unreadable"])
@pytest.mark.parametrize(
    "name", ["find_due", "read_plan_version", "list_planned_models", "list_former_models", "glance_at_many"]
)
def test_a_tick_that_cannot_read_sends_nothing_and_the_next_one_makes_up_for_it(
    resync: Day, name: str, error: Exception
) -> None:
    with pytest.raises(type(error)):
        tick_with_failure(resync, name, error)
    assert len(resync.queue) == 0
    resync.ticks = True
    assert ends_well(resync)


def test_a_tick_that_cannot_wake_a_model_sends_nothing_and_the_next_resync_does(resync: Day) -> None:
    resync.run_until("07:40")
    look(resync, lambda *_: None)
    model = resync.store.plans[resync.store.current][WELD]
    resync.store.plans[resync.store.current + 1] = {WELD: model}
    resync.store.current += 1  # the plan is current, and nobody woke a model
    with pytest.raises(StoreUnavailable):
        tick_with_failure(resync, "wake", OUT)
    assert resync.record.plan_version < resync.store.current
    resync.ticks = True
    resync.run_until("07:50:10")
    assert resync.record.plan_version == resync.store.current


@pytest.mark.parametrize("done", [False, True])
def test_a_tick_that_cannot_send_names_the_models_and_the_next_one_sends(resync: Day, done: bool) -> None:
    told = tick_with_failure(resync, "enqueue", QueueUnavailable("out of reach"), done=done)
    assert (told.sent, told.unsent) == ((), (WELD,))
    resync.ticks = True
    assert ends_well(resync)
