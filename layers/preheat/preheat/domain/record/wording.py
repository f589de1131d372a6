"""The words that reasons share: an instant, and the answer to a call.

Formats only. Each module writes the sentences of its own steps.
"""

from datetime import UTC, datetime

from preheat.domain.calendar.zones import find_zone
from preheat.domain.record.attempt import REACTIONS, Answer, Outcome


def format_instant(at: datetime, zone: str | None = None) -> str:
    """Return an instant as a reason shows it: on the clock of the plant, with UTC after it; seconds if there are any.

    Without a zone, with one that is not available here, or where the clock shows UTC: only UTC, to the second.

    >>> format_instant(datetime(2026, 11, 30, 5, tzinfo=UTC), "Europe/Berlin")
    '2026-11-30 06:00 (05:00Z)'
    """
    found = find_zone(zone) if zone is not None else None
    here, there = at.astimezone(found or UTC), at.astimezone(UTC)
    if not here.utcoffset():
        return there.strftime("%Y-%m-%d %H:%M:%SZ")
    clock = "%H:%M:%S" if at.second else "%H:%M"
    day = "" if here.date() == there.date() else "%Y-%m-%d "
    return f"{here.strftime(f'%Y-%m-%d {clock}')} ({there.strftime(f'{day}{clock}Z')})"


def describe_answer(call: str, outcome: Outcome) -> str:
    """Return a sentence about the answer to a call, with the service's own words.

    >>> describe_answer("start", Outcome(Answer.QUOTA, "LimitExceededException: 5 units"))
    'Start rejected (quota): LimitExceededException: 5 units'
    """
    answer = outcome.answer
    if answer is Answer.ACCEPTED:
        what = "accepted"
    elif REACTIONS[answer].definite:
        what = f"rejected ({answer})"
    else:
        what = f"unanswered ({answer})"
    return f"{call.capitalize()} {what}" + (f": {outcome.detail.rstrip('.')}" if outcome.detail else "")
