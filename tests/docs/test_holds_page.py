"""The program of docs/holds-from-a-service.md, run as the page has it against SQS: its message is a valid request."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from preheat.app.requests.message import load, parse

PAGE = (Path(__file__).parents[2] / "docs" / "holds-from-a-service.md").read_text(encoding="utf-8")
PROGRAM, CALL = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test"), ("DEFAULT_REGION", "eu-central-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    with mock_aws():
        sqs = boto3.client("sqs")
        urls = {f"{name}_queue": sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("request", "reply")}
        attributes = sqs.get_queue_attributes(QueueUrl=urls["reply_queue"], AttributeNames=["QueueArn"])["Attributes"]
        yield urls | {"reply_arn": attributes["QueueArn"]}


def _run(queues: dict[str, str], monkeypatch: pytest.MonkeyPatch, answer: Any) -> tuple[dict[str, Any], list[Any]]:
    """Run the page's program; `answer` makes the messages on the reply queue out of the request's id."""
    names: dict[str, Any] = dict(queues)
    exec(compile(PROGRAM, "holds-from-a-service.md", "exec"), names)  # noqa: S102 -- the page's own program
    sqs = boto3.client("sqs")
    sent: list[str] = []

    class Uuid:
        @staticmethod
        def uuid4() -> str:
            for body in answer("rework-1"):
                sqs.send_message(QueueUrl=queues["reply_queue"], MessageBody=json.dumps(body))
            return "1"

    monkeypatch.setitem(names, "uuid", Uuid)
    exec(compile(CALL, "holds-from-a-service.md", "exec"), names)  # noqa: S102 -- the page's own call
    received = sqs.receive_message(QueueUrl=queues["request_queue"])["Messages"]
    sent = [message["Body"] for message in received]
    return names["reply"], sent


def test_it_sends_a_valid_hold_and_returns_its_own_reply(
    queues: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(request_id: str) -> list[dict[str, str]]:
        accepted = {"code": "accepted", "ready_at": "2026-11-24T18:36:00Z"}
        return [{"request_id": "of-somebody-else", "code": "invalid"}, {"request_id": request_id, **accepted}]

    reply, (body,) = _run(queues, monkeypatch, answer)
    assert reply["code"] == "accepted"
    assert capsys.readouterr().out == "accepted 2026-11-24T18:36:00Z\n"
    parsed = parse(load(body))
    assert parsed.problems == ()
    assert json.loads(body)["reply_to"] == queues["reply_arn"]


def test_it_is_about_twenty_lines() -> None:
    assert len(PROGRAM.splitlines()) <= 21
