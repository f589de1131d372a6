"""Days on which HOSTED is not enough: a model is ready once it has answered one inference."""

from datetime import timedelta
from typing import Any

import pytest
from tests.support.calls import failing, look
from tests.support.day import INFERRING, Day, a_day, a_model, at

from preheat.app.audit.invariants import judge_ledger
from preheat.app.ports.errors import AccessRefused, InvalidCall
from preheat.domain.plan.hosted_model import Readiness
from preheat.domain.plan.plan import Backend, Mode
from preheat.domain.record.record import Action, Ownership, Phase
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.status import Operation, Status

IMAGE = Readiness(b"a picture of a good part", "image/jpeg")
DETECT = Operation.DETECT_ANOMALIES


def a_day_with_proof(**changes: Any) -> Any:
    return a_day(readiness=IMAGE, **changes)


def phases(day: Day) -> list[Phase]:
    return [entry.to_phase for entry in day.entries]


def test_one_inference_that_succeeds_makes_it_ready_and_no_other_follows() -> None:
    with a_day_with_proof() as day:
        day.run_until("18:00")
        assert phases(day) == [Phase.STARTING, Phase.HOSTED, Phase.STOPPING, Phase.IDLE]
        assert [call.answer for call in day.sent(DETECT)] == ["OK"]
        (ready,) = [entry for entry in day.entries if entry.to_phase is Phase.HOSTED]
        assert ready.inference_latency == timedelta()  # virtual time does not pass within a pass
        assert (ready.late, [entry for entry in day.entries if entry.inference_latency is not None]) == (False, [ready])


@pytest.mark.parametrize("backend", INFERRING)
def test_every_service_is_asked_for_its_own_inference(backend: Backend) -> None:
    with a_day(backend=backend, readiness=IMAGE) as day:
        day.fault(FaultKind.INTERNAL_ERROR, operation=day.service.words.infer, times=2)
        day.run_until("18:00")
        assert phases(day) == [Phase.STARTING, Phase.WARMING, Phase.HOSTED, Phase.STOPPING, Phase.IDLE]
        assert [call.http_status for call in day.sent(day.service.words.infer)] == [500, 500, 200]
        assert (day.started(), day.stopped()) == (1, 1)


def test_hosted_is_warming_until_the_inference_succeeds_and_the_promise_counts_from_there() -> None:
    with a_day_with_proof(start_takes="17m") as day:
        day.fault(FaultKind.INTERNAL_ERROR, operation=DETECT, times=3)
        day.run_until("18:00")
        assert phases(day) == [Phase.STARTING, Phase.WARMING, Phase.HOSTED, Phase.STOPPING, Phase.IDLE]
        _, warming, ready, *_ = day.entries
        assert "the readiness inference failed (lost: " in warming.reason
        assert (warming.margin, warming.time_to_hosted, warming.late, warming.inference_latency) == (None,) * 4
        assert ready.margin == at("08:00") - ready.at
        assert ready.time_to_hosted == ready.at - at("07:28")
        assert day.store.read_ledger(day.record.model_id)[-1].to_phase is Phase.IDLE
        assert day.record.samples == (ready.time_to_hosted,)
        assert len(day.sent(DETECT)) == 4


def test_while_it_fails_it_is_late_with_the_reason_and_neither_stopped_nor_started_again() -> None:
    with a_day_with_proof() as day:
        day.fault(FaultKind.THROTTLE, operation=DETECT, probability=1.0)
        day.run_until("15:59")
        (late,) = day.entries_of(Action.LATE)
        assert late.at == at("08:00")
        assert late.reason.startswith("Late. Hosted, but the readiness inference failed (throttled")
        assert (day.record.phase, day.status) == (Phase.WARMING, Status.HOSTED)
        assert (day.started(), day.stopped()) == (1, 0)
        day.run_until("16:05")
        assert (day.started(), day.stopped(), day.status) == (1, 1, Status.TRAINED)


def test_a_proof_that_comes_late_is_no_second_judgement() -> None:
    with a_day_with_proof() as day:
        day.fault(FaultKind.THROTTLE, operation=DETECT, probability=1.0)
        day.run_until("08:30")
        day.service.faults.clear()
        day.run_until("18:00")
        judged = [entry for entry in day.entries if entry.late is not None]
        assert [entry.action for entry in judged] == [Action.LATE]
        (ready,) = [entry for entry in day.entries if entry.to_phase is Phase.HOSTED]
        assert ready.margin is not None
        assert timedelta(minutes=-33) < ready.margin < timedelta(minutes=-30)
        assert not list(judge_ledger(day.entries))


