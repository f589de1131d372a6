"""Independent evaluators of recurrence rules, and the rules that each of them reads as the standards mean them.

Where evaluators differ, the text of RFC 5545 (3.3.10) and RFC 8984 (4.3.3.1) decides. Each `reads_…` lists the classes
in which an evaluator does not follow it. Knows no engine.
"""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from dateutil.rrule import rrulestr

from preheat.domain.calendar.rule_text import RuleParts, read_parts

ENVIRONMENT: Final = Path(__file__).parents[4] / ".venv-rules"
PROGRAM: Final = Path(__file__).with_suffix(".cjs")
RRULE_TEMPORAL: Final = "rrule-temporal"
ICAL: Final = "ical.js"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A rule, the first and the last date of its comparison, and what the engine makes of it, in order."""

    seed: int
    text: str
    anchor: date
    last: date
    found: Sequence[date]

    @property
    def parts(self) -> RuleParts:
        """Its parts, as in the text."""
        return read_parts(self.text)

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.text} from {self.anchor}"


def with_month(rule: Drawn) -> str:
    """Return a rule's text with the month that it leaves open, for an evaluator that would take every month."""
    return f"{rule.text};BYMONTH={rule.anchor.month}" if rule.parts.leaves_month_open else rule.text


def reads_dateutil(rule: Drawn) -> bool:
    """Return whether dateutil 2.9 follows the standards.

    It intersects plain and numbered weekdays. It takes every day of a numbered week without a weekday. It misses weeks
    with a negative number in a neighbour's year, and fails on a weekday that a year's stretch does not reach. It counts
    BYSETPOS in the first week from the first date on.
    """
    parts = rule.parts
    mixed = parts.weekdays and parts.numbered
    starts_whole = (rule.anchor.weekday() - parts.week_start) % 7 == 0
    bare_weeks = parts.weeks and not (parts.weekdays or parts.month_days or parts.year_days)
    from_the_back = any(week < 0 for week in parts.weeks)
    cut_week = parts.positions and parts.frequency in ("WEEKLY", "DAILY") and not starts_whole
    return bool(rule.found) and not (mixed or bare_weeks or from_the_back or cut_week)


def dates_by_dateutil(rule: Drawn) -> list[date]:
    """Return what dateutil makes of a rule. A bound makes it search no further, whatever the rule."""
    start = datetime.combine(rule.anchor, time())
    return [at.date() for at in rrulestr(f"{with_month(rule)};UNTIL={rule.last:%Y%m%d}", dtstart=start)]


def reads_rrule_temporal(rule: Drawn) -> bool:
    """Return whether rrule-temporal 2.2 follows the standards.

    In yearly rules it omits plain weekdays next to ones with a number in the year. It unites where the standard
    intersects: year days with any other days, month days with weeks or numbered weekdays. The days of a numbered week
    that lie in a neighbour's year count in the week's year. This holds for INTERVAL, BYSETPOS and the first date;
    dateutil takes the calendar's year.
    """
    parts = rule.parts
    if parts.frequency != "YEARLY":
        return True
    in_year = parts.numbered and not parts.months
    other_days = parts.weekdays or parts.numbered or parts.month_days or parts.weeks
    at_new_year = not date(rule.anchor.year, 1, 7) < rule.anchor < date(rule.anchor.year, 12, 25)
    return not (
        (in_year and (parts.weekdays or parts.month_days))
        or (parts.year_days and other_days)
        or (parts.weeks and (parts.month_days or parts.positions or parts.interval > 1 or at_new_year))
    )


def reads_ical(rule: Drawn) -> bool:
    """Return whether ical.js 2.2 follows the standards, in the requested class.

    This is the open month of a yearly rule: the others would take every month. With an interval it begins in a wrong
    year. It ignores BYDAY next to BYMONTHDAY and most of BYSETPOS, and errs on a day that a February lacks.
    """
    parts = rule.parts
    others = parts.interval > 1 or parts.positions or parts.weekdays or any(abs(day) > 28 for day in parts.month_days)
    return bool(rule.found) and parts.leaves_month_open and not others


class JavaScript:
    """A process that evaluates a list of rules while the caller does something else."""

    def __init__(self, asked: Sequence[tuple[str, Drawn]]) -> None:
        """Start it; each rule goes to its evaluator."""
        node = ENVIRONMENT / "bin" / "node"
        assert node.exists(), f"{ENVIRONMENT.name} has no Node.js; run make setup"
        self._asked = asked
        self._process = subprocess.Popen(
            [node, PROGRAM, ENVIRONMENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def answers(self) -> Sequence[Sequence[date] | str]:
        """Return the dates of each rule, or what the evaluator says instead."""
        lines = [
            json.dumps(
                {
                    "evaluator": name,
                    "text": rule.text if name == ICAL else with_month(rule),
                    "anchor": str(rule.anchor),
                    # ical.js never ends a rule of which it finds no further date; the last one bounds its search.
                    "last": str(rule.found[-1] if name == ICAL else rule.last),
                }
            )
            for name, rule in self._asked
        ]
        out, _ = self._process.communicate("\n".join(lines))
        assert self._process.returncode == 0, "Node.js failed; its message is above"
        read = [json.loads(line) for line in out.splitlines()]
        return [str(each["error"]) if isinstance(each, dict) else list(map(date.fromisoformat, each)) for each in read]
