"""The parts of a plan that a stack's parameters do not allow, and how `preheat apply` refuses it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.stacks import HOME, MemoryStack
from typer.testing import CliRunner

from preheat.adapters.clock import VirtualClock
from preheat.adapters.memory.store import MemoryStore
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.plan.hosted_model import Drain, HostedModel
from preheat.domain.plan.plan import Backend, ModelId, Target, Units
from preheat_cli.fitting import GATES_MAX, describe_older_stack, find_misfits, find_shared, read_release
from preheat_cli.main import app
from preheat_cli.stack import Stack, Surroundings

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
REGION, ACCOUNT = "eu-central-1", "123456789012"
GATE = "0c6d2f58-1111-4222-8333-444455556666"
GATE_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:{GATE}"
QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:images"
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/images"
ROLE = "arn:aws:iam::210987654321:role/preheat-member"
EARLY = Schedule("early", "UTC", (ShiftWindow(frozenset(Weekday), time(6), time(14)),))
WELD = HostedModel(
    ModelId("weld"),
    Target("line-weld", "v1", Backend.REKOGNITION),
    Units(),
    (EARLY,),
    timedelta(minutes=30),
    timedelta(minutes=2),
    announced_at=NOW,
)
OLD = replace(WELD, target=Target("line-weld", "1"))
FAR = replace(WELD, target=replace(WELD.target, role=ROLE))
GATED = replace(WELD, gate=GATE)
DRAINED = replace(WELD, drain=Drain(QUEUE_URL))
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:plant-backend"
OWN = replace(WELD, target=Target(FUNCTION_ARN, "weld", Backend.FUNCTION))
BY_ARN = replace(WELD, drain=Drain(QUEUE_ARN))


@pytest.mark.parametrize("other", ["line-weld", "LINE-Weld"])
def test_two_names_of_one_endpoint_are_refused_whatever_the_case(other: str) -> None:
    """SageMaker's CreateEndpoint does not distinguish the case of a name."""
    one = replace(WELD, target=Target("line-weld", "v1", Backend.SAGEMAKER))
    two = replace(WELD, model_id=ModelId("press"), target=Target(other, "v2", Backend.SAGEMAKER))
    (misfit,) = find_shared([one, two])
    assert str(misfit).startswith("models.press.region: weld has the same target in this region")
    far = replace(two, target=replace(two.target, region="eu-west-1"))
    assert list(find_shared([one, far])) == []


def test_apply_refuses_two_names_of_one_version_of_which_one_names_the_region_of_the_stack(tmp_path: Path) -> None:
    plant = tmp_path / "plant.yaml"
    weld = '{backend: rekognition, project: line-weld, version: "1"'
    early = 'zone: UTC, windows: [{days: mon-fri, start: "06:00", end: "14:00"}]'
    plant.write_text(
        f"version: 1\nschedules:\n  early: {{{early}}}\nmodels:\n"
        f"  weld: {weld}, schedules: [early]}}\n  press: {weld}, region: {REGION}, schedules: [early]}}\n"
    )
    stack = MemoryStack(MemoryStore(), HOME)
    result = CliRunner().invoke(
        app, ["apply", str(plant), "--yes"], obj=Surroundings(stack, VirtualClock(NOW), announce=stack.announced.append)
    )
    assert result.exit_code == 2
    assert "models.press.region: weld has the same target in this region" in result.output
    assert stack.store.read_plan_version() == 0


