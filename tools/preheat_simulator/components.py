"""Owns the simulated SageMaker inference components: what their operations answer and change, call by call.

A state machine as pure as `service`, on the same account: a model's project is the component's name, and it has no
version. A call sets how many copies run; the same count again is accepted and changes nothing.
"""

import hashlib
import json
from datetime import datetime
from typing import Any, Final

from preheat_simulator.core.answering import Answering, Progress
from preheat_simulator.core.calls import API, Caller
from preheat_simulator.core.errors import ServiceError, make_invalid
from preheat_simulator.core.hosted import SimulatedModel
from preheat_simulator.core.pages import cut_page
from preheat_simulator.core.rules import CallReply, decide_start, decide_stop
from preheat_simulator.core.status import Operation, Status
from preheat_simulator.core.views import ListPage
from preheat_simulator.core.words import COMPONENT

ENDPOINT: Final = "plant-fleet"
"""The endpoint on which every simulated component lives."""
_WORDS: Final = {"InService at 0": "InService", "Updating to 0": "Updating"}
_AT_ZERO: Final = frozenset({Status.TRAINED, Status.STOPPING_HOSTING})


class ComponentService(Answering):
    """Four operations of one account, and its controls. Of the switches those on stopping and billing matter."""

    words = COMPONENT

    def set_copies(self, name: str, copies: int, *, caller: Caller = API) -> str:
        """Begin to run so many copies of a component; return its ARN. A change under way takes no other."""

        def handle(call: Progress) -> str:
            model = self._component(name, call.now)
            starts = copies > 0
            asked = 0 if model.status in _AT_ZERO else model.min_units or 1
            if copies == asked and model.status is not Status.HOSTING_FAILED:
                return self.arn(name)
            decide = decide_start if starts and model.status is not Status.HOSTED else decide_stop
            reply = decide(model.status, self.switches)
            if reply is CallReply.CONFLICT:
                raise make_invalid(f'Cannot update in-progress inference component "{self.arn(name)}".')
            if reply is CallReply.DO:
                self._change(model, copies, call)
            return self.arn(name)

        return self._answer(self.words.start, name, "", handle, caller=caller)

    def describe(self, name: str, *, caller: Caller = API) -> dict[str, Any]:
        """Return a component as the service describes it."""

        def handle(call: Progress) -> dict[str, Any]:
            model = self._component(name, call.now)
            word, changes = self.word(model), model.history()
            desired = 0 if model.status in _AT_ZERO else model.min_units or 1
            current = 1 if model.status is Status.STOPPING_HOSTING else model.serving
            shown = {
                "InferenceComponentName": name,
                "InferenceComponentArn": self.arn(name),
                "EndpointName": ENDPOINT,
                "EndpointArn": f"{self._place}:endpoint/{ENDPOINT}",
                "InferenceComponentStatus": _WORDS.get(word, word),
                "CreationTime": changes[0][0],
                "LastModifiedTime": changes[-1][0],
                "RuntimeConfig": {"DesiredCopyCount": desired, "CurrentCopyCount": current},
            }
            return shown | ({"FailureReason": model.message} if model.status is Status.HOSTING_FAILED else {})

        return self._answer(self.words.describe, name, "", handle, caller=caller)

    def list_components(
        self, token: str | None = None, size: int | None = None, *, caller: Caller = API
    ) -> ListPage[dict[str, Any]]:
        """Return one page of the components, by name."""

        def handle(call: Progress) -> ListPage[dict[str, Any]]:
            rows = []
            for model in self._fleet.models(call.now):
                word, changes = self.word(model), model.history()
                row = {"InferenceComponentName": model.project, "InferenceComponentArn": self.arn(model.project)}
                place = {"EndpointName": ENDPOINT, "EndpointArn": f"{self._place}:endpoint/{ENDPOINT}"}
                times = {"CreationTime": changes[0][0], "LastModifiedTime": changes[-1][0], "VariantName": "all"}
                rows.append(row | place | times | {"InferenceComponentStatus": _WORDS.get(word, word)})
            return cut_page(rows, lambda row: str(row["InferenceComponentName"]), token, size)

        return self._answer(Operation.LIST_COMPONENTS, None, None, handle, caller=caller)

    def invoke(self, name: str, payload: bytes, *, caller: Caller = API) -> bytes:
        """Return a made-up finding, the same for the same bytes; only a component with a copy that serves gives one."""

        def handle(call: Progress) -> bytes:
            model = self._fleet.find(name, "", call.now)
            if model is None or model.serving == 0:
                raise make_invalid(f"Endpoint {ENDPOINT} of account {self.account} with component {name} not found.")
            digest = hashlib.sha256(payload).digest()
            return json.dumps({"IsAnomalous": digest[0] % 2 == 1, "Confidence": 0.5 + digest[1] / 512}).encode()

        return self._answer(self.words.infer, name, "", handle, caller=caller)

    def set_instances(self, name: str, copies: int | None) -> None:
        """Let so many copies serve a component; the desired count stays. None: as many as desired."""
        self._component(name, self.now()).instances = copies

    def person_starts(self, project: str, version: str, units: int = 1) -> str:
        """Set the copies of a component as a person would; raises ServiceError if it cannot be."""
        del version
        return self.set_copies(project, units, caller=Caller(by="person"))

    def person_stops(self, project: str, version: str) -> None:
        """Set a component to no copies as a person would; raises ServiceError if it cannot be."""
        del version
        self.set_copies(project, 0, caller=Caller(by="person"))

    def arn(self, name: str) -> str:
        """Return a component's ARN."""
        return f"{self._place}:inference-component/{name.lower()}"

    @property
    def _place(self) -> str:
        return f"arn:aws:sagemaker:{self.region}:{self.account}"

    def _component(self, name: str, now: datetime) -> SimulatedModel:
        found = self._fleet.find(name, "", now)
        if found is None:
            raise ServiceError("ValidationException", f'Could not find inference component "{self.arn(name)}".')
        return found

    def _change(self, model: SimulatedModel, copies: int, call: Progress) -> None:
        if copies == 0:
            self._begin_stop(model, call.now)
        else:
            call.fault = self._begin_start(model, (copies, None), call.now) or call.fault
        call.changed_state = True
        call.answer = self.word(model)


def set_copies(service: ComponentService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out."""
    name, copies = given["InferenceComponentName"], given["DesiredRuntimeConfig"]["CopyCount"]
    return {"InferenceComponentArn": service.set_copies(name, copies, caller=caller)}


def describe_component(service: ComponentService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out."""
    return service.describe(given["InferenceComponentName"], caller=caller)


def list_components(service: ComponentService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out. It simulates no sorting and no filters."""
    found = service.list_components(given.get("NextToken"), given.get("MaxResults"), caller=caller)
    return {"InferenceComponents": list(found.rows)} | ({"NextToken": found.next_token} if found.next_token else {})


HANDLERS = {
    Operation.SET_COPIES: set_copies,
    Operation.DESCRIBE_COMPONENT: describe_component,
    Operation.LIST_COMPONENTS: list_components,
}
