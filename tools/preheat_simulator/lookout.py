"""Owns the simulated service: what each operation answers and changes, call by call.

A pure state machine: no sockets, no botocore, no clock or randomness of its own. A look carries transitions out, at the
instant they fell due, so a virtual month costs no more than its calls. It knows no wire format; `wire` does. Calls must
not overlap: one thread uses a service.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace

from preheat_simulator.core.account import view
from preheat_simulator.core.answering import Answering, Progress
from preheat_simulator.core.calls import API, Caller
from preheat_simulator.core.errors import ServiceError, make_conflict, make_invalid
from preheat_simulator.core.hosted import SimulatedModel
from preheat_simulator.core.pages import cut_page
from preheat_simulator.core.rules import CallReply, decide_start, decide_stop
from preheat_simulator.core.status import Operation, Status
from preheat_simulator.core.tokens import Parameters
from preheat_simulator.core.views import AnomalyVerdict, ListPage, ModelView, ProjectView

_IMAGE_TYPES = ("image/png", "image/jpeg")


class LookoutService(Answering):
    """The seven operations of one account, and its controls.

    Every operation takes `caller` for the call log and raises `ServiceError` with a modelled name. It raises
    `AnswerLost` if a fault drops the answer of a call that took place. `wire` checks shapes (lengths, patterns).
    """

    def start_model(
        self,
        project: str,
        version: str,
        min_units: int,
        max_units: int | None = None,
        token: str | None = None,
        *,
        caller: Caller = API,
    ) -> Status:
        """Begin to host a model; return its hosting status, or the first answer again for a token that is known."""

        def handle(call: Progress) -> Status:
            if max_units is not None and max_units < min_units:
                raise make_invalid(f"MaxInferenceUnits: {max_units} is less than MinInferenceUnits, {min_units}")
            model = self._fleet.model_to_run(project, version, call.now, self.switches.latest)
            parameters = (Operation.START_MODEL, project, model.version, min_units, max_units)

            def begin() -> None:
                call.fault = self._begin_start(model, (min_units, max_units), call.now) or call.fault

            reply = decide_start(model.status, self.switches)
            return self._once(call, model, token, parameters, turn=model.stops, reply=reply, begin=begin)

        return self._answer(Operation.START_MODEL, project, version, handle, caller=caller, token=token)

    def stop_model(self, project: str, version: str, token: str | None = None, *, caller: Caller = API) -> Status:
        """Begin to stop a model; return its hosting status, or the first answer again for a token that is known."""

        def handle(call: Progress) -> Status:
            model = self._fleet.model_to_run(project, version, call.now, self.switches.latest)
            parameters = (Operation.STOP_MODEL, project, model.version, None, None)
            reply = decide_stop(model.status, self.switches)
            return self._once(
                call,
                model,
                token,
                parameters,
                turn=model.starts,
                reply=reply,
                begin=lambda: self._begin_stop(model, call.now),
            )

        return self._answer(Operation.STOP_MODEL, project, version, handle, caller=caller, token=token)

    def describe_model(self, project: str, version: str, *, caller: Caller = API) -> ModelView:
        """Return a model as of now; `latest` is the highest version."""
        return self._answer(
            Operation.DESCRIBE_MODEL,
            project,
            version,
            lambda call: view(self._fleet.model(project, version, call.now)),
            caller=caller,
        )

    def list_models(
        self, project: str, next_token: str | None = None, max_results: int | None = None, *, caller: Caller = API
    ) -> ListPage[ModelView]:
        """Return one page of a project's models, by version; statuses are as old as the account's `list_lag`."""

        def handle(call: Progress) -> ListPage[ModelView]:
            self._fleet.project(project)
            seen_at = call.now - self.limits.list_lag
            rows = (
                replace(view(model), status=model.status_at(seen_at)) for model in self._fleet.models(call.now, project)
            )
            return cut_page(rows, lambda row: row.version.zfill(10), next_token, max_results)

        return self._answer(Operation.LIST_MODELS, project, None, handle, caller=caller)

    def list_projects(
        self, next_token: str | None = None, max_results: int | None = None, *, caller: Caller = API
    ) -> ListPage[ProjectView]:
        """Return one page of projects, by name."""
        return self._answer(
            Operation.LIST_PROJECTS,
            None,
            None,
            lambda _: cut_page(self._fleet.projects(), lambda row: row.name, next_token, max_results),
            caller=caller,
        )

    def describe_project(self, project: str, *, caller: Caller = API) -> ProjectView:
        """Return a project."""
        return self._answer(
            Operation.DESCRIBE_PROJECT, project, None, lambda _: self._fleet.project(project), caller=caller
        )

    def detect_anomalies(
        self, project: str, version: str, image: bytes, content_type: str, *, caller: Caller = API
    ) -> AnomalyVerdict:
        """Return a made-up verdict, the same for the same bytes; only a HOSTED model gives one."""

        def handle(call: Progress) -> AnomalyVerdict:
            if content_type not in _IMAGE_TYPES:
                raise make_invalid(f"ContentType: {content_type} is not accepted, it is {' or '.join(_IMAGE_TYPES)}")
            model = self._fleet.model(project, version, call.now)
            if model.status is not Status.HOSTED:
                raise make_conflict(f"Model {model.name} is {model.status}, only a HOSTED model detects", model.name)
            digest = hashlib.sha256(image).digest()
            return AnomalyVerdict(anomalous=digest[0] % 2 == 1, confidence=0.5 + digest[1] / 512)

        return self._answer(Operation.DETECT_ANOMALIES, project, version, handle, caller=caller)

    def person_starts(self, project: str, version: str, units: int = 1) -> Status:
        """Start a model as a person would, past faults and throttling; raises ServiceError if the service refuses."""
        return self.start_model(project, version, units, caller=Caller(by="person"))

    def person_stops(self, project: str, version: str) -> Status:
        """Stop a model as a person would, past faults and throttling; raises ServiceError if the service refuses."""
        return self.stop_model(project, version, caller=Caller(by="person"))

    def _once(
        self,
        call: Progress,
        model: SimulatedModel,
        token: str | None,
        parameters: Parameters,
        *,
        turn: int,
        reply: CallReply,
        begin: Callable[[], None],
    ) -> Status:
        """Carry a start or stop out once per token; this answers every other use of a token."""
        call.http_status = 202
        scope, after = self.switches.token_scope, self.switches.token_after_stop
        if token is not None:
            known = self._tokens.recall(token, parameters, turn=turn, now=call.now, scope=scope, after=after)
            if known is not None and known.parameters != parameters:
                raise self._refuse_change(token, model)
            if known is not None:
                call.answer, call.replayed = known.answer, True
                return Status(known.answer)
        if reply is CallReply.CONFLICT:
            raise make_conflict(f"Model {model.name} is {model.status}: {parameters[0]} is not possible", model.name)
        if reply is CallReply.DO:
            begin()
            call.changed_state = True
        # The answer's enumeration has no TRAINED: a stop that finds nothing to stop answers as if it had begun.
        status = Status.STOPPING_HOSTING if model.status is Status.TRAINED else model.status
        call.answer = status.value
        if token is not None:
            self._tokens.remember(token, parameters, status.value, turn=turn, now=call.now, scope=scope)
        return status

    def _refuse_change(self, token: str, model: SimulatedModel) -> ServiceError:
        message = f"ClientToken {token} was sent before with other parameters"
        code = self.switches.changed_parameters
        return make_conflict(message, model.name) if code == "ConflictException" else ServiceError(code, message)