@pytest.mark.parametrize(
    ("model", "parameters", "field"),
    [
        (OLD, {"HostingEndpointUrl": ""}, "backend"),
        (FAR, {"MemberRoleArns": ""}, "role"),
        (FAR, {"MemberRoleArns": f"{ROLE}-2"}, "role"),
        (GATED, {"GateMappingArns": "", "GateFunctionArns": ""}, "gate"),
        (GATED, {"GateMappingArns": GATE_ARN.replace("0c6d", "ffff")}, "gate"),
        (OWN, {"BackendFunctionArns": ""}, "function"),
        (OWN, {"BackendFunctionArns": f"{FUNCTION_ARN}-2"}, "function"),
        (DRAINED, {"DrainQueueArns": ""}, "drain"),
        (DRAINED, {"DrainQueueArns": f"{QUEUE_ARN}-2"}, "drain"),
        (BY_ARN, {"DrainQueueArns": QUEUE_ARN.replace(REGION, "us-east-1")}, "drain"),
    ],
)
def test_what_a_stack_does_not_allow_is_named_with_the_parameter(
    model: HostedModel, parameters: dict[str, str], field: str
) -> None:
    (found,) = find_misfits([model], parameters, REGION)
    assert (found.field, str(found).startswith(f"models.weld.{field}: ")) == (field, True)
    assert next(iter(parameters)) in found.remedy


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        (OLD, {"HostingEndpointUrl": "http://127.0.0.1:8100"}),
        (WELD, {"HostingEndpointUrl": ""}),
        (FAR, {"MemberRoleArns": f"{ROLE}-2,{ROLE}"}),
        (GATED, {"GateMappingArns": GATE_ARN}),
        (OWN, {"BackendFunctionArns": f"{FUNCTION_ARN}-2,{FUNCTION_ARN}"}),
        (GATED, {"GateFunctionArns": "arn:aws:lambda:eu-central-1:123456789012:function:line-*"}),
        (DRAINED, {"DrainQueueArns": QUEUE_ARN}),
        (DRAINED, {"DrainQueueArns": QUEUE_ARN.replace("images", "ima*")}),
        (BY_ARN, {"DrainQueueArns": QUEUE_ARN}),
        (OLD, {}),
        (GATED, {}),
    ],
)
def test_what_a_stack_allows_or_does_not_say_is_accepted(model: HostedModel, parameters: dict[str, str]) -> None:
    assert find_misfits([model], parameters, REGION) == []


def test_more_gates_than_a_parameter_holds_need_the_functions() -> None:
    gates = [f"{number:08x}-1111-4222-8333-444455556666" for number in range(GATES_MAX + 1)]
    models = [replace(GATED, model_id=ModelId(f"weld-{number}"), gate=gate) for number, gate in enumerate(gates)]
    found = find_misfits(models, {"GateMappingArns": ""}, REGION)
    assert len(found) == GATES_MAX + 1
    assert found[0].remedy == "deploy with GateFunctionArns: GateMappingArns holds 41 gates, and the plan has 42"


PLANT = """\
version: 1
schedules:
  early: {zone: UTC, windows: [{days: daily, start: "06:00", end: "14:00"}]}
models:
  weld: {backend: lookoutvision, project: line-weld, version: 1, schedules: [early]}
"""


