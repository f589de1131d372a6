"""An iCalendar file, read into a plant: its events become the schedules of one model.

Owns the file: which components count, the zones, events that are moved or cancelled, and the grouping into schedules.
What one event means is `ics_event`'s affair. What is not carried over is a line with its reason.
"""

import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from preheat_plantfile.importing.ics_event import Event, Hours, Lost, exclude, read_event
from preheat_plantfile.writing import Fields, PlantText, ScheduleText, plain_name

if TYPE_CHECKING:
    from datetime import date

WINDOWS_MAX: Final = 400  # in one schedule
DATES_MAX: Final = 1_000  # in one window
NOTES_MAX: Final = 5
_NO_EVENTS: Final = ("VTODO", "VJOURNAL", "VFREEBUSY")


class NoCalendarError(Exception):
    """The text is no iCalendar file; the message says why."""


@dataclass(slots=True)
class _File:
    """What is known of the file while it is read."""

    given: str | None  # the zone that the caller names
    calendar: str | None = None  # the zone that the file names for what has none
    lost: list[str] = field(default_factory=list)
    floating: bool = False  # whether something needed a zone and had none


def imported(text: str, model: str, zone: str | None = None) -> tuple[PlantText, list[str]]:
    """Return the plant of a calendar, with one model, and what was not carried over.

    Raises:
        NoCalendarError: it is no iCalendar file.
    """
    components = list(_components(text))
    file = _File(zone)
    file.calendar = next(
        filter(None, (_known(str(c.get("X-WR-TIMEZONE", ""))) for c in components)), _only_zone(components)
    )
    masters: dict[str, Event] = {}
    events: list[tuple[str, Event]] = []
    moved: list[tuple[str, Any]] = []
    for number, component in enumerate((c for c in components if c.name == "VEVENT"), 1):
        where = f"event {number}{_summary(component)}"
        if component.get("RECURRENCE-ID") is not None:
            moved.append((where, component))
        elif _is_cancelled(component):
            file.lost.append(f"{where}: it is cancelled")
        elif (event := _event(file, where, component)) is not None:
            events.append((where, event))
            masters.setdefault(str(component.get("UID", where)), event)
    for where, component in moved:
        _move(file, where, component, masters, events)
    counted = Counter(c.name for c in components if c.name in _NO_EVENTS)
    file.lost += [f"{count} {name}: only events are shifts" for name, count in sorted(counted.items())]
    if not any(c.name == "VEVENT" for c in components):
        file.lost.append("it holds no event")
    if file.floating:
        file.lost.append("the zone of events without one: UTC is taken; --zone names another")
    return _plant(model, events), file.lost


def _components(text: str) -> Iterator[Any]:
    from icalendar import Calendar  # noqa: PLC0415 - slow

    # The parser takes a file that was cut off for a shorter one.
    lines = Counter(line.strip().upper() for line in text.splitlines())
    for part in ("VCALENDAR", "VEVENT"):
        begun, ended = lines[f"BEGIN:{part}"], lines[f"END:{part}"]
        if begun != ended:
            raise NoCalendarError(f"{begun} BEGIN:{part}, but {ended} END:{part}: it is cut off or damaged")
    try:
        with warnings.catch_warnings(action="ignore"):
            calendars = Calendar.from_ical(text, multiple=True)
            found = [component for calendar in calendars for component in calendar.walk()]
    except Exception as error:  # whatever the parser says of a foreign file is told, and no traceback
        raise NoCalendarError(str(error).splitlines()[0][:120] if str(error) else type(error).__name__) from error
    if not any(component.name == "VCALENDAR" for component in found):
        raise NoCalendarError("there is no BEGIN:VCALENDAR")
    yield from found


def _event(file: _File, where: str, component: Any) -> Event | None:
    def tell(reason: str) -> None:
        file.lost.append(f"{where}: {reason}")

    try:
        return read_event(component, lambda value: _zone(file, value), tell)
    except Lost as lost:
        tell(str(lost))
    except (ValueError, TypeError, AttributeError, OverflowError) as error:  # a value that the library half read
        tell(f"it cannot be read: {str(error)[:120]}")
    return None


