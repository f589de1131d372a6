"""The ports: what a pass may ask of the outside, and the closed set of errors it must expect.

Every remote call of a pass goes through one `Remote`, so that the real step can be crashed at any call and replayed.
A fake of each port stands beside its adapter and passes the same contract suite.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Protocol, Self

from preheat.domain.decision.situation import Observation
from preheat.domain.demand.request import Reply, RequestId, Standing, Standings, Subject, Tombstone
from preheat.domain.plan.plan import Backend, HostedModel, ModelId, Readiness, Target
from preheat.domain.record.attempt import Answer, Attempt
from preheat.domain.record.event import Event
from preheat.domain.record.gate import Backlog, GateLook
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import LedgerEntry, ModelRecord
from preheat.domain.values import changed

# PreheatError
#  ├─ HostingError              the service answered a call with an error, or not at all: `answer` says which
#  │   ├─ AnswerLost            the call may have had its effect; repeat the very same call
#  │   ├─ Throttled             no effect; wait and repeat
#  │   ├─ WrongState            no effect; look again
#  │   ├─ QuotaExceeded         no effect; repeat each minute until the demand ends
#  │   ├─ AccessRefused         no effect; repeat each 5 minutes
#  │   ├─ InvalidCall           no effect; not before the plan changes
#  │   └─ ModelGone             no such model; not before the plan changes
#  ├─ StaleRecord               somebody else won the write: read again, decide again
#  ├─ StoreUnavailable          the store cannot be reached: the next tick is the retry
#  ├─ QueueUnavailable          the queue cannot be reached: the next tick is the retry
#  ├─ EventsUnavailable         the event bus did not take all: put all of them again
#  ├─ Undeliverable             a bus or queue refuses this for good: set it aside, tell, and go on
#  └─ UnreadableItem            a stored item or message is not of a form this release knows: touch nothing, tell


class PreheatError(Exception):
    """Base of the errors that a caller is expected to handle."""


class HostingError(PreheatError):
    """The hosting service did not do as asked. The message holds its own words.

    `retried`: this answers a try that the client has made of itself; the ones before it may have had their effect.
    """

    answer: ClassVar[Answer]

    def __init__(self, message: str = "", *, retried: bool = False) -> None:
        super().__init__(message)
        self.retried = retried


class AnswerLost(HostingError):
    """No answer, or a server error: the call may have had its effect."""

    answer = Answer.LOST


class Throttled(HostingError):
    """Too many calls: refused without effect."""

    answer = Answer.THROTTLED


class WrongState(HostingError):
    """The model is not in a state that allows the call."""

    answer = Answer.WRONG_STATE


class QuotaExceeded(HostingError):
    """The account may not run more."""

    answer = Answer.QUOTA


class AccessRefused(HostingError):
    """The role may not make the call."""

    answer = Answer.DENIED


class InvalidCall(HostingError):
    """The service finds the parameters wrong."""

    answer = Answer.INVALID


class ModelGone(HostingError):
    """The service knows no such project, model or version."""

    answer = Answer.GONE


class StaleRecord(PreheatError):
    """The record's version is no longer the one that was read."""


class StoreUnavailable(PreheatError):
    """The store did not answer in time."""


class QueueUnavailable(PreheatError):
    """The queue did not answer in time."""


class EventsUnavailable(PreheatError):
    """The event bus did not take everything: the message names what it did not take."""


class Undeliverable(PreheatError):
    """What was to be delivered is refused, and would be again."""


class UnreadableItem(PreheatError):
    """A stored item or a message that this release cannot read."""


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""


class Hosting(Protocol):
    """One hosting service. Every method is one call; each may raise any HostingError."""

    def describe(self, target: Target) -> Observation:
        """Return what the service says of the target; a status it does not know is UNKNOWN. Never changes anything."""

    def probe(self, target: Target, readiness: Readiness) -> None:
        """Have the target answer one inference. Return: it did. Never changes anything."""

    def start(self, attempt: Attempt) -> None:
        """Ask for the start exactly as the attempt has it: its token, target and units. Return: accepted."""

    def stop(self, attempt: Attempt) -> None:
        """Ask for the stop exactly as the attempt has it. Return: accepted."""


class Gates(Protocol):
    """Event source mappings of the stack's own account and region. Each call may raise any HostingError.

    ModelGone: there is no such mapping.
    """

    def describe(self, mapping: str) -> GateLook:
        """Return what the gate lets through; a state it does not know is UNKNOWN. Never changes anything."""

    def open(self, mapping: str) -> None:
        """Have what waits behind the gate consumed. Return: accepted. One that is open stays so."""

    def close(self, mapping: str) -> None:
        """Have nothing more consumed from behind the gate. Return: accepted. One that is closed stays so."""


class Backlogs(Protocol):
    """Queues of work. A call may raise any HostingError; ModelGone: there is no such queue."""

    def count(self, queue: str) -> Backlog:
        """Return what the queue, named by its URL or its ARN, holds: roughly, and up to a minute late."""


