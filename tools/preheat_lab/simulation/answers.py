"""Judges S6 in the simulated world: one answer for each request, with exactly the change that it reports.

Owns a second reading of each request. From its message, its reply and the requests before, it derives the requests
after it. So no rule of `requests` judges itself. Knows neither queue nor desk.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from preheat.adapters.memory.store import MemoryStore
from preheat.app.requests.envelope import IncomingMessage, OpenedMessage, make_other_id, open_message
from preheat.domain.demand.demand import Demand, find_demands
from preheat.domain.demand.request import Kind, Reply, RequestId, Standing, Subject, Tombstone, Verb
from preheat.domain.plan.hosted_model import HostedModel

LONGEST = timedelta(days=7)
LONGEST_STOP = timedelta(hours=12)  # of a sender that is no admin
DAY = timedelta(days=1)
AN_INSTANT = timedelta(seconds=1)
EXTENDED = timedelta(minutes=30)  # what the requesters ask for
STRAY_BLOCK = timedelta(hours=1)  # how long a stop keeps a model off that nothing needs
STOPS = (Verb.STOP, Verb.STOP_NOW)
PLANNER, ROBOT = "AROAPLANNER", "AROAROBOT"
ADMIN = "AROAADMIN"  # the stack's parameter AdminRoles names it
AN_HOUR_MOST = 30  # requests of one sender about one model or schedule
SUBJECTS_MOST = 40  # the sender's requests in all are this many times as many
ENDS = (Verb.RELEASE, Verb.UNBLOCK)  # may come twice as often
type StandingRequests = dict[tuple[Subject, RequestId], Standing]
type Releases = dict[tuple[Subject, RequestId], frozenset[Tombstone]]


@dataclass(frozen=True, slots=True)
class RequestsKept:
    """All active requests, and the releases that came before what they release."""

    stands: StandingRequests
    releases: Releases

    @classmethod
    def of(cls, store: MemoryStore) -> "RequestsKept":
        """Return what a store keeps."""
        return cls(
            {(subject, name): one for subject, found in store.stands.items() for name, one in found.items()},
            {key: frozenset(found.values()) for key, found in store.releases.items()},
        )


class AnswerJudge:
    """Follows the active requests, answer by answer; `on_wrong` gets what is wrong, and the model that it concerns."""

    def __init__(
        self,
        store: MemoryStore,
        models: Sequence[HostedModel],
        on_wrong: Callable[[Subject | None, str], None],
        *,
        has_table: bool = False,
    ) -> None:
        """`has_table`: the plan has the senders' table of `plant.make_senders`."""
        self._store, self._models, self._on_wrong, self._has_table = store, models, on_wrong, has_table
        self._kept = RequestsKept.of(store)
        self._bodies: dict[tuple[RequestId, str], dict[str, Any]] = {}  # by id and digest: others may take an id
        self.stored: dict[RequestId, Reply] = {}
        self.given: list[Reply] = []  # those stored, and the refusals for the rate that another answer has followed
        self._tries = Counter[tuple[str, Subject | None, datetime]]()  # by sender and hour; None: about anything
        self._answered = Counter[tuple[str, Subject | None, datetime]]()

    def on_try(self, sent: IncomingMessage, at: datetime) -> None:
        """A message reaches the function, whose clock shows `at`."""
        message = open_message(sent)
        for subject in {None, message.parsed.subject}:
            self._tries[message.requester, subject, _hour(at)] += 1

    def expect(self, sent: IncomingMessage) -> None:
        """A message is under way, for the first time or once more; what is no object asks for nothing."""
        message = open_message(sent)
        try:
            found = json.loads(sent.body)
        except ValueError:
            found = None
        self._bodies[message.request_id, message.digest] = found if isinstance(found, dict) else {}
        # Its sender has used its id for another request: it must get a refusal. Another sender has: it gets one more.
        for other in _list_other_ids(message):
            self._bodies[other, message.digest] = {}
        self._bodies[_own_id(message.request_id, message.requester), message.digest] = self._bodies[
            message.request_id, message.digest
        ]

    def reply_to(self, sent: IncomingMessage) -> Reply | None:
        """Return the answer to a message: under its own id, or under a new one if another request has that id."""
        message = open_message(sent)
        names = (message.request_id, _own_id(message.request_id, message.requester), *_list_other_ids(message))
        found = [self.stored.get(name) for name in names]
        return next((reply for reply in found if reply is not None and reply.digest == message.digest), None)

    def on_answer(self, reply: Reply) -> None:
        """Judge an answer that was stored just now, by the active requests since."""
        name, kept = reply.request_id, RequestsKept.of(self._store)
        before = self.stored.get(name)
        if before is not None and not _may_follow(before, reply):
            self._on_wrong(reply.subject, f"{name} was answered a second time")
        else:
            self.stored[name] = reply
            self.given.append(reply)
        body = self._bodies.get((name, reply.digest))
        if body is None:
            self._on_wrong(reply.subject, f"{name} was answered, and nobody has asked for it")
        elif (wrong := self._wrong(body, reply, kept) or self._judge_rate(reply)) is not None:
            self._on_wrong(reply.subject, f"{name} {reply.verb} {reply.code}: {wrong}")
        self._kept = kept
        if reply.subject is not None:
            self._answered[reply.requester, reply.subject, _hour(reply.at)] += 1

    def _judge_rate(self, reply: Reply) -> str | None:
        """Report a sender that may ask too often, or that Preheat refuses although it has not."""
        sender, hour = reply.requester, _hour(reply.at)
        if reply.code == "too_often":
            if sender == ADMIN:
                return "an admin may ask as often as it likes"
            about, in_all = self._tries[sender, reply.subject, hour], self._tries[sender, None, hour]
            few = max(about, in_all / SUBJECTS_MOST) <= AN_HOUR_MOST
            return f"{about} in this hour are not too many" if few else None
        most = AN_HOUR_MOST * (2 if reply.verb in ENDS else 1)
        answered = self._answered[sender, reply.subject, hour]
        too_many = sender != ADMIN and reply.subject is not None and answered >= most
        return f"it is the {answered + 1}. about {reply.subject} in an hour" if too_many else None

    def on_delivered(self, sent: IncomingMessage, reply: Reply) -> None:
        """Judge the answer to a delivery: the very reply that is stored for its request."""
        first = self.reply_to(sent)
        if reply != first:
            self._on_wrong(reply.subject, f"{reply.request_id} came again, and was answered otherwise: {reply.code}")

    def on_end(self) -> None:
        """Judge that only answers have changed the active requests, and that no reply has changed."""
        if RequestsKept.of(self._store) != self._kept:
            self._on_wrong(None, "the active requests have changed without an answer")
        if self._store.replies != self.stored:
            self._on_wrong(None, "the stored replies are not those that were given")

    def _wrong(self, body: Mapping[str, Any], reply: Reply, kept: RequestsKept) -> str | None:
        """Report what is wrong with the active requests after an answer."""
        stands, releases = dict(self._kept.stands), dict(self._kept.releases)
        if reply.accepted:
            if body.get("verb") == Verb.SCHEDULE_PUT:
                why = _judge_put(body, reply, stands, kept, PLANNER if self._has_table else None)
            else:
                why = self._apply(body, reply, stands, releases)
            if why is not None:
                return why
        if kept.stands != stands:
            key = next(key for key in {**stands, **kept.stands} if stands.get(key) != kept.stands.get(key))
            return f"of {key[1]} stands {_brief(kept.stands.get(key))}, and not {_brief(stands.get(key))}"
        if kept.releases != releases:
            return "the noted releases are not what it asks for"
        return None

    def _apply(self, body: Mapping[str, Any], reply: Reply, stands: StandingRequests, releases: Releases) -> str | None:
        """Apply an accepted request as its words say; return why Preheat should not have accepted it."""
        subject, verb = reply.subject, body.get("verb")
        if subject is None or verb != reply.verb or subject.key != _key(body):
            return "the reply is about something else than was asked"
        if self._has_table and not _may_ask(reply, subject):
            return f"{reply.requester} may not ask for that"
        if verb == Verb.STATUS or (verb in STOPS and reply.code == "nothing_to_do"):
            return None
        if verb in (Verb.HOLD, Verb.BLOCK, Verb.START, *STOPS):
            return self._place(body, reply, subject, stands, releases)
        of = RequestId(body["of"])
        first = self.stored.get(of)
        own = _own_id(of, reply.requester)
        if (
            first is not None
            and first.requester != reply.requester
            and (own in self.stored or (subject, of) not in stands)
        ):
            of = own
        before = stands.get((subject, of))
        if before is None:
            return _note(of, subject, reply, releases)
        return _change(before, reply, stands)

    def _place(
        self, body: Mapping[str, Any], reply: Reply, subject: Subject, stands: StandingRequests, releases: Releases
    ) -> str | None:
        """Store a hold or a block, released at birth if its release came before."""
        until, priority = self._find_end(body, reply, subject)
        named = (reply.request_id, RequestId(str(body["request_id"])))
        known = [each for of in named for each in releases.get((subject, of), ())]
        noted = any(each.admin or each.requester == reply.requester for each in known)
        stands[subject, reply.request_id] = Standing(
            reply.request_id,
            Kind.HOLD if reply.verb in (Verb.HOLD, Verb.START) else Kind.BLOCK,
            subject,
            reply.requester,
            max(_instant(body["from"]), reply.at) if "from" in body else reply.at,
            until,
            known_at=reply.at,
            priority=priority,
            units=body.get("units"),
            released_at=reply.at if noted else None,
            session=reply.session,
        )
        return None

    def _find_end(self, body: Mapping[str, Any], reply: Reply, subject: Subject) -> tuple[datetime, int]:
        """Return when a hold or a block ends, and its priority: a stop outside any demand overrides nothing."""
        if reply.verb is Verb.START:
            return reply.at + LONGEST, body.get("priority", 50)
        if reply.verb not in STOPS:
            return _instant(body["until"]), body["priority"]
        current, upcoming = self._find_demands(subject, reply.at)
        if current is not None:
            longest = LONGEST if reply.requester == ADMIN else LONGEST_STOP
            return min(current.end, reply.at + longest), body.get("priority", 50)
        until = reply.at + STRAY_BLOCK
        return (until if upcoming is None else min(until, upcoming.begin)), 0

    def _find_demands(self, subject: Subject, at: datetime) -> tuple[Demand | None, Demand | None]:
        """Return the demand at `at` and the next one: of a schedule, that schedule's own."""
        for model in self._models:
            own = tuple(each for each in model.schedules if subject.model_id or each.name == subject.schedule)
            if subject.model_id not in (None, model.model_id) or not own:
                continue
            of = {subject, *(Subject(schedule=each.name) for each in own)}
            standing = [one for (about, _), one in self._kept.stands.items() if about in of]
            found = find_demands(replace(model, schedules=own), at - 8 * DAY, at + 8 * DAY, standing)
            current = next((one for one in found if at in one), None)
            return current, next((one for one in found if one.start_at > at), None)
        return None, None


