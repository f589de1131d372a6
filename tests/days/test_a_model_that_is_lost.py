"""A model that was ready and is lost before its demand ends: reported at once, and again when Preheat gives it up."""

from datetime import timedelta

import pytest
from tests.support.day import GATE, WELD, Day, a_day, at

from preheat.app.publish import make_events
from preheat.domain.demand.demand import look_ahead
from preheat.domain.plan.hosted_model import Resize
from preheat.domain.plan.plan import Backend, Units
from preheat.domain.record.event import EventKind
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import LedgerEntry, Phase
from preheat.domain.verdict.causes import VerdictCause, VerdictState
from preheat.domain.verdict.facts import VerdictFacts
from preheat.domain.verdict.judging import judge
from preheat_simulator.core.status import Status


def lost(day: Day) -> list[LedgerEntry]:
    """Return the entries that report a loss."""
    return [entry for entry in day.entries if entry.lost]


def see(day: Day) -> VerdictFacts:
    """Return what is known about the model now."""
    model = day.store.read_basis(WELD, day.clock.at).planned.model
    assert model is not None
    return VerdictFacts(WELD, day.clock.at, model, day.record, look_ahead(model, day.clock.at), mode=day.mode)


def kinds(entry: LedgerEntry) -> list[EventKind]:
    return [event.kind for event in make_events(entry)]


LOSSES = {
    Backend.LOOKOUT_VISION: [Status.TRAINED, Status.HOSTING_FAILED, Status.STOPPING_HOSTING, Status.STARTING_HOSTING],
    Backend.REKOGNITION: [Status.TRAINED, Status.HOSTING_FAILED, Status.STOPPING_HOSTING, Status.STARTING_HOSTING],
    Backend.SAGEMAKER: [Status.TRAINED, Status.HOSTING_FAILED],
}


@pytest.mark.parametrize(
    ("backend", "status"), [(backend, status) for backend, found in LOSSES.items() for status in found]
)
def test_whatever_takes_it_away_is_reported_within_a_look(backend: Backend, status: Status) -> None:
    with a_day(backend=backend) as day:
        day.run_until("10:00")
        assert lost(day) == []
        day.service._fleet.model(day.target.project, day.target.version, day.clock.at).force(day.clock.at, status)
        day.run_until("10:11")
        (entry,) = lost(day)
        assert EventKind.MODEL_LOST in kinds(entry)
        assert entry.reason.startswith("Lost: ready no longer, and the demand goes on. ")
        assert entry.from_phase is Phase.HOSTED


def test_each_loss_is_reported_and_the_last_one_as_given_up() -> None:
    with a_day() as day:
        for hour in ("09", "11", "13"):
            day.run_until(f"{hour}:00")
            day.service._fleet.model(day.target.project, day.target.version, day.clock.at).force(
                day.clock.at, Status.TRAINED
            )
        day.run_until("15:59")
        assert len(lost(day)) == 3
        assert "Gave up after" in lost(day)[-1].reason
        assert day.record.phase is Phase.FAILED
        day.run_until("08:05", day=1)
        assert day.observed() is Observed.HOSTED
        assert len(lost(day)) == 3


def test_a_repair_that_fails_until_preheat_gives_up_is_reported_again() -> None:
    with a_day() as day:
        day.run_until("09:00")
        model = day.service._fleet.model(day.target.project, day.target.version, day.clock.at)
        model.force(day.clock.at, Status.HOSTING_FAILED)
        for minute in range(1, 180):
            day.run_until(f"{9 + minute // 60:02}:{minute % 60:02}")
            if day.status is Status.STARTING_HOSTING:
                model.force(day.clock.at, Status.HOSTING_FAILED)
        assert len(lost(day)) == 2
        assert lost(day)[1].at > lost(day)[0].at
        assert day.record.effort is not None
        assert day.record.effort.gave_up


def test_a_model_that_was_lost_once_too_often_has_no_expected_time() -> None:
    with a_day(start_takes="5m") as day:
        for hour in ("08:30", "09:00", "09:30"):
            day.run_until(hour)
            day.person("stops")
        day.run_until("10:30")
        verdict = judge(see(day))
        assert (verdict.state, verdict.cause, verdict.expected_at) == (
            VerdictState.LATE,
            VerdictCause.GIVEN_UP,
            None,
        )
        assert lost(day)[-1].cause is VerdictCause.GIVEN_UP


def test_a_start_that_was_stopped_once_too_often_stays_given_up_at_the_begin_of_the_shift() -> None:
    """Two repairs are all: no edge of the demand brings a third one."""
    with a_day(start_takes="12m") as day:
        for minute in ("07:32", "07:40", "07:48"):
            day.run_until(minute)
            day.person("stops")
        day.run_until("15:00")
        assert (day.started(), day.record.phase) == (3, Phase.FAILED)
        day.run_until("08:05", day=1)
        assert day.observed() is Observed.HOSTED


def test_holds_that_the_demand_serves_are_named() -> None:
    with a_day(window="20:00-21:00") as day:
        day.run_until("08:00")
        day.hold("08:00", "14:00", name="night-7")
        day.run_until("10:00")
        day.person("stops")
        day.run_until("10:11")
        (entry,) = lost(day)
        assert entry.requests == ("night-7",)


def test_what_preheat_ends_itself_is_no_loss() -> None:
    with a_day(gate=GATE, resize=Resize.RESTART) as day:
        day.run_until("10:00")
        day.hold("10:00", "12:00", units=Units(2).minimum)  # restarted for more units
        day.run_until("11:00")
        day.block("11:00", "12:30")
        day.run_until("13:30")
        day.run_until("16:30")
        assert day.stopped() >= 2
        assert lost(day) == []
        assert day.clock.at - at("16:00") == timedelta(minutes=30)


def test_a_look_that_shows_nothing_is_no_loss() -> None:
    with a_day() as day:
        day.run_until("10:00")
        day.service.system_update(day.target.project, day.target.version, timedelta(minutes=30))
        day.run_until("11:00")
        assert lost(day) == []
