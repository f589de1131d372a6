"""One day on the deployed functions, with everything around a model: gates, a queue, scaling, and no capacity.

Each model has its own story, and all run at the same time on one local AWS. The gates are event source mappings of a
function that the local AWS really invokes; the role of `reconcile` needs its rights there.
"""

import io
import json
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from preheat.app.ports.errors import StaleRecord
from preheat.app.ports.store import Store
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.decision.draining import CLOSED_WITHIN
from preheat.domain.plan.hosted_model import Drain, HostedModel
from preheat.domain.plan.plan import Backend, ModelId, Target, Units
from preheat.domain.record.record import Action, LedgerEntry, Phase
from preheat_cli.main import app
from preheat_local import LocalAws, run_local_aws
from preheat_local.aws import client
from preheat_local.store import open_local_store

FUNCTIONS = "arn:aws:lambda:eu-central-1:000000000000:function:plant-*"
QUEUES = "arn:aws:sqs:eu-central-1:000000000000:plant-*"
WELD, PRESS, PAINT, GLUE, TRIM, SEAL = (ModelId(name) for name in ("weld", "press", "paint", "glue", "trim", "seal"))
REKOGNITION = {name: Target(f"plant-{name}", "v1", Backend.REKOGNITION) for name in (WELD, PRESS, SEAL)}
SAGEMAKER = {name: Target(f"plant-{name}", f"plant-{name}-1", Backend.SAGEMAKER) for name in (PAINT, GLUE, TRIM)}
FALLBACK = "plant-trim-2"
TARGETS = REKOGNITION | SAGEMAKER
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WITHIN = 10 * MINUTE
RESOURCE = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/plant-paint/variant/all",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
CONSUMER = "def handler(event, context):\n    return None\n"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}},
    ],
}


@dataclass(frozen=True, slots=True)
class Consumer:
    """A queue, and the mapping through which its messages reach a function."""

    queue_url: str
    mapping: str


@dataclass(frozen=True, slots=True)
class Plant:
    """The day as it runs: where, what consumes, and the models as planned."""

    aws: LocalAws
    store: Store
    weld: Consumer
    press: Consumer
    models: dict[ModelId, HostedModel]

    def apply(self, **changed: HostedModel) -> None:
        """Apply the plan, with these models in place of those of their names."""
        self.models.update({ModelId(name): one for name, one in changed.items()})
        version = self.store.read_plan_version()
        self.store.apply(list(self.models.values()), expected_version=version, at=datetime.now(UTC))

    def entries(self, model_id: ModelId, *actions: Action) -> list[LedgerEntry]:
        return [entry for entry in self.store.read_ledger(model_id) if not actions or entry.action in actions]

    def phase(self, model_id: ModelId) -> Phase | None:
        record = self.store.load(model_id)
        return None if record is None else record.phase

    def state(self, consumer: Consumer) -> str:
        return str(self.aws.client("lambda").get_event_source_mapping(UUID=consumer.mapping)["State"])

    def queued(self, consumer: Consumer) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.aws.client("sqs").get_queue_attributes(QueueUrl=consumer.queue_url, AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)

    def runs(self, model_id: ModelId) -> bool:
        """Whether the service bills the model now."""
        target = TARGETS[model_id]
        url = f"{self.aws.simulator_url}/_simulator/bill?service={target.backend}"
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
            models = json.load(answer)["models"]
        return any(one["to"] is None for one in models[f"{target.project}/{target.version}"]["intervals"])


def post(aws: LocalAws, control: str, **fields: Any) -> None:
    url, body = f"{aws.simulator_url}/_simulator/{control}", json.dumps(fields).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=5):  # noqa: S310 - loopback
        pass


