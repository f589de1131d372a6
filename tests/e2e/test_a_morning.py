"""Ten models before a shift, each with a trouble of its own, and a person who knows nothing.

The golden file holds what that person reads. The test pastes each command that it prints, and each has to work. One
story on one local AWS: the models wait for each other, so the tests run in order. It takes a quarter of an hour, so it
runs with `make test-full`, each night. In the three minutes of the lead, the person reads what comes before the shift.
"""

import io
import json
import re
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.support.effort import FULL
from tests.support.pasting import Terminal, make_plain

from preheat.domain.verdict.causes import CAUSES, VerdictCause, VerdictState
from preheat_local import LocalAws, run_local_aws

pytestmark = pytest.mark.skipif(not FULL, reason="a quarter of an hour: make test-full runs it")
GOLDEN = Path(__file__).with_name("golden")
WITHIN_SECONDS = 600
MINUTE = timedelta(minutes=1)
# The simulator's models. Rekognition Custom Labels runs two models at most.
KNOWN = (
    *(f"rekognition:plant-{name}/v1" for name in ("scratch", "quota", "person", "unreadable")),
    "rekognition:plant-gone/v2",
    *(f"sagemaker:plant-{name}/plant-{name}-1" for name in ("denied", "hanging", "failing", "drain", "gate")),
)
TROUBLE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("sagemaker", {"kind": "access_denied", "operation": "CreateEndpoint", "project": "plant-denied", "times": 999}),
    ("sagemaker", {"kind": "stuck", "project": "plant-hanging", "times": 9}),
    ("sagemaker", {"kind": "hosting_failed", "project": "plant-failing", "times": 9, "after_seconds": 3}),
    ("rekognition", {"kind": "access_denied", "project": "plant-unreadable", "times": 999}),
)
PLANT = """\
version: 1
defaults: {{lead: 3m, slack: 30s}}
schedules:
  early: {{zone: Europe/Vienna, windows: [{{days: daily, start: "{begin:%H:%M}", end: "{end:%H:%M}"}}]}}
  later: {{zone: Europe/Vienna, windows: [{{days: daily, start: "{later:%H:%M}", end: "{over:%H:%M}"}}]}}
models:
  denied: {{backend: sagemaker, endpoint: plant-denied, config: plant-denied-1, schedules: [early]}}
  drain:
    backend: sagemaker
    endpoint: plant-drain
    config: plant-drain-1
    schedules: [later]
    drain: {{queue: "{queue}", limit: 1h}}
  failing: {{backend: sagemaker, endpoint: plant-failing, config: plant-failing-1, schedules: [early]}}
  gate: {{backend: sagemaker, endpoint: plant-gate, config: plant-gate-1, schedules: [early], gate: {gate}}}
  gone: {{backend: rekognition, project: plant-gone, version: v1, schedules: [early]}}
  hanging: {{backend: sagemaker, endpoint: plant-hanging, config: plant-hanging-1, schedules: [early]}}
  person: {{backend: rekognition, project: plant-person, version: v1, schedules: [later]}}
  quota: {{backend: rekognition, project: plant-quota, version: v1, schedules: [early]}}
  scratch: {{backend: rekognition, project: plant-scratch, version: v1, schedules: [later]}}
  unreadable: {{backend: rekognition, project: plant-unreadable, version: v1, schedules: [early]}}
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
}
type Wanted = dict[str, tuple[VerdictState, VerdictCause]]

BEFORE: Wanted = {
    "denied": (VerdictState.AT_RISK, VerdictCause.START_DENIED),
    "gone": (VerdictState.REFUSED, VerdictCause.ABSENT),
    "person": (VerdictState.UNSCHEDULED, VerdictCause.FOREIGN_RUN),
    "quota": (VerdictState.AT_RISK, VerdictCause.QUOTA),
    "scratch": (VerdictState.READY, VerdictCause.HOSTED),
    "unreadable": (VerdictState.UNKNOWN, VerdictCause.READ_DENIED),
}
AFTER: Wanted = {
    "denied": (VerdictState.LATE, VerdictCause.START_DENIED),
    "drain": (VerdictState.READY, VerdictCause.DRAINING),
    "failing": (VerdictState.LATE, VerdictCause.START_FAILED),
    "gate": (VerdictState.READY, VerdictCause.HOSTED),
    "gone": (VerdictState.LATE, VerdictCause.ABSENT),
    "hanging": (VerdictState.LATE, VerdictCause.SLOW),
    "person": (VerdictState.UNSCHEDULED, VerdictCause.FOREIGN_RUN),
    "quota": (VerdictState.LATE, VerdictCause.QUOTA),
    "scratch": (VerdictState.READY, VerdictCause.HOSTED),
    "unreadable": (VerdictState.UNKNOWN, VerdictCause.READ_DENIED),
}


@dataclass
class Morning:
    """The plant as it runs, the person's terminal, and when the shift begins."""

    aws: LocalAws
    terminal: Terminal
    begin: datetime

    def judged(self) -> Wanted:
        """Return each model's state and cause, as `status` prints them for a program."""
        shown = self.terminal.paste("preheat status --format json").splitlines()
        each = [json.loads(line) for line in shown if line.startswith("{")]
        return {
            one["model"]: (VerdictState(one["verdict"]["state"]), VerdictCause(one["verdict"]["cause"])) for one in each
        }

    def wait_for(self, **wanted: VerdictState) -> None:
        """Wait until these models have these states, all at the same time."""

        def holds() -> bool:
            judged = self.judged()
            return all(judged[name][0] is state for name, state in wanted.items())

        self.eventually(holds, f"{wanted}")

    def eventually(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WITHIN_SECONDS
        while not holds():
            assert time.monotonic() < deadline, f"{what}\n{self.terminal.paste('preheat status')}"
            time.sleep(1)

    def read(self, command: str, wanted: Wanted) -> str:
        """Paste a command until it shows these models in these states by these causes; return it with its output."""
        shown = ""

        def holds() -> bool:
            nonlocal shown
            shown = self.terminal.paste(command)
            flat = " ".join(shown.split())
            return all(
                f"{name}: {state}" in flat or re.search(rf"^{state} +{name}\b", shown, re.MULTILINE)
                for name, (state, _) in wanted.items()
            ) and all(
                CAUSES[cause].words in flat
                for _, cause in wanted.values()
                if command.startswith("preheat explain") or CAUSES[cause].trouble
            )

        self.eventually(holds, f"{command}: {wanted}")
        return f"$ {command}\n{shown.strip()}\n"

    def explain(self, wanted: Wanted) -> str:
        return "\n".join(self.read(f"preheat explain {name}", {name: verdict}) for name, verdict in wanted.items())

    def list_remedies(self, model: str) -> list[str]:
        """Return the commands that `explain` prints for a model."""
        shown = self.terminal.paste(f"preheat explain {model}").splitlines()
        return [line.strip() for line in shown if line.startswith("    ")]

    def paste_remedy(self, model: str, beginning: str) -> str:
        """Paste the remedy of a model that begins so, in its printed form."""
        (command,) = [one for one in self.list_remedies(model) if one.startswith(beginning)]
        return self.terminal.paste(command)


def control(aws: LocalAws, name: str, method: str = "POST", **fields: Any) -> None:
    url, body = f"{aws.simulator_url}/_simulator/{name}", json.dumps(fields).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=body, method=method), timeout=5):  # noqa: S310 - loopback
        pass


