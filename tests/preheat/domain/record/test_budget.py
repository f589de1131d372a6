"""The budget of service calls."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.support.day import at

from preheat.domain.record.budget import BURST, CALL_COSTS, is_spent, spend

HOUR = timedelta(hours=1)


@given(st.lists(st.integers(0, 600), max_size=400), st.integers(1, 2))
def test_no_hour_holds_more_than_ninety_calls_however_often_a_pass_would_like_to(waits: list[int], each: int) -> None:
    now, bucket = at("00:00"), None
    made: list[datetime] = []
    for seconds in waits:
        now += timedelta(seconds=seconds)
        if not is_spent(bucket, now):
            for _ in range(each):
                bucket = spend(bucket, now)
                made.append(now)
    for begun in made:
        assert sum(begun <= call < begun + HOUR for call in made) <= 90


def test_an_idle_hour_brings_the_whole_burst_back() -> None:
    now, bucket = at("00:00"), None
    for _ in range(BURST - 1):
        assert not is_spent(bucket, now)
        bucket = spend(bucket, now)
    assert is_spent(bucket, now)
    assert not is_spent(bucket, now + BURST * CALL_COSTS)


def test_a_look_a_minute_is_never_refused() -> None:
    now, bucket = at("00:00"), None
    for _ in range(500):
        assert not is_spent(bucket, now)
        bucket = spend(bucket, now)
        now += timedelta(minutes=1)
