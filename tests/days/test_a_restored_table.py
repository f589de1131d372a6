"""Days after a restore: the effects of records of an older state, and how to fix them (docs/runbook.md)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.day import TARGET, WELD, Day, a_day, a_model, at
from tests.support.stacks import surroundings_of
from typer.testing import CliRunner, Result

from preheat.adapters.memory.store import MemoryStore
from preheat.app.ports.plans import Planned
from preheat.domain.plan.hosted_model import Unscheduled
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.attempt import LEASE
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, ModelRecord, Ownership, Phase
from preheat_cli.main import app
from preheat_cli.rebuilding import rebuild_record
from preheat_simulator.core.status import Operation


def rebuild(store: MemoryStore, *arguments: str) -> Result:
    """Run `preheat ledger rebuild` on a store."""
    return CliRunner().invoke(app, ["ledger", "rebuild", *arguments], obj=surroundings_of(store))


def restore(day: Day, record: ModelRecord, *, ledger_too: bool = True) -> None:
    """Put an older record back, due at once; with it the ledger of the same instant, unless that stayed as it was."""
    stored = day.record
    day.store.records[WELD] = replace(record, version=stored.version + 1, wake_at=day.clock.at)
    if ledger_too:
        del day.store.entries[WELD][record.sequence :]


def test_a_record_of_before_the_start_adopts_what_runs_and_stops_it_at_the_end() -> None:
    with a_day() as day:
        day.run_until("07:00")
        older = day.record
        day.run_until("08:30")
        restore(day, older)
        day.run_until("08:31")
        assert (day.record.phase, day.record.ownership) == (Phase.HOSTED, Ownership.ADOPTED)
        day.run_until("16:10")
        assert (day.observed(), day.started(), day.stopped()) == (Observed.STOPPED, 1, 1)


def test_a_token_that_an_older_record_derives_again_starts_nothing_and_a_new_one_follows_after_the_lease() -> None:
    with a_day(start_takes="5m") as day:
        day.run_until("07:00")
        older = day.record
        day.run_until("08:30")
        day.store.records[WELD] = replace(day.record, wake_at=None)  # nobody looks before the end of the restore
        day.person("stops")
        day.run_until("08:40")
        sent_before = day.sent(Operation.START_MODEL)
        restore(day, older)
        day.run_until("09:30")
        again = day.sent(Operation.START_MODEL)[len(sent_before) :]
        assert again[0].token == sent_before[0].token
        assert (again[0].replayed, again[0].changed_state) == (True, False)
        effective = next(call for call in again if call.changed_state)
        assert effective.token not in {call.token for call in sent_before}
        assert LEASE <= effective.at - again[0].at <= LEASE + timedelta(minutes=2)
        assert day.observed() is Observed.HOSTED
        assert all(
            sum(call.changed_state for call in day.calls if call.token == token) <= 1
            for token in {call.token for call in day.calls if call.token}
        )


def test_a_record_of_before_the_stop_claims_what_a_person_has_started_since_and_needs_a_second_token_to_stop_it() -> (
    None
):
    with a_day() as day:
        day.run_until("15:30")
        older = day.record
        day.run_until("16:30")
        assert day.observed() is Observed.STOPPED
        day.person("starts")
        day.run_until("17:00")
        sent_before = day.sent(Operation.STOP_MODEL)
        restore(day, older)
        day.run_until("17:30")
        again = day.sent(Operation.STOP_MODEL)[len(sent_before) :]
        assert (again[0].token, again[0].changed_state) == (sent_before[0].token, False)
        assert [call.changed_state for call in again] == [False, True]
        assert again[1].token != again[0].token
        assert day.observed() is Observed.STOPPED


def test_ownership_that_an_older_record_forgot_leaves_the_model_running_and_reported() -> None:
    with a_day() as day:
        day.run_until("07:00")
        older = day.record
        day.run_until("15:59")
        day.ticks = False  # the functions pause during the restore of the tables
        day.run_until("15:59:30")
        day.store.records[WELD] = replace(day.record, wake_at=None)
        day.run_until("17:00")
        restore(day, older)
        day.ticks = True
        day.run_until("18:00")
        assert (day.observed(), day.record.phase, day.stopped()) == (Observed.HOSTED, Phase.UNSCHEDULED, 0)
        assert [entry.reason for entry in day.entries_of(Action.LEAVE)] == [
            "Running outside any demand and not started by Preheat; leaving it running"
        ]
        day.apply(a_model("08:00-16:00", unscheduled=Unscheduled.STOP))
        day.run_until("18:10")
        assert (day.observed(), day.stopped()) == (Observed.STOPPED, 1)


def test_a_record_that_counts_fewer_entries_than_the_ledger_has_changes_nothing_until_it_is_rebuilt() -> None:
    with a_day() as day:
        day.run_until("07:00")
        older = day.record
        day.run_until("15:30")
        restore(day, older, ledger_too=False)
        day.run_until("16:30")
        assert (day.observed(), day.stopped()) == (Observed.HOSTED, 0)
        assert day.results[-1].incomplete
        assert "exists already" in day.results[-1].reason
        assert rebuild(day.store, WELD, "--yes").exit_code == 0
        day.store.wake(WELD, day.clock.at)
        day.run_until("16:40")
        assert (day.observed(), day.started(), day.stopped()) == (Observed.STOPPED, 1, 1)


def test_a_lost_record_is_rebuilt_with_its_ownership_and_generations() -> None:
    with a_day() as day:
        day.run_until("15:30")
        before = day.record
        del day.store.records[WELD]
        day.run_until("15:40")
        previewed = rebuild(day.store, WELD, "--dry-run")
        assert (previewed.exit_code, "ownership started" in previewed.stdout) == (0, True)
        assert WELD not in day.store.records
        assert rebuild(day.store, WELD).exit_code == 2  # nobody can answer the question
        assert WELD not in day.store.records
        assert rebuild(day.store, WELD, "--yes").exit_code == 0
        after = day.record
        assert (after.sequence, after.phase, after.ownership) == (before.sequence, Phase.HOSTED, Ownership.STARTED)
        assert (after.start_generation, after.target) == (before.start_generation, TARGET)
        day.store.wake(WELD, day.clock.at)
        day.run_until("16:10")
        assert (day.observed(), day.stopped()) == (Observed.STOPPED, 1)


def test_rebuilt_after_a_whole_day_a_record_owns_nothing_and_the_next_day_gets_a_new_token() -> None:
    with a_day() as day:
        day.run_until("18:00")
        del day.store.records[WELD]
        assert rebuild(day.store, WELD, "--yes").exit_code == 0
        assert day.record.ownership is Ownership.NONE
        day.store.wake(WELD, day.clock.at)
        day.run_until("08:00", day=1)
        assert day.observed() is Observed.HOSTED
        assert [call.token for call in day.sent(Operation.START_MODEL)] == list(
            dict.fromkeys(call.token for call in day.sent(Operation.START_MODEL))
        )


def test_a_rebuilt_record_loses_to_a_write_in_between() -> None:
    class Contended(MemoryStore):
        """Somebody writes between any read and the next write."""

        def read_planned(self, model_id: ModelId) -> Planned:
            self.wake(model_id, at("08:00"))
            return super().read_planned(model_id)

    store = Contended()
    store.apply([a_model("08:00-16:00")], expected_version=0, at=at("07:00"))
    before = store.records[WELD]
    result = rebuild(store, WELD, "--yes")
    assert (result.exit_code, "somebody wrote it in the meantime" in result.stderr) == (1, True)
    assert store.records[WELD] == replace(before, version=before.version + 1, wake_at=at("08:00"))


def test_a_model_that_nothing_knows_is_not_rebuilt() -> None:
    with a_day() as day:
        result = rebuild(day.store, "paint-finish", "--yes")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "paint-finish: not planned, and neither a record nor a ledger entry exists\n"
    with pytest.raises(ValueError, match="not planned, and neither"):
        rebuild_record(WELD, None, None, (), now=at("08:00"))


def test_a_wrong_plan_that_was_applied_is_undone_by_applying_the_former_one() -> None:
    with a_day() as day:
        right = a_model("08:00-16:00")
        day.run_until("09:00")
        day.apply(a_model("20:00-22:00"))
        day.run_until("09:02")
        assert day.observed() is Observed.STOPPING
        day.apply(right)
        day.run_until("10:00")
        assert (day.observed(), day.started(), day.stopped()) == (Observed.HOSTED, 2, 1)
        day.run_until("16:10")
        assert day.observed() is Observed.STOPPED


def test_hours_without_a_store_stop_nothing_and_three_minutes_after_them_all_is_as_it_should_be() -> None:
    with a_day("08:00-12:00") as day:
        day.run_until("08:30")
        day.ticks = False
        day.queue = type(day.queue)(day.clock)  # the message is lost, too
        day.run_until("14:00")
        assert day.observed() is Observed.HOSTED
        day.ticks = True
        day.run_until("14:03")
        assert day.observed() is Observed.STOPPING