def _judge_put(
    body: Mapping[str, Any], reply: Reply, stands: StandingRequests, kept: RequestsKept, only: str | None
) -> str | None:
    """Judge an accepted set of windows. `only`: the one sender that the table lets send windows.

    The stored set is the one to go by from now on.
    """
    subject, of = reply.subject, reply.of
    if subject is None or of is None or reply.verb != Verb.SCHEDULE_PUT or subject.key != _key(body):
        return "the reply is about something else than was asked"
    if only not in (None, reply.requester):
        return f"{reply.requester} may not send windows"
    before, after = stands.get((subject, of)), kept.stands.get((subject, of))
    if before is not None and before.requester != reply.requester:
        return f"{of} is {before.requester}'s, and {reply.requester} replaces it"
    if after is None:
        return f"{of} is not stored"
    if reply.code == "nothing_to_do":
        return None
    if before is not None and body["edition"] <= before.edition:
        return f"edition {body['edition']} replaces {before.edition}"
    stands[subject, of] = after
    if (after.edition, after.requester) != (body["edition"], reply.requester):
        return f"set {of} has edition {after.edition} of {after.requester}"
    asked = [_Span(*(_instant(part) for part in one.split("/"))) for one in body["windows"]]
    wrong = _judge_active(before, after, [] if reply.code == "released_at_birth" else asked, reply.at)
    return wrong or _judge_known(before, after, reply)


