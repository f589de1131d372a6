"""The facts about one model on the board: those of its verdict, and its ledger of the last days."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final

from preheat.domain.bill.history import History, Paid, all_paid
from preheat.domain.calendar.zones import find_zone
from preheat.domain.record.record import LedgerEntry
from preheat.domain.verdict.facts import VerdictFacts

UTC_NAME: Final = "UTC"


@dataclass(frozen=True)  # without slots: the property computes `paid` once
class BoardFacts:
    """The facts about one model at `facts.now`. `entries`: its ledger of the last days, oldest first.

    `problem`: an error in it that leaves its record readable; empty: none.
    """

    facts: VerdictFacts
    entries: tuple[LedgerEntry, ...] = field(default=())
    problem: str = ""

    @property
    def zone(self) -> str:
        """The time zone of its plant: that of its first schedule; UTC if this release does not know that one."""
        zone = self.facts.model.zone if self.facts.model is not None else None
        return zone if zone is not None and find_zone(zone) is not None else UTC_NAME

    @property
    def group(self) -> str:
        """The name of its group: its first schedule."""
        model = self.facts.model
        if model is None:
            return "not in the plan"
        return model.schedules[0].name if model.schedules else "no schedule"

    @cached_property
    def paid(self) -> list[Paid]:
        """Its billed time, as far as these entries show; assume that a present run has gone on until now."""
        return all_paid(History(self.facts.model_id, self.entries, self.facts.record), self.facts.now)

    def count_starts(self, after: datetime) -> tuple[int, int]:
        """Return how many starts were on time and how many were late after an instant."""
        judged = [entry.late for entry in self.entries if entry.late is not None and entry.at > after]
        return judged.count(False), judged.count(True)
