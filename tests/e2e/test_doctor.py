"""`preheat doctor` on the deployed product: a plant with more than ten faults, each with its remedy."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from preheat_cli.main import app
from preheat_local import LocalAws, run_local_aws
from preheat_local.aws import client

ROLE = "arn:aws:iam::210987654321:role/preheat-member"
SOUND = """\
version: 1
schedules:
  early: {zone: UTC, windows: [{days: daily, start: "06:00", end: "14:00"}]}
models:
  weld: {backend: rekognition, project: plant-weld, version: v1, schedules: [early]}
  paint: {backend: sagemaker, endpoint: plant-paint, config: plant-paint-1, schedules: [early]}
"""
FAULTY = f"""{SOUND}\
  old: {{backend: lookoutvision, project: plant-old, version: 1, schedules: [early]}}
  gone: {{backend: rekognition, project: plant-gone, version: v1, schedules: [early]}}
  lost: {{backend: sagemaker, endpoint: plant-lost, config: plant-lost-1, schedules: [early]}}
  alien: {{backend: rekognition, project: alien, version: v1, schedules: [early]}}
  away: {{backend: rekognition, project: plant-weld, version: v1, schedules: [early], region: us-east-1}}
  far: {{backend: rekognition, project: far, version: v1, schedules: [early], role: "{ROLE}"}}
"""


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    names = ("rekognition:plant-weld/v1", "rekognition:alien/v1", "sagemaker:plant-paint/plant-paint-1")
    arguments = [part for name in names for part in ("--model", name)] + ["--start-latency", "0"]
    with run_local_aws(
        tmp_path_factory.mktemp("doctor"),
        simulator_arguments=arguments,
        parameters={"Mode": "observe", "HostingEndpointUrl": "''"},
    ) as found:
        yield found


def examine(aws: LocalAws, folder: Path, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    surroundings = aws.client_environment() | {"XDG_STATE_HOME": str(folder)}
    command = ["doctor", *arguments, "--stack", aws.stack_name, "--format", "json"]
    done = CliRunner(env=surroundings).invoke(app, command)
    assert done.exit_code in (0, 1), (done.output, done.exception)
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


def test_ten_faults_of_a_plant_are_all_named(aws: LocalAws, tmp_path: Path) -> None:
    plant = tmp_path / "plant.yaml"
    plant.write_text(FAULTY)
    endpoints = client(aws.simulator_url, "sagemaker", aws.keys)
    endpoints.create_endpoint(EndpointName="plant-paint", EndpointConfigName="plant-paint-1")
    scaled = {"ResourceId": "endpoint/plant-paint/variant/all", "MinCapacity": 1, "MaxCapacity": 2}
    client(aws.simulator_url, "application-autoscaling", aws.keys).register_scalable_target(
        ServiceNamespace="sagemaker", ScalableDimension="sagemaker:variant:DesiredInstanceCount", **scaled
    )
    aws.client("sqs").send_message(QueueUrl=aws.work_dead_letter_queue_url, MessageBody="{}")
    status, found = examine(aws, tmp_path, str(plant))
    faults = {(one["check"], one["subject"]): one for one in found if one["verdict"] in ("WARN", "FAIL")}
    assert status == 1, found
    assert set(faults) == {
        ("mode", "preheat"),
        ("service", "old"),
        ("model", "gone"),
        ("model", "lost"),
        ("prefix", "alien"),
        ("region", "away"),
        ("role", "far"),
        *(("right", name) for name in ("alien", "away", "far")),  # by IAM, what follows from the three above
        ("owner", "paint"),
        ("scaling", "paint"),
        ("plan", str(plant)),
        ("quota", "Custom Labels running models, eu-central-1"),
        ("queue", "WorkDeadLetterQueue"),
        ("subscription", "AlarmsTopic"),
        ("subscription", "LateModelsTopic"),
        ("trail", "eu-central-1"),
    }, "\n".join(map(str, found))
    assert all(one["remedy"] for one in faults.values())
    assert [one["subject"] for one in found if one["verdict"] == "SKIP" and one["check"] == "quota"], found
