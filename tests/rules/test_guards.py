"""Every call that takes something away follows a write that the plan and the requests of all schedules guard.

By enumeration: every place of the layer that makes such a call, and every call that days of all kinds make.
"""

import ast
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.day import GATE, QUEUE, TARGETS, Day, a_day, a_model, at, shifts

import preheat
from preheat.app.ports.records import Guarded, Guards
from preheat.app.ports.remote import Remote
from preheat.domain.demand.request import Subject
from preheat.domain.plan.hosted_model import Drain, HostedModel, Resize, Unscheduled
from preheat.domain.plan.plan import Backend
from preheat.domain.record.attempt import Attempt, Call
from preheat.domain.record.record import LedgerEntry, ModelRecord
from preheat_simulator.core.status import Status

TAKES_AWAY = frozenset({Call.STOP, Call.CLOSE})
LAYER = Path(preheat.__file__).parent  # the code under test, also if it is a copy
# Operations of AWS that take something away, and the modules that may call them.
OPERATIONS = {
    "stop_model": {"lookout.py"},
    "stop_project_version": {"rekognition.py"},
    "delete_endpoint": {"sagemaker.py"},
    "update_event_source_mapping": {"gates.py"},
    "update_inference_component_runtime_config": {"component.py"},
}
VERBS = (
    "delete_",
    "stop_",
    "deregister_",
    "remove_",
    "terminate_",
    "disable_",
    "purge_",
    "update_",
    "untag_",
    "cancel_",
)


class Watched:
    """The store of a pass; notes each write with what guarded it."""

    def __init__(self, store: Any, day: Day, seen: list[Attempt]) -> None:
        self._store, self._day, self._seen = store, day, seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def save(self, record: ModelRecord, entry: LedgerEntry | None, guards: Guards | None = None) -> ModelRecord:
        before = self._store.load(record.model_id)
        for attempt in _find_intended(before, record):
            if attempt.call in TAKES_AWAY:
                assert guards, f"{attempt.call} at {self._day.clock.at} with no guard"
                assert dict(guards) == _due_guards(self._day, record), f"{attempt.call} at {self._day.clock.at}"
                self._seen.append(attempt)
        won: ModelRecord = self._store.save(record, entry, guards)
        return won


def _find_intended(before: ModelRecord | None, after: ModelRecord) -> list[Attempt]:
    """Return the calls that a write is the intent of: a new token, or one more try of the same."""
    found = []
    for old, new in (
        (before.attempt if before else None, after.attempt),
        (before.gate.attempt if before and before.gate else None, after.gate.attempt if after.gate else None),
    ):
        same = old is not None and new is not None and old.client_token == new.client_token
        if new is not None and (not same or (old is not None and new.tries > old.tries)):
            found.append(new)
    return found


def _due_guards(day: Day, record: ModelRecord) -> Mapping[Any, int]:
    planned = day.store.plans[day.store.current].get(record.model_id)
    names = [schedule.name for schedule in planned.schedules] if planned is not None else []
    subjects = [Subject(schedule=name) for name in names]
    return {Guarded.PLAN: day.store.current} | {each: day.store.versions.get(each, 0) for each in subjects}


def watch(day: Day) -> list[Attempt]:
    """Hold every write of a day's passes against the rule; return the calls that took something away."""
    seen: list[Attempt] = []

    def watch_remote(remote: Remote) -> Remote:
        return replace(remote, store=Watched(remote.store, day, seen))

    day.remote = watch_remote
    return seen


TWO = (shifts("08:00-12:00"), replace(shifts("09:00-16:00"), name="late"))
FORMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "two schedules": {"schedules": TWO},
    "a gate": {"gate": GATE},
    "a gate and a queue": {"gate": GATE, "drain": Drain(QUEUE), "schedules": TWO},
    "a queue": {"drain": Drain(QUEUE)},
    "restarted for units": {"resize": Resize.RESTART, "gate": GATE},
    "a stranger is stopped": {"unscheduled": Unscheduled.STOP, "gate": GATE},
}


@pytest.mark.parametrize("backend", TARGETS)
@pytest.mark.parametrize("form", FORMS)
def test_every_stop_and_every_closing_of_a_day_is_guarded(form: str, backend: Backend) -> None:
    with a_day(backend=backend, **FORMS[form]) as day:
        seen = watch(day)
        day.run_until("03:00")
        if backend is not Backend.SAGEMAKER:  # Preheat never deletes an endpoint of somebody else
            day.person("starts")
        day.run_until("09:00")
        if backend is not Backend.SAGEMAKER:
            day.hold("09:00", "11:00", units=2)
        day.hold("09:00", "17:00", name="of-schedule", subject=Subject(schedule="early"))
        day.run_until("13:00")
        day.block("13:00", "13:50")
        day.run_until("18:00")
        assert Call.STOP in {attempt.call for attempt in seen}
        if "gate" in FORMS[form]:
            assert Call.CLOSE in {attempt.call for attempt in seen}


@pytest.mark.parametrize("backend", TARGETS)
def test_a_stop_that_is_repeated_is_guarded_each_time(backend: Backend) -> None:
    with a_day(backend=backend, start_takes="8h", gate=GATE, schedules=TWO) as day:  # a start that hangs
        seen = watch(day)
        day.run_until("10:00")
        day.apply()  # the plan names it no more
        day.run_until("13:00")
        assert Call.STOP in {attempt.call for attempt in seen}


@pytest.mark.parametrize("backend", TARGETS)
def test_what_clears_a_failed_model_is_guarded(backend: Backend) -> None:
    with a_day(backend=backend) as day:
        seen = watch(day)
        day.run_until("09:00")
        for minutes in range(60):
            day.run_until(f"{9 + minutes // 60:02}:{minutes % 60:02}")
            if day.status in (Status.HOSTED, Status.STARTING_HOSTING):
                model = day.service._fleet.model(day.target.project, day.target.version, day.clock.at)
                model.force(day.clock.at, Status.HOSTING_FAILED)
        if backend is Backend.SAGEMAKER:
            assert Call.STOP in {attempt.call for attempt in seen}
        day.run_until("16:30")
        assert day.clock.at - at("16:00") == timedelta(minutes=30)


def test_the_layer_takes_away_only_by_the_operations_of_this_list() -> None:
    found: dict[str, set[str]] = {}
    for path in sorted((LAYER / "adapters").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            word = (
                node.attr if isinstance(node, ast.Attribute) else node.value if isinstance(node, ast.Constant) else ""
            )
            if isinstance(word, str) and word.startswith(VERBS) and word.islower() and " " not in word:
                found.setdefault(word, set()).add(path.name)
    found.pop("update_item", None)  # of a record: the store's own writes are conditional
    assert found == OPERATIONS


def test_the_ports_take_away_only_in_the_two_places_of_a_pass() -> None:
    """`Hosting.stop` and `Gates.close` run where the pass acts on an attempt, after its won write."""
    found = set()
    for path in sorted((LAYER / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("stop", "close") and "remote." in ast.unparse(node):
                found.add((path.name, ast.unparse(node)))
    assert found == {("reconcile.py", "remote.hosting.stop"), ("downstream.py", "remote.gates.close")}


def test_a_plan_without_the_model_guards_its_stop_too() -> None:
    model: HostedModel = a_model("08:00-16:00")
    with a_day() as day:
        seen = watch(day)
        day.run_until("10:00")
        day.apply()
        day.run_until("10:30")
        assert [attempt.call for attempt in seen] == [Call.STOP]
        assert model.model_id not in day.store.plans[day.store.current]
