"""The desk: each request gets exactly one reply, even if messages are duplicated, delayed or reordered.

Owns the order of the remote calls: read the case, store the answer with its change in one transaction, wake the models,
put rejected requests aside. The rules are in `ruling`. The stored reply is the record of what was done: a repeated
message finds it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from preheat.app.current_plan import CurrentPlan
from preheat.app.ports.clock import Clock
from preheat.app.ports.errors import QueueUnavailable, StaleRecord
from preheat.app.ports.messaging import Queue, RejectedRequests
from preheat.app.ports.store import PlanReader, RecordReader, RequestReader, RequestWriter, Waker
from preheat.app.requests.case import Case, Limits, Ruling
from preheat.app.requests.codes import Code
from preheat.app.requests.envelope import IncomingMessage, OpenedMessage, make_other_id, open_message
from preheat.app.requests.message import Request
from preheat.app.requests.ruling import rule
from preheat.domain.demand.demand import HORIZON
from preheat.domain.demand.request import KEPT_AFTER_EXPIRY, Reply, Standing, Subject, Tombstone, Verb
from preheat.domain.plan.plan import HostedModel, ModelId

TRIES_MAX: Final = 5  # answers that may lose their write before the message comes again
REASON_MAX: Final = 1_500  # characters of a reply's sentence


@dataclass(frozen=True, slots=True)
class Taken:
    """The result of one message: its reply, the models that it woke, and whether the reply was stored before."""

    reply: Reply
    woken: tuple[ModelId, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Answer:
    """A message to answer, under its id. `request` None: it is rejected unread, with `ruling`."""

    opened: OpenedMessage
    request: Request | None
    ruling: Ruling | None


class DeskStore(RecordReader, PlanReader, RequestReader, RequestWriter, Waker, Protocol):
    """The part of the store that the desk uses: it answers requests and wakes models, and writes nothing else."""


class Desk:
    """Answers requests over the ports. It keeps nothing between messages but the plan's schedules."""

    def __init__(
        self, clock: Clock, store: DeskStore, queue: Queue, rejected: RejectedRequests, limits: Limits | None = None
    ) -> None:
        self._clock, self._store, self._queue, self._rejected = clock, store, queue, rejected
        self._limits = limits or Limits()
        self._by_schedule = CurrentPlan(store, lambda model: {schedule.name for schedule in model.schedules})

    def take(self, sent: IncomingMessage) -> Taken:
        """Answer a message, wake its models, and put it aside if it was rejected. A repeated message does the same.

        Raises:
            StaleRecord: others were always quicker; the message has to come again.
            StoreUnavailable: as above; also if what was stored has not woken all models yet.
            QueueUnavailable: what was refused could not be put aside; it has to come again.
            UnreadableItem: something stored is of a form that this release does not know; nothing was changed.
        """
        taken = self._answer(_read(open_message(sent)))
        for model_id in taken.woken:
            try:
                self._queue.enqueue(model_id, timedelta())
            except QueueUnavailable:
                continue  # It is due: the next tick sends it.
        if not taken.reply.accepted:
            self._rejected.put_aside(sent.body, taken.reply)
        return taken

    def _answer(self, answer: _Answer) -> Taken:
        """Return the answer that is stored under the request's id, storing one if there is none."""
        for _ in range(TRIES_MAX):
            before = self._store.find_reply(answer.opened.request_id)
            if before is not None and before.digest == answer.opened.digest:
                return self._answer_again(before)
            if before is not None:
                answer = _refuse_taken_id(answer)
                continue
            try:
                return self._answer_new(answer)
            except StaleRecord as error:
                lost = error
        raise StaleRecord(f"request {answer.opened.request_id}: lost {TRIES_MAX} writes in a row: {lost}")

    def _answer_new(self, answer: _Answer) -> Taken:
        now, request = self._clock.now(), answer.request
        case = self._gather_case(request, answer.opened.requester, now) if request is not None else None
        ruling = rule(case) if case is not None else answer.ruling
        if ruling is None:
            raise ValueError("an answer needs a request or a ruling")
        wakes = case is not None and ruling.change is not None
        concerned = tuple(model.model_id for model in case.models) if case is not None and wakes else ()
        reply = _write_reply(answer, ruling, case, now, self._limits)
        self._store.answer(reply, ruling.change, concerned, _find_version(case))
        return Taken(reply, concerned)

    def _answer_again(self, before: Reply) -> Taken:
        """Wake the models of an accepted request once more: the first time may have been cut short."""
        if not before.accepted or before.verb in (None, Verb.STATUS) or before.subject is None:
            return Taken(before, again=True)
        concerned = tuple(model.model_id for model in self._find_models(before.subject))
        for model_id in concerned:
            self._store.wake(model_id, self._clock.now())
        return Taken(before, concerned, again=True)

    def _find_models(self, subject: Subject) -> Sequence[HostedModel]:
        """Return the models that the current plan has of a subject; none if it knows no such one."""
        if subject.model_id is None:
            return self._by_schedule.find(subject.schedule or "")
        model = self._store.read_planned(subject.model_id).model
        return (model,) if model is not None else ()

    def _gather_case(self, request: Request, requester: str, now: datetime) -> Case:
        """Read the case. The reply to what a release names comes first: the store writes the two together."""
        store, subject = self._store, request.subject
        models = self._find_models(subject)
        records = store.load_many([model.model_id for model in models])
        of_reply = store.find_reply(request.of) if request.of is not None else None
        of = store.find_standing(subject, request.of) if request.of is not None else None
        # Older ones may be deleted already; a store need not know whether it has returned all of them.
        kept = store.read_standings(subject, now - KEPT_AFTER_EXPIRY).requests
        others: list[Standing] = []
        if subject.model_id is not None:
            for name in sorted({schedule.name for model in models for schedule in model.schedules}):
                others += store.read_standings(Subject(schedule=name), now - HORIZON).requests
        return Case(
            request,
            requester,
            now,
            self._limits,
            models,
            records,
            kept,
            others,
            of=of,
            of_reply=of_reply,
            noted=store.read_tombstones(subject, request.request_id),
        )


