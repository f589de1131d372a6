"""Each time and number in the docs is the code's: a test builds the phrase from the constant, and finds it on the page.

A constant that moves fails here until its page says so too. Other tests check the behavior of each constant.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from preheat.adapters.memory.queue import DELAY_MAX
from preheat.app.audit import audit, invariants
from preheat.app.reconcile import next_look
from preheat.app.requests import rights, ruling
from preheat.app.requests.message import BODY_BYTES_MAX, DEPTH_MAX
from preheat.domain.calendar.schedule import WINDOWS_MAX
from preheat.domain.calendar.timetable import HORIZON_LEAST
from preheat.domain.decision import draining, gating
from preheat.domain.demand.request import DEFAULT_PRIORITY, KEPT_AFTER_EXPIRY
from preheat.domain.lead import evidence, lead
from preheat.domain.plan import plan, senders
from preheat.domain.plan.hosted_model import DEFAULT_LEAD, DRAIN_LIMIT_LEAST, DRAIN_LIMIT_MOST, LEAD_MAX
from preheat.domain.plan.plan import STANDS_AT_MOST
from preheat.domain.record import attempt, budget, looks, record
from preheat.domain.record.clocks import AHEAD_AFTER
from preheat_lab.checkout import ROOT

CALLS_AN_HOUR = 60 + budget.BURST


def seconds(span: timedelta) -> int:
    return round(span.total_seconds())


def minutes(span: timedelta) -> int:
    return seconds(span) // 60


def hours(span: timedelta) -> int:
    return seconds(span) // 3600


STATED: list[tuple[str, str]] = [
    # The protocol.
    ("ARCHITECTURE.md", f"An intent is a lease of {seconds(attempt.LEASE)} s."),
    ("ARCHITECTURE.md", f"after {hours(attempt.TOKEN_AGE_MAX)} h {minutes(attempt.TOKEN_AGE_MAX) % 60}, or with other"),
    ("ARCHITECTURE.md", f"at most {CALLS_AN_HOUR} service calls an hour"),
    ("ARCHITECTURE.md", f"each demand has {record.ATTEMPTS_MAX} attempts and {record.REPAIRS_MAX} repairs"),
    ("docs/glossary.md", f"**lease** | {seconds(attempt.LEASE)} s after an intent"),
    ("docs/backends.md", f"The lease of {seconds(attempt.LEASE)} s works as it does with a token."),
    ("docs/backends.md", f"the limit of {CALLS_AN_HOUR} calls in an hour"),
    ("docs/reliability.md", f"At most {invariants.CALLS_AN_HOUR_MAX} service calls per model and hour"),
    ("docs/reliability.md", f"times lie more than {minutes(AHEAD_AFTER)} minutes ahead"),
    ("docs/limits.md", f"each model and hour | {CALLS_AN_HOUR}; promise S10 allows {invariants.CALLS_AN_HOUR_MAX} |"),
    ("docs/glossary.md", f"at most {CALLS_AN_HOUR} in any hour"),
    ("docs/limits.md", f"attempts to start a model in one demand | {record.ATTEMPTS_MAX} |"),
    ("docs/limits.md", f"restarts for more units in one demand | {record.RESIZED_AFTER_MOST} |"),
    # The queue and the gate behind a model.
    ("docs/drain-and-gate.md", f"until three readings over at least {seconds(draining.EMPTY_FOR)} s find no"),
    ("docs/drain-and-gate.md", f"a queue that was empty | every {seconds(looks.READINGS_APART)} s |"),
    ("docs/drain-and-gate.md", f"does not see it closed within {minutes(draining.CLOSED_WITHIN)} minutes"),
    ("docs/drain-and-gate.md", f"after {seconds(gating.FIRST_LOOK)} s, then every {seconds(looks.GATE_EVERY)} s |"),
    ("docs/drain-and-gate.md", f"three quick tries, then every {minutes(looks.GATE_TROUBLE_EVERY)} minutes;"),
    (
        "docs/drain-and-gate.md",
        f"After `limit` ({minutes(DRAIN_LIMIT_LEAST)}m to {hours(DRAIN_LIMIT_MOST)}h) the stop waits",
    ),
    ("docs/limits.md", f"| wait of a stop for its gate | {minutes(draining.CLOSED_WITHIN)} min |"),
    (
        "docs/limits.md",
        f"`drain.limit`, {minutes(DRAIN_LIMIT_LEAST)} min to {hours(DRAIN_LIMIT_MOST)} h |",
    ),
    # The lead, and the checks of a start.
    ("docs/limits.md", f"| lead | at most {hours(LEAD_MAX)} h |"),
    ("docs/lead-time.md", f"checks it more than {minutes(evidence.OVERDUE_MOST)} minutes too late"),
    ("docs/lead-time.md", f"any reason more than {evidence.BLIP_TRIES} times in a row"),
    ("docs/lead-time.md", f"max({seconds(looks.FINEST)} s, 10 % of the elapsed time) apart"),
    (
        "docs/lead-time.md",
        f"the same default of {minutes(DEFAULT_LEAD)} minutes for {lead.STARTS_TO_LEARN} starts",
    ),
    # Requests.
    ("docs/requests.md", f"at most `RequestMaxDays` days ({STANDS_AT_MOST.days})"),
    ("docs/requests.md", f"This block has the `priority` of the request ({DEFAULT_PRIORITY} by default), and only"),
    (
        "docs/requests.md",
        f"It then has priority {ruling.STRAY_PRIORITY}, so that any later hold above {ruling.STRAY_PRIORITY} overrides",
    ),
    ("docs/requests.md", f"It begins at most {ruling.AHEAD_MAX.days} days ahead."),
    (
        "docs/requests.md",
        f"what has ended for {KEPT_AFTER_EXPIRY.days} days, but at most {ruling.SENDER_KEPT_MAX} of one",
    ),
    ("docs/requests.md", f"Preheat remembers this for {KEPT_AFTER_EXPIRY.days} days |"),
    (
        "docs/requests.md",
        f"to {hours(rights.OPEN_BLOCK_LONGEST)} hours. The priority is at most {rights.OPEN_PRIORITY_MAX}",
    ),
    (
        "docs/requests.md",
        f"{senders.DEFAULT_PLACES} active holds and blocks, and {senders.DEFAULT_REQUESTS} requests an hour",
    ),
    ("docs/requests.md", f"may be {rights.SUBJECTS_AN_HOUR} times as many"),
    ("docs/limits.md", f"{senders.DEFAULT_REQUESTS} an hour about one model or schedule, "),
    ("docs/limits.md", f"{senders.DEFAULT_REQUESTS * rights.SUBJECTS_AN_HOUR:,} an hour in all"),
    ("docs/limits.md", f"| size of a request | {BODY_BYTES_MAX:,} bytes, {DEPTH_MAX} levels of nesting |"),
    ("docs/limits.md", f"of a model or schedule | {ruling.ACTIVE_MAX}; {senders.DEFAULT_PLACES} of one sender"),
    (
        "docs/limits.md",
        f"{KEPT_AFTER_EXPIRY.days} days after their end; {ruling.SENDER_KEPT_MAX} of one sender, {ruling.KEPT_MAX:,}",
    ),
    # Plans.
    ("docs/limits.md", f"| schedules of a model | {plan.SCHEDULES_MAX} |"),
    ("docs/limits.md", f"| windows of a schedule | {WINDOWS_MAX:,} |"),
    ("docs/shifts.md", f"an alarm reminds you {HORIZON_LEAST.days} days earlier"),
    # The audit.
    ("docs/telemetry.md", f"whose state Preheat cannot read, each {minutes(audit.EVERY)} minutes"),
    ("docs/telemetry.md", f"running without a demand, each {minutes(audit.LISTS_EVERY)} minutes"),
    ("docs/reliability.md", f"only the audit finds this leak, within {minutes(audit.LISTS_EVERY)} minutes"),
]


def pages() -> Iterator[str]:
    yield from dict.fromkeys(page for page, _ in STATED)


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {page: " ".join((ROOT / page).read_text(encoding="utf-8").split()) for page in pages()}


@pytest.mark.parametrize(("page", "phrase"), STATED, ids=lambda part: part[:40])
def test_a_stated_time_is_the_codes(texts: dict[str, str], page: str, phrase: str) -> None:
    assert phrase in texts[page]


def test_three_readings_of_an_empty_queue_span_the_stated_minute() -> None:
    assert (draining.EMPTIES - 1) * looks.READINGS_APART >= draining.EMPTY_FOR
    assert DRAIN_LIMIT_LEAST > draining.EMPTY_FOR


def test_turns_are_looked_ahead_for_longer_than_a_tick_may_be_late_and_within_what_the_queue_holds() -> None:
    """The passes send themselves their looks in turn: a tick sends all that fell due while it was late at once."""
    late_tick = timedelta(minutes=1) + timedelta(seconds=60)
    assert late_tick < next_look.TURN_HORIZON <= DELAY_MAX
    assert seconds(looks.TICK_HORIZON) == 60  # as often as the tick comes


def test_a_stop_without_the_stated_waits_is_noticed_by_the_judges_of_the_same_figures() -> None:
    """The promises repeat the figures, so that no rule can move its own judge."""
    assert (invariants.EMPTIES, invariants.EMPTY_FOR) == (draining.EMPTIES, draining.EMPTY_FOR)
    assert invariants.GATE_CLOSED_WITHIN == draining.CLOSED_WITHIN
    assert (invariants.ATTEMPTS_MAX, invariants.REPAIRS_MAX) == (record.ATTEMPTS_MAX, record.REPAIRS_MAX)
    assert invariants.RESIZED_AFTER_MOST == record.RESIZED_AFTER_MOST
    assert CALLS_AN_HOUR <= invariants.CALLS_AN_HOUR_MAX
    assert record.STUCK_AFTER_LEAST == audit.STARTS_AT_LATEST
