"""The promises of a backend function, checked in order by its own answers: one start and one stop of one model.

Owns each promise's name and the meaning of its failure. It always stops the model at the end. Knows neither how a
request travels nor how to print a result.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from preheat.adapters.hosting import function
from preheat.adapters.hosting.calling import INVOKE_CONFIG
from preheat.app.ports.errors import HostingError
from preheat.domain.plan.plan import Idempotence
from preheat_cli.backend.invoking import Invoker

SLOW_SECONDS: Final = float(INVOKE_CONFIG.read_timeout)
TOKEN: Final = "preheat-check-start-1"  # noqa: S105 - opens nothing
SAME_TWICE: Final = 3  # looks that must agree
NO_HEALTH: Final = "skipped: name a health check of the model with --health to check this"


class PromiseOutcome(StrEnum):
    """The result for one promise."""

    PASS = "PASS"  # noqa: S105 - a word of the report
    FAIL = "FAIL"
    SKIP = "SKIP"


@dataclass(frozen=True, slots=True)
class JudgedPromise:
    """One promise, and its result. `means`: of a failure, what Preheat would make of it."""

    promise: str
    outcome: PromiseOutcome
    seen: str
    means: str = ""


class BrokenPromiseError(Exception):
    """The function broke a promise."""


@dataclass
class Checked:
    """One model of the function under check, and the time in which it has to start and to stop.

    `sleep` waits, `clock` counts seconds; both are the caller's. `is_healthy` asks the model itself, past the function.
    """

    invoke: Invoker
    model: str
    parameters: Mapping[str, Any]
    units: int
    idempotent_by: Idempotence
    within: timedelta
    poll: timedelta
    sleep: Callable[[float], None]
    clock: Callable[[], float]
    absent: Mapping[str, Any] | None = None
    is_healthy: Callable[[], bool] | None = None
    slowest: float = field(default=0.0, init=False)

    def ask(self, operation: str, **more: Any) -> Mapping[str, Any]:
        """Send one request; return its answer.

        Raises:
            BrokenPromiseError: there is no answer of the contract.
            HostingError: the typed error that the answer holds.
        """
        request = {"version": function.CONTRACT, "operation": operation, "model": self.model}
        request |= {"parameters": dict(self.parameters)} | more
        invoked = self.invoke(request)
        self.slowest = max(self.slowest, invoked.seconds)
        if invoked.failure:
            raise BrokenPromiseError(invoked.failure)
        if _is_typed_error(invoked.body):
            function.read_answer(operation, invoked.body)
        try:
            return function.read_answer(operation, invoked.body)
        except HostingError as error:
            raise BrokenPromiseError(str(error)) from error

    def describe(self) -> tuple[str, int | None]:
        """Return the status of a look, and how much serves."""
        try:
            answer = self.ask("describe")
        except HostingError as error:
            raise BrokenPromiseError(f"describe answered {error.answer}: {error}") from error
        status = str(answer["status"])
        if status not in function.STATUSES:
            raise BrokenPromiseError(f"status {status!r} is none of {', '.join(function.STATUSES)}")
        return status, answer.get("serving")

    def call(self, operation: str, *, attempt: int = 1) -> str:
        """Start or stop; return the answer: `accepted`, or the type of the error."""
        token = TOKEN if operation == "start" else TOKEN.replace("start", "stop")
        given = {"units": self.units, "client_token": f"{token}-{attempt}", "attempt": attempt}
        try:
            self.ask(operation, **given)
        except HostingError as error:
            return f"{error.answer}"
        return "accepted"


def _is_typed_error(body: bytes) -> bool:
    """Return whether an answer is an error of the contract, of a type that it has."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    error = answer.get("error") if isinstance(answer, dict) else None
    return isinstance(error, dict) and isinstance(error.get("type"), str) and error["type"] in function.ERROR_TYPES


def check_promises(checked: Checked) -> Iterator[JudgedPromise]:
    """Yield each promise after its check; if one of the preparing ones fails, start nothing."""
    ready = True
    for promise in PREPARING:
        found = _check(promise, checked)
        ready = ready and found.outcome is not PromiseOutcome.FAIL
        yield found
    if not ready:
        yield JudgedPromise("starts and stops", PromiseOutcome.SKIP, "no start, because a look is not right yet")
        return
    try:
        for promise in RUNNING:
            yield _check(promise, checked)
    finally:
        _leave_stopped(checked)
    yield _check(PROMPT, checked)