class _Span(NamedTuple):
    begin: datetime
    end: datetime


def _judge_active(before: Standing | None, after: Standing, asked: Sequence[_Span], now: datetime) -> str | None:
    """Judge around every edge when a set is active: until now as it was before, and from now on as somebody asked."""
    old = [_Span(one.begin, one.end) for one in before.spans] if before is not None else []
    new = [_Span(one.begin, one.end) for one in after.spans]
    edges = {now, *(edge for one in (*asked, *old, *new) for edge in one)}
    for at in (edge + step for edge in edges for step in (-AN_INSTANT, timedelta(), AN_INSTANT)):
        then = old if at < now else asked
        wanted = any(one.begin <= at < one.end for one in then)
        if at >= now - 7 * DAY and (at in after) != wanted:
            return f"set {after.request_id} is {'not ' if wanted else ''}active at {at}"
    return None


def _judge_known(before: Standing | None, after: Standing, reply: Reply) -> str | None:
    """Judge since when the coming windows are known: one that the set had is known since then, another since now."""
    known = {one.begin: one.known_at for one in before.spans if one.end > reply.at} if before is not None else {}
    for one in after.spans:
        if one.end > reply.at and one.known_at != known.get(one.begin, reply.at):
            return f"the window from {one.begin} is known since {one.known_at}"
    return None


