"""Least privilege: what each function calls, recorded while it works under its role, equals what the role allows.

The test checks every call of a function against its role in the expanded template before the call. It refuses a call
without a right as AWS does. So an operation without a right fails here, and a right without an operation does too.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from tests.support.functions import CONTEXT, EVENTS, QUEUES, StackInProcess, event, function, open_stack
from tests.support.iam import Right, Rights
from tests.support.needs import ACCOUNT, BY_FUNCTION, LISTED, REGION, list_needs
from tests.support.recorder import (
    BY_SERVICES,
    BY_SERVICES_IN,
    MEMBER,
    REFERENCES,
    ROLES,
    Recorder,
    expanded,
    list_rights,
    resolver,
)

from preheat.app.audit.audit import EVERY, find_turn
from preheat.app.ports.hosting import Site
from preheat.app.publish import Outbox
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.plan.hosted_model import Drain, HostedModel, Readiness
from preheat.domain.plan.plan import Backend, ModelId, Target, Units
from preheat.domain.record.record import Phase
from preheat_simulator.http.transport import make_scaling_client
from preheat_simulator.rights import Needed
from preheat_simulator.sagemaker import VARIANT

SERVING = {
    Backend.LOOKOUT_VISION: "HOSTED",
    Backend.REKOGNITION: "RUNNING",
    Backend.SAGEMAKER: "InService",
    Backend.SAGEMAKER_COMPONENT: "InService",
}


class Clock:
    """The clock of a function: the system's, moved ahead."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def find_target(backend: Backend) -> Target:
    if backend is Backend.SAGEMAKER_COMPONENT:
        return Target("plant-part", "", backend)
    return StackInProcess.target(ModelId("weld-seams"), backend)


def plan(stack: StackInProcess, *models: HostedModel) -> None:
    stack.store.apply(models, expected_version=stack.store.read_plan_version(), at=datetime.now(UTC))


def model(name: str, backend: Backend, *, needed: bool = True, **more: Any) -> HostedModel:
    now = datetime.now(UTC)
    days = frozenset(Weekday) if needed else frozenset({[*Weekday][(now + timedelta(days=3)).weekday()]})
    window = ShiftWindow(days, datetime.min.time(), datetime.min.time(), end_day=1)
    lead, slack = timedelta(minutes=5), timedelta(minutes=2)
    schedules = (Schedule("always" if needed else "later", "UTC", (window,)),)
    units = Units(1) if backend.takes_units else Units()
    target = more.pop("target", None) or StackInProcess.target(ModelId(name), backend)
    return HostedModel(ModelId(name), target, units, schedules, lead, slack, datetime.now(UTC), **more)


def pass_until(recorder: Recorder, module: ModuleType, clock: Clock, name: str, phase: Phase) -> None:
    for _ in range(20):
        with recorder.under("ReconcileRole"):
            module.reconciler.reconcile(ModelId(name))
        record = recorder.stack.store.load(ModelId(name))
        if record is not None and record.phase is phase:
            return
        clock.ahead += timedelta(seconds=150)
        recorder.stack.store.wake(ModelId(name), clock.now())
    raise AssertionError(f"{name} does not become {phase}: {recorder.refused} {record}")


def reconcile_everything(recorder: Recorder) -> None:
    """Start, prove, drain and stop a model on each service; with a gate, scaling, and a model of another account."""
    stack, clock = recorder.stack, Clock()
    module: Any = function("reconcile")
    module.reconciler = replace(
        module.reconciler, remote=replace(module.reconciler.remote, clock=clock, served_at=clock.now)
    )
    extras: dict[str, Any] = {"readiness": Readiness(b"image", "image/jpeg"), "drain": Drain(f"{QUEUES}:images")}
    for backend, serving in SERVING.items():
        name, service = f"weld-{backend}", stack.simulator.simulator.services[backend]
        target = find_target(backend)
        extras["gate"] = LISTED if backend is Backend.LOOKOUT_VISION else BY_FUNCTION
        plan(stack, model(name, backend, target=target, **extras))
        pass_until(recorder, module, clock, name, Phase.STARTING)
        service.set_status(target.project, target.version, serving)
        pass_until(recorder, module, clock, name, Phase.HOSTED)
        if backend is Backend.SAGEMAKER:
            scale(stack)
        plan(stack, model(name, backend, target=target, needed=False, **extras))
        pass_until(recorder, module, clock, name, Phase.STOPPING)
        stack.simulator.simulator.clock.advance(timedelta(hours=1))
        if backend is not Backend.SAGEMAKER:
            continue
        plan(stack, model(name, backend, target=target, **extras))  # which restores its scaling
        pass_until(recorder, module, clock, name, Phase.STARTING)
        service.set_status(target.project, target.version, serving)
        pass_until(recorder, module, clock, name, Phase.HOSTED)
        clock.ahead += timedelta(minutes=10)
        stack.store.wake(ModelId(name), clock.now())
        pass_until(recorder, module, clock, name, Phase.HOSTED)