def _leave_stopped(checked: Checked) -> None:
    """Stop the model once more, whatever it is in: a check must leave nothing that bills."""
    try:
        if checked.describe()[0] not in ("stopped", "stopping"):
            checked.call("stop", attempt=9)
    except BrokenPromiseError:
        return


@dataclass(frozen=True, slots=True)
class BackendPromise:
    """One promise: its name, its check, and what its failure would mean. `check` returns what it saw."""

    name: str
    check: Callable[[Checked], str]
    means: str


def _check(promise: BackendPromise, checked: Checked) -> JudgedPromise:
    try:
        seen = promise.check(checked)
    except BrokenPromiseError as error:
        return JudgedPromise(promise.name, PromiseOutcome.FAIL, str(error), promise.means)
    if seen.startswith("skipped: "):
        return JudgedPromise(promise.name, PromiseOutcome.SKIP, seen.removeprefix("skipped: "))
    return JudgedPromise(promise.name, PromiseOutcome.PASS, seen)


def _must(good: bool, seen: str, kept: str = "") -> str:
    """Return `seen`, or `kept` in its place. Raises BrokenPromiseError if it is not good."""
    if not good:
        raise BrokenPromiseError(seen)
    return kept or seen


def _look(checked: Checked) -> str:
    status, serving = checked.describe()
    return f"describe: {status}" + (f", serving {serving}" if serving is not None else "")


def _is_stopped(checked: Checked) -> str:
    status, _ = checked.describe()
    return _must(status == "stopped", f"describe: {status}")


def _look_changes_nothing(checked: Checked) -> str:
    seen = [checked.describe()[0] for _ in range(SAME_TWICE)]
    return _must(set(seen) == {"stopped"}, f"{SAME_TWICE} looks in a row: {', '.join(seen)}")


def _unknown_operation(checked: Checked) -> str:
    try:
        checked.ask("hibernate")
    except HostingError as error:
        return _must(str(error.answer) == "invalid", f"answers an unknown operation with {error.answer}")
    raise BrokenPromiseError("accepts an unknown operation")


def _unknown_field(checked: Checked) -> str:
    try:
        answer = checked.ask("describe", later_field={"any": 1})
    except HostingError as error:
        raise BrokenPromiseError(f"answers a field of a later version with {error.answer}: {error}") from error
    return f"a look with a field of a later version: {answer['status']}"


def _absent(checked: Checked) -> str:
    if checked.absent is None:
        return "skipped: name the parameters of something absent with --absent to check this"
    there = checked.parameters
    checked.parameters = checked.absent
    try:
        answer = checked.ask("describe")
        seen = str(answer["status"])
    except HostingError as error:
        seen = str(error.answer)
    finally:
        checked.parameters = there
    return _must(seen in ("gone", "unfit"), f"answers {seen} for the parameters of --absent")


def _stop_at_rest(checked: Checked) -> str:
    said = checked.call("stop")
    status, _ = checked.describe()
    seen = f"stop: {said}, then {status}"
    return _must(said in ("accepted", "wrong_state") and status in ("stopped", "stopping"), seen)


def _start(checked: Checked) -> str:
    said = checked.call("start")
    return _must(said == "accepted", f"start: {said}")


def _start_again(checked: Checked) -> str:
    """The very same call, as Preheat sends it after an answer was lost."""
    said = checked.call("start")
    accepted = ("accepted", "wrong_state") if checked.idempotent_by is not Idempotence.TOKEN else ("accepted",)
    return _must(said in accepted, f"the same start again: {said}; accepted: {' or '.join(accepted)}")


def _becomes_hosted(checked: Checked) -> str:
    took, _ = _wait_for(checked, "hosted", allowed={"starting", "busy", "hosted", "stopped"})
    return f"hosted after {took:.0f} s"


def _wait_for(checked: Checked, wanted: str, allowed: set[str]) -> tuple[float, int | None]:
    begun, seen = checked.clock(), [""]
    while True:
        status, serving = checked.describe()
        if status != seen[-1]:
            seen.append(status)
        took = checked.clock() - begun
        if status == wanted:
            return took, serving
        way = ", ".join(seen[1:])
        if status not in allowed:
            raise BrokenPromiseError(f"seen on the way to {wanted}: {way}")
        if took >= checked.within.total_seconds():
            raise BrokenPromiseError(f"not {wanted} after {took:.0f} s; seen: {way}")
        checked.sleep(checked.poll.total_seconds())