def _may_ask(reply: Reply, subject: Subject) -> bool:
    """Return whether the table of a large plant allows a request, read from its words and not from its rules.

    To end its own holds and blocks, a sender needs no right.
    """
    if reply.verb in ENDS or reply.requester in (PLANNER, ADMIN):
        return True
    even = subject.model_id is not None and int(subject.model_id[-1]) % 2 == 0
    return reply.requester == ROBOT and even and reply.verb in (Verb.HOLD, Verb.EXTEND, Verb.STATUS)


def _may_follow(before: Reply, reply: Reply) -> bool:
    """Return whether a refusal for the rate has another answer: the same message came again in a later hour."""
    follows = reply.number == before.number + 1 and reply.digest == before.digest
    return before.code == "too_often" and follows and _hour(reply.at) > _hour(before.at)


def _list_other_ids(message: OpenedMessage) -> tuple[RequestId, RequestId]:
    """Return the ids of a refusal: made of the message's own id, or of the id that its sender got beside another's."""
    scoped = replace(message, request_id=_own_id(message.request_id, message.requester))
    return make_other_id(message), make_other_id(scoped)


def _own_id(name: RequestId, requester: str) -> RequestId:
    """Return the name of a request if another sender has used its id first."""
    return RequestId(f"{name}::{requester}")


def _note(of: RequestId, subject: Subject, reply: Reply, releases: Releases) -> str | None:
    """Note a release of a hold that has not come yet: of each requester the last."""
    if reply.verb is Verb.EXTEND or reply.code not in ("release_noted", "nothing_to_do"):
        return f"{of} is not active, and it is changed"
    if reply.code == "release_noted":
        is_admin = reply.requester == ADMIN
        stone = Tombstone(of, subject, reply.requester, admin=is_admin, at=reply.at, until=reply.at + 30 * DAY)
        others = {each for each in releases.get((subject, of), ()) if each.requester != reply.requester}
        releases[subject, of] = frozenset({*others, stone})
    return None


def _change(before: Standing, reply: Reply, stands: StandingRequests) -> str | None:
    """Have a hold or a block end now, or later by what the requesters extend it by."""
    if reply.requester not in (before.requester, ADMIN):
        return f"{before.request_id} is {before.requester}'s, and {reply.requester} changes it"
    over = before.end <= reply.at or before.released_at is not None
    if over != (reply.code == "nothing_to_do"):
        return f"{before.request_id} ends at {before.end}"
    if not over:
        after = replace(before, revision=before.revision + 1)
        extends = reply.verb is Verb.EXTEND
        # A hold is active for an instant if the clock of its sender is behind.
        ended_at = before.begin + AN_INSTANT if reply.at < before.known_at == before.begin else reply.at
        after = replace(after, until=before.until + EXTENDED) if extends else replace(after, released_at=ended_at)
        stands[before.subject, before.request_id] = after
    return None


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _key(body: Mapping[str, Any]) -> str:
    return str(body["model"]) if "model" in body else f"schedule#{body.get('schedule')}"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _brief(one: Standing | None) -> str:
    if one is None:
        return "nothing"
    return f"a {one.kind} from {one.begin} until {one.until}, released {one.released_at}, revision {one.revision}"
