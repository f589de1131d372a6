"""The watch: an event names an endpoint, its models are looked at now, and nothing else of it counts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.day import MIDNIGHT, TARGETS, WELD, a_model

from preheat.clock import VirtualClock
from preheat.domain.plan import Backend, HostedModel, ModelId
from preheat.ports import QueueUnavailable, UnreadableItem
from preheat.queue.memory import MemoryQueue
from preheat.store.memory import MemoryStore
from preheat.watch import EndpointChange, Watch, endpoint_change

ENDPOINT = TARGETS[Backend.SAGEMAKER]
CHANGE = EndpointChange(ENDPOINT.project, "eu-central-1", "IN_SERVICE")


class Scene:
    """A store with a plan, half a minute after it was applied, and a queue."""

    def __init__(self, *models: HostedModel) -> None:
        self.clock = VirtualClock(MIDNIGHT)
        self.store, self.queue = MemoryStore(), MemoryQueue(self.clock)
        self.watch = Watch(self.clock, self.store, self.queue)
        self.apply(*models)

    def apply(self, *models: HostedModel) -> None:
        self.store.apply(models, expected_version=self.store.plan_version(), at=self.clock.at)
        for record in self.store.records.values():
            self.store.records[record.model_id] = replace(record, wake_at=self.clock.at + timedelta(hours=1))

    def due(self) -> list[ModelId]:
        return [line.model_id for line in self.store.due(self.clock.at)]


def endpoint_model(**target: Any) -> HostedModel:
    return a_model("08:00-16:00", target=replace(ENDPOINT, **target))


def test_the_model_of_the_endpoint_is_due_and_sent_and_no_other_is() -> None:
    paint = replace(endpoint_model(project="paint"), model_id=ModelId("paint"))
    scene = Scene(endpoint_model(), paint)
    assert scene.watch.look(CHANGE) == (WELD,)
    assert (scene.due(), scene.queue.receive(), scene.queue.receive()) == ([WELD], WELD, None)


@pytest.mark.parametrize(("region", "woken"), [(None, True), ("eu-central-1", True), ("eu-west-1", False)])
def test_a_model_of_another_region_is_not_meant(region: str | None, *, woken: bool) -> None:
    assert Scene(endpoint_model(region=region)).watch.look(CHANGE) == ((WELD,) if woken else ())


def test_a_model_of_another_service_is_not_meant() -> None:
    assert Scene(a_model("08:00-16:00")).watch.look(CHANGE) == ()


def test_a_new_plan_is_read_anew() -> None:
    scene = Scene()
    assert scene.watch.look(CHANGE) == ()
    scene.apply(endpoint_model())
    assert scene.watch.look(CHANGE) == (WELD,)


def test_a_queue_out_of_reach_leaves_the_model_due_for_the_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(endpoint_model())

    def refuse(*_: object) -> None:
        raise QueueUnavailable("gone")

    monkeypatch.setattr(scene.queue, "enqueue", refuse)
    assert scene.watch.look(CHANGE) == (WELD,)
    assert scene.due() == [WELD]


@pytest.mark.parametrize(
    "event",
    [
        *(None, [], "event", {}, {"detail": "weld", "region": "eu-central-1"}),
        {"region": "eu-central-1", "detail": {"EndpointName": 3}},
        {"region": "eu-central-1", "detail": {"EndpointName": "a/b"}},
        {"region": "eu-central-1", "detail": {"EndpointName": "a" * 10_000}},
        {"detail": {"EndpointName": "weld"}},
    ],
)
def test_an_event_that_names_no_endpoint_is_unreadable_and_quoted_in_brief(event: object) -> None:
    with pytest.raises(UnreadableItem) as told:
        endpoint_change(event)
    assert len(str(told.value)) < 250
