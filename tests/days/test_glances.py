"""Glances: passes check a quiet hosted model each ten minutes and write it every forty, or once anything differs."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.day import GATE, WELD, Day, a_day, a_model, at

from preheat.app.ports.errors import QueueUnavailable, StoreUnavailable
from preheat.app.reconcile.reconcile import reconcile
from preheat.domain.plan.plan import Mode, Units
from preheat.domain.record import looks
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import ModelRecord, Phase
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.status import Operation

MINUTE = timedelta(minutes=1)


def list_looks(day: Day, since: str, until: str) -> list[str]:
    """Return when passes and glances asked the service."""
    calls = (call.at for call in day.sent(day.service.words.describe))
    return [f"{one:%H:%M:%S}" for one in calls if at(since) <= one < at(until)]


def count_saves(day: Day) -> list[ModelRecord]:
    """Return the list to which each won write adds its record from now on."""
    written: list[ModelRecord] = []
    save = day.store.save

    def note(*arguments: Any) -> ModelRecord:
        written.append(save(*arguments))
        return written[-1]

    day.store.save = note  # type: ignore[assignment,method-assign]  # counts and passes on
    return written


def test_three_of_four_looks_write_nothing() -> None:
    with a_day() as day:
        day.run_until("08:15")
        written = count_saves(day)
        day.run_until("11:15")
        assert len(list_looks(day, "08:15", "11:15")) == 18
        assert len(written) == 4
        assert len(day.queue) == 0  # the ticks send each glance


@pytest.mark.parametrize("stopped", ["09:23", "09:32", "09:52"], ids=["before the first", "and second", "and the pass"])
def test_a_model_that_a_person_stops_is_seen_within_ten_minutes(stopped: str) -> None:
    with a_day() as day:
        day.run_until(stopped)
        day.person("stops")
        day.run_until(f"{at(stopped) + 11 * MINUTE:%H:%M}")
        assert day.record.observed is not Observed.HOSTED
        assert day.started() == 2


@pytest.mark.parametrize(
    ("fault", "observed"), [(FaultKind.THROTTLE, Observed.HOSTED), (FaultKind.ACCESS_DENIED, Observed.HOSTED)]
)
def test_a_glance_that_cannot_read_the_state_is_a_pass(fault: FaultKind, observed: Observed) -> None:
    with a_day() as day:
        day.run_until("09:05")
        version = day.record.version
        day.fault(fault, operation=Operation.DESCRIBE_MODEL, times=8)
        day.run_until("09:10:30")
        assert day.record.version > version
        assert (day.record.unread is not None, day.record.observed) == (True, observed)


def test_a_glance_at_a_record_that_has_changed_reads_it_and_ends() -> None:
    with a_day() as day:
        day.run_until("09:05")
        day.store.save(replace(day.record, phase=Phase.STOPPING), None)
        asked, sent = len(list_looks(day, "09:00", "10:00")), len(day.queue)
        day.look(WELD, glance=True)
        assert day.results[-1].reason == "Not due yet"
        assert (len(list_looks(day, "09:00", "10:00")), len(day.queue)) == (asked, sent)


def test_a_hold_an_apply_and_a_block_are_served_at_once_in_spite_of_glances() -> None:
    with a_day() as day:
        day.run_until("09:05")
        day.hold("13:00", "18:00")
        day.run_until("09:06")
        assert day.record.wake_at == at("09:45")
        day.apply(a_model("08:00-16:00", units=Units(2)))
        day.run_until("09:08")
        assert day.record.plan_version == day.store.current
        day.block("09:11", "09:40")
        day.run_until("09:12")
        assert day.stopped() == 1


def test_no_glance_takes_the_place_of_an_edge() -> None:
    with a_day("08:00-12:13") as day:
        day.run_until("12:14")
        assert day.stopped() == 1
        assert [one.at for one in day.sent(day.service.words.stop)] == [at("12:13")]
        assert list_looks(day, "11:55", "12:13")[-1] < "12:12:40"


@pytest.mark.parametrize(("lost", "seen"), [("09:10", "09:20:10"), ("09:30", "09:40:10"), ("09:19", "09:20:10")])
def test_a_lost_message_costs_ten_minutes_at_most(lost: str, seen: str) -> None:
    with a_day() as day:
        day.run_until(f"{at(lost) - 1.5 * MINUTE:%H:%M:%S}")
        day.person("stops")
        day.queue.enqueue = day.queue.enqueue_glances = lambda *_, **__: None  # type: ignore[method-assign,assignment]
        day.run_until(f"{at(lost) + MINUTE / 2:%H:%M:%S}")
        del day.queue.enqueue, day.queue.enqueue_glances
        assert day.record.observed is Observed.HOSTED
        day.run_until(seen)
        assert day.record.observed is not Observed.HOSTED


class Failing:
    """A port of whose calls one fails."""

    def __init__(self, port: object, name: str, error: Exception, *, done: bool = False) -> None:
        self._port, self._name, self._error, self._done = port, name, error, done

    def __getattr__(self, name: str) -> Any:
        return self._fail if name == self._name else getattr(self._port, name)

    def _fail(self, *given: Any, **named: Any) -> None:
        if self._done:
            getattr(self._port, self._name)(*given, **named)
        raise self._error


def test_a_pass_after_a_difference_that_cannot_be_written_leaves_it_to_the_next_glance() -> None:
    with a_day() as day:
        day.run_until("09:05")
        day.person("stops")
        remote = replace(day._remote("pass-x"), store=Failing(day.store, "save", StoreUnavailable("no answer")))
        assert reconcile(WELD, remote, glance=True).incomplete
        day.run_until("09:11")
        assert day.record.observed is not Observed.HOSTED


def test_a_round_that_cannot_be_sent_or_read_costs_ten_minutes() -> None:
    with a_day() as day:
        day.run_until("09:08:30")
        queue = day.queue
        day.queue = Failing(queue, "enqueue_glances", QueueUnavailable("no answer"))  # type: ignore[assignment]
        assert day.tick().unsent == ()
        day.queue = queue
        day.person("stops")
        day.run_until("09:20")
        assert day.record.observed is not Observed.HOSTED


def test_a_pass_that_never_hears_of_its_write_has_its_glance_all_the_same() -> None:
    with a_day() as day:
        day.run_until("09:19")
        store = Failing(day.store, "save", StoreUnavailable("no answer"), done=True)
        day.remote = lambda remote: replace(remote, store=store)
        day.run_until("09:20")
        assert any(result.incomplete for result in day.results)
        day.run_until("09:30")
        assert "09:30:00" in list_looks(day, "09:21", "09:31")


def test_a_doubled_message_breeds_no_chain() -> None:
    with a_day() as day:
        day.run_until("09:05")
        for _ in range(5):
            day.queue.enqueue_glances([WELD], timedelta())
        day.run_until("09:59")
        assert len(day.queue) == 1
        assert len(list_looks(day, "09:40", "10:40")) <= 7


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.PAUSED])
def test_a_stricter_mode_of_the_stack_makes_no_glance(mode: Mode) -> None:
    with a_day() as day:
        day.run_until("09:05")
        day.mode = mode
        asked = Counter(list_looks(day, "09:00", "10:00"))
        day.look(WELD, glance=True)
        assert Counter(list_looks(day, "09:00", "10:00")) == asked


def test_a_model_with_a_gate_has_whole_looks() -> None:
    with a_day(gate=GATE) as day:
        day.run_until("10:05")
        assert day.record.wake_at is not None
        assert day.record.wake_at <= day.clock.at + looks.HOSTED_EVERY


def test_a_release_before_glances_takes_such_a_message_for_a_look_that_is_not_due() -> None:
    with a_day() as day:
        day.run_until("09:05")
        day.look(WELD)  # as a release does that knows no glances
        assert day.results[-1].reason == "Not due yet"


def test_the_calls_of_glances_count_against_the_budget_before_they_are_made() -> None:
    """Glances write nothing, so nobody would count them afterwards; a model that is short of calls has none."""
    with a_day() as day:
        day.run_until("09:25")
        spent, asked_by = day.record.spent_until, day.sent(day.service.words.describe)[-1].at
        assert (spent, glances_ahead(day)) == (asked_by + 4 * MINUTE, 3)  # the pass's own look, and three glances
        day.run_until("09:55")
        day.store.save(replace(day.record, spent_until=at("10:20")), None)
        day.run_until("10:05")
        assert (day.record.phase, glances_ahead(day)) == (Phase.HOSTED, 0)


def glances_ahead(day: Day) -> int:
    """Return how many glances come before the next pass."""
    assert day.record.wake_at is not None
    return looks.count_glances(day.record.wake_at, day.sent(day.service.words.describe)[-1].at)
