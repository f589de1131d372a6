"""Checks of a start: close together around its expected end, and few in all, with any samples."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preheat.domain.record.looks import (
    HOSTED_EVERY,
    TICK_HORIZON,
    find_look_after_glances,
    place_net,
    wait_while_starting,
)

LEAD = timedelta(minutes=30)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
durations = st.integers(1, 7200).map(lambda seconds: seconds * SECOND)
histories = st.lists(durations, max_size=60)
close = st.tuples(st.integers(30, 3200), st.lists(st.integers(0, 299), min_size=20, max_size=60)).map(
    lambda drawn: [(drawn[0] + more) * SECOND for more in drawn[1]]
)


def looks(samples: list[timedelta], until: timedelta) -> list[timedelta]:
    elapsed, found = timedelta(), [timedelta()]
    while elapsed <= until:
        elapsed += wait_while_starting(elapsed, samples, LEAD)
        found.append(elapsed)
    return found


def width(samples: list[timedelta], ends: timedelta) -> timedelta:
    """Return how far apart the looks are between which a start ends."""
    return next(two - one for one, two in pairwise(looks(samples, ends)) if one < ends <= two)


@given(histories | close, durations)
def test_a_start_has_at_most_thirty_looks_in_any_hour(samples: list[timedelta], begins: timedelta) -> None:
    found = looks(samples, timedelta(hours=3, minutes=1))[1:]
    assert sum(begins <= look < begins + HOUR for look in found) <= 30


@given(histories | close)
def test_two_of_the_first_hours_thirty_are_kept_for_the_moment_of_the_promise(samples: list[timedelta]) -> None:
    assert sum(look <= HOUR for look in looks(samples, HOUR)[1:]) <= 28


@given(st.integers(291, 7200))
def test_before_anything_was_measured_looks_are_a_tenth_of_the_time_elapsed_apart(ends: int) -> None:
    assert width([], ends * SECOND) <= ends * SECOND / 10


@given(st.lists(st.integers(365, 3600), min_size=1, max_size=19), st.integers(291, 3600))
def test_a_tenth_of_the_time_elapsed_is_what_few_or_scattered_samples_get(samples: list[int], ends: int) -> None:
    assert width([each * SECOND for each in samples], ends * SECOND) <= ends * SECOND / 10


@given(close, st.data())
def test_a_start_like_the_last_twenty_is_met_within_fifteen_seconds(
    samples: list[timedelta], data: st.DataObject
) -> None:
    recent = samples[-20:]
    assert width(samples, data.draw(st.sampled_from(recent))) < 15 * SECOND


@pytest.mark.parametrize("fastest", [60, 240, 780, 1500])
@pytest.mark.parametrize("spread", [60, 150, 298])
def test_a_start_a_little_slower_than_the_last_twenty_is_met_soon(fastest: int, spread: int) -> None:
    samples = [(fastest + spread * number / 19) * SECOND for number in range(20)]
    assert width(samples, max(samples) + 15 * SECOND) <= max(15 * SECOND, (max(samples) + 30 * SECOND) / 7)


@given(histories | close)
def test_no_two_looks_are_further_apart_than_all_the_time_before(samples: list[timedelta]) -> None:
    found = [look for look in looks(samples, 3 * HOUR) if look >= 2 * MINUTE]
    behind = max(samples[-20:], default=timedelta())
    assert all(two <= max(4 * one, behind) for one, two in pairwise(found))


@given(histories | close, st.integers(0, 999_999).map(lambda late: timedelta(microseconds=late)))
def test_a_look_never_comes_just_before_looks_come_often(samples: list[timedelta], late: timedelta) -> None:
    """A look a moment too early would have the next one some seconds later, because messages wait whole seconds."""
    elapsed = timedelta(seconds=120) + late
    while elapsed < timedelta(hours=1):
        wait = wait_while_starting(elapsed, samples, LEAD)
        assert wait >= timedelta(seconds=7)
        elapsed += wait


def test_what_has_failed_at_once_is_seen_when_its_lease_ends() -> None:
    assert looks([13 * MINUTE], HOUR)[1] == 2 * MINUTE
    assert looks([], HOUR)[1] == 2 * MINUTE


@given(st.lists(st.integers(30, 400), min_size=1, max_size=60), st.data())
def test_a_fast_start_like_one_before_is_met_within_fifteen_seconds_or_a_tenth(
    samples: list[int], data: st.DataObject
) -> None:
    ends = data.draw(st.sampled_from(samples[-20:])) * SECOND
    assert width([each * SECOND for each in samples], ends) <= max(15 * SECOND, ends / 10)


NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wait", "edge", "quiet", "before", "net"),
    [
        (None, None, True, None, None),
        (15, None, False, None, 125),  # brisk: 110 s after the look
        (15, None, False, 75, 75),  # the line stays
        (15, None, False, 74, 125),  # too close, as below
        (15, None, False, 126, 125),
        (15, 50, False, None, 50),  # and never behind an edge
        (60, None, False, None, None),  # a tick sends it
        (600, None, False, None, None),
        (600, None, True, None, 600 + 1320),
        (600, 900, True, None, 900),
        (600, 600, True, None, None),  # an edge is the tick's
        (15, 15, True, None, None),
        (601, None, True, None, None),  # further away than any message
        (600, None, True, 720, 720),  # the line stays
        (600, None, True, 719, 1920),  # too close: a tick would send the look too
        (600, None, True, 1921, 1920),
        (600, 1000, True, 1000, 1000),
        (600, 1000, True, 1001, 1000),
        (15, None, True, 720, 125),
    ],
)
def test_where_the_index_shows_a_model_whose_look_its_pass_sends(
    wait: int | None, edge: int | None, quiet: bool, before: int | None, net: int | None
) -> None:
    def at(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOW + timedelta(seconds=seconds)

    found = place_net(at(wait), NOW, edge=at(edge), sent_within=TICK_HORIZON, quiet=quiet, before=at(before))
    assert found == at(net)


@pytest.mark.parametrize(
    ("edge", "in_turn", "look_at"),
    [
        (None, False, 2400),  # on the common grid of ten seconds
        (None, True, 2403),  # in its own place
        (2423, True, 2403),
        (2422, True, 1803),  # no look so shortly before an edge, and ten minutes between all glances
        (2422, False, 1800),
        (1222, True, None),  # no room for a glance
        (1223, True, 1203),
        (600, True, None),
    ],
)
def test_when_a_quiet_model_has_its_look_after_glances(edge: int | None, in_turn: bool, look_at: int | None) -> None:
    now = NOW + timedelta(seconds=3)
    at = NOW + timedelta(seconds=edge) if edge is not None else None
    found = find_look_after_glances(now + HOSTED_EVERY, now, at, in_turn=in_turn)
    assert found == (NOW + timedelta(seconds=look_at) if look_at is not None else None)


def test_a_look_that_something_else_asks_for_is_no_glance() -> None:
    assert find_look_after_glances(NOW + HOSTED_EVERY / 2, NOW, None, in_turn=False) is None
