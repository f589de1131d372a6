"""Preheat reads every paged answer to its end: each list and each tag call of a hosting service, and each query."""

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import preheat
from preheat.adapters.hosting.listing import STACK_TAG, HostingListing
from preheat.adapters.hosting.sagemaker import MANAGED_BY, SageMakerHosting
from preheat.adapters.hosting.scaling import EndpointScaling
from preheat.app.ports.hosting import Running, Site
from preheat.domain.plan.plan import Backend, Target
from preheat.domain.record.lifecycle import Observed

LAYER = Path(preheat.__file__).parent  # the code under test, also if it is a copy
PAGES = 3
ENDPOINT = Target("line-weld", "line-weld-v1", Backend.SAGEMAKER)


class Paged:
    """A client that gives one row a page, and nothing that a request did not name the right token for."""

    def __init__(self, rows: dict[str, tuple[str, Callable[[int], dict[str, Any]]]], **answers: Any) -> None:
        self._rows, self._answers = rows, answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        def call(**arguments: Any) -> dict[str, Any]:
            self.asked.append((method, arguments))
            if method in self._answers:
                answer: dict[str, Any] = self._answers[method](**arguments)
                return answer
            under, row = self._rows[method]
            page = int(arguments.get("NextToken", "0"))
            more = {"NextToken": str(page + 1)} if page + 1 < PAGES else {}
            return {under: [row(page)], **more}

        return call


LISTS: dict[Backend, tuple[Paged, int]] = {
    Backend.LOOKOUT_VISION: (
        Paged(
            {
                "list_projects": ("Projects", lambda page: {"ProjectName": f"line-{page}"}),
                "list_models": ("Models", lambda page: {"ModelVersion": str(page + 1), "Status": "HOSTED"}),
            },
            describe_model=lambda **_: {"ModelDescription": {"MinInferenceUnits": 1}},
        ),
        PAGES * PAGES,
    ),
    Backend.REKOGNITION: (
        Paged(
            {
                "describe_projects": (
                    "ProjectDescriptions",
                    lambda page: {"ProjectArn": f"arn:aws:rekognition:r:1:project/line-{page}/1"},
                ),
                "describe_project_versions": (
                    "ProjectVersionDescriptions",
                    lambda page: {
                        "ProjectVersionArn": f"arn:aws:rekognition:r:1:project/line/version/v{page}/1",
                        "Status": "RUNNING",
                    },
                ),
            }
        ),
        PAGES * PAGES,
    ),
    Backend.SAGEMAKER_COMPONENT: (
        Paged(
            {
                "list_inference_components": (
                    "InferenceComponents",
                    lambda page: {"InferenceComponentName": f"c-{page}"},
                )
            },
            describe_inference_component=lambda **_: {
                "InferenceComponentStatus": "InService",
                "RuntimeConfig": {"DesiredCopyCount": 1, "CurrentCopyCount": 1},
            },
        ),
        PAGES,
    ),
    Backend.SAGEMAKER: (
        Paged(
            {
                "list_endpoints": (
                    "Endpoints",
                    lambda page: {"EndpointName": f"e-{page}", "EndpointStatus": "InService"},
                )
            },
            describe_endpoint=lambda **_: {"EndpointConfigName": "c"},
        ),
        PAGES,
    ),
}


def test_every_service_that_can_be_listed_has_a_line_here() -> None:
    assert set(Backend) - LISTS.keys() == {Backend.FUNCTION}


@pytest.mark.parametrize("backend", LISTS)
def test_what_runs_is_listed_to_the_last_page_of_every_list(backend: Backend) -> None:
    client, count = LISTS[backend]
    listing = HostingListing(lambda _site: client, lambda: None)
    assert len(listing.list_running(Site(backend), lambda _name: True)) == count


def test_the_tags_of_an_endpoint_are_read_to_the_last_page() -> None:
    def tag(page: int) -> dict[str, str]:
        return {"Key": MANAGED_BY, "Value": "line"} if page == PAGES - 1 else {"Key": f"k{page}", "Value": "v"}

    client = Paged(
        {"list_tags": ("Tags", tag)},
        describe_endpoint=lambda **_: {"EndpointArn": "a", "EndpointStatus": "InService", "EndpointConfigName": "c"},
    )
    seen = SageMakerHosting(client, "line", lambda _target: client).describe(ENDPOINT)
    assert seen.foreign is False
    assert dict(seen.tags or ()) == {"k0": "v", "k1": "v"}


def test_the_stack_of_what_runs_is_looked_for_on_every_page_of_its_tags() -> None:
    def tag(page: int) -> dict[str, str]:
        return {"Key": STACK_TAG, "Value": "line"} if page == PAGES - 1 else {"Key": f"k{page}", "Value": "v"}

    listing = HostingListing(lambda _site: Paged({"list_tags": ("Tags", tag)}), lambda: None)
    one = Running(Site(Backend.SAGEMAKER), "a", "b", Observed.HOSTED, arn="arn:a")
    assert listing.find_stack(one) == "line"


def test_scalable_targets_and_policies_are_read_to_the_last_page() -> None:
    client = Paged(
        {
            "describe_scalable_targets": (
                "ScalableTargets",
                lambda page: {"ResourceId": f"endpoint/line-weld/variant/v{page}", "MinCapacity": page},
            ),
            "describe_scaling_policies": ("ScalingPolicies", lambda page: {"PolicyName": f"p{page}"}),
        }
    )
    reading = EndpointScaling(lambda _target, _service: client).read(ENDPOINT, ["v0", "v1", "v2"])
    assert (reading.targets, reading.policies) == (PAGES, PAGES * PAGES)
    assert len(json.loads(reading.text)["policies"]) == PAGES * PAGES


# Operations that have pages by their service, and where the layer reads them page by page.
PAGED = {
    "describe_projects": {"listing.py", "rekognition.py"},
    "describe_project_versions": {"listing.py", "rekognition.py"},
    "describe_scalable_targets": {"scaling.py"},
    "describe_scaling_policies": {"scaling.py"},
    "list_endpoints": {"listing.py", "sagemaker.py"},  # the second for a hint: what a page does not have gets a look
    "list_inference_components": {"listing.py"},
    "list_models": {"listing.py"},
    "list_projects": {"listing.py"},
    "list_tags": {"listing.py", "sagemaker.py"},
}


def test_every_call_that_has_pages_is_on_the_list_of_this_test() -> None:
    found: dict[str, set[str]] = {}
    for path in sorted((LAYER / "adapters/hosting").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            word = (
                node.attr if isinstance(node, ast.Attribute) else node.value if isinstance(node, ast.Constant) else None
            )
            if isinstance(word, str) and (word in PAGED or word.startswith("list_")) and word != "list_unchanged":
                found.setdefault(word, set()).add(path.name)
    assert found == PAGED
