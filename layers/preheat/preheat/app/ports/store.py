"""Ports to the store, in parts: records, the ledger, the due index, plans, requests and member accounts.

A caller combines the parts that it uses, so that a tick cannot save a record and an audit cannot write.
Reads are strongly consistent, except for `due`. Any call may raise StoreUnavailable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from preheat.domain.demand.request import Reply, RequestId, Standing, Standings, Subject, Tombstone
from preheat.domain.plan.applied import AppliedBy, AppliedPlan
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId, Target
from preheat.domain.plan.senders import SenderRule
from preheat.domain.record.record import LedgerEntry, ModelRecord

PLANS_KEPT = 10  # versions that stay stored, the current one included


class Guarded(StrEnum):
    """The guard of a write, in addition to the requests of a schedule."""

    PLAN = "plan"  # the version of the current plan

    @property
    def key(self) -> str:
        """The word for it in a message, as `Subject.key`."""
        return self.value


# The base of a decision: the requests of schedules, or the plan, each with the version that the pass read.
type Guards = Mapping[Subject | Guarded, int]


@dataclass(frozen=True, slots=True)
class Planned:
    """The part of the current plan about one model: None if it does not name it. `version` 0: no plan yet."""

    version: int
    model: HostedModel | None


@dataclass(frozen=True, slots=True)
class WholePlan:
    """All models of the current plan, in order, and those that an earlier plan named. `version` 0: no plan yet.

    `unreadable`: the models whose items this release does not know, each with the error.
    """

    version: int
    models: Mapping[ModelId, HostedModel]
    unreadable: Mapping[ModelId, str]
    former: Sequence[ModelId]

    @property
    def names(self) -> Sequence[ModelId]:
        """All models that the plan names, in order."""
        return sorted([*self.models, *self.unreadable])


@dataclass(frozen=True, slots=True)
class Basis:
    """The basis of a model's demand: the plan, and the requests of the model and of its planned schedules.

    `standings` is empty if the plan does not name the model: then nothing can want it.
    """

    planned: Planned
    standings: Mapping[Subject, Standings]


@dataclass(frozen=True, slots=True)
class Due:
    """A line of the due index: a hint, never a fact."""

    model_id: ModelId
    wake_at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """A target that a plan lists in a member account. `inference`: an inference proves that it is ready."""

    target: Target
    inference: bool = False
    fallbacks: tuple[str, ...] = ()  # the other endpoint configs that may create it

    def covers(self, target: Target) -> bool:
        """Return whether it lists a target, of any of its endpoint configs."""
        return any(target == self.target.of_config(config) for config in (self.target.version, *self.fallbacks))


@dataclass(frozen=True, slots=True)
class Membership:
    """The part of the current plan about a member account. `external_id` None: no plan has named the account yet."""

    plan_version: int
    external_id: str | None
    listed: tuple[Listed, ...] = ()


class RecordReader(Protocol):
    """Reads model records."""

    def load(self, model_id: ModelId) -> ModelRecord | None:
        """Return the model's record; None: it has none yet.

        Raises:
            UnreadableItem: this release does not know the form of the stored record.
        """

    def load_many(self, model_ids: Sequence[ModelId]) -> dict[ModelId, ModelRecord]:
        """Return the records that exist of `model_ids`. It omits an unreadable record."""


class RecordGlances(Protocol):
    """Reads many model records at half the price."""

    def glance_at_many(self, model_ids: Sequence[ModelId]) -> dict[ModelId, ModelRecord]:
        """Return what `load_many` does, perhaps as it was a moment ago. No start or stop may rest on it."""


class RecordWriter(Protocol):
    """Saves model records, each with its ledger entry."""

    def save(self, record: ModelRecord, entry: LedgerEntry | None, guards: Guards | None = None) -> ModelRecord:
        """Store the record, and the entry with it, if the stored version is still `record.version` (0: none stored).

        With `guards`, the plan and the requests of these schedules must also still have the versions that were read.
        Any number of guards is accepted: those beyond SCHEDULES_MAX are read just before the write. The write is all or
        nothing. Returns the record as stored: version + 1. If the answer to a write is lost, but the same `writer` won
        it, it counts as won.

        Raises:
            StaleRecord: another writer won; nothing was written.
        """


class Waker(Protocol):
    """Makes models due."""

    def wake(self, model_id: ModelId, at: datetime) -> None:
        """Make the model due at `at` and increase its record's version: a step decided earlier then loses its write.

        Does nothing for a model without a record.
        """


class DueIndex(Protocol):
    """The index of due models."""

    def find_due(self, until: datetime) -> Sequence[Due]:
        """Return the models with `wake_at` <= `until`, oldest first, from the eventually consistent index."""


class LedgerReader(Protocol):
    """Reads the ledger."""

    def read_ledger(self, model_id: ModelId) -> Sequence[LedgerEntry]:
        """Return the model's ledger, oldest entry first.

        Raises:
            UnreadableItem: this release does not know the form of an entry.
        """

    def read_recent_ledger(self, model_id: ModelId, since: datetime) -> Sequence[LedgerEntry]:
        """Return the model's entries from `since` on, and the one before them; oldest first. Reads no older ones.

        Raises:
            UnreadableItem: this release does not know the form of one of them.
        """


class PlanReader(Protocol):
    """Reads the current plan."""

    def read_plan_version(self) -> int:
        """Return the version of the current plan; 0: none."""

    def read_planned(self, model_id: ModelId) -> Planned:
        """Return what the current plan says about the model.

        Raises:
            UnreadableItem: this release does not know the form of the stored plan.
        """

    def read_planned_before(self, model_id: ModelId) -> HostedModel | None:
        """Return what the plan before the current one said about the model; None: no such plan, or not named in it.

        Called only when the current plan cannot be evaluated.

        Raises:
            UnreadableItem: this release does not know the form of the stored plan.
        """

    def read_applied_by(self) -> AppliedBy | None:
        """Return who applied the current plan; None: unknown, as of a plan of an earlier release.

        Raises:
            UnreadableItem: this release does not know its form.
        """

    def read_applied_plans(self, limit: int) -> Sequence[AppliedPlan]:
        """Return the last `limit` applies, newest last; without those of a release that noted none.

        Raises:
            UnreadableItem: this release does not know the form of one.
        """

    def find_applied_plan(self, version: int) -> AppliedPlan | None:
        """Return the apply that made a version current; None: the ledger has none.

        Raises:
            UnreadableItem: this release does not know its form.
        """

    def senders(self) -> tuple[SenderRule, ...]:
        """Return the senders' table of the current plan; empty: it has none.

        Raises:
            UnreadableItem: this release does not know its form.
        """

    def read_whole_plan(self) -> WholePlan:
        """Return all that the current plan says about models, in a call for each megabyte of it.

        In a process that knows this plan, in one call.
        """

    def list_planned_models(self) -> Sequence[ModelId]:
        """Return the models that the current plan names, in order."""

    def list_former_models(self) -> Sequence[ModelId]:
        """Return the models that an earlier plan named and the current one does not, in order.

        A model that a pass has found at rest since then may be left out.
        """


class PlanWriter(Protocol):
    """Applies plans."""

    def apply(
        self,
        models: Sequence[HostedModel],
        *,
        expected_version: int,
        at: datetime,
        senders: Sequence[SenderRule] = (),
        by: AppliedBy | None = None,
    ) -> int:
        """Store `models` as the plan after `expected_version`, make it current, and return its version.

        `senders` is its senders' table; empty: it has none. `by` is who applies it; None: unknown.

        The version is higher than any that a record of these models has followed, and than any in the ledger, even
        after a restore of older plans. The same write appends the apply to the ledger, as `AppliedPlan`.

        Deletes the plans beyond the last PLANS_KEPT, a few at each call. What it cannot delete stays for the next call.

        Wakes all models concerned at `at`, also those that the plan no longer names; a model without a record gets one.
        If it is interrupted before the plan is current, nothing has changed. After that, the resync wakes the rest.

        Raises:
            StaleRecord: another apply came first; the current plan is unchanged.
        """


class RequestReader(Protocol):
    """Reads holds and blocks, releases that came before them, and replies."""

    def read_standings(self, subject: Subject, after: datetime) -> Standings:
        """Return the holds and blocks of a subject that end after `after`, also released ones, in order of their ids.

        Read them after the record: a request stored in between then costs the pass its write.

        Raises:
            UnreadableItem: this release does not know the form of one of them.
        """

    def find_asked(self, subjects: Sequence[Subject]) -> frozenset[Subject]:
        """Return the subjects that ever had a hold or block; `read_standings` finds none of the others."""

    def find_standing(self, subject: Subject, request_id: RequestId) -> Standing | None:
        """Return one hold or block of a subject, whether it has ended or not."""

    def all_woken(self, subject: Subject, request_id: RequestId) -> bool:
        """Return whether `note_woken` ran for a hold or block as it is stored now; also if none is stored."""

    def read_tombstones(self, subject: Subject, request_id: RequestId) -> Sequence[Tombstone]:
        """Return the releases that came before the hold or block with this id: one a requester, and one for admins."""

    def find_reply(self, request_id: RequestId) -> Reply | None:
        """Return the last reply to the request with this id; None: it has none."""


class BasisReader(Protocol):
    """Reads the basis of a model's demand."""

    def read_basis(self, model_id: ModelId, after: datetime) -> Basis:
        """Return `read_planned`, and `read_standings` of the model and of each of its schedules, in one call at best.

        Read it after the record: a plan or request stored in between then costs the pass its write.

        Raises:
            UnreadableItem: this release does not know the form of the stored plan, or of a request.
        """


