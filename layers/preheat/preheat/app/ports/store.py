"""The port to the whole store, for the programs that run on your machine: only they apply plans.

A function combines the parts that it uses, so that a tick cannot save a record and an audit cannot write. Any call may
raise StoreUnavailable.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from preheat.app.ports.desk import RequestWriter, SendersReader
from preheat.app.ports.fleet import DueIndex, RecordGlances, Waker
from preheat.app.ports.plans import Members, PlanReader
from preheat.app.ports.records import LedgerReader, RecordReader, RecordWriter
from preheat.app.ports.requests import BasisReader, RequestReader
from preheat.domain.plan.applied import AppliedBy, AppliedPlan
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.senders import SenderRule

PLANS_KEPT = 10  # versions that stay stored, the current one included


class AppliesReader(Protocol):
    """Reads who applied which plan, and when."""

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


class PlanWriter(Protocol):
    """Applies plans."""

    def read_served_at(self) -> datetime | None:
        """Return the store's own time, as of its last answer; None: not known."""

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


class Store(
    RecordReader,
    RecordGlances,
    RecordWriter,
    Waker,
    DueIndex,
    LedgerReader,
    PlanReader,
    AppliesReader,
    PlanWriter,
    RequestReader,
    BasisReader,
    RequestWriter,
    SendersReader,
    Members,
    Protocol,
):
    """The whole store, for the programs that open one."""
