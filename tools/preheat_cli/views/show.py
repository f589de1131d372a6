"""Formats facts for a terminal and for JSON: instants, durations, ledger entries. Depends on no command or store."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from preheat.domain.calendar.days import LAST
from preheat.domain.calendar.schedule import DayRule, Schedule, ShiftWindow, Weekday
from preheat.domain.calendar.zones import find_zone
from preheat.domain.demand.request import DEFAULT_PRIORITY, Standing
from preheat.domain.plan.hosted_model import Drain, HostedModel, Readiness
from preheat.domain.plan.plan import Backend, Target, Units
from preheat.domain.record.record import LedgerEntry
from preheat.domain.verdict.plant_time import PlantTime

DAY = timedelta(days=1)
MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SHOWN_MAX = 8  # windows; it counts the others
DATES_SHOWN_MAX = 3


def instant(at: datetime | None) -> str:
    """Return an instant in UTC to the second: `2026-11-23 05:30:00Z`; `-` for none."""
    return "-" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def minute(at: datetime) -> str:
    """Return an instant in UTC, with seconds only if there are any: `2026-11-23 05:30Z`."""
    utc = at.astimezone(UTC)
    return utc.strftime("%Y-%m-%d %H:%M:%SZ" if utc.second else "%Y-%m-%d %H:%MZ")


def utc(at: datetime) -> str:
    """Return an instant as JSON rows have it: `2026-11-23T06:00:00Z`, with microseconds only if there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def local_instant(at: datetime, zone: str) -> str:
    """Return an instant as the clock in the plant shows it: `Mon 2026-11-23 06:30 CET`."""
    shown = at.astimezone(ZoneInfo(zone))
    return shown.strftime("%a %Y-%m-%d %H:%M:%S %Z" if shown.second else "%a %Y-%m-%d %H:%M %Z")


def stamp(at: datetime, zone: str | None) -> str:
    """Return an instant to the second on the clock of the plant: `2026-11-23 06:30:00 CET`; without a zone, in UTC."""
    found = find_zone(zone) if zone is not None else None
    return instant(at) if found is None else at.astimezone(found).strftime("%Y-%m-%d %H:%M:%S %Z")


def in_plant(at: datetime | None, time: PlantTime, *, away: bool = True) -> str:
    """Return an instant on the clock of the plant, and how far away it is; in UTC for a reader without a zone."""
    if at is None:
        return "-"
    shown = instant(at) if time.zone is None else local_instant(at, time.zone)
    return f"{shown} ({time.away(at)})" if away else shown


def format_standing(one: Standing, *, of: bool = True, zone: str | None = None) -> str:
    """Return a hold or block: `hold 2026-11-23 06:00Z to 2026-11-23 20:00Z, by AROALINE7: rework (line-7.1)`.

    With `zone`, its times are those of the plant.
    """
    begin, until = (minute(at) if zone is None else local_instant(at, zone) for at in (one.begin, one.until))
    kind = format_kind(one) if one.windows else f"hard {one.kind}" if one.hard else str(one.kind)
    schedule = f", of schedule {one.subject.schedule}" if of and one.subject.schedule is not None else ""
    count = f", {one.units} units" if one.units is not None else ""
    weight = f", priority {one.priority}" if one.priority != DEFAULT_PRIORITY else ""
    by = f"by {one.requester}: {one.reason or 'no reason'}"
    return f"{kind} {begin} to {until}{schedule}{count}{weight}, {by} ({one.request_id})"


def format_kind(one: Standing) -> str:
    """Return what a request is: `hold`, `block, hard`, `set of 15 windows`."""
    if not one.windows:
        return f"{one.kind}, hard" if one.hard else str(one.kind)
    return f"set of {len(one.spans)} window{'s' if len(one.spans) != 1 else ''}"


def format_margin(span: timedelta | None) -> str:
    """Return a margin to the second: `+00:00:21`; `-` for none."""
    if span is None:
        return "-"
    return ("-" if span < timedelta() else "+") + clock(abs(span))


