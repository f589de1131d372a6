"""Questions that no document about AWS answers, but a live test: for each, the simulator switch or sentence it decides.

Pure: reads what the test saw. Knows neither services nor a terminal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from preheat.domain.plan.plan import Backend
from preheat.domain.record.record import Action, LedgerEntry, Phase
from preheat_cli.doctor.facts import Unanswered
from preheat_cli.doctor.live import LiveRun
from preheat_cli.views import show


@dataclass(frozen=True, slots=True)
class LiveFacts:
    """The facts of a live test, and CloudWatch's metrics of its time; None: nobody asked CloudWatch."""

    run: LiveRun
    backend: Backend
    metrics: float | Unanswered | None = None  # values of TimeToHosted
    loops_stopped: float | Unanswered | None = None  # RecursiveInvocationsDropped of reconcile


@dataclass(frozen=True, slots=True)
class UnknownAnswer:
    """A question, how a test answers it, what the answer decides, and how to find out if the test did not show it."""

    question: str
    answer: Callable[[LiveFacts], str]  # empty: not seen in this test
    decides: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """One question with its answer; empty: still open."""

    question: str
    answer: str
    decides: str
    otherwise: str


def answer_all(facts: LiveFacts) -> list[LiveAnswer]:
    """Return every question with what the test says of it."""
    return [LiveAnswer(one.question, one.answer(facts), one.decides, one.otherwise) for one in UNKNOWNS]


def _span(run: LiveRun, begin: Action, end: Phase) -> str:
    first = next((entry for entry in run.entries if entry.action is begin), None)
    last = next((entry for entry in run.entries if entry.to_phase is end and first and entry.at > first.at), None)
    return "" if first is None or last is None else show.duration(last.at - first.at)


def _start(facts: LiveFacts) -> str:
    return _span(facts.run, Action.START, Phase.HOSTED)


def _stop(facts: LiveFacts) -> str:
    return _span(facts.run, Action.STOP, Phase.IDLE)


def _early_stop(facts: LiveFacts) -> str:
    """The test asked for a stop while the model was starting, if it never was ready."""
    entries = facts.run.entries
    stop = next((entry for entry in entries if entry.action is Action.STOP), None)
    if stop is None or stop.from_phase is not Phase.STARTING:
        return ""
    refused = _refusal(entries, after=stop)
    return f"refused: {refused.reason}" if refused is not None else "accepted"


def _refusal(entries: list[LedgerEntry], *, after: LedgerEntry) -> LedgerEntry | None:
    return next((one for one in entries if one.action is Action.REFUSE and one.sequence > after.sequence), None)


def _sender(facts: LiveFacts) -> str:
    return facts.run.hold.requester if facts.run.hold is not None else ""


def _capacity(facts: LiveFacts) -> str:
    short = next((entry for entry in facts.run.entries if entry.action is Action.CAPACITY), None)
    return short.reason if short is not None else ""


def _scaling(facts: LiveFacts) -> str:
    found = [entry.reason for entry in facts.run.entries if "scalable target" in entry.reason]
    return found[-1] if found else ""


def _count(answer: float | Unanswered | None, some: str, none: str) -> str:
    if answer is None or isinstance(answer, Unanswered):
        return ""
    return f"{some} ({answer:g})" if answer else none


def _metrics(facts: LiveFacts) -> str:
    if not facts.run.ready:
        return ""
    return _count(facts.metrics, "they arrive", "none arrived")


def _loops(facts: LiveFacts) -> str:
    return _count(facts.loops_stopped, "Lambda stopped some", "Lambda stopped none")


def _never(_: LiveFacts) -> str:
    return ""


UNKNOWNS: Final = (
    UnknownAnswer(
        "How long does a start take?", _start, "--start-latency of the simulator; README, first section", "run it again"
    ),
    UnknownAnswer(
        "How long does a stop take?", _stop, "--stop-latency of the simulator; docs/lead-time.md", "run it again"
    ),
    UnknownAnswer(
        "Does the service accept a stop while the model starts?",
        _early_stop,
        "the switch stop_while_starting=allow or conflict of the simulator",
        "press Ctrl-C while the model starts",
    ),
    UnknownAnswer(
        "Under which id does SQS show the sender of a request?",
        _sender,
        "docs/requests.md, who may send; AdminRoles of the template",
        "send a request from a role",
    ),
    UnknownAnswer(
        "What does the service say if it has no capacity?",
        _capacity,
        "the reason of the fault capacity of the simulator; docs/backends.md",
        "wait for a shortage; the ledger keeps the words",
    ),
    UnknownAnswer(
        "Does scaling survive a stop and a start?",
        _scaling,
        "docs/backends.md, endpoints that scale",
        "test an endpoint with a scalable target, twice",
    ),
    UnknownAnswer("Do embedded metrics arrive?", _metrics, "docs/telemetry.md", "read TimeToHosted in CloudWatch"),
    UnknownAnswer(
        "Does Lambda take the messages of reconcile to itself for a loop?",
        _loops,
        "RecursiveLoop of the template; docs/alarms.md",
        "read RecursiveInvocationsDropped of reconcile in CloudWatch",
    ),
    UnknownAnswer(
        "From when does the service bill?",
        _never,
        "the switch billing_start=start or hosted of the simulator",
        "compare the bill of this day with `preheat report`",
    ),
    UnknownAnswer(
        "Does EventBridge deliver late models to the topic?",
        _never,
        "AlarmsTopicPolicy of the template; docs/alarms.md",
        "hold a model for one minute from now: it is late, and a mail must come",
    ),
    UnknownAnswer(
        "Does a redriven request keep its sender?",
        _never,
        "docs/runbook.md, rejected requests",
        "redrive a message of the request dead-letter queue",
    ),
    UnknownAnswer(
        "Is a deletion denied if the endpoint is gone and the right depends on its tag?",
        _never,
        "docs/backends.md, absent means done",
        "delete the endpoint by hand in the minute before its stop",
    ),
)
