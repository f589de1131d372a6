"""Publishing: which entry makes which events, under which ids, and in which order they leave."""

import json
import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from preheat.adapters.clock import VirtualClock
from preheat.adapters.memory.bus import MemoryEvents
from preheat.adapters.sqs.replies import MemoryReplies
from preheat.app.ports.errors import EventsUnavailable, QueueUnavailable, Undeliverable
from preheat.app.publish import ENTRIES_REMEMBERED, CountedEntries, Outbox, format_reply, make_events
from preheat.domain.demand.request import Reply, RequestId, Subject, Verb
from preheat.domain.plan.applied import AppliedBy, AppliedPlan
from preheat.domain.plan.plan import ModelId, Target
from preheat.domain.record.event import Event, EventKind
from preheat.domain.record.record import Action, LedgerEntry, Phase

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
WELD = ModelId("weld-seams")
QUEUE = "arn:aws:sqs:eu-central-1:111122223333:replies"
OBSERVED = LedgerEntry(
    WELD, 7, SIX, Phase.STARTING, Phase.HOSTED, Action.OBSERVE, "Hosted as required", Target("line", "3"), "early"
)
READY = replace(OBSERVED, margin=timedelta(seconds=90), ready_at=SIX + timedelta(seconds=90), late=False)
REPLY = Reply(
    RequestId("night-7"),
    Verb.HOLD,
    Subject(model_id=WELD),
    "AROAEXAMPLE",
    SIX,
    accepted=True,
    code="accepted",
    reason="held until 08:00",
    digest="d",
    ready_at=SIX + timedelta(minutes=32),
    reply_to=QUEUE,
)


APPLIED = AppliedPlan(12, SIX, 14, AppliedBy("arn:aws:sts::1:assumed-role/Ops/ada", "ada", "0" * 64))


def kinds(told: LedgerEntry | Reply | AppliedPlan) -> list[tuple[EventKind, str | None]]:
    return [(event.kind, event.request_id) for event in make_events(told)]


@pytest.mark.parametrize("action", [Action.START, Action.STOP, Action.OBSERVE, Action.ADOPT, Action.WITHHOLD])
def test_an_entry_without_news_makes_no_event(action: Action) -> None:
    assert kinds(replace(OBSERVED, action=action)) == []


def test_an_apply_names_who_made_which_file_the_plan() -> None:
    (event,) = make_events(APPLIED)
    assert event.detail() == {
        "event_id": event.event_id,
        "at": "2026-11-23T06:00:00Z",
        "reason": "Plan 12 is current: 14 models, applied by ada",
        "session": "ada",
        "plan": 12,
        "models": 14,
        "applied_by": "arn:aws:sts::1:assumed-role/Ops/ada",
        "digest": "0" * 64,
    }
    (unknown,) = make_events(replace(APPLIED, by=AppliedBy(), models=1))
    assert unknown.reason == "Plan 12 is current: 1 model, applied; the identity is not known"
    assert unknown.event_id == event.event_id  # one apply is one event, whatever is known of it
    assert {"session", "applied_by", "digest"} & {*unknown.detail()} == set()


def test_a_model_that_is_ready_is_reported_once_for_its_demand_and_once_for_each_hold() -> None:
    assert kinds(READY) == [(EventKind.MODEL_READY, None)]
    held = replace(READY, requests=("a", "b"))
    assert kinds(held) == [(EventKind.MODEL_READY, each) for each in (None, "a", "b")]
    assert {event.margin for event in make_events(held)} == {timedelta(seconds=90)}


def test_a_hold_that_comes_to_a_hosted_model_is_reported_alone() -> None:
    came_later = replace(OBSERVED, action=Action.READY, from_phase=Phase.HOSTED, requests=("a",))
    assert kinds(came_later) == [(EventKind.MODEL_READY, "a")]


