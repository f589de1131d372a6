"""Instants as people in the plant read them: their clock first, then how far away it is."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from preheat.domain.calendar.zones import find_zone

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class PlantTime:
    """A reader's clock at `now`; `zone` None, or one that is not available here: UTC, as `--utc` asks for.

    `named`: each time has the short name of its zone, because the reader sees times of other zones too.
    """

    now: datetime
    zone: str | None = None
    named: bool = False

    def at(self, instant: datetime) -> str:
        """Return an instant on this clock: `06:00` today, `Mon 06:00` within six days, else with the date.

        In UTC with a `Z` behind it, and if `named` with the zone: `06:00 CET`.
        """
        found = find_zone(self.zone) if self.zone is not None else None
        zone = found or UTC
        local, today = instant.astimezone(zone), self.now.astimezone(zone).date()
        days = (local.date() - today).days
        form = "%H:%M" if days == 0 else "%a %H:%M" if -6 < days < 6 else "%Y-%m-%d %H:%M"
        return local.strftime(form) + ("Z" if found is None else local.strftime(" %Z") if self.named else "")

    def away(self, instant: datetime) -> str:
        """Return how far away an instant is: `in 12 min`, `3 h 5 min ago`, `now`."""
        apart = instant - self.now
        if abs(apart) < MINUTE:
            return "now"
        return f"in {format_span(apart)}" if apart > timedelta() else f"{format_span(-apart)} ago"

    def both(self, instant: datetime) -> str:
        """Return an instant and how far away it is: `06:00 (in 12 min)`."""
        return f"{self.at(instant)} ({self.away(instant)})"


def format_span(length: timedelta) -> str:
    """Return a length of time in the two largest units that matter: `12 min`, `3 h 5 min`, `2 d 4 h`.

    >>> format_span(timedelta(hours=3, minutes=5))
    '3 h 5 min'
    """
    minutes = int(length / MINUTE)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    hours = minutes // 60
    return f"{hours // 24} d" + (f" {hours % 24} h" if hours % 24 else "")
