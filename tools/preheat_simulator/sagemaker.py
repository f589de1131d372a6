"""Owns the simulated SageMaker endpoints: what their operations answer and change, call by call.

A state machine as pure as `service`, on the same account. A model's project is the endpoint's name, its version the
endpoint config's, and at rest there is no endpoint. One config at a time has an endpoint's name.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from preheat_simulator.core.answering import Answering, Progress
from preheat_simulator.core.calls import API, Caller
from preheat_simulator.core.errors import ServiceError, make_invalid
from preheat_simulator.core.faults import IN_LIST, FaultKind
from preheat_simulator.core.hosted import SimulatedModel
from preheat_simulator.core.pages import cut_page
from preheat_simulator.core.rules import CallReply, decide_stop
from preheat_simulator.core.status import Operation, Status
from preheat_simulator.core.views import ListPage
from preheat_simulator.core.words import SAGEMAKER
from preheat_simulator.scaling import ScalableTargets

type Tags = list[dict[str, str]]

SCALING_ROLE = "arn:aws:iam::111122223333:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/role"
SCALING_POLICY = "arn:aws:autoscaling:eu-central-1:111122223333:scalingPolicy:0:resource/sagemaker:policyName"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
ALWAYS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
VARIANT = "all"
"""The name of the one production variant that each simulated endpoint has."""


class EndpointService(Answering):
    """Eight operations of one account, and its controls. Of the switches only those on stopping and billing matter."""

    words = SAGEMAKER

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.scaling = ScalableTargets()

    def create_endpoint(self, name: str, config: str, tags: Tags | None = None, *, caller: Caller = API) -> str:
        """Begin to create an endpoint; return its ARN. It refuses a name that exists, in any state."""

        def handle(call: Progress) -> str:
            standing = self._standing(name, call.now)
            if standing is not None:
                raise make_invalid(f'Cannot create already existing endpoint "{self.arn(name)}".')
            self._check_config(config, call.now)
            model = self._fleet.find(name, config, call.now)
            model = model or self._fleet.add_model(name, config, Status.TRAINED, call.now)
            call.fault = self._begin_start(model, (1, None), call.now) or call.fault
            model.tags = list(tags or [])
            call.changed_state = True
            call.answer = self.word(model)
            return self.arn(name)

        return self._answer(self.words.start, name, config, handle, caller=caller)

    def delete_endpoint(self, name: str, *, caller: Caller = API) -> None:
        """Begin to delete an endpoint; its config stays."""

        def handle(call: Progress) -> None:
            model = self._endpoint(name, call.now)
            if (
                decide_stop(model.status, self.switches) is not CallReply.DO
                and model.status is not Status.HOSTING_FAILED
            ):
                raise make_invalid(f'Cannot update in-progress endpoint "{self.arn(name)}".')
            self.scaling.remove_with(name)
            self._begin_stop(model, call.now)
            call.changed_state = True
            call.answer = self.word(model)

        self._answer(self.words.stop, name, self._config_of(name), handle, caller=caller)

    def describe_endpoint(self, name: str, *, caller: Caller = API) -> dict[str, Any]:
        """Return an endpoint as the service describes it."""

        def handle(call: Progress) -> dict[str, Any]:
            model = self._endpoint(name, call.now)
            shown = self._summarise(model, model.history()) | {"EndpointConfigName": model.version}
            if model.status in (Status.HOSTED, Status.SYSTEM_UPDATING):
                counts = {"CurrentInstanceCount": model.serving, "DesiredInstanceCount": max(model.serving, 1)}
                shown["ProductionVariants"] = [{"VariantName": VARIANT, **counts}]
            return shown | ({"FailureReason": model.message} if model.status is Status.HOSTING_FAILED else {})

        return self._answer(self.words.describe, name, self._config_of(name), handle, caller=caller)

    def describe_endpoint_config(self, config: str, *, caller: Caller = API) -> dict[str, Any]:
        """Return an endpoint config as the service describes it."""

        def handle(call: Progress) -> dict[str, Any]:
            model = self._check_config(config, call.now)
            variant = {"VariantName": VARIANT, "InitialInstanceCount": 1}
            if model.is_model_named:
                variant["ModelName"] = config
            return {
                "EndpointConfigName": config,
                "EndpointConfigArn": f"{self._place}:endpoint-config/{config.lower()}",
                "ProductionVariants": [variant],
                "CreationTime": model.created_at,
            }

        return self._answer(Operation.DESCRIBE_ENDPOINT_CONFIG, None, config, handle, caller=caller)

    def list_endpoints(
        self,
        contains: str = "",
        status: str | None = None,
        created: tuple[datetime, datetime] = ALWAYS,
        token: str | None = None,
        size: int | None = None,
        *,
        caller: Caller = API,
    ) -> ListPage[dict[str, Any]]:
        """Return one page of the endpoints whose names contain a text, created within a time; newest first."""

        def handle(call: Progress) -> ListPage[dict[str, Any]]:
            fault = self.faults.take(IN_LIST, Operation.LIST_ENDPOINTS, None, None) if self.faults else None
            lag = fault.lasts if fault is not None and fault.kind is FaultKind.LIST_LAGS else timedelta()
            rows = []
            for model in self._fleet.models(call.now):
                changes = [change for change in model.history() if change[0] <= call.now - lag]
                if changes and changes[-1][1] is not Status.TRAINED and contains.lower() in model.project.lower():
                    rows.append(self._summarise(model, changes))
            rows = [row for row in rows if created[0] <= row["CreationTime"] < created[1]]
            rows = [row for row in rows if status in (None, row["EndpointStatus"])]
            if fault is not None:
                call.fault = fault.kind
                if fault.kind is FaultKind.LIST_MISSES:
                    rows = sorted(rows, key=_count_back)[1:]
            return cut_page(rows, _count_back, token, size)

        return self._answer(Operation.LIST_ENDPOINTS, None, None, handle, caller=caller)

    def list_tags(self, arn: str, *, caller: Caller = API) -> Tags:
        """Return an endpoint's tags."""
        name = self._name_of(arn)

        def handle(call: Progress) -> Tags:
            return self._endpoint(name, call.now).tags

        return self._answer(Operation.LIST_TAGS, name, self._config_of(name), handle, caller=caller)

    def find_tags(self, name: str) -> dict[str, str]:
        """Return an endpoint's tags without a call; none if there is no such endpoint."""
        model = self._standing(name, self.now())
        return {tag["Key"]: tag["Value"] for tag in model.tags} if model is not None else {}

    def add_tags(self, arn: str, tags: Tags, *, caller: Caller = API) -> Tags:
        """Add tags to an endpoint, in place of those of the same key; return them all."""
        name = self._name_of(arn)

        def handle(call: Progress) -> Tags:
            model = self._endpoint(name, call.now)
            model.tags = list({tag["Key"]: tag for tag in [*model.tags, *tags]}.values())
            return model.tags

        return self._answer(Operation.ADD_TAGS, name, self._config_of(name), handle, caller=caller)

    def invoke_endpoint(self, name: str, payload: bytes, *, caller: Caller = API) -> bytes:
        """Return a made-up finding, the same for the same bytes; only an endpoint in service gives one.

        The runtime knows no other endpoint, in whatever state it is.
        """

        def handle(call: Progress) -> bytes:
            standing = self._standing(name, call.now)
            if standing is None or standing.status is not Status.HOSTED:
                raise make_invalid(f"Endpoint {name} of account {self.account} not found.")
            digest = hashlib.sha256(payload).digest()
            return json.dumps({"IsAnomalous": digest[0] % 2 == 1, "Confidence": 0.5 + digest[1] / 512}).encode()

        return self._answer(self.words.infer, name, self._config_of(name), handle, caller=caller)

    def remove_tags(self, arn: str, keys: list[str]) -> None:
        """Remove tags of an endpoint, as its owner would. This is no call."""
        model = self._endpoint(self._name_of(arn), self.now())
        model.tags = [tag for tag in model.tags if tag["Key"] not in keys]

    def set_instances(self, name: str, instances: int | None) -> None:
        """Let so many instances serve an endpoint, as scaling would; None: as many as at its creation."""
        self._endpoint(name, self.now()).instances = instances

    def set_model_named(self, config: str, *, named: bool) -> None:
        """Have an endpoint config name a model, or none, as one for inference components."""
        self._check_config(config, self.now()).is_model_named = named

    def is_untagged(self, name: str) -> bool:
        """Return whether there is an endpoint, and nobody gave it a tag. This is no call."""
        standing = self._standing(name, self.now())
        return standing is not None and not standing.tags

    def scale(
        self, operation: Operation, resource_id: str | None, change: Callable[[ScalableTargets], Any], caller: Caller
    ) -> Any:
        """Answer one call of Application Auto Scaling; one that changes something needs the endpoint in service."""
        name = resource_id.split("/")[1] if resource_id else None

        def handle(call: Progress) -> Any:
            changes = operation in (Operation.REGISTER_SCALABLE_TARGET, Operation.PUT_SCALING_POLICY)
            if changes and name is not None and resource_id is not None and resource_id.startswith("endpoint/"):
                standing = self._standing(name, call.now)
                if standing is None or standing.status is not Status.HOSTED:
                    raise make_invalid(f"Could not find endpoint of {resource_id}")
            return change(self.scaling)

        return self._answer(operation, name, self._config_of(name) if name else None, handle, caller=caller)

    def person_starts(self, project: str, version: str, units: int = 1) -> str:
        """Create an endpoint as a person would, with no tag; raises ServiceError if the name exists."""
        del units  # an endpoint config says how many instances there are
        return self.create_endpoint(project, version, caller=Caller(by="person"))

    def person_stops(self, project: str, version: str) -> None:
        """Delete an endpoint as a person would; raises ServiceError if there is none."""
        del version
        self.delete_endpoint(project, caller=Caller(by="person"))

    def _summarise(self, model: SimulatedModel, changes: Sequence[tuple[datetime, Status]]) -> dict[str, Any]:
        """Return what a list shows of an endpoint after these changes of its history."""
        at_rest = max(place for place, (_, status) in enumerate(changes) if status is Status.TRAINED)
        return {
            "EndpointName": model.project,
            "EndpointArn": self.arn(model.project),
            "EndpointStatus": self.word(model)
            if len(changes) == len(model.history())
            else self.words.show(changes[-1][1]),
            "CreationTime": changes[at_rest + 1][0],
            "LastModifiedTime": changes[-1][0],
        }

    def arn(self, name: str) -> str:
        """Return an endpoint's ARN, which the service writes in small letters."""
        return f"{self._place}:endpoint/{name.lower()}"

    @property
    def _place(self) -> str:
        return f"arn:aws:sagemaker:{self.region}:{self.account}"

    def _name_of(self, arn: str) -> str:
        given = arn.rpartition("/")[2]
        return next((each.name for each in self._fleet.projects() if each.name.lower() == given), given)

    def _config_of(self, name: str) -> str | None:
        """Return the config that a name stands for: of its endpoint, or of the only one ever known for it."""
        standing = self._standing(name, self.now())
        known = [model.version for model in self._fleet.models_of(name, self.now())]
        return standing.version if standing else known[0] if len(known) == 1 else None

    def _standing(self, name: str, now: datetime) -> SimulatedModel | None:
        models = self._fleet.models_of(name, now)
        return next((model for model in models if model.status is not Status.TRAINED), None)

    def _endpoint(self, name: str, now: datetime) -> SimulatedModel:
        standing = self._standing(name, now)
        if standing is None:
            raise ServiceError("ValidationException", f'Could not find endpoint "{self.arn(name)}".')
        return standing

    def _check_config(self, config: str, now: datetime) -> SimulatedModel:
        for model in self._fleet.models(now):
            if model.version == config:
                return model
        raise make_invalid(f'Could not find endpoint configuration "{self._place}:endpoint-config/{config.lower()}".')