class RequestWriter(Protocol):
    """Answers requests."""

    def answer(
        self,
        reply: Reply,
        change: Standing | Tombstone | None,
        models: Sequence[ModelId],
        seen: int | None = None,
        drops: Sequence[Standing] = (),
    ) -> None:
        """Append the reply to the request's ledger and store the change that it reports. All or nothing.

        `drops`: holds and blocks of the same subject that have ended; they are deleted to make room for a new one.

        No reply with its number may be under its id yet. A later one follows the one before it, which has `retry_at`.

        A standing with revision 1 must not be stored yet; a later revision replaces the one before it. A release and
        the hold or block that it releases must know each other: a tombstone is refused if its hold or block is stored,
        and a new hold or block that is not released at birth is refused if a tombstone of its requester or an admin is
        in force.

        A change of a model makes its record due at `reply.at` and increases its version in the same transaction. If
        `seen` is given, that version must be `seen`: a reply that says whether a stop was won must not be overtaken by
        one. A change of a schedule increases the schedule's version there, and then wakes `models`, the models with
        this schedule, one by one.

        Raises:
            StaleRecord: this id was answered already, or what was read has changed; nothing was written.
            StoreUnavailable: also if the reply is stored but not all of `models` are awake yet: the same request again
                must wake them.
        """

    def count_request(self, sender: str, subject: Subject | None, hour: datetime) -> int:
        """Count one more request of a sender in the hour that begins then; return how many there are now.

        They are counted for each subject, and without one for all requests of the sender. A count is not exact: one
        whose answer was lost is counted twice.
        """

    def note_woken(self, change: Standing) -> None:
        """Note that all models of a schedule's change are awake: a repeated message then wakes none."""


class Members(Protocol):
    """Member accounts of the current plan."""

    def ensure_external_id(self, account: str) -> str:
        """Return the ExternalId for assuming a member account's role: drawn at the first call, then fixed.

        Only this call creates one. Anybody who could choose it could make Preheat enter an account for somebody else.
        """

    def read_membership(self, account: str) -> Membership:
        """Return what the current plan says about a member account.

        Raises:
            UnreadableItem: this release does not know the form of the stored plan.
        """


class Store(
    RecordReader,
    RecordGlances,
    RecordWriter,
    Waker,
    DueIndex,
    LedgerReader,
    PlanReader,
    PlanWriter,
    RequestReader,
    BasisReader,
    RequestWriter,
    Members,
    Protocol,
):
    """The whole store, for the programs that open one."""
