"""A release deployed over another one while a shift runs, and the removal of the stack, as docs/upgrade-and-remove.md.

The other release is the same code with another layer, another name and another parameter: every function changes.
"""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.support.pasting import Terminal

from preheat.adapters.clock import SystemClock
from preheat_local import LocalAws, environment, find_checkout, run_local_aws, stack

ZONE = "Europe/Vienna"
MINUTE = timedelta(minutes=1)
WITHIN_SECONDS = 300
SLOW_SECONDS = 75  # of a start: it goes on while sam deploys the release
RELEASE, NEXT_RELEASE = "0.1.0", "0.1.1"
PLANT = """\
version: 1
defaults: {{lead: 5m, slack: 30s}}
schedules:
  shift: {{zone: Europe/Vienna, windows: [{{days: daily, start: "{begin:%H:%M}", end: "{end:%H:%M}"}}]}}
  night: {{zone: Europe/Vienna, windows: [{{days: daily, start: "{later:%H:%M}", end: "{over:%H:%M}"}}]}}
models:
  hosted: {{backend: rekognition, project: plant-hosted, version: v1, schedules: [shift]}}
  idle: {{backend: rekognition, project: plant-idle, version: v1, schedules: [night]}}
  starting: {{backend: sagemaker, endpoint: plant-starting, config: plant-starting-1, schedules: [night]}}
"""


@dataclass
class Plant:
    """The stack under a shift: one model is hosted, one starts, one is idle."""

    aws: LocalAws
    terminal: Terminal
    parameters: dict[str, str]

    def verdicts(self) -> dict[str, str]:
        shown = self.terminal.paste("preheat status --format json").splitlines()
        each = [json.loads(line) for line in shown if line.startswith("{")]
        return {one["model"]: one["verdict"]["state"] for one in each}

    def hosted_since(self) -> str:
        """Return since when the phase of the hosted model has lasted, as its record says it."""
        (line,) = self.terminal.paste("preheat status hosted --format json").splitlines()
        assert json.loads(line)["phase"] == "hosted"
        return str(json.loads(line)["since"])

    def changes(self) -> list[tuple[str, str]]:
        """Return the calls that changed a model, as the services logged them: project and operation."""
        found = []
        for service in ("rekognition", "sagemaker"):
            url = f"{self.aws.simulator_url}/_simulator/calls?service={service}&changed_state=true"
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
                found += [(call["project"], call["operation"]) for call in json.load(answer)["calls"]]
        return sorted(found)

    def eventually(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + WITHIN_SECONDS
        while not holds():
            assert time.monotonic() < deadline, f"{what}\n{self.terminal.paste('preheat status')}"
            time.sleep(1)

    def layers(self) -> dict[str, tuple[str, ...]]:
        """Return the layers of each function, as deployed."""
        functions = self.aws.client("lambda").list_functions()["Functions"]
        return {one["FunctionName"]: tuple(layer["Arn"] for layer in one.get("Layers", ())) for one in functions}

    def deploy_next_release(self) -> None:
        """Deploy the same code with another layer, release and parameter, by `sam deploy` as anyone would."""
        checkout = find_checkout(state=self.terminal.folder / "next-state")
        checkout.state.mkdir(exist_ok=True)
        root = self.terminal.folder / "next"
        build = replace(checkout, root=root).build
        shutil.copytree(checkout.build, build)
        for name in (".venv-sam", ".tools", "LICENSE", "README.md"):
            if (checkout.root / name).exists():
                (root / name).symlink_to(checkout.root / name)
        with (build / "PreheatLayer" / "python" / "preheat" / "__init__.py").open("a") as module:
            module.write("\n# The next release.\n")
        template = build / "template.yaml"
        assert RELEASE in template.read_text()
        template.write_text(template.read_text().replace(RELEASE, NEXT_RELEASE))
        parameters = self.parameters | {"MaximumConcurrency": "7"}
        stack.deploy(replace(checkout, root=root), self.aws.endpoint_url, self.aws.keys, parameters)

    def delete_stack(self) -> None:
        """Delete the stack with the command of the page."""
        checkout = find_checkout(state=self.terminal.folder / "next-state")
        sam = checkout.tool(".venv-sam", "sam")
        command = [str(sam), "delete", "--stack-name", self.aws.stack_name, "--no-prompts", "--region", self.aws.region]
        surroundings = environment.make_sam_environment(
            sam.parent, checkout.uv(), os.environ, self.aws.endpoint_url, self.aws.keys
        )
        done = subprocess.run(
            command, env=dict(surroundings), cwd=self.terminal.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    folder = tmp_path_factory.mktemp("upgrade")
    known = ("rekognition:plant-hosted/v1", "rekognition:plant-idle/v1", "sagemaker:plant-starting/plant-starting-1")
    arguments = [part for name in known for part in ("--model", name)]
    arguments += ["--start-latency", "2", "--stop-latency", "2"]
    with run_local_aws(folder / "state", simulator_arguments=arguments) as aws:
        now = SystemClock().now().astimezone(ZoneInfo(ZONE)).replace(second=0, microsecond=0)
        hours = {"begin": now - MINUTE, "end": now + 120 * MINUTE, "later": now + 240 * MINUTE}
        (folder / "plant.yaml").write_text(PLANT.format(**hours, over=now + 300 * MINUTE))
        described = aws.client("cloudformation").describe_stacks(StackName=aws.stack_name)["Stacks"][0]
        parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described["Parameters"]}
        made = Plant(aws, Terminal(aws, folder), {name: value for name, value in parameters.items() if value})
        made.terminal.paste("preheat apply plant.yaml")
        made.eventually(lambda: made.verdicts()["hosted"] == "READY", "hosted is ready")
        yield made


def test_a_release_deployed_while_a_shift_runs_restarts_and_stops_nothing(plant: Plant) -> None:
    slow = {"service": "sagemaker", "project": "plant-starting", "version": "plant-starting-1", "start": SLOW_SECONDS}
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{plant.aws.simulator_url}/_simulator/latency", data=json.dumps(slow).encode(), method="POST"
    )
    with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - loopback
        pass
    plant.terminal.paste("preheat hold starting --for 1h --id upgrade-1")
    started = [("plant-hosted", "StartProjectVersion"), ("plant-starting", "CreateEndpoint")]
    plant.eventually(lambda: plant.changes() == started, "starting has been started")
    since, layers = plant.hosted_since(), plant.layers()
    plant.deploy_next_release()
    assert all(after != layers[name] for name, after in plant.layers().items()), "a function has its old layer"
    assert NEXT_RELEASE in plant.aws.outputs()["Release"]
    # The release applies the plan again, as the page says, and works on: the start that was under way becomes ready.
    assert "No changes." in plant.terminal.paste("preheat apply plant.yaml --wait")
    plant.eventually(lambda: plant.verdicts()["starting"] == "READY", "starting is ready under the new release")
    plant.terminal.paste("preheat status --check")
    assert plant.verdicts() == {"hosted": "READY", "idle": "OFF", "starting": "READY"}
    assert plant.changes() == started
    assert plant.hosted_since() == since


