"""The three policies for people, each by use: the commands that it is for work under it, and what it must not do fails.

A role has nothing but the policy, and an operator a viewer's too. The command takes its session. The local AWS enforces
IAM.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import Session
from typer.testing import CliRunner, Result

from preheat_cli.main import app
from preheat_local import LocalAws

PLANT = """\
version: 1
schedules:
  early: {zone: UTC, windows: [{days: mon-fri, start: "06:00", end: "14:00"}]}
models:
  plant-people: {backend: lookoutvision, project: plant-people, version: 1, schedules: [early]}
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
# An operator has both: IAM takes no policy that is long enough for all of it.
HELD = {
    "ViewerPolicyArn": ("ViewerPolicyArn",),
    "RequesterPolicyArn": ("RequesterPolicyArn",),
    "OperatorPolicyArn": ("OperatorPolicyArn", "ViewerPolicyArn"),
}


class Person:
    """Somebody whose role has a policy of the stack, and what goes with it."""

    def __init__(self, aws: LocalAws, policy: str, home: Path) -> None:
        self.aws, self.home = aws, home
        self.outputs = aws.outputs()
        iam, name = aws.client("iam"), f"person-{policy}".lower()
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
        for each in HELD[policy]:
            iam.attach_role_policy(RoleName=name, PolicyArn=self.outputs[each])
        given = aws.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="anna")["Credentials"]
        self.session = Session(session_vars={"profile": (None, None, None, None)})
        self.session.set_credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        self.session.set_config_variable("region", aws.region)

    def client(self, service: str) -> Any:
        """Return a client that signs as this person."""
        return self.session.create_client(service, region_name=self.aws.region, endpoint_url=self.aws.endpoint_url)

    def runs(self, *arguments: str) -> Result:
        """Run the command as this person does on an account: by the name of the stack, with the session around it."""
        given = self.session.get_credentials().get_frozen_credentials()
        environment = {
            "AWS_ACCESS_KEY_ID": given.access_key,
            "AWS_SECRET_ACCESS_KEY": given.secret_key,
            "AWS_SESSION_TOKEN": given.token,
            "AWS_DEFAULT_REGION": self.aws.region,
            "AWS_ENDPOINT_URL": self.aws.endpoint_url,
            "AWS_PROFILE": None,
            "XDG_STATE_HOME": str(self.home),  # where the command remembers its last stack
        }
        return CliRunner(env=environment).invoke(app, [*arguments, "--stack", self.aws.stack_name])


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("people") / "plant.yaml"
    path.write_text(PLANT)
    return str(path)


@pytest.fixture(scope="module")
def person(local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Person]]:
    made: dict[str, Person] = {}

    def find(policy: str) -> Person:
        if policy not in made:
            made[policy] = Person(local_aws, policy, tmp_path_factory.mktemp(policy))
        return made[policy]

    yield find
    iam = local_aws.client("iam")
    for policy, one in made.items():
        name = f"person-{policy}".lower()
        for each in HELD[policy]:
            iam.detach_role_policy(RoleName=name, PolicyArn=one.outputs[each])
        iam.delete_role(RoleName=name)


def is_refused(call: Callable[[], object]) -> bool:
    """Return whether AWS refuses a call for want of a right; any other failure is none."""
    try:
        call()
    except ClientError as error:
        return "AccessDenied" in error.response["Error"]["Code"]
    return False


def test_an_operator_applies_a_plan_and_cannot_rewrite_a_ledger(person: Callable[[str], Person], plant: str) -> None:
    operator = person("OperatorPolicyArn")
    applied = operator.runs("apply", plant, "--yes")
    assert applied.exit_code == 0, applied.output
    assert operator.runs("ledger", "audit").exit_code == 0
    table = operator.aws.ledger_table
    key = {"model_id": {"S": "plant-people"}, "sequence": {"N": "1"}}
    assert is_refused(lambda: operator.client("dynamodb").delete_item(TableName=table, Key=key))
    queue = operator.outputs["TickDeadLetterQueueUrl"]
    assert not is_refused(lambda: operator.client("sqs").purge_queue(QueueUrl=queue))
    assert not is_refused(lambda: operator.client("iam").list_roles())
    assert is_refused(lambda: operator.client("iam").create_role(RoleName="x", AssumeRolePolicyDocument="{}"))
    looked = operator.runs("doctor")
    assert "AccessDenied" not in looked.output
    *_, line = operator.runs("history", "--plans", "--limit", "1").output.splitlines()
    assert "/anna), file " in line


def test_a_viewer_reads_everything_and_changes_nothing(person: Callable[[str], Person], plant: str) -> None:
    assert person("OperatorPolicyArn").runs("apply", plant, "--yes").exit_code == 0
    viewer = person("ViewerPolicyArn")
    dry_run = ("apply", plant, "--dry-run")  # as the job of a pull request, see docs/gitops.md
    for command in (("status",), ("explain", "plant-people"), ("history", "plant-people"), ("requests",), dry_run):
        ran = viewer.runs(*command)
        assert ran.exit_code == 0, ran.output
    viewer.client("cloudwatch").describe_alarms()
    table = viewer.aws.plans_table
    item = {"plan": {"S": "pointer"}, "item": {"S": "x"}}
    assert is_refused(lambda: viewer.client("dynamodb").put_item(TableName=table, Item=item))
    assert is_refused(
        lambda: viewer.client("sqs").send_message(QueueUrl=viewer.aws.request_queue_url, MessageBody="{}")
    )


def test_a_requester_holds_a_model_and_applies_no_plan(person: Callable[[str], Person], plant: str) -> None:
    assert person("OperatorPolicyArn").runs("apply", plant, "--yes").exit_code == 0
    requester = person("RequesterPolicyArn")
    held = requester.runs("hold", "plant-people", "--for", "10m", "--reason", "trial", "--id", "people-1")
    assert held.exit_code == 0, held.output
    item = {"plan": {"S": "pointer"}, "item": {"S": "x"}}
    assert is_refused(lambda: requester.client("dynamodb").put_item(TableName=requester.aws.plans_table, Item=item))
    # That a reply is all it may read of the ledger is a condition on dynamodb:LeadingKeys, which the local AWS ignores.
    work = requester.outputs["WorkQueueUrl"]
    assert is_refused(lambda: requester.client("sqs").send_message(QueueUrl=work, MessageBody="{}"))


def test_the_page_of_parameters_names_the_three(local_aws: LocalAws) -> None:
    named = local_aws.outputs()
    page = (Path(__file__).parents[2] / "docs" / "parameters.md").read_text(encoding="utf-8")
    for policy in ("ViewerPolicyArn", "RequesterPolicyArn", "OperatorPolicyArn"):
        assert policy in named
        assert policy in page