def test_a_model_that_is_late_is_reported_as_that_and_then_as_ready() -> None:
    late = replace(OBSERVED, action=Action.LATE, late=True, to_phase=Phase.STARTING, requests=("a",))
    assert kinds(late) == [(EventKind.MODEL_LATE, None), (EventKind.MODEL_LATE, "a")]
    both = replace(READY, late=True, margin=timedelta(seconds=-5))
    assert kinds(both) == [(EventKind.MODEL_LATE, None), (EventKind.MODEL_READY, None)]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"action": Action.FAIL}, [EventKind.START_FAILED]),
        ({"lost": True}, [EventKind.MODEL_LOST]),
        ({"lost": True, "action": Action.FAIL}, [EventKind.MODEL_LOST, EventKind.START_FAILED]),
        ({"action": Action.REFUSE, "to_phase": Phase.REFUSED}, [EventKind.START_FAILED]),
        ({"action": Action.REFUSE, "to_phase": Phase.STARTING}, []),
        ({"action": Action.REFUSE, "from_phase": Phase.STOPPING, "to_phase": Phase.REFUSED}, []),
        ({"action": Action.LEAVE}, [EventKind.MODEL_UNSCHEDULED]),
    ],
)
def test_a_failed_start_and_a_model_of_somebody_elses_are_reported(changes: Any, told: list[EventKind]) -> None:
    assert [event.kind for event in make_events(replace(OBSERVED, **changes))] == told


def test_a_model_that_is_lost_is_reported_for_each_of_its_holds_too() -> None:
    lost = replace(OBSERVED, lost=True, requests=("a", "b"))
    assert kinds(lost) == [(EventKind.MODEL_LOST, each) for each in (None, "a", "b")]


def test_a_hold_of_a_schedule_that_ends_for_two_models_ends_under_one_id() -> None:
    one = replace(OBSERVED, action=Action.EXPIRE, expired=("a", "b"))
    other = replace(one, model_id=ModelId("paint"), sequence=3)
    assert kinds(one) == [(EventKind.HOLD_EXPIRED, "a"), (EventKind.HOLD_EXPIRED, "b")]
    assert [event.event_id for event in make_events(one)] == [event.event_id for event in make_events(other)]


def test_the_same_entry_makes_the_same_ids_and_no_two_things_share_one() -> None:
    entries = [
        replace(READY, late=late, sequence=sequence, model_id=model_id, requests=("a", "b"), expired=("c",))
        for late in (True,)
        for sequence in (1, 2)
        for model_id in (WELD, ModelId("paint"))
    ]
    ids = [event.event_id for entry in entries for event in make_events(entry)]
    assert ids == [event.event_id for entry in entries for event in make_events(entry)]
    assert len(set(ids)) == len(ids) - 3  # hold c ended once
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)


@pytest.mark.parametrize(
    ("accepted", "kind"), [(True, EventKind.REQUEST_ACCEPTED), (False, EventKind.REQUEST_REJECTED)]
)
def test_a_reply_is_one_event_with_its_code_and_sentence(accepted: bool, kind: EventKind) -> None:
    (event,) = make_events(replace(REPLY, accepted=accepted))
    assert (event.kind, event.request_id, event.code, event.reason) == (kind, "night-7", "accepted", REPLY.reason)
    assert (event.model, event.schedule, event.ready_at) == (WELD, None, REPLY.ready_at)


def test_a_reply_about_nothing_that_could_be_read_is_reported_too() -> None:
    (event,) = make_events(replace(REPLY, accepted=False, verb=None, subject=None, ready_at=None))
    assert "model" not in event.detail()
    (event,) = make_events(replace(REPLY, subject=Subject(schedule="early")))
    assert (event.model, event.schedule) == (None, "early")


def test_a_detail_is_json_and_leaves_out_what_is_not_known() -> None:
    (event,) = make_events(READY)
    assert json.loads(json.dumps(event.detail())) == {
        "event_id": event.event_id,
        "at": "2026-11-23T06:00:00Z",
        "reason": "Hosted as required",
        "model": "weld-seams",
        "schedule": "early",
        "ready_at": "2026-11-23T06:01:30Z",
        "margin_seconds": 90.0,
        "late": False,
        "phase": "hosted",
    }


