"""The steps of docs/runbook.md for tables and queues, on the deployed stack: the page is right."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.stacks import surroundings_of
from typer.testing import CliRunner

from preheat.adapters.sqs.work import make_work
from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.store import Store
from preheat.domain.plan.hosted_model import Unscheduled
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import Ownership, Phase
from preheat_cli.main import app
from preheat_cli.model_status import read_status
from preheat_lab.chaos.controls import SimulatorControls
from preheat_lab.chaos.plan import Wave, target_of
from preheat_local import LocalAws, run_local_aws
from preheat_local.store import open_local_store

LINE, OTHER = ModelId("line-1"), ModelId("line-2")
DEADLINE_SECONDS = 90


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with run_local_aws(tmp_path_factory.mktemp("runbook"), say=lambda _line: None) as local_aws:
        simulator = SimulatorControls(local_aws.simulator_url)
        for model_id in (LINE, OTHER):
            target = target_of(model_id)
            simulator.post("models", project=target.project, version=target.version, start_latency=1, stop_latency=1)
        yield local_aws


def rebuild(store: Store) -> int:
    """Run `preheat ledger rebuild` for the line; return its exit status."""
    arguments = ["ledger", "rebuild", LINE, "--yes"]
    return CliRunner().invoke(app, arguments, obj=surroundings_of(store)).exit_code


def eventually[T](look: Callable[[], T]) -> T:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, "not within the deadline"
        time.sleep(0.1)
    return found


def look_at(aws: LocalAws, model_id: ModelId = LINE) -> None:
    """Make a model due and have it checked, as the runbook does it by hand."""
    open_local_store(aws).wake(model_id, datetime.now(UTC))
    aws.client("sqs").send_message(QueueUrl=aws.work_queue_url, MessageBody=make_work(model_id))


def apply(aws: LocalAws, *, needed: bool, unscheduled: Unscheduled = Unscheduled.LEAVE) -> int:
    """Apply a plan under which the line is needed from now on, or not before tomorrow."""
    now = datetime.now(UTC)
    begin = now.replace(microsecond=0) + (timedelta() if needed else timedelta(hours=12))
    wave = Wave(now, {LINE: (begin, begin + timedelta(hours=1))})
    models = [replace(model, unscheduled=unscheduled) for model in wave.models]
    store = open_local_store(aws)
    return store.apply(models, expected_version=store.read_plan_version(), at=now)


def status(aws: LocalAws, model_id: ModelId = LINE) -> str:
    models = SimulatorControls(aws.simulator_url).get("state")["models"]
    return next(str(model["status"]) for model in models if model["project"] == target_of(model_id).project)


def phase(aws: LocalAws) -> Phase | None:
    record = open_local_store(aws).load(LINE)
    return record.phase if record is not None else None


@contextmanager
def note_tables(aws: LocalAws, *names: str) -> Iterator[Callable[[], None]]:
    """Note what tables hold now; yields what puts it back, item by item, as after a restore to this instant."""
    dynamodb = aws.client("dynamodb")
    backups = {
        name: dynamodb.create_backup(TableName=name, BackupName="before")["BackupDetails"]["BackupArn"]
        for name in names
    }

    def put_back() -> None:
        for name, arn in backups.items():
            other = f"{name}-restored"
            dynamodb.restore_table_from_backup(TargetTableName=other, BackupArn=arn)
            keys = [key["AttributeName"] for key in dynamodb.describe_table(TableName=name)["Table"]["KeySchema"]]
            older = dynamodb.scan(TableName=other)["Items"]
            kept = [{key: item[key] for key in keys} for item in older]
            for item in dynamodb.scan(TableName=name)["Items"]:
                if (key := {key: item[key] for key in keys}) not in kept:
                    dynamodb.delete_item(TableName=name, Key=key)
            for item in older:
                dynamodb.put_item(TableName=name, Item=item)
            dynamodb.delete_table(TableName=other)

    yield put_back
    for arn in backups.values():
        dynamodb.delete_backup(BackupArn=arn)


def test_plans_restored_to_an_older_state_stop_nothing_and_the_next_apply_fixes_it(aws: LocalAws) -> None:
    apply(aws, needed=False)
    with note_tables(aws, aws.plans_table) as put_back:
        served = apply(aws, needed=True)
        look_at(aws)
        eventually(lambda: status(aws) == "HOSTED")
        look_at(aws)
        eventually(lambda: phase(aws) is Phase.HOSTED)
        put_back()
        assert open_local_store(aws).read_plan_version() < served
        look_at(aws)
        version = open_local_store(aws).read_plan_version()
        line = f"Plan {version} is older than this model's plan {served}: run `preheat apply`"
        eventually(lambda: line in read_log(aws))
        assert status(aws) == "HOSTED"
        assert apply(aws, needed=False) > served
        look_at(aws)
        eventually(lambda: status(aws) == "TRAINED")
        look_at(aws)
        eventually(lambda: phase(aws) is Phase.IDLE)


def test_records_older_than_their_ledger_change_nothing_until_they_are_rebuilt(aws: LocalAws) -> None:
    apply(aws, needed=False)
    look_at(aws)
    eventually(lambda: phase(aws) is Phase.IDLE)
    with note_tables(aws, aws.models_table) as put_back:
        apply(aws, needed=True)
        look_at(aws)
        eventually(lambda: status(aws) == "HOSTED")
        look_at(aws)
        eventually(lambda: phase(aws) is Phase.HOSTED)
        put_back()
        apply(aws, needed=False)
        store = open_local_store(aws)
        look_at(aws)
        eventually(lambda: "exists already" in read_log(aws))
        assert status(aws) == "HOSTED"
        assert rebuild(store) == 0
        record = store.load(LINE)
        assert record is not None
        assert (record.phase, record.ownership) == (Phase.HOSTED, Ownership.STARTED)
        look_at(aws)
        eventually(lambda: status(aws) == "TRAINED")
        look_at(aws)
        eventually(lambda: phase(aws) is Phase.IDLE)
        ledger = store.read_ledger(LINE)
        assert [entry.sequence for entry in ledger] == list(range(1, len(ledger) + 1))


def test_a_leak_is_found_by_its_phase_and_stopped_by_the_policy_of_its_model(aws: LocalAws) -> None:
    apply(aws, needed=False)
    look_at(aws)
    eventually(lambda: phase(aws) is Phase.IDLE)
    target = target_of(LINE)
    SimulatorControls(aws.simulator_url).post("person/start", project=target.project, version=target.version)
    eventually(lambda: status(aws) == "HOSTED")
    look_at(aws)
    eventually(lambda: phase(aws) is Phase.UNSCHEDULED)
    assert status(aws) == "HOSTED"
    apply(aws, needed=False, unscheduled=Unscheduled.STOP)
    look_at(aws)
    eventually(lambda: status(aws) == "TRAINED")
    look_at(aws)
    eventually(lambda: phase(aws) is Phase.IDLE)


def test_a_record_that_no_release_can_read_harms_itself_alone_and_is_rebuilt_once_it_is_out_of_the_way(
    aws: LocalAws,
) -> None:
    apply(aws, needed=False)
    look_at(aws)
    eventually(lambda: phase(aws) is Phase.IDLE)
    dynamodb, store = aws.client("dynamodb"), open_local_store(aws)
    key = {"model_id": {"S": LINE}, "item": {"S": "record"}}

    def a_pass_fails_on_it() -> bool:
        # A pass that has read the record before may still store it over this.
        dynamodb.update_item(
            TableName=aws.models_table,
            Key=key,
            UpdateExpression="SET #schema = :unknown",
            ExpressionAttributeNames={"#schema": "schema"},
            ExpressionAttributeValues={":unknown": {"N": "99"}},
        )
        look_at(aws)
        return "pass failed" in read_log(aws)

    eventually(a_pass_fails_on_it)
    assert "schema: 99 is not" in (read_status(store, LINE, datetime.now(UTC)).problem or "")
    assert rebuild(store) == 1
    dynamodb.delete_item(TableName=aws.models_table, Key=key)
    assert rebuild(store) == 0
    assert read_status(store, LINE, datetime.now(UTC)).problem is None
    apply(aws, needed=True)
    look_at(aws)
    eventually(lambda: status(aws) == "HOSTED")


def test_dead_letters_are_moved_back_and_the_readable_ones_are_served(aws: LocalAws, tmp_path: Path) -> None:
    sqs, poison = aws.client("sqs"), "not a work message"
    sqs.set_queue_attributes(QueueUrl=aws.work_queue_url, Attributes={"VisibilityTimeout": "1"})
    sqs.send_message(QueueUrl=aws.work_queue_url, MessageBody=poison)
    letters: list[dict[str, Any]] = []

    def dead() -> bool:
        found = sqs.receive_message(QueueUrl=aws.work_dead_letter_queue_url, MaxNumberOfMessages=10)
        letters.extend(found.get("Messages", []))
        return any(letter["Body"] == poison for letter in letters)

    eventually(dead)
    sqs.set_queue_attributes(QueueUrl=aws.work_queue_url, Attributes={"VisibilityTimeout": "360"})
    # A message that failed for a bug fixed since: readable, and moved back as the runbook moves it.
    sqs.send_message(QueueUrl=aws.work_dead_letter_queue_url, MessageBody=make_work(OTHER))
    letters += eventually(
        lambda: sqs.receive_message(QueueUrl=aws.work_dead_letter_queue_url, MaxNumberOfMessages=10).get("Messages")
    )
    copy = tmp_path / "letters.json"
    copy.write_text(json.dumps([letter["Body"] for letter in letters]))
    for letter in letters:
        if letter["Body"] == make_work(OTHER):
            sqs.send_message(QueueUrl=aws.work_queue_url, MessageBody=letter["Body"])
        sqs.delete_message(QueueUrl=aws.work_dead_letter_queue_url, ReceiptHandle=letter["ReceiptHandle"])
    eventually(lambda: _waiting(sqs, aws.work_queue_url) == 0)
    assert _waiting(sqs, aws.work_dead_letter_queue_url) == 0


def test_an_unreadable_plan_is_reported_and_not_taken_for_no_plan(aws: LocalAws) -> None:
    apply(aws, needed=False)
    dynamodb = aws.client("dynamodb")
    key = {"plan": {"S": "current"}, "item": {"S": "pointer"}}
    pointer = dynamodb.get_item(TableName=aws.plans_table, Key=key)["Item"]
    dynamodb.put_item(TableName=aws.plans_table, Item=pointer | {"schema": {"N": "99"}})
    with pytest.raises(UnreadableItem, match="schema"):
        open_local_store(aws).read_planned(LINE)
    dynamodb.put_item(TableName=aws.plans_table, Item=pointer)
    assert open_local_store(aws).read_planned(LINE).model is not None


def read_log(aws: LocalAws) -> str:
    events = aws.client("logs").filter_log_events(logGroupName="/aws/lambda/preheat-reconcile")["events"]
    return "\n".join(event["message"] for event in events)


def _waiting(sqs: Any, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])
