"""The last botocore with the service, 1.40.60, works against the simulator unchanged, its own data and all."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from preheat_lab import service_model
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.status import Operation, Status
from preheat_simulator.http.options import Options
from preheat_simulator.http.serve import run_in_thread

ROOT = Path(__file__).resolve().parents[3]
SHIFT = """
import json, sys
import botocore.session
from botocore.exceptions import ClientError

session = botocore.session.Session()
client = session.create_client("lookoutvision", region_name="eu-central-1", endpoint_url=sys.argv[1])
one = {"ProjectName": "weld", "ModelVersion": "1"}
seen = {"botocore": botocore.__version__, "data": client.meta.service_model.metadata["serviceId"]}
seen["start"] = client.start_model(**one, MinInferenceUnits=1, ClientToken="shift-1")["Status"]
seen["replay"] = client.start_model(**one, MinInferenceUnits=1, ClientToken="shift-1")["Status"]
for name, call in {
    "conflict": lambda: client.start_model(**one, MinInferenceUnits=1, ClientToken="shift-2"),
    "changed": lambda: client.start_model(**one, MinInferenceUnits=2, ClientToken="shift-1"),
    "missing": lambda: client.describe_model(ProjectName="paint", ModelVersion="1"),
    "quota": lambda: client.start_model(ProjectName="weld", ModelVersion="3", MinInferenceUnits=6),
}.items():
    try:
        call()
    except ClientError as error:
        seen[name] = [error.__class__.__name__, error.response["ResponseMetadata"]["HTTPStatusCode"]]
description = client.describe_model(**one)["ModelDescription"]
seen["describe"] = [description["Status"], description["MinInferenceUnits"]]
seen["models"] = [
    row["ModelVersion"]
    for page in client.get_paginator("list_models").paginate(ProjectName="weld", PaginationConfig={"PageSize": 1})
    for row in page["Models"]
]
seen["projects"] = [row["ProjectName"] for row in client.list_projects()["Projects"]]
seen["project"] = client.describe_project(ProjectName="weld")["ProjectDescription"]["ProjectName"]
detected = client.detect_anomalies(ProjectName="weld", ModelVersion="2", Body=b"x", ContentType="image/png")
seen["detect"] = detected["DetectAnomalyResult"]["Source"]["Type"]
seen["stop"] = client.stop_model(**one)["Status"]
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def original() -> Path:
    folder: Path = service_model.install_reference()
    return folder


def test_the_original_client_works_through_a_shift_with_a_lost_answer(original: Path, tmp_path: Path) -> None:
    with run_in_thread(Options.read(models=["weld/1", "weld/2", "weld/3"])) as served:
        served.simulator.service.set_status("weld", "2", Status.HOSTED)
        served.simulator.service.inject(InjectedFault(FaultKind.ANSWER_LOST, operation=Operation.START_MODEL))
        done = subprocess.run(
            [sys.executable, "-c", SHIFT, served.url],
            capture_output=True,
            text=True,
            check=False,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(original),
                "HOME": str(tmp_path),
                "AWS_ACCESS_KEY_ID": "simulator",
                "AWS_SECRET_ACCESS_KEY": "simulator",
            },
        )
        assert done.returncode == 0, done.stderr
        log = served.simulator.service.call_log
        assert (log.count_changes(Operation.START_MODEL), log.count_changes(Operation.STOP_MODEL)) == (1, 1)
    assert json.loads(done.stdout) == {
        "botocore": "1.40.60",
        "data": "LookoutVision",
        "start": "STARTING_HOSTING",
        "replay": "STARTING_HOSTING",
        "conflict": ["ConflictException", 409],
        "changed": ["ValidationException", 400],
        "missing": ["ResourceNotFoundException", 404],
        "quota": ["ServiceQuotaExceededException", 402],
        "describe": ["STARTING_HOSTING", 1],
        "models": ["1", "2", "3"],
        "projects": ["weld"],
        "project": "weld",
        "detect": "direct",
        "stop": "STOPPING_HOSTING",
    }