def apply(tmp_path: Path, store: MemoryStore, *options: str, **parameters: str) -> Any:
    rows = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    stack = Stack(HOME, store, lambda _: None, lambda _: pytest.fail("nothing is published"), {"Parameters": rows})
    file = tmp_path / "plant.yaml"
    file.write_text(PLANT)
    surroundings = Surroundings(lambda _: stack, announce=lambda _: None)
    return CliRunner().invoke(app, ["apply", str(file), "--yes", *options], obj=surroundings)


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_apply_refuses_the_closed_service_on_a_stack_where_nothing_answers_for_it(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    store = MemoryStore()
    refused = apply(tmp_path, store, *options, HostingEndpointUrl="", Mode="act")
    assert refused.exit_code == 2
    assert "models.weld.backend: AWS closed Lookout for Vision" in refused.stderr
    assert "1 problem; no change applied" in refused.stderr
    assert store.read_plan_version() == 0


ENDPOINT = replace(WELD, target=Target("line-weld", "line-weld-v1", Backend.SAGEMAKER))
NAMES = {"ProjectPrefix": "line-", "HostingRegions": ""}


@pytest.mark.parametrize(
    ("model", "parameters", "refused"),
    [
        (WELD, NAMES, ""),
        (ENDPOINT, NAMES, ""),
        (ENDPOINT, NAMES | {"ProjectPrefix": "line-weld"}, ""),
        (WELD, NAMES | {"ProjectPrefix": "hall-"}, "project: line-weld does not begin with ProjectPrefix 'hall-'"),
        (ENDPOINT, NAMES | {"ProjectPrefix": "line-weld-"}, "endpoint: line-weld does not begin"),
        (replace(ENDPOINT, target=replace(ENDPOINT.target, version="weld-v1")), NAMES, "config: weld-v1 does not"),
        (replace(ENDPOINT, fallbacks=("weld-v1", "weld-v2")), NAMES, "configs: weld-v1 and weld-v2 do not begin"),
        (replace(FAR, target=replace(FAR.target, project="weld")), NAMES | {"MemberRoleArns": ROLE}, ""),
        (replace(WELD, target=replace(WELD.target, region=REGION)), NAMES, ""),
        (
            replace(WELD, target=replace(WELD.target, region="eu-centrl-1")),
            NAMES,
            "region: eu-centrl-1 is not among the hosting regions eu-central-1: Preheat may call nothing there",
        ),
        (WELD, NAMES | {"HostingRegions": "us-east-1,us-west-2"}, "region: eu-central-1 is not among"),
        (replace(WELD, target=replace(WELD.target, region="us-west-2")), NAMES | {"HostingRegions": "us-west-2"}, ""),
    ],
)
def test_names_and_regions_that_the_rights_of_the_stack_do_not_cover_are_refused(
    model: HostedModel, parameters: dict[str, str], refused: str
) -> None:
    found = [str(each) for each in find_misfits([model], parameters, REGION)]
    assert len(found) == bool(refused)
    assert all(each.startswith(f"models.weld.{refused}") for each in found)


class DatedStore(MemoryStore):
    """A store whose answers have its own time."""

    def read_served_at(self) -> datetime | None:
        return datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_plan_is_known_since_the_stores_own_time_whatever_this_machines_clock_shows(tmp_path: Path) -> None:
    store = DatedStore()
    assert apply(tmp_path, store, HostingEndpointUrl="http://127.0.0.1:8100", Mode="act").exit_code == 0
    planned = store.read_planned(ModelId("weld")).model
    assert planned is not None
    known = abs(planned.announced_at - datetime(2026, 11, 23, 12, tzinfo=UTC))
    assert known < timedelta(seconds=5), "apply went by the clock of this machine"


def test_apply_accepts_it_where_a_simulator_answers(tmp_path: Path) -> None:
    store = MemoryStore()
    applied = apply(tmp_path, store, "--format", "json", HostingEndpointUrl="http://127.0.0.1:8100", Mode="act")
    assert (applied.exit_code, store.read_plan_version()) == (0, 1)
    assert json.loads(applied.stdout.splitlines()[-1])["applied"] is True


@pytest.mark.parametrize(
    ("stack", "command", "refused"),
    [
        ("0.1.0", "0.2.0", True),
        ("0.9.3", "0.10.0", True),
        ("0.1.0", "0.1.1", True),
        ("0.1.0", "0.1.0", False),
        ("0.2.0", "0.1.0", False),
        ("1.0.0", "1.0.0.dev3", False),
        ("", "0.2.0", False),
    ],
)
def test_a_command_never_applies_to_a_stack_of_an_older_release(stack: str, command: str, refused: bool) -> None:
    lines = describe_older_stack(stack, command)
    assert bool(lines) is refused
    assert not refused or f"install release {stack} of the command" in lines[1]


def test_apply_refuses_a_stack_of_an_older_release_before_it_changes_anything(tmp_path: Path) -> None:
    store, file = MemoryStore(), tmp_path / "plant.yaml"
    file.write_text(PLANT)
    stack = MemoryStack(store, replace(HOME, release="0.0.9"))
    result = CliRunner().invoke(
        app, ["apply", str(file), "--yes"], obj=Surroundings(stack, announce=stack.announced.append)
    )
    assert result.exit_code == 2
    assert "the stack runs release 0.0.9, and this command is" in result.stderr
    assert store.read_plan_version() == 0


def test_releases_compare_by_their_numbers() -> None:
    assert read_release("0.10.2rc1") == (0, 10, 2)
    assert read_release("unknown") == ()
