"""Days on which nobody can read a model's state: Preheat says it once, and checks again within minutes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.day import TARGET, Day, a_day, a_model, at

from preheat.adapters.hosting.function import FunctionHosting
from preheat.adapters.memory.listing import MemoryListing
from preheat.app.audit.audit import Audit
from preheat.app.ports.errors import AnswerLost, InvalidCall, ModelGone
from preheat.domain.plan.plan import Backend, Mode, Target
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation
from preheat.domain.record.record import Action, Phase
from preheat.domain.verdict.causes import VerdictCause, VerdictState
from preheat.domain.verdict.facts import VerdictFacts
from preheat.domain.verdict.judging import judge
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.status import Operation, Status

DESCRIBE = Operation.DESCRIBE_MODEL
MINUTE = timedelta(minutes=1)


def looks(day: Day, since: str, until: str) -> list[timedelta]:
    """Return how far apart the looks of a time were."""
    times = [call.at for call in day.sent(DESCRIBE) if at(since) <= call.at < at(until)]
    return [later - earlier for earlier, later in pairwise(times)]


class FunctionAway:
    """The hosting of a user's function that somebody deletes, and deploys again later."""

    def __init__(self, day: Day, since: str, until: str) -> None:
        self._hosting, self._clock, self._away = day.hosting, day.clock, (at(since), at(until))

    def __getattr__(self, name: str) -> Any:
        since, until = self._away
        return getattr(FunctionHosting(self) if since <= self._clock.now() < until else self._hosting, name)

    def invoke(self, **_: Any) -> Any:
        raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "Function not found"}}, "Invoke")


def test_a_function_that_is_away_at_the_end_of_a_shift_does_not_leave_its_model_running() -> None:
    with a_day(backend=Backend.FUNCTION) as day:
        day.run_until("15:00")
        day.hosting = FunctionAway(day, "15:50", "16:20")
        day.run_until("16:15")
        assert (day.record.unread is not None, day.record.phase) == (True, Phase.HOSTED)
        day.run_until("16:45")
        assert day.observed() is Observed.STOPPED


@pytest.mark.parametrize("mode", [Mode.ACT, Mode.OBSERVE])
@pytest.mark.parametrize("kind", [FaultKind.ACCESS_DENIED, FaultKind.INTERNAL_ERROR, FaultKind.VALIDATION])
def test_at_rest_it_is_said_once_and_checked_again_within_minutes(kind: FaultKind, mode: Mode) -> None:
    with a_day(mode=mode) as day:
        day.fault(kind, operation=DESCRIBE, times=10_000)
        day.run_until("05:00")
        (said,) = day.entries_of(Action.UNREAD)
        assert said.at <= at("00:10")
        assert "Cannot read" in said.reason
        assert (day.record.observed, day.record.unread is not None) == (Observed.UNKNOWN, True)
        pauses = looks(day, "00:00", "05:00")
        assert [round(pause / MINUTE) for pause in pauses[:4]] == [1, 2, 5, 10]
        assert all(pause < 11 * MINUTE for pause in pauses)


@pytest.mark.parametrize(("times", "unknown"), [(1, 0), (2, 0), (10, 1)])
def test_a_look_or_two_without_an_answer_raise_no_alarm(times: int, unknown: int) -> None:
    with a_day() as day:
        day.run_until("17:30")
        day.fault(FaultKind.INTERNAL_ERROR, operation=DESCRIBE, times=times)
        day.store.wake(day.record.model_id, day.clock.at)
        audit, most = Audit(day.clock, day.store, MemoryListing(), (), "line-", lambda *_: []), 0
        for minute in range(30, 40):
            day.run_until(f"17:{minute}:30")
            most = max(most, len(audit.run().unknown))
        assert most == unknown


def test_once_it_can_be_read_again_nothing_is_checked_before_the_next_edge() -> None:
    with a_day() as day:
        day.fault(FaultKind.ACCESS_DENIED, operation=DESCRIBE, times=3)
        day.run_until("07:00")
        assert len(day.sent(DESCRIBE)) == 4
        assert (day.record.observed, day.record.unread) == (Observed.STOPPED, None)
        assert day.record.wake_at == at("07:28")


class Wrong:
    """A service that answers some reads wrongly; everything else is as it is."""

    def __init__(self, day: Day) -> None:
        self.hosting, self.answers = day.hosting, list[Exception | Observation]()
        self.start, self.stop, self.probe = day.hosting.start, day.hosting.stop, day.hosting.probe
        day.remote = lambda remote: replace(remote, hosting=self)

    def describe(self, target: Target) -> Observation:
        seen = self.hosting.describe(target)
        if not self.answers:
            return seen
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize("answers", [[InvalidCall("not so")], [ModelGone("no such model")]])
def test_one_wrong_answer_to_a_read_never_ends_the_looking(answers: Sequence[Exception]) -> None:
    with a_day() as day:
        service = Wrong(day)
        day.run_until("09:00")
        service.answers += answers
        day.run_until("10:00")
        assert (day.record.phase, day.observed()) == (Phase.HOSTED, Observed.HOSTED)
        day.run_until("16:10")
        assert (day.record.phase, day.observed()) == (Phase.IDLE, Observed.STOPPED)
        assert (day.started(), day.stopped()) == (1, 1)


NO_MODEL = ModelGone("no such model")


