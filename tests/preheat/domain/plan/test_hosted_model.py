"""The properties of a planned model."""

from dataclasses import replace

from tests.support.day import a_model, shifts


def test_a_models_clock_is_that_of_its_first_schedule() -> None:
    first, second = shifts("08:00-16:00", zone="Europe/Berlin"), shifts("18:00-20:00", zone="America/Mexico_City")
    assert a_model(schedules=(first, replace(second, name="late"))).zone == "Europe/Berlin"
    assert a_model().zone is None
