"""Windows of time and their algebra. Knows nothing of schedules, zones or models."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A half-open interval [start, end) of aware UTC datetimes.

    Raises:
        ValueError: an end is naive or not UTC, or the window is empty.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for name, instant in (("start", self.start), ("end", self.end)):
            if instant.tzinfo is not UTC:
                raise ValueError(f"window {name} {instant!r} is not in UTC; convert it with astimezone(UTC)")
        if self.start >= self.end:
            raise ValueError(f"window [{self.start}, {self.end}) is empty; the end must come after the start")

    def __contains__(self, instant: datetime) -> bool:
        """Return whether `instant` lies in [start, end)."""
        return self.start <= instant < self.end


def merge(windows: Iterable[Window], *, gap: timedelta = timedelta()) -> list[Window]:
    """Return the union of `windows` in order of time, joining neighbours at most `gap` apart (0: touching)."""
    union: list[Window] = []
    for window in sorted(windows):
        if union and window.start - union[-1].end <= gap:
            if window.end > union[-1].end:
                union[-1] = Window(union[-1].start, window.end)
        else:
            union.append(window)
    return union


def subtract(window: Window, others: Iterable[Window]) -> list[Window]:
    """Return what `others` leave of a window, in order of time."""
    left, start = [], window.start
    for other in merge(others):
        if start < min(other.start, window.end):
            left.append(Window(start, min(other.start, window.end)))
        start = max(start, other.end)
    if start < window.end:
        left.append(Window(start, window.end))
    return left


def find_gaps(windows: Iterable[Window]) -> list[Window]:
    """Return what lies between the windows of the union, in order of time."""
    return [Window(one.end, two.start) for one, two in pairwise(merge(windows))]