class Unwired:
    """Stands in `Remote` where a program has no gates or queues to see to: whoever asks for one is refused."""

    def describe(self, mapping: str) -> GateLook:
        """See `Gates`."""
        raise AccessRefused(f"gate {mapping}: none is wired here")

    def open(self, mapping: str) -> None:
        """See `Gates`."""
        raise AccessRefused(f"gate {mapping}: none is wired here")

    def close(self, mapping: str) -> None:
        """See `Gates`."""
        raise AccessRefused(f"gate {mapping}: none is wired here")

    def count(self, queue: str) -> Backlog:
        """See `Backlogs`."""
        raise AccessRefused(f"queue {queue}: none is wired here")


UNWIRED = Unwired()


@dataclass(frozen=True, slots=True)
class Site:
    """One service in one region of one account. `region` None: the stack's; `role` None: the stack's own account."""

    backend: Backend
    region: str | None = None
    role: str | None = None

    def __str__(self) -> str:
        return " ".join(filter(None, (self.backend, self.region and f"in {self.region}", self.role)))

    @property
    def account(self) -> str | None:
        """The member account, as its role tells; None: the stack's own."""
        return None if self.role is None else self.role.split(":")[4]


@dataclass(frozen=True, slots=True)
class Running:
    """A model that a service lists as other than at rest: it costs money, is about to, or is just ceasing to.

    Names are the service's own: of an endpoint its name and that of its config. `units` are those that it runs with,
    None where the service names none.
    """

    site: Site
    project: str
    version: str
    observed: Observed
    detail: str = ""
    units: int | None = None


class Listing(Protocol):
    """What runs on the hosting services, whether Preheat knows of it or not. Never changes anything."""

    def running(self, site: Site, wanted: Callable[[str], bool]) -> Sequence[Running]:
        """Return what is starting, hosted, stopping or being updated at a site, of the projects that are `wanted`.

        Sorted by project and version. A list may lag behind a look by some seconds. All pages are read, at a pace that
        leaves the service's limits to the passes.

        Raises:
            HostingError: not everything could be listed, so nothing is returned.
        """


@dataclass(frozen=True, slots=True)
class Planned:
    """What the current plan says of one model: None when it does not name it. `version` 0: no plan was ever applied."""

    version: int
    model: HostedModel | None


@dataclass(frozen=True, slots=True)
class Due:
    """A line of the due index: a hint, never a fact."""

    model_id: ModelId
    wake_at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """A target that a plan lists in a member account; `inference`: it is proved ready by one."""

    target: Target
    inference: bool = False


@dataclass(frozen=True, slots=True)
class Membership:
    """What the current plan says of a member account. `external_id` None: no plan has named the account yet."""

    plan_version: int
    external_id: str | None
    listed: tuple[Listed, ...] = ()


