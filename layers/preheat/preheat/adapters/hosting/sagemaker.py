"""SageMaker real-time endpoints behind the port `Hosting`: created from a named config to start, deleted to stop.

Owns the translation between the service's words and Preheat's, and the tag that marks an endpoint as
Preheat's. A target's `project` is the endpoint, its `version` the endpoint config. Nothing here deletes a config.
The service models one error only; code and text say the rest.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from preheat.adapters.hosting.calling import call_service
from preheat.app.ports.errors import (
    AccessRefused,
    AnswerLost,
    HostingError,
    InvalidCall,
    ModelGone,
    QuotaExceeded,
    Throttled,
    WrongState,
    as_hosting_error,
)
from preheat.domain.plan.hosted_model import Readiness
from preheat.domain.plan.plan import Tags, Target
from preheat.domain.record.attempt import Attempt
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation
from preheat.domain.values import change

MANAGED_BY: Final = "preheat:managed-by"
RESERVED: Final = ("aws:", "preheat:")

OBSERVED = {
    "Creating": Observed.STARTING,
    "InService": Observed.HOSTED,
    "UpdateRollbackFailed": Observed.HOSTED,  # it serves, with old and new instances side by side
    "Deleting": Observed.STOPPING,
    "Failed": Observed.FAILED,
    "OutOfService": Observed.FAILED,  # it does not serve; as with a failed one, only a deletion helps
    "Updating": Observed.BUSY,
    "SystemUpdating": Observed.BUSY,
    "RollingBack": Observed.BUSY,
}

ERRORS: dict[str, type[HostingError]] = {
    "AccessDenied": AccessRefused,
    "AccessDeniedException": AccessRefused,
    "InternalFailure": AnswerLost,
    "ModelError": WrongState,  # the container answered, with an error
    "ModelNotReadyException": WrongState,
    "InternalDependencyException": AnswerLost,
    "ServiceUnavailable": AnswerLost,
    "ResourceInUse": WrongState,
    "ResourceLimitExceeded": QuotaExceeded,
    "ResourceNotFound": ModelGone,
    "Throttling": Throttled,
    "ThrottlingException": Throttled,
    "ValidationError": InvalidCall,  # the runtime's word for it
    "ValidationException": InvalidCall,
}

NO_MODEL: Final = (
    "the endpoint config {config} names no model: it is made for inference components, and an endpoint created from it"
    " serves nothing"
)
NOT_IN_SERVICE: Final = re.compile(r"endpoint .* not found")  # the runtime knows no endpoint in another state
ABSENT: Final = "could not find endpoint "
ABSENT_CONFIG: Final = "could not find endpoint configuration"
# The words of a FailureReason when AWS has no instance of the type; no attempt is the cause.
NO_CAPACITY: Final = re.compile(r"insufficient ?(instance ?)?capacity|unable to provision .*capacity")
# The words of a refused DeleteEndpoint where the endpoint scales; the state of the endpoint is not the reason.
SCALES: Final = "DeregisterScalableTarget"
SCALING_REMEDY: Final = (
    "Set the stack's parameter EndpointScaling to true, so that Preheat may remove the scaling with the endpoint and"
    " restore it after the next start"
)
EXISTS: Final = "already existing endpoint"
KNOWN_MOST: Final = 1_000  # endpoints that an adapter remembers
PAGE: Final = 100  # endpoints in a page of a list, as many as the service allows


type _Times = tuple[datetime, datetime]
"""When the service created an endpoint, and when somebody modified it last."""


class SageMakerHosting:
    """The port `Hosting` over a botocore client of the service (with `calling.CONFIG`).

    `managed_by` is the value of the tag on every endpoint that Preheat creates: the name of its stack.
    """

    def __init__(self, client: Any, managed_by: str, runtime: Callable[[Target], Any]) -> None:
        """`runtime` returns the client of the service RUNTIME that reaches a target."""
        self._client = client
        self._runtime = runtime
        self._managed_by = managed_by
        self._known: OrderedDict[str, tuple[Any, dict[str, str]]] = OrderedDict()  # tags by ARN, and of which creation
        self._seen: OrderedDict[Target, tuple[_Times, Observation]] = OrderedDict()  # of those in service, as of a look

    def describe(self, target: Target) -> Observation:
        """See `ports.Hosting`. No endpoint of the name is STOPPED if its config exists, and ModelGone if not.

        An endpoint without the tag is `foreign`, whatever its state. If its tags cannot be read, that is not known.
        """
        return self._look(target, recalls=False)

    def glance(self, target: Target) -> Observation:
        """See `ports.Glances`. The tags may be those of an earlier look at the endpoint of the same creation time."""
        return self._look(target, recalls=True)

    def list_unchanged(self, targets: Sequence[Target]) -> Mapping[Target, Observation]:
        """See `ports.Glances`. One call reads one page: the endpoints made from the first to the last of these.

        An endpoint is unchanged if it is in service, and both its times are those of the last look. Any that the page
        does not have gets a look.
        """
        known = {target: self._seen[target] for target in targets if target in self._seen}
        if len(known) < 2:
            return {}
        created = [created_at for (created_at, _), _ in known.values()]
        answer = self._call(
            "ListEndpoints",
            self._client.list_endpoints,
            StatusEquals="InService",
            CreationTimeAfter=min(created).replace(microsecond=0),  # the service counts in whole seconds
            CreationTimeBefore=max(created).replace(microsecond=0) + timedelta(seconds=1),
            MaxResults=PAGE,
        )
        listed = {row.get("EndpointName"): _read_times(row) for row in answer.get("Endpoints", [])}
        return {
            target: change(seen, recalled=True)
            for target, (times, seen) in known.items()
            if listed.get(target.project) == times
        }

    def _look(self, target: Target, *, recalls: bool) -> Observation:
        self._seen.pop(target, None)
        recalled = False
        tags: dict[str, str] | None = None
        unread: HostingError | None = None
        try:
            answer = self._call("DescribeEndpoint", self._client.describe_endpoint, EndpointName=target.project)
            try:
                arn, created_at = str(answer.get("EndpointArn", "")), answer.get("CreationTime")
                known = self._known.get(arn) if recalls and created_at is not None else None
                recalled = known is not None and known[0] == created_at
                tags = known[1] if known is not None and recalled else self._tags(arn)
                _remember(self._known, arn, (created_at, tags))
            except ModelGone:
                raise
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the tags must not keep a stop from being made
                unread = as_hosting_error(error)
        except ModelGone:  # also one that went between the two calls
            config = {"EndpointConfigName": target.version}
            found = self._call("DescribeEndpointConfig", self._client.describe_endpoint_config, **config)
            if not all(variant.get("ModelName") for variant in found.get("ProductionVariants", [])):
                return Observation(Observed.UNFIT, NO_MODEL.format(config=target.version))
            return Observation(Observed.STOPPED, "no endpoint")
        status = str(answer.get("EndpointStatus", "no status"))
        detail = f"{status}: {answer['FailureReason']}" if answer.get("FailureReason") else status
        if answer.get("EndpointConfigName", target.version) != target.version:
            detail += f", with the config {answer['EndpointConfigName']}"
        observed = OBSERVED.get(status, Observed.UNKNOWN)
        no_capacity = observed is Observed.FAILED and NO_CAPACITY.search(detail.lower()) is not None
        serving = _count_serving(answer) if observed is Observed.HOSTED else None
        if unread is not None:
            detail += f", with unreadable tags ({unread})"
        observation = Observation(
            observed,
            detail,
            failure=unread.answer if unread is not None else None,
            foreign=None if tags is None else tags.get(MANAGED_BY) != self._managed_by,
            no_capacity=no_capacity,
            serving=serving,
            variants=tuple(str(variant["VariantName"]) for variant in answer.get("ProductionVariants", [])),
            tags=None if tags is None else _keep_owner_tags(tags),
            recalled=recalled,
        )
        times = _read_times(answer)
        if status == "InService" and unread is None and times is not None:
            _remember(self._seen, target, (times, observation))
        return observation

    def probe(self, target: Target, readiness: Readiness) -> None:
        """See `ports.Hosting`. It neither reads nor uses the answer of the model."""
        payload = {"Body": readiness.payload, "ContentType": readiness.content_type}
        invoke = self._runtime(target).invoke_endpoint
        self._call("InvokeEndpoint", invoke, EndpointName=target.project, **payload)

    def start(self, attempt: Attempt) -> None:
        """See `ports.Hosting`. The endpoint's name makes it one start: the service refuses a second create."""
        target = attempt.target
        self._call(
            "CreateEndpoint",
            self._client.create_endpoint,
            EndpointName=target.project,
            EndpointConfigName=target.version,
            Tags=[
                {"Key": MANAGED_BY, "Value": self._managed_by},
                *({"Key": key, "Value": value} for key, value in attempt.tags),
            ],
        )

    def stop(self, attempt: Attempt) -> None:
        """See `ports.Hosting`. An endpoint that is gone already is in the wrong state for it, not a model gone."""
        try:
            self._call("DeleteEndpoint", self._client.delete_endpoint, EndpointName=attempt.target.project)
        except InvalidCall as error:
            if SCALES in str(error):
                raise AccessRefused(f"{error}. {SCALING_REMEDY}", retried=error.retried) from error
            raise WrongState(str(error), retried=error.retried) from error
        except AccessRefused as error:
            # The right to delete depends on a tag, and an endpoint that has just gone has none.
            if self._is_absent(attempt.target):
                raise WrongState(f"{error}; the endpoint is gone", retried=error.retried) from error
            raise
        except ModelGone as error:
            # Earlier checks cover the name: the service rejects the endpoint's present state.
            raise WrongState(str(error), retried=error.retried) from error

    def _is_absent(self, target: Target) -> bool:
        """Return whether the service says that there is no such endpoint; whatever else it says, there may be one."""
        try:
            self._call("DescribeEndpoint", self._client.describe_endpoint, EndpointName=target.project)
        except ModelGone:
            return True
        except HostingError:
            return False
        return False

    def _tags(self, arn: str) -> dict[str, str]:
        found: dict[str, str] = {}
        token: dict[str, str] = {}
        while True:
            answer = self._call("ListTags", self._client.list_tags, ResourceArn=arn, **token)
            found |= {str(tag["Key"]): str(tag["Value"]) for tag in answer.get("Tags", [])}
            if not answer.get("NextToken"):
                return found
            token = {"NextToken": answer["NextToken"]}

    @staticmethod
    def _call(operation: str, method: Any, **arguments: Any) -> dict[str, Any]:
        return call_service(operation, method, translate, **arguments)


