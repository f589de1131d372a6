"""How facts read on a terminal and in JSON: instants, durations, ledger entries. Knows no command and no store."""

from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from preheat.domain.plan import Backend, Target, Units
from preheat.domain.record import LedgerEntry
from preheat.domain.schedule import Schedule, ShiftWindow, Weekday

DAY = timedelta(days=1)


def instant(at: datetime | None) -> str:
    """Return an instant in UTC to the second: `2026-11-23 05:30:00Z`; `-` for none."""
    return "-" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def local_instant(at: datetime, zone: str) -> str:
    """Return an instant as the clock in the plant shows it: `Mon 2026-11-23 06:30 CET`."""
    shown = at.astimezone(ZoneInfo(zone))
    return shown.strftime("%a %Y-%m-%d %H:%M:%S %Z" if shown.second else "%a %Y-%m-%d %H:%M %Z")


def signed(span: timedelta | None) -> str:
    """Return a margin to the second: `+00:00:21`; `-` for none."""
    if span is None:
        return "-"
    return ("-" if span < timedelta() else "+") + clock(abs(span))


def clock(span: timedelta) -> str:
    """Return a duration of 0 or more, rounded to the second: `00:00:04`."""
    seconds = round(span.total_seconds())
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def duration(span: timedelta) -> str:
    """Return a duration as the plant file writes it: `1h30m`, `45s`; fractions of a second are cut.

    >>> duration(timedelta(minutes=90))
    '1h30m'
    """
    seconds = int(span.total_seconds())
    parts = [(seconds // 3600, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s")]
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def target(named: Target) -> str:
    """Return what a model runs: `weld-seams/3`, with its service, region and role where they are not the usual ones."""
    service = "" if named.backend is Backend.LOOKOUT_VISION else f"{named.backend} "
    where = f" in {named.region}" if named.region else ""
    role = f" by {named.role}" if named.role else ""
    return f"{service}{named.project}/{named.version}{where}{role}"


def units(asked: Units) -> str:
    """Return inference units: `1`, or `1 to 3` where they scale."""
    return str(asked.minimum) if asked.maximum is None else f"{asked.minimum} to {asked.maximum}"


def schedule(shown: Schedule) -> str:
    """Return a schedule on one line: `early (Europe/Berlin: mon-fri 06:00-14:00)`."""
    windows = ", ".join(shift_window(window) for window in shown.shift_windows)
    return f"{shown.name} ({shown.zone}: {windows})"


def shift_window(window: ShiftWindow) -> str:
    """Return a shift window as people write it: `mon-fri 22:00-06:00`."""
    if window.end == time() and window.end_day == 1:
        return f"{days(window.days)} {window.start:%H:%M}-24:00"
    more = f" (+{window.end_day} days)" if window.end_day > 1 else ""
    return f"{days(window.days)} {window.start:%H:%M}-{window.end:%H:%M}{more}"


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
    margin = "" if entry.margin is None else f" [margin {signed(entry.margin)}]"
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
    for name in ("time_to_hosted", "margin"):
        fields[f"{name}_seconds"] = fields.pop(name)
    fields["from"], fields["to"] = fields.pop("from_phase"), fields.pop("to_phase")
    shown: dict[str, Any] = plain(fields)
    return shown


def _name(day: Weekday) -> str:
    return day.name.lower()
