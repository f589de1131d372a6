"""The store's in-memory twin: the same promises as the DynamoDB store, for tests and the simulation.

Values never change, so holding them is as good as a copy. Knows nothing of faults; a wrapper adds them.
"""

from collections.abc import Sequence
from datetime import datetime

from preheat.adapters.dynamodb.members import draw_external_id, list_by_account
from preheat.app.ports.errors import StaleRecord, UnreadableItem
from preheat.app.ports.fleet import Due
from preheat.app.ports.plans import Membership, Planned, WholePlan
from preheat.app.ports.records import Guarded, Guards
from preheat.app.ports.requests import Basis
from preheat.domain.demand.pieces import list_subjects
from preheat.domain.demand.request import Reply, RequestId, Standing, Standings, Subject, Tombstone
from preheat.domain.plan.applied import AppliedBy, AppliedPlan
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId
from preheat.domain.plan.senders import SenderRule
from preheat.domain.record.record import LedgerEntry, ModelRecord
from preheat.domain.values import change


class MemoryStore:
    """Records, ledger and plans in dictionaries; `due` is exact, as the index is when it has caught up."""

    def __init__(self) -> None:
        self.records: dict[ModelId, ModelRecord] = {}
        self.entries: dict[ModelId, list[LedgerEntry]] = {}
        self.plans: dict[int, dict[ModelId, HostedModel]] = {0: {}}
        self.current = 0
        self.external_ids: dict[str, str] = {}
        self.replies: dict[RequestId, Reply] = {}
        self.stands: dict[Subject, dict[RequestId, Standing]] = {}
        # The requester; None is any admin.
        self.releases: dict[tuple[Subject, RequestId], dict[str | None, Tombstone]] = {}
        self.versions: dict[Subject, int] = {}  # of the schedules
        self.applied_by: dict[int, AppliedBy] = {}  # by the version of the plan
        self.applied: dict[int, AppliedPlan] = {}  # the ledger of the applies, by the version of the plan
        self.sender_rules: dict[int, tuple[SenderRule, ...]] = {}  # by the version of the plan
        self.counted: dict[tuple[str, Subject | None, datetime], int] = {}
        self.woken: dict[tuple[Subject, RequestId], int] = {}  # the revision that has woken all its models

    def load(self, model_id: ModelId) -> ModelRecord | None:
        """See `ports.Store`."""
        return self.records.get(model_id)

    def save(self, record: ModelRecord, entry: LedgerEntry | None, guards: Guards | None = None) -> ModelRecord:
        """See `ports.Store`."""
        for guard, seen in (guards or {}).items():
            stored = self.current if isinstance(guard, Guarded) else self.versions.get(guard, 0)
            if stored != seen:
                raise StaleRecord(f"{guard.key}: version {seen} was read, {stored} is stored")
        before = self.records.get(record.model_id)
        version = before.version if before is not None else 0
        if version != record.version:
            raise StaleRecord(f"{record.model_id}: version {record.version} was read, {version} is stored")
        entries = self.entries.setdefault(record.model_id, [])
        if entry is not None:
            if entry.sequence != len(entries) + 1:
                raise StaleRecord(f"{record.model_id}: ledger entry {entry.sequence} exists already")
            entries.append(entry)
        won = change(record, version=version + 1)
        self.records[record.model_id] = won
        return won

    def read_standings(self, subject: Subject, after: datetime) -> Standings:
        """See `ports.Store`."""
        found = [one for _, one in sorted(self.stands.get(subject, {}).items()) if one.end > after]
        return Standings(self.versions.get(subject, 0), tuple(found))

    def find_asked(self, subjects: Sequence[Subject]) -> frozenset[Subject]:
        """See `ports.Store`."""
        return frozenset(subject for subject in subjects if self.stands.get(subject))

    def read_basis(self, model_id: ModelId, after: datetime) -> Basis:
        """See `ports.Store`."""
        planned = self.read_planned(model_id)
        subjects = list_subjects(planned.model) if planned.model is not None else ()
        return Basis(planned, {subject: self.read_standings(subject, after) for subject in subjects})

    def find_standing(self, subject: Subject, request_id: RequestId) -> Standing | None:
        """See `ports.Store`."""
        return self.stands.get(subject, {}).get(request_id)

    def read_tombstones(self, subject: Subject, request_id: RequestId) -> Sequence[Tombstone]:
        """See `ports.Store`."""
        return tuple(self.releases.get((subject, request_id), {}).values())

    def find_reply(self, request_id: RequestId) -> Reply | None:
        """See `ports.Store`."""
        return self.replies.get(request_id)

    def answer(
        self,
        reply: Reply,
        change: Standing | Tombstone | None,
        models: Sequence[ModelId],
        seen: int | None = None,
        drops: Sequence[Standing] = (),
    ) -> None:
        """See `ports.Store`."""
        last = self.replies.get(reply.request_id)
        if reply.number != (last.number if last is not None else 0) + 1:
            raise StaleRecord(f"request {reply.request_id} was answered already")
        if isinstance(change, Standing):
            before = self.find_standing(change.subject, change.request_id)
            record = self.records.get(change.subject.model_id) if change.subject.model_id is not None else None
            if record is not None and seen is not None and record.version != seen:
                raise StaleRecord(f"{record.model_id}: version {seen} was read, {record.version} is stored")
            released = change.revision == 1 and change.released_at is None and self._is_released(change, reply.at)
            if released or change.revision != (before.revision if before is not None else 0) + 1:
                raise StaleRecord(f"{change.request_id} has changed since it was read")
            self._check_unchanged(drops)
            self.stands.setdefault(change.subject, {})[change.request_id] = change
            if change.subject.model_id is None:
                self.versions[change.subject] = self.versions.get(change.subject, 0) + 1
            for one in drops:
                self.stands[change.subject].pop(one.request_id, None)
            for model_id in models if change.subject.model_id is None else (change.subject.model_id,):
                self.wake(model_id, reply.at)
        elif change is not None:
            if self.find_standing(change.subject, change.of) is not None:
                raise StaleRecord(f"{change.of} has changed since it was read")
            requester = None if change.admin else change.requester
            self.releases.setdefault((change.subject, change.of), {})[requester] = change
        self.replies[reply.request_id] = reply

    def are_all_woken(self, subject: Subject, request_id: RequestId) -> bool:
        """See `ports.Store`."""
        found = self.find_standing(subject, request_id)
        return found is None or self.woken.get((subject, request_id)) == found.revision

    def note_woken(self, change: Standing) -> None:
        """See `ports.Store`."""
        found = self.find_standing(change.subject, change.request_id)
        if found is not None and found.revision == change.revision:
            self.woken[change.subject, change.request_id] = change.revision

    def _check_unchanged(self, drops: Sequence[Standing]) -> None:
        for one in drops:
            stored = self.find_standing(one.subject, one.request_id)
            if stored is not None and stored.revision != one.revision:
                raise StaleRecord(f"{one.request_id} has changed since it was read")

    def _is_released(self, change: Standing, at: datetime) -> bool:
        """Return whether a release that came before is in force on a hold or block."""
        found = self.releases.get((change.subject, change.request_id), {})
        return any(by in (change.requester, None) and release.until > at for by, release in found.items())

    def read_planned(self, model_id: ModelId) -> Planned:
        """See `ports.Store`."""
        return Planned(self.current, self.plans[self.current].get(model_id))

    def read_planned_before(self, model_id: ModelId) -> HostedModel | None:
        """See `ports.Store`."""
        before = max((version for version in self.plans if version < self.current), default=0)
        return self.plans[before].get(model_id)

    def find_due(self, until: datetime) -> Sequence[Due]:
        """See `ports.Store`."""
        lines = [
            Due(record.model_id, due_at)
            for record in self.records.values()
            if (due_at := record.due_at or record.wake_at) is not None and due_at <= until
        ]
        return sorted(lines, key=lambda line: (line.wake_at, line.model_id))

    def read_plan_version(self) -> int:
        """See `ports.Store`."""
        return self.current

    def read_whole_plan(self) -> WholePlan:
        """See `ports.Store`."""
        models: dict[ModelId, HostedModel] = {}
        unreadable: dict[ModelId, str] = {}
        for model_id in self.list_planned_models():
            try:
                model = self.read_planned(model_id).model
            except UnreadableItem as error:
                unreadable[model_id] = str(error)
            else:
                models |= {model_id: model} if model is not None else {}
        return WholePlan(self.current, models, unreadable, self.list_former_models())

    def glance_at_many(self, model_ids: Sequence[ModelId]) -> dict[ModelId, ModelRecord]:
        """See `ports.Store`."""
        return self.load_many(model_ids)

    def list_planned_models(self) -> Sequence[ModelId]:
        """See `ports.Store`."""
        return sorted(self.plans[self.current])

    def list_former_models(self) -> Sequence[ModelId]:
        """See `ports.Store`."""
        planned = self.plans[self.current]
        return sorted(
            model_id
            for model_id, record in self.records.items()
            if model_id not in planned and not record.is_at_rest_under(self.current)
        )

    def load_many(self, model_ids: Sequence[ModelId]) -> dict[ModelId, ModelRecord]:
        """See `ports.Store`."""
        return {model_id: self.records[model_id] for model_id in model_ids if model_id in self.records}

    def read_applied_by(self) -> AppliedBy | None:
        """See `ports.Store`."""
        return self.applied_by.get(self.current)

    def read_applied_plans(self, limit: int) -> Sequence[AppliedPlan]:
        """See `ports.Store`."""
        return [self.applied[version] for version in sorted(self.applied)][-limit:]

    def find_applied_plan(self, version: int) -> AppliedPlan | None:
        """See `ports.Store`."""
        return self.applied.get(version)

    def read_senders(self) -> tuple[SenderRule, ...]:
        """See `ports.Store`."""
        return self.sender_rules.get(self.current, ())

    def count_request(self, sender: str, subject: Subject | None, hour: datetime) -> int:
        """See `ports.Store`."""
        counted = self.counted[sender, subject, hour] = self.counted.get((sender, subject, hour), 0) + 1
        return counted

    def read_served_at(self) -> datetime | None:
        """See `ports.Store`. It has no time of its own."""
        return None

    def apply(
        self,
        models: Sequence[HostedModel],
        *,
        expected_version: int,
        at: datetime,
        senders: Sequence[SenderRule] = (),
        by: AppliedBy | None = None,
    ) -> int:
        """See `ports.Store`."""
        if self.current != expected_version:
            raise StaleRecord(f"plan {expected_version} was read, plan {self.current} is current")
        concerned = {*self.plans[self.current], *self.list_former_models(), *(model.model_id for model in models)}
        served = max((record.plan_version for record in self.load_many(sorted(concerned)).values()), default=0)
        self.current = max(expected_version, served, *self.applied) + 1
        self.plans[self.current] = {model.model_id: model for model in models}
        self.sender_rules[self.current] = tuple(senders)
        self.applied[self.current] = AppliedPlan(self.current, at, len(models), by or AppliedBy())
        if by is not None:
            self.applied_by[self.current] = by
        for account in list_by_account(models):
            self.ensure_external_id(account)
        for model in models:
            if model.model_id not in self.records:
                self.records[model.model_id] = ModelRecord(model.model_id, model.target, version=1, wake_at=at)
        for model_id in sorted(concerned):
            self.wake(model_id, at)
        return self.current

    def wake(self, model_id: ModelId, at: datetime) -> None:
        """See `ports.Store`."""
        record = self.records.get(model_id)
        if record is not None:
            overdue = record.due_at is not None and record.wake_at is not None and record.wake_at < at
            wake_at, due_at = (record.wake_at, at) if overdue else (at, None)
            woken = change(record, wake_at=wake_at, due_at=due_at, version=record.version + 1, writer="wake")
            self.records[model_id] = woken

    def read_ledger(self, model_id: ModelId) -> Sequence[LedgerEntry]:
        """See `ports.Store`."""
        return tuple(self.entries.get(model_id, ()))

    def read_recent_ledger(self, model_id: ModelId, since: datetime) -> Sequence[LedgerEntry]:
        """See `ports.Store`."""
        entries = self.read_ledger(model_id)
        first = next((place for place in range(len(entries), 0, -1) if entries[place - 1].at < since), 1)
        return tuple(entries[first - 1 :])

    def ensure_external_id(self, account: str) -> str:
        """See `ports.Store`."""
        return self.external_ids.setdefault(account, draw_external_id())

    def read_membership(self, account: str) -> Membership:
        """See `ports.Store`."""
        models = self.plans[self.current].values()
        return Membership(self.current, self.external_ids.get(account), list_by_account(models).get(account, ()))
