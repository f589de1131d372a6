"""The service model: found wherever the package lies, and held against the reference by a comparison that can fail."""

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import botocore
import pytest
from botocore.config import Config
from botocore.session import Session

from preheat.adapters.hosting import service_model
from preheat_lab import service_model as compared_model

ROOT = Path(__file__).resolve().parents[4]
MODEL = service_model.DATA_PATH / "lookoutvision" / "2020-11-20"


@pytest.fixture(scope="module")
def verify() -> ModuleType:
    return compared_model


def test_any_current_botocore_makes_a_client_from_our_model() -> None:
    client = service_model.make_lookout_client(region="eu-central-1")
    assert client.meta.endpoint_url == "https://lookoutvision.eu-central-1.amazonaws.com"
    assert client.can_paginate("list_models")
    assert client.can_paginate("list_projects")
    assert sorted(client.meta.service_model.operation_names) == sorted(
        service_model.load_service_model().operation_names
    )


def test_a_session_that_already_serves_other_clients_still_learns_the_service() -> None:
    session = Session()
    session.create_client("sqs", region_name="eu-central-1")
    client = service_model.make_lookout_client(
        region="eu-central-1", session=session, config=Config(retries={"mode": "adaptive"})
    )
    assert client.meta.service_model.service_id == "LookoutVision"
    assert session.create_client("dynamodb", region_name="eu-central-1").meta.region_name == "eu-central-1"


def test_teaching_a_session_twice_changes_nothing() -> None:
    session = service_model.make_lookout_session()
    loader = session.get_component("data_loader")
    assert service_model.make_lookout_session(session).get_component("data_loader") is loader


def test_another_version_of_the_service_on_the_machine_does_not_shadow_the_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("2020-11-20", "2099-01-01"):
        folder = tmp_path / "lookoutvision" / version
        folder.mkdir(parents=True)
        (folder / "service-2.json").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    assert service_model.make_lookout_client(region="us-east-1").meta.service_model.api_version == "2020-11-20"


def test_the_model_loads_from_an_unpacked_folder_anywhere(tmp_path: Path) -> None:
    package = tmp_path / "preheat"
    hosting = package / "adapters" / "hosting"
    shutil.copytree(service_model.DATA_PATH.parent, hosting, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in (package, package / "adapters", hosting):
        (folder / "__init__.py").write_text("", encoding="utf-8")
    shutil.copy(service_model.DATA_PATH.parents[1] / "client.py", package / "adapters")
    program = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(Path(botocore.__file__).parents[1])!r}]\n"
        "from preheat.adapters.hosting.service_model import make_lookout_client, DATA_PATH\n"
        "make_lookout_client(region='us-east-1'); print(DATA_PATH)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.stdout.strip() == str(hosting / "data"), done.stderr


def read_model() -> tuple[Any, Any]:
    service = json.loads((MODEL / "service-2.json").read_text(encoding="utf-8"))
    paginators = json.loads((MODEL / "paginators-1.json").read_text(encoding="utf-8"))
    return service, paginators


def test_our_model_agrees_with_itself(verify: ModuleType) -> None:
    ours = verify.flatten(*read_model())
    lines, agree = verify.report(ours, ours)
    assert agree
    assert lines[-1].endswith(" 0 different")


PERTURBATIONS: dict[str, tuple[str, Callable[[Any, Any], object]]] = {
    "an enum in another order": (
        "output.Status.enum",
        lambda model, _: model["shapes"]["ModelHostingStatus"]["enum"].reverse(),
    ),
    "a longer token": ("input.ClientToken.max", lambda model, _: model["shapes"]["ClientToken"].update(max=65)),
    "a laxer pattern": (
        "input.ClientToken.pattern",
        lambda model, _: model["shapes"]["ClientToken"].update(pattern=".*"),
    ),
    "a token that botocore would not fill": (
        "input.ClientToken@idempotencyToken",
        lambda model, _: model["shapes"]["StartModelRequest"]["members"]["ClientToken"].pop("idempotencyToken"),
    ),
    "a token in the body": (
        "input.ClientToken@location",
        lambda model, _: model["shapes"]["StartModelRequest"]["members"]["ClientToken"].pop("location"),
    ),
    "units that may be left out": (
        "input.required",
        lambda model, _: model["shapes"]["StartModelRequest"]["required"].remove("MinInferenceUnits"),
    ),
    "a member that is gone": (
        "input.members",
        lambda model, _: model["shapes"]["StartModelRequest"]["members"].pop("MaxInferenceUnits"),
    ),
    "an error with another status": (
        "errors.ConflictException.error",
        lambda model, _: model["shapes"]["ConflictException"]["error"].update(httpStatusCode=400),
    ),
    "an error that is no fault": (
        "errors.InternalServerException.fault",
        lambda model, _: model["shapes"]["InternalServerException"].pop("fault"),
    ),
    "an error that is not declared": ("errors", lambda model, _: model["operations"]["StartModel"]["errors"].pop()),
    "another success code": (
        "http.responseCode",
        lambda model, _: model["operations"]["StartModel"]["http"].update(responseCode=200),
    ),
    "another path": (
        "http.requestUri",
        lambda model, _: model["operations"]["StartModel"]["http"].update(requestUri="/"),
    ),
    "a number that became a text": (
        "input.MinInferenceUnits.type",
        lambda model, _: model["shapes"]["InferenceUnits"].update(type="string"),
    ),
    "another signing name": ("metadata.signingName", lambda model, _: model["metadata"].update(signingName="lookout")),
    "another paginator": ("paginator.limit_key", lambda _, pages: pages["pagination"]["ListModels"].pop("limit_key")),
    "an operation of our invention": (
        "ResumeModel",
        lambda model, _: model["operations"].update(ResumeModel=model["operations"]["StartModel"]),
    ),
}


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_the_comparison_reports(verify: ModuleType, name: str) -> None:
    fact, perturb = PERTURBATIONS[name]
    reference = verify.flatten(*read_model())
    perturbed = copy.deepcopy(read_model())
    perturb(*perturbed)
    lines, agree = verify.report(verify.flatten(*perturbed), reference)
    assert not agree
    assert any(line.strip().startswith(f"{fact}:") for line in lines), lines


def test_documentation_and_operations_that_we_do_not_carry_are_no_difference(verify: ModuleType) -> None:
    reference, paginators = copy.deepcopy(read_model())
    reference["documentation"] = reference["operations"]["StartModel"]["documentation"] = "other words"
    reference["shapes"]["ClientToken"]["documentation"] = "other words"
    reference["operations"]["CreateModel"] = reference["operations"]["StartModel"]
    lines, agree = verify.report(verify.flatten(*read_model()), verify.flatten(reference, paginators))
    assert agree
    assert "not carried: 1 operations (CreateModel)" in lines
