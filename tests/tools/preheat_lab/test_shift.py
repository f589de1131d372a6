"""The calls of one eight-hour shift: the bounds are the reached figures, so that no change makes it more."""

import pytest

from preheat.domain.plan.plan import Backend
from preheat_lab.costs import shift
from preheat_lab.costs.bill import DOC

MOST = {
    Backend.REKOGNITION: shift.MeasuredShift(46, 70.5, 230, 154, 144.5),
    Backend.SAGEMAKER: shift.MeasuredShift(43, 74, 223.5, 144, 140),
    Backend.SAGEMAKER_COMPONENT: shift.MeasuredShift(46, 70.5, 229.5, 154, 145),
    Backend.FUNCTION: shift.MeasuredShift(46, 70, 228, 152, 143),
}
IDLE_MOST = {20: 104, 1_000: 30}  # read units of each idle model in a fleet of that many


@pytest.fixture(scope="module")
def measured() -> dict[Backend, shift.MeasuredShift]:
    return {backend: shift.measure_shift(backend) for backend in MOST}


@pytest.fixture(scope="module")
def idle() -> shift.FleetReads:
    return shift.measure_idle()


@pytest.mark.parametrize("backend", MOST)
def test_a_shift_takes_no_more_than_this(measured: dict[Backend, shift.MeasuredShift], backend: Backend) -> None:
    found, most = measured[backend], MOST[backend]
    assert found.passes <= most.passes
    assert found.service_calls <= most.service_calls
    assert found.remote_calls <= most.remote_calls
    assert found.read_units <= most.read_units
    assert found.write_units <= most.write_units


@pytest.mark.parametrize("fleet", shift.FLEETS)
def test_an_idle_model_reads_no_more_than_this(idle: shift.FleetReads, fleet: int) -> None:
    assert idle.share(fleet) <= IDLE_MOST[fleet]


def test_the_page_has_what_is_counted(measured: dict[Backend, shift.MeasuredShift], idle: shift.FleetReads) -> None:
    assert shift.format_shift(measured, idle) in DOC.read_text(encoding="utf-8")