def clock(span: timedelta) -> str:
    """Return a duration of 0 or more, rounded to the second: `00:00:04`."""
    seconds = round(span.total_seconds())
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def duration(span: timedelta) -> str:
    """Return a duration as the plant file writes it: `1h30m`, `45s`; without fractions of a second.

    >>> duration(timedelta(minutes=90))
    '1h30m'
    """
    seconds = int(span.total_seconds())
    parts = [(seconds // 3600, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s")]
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def lead(model: HostedModel) -> str:
    """Return a planned lead: `45m`, or `learned (default 30m, 5m to 1h30m, at most 1 % late)`."""
    rule = model.learning
    if rule is None:
        return duration(model.lead)
    bounds = f"{duration(rule.floor)} to {duration(rule.cap)}"
    first = f"default {duration(model.lead)}" if rule.siblings is None else f"at first {duration(model.lead)}"
    others = "" if rule.siblings is None else f" as {rule.siblings.models} other models suggest"
    return f"learned ({first}{others}, {bounds}, at most {share(rule.late_target)} late)"


def count(number: int, noun: str) -> str:
    """Return a number with its noun: `1 model`, `1,204 models`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def share(of_all: float) -> str:
    """Return a share as people read it: `1 %`, `0.25 %`."""
    return f"{100 * of_all:.2g} %"


def target(named: Target) -> str:
    """Return what a model runs: `weld-seams/3`, with its service, region and role where they are not the usual ones."""
    service = "" if named.backend is Backend.LOOKOUT_VISION else f"{named.backend} "
    where = f" in {named.region}" if named.region else ""
    role = f" by {named.role}" if named.role else ""
    return f"{service}{'/'.join(named.names)}{where}{role}"


def hours(span: timedelta) -> str:
    """Return a duration for a table, to the minute, where hours go past a day: `16h`, `8h30m`, `168h`, `40m`, `0h`."""
    minutes = round(span.total_seconds() / 60)
    if 0 < minutes < 60:
        return f"{minutes}m"
    return f"{minutes // 60}h{minutes % 60:02}m" if minutes % 60 else f"{minutes // 60}h"


def units(asked: Units) -> str:
    """Return inference units: `1`, or `1 to 3` where they scale."""
    return str(asked.minimum) if asked.maximum is None else f"{asked.minimum} to {asked.maximum}"


def units_of(model: HostedModel) -> str:
    """Return a model's inference units, and what a hold may have instead: `1`, or `1 (up to 4 by request)`."""
    cap = model.units_by_request
    return f"{units(model.units)} (up to {cap} by request)" if cap > model.units.minimum else units(model.units)


def readiness(asked: Readiness | None) -> str:
    """Return what makes a model ready: `hosted`, or the required inference."""
    if asked is None:
        return "hosted"
    digest = hashlib.sha256(asked.payload).hexdigest()[:8]
    return f"an inference on {len(asked.payload):,} bytes of {asked.content_type} ({digest})"


def drain(asked: Drain | None) -> str:
    """Return the queue that a stop waits for, with the limit; or `none`."""
    if asked is None:
        return "none"
    name = asked.queue.replace(":", "/").rsplit("/", 1)[1]
    return f"{name} for at most {duration(asked.limit)}"


def schedule(shown: Schedule) -> str:
    """Return a schedule on one line: `early (Europe/Berlin: mon-fri 06:00-14:00)`."""
    parts = [shift_windows(shown.shift_windows)]
    if shown.added:
        parts.append(f"added: {shift_windows(shown.added)}")
    if shown.replaced_days:
        parts.append(f"replaced: {dates(shown.replaced_days)}")
    if shown.closed:
        parts.append(f"closed: {dates(shown.closed)}")
    parts.append(_span(shown.first, shown.last))
    return f"{shown.name} ({shown.zone}: {'; '.join(filter(None, parts))})"


def shift_windows(windows: Sequence[ShiftWindow]) -> str:
    """Return shift windows on one line; of very many the first ones."""
    more = [f"and {len(windows) - SHOWN_MAX} more"] if len(windows) > SHOWN_MAX else []
    return ", ".join([*map(shift_window, windows[:SHOWN_MAX]), *more])


def shift_window(window: ShiftWindow) -> str:
    """Return a shift window as people write it: `mon-fri 22:00-06:00`."""
    on = days(window.days) if window.only is None else _days_of(window.days, window.only)
    if window.end == time() and window.end_day >= 1:
        end, midnights = "24:00", window.end_day - 1
    else:
        end = f"{window.end:%H:%M}"
        midnights = window.end_day - (window.end <= window.start)
    more = f" (+{window.end_day} days)" if midnights > 0 else ""
    return f"{on} {window.start:%H:%M}-{end}{more}"


def dates(shown: Collection[date]) -> str:
    """Return dates in order; of more than a few how many, the first and the last."""
    ordered = sorted(shown)
    if len(ordered) <= DATES_SHOWN_MAX:
        return ", ".join(map(str, ordered))
    return f"{len(ordered)} days from {ordered[0]} to {ordered[-1]}"


def _days_of(weekdays: frozenset[Weekday], only: DayRule) -> str:
    """Return the days of a rule in the plant file's own words."""
    words = []
    if only.rule is not None:
        words.append(f"{only.rule.text} from {only.rule.anchor}")
    if only.cycle is not None:
        of_cycle = ",".join(str(day + 1) for day in sorted(only.cycle.days))
        words.append(f"days {of_cycle} of {only.cycle.length} from {only.cycle.anchor}")
    if only.dates:
        words.append(dates(only.dates))
    nth = [f"{_name(each.day)}#{'last' if each.nth == LAST else each.nth}" for each in sorted(only.nth)]
    plain = [days(weekdays)] if weekdays and (len(weekdays) < len(Weekday) or not words) else []
    of_month = [str(day) for day in sorted(only.month_days - {LAST})] + ["last"] * (LAST in only.month_days)
    of_month += [f"{'last' if day == LAST else day}w" for day in sorted(only.nearest)]
    if nth or of_month or only.months or len(weekdays) < len(Weekday) or not words:
        words += [",".join([*plain, *nth])] if plain != ["daily"] or nth or not (of_month or only.months) else []
    words += [f"on {','.join(of_month)}"] * bool(of_month)
    words += [f"in {','.join(MONTH_NAMES[month - 1] for month in sorted(only.months))}"] * bool(only.months)
    return " ".join([*words, *filter(None, [_span(only.first, only.last)])])


def _span(first: date | None, last: date | None) -> str:
    return " ".join([f"from {first}"] * (first is not None) + [f"until {last}"] * (last is not None))


def days(chosen: frozenset[Weekday]) -> str:
    """Return weekdays with runs of three or more as ranges: `mon-fri`, `sat,sun`, `daily`."""
    if len(chosen) == len(Weekday):
        return "daily"
    runs: list[list[Weekday]] = []
    for day in sorted(chosen):
        if runs and runs[-1][-1] + 1 == day:
            runs[-1].append(day)
        else:
            runs.append([day])
    shown = [
        f"{_name(run[0])}-{_name(run[-1])}" if len(run) > 2 else ",".join(_name(day) for day in run) for run in runs
    ]
    return ",".join(shown)


def entry_line(entry: LedgerEntry) -> str:
    """Return a ledger entry on one line, for a timeline of several models."""
    margin = "" if entry.margin is None else f" [margin {format_margin(entry.margin)}]"
    change = f"{entry.from_phase} -> {entry.to_phase}"
    return f"{instant(entry.at)} {entry.model_id:<16} {change:<22} {entry.action:<8} {entry.reason}{margin}"


def plain(value: Any) -> Any:
    """Return a domain value as JSON has it: instants in ISO 8601, durations in seconds, dataclasses as objects."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def entry_fields(entry: LedgerEntry) -> dict[str, Any]:
    """Return a ledger entry as JSON fields; durations are in seconds and say so."""
    fields = asdict(entry)
    for name in ("time_to_hosted", "inference_latency", "margin"):
        fields[f"{name}_seconds"] = fields.pop(name)
    fields["from"], fields["to"] = fields.pop("from_phase"), fields.pop("to_phase")
    shown: dict[str, Any] = plain(fields)
    return shown


def _name(day: Weekday) -> str:
    return day.name.lower()
