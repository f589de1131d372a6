"""The configuration of Instance Scheduler on AWS, read into a plant: each schedule becomes a schedule and a model.

Owns the document's form and what of it has no counterpart. What a day expression means is `import_days`' affair. Every
problem is named at once; what is not carried over is a loss with its reason, not a problem.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from preheat.domain.plan.plan import MODEL_ID
from preheat_plantfile.importing.instance_scheduler_days import in_plant_words, month_days, months, weekdays
from preheat_plantfile.writing import Fields, PlantText, ScheduleText, plain_name

SHOWN_MAX: Final = 60  # characters of a list
_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_A_TIME: Final = "a time HH:MM from 00:00 to 23:59"
_PERIOD: Final = ("name", "begintime", "endtime", "weekdays", "monthdays", "months", "description")
_SCHEDULE: Final = ("name", "timezone", "periods", "description")
_SILENT: Final = ("description", "configured_in_stack", "type")  # says nothing of when
_FORM: Final = (
    'one JSON object {"periods": [{"name": …}, …], "schedules": [{"name": …, "timezone": …, "periods": […]}, …]}'
)


@dataclass(slots=True)
class Imported:
    """What a document became: a plant if nothing was wrong, what was lost, and what was wrong, each a line."""

    plant: PlantText | None = None
    lost: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Period:
    fields: Fields | None  # None: it has no counterpart, and that was told


def imported(text: str, zone: str | None = None) -> Imported:
    """Return what a configuration becomes; `zone` is that of schedules that name none."""
    found = Imported()
    document = _document(text, found)
    if document is None:
        return found
    periods: dict[str, _Period] = {}
    for path, entry in _entries(document, "periods", found):
        name = _name(entry, path, periods, found)
        period = _period(entry, f"{path} ({name})" if name else path, found)
        if name:
            periods[name] = period
    schedules: dict[str, ScheduleText] = {}
    models: dict[str, list[str]] = {}
    names: dict[str, None] = {}
    kept = {entry["name"] for _, entry in _entries(document, "schedules", Imported()) if _may_stay(entry.get("name"))}
    used: set[str] = set()
    for path, entry in _entries(document, "schedules", found):
        name = _name(entry, path, names, found)
        names |= dict.fromkeys([name] if name else [])
        windows = _windows(entry, f"{path} ({name})" if name else path, periods, used, found)
        named_zone = _zone(entry, f"{path} ({name})" if name else path, zone, found)
        # A name that may stay as it is goes before one that has to be changed into it.
        plain = name if name and name in kept else plain_name(name or "", {*models, *kept})
        if name and plain != name:
            found.lost.append(f"schedule {name}: its name as it is: names are of [a-z0-9-], it is called {plain}")
        models[plain] = [plain] if windows else []
        if windows:
            schedules[plain] = ScheduleText(named_zone, windows)
        elif name:
            found.lost.append(f"schedule {name}: nothing of it is left; its model has no schedule")
    found.lost += [f"period {name}: no schedule names it" for name in periods if name not in used]
    if not found.problems:
        found.plant = PlantText(schedules, models)
    return found


def _document(text: str, found: Imported) -> dict[str, Any] | None:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        for name in {name for name in names if names.count(name) > 1}:
            found.problems.append(f"found {_shown(name)} twice in one object; accepted: each field once")
        return dict(pairs)

    try:
        document = json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        found.problems.append(f"{error.lineno}:{error.colno}: not JSON: {error.msg}; accepted: {_FORM}")
        return None
    except (ValueError, RecursionError) as error:
        found.problems.append(f"not JSON that can be read ({str(error)[:60]}); accepted: {_FORM}")
        return None
    if not isinstance(document, dict) or not {"periods", "schedules"} <= set(document):
        found.problems.append(f"found {_shown(document)}; accepted: {_FORM}")
        return None
    found.lost += [
        f"{_shown(name)}: no such part is known" for name in document if name not in ("periods", "schedules")
    ]
    return document


def _entries(document: dict[str, Any], part: str, found: Imported) -> Iterator[tuple[str, dict[str, Any]]]:
    entries = document[part]
    if not isinstance(entries, list):
        found.problems.append(f"{part}: found {_shown(entries)}; accepted: a list of {part}")
        return
    if part == "schedules" and not entries:
        found.problems.append("schedules: found an empty list; accepted: at least one schedule")
    for index, entry in enumerate(entries):
        path = f"{part}[{index}]"
        if isinstance(entry, dict):
            yield path, entry
        else:
            found.problems.append(f"{path}: found {_shown(entry)}; accepted: an object with a name")


def _name(entry: dict[str, Any], path: str, taken: Any, found: Imported) -> str | None:
    name = entry.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 200 or not name.isprintable():
        found.problems.append(f"{path}.name: found {_shown(name)}; accepted: a name")
        return None
    if name in taken:
        found.problems.append(f"{path}.name: found {_shown(name)} a second time; accepted: each name once")
        return None
    return name


def _period(entry: dict[str, Any], path: str, found: Imported) -> _Period:
    _leftovers(entry, path, _PERIOD, found)
    before = len(found.problems)
    days = _read(entry, "weekdays", path, weekdays, found)
    of_month = _read(entry, "monthdays", path, month_days, found)
    in_months = _read(entry, "months", path, months, found)
    begin, end = (_read(entry, name, path, _time, found) for name in ("begintime", "endtime"))
    if not any(entry.get(name) is not None for name in _PERIOD[1:6]):
        accepted = "at least one of begintime, endtime, weekdays, monthdays, months"
        found.problems.append(f"{path}: found none of its fields; accepted: {accepted}")
    if begin is not None and end is not None and begin > end:
        accepted = "an end after the begin; an overnight period is two: up to 24:00, and from 00:00 on the days after"
        found.problems.append(f"{path}.endtime: found {end}, which is before begintime {begin}; accepted: {accepted}")
    if len(found.problems) > before:
        return _Period(None)
    if begin is None and end is not None:
        found.lost.append(f"{path}: it only stops, at {end}: a shift window needs a start; give it a begintime")
        return _Period(None)
    if begin is not None and begin == end:
        found.lost.append(f"{path}: it begins and ends at {begin}, and so never runs")
        return _Period(None)
    fields = in_plant_words(days, of_month, in_months)
    return _Period({**(fields or {"days": "daily"}), "start": begin or "00:00", "end": end or "24:00"})


def _windows(
    entry: dict[str, Any], path: str, periods: dict[str, _Period], used: set[str], found: Imported
) -> list[Fields]:
    _leftovers(entry, path, _SCHEDULE, found)
    named = entry.get("periods")
    if isinstance(named, str):
        named = [each.strip() for each in named.split(",")]
    if not isinstance(named, list) or not named or not all(isinstance(each, str) for each in named):
        found.problems.append(f"{path}.periods: found {_shown(named)}; accepted: a list of names of periods")
        return []
    windows: list[Fields] = []
    for index, name in enumerate(named):
        known, _, size = name.partition("@") if name not in periods else (name, "", "")
        if known not in periods:
            accepted = f"one of: {', '.join(list(periods)[:10]) or 'none is there'}"
            found.problems.append(
                f"{path}.periods[{index}]: found {_shown(name)}, no such period; accepted: {accepted}"
            )
            continue
        if size:
            found.lost.append(f"{path}: the instance type {_shown(size)} of period {known}: a model has units instead")
        used.add(known)
        fields = periods[known].fields
        if fields is not None and fields not in windows:
            windows.append(fields)
    return windows


def _zone(entry: dict[str, Any], path: str, default: str | None, found: Imported) -> str:
    from preheat_plantfile.schema.leaves import read_zone  # noqa: PLC0415 - loads the file's typed model

    zone = entry.get("timezone")
    if zone in (None, "") and default is not None:
        return default
    try:
        return read_zone(zone)
    except ValueError as error:
        none = "; --zone names one for schedules without" if zone in (None, "") else ""
        found.problems.append(f"{path}.timezone: found {_shown(zone)}; accepted: {error}{none}")
        return "UTC"


def _leftovers(entry: dict[str, Any], path: str, known: tuple[str, ...], found: Imported) -> None:
    for name, value in entry.items():
        if name not in known and name not in _SILENT and value not in (None, False, "", []):
            found.lost.append(f"{path}: {_shown(name)} {_shown(value)}: it has no counterpart in a plant file")


def _read[Read](
    entry: dict[str, Any], name: str, path: str, reads: Callable[[Any], Read], found: Imported
) -> Read | None:
    value = entry.get(name)
    if value is None:
        return None
    try:
        return reads(value)
    except ValueError as error:
        found.problems.append(f"{path}.{name}: found {_shown(value)}; accepted: {error}")
        return None


def _time(value: Any) -> str:
    read = _TIME.fullmatch(value) if isinstance(value, str) else None
    if read is None:
        raise ValueError(_A_TIME)
    return f"{int(read[1]):02}:{read[2]}"


def _may_stay(name: Any) -> bool:
    return isinstance(name, str) and MODEL_ID.fullmatch(name) is not None


def _shown(value: Any) -> str:
    from preheat_plantfile.reading import shown  # noqa: PLC0415 - loads the file's typed model

    if isinstance(value, list) and value and len(text := json.dumps(value)) <= SHOWN_MAX:
        return text
    return shown(value)