def _remember[Key, Value](kept: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > KNOWN_MOST:
        kept.popitem(last=False)


def _read_times(endpoint: Mapping[str, Any]) -> _Times | None:
    created_at, modified_at = endpoint.get("CreationTime"), endpoint.get("LastModifiedTime")
    return (created_at, modified_at) if created_at is not None and modified_at is not None else None


def _keep_owner_tags(tags: Mapping[str, str]) -> Tags:
    """Return the tags that Preheat may give the next endpoint of the name: all but its own and those of AWS."""
    return tuple(sorted((key, value) for key, value in tags.items() if not key.lower().startswith(RESERVED)))


def _count_serving(endpoint: Mapping[str, Any]) -> int | None:
    """Return how many instances the variant with the fewest has; None: none of them says, as a serverless one."""
    counts = [variant.get("CurrentInstanceCount") for variant in endpoint.get("ProductionVariants", [])]
    return min((count for count in counts if count is not None), default=None)


def translate(code: str, message: str) -> type[HostingError]:
    """Return the port's error for one of the service's; one that it is not known for counts as a lost answer."""
    text = message.lower()
    if code == "ValidationError" and NOT_IN_SERVICE.search(text):
        return WrongState
    if code == "ValidationException":
        if ABSENT_CONFIG in text or ABSENT in text:
            return ModelGone
        if EXISTS in text:
            return WrongState
    return ERRORS.get(code, AnswerLost)
