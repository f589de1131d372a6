"""The options `--from` and `--to`: reads dates and instants into a half-open range in UTC.

Depends on no command and no schedule.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from preheat.domain.calendar.windows import Window
from preheat_cli.errors import CliError
from preheat_cli.views import show

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
SPAN: Final = timedelta(days=7)  # the default length of a range

ACCEPTED: Final = (
    "a date such as 2026-11-23 (its midnight in UTC) or an instant such as 2026-11-23T06:00Z or "
    "2026-11-23T07:00+01:00; without an offset in UTC"
)

From = Annotated[
    str | None,
    typer.Option("--from", metavar="T", help="From this date or instant; UTC without an offset. Default: now."),
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="T", help="Before this date or instant. Default: 7 days after --from."),
]


def time_range(begin: str | None, end: str | None, now: datetime) -> Window:
    """Return the range [begin, end) that two options mean; `now`, to the second, and 7 days if they are absent.

    Raises:
        CliError: one is not a date or an instant, is outside 1970 to 2199, or the end is not after the begin.
    """
    first = instant_of("--from", begin) if begin is not None else now.replace(microsecond=0)
    last = instant_of("--to", end) if end is not None else min(first + SPAN, LATEST)
    if first >= last:
        named = f"--to {show.instant(last)} is not after {'--from' if begin is not None else 'now,'}"
        raise CliError(f"preheat: {named} {show.instant(first)}: the range is empty")
    return Window(first, last)


def instant_of(option: str, text: str) -> datetime:
    """Return the instant that an option's text means; raises CliError if it is none."""
    try:
        found = datetime.fromisoformat(text.strip())
        at = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise CliError(f"preheat: {option} {text[:60]!r} is not a date or an instant; accepted: {ACCEPTED}") from None
    if not EARLIEST <= at <= LATEST:
        raise CliError(f"preheat: {option} {text[:60]!r} is out of range; accepted: 1970-01-01 to 2200-01-01")
    return at
