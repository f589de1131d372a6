"""How the command finds a stack, and what the demo reads there: on the real template, deployed onto a local AWS."""

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from preheat.adapters.hosting.service_model import make_lookout_client
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend, ModelId, Target, Units
from preheat_cli.demo.facts import Metrics
from preheat_cli.demo.run import shifts_at
from preheat_cli.demo.stage import LocalStage
from preheat_cli.errors import CliError
from preheat_cli.main import app
from preheat_cli.options.stack import StackOptions
from preheat_cli.stack import open_stack
from preheat_local import LocalAws, LocalAwsError
from preheat_local.store import open_local_store

NOBODY = ModelId("nobody-plans-this")
QUEUE = "Resources: {Queue: {Type: 'AWS::SQS::Queue'}}\nOutputs: {ModelsTable: {Value: none}}\n"


@pytest.fixture
def signed_in(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> LocalAws:
    """Have the terminal's AWS be the local one, as a user's is a real account."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in local_aws.environment().items():
        monkeypatch.setenv(name, value)
    return local_aws


def test_a_named_stack_is_found_by_its_outputs(signed_in: LocalAws) -> None:
    store = open_stack(StackOptions(signed_in.stack_name)).store
    assert store.read_plan_version() == open_local_store(signed_in).read_plan_version()
    assert store.load(NOBODY) is None


def test_a_named_stack_shows_its_region_its_account_and_the_roles_that_it_may_assume(signed_in: LocalAws) -> None:
    home = open_stack(StackOptions(signed_in.stack_name)).home
    assert (home.stack_name, home.region, home.account) == (signed_in.stack_name, signed_in.region, "000000000000")
    assert home.reconcile_role.startswith("arn:aws:iam::000000000000:role/")
    assert home.member_roles == ()
    assert (home.mode, home.release, home.endpoint_url) == ("act", "0.1.0", "")


def test_a_stack_that_is_not_there_is_named_with_the_region(signed_in: LocalAws) -> None:
    with pytest.raises(CliError, match=f"there is no stack 'plant-north' in {signed_in.region}"):
        open_stack(StackOptions("plant-north"))


def test_a_stack_that_is_none_of_preheat_is_refused_by_what_it_lacks(signed_in: LocalAws) -> None:
    stacks, name = signed_in.client("cloudformation"), f"other-{uuid.uuid4().hex[:8]}"
    stacks.create_stack(StackName=name, TemplateBody=QUEUE)
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    with pytest.raises(CliError, match="is not a Preheat stack: it has no output LedgerTable, PlansTable"):
        open_stack(StackOptions(name))
    stacks.delete_stack(StackName=name)


def test_an_aws_out_of_reach_is_reported_in_one_line(signed_in: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    result = CliRunner().invoke(app, ["status", "--stack", signed_in.stack_name])
    assert result.exit_code == 1
    assert result.stderr.startswith("preheat: Could not connect")
    assert len(result.stderr.splitlines()) == 1


def test_a_hold_is_asked_for_and_answered_through_the_queue_of_a_named_stack(signed_in: LocalAws) -> None:
    store, now = open_local_store(signed_in), datetime.now(UTC)
    target = Target("plant-held", "3")
    hour = timedelta(hours=1)
    model = HostedModel(ModelId("held"), target, Units(), (), hour, timedelta(), now)
    store.apply([model], expected_version=store.read_plan_version(), at=now)
    stack = ("--stack", signed_in.stack_name)
    asked = CliRunner().invoke(app, ["hold", "held", "--for", "2h", "--reason", "rework", "--id", "held-1", *stack])
    assert asked.exit_code == 0, asked.output
    assert asked.stdout.startswith("accepted: Hold from ")
    listed = CliRunner().invoke(app, ["requests", "held", "--format", "json", *stack])
    assert json.loads(listed.stdout)["request_id"] == "held-1"
    released = CliRunner().invoke(app, ["release", "held", "held-1", *stack])
    assert released.stdout.startswith("accepted: Hold held-1 ended")
    assert CliRunner().invoke(app, ["requests", "held", *stack]).stdout == "no active requests\n"


def test_the_local_store_needs_nothing_of_the_terminal(
    local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "a-profile-that-is-not-there")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    assert open_local_store(local_aws).load(NOBODY) is None


def test_the_demo_reads_what_the_service_the_metrics_and_the_queues_say(signed_in: LocalAws) -> None:
    stage = LocalStage(signed_in)
    since = stage.clock.now()
    shifts = shifts_at(since + timedelta(days=1), Backend.LOOKOUT_VISION)
    stage.prepare(shifts)
    faults = f"{signed_in.simulator_url}/_simulator/faults"
    armed = httpx.get(faults).raise_for_status().json()
    assert {fault["project"] for fault in armed} >= {shift.target.project for shift in shifts}
    httpx.delete(faults).raise_for_status()  # others use this simulator too
    target, token = shifts[0].target, f"by-hand-{uuid.uuid4().hex}"
    lookout = make_lookout_client(region=signed_in.region, endpoint_url=signed_in.simulator_url)
    names = {"ProjectName": target.project, "ModelVersion": target.version}
    lookout.start_model(**names, MinInferenceUnits=1, ClientToken=token)
    service = stage.service()
    call = next(call for call in service.calls if call.token == token)
    assert (call.operation, call.project, call.changed_state, call.fault) == ("StartModel", target.project, True, None)
    assert service.status(target.project) == "STARTING_HOSTING"
    assert service.status(shifts[1].target.project) == "TRAINED"
    assert [interval.end for interval in service.bill[target.project]] == [None]
    assert stage.metrics(since + timedelta(hours=1)) == Metrics(0, 0, 0, 0, timedelta())
    lookout.stop_model(**names, ClientToken=f"by-hand-{uuid.uuid4().hex}")


def test_the_demo_counts_the_dead_letters_of_every_queue(local_aws: LocalAws) -> None:
    stage, sqs = LocalStage(local_aws), local_aws.client("sqs")
    before = stage.dead_letters()
    queues = (
        local_aws.work_dead_letter_queue_url,
        local_aws.tick_dead_letter_queue_url,
        local_aws.watch_dead_letter_queue_url,
        local_aws.unpublished_queue_url,
        local_aws.request_dead_letter_queue_url,
    )
    for number, url in enumerate(queues, 1):
        sqs.send_message(QueueUrl=url, MessageBody="a letter of a test")
        assert stage.dead_letters() == before + number
    for url in queues:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)["Messages"]:
            if message["Body"] == "a letter of a test":
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert stage.dead_letters() == before


def test_a_simulator_that_is_gone_is_reported_by_its_address(local_aws: LocalAws) -> None:
    stage = LocalStage(replace(local_aws, simulator_url="http://127.0.0.1:9"))
    with pytest.raises(LocalAwsError, match=r"does not answer http://127\.0\.0\.1:9/_simulator/state\S* as it should"):
        stage.service()