def _move(file: _File, where: str, component: Any, masters: dict[str, Event], events: list[tuple[str, Event]]) -> None:
    """Take one start out of the event that a RECURRENCE-ID changes, and put it where it was moved to."""
    master = masters.get(str(component.get("UID", where)))
    original = component.get("RECURRENCE-ID")
    if getattr(original, "params", {}).get("RANGE"):
        file.lost.append(f"{where}: that it changes all later starts too; only this one is moved")

    def tell(reason: str) -> None:
        file.lost.append(f"{where}: {reason}")

    if master is not None:
        try:
            exclude(master, original, tell, "RECURRENCE-ID")
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            tell(f"its RECURRENCE-ID cannot be read: {str(error)[:120]}")
    if not _is_cancelled(component) and (event := _event(file, where, component)) is not None:
        events.append((where, event))


def _zone(file: _File, value: Any) -> str:
    """Return the IANA zone of a date or time.

    Raises:
        Lost: it names one that is not known.
    """
    named = value.params.get("TZID")
    if named is not None:
        found = _known(str(named))
        if found is None:
            raise Lost(f"its zone {str(named)[:60]!r} is none of IANA's")
        return found
    if getattr(value.dt, "tzinfo", None) is not None:
        return "UTC"
    if file.given is None and file.calendar is None:
        file.floating = True
    return file.given or file.calendar or "UTC"


def _known(name: str) -> str | None:
    """Return the IANA zone that a TZID means: itself, the end of a path, or what Windows calls so."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON  # noqa: PLC0415 - slow

    from preheat_plantfile.schema.leaves import read_zone  # noqa: PLC0415 - loads the file's typed model

    parts = name.strip('"').split("/")
    for candidate in [*("/".join(parts[index:]) for index in range(len(parts))), WINDOWS_TO_OLSON.get(name, "")]:
        try:
            return read_zone(candidate)
        except ValueError:
            continue
    return None


def _only_zone(components: list[Any]) -> str | None:
    """Return the one zone that events name, if it is one."""
    starts = [c.get("DTSTART") for c in components if c.name == "VEVENT"]
    named = {str(start.params["TZID"]) for start in starts if "TZID" in getattr(start, "params", {})}
    return _known(named.pop()) if len(named) == 1 else None


def _is_cancelled(component: Any) -> bool:
    return str(component.get("STATUS", "")).upper() == "CANCELLED"


def _summary(component: Any) -> str:
    summary = "".join(each if each.isprintable() else " " for each in str(component.get("SUMMARY", "")))[:40].strip()
    return f" ({summary})" if summary else ""


def _plant(model: str, events: list[tuple[str, Event]]) -> PlantText:
    """Group events: one with excluded starts has a schedule of its own, since they close its days; the others share."""
    name = plain_name(model, ())
    schedules: dict[str, ScheduleText] = {}
    shared: dict[str, list[Fields]] = {}
    singles: dict[tuple[str, Hours], list[date]] = {}
    notes: dict[str, list[str]] = {}
    for where, event in events:
        windows = [{"rrule": rule, "anchor": str(event.anchor), **event.hours.fields()} for rule in event.rules]
        if event.excluded:
            schedules[plain_name(name, schedules)] = ScheduleText(
                event.zone, windows, closed=[str(day) for day in sorted(event.excluded)], notes=[where]
            )
        elif windows:
            shared.setdefault(event.zone, []).extend(windows)
        alone = list(event.single_windows())
        for day, hours in alone:
            singles.setdefault((event.zone, hours), []).append(day)
        if alone or (windows and not event.excluded):
            notes.setdefault(event.zone, []).append(where)
    for (zone, hours), days in singles.items():
        for some in batched(sorted(set(days)), DATES_MAX, strict=False):
            shared.setdefault(zone, []).append({"dates": [str(day) for day in some], **hours.fields()})
    for zone, listed in shared.items():
        for part in batched(listed, WINDOWS_MAX, strict=False):
            schedules[plain_name(name, schedules)] = ScheduleText(zone, part, notes=notes[zone][:NOTES_MAX])
    return PlantText(schedules, {name: list(schedules)})
