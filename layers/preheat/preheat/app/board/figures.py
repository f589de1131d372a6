"""The sums of the board: starts on time, the bill, and the savings against running all the time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from preheat.app.board.facts import BoardFacts
from preheat.domain.bill.history import Paid, within
from preheat.domain.bill.money import Amounts, Tariff, add_amounts, charge
from preheat.domain.bill.savings import compute_around_the_clock, compute_undelivered
from preheat.domain.calendar.windows import Window
from preheat.domain.plan.prices import USD_PER_UNIT_HOUR

WEEK: Final = timedelta(days=7)
TARIFFS: Final = {backend: Tariff(price) for backend, price in USD_PER_UNIT_HOUR.items()}


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
    return Figures(
        sum(on_time for on_time, _ in starts),
        sum(late for _, late in starts),
        add_amounts(_charge(within(each.paid, Window(midnight, at))) for each in found) if midnight < at else {},
        add_amounts(_charge(paid) for paid in its_week),
        add_amounts(_save(each, paid, week) for each, paid in zip(found, its_week, strict=True)),
        sum(
            (one.stretch.unit_time for paid in its_week for one in paid if one.backend not in TARIFFS),
            timedelta(),
        ),
    )


def _charge(paid: Iterable[Paid]) -> Amounts:
    return charge((each.stretch.unit_time, TARIFFS.get(each.backend)) for each in paid)


def _save(each: BoardFacts, paid: Sequence[Paid], week: Window) -> Amounts:
    """Return the savings against the same model hosted around the clock. Time in which it was late saves nothing."""
    if not each.entries:
        return {}
    missing = compute_undelivered(each.entries, [one.stretch for one in each.paid], week)
    used = sum((one.stretch.unit_time for one in paid), timedelta())
    backend = each.entries[-1].target.backend
    return charge([(compute_around_the_clock(each.entries, week) - missing - used, TARIFFS.get(backend))])
