"""The limits of the account, its charges, and deliberate faults."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from preheat_simulator.core.errors import ServiceError, SimulatedAnswerLost
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.core.status import Operation, Status

if TYPE_CHECKING:
    from tests.tools.preheat_simulator.conftest import SimulatorBench

SECOND = timedelta(seconds=1)


def describe(bench: "SimulatorBench", times: int) -> list[str]:
    answers = []
    for _ in range(times):
        try:
            answers.append(bench.service.describe_model("weld", "1").status.value)
        except ServiceError as error:
            answers.append(error.code)
    return answers


def test_the_sixth_call_in_a_second_is_throttled(bench: "SimulatorBench") -> None:
    bench.service.limits = AccountLimits()
    assert describe(bench, 6) == ["TRAINED"] * 5 + ["ThrottlingException"]


def test_a_fifth_of_a_second_later_one_more_call_is_admitted(bench: "SimulatorBench") -> None:
    bench.service.limits = AccountLimits()
    describe(bench, 5)
    bench.pass_time(SECOND / 5)
    assert describe(bench, 2) == ["TRAINED", "ThrottlingException"]


def test_a_quiet_hour_saves_up_no_more_than_a_second_of_calls(bench: "SimulatorBench") -> None:
    bench.service.limits = AccountLimits()
    bench.pass_time(timedelta(hours=1))
    assert describe(bench, 7).count("ThrottlingException") == 2


def test_each_operation_has_a_rate_of_its_own(bench: "SimulatorBench") -> None:
    bench.service.limits = AccountLimits()
    describe(bench, 6)
    assert bench.start() == "STARTING_HOSTING"


def test_detecting_anomalies_is_not_throttled(bench: "SimulatorBench") -> None:
    bench.host()
    bench.service.limits = AccountLimits()
    for _ in range(20):
        bench.service.detect_anomalies("weld", "1", b"image", "image/png")
    assert bench.service.call_log.count_made(Operation.DETECT_ANOMALIES) == 20


@pytest.mark.parametrize(("units", "most"), [(6, None), (1, 6)])
def test_a_model_runs_on_five_units_at_most(bench: "SimulatorBench", units: int, most: int | None) -> None:
    assert bench.start(units=units, most=most) == "ServiceQuotaExceededException"
    assert bench.start(units=5) == "STARTING_HOSTING"


def test_the_number_of_hosted_models_may_be_limited(bench: "SimulatorBench") -> None:
    bench.service.add_model("weld", "2")
    bench.limit(max_hosted_models=1)
    bench.start()
    assert bench.start(version="2") == "ServiceQuotaExceededException"
    bench.stop()
    assert bench.start(version="2") == "STARTING_HOSTING"


def test_the_units_in_all_may_be_limited(bench: "SimulatorBench") -> None:
    bench.service.add_model("weld", "2")
    bench.limit(max_units=4)
    bench.start(units=3)
    assert bench.start(version="2", units=2) == "ServiceQuotaExceededException"
    assert bench.start(version="2", units=1) == "STARTING_HOSTING"


def test_a_start_beyond_a_quota_may_come_again_with_its_token(bench: "SimulatorBench") -> None:
    assert bench.start("one", units=6) == "ServiceQuotaExceededException"
    bench.limit(max_units_per_model=6)
    assert bench.start("one", units=6) == "STARTING_HOSTING"


def test_fewer_units_at_most_than_at_least_are_refused(bench: "SimulatorBench") -> None:
    assert bench.start(units=3, most=2) == "ValidationException"


def test_a_model_is_charged_for_its_units_from_start_to_stop(bench: "SimulatorBench") -> None:
    begun_at = bench.at
    bench.start(units=2)
    bench.pass_time(timedelta(hours=8, seconds=1))
    bench.stop()
    bench.pass_time(timedelta(days=1))
    bill = bench.service.bill()["weld/1"]
    assert [(each.begin, each.end, each.units) for each in bill.intervals] == [
        (begun_at, begun_at + timedelta(hours=8, seconds=1), 2)
    ]
    assert bill.unit_seconds == 2 * 28_801
    assert bill.usd == Decimal("64.0022")
    assert bill.unit_minutes == 2 * 481
    assert bill.usd_by_the_minute == Decimal("64.1333")


def test_the_meter_runs_on_until_somebody_stops_it(bench: "SimulatorBench") -> None:
    bench.host()
    bench.pass_time(timedelta(hours=1) - timedelta(minutes=15))
    assert bench.service.bill()["weld/1"].usd == Decimal(4)
    assert bench.service.bill()["weld/1"].intervals[-1].end is None


def test_a_failed_start_is_charged_until_it_failed(bench: "SimulatorBench") -> None:
    bench.service.inject(InjectedFault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=7)))
    bench.start()
    bench.pass_time(timedelta(hours=3))
    assert bench.service.bill()["weld/1"].unit_seconds == 7 * 60


def test_a_system_update_does_not_stop_the_meter(bench: "SimulatorBench") -> None:
    bench.host()
    bench.service.system_update("weld", "1", timedelta(minutes=5))
    bench.pass_time(timedelta(minutes=45))
    assert bench.service.bill()["weld/1"].unit_seconds == 3600


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (FaultKind.THROTTLE, "ThrottlingException"),
        (FaultKind.INTERNAL_ERROR, "InternalServerException"),
        (FaultKind.ACCESS_DENIED, "AccessDeniedException"),
        (FaultKind.VALIDATION, "ValidationException"),
    ],
)
def test_a_fault_before_the_effect_leaves_the_model_alone(bench: "SimulatorBench", kind: FaultKind, code: str) -> None:
    bench.service.inject(InjectedFault(kind))
    assert bench.start("one") == code
    assert bench.status() is Status.TRAINED
    assert bench.start("one") == "STARTING_HOSTING"


def test_an_internal_error_after_the_effect_has_started_the_model(bench: "SimulatorBench") -> None:
    bench.service.inject(InjectedFault(FaultKind.INTERNAL_ERROR_AFTER))
    assert bench.start("one") == "InternalServerException"
    assert bench.status() is Status.STARTING_HOSTING
    assert [(call.answer, call.changed_state) for call in bench.service.call_log] == [("InternalServerException", True)]


def test_a_lost_answer_has_started_the_model(bench: "SimulatorBench") -> None:
    bench.service.inject(InjectedFault(FaultKind.ANSWER_LOST, operation=Operation.START_MODEL))
    with pytest.raises(SimulatedAnswerLost):
        bench.start("one")
    assert bench.status() is Status.STARTING_HOSTING
    assert [(call.http_status, call.fault, call.changed_state) for call in bench.service.call_log] == [
        (None, "answer_lost", True)
    ]


@pytest.mark.parametrize(
    ("fault", "hit"),
    [
        ({}, [True, False, False, False]),
        ({"times": 2}, [True, True, False, False]),
        ({"skip": 2}, [False, False, True, False]),
        ({"probability": 1.0}, [True, True, True, True]),
        ({"probability": 0.0}, [False, False, False, False]),
        ({"probability": 1.0, "times": 3}, [True, True, True, False]),
        ({"operation": Operation.STOP_MODEL}, [False] * 4),
        ({"project": "paint"}, [False] * 4),
        ({"project": "weld", "version": "2"}, [False] * 4),
        ({"project": "weld", "version": "1", "operation": Operation.DESCRIBE_MODEL}, [True, False, False, False]),
    ],
)
def test_a_fault_hits_the_calls_it_names(bench: "SimulatorBench", fault: dict[str, Any], hit: list[bool]) -> None:
    bench.service.inject(InjectedFault(FaultKind.ACCESS_DENIED, **fault))
    assert [answer == "AccessDeniedException" for answer in describe(bench, 4)] == hit


def test_a_probability_is_drawn_from_the_seed(bench: "SimulatorBench") -> None:
    def run() -> list[str]:
        fresh = type(bench)()
        fresh.service.inject(InjectedFault(FaultKind.THROTTLE, probability=0.3))
        return describe(fresh, 200)

    assert run() == run()
    assert 40 < run().count("ThrottlingException") < 80


@pytest.mark.parametrize(
    "wrong",
    [{"probability": 1.5}, {"times": 0}, {"skip": -1}, {"lasts": -SECOND}, {"after": -SECOND}, {"operation": "Resume"}],
)
def test_a_fault_that_makes_no_sense_cannot_exist(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=str(next(iter(wrong)) if "operation" not in wrong else "Resume")):
        InjectedFault(FaultKind.THROTTLE, **wrong)


@pytest.mark.parametrize("name", ["max_units", "max_hosted_models", "max_units_per_model", "calls_per_second"])
def test_a_limit_of_nothing_is_refused_by_name(bench: "SimulatorBench", name: str) -> None:
    with pytest.raises(ValueError, match=name):
        bench.limit(**{name: 0})


def test_a_list_may_lag_behind(bench: "SimulatorBench") -> None:
    bench.limit(list_lag=timedelta(seconds=30))
    bench.pass_time(timedelta(minutes=1))
    bench.start()
    bench.pass_time(timedelta(seconds=29))
    assert bench.service.list_models("weld").rows[0].status is Status.TRAINED
    bench.pass_time(SECOND)
    assert bench.service.list_models("weld").rows[0].status is Status.STARTING_HOSTING
