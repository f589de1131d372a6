"""A demand that never ends, and a service that asks for short holds again and again: a record stays bounded."""

from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from typing import Any, get_type_hints

from tests.support.day import MIDNIGHT, TARGETS, WELD, a_day, at

from preheat.adapters.dynamodb import serial
from preheat.app.requests.ruling import ACTIVE_MAX, ADMIN_PLACES, STOP_PLACES
from preheat.domain.decision.accounting import STRETCHES_MOST
from preheat.domain.decision.writing import HOLDS_MAX, TOLD_LENGTH
from preheat.domain.plan.plan import FALLBACKS_MAX, SCHEDULES_MAX, TAGS_ALLOWED, Backend, Units
from preheat.domain.record.attempt import WORDS_MAX, Attempt, Call
from preheat.domain.record.observation import SCALING_TEXT_MAX
from preheat.domain.record.paid import Cause, Stretch
from preheat.domain.record.record import (
    SAMPLES_KEPT,
    Action,
    Effort,
    KeptScaling,
    LedgerEntry,
    ModelRecord,
    Phase,
    Unread,
)

ITEM_MAX = 200 * 1024  # bytes; DynamoDB refuses an item of more than 400 KB
ID_MAX = 128 + len("::account:111122223333:") + 64
TAGS = tuple((f"{number:0128}", "v" * 256) for number in range(TAGS_ALLOWED))
PAID = tuple(
    Stretch(MIDNIGHT, MIDNIGHT + timedelta(microseconds=1), 100, Cause.UNSCHEDULED, MIDNIGHT, MIDNIGHT)
    for _ in range(2 * STRETCHES_MOST)
)


def size_of(value: object) -> int:
    """Return how many bytes the text of a value takes in its item."""
    return len(serial.dumps(serial.encode_fields(value)).encode())


def test_holds_that_have_ended_leave_the_record_of_a_demand_that_goes_on() -> None:
    with a_day("08:00-16:00") as day:
        day.run_until("08:30")
        for minute in range(120):
            begins_at = at("08:30") + timedelta(minutes=2 * minute)
            day.hold(f"{begins_at:%H:%M}", f"{begins_at + timedelta(minutes=1):%H:%M}", name=f"hold-{minute}")
            day.run_until(f"{begins_at + timedelta(minutes=2):%H:%M}")
        effort = day.record.effort
        assert effort is not None
        assert len(effort.told) <= 2
        told = [one for entry in day.entries for one in entry.requests]
        assert sorted(told) == sorted(f"hold-{minute}" for minute in range(120))  # each once
        expired = [one for entry in day.entries for one in entry.expired]
        assert sorted(expired) == sorted(told)


def find_lists(kind: Any) -> set[str]:
    """Return the fields of a stored type that may grow: its tuples, also those of the types that it holds."""
    found = set()
    for field in fields(kind):
        hint = get_type_hints(kind)[field.name]
        found |= {field.name} if "tuple[" in str(hint) else set()
        for each in (hint, *getattr(hint, "__args__", ())):
            found |= {f"{field.name}.{name}" for name in find_lists(each)} if is_dataclass(each) else set()
    return found


def test_the_largest_record_that_a_history_can_make_fits_its_item() -> None:
    """A record that outgrew its item would never take another write, and its model would never stop."""
    places = ACTIVE_MAX + ADMIN_PLACES + STOP_PLACES
    told = tuple(f"{number:0{TOLD_LENGTH}}" for number in range(places * (SCHEDULES_MAX + 1)))
    target = replace(TARGETS[Backend.SAGEMAKER], project="p" * 63, version="v" * 63)
    attempt = Attempt.intend(
        WELD, Call.START, generation=1, demand_start=MIDNIGHT, target=target, units=Units(), now=MIDNIGHT, tags=TAGS
    )
    largest = ModelRecord(
        WELD,
        target,
        attempt=replace(attempt, words="w" * WORDS_MAX),
        effort=Effort(MIDNIGHT, MIDNIGHT, MIDNIGHT, "s" * 63, told=told, unusable=("c" * 63,) * FALLBACKS_MAX),
        samples=(timedelta(seconds=1234.567891),) * SAMPLES_KEPT,
        unread=Unread(MIDNIGHT, "w" * WORDS_MAX),
        status="w" * WORDS_MAX,
        kept_tags=TAGS,
        scaling=KeptScaling('"' * SCALING_TEXT_MAX, 50, 50, MIDNIGHT),
        paid=PAID,
    )
    assert size_of(largest) < ITEM_MAX
    assert size_of(replace(largest, effort=None, ended_effort=largest.effort)) < ITEM_MAX  # one of the two at a time
    # Each list of a record has a bound above; a new one needs one too, and its largest size here.
    efforts = {f"{effort}.{field}" for effort in ("effort", "ended_effort") for field in ("told", "unusable")}
    bounded = efforts | {"attempt.tags", "samples", "kept_tags", "paid", "gate.attempt.tags"}
    assert find_lists(ModelRecord) == bounded


def test_the_largest_entry_fits_its_item() -> None:
    ids = tuple(f"{number:0{ID_MAX}}" for number in range(HOLDS_MAX))
    target = TARGETS[Backend.SAGEMAKER]
    entry = LedgerEntry(WELD, 1, MIDNIGHT, Phase.IDLE, Phase.IDLE, Action.OBSERVE, "r" * 2_000, target)
    assert size_of(replace(entry, requests=ids, expired=ids, paid=PAID)) < 2 * ITEM_MAX
    assert find_lists(LedgerEntry) == {"requests", "expired", "paid"}
