"""The basis of a model's demand: the same as its parts, and on DynamoDB one call as a rule."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.contracts.conftest import Dynamo

from preheat.app.ports.errors import StaleRecord, StoreUnavailable
from preheat.app.ports.plans import Planned
from preheat.app.ports.records import Guarded
from preheat.app.ports.store import Store
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.demand.pieces import list_subjects
from preheat.domain.demand.request import Kind, Reply, RequestId, Standing, Standings, Subject, Verb
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId
from preheat_lab.costs.units import REMOTE

if TYPE_CHECKING:
    from collections.abc import Callable

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
LONG_AGO, HOUR = SIX - timedelta(days=8), timedelta(hours=1)
WELD = ModelId("weld-seams")


def ask(store: Store, subject: Subject, name: str = "hold-1") -> Standing:
    one = Standing(RequestId(name), Kind.HOLD, subject, "role-1", SIX, SIX + HOUR, known_at=SIX - HOUR)
    reply = Reply(RequestId(f"{name}-asked"), Verb.HOLD, subject, "role-1", SIX, True, "accepted", "", "0" * 64)
    store.answer(reply, one, [])
    return one


@pytest.fixture
def planned(store: Store, model: HostedModel) -> HostedModel:
    store.apply([model], expected_version=0, at=SIX - HOUR)
    return model


def test_without_a_plan_nothing_wants_the_model(store: Store) -> None:
    found = store.read_basis(WELD, LONG_AGO)
    assert (found.planned, dict(found.standings)) == (Planned(0, None), {})


def test_a_model_that_nobody_asked_for_has_its_plan_alone(store: Store, planned: HostedModel) -> None:
    for _ in range(2):  # before and after the plan is known
        found = store.read_basis(planned.model_id, LONG_AGO)
        assert found.planned == Planned(1, planned)
        assert found.standings == dict.fromkeys(list_subjects(planned), Standings())


def test_what_was_asked_of_the_model_and_of_its_schedules_is_in_it(store: Store, planned: HostedModel) -> None:
    for place, subject in enumerate(list_subjects(planned)):
        store.read_basis(planned.model_id, LONG_AGO)
        one = ask(store, subject, f"hold-{place}")
        found = store.read_basis(planned.model_id, LONG_AGO)
        assert found.standings[subject] == store.read_standings(subject, LONG_AGO)
        assert found.standings[subject].requests == (one,)


def test_another_plan_with_other_schedules_is_read_whole(store: Store, planned: HostedModel) -> None:
    late = Schedule("late", "UTC", (ShiftWindow(frozenset(Weekday), time(14), time(22)),))
    one = ask(store, Subject(schedule="late"))
    store.read_basis(planned.model_id, LONG_AGO)
    store.apply([replace(planned, schedules=(late,))], expected_version=1, at=SIX)
    found = store.read_basis(planned.model_id, LONG_AGO)
    assert found.planned == Planned(2, replace(planned, schedules=(late,)))
    assert found.standings[Subject(schedule="late")].requests == (one,)


def test_what_the_basis_says_of_a_schedule_guards_a_write(store: Store, planned: HostedModel) -> None:
    subject = list_subjects(planned)[1]
    record = store.load(planned.model_id)
    assert record is not None
    found = store.read_basis(planned.model_id, LONG_AGO)
    ask(store, subject)
    guards: dict[Subject | Guarded, int] = {subject: found.standings[subject].version, Guarded.PLAN: 1}
    with pytest.raises(StaleRecord):
        store.save(record, None, guards)


def count_calls(dynamo: Dynamo) -> Counter[str]:
    made: Counter[str] = Counter()
    dynamo.client.meta.events.register("before-call.dynamodb", lambda model, **_: made.update([model.name]))
    return made


def test_a_warm_store_makes_as_many_calls_as_the_costs_count(dynamo: Dynamo, model: HostedModel) -> None:
    store = dynamo.store
    store.apply([model], expected_version=0, at=SIX)
    store.read_basis(model.model_id, LONG_AGO)
    record = store.load(model.model_id)
    assert record is not None
    calls: dict[str, Callable[[], object]] = {
        "load": lambda: store.load(model.model_id),
        "read_basis": lambda: store.read_basis(model.model_id, LONG_AGO),
        "save": lambda: store.save(record, None),
        "wake": lambda: store.wake(model.model_id, SIX),
    }
    assert calls.keys() == REMOTE.keys()
    for name, call in calls.items():
        made = count_calls(dynamo)
        call()
        assert made.total() == REMOTE[name], name


def test_what_the_service_leaves_out_of_its_answer_is_read_by_itself(dynamo: Dynamo, model: HostedModel) -> None:
    store = dynamo.store
    store.apply([model], expected_version=0, at=SIX)
    one = ask(store, Subject(model.model_id))

    def leave_out(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Responses"], parsed["UnprocessedKeys"] = {}, {"some": {"Keys": [{}]}}

    dynamo.client.meta.events.register("after-call.dynamodb.BatchGetItem", leave_out)
    found = store.read_basis(model.model_id, LONG_AGO)
    assert found.planned == Planned(1, model)
    assert found.standings[Subject(model.model_id)].requests == (one,)


def test_a_store_that_does_not_answer_is_reported(dynamo: Dynamo) -> None:
    dynamo.lose_calls("BatchGetItem")
    with pytest.raises(StoreUnavailable, match="the plan and its requests"):
        dynamo.store.read_basis(WELD, LONG_AGO)


def test_of_many_subjects_only_those_with_a_request_were_ever_asked(store: Store, planned: HostedModel) -> None:
    subjects = [*list_subjects(planned), *(Subject(ModelId(f"m-{number}")) for number in range(120))]
    assert store.find_asked(subjects) == frozenset()
    for place, subject in enumerate((subjects[0], subjects[1], subjects[-1])):
        ask(store, subject, f"hold-{place}")
    assert store.find_asked(subjects) == {subjects[0], subjects[1], subjects[-1]}
    assert store.find_asked([]) == frozenset()
