"""A round of glances: which models differ, and what becomes of the others if something fails on the way."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from tests.support.calls import Faulty
from tests.support.day import WELD, Day, a_day, at

from preheat.app.ports.errors import AccessRefused, AnswerLost, QueueUnavailable, StoreUnavailable
from preheat.app.ports.remote import Remote
from preheat.app.reconcile.glancing import glance_at_each
from preheat.bootstrap.reconcile import Reconciler
from preheat.domain.plan.plan import Mode, ModelId, Target
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation
from preheat.domain.values import change

PAINT, PRESS = ModelId("paint"), ModelId("press")
ALL = (WELD, PAINT, PRESS)
"""Three names of one hosted model: `a_day` has one service with one model."""


def three_hosted(day: Day) -> None:
    """Let two more records say what that of the model says."""
    day.run_until("09:05")
    for name in (PAINT, PRESS):
        day.store.records[name] = change(day.record, model_id=name)


def list_messages(day: Day) -> list[tuple[ModelId, ...]]:
    return [glances for _, _, _, glances in day.queue._messages]


def glance(day: Day, remote: Callable[[Remote], Remote] = lambda remote: remote) -> tuple[ModelId, ...]:
    return glance_at_each(ALL, remote(day._remote("round")), Mode.ACT)


def test_models_that_are_as_their_records_say_get_no_message_and_no_write() -> None:
    with a_day() as day:
        three_hosted(day)
        before = dict(day.store.records)
        assert (glance(day), list_messages(day), dict(day.store.records)) == ((), [], before)


def test_only_the_model_that_differs_gets_a_message_of_its_own() -> None:
    with a_day() as day:
        three_hosted(day)
        day.store.records[PAINT] = change(day.store.records[PAINT], status="IN SERVICE AS B")
        assert (glance(day), list_messages(day)) == ((PAINT,), [(PAINT,)])


def test_a_model_without_glances_and_one_without_a_record_are_left_alone() -> None:
    with a_day() as day:
        three_hosted(day)
        day.person("stops")
        del day.store.records[PAINT]
        day.store.records[PRESS] = change(day.store.records[PRESS], due_at=at("09:50"))
        assert (glance(day), list_messages(day)) == ((WELD,), [(WELD,)])


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.PAUSED])
def test_a_stricter_mode_of_the_stack_asks_nothing(mode: Mode) -> None:
    with a_day() as day:
        three_hosted(day)
        day.person("stops")
        assert glance_at_each(ALL, day._remote("round"), mode) == ()


def test_a_service_that_does_not_answer_for_one_model_leaves_the_others_a_round_of_their_own() -> None:
    with a_day() as day:
        three_hosted(day)

        def meets(name: str, done: bool) -> None:
            if name == "describe" and not done:
                day.clock.advance_to(day.clock.at + timedelta(seconds=11))
                raise AnswerLost("no answer")

        hosting: Any = Faulty(day.hosting, meets)
        assert glance(day, lambda remote: change(remote, hosting=hosting, glances=None)) == (WELD,)
        assert list_messages(day) == [(WELD,), (PAINT, PRESS)]


@pytest.mark.parametrize(
    ("port", "call", "error"),
    [("store", "glance_at_many", StoreUnavailable("out")), ("queue", "enqueue_glances", QueueUnavailable("out"))],
)
def test_a_round_without_a_store_or_a_queue_ends_and_the_next_one_finds_the_difference(
    port: str, call: str, error: Exception
) -> None:
    with a_day() as day:
        three_hosted(day)
        day.person("stops")

        def meets(name: str, done: bool) -> None:
            if name == call and not done:
                raise error

        assert glance(day, lambda remote: change(remote, **{port: Faulty(getattr(remote, port), meets)})) == ()
        day.run_until("09:11")
        assert day.record.observed is not Observed.HOSTED


def test_models_that_are_ready_together_share_the_messages_of_their_glances() -> None:
    with a_day() as day:
        three_hosted(day)
        day.run_until("09:09")
        assert [sorted(one) for one in list_messages(day)] == [sorted(ALL)]


class Listed:
    """Glances of a service that can list: what the list shows, and how many models got a glance of their own."""

    def __init__(self, day: Day, *, shows: Observed = Observed.HOSTED, error: Exception | None = None) -> None:
        self._day, self._shows, self._error = day, shows, error
        self.asked, self.lists = 0, list[int]()

    def list_unchanged(self, targets: Sequence[Target]) -> Mapping[Target, Observation]:
        self.lists.append(len(targets))
        if self._error is not None:
            raise self._error
        return {target: Observation(self._shows, self._day.record.status, recalled=True) for target in targets}

    def glance(self, target: Target) -> Observation:
        self.asked += 1
        return self._day.hosting.describe(target)


def test_models_that_a_list_shows_unchanged_get_no_glance() -> None:
    with a_day() as day:
        three_hosted(day)
        listed = Listed(day)
        assert glance(day, lambda remote: change(remote, glances=listed)) == ()
        assert (listed.lists, listed.asked) == ([3], 0)


def test_a_record_that_says_otherwise_differs_from_the_list() -> None:
    with a_day() as day:
        three_hosted(day)
        day.store.records[PAINT] = change(day.store.records[PAINT], status="Hosted otherwise")
        listed = Listed(day)
        assert glance(day, lambda remote: change(remote, glances=listed)) == (PAINT,)


@pytest.mark.parametrize("error", [AnswerLost("out"), AccessRefused("no"), TypeError("a bug")])
def test_without_a_list_each_model_gets_a_glance_of_its_own(error: Exception) -> None:
    with a_day() as day:
        three_hosted(day)
        listed = Listed(day, error=error)
        assert glance(day, lambda remote: change(remote, glances=listed)) == ()
        assert listed.asked == 3


def test_a_bug_in_a_list_is_logged_once_for_each_round() -> None:
    with a_day() as day:
        three_hosted(day)
        bug = TypeError("a bug")
        reconciler = Reconciler(change(day._remote("round"), glances=Listed(day, error=bug)), Mode.ACT)
        for _ in range(2):
            assert reconciler.glance_at_each(ALL) == ((), (bug,))


def test_only_models_that_have_glances_now_are_listed_and_never_one_alone() -> None:
    with a_day() as day:
        three_hosted(day)
        listed = Listed(day)
        day.store.records[PRESS] = change(day.store.records[PRESS], due_at=at("09:50"))
        glance(day, lambda remote: change(remote, glances=listed))
        del day.store.records[PAINT]
        glance(day, lambda remote: change(remote, glances=listed))
        assert (listed.lists, listed.asked) == ([2], 1)


def test_a_model_without_calls_left_gets_a_pass_though_a_list_shows_it() -> None:
    with a_day() as day:
        three_hosted(day)
        day.store.records[PAINT] = change(day.store.records[PAINT], spent_until=at("18:00"))
        listed = Listed(day)
        assert glance(day, lambda remote: change(remote, glances=listed)) == (PAINT,)