def test_what_remove_all_and_then_sam_delete_leave_is_what_the_page_says(plant: Plant) -> None:
    aws = plant.aws
    said = plant.terminal.paste(f"preheat remove-all --confirm {aws.stack_name}")
    assert "3 models: Preheat has seen each one stopped" in said
    stopped = [("plant-hosted", "StopProjectVersion"), ("plant-starting", "DeleteEndpoint")]
    assert [one for one in plant.changes() if one[1].startswith(("Stop", "Delete"))] == stopped
    plant.delete_stack()
    tables = {aws.models_table, aws.ledger_table, aws.plans_table}
    assert set(aws.client("dynamodb").list_tables()["TableNames"]) == tables
    assert aws.client("lambda").list_functions()["Functions"] == []
    assert aws.client("sqs").list_queues().get("QueueUrls", []) == []
    assert aws.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/preheat-")["logGroups"] == []
    assert aws.client("sns").list_topics()["Topics"] == []
    assert aws.client("scheduler").list_schedules()["Schedules"] == []
    assert [one["Name"] for one in aws.client("events").list_event_buses()["EventBuses"]] == ["default"]
    # The bucket that sam made for its deployments stays too.
    assert all(one["Name"].startswith("aws-sam-cli-managed") for one in aws.client("s3").list_buckets()["Buckets"])
    ledger = aws.client("dynamodb").scan(TableName=aws.ledger_table, Select="COUNT")
    assert ledger["Count"] > 0, "the history is gone"
