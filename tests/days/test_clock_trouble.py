"""Days on which the functions' clocks are off: by a minute either way, or one of them by an hour."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from tests.support.day import WELD, Day, Skewed, a_day, a_model, at

from preheat.app.ports.remote import Remote
from preheat.domain.plan.plan import Units
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action
from preheat_simulator.core.status import Operation


def skew(day: Day, *offsets: timedelta) -> None:
    """Let one pass after the other have the next of these clocks."""
    passes = count()

    def with_its_clock(remote: Remote) -> Remote:
        return replace(remote, clock=Skewed(remote.clock, offsets[next(passes) % len(offsets)]))

    day.remote = with_its_clock


def test_clocks_a_minute_off_either_way_neither_start_twice_nor_miss_the_shift() -> None:
    minute = timedelta(seconds=60)
    for offsets in ((minute, -minute), (-minute, minute, timedelta()), (-minute,), (minute,)):
        with a_day() as day:
            skew(day, *offsets)
            day.run_until("08:00")
            assert day.observed() is Observed.HOSTED
            day.run_until("16:10")
            assert (day.observed(), day.started(), day.stopped()) == (Observed.STOPPED, 1, 1)
            (stop,) = [call for call in day.sent(Operation.STOP_MODEL) if call.changed_state]
            assert at("15:59") <= stop.at <= at("16:03")
            instants = [entry.at for entry in day.entries]
            assert day.record.since == max(instants)


def test_a_clock_an_hour_fast_stops_an_hour_early_and_the_ledger_shows_it_beside_the_services_log() -> None:
    with a_day() as day:
        day.run_until("15:05")
        skew(day, timedelta(hours=1))
        day.run_until("15:30")
        (stop,) = [call for call in day.sent(Operation.STOP_MODEL) if call.changed_state]
        (told,) = [entry for entry in day.entries if entry.client_token == stop.token and entry.action == "stop"]
        assert told.at - stop.at == timedelta(hours=1)


@pytest.mark.parametrize("by", ["Preheat", "a person"])
def test_a_pass_whose_clock_is_behind_does_not_stop_what_another_has_just_begun_to_serve(by: str) -> None:
    with a_day() as day:  # a start is due at 07:28
        if by == "a person":
            day.run_until("07:20")
            day.person("starts")
        day.run_until("07:28:30")
        skew(day, -timedelta(seconds=59))
        day.apply(a_model("08:00-16:00", units=Units(2)))
        day.store.wake(WELD, at("07:27:20"))  # by a clock that is behind as well
        day.look()
        day.run_until("08:00")
        assert (day.observed(), day.started(), day.stopped()) == (Observed.HOSTED, int(by == "Preheat"), 0)
        assert not day.entries_of(Action.LATE)
