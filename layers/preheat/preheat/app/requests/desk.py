"""The desk: each request gets exactly one reply, even if messages come twice, late or out of order.

Owns the order of the remote calls. Read the case, store the answer with its change in one transaction, wake the models,
put rejected requests aside. The rules are in `ruling`. The stored reply records the outcome: a repeated message finds
it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from preheat.app.current_plan import CurrentPlan
from preheat.app.ports.clock import Clock
from preheat.app.ports.desk import RejectedRequests, RequestWriter, SendersReader
from preheat.app.ports.errors import QueueUnavailable, StaleRecord
from preheat.app.ports.fleet import Waker
from preheat.app.ports.plans import PlanReader
from preheat.app.ports.queue import Queue
from preheat.app.ports.records import RecordReader
from preheat.app.ports.requests import RequestReader
from preheat.app.requests.case import Case, Limits, Ruling
from preheat.app.requests.codes import Code
from preheat.app.requests.envelope import IncomingMessage, OpenedMessage, make_other_id, open_message
from preheat.app.requests.message import Request
from preheat.app.requests.rights import ENDINGS, SUBJECTS_AN_HOUR, Right, find_right
from preheat.app.requests.ruling import rule
from preheat.domain.demand.demand import HORIZON
from preheat.domain.demand.request import (
    KEPT_AFTER_EXPIRY,
    Reply,
    RequestId,
    Standing,
    Subject,
    Tombstone,
    Verb,
    is_of_sender,
    scope_id,
)
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.wording import format_instant

TRIES_MAX: Final = 5  # answers that may lose their write before the message comes again
REASON_MAX: Final = 1_500  # characters of a reply's sentence


@dataclass(frozen=True, slots=True)
class Taken:
    """The result of one message: its reply, the models that it woke, and whether the reply was stored before.

    `unit_hours`: what it adds to what models may cost, an estimate; 0 if the reply was stored before.
    """

    reply: Reply
    woken: tuple[ModelId, ...] = ()
    again: bool = False
    unit_hours: float = 0.0


@dataclass(frozen=True, slots=True)
class _Answer:
    """A message to answer, under its id. `request` None: the desk rejects it unread, with `ruling`."""

    opened: OpenedMessage
    request: Request | None
    ruling: Ruling | None
    number: int = 1  # of the answers under its id


class DeskStore(RecordReader, PlanReader, RequestReader, RequestWriter, SendersReader, Waker, Protocol):
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
        """Answer a message, wake its models, and put a rejected one aside. A repeated message wakes nobody.

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
        is_counted = False
        for _ in range(TRIES_MAX):
            before = self._store.find_reply(answer.opened.request_id)
            if before is not None and before.digest in (answer.opened.digest, answer.opened.earlier_digest):
                if not before.may_be_followed(self._clock.now()):
                    return self._answer_again(before)
                answer = replace(answer, number=before.number + 1)
            elif before is not None:
                mine = is_of_sender(before.requester, answer.opened.requester)
                answer = _refuse_taken_id(answer) if mine or _is_scoped(answer) else _scope(answer)
                continue
            if not is_counted:
                answer, is_counted = self._check_rate(answer), True
            try:
                return self._answer_new(answer)
            except StaleRecord as error:
                lost = error
        raise StaleRecord(f"request {answer.opened.request_id}: lost {TRIES_MAX} writes in a row: {lost}")

    def _find_right(self, opened: OpenedMessage) -> Right:
        requester = opened.requester
        is_admin = requester in self._limits.admins
        return find_right(self._store.read_senders(), requester, opened.parsed.subject, admin=is_admin)

    def _check_rate(self, answer: _Answer) -> _Answer:
        """Count a request of its sender; return it, or its refusal if the sender has sent too many in this hour.

        What ends a hold or block may come twice as often: it must not be billed because its sender asks too much.
        """
        opened, now = answer.opened, self._clock.now()
        right = self._find_right(opened)
        if right.admin or not self._limits.is_rated:
            return answer
        hour, subject = now.replace(minute=0, second=0, microsecond=0), opened.parsed.subject
        more = 2 if answer.request is not None and answer.request.verb in ENDINGS else 1
        most = more * right.requests_an_hour
        in_all = self._store.count_request(right.counted_as, None, hour)
        about_it = self._store.count_request(right.counted_as, subject, hour) if subject is not None else 0
        if about_it <= most and in_all <= most * SUBJECTS_AN_HOUR:
            return answer
        retry_at = hour + timedelta(hours=1)
        about, allowed = "in all", most * SUBJECTS_AN_HOUR
        if subject is not None and about_it > most:
            about, allowed = f"about {subject.key}", most
        reason = f"You sent more than {allowed} request{'s' if allowed > 1 else ''} {about} in an hour"
        ruling = Ruling(Code.TOO_OFTEN, f"{reason}; try again after {format_instant(retry_at)}", retry_at=retry_at)
        return replace(answer, request=None, ruling=ruling)

    def _answer_new(self, answer: _Answer) -> Taken:
        now, request = self._clock.now(), answer.request
        case = self._gather_case(request, answer.opened, now) if request is not None else None
        ruling = rule(case) if case is not None else answer.ruling
        if ruling is None:
            raise ValueError("an answer needs a request or a ruling")
        change = ruling.change if isinstance(ruling.change, Standing) else None
        concerned = tuple(model.model_id for model in case.models) if case is not None and change is not None else ()
        reply = _write_reply(answer, ruling, case, now, self._limits)
        more = {"drops": ruling.drops} if ruling.drops else {}
        self._store.answer(reply, ruling.change, concerned, _find_version(case), **more)
        if change is not None and change.subject.model_id is None:
            self._store.note_woken(change)
        return Taken(reply, concerned, unit_hours=ruling.unit_hours)

    def _answer_again(self, before: Reply) -> Taken:
        """Return the stored answer. It wakes the models of a schedule if a crash cut the first time short, no other.

        A model's own change has made it due together with the answer.
        """
        subject, name = before.subject, before.of or before.request_id
        if not before.accepted or before.verb in (None, Verb.STATUS) or subject is None or subject.model_id is not None:
            return Taken(before, again=True)
        if self._store.are_all_woken(subject, name):
            return Taken(before, again=True)
        change = self._store.find_standing(subject, name)
        concerned = tuple(model.model_id for model in self._find_models(subject))
        for model_id in concerned:
            self._store.wake(model_id, self._clock.now())
        if change is not None:
            self._store.note_woken(change)
        return Taken(before, concerned, again=True)

    def _find_models(self, subject: Subject) -> Sequence[HostedModel]:
        """Return the models that the current plan has of a subject; none if it knows no such one."""
        if subject.model_id is None:
            return self._by_schedule.find(subject.schedule or "")
        model = self._store.read_planned(subject.model_id).model
        return (model,) if model is not None else ()

    def _gather_case(self, request: Request, opened: OpenedMessage, now: datetime) -> Case:
        """Read the case. The reply to what a release names comes first: the store writes the two together."""
        store, subject, requester = self._store, request.subject, opened.requester
        models = self._find_models(subject)
        records = store.load_many([model.model_id for model in models])
        right = self._find_right(opened)
        of_id, of_reply, of = self._find_named(request, requester, right) if request.of is not None else (None,) * 3
        # The table may have deleted older ones; a store need not know whether it has returned all of them.
        kept = store.read_standings(subject, now - KEPT_AFTER_EXPIRY).requests
        if of is None and request.of is not None and right.admin:
            named = [one for one in kept if one.request_id.startswith(scope_id(request.of, ""))]
            if len(named) == 1:  # One sender alone has the id here, and not the sender that had it first.
                of_id, of_reply, of = named[0].request_id, store.find_reply(named[0].request_id), named[0]
        # Before another sender took its id, the ledger may have noted a release under it.
        noted = [*store.read_tombstones(subject, request.request_id)]
        if request.verb is Verb.SCHEDULE_PUT and of is None and of_id is not None:
            noted = [*store.read_tombstones(subject, of_id)]
        if request.request_id != opened.parsed.request_id and opened.parsed.request_id is not None:
            noted += [each for each in store.read_tombstones(subject, opened.parsed.request_id) if not each.admin]
        others: list[Standing] = []
        if subject.model_id is not None:
            for name in sorted({schedule.name for model in models for schedule in model.schedules}):
                others += store.read_standings(Subject(schedule=name), now - HORIZON).requests
        return Case(
            request,
            requester,
            right,
            now,
            self._limits,
            session=opened.session,
            models=models,
            records=records,
            kept=kept,
            others=others,
            of=of,
            of_id=of_id,
            of_reply=of_reply,
            noted=noted,
        )

    def _find_named(
        self, request: Request, requester: str, right: Right
    ) -> tuple[RequestId | None, Reply | None, Standing | None]:
        """Return the id, the reply and the hold or block that `of` names: of the requester's own first.

        An admin names that of another by the id under which it is stored, or by the sender's own id.
        """
        store, subject, name = self._store, request.subject, request.of
        if name is None:
            return None, None, None
        before, found = store.find_reply(name), store.find_standing(subject, name)
        if found is not None and is_of_sender(found.requester, requester):
            # A set of windows has its name to itself: another sender's request may have it as its id.
            return name, before if before is not None and is_of_sender(before.requester, requester) else None, found
        owner = before.requester if before is not None else found.requester if found is not None else requester
        if is_of_sender(owner, requester):
            return name, before, found
        own = scope_id(name, requester)
        own_reply, own_found = store.find_reply(own), store.find_standing(subject, own)
        if own_reply is not None or own_found is not None:
            return own, own_reply, own_found
        if found is None and not right.admin:
            return own, None, None  # Another sender's content under this id is none of its business.
        return name, before, found


