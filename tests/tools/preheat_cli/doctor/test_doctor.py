"""The command `doctor` and what it gathers: nothing that goes wrong in an account stops it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from tests.support.stacks import HOME, no_outbox
from tests.tools.conftest import MONDAY, PLANT
from typer.testing import CliRunner, Result

from preheat.adapters.clock import VirtualClock
from preheat.adapters.memory.store import MemoryStore
from preheat.app.ports.errors import AccessRefused, AnswerLost
from preheat_cli.doctor.asking import ask
from preheat_cli.doctor.facts import Unanswered
from preheat_cli.errors import CliError
from preheat_cli.main import app
from preheat_cli.options.stack import StackOptions
from preheat_cli.stack import Stack, Surroundings

REKOGNITION = (
    PLANT.replace("lookoutvision", "rekognition")
    .replace(" version: 3", " version: v3")
    .replace("paint, version: 1", "paint, version: v1")
)


def service_error(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Do")


@dataclass
class FailingAccount:
    """A stack whose every client raises the same error."""

    error: Exception
    asked: list[str] = field(default_factory=list)

    def __call__(self, _options: StackOptions) -> Stack:
        def clients(service: str, _region: str | None, _url: str | None) -> Any:
            self.asked.append(service)
            raise self.error

        described = {
            "StackStatus": "CREATE_COMPLETE",
            "Parameters": [{"ParameterKey": "Mode", "ParameterValue": "act"}],
            "Outputs": [
                {"OutputKey": name, "OutputValue": "arn:or:url"} for name in ("AlarmsTopicArn", "UnpublishedQueueUrl")
            ],
        }
        return Stack(HOME, MemoryStore(), lambda _body: None, no_outbox, described, clients)


def run(opening: Any, *arguments: str) -> Result:
    surroundings = Surroundings(opening, VirtualClock(MONDAY), announce=lambda _line: None)
    return CliRunner().invoke(app, ["doctor", *arguments, "--format", "json"], obj=surroundings)


def plant(folder: Path, text: str = REKOGNITION) -> str:
    path = folder / "plant.yaml"
    path.write_text(text)
    return str(path)


def test_a_person_without_rights_reads_each_right_that_a_check_needs(tmp_path: Path) -> None:
    account = FailingAccount(service_error("AccessDenied"))
    done = run(account, plant(tmp_path))
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    rights = {row["meaning"].rpartition(" ")[2] for row in rows if "may not call" in row["meaning"]}
    assert rights == {
        "cloudtrail:DescribeTrails",
        "cloudwatch:DescribeAlarms",
        "iam:SimulatePrincipalPolicy",
        "rekognition:DescribeProjectVersions",
        "servicequotas:ListServiceQuotas",
        "sns:ListSubscriptionsByTopic",
        "sqs:GetQueueAttributes",
        "sts:GetCallerIdentity",
    }
    assert done.exit_code == 1  # outputs are missing
    assert [row["check"] for row in rows if row["verdict"] == "FAIL"] == ["stack"]


def test_a_file_with_mistakes_is_a_finding_and_the_rest_is_checked(tmp_path: Path) -> None:
    done = run(FailingAccount(service_error("AccessDenied")), plant(tmp_path, "version: 1\n"))
    (found,) = [row for row in map(json.loads, done.stdout.splitlines()) if row["check"] == "plan"]
    assert found["verdict"] == "FAIL"
    assert "schedules" in found["meaning"]
    assert "alarms" in done.stdout


@pytest.mark.parametrize(
    ("error", "words"),
    [(NoCredentialsError(), "Unable to locate credentials"), (CliError("preheat: there is no stack 'x'"), "there is")],
)
def test_a_stack_that_cannot_be_opened_is_a_finding(error: Exception, words: str) -> None:
    def opening(_options: StackOptions) -> Stack:
        raise error

    done = run(opening)
    (row,) = map(json.loads, done.stdout.splitlines())
    assert (row["check"], row["verdict"], done.exit_code) == ("stack", "FAIL", 1)
    assert words in row["meaning"]


def test_a_table_has_a_line_for_each_finding_and_counts_them() -> None:
    surroundings = Surroundings(
        FailingAccount(service_error("AccessDenied")), VirtualClock(MONDAY), announce=lambda _: None
    )
    shown = CliRunner().invoke(app, ["doctor"], obj=surroundings).output.splitlines()
    assert shown[0].startswith("WARN  credentials")
    assert "Fix: allow sts:GetCallerIdentity" in shown[0]
    assert shown[-1] == "2 PASS, 7 WARN, 1 FAIL, 0 SKIP"


@pytest.mark.parametrize(
    ("error", "right", "offered"),
    [
        (service_error("AccessDeniedException"), "a:B", True),
        (service_error("Throttling"), "", True),
        (service_error("400"), "a:B", False),
        (service_error("InvalidAction"), "a:B", False),
        (service_error("Broken", 501), "a:B", False),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:9"), "a:B", False),
        (NoCredentialsError(), "", True),
        (AccessRefused("no"), "a:B", True),
        (AnswerLost("lost"), "", True),
        (CliError("no"), "", True),
        (KeyError("Attributes"), "", True),
    ],
    ids=lambda value: str(value)[:60],
)
def test_whatever_a_question_raises_is_an_answer_that_is_missing(error: Exception, right: str, offered: bool) -> None:
    def question() -> None:
        raise error

    answer = ask("a:B", question)
    assert isinstance(answer, Unanswered)
    assert (answer.right, answer.offered) == (right, offered)
