"""Requests at work: answers, active requests and woken models, also for repeated, late or reordered messages."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.day import MIDNIGHT, TARGETS, WELD, a_model, at, shifts
from tests.support.scene import ADMIN, LIMITS, LINE, OTHER, REPLIES, Scene

from preheat.app.ports.errors import QueueUnavailable, StaleRecord, StoreUnavailable, UnreadableItem
from preheat.app.requests.codes import Code
from preheat.app.requests.envelope import IncomingMessage
from preheat.app.requests.ruling import (
    ACTIVE_MAX,
    ADMIN_PLACES,
    AHEAD_MAX,
    KEPT_MAX,
    SENDER_KEPT_MAX,
    STOP_PLACES,
)
from preheat.domain.demand.request import KEPT_AFTER_EXPIRY, Kind, RequestId, Subject
from preheat.domain.plan.hosted_model import Resize
from preheat.domain.plan.plan import Backend, Mode, ModelId, Units
from preheat.domain.plan.senders import DEFAULT_PLACES
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Effort, Ownership, Phase, Unread
from preheat.domain.record.wording import format_instant

PAINT = ModelId("paint-shop")


@pytest.fixture
def scene() -> Scene:
    """Five in the afternoon, an hour after the shift; weld-seams is idle, and takes 32 minutes to be ready."""
    scene = Scene(a_model("08:00-16:00"), replace(a_model("08:00-16:00"), model_id=PAINT))
    scene.at("17:00")
    return scene


def attempt(call: Call, units: int = 1) -> Attempt:
    return Attempt.intend(
        WELD,
        call,
        generation=1,
        demand_start=at("08:00"),
        target=TARGETS[Backend.LOOKOUT_VISION],
        units=Units(units),
        now=at("07:28"),
    )


def make_hosted(scene: Scene, units: int = 1) -> None:
    """Let the model be hosted for its shift, ready ten minutes early."""
    effort = Effort(at("08:00"), at("16:00"), at("08:00"), "early", hosted_at=at("07:50"))
    start = attempt(Call.START, units).note_answer(Answer.ACCEPTED, WELD, at("07:28"))
    scene.record(phase=Phase.HOSTED, observed=Observed.HOSTED, attempt=start, effort=effort, since=at("07:50"))


# --- a hold -----------------------------------------------------------------------------------------------------------


def test_a_hold_is_active_and_has_its_model_checked_now(scene: Scene) -> None:
    reply = scene.asks("hold", request_id="late-shift", until="20:00", reason="Nacharbeit")
    assert (reply.accepted, reply.code) == (True, Code.ACCEPTED)
    found = scene.find_standing("late-shift")
    assert found is not None
    assert (found.kind, found.requester, found.begin, found.until) == (Kind.HOLD, LINE, at("17:00"), at("20:00"))
    assert (found.known_at, found.reason, found.revision) == (at("17:00"), "Nacharbeit", 1)
    assert (scene.find_due(), scene.sent()) == ([WELD], [WELD])


def test_the_reply_to_a_hold_of_a_model_at_rest_says_when_it_can_be_ready(scene: Scene) -> None:
    reply = scene.asks("hold", until="20:00")
    assert (reply.phase, reply.ready_at) == (Phase.IDLE, at("17:32"))
    assert (reply.begin, reply.until) == (at("17:00"), at("20:00"))


def test_a_hold_that_ends_before_the_model_can_be_ready_is_answered_so(scene: Scene) -> None:
    reply = scene.asks("hold", request_id="a", duration="32m")
    assert (reply.accepted, reply.code, reply.ready_at) == (True, Code.ENDS_BEFORE_READY, at("17:32"))
    assert reply.reason.endswith(
        "; it ends before that: the model can be ready at 2026-11-23 17:32:00Z; extend it, or ask with ready_for"
    )
    assert scene.until("a") == at("17:32")
    assert scene.asks("hold", duration="33m").code == Code.ACCEPTED
    assert scene.asks("extend", of="a", duration="1h").code == Code.ACCEPTED


def test_a_short_hold_of_a_model_that_is_ready_is_served() -> None:
    scene = Scene(a_model("08:00-16:00"))
    scene.at("15:50")
    make_hosted(scene)
    assert scene.asks("hold", duration="20m").code == Code.ACCEPTED


def test_ready_for_counts_from_when_the_model_can_be_ready(scene: Scene) -> None:
    reply = scene.asks("hold", request_id="a", ready_for="20m")
    assert (reply.code, reply.ready_at, reply.until) == (Code.ACCEPTED, at("17:32"), at("17:52"))
    assert scene.asks("hold", **{"from": "19:00"}, ready_for="20m").until == at("19:20")
    scene.asks("block", until="18:00")
    assert scene.asks("hold", ready_for="20m").until == at("18:20")
    assert scene.asks("hold", ready_for="168h").code == Code.TOO_LONG


def test_ready_for_counts_from_now_if_the_model_is_ready() -> None:
    scene = Scene(a_model("08:00-16:00"))
    scene.at("15:50")
    make_hosted(scene)
    assert scene.asks("hold", ready_for="20m").until == at("16:10")


def test_ready_for_of_a_schedule_counts_from_when_its_last_model_can_be_ready(scene: Scene) -> None:
    scene = Scene(a_model("08:00-16:00"), replace(a_model("08:00-16:00", lead="50m"), model_id=PAINT))
    scene.at("17:00")
    assert scene.asks("hold", schedule="early", ready_for="20m").until == at("18:12")


def test_ready_for_holds_in_a_mode_that_starts_nothing_too(scene: Scene) -> None:
    scene.record(mode=Mode.OBSERVE)
    assert scene.asks("hold", ready_for="20m").until == at("17:52")


def test_a_hold_in_a_stack_that_only_observes_says_that_nothing_starts() -> None:
    scene = Scene(a_model("08:00-16:00"), limits=replace(LIMITS, mode=Mode.OBSERVE))
    scene.at("17:00")
    scene.record(observed=Observed.STOPPED)
    reply = scene.asks("hold", until="20:00")
    assert (reply.code, reply.ready_at) == (Code.ACCEPTED, None)
    assert "AT RISK for 17:32 (in 32 min), no expected time: mode observe: Preheat does not start it" in reply.reason


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.PAUSED])
def test_the_reply_to_a_hold_that_the_mode_will_not_serve_promises_no_moment(scene: Scene, mode: Mode) -> None:
    scene.record(mode=mode)
    reply = scene.asks("hold", until="20:00")
    assert (reply.code, reply.ready_at) == (Code.ACCEPTED, None)
    assert reply.reason.endswith(f"; mode {mode}: Preheat starts and stops nothing")


def test_a_hold_ahead_will_be_ready_at_its_begin(scene: Scene) -> None:
    assert scene.asks("hold", **{"from": "19:00"}, until="20:00").ready_at == at("19:00")


def test_the_reply_to_a_hold_for_tomorrow_is_not_that_it_is_ready_today() -> None:
    scene = Scene(a_model("08:00-16:00", max_units_by_request=3))
    scene.at("12:00")
    make_hosted(scene)
    reply = scene.asks("hold", day=1, **{"from": "19:00"}, until="20:00", units=3)
    assert (reply.code, reply.phase, reply.ready_at) == (Code.ACCEPTED, Phase.HOSTED, at("19:00", day=1))


def test_the_reply_to_a_hold_under_a_block_counts_from_the_end_of_the_block(scene: Scene) -> None:
    scene.asks("block", until="19:00")
    assert scene.asks("hold", until="20:00").ready_at == at("19:00")
    assert scene.asks("hold", until="20:00", priority=60).ready_at == at("17:32")
    covered = scene.asks("hold", until="18:30")
    assert (covered.code, covered.ready_at) == (Code.ACCEPTED, None)
    assert covered.reason.endswith("; blocked for its whole duration")


def test_the_reply_to_a_hold_under_a_block_names_the_block_while_the_model_still_runs() -> None:
    scene = Scene(a_model("08:00-16:00"))
    scene.at("12:00")
    make_hosted(scene)
    scene.record(ownership=Ownership.STARTED)
    assert "READY until it stops: " in scene.asks("block", until="14:00").reason
    under = scene.asks("hold", until="18:00").reason
    assert f"; a block keeps it off until {format_instant(at('14:00'), None)}; next needed from " in under
    assert "a block keeps it off" not in scene.asks("hold", until="18:00", priority=60).reason


def test_the_reply_to_a_hold_soon_after_a_block_of_its_schedule_counts_the_stop_that_the_block_cost() -> None:
    scene = Scene(a_model("08:00-16:00"))
    scene.at("10:00")
    scene.asks("block", schedule="early", until="10:20")
    scene.at("10:22")
    reply = scene.asks("hold", **{"from": "15:00"}, until="18:00")
    assert reply.ready_at == at("10:37")  # started at 10:05, after the stop of the earlier run


def test_the_reply_to_a_hold_that_prolongs_a_shift_says_that_it_is_ready(scene: Scene) -> None:
    scene = Scene(a_model("08:00-16:00"))
    scene.at("15:00")
    make_hosted(scene)
    reply = scene.asks("hold", until="20:00")
    assert (reply.code, reply.phase, reply.ready_at) == (Code.ACCEPTED, Phase.HOSTED, at("07:50"))
    assert reply.margin == timedelta(minutes=10)


def test_a_hold_for_a_while_ends_that_long_after_its_begin(scene: Scene) -> None:
    scene.asks("hold", request_id="a", duration="2h")
    scene.asks("hold", request_id="b", **{"from": "18:00"}, duration="2h")
    assert (scene.until("a"), scene.until("b")) == (at("19:00"), at("20:00"))


def test_a_begin_that_has_passed_is_now(scene: Scene) -> None:
    scene.asks("hold", request_id="a", **{"from": "16:55"}, duration="2h")
    found = scene.find_standing("a")
    assert found is not None
    assert (found.begin, found.until) == (at("17:00"), at("18:55"))


def test_a_hold_after_a_stop_was_won_is_accepted_and_restarts(scene: Scene) -> None:
    scene.record(phase=Phase.STOPPING, attempt=attempt(Call.STOP))
    reply = scene.asks("hold", until="20:00")
    assert (reply.accepted, reply.code, reply.ready_at) == (True, Code.ACCEPTED_WILL_RESTART, at("17:32"))


def test_a_stop_that_is_won_while_a_hold_is_judged_is_reported_in_its_reply(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = scene.store.answer

    def meanwhile(*arguments: Any) -> None:
        monkeypatch.setattr(scene.store, "answer", answer)
        record = scene.store.records[WELD]
        scene.store.save(replace(record, phase=Phase.STOPPING, attempt=attempt(Call.STOP)), None)
        answer(*arguments)

    monkeypatch.setattr(scene.store, "answer", meanwhile)
    assert scene.asks("hold", until="20:00").code == Code.ACCEPTED_WILL_RESTART


def test_a_hold_for_tomorrow_is_none_of_the_business_of_a_stop_under_way(scene: Scene) -> None:
    scene.record(phase=Phase.STOPPING, attempt=attempt(Call.STOP))
    assert scene.asks("hold", day=1, **{"from": "19:00"}, until="20:00").code == Code.ACCEPTED


@pytest.mark.parametrize(
    ("resize", "units", "code"),
    [
        (Resize.KEEP, 3, Code.UNITS_NOT_AVAILABLE_UNTIL_RESTART),
        (Resize.KEEP, 2, Code.ACCEPTED),
        (Resize.RESTART, 3, Code.ACCEPTED_WILL_RESTART),
    ],
)
def test_more_units_than_it_runs_with_come_with_a_restart(resize: Resize, units: int, code: Code) -> None:
    scene = Scene(a_model("08:00-16:00", resize=resize, max_units_by_request=3))
    scene.at("12:00")
    make_hosted(scene, units=2)
    reply = scene.asks("hold", request_id="a", until="20:00", units=units)
    assert (reply.accepted, reply.code) == (True, code)
    found = scene.find_standing("a")
    assert found is not None
    assert found.units == units


def test_a_hold_too_short_for_a_restart_says_with_how_many_units_it_is_served() -> None:
    scene = Scene(a_model("08:00-16:00", resize=Resize.RESTART, max_units_by_request=6))
    scene.at("12:00")
    make_hosted(scene, units=2)
    reply = scene.asks("hold", request_id="a", until="12:01", units=6)
    assert (reply.accepted, reply.code) == (True, Code.UNITS_NOT_AVAILABLE_UNTIL_RESTART)
    assert "2 of 6 units" in reply.reason


def test_a_hold_that_comes_when_its_shift_starts_says_with_how_many_units_it_is_served() -> None:
    scene = Scene(a_model("08:00-16:00", max_units_by_request=6))
    scene.at("07:29")
    reply = scene.asks("hold", request_id="a", until="20:00", units=6)
    assert (reply.accepted, reply.code) == (True, Code.UNITS_NOT_AVAILABLE_UNTIL_RESTART)
    assert "1 of 6 units" in reply.reason


@pytest.mark.parametrize(("cap", "most"), [(None, 2), (2, 2), (4, 4)])
def test_more_units_than_the_plan_lets_a_request_have_are_rejected_with_the_most(cap: int | None, most: int) -> None:
    scene = Scene(a_model("08:00-16:00", units=Units(2), max_units_by_request=cap))
    reply = scene.asks("hold", request_id="a", until="20:00", units=most + 1)
    assert (reply.accepted, reply.code) == (False, Code.TOO_MANY_UNITS)
    assert f"at most {most}" in reply.reason
    assert "weld-seams" in reply.reason
    assert scene.find_standing("a") is None
    assert scene.asks("hold", request_id="b", until="20:00", units=most).accepted


def test_a_hold_or_extend_beyond_the_budget_is_rejected_with_the_rest_of_it() -> None:
    scene = Scene(a_model("08:00-16:00", max_unit_hours_by_request=4))
    scene.at("12:00")
    assert scene.asks("hold", request_id="a", until="19:00").accepted
    reply = scene.asks("extend", of="a", until="20:30")
    assert (reply.accepted, reply.code) == (False, Code.TOO_MANY_UNIT_HOURS)
    assert "1.5 unit-hours" in reply.reason
    assert "1.0 more that day, of 4" in reply.reason
    assert scene.asks("extend", of="a", until="20:00").accepted
    assert scene.asks("hold", request_id="b", until="20:01").code == Code.TOO_MANY_UNIT_HOURS
    assert scene.find_standing("b") is None


def test_a_plan_cannot_allow_more_than_the_stack() -> None:
    scene = Scene(a_model("08:00-16:00", max_unit_hours_by_request=9), limits=replace(LIMITS, unit_hours=4))
    scene.at("12:00")
    reply = scene.asks("hold", until="20:01")
    assert (reply.code, "RequestMaxUnitHours" in reply.reason) == (Code.TOO_MANY_UNIT_HOURS, True)
    assert scene.asks("hold", until="20:00").accepted


def test_each_answer_says_what_it_adds_to_the_cost_once() -> None:
    scene = Scene(a_model("08:00-16:00", units=Units(2)), replace(a_model("08:00-16:00"), model_id=PAINT))
    scene.at("12:00")
    hold = scene.message("hold", request_id="a", until="19:00")
    assert scene.takes(hold).unit_hours == pytest.approx(2 * 3)
    assert scene.takes(hold).unit_hours == 0
    assert scene.takes(scene.message("extend", of="a", until="20:00")).unit_hours == pytest.approx(2)
    assert scene.takes(scene.message("hold", schedule="early", until="20:30")).unit_hours == pytest.approx(
        2 * 4.5 + 4.5
    )
    for free in (
        scene.message("release", of="a"),
        scene.message("block", until="20:00"),
        scene.message("hold", until="15:00"),
    ):
        assert scene.takes(free).unit_hours == 0
    assert scene.takes(scene.message("hold", duration="999h")).unit_hours == 0


def test_units_are_refused_where_the_service_takes_none() -> None:
    scene = Scene(a_model("08:00-16:00", target=TARGETS[Backend.SAGEMAKER]))
    assert scene.asks("hold", until="20:00", units=2).code == Code.TAKES_NO_UNITS


# --- a refused request
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "fields", "code"),
    [
        ("hold", {"until": "16:59"}, Code.EXPIRED),
        ("hold", {"from": "14:00", "duration": "3h"}, Code.EXPIRED),
        ("block", {"until": "17:00"}, Code.EXPIRED),
        ("hold", {"duration": "168h1s"}, Code.TOO_LONG),
        ("hold", {"model": "no-such", "until": "20:00"}, Code.UNKNOWN_MODEL),
        ("hold", {"schedule": "no-such", "until": "20:00"}, Code.UNKNOWN_SCHEDULE),
        ("status", {"model": "no-such"}, Code.UNKNOWN_MODEL),
        ("release", {"model": "no-such", "of": "x"}, Code.UNKNOWN_MODEL),
        ("extend", {"of": "x", "duration": "1h"}, Code.UNKNOWN_REQUEST),
        ("hold", {"until": "20:00", "reply_to": REPLIES + "-2"}, Code.REPLY_QUEUE_NOT_ALLOWED),
        ("hold", {"until": "20:00", "unit": 2}, Code.INVALID),
        ("hold", {"until": "20:00", "version": 2}, Code.UNSUPPORTED_VERSION),
        ("hold", {"until": "20:00", "request_id": "a b"}, Code.UNREADABLE),
    ],
)
def test_what_cannot_be_is_refused_stored_as_answered_and_put_aside(
    scene: Scene, verb: str, fields: dict[str, Any], code: Code
) -> None:
    before = scene.stored
    message = scene.message(verb, **fields)
    reply = scene.takes(message).reply
    assert (reply.accepted, reply.code) == (False, code)
    assert scene.stored == before
    assert scene.sent() == []
    assert scene.store.find_reply(reply.request_id) == reply
    ((body, told),) = scene.rejected.messages
    assert body == message.body
    assert told == {
        "code": code,
        "reason": reply.reason,
        "request_id": reply.request_id,
        "requester": LINE,
    }


def test_the_longest_allowed_is_the_stacks() -> None:
    scene = Scene(a_model("08:00-16:00"), limits=replace(LIMITS, longest=timedelta(days=1)))
    assert scene.asks("hold", duration="24h").code == Code.ACCEPTED
    assert scene.asks("hold", duration="24h1s").code == Code.TOO_LONG


def test_what_begins_too_far_ahead_is_refused(scene: Scene) -> None:
    begin = scene.clock.at + AHEAD_MAX
    scene.asks("hold", request_id="a", duration="1h")
    message = scene.message("hold", duration="1h")
    for seconds, code in ((0, Code.ACCEPTED), (1, Code.TOO_FAR_AHEAD)):
        fields = json.loads(message.body) | {
            "from": (begin + timedelta(seconds=seconds)).isoformat(),
            "request_id": f"far-{seconds}",
        }
        assert scene.takes(replace(message, body=json.dumps(fields))).reply.code == code


def test_one_sender_has_a_part_of_the_places_of_a_subject(scene: Scene) -> None:
    scene.many(DEFAULT_PLACES - 1)
    assert scene.asks("hold", request_id="a", until="20:00").code == Code.ACCEPTED
    full = scene.asks("block", until="20:00")
    assert (full.code, full.reason) == (
        Code.TOO_MANY_ACTIVE,
        "10 of your holds and blocks have not ended; one sender may have 10",
    )
    assert scene.asks("block", OTHER, until="20:00").code == Code.ACCEPTED
    assert scene.asks("hold", model=PAINT, until="20:00").code == Code.ACCEPTED
    scene.asks("release", of="a")
    assert scene.asks("block", until="20:00").code == Code.ACCEPTED


@pytest.mark.parametrize("senders", [2, 5, 20])
def test_however_many_fill_the_places_an_admin_finds_one_and_one_more_to_stop(senders: int) -> None:
    scene = Scene(a_model("08:00-22:00"))
    scene.at("17:00")
    per_sender = ACTIVE_MAX // senders
    for number in range(senders):
        for _ in range(per_sender):
            assert scene.asks("hold", f"AROASENDER{number}", until="23:00").accepted
    assert scene.asks("hold", OTHER, until="20:00").code == Code.TOO_MANY_ACTIVE
    for _ in range(ADMIN_PLACES):
        assert scene.asks("hold", ADMIN, until="23:30", priority=60).code == Code.ACCEPTED
    assert scene.asks("hold", ADMIN, until="20:00").code == Code.TOO_MANY_ACTIVE
    for _ in range(STOP_PLACES):
        assert scene.asks("stop_now", ADMIN).code == Code.ACCEPTED
    assert scene.asks("stop_now", ADMIN, priority=60).code == Code.TOO_MANY_ACTIVE


def test_what_has_ended_is_dropped_to_make_room_and_its_release_still_says_so() -> None:
    """A sender that holds and releases all day locks out neither itself nor anybody else."""
    scene = Scene(a_model("08:00-16:00"), limits=replace(LIMITS, is_rated=False))
    scene.at("17:00")
    for number in range(2 * SENDER_KEPT_MAX):
        assert scene.asks("hold", request_id=f"h-{number}", until="20:00").code == Code.ACCEPTED
        assert scene.asks("release", of=f"h-{number}").code == Code.ACCEPTED
    stored = scene.store.stands[Subject(WELD)]
    assert len(stored) == SENDER_KEPT_MAX
    assert "h-199" in stored
    assert scene.asks("release", of="h-0").code == Code.NOTHING_TO_DO
    assert scene.asks("hold", OTHER, until="20:00").code == Code.ACCEPTED


def test_a_subject_that_an_earlier_release_filled_has_room(scene: Scene) -> None:
    scene.many(KEPT_MAX, begin="09:00", until="10:00")
    assert scene.asks("hold", OTHER, until="20:00").code == Code.ACCEPTED
    assert len(scene.store.stands[Subject(WELD)]) == KEPT_MAX


def test_a_reply_queue_that_the_stack_allows_stands_in_the_reply(scene: Scene) -> None:
    assert scene.asks("hold", until="20:00", reply_to=REPLIES).reply_to == REPLIES
    assert scene.asks("hold", until="20:00", reply_to=REPLIES, units=0).reply_to == REPLIES
    assert scene.asks("hold", until="20:00", reply_to=REPLIES + "-2").reply_to is None


# --- the same again, and another one under its id ---------------------------------------------------------------------


def test_the_same_request_again_gets_the_same_reply_and_wakes_nobody(scene: Scene) -> None:
    message = scene.message("hold", until="20:00")
    first = scene.takes(message)
    scene.sent()
    scene.record(wake_at=None)
    scene.at("18:00")
    again = scene.takes(replace(message, message_id="another"))
    assert (again.reply, again.again) == (first.reply, True)
    assert (scene.find_due(), scene.sent()) == ([], [])
    assert len(scene.store.replies) == 1


@pytest.mark.parametrize("verb", ["release", "unblock"])
@pytest.mark.parametrize("about", [{}, {"schedule": "early"}])
def test_a_release_of_what_nobody_knows_wakes_nobody(scene: Scene, verb: str, about: dict[str, str]) -> None:
    before = dict(scene.store.records)
    assert scene.asks(verb, of="never-seen", **about).code == Code.RELEASE_NOTED
    assert (scene.store.records, scene.sent()) == (before, [])


def test_a_repeat_about_a_schedule_wakes_nobody_once_all_its_models_were_woken(scene: Scene) -> None:
    hold = scene.message("hold", request_id="a", schedule="early", until="20:00")
    release = scene.message("release", of="a", schedule="early")
    for message in (hold, release):
        scene.takes(message)
    scene.sent()
    before = dict(scene.store.records)
    for message in (hold, release):
        assert scene.takes(replace(message, message_id="again")).again
    assert (scene.store.records, scene.sent()) == (before, [])


def test_a_refusal_again_is_the_same_refusal_even_if_it_could_be_accepted_by_now(scene: Scene) -> None:
    scene.many(ACTIVE_MAX)
    message = scene.message("hold", until="20:00")
    first = scene.takes(message).reply
    scene.at("18:00")
    assert scene.takes(message).reply == first
    assert len(scene.rejected.messages) == 2


def test_another_request_under_a_taken_id_is_refused_under_an_id_of_its_own(scene: Scene) -> None:
    first = scene.asks("hold", request_id="a", until="20:00")
    other = scene.message("hold", request_id="a", until="21:00")
    refused = scene.takes(other).reply
    assert (refused.accepted, refused.code) == (False, Code.ID_TAKEN)
    assert "The request_id a belongs to another request" in refused.reason
    assert refused.request_id.startswith("taken-")
    assert scene.store.find_reply(RequestId("a")) == first
    assert scene.until("a") == at("20:00")
    assert scene.takes(other).reply == refused


def test_the_ids_of_a_sender_are_its_own(scene: Scene) -> None:
    first = scene.asks("hold", request_id="a", until="20:00")
    message = scene.message("hold", OTHER, request_id="a", until="21:00")
    reply = scene.takes(message).reply
    assert (reply.code, reply.request_id) == (Code.ACCEPTED, f"a::{OTHER}")
    assert scene.takes(message).reply == reply
    assert scene.asks("hold", OTHER, request_id="a", until="22:00").code == Code.ID_TAKEN
    assert scene.store.find_reply(RequestId("a")) == first
    assert scene.asks("extend", OTHER, of="a", until="21:30").of == f"a::{OTHER}"
    released = scene.asks("release", OTHER, of="a")
    assert (released.code, released.of) == (Code.ACCEPTED, f"a::{OTHER}")
    assert (scene.until("a"), scene.until(f"a::{OTHER}")) == (at("20:00"), at("17:00"))
    assert scene.asks("release", OTHER, of="a").code == Code.NOTHING_TO_DO
    assert scene.until("a") == at("20:00")


def test_an_id_that_another_has_used_elsewhere_costs_nobody_its_own_release(scene: Scene) -> None:
    scene.asks("hold", OTHER, request_id="a", model=PAINT, until="20:00")
    assert scene.asks("release", of="a").code == Code.RELEASE_NOTED
    assert scene.asks("hold", request_id="a", until="20:00").code == Code.RELEASED_AT_BIRTH
    assert scene.until(f"a::{LINE}") == at("17:00")


def test_a_release_that_came_before_another_took_the_id_counts(scene: Scene) -> None:
    assert scene.asks("release", of="a").code == Code.RELEASE_NOTED
    scene.asks("hold", OTHER, request_id="a", model=PAINT, until="20:00")
    assert scene.asks("hold", request_id="a", until="20:00").code == Code.RELEASED_AT_BIRTH


def test_an_admin_lifts_by_the_id_as_sent_or_as_stored(scene: Scene) -> None:
    scene.asks("hold", OTHER, request_id="a", model=PAINT, until="20:00")
    for name, of in (("a", "a"), ("b", f"b::{LINE}")):
        scene.asks("block", OTHER, request_id=name, model=PAINT, until="20:00")
        assert scene.asks("block", request_id=name, until="20:00").accepted
        assert scene.asks("unblock", ADMIN, of=of).code == Code.ACCEPTED
        assert scene.until(f"{name}::{LINE}") == at("17:00")


def test_no_sender_chooses_an_id_that_is_kept_for_another(scene: Scene) -> None:
    for name in (f"a::{OTHER}", "a::account:111122223333:mes"):
        assert scene.asks("hold", request_id=name, until="20:00").code == Code.UNREADABLE


def test_the_session_of_a_sender_is_kept_next_to_its_role(scene: Scene) -> None:
    message = replace(scene.message("hold", request_id="a", until="20:00"), sender_id=f"{LINE}:ada@example.com")
    assert scene.takes(message).reply.session == "ada@example.com"
    found = scene.find_standing("a")
    assert found is not None
    assert (found.requester, found.session) == (LINE, "ada@example.com")
    again = replace(scene.message("hold", until="20:00"), sender_id=f"{LINE}:\x1b[31m")
    assert scene.takes(again).reply.session == ""


def test_one_service_on_the_bus_does_not_release_the_hold_of_another(scene: Scene) -> None:
    def event(source: str, verb: str, **fields: Any) -> IncomingMessage:
        message = scene.message(verb, **fields)
        envelope = {"detail-type": "Preheat Request", "account": "111122223333", "source": source}
        return replace(
            message, sender_id="AIDAEVENTS", body=json.dumps(envelope | {"detail": json.loads(message.body)})
        )

    held = scene.takes(event("mes.line-7", "hold", request_id="a", until="20:00")).reply
    assert held.requester == "account:111122223333:mes.line-7"
    assert scene.takes(event("andon", "release", of="a")).reply.code == Code.NOT_YOURS
    assert scene.takes(event("mes.line-7", "release", of="a")).reply.code == Code.ACCEPTED


def test_an_event_that_an_earlier_release_answered_is_still_its_accounts(scene: Scene) -> None:
    message = scene.message("hold", request_id="a", until="20:00")
    envelope = {"detail-type": "Preheat Request", "account": "111122223333", "detail": json.loads(message.body)}
    earlier = replace(message, sender_id="AIDAEVENTS", body=json.dumps(envelope))
    first = scene.takes(earlier).reply
    assert first.requester == "account:111122223333"
    now = replace(earlier, body=json.dumps(envelope | {"source": "mes.line-7"}))
    assert scene.takes(now).reply == first
    ends = json.loads(scene.message("release", of="a").body)
    release = replace(now, body=json.dumps(envelope | {"source": "mes.line-7", "detail": ends}))
    assert scene.takes(release).reply.code == Code.ACCEPTED


# --- release, block, unblock ------------------------------------------------------------------------------------------


def test_a_release_ends_its_hold_now_and_has_the_model_checked(scene: Scene) -> None:
    scene.asks("hold", request_id="a", until="20:00")
    scene.sent()
    scene.at("18:00")
    reply = scene.asks("release", of="a")
    assert (reply.code, reply.of) == (Code.ACCEPTED, "a")
    assert scene.until("a") == at("18:00")
    assert scene.sent() == [WELD]


@pytest.mark.parametrize(("made", "ends"), [("hold", "release"), ("block", "unblock")])
def test_what_a_clock_that_is_behind_ends_has_held_all_the_same(scene: Scene, made: str, ends: str) -> None:
    """A pass may have acted on it: if it counted as one that never held, its demand would get a second verdict."""
    scene.asks(made, request_id="short", until="20:00")
    scene.clock.at = at("16:59:57")
    assert scene.asks(ends, of="short").code == Code.ACCEPTED
    found = scene.find_standing("short")
    assert found is not None
    assert (found.begin, found.end) == (at("17:00"), at("17:00:01"))


def test_a_hold_that_was_released_before_its_begin_never_holds(scene: Scene) -> None:
    scene.asks("hold", request_id="a", **{"from": "19:00"}, until="20:00")
    assert scene.asks("release", of="a").code == Code.ACCEPTED
    found = scene.find_standing("a")
    assert found is not None
    assert found.end < found.begin


@pytest.mark.parametrize(("by", "code"), [(LINE, Code.ACCEPTED), (ADMIN, Code.ACCEPTED), (OTHER, Code.NOT_YOURS)])
@pytest.mark.parametrize("verb", ["release", "extend"])
def test_only_who_asked_for_it_or_an_admin_may_change_it(scene: Scene, verb: str, by: str, code: Code) -> None:
    scene.asks("hold", request_id="a", until="20:00")
    more = {"duration": "1h"} if verb == "extend" else {}
    assert scene.asks(verb, by, of="a", **more).code == code


def test_a_second_release_finds_nothing_to_do(scene: Scene) -> None:
    scene.asks("hold", request_id="a", until="20:00")
    scene.asks("release", of="a")
    scene.at("18:00")
    reply = scene.asks("release", of="a")
    assert (reply.accepted, reply.code) == (True, Code.NOTHING_TO_DO)
    assert scene.until("a") == at("17:00")


@pytest.mark.parametrize(("made", "ends"), [("hold", "unblock"), ("block", "release")])
def test_a_hold_is_released_and_a_block_unblocked(scene: Scene, made: str, ends: str) -> None:
    scene.asks(made, request_id="a", until="20:00")
    assert scene.asks(ends, of="a").code == Code.WRONG_KIND
    assert scene.until("a") == at("20:00")


def test_a_release_that_came_early_is_forgotten_after_thirty_days(scene: Scene) -> None:
    noted = scene.asks("release", of="a")
    assert noted.code == Code.RELEASE_NOTED
    scene.clock.advance_to(noted.at + KEPT_AFTER_EXPIRY)
    later = scene.asks("hold", request_id="a", duration="3h")
    assert (later.code, scene.until("a")) == (Code.ACCEPTED, scene.clock.at + timedelta(hours=3))


def test_a_hold_that_comes_after_its_release_ends_at_birth(scene: Scene) -> None:
    noted = scene.asks("release", of="a")
    assert (noted.accepted, noted.code) == (True, Code.RELEASE_NOTED)
    scene.at("17:01")
    reply = scene.asks("hold", request_id="a", until="20:00")
    assert (reply.accepted, reply.code) == (True, Code.RELEASED_AT_BIRTH)
    found = scene.find_standing("a")
    assert found is not None
    assert found.end == found.begin == at("17:01")


@pytest.mark.parametrize("noted", ["release", "unblock"])
@pytest.mark.parametrize("then", ["hold", "block"])
def test_what_was_noted_ends_whatever_comes_under_the_id(scene: Scene, noted: str, then: str) -> None:
    assert scene.asks(noted, of="a").code == Code.RELEASE_NOTED
    reply = scene.asks(then, request_id="a", duration="2h")
    assert reply.code == Code.RELEASED_AT_BIRTH
    assert scene.until("a") == scene.clock.at


@pytest.mark.parametrize("kind", ["hold", "block"])
def test_an_extension_before_what_it_extends_is_refused_and_is_made_once_it_comes_again_after(
    scene: Scene, kind: str
) -> None:
    early = scene.asks("extend", of="a", duration="30m", request_id="early")
    assert (early.code, scene.stored[1]) == (Code.UNKNOWN_REQUEST, {})
    stands = scene.asks(kind, request_id="a", duration="2h")
    assert stands.until is not None
    assert scene.asks("extend", of="a", duration="30m", request_id="early") == early  # the same again is the same
    assert scene.asks("extend", of="a", duration="30m", request_id="again").code == Code.ACCEPTED
    assert scene.until("a") == stands.until + timedelta(minutes=30)


@pytest.mark.parametrize(("by", "code"), [(ADMIN, Code.RELEASED_AT_BIRTH), (OTHER, Code.ACCEPTED)])
def test_a_release_that_came_before_counts_if_it_is_an_admins_and_not_if_it_is_anybodys(
    scene: Scene, by: str, code: Code
) -> None:
    scene.asks("release", by, of="a")
    assert scene.asks("hold", request_id="a", until="20:00").code == code


def test_a_release_between_the_look_for_one_and_the_write_of_a_hold_is_not_lost(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, release = scene.store.answer, scene.message("release", of="a")

    def meanwhile(*arguments: Any) -> None:
        monkeypatch.setattr(scene.store, "answer", answer)
        scene.takes(release)
        answer(*arguments)

    monkeypatch.setattr(scene.store, "answer", meanwhile)
    assert scene.asks("hold", request_id="a", until="20:00").code == Code.RELEASED_AT_BIRTH


def test_a_hold_between_the_look_for_it_and_the_write_of_its_release_is_released(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, hold = scene.store.answer, scene.message("hold", request_id="a", until="20:00")

    def meanwhile(*arguments: Any) -> None:
        monkeypatch.setattr(scene.store, "answer", answer)
        scene.takes(hold)
        answer(*arguments)

    monkeypatch.setattr(scene.store, "answer", meanwhile)
    assert scene.asks("release", of="a").code == Code.ACCEPTED
    assert scene.until("a") == at("17:00")


def test_a_release_of_a_refused_hold_or_of_one_of_another_subject_says_so(scene: Scene) -> None:
    scene.asks("hold", request_id="gone", until="16:00")
    reply = scene.asks("release", of="gone")
    assert (reply.code, reply.reason) == (Code.UNKNOWN_REQUEST, "gone was rejected: expired")
    scene.asks("hold", request_id="a", model=PAINT, until="20:00")
    reply = scene.asks("release", of="a")
    assert (reply.code, reply.reason) == (Code.UNKNOWN_REQUEST, "a belongs to paint-shop")


def test_a_hold_that_is_no_longer_kept_has_ended(scene: Scene) -> None:
    scene.asks("hold", request_id="a", until="20:00")
    scene.store.stands.clear()
    assert scene.asks("release", of="a").code == Code.NOTHING_TO_DO


def test_a_request_of_a_model_that_left_the_plan_can_still_be_released(scene: Scene) -> None:
    scene.asks("hold", request_id="a", until="20:00")
    scene.store.apply([], expected_version=1, at=scene.clock.at)
    assert scene.asks("release", of="a").code == Code.ACCEPTED
    assert scene.until("a") == at("17:00")


def test_a_block_is_active_with_its_weight_until_it_is_lifted(scene: Scene) -> None:
    scene.asks("block", request_id="b", until="20:00", priority=90, hard=True)
    found = scene.find_standing("b")
    assert found is not None
    assert (found.kind, found.priority, found.hard) == (Kind.BLOCK, 90, True)
    scene.at("18:00")
    assert scene.asks("unblock", of="b").code == Code.ACCEPTED
    assert scene.until("b") == at("18:00")


# --- extend -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [{"until": "21:30"}, {"duration": "1h30m"}])
def test_a_hold_is_extended_to_an_instant_or_by_a_while(scene: Scene, by: dict[str, str]) -> None:
    scene.asks("hold", request_id="a", until="20:00")
    reply = scene.asks("extend", of="a", **by)
    assert (reply.code, reply.until) == (Code.ACCEPTED, at("21:30"))
    found = scene.find_standing("a")
    assert found is not None
    assert (found.until, found.known_at, found.revision) == (at("21:30"), at("17:00"), 2)


def test_an_extension_never_shortens(scene: Scene) -> None:
    scene.asks("hold", request_id="a", until="20:00")
    assert scene.asks("extend", of="a", until="19:00").code == Code.NOTHING_TO_DO
    assert scene.until("a") == at("20:00")


def test_what_has_ended_is_not_extended(scene: Scene) -> None:
    scene.asks("hold", request_id="a", until="20:00")
    scene.asks("hold", request_id="b", until="20:00")
    scene.asks("release", of="b")
    assert scene.asks("extend", of="b", until="22:00").code == Code.ENDED
    scene.at("20:00")
    assert scene.asks("extend", of="a", until="22:00").code == Code.ENDED


def test_an_extension_is_bounded_from_now_on_and_each_one_is_asked_for(scene: Scene) -> None:
    scene.asks("hold", request_id="a", duration="168h")
    assert scene.asks("extend", of="a", duration="1s").code == Code.TOO_LONG
    scene.at("17:00", day=1)
    assert scene.asks("extend", of="a", duration="24h").code == Code.ACCEPTED


# --- stop now ---------------------------------------------------------------------------------------------------------


def test_stop_now_blocks_until_the_end_of_the_current_demand(scene: Scene) -> None:
    scene = Scene(a_model("08:00-16:00"))
    scene.at("12:00")
    reply = scene.asks("stop_now", request_id="s", reason="line down")
    assert (reply.code, reply.begin, reply.until) == (Code.ACCEPTED, at("12:00"), at("16:00"))
    found = scene.find_standing("s")
    assert found is not None
    assert found.kind is Kind.BLOCK
    assert scene.asks("unblock", of="s").code == Code.ACCEPTED


def test_stop_now_reaches_as_far_as_a_hold_that_prolongs_the_shift(scene: Scene) -> None:
    scene.asks("hold", until="20:00")
    assert scene.asks("stop_now").until == at("20:00")


def test_stop_now_without_a_demand_has_nothing_to_do(scene: Scene) -> None:
    reply = scene.asks("stop_now")
    assert (reply.accepted, reply.code) == (True, Code.NOTHING_TO_DO)


def test_stop_now_of_a_schedule_ends_with_that_schedule_and_not_with_its_models_other_demands() -> None:
    late = replace(shifts("10:00-22:00"), name="late")
    scene = Scene(a_model(schedules=(shifts("08:00-16:00"), late)))
    scene.at("12:00")
    whole = scene.asks("stop_now", request_id="whole")
    assert whole.until == at("22:00")
    scene.asks("unblock", of="whole")
    assert scene.asks("stop_now", schedule="early").until == at("16:00")


def test_stop_is_stop_now_by_its_newer_name(scene: Scene) -> None:
    scene = Scene(a_model("08:00-16:00"))
    scene.at("12:00")
    reply = scene.asks("stop", request_id="s")
    assert (reply.code, reply.until) == (Code.ACCEPTED, at("16:00"))
    assert scene.asks("unblock", of="s").code == Code.ACCEPTED


@pytest.mark.parametrize(
    "seen",
    [
        {"observed": Observed.HOSTED, "phase": Phase.UNSCHEDULED},
        {"observed": Observed.STARTING, "phase": Phase.UNSCHEDULED},
        {"observed": Observed.BUSY},
        {"observed": Observed.STOPPED, "unread": Unread(MIDNIGHT, "AccessDenied", Answer.DENIED)},
    ],
)
def test_a_stop_outside_any_demand_blocks_what_may_run_for_an_hour_and_overrides_no_hold(
    scene: Scene, seen: dict[str, Any]
) -> None:
    scene.record(**seen)
    reply = scene.asks("stop", request_id="s")
    found = scene.find_standing("s")
    assert (reply.code, reply.until) == (Code.ACCEPTED, at("18:00"))
    assert found is not None
    assert (found.kind, found.priority) == (Kind.BLOCK, 0)
    assert scene.find_due() == [WELD]
    assert scene.asks("hold", until="20:00").ready_at is not None


def test_a_stop_outside_any_demand_ends_before_the_next_one_begins() -> None:
    scene = Scene(a_model("08:00-16:00", "17:40-18:00"))
    scene.at("17:00")
    scene.record(observed=Observed.HOSTED, phase=Phase.UNSCHEDULED)
    assert scene.asks("stop").until == at("17:40")


def test_a_stop_of_a_schedule_stops_what_runs_of_its_models(scene: Scene) -> None:
    scene.record(observed=Observed.HOSTED, phase=Phase.UNSCHEDULED)
    reply = scene.asks("stop", schedule="early")
    assert (reply.code, reply.until) == (Code.ACCEPTED, at("18:00"))
    assert sorted(scene.find_due()) == [PAINT, WELD]


def test_a_stop_says_that_it_stops_what_somebody_else_started_or_that_it_cannot() -> None:
    def reason(backend: Backend) -> str:
        scene = Scene(a_model("08:00-16:00", target=TARGETS[backend]))
        scene.at("17:00")
        scene.record(observed=Observed.HOSTED, phase=Phase.UNSCHEDULED, target=TARGETS[backend])
        return scene.asks("stop").reason

    assert reason(Backend.REKOGNITION).endswith("; Preheat stops it, although somebody else started it")
    assert "; to delete it yourself: aws sagemaker delete-endpoint --endpoint-name" in reason(Backend.SAGEMAKER)


def test_a_stop_that_a_stronger_hold_overrides_says_so(scene: Scene) -> None:
    scene.asks("hold", request_id="audit", until="20:00", priority=60)
    assert scene.asks("stop").reason.endswith("; it stays needed, because hold audit has priority 60")
    assert "stays needed" not in scene.asks("stop", priority=60).reason


# --- start ------------------------------------------------------------------------------------------------------------


def test_a_start_is_a_hold_for_as_long_as_the_stack_allows() -> None:
    scene = Scene(a_model("08:00-16:00", max_units_by_request=2))
    scene.at("17:00")
    reply = scene.asks("start", request_id="s", units=2)
    found = scene.find_standing("s")
    assert (reply.code, reply.until, reply.ready_at) == (Code.ACCEPTED, at("17:00") + LIMITS.longest, at("17:32"))
    assert found is not None
    assert (found.kind, found.units) == (Kind.HOLD, 2)
    assert scene.asks("release", of="s").code == Code.ACCEPTED


# --- schedules --------------------------------------------------------------------------------------------------------


def test_a_hold_of_a_schedule_is_stored_once_and_wakes_each_of_its_models(scene: Scene) -> None:
    reply = scene.asks("hold", request_id="a", schedule="early", until="20:00")
    assert (reply.code, reply.phase, reply.ready_at) == (Code.ACCEPTED, None, None)
    assert scene.store.find_standing(Subject(schedule="early"), RequestId("a")) is not None
    assert scene.store.read_standings(Subject(schedule="early"), MIDNIGHT).version == 1
    assert (sorted(scene.find_due()), sorted(scene.sent())) == ([PAINT, WELD], [PAINT, WELD])


def test_models_of_a_schedule_that_could_not_be_woken_are_woken_by_the_same_message_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    wake = scene.store.wake

    def refuse(model_id: ModelId, _: Any) -> None:
        if model_id == WELD:
            raise StoreUnavailable("gone")

    answer = scene.store.answer

    def half(reply: Any, change: Any, *_: Any) -> None:
        answer(reply, change, [PAINT])
        raise StoreUnavailable("gone")

    message = scene.message("hold", schedule="early", until="20:00")
    monkeypatch.setattr(scene.store, "answer", half)
    with pytest.raises(StoreUnavailable):
        scene.takes(message)
    monkeypatch.setattr(scene.store, "wake", refuse)
    with pytest.raises(StoreUnavailable):
        scene.takes(message)
    monkeypatch.setattr(scene.store, "wake", wake)
    assert scene.takes(message).again
    assert sorted(scene.find_due()) == [PAINT, WELD]
    before = dict(scene.store.records)
    assert scene.takes(message).woken == ()  # the first repeat woke all and noted it
    assert scene.store.records == before


def test_a_new_plan_is_read_again(scene: Scene) -> None:
    assert scene.asks("hold", schedule="night", until="20:00").code == Code.UNKNOWN_SCHEDULE
    night = a_model(schedules=(replace(shifts("22:00-06:00"), name="night"),))
    scene.store.apply([night], expected_version=1, at=scene.clock.at)
    assert scene.asks("hold", schedule="night", until="20:00").code == Code.ACCEPTED


def test_a_model_whose_plan_cannot_be_read_hides_no_other_of_its_schedule(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = scene.store.read_planned

    def read(model_id: ModelId) -> Any:
        if model_id == PAINT:
            raise UnreadableItem("plans paint-shop: schema 9")
        return planned(model_id)

    monkeypatch.setattr(scene.store, "read_planned", read)
    assert scene.asks("hold", schedule="early", until="20:00").code == Code.ACCEPTED
    assert scene.sent() == [WELD]
    with pytest.raises(UnreadableItem):
        scene.asks("hold", model=PAINT, until="20:00")


# --- status -----------------------------------------------------------------------------------------------------------


def test_status_of_a_hosted_model_is_its_verdict_with_its_margin() -> None:
    scene = Scene(a_model("08:00-16:00"))
    scene.at("12:00")
    make_hosted(scene)
    reply = scene.asks("status")
    assert (reply.phase, reply.ready_at, reply.margin) == (Phase.HOSTED, at("07:50"), timedelta(minutes=10))
    needed = "needed until 2026-11-23 16:00:00Z (early)"
    assert reply.reason == f"READY until 16:00 (in 4 h): hosted as required; {needed}"
    assert scene.sent() == []


def test_status_of_a_hosted_model_whose_stop_has_won_does_not_say_that_it_is_ready() -> None:
    scene = Scene(a_model("08:00-16:00"))
    scene.at("12:00")
    make_hosted(scene)
    scene.record(attempt=attempt(Call.STOP))
    reply = scene.asks("status")
    assert (reply.phase, reply.margin) == (Phase.HOSTED, None)
    assert reply.ready_at != at("07:50")


def test_status_of_an_idle_model_shows_when_it_will_be_ready_next(scene: Scene) -> None:
    scene.record(observed=Observed.STOPPED)
    reply = scene.asks("status")
    assert (reply.phase, reply.ready_at, reply.margin) == (Phase.IDLE, at("08:00", day=1), None)
    needed = "next needed from 2026-11-24 08:00:00Z (early)"
    assert reply.reason == f"OFF until Tue 08:00 (in 15 h): not needed now; {needed}"


def test_status_of_a_schedule_counts_its_models(scene: Scene) -> None:
    make_hosted(scene)
    assert scene.asks("status", schedule="early").reason == "2 models: 1 hosted, 1 idle"


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_lost_write_is_decided_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    answer, release = scene.store.answer, scene.message("release", of="a")
    scene.asks("hold", request_id="a", until="20:00")

    def meanwhile(*arguments: Any) -> None:
        monkeypatch.setattr(scene.store, "answer", answer)
        scene.takes(release)
        answer(*arguments)

    monkeypatch.setattr(scene.store, "answer", meanwhile)
    assert scene.asks("extend", of="a", until="22:00").code == Code.ENDED


def test_a_request_that_loses_writes_is_counted_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    answer, lost = scene.store.answer, [1, 2]

    def lose(*arguments: Any) -> None:
        if lost:
            lost.pop()
            raise StaleRecord("changed")
        answer(*arguments)

    monkeypatch.setattr(scene.store, "answer", lose)
    assert scene.asks("hold", until="20:00").accepted
    assert {subject: times for (_, subject, _), times in scene.store.counted.items()} == {None: 1, Subject(WELD): 1}


def test_who_is_always_too_late_is_sent_back(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise StaleRecord("changed")

    monkeypatch.setattr(scene.store, "answer", refuse)
    with pytest.raises(StaleRecord, match="5 writes in a row"):
        scene.asks("hold", until="20:00")


def test_a_queue_out_of_reach_leaves_the_model_due_for_the_tick(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise QueueUnavailable("gone")

    monkeypatch.setattr(scene.queue, "enqueue", refuse)
    assert scene.asks("hold", until="20:00").accepted
    assert scene.find_due() == [WELD]


def test_what_is_refused_and_cannot_be_put_aside_comes_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    message = scene.message("hold", until="16:00")
    put_aside = scene.rejected.put_aside

    def refuse(*_: Any) -> None:
        raise QueueUnavailable("gone")

    monkeypatch.setattr(scene.rejected, "put_aside", refuse)
    with pytest.raises(QueueUnavailable):
        scene.takes(message)
    monkeypatch.setattr(scene.rejected, "put_aside", put_aside)
    assert scene.takes(message).again
    assert len(scene.rejected.messages) == 1


def test_a_hold_whose_reply_was_lost_with_an_older_ledger_is_answered_again(scene: Scene) -> None:
    message = scene.message("hold", request_id="a", until="20:00")
    scene.takes(message)
    scene.store.replies.clear()
    assert scene.takes(message).reply.code == Code.ACCEPTED
    found = scene.find_standing("a")
    assert found is not None
    assert found.revision == 2
    scene.store.replies.clear()
    assert scene.asks("hold", OTHER, request_id="a", until="20:00").code == Code.ID_TAKEN


def test_an_unreadable_message_is_answered_under_a_made_up_id_once(scene: Scene) -> None:
    message = IncomingMessage("m-1", f"{LINE}:session", "hold weld-seams please")
    first, again = scene.takes(message).reply, scene.takes(message).reply
    assert first == again
    assert (first.code, first.verb, first.subject, first.requester) == (Code.UNREADABLE, None, None, LINE)
    assert len(scene.store.replies) == 1


def test_a_message_without_an_id_is_answered_where_it_asks_for_it(scene: Scene) -> None:
    reply = scene.asks("hold", until="20:00", request_id="a b", reply_to=REPLIES)
    assert (reply.code, reply.reply_to, reply.subject) == (Code.UNREADABLE, REPLIES, Subject(WELD))


def test_a_message_whose_sender_is_not_known_is_refused(scene: Scene) -> None:
    message = replace(scene.message("hold", until="20:00"), sender_id="")
    reply = scene.takes(message).reply
    assert (reply.code, reply.requester) == (Code.UNREADABLE, "unknown")
