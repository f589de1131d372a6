"""Recurrence rules in one form, so that equal rules compare as equal, and as the windows of a plant file.

Owns the canonical text, the phase of a rule's interval, and which rules are plain days. Knows no event.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from preheat.domain.calendar.recurrence_rule import RecurrenceRule
from preheat.domain.calendar.rule_text import WEEKDAYS, RuleParts, read_parts
from preheat_plantfile.writing import Value

_DAY: Final = timedelta(days=1)
_DAY_NAMES: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTH_NAMES: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LAST: Final = -1


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rule apart from where it begins: two rules of one pattern mean the same dates, each from its own first on."""

    text: str
    phase: int  # which of the periods of its interval it takes

    @property
    def parts(self) -> RuleParts:
        """The parts of its text, with every default filled in."""
        return read_parts(self.text)

    def rule_from(self, day: date) -> RecurrenceRule:
        """Return a rule of this pattern whose anchor is `day` or a little earlier."""
        parts = self.parts
        for back in range(366 * parts.interval):
            anchor = day - back * _DAY
            if _phase(parts, anchor) == self.phase:
                return RecurrenceRule(self.text, anchor)
        raise ValueError(f"no day before {day} is of phase {self.phase} of {self.text}")


def pattern_of(text: str, anchor: date) -> Pattern:
    """Return the pattern of a rule that counts from an anchor."""
    parts = read_parts(text).complete(anchor)
    return Pattern(rule_text_of(parts), _phase(parts, anchor))


def rule_text_of(parts: RuleParts) -> str:
    """Return the parts as a rule's text, always in the same order."""
    days = [WEEKDAYS[day] for day in sorted(parts.weekdays)]
    days += [f"{nth}{WEEKDAYS[day]}" for day, nth in sorted(parts.numbered)]
    counts_weeks = parts.weeks or (parts.frequency == "WEEKLY" and (parts.interval > 1 or parts.positions))
    fields = {
        "FREQ": parts.frequency,
        "INTERVAL": str(parts.interval) if parts.interval > 1 else "",
        "BYMONTH": _join(parts.months),
        "BYWEEKNO": _join(parts.weeks),
        "BYYEARDAY": _join(parts.year_days),
        "BYMONTHDAY": _join(parts.month_days),
        "BYDAY": ",".join(days),
        "BYSETPOS": _join(parts.positions),
        "WKST": WEEKDAYS[parts.week_start] if counts_weeks and parts.week_start else "",
    }
    return ";".join(f"{name}={value}" for name, value in fields.items() if value)


def day_fields(parts: RuleParts) -> dict[str, Value] | None:
    """Return the `days`, `month_days` and `months` of a window that mean the same as a rule; None if none do."""
    if parts.frequency not in ("DAILY", "WEEKLY") or parts.interval > 1 or parts.positions or parts.numbered:
        return None
    if any(day < _LAST for day in parts.month_days):
        return None
    fields: dict[str, Value] = {}
    if parts.weekdays and len(parts.weekdays) < 7:
        fields["days"] = spans_of(parts.weekdays, _DAY_NAMES)
    if parts.month_days:
        days: list[str | int] = [*sorted(parts.month_days - {_LAST}), *(["last"] if _LAST in parts.month_days else [])]
        fields["month_days"] = days[0] if len(days) == 1 else days
    if parts.months:
        fields["months"] = spans_of(frozenset(month - 1 for month in parts.months), _MONTH_NAMES)
    return fields or {"days": "daily"}


def spans_of(numbers: frozenset[int], names: tuple[str, ...]) -> Value:
    """Return numbers as names and ranges of names: mon-fri, or a list of these."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    words = [names[first] if first == last else f"{names[first]}-{names[last]}" for first, last in spans]
    return words[0] if len(words) == 1 else words


def _join(numbers: frozenset[int]) -> str:
    return ",".join(map(str, sorted(numbers)))


def _phase(parts: RuleParts, anchor: date) -> int:
    if parts.frequency == "YEARLY":
        return anchor.year % parts.interval
    if parts.frequency == "MONTHLY":
        return (12 * anchor.year + anchor.month) % parts.interval
    if parts.frequency == "WEEKLY":
        return (anchor.toordinal() - (anchor.weekday() - parts.week_start) % 7) // 7 % parts.interval
    return anchor.toordinal() % parts.interval
