"""Schedules at random, around days that are hard; the same seed makes the same."""

from datetime import date, time, timedelta
from random import Random
from typing import Any

from tests.preheat.domain.calendar.reference import LONGEST

from preheat.domain.calendar.days import Cycle, DayRule, NthWeekday
from preheat.domain.calendar.recurrence_rule import RecurrenceRule
from preheat.domain.calendar.schedule import HalfDay, Schedule, ShiftWindow, Weekday

DAY = timedelta(days=1)
# Changes both ways, of half an hour, an hour, two hours and a whole day, some at midnight. Ends of months and years, a
# leap day.
HARD = (
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2028, 3, 12)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Antarctica/Troll", date(2026, 3, 29)),
    ("Antarctica/Troll", date(2026, 10, 25)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("America/Havana", date(2026, 3, 8)),
    ("America/Havana", date(2025, 11, 2)),
    ("America/Santiago", date(2026, 4, 5)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Pacific/Kwajalein", date(1993, 8, 21)),
    ("Asia/Kolkata", date(2027, 12, 31)),
    ("UTC", date(2028, 2, 29)),
)
TIMES = (time(), time(2), time(2, 30), time(3), time(6), time(14), time(22), time(23, 59))
RULES = (
    *("FREQ=DAILY;INTERVAL=2", "FREQ=WEEKLY;BYDAY=SU,MO", "FREQ=MONTHLY;BYDAY=-1SU", "FREQ=MONTHLY;BYMONTHDAY=-1,1"),
    *("FREQ=YEARLY;BYMONTH=2,3;BYDAY=1SU,-1SU", "FREQ=WEEKLY;INTERVAL=2;WKST=SU"),
)
NTH = (1, 2, 3, 4, 5, -1)


def hard_schedules(seed: int) -> tuple[date, tuple[Schedule, ...]]:
    """Return one or two schedules in one zone, and the hard day around which they may want something."""
    return _Maker(Random(seed)).schedules()  # noqa: S311 - made again from its seed


class _Maker:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.zone, self.middle = random.choice(HARD)

    def schedules(self) -> tuple[date, tuple[Schedule, ...]]:
        return self.middle, tuple(self.schedule(f"s{number}") for number in range(self.random.randint(1, 2)))

    def schedule(self, name: str) -> Schedule:
        return Schedule(
            name,
            self.zone,
            self.windows(),
            closed=frozenset(self.near() for _ in range(self.random.randint(0, 3))),
            added=self.windows() if self.random.random() < 0.4 else (),
            replaced_days=frozenset(self.near() for _ in range(self.random.choice((0, 0, 1, 2)))),
            replaced=self.windows() if self.random.random() < 0.4 else (),
            first=self.near() if self.random.random() < 0.1 else None,
            last=self.near() if self.random.random() < 0.1 else None,
            half_days=frozenset(HalfDay(self.near(), self.time()) for _ in range(self.random.choice((0, 0, 1)))),
        )

    def windows(self) -> tuple[ShiftWindow, ...]:
        return tuple(self.window() for _ in range(self.random.randint(0, 3)))

    def window(self) -> ShiftWindow:
        start, end = self.time(), self.time()
        least = int(end <= start)
        end_day = self.random.choice((least, least, least, self.random.randint(least, LONGEST)))
        days = frozenset(Weekday) if self.random.random() < 0.6 else self.some(tuple(Weekday), 5)
        return ShiftWindow(days, start, end, end_day, self.only(), cut_closed=self.random.random() < 0.3)

    def time(self) -> time:
        kind = self.random.randrange(3)
        if kind == 0:
            return self.random.choice(TIMES)
        return time(self.random.randint(0, 3 if kind == 1 else 23), self.random.randint(0, 59))

    def only(self) -> DayRule | None:
        facets: dict[str, Any] = {
            "nth": lambda: frozenset(
                NthWeekday(self.random.choice(tuple(Weekday)), self.random.choice(NTH)) for _ in range(4)
            ),
            "month_days": self.month_days,
            "nearest": self.month_days,
            "months": lambda: self.some((self.middle.month, self.middle.month % 12 + 1, 7), 2),
            "first": self.near,
            "last": self.near,
            "dates": lambda: frozenset(self.near() for _ in range(4)),
            "cycle": self.cycle,
            "rule": lambda: RecurrenceRule(self.random.choice(RULES), self.middle - self.random.randint(0, 400) * DAY),
        }
        names = set(self.random.sample(sorted(facets), self.random.choice((0, 0, 1, 1, 2, 3))))
        names -= {"last"} if {"first", "last"} <= names else set()
        return DayRule(**{name: facets[name]() for name in sorted(names)}) if names else None

    def cycle(self) -> Cycle:
        length = self.random.randint(1, 28)
        return Cycle(self.middle + self.random.randint(-800, 800) * DAY, length, self.some(tuple(range(length)), 9))

    def month_days(self) -> frozenset[int]:
        return self.some((-1, 1, 15, 28, 29, 30, 31, self.middle.day, (self.middle - DAY).day), 4)

    def near(self) -> date:
        return self.middle + self.random.randint(-5, 3) * DAY

    def some[Item](self, items: tuple[Item, ...], most: int) -> frozenset[Item]:
        return frozenset(self.random.choice(items) for _ in range(self.random.randint(1, most)))