def glance_at_two_endpoints(recorder: Recorder) -> None:
    """List two hosted endpoints, as the message of a round of glances asks."""
    stack, clock = recorder.stack, Clock()
    module: Any = function("reconcile")
    module.reconciler = replace(
        module.reconciler, remote=replace(module.reconciler.remote, clock=clock, served_at=clock.now)
    )
    names = [ModelId("weld-seams"), ModelId("paint-shop")]
    plan(stack, *(model(name, Backend.SAGEMAKER) for name in names))
    for name in names:
        target = StackInProcess.target(name, Backend.SAGEMAKER)
        with recorder.under("ReconcileRole"):
            module.reconciler.reconcile(name)
        stack.simulator.simulator.sagemaker.set_status(target.project, target.version, "InService")
        pass_until(recorder, module, clock, name, Phase.HOSTED)
    for name in names:
        record = stack.store.load(name)
        assert record is not None
        stack.store.save(replace(record, due_at=None, wake_at=clock.now() + timedelta(hours=1)), None)
    with recorder.under("ReconcileRole"):
        assert module.reconciler.glance_at_each(names) == ((), ())


def invoke_a_function(recorder: Recorder) -> None:
    """Ask a function of the user's about its model."""
    target = Target(f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:plant-backend", "own", Backend.FUNCTION)
    plan(recorder.stack, model("own", Backend.FUNCTION, target=target))
    module: Any = function("reconcile")
    with recorder.under("ReconcileRole"):
        module.reconciler.reconcile(ModelId("own"))


def scale(stack: StackInProcess) -> None:
    """Give the endpoint a scalable target with a policy, as its owner does."""
    client = make_scaling_client(stack.simulator.simulator.sagemaker)
    of = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/plant-weld-seams/variant/{VARIANT}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    client.register_scalable_target(**of, MinCapacity=1, MaxCapacity=2)
    tracking = {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    }
    client.put_scaling_policy(
        **of, PolicyName="p", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=tracking
    )


def tick(recorder: Recorder) -> None:
    """Send what is due, and every tenth minute what the index does not show: a model that an apply has not woken."""
    stack, now = recorder.stack, datetime.now(UTC)
    module: Any = function("tick")
    plan(stack, model("paint-shop", Backend.LOOKOUT_VISION))
    record = stack.store.load(ModelId("paint-shop"))
    assert record is not None
    stack.store.save(replace(record, wake_at=now + timedelta(days=9), plan_version=0), None)
    clock = Clock()
    clock.ahead = timedelta(hours=1, minutes=-now.minute, seconds=-now.second)
    module.ticker = replace(module.ticker, clock=clock)
    with recorder.under("TickRole"):
        assert module.handler({}, CONTEXT)["sent"] >= 1


def watch(recorder: Recorder) -> None:
    """Wake the model that an event names."""
    plan(recorder.stack, model("weld-seams", Backend.LOOKOUT_VISION))
    module = function("watch")
    with recorder.under("WatchRole"):
        assert module.handler(event("watch-model-stopped-by-a-person"), CONTEXT) == {"woken": 1}


def publish(recorder: Recorder) -> None:
    """Publish entries and a reply, and set aside what cannot be read."""
    module = function("publish")
    with recorder.under("PublishRole"):
        for name in ("appended", "one-unreadable-of-three"):
            module.handler(event(f"publish-{name}"), CONTEXT)
        reply = Outbox(module.publisher.outbox._events, module.publisher.replies, [f"{QUEUES}:replies"])
        reply._replies.send(f"{QUEUES}:replies", "{}")


def answer_requests(recorder: Recorder) -> None:
    """Answer a request of each verb, one twice, one about a schedule, one unreadable, and one in doubt."""
    stack, module = recorder.stack, function("requests")
    plan(stack, model("weld-seams", Backend.LOOKOUT_VISION), model("paint-shop", Backend.LOOKOUT_VISION))
    with recorder.under("RequestsRole"):
        for name in sorted(path.stem for path in EVENTS.glob("requests-*.json")):
            assert module.handler(event(name), CONTEXT) == {"batchItemFailures": []}
        ahead = event("requests-hold-of-a-schedule")
        body = json.loads(ahead["Records"][0]["body"]) | {
            "request_id": "ahead",
            "from": None,
            "until": None,
            "duration": "9h",
        }
        ahead["Records"][0]["body"] = json.dumps({name: value for name, value in body.items() if value is not None})
        assert module.handler(ahead, CONTEXT) == {"batchItemFailures": []}
        recorder.lost.add("TransactWriteItems")
        module.handler(event("requests-hold"), CONTEXT)


def audit(recorder: Recorder) -> None:
    """List every service, read every record and ledger."""
    stack = recorder.stack
    module: Any = function("audit")
    for backend, serving in SERVING.items():
        target = find_target(backend)
        stack.simulator.simulator.services[backend].set_status(target.project, target.version, serving)
    plan(stack, model("weld-seams", Backend.LOOKOUT_VISION, needed=False))
    midnight = datetime.now(UTC).replace(hour=0, minute=0)
    for at in (datetime.now(UTC).replace(minute=0), midnight + find_turn(ModelId("weld-seams")) * EVERY):
        clock = Clock()
        clock.ahead = at - datetime.now(UTC)
        module.auditor = replace(module.auditor, audit=replace(module.auditor.audit, clock=clock))
        with recorder.under("AuditRole"):
            module.handler(event("audit-scheduled"), CONTEXT)
    with recorder.under("AuditRole"):  # as where a listing shows an endpoint that no plan names
        site = Site(Backend.SAGEMAKER, REGION)
        for one in module.auditor.audit.listing.list_running(site, lambda _: True):
            module.auditor.audit.listing.find_stack(one)


def enter_another_account(recorder: Recorder) -> None:
    """Check a model of another account, and list what runs there."""
    stack, module = recorder.stack, function("reconcile")
    stack.store.ensure_external_id("444455556666")
    target = Target("plant-weld-seams", "3", Backend.LOOKOUT_VISION, role=MEMBER)
    plan(stack, model("far-away", Backend.LOOKOUT_VISION, target=target))
    with recorder.under("ReconcileRole"):
        module.reconciler.reconcile(ModelId("far-away"))
    assert stack.store.load(ModelId("far-away")) is not None


def show_the_board(recorder: Recorder) -> None:
    """Show every model, twice, with one that is not on record."""
    stack = recorder.stack
    plan(stack, model("weld-seams", Backend.LOOKOUT_VISION), model("paint-shop", Backend.LOOKOUT_VISION))
    stack.dynamodb.delete_item(TableName="models", Key={"model_id": {"S": "paint-shop"}, "item": {"S": "record"}})
    module = function("board")
    with recorder.under("BoardRole"):
        for _ in range(2):
            assert "weld-seams" in module.handler({"widgetContext": {"theme": "dark"}}, CONTEXT)


SCENARIOS: dict[str, Callable[[Recorder], None]] = {
    "tick": tick,
    "watch": watch,
    "requests": answer_requests,
    "reconcile": reconcile_everything,
    "glances": glance_at_two_endpoints,
    "account": enter_another_account,
    "function": invoke_a_function,
    "publish": publish,
    "audit": audit,
    "board": show_the_board,
}


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    """Every function at work under its role; what it called is in the recorder's rights."""
    with pytest.MonkeyPatch.context() as monkeypatch, open_stack(monkeypatch) as stack:
        monkeypatch.setenv("PREHEAT_ENDPOINT_SCALING", "true")
        monkeypatch.setenv("PREHEAT_MEMBER_ROLE_ARNS", MEMBER)
        stack.sqs.create_queue(QueueName="images")
        made = Recorder(Rights(expanded(), resolver()), stack)
        made.record(monkeypatch)
        for scenario in SCENARIOS.values():
            scenario(made)
        yield made


def test_no_function_calls_what_its_role_does_not_allow(recorder: Recorder) -> None:
    assert recorder.refused == []


@pytest.mark.parametrize("right", list_rights(), ids=str)
def test_without_one_of_its_rights_a_function_cannot_do_its_work(recorder: Recorder, right: Right) -> None:
    damaged = deepcopy(expanded())
    statements = [
        statement
        for resource in damaged["Resources"].values()
        for policy in [*resource.get("Properties", {}).get("Policies", []), resource.get("Properties", {})]
        if isinstance(policy, dict) and "PolicyDocument" in policy
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    for statement in statements:
        if statement.get("Sid") == right.sid:
            statement["Action"] = [action for action in statement["Action"] if action != right.action]
    less = Rights(damaged, resolver())
    assert any(not less.check(right.role, needed) for needed in recorder.needed[right.role]), "no call needs it"


def test_each_right_that_only_a_service_uses_is_one_of_the_template() -> None:
    rights = Rights(expanded(), resolver())
    found = {right for role in ROLES for right in rights.granted(role)}
    assert set(BY_SERVICES) <= {right.action for right in found}
    assert set(BY_SERVICES_IN) <= {(right.sid, right.action) for right in found}


RECORD = {"model_id": {"S": "weld-seams"}, "item": {"S": "record"}}


@pytest.mark.parametrize("role", ["TickRole", "WatchRole"])
@pytest.mark.parametrize(
    ("expression", "returns", "allowed"),
    [
        ("SET wake_at = :x, shard = :x, writer = :x ADD version :x", None, True),
        ("SET wake_at = :x", "UPDATED_NEW", True),
        ("SET phase = :x", None, False),
        ("SET wake_at = :x, attempt = :x", None, False),
        ("REMOVE effort", None, False),
        ("SET wake_at = :x", "ALL_OLD", False),
        ("SET wake_at = :x", "ALL_NEW", False),
    ],
)
def test_who_only_wakes_writes_nothing_but_what_waking_needs(
    role: str, expression: str, returns: str | None, allowed: bool
) -> None:
    params = {"TableName": "models", "Key": RECORD, "UpdateExpression": expression}
    params |= {"ReturnValues": returns} if returns else {}
    (needed,) = list_needs("dynamodb", "UpdateItem", params, lambda _: {})
    assert Rights(expanded(), resolver()).check(role, needed) is allowed


@pytest.mark.parametrize("role", ROLES)
def test_no_role_rewrites_history_or_touches_a_foreign_model(role: str) -> None:
    rights = Rights(expanded(), resolver())
    ledger = REFERENCES["LedgerTable.Arn"]
    for action in ("UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete"):
        assert not rights.check(role, Needed(f"dynamodb:{action}", ledger))
    here = {"aws:RequestedRegion": REGION}
    foreign = f"arn:aws:lookoutvision:{REGION}:{ACCOUNT}:model/other-line/1"
    elsewhere = f"arn:aws:lookoutvision:us-east-1:{ACCOUNT}:model/plant-weld-seams/3"
    assert not rights.check(role, Needed("lookoutvision:StopModel", foreign, here))
    assert not rights.check(role, Needed("lookoutvision:StopModel", elsewhere, {"aws:RequestedRegion": "us-east-1"}))
    assert not rights.check(role, Needed("sts:AssumeRole", MEMBER, {"sts:ExternalId": "mine"}))
    assert not rights.check(role, Needed("sts:AssumeRole", "arn:aws:iam::9:role/x", {"sts:ExternalId": "preheat-1"}))
    endpoint = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/plant-x"
    assert not rights.check(role, Needed("sagemaker:DeleteEndpoint", endpoint, here))  # without the stack's tag
    assert not rights.check(role, Needed("events:PutEvents", f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"))
