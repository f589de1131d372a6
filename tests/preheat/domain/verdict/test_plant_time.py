"""Lengths of time, as people read them."""

from datetime import timedelta

import pytest

from preheat.domain.verdict.plant_time import format_span

SPANS = {0: "0 min", 59: "59 min", 60: "1 h", 185: "3 h 5 min", 1439: "23 h 59 min", 1440: "1 d", 3120: "2 d 4 h"}


@pytest.mark.parametrize("minutes", SPANS)
def test_a_span_has_the_two_largest_units_that_matter(minutes: int) -> None:
    assert format_span(timedelta(minutes=minutes)) == SPANS[minutes]
