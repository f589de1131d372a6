"""The watch: an event names a model of a service, which gets a check now, and nothing else of the event counts."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.day import MIDNIGHT, TARGETS, WELD, a_model

from preheat.adapters.clock import VirtualClock
from preheat.adapters.memory.queue import MemoryQueue
from preheat.adapters.memory.store import MemoryStore
from preheat.app.ports.errors import QueueUnavailable, UnreadableItem
from preheat.app.ports.plans import Planned
from preheat.app.watch import CALLS, ServiceChange, Watch, read_change
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend, ModelId

ENDPOINT = TARGETS[Backend.SAGEMAKER]
HERE = "111122223333"
CHANGE = ServiceChange(Backend.SAGEMAKER, ENDPOINT.project, None, "eu-central-1", HERE, "IN_SERVICE")
EVENTS = Path(__file__).parents[3] / "events"
OWN = "arn:aws:iam::111122223333:role/preheat-ReconcileRole"


class WatchScene:
    """A store with a plan, half a minute after its apply, and a queue."""

    def __init__(self, *models: HostedModel) -> None:
        self.clock = VirtualClock(MIDNIGHT)
        self.store, self.queue = MemoryStore(), MemoryQueue(self.clock)
        self.watch = Watch(self.clock, self.store, self.queue)
        self.apply(*models)

    def apply(self, *models: HostedModel) -> None:
        self.store.apply(models, expected_version=self.store.read_plan_version(), at=self.clock.at)
        for record in self.store.records.values():
            self.store.records[record.model_id] = replace(record, wake_at=self.clock.at + timedelta(hours=1))

    def find_due(self) -> list[ModelId]:
        return [line.model_id for line in self.store.find_due(self.clock.at)]


def endpoint_model(**target: Any) -> HostedModel:
    return a_model("08:00-16:00", target=replace(ENDPOINT, **target))


def test_the_model_of_the_endpoint_is_due_and_sent_and_no_other_is() -> None:
    paint = replace(endpoint_model(project="paint"), model_id=ModelId("paint"))
    scene = WatchScene(endpoint_model(), paint)
    assert scene.watch.look(CHANGE) == (WELD,)
    assert (scene.find_due(), scene.queue.receive(), scene.queue.receive()) == ([WELD], WELD, None)


def test_a_plan_item_that_cannot_be_read_hides_no_other_model(monkeypatch: pytest.MonkeyPatch) -> None:
    paint = replace(endpoint_model(), model_id=ModelId("paint"))
    scene = WatchScene(endpoint_model(), paint)
    planned = scene.store.read_planned

    def unreadable(model_id: ModelId) -> Planned:
        if model_id == "paint":
            raise UnreadableItem("plans 1/paint: not JSON")
        return planned(model_id)

    monkeypatch.setattr(scene.store, "read_planned", unreadable)
    assert scene.watch.look(CHANGE) == (WELD,)


@pytest.mark.parametrize(("region", "woken"), [(None, True), ("eu-central-1", True), ("eu-west-1", False)])
def test_a_model_of_another_region_is_not_meant(region: str | None, *, woken: bool) -> None:
    assert WatchScene(endpoint_model(region=region)).watch.look(CHANGE) == ((WELD,) if woken else ())


def test_a_model_of_another_service_is_not_meant() -> None:
    assert WatchScene(a_model("08:00-16:00")).watch.look(CHANGE) == ()


def test_a_new_plan_is_read_again() -> None:
    scene = WatchScene()
    assert scene.watch.look(CHANGE) == ()
    scene.apply(endpoint_model())
    assert scene.watch.look(CHANGE) == (WELD,)


def test_a_queue_out_of_reach_leaves_the_model_due_for_the_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = WatchScene(endpoint_model())

    def refuse(*_: object) -> None:
        raise QueueUnavailable("gone")

    monkeypatch.setattr(scene.queue, "enqueue", refuse)
    assert scene.watch.look(CHANGE) == (WELD,)
    assert scene.find_due() == [WELD]


def test_a_model_is_due_before_its_message_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = WatchScene(endpoint_model())
    due: list[ModelId] = []
    monkeypatch.setattr(scene.queue, "enqueue", lambda *_: due.extend(scene.find_due()))
    scene.watch.look(CHANGE)
    assert due == [WELD]


@pytest.mark.parametrize(
    ("change", "woken"),
    [
        ({"version": "3"}, True),
        ({"version": None}, True),
        ({"version": "4"}, False),
        ({"project": "paint"}, False),
        ({"backend": Backend.REKOGNITION}, False),
    ],
    ids=["it", "any version", "another version", "another project", "another service"],
)
def test_a_call_wakes_the_version_that_it_names(change: dict[str, Any], *, woken: bool) -> None:
    called = ServiceChange(Backend.LOOKOUT_VISION, "weld-seams-front", "3", "eu-central-1", HERE, "StopModel by others")
    assert WatchScene(a_model("08:00-16:00")).watch.look(replace(called, **change)) == ((WELD,) if woken else ())


@pytest.mark.parametrize(("account", "woken"), [("210987654321", True), (HERE, False)])
def test_a_model_of_another_account_is_not_meant(account: str, *, woken: bool) -> None:
    member = endpoint_model(role="arn:aws:iam::210987654321:role/preheat-member", region="eu-central-1")
    assert WatchScene(member).watch.look(replace(CHANGE, account=account)) == ((WELD,) if woken else ())


# --- what an event says ---


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / f"watch-{name}.json").read_text())
    return found


@pytest.mark.parametrize(
    ("name", "backend", "version", "what"),
    [
        ("endpoint-in-service", Backend.SAGEMAKER, None, "IN_SERVICE"),
        ("endpoint-deleted-by-a-person", Backend.SAGEMAKER, None, "DeleteEndpoint by others"),
        ("model-stopped-by-a-person", Backend.LOOKOUT_VISION, "3", "StopModel by others"),
        (
            "version-started-by-a-user",
            Backend.REKOGNITION,
            "plant-weld-seams-v3",
            "StartProjectVersion by others",
        ),
    ],
)
def test_an_event_names_its_model(name: str, backend: Backend, version: str | None, what: str) -> None:
    named = ServiceChange(backend, "plant-weld-seams", version, "eu-central-1", HERE, what)
    assert read_change(sample(name), [OWN]) == named


def test_each_call_that_starts_or_stops_is_understood() -> None:
    given = {
        Backend.LOOKOUT_VISION: sample("model-stopped-by-a-person"),
        Backend.REKOGNITION: sample("version-started-by-a-user"),
        Backend.SAGEMAKER: sample("endpoint-deleted-by-a-person"),
        Backend.SAGEMAKER_COMPONENT: sample("component-set-to-zero-by-a-person"),
    }
    for backend, (_, names) in CALLS.items():
        for name in names:
            event = given[backend]
            event["detail"]["eventName"] = name
            change = read_change(event)
            assert change is not None
            assert (change.backend, change.project, change.what) == (backend, "plant-weld-seams", f"{name} by others")


def test_calls_by_preheat_are_ignored_and_those_of_any_other_role_are() -> None:
    ours = sample("endpoint-created-by-us")
    assert read_change(ours, [OWN]) is None
    assert read_change(ours, [f"{OWN}-of-another-stack"]) is not None
    assert read_change(ours) is not None


def test_a_call_that_was_refused_has_changed_nothing() -> None:
    assert read_change(sample("model-refused-to-start")) is None


def test_a_call_on_the_latest_version_may_mean_any() -> None:
    event = sample("model-stopped-by-a-person")
    event["detail"]["requestParameters"]["modelVersion"] = "latest"
    change = read_change(event)
    assert change is not None
    assert change.version is None


@pytest.mark.parametrize("identity", [None, "root", {}, {"sessionContext": None}, {"sessionContext": {"x": 1}}])
def test_a_caller_without_a_role_is_a_stranger(identity: object) -> None:
    event = sample("model-stopped-by-a-person")
    event["detail"]["userIdentity"] = identity
    assert read_change(event, [OWN]) is not None


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ({"eventName": "StartJob"}, "'StartJob' of 'lookoutvision.amazonaws.com' does not start or stop a model"),
        ({"eventSource": "s3.amazonaws.com"}, "of 's3.amazonaws.com' does not start or stop a model"),
        ({"eventSource": None}, "of None does not start or stop a model"),
        ({"eventName": ["StopModel"]}, "does not start or stop a model"),
        ({"requestParameters": None}, "detail.requestParameters.projectName None is not"),
        ({"requestParameters": {"projectName": "a/b"}}, "detail.requestParameters.projectName 'a/b' is not"),
    ],
    ids=["another call", "another service", "no service", "a list", "no parameters", "no name"],
)
def test_a_call_that_names_no_model_is_unreadable(spoil: dict[str, Any], said: str) -> None:
    event = sample("model-stopped-by-a-person")
    event["detail"] |= spoil
    with pytest.raises(UnreadableItem, match=said.replace(".", r"\.")):
        read_change(event)


def test_the_arn_of_a_version_has_to_be_one() -> None:
    with pytest.raises(UnreadableItem, match="projectVersionArn None is not the ARN of a project version"):
        read_change(sample("call-unnamed"))


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
        read_change(event)
    assert len(str(told.value)) < 250
