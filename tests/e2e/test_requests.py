"""Requests on the deployed product: through real queue and bus, to their replies, their models and their end.

The fixture sends all requests at once, because they take a minute; each test waits for its own part of the story. The
drain goes before the expiry: it waits in real time for three readings over a minute, and the other hold ends meanwhile.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from preheat.app.ports.store import Store
from preheat.domain.demand.request import RequestId, Subject
from preheat.domain.plan.hosted_model import Drain, HostedModel
from preheat.domain.plan.plan import ModelId, Target, Units
from preheat.domain.record.record import Action, LedgerEntry, Phase
from preheat_local import LocalAws, run_local_aws
from preheat_local.store import open_local_store

MODELS = ("plant-asked", "plant-evented", "plant-drained", "plant-other")
QUEUES = "arn:aws:sqs:eu-central-1:000000000000"
WITHIN_SECONDS = 180


@dataclass
class Story:
    """The requests, and the replies so far."""

    aws: LocalAws
    store: Store
    heard_at: str
    heard: list[dict[str, Any]] = field(default_factory=list)

    def told(self, kind: str, request_id: str) -> dict[str, Any]:
        """Wait for an event about a request, and return its detail."""
        found: list[dict[str, Any]] = []

        def has_arrived() -> bool:
            self.listen()
            found[:] = [
                event["detail"]
                for event in self.heard
                if (event["detail-type"], event["detail"].get("request_id")) == (kind, request_id)
            ]
            return bool(found)

        eventually(has_arrived)
        assert len({detail["event_id"] for detail in found}) == 1
        return found[0]

    def listen(self) -> None:
        """Take what has arrived on the bus."""
        sqs = self.aws.client("sqs")
        while messages := sqs.receive_message(QueueUrl=self.heard_at, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self.heard.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.heard_at, ReceiptHandle=message["ReceiptHandle"])

    def ask(self, body: str) -> None:
        """Send a message to the request queue."""
        self.aws.client("sqs").send_message(QueueUrl=self.aws.request_queue_url, MessageBody=body)

    def entries(self, name: str, action: Action) -> list[LedgerEntry]:
        """Return a model's entries of one action."""
        return [entry for entry in self.store.read_ledger(ModelId(name)) if entry.action is action]

    def phase(self, name: str) -> Phase | None:
        """The state of a model."""
        record = self.store.load(ModelId(name))
        return record.phase if record is not None else None


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold within the deadline"
        time.sleep(1)


def model(name: str, drain: Drain | None = None) -> HostedModel:
    announced = datetime(2026, 1, 1, tzinfo=UTC)
    lead = timedelta(seconds=5)
    return HostedModel(ModelId(name), Target(name, "1"), Units(1), (), lead, timedelta(), announced, drain=drain)


def message(request_id: str, verb: str, name: str, **fields: str) -> str:
    return json.dumps({"version": 1, "request_id": request_id, "verb": verb, "model": name, **fields})


ASKED = message("asked-1", "hold", "plant-asked", duration="50s", reply_to=f"{QUEUES}:replies")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with run_local_aws(
        tmp_path_factory.mktemp("requests"),
        simulator_arguments=[part for name in MODELS for part in ("--model", f"{name}/1")]
        + ["--start-latency", "1", "--stop-latency", "1"],
        parameters={"DrainQueueArns": f"{QUEUES}:images", "ReplyQueueArns": f"{QUEUES}:replies"},
    ) as aws:
        sqs, events, store = aws.client("sqs"), aws.client("events"), open_local_store(aws)
        heard, images, _ = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("heard", "images", "replies"))
        pattern = json.dumps({"source": ["preheat"]})
        events.put_rule(Name="heard", EventBusName=aws.event_bus, EventPattern=pattern)
        events.put_targets(
            Rule="heard", EventBusName=aws.event_bus, Targets=[{"Id": "heard", "Arn": f"{QUEUES}:heard"}]
        )
        drained = model("plant-drained", Drain(f"{QUEUES}:images", timedelta(minutes=10)))
        models = [model("plant-asked"), model("plant-evented"), drained, model("plant-other")]
        store.apply(models, expected_version=store.read_plan_version(), at=datetime.now(UTC))
        sqs.send_message(QueueUrl=images, MessageBody="an image that nobody has looked at yet")
        story = Story(aws, store, heard)
        story.ask(ASKED)
        story.told("Request Accepted", "asked-1")  # before what comes under its id again: the queue keeps no order
        for body in (
            message("drained-1", "hold", "plant-drained", duration="2h"),
            '{"version": 1, "request_id": "half',
            message("unknown-1", "hold", "no-such", duration="1h"),
            ASKED,
            message("asked-1", "hold", "plant-asked", duration="2h"),
            message("early-release", "release", "plant-other", of="late-hold"),
        ):
            sqs.send_message(QueueUrl=aws.request_queue_url, MessageBody=body)
        detail = message("evented-1", "hold", "plant-evented", duration="2h")
        entry = {"Source": "mes", "DetailType": "Preheat Request", "Detail": detail, "EventBusName": aws.event_bus}
        assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
        yield story


def test_a_hold_on_a_cold_model_is_answered_with_its_ready_time_and_starts_it_at_once(story: Story) -> None:
    accepted = story.told("Request Accepted", "asked-1")
    assert (accepted["model"], accepted["code"], accepted["verb"]) == ("plant-asked", "accepted", "hold")
    late_by = datetime.fromisoformat(accepted["ready_at"]) - datetime.fromisoformat(accepted["at"])
    assert timedelta() <= late_by <= timedelta(seconds=6)
    assert story.told("Model Ready", "asked-1")["model"] == "plant-asked"


