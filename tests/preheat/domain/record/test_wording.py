"""An instant in a reason or a reply is first on the plant's clock, with UTC after it."""

from datetime import UTC, datetime

import pytest

from preheat.domain.record.wording import format_instant
from preheat.domain.verdict.plant_time import PlantTime

SIX = datetime(2026, 11, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Berlin", "2026-11-30 06:00 (05:00Z)"),
        ("America/Chicago", "2026-11-29 23:00 (2026-11-30 05:00Z)"),
        ("Asia/Kolkata", "2026-11-30 10:30 (05:00Z)"),
        ("Europe/London", "2026-11-30 05:00:00Z"),
        ("Mars/Olympus", "2026-11-30 05:00:00Z"),
        ("../../etc/passwd", "2026-11-30 05:00:00Z"),
        ("", "2026-11-30 05:00:00Z"),
        (None, "2026-11-30 05:00:00Z"),
    ],
)
def test_an_instant_is_first_on_the_plants_clock(zone: str | None, shown: str) -> None:
    assert format_instant(SIX, zone) == shown


def test_seconds_appear_only_if_there_are_any() -> None:
    assert format_instant(SIX.replace(second=7), "Europe/Berlin") == "2026-11-30 06:00:07 (05:00:07Z)"


def test_a_zone_that_is_not_available_here_never_stops_a_sentence() -> None:
    assert PlantTime(SIX, "Mars/Olympus").at(SIX) == "05:00Z"
