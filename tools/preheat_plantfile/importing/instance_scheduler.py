"""The configuration of Instance Scheduler on AWS, read into a plant: each schedule becomes a schedule and a model.

Owns the meaning of periods and schedules, and which parts have no counterpart. `instance_scheduler_forms` owns the
document's form, `instance_scheduler_days` the day expressions. It names every problem at once; a loss is no problem.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from preheat.domain.plan.plan import MODEL_ID
from preheat_plantfile.importing.documents import show
from preheat_plantfile.importing.instance_scheduler_days import (
    WEEKDAYS,
    comes_true,
    in_plant_words,
    month_days,
    months,
    weekdays,
)
from preheat_plantfile.importing.instance_scheduler_forms import read_configuration
from preheat_plantfile.importing.report import ImportReport, NotImportedError
from preheat_plantfile.writing import Fields, PlantText, ScheduleText, plain_name

_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_A_TIME: Final = "a time HH:MM from 00:00 to 23:59"
_PERIOD: Final = ("name", "begintime", "endtime", "weekdays", "monthdays", "months")
# Its own parameter DefaultTimezone is UTC unless somebody changed it.
NO_ZONE: Final = "the import takes UTC as the zone of schedules that name none; choose another with --zone"
_SCHEDULE: Final = ("name", "timezone", "periods", "override_status")
# Fields that do not decide when something runs, or that only say what is so by default.
_SILENT: Final = (
    *("description", "configured_in_stack", "type", "stop_new_instances", "use_maintenance_window"),
    *("servicetoken", "no_stack_prefix", "timeout"),
)
_ALWAYS: Final[Fields] = {"days": "daily", "start": "00:00", "end": "24:00"}
_RUNNING, _STOPPED = "running", "stopped"


@dataclass(slots=True)
class _Import:
    """The state during the reading of a configuration; `problems` are lines, and any of them stops the import."""

    report: ImportReport
    problems: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def lose(self, text: str) -> None:
        self.report.lose(text)


@dataclass(frozen=True, slots=True)
class _Period:
    fields: Fields | None  # None: it has no counterpart, and the report says so


def read_schedules(text: str, zone: str | None = None) -> tuple[PlantText, ImportReport]:
    """Return the plant of a configuration, and the report; `zone` is that of schedules that name none.

    Raises:
        NotImportedError: the file is in no known form, or a value in it is wrong.
    """
    configuration = read_configuration(text)
    found = _Import(ImportReport(total=len(configuration.schedules), noun="schedule", losses=configuration.losses))
    periods: dict[str, _Period] = {}
    for path, entry in _entries(configuration.periods, found):
        name = _name(entry, path, periods, found)
        period = _period(entry, f"{path} ({name})" if name else path, found)
        if name:
            periods[name] = period
    schedules: dict[str, ScheduleText] = {}
    models: dict[str, list[str]] = {}
    names: dict[str, None] = {}
    kept = {
        entry["name"]
        for _, entry in configuration.schedules
        if isinstance(entry, dict) and _may_stay(entry.get("name"))
    }
    if not configuration.schedules:
        found.problems.append("schedules: found none; accepted: at least one schedule")
    for path, entry in _entries(configuration.schedules, found):
        name = _name(entry, path, names, found)
        names |= dict.fromkeys([name] if name else [])
        where = f"{path} ({name})" if name else path
        windows = _windows(entry, where, periods, found)
        never_runs = not windows and (_is_given(entry.get("override_status")) or not _is_given(entry.get("periods")))
        named_zone = "UTC" if never_runs else _zone(entry, where, zone or configuration.default_zone, found)
        if not windows:
            continue
        # A valid name goes before one that has to change into it.
        plain = name if name and name in kept else plain_name(name or "", {*models, *kept})
        if name and plain != name:
            found.report.note(f"schedule {name} becomes {plain}: names are of [a-z0-9-]")
        models[plain] = [plain]
        schedules[plain] = ScheduleText(named_zone, windows)
        found.report.kept += 1
    for name in periods:
        if name not in found.used:
            found.lose(f"period {name}: no schedule names it")
    if found.problems:
        raise NotImportedError(found.problems)
    return PlantText(schedules, models), found.report


def _entries(entries: list[tuple[str, Any]], found: _Import) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, entry in entries:
        if isinstance(entry, dict):
            yield path, entry
        else:
            found.problems.append(f"{path}: found {show(entry)}; accepted: an object with a name")


def _name(entry: dict[str, Any], path: str, taken: Mapping[str, Any], found: _Import) -> str | None:
    name = entry.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 200 or not name.isprintable():
        found.problems.append(f"{path}.name: found {show(name)}; accepted: a name")
        return None
    if name in taken:
        found.problems.append(f"{path}.name: found {show(name)} a second time; accepted: each name once")
        return None
    return name


def _period(entry: dict[str, Any], path: str, found: _Import) -> _Period:
    _report_leftovers(entry, path, _PERIOD, found)
    before = len(found.problems)
    days = _read(entry, "weekdays", path, weekdays, found)
    of_month = _read(entry, "monthdays", path, month_days, found)
    in_months = _read(entry, "months", path, months, found)
    begin, end = (_read(entry, name, path, _time, found) for name in ("begintime", "endtime"))
    if not any(_is_given(entry.get(name)) for name in _PERIOD[1:6]):
        accepted = "at least one of begintime, endtime, weekdays, monthdays, months"
        found.problems.append(f"{path}: found none of its fields; accepted: {accepted}")
    if begin is not None and end is not None and begin > end:
        accepted = "an end after the begin; write an overnight period as two, to 23:59 and from 00:00 of the days after"
        found.problems.append(f"{path}.endtime: found {end}, which is before begintime {begin}; accepted: {accepted}")
    if len(found.problems) > before:
        return _Period(None)
    if begin is None and end is not None:
        found.lose(f"{path}: it only stops, at {end}: a shift window needs a start; give it a begintime")
        return _Period(None)
    if begin is not None and begin == end:
        found.lose(f"{path}: it begins and ends at {begin}, and so never runs")
        return _Period(None)
    if not comes_true(days, of_month, in_months):
        found.lose(f"{path}: no date fulfils it")
        return _Period(None)
    fields = in_plant_words(days, of_month, in_months)
    return _Period({**(fields or {"days": "daily"}), "start": begin or "00:00", "end": end or "24:00"})


def _windows(entry: dict[str, Any], path: str, periods: dict[str, _Period], found: _Import) -> list[Fields]:
    """Return the windows of a schedule; none of one that never runs, which the report says."""
    _report_leftovers(entry, path, _SCHEDULE, found)
    named, override = entry.get("periods"), entry.get("override_status")
    if isinstance(named, str):
        named = [each.strip() for each in named.split(",")]
    if _is_given(override):
        found.used.update(_find_names(named, periods))
        return _overridden(override, path, found)
    if not named:
        found.lose(f"{path}: it has no periods, and so it never runs")
        return []
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
        found.problems.append(f"{path}.periods: found {show(named)}; accepted: a list of names of periods")
        return []
    windows = _find_windows(named, path, periods, found)
    if not windows:
        found.lose(f"{path}: the import can carry over none of its periods")
    return _join(windows)


def _overridden(override: Any, path: str, found: _Import) -> list[Fields]:
    if override == _RUNNING:
        found.report.note(f"{path}: its override_status is running: it runs day and night")
        return [_ALWAYS]
    if override == _STOPPED:
        found.lose(f"{path}: its override_status, stopped, means that it never runs, and needs no schedule")
    else:
        accepted = f"{_RUNNING} or {_STOPPED}"
        found.problems.append(f"{path}.override_status: found {show(override)}; accepted: {accepted}")
    return []


def _find_windows(named: list[str], path: str, periods: dict[str, _Period], found: _Import) -> list[Fields]:
    windows: list[Fields] = []
    for index, name in enumerate(named):
        known, _, size = name.partition("@") if name not in periods else (name, "", "")
        if known not in periods:
            accepted = f"one of: {', '.join(list(periods)[:10]) or 'none is there'}"
            found.problems.append(f"{path}.periods[{index}]: found {show(name)}, no such period; accepted: {accepted}")
            continue
        if size:
            found.lose(f"{path}: the instance type {show(size)} of period {known}: a model has units instead")
        found.used.add(known)
        fields = periods[known].fields
        if fields is not None and fields not in windows:
            windows.append(fields)
    return windows


def _find_names(named: Any, periods: dict[str, _Period]) -> set[str]:
    listed = [each for each in named if isinstance(each, str)] if isinstance(named, list) else []
    return {name for each in listed for name in (each, each.partition("@")[0]) if name in periods}


def _join(windows: list[Fields]) -> list[Fields]:
    """Return windows that end a minute later where one begins then: the scheduler runs such periods as one."""
    found = []
    for window in windows:
        end = _minute_after(str(window["end"]))
        begins = {str(each["start"]) for each in windows if each is not window or _has_neighbours(each)}
        begins |= {"24:00"} if "00:00" in begins else set()
        found.append({**window, "end": end} if end in begins else window)
    return found


def _has_neighbours(window: Fields) -> bool:
    """Return whether a window may start on days in a row."""
    return str(window.get("days", "daily")) not in {name[:3] for name in WEEKDAYS}


def _minute_after(end: str) -> str:
    passed = int(end[:2]) * 60 + int(end[3:]) + 1
    return f"{passed // 60:02}:{passed % 60:02}"


def _zone(entry: dict[str, Any], path: str, default: str | None, found: _Import) -> str:
    from preheat_plantfile.schema.leaves import read_zone  # noqa: PLC0415 - loads the file's typed model

    zone = entry.get("timezone")
    if zone in (None, "") and default is not None:
        return default
    if zone in (None, ""):
        found.report.note(NO_ZONE)
        return "UTC"
    try:
        return read_zone(zone)
    except ValueError as error:
        found.problems.append(f"{path}.timezone: found {show(zone)}; accepted: {error}")
        return "UTC"


def _report_leftovers(entry: dict[str, Any], path: str, known: tuple[str, ...], found: _Import) -> None:
    for name, value in entry.items():
        unset = value in (None, False, "", []) or str(value).lower() in ("false", "no")  # a template may quote it
        if name not in known and name not in _SILENT and not unset:
            found.lose(f"{path}: {show(name)} {show(value)}: it has no counterpart in a plant file")


def _read[Read](
    entry: dict[str, Any], name: str, path: str, reads: Callable[[Any], Read], found: _Import
) -> Read | None:
    value = entry.get(name)
    if not _is_given(value):
        return None
    try:
        return reads(value)
    except ValueError as error:
        found.problems.append(f"{path}.{name}: found {show(value)}; accepted: {error}")
        return None


def _time(value: Any) -> str:
    read = _TIME.fullmatch(value) if isinstance(value, str) else None
    if read is None:
        raise ValueError(_A_TIME)
    return f"{int(read[1]):02}:{read[2]}"


def _may_stay(name: Any) -> bool:
    return isinstance(name, str) and MODEL_ID.fullmatch(name) is not None


def _is_given(value: Any) -> bool:
    return value not in (None, "", [])