def test_the_reply_comes_to_the_queue_that_the_request_names(story: Story) -> None:
    sqs = story.aws.client("sqs")
    url = sqs.get_queue_url(QueueName="replies")["QueueUrl"]
    found: list[dict[str, Any]] = []

    def has_replied() -> bool:
        found.extend(sqs.receive_message(QueueUrl=url).get("Messages", []))
        return bool(found)

    eventually(has_replied)
    reply = json.loads(found[0]["Body"])
    assert (reply["detail-type"], reply["request_id"], reply["code"]) == ("Request Accepted", "asked-1", "accepted")
    assert reply["event_id"] == story.told("Request Accepted", "asked-1")["event_id"]


def test_an_event_on_the_bus_is_the_same_request(story: Story) -> None:
    assert story.told("Request Accepted", "evented-1")["code"] == "accepted"
    assert story.told("Model Ready", "evented-1")["model"] == "plant-evented"


def test_what_cannot_be_is_refused_with_a_code_kept_aside_and_keeps_no_other_from_its_way(story: Story) -> None:
    assert story.told("Request Rejected", "unknown-1")["code"] == "unknown_model"
    sqs, reasons = story.aws.client("sqs"), dict[str, str]()

    def is_kept() -> bool:
        for one in sqs.receive_message(
            QueueUrl=story.aws.rejected_requests_queue_url, MessageAttributeNames=["All"], MaxNumberOfMessages=10
        ).get("Messages", []):
            told = {name: value["StringValue"] for name, value in one["MessageAttributes"].items()}
            reasons[told["code"]] = told["reason"]
        return reasons.keys() >= {"unreadable", "unknown_model", "id_taken"}

    eventually(is_kept)
    assert "no-such" in reasons["unknown_model"]
    assert "asked-1" in reasons["id_taken"]
    assert reasons["unreadable"]
    left = sqs.get_queue_attributes(
        QueueUrl=story.aws.request_dead_letter_queue_url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert left["Attributes"] == {"ApproximateNumberOfMessages": "0"}


def test_the_same_request_twice_is_one_hold_and_another_under_its_id_changes_nothing(story: Story) -> None:
    story.told("Request Accepted", "asked-1")
    stands = story.store.read_standings(Subject(ModelId("plant-asked")), datetime(2026, 1, 1, tzinfo=UTC)).requests
    (hold,) = stands
    assert (hold.request_id, hold.revision) == ("asked-1", 1)
    assert hold.until - hold.begin == timedelta(seconds=50)
    story.told("Model Ready", "asked-1")
    assert len(story.entries("plant-asked", Action.START)) == 1


def test_a_release_that_overtakes_its_hold_ends_it_at_birth(story: Story) -> None:
    assert story.told("Request Accepted", "early-release")["code"] == "release_noted"
    story.ask(message("late-hold", "hold", "plant-other", duration="2h"))
    assert story.told("Request Accepted", "late-hold")["code"] == "released_at_birth"
    assert story.store.find_reply(RequestId("late-hold")) is not None

    def is_checked() -> bool:
        record = story.store.load(ModelId("plant-other"))
        return record is not None and record.wake_at is None

    eventually(is_checked)  # The hold woke it, and only a pass lets it rest again.
    assert story.store.read_ledger(ModelId("plant-other")) == ()


def test_a_stop_waits_until_the_images_are_done(story: Story) -> None:
    story.told("Model Ready", "drained-1")
    release = message("drained-2", "release", "plant-drained", of="drained-1")
    story.ask(release)
    eventually(lambda: story.phase("plant-drained") is Phase.DRAINING)
    sqs = story.aws.client("sqs")
    images = sqs.get_queue_url(QueueName="images")["QueueUrl"]
    (image,) = sqs.receive_message(QueueUrl=images)["Messages"]
    assert story.phase("plant-drained") is Phase.DRAINING
    done_at = datetime.now(UTC)
    sqs.delete_message(QueueUrl=images, ReceiptHandle=image["ReceiptHandle"])
    story.ask(release)  # The same again wakes the model again, so that a pass reads its queue now.
    eventually(lambda: bool(story.entries("plant-drained", Action.STOP)))
    (drain,), (stop,) = (story.entries("plant-drained", action) for action in (Action.DRAIN, Action.STOP))
    assert "the queue has 1 messages" in drain.reason
    assert stop.at - done_at >= timedelta(seconds=60)  # three readings that find it empty, over a minute
    assert re.fullmatch(r"Drained after \d+ s\. Stopping: no demand", stop.reason)


def test_a_hold_that_expires_is_reported_and_its_model_is_stopped(story: Story) -> None:
    expired = story.told("Hold Expired", "asked-1")
    story.ask(ASKED)  # The same again wakes the model again, and prolongs nothing.
    eventually(lambda: story.phase("plant-asked") is Phase.IDLE)
    (hold,) = story.store.read_standings(Subject(ModelId("plant-asked")), datetime(2026, 1, 1, tzinfo=UTC)).requests
    (stop,) = story.entries("plant-asked", Action.STOP)
    assert (expired["model"], stop.expired) == ("plant-asked", ("asked-1",))
    assert timedelta() <= stop.at - hold.until <= timedelta(minutes=1)  # a tick at most, if a message was lost