def test_the_last_inference_before_the_promise_falls_due_is_seconds_before_it() -> None:
    with a_day_with_proof() as day:
        day.fault(FaultKind.THROTTLE, operation=DETECT, probability=1.0)
        day.run_until("08:00")
        assert at("07:59:55") in {call.at for call in day.sent(DETECT)}


@pytest.mark.parametrize("backend", INFERRING)
def test_failing_inferences_stay_within_the_budget_of_calls(backend: Backend) -> None:
    with a_day(backend=backend, start_takes="1m", readiness=IMAGE) as day:
        day.fault(FaultKind.THROTTLE, operation=day.service.words.infer, probability=1.0)
        day.run_until("16:00")
        made = [call.at for call in day.calls if call.by == "api"]
        busiest = max(sum(begin <= each < begin + timedelta(hours=1) for each in made) for begin in made)
        assert busiest <= 85
        assert len(day.sent(day.service.words.infer)) > 150  # and yet a look comes every few minutes


@pytest.mark.parametrize("error", [AccessRefused("no"), InvalidCall("not an image")])
def test_a_refused_inference_is_tried_again_and_never_silences_the_model(error: Any) -> None:
    with a_day_with_proof() as day:
        day.run_until("07:45")
        day.clock.advance_to(day.record.wake_at or day.clock.at)
        while day.record.phase is Phase.STARTING:
            look(day, failing("probe", error, times=1000))
            day.clock.advance_to(max(day.record.wake_at or day.clock.at, day.clock.at))
        assert (day.record.phase, day.record.silent_for_plan) == (Phase.WARMING, None)
        day.run_until("08:00")
        assert day.record.phase is Phase.HOSTED


def test_a_model_that_a_person_started_is_adopted_and_proved() -> None:
    with a_day_with_proof(start_takes="1m") as day:
        day.run_until("06:00")
        day.person("starts")
        day.run_until("07:28")
        assert day.record.ownership is Ownership.ADOPTED
        assert (day.record.phase, len(day.sent(DETECT))) == (Phase.HOSTED, 1)


def test_a_model_that_was_seen_to_leave_hosted_proves_itself_again() -> None:
    with a_day_with_proof(start_takes="5m") as day:
        day.run_until("09:00")
        day.person("stops")
        day.run_until("12:00")
        assert (day.started(), len(day.sent(DETECT))) == (2, 2)
        assert day.record.phase is Phase.HOSTED
        day.run_until("18:00")
        assert not list(judge_ledger(day.entries))


def test_a_repair_still_counts_as_one_while_the_model_was_only_warming() -> None:
    with a_day_with_proof(start_takes="5m") as day:
        day.fault(FaultKind.THROTTLE, operation=DETECT, probability=1.0)
        day.run_until("09:00")
        day.person("stops")
        day.run_until("10:00")
        effort = day.record.effort
        assert effort is not None
        assert (effort.attempts, effort.repairs) == (2, 1)


def test_outside_any_demand_nothing_is_asked_of_it() -> None:
    with a_day_with_proof() as day:
        day.run_until("02:00")
        day.person("starts")
        day.run_until("07:00")
        assert not day.sent(DETECT)


def test_each_demand_asks_again() -> None:
    with a_day("06:00-08:00", "12:00-14:00", readiness=IMAGE) as day:
        day.run_until("15:00")
        assert len(day.sent(DETECT)) == 2


def test_mode_observe_asks_too_for_an_inference_changes_nothing() -> None:
    with a_day_with_proof(mode=Mode.OBSERVE, start_takes="1m") as day:
        day.run_until("07:00")
        day.person("starts")
        day.run_until("08:00")
        assert (day.record.phase, len(day.sent(DETECT))) == (Phase.HOSTED, 1)


def test_a_model_for_which_none_is_planned_is_ready_when_hosted() -> None:
    with a_day() as day:
        day.run_until("18:00")
        assert not day.sent(DETECT)
        assert Phase.WARMING not in phases(day)


def test_a_new_plan_that_asks_for_one_has_a_running_model_proved() -> None:
    with a_day() as day:
        day.run_until("10:00")
        day.apply(a_model("08:00-16:00", readiness=IMAGE))
        day.run_until("10:05")
        assert len(day.sent(DETECT)) == 1
        assert day.record.phase is Phase.HOSTED
