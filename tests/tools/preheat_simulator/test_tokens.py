"""The ClientToken rules, each alone."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from preheat_simulator.core.status import Operation, Status

if TYPE_CHECKING:
    from tests.tools.preheat_simulator.conftest import SimulatorBench

EIGHT_HOURS = timedelta(hours=8)
MOMENT = timedelta(microseconds=1)


def changes(bench: "SimulatorBench", operation: Operation = Operation.START_MODEL) -> int:
    return bench.service.call_log.count_changes(operation)


def test_the_same_token_starts_a_model_once(bench: "SimulatorBench") -> None:
    assert [bench.start("one"), bench.start("one"), bench.start("one")] == ["STARTING_HOSTING"] * 3
    assert changes(bench) == 1
    assert [call.replayed for call in bench.service.call_log] == [False, True, True]


def test_a_replay_answers_what_was_answered_first(bench: "SimulatorBench") -> None:
    bench.start("one")
    bench.pass_time(timedelta(hours=1))
    assert bench.status() is Status.HOSTED
    assert bench.start("one") == "STARTING_HOSTING"


def test_another_token_is_a_new_call(bench: "SimulatorBench") -> None:
    bench.start("one")
    assert bench.start("two") == "ConflictException"


def test_no_token_is_a_new_call_every_time(bench: "SimulatorBench") -> None:
    bench.start()
    assert bench.start() == "ConflictException"


@pytest.mark.parametrize(("units", "most"), [(2, None), (1, 2)])
def test_a_known_token_with_other_parameters_is_refused_and_changes_nothing(
    bench: "SimulatorBench", units: int, most: int | None
) -> None:
    bench.start("one")
    assert bench.start("one", units, most) == "ValidationException"
    assert bench.units() == (1, None)


def test_a_token_lives_for_eight_hours_from_its_first_accepted_call(bench: "SimulatorBench") -> None:
    bench.start("one")
    bench.pass_time(EIGHT_HOURS - MOMENT)
    assert bench.start("one") == "STARTING_HOSTING"
    bench.pass_time(MOMENT)
    assert bench.start("one") == "ConflictException"


def test_after_eight_hours_a_token_may_come_with_other_parameters(bench: "SimulatorBench") -> None:
    bench.host()
    bench.stop()
    bench.pass_time(timedelta(minutes=5))
    bench.start("one")
    bench.stop()
    bench.pass_time(EIGHT_HOURS)
    assert bench.start("one", units=2) == "STARTING_HOSTING"


def test_a_token_that_was_refused_is_not_used_up(bench: "SimulatorBench") -> None:
    bench.host()
    assert bench.start("one") == "ConflictException"
    bench.stop()
    bench.pass_time(timedelta(minutes=2))
    assert bench.start("one") == "STARTING_HOSTING"
    assert changes(bench) == 2


def test_by_default_a_token_starts_nothing_again_after_a_stop(bench: "SimulatorBench") -> None:
    bench.start("one")
    bench.stop()
    bench.pass_time(timedelta(minutes=2))
    assert bench.start("one") == "STARTING_HOSTING"
    assert bench.status() is Status.TRAINED


def test_a_token_may_be_a_new_call_after_a_stop(bench: "SimulatorBench") -> None:
    bench.switch("token_after_stop=new_call")
    bench.start("one")
    assert bench.start("one") == "STARTING_HOSTING"
    bench.stop("end")
    bench.pass_time(timedelta(minutes=2))
    assert bench.stop("end") == "STOPPING_HOSTING"
    assert bench.start("one") == "STARTING_HOSTING"
    assert bench.status() is Status.STARTING_HOSTING
    assert bench.stop("end") == "STOPPING_HOSTING"
    assert (changes(bench), changes(bench, Operation.STOP_MODEL)) == (2, 2)


def test_the_same_token_stops_a_model_once(bench: "SimulatorBench") -> None:
    bench.host()
    bench.stop("end")
    bench.pass_time(timedelta(minutes=5))
    assert bench.stop("end") == "STOPPING_HOSTING"
    assert changes(bench, Operation.STOP_MODEL) == 1


def test_by_default_a_start_and_a_stop_may_share_a_token(bench: "SimulatorBench") -> None:
    bench.start("one")
    assert bench.stop("one") == "STOPPING_HOSTING"


def test_by_default_two_models_may_share_a_token(bench: "SimulatorBench") -> None:
    bench.service.add_model("weld", "2")
    assert [bench.start("one"), bench.start("one", version="2")] == ["STARTING_HOSTING"] * 2


def test_within_an_operation_another_model_may_be_a_changed_parameter(bench: "SimulatorBench") -> None:
    bench.switch("token_scope=per_operation")
    bench.service.add_model("weld", "2")
    bench.start("one")
    assert bench.start("one", version="2") == "ValidationException"
    assert bench.stop("one") == "STOPPING_HOSTING"


def test_a_start_and_a_stop_may_share_one_space_of_tokens(bench: "SimulatorBench") -> None:
    bench.switch("token_scope=shared")
    bench.start("one")
    assert bench.stop("one") == "ValidationException"
    assert bench.stop("two") == "STOPPING_HOSTING"


def test_changed_parameters_may_be_a_conflict(bench: "SimulatorBench") -> None:
    bench.switch("changed_parameters=ConflictException")
    bench.start("one")
    assert bench.start("one", units=2) == "ConflictException"