def test_a_long_reason_is_cut() -> None:
    (event,) = make_events(replace(READY, reason="x" * 400_000))
    assert len(event.reason) == 1000


# --- what leaves, and when ---


def test_a_reply_goes_to_the_queue_that_it_names_if_the_stack_allows_that_queue() -> None:
    replies = MemoryReplies(QUEUE)
    Outbox(MemoryEvents(), replies, [QUEUE]).publish(REPLY)
    (event,) = make_events(REPLY)
    assert replies.sent[QUEUE] == [format_reply(event)]
    assert json.loads(replies.sent[QUEUE][0])["detail-type"] == "Request Accepted"


@pytest.mark.parametrize("reply_to", [None, QUEUE])
def test_no_other_queue_is_replied_to(reply_to: str | None) -> None:
    events, replies = MemoryEvents(), MemoryReplies(QUEUE)
    Outbox(events, replies, ["arn:aws:sqs:eu-central-1:111122223333:another"]).publish(
        replace(REPLY, reply_to=reply_to)
    )
    assert (len(events.taken), replies.sent[QUEUE]) == (1, [])


def test_no_reply_is_sent_before_its_event_has_left() -> None:
    class Down(MemoryEvents):
        def put(self, events: Any) -> None:
            raise EventsUnavailable("down")

    replies = MemoryReplies(QUEUE)
    with pytest.raises(EventsUnavailable):
        Outbox(Down(), replies, [QUEUE]).publish(REPLY)
    assert replies.sent[QUEUE] == []


def test_a_reply_that_is_published_again_is_the_same() -> None:
    class Flaky(MemoryReplies):
        def send(self, reply_to: str, text: str) -> None:
            super().send(reply_to, text)
            raise QueueUnavailable("no answer")

    events, replies = MemoryEvents(), Flaky(QUEUE)
    for _ in range(2):
        with pytest.raises(QueueUnavailable):
            Outbox(events, replies, [QUEUE]).publish(REPLY)
    assert events.taken[0] == events.taken[1]
    assert replies.sent[QUEUE][0] == replies.sent[QUEUE][1]


def test_the_page_lists_every_kind_and_every_field() -> None:
    page = (Path(__file__).parents[3] / "docs" / "events.md").read_text()
    kinds_listed = set(re.findall(r"^\| `([A-Z][A-Za-z ]+)` \|", page, re.MULTILINE))
    assert kinds_listed == set(EventKind)
    listed = set(re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE))
    assert listed == ({field.name for field in fields(Event)} - {"kind", "margin"}) | {"margin_seconds"}


def test_a_reply_waits_a_minute_for_its_queue_and_is_then_set_aside() -> None:
    """The entries of all models that follow it in the stream wait too, so the wait has a bound."""

    class Busy(MemoryReplies):
        def send(self, reply_to: str, text: str) -> None:
            raise QueueUnavailable(f"{reply_to}: busy with {len(text)} characters")

    clock = VirtualClock(REPLY.at)
    outbox = Outbox(MemoryEvents(), Busy(), [QUEUE], clock)
    for seconds in (0, 59):
        clock.advance_to(REPLY.at + timedelta(seconds=seconds))
        with pytest.raises(QueueUnavailable):
            outbox.publish(REPLY)
    clock.advance_to(REPLY.at + timedelta(minutes=1))
    with pytest.raises(Undeliverable, match="busy"):
        outbox.publish(REPLY)


def test_a_full_memory_of_counted_entries_forgets_the_oldest_alone() -> None:
    counted = CountedEntries()
    entries = [replace(OBSERVED, sequence=number) for number in range(ENTRIES_REMEMBERED + 1)]
    assert all(map(counted.add, entries))
    assert not any(map(counted.add, entries[1:]))
