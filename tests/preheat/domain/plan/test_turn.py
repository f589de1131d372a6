"""Turns: one place in each round, nobody else's, and never a wider bracket than a look or a round."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preheat.domain.plan.turn import TURN_MOST, Turn, look_in_turn

SECOND = timedelta(seconds=1)
NOW = datetime(2026, 11, 23, 5, 40, tzinfo=UTC)
turns = st.integers(1, 3600).flatmap(
    lambda length: st.integers(0, length - 1).map(lambda offset: Turn(offset * SECOND, length * SECOND))
)
instants = st.integers(0, 10**7).map(lambda passed: NOW + passed * SECOND / 10)


@given(turns, instants, st.integers(1, 400))
def test_the_next_look_is_after_its_wait_or_a_round_and_at_most_a_round_sooner(
    turn: Turn, now: datetime, wait: int
) -> None:
    longest = max(wait * SECOND, turn.round)
    found = look_in_turn(turn, now, wait * SECOND) - now
    assert max(longest - turn.round, timedelta()) <= found <= longest
    assert found > timedelta()


@given(turns, instants, instants, st.integers(1, 400))
def test_looks_of_two_turns_never_meet(turn: Turn, now: datetime, then: datetime, wait: int) -> None:
    other = Turn((turn.offset + SECOND) % turn.round, turn.round)
    one, two = look_in_turn(turn, now, wait * SECOND), look_in_turn(other, then, wait * SECOND)
    assert (one == two) is False or other == turn


def test_what_starts_alone_is_checked_after_its_wait() -> None:
    assert look_in_turn(None, NOW, 14 * SECOND) == NOW + 14 * SECOND


@pytest.mark.parametrize(("offset", "length"), [(-1, 5), (5, 5), (0, 0), (0.5, 5), (0, 3601)])
def test_a_turn_out_of_order_is_refused(offset: float, length: float) -> None:
    with pytest.raises(ValueError, match=f"at most {TURN_MOST}"):
        Turn(offset * SECOND, length * SECOND)
