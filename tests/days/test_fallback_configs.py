"""Days on which SageMaker has no capacity for a model's endpoint config, and its plan names others to fall back to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.support.calls import Faulty
from tests.support.day import TARGETS, WELD, Day, a_day, a_model, at

from preheat.app.ports.errors import ModelGone
from preheat.app.ports.remote import Remote
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend
from preheat.domain.record.attempt import Call
from preheat.domain.record.record import Action, LedgerEntry, Phase
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.status import Status
from preheat_simulator.sagemaker import EndpointService

FIRST = TARGETS[Backend.SAGEMAKER].version
SECOND, THIRD = "weld-seams-large", "weld-seams-huge"
ENDPOINT = TARGETS[Backend.SAGEMAKER].project
QUICKLY = timedelta(minutes=3)


@contextmanager
def a_day_with(
    *fallbacks: str, made: tuple[str, ...] | None = None, lead: str = "50m", **changes: Any
) -> Iterator[Day]:
    """A day of an endpoint with fallback configs; those that are `made` exist, by default all."""
    with a_day(backend=Backend.SAGEMAKER, fallbacks=fallbacks, lead=lead, **changes) as day:
        for config in fallbacks if made is None else made:
            day.service.add_model(ENDPOINT, config)
        yield day


def no_capacity(day: Day, *configs: str) -> None:
    """Let every start from these configs fail for want of capacity."""
    start = day.service.words.start
    for config in configs:
        day.fault(FaultKind.CAPACITY, operation=start, version=config, probability=1.0, after=QUICKLY)


def list_started_configs(day: Day) -> list[str | None]:
    """Return the config of each start that had an effect, in order."""
    return [call.version for call in day.sent(day.service.words.start) if call.changed_state]


def running(day: Day) -> str | None:
    """Return the config of the endpoint that is in service."""
    versions = [model.version for model in day.service.models() if model.status is Status.HOSTED]
    return versions[0] if versions else None


def starts(day: Day) -> list[LedgerEntry]:
    return day.entries_of(Action.START)


def test_the_second_config_is_used_at_once_where_the_first_has_no_capacity() -> None:
    with a_day_with(SECOND) as day:
        no_capacity(day, FIRST)
        day.run_until("08:00")
        assert (running(day), day.record.phase) == (SECOND, Phase.HOSTED)
        assert list_started_configs(day) == [FIRST, SECOND]
        one, two = starts(day)
        assert (one.attempt, two.attempt) == (1, 1)
        assert f"with the fallback config {SECOND}" in two.reason
        assert two.at - one.at <= timedelta(minutes=10)  # Preheat has to delete the failed endpoint first
        (told,) = day.entries_of(Action.CAPACITY)
        assert told.reason.endswith(f"Trying the fallback config {SECOND}")


def test_a_changed_config_is_a_new_token() -> None:
    with a_day_with(SECOND) as day:
        no_capacity(day, FIRST)
        day.run_until("08:00")
        one, two = starts(day)
        assert one.client_token != two.client_token
        assert one.parameter_digest != two.parameter_digest
        attempt = day.record.attempt
        assert attempt is not None
        assert (attempt.call, attempt.target.version, attempt.digest()) == (Call.START, SECOND, two.parameter_digest)


def test_the_next_demand_returns_to_the_first_config() -> None:
    with a_day_with(SECOND) as day:
        no_capacity(day, FIRST)
        day.run_until("17:00")
        assert running(day) is None
        day.service.clear_faults()
        day.run_until("08:00", day=1)
        assert running(day) == FIRST
        assert list_started_configs(day) == [FIRST, SECOND, FIRST]
        assert "fallback" not in starts(day)[-1].reason


def test_configs_are_tried_in_their_order_again_and_again_while_none_has_capacity() -> None:
    with a_day_with(SECOND, THIRD) as day:
        no_capacity(day, FIRST, SECOND, THIRD)
        day.run_until("10:00")
        tried = list_started_configs(day)
        assert len(tried) >= 6
        assert tried == ([FIRST, SECOND, THIRD] * len(tried))[: len(tried)]
        assert len(day.entries_of(Action.CAPACITY)) == 1  # reported once in a demand
        assert day.entries_of(Action.FAIL) == []
        day.service.clear_faults()
        no_capacity(day, FIRST, SECOND)
        day.run_until("11:15")
        assert (running(day), day.record.phase) == (THIRD, Phase.HOSTED)
        day.run_until("17:00")
        assert (running(day), day.record.phase) == (None, Phase.IDLE)


def test_a_model_that_runs_with_a_fallback_is_kept_and_stopped_like_any_other() -> None:
    with a_day_with(SECOND) as day:
        no_capacity(day, FIRST)
        day.run_until("15:59")
        assert running(day) == SECOND
        assert len(starts(day)) == 2
        day.run_until("16:30")
        assert (running(day), day.record.phase) == (None, Phase.IDLE)


def test_a_fallback_that_the_service_does_not_know_is_reported_once_and_skipped() -> None:
    with a_day_with(SECOND, THIRD, made=(THIRD,)) as day:
        no_capacity(day, FIRST)
        day.run_until("08:00")
        assert running(day) == THIRD
        assert list_started_configs(day) == [FIRST, THIRD]
        (told,) = day.entries_of(Action.REFUSE)
        assert f"cannot use the fallback config {SECOND}" in told.reason


def test_without_a_fallback_that_can_be_used_the_first_config_is_tried_until_it_has_capacity() -> None:
    with a_day_with(SECOND, made=()) as day:
        no_capacity(day, FIRST)
        day.run_until("10:00")
        assert len(day.entries_of(Action.REFUSE)) == 1
        assert set(list_started_configs(day)) == {FIRST}
        assert len(list_started_configs(day)) >= 6
        day.service.clear_faults()
        day.run_until("10:45")
        assert running(day) == FIRST


def test_a_fallback_that_names_no_model_is_never_created() -> None:
    with a_day_with(SECOND) as day:
        assert isinstance(day.service, EndpointService)
        day.service.set_model_named(SECOND, named=False)
        no_capacity(day, FIRST)
        day.run_until("10:00")
        assert set(list_started_configs(day)) == {FIRST}
        (told,) = day.entries_of(Action.REFUSE)
        assert "names no model" in told.reason


def test_a_start_from_a_fallback_says_nothing_about_the_lead() -> None:
    with a_day_with(SECOND) as day:
        no_capacity(day, FIRST)
        day.run_until("12:00")
        assert running(day) == SECOND
        assert (day.record.samples, day.record.measured_as) == ((), "")


def test_a_fallback_that_fails_for_another_reason_spends_its_attempts() -> None:
    with a_day_with(SECOND) as day:
        no_capacity(day, FIRST)
        day.fault(
            FaultKind.HOSTING_FAILED,
            operation=day.service.words.start,
            version=SECOND,
            probability=1.0,
            after=QUICKLY,
        )
        day.run_until("12:00")
        assert [entry.attempt for entry in starts(day)] == [1, 1, 2, 3, 4, 5]
        assert list_started_configs(day) == [FIRST, *[SECOND] * 5]


def test_a_plan_without_the_fallback_goes_back_to_the_first_config() -> None:
    with a_day_with(SECOND) as day:
        no_capacity(day, FIRST, SECOND)
        day.run_until("07:30")
        day.apply(plan())
        before = len(list_started_configs(day))
        day.run_until("09:00")
        assert set(list_started_configs(day)[before:]) == {FIRST}


def test_a_plan_that_adds_a_fallback_leaves_a_running_model_alone() -> None:
    with a_day_with(made=(SECOND,)) as day:
        day.run_until("10:00")
        day.apply(plan(SECOND))
        day.run_until("15:00")
        assert (running(day), day.stopped(), day.started()) == (FIRST, 0, 1)


def plan(*fallbacks: str) -> HostedModel:
    return a_model("08:00-16:00", lead="50m", target=TARGETS[Backend.SAGEMAKER], fallbacks=fallbacks)


def test_a_config_that_the_start_does_not_find_right_after_the_look_did_is_tried_again() -> None:
    lost: list[str] = []

    def miss(called: str, after: bool) -> None:
        if called == "start" and not after and len(lost) < 2:
            lost.append(called)
            raise ModelGone(
                'CreateEndpoint: ValidationException: Could not find endpoint configuration "weld-seams-v3"'
            )

    def misses(remote: Remote) -> Remote:
        return replace(remote, hosting=Faulty(remote.hosting, miss))

    with a_day_with() as day:
        day.remote = misses
        day.run_until("08:00")
        assert len(lost) == 2
        assert (running(day), day.record.phase) == (FIRST, Phase.HOSTED)
        assert [entry.to_phase for entry in day.entries].count(Phase.GONE) == 0
        assert day.store.load(WELD) is not None
        assert day.clock.at == at("08:00")
