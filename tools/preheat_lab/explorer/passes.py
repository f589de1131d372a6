"""One worker's pass, advanced by one remote call at a time, by running the real `reconcile` again from its start.

A pass is a deterministic function of the answers to its remote calls. To find its next call, the explorer runs it on
ports that give the recorded answers and stop it at the first call beyond them. It runs every distinct history once. If
somebody can guess the answer to that call, the run goes on with it, and the calls after it are known too. Knows nothing
of the world that answers.

A pass that lost a write begins again and remembers only how many it has lost. So a history is that number and the
answers since.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from preheat.app.ports.errors import HostingError, PreheatError, StaleRecord
from preheat.app.ports.records import Guarded, Guards
from preheat.app.ports.remote import Remote
from preheat.app.ports.requests import Basis
from preheat.app.reconcile import reconcile as of_a_pass
from preheat.app.reconcile.reconcile import WRITES_LOST_MAX, Result, reconcile
from preheat.domain.decision.situation import Decision, Situation
from preheat.domain.demand.pieces import list_subjects
from preheat.domain.demand.request import Standings, Subject
from preheat.domain.plan.plan import Target
from preheat.domain.record.attempt import Attempt, Call
from preheat.domain.record.record import LedgerEntry, ModelRecord
from preheat_lab.explorer.scenario import MODEL

LOAD, PLANNED, DESCRIBE, SAVE, START, STOP, CLOCK, DONE, GATE, COUNT, OPEN, CLOSE, STANDINGS = range(13)
SCALING, RESTORE = 13, 14
KINDS = (
    "load",
    "read_planned",
    "describe",
    "save",
    "start",
    "stop",
    "clock",
    "done",
    "gate",
    "count",
    "open",
    "close",
    "read_standings",
    "read_scaling",
    "restore_scaling",
)
GLANCING = WRITES_LOST_MAX + 1  # in place of the number of lost writes, of a pass whose message asks for a glance
ACCEPTED = frozenset({SAVE, START, STOP, OPEN, CLOSE, RESTORE})  # most often, the write wins and the call is accepted
OF_CALL = {Call.START: START, Call.STOP: STOP, Call.OPEN: OPEN, Call.CLOSE: CLOSE}


class RemoteCall(NamedTuple):
    """The next remote call of a pass: its kind and what it hands over. DONE carries the result of the pass."""

    kind: int
    record: ModelRecord | None = None
    entry: LedgerEntry | None = None
    attempt: Attempt | None = None
    target: Target | None = None
    subject: Subject | None = None
    guards: tuple[tuple[Subject | Guarded, int], ...] = ()
    result: Result | None = None


# Returns the likely answer to a call, if the caller has one.
type Guess = Callable[[RemoteCall], Guessed | None]


class Guessed(NamedTuple):
    """A likely answer."""

    answer: Any


class Suspended(BaseException):
    """The pass has reached a call without an answer. Not an Exception: no handler of the pass may catch it."""

    def __init__(self, request: RemoteCall) -> None:
        super().__init__()
        self.request = request


class ValueNumbers:
    """Numbers for the values in answers and states: equal values, equal numbers."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self._values: list[Any] = []

    def number(self, value: Any) -> int:
        """Return the number of a value; an error counts by its class, and by whether a retry had an answer."""
        key: Any = (type(value), getattr(value, "retried", False)) if isinstance(value, Exception) else value
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._values)
            self._values.append(value)
        return number

    def __getitem__(self, number: int) -> Any:
        return self._values[number]

    def __len__(self) -> int:
        return len(self._values)