def _find_version(case: Case | None) -> int | None:
    """Return the version of the record that a reply about one model reports; None: it is about none, or several."""
    if case is None or case.request.subject.model_id is None:
        return None
    record = case.records.get(case.request.subject.model_id)
    return record.version if record is not None else None


def _read(message: OpenedMessage) -> _Answer:
    """Return the request to answer, or why there is none to judge."""
    parsed = message.parsed
    if message.problem:
        return _Answer(message, None, Ruling(Code.UNREADABLE, message.problem))
    if not parsed.supported:
        return _Answer(message, None, Ruling(Code.UNSUPPORTED_VERSION, "; ".join(parsed.problems)))
    if parsed.request is None:
        return _Answer(message, None, Ruling(Code.INVALID, "; ".join(parsed.problems)))
    return _Answer(message, parsed.request, None)


def _is_scoped(answer: _Answer) -> bool:
    """Return whether a request has no id of its own, or has another one already."""
    return answer.opened.request_id != answer.opened.parsed.request_id


def _scope(answer: _Answer) -> _Answer:
    """Return a request under an id of its own sender, because another sender has the one that it chose."""
    opened = answer.opened
    name = scope_id(opened.request_id, opened.requester)
    request = replace(answer.request, request_id=name) if answer.request is not None else None
    return replace(answer, opened=replace(opened, request_id=name), request=request)


def _refuse_taken_id(answer: _Answer) -> _Answer:
    """Return the refusal of a request whose id another one has, under a new id, so that this one gets an answer."""
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
        of=case.of_id if case is not None and case.of_id is not None else known.get("of", known.get("name")),
        begin=stands.begin if stands is not None else None,
        until=stands.until if stands is not None else None,
        phase=seen.phase if seen is not None else None,
        ready_at=seen.ready_at if seen is not None else None,
        margin=seen.margin if seen is not None else None,
        reply_to=reply_to if reply_to in limits.reply_queues else None,
        session=message.session,
        retry_at=ruling.retry_at,
        number=answer.number,
    )