def _find_version(case: Case | None) -> int | None:
    """Return the version of the record that a reply about one model reports; None: it is about none, or several."""
    if case is None or case.request.subject.model_id is None:
        return None
    record = case.records.get(case.request.subject.model_id)
    return record.version if record is not None else None


def _read(message: OpenedMessage) -> _Answer:
    """Return what is to be answered: the request, or why there is none to judge."""
    parsed = message.parsed
    if message.problem:
        return _Answer(message, None, Ruling(Code.UNREADABLE, message.problem))
    if not parsed.supported:
        return _Answer(message, None, Ruling(Code.UNSUPPORTED_VERSION, "; ".join(parsed.problems)))
    if parsed.request is None:
        return _Answer(message, None, Ruling(Code.INVALID, "; ".join(parsed.problems)))
    return _Answer(message, parsed.request, None)


def _refuse_taken_id(answer: _Answer) -> _Answer:
    """Return the refusal of a request whose id another one has: under an id of its own, so that it is answered too."""
    message = answer.opened
    reason = f"The request_id {message.request_id} belongs to another request: choose a new one"
    return _Answer(replace(message, request_id=make_other_id(message)), None, Ruling(Code.ID_TAKEN, reason))


def _write_reply(answer: _Answer, ruling: Ruling, case: Case | None, now: datetime, limits: Limits) -> Reply:
    message, change = answer.opened, ruling.change
    known = message.parsed.known
    stands = change if change is not None and not isinstance(change, Tombstone) else None
    seen = case.forecast(stands) if case is not None else None
    reply_to = known.get("reply_to")
    return Reply(
        message.request_id,
        known.get("verb"),
        message.parsed.subject,
        message.requester,
        now,
        ruling.code.is_accepted,
        ruling.code,
        ruling.reason if len(ruling.reason) <= REASON_MAX else f"{ruling.reason[: REASON_MAX - 3]}...",
        message.digest,
        of=known.get("of"),
        begin=stands.begin if stands is not None else None,
        until=stands.until if stands is not None else None,
        phase=seen.phase if seen is not None else None,
        ready_at=seen.ready_at if seen is not None else None,
        margin=seen.margin if seen is not None else None,
        reply_to=reply_to if reply_to in limits.reply_queues else None,
    )
