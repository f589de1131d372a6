"""Days of an endpoint that scales: a stop removes its scaling, and the next start has to bring it back."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.day import Day, a_day, at

from preheat.app.ports.errors import AccessRefused, AnswerLost, HostingError, StoreUnavailable
from preheat.domain.plan.plan import Backend, Target
from preheat.domain.record import budget
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import ScalingReading
from preheat.domain.record.record import Action, LedgerEntry, ModelRecord, Phase
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.status import Operation
from preheat_simulator.sagemaker import VARIANT, EndpointService
from preheat_simulator.scaling import ScalableTargets

DIMENSION = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
TRACKING = {
    "TargetValue": 70.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
}


def scales(day: Day) -> ScalableTargets:
    """Let the endpoint scale between one and four instances, as its owner would set it up."""
    assert isinstance(day.service, EndpointService)
    resource = {"ResourceId": f"endpoint/{day.target.project}/variant/{VARIANT}"}
    scaling = day.service.scaling
    scaling.register({**DIMENSION, **resource, "MinCapacity": 1, "MaxCapacity": 4})
    policy = {"PolicyName": "load", "PolicyType": "TargetTrackingScaling"}
    scaling.put_policy({**DIMENSION, **resource, **policy, "TargetTrackingScalingPolicyConfiguration": TRACKING})
    return scaling


@contextmanager
def a_day_that_scales(*windows: str) -> Iterator[tuple[Day, ScalableTargets]]:
    with a_day(*(windows or ("08:00-16:00",)), backend=Backend.SAGEMAKER) as day:
        day.run_until("10:00")
        yield day, scales(day)


class BrokenScaling:
    """A port that fails."""

    def __init__(self, error: HostingError) -> None:
        self._error = error

    def read(self, target: Target, variants: Sequence[str]) -> ScalingReading:
        raise self._error

    def restore(self, target: Target, text: str) -> None:
        raise self._error


def test_what_scales_before_a_stop_scales_again_after_the_next_start() -> None:
    with a_day_that_scales() as (day, scaling):
        before = scaling.targets(), scaling.policies()
        day.run_until("16:30")
        assert day.observed() is Observed.STOPPED
        assert (scaling.targets(), scaling.policies()) == ([], [])
        (stop,) = day.entries_of(Action.STOP)
        assert "restores 1 scalable target and 1 scaling policy after the next start" in stop.reason
        day.run_until("08:00", day=1)
        assert (scaling.targets(), scaling.policies()) == before
        (restored,) = day.entries_of(Action.SCALE)
        assert restored.reason == "Restored 1 scalable target and 1 scaling policy of the endpoint"
        assert day.record.scaling is None


def test_the_scaling_is_kept_day_after_day() -> None:
    with a_day_that_scales() as (day, scaling):
        before = scaling.targets(), scaling.policies()
        day.run_until("12:00", day=3)
        assert (scaling.targets(), scaling.policies()) == before
        assert len(day.entries_of(Action.SCALE)) == 3


def test_an_endpoint_that_does_not_scale_costs_no_entry() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        day.run_until("12:00", day=1)
        assert day.entries_of(Action.SCALE) == []
        assert [entry.reason for entry in day.entries_of(Action.STOP) if "scal" in entry.reason] == []


def test_a_stop_that_the_scaling_forbids_is_reported_once_with_the_remedy() -> None:
    with a_day_that_scales() as (day, scaling):
        scaling.may_deregister = False
        day.run_until("17:00")
        assert day.observed() is Observed.HOSTED
        (refused,) = day.entries_of(Action.REFUSE)
        assert "application-autoscaling:DeregisterScalableTarget" in refused.reason
        assert "EndpointScaling" in refused.reason
        assert len(day.sent(day.service.words.stop)) <= 20  # every five minutes, not each minute
        scaling.may_deregister = True
        day.run_until("17:20")
        assert day.observed() is Observed.STOPPED


def test_what_an_owner_sets_up_while_the_service_refuses_the_stop_comes_back_too() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        day.fault(FaultKind.THROTTLE, operation=day.service.words.stop, times=3)
        day.run_until("16:00:05")
        assert day.observed() is Observed.HOSTED
        scaling = scales(day)
        before = scaling.targets(), scaling.policies()
        day.run_until("16:30")
        assert day.observed() is Observed.STOPPED
        day.run_until("08:00", day=1)
        assert (scaling.targets(), scaling.policies()) == before


@pytest.mark.parametrize("error", [AnswerLost("down"), AccessRefused("not allowed")])
def test_scaling_that_cannot_be_read_delays_no_stop_and_the_ledger_says_so(error: HostingError) -> None:
    with a_day_that_scales() as (day, _):
        day.scaling = BrokenScaling(error)
        day.run_until("16:08")
        assert day.observed() is Observed.STOPPED
        (stop,) = day.entries_of(Action.STOP)
        assert f"could not read the endpoint's scaling ({error}) and cannot restore it" in stop.reason


def test_scaling_that_cannot_be_restored_is_reported_once_and_tried_until_it_is() -> None:
    with a_day_that_scales() as (day, scaling):
        day.run_until("17:00")
        working, day.scaling = day.scaling, BrokenScaling(AnswerLost("down"))
        day.run_until("08:30", day=1)
        assert day.record.phase is Phase.HOSTED
        (told,) = day.entries_of(Action.SCALE)
        assert told.reason.startswith("Could not restore 1 scalable target and 1 scaling policy")
        day.scaling = working
        day.run_until("08:40", day=1)
        assert len(scaling.targets()) == 1
        assert len(day.entries_of(Action.SCALE)) == 2


def test_an_answer_to_restoring_that_gets_lost_restores_it_again_to_the_same_effect() -> None:
    with a_day_that_scales() as (day, scaling):
        before = scaling.targets(), scaling.policies()
        day.run_until("17:00")
        day.fault(FaultKind.ANSWER_LOST, operation=Operation.PUT_SCALING_POLICY)
        day.run_until("09:00", day=1)
        assert (scaling.targets(), scaling.policies()) == before
        assert day.record.scaling is None


def test_a_restored_scaling_that_cannot_be_recorded_is_restored_again_to_the_same_effect() -> None:
    with a_day_that_scales() as (day, scaling):
        before = scaling.targets(), scaling.policies()
        day.run_until("17:00")
        save = day.store.save
        lost: list[LedgerEntry] = []

        def lose_the_first(record: ModelRecord, entry: LedgerEntry | None, guards: Any = None) -> ModelRecord:
            if entry is not None and entry.action is Action.SCALE and not lost:
                lost.append(entry)
                raise StoreUnavailable("down")
            return save(record, entry, guards)

        day.store.save = lose_the_first  # type: ignore[method-assign]  # one write fails
        day.run_until("09:00", day=1)
        assert (len(lost), scaling.targets(), scaling.policies()) == (1, *before)
        assert day.record.scaling is None


def test_a_hold_that_keeps_the_endpoint_leaves_its_scaling_alone() -> None:
    with a_day_that_scales() as (day, scaling):
        day.run_until("15:59")
        day.hold("15:59", "18:00")
        day.run_until("17:00")
        registered = [call for call in day.calls if call.operation is Operation.REGISTER_SCALABLE_TARGET]
        assert (len(scaling.targets()), registered) == (1, [])


def test_without_the_port_an_endpoint_is_stopped_as_before() -> None:
    with a_day_that_scales() as (day, _):
        day.scaling = None
        day.run_until("16:10")
        assert day.observed() is Observed.STOPPED
        assert "scaling" not in day.entries_of(Action.STOP)[0].reason


def test_a_kept_scaling_is_bounded() -> None:
    with a_day_that_scales() as (day, scaling):
        resource: dict[str, Any] = {"ResourceId": f"endpoint/{day.target.project}/variant/{VARIANT}"}
        for number in range(60):
            policy = {"PolicyName": f"p{number}" + "x" * 200, "PolicyType": "TargetTrackingScaling"}
            scaling.put_policy(
                {**DIMENSION, **resource, **policy, "TargetTrackingScalingPolicyConfiguration": TRACKING}
            )
        day.run_until("16:10")
        assert day.observed() is Observed.STOPPED
        assert "could not read" in day.entries_of(Action.STOP)[0].reason


def test_scaling_that_a_stop_removed_is_not_registered_for_another_endpoint_of_the_model() -> None:
    with a_day_that_scales() as (day, scaling):
        day.run_until("18:00")
        move(day, Target("paint-shop-front", "paint-v1", Backend.SAGEMAKER))
        day.run_until("12:00", day=1)
        assert (day.record.scaling, scaling.targets(), day.entries_of(Action.SCALE)) == (None, [], [])


def move(day: Day, target: Target) -> None:
    """Let the next plan have the model at another target, which the service knows."""
    planned = day.store.read_planned(day.record.model_id).model
    assert planned is not None
    day.service.add_model(target.project, target.version)
    day.apply(replace(planned, target=target))


def test_each_call_of_the_pass_that_stops_counts_against_the_budget_also_those_that_read_the_scaling() -> None:
    with a_day_that_scales() as (day, _):
        day.run_until("16:00:05")
        made = [str(call.operation) for call in day.calls if call.at >= at("16:00")]
        assert made[-3:] == ["DescribeScalableTargets", "DescribeScalingPolicies", "DeleteEndpoint"]
        assert day.record.spent_until == at("16:00") + len(made) * budget.CALL_COSTS


def test_scaling_that_cannot_be_restored_for_hours_is_tried_every_five_minutes() -> None:
    with a_day_that_scales() as (day, _):
        day.run_until("17:00")
        day.scaling = BrokenScaling(AnswerLost("down"))
        day.run_until("12:00", day=1)
        kept = day.record.scaling
        assert kept is not None
        assert kept.retry_at is not None
        assert kept.retry_at - day.clock.at <= timedelta(minutes=5)
