"""SageMaker inference components behind the port `Hosting`: a start and a stop set how many copies run.

Owns the translation between the service's words and Preheat's. A target's `project` is the component. Nothing here
creates or deletes anything: the endpoint, its tags and its scaling stay. The same call again changes nothing.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from preheat.adapters.hosting import sagemaker
from preheat.adapters.hosting.calling import call_service
from preheat.app.ports.errors import HostingError, InvalidCall, ModelGone, WrongState
from preheat.domain.plan.hosted_model import Readiness
from preheat.domain.plan.plan import Target
from preheat.domain.record.attempt import Attempt
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation

ABSENT: Final = "could not find inference component"
IN_PROGRESS: Final = re.compile(r"in[- ]progress|cannot update|currently (being )?(updat|creat|delet)")


class ComponentHosting:
    """The port `Hosting` over a botocore client of the service (with `calling.CONFIG`)."""

    def __init__(
        self, client: Any, runtime: Callable[[Target], Any], set_least: Callable[[Target, int], None] | None = None
    ) -> None:
        """`runtime` returns the client of the service RUNTIME. `set_least`: see `scaling.ComponentScaling`."""
        self._client, self._runtime, self._set_least = client, runtime, set_least
        self._endpoints: dict[Target, str] = {}

    def describe(self, target: Target) -> Observation:
        """See `ports.Hosting`. A component at no copies is STOPPED; one copy that serves makes it HOSTED.

        `serving` is the count of copies that serve: whether it is enough is the caller's to say.
        """
        answer = self._call(
            "DescribeInferenceComponent",
            self._client.describe_inference_component,
            InferenceComponentName=target.project,
        )
        self._endpoints[target] = str(answer.get("EndpointName", ""))
        status, reason = str(answer.get("InferenceComponentStatus", "no status")), answer.get("FailureReason")
        copies = answer.get("RuntimeConfig", {})
        desired, current = copies.get("DesiredCopyCount"), copies.get("CurrentCopyCount")
        observed = read_level(status, desired, current)
        detail = f"{status}: {reason}" if reason and status == "Failed" else status
        if desired is not None and current is not None:
            detail += f", {current} of {desired} copies"
        failed = observed is Observed.FAILED and reason is not None
        return Observation(
            observed,
            detail,
            no_capacity=failed and sagemaker.NO_CAPACITY.search(str(reason).lower()) is not None,
            serving=current if observed is Observed.HOSTED else None,
            units=desired if observed in (Observed.HOSTED, Observed.STARTING) else None,
        )

    def probe(self, target: Target, readiness: Readiness) -> None:
        """See `ports.Hosting`. The endpoint is the one that the last look named."""
        if not self._endpoints.get(target):
            self.describe(target)
        self._call(
            "InvokeEndpoint",
            self._runtime(target).invoke_endpoint,
            EndpointName=self._endpoints[target],
            InferenceComponentName=target.project,
            Body=readiness.payload,
            ContentType=readiness.content_type,
        )

    def start(self, attempt: Attempt) -> None:
        """See `ports.Hosting`. Scaling keeps at least the same count of copies from now on."""
        self._set_copies(attempt.target, attempt.units.minimum)

    def stop(self, attempt: Attempt) -> None:
        """See `ports.Hosting`. An invalid call here means the component's state: Preheat repeats it."""
        try:
            self._set_copies(attempt.target, 0)
        except InvalidCall as error:
            raise WrongState(str(error), retried=error.retried) from error

    def _set_copies(self, target: Target, copies: int) -> None:
        if self._set_least is not None:
            self._set_least(target, copies)
        self._call(
            "UpdateInferenceComponentRuntimeConfig",
            self._client.update_inference_component_runtime_config,
            InferenceComponentName=target.project,
            DesiredRuntimeConfig={"CopyCount": copies},
        )

    @staticmethod
    def _call(operation: str, method: Any, **arguments: Any) -> dict[str, Any]:
        return call_service(operation, method, translate, **arguments)


STATUSES: Final = frozenset({"Creating", "Deleting", "Failed", "InService", "Updating"})


def read_level(status: str, desired: int | None, current: int | None) -> Observed:
    """Return what a status means at these counts of copies, the desired ones and the serving ones."""
    if status == "Creating":
        return Observed.BUSY
    if status == "Deleting":
        return Observed.UNFIT
    if status not in STATUSES or desired is None or current is None:
        return Observed.UNKNOWN
    if desired == 0:
        return Observed.STOPPED if current == 0 else Observed.STOPPING
    if current > 0:
        return Observed.HOSTED
    return Observed.FAILED if status == "Failed" else Observed.STARTING


def translate(code: str, message: str) -> type[HostingError]:
    """Return the port's error for one of the service's; one that it is not known for counts as a lost answer."""
    text = message.lower()
    if code == "ValidationException" and ABSENT in text:
        return ModelGone
    if code == "ValidationException" and IN_PROGRESS.search(text):
        return WrongState
    return sagemaker.translate(code, message)