def make_gate(aws: LocalAws) -> str:
    """Return the id of an event source mapping that the stack may open."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("consumer.py", "def handler(event, context):\n    return None\n")
    role = aws.client("iam").create_role(RoleName="consumer", AssumeRolePolicyDocument=json.dumps(TRUST))
    functions, name = aws.client("lambda"), "plant-consumer"
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="consumer.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": archive.getvalue()},
    )
    aws.client("sqs").create_queue(QueueName="plant-gated")
    source = f"arn:aws:sqs:{aws.region}:000000000000:plant-gated"
    made = functions.create_event_source_mapping(EventSourceArn=source, FunctionName=name, Enabled=False)
    return str(made["UUID"])


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Morning]:
    arguments = [part for name in KNOWN for part in ("--model", name)]
    arguments += ["--start-latency", "2", "--stop-latency", "2"]
    functions, queues = (f"arn:aws:{kind}:eu-central-1:000000000000:" for kind in ("lambda", "sqs"))
    parameters = {"GateFunctionArns": f"'{functions}function:plant-*'", "DrainQueueArns": f"'{queues}plant-*'"}
    folder = tmp_path_factory.mktemp("morning")
    with run_local_aws(folder / "state", simulator_arguments=arguments, parameters=parameters) as aws:
        for service, fault in TROUBLE:
            control(aws, "faults", service=service, **fault)
        control(aws, "person/start", service="rekognition", project="plant-person", version="v1", units=1)
        queue = aws.client("sqs").create_queue(QueueName="plant-images")["QueueUrl"]
        aws.client("sqs").send_message(QueueUrl=queue, MessageBody="an image that nobody has looked at yet")
        begin = datetime.now(ZoneInfo("Europe/Vienna")).replace(second=0, microsecond=0) + 7 * MINUTE
        text = PLANT.format(
            begin=begin,
            end=begin + timedelta(hours=6),
            later=begin + timedelta(hours=8),
            over=begin + timedelta(hours=10),
            queue=queue,
            gate=make_gate(aws),
        )
        (folder / "plant.yaml").write_text(text)
        made = Morning(aws, Terminal(aws, folder), begin.astimezone(UTC))
        made.terminal.paste("preheat apply plant.yaml")
        # A hold that begins now comes late by its nature, and says when the model can be ready.
        late = made.terminal.paste("preheat hold scratch --for 1h --id trial-1 --reason trial")
        assert "accepted: Hold from" in late
        assert "ready at: " in late
        made.terminal.paste("preheat hold drain --for 1h --id images-1")
        yield made


def test_before_the_shift(morning: Morning, golden: Callable[[Path, str], None]) -> None:
    morning.wait_for(drain=VerdictState.READY)
    released = morning.terminal.paste("preheat release drain images-1")
    assert "READY until its queue is empty: no demand; stops when its queue is empty" in released
    read = morning.explain(BEFORE)
    assert datetime.now(UTC) < morning.begin, "the machine is too slow: the shift has begun"
    golden(GOLDEN / "morning-before.txt", make_plain(read))


def test_after_it_has_begun(morning: Morning, golden: Callable[[Path, str], None]) -> None:
    read = [morning.read("preheat status", AFTER), morning.explain(AFTER)]
    read.append(f"$ preheat history quota\n{morning.terminal.paste('preheat history quota')}")
    golden(GOLDEN / "morning-after.txt", make_plain("\n".join(read)))
    morning.terminal.paste("preheat status --check", status=1)


def test_every_command_of_the_services_is_one_that_they_have(morning: Morning) -> None:
    printed = {command for name in AFTER for command in morning.list_remedies(name) if command.startswith("aws ")}
    assert len(printed) >= len(("denied", "failing", "gone", "hanging", "person", "unreadable"))
    for command in sorted(printed):
        assert morning.terminal.paste(command)


def test_a_run_that_somebody_started_is_kept_and_stopped_as_the_remedies_say(morning: Morning) -> None:
    assert "accepted" in morning.paste_remedy("person", "preheat hold person")
    morning.wait_for(person=VerdictState.READY)
    assert "preheat history failing" in morning.list_remedies("failing")
    assert "Start failed" in morning.paste_remedy("failing", "preheat history")
    assert "accepted" in morning.terminal.paste("preheat stop person")  # what it printed before the hold
    # Now there is a slot: the remedy of the model without a free slot.
    morning.wait_for(quota=VerdictState.READY, person=VerdictState.BLOCKED)


def test_a_wrong_version_is_corrected_and_applied(morning: Morning) -> None:
    morning.terminal.paste("preheat release scratch trial-1")  # another slot, as the quota's remedies said
    plant = morning.terminal.folder / "plant.yaml"
    plant.write_text(plant.read_text().replace("plant-gone, version: v1", "plant-gone, version: v2"))
    morning.paste_remedy("gone", "preheat apply")
    morning.wait_for(gone=VerdictState.READY, scratch=VerdictState.OFF)


def test_preheat_tries_again_by_itself_where_it_says_so(morning: Morning) -> None:
    for service in ("sagemaker", "rekognition"):
        control(morning.aws, "faults", "DELETE", service=service)
    if morning.judged()["failing"][1] is VerdictCause.GIVEN_UP:  # on a slow machine its attempts are over by now
        morning.paste_remedy("failing", "preheat apply")
    morning.wait_for(denied=VerdictState.READY, failing=VerdictState.READY)
    # Preheat can read it now, and two others use the quota of two.
    morning.eventually(lambda: morning.judged()["unreadable"][1] is VerdictCause.QUOTA, "unreadable is read")