class _Answers:
    """All ports of one run: they answer from the history, and suspend the pass where it ends."""

    def __init__(self, answers: list[Any], guess: Guess | None, *, requests: bool) -> None:
        self._answers = answers
        self._guess = guess
        self._requests = requests
        # Each call beyond the history, with the answers guessed before it.
        self.met: list[tuple[tuple[Any, ...], RemoteCall]] = []
        self.guessed: list[Any] = []  # the likely answers to these calls, as far as the run went on with them
        self._next = 0
        self._last = LOAD
        self._now: datetime | None = None
        self._saved: ModelRecord | None = None

    def _ask(self, request: RemoteCall) -> Any:
        if self._next == len(self._answers):
            if request.kind == CLOCK and self._last == SAVE:
                return self._now  # The pass only asks when to send itself its next message: see `enqueue`.
            self._answers.append(self._go_on(request))
        answer = self._answers[self._next]
        self._next += 1
        self._last = request.kind
        if request.kind == CLOCK:
            self._now = answer
        if isinstance(answer, HostingError):
            raise type(answer)(*answer.args, retried=answer.retried)
        if isinstance(answer, PreheatError):
            raise type(answer)(*answer.args)
        return answer

    def _go_on(self, request: RemoteCall) -> Any:
        """Return the likely answer to a call beyond the history; without one, the pass ends here."""
        self.met.append((tuple(self.guessed), request))
        if request.kind in ACCEPTED:
            answer = None
        elif request.kind == CLOCK and self._now is not None:
            answer = self._now
        elif self._guess is not None and (guessed := self._guess(request)) is not None:
            answer = guessed.answer
        else:
            raise Suspended(request)
        self.guessed.append(answer)
        return answer

    def name_answers(self) -> tuple[int, ...]:
        """Return a name for the answers so far: equal ones are one object in the values, which keep them all."""
        return tuple(map(id, self._answers[: self._next]))

    def now(self) -> datetime:
        return self._ask(RemoteCall(CLOCK))  # type: ignore[no-any-return]  # the history holds the answers

    def load(self, _: Any) -> Any:
        return self._ask(RemoteCall(LOAD))

    def read_planned(self, _: Any) -> Any:
        return self._ask(RemoteCall(PLANNED))

    def read_basis(self, model_id: Any, after: Any) -> Basis:
        """On DynamoDB this is one call that may answer in any order. Here the plan comes first, then the requests."""
        planned = self.read_planned(model_id)
        subjects = list_subjects(planned.model) if planned.model is not None else ()
        return Basis(planned, {subject: self.read_standings(subject, after) for subject in subjects})

    def describe(self, target: Target | str) -> Any:
        if isinstance(target, str):
            return self._ask(RemoteCall(GATE))
        return self._ask(RemoteCall(DESCRIBE, target=target))

    def count(self, _: Any) -> Any:
        return self._ask(RemoteCall(COUNT))

    def open(self, _: Any) -> None:
        self._ask(RemoteCall(OPEN, attempt=self._change()))

    def close(self, _: Any) -> None:
        self._ask(RemoteCall(CLOSE, attempt=self._change()))

    def _change(self) -> Attempt | None:
        gate = self._saved.gate if self._saved is not None else None
        return gate.attempt if gate is not None else None

    def read_standings(self, subject: Subject, _: Any) -> Standings:
        """Without requests in the scenario, nothing is active, and the read makes no difference."""
        return self._ask(RemoteCall(STANDINGS, subject=subject)) if self._requests else Standings()

    def save(self, record: ModelRecord, entry: LedgerEntry | None, guards: Guards) -> Any:
        answer = self._ask(RemoteCall(SAVE, record=record, entry=entry, guards=tuple(guards.items())))
        self._saved = record
        return record if answer is None else answer

    def start(self, attempt: Attempt) -> None:
        self._ask(RemoteCall(START, attempt=attempt))

    def stop(self, attempt: Attempt) -> None:
        self._ask(RemoteCall(STOP, attempt=attempt))

    def read(self, target: Target, _: Any) -> Any:
        return self._ask(RemoteCall(SCALING, target=target))

    def restore(self, target: Target, _: str) -> None:
        self._ask(RemoteCall(RESTORE, target=target))

    def enqueue(self, *_: Any, **__: Any) -> None:
        """A work message may come at any time in the explorer: what the pass sends changes nothing."""


class Passes:
    """Every pass that was ever needed, by its history."""

    def __init__(self, values: ValueNumbers, *, requests: bool = False, scaling: bool = False) -> None:
        """`scaling`: the program reads and restores what an endpoint scales by."""
        self.values = values
        self._requests = requests
        self._scaling = scaling
        self.runs = 0
        self._known: dict[int, dict[tuple[int, ...], RemoteCall]] = defaultdict(dict)
        self._decided: dict[tuple[int, ...], Decision] = {}  # by the answers, as the values' own objects
        self._lost: tuple[tuple[int, ...], ...] = ((),)

    def next_call(self, losses: int, answers: tuple[int, ...], guess: Guess | None = None) -> RemoteCall:
        """Return what the pass does next, once it has lost `losses` writes and got `answers` since.

        GLANCING in place of `losses`: its message asks for a glance.
        """
        request = self._known[losses].get(answers)
        return request if request is not None else self._run(losses, answers, guess)

    def _run(self, losses: int, answers: tuple[int, ...], guess: Guess | None) -> RemoteCall:
        """Run the pass; keep its next call, and those that follow the likely answers to it."""
        self.runs += 1
        lost = self._lost[losses] if losses != GLANCING else ()
        history = [self.values[number] for number in (*lost, *answers)]
        ports = _Answers(history, guess, requests=self._requests)
        scaling = ports if self._scaling else None
        remote = Remote(ports, ports, ports, ports, "worker", ports, ports, scaling)  # type: ignore[arg-type]  # one object plays all ports
        names = vars(of_a_pass)
        decide: Callable[[Situation], Decision] = names["decide"]

        def decide_once(situation: Situation) -> Decision:
            """Decide as the pass does; the same answers so far lead to the same decision."""
            key = ports.name_answers()
            decision = self._decided.get(key)
            if decision is None:
                decision = self._decided[key] = decide(situation)
            return decision

        names["decide"] = decide_once
        try:
            result = reconcile(MODEL, remote, glance=losses == GLANCING)
            ports.met.append((tuple(ports.guessed), RemoteCall(DONE, result=result)))
        except Suspended:
            pass
        except Exception:
            if not ports.met:
                raise
            # It comes only after a guess, which may never come true.
        finally:
            names["decide"] = decide
        for guessed, request in ports.met:
            whole = (*answers, *map(self.values.number, guessed))
            self._known[losses][whole] = request
            if request.kind == SAVE and losses == 0 and len(self._lost) == 1:
                # Any losing history will do: the pass forgets it.
                self._lost = ((), *((*whole, self.values.number(StaleRecord("lost"))) * n for n in (1, 2, 3)))
        return ports.met[0][1]