@pytest.mark.parametrize(
    "answers",
    [
        [InvalidCall("not so")] * 3,
        [NO_MODEL] * 2,
        [NO_MODEL] * 3,
        [NO_MODEL, AnswerLost("nothing came back"), NO_MODEL],
    ],
)
def test_wrong_answers_at_the_end_of_a_shift_leave_nothing_running(answers: Sequence[Exception]) -> None:
    with a_day() as day:
        service = Wrong(day)
        day.run_until("15:59")
        service.answers += answers
        day.run_until("16:30")
        assert (day.record.phase, day.observed(), day.stopped()) == (Phase.IDLE, Observed.STOPPED, 1)


def test_a_model_that_is_gone_is_reported_once_and_checked_until_it_is_there_again() -> None:
    with a_day() as day:
        day.run_until("07:00")
        day.service.delete(TARGET.project, TARGET.version)
        day.run_until("08:10")
        assert day.record.phase is Phase.GONE
        assert len([entry for entry in day.entries if entry.to_phase is Phase.GONE and entry.at < at("08:00")]) == 1
        assert all(pause <= 10 * MINUTE for pause in looks(day, "07:28", "08:10"))
        day.service.add_model(TARGET.project, TARGET.version)
        day.run_until("08:45")
        assert day.observed() is Observed.HOSTED


def test_a_refused_start_does_not_end_the_looking_either() -> None:
    with a_day() as day:
        day.fault(FaultKind.VALIDATION, operation=Operation.START_MODEL, times=1)
        day.run_until("09:00")
        assert (day.record.phase, len(day.sent(Operation.START_MODEL))) == (Phase.REFUSED, 1)
        day.person("starts")
        day.run_until("09:40")
        assert (day.record.phase, day.record.observed) == (Phase.HOSTED, Observed.HOSTED)
        day.run_until("16:10")
        assert day.observed() is Observed.STOPPED


def test_a_status_that_this_release_does_not_know_is_reported_by_name_at_once_and_at_the_end_of_the_demand() -> None:
    with a_day() as day:
        service = Wrong(day)
        day.run_until("09:00")
        service.answers += [Observation(Observed.UNKNOWN, "HIBERNATED")] * 1_000
        day.run_until("15:50")
        (said,) = day.entries_of(Action.UNREAD)
        assert (said.at <= at("09:20"), "HIBERNATED" in said.reason) == (True, True)
        day.run_until("16:30")
        _, again = day.entries_of(Action.UNREAD)
        assert again.at == at("16:00")
        assert "stop it yourself" in again.reason
        assert (day.stopped(), day.status) == (0, Status.HOSTED)
        service.answers.clear()
        day.run_until("16:50")
        assert day.observed() is Observed.STOPPED


def test_an_unplanned_model_of_preheat_that_cannot_be_read_is_checked_until_it_is_stopped() -> None:
    with a_day() as day:
        day.run_until("09:00")
        day.fault(FaultKind.VALIDATION, operation=DESCRIBE, times=4)
        day.apply()
        day.run_until("09:45")
        assert day.observed() is Observed.STOPPED


def test_a_model_that_the_service_updates_at_rest_is_checked_again() -> None:
    with a_day() as day:
        day.service.system_update(TARGET.project, TARGET.version, timedelta(minutes=15))
        day.run_until("00:40")
        assert day.record.observed is Observed.STOPPED


def test_another_plan_has_its_checks_once() -> None:
    with a_day() as day:
        day.fault(FaultKind.ACCESS_DENIED, operation=DESCRIBE, times=6)
        day.run_until("00:30")
        day.apply(a_model("08:00-16:00"))
        before = len(day.sent(DESCRIBE))
        day.run_until("00:31")
        assert len(day.sent(DESCRIBE)) == before + 1


@pytest.mark.parametrize("kind", [FaultKind.DELETED, FaultKind.ACCESS_DENIED])
def test_a_name_that_was_wrong_and_has_left_the_plan_costs_no_more_looks(kind: FaultKind) -> None:
    """Preheat has never started anything there: it has nothing to stop, and nobody has to look at it."""
    with a_day() as day:
        day.fault(kind, operation=DESCRIBE, times=10_000)
        day.run_until("02:00")
        assert (count_unknown(day), day.record.wake_at is not None) == (kind is FaultKind.ACCESS_DENIED, True)
        day.store.apply([], expected_version=day.store.read_plan_version(), at=day.clock.at)
        day.run_until("02:15")
        assert (count_unknown(day), day.record.wake_at) == (0, None)
        if kind is FaultKind.DELETED:
            verdict = judge(VerdictFacts(day.record.model_id, day.clock.at, record=day.record))
            assert (verdict.state, verdict.cause) == (VerdictState.OFF, VerdictCause.UNPLANNED)


def test_what_preheat_started_is_checked_until_it_can_be_stopped_also_without_a_plan() -> None:
    with a_day() as day:
        day.run_until("10:00")
        day.fault(FaultKind.ACCESS_DENIED, operation=DESCRIBE, times=60)
        day.store.apply([], expected_version=day.store.read_plan_version(), at=day.clock.at)
        day.run_until("11:00")
        assert (day.observed(), count_unknown(day)) == (Observed.HOSTED, 1)
        day.run_until("18:00")
        assert (day.observed(), day.record.wake_at) == (Observed.STOPPED, None)


def count_unknown(day: Day) -> int:
    return len(Audit(day.clock, day.store, MemoryListing(), (), "line-", lambda *_: []).run().unknown)
