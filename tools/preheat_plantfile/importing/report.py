"""The report of an import, in addition to its result: the losses and why, the assumptions, and the sum of each title.

Owns the counting and the words. Knows no terminal: the caller prints the lines.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from preheat_plantfile.importing.hours import Hours
from preheat_plantfile.importing.merging import Recurring, starts_within
from preheat_plantfile.importing.rules import Pattern

LINE_MAX: Final = 200  # characters
LINES_MAX: Final = 100  # of losses; it counts the rest
ROWS_MAX: Final = 40
TITLE_MAX: Final = 40
YEAR: Final = timedelta(days=365)
_HOUR: Final = timedelta(hours=1)


class NotImportedError(Exception):
    """A document is not of its form, so there is no import; `problems` are its lines."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(slots=True)
class ImportRow:
    """The sum of the events of one title in the year ahead."""

    events: int = 0
    starts: int = 0
    hours: timedelta = timedelta()
    is_whole_days: bool = True


@dataclass(slots=True)
class ImportReport:
    """The report of one import: it found `total` things of the kind `noun`, and `kept` of them carry over."""

    total: int = 0
    noun: str = "event"
    kept: int = 0
    older: int = 0  # revisions that a later one replaces
    changes: int = 0  # overrides that only take a start away or change later ones
    over: int = 0
    losses: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    _events: list[tuple[str, Sequence[Recurring], Sequence[tuple[str, Hours, date, str]]]] = field(default_factory=list)

    def lose(self, reason: str) -> None:
        """Record something that does not carry over."""
        self.losses.append(reason)

    def note(self, text: str) -> None:
        """Record an assumption, the same one once."""
        self.notes.append(text)

    def count(
        self, title: str, recurring: Sequence[Recurring], singles: Sequence[tuple[str, Hours, date, str]]
    ) -> None:
        """Remember an event for the table."""
        self._events.append((title or "(no title)", recurring, singles))

    def table(self, today: date) -> Iterator[str]:
        """Yield the lines of the table: each title with its events, and its starts and hours in the year ahead."""
        end, kept = today + YEAR, dict[Pattern, Sequence[date]]()
        rows: dict[str, ImportRow] = {}
        for title, recurring, singles in self._events:
            row = rows.setdefault(title, ImportRow())
            row.events += 1
            for one in recurring:
                starts = starts_within(one, today, end, kept)
                row.starts += starts
                row.hours += starts * one.hours.span
                row.is_whole_days = row.is_whole_days and one.hours.is_whole_days
            for _, each, day, _ in singles:
                if today <= day < end:
                    row.starts += 1
                    row.hours += each.span
                row.is_whole_days = row.is_whole_days and each.is_whole_days
        if not rows:
            return
        width = min(TITLE_MAX, max(len(title) for title in rows))
        yield f"{'title':{width}}  events  starts   hours   in the {YEAR.days} days from {today}"
        ordered = sorted(rows.items(), key=lambda item: -item[1].hours)
        for title, row in ordered[:ROWS_MAX]:
            name = title if len(title) <= width else f"{title[: width - 1]}…"
            hint = "   whole days: if they are days off, use --without" if row.is_whole_days else ""
            yield f"{name:{width}}  {row.events:>6,}  {row.starts:>6,}  {row.hours / _HOUR:>6,.0f}{hint}"
        if len(ordered) > ROWS_MAX:
            rest = [row for _, row in ordered[ROWS_MAX:]]
            hours = sum((row.hours for row in rest), timedelta())
            events, starts = sum(row.events for row in rest), sum(row.starts for row in rest)
            name = f"{len(rest):,} more titles"[:width]
            yield f"{name:{width}}  {events:>6,}  {starts:>6,}  {hours / _HOUR:>6,.0f}"

    def lines(self) -> Iterator[str]:
        """Yield the losses, then the assumptions, each at most 200 characters."""
        counted = Counter(self.losses)
        for loss, times in list(counted.items())[:LINES_MAX]:
            yield shorten(f"not carried over: {loss}{f' ({times} times)' if times > 1 else ''}")
        if len(counted) > LINES_MAX:
            yield f"not carried over: {len(counted) - LINES_MAX:,} more such as these"
        noted = list(dict.fromkeys(self.notes))
        yield from (shorten(f"note: {note}") for note in noted[:LINES_MAX])
        if len(noted) > LINES_MAX:
            yield f"note: {len(noted) - LINES_MAX:,} more notes such as these"
        if self.older:
            older = _many(self.older, "older revision")
            yield f"note: {older} left out; the highest SEQUENCE holds, then the latest DTSTAMP"
        if self.left_out:
            yield shorten(f"note: left out as asked: {_titles(self.left_out)}")
        if self.over:
            yield f"note: {_many(self.over, self.noun)} left out: past"

    @property
    def carried(self) -> int:
        """How many things carry over."""
        return max(0, self.kept - self.over)

    def conclusion(self) -> str:
        """Return the last line, which counts."""
        if not self.carried:
            return f"carried over nothing of {_many(self.total, self.noun)}"
        total = max(self.total - self.changes, self.carried)
        return f"carried over {self.carried:,} of {_many(total, self.noun)}"


def shorten(text: str, most: int = LINE_MAX) -> str:
    """Return a text of at most `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _titles(counted: Counter[str]) -> str:
    shown: Iterable[str] = (f"{title[:TITLE_MAX]} ({count})" for title, count in counted.most_common(5))
    more = len(counted) - 5
    return ", ".join(shown) + (f" and {more:,} more titles" if more > 0 else "")
