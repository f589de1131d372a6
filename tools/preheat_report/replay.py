"""Recorded starts under another rule for the lead: how often they would have been late, how long idle, and for what.

Pure. A start takes its recorded time, at any begin. Slack counts neither as grace nor as idle time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from preheat.domain.bill.money import Amounts, Tariff, add_amounts, charge
from preheat.domain.plan.plan import Backend, ModelId
from preheat_report.lead_rules import LeadRule


@dataclass(frozen=True, slots=True)
class RecordedStart:
    """One recorded start: how long it took until a look showed HOSTED, on which service, with how many units."""

    took: timedelta
    backend: Backend
    units: int


@dataclass(frozen=True, slots=True)
class ReplayedRule:
    """The result of a rule. `idle_costs` are those of the idle minutes, by currency; `late_costs` of the late ones."""

    starts: int
    late: int
    late_time: timedelta
    idle_time: timedelta
    lead_time: timedelta  # all leads together
    idle_costs: Amounts
    late_costs: Decimal

    @property
    def late_share(self) -> float:
        """Return the share of starts that are late; 0 of none."""
        return self.late / self.starts if self.starts else 0.0


def replay(
    starts: Mapping[ModelId, Sequence[RecordedStart]],
    rule: LeadRule,
    tariffs: Mapping[Backend, Tariff],
    late_cost_per_minute: Decimal = Decimal(),
) -> ReplayedRule:
    """Return what a rule makes of the starts of several models, each learned from its own alone, oldest first."""
    number = late = 0
    late_time = idle_time = lead_time = timedelta()
    costs: list[Amounts] = []
    for of_model in starts.values():
        minutes = [start.took / timedelta(minutes=1) for start in of_model]
        idle: list[tuple[timedelta, Tariff | None]] = []
        for start, lead in zip(of_model, rule(minutes), strict=True):
            early = timedelta(minutes=lead) - start.took
            number, late = number + 1, late + (early < timedelta())
            late_time += max(-early, timedelta())
            idle_time += max(early, timedelta())
            lead_time += timedelta(minutes=lead)
            idle.append((max(early, timedelta()) * start.units, tariffs.get(start.backend)))
        costs.append(charge(idle))
    minutes_late = Decimal(late_time // timedelta(seconds=1)) / 60
    return ReplayedRule(
        number, late, late_time, idle_time, lead_time, add_amounts(costs), minutes_late * late_cost_per_minute
    )
