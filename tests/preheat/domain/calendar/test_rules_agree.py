"""The engine of rules against two evaluators: a slow reference, and python-dateutil where it follows the standard.

RULES=100000 asks for more rules than a check has time for: `make rules`. RULES_FIRST moves to other ones.
"""

import os
from datetime import date, datetime, time
from random import Random

from dateutil.rrule import rrulestr
from tests.preheat.domain.calendar.rule_reference import dates_until, random_rule

from preheat.domain.calendar.recurrence_rule import RecurrenceRule, find_dates
from preheat.domain.calendar.rule_text import read_parts

RULES = int(os.environ.get("RULES", "2000"))
FIRST = int(os.environ.get("RULES_FIRST", "1"))
YEARS = 4


def test_every_rule_means_what_two_evaluators_make_of_it() -> None:
    compared = 0
    for seed in range(FIRST, FIRST + RULES):
        text, anchor = random_rule(Random(seed))  # noqa: S311 - made again from its seed
        last = date(anchor.year + YEARS, 12, 31)
        rule = RecurrenceRule(text, anchor)
        found = {day for year in range(anchor.year, last.year + 1) for day in find_dates(rule, year)}
        assert found == dates_until(text, anchor, last), f"seed {seed}: {text} from {anchor}, against the reference"
        if found and is_read_by_dateutil(text, anchor):
            compared += 1
            # A bound makes it search no further, whatever the rule.
            library = rrulestr(f"{text};UNTIL={last:%Y%m%d}", dtstart=datetime.combine(anchor, time()))
            assert found == {at.date() for at in library}, f"seed {seed}: {text} from {anchor}, against dateutil"
    assert compared > RULES / 3, "too few rules were given to dateutil"


def is_read_by_dateutil(text: str, anchor: date) -> bool:
    """Tell whether dateutil 2.9 reads a rule as the standard means it.

    It intersects plain and numbered weekdays, takes every day of a numbered week where no weekday is named, misses
    weeks that are counted from the back in a neighbour's year, fails on a weekday that a year's stretch does not reach,
    and counts BYSETPOS in the first week from the first date on.
    """
    parts = read_parts(text)
    mixed = bool(parts.weekdays) and bool(parts.numbered)
    starts_whole = (anchor.weekday() - parts.week_start) % 7 == 0
    bare_weeks = bool(parts.weeks) and not (parts.weekdays or parts.month_days or parts.year_days)
    from_the_back = any(week < 0 for week in parts.weeks)
    return not (
        mixed
        or bare_weeks
        or from_the_back
        or (bool(parts.positions) and parts.frequency in ("WEEKLY", "DAILY") and not starts_whole)
    )
