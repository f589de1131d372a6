"""The judges of gates and queues can say no: each rule broken alone, on records made by hand."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from preheat.app.audit import invariants
from preheat.app.audit.invariants import Broken, judge_gate, judge_readings, judge_stop, judge_write
from preheat.domain.decision import draining
from preheat.domain.plan.hosted_model import Drain
from preheat.domain.plan.plan import ModelId, Target, Units
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.gate import SHUT, Backlog, BacklogReading, Draining, Gate, Passage
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Effort, ModelRecord, Ownership, Phase

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
WELD, TARGET, MAPPING = ModelId("weld-seams"), Target("weld-seams-front", "3"), "0c6d2f58-3c2b-4f6e-9a51-6f1d2f0a7b11"
OPEN, CLOSE = (
    Attempt.intend(WELD, call, generation=number, demand_start=SIX, target=TARGET, units=Units(), now=SIX)
    for number, call in enumerate((Call.OPEN, Call.CLOSE), start=1)
)
QUEUE = Drain("arn:aws:sqs:eu-central-1:111122223333:images", 30 * MINUTE)
EMPTY, FULL = BacklogReading(Backlog(0, 0, 0)), BacklogReading(Backlog(0, 1, 0))
UNREAD = BacklogReading(None, failure=Answer.LOST)
HOSTED = ModelRecord(
    WELD, TARGET, version=2, sequence=1, phase=Phase.HOSTED, since=SIX, ownership=Ownership.STARTED, gate=Gate(MAPPING)
)


def find_broken(judged: Iterable[Broken]) -> list[str]:
    return [broken.invariant for broken in judged]


def changing(attempt: Attempt | None, **facts: Any) -> ModelRecord:
    return replace(HOSTED, gate=Gate(MAPPING, attempt), **facts)


def test_the_promised_figures_are_those_of_the_rules() -> None:
    assert (invariants.EMPTIES, invariants.EMPTY_FOR) == (draining.EMPTIES, draining.EMPTY_FOR)
    assert invariants.GATE_CLOSED_WITHIN == draining.CLOSED_WITHIN
    assert set(invariants.LETS_NOTHING_THROUGH) == SHUT


@pytest.mark.parametrize(
    ("before", "after", "at", "broken"),
    [
        (OPEN, OPEN, SIX, []),
        (OPEN, replace(OPEN, intent_at=SIX - SECOND), SIX, ["S8"]),
        (OPEN, CLOSE, SIX + 119 * SECOND, ["S8"]),
        (OPEN, None, SIX + 119 * SECOND, ["S8"]),
        (OPEN, CLOSE, SIX + 120 * SECOND, []),
        (replace(OPEN, open_writers=0, answer=Answer.ACCEPTED), CLOSE, SIX + SECOND, []),
        (replace(OPEN, answer=Answer.LOST), CLOSE, SIX + SECOND, ["S8"]),
        (replace(OPEN, retry_at=SIX + MINUTE), replace(OPEN, tries=2), SIX, ["S10"]),
        (replace(OPEN, retry_at=SIX + MINUTE), replace(OPEN, tries=2), SIX + MINUTE, []),
    ],
)
def test_the_lease_of_a_gates_change_holds_like_any_other(
    before: Attempt, after: Attempt | None, at: datetime, broken: list[str]
) -> None:
    assert find_broken(judge_write(changing(before), changing(after), None, at=at)) == broken


@pytest.mark.parametrize(
    ("attempt", "facts", "broken"),
    [
        (OPEN, {}, []),
        (None, {}, ["S2"]),
        (OPEN, {"passage": Passage.UNKNOWN}, ["S9"]),
        (OPEN, {"passage": Passage.MOVING}, ["S9"]),
        (OPEN, {"passage": None}, ["S9"]),
        (OPEN, {"observed": Observed.STARTING}, ["S11"]),
        (OPEN, {"observed": Observed.UNKNOWN}, ["S11"]),
        (CLOSE, {"passage": Passage.OPEN}, ["S3"]),
        (CLOSE, {"passage": Passage.OPEN, "needed": False}, []),
        (CLOSE, {"passage": Passage.OPEN, "moved": True}, []),
        (CLOSE, {"passage": Passage.OPEN, "observed": Observed.STOPPED}, []),
    ],
)
def test_a_gate_is_opened_on_sight_of_hosted_and_closed_only_when_it_may(
    attempt: Attempt | None, facts: dict[str, Any], broken: list[str]
) -> None:
    known: dict[str, Any] = {
        "observed": Observed.HOSTED,
        "passage": Passage.CLOSED,
        "needed": True,
        "moved": False,
    } | facts
    assert find_broken(judge_gate(HOSTED, changing(attempt), **known)) == broken


@pytest.mark.parametrize(("asked", "attempts", "broken"), [(0, 1, ["S3"]), (1, 1, ["S3"]), (2, 2, []), (2, 3, ["S3"])])
def test_a_gate_is_closed_during_its_demand_only_for_a_restart_with_more_units(
    asked: int, attempts: int, broken: list[str]
) -> None:
    start = Attempt.intend(WELD, Call.START, generation=1, demand_start=SIX, target=TARGET, units=Units(), now=SIX)
    effort = Effort(SIX, SIX + 60 * MINUTE, SIX, "early", attempts=attempts)
    before = replace(HOSTED, attempt=start, effort=effort)
    known: dict[str, Any] = {"observed": Observed.HOSTED, "passage": Passage.OPEN, "needed": True, "moved": False}
    assert find_broken(judge_gate(before, changing(CLOSE), **known, asked=asked)) == broken


def test_a_gate_is_not_opened_while_a_stop_may_be_on_its_way() -> None:
    before = replace(HOSTED, attempt=replace(CLOSE, call=Call.STOP))
    known: dict[str, Any] = {"observed": Observed.HOSTED, "passage": Passage.CLOSED, "needed": True, "moved": False}
    assert find_broken(judge_gate(before, changing(OPEN), **known)) == ["S11"]


def judge_a_stop(before: ModelRecord, at: datetime = SIX + MINUTE, **facts: Any) -> list[str]:
    known: dict[str, Any] = {
        "observed": Observed.HOSTED,
        "passage": Passage.CLOSED,
        "reading": None,
        "drain": None,
    } | facts
    return find_broken(judge_stop(before, at=at, **known))


@pytest.mark.parametrize(
    ("facts", "broken"),
    [
        ({}, []),
        ({"passage": Passage.GONE}, []),
        ({"passage": Passage.OPEN}, ["S11"]),
        ({"passage": Passage.MOVING}, ["S11"]),
        ({"passage": None}, ["S11"]),
        ({"passage": Passage.OPEN, "observed": Observed.STARTING}, []),
    ],
)
def test_a_stop_follows_a_gate_that_was_seen_closed(facts: dict[str, Any], broken: list[str]) -> None:
    assert judge_a_stop(HOSTED, **facts) == broken


def test_a_stop_waits_for_an_open_that_may_be_on_its_way() -> None:
    assert judge_a_stop(changing(OPEN), SIX + 119 * SECOND) == ["S11"]
    assert judge_a_stop(changing(OPEN), SIX + 120 * SECOND) == []


def test_a_gate_that_is_not_closed_in_five_minutes_is_waited_for_no_longer() -> None:
    waited = replace(HOSTED, draining=Draining(SIX, over_at=SIX))
    assert judge_a_stop(waited, SIX + 5 * MINUTE - SECOND, passage=Passage.OPEN) == ["S11"]
    assert judge_a_stop(waited, SIX + 5 * MINUTE, passage=Passage.OPEN) == []


def test_a_stop_that_was_asked_for_already_is_not_judged_again() -> None:
    assert judge_a_stop(replace(HOSTED, attempt=replace(CLOSE, call=Call.STOP)), passage=Passage.OPEN) == []


def test_a_first_stop_does_not_come_so_late_that_it_delays_the_next_start() -> None:
    assert judge_a_stop(HOSTED, again=True) == ["S3"]
    assert judge_a_stop(HOSTED, again=True, observed=Observed.STARTING) == []
    assert judge_a_stop(replace(HOSTED, attempt=replace(CLOSE, call=Call.STOP)), again=True) == []


@pytest.mark.parametrize(
    ("waited", "reading", "at", "broken"),
    [
        (None, EMPTY, SIX + MINUTE, ["S12"]),
        (Draining(SIX, 2, SIX), EMPTY, SIX + MINUTE, []),
        (Draining(SIX, 2, SIX), EMPTY, SIX + MINUTE - SECOND, ["S12"]),
        (Draining(SIX, 1, SIX), EMPTY, SIX + MINUTE, ["S12"]),
        (Draining(SIX, 2, SIX), FULL, SIX + MINUTE, ["S12"]),
        (Draining(SIX, 3, SIX), UNREAD, SIX + 2 * MINUTE, ["S12"]),
        (Draining(SIX, 3, SIX), None, SIX + 2 * MINUTE, ["S12"]),
        (Draining(SIX), FULL, SIX + 30 * MINUTE, []),
        (Draining(SIX, over_at=SIX + MINUTE), None, SIX + 2 * MINUTE, []),
    ],
)
def test_a_stop_waits_for_its_queue_or_for_the_limit(
    waited: Draining | None, reading: BacklogReading | None, at: datetime, broken: list[str]
) -> None:
    assert judge_a_stop(replace(HOSTED, draining=waited), at, reading=reading, drain=QUEUE) == broken


@pytest.mark.parametrize(
    ("was", "now", "reading", "broken"),
    [
        (None, 1, EMPTY, []),
        (1, 2, EMPTY, []),
        (1, 2, UNREAD, ["S12"]),
        (1, 2, None, ["S12"]),
        (1, 2, FULL, ["S12"]),
        (1, 1, UNREAD, []),
        (2, 0, FULL, []),
        (0, 2, EMPTY, ["S12"]),
    ],
)
def test_only_a_reading_that_found_it_empty_counts_as_one(
    was: int | None, now: int, reading: BacklogReading | None, broken: list[str]
) -> None:
    before = replace(HOSTED, draining=None if was is None else Draining(SIX, was))
    assert find_broken(judge_readings(before, replace(HOSTED, draining=Draining(SIX, now)), reading)) == broken
