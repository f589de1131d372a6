"""The IAM rights that a call of a hosting service needs: action, resource and condition keys, by the services' tables.

The source of each line is the page "Actions, resources, and condition keys" of the service. Knows no policy and no
request on the wire.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

type Context = Mapping[str, str | list[str]]
type Params = Mapping[str, Any]

SERVICES: Final = ("lookoutvision", "rekognition", "sagemaker", "sagemaker-runtime", "application-autoscaling")


@dataclass(frozen=True)
class Needed:
    """One right that a call needs: an action on a resource, under the values of its condition keys."""

    action: str
    resource: str
    context: Context = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"


class CallPlace(NamedTuple):
    """The region and the account of a call."""

    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource here."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def move(self, arn: str) -> str:
        """Return the ARN of the same resource here; anything else stays as it is."""
        parts = arn.split(":", 5)
        return self.arn(parts[2], parts[5]) if len(parts) == 6 else arn


def list_needs(
    service: str, operation: str, params: Params, place: CallPlace, tags: Callable[[str], Mapping[str, str]]
) -> Iterator[Needed]:
    """Yield every right that one call needs. `tags` returns the tags of an endpoint by its name.

    A member that the call lacks counts as an empty name. Raises KeyError for a service that is not in SERVICES.
    """
    given = _Given(params)
    if service in ("sagemaker", "sagemaker-runtime"):
        found = _of_sagemaker(operation, given, place, tags)
    else:
        found = {"lookoutvision": _of_lookout, "rekognition": _of_rekognition, "application-autoscaling": _of_scaling}[
            service
        ](operation, given, place)
    for action, resource, context in found:
        yield Needed(action, resource, {"aws:RequestedRegion": place.region, **context})


class _Given(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return ""


type _Found = Iterator[tuple[str, str, Context]]


def _of_lookout(operation: str, params: Params, place: CallPlace) -> _Found:
    model = place.arn("lookoutvision", f"model/{params['ProjectName']}/{params['ModelVersion']}")
    yield f"lookoutvision:{operation}", "*" if operation.startswith("List") else model, {}


def _of_rekognition(operation: str, params: Params, place: CallPlace) -> _Found:
    arn = params["ProjectVersionArn"] or params["ProjectArn"]
    yield f"rekognition:{operation}", place.move(arn) if arn else "*", {}


def _of_sagemaker(operation: str, params: Params, place: CallPlace, tags: Callable[[str], Mapping[str, str]]) -> _Found:
    action = f"sagemaker:{operation}"

    def arn(kind: str, name: str) -> str:
        return place.arn("sagemaker", f"{kind}/{params[name].lower()}")

    if operation in ("ListEndpoints", "ListInferenceComponents"):
        yield action, "*", {}
    elif operation == "DescribeEndpointConfig":
        yield action, arn("endpoint-config", "EndpointConfigName"), {}
    elif operation == "CreateEndpoint":
        given = {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in params["Tags"] or ()}
        yield action, arn("endpoint", "EndpointName"), given
        yield action, arn("endpoint-config", "EndpointConfigName"), given
        if given:
            yield "sagemaker:AddTags", arn("endpoint", "EndpointName"), {"sagemaker:TaggingAction": "CreateEndpoint"}
    elif params["InferenceComponentName"]:
        yield action, arn("inference-component", "InferenceComponentName"), {}
        if operation == "InvokeEndpoint":
            yield action, arn("endpoint", "EndpointName"), {}
    elif operation == "ListTags":
        yield action, place.move(params["ResourceArn"]), {}
    else:
        put_on = {f"aws:ResourceTag/{key}": value for key, value in tags(params["EndpointName"]).items()}
        yield action, arn("endpoint", "EndpointName"), put_on


def _of_scaling(operation: str, params: Params, place: CallPlace) -> _Found:
    action = f"application-autoscaling:{operation}"
    if operation.startswith("Describe"):
        yield action, "*", {}
        return
    target = place.arn("application-autoscaling", "scalable-target/0123")
    yield action, target, {"application-autoscaling:service-namespace": params["ServiceNamespace"]}
