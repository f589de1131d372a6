"""How a simulated model moves: by calls, by time, by people and by the system."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from preheat_simulator.core.errors import ServiceError
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.latency import make_fixed, parse_latency
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.core.status import Operation, Status
from preheat_simulator.lookout import LookoutService

if TYPE_CHECKING:
    from tests.tools.preheat_simulator.conftest import SimulatorBench

MINUTE = timedelta(minutes=1)


def test_a_model_is_hosted_when_its_start_latency_has_passed_and_not_before(bench: "SimulatorBench") -> None:
    assert bench.start() == "STARTING_HOSTING"
    bench.pass_time(timedelta(minutes=15) - timedelta(microseconds=1))
    assert bench.status() is Status.STARTING_HOSTING
    bench.pass_time(timedelta(microseconds=1))
    assert bench.status() is Status.HOSTED


def test_a_stopped_model_is_trained_again_and_has_no_units(bench: "SimulatorBench") -> None:
    bench.start(units=2, most=3)
    assert bench.units() == (2, 3)
    bench.pass_time(15 * MINUTE)
    assert bench.stop() == "STOPPING_HOSTING"
    bench.pass_time(2 * MINUTE)
    assert bench.status() is Status.TRAINED
    assert bench.units() == (None, None)


def test_transitions_happen_at_the_instant_they_fell_due_however_late_somebody_looks(bench: "SimulatorBench") -> None:
    begun_at = bench.at
    bench.start()
    bench.pass_time(timedelta(hours=10))
    assert bench.service.history("weld", "1")[1:] == (
        (begun_at, Status.STARTING_HOSTING),
        (begun_at + 15 * MINUTE, Status.HOSTED),
    )


@pytest.mark.parametrize("status", ["TRAINING", "TRAINING_FAILED", "STOPPING_HOSTING", "DELETING"])
def test_a_model_that_cannot_run_is_not_started(bench: "SimulatorBench", status: str) -> None:
    bench.service.set_status("weld", "1", Status(status))
    assert bench.start() == "ConflictException"
    assert bench.status() == status


@pytest.mark.parametrize("status", ["TRAINING", "TRAINING_FAILED", "DELETING"])
def test_a_model_that_cannot_run_is_not_stopped(bench: "SimulatorBench", status: str) -> None:
    bench.service.set_status("weld", "1", Status(status))
    assert bench.stop() == "ConflictException"


def test_a_start_that_is_doomed_ends_in_hosting_failed_at_its_time(bench: "SimulatorBench") -> None:
    bench.service.inject(InjectedFault(FaultKind.HOSTING_FAILED, project="weld", after=4 * MINUTE))
    bench.start()
    bench.pass_time(4 * MINUTE)
    assert bench.status() is Status.HOSTING_FAILED
    assert bench.start() == "STARTING_HOSTING"
    bench.pass_time(15 * MINUTE)
    assert bench.status() is Status.HOSTED


def test_a_stuck_start_lasts_until_it_is_stopped(bench: "SimulatorBench") -> None:
    bench.service.inject(InjectedFault(FaultKind.STUCK))
    bench.start()
    bench.pass_time(timedelta(days=3))
    assert bench.status() is Status.STARTING_HOSTING
    bench.stop()
    bench.pass_time(2 * MINUTE)
    assert bench.status() is Status.TRAINED


def test_a_doom_waits_for_a_start_that_is_accepted(bench: "SimulatorBench") -> None:
    bench.host()
    bench.service.inject(InjectedFault(FaultKind.STUCK))
    assert bench.start() == "ConflictException"
    assert len(bench.service.faults.list_armed()) == 1


@pytest.mark.parametrize("hosted", [True, False])
def test_after_a_system_update_a_model_is_what_it_was(bench: "SimulatorBench", hosted: bool) -> None:
    if hosted:
        bench.host()
    former = bench.status()
    bench.service.system_update("weld", "1", 10 * MINUTE)
    assert bench.status() is Status.SYSTEM_UPDATING
    bench.pass_time(10 * MINUTE)
    assert bench.status() is former


def test_a_start_rests_during_a_system_update_and_goes_on_after_it(bench: "SimulatorBench") -> None:
    bench.start()
    bench.pass_time(5 * MINUTE)
    bench.service.system_update("weld", "1", 20 * MINUTE)
    bench.pass_time(20 * MINUTE)
    assert bench.status() is Status.STARTING_HOSTING
    bench.pass_time(10 * MINUTE)
    assert bench.status() is Status.HOSTED


def test_a_second_system_update_extends_the_first(bench: "SimulatorBench") -> None:
    bench.service.system_update("weld", "1", 10 * MINUTE)
    bench.pass_time(5 * MINUTE)
    bench.service.system_update("weld", "1", 10 * MINUTE)
    bench.pass_time(9 * MINUTE)
    assert bench.status() is Status.SYSTEM_UPDATING
    bench.pass_time(1 * MINUTE)
    assert bench.status() is Status.TRAINED


def test_a_person_starts_and_stops_past_faults_and_is_logged_as_one(bench: "SimulatorBench") -> None:
    bench.service.inject(InjectedFault(FaultKind.THROTTLE, times=5))
    bench.service.person_starts("weld", "1")
    bench.pass_time(15 * MINUTE)
    bench.service.person_stops("weld", "1")
    assert [(call.by, call.operation, call.changed_state) for call in bench.service.call_log] == [
        ("person", Operation.START_MODEL, True),
        ("person", Operation.STOP_MODEL, True),
    ]


def test_a_deleted_model_is_not_found_and_no_longer_charged(bench: "SimulatorBench") -> None:
    bench.host()
    bench.service.delete("weld", "1")
    bench.pass_time(timedelta(hours=5))
    assert bench.start() == "ResourceNotFoundException"
    assert bench.service.bill()["weld/1"].unit_seconds == 900


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (FaultKind.SYSTEM_UPDATING, "ConflictException"),
        (FaultKind.DELETED, "ResourceNotFoundException"),
        (FaultKind.PERSON_STARTS, "ConflictException"),
        (FaultKind.PERSON_STOPS, "STARTING_HOSTING"),
    ],
)
def test_what_happens_just_before_a_call_is_what_the_call_meets(
    bench: "SimulatorBench", kind: FaultKind, answer: str
) -> None:
    bench.service.inject(InjectedFault(kind, operation=Operation.START_MODEL))
    assert bench.start() == answer


def test_a_model_may_have_latencies_of_its_own(bench: "SimulatorBench") -> None:
    bench.service.add_model("weld", "2", start_latency=make_fixed(60))
    bench.start(version="2")
    bench.start()
    bench.pass_time(MINUTE)
    assert [model.status for model in bench.service.models()] == [Status.STARTING_HOSTING, Status.HOSTED]


def test_a_drawn_latency_depends_on_the_seed_and_not_on_other_models() -> None:
    def draw_latencies(seed: int, others: int) -> list[timedelta]:
        at = datetime(2026, 11, 23, tzinfo=UTC)
        service = LookoutService(lambda: at, seed=seed, start_latency=parse_latency("lognormal:median=900,sigma=0.25"))
        service.limits = AccountLimits(calls_per_second=None)
        for version in range(others, -1, -1):
            service.add_model("weld", f"{version + 1}")
            service.start_model("weld", f"{version + 1}", 1)
        begun_at, at = at, at + timedelta(days=1)
        return [service.history("weld", "1")[-1][0] - begun_at]

    assert draw_latencies(seed=1, others=0) == draw_latencies(seed=1, others=3)
    assert draw_latencies(seed=1, others=0) != draw_latencies(seed=2, others=0)


@pytest.mark.parametrize("text", ["30", "0.5", "uniform:600-1200", "lognormal:median=900,sigma=0.25"])
def test_a_latency_is_written_as_it_is_read(text: str) -> None:
    assert str(parse_latency(text)) == text


@pytest.mark.parametrize("text", ["", "-1", "soon", "uniform:9", "uniform:1200-600", "lognormal:median=9", "1e9"])
def test_a_latency_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="latency"):
        parse_latency(text)


def test_draws_keep_to_their_distribution() -> None:
    seeds = [Random(seed) for seed in range(400)]  # noqa: S311 - a simulation's chance
    even = [parse_latency("uniform:600-1200").draw(random).total_seconds() for random in seeds]
    skewed = sorted(parse_latency("lognormal:median=900,sigma=0.25").draw(random).total_seconds() for random in seeds)
    assert 600 <= min(even) < 650
    assert 1150 < max(even) <= 1200
    assert 850 < skewed[200] < 950
    assert max(skewed) > 1300


def test_latest_is_read_as_the_highest_version(bench: "SimulatorBench") -> None:
    bench.service.add_model("weld", "9")
    bench.service.add_model("weld", "10")
    assert bench.service.describe_model("weld", "latest").version == "10"


def test_an_unknown_project_and_an_unknown_version_give_different_errors(bench: "SimulatorBench") -> None:
    with pytest.raises(ServiceError) as project:
        bench.service.describe_model("paint", "1")
    with pytest.raises(ServiceError) as version:
        bench.service.describe_model("weld", "7")
    assert project.value.members == {"ResourceId": "paint", "ResourceType": "PROJECT"}
    assert version.value.members == {"ResourceId": "weld/7", "ResourceType": "MODEL"}
