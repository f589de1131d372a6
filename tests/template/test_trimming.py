"""The rest of botocore's service models in the layer: the called operations, each unchanged, and no other."""

import ast
import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from preheat.adapters.client import AwsService

ROOT = Path(__file__).parents[2]
ADAPTERS = ROOT / "layers" / "preheat" / "preheat" / "adapters"
OWN_DATA = ADAPTERS / "hosting" / "data"
TRIM = runpy.run_path(str(ROOT / "layers" / "dependencies" / "trim.py"))
CALLED: dict[str, set[str]] = TRIM["read_operations"](TRIM["OPERATIONS"].read_text())
WHOLE = Path(botocore.__file__).parent / "data"
read_json = TRIM["read_json"]
OPERATIONS = [(service, operation) for service, each in sorted(CALLED.items()) for operation in sorted(each)]
# Words of the adapters that are an operation of this service too, but mean something else.
MEANS_ANOTHER = {
    ("application-autoscaling", "DeregisterScalableTarget"): "a right that an endpoint's deletion needs",
    ("events", "CreateEndpoint"): "SageMaker's",
    ("events", "DeleteEndpoint"): "SageMaker's",
    ("events", "DescribeEndpoint"): "SageMaker's",
    ("events", "ListEndpoints"): "SageMaker's",
    ("lambda", "ListTags"): "SageMaker's",
    ("sagemaker", "AddTags"): "a right that an endpoint's creation needs",
    ("sagemaker", "DescribeModel"): "Lookout for Vision's",
    ("sagemaker", "ListModels"): "Lookout for Vision's",
    ("sagemaker", "ListProjects"): "Lookout for Vision's",
    ("sagemaker", "Search"): "of a regular expression",
    ("sagemaker", "UpdateEndpointWeightsAndCapacities"): "a right of auto scaling",
}
# Rights of the functions' roles under another name than the operation's.
OPERATIONS_OF = {
    "dynamodb:ConditionCheckItem": "dynamodb TransactWriteItems",
    "lambda:InvokeFunction": "lambda Invoke",
    "sagemaker:InvokeEndpoint": "sagemaker-runtime InvokeEndpoint",
}
# Rights that no function calls by itself: Lambda's pollers do, auto scaling does, or another operation needs them.
NOT_CALLED = {
    "application-autoscaling:DeregisterScalableTarget",
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "sagemaker:AddTags",
    "sagemaker:UpdateEndpointWeightsAndCapacities",
    "sqs:DeleteMessage",
    "sqs:ReceiveMessage",
}


def load_model(service: str, *folders: Path) -> ServiceModel:
    loader = Loader(extra_search_paths=[str(each) for each in folders], include_default_search_paths=not folders)
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


@pytest.fixture(scope="session")
def data(built: Path) -> Path:
    return built / "DependenciesLayer" / "python" / "botocore" / "data"


def test_the_layer_keeps_the_operations_of_the_list_and_no_other(data: Path) -> None:
    kept = {path.name: set(load_model(path.name, data).operation_names) for path in data.iterdir() if path.is_dir()}
    assert kept == CALLED
    own = {path.name for path in OWN_DATA.iterdir()}
    assert set(CALLED) == {service.value for service in AwsService} - own


def find_named_in_the_adapters() -> set[str]:
    """Every attribute and every text in the code of the adapters: a call names its operation in one of these ways."""
    found: set[str] = set()
    for path in ADAPTERS.rglob("*.py"):
        if "memory" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute):
                    found.add(node.attr)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    return found


@pytest.mark.parametrize("service", sorted(CALLED))
def test_every_operation_that_the_code_names_is_on_the_list(service: str) -> None:
    words = find_named_in_the_adapters()
    whole = load_model(service)
    named = {name for name in whole.operation_names if name in words or xform_name(name) in words}
    others = {operation for of, operation in MEANS_ANOTHER if of == service}
    assert others <= named - CALLED[service]
    assert named - others <= CALLED[service]
    if service != "dynamodb":  # PynamoDB names its operations itself; the rights below say which
        assert named - others == CALLED[service]


def test_every_right_of_a_function_is_an_operation_on_the_list_and_every_operation_has_a_right() -> None:
    lines = (ROOT / "tests" / "template" / "roles.txt").read_text().splitlines()
    rights = {found[1] for line in lines if (found := re.match(r"\w+Role: Allow(?: \(.+\))? ([\w-]+:\w+) ", line))}
    services = {service.partition("-runtime")[0] for service in CALLED}
    rights = {right for right in rights if right.partition(":")[0] in services}
    assert rights >= NOT_CALLED
    written = {OPERATIONS_OF.get(right, right.replace(":", " ")) for right in rights - NOT_CALLED}
    # The right to infer is a policy of its own, which no role has by itself.
    assert written | {"rekognition DetectCustomLabels"} == {f"{service} {name}" for service, name in OPERATIONS}


def describe(shape: Shape | None, seen: frozenset[str] = frozenset()) -> Any:
    """A shape with all that it refers to, as plain values."""
    if shape is None or shape.name in seen:
        return shape and shape.name
    seen |= {shape.name}
    inner: Any = None
    if isinstance(shape, StructureShape):
        inner = {name: describe(each, seen) for name, each in shape.members.items()}
    elif isinstance(shape, ListShape):
        inner = describe(shape.member, seen)
    elif isinstance(shape, MapShape):
        inner = describe(shape.key, seen), describe(shape.value, seen)
    return shape.name, shape.type_name, shape.serialization, dict(shape.metadata), inner


def facts(operation: OperationModel) -> Iterator[Any]:
    """The parts of an operation that botocore needs."""
    yield operation.http
    yield describe(operation.input_shape)
    yield describe(operation.output_shape)
    yield [describe(shape) for shape in operation.error_shapes]
    yield operation.auth_type, operation.unsigned_payload, operation.idempotent_members


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_a_kept_operation_is_as_it_was(data: Path, service: str, operation: str) -> None:
    whole, kept = load_model(service), load_model(service, data)
    assert list(facts(kept.operation_model(operation))) == list(facts(whole.operation_model(operation)))
    assert kept.metadata == whole.metadata
    assert kept.api_version == whole.api_version


def test_each_service_keeps_its_endpoints(data: Path) -> None:
    for name in CALLED:
        (kept,) = data.glob(f"{name}/*/endpoint-rule-set-1.json")
        assert read_json(kept) == read_json(WHOLE / kept.relative_to(data))
    prefixes = {load_model(name).endpoint_prefix for name in CALLED}
    # Read as files: botocore changes the table that it has loaded, and the tests share one copy.
    whole, trimmed = (read_json(folder / "endpoints.json")["partitions"] for folder in (WHOLE, data))
    for partition, left in zip(whole, trimmed, strict=True):
        services = {name: facts for name, facts in partition["services"].items() if name in prefixes}
        assert left == partition | {"services": services}


def test_an_operation_that_the_service_does_not_have_ends_the_build() -> None:
    model = {"metadata": {"serviceId": "SQS"}, "operations": {"SendMessage": {}}, "shapes": {}}
    with pytest.raises(SystemExit, match="SQS has no operation SendMassage"):
        TRIM["trim_model"](model, {"SendMassage"})


def test_only_texts_of_documentation_are_dropped() -> None:
    shape = {"members": {"documentation": {"shape": "Text", "documentation": "said"}}, "documentation": "said"}
    assert json.dumps(TRIM["drop_documentation"](shape)) == '{"members": {"documentation": {"shape": "Text"}}}'
