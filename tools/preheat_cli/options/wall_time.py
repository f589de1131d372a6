"""The options `--until` and `--from` of a request: reads a local time of the plant, or an instant.

`20:00` means the next 20:00 in the time zone of the schedules, by the clock-change contract of `zones`.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from preheat.app.ports.store import Store
from preheat.domain.calendar.zones import find_instant, from_microseconds
from preheat.domain.demand.request import Subject
from preheat_cli.errors import CliError
from preheat_cli.planning import models_of

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
ACCEPTED: Final = "a local time such as 20:00, or an instant such as 2026-11-24T20:00 or 2026-11-24T19:00Z"


def instant_after(option: str, text: str, after: datetime, store: Store, subject: Subject) -> datetime:
    """Return the UTC instant that `text` means; for a time of day, the next one after `after`.

    Raises:
        CliError: it is neither, or a local time of a subject that has no schedule or several time zones.
    """
    ends = option == "--until"
    if found := _CLOCK.fullmatch(text.strip()):
        zone = _zone(option, store, subject)
        wall, today = time(int(found[1]), int(found[2])), after.astimezone(ZoneInfo(zone)).date()
        days = (today + timedelta(days=number) for number in range(3))
        return next(at for day in days if (at := _find_instant(day, wall, zone, ends=ends)) > after)
    try:
        read = datetime.fromisoformat(text.strip())
        if read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise CliError(f"preheat: {option} {ascii(text)[:60]} is not a time; accepted: {ACCEPTED}") from None
    return _find_instant(read.date(), read.time(), _zone(option, store, subject), ends=ends)


def _find_instant(day: date, wall: time, zone: str, *, ends: bool) -> datetime:
    return from_microseconds(find_instant(day, wall, zone, fold=int(ends)))


def _zone(option: str, store: Store, subject: Subject) -> str:
    schedules = [schedule for model in models_of(store, subject) for schedule in model.schedules]
    zones = {each.zone for each in schedules if subject.schedule in (None, each.name)}
    if len(zones) != 1:
        several = f"has schedules in {' and '.join(sorted(zones))}" if zones else "has no schedule in the plan"
        name = subject.model_id or subject.schedule
        raise CliError(f"preheat: {option}: {name} {several}: use an instant with an offset, such as 2026-11-24T19:00Z")
    return zones.pop()