def _serves_what_was_started(checked: Checked) -> str:
    """After two starts: the serving copies show whether they were one."""
    status, serving = checked.describe()
    if serving is None:
        return _must(status == "hosted", f"describe: {status}, without a count of what serves")
    return _must(serving == checked.units, f"serving {serving} of {checked.units}, after the same start twice")


def _start_while_hosted(checked: Checked) -> str:
    said = checked.call("start", attempt=2)
    status, serving = checked.describe()
    seen = f"start: {said}, then {status}"
    more = serving is not None and serving > checked.units
    return _must(said in ("accepted", "wrong_state") and status in ("hosted", "starting", "busy") and not more, seen)


def _stop(checked: Checked) -> str:
    said = checked.call("stop", attempt=2)
    return _must(said == "accepted", f"stop: {said}")


def _stop_again(checked: Checked) -> str:
    said = checked.call("stop", attempt=2)
    return _must(said in ("accepted", "wrong_state"), f"the same stop again: {said}")


def _becomes_stopped(checked: Checked) -> str:
    took, _ = _wait_for(checked, "stopped", allowed={"hosted", "stopping", "busy", "stopped", "starting"})
    return f"stopped after {took:.0f} s"


def _stays_stopped(checked: Checked) -> str:
    seen = []
    for _ in range(SAME_TWICE):
        checked.sleep(checked.poll.total_seconds())
        seen.append(checked.describe()[0])
    return _must(set(seen) == {"stopped"}, f"{SAME_TWICE} looks after the stop: {', '.join(seen)}")


def _answers_when_hosted(checked: Checked) -> str:
    """Ask the model itself: only this finds a function that reports `hosted` too early."""
    if checked.is_healthy is None:
        return NO_HEALTH
    return _must(
        checked.is_healthy(), "the function reports hosted, and the health check fails", "the health check succeeds"
    )


def _silent_when_stopped(checked: Checked) -> str:
    if checked.is_healthy is None:
        return NO_HEALTH
    seen = "the function reports stopped, and the health check still succeeds"
    return _must(not checked.is_healthy(), seen, "the health check fails")


def _prompt(checked: Checked) -> str:
    return _must(checked.slowest < SLOW_SECONDS, f"the slowest answer took {checked.slowest:.1f} s")


PREPARING: Final = (
    BackendPromise("it answers a look", _look, "Preheat cannot read the model, so it never starts or stops it"),
    BackendPromise(
        "it begins with a stopped model", _is_stopped, "stop the model, or name another one with --parameters"
    ),
    BackendPromise(
        "a look changes nothing", _look_changes_nothing, "Preheat looks often, and each look would start the model"
    ),
    BackendPromise(
        "it refuses an unknown operation", _unknown_operation, "it could misunderstand a later release of Preheat"
    ),
    BackendPromise("it ignores an unknown field", _unknown_field, "it could not work with a later release of Preheat"),
    BackendPromise("it reports what does not exist", _absent, "nobody would notice a wrong name in the plant file"),
    BackendPromise("a stop at rest does no harm", _stop_at_rest, "after a lost answer Preheat may repeat a stop"),
)
RUNNING: Final = (
    BackendPromise("it accepts a start", _start, "the model would miss its shifts"),
    BackendPromise(
        "the same start again is one start", _start_again, "after a lost answer Preheat repeats the very same call"
    ),
    BackendPromise("a start becomes hosted", _becomes_hosted, "the model would be late each time"),
    BackendPromise(
        "it serves as much as it started",
        _serves_what_was_started,
        "you would pay for two starts, or too little serves",
    ),
    BackendPromise(
        "what it reports as hosted answers", _answers_when_hosted, "the shift would begin before the model can serve"
    ),
    BackendPromise(
        "a start of a hosted model does no harm", _start_while_hosted, "somebody else may have started the model"
    ),
    BackendPromise("it accepts a stop", _stop, "the model would run on, and cost money"),
    BackendPromise(
        "the same stop again does no harm", _stop_again, "after a lost answer Preheat repeats the very same call"
    ),
    BackendPromise("a stop becomes stopped", _becomes_stopped, "the model would run on, and cost money"),
    BackendPromise("a stopped model stays stopped", _stays_stopped, "Preheat checks next before the next shift"),
    BackendPromise(
        "what it reports as stopped does not answer", _silent_when_stopped, "the model would run on, and cost money"
    ),
)
PROMPT: Final = BackendPromise(
    "it answers in time", _prompt, f"after {SLOW_SECONDS:.0f} s Preheat gives up, and counts the answer as lost"
)
