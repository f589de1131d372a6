"""Publishes ledger entries, replies and applies as events, in order.

Pure except for its ports. The ledger is the outbox: `publish` puts every stored entry at least once, each time with the
same ids, and nothing else. Does not know how an entry arrives here, nor who listens.
"""

import json
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from preheat.app.ports.clock import Clock
from preheat.app.ports.errors import QueueUnavailable, Undeliverable
from preheat.app.ports.outbox import Events, Replies
from preheat.domain.demand.request import Reply
from preheat.domain.plan.applied import AppliedPlan
from preheat.domain.record.event import Event, EventKind, make_event_id
from preheat.domain.record.record import Action, LedgerEntry, Phase
from preheat.domain.verdict.remedies import describe_remedies

ENTRIES_REMEMBERED = 2_000  # more than the records of one batch, which come again together
SCHEDULES_MAX = 50  # that are a dimension of metrics: four series each, all of them billed
REPLY_WAIT = timedelta(minutes=1)
REASON_MAX = 1000  # characters of a reason, which may quote the hosting service


def make_events(told: LedgerEntry | Reply | AppliedPlan) -> tuple[Event, ...]:
    """Return the events of an entry, a reply or an apply, in the order in which they happened; most make none."""
    if isinstance(told, AppliedPlan):
        return (_report_apply(told),)
    return (_report_reply(told),) if isinstance(told, Reply) else tuple(_report_entry(told))


def fails_a_start(entry: LedgerEntry) -> bool:
    """Return whether an entry ends a start permanently: after all attempts, or refused and not tried again as it is."""
    ended = entry.from_phase is Phase.STARTING and entry.to_phase in (Phase.REFUSED, Phase.GONE)
    return entry.action is Action.FAIL or (entry.action is Action.REFUSE and ended)


class CountedEntries:
    """Remembers the last entries with emitted metrics: a record comes again as long as the bus is out of reach.

    Another worker of the function has another memory, so it may count an entry again.
    """

    def __init__(self) -> None:
        self._keys: dict[tuple[str, int], None] = {}

    def add(self, entry: LedgerEntry) -> bool:
        """Remember an entry; return whether it is new."""
        key = (entry.model_id, entry.sequence)
        if key in self._keys:
            return False
        self._keys[key] = None
        if len(self._keys) > ENTRIES_REMEMBERED:
            del self._keys[next(iter(self._keys))]
        return True


class SchedulesSeen:
    """Counts the schedules of the published entries, so that they bound the series of the metrics.

    Another worker of the function has another count.
    """

    def __init__(self) -> None:
        self._names: set[str] = set()

    def are_few(self, entry: LedgerEntry) -> bool:
        """Count the schedule of an entry; return whether there are at most SCHEDULES_MAX of them so far."""
        if entry.schedule is not None and len(self._names) <= SCHEDULES_MAX:
            self._names.add(entry.schedule)
        return len(self._names) <= SCHEDULES_MAX


class Outbox:
    """Publishes entries, replies and applies. `reply_to`: the only queues that may receive replies.

    With a `clock`, a reply waits for its queue until REPLY_WAIT after its answer: the entries of all models that follow
    wait too.
    """

    def __init__(
        self, events: Events, replies: Replies, reply_to: Collection[str] = (), clock: Clock | None = None
    ) -> None:
        self._events, self._replies, self._reply_to, self._clock = events, replies, frozenset(reply_to), clock

    def publish(self, told: LedgerEntry | Reply | AppliedPlan) -> tuple[Event, ...]:
        """Put the events of an entry, a reply or an apply. Then send the reply to the queue that the request names.

        Raises:
            EventsUnavailable, QueueUnavailable: not everything was sent: publish it again before anything that follows.
            Undeliverable: the receiver rejects a part of it permanently.
        """
        events = make_events(told)
        if events:
            self._events.put(events)
        if isinstance(told, Reply) and told.reply_to is not None and told.reply_to in self._reply_to:
            self._send(told.reply_to, format_reply(events[0]), told.at)
        return events

    def _send(self, queue: str, text: str, answered_at: datetime) -> None:
        try:
            self._replies.send(queue, text)
        except QueueUnavailable as error:
            if self._clock is not None and self._clock.now() - answered_at >= REPLY_WAIT:
                raise Undeliverable(f"not taken for {REPLY_WAIT}: {error}") from error
            raise