class Store(Protocol):
    """Records, ledger and plans. Reads are strongly consistent, but for `due`; any may raise StoreUnavailable."""

    def load(self, model_id: ModelId) -> ModelRecord | None:
        """Return the model's record, or None if it has none yet.

        Raises:
            UnreadableItem: the stored record is of a form that this release does not know.
        """

    def save(
        self, record: ModelRecord, entry: LedgerEntry | None, guards: Mapping[Subject, int] | None = None
    ) -> ModelRecord:
        """Store the record, and the entry with it, if the stored version is still `record.version` (0: none stored).

        `guards`: and if the requests of these schedules still have the versions that were read. All or nothing is
        written. Returns the record as stored: version + 1. A write whose answer was lost but which was won by the same
        `writer` counts as won.

        Raises:
            StaleRecord: somebody else won; nothing was written.
        """

    def standings(self, subject: Subject, after: datetime) -> Standings:
        """Return the holds and blocks of a subject that end after `after`, released ones too, in order of their ids.

        Read after the record: one that is stored in between costs the pass its write.

        Raises:
            UnreadableItem: one is of a form that this release does not know.
        """

    def standing(self, subject: Subject, request_id: RequestId) -> Standing | None:
        """Return one hold or block of a subject, whether it has ended or not."""

    def tombstones(self, subject: Subject, request_id: RequestId) -> Sequence[Tombstone]:
        """Return the releases that came before the hold or block of this id: one of each requester, one of admins."""

    def reply(self, request_id: RequestId) -> Reply | None:
        """Return what the request of this id was answered; None: it was not."""

    def answer(
        self,
        reply: Reply,
        change: Standing | Tombstone | None,
        models: Sequence[ModelId],
        seen: int | None = None,
    ) -> None:
        """Append the reply to the request's ledger, and with it store the change that it tells of. All or nothing.

        A standing of revision 1 must not be stored yet; another one replaces the revision before it. Of a release and
        what it releases, the one that comes second must know of the first: a tombstone is refused where its hold or
        block stands, and a new one that is not released at birth where a tombstone of its requester's or an admin's is
        in force. With a change of a model's its record becomes due at `reply.at` and its version is bumped, in the same
        transaction, and if `seen` is given only if that version was it: a reply that says whether a stop was won must
        not be outrun by one. With a schedule's its version is bumped there, and then `models`, those that have the
        schedule, are woken one by one.

        Raises:
            StaleRecord: this id was answered already, or what was read has changed by now; nothing was written.
            StoreUnavailable: also if the reply is stored and not all of `models` are woken yet: the same request again
                must wake them.
        """

    def planned(self, model_id: ModelId) -> Planned:
        """Return what the current plan says of the model.

        Raises:
            UnreadableItem: the stored plan is of a form that this release does not know.
        """

    def planned_before(self, model_id: ModelId) -> HostedModel | None:
        """Return what the plan before the current one said of the model; None if there is none, or it is not named.

        Asked only when what the current plan says cannot be evaluated.

        Raises:
            UnreadableItem: the stored plan is of a form that this release does not know.
        """

    def due(self, until: datetime) -> Sequence[Due]:
        """Return the models with `wake_at` <= `until`, oldest first, from the eventually consistent index."""

    def plan_version(self) -> int:
        """Return the version of the current plan; 0: none."""

    def planned_models(self) -> Sequence[ModelId]:
        """Return the models that the current plan names, in order."""

    def left_models(self) -> Sequence[ModelId]:
        """Return the models that an earlier plan named and the current one does not, in order.

        One that a pass has found at rest since then may be left out.
        """

    def recorded(self, model_ids: Sequence[ModelId]) -> dict[ModelId, ModelRecord]:
        """Return the records that exist of `model_ids`; an unreadable one is left out."""

    def apply(self, models: Sequence[HostedModel], *, expected_version: int, at: datetime) -> int:
        """Store `models` as the plan after `expected_version`, make it current, and return its version.

        That version is above any that a record of theirs has served, also after the plans were restored to older ones.
        All models concerned are woken at `at`, also those that the plan no longer names; one without a record gets it.
        Interrupted before the plan is current, it has changed nothing; after it, the resync wakes the rest.

        Raises:
            StaleRecord: another apply came first; the current plan is untouched.
        """

    def wake(self, model_id: ModelId, at: datetime) -> None:
        """Make the model due at `at` and bump its record's version, so that a step decided before loses its write.

        A model without a record gets none.
        """

    def ledger(self, model_id: ModelId) -> Sequence[LedgerEntry]:
        """Return the model's ledger, oldest first."""

    def external_id(self, account: str) -> str:
        """Return the ExternalId under which a member account's role is assumed: drawn at the first call, then fixed.

        Only from here does one come: whoever could choose it could have Preheat enter an account for somebody else.
        """

    def membership(self, account: str) -> Membership:
        """Return what the current plan says of a member account.

        Raises:
            UnreadableItem: the stored plan is of a form that this release does not know.
        """


class Queue(Protocol):
    """The work queue: at least once, in no order. Its messages say *look at model X* and nothing else."""

    def enqueue(self, model_id: ModelId, after: timedelta) -> None:
        """Have the model looked at in `after`; the queue holds 0 to 900 s, a longer wait is cut and the tick covers it.

        Raises:
            QueueUnavailable: the message may or may not have been sent.
        """


class Events(Protocol):
    """The event bus of the stack: at least once; its order is that of the calls, as far as the bus keeps one."""

    def put(self, events: Sequence[Event]) -> None:
        """Put the events, in their order. An event is put under its own time and may be at most 256 KB.

        Raises:
            EventsUnavailable: the bus did not take all of them, or did not answer; those that it took may come twice.
            Undeliverable: it refuses some for good, by their ids; it has taken the others.
        """


class Replies(Protocol):
    """Queues of those who asked. Which may be replied to is the caller's affair."""

    def send(self, reply_to: str, text: str) -> None:
        """Send a text to the queue of the ARN `reply_to`, at least once.

        Raises:
            QueueUnavailable: it may or may not have been sent.
            Undeliverable: there is no such queue, or it may not be sent to.
        """


class RejectedRequests(Protocol):
    """Where requests that were refused are put aside, for people to look at: never tried again."""

    def put_aside(self, body: str, reply: Reply) -> None:
        """Keep a message's body with what it was answered; a long body is cut. The same one may come twice.

        Raises:
            QueueUnavailable: it may or may not have been kept.
        """


@dataclass(frozen=True, slots=True)
class Remote:
    """The outside of one pass: every remote call it can make. `writer` names the pass; no two passes share one."""

    clock: Clock
    store: Store
    hosting: Hosting
    queue: Queue
    writer: str
    gates: Gates = UNWIRED
    backlogs: Backlogs = UNWIRED

    def under(self, writer: str) -> Self:
        """Return the same outside for another pass."""
        return changed(self, writer=writer)
