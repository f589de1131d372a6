"""Parts of a valid plant file that its author may not intend: each a sentence, none of them an error.

Reads the typed plant and its schedules. Knows neither places in the file nor the output of a warning.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from preheat.domain.calendar.schedule import Schedule, ShiftWindow
from preheat.domain.plan.plan import Backend
from preheat_plantfile.compiling.holidays import Range, ahead_of
from preheat_plantfile.compiling.schedules import schedule
from preheat_plantfile.schema.models import PlantFile

NAMES_MAX: Final = 5  # in one warning
DAYS_MAX: Final = 5  # of one window
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)


def warnings_of(plant: PlantFile, today: date) -> list[str]:
    """Return the warnings of a plant, those of closed days for the 24 months ahead."""
    span = ahead_of(today)
    schedules = [schedule(name, entry, plant.calendars, span) for name, entry in plant.schedules.items()]
    return [*warn_of_closed_days(schedules, Range(today, span.before)), *_warn_of_closed_service(plant)]


def warn_of_closed_days(schedules: Iterable[Schedule], span: Range) -> Iterator[str]:
    """Yield a warning for each window of which a closed or replaced day in `span` removes more than 24 hours."""
    for each in schedules:
        closed = sorted(day for day in each.closed - each.replaced_days if day in span)
        for window in dict.fromkeys(each.shift_windows):
            length = _length(window)
            days = window.find_starts(closed) if length > _DAY and not window.cut_closed else []
            days = [day for day in days if (each.first or day) <= day <= (each.last or day)]
            if days:
                yield (
                    f"schedule {each.name}: a closed day removes {length / _HOUR:g} h, the whole window from "
                    f"{window.start:%H:%M}, on {_some([str(day) for day in days], DAYS_MAX)}; "
                    "`on_closed: cut` removes only the closed date"
                )
            emptied = _find_emptied(each, span) if length > _DAY else []
            days = [day for day in window.find_starts(emptied) if (each.first or day) <= day <= (each.last or day)]
            if days:
                yield (
                    f"schedule {each.name}: `replaced` removes {length / _HOUR:g} h, the whole window from "
                    f"{window.start:%H:%M}, on {_some([str(day) for day in days], DAYS_MAX)}; "
                    "a closed day with `on_closed: cut` removes only its date"
                )


def _find_emptied(schedule: Schedule, span: Range) -> list[date]:
    """Return the replaced days within a span on which nothing starts instead."""
    days = sorted(day for day in schedule.replaced_days if day in span)
    instead = {day for window in schedule.replaced for day in window.find_starts(days)}
    return [day for day in days if day not in instead]


def _length(window: ShiftWindow) -> timedelta:
    begin, end = (datetime.combine(date.min, at) for at in (window.start, window.end))
    return window.end_day * _DAY + (end - begin)


def _warn_of_closed_service(plant: PlantFile) -> Iterator[str]:
    names = [name for name, entry in plant.models.items() if entry.backend is Backend.LOOKOUT_VISION]
    if names:
        yield f"lookoutvision was closed by AWS on 2025-10-31; only a simulator answers: {_some(names, NAMES_MAX)}"


def _some(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"
