"""Ports of the desk, which answers requests: what it writes, the senders' table, and the queue of rejected requests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from preheat.domain.demand.request import Reply, Standing, Subject, Tombstone
from preheat.domain.plan.plan import ModelId
from preheat.domain.plan.senders import SenderRule


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


class SendersReader(Protocol):
    """Reads who may send requests."""

    def read_senders(self) -> tuple[SenderRule, ...]:
        """Return the senders' table of the current plan; empty: it has none.

        Raises:
            UnreadableItem: this release does not know its form.
        """


class RejectedRequests(Protocol):
    """Keeps rejected requests for people to read. Nothing retries them."""

    def put_aside(self, body: str, reply: Reply) -> None:
        """Keep the body of a message with the reply to it. It cuts a long body. The same message may come twice.

        Raises:
            QueueUnavailable: the message may or may not have been kept.
        """
