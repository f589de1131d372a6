"""For each promise there is a backend function, as somebody could write it, that breaks it; the check finds each."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from tests.contracts.conftest import SIX

from preheat.adapters.hosting import function
from preheat.app.ports.errors import AnswerLost, HostingError
from preheat.domain.plan.plan import Backend, Idempotence, ModelId, Target, Units
from preheat.domain.record.attempt import Attempt, Call
from preheat_cli.backend.invoking import Invoked, LocalHandler, load_handler
from preheat_cli.backend.promises import (
    PREPARING,
    PROMPT,
    RUNNING,
    Checked,
    JudgedPromise,
    PromiseOutcome,
    check_promises,
)
from preheat_cli.backend.schemas import answer_schema, request_schema


class Service:
    """A function that keeps every promise: a start takes two looks, a stop one."""

    def __init__(self) -> None:
        self.status, self.serving, self.looks, self.starts = "stopped", 0, 0, 0

    def __call__(self, event: dict[str, Any], _context: object) -> Any:
        operation = event["operation"]
        if operation not in ("describe", "start", "stop"):
            return {"error": {"type": "invalid", "message": f"no operation {operation}"}}
        if event["parameters"].get("name") == "absent":
            return {"status": "gone"}
        return getattr(self, operation)(event)

    def describe(self, _event: dict[str, Any]) -> Any:
        self.looks += 1
        if self.status == "starting" and self.looks >= 2:
            self.status = "hosted"
        elif self.status == "stopping":
            self.status, self.serving = "stopped", 0
        return {"status": self.status, "serving": self.serving if self.status == "hosted" else None}

    def start(self, event: dict[str, Any]) -> Any:
        if self.status in ("stopped", "failed"):
            self.status, self.serving, self.looks = "starting", event["units"], 0
            self.starts += 1
        return {"status": self.status}

    def stop(self, _event: dict[str, Any]) -> Any:
        if self.status not in ("stopped", "stopping"):
            self.status = "stopping"
        return {"status": self.status}


def check(service: Callable[[dict[str, Any], object], Any], by: Idempotence = Idempotence.LEVEL) -> list[JudgedPromise]:
    waited = [0.0]

    def sleep(seconds: float) -> None:
        waited[0] += seconds

    parameters, absent = {"name": "weld"}, {"name": "absent"}
    minutes, pause = timedelta(minutes=10), timedelta(seconds=30)
    invoke = LocalHandler(service)
    clock = lambda: waited[0]  # noqa: E731 - one line
    really: Any = getattr(service, "really", service)
    is_healthy = lambda: bool(really.status == "hosted")  # noqa: E731 - one line
    checked = Checked(invoke, "weld", parameters, 2, by, minutes, pause, sleep, clock, absent, is_healthy)
    return list(check_promises(checked))


def test_a_function_that_keeps_every_promise_passes_and_is_left_stopped() -> None:
    service = Service()
    found = check(service)
    assert [one.promise for one in found] == [each.name for each in (*PREPARING, *RUNNING, PROMPT)]
    assert {one.outcome for one in found} == {PromiseOutcome.PASS}
    assert (service.status, service.starts) == ("stopped", 1)


class Crashes(Service):
    def describe(self, _event: dict[str, Any]) -> Any:
        raise KeyError("cluster")


class AnswersNothing(Service):
    def describe(self, _event: dict[str, Any]) -> Any:
        return None


class OwnWords(Service):
    def describe(self, event: dict[str, Any]) -> Any:
        return {"status": str(super().describe(event)["status"]).upper()}


class CountsByText(Service):
    def describe(self, event: dict[str, Any]) -> Any:
        return super().describe(event) | {"serving": "2"}


class StartsAtALook(Service):
    def describe(self, event: dict[str, Any]) -> Any:
        seen = super().describe(event)
        self.start({"units": 1})
        return seen


class DoesAnything(Service):
    def __call__(self, event: dict[str, Any], context: object) -> Any:
        known = event["operation"] in ("describe", "start", "stop")
        return super().__call__(event, context) if known else {"status": "stopped"}


class KnowsItsFields(Service):
    def __call__(self, event: dict[str, Any], context: object) -> Any:
        if "later_field" in event:
            return {"error": {"type": "invalid", "message": "unknown field"}}
        return super().__call__(event, context)


class FindsEverything(Service):
    def __call__(self, event: dict[str, Any], context: object) -> Any:
        return super().__call__(event | {"parameters": {}}, context)


class RefusesAStopAtRest(Service):
    def stop(self, event: dict[str, Any]) -> Any:
        if self.status == "stopped":
            return {"error": {"type": "invalid", "message": "not running"}}
        return super().stop(event)


class NeverStarts(Service):
    def start(self, _event: dict[str, Any]) -> Any:
        return {"error": {"type": "denied", "message": "no"}}


class RefusesARepeat(Service):
    def start(self, event: dict[str, Any]) -> Any:
        if self.status == "starting":
            return {"error": {"type": "invalid", "message": "it exists"}}
        return super().start(event)


class HangsInStarting(Service):
    def describe(self, event: dict[str, Any]) -> Any:
        self.looks = 0
        return super().describe(event)


class StartsTwice(Service):
    def start(self, event: dict[str, Any]) -> Any:
        self.serving += event["units"] if self.status == "starting" else 0
        return super().start(event)


class ServesTooLittle(Service):
    def describe(self, event: dict[str, Any]) -> Any:
        seen = super().describe(event)
        return seen | ({"serving": 1} if seen["status"] == "hosted" else {})


class RestartsWhatIsHosted(Service):
    def start(self, event: dict[str, Any]) -> Any:
        if self.status == "hosted":
            self.status = "stopping"
            return {"status": "stopping"}
        return super().start(event)


class NeverStops(Service):
    def stop(self, _event: dict[str, Any]) -> Any:
        return {"status": "stopping"}


class StopsOnce(Service):
    def stop(self, event: dict[str, Any]) -> Any:
        if self.status == "stopping":
            return {"error": {"type": "gone", "message": "no such thing"}}
        return super().stop(event)


class ComesBack(Service):
    def describe(self, event: dict[str, Any]) -> Any:
        seen = super().describe(event)
        if self.starts and self.status == "stopped":
            self.status = "starting"
        return seen


class SaysHostedAtOnce(Service):
    """Another keeps the model; this one reports what it wishes."""

    def __init__(self) -> None:
        super().__init__()
        self.really = Service()

    def start(self, event: dict[str, Any]) -> Any:
        self.really.start(event)
        self.status, self.serving = "hosted", event["units"]
        return {"status": "starting"}


class SaysStoppedAtOnce(Service):
    def __init__(self) -> None:
        super().__init__()
        self.really = Service()

    def describe(self, event: dict[str, Any]) -> Any:
        self.really.describe(event)
        return super().describe(event)

    def start(self, event: dict[str, Any]) -> Any:
        self.really.start(event)
        return super().start(event)


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        (Crashes, "it answers a look"),
        (AnswersNothing, "it answers a look"),
        (OwnWords, "it answers a look"),
        (CountsByText, "it answers a look"),
        (StartsAtALook, "a look changes nothing"),
        (DoesAnything, "it refuses an unknown operation"),
        (KnowsItsFields, "it ignores an unknown field"),
        (FindsEverything, "it reports what does not exist"),
        (RefusesAStopAtRest, "a stop at rest does no harm"),
        (NeverStarts, "it accepts a start"),
        (RefusesARepeat, "the same start again is one start"),
        (HangsInStarting, "a start becomes hosted"),
        (StartsTwice, "it serves as much as it started"),
        (ServesTooLittle, "it serves as much as it started"),
        (RestartsWhatIsHosted, "a start of a hosted model does no harm"),
        (NeverStops, "a stop becomes stopped"),
        (StopsOnce, "the same stop again does no harm"),
        (ComesBack, "a stopped model stays stopped"),
        (SaysHostedAtOnce, "what it reports as hosted answers"),
        (SaysStoppedAtOnce, "what it reports as stopped does not answer"),
    ],
)
def test_each_promise_is_found_broken(kind: type[Service], promise: str) -> None:
    found = check(kind())
    broken = [one for one in found if one.outcome is PromiseOutcome.FAIL]
    assert promise in [one.promise for one in broken]
    assert all(one.means and one.seen for one in broken)


def test_nothing_is_started_through_a_function_that_cannot_be_read() -> None:
    service = Crashes()
    assert check(service)[-1].outcome is PromiseOutcome.SKIP
    assert service.starts == 0


def test_a_model_that_is_in_use_is_left_alone() -> None:
    service = Service()
    service.status, service.serving = "hosted", 2
    found = check(service)
    assert next(one.promise for one in found if one.outcome is PromiseOutcome.FAIL) == "it begins with a stopped model"
    assert service.starts == 0


def test_the_model_is_stopped_though_a_promise_is_broken_in_between() -> None:
    service = HangsInStarting()
    check(service)
    assert service.status in ("stopped", "stopping")


def test_a_repeat_under_a_token_is_the_same_call_and_must_be_accepted() -> None:
    class Conflicts(Service):
        def start(self, event: dict[str, Any]) -> Any:
            if self.status != "stopped":
                return {"error": {"type": "wrong_state", "message": "it exists"}}
            return super().start(event)

    assert all(one.outcome is PromiseOutcome.PASS for one in check(Conflicts(), Idempotence.NAME))
    broken = [one.promise for one in check(Conflicts(), Idempotence.TOKEN) if one.outcome is PromiseOutcome.FAIL]
    assert broken == ["the same start again is one start"]


def test_a_slow_answer_is_found() -> None:
    service = Service()

    def slowly(request: dict[str, Any]) -> Invoked:
        return Invoked(json.dumps(service(request, None)).encode(), seconds=14.0)

    parameters = {"name": "weld"}
    checked = Checked(
        slowly, "weld", parameters, 1, Idempotence.LEVEL, timedelta(1), timedelta(0), lambda _: None, lambda: 0.0, None
    )
    assert list(check_promises(checked))[-1].outcome is PromiseOutcome.FAIL


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "hosted", "serving": 2},
        {"status": "failed", "detail": "no room", "no_capacity": True},
        {"status": "gone"},
        {"error": {"type": "quota", "message": "full"}},
        {"status": "hosted", "serving": -1},
        {"status": "hosted", "serving": 1.5},
        {"serving": 1},
        {},
        {"error": "quota"},
        {"error": {"type": "full", "message": "no room"}},
    ],
)
def test_the_published_answer_is_what_the_adapter_accepts(answer: dict[str, Any]) -> None:
    try:
        function.read_answer("describe", json.dumps(answer).encode())
        accepted = True
    except AnswerLost:
        accepted = False
    except HostingError:
        accepted = True  # a typed error
    assert accepted is jsonschema.Draft202012Validator(answer_schema()).is_valid(answer)


def test_every_request_is_as_published() -> None:
    target = Target(
        "arn:aws:lambda:eu-central-1:111122223333:function:a",
        "weld",
        Backend.FUNCTION,
        parameters='{"cluster":"vision"}',
    )
    start = Attempt.intend(
        ModelId("weld"), Call.START, generation=3, demand_start=SIX, target=target, units=Units(2), now=SIX
    )
    valid = jsonschema.Draft202012Validator(request_schema())
    assert valid.is_valid(function.make_request("describe", target))
    assert valid.is_valid(function.make_request("start", target, start))
    assert not valid.is_valid(function.make_request("start", target))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("none.py", "there is no file none.py"),
        ("no_such_module:handler", "Python cannot import it"),
        ("json:nothing", "has no function nothing"),
    ],
)
def test_a_handler_that_is_not_there_is_named(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        load_handler(text)