def format_reply(event: Event) -> str:
    """Return the message for a reply queue: the event's detail, together with its kind."""
    return json.dumps({"detail-type": event.kind, **event.detail()})


_OF_ACTIONS = {
    Action.CAPACITY: EventKind.NO_CAPACITY,
    Action.LEAVE: EventKind.MODEL_UNSCHEDULED,
    Action.UNREAD: EventKind.MODEL_UNKNOWN,
}


def _report_entry(entry: LedgerEntry) -> Iterator[Event]:
    if entry.at_risk:
        yield from _for_each(entry, EventKind.MODEL_AT_RISK, None)
    # Late first: an entry with both reports a model that was late and is ready now.
    if entry.late:
        yield from _for_each(entry, EventKind.MODEL_LATE, None, *entry.requests)
    if entry.lost:
        yield from _for_each(entry, EventKind.MODEL_LOST, None, *entry.requests)
    if entry.margin is not None:
        yield from _for_each(entry, EventKind.MODEL_READY, None, *entry.requests)
    elif entry.action is Action.READY:
        yield from _for_each(entry, EventKind.MODEL_READY, *entry.requests)
    if fails_a_start(entry):
        yield from _for_each(entry, EventKind.START_FAILED, None)
    if entry.fell_back_to is not None:
        yield from _for_each(entry, EventKind.UNITS_NOT_AVAILABLE, None)
    if entry.action in _OF_ACTIONS:
        yield from _for_each(entry, _OF_ACTIONS[entry.action], None)
    for request_id in entry.expired:
        # A schedule's hold ends for every model that has it, and each of them reports it: one event, so one id.
        yield _make_event(entry, EventKind.HOLD_EXPIRED, request_id, make_event_id(request_id, "expired"))


def _for_each(entry: LedgerEntry, kind: EventKind, *request_ids: str | None) -> Iterator[Event]:
    for request_id in request_ids:
        yield _make_event(entry, kind, request_id, make_event_id(entry.model_id, entry.sequence, kind, request_id))


def _make_event(entry: LedgerEntry, kind: EventKind, request_id: str | None, the_id: str) -> Event:
    return Event(
        kind,
        the_id,
        entry.at,
        entry.reason[:REASON_MAX],
        request_id=request_id,
        model=entry.model_id,
        schedule=entry.schedule,
        ready_at=entry.ready_at,
        expected_at=entry.expected_at,
        cause=entry.cause,
        remedies=describe_remedies(entry)[:REASON_MAX] or None,
        margin=entry.margin,
        late=entry.late,
        phase=entry.to_phase,
    )


def _report_apply(applied: AppliedPlan) -> Event:
    by, models = applied.by, f"{applied.models} model{'s' * (applied.models != 1)}"
    who = f"applied by {by.name}" if by.name else "applied; the identity is not known"
    return Event(
        EventKind.PLAN_APPLIED,
        make_event_id("plan#", applied.version, EventKind.PLAN_APPLIED),
        applied.at,
        f"Plan {applied.version} is current: {models}, {who}"[:REASON_MAX],
        session=by.session or None,
        plan=applied.version,
        models=applied.models,
        applied_by=by.identity or None,
        digest=by.digest or None,
    )


def _report_reply(reply: Reply) -> Event:
    kind = EventKind.REQUEST_ACCEPTED if reply.accepted else EventKind.REQUEST_REJECTED
    subject = reply.subject
    return Event(
        kind,
        make_event_id(f"request#{reply.request_id}", reply.number, kind, reply.request_id),
        reply.at,
        reply.reason[:REASON_MAX],
        request_id=reply.request_id,
        model=subject.model_id if subject is not None else None,
        schedule=subject.schedule if subject is not None else None,
        ready_at=reply.ready_at,
        margin=reply.margin,
        code=reply.code,
        verb=reply.verb,
        of=reply.of,
        requester=reply.requester or None,
        session=reply.session or None,
        retry_at=reply.retry_at,
        begin=reply.begin,
        until=reply.until,
        phase=reply.phase,
    )
