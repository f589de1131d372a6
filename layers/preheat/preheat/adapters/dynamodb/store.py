"""The store on DynamoDB: its parts as one object, and how to apply a plan.

Records, requests, plans and member accounts have modules of their own. Applying a plan takes all of them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from preheat.adapters.dynamodb.applies import DynamoApplies
from preheat.adapters.dynamodb.basis import DynamoBasis
from preheat.adapters.dynamodb.connection import TableNames, Tables
from preheat.adapters.dynamodb.failures import Patience
from preheat.adapters.dynamodb.members import list_by_account
from preheat.adapters.dynamodb.senders import DynamoSenders
from preheat.app.ports.errors import StaleRecord, StoreUnavailable
from preheat.app.ports.plans import Membership
from preheat.domain.plan.applied import AppliedBy, AppliedPlan
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.senders import SenderRule


class DynamoStore(DynamoBasis, DynamoSenders, DynamoApplies):
    """Implements `ports.store.Store`: `DynamoBasis` brings records, requests, plans and members with it."""

    def __init__(self, client: Any, names: TableNames, patience: Patience | None = None) -> None:
        super().__init__(Tables(names, client), patience or Patience())

    def apply(
        self,
        models: Sequence[HostedModel],
        *,
        expected_version: int,
        at: datetime,
        senders: Sequence[SenderRule] = (),
        by: AppliedBy | None = None,
    ) -> int:
        """See `PlanWriter`.

        Raises:
            StoreUnavailable: the message says whether the plan is current. If it is, the resync wakes the models that
                this call did not.
        """
        before = self._read_pointer()
        if before.version != expected_version:
            raise StaleRecord(f"plan {expected_version} was read, plan {before.version} is current")
        planned = {model.model_id: model for model in models}
        left_before, planned_before = self._read_former(before), self._read_names(before)
        concerned = sorted({*left_before, *planned_before, *planned})
        records = self.load_many(concerned)
        served = max((record.plan_version for record in records.values()), default=0)
        # A model that the plan before left too may be at rest by now; a model with an unreadable record never is.
        at_rest = {m for m in left_before if m in records and records[m].is_at_rest_under(expected_version)}
        left = sorted({*left_before, *planned_before} - at_rest - set(planned))
        version = max(expected_version, served, self._read_last_version()) + 1
        members = {
            account: Membership(version, self.ensure_external_id(account), targets)
            for account, targets in list_by_account(models).items()
        }
        pointer = self._write_plan(models, members, left, version, before=before.partition, senders=senders, by=by)
        applied = AppliedPlan(version, at, len(models), by or AppliedBy())
        self._make_current(pointer, applied, after=expected_version)
        failed = self._wake_each(concerned, at, new=planned)
        self._prune_plans(keep={pointer.partition, before.partition})
        if failed:
            message = f"plan {pointer.version} is current, but {len(failed)} of {len(concerned)} models are not woken"
            raise StoreUnavailable(f"{message} yet; the resync will wake them: {failed[0]}") from failed[0]
        return pointer.version
