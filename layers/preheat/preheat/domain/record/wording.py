"""The words that reasons share: an instant, and the answer to a call.

Formats only. Each module writes the sentences of its own steps.
"""

from datetime import datetime

from preheat.domain.record.attempt import REACTIONS, Answer, Outcome


def format_instant(at: datetime) -> str:
    """Return an instant as a reason shows it: in UTC, to the second."""
    return at.strftime("%Y-%m-%d %H:%M:%SZ")


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
    return f"{call.capitalize()} {what}" + (f": {outcome.detail}" if outcome.detail else "")
