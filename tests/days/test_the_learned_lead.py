"""The learned lead in use: it moves the next start, and it learns only from real starts."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from tests.days.test_requests import Asking
from tests.support.day import WELD, Day, a_day, a_model, at

from preheat.adapters.memory.listing import MemoryListing
from preheat.app.audit.audit import Audit
from preheat.app.requests.codes import Code
from preheat.domain.lead.evidence import count_trusted
from preheat.domain.lead.lead_in_force import find_next_lead, fix_lead
from preheat.domain.plan.hosted_model import Learning
from preheat.domain.plan.plan import Mode, Units
from preheat.domain.plan.turn import Turn
from preheat.domain.record.attempt import LEASE
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, Phase
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.latency import make_fixed
from preheat_simulator.core.status import Operation

if TYPE_CHECKING:
    from preheat.domain.record.record import ModelRecord

MINUTE = timedelta(minutes=1)
LEARNING = Learning()


def remember(day: Day, *minutes: float, evidence: int | None = None) -> None:
    """Let these be the measured starts so far."""
    day.run_until("00:01")
    day.store.save(
        replace(day.record, samples=tuple(each * MINUTE for each in minutes), evidence=evidence, wake_at=day.clock.at),
        None,
    )
    day.store.wake(WELD, day.clock.at)
    day.run_until("00:03")


def test_a_model_is_started_a_learned_lead_and_a_slack_before_its_shift() -> None:
    with a_day(learning=LEARNING, start_takes="10m") as day:
        remember(day, *([10.0] * 60))
        lead = find_next_lead(a_model("08:00-16:00", learning=LEARNING), day.record).span
        assert 10 * MINUTE <= lead <= 12 * MINUTE
        assert day.record.wake_at == at("08:00") - lead - 2 * MINUTE
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        (started,) = (entry for entry in day.entries if entry.client_token and entry.action == "start")
        assert started.at - (at("08:00") - lead - 2 * MINUTE) < 2 * timedelta(seconds=1)


def test_a_pinned_lead_learns_nothing() -> None:
    with a_day(lead="45m", start_takes="10m") as day:
        remember(day, *([10.0] * 60))
        day.run_until("07:20")
        assert day.observed() is Observed.STARTING


def test_a_lead_that_shrinks_as_the_model_becomes_hosted_does_not_stop_it_again() -> None:
    with a_day(learning=LEARNING, start_takes="9m") as day:
        remember(day, *([9.0] * 19))  # with the twentieth the default holds no longer
        day.run_until("07:45")
        assert find_next_lead(a_model("08:00-16:00", learning=LEARNING), day.record).span < 13 * MINUTE
        day.run_until("16:10")
        assert (day.started(), day.stopped()) == (1, 1)
        day.run_until("16:30")
        start_at = day.record.wake_at
        assert start_at is not None
        assert start_at > at("07:44", day=1)
        day.run_until("08:00", day=1)
        assert (day.observed(), day.started()) == (Observed.HOSTED, 2)


def test_a_late_start_cuts_the_evidence_and_the_next_one_begins_earlier() -> None:
    with a_day(learning=LEARNING, start_takes="25m") as day:
        remember(day, *([12.0] * 60))
        day.run_until("07:59:50")
        assert count_trusted(day.record) == 60
        day.run_until("08:00")
        assert count_trusted(day.record) == 9  # at once: it may never become hosted
        day.run_until("16:30")
        assert (max(day.record.samples) > 25 * MINUTE, count_trusted(day.record)) == (True, 9)
        assert day.record.wake_at is not None
        assert day.record.wake_at < at("07:20", day=1)
        day.run_until("16:30", day=1)
        assert count_trusted(day.record) == 10


def test_a_start_that_never_becomes_hosted_counts_as_late() -> None:
    with a_day(learning=LEARNING) as day:
        remember(day, *([20.0] * 50))
        day.fault(FaultKind.STUCK)
        day.run_until("08:02")
        assert (count_trusted(day.record), len(day.record.samples)) == (9, 50)


@pytest.mark.parametrize("kind", [FaultKind.ACCESS_DENIED, FaultKind.THROTTLE])
def test_what_refusals_have_delayed_is_neither_a_sample_of_hours_nor_cuts_the_evidence(kind: FaultKind) -> None:
    with a_day(learning=LEARNING) as day:
        remember(day, *([20.0] * 50))
        day.fault(kind, operation=Operation.START_MODEL, times=60)
        day.run_until("15:59")
        assert day.observed() is Observed.HOSTED
        assert day.record.samples[-1] <= 20 * MINUTE  # as the service takes, from the call that it accepted
        assert count_trusted(day.record) == 51
        assert any(entry.late for entry in day.entries)


def test_what_a_person_has_stopped_and_is_started_again_is_measured_from_there() -> None:
    with a_day(learning=LEARNING) as day:
        remember(day, *([20.0] * 50))
        day.run_until("07:45")
        day.person("stops")
        day.run_until("10:00")
        assert day.observed() is Observed.HOSTED
        assert day.record.samples[-1] <= 20 * MINUTE
        assert count_trusted(day.record) == 51


def test_a_start_that_nobody_has_watched_is_not_a_sample() -> None:
    with a_day(learning=LEARNING) as day:
        remember(day, *([20.0] * 50))
        day.run_until("07:45")
        day.mode = Mode.PAUSED
        day.run_until("11:00")
        day.mode = Mode.ACT
        day.store.wake(WELD, day.clock.at)
        day.run_until("11:10")
        assert (len(day.record.samples), count_trusted(day.record)) == (50, 50)


def test_other_units_count_as_a_change_before_their_first_start() -> None:
    model = a_model("08:00-16:00", learning=LEARNING)
    with a_day(learning=LEARNING, start_takes="20m") as day:
        remember(day, *([20.0] * 59))
        day.run_until("17:00")
        here, changed = (find_next_lead(each, day.record) for each in (model, replace(model, units=Units(2))))
        assert (here.evidence, changed.evidence) == (60, 9)
        day.apply(replace(model, units=Units(2)))
        day.run_until("17:02")
        assert day.record.wake_at is not None
        assert day.record.wake_at == at("08:00", day=1) - changed.span - 2 * MINUTE


@pytest.mark.parametrize(("units", "samples"), [(None, 1), (2, 0)])
def test_a_start_with_the_units_of_a_hold_says_nothing_about_the_lead(units: int | None, samples: int) -> None:
    with a_day(max_units_by_request=4) as day:
        day.run_until("05:00")
        day.hold("06:00", "07:00", units=units)
        day.run_until("06:55")
        assert day.observed() is Observed.HOSTED
        assert len(day.record.samples) == samples


def test_an_earlier_releases_demand_under_way_is_not_dropped_for_a_shorter_lead() -> None:
    with a_day(lead="30m", start_takes="9m") as day:
        remember(day, *([9.0] * 30))
        day.run_until("07:35")
        record: ModelRecord = day.record
        assert record.effort is not None
        day.store.save(replace(record, effort=replace(record.effort, lead=None)), None)
        day.apply(a_model("08:00-16:00", learning=LEARNING))
        day.run_until("08:00")
        assert (day.started(), day.stopped(), day.observed()) == (1, 0, Observed.HOSTED)


def test_without_a_record_the_default_is_in_force() -> None:
    model = a_model("08:00-16:00", lead="30m", learning=LEARNING)
    assert fix_lead(model, None, at("05:00")).lead == 30 * MINUTE


def test_forty_shifts_are_never_stopped_within_a_shift_whatever_the_starts_take() -> None:
    with a_day(learning=LEARNING) as day:
        for number in range(40):
            takes = (7 * number * number) % 23 + 4
            day.service.start_latency = make_fixed(takes * 60)
            day.run_until("17:00", day=number)
            assert (day.started(), day.stopped()) == (number + 1, number + 1)


def test_a_plan_that_takes_a_turn_away_does_not_stop_what_was_started_by_it() -> None:
    turn = Turn(timedelta(seconds=90), timedelta(seconds=100))
    with a_day(turn=turn) as day:
        day.run_until("07:27")
        assert day.observed() is Observed.STARTING
        assert day.entries_of(Action.START)[0].at - at("07:26:30") < timedelta(seconds=2)
        day.apply(a_model("08:00-16:00"))
        day.run_until("08:00")
        assert (day.observed(), day.started(), day.stopped()) == (Observed.HOSTED, 1, 0)
        assert all(entry.late is not True for entry in day.entries)
        day.run_until("16:30")
        assert (day.record.wake_at, day.stopped()) == (at("07:28", day=1), 1)


def test_looks_in_turn_are_a_round_apart_and_still_show_how_long_a_start_took() -> None:
    with a_day(turn=Turn(timedelta(seconds=50), timedelta(seconds=240)), learning=LEARNING, start_takes="13m") as day:
        remember(day, *([13.0] * 59))
        day.run_until("08:00")
        (started,) = day.entries_of(Action.START)
        looks = [call.at for call in day.sent(Operation.DESCRIBE_MODEL) if started.at < call.at < at("07:55")]
        assert len(looks) >= 2
        assert all(two - one >= timedelta(seconds=235) for one, two in pairwise(looks)), looks
        assert (len(day.record.samples), day.observed()) == (60, Observed.HOSTED)
        assert 13 * MINUTE <= day.record.samples[-1] <= 13 * MINUTE + timedelta(seconds=245)


def list_expected(day: Day) -> list[str]:
    """Return what the audit says now of who will not be ready in time."""
    audit = Audit(day.clock, day.store, MemoryListing([], {}), (), "", lambda *_: [])
    return [f"{one.expected_at:%H:%M}" for one in audit.run().at_risk]


def test_a_start_that_fails_is_begun_again_at_once_and_is_ready_on_time() -> None:
    with a_day(learning=LEARNING, start_takes="10m") as day:
        remember(day, *([12.0] * 60))
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=2))
        day.run_until("07:48")
        first, second = day.entries_of(Action.START)
        (failed,) = day.entries_of(Action.FAIL)
        assert first.at + LEASE <= second.at <= first.at + LEASE + timedelta(seconds=20)
        assert second.at - failed.at <= timedelta(seconds=6)
        day.run_until("08:01")
        assert [entry.late for entry in day.entries if entry.late is not None] == [False]
        assert (count_trusted(day.record), day.record.samples[-1] > 12 * MINUTE) == (60, True)  # with what has failed


def test_a_start_that_fails_five_minutes_in_is_begun_again_as_soon_as_it_is_seen() -> None:
    with a_day(learning=LEARNING, start_takes="10m") as day:
        remember(day, *([20.0] * 60))
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=5))
        day.run_until("08:00")
        (first, second), (failed,) = day.entries_of(Action.START), day.entries_of(Action.FAIL)
        assert timedelta(minutes=5) <= failed.at - first.at <= timedelta(minutes=10)  # before the bracket looks are few
        assert second.at - failed.at <= timedelta(seconds=6)
        assert (day.observed(), [entry.late for entry in day.entries if entry.late is not None]) == (
            Observed.HOSTED,
            [False],
        )


def test_from_the_second_retry_on_the_next_start_waits() -> None:
    with a_day(learning=LEARNING, start_takes="10m") as day:
        remember(day, *([12.0] * 60))
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=2), times=3)
        day.run_until("08:30")
        starts, failures = day.entries_of(Action.START), day.entries_of(Action.FAIL)
        waits = [start.at - failure.at for failure, start in zip(failures, starts[1:], strict=True)]
        assert [round(wait / MINUTE) for wait in waits] == [0, 2, 4]


def test_who_will_not_be_ready_by_the_lead_in_force_is_reported_before_the_shift() -> None:
    with a_day(learning=LEARNING, start_takes="10m") as day:
        remember(day, *([12.0] * 60))  # a lead of 13.2 minutes, where the default is 30
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=2))
        day.run_until("07:46")
        assert list_expected(day) == []
        day.run_until("07:48")
        assert day.record.phase is Phase.STARTING
        assert list_expected(day) == ["08:00"]  # 07:46:50 and 13.2 minutes are some seconds past it
        day.run_until("07:59:50")
        assert list_expected(day) == []  # hosted by now


def test_a_start_that_is_on_its_way_in_time_is_not_reported() -> None:
    with a_day(learning=LEARNING, start_takes="10m") as day:
        remember(day, *([12.0] * 60))
        for minute in range(40, 60):
            day.run_until(f"07:{minute}")
            assert list_expected(day) == []


def test_a_stop_of_a_start_that_began_by_a_longer_learned_lead_keeps_the_model_off_for_its_shift() -> None:
    """The plan's own lead would not have started it before 7:28, and the block ended when the shift began."""
    with a_day(learning=LEARNING, lead="30m", start_takes="40m") as day:
        remember(day, *([45.0] * 60))
        day.run_until("07:20")
        assert day.observed() is Observed.STARTING
        assert Asking(day).asks("stop", "stop").until == at("16:00")
        day.run_until("09:00")
        assert day.observed() is Observed.STOPPED


def test_a_stop_before_the_start_that_a_shorter_learned_lead_will_make_costs_no_shift() -> None:
    """The plan's own lead would have started it at 7:28; by the learned one, nothing needs it yet."""
    with a_day(learning=LEARNING, lead="30m", start_takes="10m") as day:
        remember(day, *([10.0] * 60))
        day.run_until("07:35")
        assert Asking(day).asks("stop", "stop").code == Code.NOTHING_TO_DO
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED


def test_a_stray_that_is_stopped_before_the_learned_start_is_back_for_its_shift() -> None:
    with a_day(learning=LEARNING, lead="30m", start_takes="10m") as day:
        remember(day, *([10.0] * 60))
        day.run_until("07:10")
        day.person("starts")
        day.run_until("07:31")
        day.store.wake(WELD, day.clock.at)
        day.look()
        assert Asking(day).asks("stop", "stop").until == at("08:00")
        day.run_until("08:30")
        assert day.observed() is Observed.HOSTED