def make_consumer(aws: LocalAws, name: str, function: str) -> Consumer:
    """Create a function that takes messages from a queue, through a mapping that is closed at first."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("consumer.py", CONSUMER)
    role = aws.client("iam").create_role(RoleName=function, AssumeRolePolicyDocument=json.dumps(TRUST))
    functions = aws.client("lambda")
    functions.create_function(
        FunctionName=function,
        Runtime="python3.13",
        Handler="consumer.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": archive.getvalue()},
    )
    url = aws.client("sqs").create_queue(QueueName=f"plant-{name}")["QueueUrl"]
    arn = f"arn:aws:sqs:{aws.region}:000000000000:plant-{name}"
    mapping = functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=function, Enabled=False)
    return Consumer(url, mapping["UUID"])


def model(name: ModelId, begin: datetime, end: datetime, **changes: Any) -> HostedModel:
    window = ShiftWindow(frozenset(Weekday), begin.time(), end.time(), end_day=(end.date() - begin.date()).days)
    return HostedModel(
        name,
        TARGETS[name],
        Units(1),
        (Schedule(f"{name}-shift", "UTC", (window,)),),
        lead=timedelta(seconds=20),
        slack=timedelta(),
        announced_at=datetime(2026, 1, 1, tzinfo=UTC),
        **changes,
    )


def model_until(one: HostedModel, begin: datetime, end: datetime) -> HostedModel:
    """The same model, whose shift ends at another time."""
    return replace(one, schedules=model(one.model_id, begin, end).schedules)


def scale(aws: LocalAws) -> None:
    """Let the endpoint of paint scale, as its owner would set it up."""
    scaling = client(aws.simulator_url, "application-autoscaling", aws.keys)
    scaling.register_scalable_target(**RESOURCE, MinCapacity=1, MaxCapacity=4)
    scaling.put_scaling_policy(
        **RESOURCE,
        PolicyName="load",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 70.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        },
    )


def eventually(plant: Plant, holds: Callable[[], bool], what: str, within: timedelta = WITHIN) -> None:
    deadline = time.monotonic() + within.total_seconds()
    while not holds():
        assert time.monotonic() < deadline, f"not within {within}: {what}\n{tell(plant)}"
        time.sleep(1)


def tell(plant: Plant) -> str:
    """Return the ledgers and records, for a failure."""
    lines = [
        f"{entry.at:%T} {name} {entry.action}: {entry.reason}" for name in TARGETS for entry in plant.entries(name)
    ]
    return "\n".join([*lines, *(f"{name}: {plant.store.load(name)}" for name in TARGETS)])


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    names = [f"{target.backend}:{target.project}/{target.version}" for target in TARGETS.values()]
    names.append(f"sagemaker:plant-trim/{FALLBACK}")
    arguments = [part for name in names for part in ("--model", name)]
    arguments += ["--start-latency", "2", "--stop-latency", "2"]
    parameters = {"GateFunctionArns": f"'{FUNCTIONS}'", "DrainQueueArns": f"'{QUEUES}'", "EndpointScaling": "true"}
    with run_local_aws(
        tmp_path_factory.mktemp("neighbours"), simulator_arguments=arguments, parameters=parameters
    ) as aws:
        weld = make_consumer(aws, "weld", "plant-weld-consumer")
        press = make_consumer(aws, "press", "press-consumer")  # of a function that no parameter of the stack names
        for name in (GLUE, TRIM):
            shortage = {"kind": "capacity", "project": f"plant-{name}", "times": 1, "after_seconds": 3}
            post(aws, "faults", service="sagemaker", **shortage)
        store, now = open_local_store(aws), datetime.now(UTC).replace(microsecond=0)
        begin, end = now + timedelta(seconds=20), now + HOUR
        models = {
            WELD: model(WELD, begin, end, gate=weld.mapping, drain=Drain(weld.queue_url, 5 * MINUTE)),
            PRESS: model(PRESS, begin, end, gate=press.mapping),
            PAINT: model(PAINT, begin, end),
            GLUE: model(GLUE, begin, end),
            SEAL: model(SEAL, now - 6 * HOUR, now - 5 * HOUR),
            TRIM: model(TRIM, begin, end, fallbacks=(FALLBACK,)),
        }
        made = Plant(aws, store, weld, press, models)
        aws.client("sqs").send_message(QueueUrl=weld.queue_url, MessageBody="early")
        made.apply()
        # How long all this takes depends on the machine, so a shift ends once its model has done what it is here for.
        eventually(made, lambda: made.phase(PAINT) is Phase.HOSTED, "paint is hosted")
        scale(aws)
        eventually(made, lambda: made.state(weld) == "Enabled", "the gate of weld is open")
        eventually(made, lambda: made.queued(weld) == 0, "the early message is consumed")
        eventually(made, lambda: bool(made.entries(PRESS, Action.REFUSE)), "the gate of press is refused")
        over = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=20)
        made.apply(**{name: model_until(models[name], begin, over) for name in (WELD, PRESS, PAINT)})
        yield made


def test_an_endpoint_that_scales_scales_again_after_its_next_start(plant: Plant) -> None:
    scaling = client(plant.aws.simulator_url, "application-autoscaling", plant.aws.keys)

    def targets() -> list[tuple[str, int, int]]:
        found = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
        return [(one["ResourceId"], one["MinCapacity"], one["MaxCapacity"]) for one in found]

    eventually(plant, lambda: bool(plant.entries(PAINT, Action.STOP)), "paint is being stopped")
    eventually(plant, lambda: plant.phase(PAINT) is Phase.IDLE, "paint is stopped")
    assert (plant.runs(PAINT), targets()) == (False, [])
    (stop,) = plant.entries(PAINT, Action.STOP)
    assert "restores 1 scalable target and 1 scaling policy" in stop.reason
    now = datetime.now(UTC).replace(microsecond=0)
    plant.apply(paint=model(PAINT, now + timedelta(seconds=30), now + HOUR))
    # On a slow machine the start has used up the calls to spare: then the next look restores it, ten minutes later.
    restores = "the scaling of paint is restored"
    eventually(plant, lambda: bool(plant.entries(PAINT, Action.SCALE)), restores, within=15 * MINUTE)
    (restored,) = plant.entries(PAINT, Action.SCALE)
    assert restored.reason == "Restored 1 scalable target and 1 scaling policy of the endpoint"
    assert targets() == [(RESOURCE["ResourceId"], 1, 4)]
    assert len(scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]) == 1


def test_a_gate_opens_when_its_model_is_ready_and_closes_once_its_queue_is_empty(plant: Plant) -> None:
    eventually(plant, lambda: bool(plant.entries(WELD, Action.STOP)), "weld is stopped")
    eventually(plant, lambda: plant.phase(WELD) is Phase.IDLE, "weld is at rest")
    steps = [entry.action for entry in plant.entries(WELD)]
    kept = [step for step in steps if step in (Action.START, Action.OPEN, Action.DRAIN, Action.CLOSE, Action.STOP)]
    assert kept == [Action.START, Action.OPEN, Action.DRAIN, Action.CLOSE, Action.STOP]
    assert (plant.runs(WELD), plant.state(plant.weld)) == (False, "Disabled")
    assert plant.queued(plant.weld) == 0  # the message that came before the shift was let through, and consumed
    plant.aws.client("sqs").send_message(QueueUrl=plant.weld.queue_url, MessageBody="late")
    time.sleep(3)
    assert plant.queued(plant.weld) == 1  # and one that comes after the stop waits behind the closed gate


def test_a_start_without_capacity_is_tried_again_and_spends_no_attempt(plant: Plant) -> None:
    eventually(plant, lambda: plant.phase(GLUE) is Phase.HOSTED, "glue is hosted")
    (told,) = plant.entries(GLUE, Action.CAPACITY)
    assert "InsufficientInstanceCapacity" in told.reason
    assert [entry.attempt for entry in plant.entries(GLUE, Action.START)] == [1, 1]
    assert plant.entries(GLUE, Action.FAIL) == []


def test_a_config_without_capacity_gives_way_to_the_next_one(plant: Plant) -> None:
    eventually(plant, lambda: plant.phase(TRIM) is Phase.HOSTED, "trim is hosted")
    first, second = plant.entries(TRIM, Action.START)
    assert f"with the fallback config {FALLBACK}" in second.reason
    assert (first.attempt, second.attempt) == (1, 1)
    assert first.client_token != second.client_token
    found = client(plant.aws.simulator_url, "sagemaker", plant.aws.keys).describe_endpoint(EndpointName="plant-trim")
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", FALLBACK)


def let_the_gate_have_had_its_time(plant: Plant, model_id: ModelId) -> bool:
    """Move the begin of the wait for a gate back by that wait: nobody sleeps for it. False: ask again."""
    record = plant.store.load(model_id)
    if plant.entries(model_id, Action.STOP):
        return True
    if record is None or record.draining is None or record.draining.over_at is None:
        return False
    waited = replace(record.draining, over_at=record.draining.over_at - CLOSED_WITHIN)
    try:
        plant.store.save(replace(record, draining=waited), None)
    except StaleRecord:
        return False
    plant.store.wake(model_id, datetime.now(UTC))
    return True


def test_a_model_is_stopped_although_its_gate_may_not_be_read(plant: Plant) -> None:
    eventually(plant, lambda: let_the_gate_have_had_its_time(plant, PRESS), "press waits for its gate")
    eventually(plant, lambda: bool(plant.entries(PRESS, Action.STOP)), "press is stopped")
    eventually(plant, lambda: plant.phase(PRESS) is Phase.IDLE, "press is at rest")
    assert not plant.runs(PRESS)
    (stop,) = plant.entries(PRESS, Action.STOP)
    assert "Gate not confirmed closed after 5 min" in stop.reason
    (told,) = plant.entries(PRESS, Action.REFUSE)
    assert "Cannot read the gate" in told.reason
    assert "AccessDenied" in told.reason
    assert plant.state(plant.press) == "Disabled"  # as it was


def test_the_doctor_starts_and_stops_one_model_under_supervision(plant: Plant, tmp_path: Path) -> None:
    surroundings = plant.aws.client_environment() | {"XDG_STATE_HOME": str(tmp_path)}
    command = ["doctor", "--live", SEAL, "--yes", "--minutes", "10", "--stack", plant.aws.stack_name]
    done = CliRunner(env=surroundings).invoke(app, [*command, "--format", "json"])
    first, *answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.exit_code, first["ready"], first["stopped"]) == (0, True, True), (done.output, done.exception)
    assert not plant.runs(SEAL)
    known = {one["question"]: one["answer"] for one in answers}
    assert known["How long does a start take?"]
    assert known["How long does a stop take?"]
    assert known["Under which id does SQS show the sender of a request?"]


def test_nothing_of_the_day_is_left_in_a_dead_letter_queue(plant: Plant) -> None:
    urls = (plant.aws.work_dead_letter_queue_url, plant.aws.unpublished_queue_url)
    for url in urls:
        found = plant.aws.client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        assert found["Attributes"]["ApproximateNumberOfMessages"] == "0", url
