"""The promises of every store, its in-memory twin no less than the one on DynamoDB."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from preheat.app.ports.errors import StaleRecord
from preheat.app.ports.fleet import Due
from preheat.app.ports.plans import Planned
from preheat.app.ports.store import Store
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId, Target
from preheat.domain.record.record import LedgerEntry, ModelRecord, Phase

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)  # when the records of the fixtures are due
SECOND = timedelta(seconds=1)


def test_a_plan_is_above_every_version_that_was_served(store: Store, full: ModelRecord, model: HostedModel) -> None:
    store.save(replace(full, plan_version=7), None)  # a restore took the plans back to before that one
    assert store.apply([model], expected_version=0, at=SIX) == 8
    assert store.read_planned(model.model_id) == Planned(8, model)
    with pytest.raises(StaleRecord, match="plan 8 is current"):
        store.apply([model], expected_version=0, at=SIX)


def test_what_was_never_stored_is_not_there(store: Store, fresh: ModelRecord) -> None:
    assert store.load(fresh.model_id) is None
    assert store.read_ledger(fresh.model_id) == ()
    assert store.read_planned(fresh.model_id) == Planned(0, None)
    assert store.read_plan_version() == 0
    assert store.list_planned_models() == []
    assert store.load_many([fresh.model_id]) == {}
    assert store.find_due(SIX) == []


def test_the_recent_ledger_is_what_came_since_and_the_entry_before(
    store: Store, full: ModelRecord, entry: LedgerEntry
) -> None:
    assert store.read_recent_ledger(full.model_id, SIX) == ()
    record, entries = full, []
    for number in range(1, 101):  # more than one page
        entries.append(replace(entry, sequence=number, at=SIX + number * SECOND))
        record = store.save(replace(record, sequence=number), entries[-1])
    assert store.read_recent_ledger(full.model_id, SIX) == tuple(entries)
    assert store.read_recent_ledger(full.model_id, SIX + 91 * SECOND) == tuple(entries[89:])
    assert store.read_recent_ledger(full.model_id, SIX + 200 * SECOND) == tuple(entries[99:])


def test_a_record_comes_back_as_it_was_saved_one_version_on(
    store: Store, full: ModelRecord, entry: LedgerEntry
) -> None:
    won = store.save(full, entry)
    assert won == replace(full, version=1)
    assert store.load(full.model_id) == won
    assert store.read_ledger(full.model_id) == (entry,)


def test_a_record_with_nothing_in_it_comes_back_too(store: Store, fresh: ModelRecord) -> None:
    bare = replace(fresh, wake_at=None)
    won = store.save(bare, None)
    assert store.load(bare.model_id) == won == replace(bare, version=1)
    assert store.read_ledger(bare.model_id) == ()


def test_a_field_that_was_emptied_is_empty(store: Store, full: ModelRecord, entry: LedgerEntry) -> None:
    won = store.save(full, entry)
    idle = replace(won, attempt=None, effort=None, since=None, wake_at=None, samples=(), phase=Phase.IDLE)
    store.save(idle, None)
    assert store.load(full.model_id) == replace(idle, version=2)
    assert store.find_due(SIX + SECOND) == []


def test_a_stale_version_is_refused_and_neither_record_nor_entry_is_written(
    store: Store, full: ModelRecord, entry: LedgerEntry
) -> None:
    won = store.save(full, entry)
    late = replace(full, writer="pass-2", sequence=2)
    for version in (0, 2):
        with pytest.raises(StaleRecord, match="weld-seams"):
            store.save(replace(late, version=version), replace(entry, sequence=2))
        with pytest.raises(StaleRecord, match="weld-seams"):
            store.save(replace(late, version=version), None)
    assert store.load(full.model_id) == won
    assert store.read_ledger(full.model_id) == (entry,)


def test_a_version_is_refused_where_nothing_is_stored(store: Store, fresh: ModelRecord) -> None:
    with pytest.raises(StaleRecord):
        store.save(replace(fresh, version=3), None)
    assert store.load(fresh.model_id) is None


def test_a_ledger_entry_is_never_overwritten_and_its_record_is_not_written_either(
    store: Store, full: ModelRecord, entry: LedgerEntry
) -> None:
    won = store.save(full, entry)
    with pytest.raises(StaleRecord, match="ledger entry 1"):
        store.save(replace(won, writer="pass-2"), replace(entry, reason="rewritten"))
    assert store.read_ledger(full.model_id) == (entry,)
    assert store.load(full.model_id) == won


def test_the_ledger_prints_oldest_first_and_each_model_has_its_own(
    store: Store, full: ModelRecord, entry: LedgerEntry
) -> None:
    record = full
    for sequence in range(1, 13):
        record = store.save(replace(record, sequence=sequence), replace(entry, sequence=sequence))
    other = ModelId("other")
    store.save(replace(full, model_id=other), replace(entry, model_id=other))
    assert [line.sequence for line in store.read_ledger(full.model_id)] == list(range(1, 13))
    assert [line.model_id for line in store.read_ledger(other)] == [other]


def test_a_save_decided_before_a_wake_loses(store: Store, full: ModelRecord, entry: LedgerEntry) -> None:
    won = store.save(full, entry)
    now = SIX - timedelta(hours=1)
    store.wake(full.model_id, now)
    assert store.load(full.model_id) == replace(won, version=2, wake_at=now, writer="wake")
    with pytest.raises(StaleRecord):
        store.save(won, None)


def test_a_wake_makes_a_model_due_that_was_not(store: Store, fresh: ModelRecord) -> None:
    store.save(replace(fresh, wake_at=None), None)
    store.wake(fresh.model_id, SIX)
    assert store.find_due(SIX) == [Due(fresh.model_id, SIX)]


def test_the_index_shows_a_model_from_when_its_record_says(store: Store, fresh: ModelRecord) -> None:
    later = SIX + timedelta(minutes=20)
    won = store.save(replace(fresh, wake_at=SIX, due_at=later), None)
    assert store.load(fresh.model_id) == won
    assert (won.wake_at, won.due_at) == (SIX, later)
    assert store.find_due(later - SECOND) == []
    assert store.find_due(later) == [Due(fresh.model_id, later)]


@pytest.mark.parametrize("at", [SIX - timedelta(minutes=1), SIX + timedelta(minutes=1)])
def test_a_model_that_is_woken_is_in_the_index_at_once(store: Store, fresh: ModelRecord, at: datetime) -> None:
    store.save(replace(fresh, wake_at=SIX, due_at=SIX + timedelta(minutes=20)), None)
    store.wake(fresh.model_id, at)
    woken = store.load(fresh.model_id)
    assert woken is not None
    assert woken.wake_at == min(SIX, at)
    assert store.find_due(at) == [Due(fresh.model_id, at)]
    saved = store.save(replace(woken, wake_at=at, due_at=None), None)
    assert store.load(fresh.model_id) == saved


def test_to_wake_a_model_without_a_record_does_nothing(store: Store, fresh: ModelRecord) -> None:
    store.wake(fresh.model_id, SIX)
    assert store.load(fresh.model_id) is None


def test_due_models_come_oldest_first_up_to_and_including_the_bound(store: Store, fresh: ModelRecord) -> None:
    for number in range(20):
        wake_at = SIX + timedelta(microseconds=10 - number)
        store.save(replace(fresh, model_id=ModelId(f"m{number:02}"), wake_at=wake_at), None)
    store.save(replace(fresh, model_id=ModelId("resting"), wake_at=None), None)
    due = store.find_due(SIX)
    assert [line.model_id for line in due] == [f"m{number:02}" for number in range(19, 9, -1)]
    assert due[-1].wake_at == SIX


def test_records_are_read_many_at_once_and_absent_ones_left_out(store: Store, fresh: ModelRecord) -> None:
    names = [ModelId(f"m{number}") for number in range(130)]
    for name in names[1:]:
        store.save(replace(fresh, model_id=name), None)
    found = store.load_many([*names, *names[:3]])
    assert set(found) == set(names[1:])
    assert found[names[1]] == replace(fresh, model_id=names[1], version=1)


def test_a_planned_model_comes_back_as_it_was_applied(store: Store, model: HostedModel) -> None:
    assert store.apply([model], expected_version=0, at=model.announced_at) == 1
    assert store.read_planned(model.model_id) == Planned(1, model)
    assert store.read_planned(ModelId("other")) == Planned(1, None)
    assert store.read_plan_version() == 1


def test_an_apply_makes_the_records_that_are_missing_and_wakes_the_others(
    store: Store, model: HostedModel, full: ModelRecord, entry: LedgerEntry
) -> None:
    known = store.save(full, entry)
    now = model.announced_at + SECOND
    new = replace(model, model_id=ModelId("new"), target=Target("line-2", "1"))
    store.apply([model, new], expected_version=0, at=now)
    assert store.load(model.model_id) == replace(known, version=2, wake_at=now, writer="wake")
    made = store.load(new.model_id)
    assert made is not None
    assert (made.target, made.wake_at, made.sequence) == (new.target, now, 0)
    assert {line.model_id for line in store.find_due(now)} == {"weld-seams", "new"}


def test_an_apply_wakes_the_models_that_the_plan_no_longer_names(store: Store, model: HostedModel) -> None:
    gone = replace(model, model_id=ModelId("gone"))
    store.apply([model, gone], expected_version=0, at=model.announced_at)
    record = store.load(gone.model_id)
    assert record is not None
    store.save(replace(record, wake_at=None), None)
    later = model.announced_at + SECOND
    store.apply([model], expected_version=1, at=later)
    assert store.read_planned(gone.model_id) == Planned(2, None)
    assert store.list_planned_models() == [model.model_id]
    woken = store.load(gone.model_id)
    assert woken is not None
    assert (woken.wake_at, woken.version) == (later, record.version + 2)


def test_a_former_model_is_listed_while_a_run_by_preheat_may_go_on(
    store: Store, model: HostedModel, full: ModelRecord
) -> None:
    engaged = replace(full, model_id=model.model_id, plan_version=1)
    assert store.list_former_models() == []
    store.apply([model], expected_version=0, at=model.announced_at)
    record = store.load(model.model_id)
    assert record is not None
    store.save(replace(engaged, version=record.version, sequence=0), None)
    assert store.list_former_models() == []
    for version in (1, 2):  # It stays so however many plans go by.
        store.apply([], expected_version=version, at=model.announced_at + version * SECOND)
        assert store.list_former_models() == [model.model_id]
        woken = store.load(model.model_id)
        assert woken is not None
        assert woken.wake_at == model.announced_at + version * SECOND
    store.apply([model], expected_version=3, at=model.announced_at)
    assert (store.list_former_models(), store.list_planned_models()) == ([], [model.model_id])


def test_of_two_applies_of_one_version_the_second_changes_nothing(store: Store, model: HostedModel) -> None:
    store.apply([model], expected_version=0, at=model.announced_at)
    before = store.load(model.model_id)
    for version in (0, 2):
        with pytest.raises(StaleRecord, match="plan 1 is current"):
            store.apply([], expected_version=version, at=model.announced_at + SECOND)
    assert store.read_planned(model.model_id) == Planned(1, model)
    assert store.load(model.model_id) == before


def test_a_plan_of_250_models_is_applied_whole(store: Store, model: HostedModel) -> None:
    models = [replace(model, model_id=ModelId(f"m{number:03}")) for number in range(250)]
    store.apply(models, expected_version=0, at=model.announced_at)
    assert store.list_planned_models() == [one.model_id for one in models]
    assert len(store.find_due(model.announced_at)) == 250
    assert store.read_planned(models[-1].model_id) == Planned(1, models[-1])


def test_an_empty_plan_names_no_model(store: Store, model: HostedModel) -> None:
    store.apply([model], expected_version=0, at=model.announced_at)
    assert store.apply([], expected_version=1, at=model.announced_at) == 2
    assert store.list_planned_models() == []
    assert store.read_planned(model.model_id) == Planned(2, None)


def test_the_plan_before_the_current_one_can_be_asked_of(store: Store, model: HostedModel) -> None:
    assert store.read_planned_before(model.model_id) is None
    store.apply([model], expected_version=0, at=SIX)
    assert store.read_planned_before(model.model_id) is None
    store.apply([replace(model, lead=timedelta(minutes=45))], expected_version=1, at=SIX)
    assert store.read_planned_before(model.model_id) == model
    store.apply([], expected_version=2, at=SIX)
    before = store.read_planned_before(model.model_id)
    assert before is not None
    assert before.lead == timedelta(minutes=45)
