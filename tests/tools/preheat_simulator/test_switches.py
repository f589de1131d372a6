"""Every switch at every value, and the promises that hold under all of them."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from preheat_simulator.core.status import Operation, Status
from preheat_simulator.core.switches import Switches, TokenScope

if TYPE_CHECKING:
    from tests.tools.preheat_simulator.conftest import SimulatorBench

MINUTE = timedelta(minutes=1)
IN_STATE = [
    ("start_while_hosted", "HOSTED", "start", {"conflict": "ConflictException", "no_op": "HOSTED"}),
    (
        "start_while_starting",
        "STARTING_HOSTING",
        "start",
        {"conflict": "ConflictException", "no_op": "STARTING_HOSTING"},
    ),
    (
        "start_from_hosting_failed",
        "HOSTING_FAILED",
        "start",
        {"allow": "STARTING_HOSTING", "conflict": "ConflictException"},
    ),
    ("stop_while_trained", "TRAINED", "stop", {"conflict": "ConflictException", "no_op": "STOPPING_HOSTING"}),
    ("stop_while_stopping", "STOPPING_HOSTING", "stop", {"conflict": "ConflictException", "no_op": "STOPPING_HOSTING"}),
    ("stop_while_starting", "STARTING_HOSTING", "stop", {"allow": "STOPPING_HOSTING", "conflict": "ConflictException"}),
    (
        "stop_from_hosting_failed",
        "HOSTING_FAILED",
        "stop",
        {"allow": "STOPPING_HOSTING", "conflict": "ConflictException"},
    ),
    (
        "calls_during_system_updating",
        "SYSTEM_UPDATING",
        "start",
        {"conflict": "ConflictException", "no_op": "SYSTEM_UPDATING"},
    ),
    (
        "calls_during_system_updating",
        "SYSTEM_UPDATING",
        "stop",
        {"conflict": "ConflictException", "no_op": "SYSTEM_UPDATING"},
    ),
]


@pytest.mark.parametrize(
    ("switch", "status", "call", "answer"),
    [
        (f"{switch}={value}", status, call, answer)
        for switch, status, call, answers in IN_STATE
        for value, answer in answers.items()
    ],
)
def test_a_call_in_a_state_is_answered_as_its_switch_says(
    bench: "SimulatorBench", switch: str, status: str, call: str, answer: str
) -> None:
    bench.switch(switch)
    bench.service.set_status("weld", "1", Status(status))
    assert (bench.start("one") if call == "start" else bench.stop("one")) == answer
    moved = switch.endswith("=allow")
    assert bench.status() == (answer if moved else status)
    assert [entry.changed_state for entry in bench.service.call_log] == [moved]


@pytest.mark.parametrize(("switch", "values"), [(switch, set(answers)) for switch, _, _, answers in IN_STATE])
def test_the_table_above_has_every_value_of_its_switches(switch: str, values: set[str]) -> None:
    assert set(Switches.values()[switch]) == values


@pytest.mark.parametrize(("value", "seconds"), [("start", 900 + 60), ("hosted", 60)])
def test_charging_begins_as_its_switch_says(bench: "SimulatorBench", value: str, seconds: float) -> None:
    bench.switch(f"billing_start={value}")
    bench.host()
    bench.pass_time(MINUTE)
    bench.stop()
    bench.pass_time(timedelta(hours=1))
    assert bench.service.bill()["weld/1"].unit_seconds == seconds


def test_by_default_latest_is_not_started(bench: "SimulatorBench") -> None:
    assert bench.start(version="latest") == "ValidationException"
    assert bench.stop(version="latest") == "ValidationException"


def test_latest_may_be_the_newest_version(bench: "SimulatorBench") -> None:
    bench.switch("latest=newest")
    bench.service.add_model("weld", "2")
    bench.start(version="latest")
    assert [model.status for model in bench.service.models()] == [Status.TRAINED, Status.STARTING_HOSTING]


def test_a_switch_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="switch colour: unknown, accepted are start_while_hosted"):
        Switches().change({"colour": "red"})


def test_a_value_that_a_switch_does_not_take_is_refused_with_those_it_takes() -> None:
    with pytest.raises(ValueError, match="switch latest: 'oldest' is not accepted, it takes refuse or newest"):
        Switches().change({"latest": "oldest"})


def test_every_single_change_is_the_default_and_each_other_value_alone() -> None:
    every = Switches.every_single_change()
    assert every["default"] == Switches()
    assert every["token_scope=shared"] == Switches(token_scope=TokenScope.SHARED)
    assert len(every) == 1 + sum(len(values) - 1 for values in Switches.values().values())


@pytest.mark.parametrize("name", Switches.every_single_change())
def test_under_every_switch_one_token_starts_and_one_stops_a_model(bench: "SimulatorBench", name: str) -> None:
    bench.service.switches = Switches.every_single_change()[name]
    for call, reached in ((bench.start, Status.HOSTED), (bench.stop, Status.TRAINED)):
        assert call(reached.value) == call(reached.value)
        bench.pass_time(20 * MINUTE)
        assert bench.status() is reached
    log = bench.service.call_log
    assert [log.count_changes(Operation.START_MODEL), log.count_changes(Operation.STOP_MODEL)] == [1, 1]
