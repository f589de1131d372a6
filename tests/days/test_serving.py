"""Ready means that something serves: an endpoint in service without an instance is not ready."""

from datetime import timedelta

from tests.support.day import QUEUE, a_day

from preheat.domain.plan.hosted_model import Drain
from preheat.domain.plan.plan import Backend, Units
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, Phase
from preheat_simulator.components import ComponentService
from preheat_simulator.sagemaker import EndpointService


def test_an_endpoint_in_service_without_an_instance_is_not_ready() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        assert isinstance(day.service, EndpointService)
        day.run_until("07:30")
        day.service.set_instances(day.target.project, 0)
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED  # by the service's own word
        assert day.record.phase is Phase.STARTING
        (late,) = [entry for entry in day.entries if entry.late is not None]
        assert late.late
        assert "no instance" in late.reason


def test_an_endpoint_whose_instances_come_late_is_ready_when_they_serve() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        assert isinstance(day.service, EndpointService)
        day.run_until("07:30")
        day.service.set_instances(day.target.project, 0)
        day.run_until("08:05")
        day.service.set_instances(day.target.project, 1)
        day.run_until("08:20")
        assert day.record.phase is Phase.HOSTED


def test_an_endpoint_without_an_instance_is_stopped_at_the_end_all_the_same() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        assert isinstance(day.service, EndpointService)
        day.run_until("12:00")
        day.service.set_instances(day.target.project, 0)
        day.run_until("16:10")
        assert (day.observed(), day.record.phase) == (Observed.STOPPED, Phase.IDLE)


def test_a_config_without_a_model_is_never_started() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        assert isinstance(day.service, EndpointService)
        day.service.set_model_named(day.target.version, named=False)
        day.run_until("09:00")
        assert day.entries_of(Action.START) == []
        assert day.record.phase is Phase.REFUSED
        assert any("inference component" in result.reason for result in day.results)


def test_a_component_that_serves_in_part_is_not_stopped_for_the_copies_that_are_missing() -> None:
    with a_day(backend=Backend.SAGEMAKER_COMPONENT, units=Units(2)) as day:
        assert isinstance(day.service, ComponentService)
        day.run_until("09:00")
        day.service.set_instances(day.target.project, 1)
        day.run_until("15:40")
        assert day.entries_of(Action.STOP) == []
        assert any("only 1 of 2 serve" in result.reason for result in day.results)
        day.service.set_instances(day.target.project, None)
        day.run_until("15:58")
        assert day.record.phase is Phase.HOSTED
        day.run_until("16:10")
        assert (day.observed(), day.record.phase) == (Observed.STOPPED, Phase.IDLE)


def test_what_serves_in_part_is_not_stopped_before_its_queue_is_empty() -> None:
    drain = Drain(QUEUE, timedelta(minutes=15))
    with a_day(backend=Backend.SAGEMAKER_COMPONENT, units=Units(2), drain=drain) as day:
        assert isinstance(day.service, ComponentService)
        day.run_until("15:50")
        day.service.set_instances(day.target.project, 1)
        day.waiting(40)
        day.run_until("16:08")
        assert (day.stopped(), day.record.phase) == (0, Phase.DRAINING)
        day.waiting(0)
        day.run_until("16:14")
        assert day.stopped() == 1
        day.run_until("16:30")
        assert (day.observed(), day.record.phase) == (Observed.STOPPED, Phase.IDLE)
