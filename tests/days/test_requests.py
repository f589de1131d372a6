"""Days on which others ask for something: the real desk before the real tick and pass, one message each."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.day import WELD, Day, a_day

from preheat.adapters.sqs.rejected import MemoryRejected
from preheat.app.requests.codes import Code
from preheat.app.requests.desk import Desk
from preheat.app.requests.envelope import IncomingMessage
from preheat.domain.demand.request import Reply
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, Phase
from preheat_simulator.core.faults import FaultKind


class Asking:
    """A day with the function `requests` in it."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.desk = Desk(day.clock, day.store, day.queue, MemoryRejected())

    def asks(self, verb: str, request_id: str, **fields: Any) -> Reply:
        body = {"version": 1, "request_id": request_id, "verb": verb, "model": WELD, **fields}
        return self.desk.take(IncomingMessage(f"m-{request_id}", "AROALINE7:me", json.dumps(body))).reply


@pytest.fixture
def asking() -> Iterator[Asking]:
    """A shift from 8 to 16, a start in 17 minutes, a stop in 4."""
    with a_day() as day:
        yield Asking(day)


def test_a_hold_in_the_evening_starts_the_model_at_once_and_its_end_stops_it(asking: Asking) -> None:
    day = asking.day
    day.run_until("18:00")
    reply = asking.asks("hold", "a", duration="2h")
    day.run_until("18:01")
    assert day.observed() is Observed.STARTING
    day.run_until("18:30")
    assert day.observed() is Observed.HOSTED
    assert reply.ready_at is not None
    assert day.clock.at < reply.ready_at
    day.run_until("20:10")
    assert (day.observed(), day.started(), day.stopped()) == (Observed.STOPPED, 2, 2)


def test_a_hold_that_prolongs_the_shift_costs_no_restart(asking: Asking) -> None:
    day = asking.day
    day.run_until("15:30")
    assert asking.asks("hold", "a", until="2026-11-23T20:00:00Z").code == Code.ACCEPTED
    day.run_until("19:59")
    assert (day.observed(), day.stopped()) == (Observed.HOSTED, 0)
    day.run_until("20:10")
    assert (day.observed(), day.started(), day.stopped()) == (Observed.STOPPED, 1, 1)


def test_a_release_stops_what_nothing_else_wants(asking: Asking) -> None:
    day = asking.day
    day.run_until("15:30")
    asking.asks("hold", "a", until="2026-11-23T20:00:00Z")
    day.run_until("17:00")
    asking.asks("release", "b", of="a")
    day.run_until("17:05")
    assert day.observed() is Observed.STOPPED


def test_a_hold_that_came_after_its_release_never_starts_anything(asking: Asking) -> None:
    day = asking.day
    day.run_until("18:00")
    asking.asks("release", "b", of="a")
    assert asking.asks("hold", "a", duration="2h").code == Code.RELEASED_AT_BIRTH
    day.run_until("20:30")
    assert day.started() == 1


def test_a_hold_after_a_won_stop_says_so_and_the_model_comes_back(asking: Asking) -> None:
    day = asking.day
    day.run_until("16:01")
    assert day.observed() is Observed.STOPPING
    reply = asking.asks("hold", "a", duration="2h")
    assert reply.code == Code.ACCEPTED_WILL_RESTART
    day.run_until("16:33")
    assert (day.observed(), day.started()) == (Observed.HOSTED, 2)
    assert reply.ready_at is not None
    assert reply.ready_at >= day.clock.at


def test_stop_now_stops_until_the_shift_is_over_or_it_is_lifted(asking: Asking) -> None:
    day = asking.day
    day.run_until("10:00")
    assert asking.asks("stop_now", "s", reason="line down").code == Code.ACCEPTED
    day.run_until("10:10")
    assert day.observed() is Observed.STOPPED
    assert asking.asks("stop_now", "s2").code == Code.NOTHING_TO_DO
    asking.asks("unblock", "u", of="s")
    day.run_until("10:45")
    assert day.observed() is Observed.HOSTED
    day.run_until("16:10")
    assert (day.observed(), day.started(), day.stopped()) == (Observed.STOPPED, 2, 2)


