"""The watch: an event of a hosting service reports a change, so the models that it names get a pass now.

It understands two kinds: a change of state of a SageMaker endpoint, and a start or stop by somebody else, from
CloudTrail. Pure except for its ports. An event is only a hint: the pass checks the model itself. Decides nothing about
any model.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from preheat.app.current_plan import CurrentPlan
from preheat.app.ports.clock import Clock
from preheat.app.ports.errors import QueueUnavailable, UnreadableItem
from preheat.app.ports.fleet import Waker
from preheat.app.ports.plans import PlanReader
from preheat.app.ports.queue import Queue
from preheat.domain.plan.plan import RULES, Backend, ModelId, Target

TEXT_MAX = 64  # the longest quote of a foreign text, in characters
BY_CLOUDTRAIL = "AWS API Call via CloudTrail"
# The calls that start and stop a model, by the service's own name in the trail.
CALLS = {
    Backend.LOOKOUT_VISION: ("lookoutvision.amazonaws.com", ("StartModel", "StopModel")),
    Backend.REKOGNITION: ("rekognition.amazonaws.com", ("StartProjectVersion", "StopProjectVersion")),
    Backend.SAGEMAKER: ("sagemaker.amazonaws.com", ("CreateEndpoint", "DeleteEndpoint")),
    Backend.SAGEMAKER_COMPONENT: ("sagemaker.amazonaws.com", ("UpdateInferenceComponentRuntimeConfig",)),
}
_BACKENDS = {(source, name): backend for backend, (source, names) in CALLS.items() for name in names}
_VERSION_ARN = re.compile(r"arn:aws[a-z-]*:rekognition:[a-z0-9-]+:[0-9]{12}:project/([^/]+)/version/([^/]+)/[0-9]+")


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """The change that an event reports. `version` None: any version; `what` is for the log."""

    backend: Backend
    project: str
    version: str | None
    region: str
    account: str
    what: str

    def concerns(self, target: Target) -> bool:
        """Return whether the event may mean a target; one without region or account always matches."""
        return (
            (target.backend, target.project) == (self.backend, self.project)
            and self.version in (None, target.version)
            and target.region in (None, self.region)
            and target.account in (None, self.account)
        )


def read_change(event: object, own_roles: Collection[str] = ()) -> ServiceChange | None:
    """Return what an event says; several events for one change are usual, in any order.

    Return None if it is irrelevant: a failed call, or one made by one of `own_roles` (ARNs).

    Raises:
        UnreadableItem: it names no model of a hosting service, or no region.
    """
    body = _as_object(event)
    detail = _as_object(body.get("detail"))
    region = body.get("region")
    if not isinstance(region, str):
        raise UnreadableItem(f"event: region {_show(region)} is not a region such as eu-central-1")
    called = body.get("detail-type") == BY_CLOUDTRAIL
    if called and (detail.get("errorCode") is not None or _find_caller(detail) in own_roles):
        return None
    backend, project, version, what = _read_call(detail) if called else _read_endpoint(detail)
    return ServiceChange(backend, project, version, region, str(body.get("account")), what)


class WatchStore(PlanReader, Waker, Protocol):
    """The part of the store that the watch uses: it wakes models, and writes nothing else."""


class Watch:
    """Finds the models that an event concerns. It keeps what it reads of a plan until another plan is current."""

    def __init__(self, clock: Clock, store: WatchStore, queue: Queue, *, own_roles: Collection[str] = ()) -> None:
        self._clock, self._store, self._queue = clock, store, queue
        self._own_roles = frozenset(own_roles)
        self._plan = CurrentPlan(store, lambda model: [(model.target.backend, model.target.project)])

    def read(self, event: object) -> ServiceChange | None:
        """Parse an event. Return None if it is irrelevant; see `read_change`."""
        return read_change(event, self._own_roles)

    def look(self, change: ServiceChange) -> tuple[ModelId, ...]:
        """Make the models due that the change may concern, and send each to its pass; return them.

        To look once more does no harm.

        Raises:
            StoreUnavailable: not all have been woken; the event may come again, and else the tick looks when it is due.
        """
        found = self._plan.find((change.backend, change.project))
        woken = tuple(model.model_id for model in found if change.concerns(model.target))
        for model_id in woken:
            self._store.wake(model_id, self._clock.now())
            try:
                self._queue.enqueue(model_id, timedelta())
            except QueueUnavailable:
                continue  # It is due: the next tick sends it.
        return woken


def _read_endpoint(detail: Mapping[str, Any]) -> tuple[Backend, str, str | None, str]:
    """Read the detail of a SageMaker endpoint's change of state."""
    endpoint = _read_project(Backend.SAGEMAKER, detail.get("EndpointName"), "detail.EndpointName")
    return Backend.SAGEMAKER, endpoint, None, str(detail.get("EndpointStatus"))[:TEXT_MAX]


def _read_call(detail: Mapping[str, Any]) -> tuple[Backend, str, str | None, str]:
    """Read the detail of a call in the trail. Its parameters' names begin in small letters."""
    source, name = detail.get("eventSource"), detail.get("eventName")
    backend = _BACKENDS.get((source, name)) if isinstance(source, str) and isinstance(name, str) else None
    if backend is None:
        raise UnreadableItem(f"event: {_show(name)} of {_show(source)} does not start or stop a model")
    given, where = _as_object(detail.get("requestParameters")), "detail.requestParameters"
    what = f"{name} by others"
    if backend is Backend.SAGEMAKER:
        return backend, _read_project(backend, given.get("endpointName"), f"{where}.endpointName"), None, what
    if backend is Backend.SAGEMAKER_COMPONENT:
        component = given.get("inferenceComponentName")
        return backend, _read_project(backend, component, f"{where}.inferenceComponentName"), None, what
    if backend is Backend.LOOKOUT_VISION:
        project = _read_project(backend, given.get("projectName"), f"{where}.projectName")
        version = given.get("modelVersion")
        return backend, project, version if isinstance(version, str) and version != "latest" else None, what
    arn = given.get("projectVersionArn")
    named = _VERSION_ARN.fullmatch(arn) if isinstance(arn, str) else None
    if named is None:
        raise UnreadableItem(f"event: {where}.projectVersionArn {_show(arn)} is not the ARN of a project version")
    return backend, named[1], named[2], what


def _read_project(backend: Backend, found: object, where: str) -> str:
    rule = RULES[backend][0]
    if not isinstance(found, str) or not rule.pattern.fullmatch(found):
        raise UnreadableItem(f"event: {where} {_show(found)} is not {rule.accepted}")
    return found


def _find_caller(detail: Mapping[str, Any]) -> object:
    """Return the ARN of the role whose session made the call, or None: a user, a service or the account itself."""
    session = _as_object(_as_object(detail.get("userIdentity")).get("sessionContext"))
    return _as_object(session.get("sessionIssuer")).get("arn")


def _as_object(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _show(found: object) -> str:
    return ascii(found)[:TEXT_MAX]
