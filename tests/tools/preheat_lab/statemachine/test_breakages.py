"""The state machine can say no: it finds each protocol broken on purpose, for the right reason."""

import importlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.tools.preheat_lab.statemachine.machine import Preheat
from tests.tools.preheat_lab.statemachine.reference import ReferenceViolation

from preheat.adapters.memory.store import MemoryStore
from preheat.domain.decision import decision, draining, gating, sizing, starting, writing
from preheat.domain.decision.situation import Decision, Situation
from preheat.domain.record import attempt, lifecycle, record
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.lifecycle import Desired, Observed, Step
from preheat.domain.record.record import LedgerEntry, ModelRecord
from preheat.domain.verdict import judging
from preheat.domain.verdict.causes import VerdictCause

EXAMPLES = 1000
# The package exports the function of the same name as its module.
reconcile_module = importlib.import_module("preheat.app.reconcile.reconcile")


def find_broken() -> str:
    """Return the invariant that the machine finds broken within EXAMPLES, unshrunk."""
    bounded = settings(
        max_examples=EXAMPLES,
        stateful_step_count=50,
        derandomize=True,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(ReferenceViolation) as broken:
        run_state_machine_as_test(Preheat, settings=bounded)
    return broken.value.invariant


def test_no_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "LEASE", timedelta())
    assert find_broken() in ("S1", "S8")


def test_a_token_that_is_never_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "_find_death", lambda *_, **__: None)
    assert find_broken() in {"S5", "S13"}  # an endless larger request costs the shift first


def test_a_call_before_its_write(monkeypatch: pytest.MonkeyPatch) -> None:
    act, save = reconcile_module._act, reconcile_module._save

    def early(decided: Decision, remote: Any, entries: Any, guards: Any) -> Any:
        if decided.call is not None:
            act(decided.call, decided.record, remote)
        return save(decided, remote, entries, guards)

    monkeypatch.setattr(reconcile_module, "_save", early)
    assert find_broken() == "S2"


def test_a_store_that_takes_any_version(monkeypatch: pytest.MonkeyPatch) -> None:
    save = MemoryStore.save

    def careless(self: MemoryStore, written: ModelRecord, entry: LedgerEntry | None, guards: Any = None) -> ModelRecord:
        stored, sequence = self.records.get(written.model_id), len(self.entries.get(written.model_id, ()))
        if entry is not None:
            entry = replace(entry, sequence=sequence + 1)
            written = replace(written, sequence=sequence + 1)
        return save(self, replace(written, version=stored.version if stored else 0), entry, guards)

    monkeypatch.setattr(MemoryStore, "save", careless)
    assert find_broken() == "S2"


def test_a_stop_that_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(decision.STEPS, Step.STOP, decision.STEPS[Step.WAIT])
    assert find_broken() == "L2"


def test_a_start_that_comes_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    look_ahead = reconcile_module.look_ahead
    monkeypatch.setattr(
        reconcile_module,
        "look_ahead",
        lambda model, now, requests=(), **named: look_ahead(
            replace(model, lead=model.lead / 4), now, requests, **named
        ),
    )
    assert find_broken() == "L1"


def test_a_stop_of_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(decision.STEPS, Step.KEEP, decision.STEPS[Step.STOP])
    assert find_broken() == "S3"


def test_a_stop_of_a_foreign_model_breaks_s4(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = importlib.import_module("preheat.domain.decision.stopping")
    monkeypatch.setattr(stopping, "leave_running", lambda situation, _: stopping.begin_stop(situation, "it runs: stop"))
    assert find_broken() == "S4"


def test_a_ledger_whose_entries_do_not_join(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = writing.write_entry
    monkeypatch.setattr(
        writing,
        "write_entry",
        lambda *arguments, **named: replace(entry(*arguments, **named), from_phase=record.Phase.IDLE),
    )
    assert find_broken() == "S7"


def test_a_lease_that_moves_back(monkeypatch: pytest.MonkeyPatch) -> None:
    repeated = Attempt.repeat

    def shorten(self: Attempt, now: Any) -> Attempt:
        return replace(repeated(self, now), intent_at=self.intent_at - timedelta(seconds=30))

    monkeypatch.setattr(Attempt, "repeat", shorten)
    assert find_broken() == "S8"


def test_units_asked_for_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answering = importlib.import_module("preheat.domain.decision.answering")
    monkeypatch.setattr(answering, "fall_back", lambda _, before: (before, ""))
    assert find_broken() == "S13"


def test_unknown_taken_for_a_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lifecycle.LIFECYCLE[Desired.REST], Observed.UNKNOWN, Step.STOP)
    assert find_broken() in {"S9", "S12"}  # what nobody has read has a queue that nobody has read


def test_a_verdict_on_what_nobody_could_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "_find_unknown", lambda _: None)
    assert find_broken() == "S15"


def test_a_verdict_that_hides_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(judging.REFUSALS, Answer.QUOTA, VerdictCause.START_SENT)
    assert find_broken() == "S15"


def test_a_gate_that_opens_before_the_model_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gating, "_find_wanted", lambda *_: Call.OPEN)
    assert find_broken() == "S11"


def test_a_stop_that_does_not_wait_for_its_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "CLOSED_WITHIN", timedelta())
    assert find_broken() == "S11"


def test_a_stop_that_does_not_wait_for_its_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "find_drain", lambda _: None)
    assert find_broken() == "S12"


def test_a_queue_that_looks_empty_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "EMPTIES", 1)
    monkeypatch.setattr(draining, "EMPTY_FOR", timedelta())
    assert find_broken() == "S12"


def test_a_gate_that_delays_the_stop_for_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "CLOSED_WITHIN", timedelta(hours=1))
    assert find_broken() == "L2"


def test_a_restart_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizing, "_find_restart_units", lambda _: 6)
    assert find_broken() == "S3"


def test_a_restart_for_units_that_the_service_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    find = sizing._find_restart_units

    def forget(situation: Situation) -> int:
        effort = situation.record.effort
        kept = replace(effort, units_failed=False) if effort is not None else None
        return find(replace(situation, record=replace(situation.record, effort=kept)))

    monkeypatch.setattr(sizing, "_find_restart_units", forget)
    assert find_broken() == "S13"
