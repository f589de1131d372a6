"""Lengths of time, as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from preheat.domain.verdict.plant_time import PlantTime, format_span

SPANS = {0: "0 min", 59: "59 min", 60: "1 h", 185: "3 h 5 min", 1439: "23 h 59 min", 1440: "1 d", 3120: "2 d 4 h"}


@pytest.mark.parametrize("minutes", SPANS)
def test_a_span_has_the_two_largest_units_that_matter(minutes: int) -> None:
    assert format_span(timedelta(minutes=minutes)) == SPANS[minutes]


def test_a_weekday_names_a_day_up_to_five_days_away_and_a_date_one_beyond() -> None:
    monday = datetime(2026, 11, 23, 6, tzinfo=UTC)
    time = PlantTime(monday)
    assert [time.at(monday + timedelta(days=days)) for days in (5, 6)] == ["Sat 06:00Z", "2026-11-29 06:00Z"]
    assert [time.at(monday - timedelta(days=days)) for days in (5, 6)] == ["Wed 06:00Z", "2026-11-17 06:00Z"]


def test_today_is_the_plants_day() -> None:
    night = PlantTime(datetime(2026, 11, 23, 23, 30, tzinfo=UTC), "Europe/Berlin")
    assert night.at(datetime(2026, 11, 24, 5, tzinfo=UTC)) == "06:00"
    assert night.at(datetime(2026, 11, 23, 22, tzinfo=UTC)) == "Mon 23:00"
