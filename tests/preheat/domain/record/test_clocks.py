"""Times from the future on a record: every field that can hold one, and none that a clock within the limit wrote."""

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.day import GATE, QUEUE, a_day, at

from preheat.domain.plan.hosted_model import Drain
from preheat.domain.plan.plan import ModelId, Target, Units
from preheat.domain.record.attempt import Attempt, Call
from preheat.domain.record.clocks import PLANNED, bound_times, find_ahead, is_off
from preheat.domain.record.gate import Draining, Gate
from preheat.domain.record.paid import Run
from preheat.domain.record.record import Effort, KeptScaling, ModelRecord, Unread

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WELD, TARGET = ModelId("weld-seams"), Target("weld-seams-front", "3")


def an_attempt(call: Call) -> Attempt:
    made = Attempt.intend(
        WELD, call, generation=1, demand_start=NOW, target=TARGET, units=Units(), now=NOW - timedelta(hours=1)
    )
    return replace(made, retry_at=NOW)


FULL = ModelRecord(
    WELD,
    TARGET,
    since=NOW,
    attempt=an_attempt(Call.START),
    effort=Effort(
        NOW,
        NOW,
        NOW,
        "early",
        first_start_at=NOW,
        retry_at=NOW,
        hosted_at=NOW,
        short_since=NOW,
        unready_at=NOW,
        renewed_for=NOW,
    ),
    wake_at=NOW,
    due_at=NOW,
    unread=Unread(NOW, "no answer"),
    spent_until=NOW,
    gate=Gate(GATE, an_attempt(Call.OPEN), look_at=NOW),
    scaling=KeptScaling("{}", 1, 1, NOW, retry_at=NOW),
    draining=Draining(NOW, empty_since=NOW, over_at=NOW),
    expired_by=NOW,
    looked_at=NOW,
    run=Run(NOW, NOW, 1, begun_after=NOW),
)


def paths(value: Any, *above: str) -> list[tuple[str, ...]]:
    """Return the way to every instant of a record."""
    found = []
    for each in fields(value):
        part = getattr(value, each.name)
        if isinstance(part, datetime):
            found.append((*above, each.name))
        elif is_dataclass(part):
            found += paths(part, *above, each.name)
    return found


def put(value: Any, path: tuple[str, ...], instant: datetime) -> Any:
    name, *rest = path
    return replace(value, **{name: put(getattr(value, name), tuple(rest), instant) if rest else instant})


NOTED = [path for path in paths(FULL) if not PLANNED & set(path)]


def test_the_record_of_these_tests_holds_every_kind_of_instant() -> None:
    def kinds(kind: Any) -> set[str]:
        return {each.name for each in fields(kind) if "datetime.datetime" in str(each.type)}

    parts = (FULL, FULL.attempt, FULL.effort, FULL.unread, FULL.gate, FULL.scaling, FULL.draining, FULL.run)
    for part in parts:
        assert part is not None
        assert {path[-1] for path in paths(part) if len(path) == 1} == kinds(type(part))


@pytest.mark.parametrize("path", NOTED, ids=".".join)
def test_any_instant_hours_ahead_is_found_and_the_present_takes_its_place(path: tuple[str, ...]) -> None:
    ahead = put(FULL, path, NOW + timedelta(hours=6))
    assert find_ahead(ahead, NOW) == NOW + timedelta(hours=6)
    bounded = bound_times(ahead, NOW)
    assert find_ahead(bounded, NOW) is None
    assert bounded == replace(put(ahead, path, NOW), effort=None)


@pytest.mark.parametrize("path", NOTED, ids=".".join)
def test_an_instant_that_two_clocks_within_the_limit_explain_stays(path: tuple[str, ...]) -> None:
    record = put(FULL, path, NOW + timedelta(seconds=120))
    assert find_ahead(record, NOW) is None
    assert bound_times(record, NOW) is record


def test_the_plan_and_requests_may_look_as_far_ahead_as_they_like() -> None:
    coming = replace(FULL, wake_at=NOW + timedelta(days=700))
    assert FULL.effort is not None
    coming = replace(coming, effort=replace(FULL.effort, until=NOW + timedelta(days=30)))
    assert bound_times(coming, NOW) is coming


def test_no_day_of_its_own_leaves_an_instant_that_counts_as_ahead() -> None:
    with a_day(window="08:00-16:00", gate=GATE, drain=Drain(QUEUE)) as day:
        day.waiting(3)
        for hour in range(24):
            for minute in (0, 1, 2, 29, 31, 45):
                day.run_until(f"{hour:02}:{minute:02}")
                assert find_ahead(day.record, day.clock.at) is None
        assert day.stopped() == 1
        assert day.clock.at > at("23:00")


@pytest.mark.parametrize(("seconds", "off"), [(-91, True), (-90, False), (0, False), (90, False), (91, True)])
def test_a_clock_is_off_beyond_the_limit_and_the_time_of_an_answer(seconds: int, off: bool) -> None:
    assert is_off(NOW + timedelta(seconds=seconds), NOW) is off


def test_a_store_that_does_not_say_what_time_it_is_proves_nothing() -> None:
    assert not is_off(NOW, None)
