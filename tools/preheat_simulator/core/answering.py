"""Owns what surrounds every simulated call: the faults before and after it, the request rate, and its log entry.

It knows no operation: the caller passes the effect of a call.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from preheat_simulator.core.account import SimulatedAccount
from preheat_simulator.core.calls import API, Caller, LoggedCall
from preheat_simulator.core.errors import ServiceError, SimulatedAnswerLost, make_invalid
from preheat_simulator.core.faults import AFTER_EFFECT, BEFORE_CALL, REFUSALS, FaultKind, InjectedFault, make_refusal
from preheat_simulator.core.status import Operation


@dataclass(slots=True)
class Progress:
    """The facts of a call that appear during its handling."""

    now: datetime
    answer: str = "OK"
    http_status: int | None = 200
    changed_state: bool = False
    replayed: bool = False
    fault: FaultKind | None = None


class Answering(SimulatedAccount, ABC):
    """An account that answers calls."""

    @abstractmethod
    def person_starts(self, project: str, version: str, units: int = 1) -> object:
        """Start a model as a person would."""

    @abstractmethod
    def person_stops(self, project: str, version: str) -> object:
        """Stop a model as a person would."""

    def refuse(
        self,
        operation: Operation,
        project: str | None,
        version: str | None,
        token: str | None,
        *,
        message: str,
        caller: Caller = API,
    ) -> None:
        """Answer a call whose shape is wrong: logged, throttled and open to faults as any other; always raises."""

        def handle(_: Progress) -> None:
            raise make_invalid(message)

        self._answer(operation, project, version, handle, caller=caller, token=token)

    def _answer[Answer](
        self,
        operation: Operation,
        project: str | None,
        version: str | None,
        handle: Callable[[Progress], Answer],
        *,
        caller: Caller,
        token: str | None = None,
    ) -> Answer:
        """Handle one call between the faults before and after it, and log it."""
        call = Progress(self.now())
        answer: Answer | None = None
        error: ServiceError | None = None
        try:
            if caller.by == "api":
                self._meet_faults(operation, project, version, call)
            answer = handle(call)
        except ServiceError as raised:
            error = raised
        lost = False
        if (
            caller.by == "api"
            and self.faults
            and (fault := self.faults.take(AFTER_EFFECT, operation, project, version))
        ):
            call.fault = fault.kind
            lost = fault.kind is FaultKind.ANSWER_LOST
            error = error if lost else make_refusal(fault)
        if error is not None:
            core = error.code
            error = self._translate_error(error)
            call.answer, call.http_status = error.code, self.words.http.get(core, 400)
        self.call_log.add(
            LoggedCall(
                call.now,
                operation,
                project,
                version,
                token,
                caller.by,
                caller.invocation_id,
                caller.attempt,
                call.answer,
                None if lost else call.http_status,
                call.changed_state,
                call.replayed,
                call.fault,
            )
        )
        if lost:
            raise SimulatedAnswerLost(f"{operation}: the answer {call.answer} was lost")
        if error is not None:
            raise error
        return answer  # type: ignore[return-value]  # neither lost nor an error, so handle returned

    def _meet_faults(self, operation: Operation, project: str | None, version: str | None, call: Progress) -> None:
        """Let what comes before a call happen, then refuse the call if a fault or the request rate says so."""
        if self.faults:
            if fault := self.faults.take(BEFORE_CALL, operation, project, version):
                call.fault = fault.kind
                # A person who comes too late, or a model that is gone, changes nothing; the call itself goes on.
                with suppress(ServiceError):
                    self._happen(fault, project or "", version or "")
            if fault := self.faults.take(REFUSALS, operation, project, version):
                call.fault = fault.kind
                raise make_refusal(fault)
        if operation is not self.words.infer and not self._throttle.admits(operation, call.now):
            raise ServiceError(
                "ThrottlingException",
                f"More than {self.limits.calls_per_second:g} {operation} calls per second",
                QuotaCode="calls-per-second",
                ServiceCode=self.words.backend,
            )

    def _translate_error(self, error: ServiceError) -> ServiceError:
        """Return an error of the core in the service's words; only Lookout for Vision's have members of their own."""
        said = self.words.code(error.code)
        return error if not self.words.codes else ServiceError(said, error.message)

    def _happen(self, fault: InjectedFault, project: str, version: str) -> None:
        match fault.kind:
            case FaultKind.SYSTEM_UPDATING:
                self.system_update(project, version, fault.lasts)
            case FaultKind.DELETED:
                self.delete(project, version)
            case FaultKind.PERSON_STARTS:
                self.person_starts(project, version)
            case _:
                self.person_stops(project, version)
