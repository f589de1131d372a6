"""The sums of the board: starts on time, the bill, and the savings against running all the time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from preheat.app.board.facts import BoardFacts
from preheat.domain.bill.history import Paid, within
from preheat.domain.bill.money import Amounts, Tariff, add_amounts, charge, find_tariffs
from preheat.domain.bill.savings import compute_around_the_clock, compute_undelivered
from preheat.domain.calendar.windows import Window
from preheat.domain.plan.plan import Backend

WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Figures:
    """The sums of all models. Today begins at midnight in the plant; the week is the last seven days.

    `unpriced`: unit time of the week on a service whose price is not known; no amount includes it.
    """

    on_time: int = 0
    late: int = 0
    paid_today: Amounts = field(default_factory=dict)
    paid_week: Amounts = field(default_factory=dict)
    saved_week: Amounts = field(default_factory=dict)
    unpriced: timedelta = timedelta()


def sum_figures(found: Sequence[BoardFacts], at: datetime, zone: str) -> Figures:
    """Return the sums at a moment; `zone`: whose midnight begins today."""
    local = at.astimezone(ZoneInfo(zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    week = Window(at - WEEK, at)
    starts = [each.count_starts(week.start) for each in found]
    its_week = [list(within(each.paid, week)) for each in found]
    tariffs = [find_tariffs(each.facts.model) for each in found]
    today = Window(midnight, at) if midnight < at else None
    return Figures(
        sum(on_time for on_time, _ in starts),
        sum(late for _, late in starts),
        add_amounts(_charge(within(each.paid, today), its) for each, its in zip(found, tariffs, strict=True) if today),
        add_amounts(_charge(paid, its) for paid, its in zip(its_week, tariffs, strict=True)),
        add_amounts(_save(*one, week) for one in zip(found, its_week, tariffs, strict=True)),
        sum(
            (
                one.stretch.unit_time
                for paid, its in zip(its_week, tariffs, strict=True)
                for one in paid
                if one.backend not in its
            ),
            timedelta(),
        ),
    )


def _charge(paid: Iterable[Paid], tariffs: Mapping[Backend, Tariff]) -> Amounts:
    return charge((each.stretch.unit_time, tariffs.get(each.backend)) for each in paid)


def _save(each: BoardFacts, paid: Sequence[Paid], tariffs: Mapping[Backend, Tariff], week: Window) -> Amounts:
    """Return the savings against the same model hosted around the clock. Time in which it was late saves nothing."""
    if not each.entries:
        return {}
    missing = compute_undelivered(each.entries, [one.stretch for one in each.paid], week)
    used = sum((one.stretch.unit_time for one in paid), timedelta())
    backend = each.entries[-1].target.backend
    return charge([(compute_around_the_clock(each.entries, week) - missing - used, tariffs.get(backend))])
