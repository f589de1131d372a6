"""Ports to holds, blocks and replies, and to the basis of a demand: the plan with the requests.

Reads are strongly consistent. Any call may raise StoreUnavailable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from preheat.app.ports.plans import Planned
from preheat.domain.demand.request import Reply, RequestId, Standing, Standings, Subject, Tombstone
from preheat.domain.plan.plan import ModelId


@dataclass(frozen=True, slots=True)
class Basis:
    """The basis of a model's demand: the plan, and the requests of the model and of its planned schedules.

    `standings` is empty if the plan does not name the model: then nothing can want it.
    """

    planned: Planned
    standings: Mapping[Subject, Standings]


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

    def are_all_woken(self, subject: Subject, request_id: RequestId) -> bool:
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
