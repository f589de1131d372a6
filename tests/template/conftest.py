"""The template as plain values, and the stack as `sam build` makes it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from preheat_local import find_checkout
from preheat_local.stack import build

ROOT = Path(__file__).parents[2]
QUEUE_URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/WorkQueue"


class CloudFormation(SafeConstructor):
    """Reads `!Ref X` as {"Ref": "X"} and every other short form as {"Fn::Name": its value}."""


def _long_form(constructor: SafeConstructor, tag: str, node: Any) -> dict[str, Any]:
    if isinstance(node, ScalarNode):
        value: Any = constructor.construct_scalar(node)
    elif isinstance(node, SequenceNode):
        value = constructor.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, MappingNode)
        value = constructor.construct_mapping(node, deep=True)
    return {tag if tag == "Ref" else f"Fn::{tag}": value}


CloudFormation.add_multi_constructor("!", _long_form)


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


def load(path: Path) -> dict[str, Any]:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = CloudFormation
    loaded: dict[str, Any] = yaml.load(path)
    return loaded


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    return load(ROOT / "template.yaml")


@pytest.fixture(scope="session")
def member_template() -> dict[str, Any]:
    return load(ROOT / "templates" / "member-role.yaml")


@pytest.fixture(scope="session")
def of_type(template: dict[str, Any]) -> Callable[[str], dict[str, dict[str, Any]]]:
    """The properties of every resource of a type, by logical name."""

    def find(kind: str) -> dict[str, dict[str, Any]]:
        found = {
            name: resource.get("Properties", {})
            for name, resource in template["Resources"].items()
            if resource["Type"] == kind
        }
        assert found, f"the template has no {kind}"
        return found

    return find


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder with PreheatLayer, DependenciesLayer and the functions as deployed."""
    return build(find_checkout(ROOT))


def _resolve(value: Any) -> Any:
    """Return what a value refers to; a condition counts as false."""
    if not isinstance(value, dict):
        return value
    ((how, inner),) = value.items()
    return _resolve(inner[2] if how == "Fn::If" else inner)


@pytest.fixture(scope="session")
def lambda_environment(template: dict[str, Any]) -> dict[str, str]:
    """The variables of the template, with a value of the right kind for each reference."""
    known: dict[str, str] = {
        "Mode": "act",
        "EndpointScaling": "true",
        "LogLevel": "INFO",
        "WorkQueue": QUEUE_URL,
        "AWS::StackName": "preheat",
    }
    known |= dict.fromkeys(("HostingEndpointUrl", "RekognitionEndpointUrl", "SageMakerEndpointUrl"), "")
    known |= {
        "ReplyQueueArns": "",
        "AdminRoles": "",
        "RequestMaxDays": "7",
        "RequestMaxUnitHours": "120",
        "RejectedRequestsQueue": QUEUE_URL,
    }
    known |= {"UnpublishedQueue.Arn": "arn:aws:sqs:eu-central-1:123456789012:UnpublishedQueue"}
    known |= {"HostingRegions": "", "MemberRoleArns": "", "ProjectPrefix": "line-"}
    known |= {"ReconcileRole.Arn": "arn:aws:iam::123456789012:role/ReconcileRole"}
    variables = dict(template["Globals"]["Function"]["Environment"]["Variables"])
    for function in template["Resources"].values():
        if function["Type"] == "AWS::Serverless::Function":
            variables |= function["Properties"].get("Environment", {}).get("Variables", {})
    values: dict[str, str] = {}
    for name, value in variables.items():
        text = str(_resolve(value))
        values[name] = known.get(text, text)
    return values | {
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_LAMBDA_FUNCTION_NAME": "preheat",
    }