def _count_back(row: dict[str, Any]) -> str:
    """Return a text that sorts the newest endpoints first."""
    return f"{99_999_999_999 - row['CreationTime'].timestamp():018.6f} {row['EndpointName']}"


def create_endpoint(service: EndpointService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out."""
    names = given["EndpointName"], given["EndpointConfigName"]
    return {"EndpointArn": service.create_endpoint(*names, given.get("Tags"), caller=caller)}


def delete_endpoint(service: EndpointService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, nothing out."""
    service.delete_endpoint(given["EndpointName"], caller=caller)
    return {}


def describe_endpoint(service: EndpointService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out."""
    return service.describe_endpoint(given["EndpointName"], caller=caller)


def describe_endpoint_config(service: EndpointService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out."""
    return service.describe_endpoint_config(given["EndpointConfigName"], caller=caller)


def list_endpoints(service: EndpointService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out. It simulates the usual order alone, and not each of the filters."""
    created = given.get("CreationTimeAfter", ALWAYS[0]), given.get("CreationTimeBefore", ALWAYS[1])
    filters = given.get("NameContains", ""), given.get("StatusEquals"), created
    found = service.list_endpoints(*filters, given.get("NextToken"), given.get("MaxResults"), caller=caller)
    return {"Endpoints": list(found.rows)} | ({"NextToken": found.next_token} if found.next_token else {})


def list_tags(service: EndpointService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out."""
    return {"Tags": service.list_tags(given["ResourceArn"], caller=caller)}


def add_tags(service: EndpointService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out."""
    return {"Tags": service.add_tags(given["ResourceArn"], given["Tags"], caller=caller)}


def describe_scalable_targets(service: EndpointService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out."""
    ids = given.get("ResourceIds")
    operation = Operation.DESCRIBE_SCALABLE_TARGETS
    found = service.scale(operation, (ids or [None])[0], lambda all_of: all_of.targets(ids), caller)
    return {"ScalableTargets": [{"RoleARN": SCALING_ROLE, "CreationTime": SINCE} | one for one in found]}


def describe_scaling_policies(service: EndpointService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out."""
    resource_id = given.get("ResourceId")
    operation = Operation.DESCRIBE_SCALING_POLICIES
    found = service.scale(operation, resource_id, lambda all_of: all_of.policies(resource_id), caller)
    return {
        "ScalingPolicies": [
            {"PolicyARN": f"{SCALING_POLICY}/{one['PolicyName']}", "PolicyType": "StepScaling", "CreationTime": SINCE}
            | one
            for one in found
        ]
    }


def register_scalable_target(service: EndpointService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, nothing out."""
    operation = Operation.REGISTER_SCALABLE_TARGET
    service.scale(operation, given["ResourceId"], lambda all_of: all_of.register(given), caller)
    return {}


def deregister_scalable_target(service: EndpointService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, nothing out."""
    operation = Operation.DEREGISTER_SCALABLE_TARGET
    service.scale(operation, given["ResourceId"], lambda all_of: all_of.deregister(given), caller)
    return {}


def put_scaling_policy(service: EndpointService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out."""
    service.scale(Operation.PUT_SCALING_POLICY, given["ResourceId"], lambda all_of: all_of.put_policy(given), caller)
    return {"PolicyARN": f"{SCALING_POLICY}/{given['PolicyName']}"}


HANDLERS = {
    Operation.DESCRIBE_SCALABLE_TARGETS: describe_scalable_targets,
    Operation.DESCRIBE_SCALING_POLICIES: describe_scaling_policies,
    Operation.REGISTER_SCALABLE_TARGET: register_scalable_target,
    Operation.DEREGISTER_SCALABLE_TARGET: deregister_scalable_target,
    Operation.PUT_SCALING_POLICY: put_scaling_policy,
    Operation.CREATE_ENDPOINT: create_endpoint,
    Operation.DELETE_ENDPOINT: delete_endpoint,
    Operation.DESCRIBE_ENDPOINT: describe_endpoint,
    Operation.DESCRIBE_ENDPOINT_CONFIG: describe_endpoint_config,
    Operation.LIST_ENDPOINTS: list_endpoints,
    Operation.LIST_TAGS: list_tags,
    Operation.ADD_TAGS: add_tags,
}
