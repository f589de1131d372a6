"""A look has one message: from its pass if it is soon, else from the tick. The index is the net.

A quiet model with a gate has no glances: its passes send each look too.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from tests.support.day import GATE, WELD, Day, a_day, at

from preheat.app.ports.errors import QueueUnavailable, StoreUnavailable
from preheat.app.ports.remote import Remote
from preheat.app.reconcile.reconcile import reconcile
from preheat.domain.plan.hosted_model import Drain
from preheat.domain.record import looks
from preheat.domain.record.lifecycle import Observed

MINUTE = timedelta(minutes=1)


class Failing:
    """A port of whose calls some fail."""

    def __init__(self, port: object, name: str, error: Exception) -> None:
        self._port, self._name, self._error = port, name, error

    def __getattr__(self, name: str) -> Any:
        if name == self._name:
            return self._fail
        return getattr(self._port, name)

    def _fail(self, *_: object, **__: object) -> None:
        raise self._error


def lose_messages(day: Day) -> None:
    day.queue._messages.clear()


def list_looks(day: Day, since: datetime) -> list[datetime]:
    """Return when passes have read the service since then."""
    return [call.at for call in day.sent(day.service.words.describe) if call.at >= since]


def test_no_pass_comes_for_nothing_and_a_quiet_model_has_one_each_ten_minutes() -> None:
    with a_day() as day:
        day.run_until("08:30")
        before = len(day.results)
        day.run_until("15:30")
        assert {one.reason for one in day.results[before:]} == {"Hosted as required"}
        quiet = [one for one in list_looks(day, at("08:30")) if one < at("15:30")]
        apart = {two - one for one, two in pairwise(quiet)}
        assert apart == {looks.HOSTED_EVERY}


def test_the_line_of_a_quiet_model_moves_each_half_hour() -> None:
    with a_day(gate=GATE) as day:
        lines = set()
        for minute in range(120):
            day.run_until(f"{9 + minute // 60:02}:{minute % 60:02}")
            lines.add(day.record.due_at)
        assert None not in lines
        assert len(lines) <= 5


def test_the_end_of_a_shift_is_met_to_the_second_though_every_message_is_lost() -> None:
    with a_day("08:00-12:13") as day:
        day.run_until("09:05")
        day.queue.enqueue = lambda *_, **__: None  # type: ignore[method-assign]
        lose_messages(day)
        while day.clock.at < at("12:14"):
            day.clock.advance_to(day.clock.at + timedelta(seconds=1))
            for line in day.store.find_due(day.clock.at):
                day.look(line.model_id)
            if day.stopped():
                break
        assert day.clock.at == at("12:13")


def test_the_limit_of_a_drain_is_met_though_the_message_for_it_is_lost() -> None:
    """The net of that look came two minutes later, and the stop with it."""
    with a_day(drain=Drain("https://sqs.eu-central-1.amazonaws.com/111122223333/images", 30 * MINUTE)) as day:
        day.run_until("15:59")
        day.waiting(7)
        day.run_until("16:29:50")
        day.store.wake(WELD, day.clock.at)
        day.look()
        assert day.record.wake_at == at("16:30")
        lose_messages(day)
        day.run_until("16:31:05")
        assert day.observed() is Observed.STOPPING


def test_a_lost_message_is_made_up_for_by_the_net() -> None:
    with a_day(gate=GATE) as day:
        day.run_until("09:05")
        due = day.record.wake_at
        assert due is not None
        lose_messages(day)
        day.person("stops")
        day.run_until("09:59")
        assert min(list_looks(day, due)) <= due + looks.QUIET_NET_AFTER + MINUTE


def test_a_message_that_cannot_be_sent_leaves_the_look_to_the_tick() -> None:
    with a_day(gate=GATE) as day:
        day.run_until("09:05")
        before = day.record.wake_at
        assert before is not None
        queue = Failing(day.queue, "enqueue", QueueUnavailable("no answer"))
        day.remote = lambda remote: replace(remote, queue=queue)
        day.clock.advance_to(before)
        day.look()
        assert (day.record.due_at, day.record.wake_at) == (None, before + looks.HOSTED_EVERY)
        lose_messages(day)
        day.run_until("09:40")
        assert before + looks.HOSTED_EVERY in list_looks(day, before + MINUTE)


class SecondSave:
    """A store of whose saves the second fails."""

    def __init__(self, store: object) -> None:
        self._store, self._saves = store, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def save(self, *arguments: Any) -> Any:
        self._saves += 1
        if self._saves == 2:
            raise StoreUnavailable("no answer")
        return self.__getattr__("save")(*arguments)


def test_a_message_that_cannot_be_sent_nor_noted_leaves_the_look_to_the_net() -> None:
    with a_day(gate=GATE) as day:
        day.run_until("09:05")
        before = day.record.wake_at
        assert before is not None
        queue, store = Failing(day.queue, "enqueue", QueueUnavailable("no answer")), SecondSave(day.store)
        day.remote = lambda remote: replace(remote, queue=queue, store=store)
        day.clock.advance_to(before)
        day.look()
        net = day.record.due_at
        assert net is not None
        assert day.record.wake_at == before + looks.HOSTED_EVERY
        day.remote = lambda remote: remote
        lose_messages(day)
        day.run_until("10:05")
        assert before < min(list_looks(day, before + MINUTE)) <= net + 2 * MINUTE


@pytest.mark.parametrize("call", ["save", "read_basis"])
def test_a_pass_that_cannot_reach_the_store_comes_again_within_a_minute(call: str) -> None:
    with a_day(gate=GATE) as day:
        day.run_until("09:05")
        due = day.record.wake_at
        assert due is not None

        def fail(remote: Remote) -> Remote:
            return replace(remote, store=Failing(day.store, call, StoreUnavailable("no answer")))

        day.remote = fail
        day.run_until(f"{due:%H:%M:%S}")
        day.remote = lambda remote: remote
        day.run_until(f"{due + 61 * timedelta(seconds=1):%H:%M:%S}")
        assert day.results[-1].incomplete is False
        assert day.record.wake_at == due + MINUTE + looks.HOSTED_EVERY


def test_a_pass_that_cannot_read_its_record_comes_again_because_of_its_message() -> None:
    with a_day(gate=GATE) as day:
        day.run_until("09:05")
        lose_messages(day)
        sent: list[tuple[Any, ...]] = []
        queue = Failing(day.queue, "none", ValueError())
        queue.enqueue = lambda *given, **_: sent.append(given)  # type: ignore[attr-defined]
        store = Failing(day.store, "load", StoreUnavailable("no answer"))
        remote = replace(day._remote("pass-x"), store=store, queue=queue)
        for due_at, comes in ((day.clock.at + MINUTE, 1), (day.clock.at - MINUTE, 0), (at("23:00"), 0), (None, 0)):
            sent.clear()
            assert reconcile(WELD, remote, due_at=due_at).incomplete
            assert len(sent) == comes
        assert day.observed() is Observed.HOSTED


@pytest.mark.parametrize(("behind", "sent"), [(90, 1), (119, 1), (180, 0)])
def test_a_message_that_comes_early_by_a_clock_that_is_behind_is_sent_again(behind: int, sent: int) -> None:
    with a_day(gate=GATE) as day:
        day.run_until("09:05")
        due = day.record.wake_at
        assert due is not None
        lose_messages(day)
        day.clock.advance_to(due - timedelta(seconds=behind))
        day.look()
        assert (day.results[-1].reason, len(day.queue)) == ("Not due yet", sent)
        day.run_until(f"{due:%H:%M:%S}")
        assert (due in list_looks(day, due)) is bool(sent)


def test_an_early_message_that_cannot_be_sent_again_leaves_the_look_to_the_index() -> None:
    with a_day(gate=GATE) as day:
        day.run_until("09:05")
        wake_at, due_at = day.record.wake_at, day.record.due_at
        assert wake_at is not None
        assert due_at is not None
        lose_messages(day)
        day.clock.advance_to(wake_at - timedelta(seconds=90))
        queue = Failing(day.queue, "enqueue", QueueUnavailable("no answer"))
        assert reconcile(WELD, replace(day._remote("pass-x"), queue=queue)).reason == "Not due yet"
        assert (day.record.wake_at, day.record.due_at) == (wake_at, due_at)
        day.run_until(f"{due_at + MINUTE:%H:%M:%S}")
        assert due_at in list_looks(day, wake_at)


def test_a_failed_pass_that_cannot_send_its_message_again_leaves_the_look_to_the_net() -> None:
    with a_day(gate=GATE) as day:
        day.run_until("09:05")
        wake_at, due_at = day.record.wake_at, day.record.due_at
        assert wake_at is not None
        assert due_at is not None
        lose_messages(day)
        day.clock.advance_to(wake_at)
        queue = Failing(day.queue, "enqueue", QueueUnavailable("no answer"))
        store = Failing(day.store, "save", StoreUnavailable("no answer"))
        failed = reconcile(WELD, replace(day._remote("pass-x"), queue=queue, store=store), due_at=due_at)
        assert (failed.incomplete, day.record.due_at, len(day.queue)) == (True, due_at, 0)
        day.run_until(f"{due_at + MINUTE:%H:%M:%S}")
        assert due_at in list_looks(day, wake_at + MINUTE)


@pytest.mark.parametrize("repeated", [True, False])
def test_the_message_of_a_failed_pass_sends_the_look_that_its_write_has_put_behind_the_net(repeated: bool) -> None:
    with a_day(gate=GATE) as day:
        day.run_until("09:05")
        due = day.record.wake_at
        assert due is not None
        lose_messages(day)  # its pass won the write, but not its answer, and sent nothing
        reconcile(WELD, day._remote("pass-x"), due_at=day.record.due_at, repeated=repeated)
        assert day.queue.next_at() == (due if repeated else None)


def test_a_second_message_for_a_look_ends() -> None:
    with a_day(gate=GATE) as day:
        day.run_until("09:05")
        for minute in range(6, 60):
            day.run_until(f"09:{minute:02}")
            day.queue.enqueue(WELD, timedelta())
        day.run_until("11:00")
        assert len(day.queue) == 1


def test_while_the_index_shows_a_model_the_tick_alone_is_the_retry() -> None:
    with a_day() as day:
        day.run_until("07:20")
        store = Failing(day.store, "save", StoreUnavailable("no answer"))
        day.remote = lambda remote: replace(remote, store=store)
        day.run_until("07:40")
        minutes = [one for one in day.results if one.incomplete]
        assert 9 <= len(minutes) <= 14  # one a tick since 07:27, and no more
