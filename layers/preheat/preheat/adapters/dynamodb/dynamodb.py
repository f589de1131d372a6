"""The store on DynamoDB: the one object that holds its parts together, and what takes several of them.

Records, requests, plans, tables, items and error codes have modules of their own; this one owns how all models of a
plan, or of a schedule, are woken.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

from pynamodb.exceptions import PynamoDBException

from preheat.adapters.dynamodb import items
from preheat.adapters.dynamodb.accounts import ExternalIds, listed
from preheat.adapters.dynamodb.failures import Patience
from preheat.adapters.dynamodb.plans import Plans
from preheat.adapters.dynamodb.records import Records
from preheat.adapters.dynamodb.requests import WAKER, Requests
from preheat.adapters.dynamodb.tables import TableNames, Tables
from preheat.app.ports.errors import PreheatError, StaleRecord, StoreUnavailable, UnreadableItem
from preheat.app.ports.store import Due, Membership, Planned
from preheat.domain.demand.request import Reply, RequestId, Standing, Standings, Subject, Tombstone
from preheat.domain.plan.plan import HostedModel, ModelId
from preheat.domain.record.record import LedgerEntry, ModelRecord

HANDS = 8  # calls side by side while many models are woken


class DynamoStore:
    """Implements `ports.Store`. Safe to share between threads, as its client is."""

    def __init__(self, client: Any, names: TableNames, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._tables = Tables(names, client)
        self._records = Records(self._tables, self._patience)
        self._requests = Requests(self._tables, self._patience)
        self._plans = Plans(self._tables, self._patience)
        self._external_ids = ExternalIds(self._tables, self._patience)

    def load(self, model_id: ModelId) -> ModelRecord | None:
        """See `ports.Store`."""
        return self._records.load(model_id)

    def save(
        self, record: ModelRecord, entry: LedgerEntry | None, guards: Mapping[Subject, int] | None = None
    ) -> ModelRecord:
        """See `ports.Store`."""
        return self._records.save(record, entry, guards or {})

    def standings(self, subject: Subject, after: datetime) -> Standings:
        """See `ports.Store`."""
        return self._requests.standings(subject, after)

    def standing(self, subject: Subject, request_id: RequestId) -> Standing | None:
        """See `ports.Store`."""
        return self._requests.standing(subject, request_id)

    def tombstones(self, subject: Subject, request_id: RequestId) -> Sequence[Tombstone]:
        """See `ports.Store`."""
        return self._requests.tombstones(subject, request_id)

    def reply(self, request_id: RequestId) -> Reply | None:
        """See `ports.Store`."""
        return self._requests.reply(request_id)

    def answer(
        self,
        reply: Reply,
        change: Standing | Tombstone | None,
        models: Sequence[ModelId],
        seen: int | None = None,
    ) -> None:
        """See `ports.Store`."""
        self._requests.answer(reply, change, seen)
        if not isinstance(change, Standing) or change.subject.model_id is not None:
            return
        failed = self._each(models, lambda model_id: self._wake_or_create(model_id, None, reply.at))
        if failed:
            message = f"request {reply.request_id} is answered, but {len(failed)} of {len(models)} models are not woken"
            raise StoreUnavailable(f"{message} yet: {failed[0]}") from failed[0]

    def planned(self, model_id: ModelId) -> Planned:
        """See `ports.Store`."""
        return self._plans.planned(model_id)

    def planned_before(self, model_id: ModelId) -> HostedModel | None:
        """See `ports.Store`."""
        return self._plans.planned_before(model_id)

    def due(self, until: datetime) -> Sequence[Due]:
        """See `ports.Store`. A line that is no instant is left out: the resync finds its model."""
        return self._records.due(until)

    def plan_version(self) -> int:
        """See `ports.Store`."""
        return self._plans.current().version

    def planned_models(self) -> Sequence[ModelId]:
        """See `ports.Store`."""
        return self._plans.models(self._plans.current())

    def left_models(self) -> Sequence[ModelId]:
        """See `ports.Store`."""
        return self._plans.left(self._plans.current())

    def recorded(self, model_ids: Sequence[ModelId]) -> dict[ModelId, ModelRecord]:
        """See `ports.Store`."""
        return self._records.recorded(model_ids)

    def apply(self, models: Sequence[HostedModel], *, expected_version: int, at: datetime) -> int:
        """See `ports.Store`.

        Raises:
            StoreUnavailable: the message tells whether the plan is current; if it is, the resync wakes whom this did
                not.
        """
        before = self._plans.current()
        if before.version != expected_version:
            raise StaleRecord(f"plan {expected_version} was read, plan {before.version} is current")
        planned = {model.model_id: model for model in models}
        left_before, planned_before = self._plans.left(before), self._plans.models(before)
        concerned = sorted({*left_before, *planned_before, *planned})
        records = self.recorded(concerned)
        served = max((record.plan_version for record in records.values()), default=0)
        # Whom the plan before left too may be at rest by now; an unreadable record never is.
        at_rest = {m for m in left_before if m in records and records[m].is_at_rest_under(expected_version)}
        left = sorted({*left_before, *planned_before} - at_rest - set(planned))
        version = max(expected_version, served) + 1
        members = {
            account: Membership(version, self.external_id(account), targets)
            for account, targets in listed(models).items()
        }
        pointer = self._plans.write(models, members, left, version, before=before.partition)
        self._plans.make_current(pointer, at, after=expected_version)
        failed = self._each(concerned, lambda one: self._wake_or_create(one, planned.get(one), at))
        if failed:
            message = (
                f"plan {pointer.version} is current, but {len(failed)} of {len(concerned)} models are not woken yet"
            )
            raise StoreUnavailable(f"{message}; the resync will: {failed[0]}") from failed[0]
        return pointer.version

    def wake(self, model_id: ModelId, at: datetime) -> None:
        """See `ports.Store`. An unreadable record is woken too, so that its own pass tells of it."""
        self._records.wake(model_id, at)

    def ledger(self, model_id: ModelId) -> Sequence[LedgerEntry]:
        """See `ports.Store`.

        Raises:
            UnreadableItem: an entry is of a form that this release does not know.
        """
        name = self._tables.names.ledger
        try:
            query = self._tables.ledger.query
            found = self._patience.call(f"{name} {model_id}", lambda: list(query(model_id, consistent_read=True)))
        except (TypeError, ValueError) as error:  # PynamoDB could not even read an attribute's type.
            raise UnreadableItem(f"{name} {model_id}: {error}") from error
        return tuple(items.to_entry(item) for item in found)

    def external_id(self, account: str) -> str:
        """See `ports.Store`."""
        return self._external_ids.of(account)

    def membership(self, account: str) -> Membership:
        """See `ports.Store`."""
        member = self._plans.membership(account)
        if member.external_id is None:  # No longer planned there; what still runs there has to be stopped.
            member = replace(member, external_id=self._external_ids.known(account))
        return member

    def _each(self, models: Sequence[ModelId], act: Callable[[ModelId], Exception | None]) -> list[Exception]:
        """Do the same for many models, some side by side, and return what went wrong."""
        with ThreadPoolExecutor(HANDS) as hands:
            return [*filter(None, hands.map(act, models))]

    def _wake_or_create(self, model_id: ModelId, model: HostedModel | None, at: datetime) -> Exception | None:
        """Make one model due, in an apply with a new record; return what went wrong, for the others must not suffer."""
        try:
            if not self._records.wake(model_id, at) and model is not None:
                new = ModelRecord(model_id, model.target, wake_at=at, writer=WAKER)
                try:
                    self.save(new, None)
                except StaleRecord:  # A pass has made the record meanwhile.
                    self._records.wake(model_id, at)
        except (PreheatError, PynamoDBException) as error:
            return error
        return None
