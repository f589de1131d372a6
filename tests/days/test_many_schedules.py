"""A model with more schedules than one transaction takes, as an older plan may have it: it stops all the same."""

from dataclasses import replace

import pytest
from tests.support.day import a_day, a_model, shifts

from preheat.domain.demand.request import Subject
from preheat.domain.record.lifecycle import Observed


def many(count: int) -> object:
    """Return a model that so many schedules need, each from 08:00 to 16:00."""
    return a_model(schedules=tuple(replace(shifts("08:00-16:00"), name=f"shift-{place}") for place in range(count)))


@pytest.mark.parametrize("count", [1, 50, 51, 98, 110, 300])
def test_a_stop_does_not_depend_on_the_number_of_schedules(count: int) -> None:
    with a_day() as day:
        day.apply(many(count))  # type: ignore[arg-type]
        day.run_until("16:10")
        assert (day.observed(), day.started(), day.stopped()) == (Observed.STOPPED, 1, 1)


@pytest.mark.parametrize("place", [0, 49, 50, 109])
def test_a_hold_of_any_of_them_keeps_the_model(place: int) -> None:
    with a_day() as day:
        day.apply(many(110))  # type: ignore[arg-type]
        day.run_until("15:00")
        day.hold("15:00", "18:00", subject=Subject(schedule=f"shift-{place}"))
        day.run_until("17:59")
        assert (day.observed(), day.stopped()) == (Observed.HOSTED, 0)
