"""The promise of every clock: an aware instant in UTC that never goes back."""

from datetime import UTC, datetime, timedelta

import pytest

from preheat.adapters.clock import SystemClock, VirtualClock
from preheat.app.ports.clock import Clock

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)


@pytest.fixture(params=["system", "virtual"])
def clock(request: pytest.FixtureRequest) -> Clock:
    return SystemClock() if request.param == "system" else VirtualClock(SIX)


def test_now_is_aware_and_in_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC


def test_time_never_goes_back(clock: Clock) -> None:
    seen = [clock.now() for _ in range(100)]
    assert seen == sorted(seen)


def test_the_systems_clock_shows_the_time_of_day() -> None:
    before = datetime.now(UTC)
    assert before <= SystemClock().now() <= datetime.now(UTC)


def test_a_virtual_clock_rests_until_it_is_moved_and_is_never_moved_back() -> None:
    clock = VirtualClock(SIX)
    clock.advance(timedelta(seconds=3))
    clock.advance_to(SIX + timedelta(seconds=3))
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance_to(SIX)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance(timedelta(seconds=-1))
    assert clock.now() == SIX + timedelta(seconds=3)
