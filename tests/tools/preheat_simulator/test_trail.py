"""The acts of people on the simulated accounts make events in CloudTrail's form; those of programs make none."""

from typing import Any

import pytest

from preheat.app.watch import read_change
from preheat.domain.plan.plan import Backend
from preheat_simulator.core.status import Operation
from preheat_simulator.core.trail import EventBusAt, make_trail_event
from preheat_simulator.http.options import HttpSimulator, Options

NAMES = {
    Backend.LOOKOUT_VISION: ("line", "3"),
    Backend.REKOGNITION: ("line", "v3"),
    Backend.SAGEMAKER: ("line", "line-v3"),
    Backend.SAGEMAKER_COMPONENT: ("line", ""),
}


@pytest.mark.parametrize("backend", NAMES)
def test_a_start_and_a_stop_by_a_person_are_reported_and_understood_by_the_watch(backend: Backend) -> None:
    events: list[dict[str, Any]] = []
    simulator = HttpSimulator(Options(models=((backend, *NAMES[backend]),)), on_event=events.append)
    service = simulator.services[backend]
    service.person_starts(*NAMES[backend])
    service.set_status(*NAMES[backend], service.words.show(service.status(*NAMES[backend])))
    service.person_stops(*NAMES[backend])
    changes = [read_change(event) for event in events]
    assert len(changes) == 2
    for change in changes:
        assert change is not None
        assert (change.backend, change.project) == (backend, "line")
        assert change.version in (None, NAMES[backend][1])


def test_what_a_program_calls_is_not_traced() -> None:
    events: list[dict[str, Any]] = []
    simulator = HttpSimulator(Options(models=(("line", "3"),)), on_event=events.append)
    simulator.service.start_model("line", "3", 1, None, "token")
    simulator.service.describe_model("line", "3")
    assert events == []


def test_a_call_that_neither_starts_nor_stops_makes_no_event() -> None:
    simulator = HttpSimulator(Options(models=(("line", "3"),)))
    simulator.service.describe_model("line", "3")
    (call,) = simulator.service.call_log
    assert call.operation is Operation.DESCRIBE_MODEL
    with pytest.raises(ValueError, match="DescribeModel is no start or stop"):
        make_trail_event(Backend.LOOKOUT_VISION, call, region="eu-central-1", account="111122223333")


@pytest.mark.parametrize("url", ["https://events.eu-central-1.amazonaws.com", "http://192.168.0.1:80", "127.0.0.1:80"])
def test_only_a_local_aws_gets_events(url: str) -> None:
    with pytest.raises(ValueError, match=r"it is written http://127\.0\.0\.1:PORT"):
        EventBusAt(url, "eu-central-1")
