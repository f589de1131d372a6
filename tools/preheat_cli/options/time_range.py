"""The options `--from` and `--to`: dates and instants as people type them, read into a half-open range of UTC.

Knows no command and no schedule.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from preheat.domain.calendar.windows import Window
from preheat_cli.errors import CliError
from preheat_cli.views import show

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
SPAN: Final = timedelta(days=7)  # what is shown if no end is named

ACCEPTED: Final = (
    "a date such as 2026-11-23 (its midnight in UTC) or an instant such as 2026-11-23T06:00Z or "
    "2026-11-23T07:00+01:00; one without an offset is in UTC"
)

From = Annotated[
    str | None,
    typer.Option("--from", metavar="T", help="From this date or instant on; without an offset in UTC. Absent: now."),
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="T", help="Up to, and without, this date or instant. Absent: 7 days after --from."),
]


def time_range(begin: str | None, end: str | None, now: datetime) -> Window:
    """Return the range [begin, end) that two options mean; `now`, to the second, and 7 days if they are absent.

    Raises:
        CliError: one is no date or instant, outside 1970 to 2199, or the end does not come after the begin.
    """
    first = instant_of("--from", begin) if begin is not None else now.replace(microsecond=0)
    last = instant_of("--to", end) if end is not None else min(first + SPAN, LATEST)
    if first >= last:
        named = f"--to {show.instant(last)} does not come after {'--from' if begin is not None else 'now,'}"
        raise CliError(f"preheat: {named} {show.instant(first)}: the range is empty")
    return Window(first, last)


def instant_of(option: str, text: str) -> datetime:
    """Return the instant that an option's text means; raises CliError if it is none."""
    try:
        found = datetime.fromisoformat(text.strip())
        at = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise CliError(f"preheat: {option} {text[:60]!r} is no date or instant; accepted: {ACCEPTED}") from None
    if not EARLIEST <= at <= LATEST:
        raise CliError(f"preheat: {option} {text[:60]!r} is out of range; accepted: 1970-01-01 to 2200-01-01")
    return at