def test_a_stop_ends_what_a_person_started_and_lets_the_next_shift_be(asking: Asking) -> None:
    day = asking.day
    day.run_until("18:00")
    day.person("starts")
    day.store.wake(WELD, day.clock.at)
    day.run_until("18:30")
    assert (day.observed(), day.record.phase) == (Observed.HOSTED, Phase.UNSCHEDULED)
    assert asking.asks("stop", "s").code == Code.ACCEPTED
    day.run_until("18:40")
    assert (day.observed(), day.stopped()) == (Observed.STOPPED, 2)
    (entry,) = [one for one in day.entries_of(Action.STOP) if "block s" in one.reason]
    assert entry.reason == "Stopping: somebody else started it, and block s is active"
    assert asking.asks("stop", "s2").code == Code.NOTHING_TO_DO
    day.run_until("09:00", day=1)
    assert (day.observed(), day.started()) == (Observed.HOSTED, 2)


def test_a_block_stops_what_a_person_starts_under_it_again_and_again(asking: Asking) -> None:
    day = asking.day
    day.run_until("18:00")
    asking.asks("block", "b", duration="4h")
    for minute in ("18:30", "19:30"):
        day.run_until(minute)
        day.person("starts")
        day.store.wake(WELD, day.clock.at)
    day.run_until("20:10")
    assert (day.observed(), day.stopped()) == (Observed.STOPPED, 3)
    asking.asks("unblock", "u", of="b")
    day.person("starts")
    day.store.wake(WELD, day.clock.at)
    day.run_until("21:30")
    assert (day.observed(), day.record.phase) == (Observed.HOSTED, Phase.UNSCHEDULED)


def test_a_stop_is_completed_although_its_block_ends_first(asking: Asking) -> None:
    day = asking.day
    day.run_until("18:00")
    day.person("starts")
    day.store.wake(WELD, day.clock.at)
    day.run_until("18:30")
    asking.asks("block", "b", duration="2m")
    day.fault(FaultKind.THROTTLE, operation=day.service.words.stop, times=4)
    day.run_until("18:45")
    assert (day.observed(), day.stopped()) == (Observed.STOPPED, 2)


def test_a_start_runs_until_it_is_released(asking: Asking) -> None:
    day = asking.day
    day.run_until("18:00")
    asking.asks("start", "s")
    day.run_until("12:00", day=2)
    assert (day.observed(), day.stopped()) == (Observed.HOSTED, 1)
    day.run_until("20:00", day=2)
    asking.asks("release", "r", of="s")
    day.run_until("20:10", day=2)
    assert (day.observed(), day.stopped()) == (Observed.STOPPED, 2)


def test_a_hold_that_a_block_covers_is_accepted_and_says_that_nothing_comes_of_it(asking: Asking) -> None:
    day = asking.day
    day.run_until("18:00")
    asking.asks("block", "b", duration="4h")
    reply = asking.asks("hold", "a", duration="2h")
    assert (reply.code, reply.ready_at) == (Code.ACCEPTED, None)
    assert "blocked for its whole duration" in reply.reason
    day.run_until("20:30")
    assert day.started() == 1
    assert asking.asks("hold", "c", duration="1h", priority=60).ready_at is not None
    day.run_until("21:00")
    assert day.observed() is Observed.HOSTED


def test_the_same_hold_from_five_retries_starts_the_model_once(asking: Asking) -> None:
    day = asking.day
    day.run_until("18:00")
    replies = {asking.asks("hold", "a", duration="2h") for _ in range(5)}
    day.run_until("20:30")
    assert (len(replies), day.started(), day.stopped()) == (1, 2, 2)
