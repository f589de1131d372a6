"""A model in another account, on the deployed product: the function enters it, and one that refuses harms no other.

Two accounts in addition to the stack's: `NEAR` has the role of templates/member-role.yaml under the ExternalId drawn
for it, `FAR` has it under another one.
"""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as wall
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

from preheat.app.ports.store import Store
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId, Target, Units
from preheat.domain.record.record import Action, Phase
from preheat_cli.stack import Home
from preheat_local import LocalAws, run_local_aws
from preheat_local.store import open_local_store

ROOT = Path(__file__).parents[2]
NEAR, FAR = "210987654321", "310987654321"
ROLES = {account: f"arn:aws:iam::{account}:role/preheat-member" for account in (NEAR, FAR)}
UNLISTED = f"arn:aws:iam::{NEAR}:role/preheat-other"
MODELS = ("plant-home", "plant-near", "plant-far", "plant-unlisted")
ALWAYS = Schedule("always", "UTC", (ShiftWindow(frozenset(Weekday), wall(), wall(), end_day=1),))
WITHIN_SECONDS = 180


def client(aws: LocalAws, service: str, account: str) -> Any:
    """A client of another account: the local AWS takes a key of twelve digits for the root of that account."""
    session = Session(profile=None)
    session.set_credentials(account, aws.secret_key)
    return session.create_client(service, region_name=aws.region, endpoint_url=aws.endpoint_url)


def let_in(aws: LocalAws, account: str, home: Home, external_id: str, role_name: str = "preheat-member") -> None:
    """Deploy the role of a member account, as `preheat accounts` says."""
    parameters = {
        "ReconcileRoleArn": home.reconcile_role,
        "ExternalId": external_id,
        "RoleName": role_name,
        "Regions": aws.region,
        "LookoutVisionPrefix": "plant-",
    }
    stacks = client(aws, "cloudformation", account)
    stacks.create_stack(
        StackName=role_name,
        TemplateBody=(ROOT / "templates" / "member-role.yaml").read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    stacks.get_waiter("stack_create_complete").wait(StackName=role_name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})


def without_the_condition(aws: LocalAws, home: Home) -> None:
    """Allow the stack's role what the template does, less its condition: the local AWS knows no ExternalId there."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": list(ROLES.values())}
    aws.client("iam").put_role_policy(
        RoleName=home.reconcile_role.rpartition("/")[2],
        PolicyName="local",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def model(name: str, role: str | None = None) -> HostedModel:
    return HostedModel(
        ModelId(name),
        Target(name, "1", role=role),
        Units(1),
        (ALWAYS,),
        lead=timedelta(seconds=20),
        slack=timedelta(),
        announced_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    arguments = [part for name in MODELS for part in ("--model", f"{name}/1")] + ["--start-latency", "1"]
    with run_local_aws(
        tmp_path_factory.mktemp("accounts"),
        simulator_arguments=arguments,
        parameters={"MemberRoleArns": f"'{','.join(ROLES.values())}'"},
    ) as found:
        yield found


@pytest.fixture(scope="module")
def store(aws: LocalAws) -> Store:
    """The stack's store, with a plan of a model in each account that is needed all the time."""
    store = open_local_store(aws)
    home = Home(aws.stack_name, aws.region, aws.outputs()["ReconcileRoleArn"])
    let_in(aws, NEAR, home, store.ensure_external_id(NEAR))
    let_in(aws, NEAR, home, store.ensure_external_id(NEAR), "preheat-other")
    let_in(aws, FAR, home, "preheat-" + "0" * 32)
    without_the_condition(aws, home)
    store.apply(
        [
            model("plant-home"),
            model("plant-near", ROLES[NEAR]),
            model("plant-far", ROLES[FAR]),
            model("plant-unlisted", UNLISTED),
        ],
        expected_version=store.read_plan_version(),
        at=datetime.now(UTC),
    )
    aws.client("lambda").invoke(FunctionName=aws.tick_function)  # no need to wait for the minute
    return store


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold within the deadline"
        time.sleep(1)


def phase(store: Store, name: str) -> Phase | None:
    record = store.load(ModelId(name))
    return record.phase if record is not None else None


def test_a_model_in_another_account_is_hosted_like_one_in_the_stacks_own(store: Store) -> None:
    for name in ("plant-home", "plant-near"):
        eventually(lambda name=name: phase(store, name) is Phase.HOSTED)  # type: ignore[misc]  # bound now


@pytest.mark.parametrize("name", ["plant-far", "plant-unlisted"])
def test_an_account_that_refuses_is_reported_and_its_model_is_neither_started_nor_forgotten(
    store: Store, name: str
) -> None:
    eventually(lambda: bool(store.read_ledger(ModelId(name))))
    (told,) = store.read_ledger(ModelId(name))
    assert told.action is Action.UNREAD
    assert "AssumeRole: AccessDenied" in told.reason
    record = store.load(ModelId(name))
    assert record is not None
    assert (record.attempt, record.silent_for_plan) == (None, None)
    assert record.wake_at is not None
    assert record.wake_at - told.at >= timedelta(minutes=4)


def test_what_the_logs_say_of_it_names_neither_account_nor_role(aws: LocalAws, store: Store) -> None:
    eventually(lambda: bool(store.read_ledger(ModelId("plant-far"))))

    def lines() -> list[str]:
        found = aws.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{aws.stack_name}-reconcile")
        return [event["message"] for event in found["events"] if "AssumeRole" in event["message"]]

    eventually(lambda: bool(lines()))
    for line in lines():
        assert "[account]" in line
        assert not [word for word in (NEAR, FAR, "preheat-member", "preheat-other") if word in line]
