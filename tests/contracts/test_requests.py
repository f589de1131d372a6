"""The promises of every store about holds, blocks, releases and replies, its in-memory twin no less than DynamoDB's."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from preheat.app.ports.errors import StaleRecord
from preheat.app.ports.records import Guarded
from preheat.app.ports.store import Store
from preheat.domain.demand.request import (
    KEPT_AFTER_EXPIRY,
    HeldWindow,
    Kind,
    Reply,
    RequestId,
    Standing,
    Standings,
    Subject,
    Tombstone,
    Verb,
)
from preheat.domain.plan.applied import AppliedBy, AppliedPlan
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId
from preheat.domain.plan.senders import EventSource, SenderRule
from preheat.domain.record.record import LedgerEntry, ModelRecord, Phase

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
LONG_AGO = SIX - timedelta(days=8)
HOUR = timedelta(hours=1)
WELD, OTHER = ModelId("weld-seams"), ModelId("other")
MODEL, SCHEDULE = Subject(model_id=WELD), Subject(schedule="early")
SUBJECTS = pytest.mark.parametrize("subject", [MODEL, SCHEDULE], ids=["a model", "a schedule"])


def hold(subject: Subject, name: str = "hold-1") -> Standing:
    return Standing(RequestId(name), Kind.HOLD, subject, "role-1", SIX, SIX + HOUR, known_at=SIX - HOUR)


def a_reply(name: str = "request-1", at: datetime = SIX) -> Reply:
    return Reply(RequestId(name), Verb.HOLD, MODEL, "role-1", at, True, "accepted", "it is so", "0" * 64)


def tombstone(subject: Subject, of: str = "hold-1", requester: str = "role-1", *, admin: bool = False) -> Tombstone:
    return Tombstone(RequestId(of), subject, requester, admin, SIX, SIX + HOUR)


FULL = Standing(
    RequestId("A.b:c_d-1"),
    Kind.BLOCK,
    MODEL,
    "role-1",
    SIX,
    SIX + timedelta(days=2, microseconds=1),
    known_at=SIX - HOUR,
    priority=0,
    units=3,
    hard=True,
    reason='line down: "größer"',
    released_at=SIX + HOUR,
)


def test_without_a_request_nothing_is_active(store: Store) -> None:
    for subject in (MODEL, SCHEDULE):
        assert store.read_standings(subject, LONG_AGO) == Standings()
        assert store.find_standing(subject, RequestId("hold-1")) is None
        assert store.read_tombstones(subject, RequestId("hold-1")) == ()
    assert store.find_reply(RequestId("request-1")) is None


@SUBJECTS
def test_a_hold_or_block_comes_back_as_it_was_stored(store: Store, subject: Subject) -> None:
    full = replace(FULL, subject=subject)
    store.answer(a_reply(), full, [])
    assert store.find_standing(subject, full.request_id) == full
    assert store.read_standings(subject, LONG_AGO).requests == (full,)


def test_a_set_of_windows_comes_back_as_it_was_stored_and_its_next_edition_replaces_it_whole(store: Store) -> None:
    windows = tuple(
        HeldWindow(SIX + day * 24 * HOUR, SIX + (day * 24 + 8) * HOUR, SIX - day * HOUR) for day in range(100)
    )
    one = replace(hold(MODEL), windows=windows, begin=windows[0].begin, until=windows[-1].end, edition=10**15)
    store.answer(a_reply(), one, [])
    assert store.find_standing(MODEL, one.request_id) == one
    fewer = replace(one, windows=windows[:2], until=windows[1].end, revision=2)
    store.answer(a_reply("request-2"), fewer, [])
    assert store.read_standings(MODEL, LONG_AGO).requests == (fewer,)
    assert store.read_standings(MODEL, fewer.until).requests == ()


def test_a_reply_to_what_came_too_often_is_followed_by_the_next_and_by_no_other(store: Store) -> None:
    first = replace(a_reply(), accepted=False, code="too_often", retry_at=SIX + HOUR)
    second = replace(a_reply(), at=SIX + HOUR, number=2)
    store.answer(first, None, [])
    with pytest.raises(StaleRecord):
        store.answer(replace(first, digest="1" * 64), None, [])
    store.answer(second, None, [])
    assert store.find_reply(second.request_id) == second
    with pytest.raises(StaleRecord):
        store.answer(replace(second, digest="1" * 64), None, [])


def test_a_reply_comes_back_as_it_was_given(store: Store) -> None:
    full = replace(
        a_reply(),
        of=RequestId("hold-1"),
        begin=SIX,
        until=SIX + HOUR,
        phase=Phase.HOSTED,
        ready_at=SIX,
        margin=timedelta(seconds=-1.5),
        reply_to="https://queue",
    )
    unread = Reply(RequestId("unreadable-1"), None, None, "", SIX, False, "unreadable", "not JSON", "")
    for reply in (full, unread):
        store.answer(reply, None, [])
        assert store.find_reply(reply.request_id) == reply


@SUBJECTS
def test_those_that_ended_before_the_bound_are_left_out_and_the_others_are_in_order(
    store: Store, subject: Subject
) -> None:
    names = ["b", "a", "ended", "released", "C"]
    for number, name in enumerate(names):
        one = hold(subject, name)
        if name == "ended":
            one = replace(one, begin=SIX - 2 * HOUR, until=SIX)
        elif name == "released":
            one = replace(one, released_at=SIX)
        store.answer(a_reply(f"request-{number}"), one, [])
    found = store.read_standings(subject, SIX)
    assert [one.request_id for one in found.requests] == ["C", "a", "b"]
    assert len(store.read_standings(subject, SIX - timedelta(microseconds=1)).requests) == 5
    other = Subject(schedule="late") if subject is SCHEDULE else Subject(model_id=OTHER)
    assert store.read_standings(other, LONG_AGO) == Standings()


@SUBJECTS
def test_a_request_is_answered_once_and_the_second_answer_changes_nothing(store: Store, subject: Subject) -> None:
    store.answer(a_reply(), hold(subject), [])
    before = store.read_standings(subject, LONG_AGO)
    for change in (None, hold(subject, "hold-2"), replace(hold(subject), revision=2), tombstone(subject, "hold-9")):
        with pytest.raises(StaleRecord, match="request-1 was answered already"):
            store.answer(replace(a_reply(), reason="otherwise"), change, [])
    assert store.find_reply(RequestId("request-1")) == a_reply()
    assert store.read_standings(subject, LONG_AGO) == before
    assert store.read_tombstones(subject, RequestId("hold-9")) == ()


@SUBJECTS
def test_a_change_replaces_the_revision_that_was_read_and_no_other(store: Store, subject: Subject) -> None:
    first = hold(subject)
    store.answer(a_reply("r1"), first, [])
    longer = replace(first, until=SIX + 2 * HOUR, revision=2)
    store.answer(a_reply("r2"), longer, [])
    assert store.find_standing(subject, first.request_id) == longer
    for revision in (1, 2, 4):
        with pytest.raises(StaleRecord, match="hold-1 has changed since it was read"):
            store.answer(a_reply("r3"), replace(first, revision=revision), [])
    assert store.find_standing(subject, first.request_id) == longer
    assert store.find_reply(RequestId("r3")) is None


def test_a_change_needs_what_it_changes(store: Store) -> None:
    with pytest.raises(StaleRecord):
        store.answer(a_reply(), replace(hold(MODEL), revision=2), [])
    assert store.read_standings(MODEL, LONG_AGO) == Standings()


def test_a_models_hold_makes_it_due_and_a_save_decided_before_it_loses(
    store: Store, full: ModelRecord, entry: LedgerEntry
) -> None:
    won = store.save(full, entry)
    store.answer(a_reply(at=SIX - HOUR), hold(MODEL), [OTHER])
    assert store.load(WELD) == replace(won, version=2, wake_at=SIX - HOUR, writer="wake")
    with pytest.raises(StaleRecord):
        store.save(won, None)
    assert store.read_standings(MODEL, LONG_AGO).version == 0


def test_an_answer_about_a_record_loses_against_a_pass_that_came_between(
    store: Store, full: ModelRecord, entry: LedgerEntry
) -> None:
    won = store.save(full, entry)
    later = store.save(won, None)
    with pytest.raises(StaleRecord):
        store.answer(a_reply(), hold(MODEL), [], won.version)
    assert store.find_reply(RequestId("request-1")) is None
    assert (store.read_standings(MODEL, LONG_AGO), store.load(WELD)) == (Standings(), later)
    store.answer(a_reply(), hold(MODEL), [], later.version)
    assert store.read_standings(MODEL, LONG_AGO).requests == (hold(MODEL),)


def test_an_answer_that_changes_nothing_wakes_nobody(store: Store, full: ModelRecord, entry: LedgerEntry) -> None:
    won = store.save(full, entry)
    store.answer(a_reply("r1"), None, [WELD])
    store.answer(a_reply("r2"), tombstone(MODEL), [WELD])
    assert store.load(WELD) == won


def test_a_models_hold_is_stored_also_while_it_has_no_record(store: Store) -> None:
    store.answer(a_reply(), hold(MODEL), [])
    assert store.load(WELD) is None
    assert store.read_standings(MODEL, LONG_AGO).requests == (hold(MODEL),)


def test_a_schedules_hold_counts_there_and_wakes_the_models_named(store: Store, fresh: ModelRecord) -> None:
    for name in (WELD, OTHER):
        store.save(replace(fresh, model_id=name, wake_at=None), None)
    for number in (1, 2):
        store.answer(a_reply(f"r{number}"), hold(SCHEDULE, f"hold-{number}"), [WELD, ModelId("never-seen")])
        assert store.read_standings(SCHEDULE, LONG_AGO).version == number
    woken, other = store.load(WELD), store.load(OTHER)
    assert woken is not None
    assert other is not None
    assert (woken.wake_at, woken.version, woken.writer) == (SIX, 3, "wake")
    assert (other.wake_at, other.version) == (None, 1)
    assert store.load(ModelId("never-seen")) is None


def test_a_save_guarded_by_what_was_read_loses_against_a_later_hold(
    store: Store, full: ModelRecord, entry: LedgerEntry
) -> None:
    late = Subject(schedule="late")
    for seen in (0, 1):
        store.answer(a_reply(f"r{seen}"), hold(SCHEDULE, f"hold-{seen}"), [])
        for told in (None, entry):
            with pytest.raises(StaleRecord, match="schedule#early"):
                store.save(full, told, {late: 0, SCHEDULE: seen})
    assert store.load(WELD) is None
    assert store.read_ledger(WELD) == ()
    won = store.save(full, entry, {late: 0, SCHEDULE: 2})
    assert store.load(WELD) == won
    assert store.read_ledger(WELD) == (entry,)
    again = store.save(replace(won, sequence=1), None, {late: 0, SCHEDULE: 2})
    assert store.load(WELD) == again


def test_a_save_guarded_by_the_plan_loses_against_a_later_one(
    store: Store, full: ModelRecord, entry: LedgerEntry, model: HostedModel
) -> None:
    for seen in (0, 1):
        store.apply([model], expected_version=seen, at=SIX)
        stored = store.load(full.model_id)
        assert stored is not None
        for told in (None, entry):
            with pytest.raises(StaleRecord, match="plan"):
                store.save(replace(full, version=stored.version), told, {SCHEDULE: 0, Guarded.PLAN: seen})
        assert store.load(full.model_id) == stored
    assert store.read_ledger(full.model_id) == ()
    assert stored is not None
    won = store.save(replace(full, version=stored.version), entry, {SCHEDULE: 0, Guarded.PLAN: 2})
    assert store.load(full.model_id) == won
    assert store.read_ledger(full.model_id) == (entry,)


@pytest.mark.parametrize("count", [1, 49, 50, 51, 98, 99, 110, 260])
def test_a_save_has_as_many_guards_as_it_needs(store: Store, full: ModelRecord, entry: LedgerEntry, count: int) -> None:
    schedules = [Subject(schedule=f"shift-{place}") for place in range(count)]
    for place in {0, count // 2, count - 1}:
        name = f"hold-{place}"
        store.answer(a_reply(f"r{place}"), hold(schedules[place], name), [])
    seen = {each: store.read_standings(each, SIX).version for each in schedules}
    assert sum(seen.values()) == len({0, count // 2, count - 1})
    for stale in (schedules[0], schedules[-1]):
        for told in (None, entry):
            with pytest.raises(StaleRecord, match=stale.key):
                store.save(full, told, {Guarded.PLAN: 0} | seen | {stale: 0})
    assert store.load(full.model_id) is None
    won = store.save(full, entry, {Guarded.PLAN: 0} | seen)
    assert store.load(full.model_id) == won
    assert store.read_ledger(full.model_id) == (entry,)


@SUBJECTS
def test_a_release_that_came_first_is_kept_one_of_each_requester_and_one_of_admins(
    store: Store, subject: Subject
) -> None:
    mine, again = tombstone(subject), replace(tombstone(subject), at=SIX + HOUR)
    theirs, admins = tombstone(subject, requester="role-2"), tombstone(subject, requester="role-3", admin=True)
    admins_again = replace(admins, requester="role-4")
    for number, one in enumerate((mine, theirs, admins, again, admins_again, tombstone(subject, "hold-10"))):
        store.answer(a_reply(f"r{number}"), one, [])
    found = store.read_tombstones(subject, RequestId("hold-1"))
    assert sorted(found, key=lambda one: one.requester) == [again, theirs, admins_again]
    assert store.read_standings(subject, LONG_AGO) == Standings()


@SUBJECTS
def test_a_release_does_not_come_first_where_its_hold_is_stored(store: Store, subject: Subject) -> None:
    store.answer(a_reply("r1"), hold(subject), [])
    with pytest.raises(StaleRecord, match="hold-1 has changed since it was read"):
        store.answer(a_reply("r2"), tombstone(subject), [])
    assert store.read_tombstones(subject, RequestId("hold-1")) == ()
    assert store.find_reply(RequestId("r2")) is None


@SUBJECTS
@pytest.mark.parametrize(("requester", "admin"), [("role-1", False), ("role-9", True)])
def test_a_hold_that_did_not_see_its_own_release_is_refused_and_one_that_did_is_stored(
    store: Store, subject: Subject, requester: str, admin: bool
) -> None:
    store.answer(a_reply("r1"), tombstone(subject, requester=requester, admin=admin), [])
    with pytest.raises(StaleRecord, match="hold-1 has changed since it was read"):
        store.answer(a_reply("r2"), hold(subject), [])
    over = replace(hold(subject), released_at=SIX)
    store.answer(a_reply("r2"), over, [])
    assert store.find_standing(subject, over.request_id) == over


@SUBJECTS
def test_a_release_by_a_stranger_or_one_that_is_forgotten_stops_no_hold(store: Store, subject: Subject) -> None:
    store.answer(a_reply("r1"), tombstone(subject, requester="role-2"), [])
    store.answer(a_reply("r2"), tombstone(subject), [])
    late = a_reply("r3", at=SIX + HOUR)
    store.answer(late, hold(subject), [])
    assert store.find_standing(subject, RequestId("hold-1")) == hold(subject)


@SUBJECTS
def test_what_has_ended_is_deleted_with_the_answer_that_it_makes_room_for(store: Store, subject: Subject) -> None:
    first, second = hold(subject, "old-1"), hold(subject, "old-2")
    for number, one in enumerate((first, second)):
        store.answer(a_reply(f"r{number}"), one, [])
    store.answer(a_reply("r2"), hold(subject), [], None, [first, replace(second, request_id=RequestId("long-gone"))])
    assert [one.request_id for one in store.read_standings(subject, LONG_AGO).requests] == ["hold-1", "old-2"]
    with pytest.raises(StaleRecord):  # all or nothing
        store.answer(a_reply("r2", at=SIX + HOUR), hold(subject, "hold-2"), [], None, [second])
    assert store.find_standing(subject, second.request_id) == second


@SUBJECTS
def test_what_has_changed_since_it_was_read_makes_no_room(store: Store, subject: Subject) -> None:
    over = hold(subject, "old")
    longer = replace(over, until=over.until + HOUR, revision=2)
    store.answer(a_reply("r1"), over, [])
    store.answer(a_reply("r2"), longer, [])
    with pytest.raises(StaleRecord):
        store.answer(a_reply("r3"), hold(subject, "new"), [], None, [over])
    assert store.read_standings(subject, LONG_AGO).requests == (longer,)
    assert store.find_reply(RequestId("r3")) is None


def test_that_all_models_of_a_change_were_woken_is_noted_for_this_change_alone(store: Store) -> None:
    one = hold(SCHEDULE)
    assert store.are_all_woken(SCHEDULE, one.request_id)
    store.answer(a_reply("r1"), one, [])
    assert not store.are_all_woken(SCHEDULE, one.request_id)
    store.note_woken(one)
    assert store.are_all_woken(SCHEDULE, one.request_id)
    longer = replace(one, until=SIX + 2 * HOUR, revision=2)
    store.answer(a_reply("r2"), longer, [])
    store.note_woken(one)  # a late note of the change before
    assert not store.are_all_woken(SCHEDULE, one.request_id)
    store.note_woken(longer)
    assert store.are_all_woken(SCHEDULE, one.request_id)
    assert store.find_standing(SCHEDULE, one.request_id) == longer


def test_the_session_of_a_requester_comes_back(store: Store) -> None:
    one = replace(hold(MODEL), session="ada@example.com")
    store.answer(replace(a_reply(), session="ada@example.com"), one, [])
    assert store.find_standing(MODEL, one.request_id) == one
    found = store.find_reply(RequestId("request-1"))
    assert found is not None
    assert found.session == "ada@example.com"


def test_requests_of_a_sender_are_counted_by_hour_and_subject(store: Store) -> None:
    assert [store.count_request("role-1", MODEL, SIX) for _ in range(3)] == [1, 2, 3]
    assert store.count_request("role-1", SCHEDULE, SIX) == 1
    assert store.count_request("role-1", None, SIX) == 1
    assert store.count_request("role-1", MODEL, SIX + HOUR) == 1
    assert store.count_request("role-2", MODEL, SIX) == 1


RULES = (
    SenderRule("mes", roles=("AROALINE7",), models=("weld-*",), hours_a_day=HOUR, units_max=2),
    SenderRule("andon", events=(EventSource("com.acme.*", "111122223333"),), schedules=("early",), admin=True),
)


def test_the_senders_of_a_plan_come_back_and_go_with_the_next_plan(store: Store, model: HostedModel) -> None:
    assert store.read_senders() == ()
    version = store.apply([model], expected_version=0, at=SIX, senders=RULES)
    assert store.read_senders() == RULES
    assert store.read_senders() == RULES  # as kept
    assert store.read_planned(model.model_id).model == model
    store.apply([model], expected_version=version, at=SIX)
    assert store.read_senders() == ()


def test_who_applied_a_plan_is_stored_with_that_plan(store: Store, model: HostedModel) -> None:
    assert store.read_applied_by() is None
    by = AppliedBy("arn:aws:sts::123456789012:assumed-role/PlantOps/ada@example.com", "ada@example.com", "0" * 64)
    version = store.apply([model], expected_version=0, at=SIX, by=by)
    assert store.read_applied_by() == by
    store.apply([model], expected_version=version, at=SIX)
    assert store.read_applied_by() is None


def test_each_apply_is_an_entry_of_the_ledger_of_applies(store: Store, model: HostedModel) -> None:
    assert list(store.read_applied_plans(5)) == []
    by = AppliedBy("arn:aws:sts::123456789012:assumed-role/PlantOps/ada@example.com", "ada@example.com", "0" * 64)
    store.apply([model], expected_version=0, at=SIX, by=by)
    store.apply([], expected_version=1, at=SIX + HOUR)
    first, second = AppliedPlan(1, SIX, 1, by), AppliedPlan(2, SIX + HOUR, 0)
    assert list(store.read_applied_plans(5)) == [first, second]
    assert list(store.read_applied_plans(1)) == [second]
    assert (store.find_applied_plan(1), store.find_applied_plan(3)) == (first, None)
    with pytest.raises(StaleRecord):
        store.apply([model], expected_version=1, at=SIX)
    assert list(store.read_applied_plans(5)) == [first, second]  # an apply that lost is none


def test_requests_are_kept_for_as_long_as_a_late_message_may_ask_of_them() -> None:
    assert timedelta(days=14) < KEPT_AFTER_EXPIRY  # a queue holds a message 14 days at the most
