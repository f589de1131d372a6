"""Days on services that know no client token: what a token would forgive, looking, intent and lease must prevent."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.day import Day, a_day, a_model, at

from preheat.app.ports.errors import AnswerLost, HostingError
from preheat.app.ports.hosting import Hosting
from preheat.domain.plan.hosted_model import Unscheduled
from preheat.domain.plan.plan import Backend, Target
from preheat.domain.record.attempt import LEASE, Attempt
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation
from preheat.domain.record.record import Action, Ownership, Phase
from preheat_lab.simulation.faults import WorkerKilled
from preheat_lab.simulation.hosting import STACK
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.sagemaker import EndpointService

TOKENLESS = [Backend.REKOGNITION, Backend.SAGEMAKER]
everywhere = pytest.mark.parametrize("backend", TOKENLESS)


class Around:
    """The real hosting, with something done around its starts."""

    def __init__(self, hosting: Hosting, start: Callable[[Hosting, Attempt], None]) -> None:
        self._hosting, self._start = hosting, start
        self.describe, self.probe, self.stop = hosting.describe, hosting.probe, hosting.stop

    def start(self, attempt: Attempt) -> None:
        self._start(self._hosting, attempt)


@pytest.mark.parametrize("backend", Backend)
def test_a_day_on_every_service_is_the_same_day(backend: Backend) -> None:
    with a_day(backend=backend) as day:
        day.run_until("07:28")
        assert day.observed() is Observed.STARTING
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        day.run_until("16:10")
        assert (day.observed(), day.record.phase) == (Observed.STOPPED, Phase.IDLE)
        assert (day.started(), day.stopped()) == (1, 1)
        assert [entry.action for entry in day.entries if entry.action is not Action.OBSERVE] == [
            Action.START,
            Action.STOP,
        ]
        assert len(day.sent(day.service.words.describe)) <= 72


@everywhere
def test_a_lost_answer_does_not_start_a_model_twice(backend: Backend) -> None:
    with a_day(backend=backend) as day:
        day.fault(FaultKind.ANSWER_LOST, operation=day.service.words.start)
        day.run_until("08:00")
        assert (day.observed(), day.started()) == (Observed.HOSTED, 1)
        assert len(day.sent(day.service.words.start)) == 1  # the look before the repetition showed it


@everywhere
def test_a_start_that_never_arrived_is_repeated(backend: Backend) -> None:
    with a_day(backend=backend) as day:
        day.fault(FaultKind.INTERNAL_ERROR, operation=day.service.words.start, times=3)
        day.run_until("08:00")
        assert (day.observed(), day.started()) == (Observed.HOSTED, 1)
        assert [entry.attempt for entry in day.entries_of(Action.START)] == [1]


@everywhere
def test_a_lost_stop_answer_does_not_leave_the_model_running(backend: Backend) -> None:
    with a_day(backend=backend) as day:
        day.run_until("15:59")
        day.fault(FaultKind.ANSWER_LOST, operation=day.service.words.stop)
        day.run_until("16:10")
        assert (day.observed(), day.record.phase, day.stopped()) == (Observed.STOPPED, Phase.IDLE, 1)


@everywhere
def test_a_start_seen_failed_under_an_unanswered_call_is_that_calls_outcome_not_one_more_try(backend: Backend) -> None:
    with a_day(backend=backend, start_takes="5m", stop_takes="1m") as day:
        day.fault(FaultKind.ANSWER_LOST, operation=day.service.words.start)
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(seconds=5))
        day.run_until("07:29:50")
        assert day.observed() is Observed.FAILED
        assert day.started() == 1  # the lease is not over: a repeated call would be a start that nobody counts
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        assert day.started() == len(day.entries_of(Action.START)) == 2
        assert day.entries_of(Action.START)[1].at - day.entries_of(Action.START)[0].at >= LEASE


def start_by_the_first_of_two_tries(hosting: Hosting, attempt: Attempt) -> None:
    """Start a model and lose the answer on the way: the client tries again on its own, and gets a refusal."""
    hosting.start(attempt)
    try:
        hosting.start(attempt)
    except HostingError as error:
        raise type(error)(str(error), retried=True) from error


@everywhere
def test_a_refused_start_that_the_clients_own_retry_caused_is_taken_for_what_it_is(backend: Backend) -> None:
    with a_day(backend=backend) as day:
        day.hosting = Around(day.hosting, start_by_the_first_of_two_tries)
        day.run_until("08:00")
        assert (day.observed(), day.started()) == (Observed.HOSTED, 1)
        assert day.record.ownership is Ownership.STARTED
        day.run_until("16:10")
        assert day.observed() is Observed.STOPPED


@everywhere
def test_a_start_whose_refusal_was_an_echo_is_stopped_also_if_no_look_saw_it_inside_the_demand(
    backend: Backend,
) -> None:
    with a_day(backend=backend) as day:

        def unseen(hosting: Hosting, attempt: Attempt) -> None:
            day.ticks = False  # no check comes before the shift is over
            start_by_the_first_of_two_tries(hosting, attempt)

        day.hosting = Around(day.hosting, unseen)
        day.run_until("07:28:30")
        while day.queue.receive() is not None:
            pass
        day.clock.advance_to(at("17:00"))
        day.ticks = True
        day.run_until("17:10")
        assert (day.observed(), day.stopped()) == (Observed.STOPPED, 1)


@everywhere
def test_two_workers_at_once_start_a_model_once(backend: Backend) -> None:
    with a_day(backend=backend) as day:
        plain = day.hosting

        def slowly(hosting: Hosting, attempt: Attempt) -> None:
            day.hosting = plain
            day.clock.advance_to(at("07:29:10"))  # this worker sleeps a minute on its intent; another one comes
            day.look()
            hosting.start(attempt)

        day.hosting = Around(plain, slowly)
        day.run_until("08:00")
        assert (day.observed(), day.started()) == (Observed.HOSTED, 1)
        assert len(day.sent(day.service.words.start)) == 1  # the second waits out the first one's lease


@everywhere
def test_no_stop_is_made_while_an_unanswered_start_may_still_arrive(backend: Backend) -> None:
    with a_day(backend=backend) as day:
        arrives: list[Callable[[], None]] = []

        def late(hosting: Hosting, attempt: Attempt) -> None:
            day.hosting = hosting
            arrives.append(lambda: hosting.start(attempt))
            raise AnswerLost("no answer")

        day.hosting = Around(day.hosting, late)
        day.run_until("07:28:01")
        day.apply()  # the plan no longer has the model
        day.run_until("07:29:30")
        arrives[0]()
        day.run_until("07:29:59")
        assert (day.observed(), day.stopped()) == (Observed.STARTING, 0)
        day.run_until("07:36")
        assert (day.observed(), day.stopped()) == (Observed.STOPPED, 1)


@everywhere
def test_a_person_who_stops_it_inside_a_shift_costs_a_repair(backend: Backend) -> None:
    with a_day(backend=backend, start_takes="5m", stop_takes="1m") as day:
        day.run_until("10:00")
        day.person("stops")
        day.run_until("10:30")
        assert (day.observed(), day.started()) == (Observed.HOSTED, 2)


@everywhere
def test_failed_starts_end_at_five(backend: Backend) -> None:
    with a_day(backend=backend, start_takes="5m", stop_takes="1m") as day:
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=1), times=99)
        day.run_until("15:00")
        assert day.started() == 5
        assert day.record.phase is Phase.FAILED


@everywhere
def test_a_quota_is_waited_out(backend: Backend) -> None:
    with a_day(backend=backend) as day:
        day.service.limits = AccountLimits(calls_per_second=None, max_hosted_models=1)
        day.service.add_model("other", "v1")
        day.service.person_starts("other", "v1")
        day.run_until("07:40")
        assert (day.observed(), len(day.entries_of(Action.REFUSE))) == (Observed.STOPPED, 1)
        day.service.person_stops("other", "v1")
        day.run_until("08:10")
        assert (day.observed(), day.started()) == (Observed.HOSTED, 1)


def test_a_model_of_rekognition_found_running_inside_a_shift_is_adopted() -> None:
    with a_day(backend=Backend.REKOGNITION) as day:
        day.run_until("07:00")
        day.person("starts")
        day.run_until("16:10")
        assert (day.observed(), day.started(), day.stopped()) == (Observed.STOPPED, 0, 1)
        assert len(day.entries_of(Action.ADOPT)) == 1


# ---- SageMaker: to stop is to delete --------------------------------------------------------------------------------


def endpoint_day(**changes: Any) -> AbstractContextManager[Day]:
    return a_day(backend=Backend.SAGEMAKER, start_takes="5m", stop_takes="1m", **changes)


def creations(day: Day) -> list[str]:
    return [call.answer for call in day.sent(day.service.words.start)]


def test_a_failed_endpoint_of_preheat_is_deleted_before_it_is_created_again() -> None:
    with endpoint_day() as day:
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=1))
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        assert creations(day) == ["Creating", "Creating"]  # no create goes to a name that exists
        assert day.stopped() == 1


def test_a_failed_endpoint_that_cannot_be_deleted_is_given_up_after_five_times() -> None:
    with endpoint_day() as day:
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=1))
        day.fault(FaultKind.VALIDATION, operation=day.service.words.stop, times=99)
        day.run_until("15:59")
        assert day.started() == 1
        assert len(day.sent(day.service.words.stop)) <= 5
        assert day.record.phase is Phase.FAILED


def test_a_failed_endpoint_that_is_seen_once_more_after_its_accepted_stop_costs_no_attempt() -> None:
    with endpoint_day() as day:
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=1))
        plain = day.hosting
        day.run_until("07:28:01")

        def describe(target: Target) -> Observation:
            seen = plain.describe(target)
            stale = day.stopped() == 1 and day.clock.at < day.sent(day.service.words.stop)[0].at + timedelta(seconds=90)
            return replace(seen, observed=Observed.FAILED) if stale else seen

        lagging = Around(plain, lambda hosting, attempt: hosting.start(attempt))
        lagging.describe = describe
        day.hosting = lagging
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        assert (day.started(), day.stopped(), len(day.entries_of(Action.FAIL))) == (2, 1, 1)


def test_a_failed_endpoint_of_preheat_from_an_earlier_shift_is_deleted_first() -> None:
    with endpoint_day() as day:
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=1), times=5)
        day.run_until("07:00", day=1)
        assert (day.observed(), day.record.phase) == (Observed.FAILED, Phase.IDLE)
        day.run_until("08:00", day=1)
        assert day.observed() is Observed.HOSTED


def test_somebody_elses_endpoint_serves_a_shift_but_is_neither_adopted_nor_deleted() -> None:
    with endpoint_day() as day:
        day.run_until("07:00")
        day.person("starts")
        day.run_until("09:00")
        assert (day.record.phase, day.record.ownership) == (Phase.HOSTED, Ownership.NONE)
        day.run_until("23:00")
        assert (day.observed(), day.record.phase) == (Observed.HOSTED, Phase.UNSCHEDULED)
        assert (day.started(), day.stopped()) == (0, 0)
        assert len(day.entries_of(Action.LEAVE)) >= 1


def test_not_even_the_policy_to_stop_deletes_somebody_elses_endpoint() -> None:
    with endpoint_day(unscheduled=Unscheduled.STOP) as day:
        day.person("starts")
        day.run_until("06:00")
        assert (day.observed(), day.stopped()) == (Observed.HOSTED, 0)


def test_an_endpoint_that_a_person_made_in_place_of_preheats_is_let_go() -> None:
    with endpoint_day() as day:
        day.run_until("10:00")
        assert day.record.is_engaged()
        day.service.person_stops(day.target.project, day.target.version)
        day.clock.advance_to(at("10:01"))
        day.person("starts")
        day.run_until("23:00")
        assert (day.observed(), day.stopped()) == (Observed.HOSTED, 0)
        assert not day.record.is_engaged()


def test_somebody_elses_failed_endpoint_is_reported_and_left() -> None:
    with endpoint_day() as day:
        day.person("starts")
        day.service.set_status(day.target.project, day.target.version, "Failed")
        day.run_until("09:00")
        assert (day.started(), day.stopped(), day.record.phase) == (0, 0, Phase.REFUSED)
        assert len(day.entries_of(Action.REFUSE)) == 1
        day.person("stops")
        day.run_until("09:15")
        assert day.observed() is Observed.HOSTED


def test_an_endpoint_handed_over_by_its_tag_is_adopted_and_deleted_at_the_end() -> None:
    with endpoint_day() as day:
        day.run_until("07:00")
        day.person("starts")
        assert isinstance(day.service, EndpointService)
        day.service.add_tags(day.service.arn(day.target.project), [{"Key": "preheat:managed-by", "Value": STACK}])
        day.run_until("16:10")
        assert (day.observed(), day.started(), day.stopped()) == (Observed.STOPPED, 0, 1)


def test_no_hour_of_a_long_fight_sees_more_than_ninety_calls() -> None:
    with endpoint_day() as day:
        day.fault(FaultKind.THROTTLE, operation=day.service.words.start, times=10_000)
        day.run_until("16:00")
        made = [call.at for call in day.calls if call.by == "api"]
        busiest = max(sum(begun <= each < begun + timedelta(hours=1) for each in made) for begun in made)
        assert 45 < busiest <= 90


def test_a_config_that_is_not_there_is_reported_when_it_is_planned_not_when_it_is_late() -> None:
    with endpoint_day() as day:
        missing = a_model("08:00-16:00", target=type(day.target)("weld", "no-such-config", Backend.SAGEMAKER))
        day.apply(missing)
        day.run_until("00:05")
        assert day.record.phase is Phase.GONE


def test_an_endpoint_config_that_changes_in_the_plan_replaces_the_endpoint() -> None:
    with endpoint_day() as day:
        day.run_until("10:00")
        new = type(day.target)(day.target.project, "weld-seams-v4", Backend.SAGEMAKER)
        day.service.add_model(new.project, new.version)
        day.apply(a_model("08:00-16:00", target=new))
        day.run_until("10:30")
        assert day.record.target == new
        assert day.service.status(new.project, new.version).value == "HOSTED"
        assert (day.started(), day.stopped()) == (2, 1)


@everywhere
def test_a_worker_that_died_before_its_call_costs_no_more_than_the_slack(backend: Backend) -> None:
    with a_day(backend=backend, start_takes="30m") as day:

        def dying(_hosting: Hosting, _attempt: Attempt) -> None:
            day.hosting = plain
            raise WorkerKilled

        plain = day.hosting
        day.hosting = Around(plain, dying)
        with pytest.raises(WorkerKilled):
            day.run_until("07:30")
        day.run_until("08:00:15")
        assert (day.observed(), day.started()) == (Observed.HOSTED, 1)
