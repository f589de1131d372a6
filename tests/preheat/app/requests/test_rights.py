"""The senders' table: who may ask for what, how often and how long; and what holds where a plan has none."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.day import MIDNIGHT, a_model, at
from tests.support.scene import ADMIN, LINE, OTHER, Scene

from preheat.app.publish import make_events
from preheat.app.requests.codes import Code
from preheat.app.requests.envelope import IncomingMessage
from preheat.app.requests.rights import SUBJECTS_AN_HOUR
from preheat.app.requests.ruling import KEPT_MAX, SENDER_KEPT_MAX
from preheat.domain.demand.request import Subject
from preheat.domain.plan.plan import ModelId
from preheat.domain.plan.senders import EventSource, SenderRule, matches

WELD = ModelId("weld-seams")
PAINT = ModelId("paint-shop")
MES = SenderRule("mes", roles=(LINE,), models=("weld-*",), longest=timedelta(hours=4))
CHIEF = SenderRule("chief", roles=(OTHER,), admin=True)


def a_scene(*rules: SenderRule, window: str = "08:00-16:00") -> Scene:
    """Five in the afternoon, with a senders' table."""
    scene = Scene(a_model(window))
    scene.store.apply(
        [a_model(window), replace(a_model(window), model_id=PAINT)], expected_version=1, at=MIDNIGHT, senders=rules
    )
    scene.at("17:00")
    return scene


def an_event(scene: Scene, source: str, verb: str, account: str = "111122223333", **fields: Any) -> IncomingMessage:
    message = scene.message(verb, **fields)
    envelope = {"detail-type": "Preheat Request", "account": account, "source": source}
    return replace(message, sender_id="AIDAEVENTS", body=json.dumps(envelope | {"detail": json.loads(message.body)}))


@pytest.mark.parametrize(
    ("verb", "fields", "code", "says"),
    [
        ("hold", {"duration": "4h"}, Code.ACCEPTED, "Hold from"),
        ("hold", {"duration": "4h1s"}, Code.TOO_LONG, "longer than 4:00:00"),
        ("block", {"duration": "1h"}, Code.NOT_ALLOWED, "mes may not block; allowed: extend, hold, release, status"),
        ("stop_now", {}, Code.NOT_ALLOWED, "mes may not stop_now"),
        ("hold", {"duration": "1h", "priority": 51}, Code.NOT_ALLOWED, "may not use priority 51; at most 50"),
        (
            "hold",
            {"duration": "1h", "model": PAINT},
            Code.NOT_ALLOWED,
            "no right to paint-shop; allowed: models weld-*",
        ),
        ("hold", {"duration": "1h", "schedule": "early"}, Code.NOT_ALLOWED, "no right to schedule#early"),
        ("status", {}, Code.ACCEPTED, "next needed"),
    ],
)
def test_an_entry_says_what_its_senders_may_ask_for(verb: str, fields: dict[str, Any], code: Code, says: str) -> None:
    reply = a_scene(MES).asks(verb, **fields)
    assert reply.code == code
    assert says in reply.reason


def test_an_entry_bounds_units() -> None:
    scene = a_scene(replace(MES, units_max=2))
    model = a_model("08:00-16:00", max_units_by_request=5)
    scene.store.apply([model], expected_version=2, at=scene.clock.at, senders=(replace(MES, units_max=2),))
    assert scene.asks("hold", duration="1h", units=2).code == Code.ACCEPTED
    assert scene.asks("hold", duration="1h", units=3).code == Code.NOT_ALLOWED


def test_a_hold_without_a_priority_gets_the_highest_that_its_sender_may_have() -> None:
    scene = a_scene(replace(MES, priority_max=20))
    assert scene.asks("hold", request_id="a", duration="1h").code == Code.ACCEPTED
    found = scene.find_standing("a")
    assert found is not None
    assert found.priority == 20


def test_a_sender_without_an_entry_may_only_end_what_is_its_own() -> None:
    scene = Scene(a_model("08:00-16:00"))
    scene.at("17:00")
    assert scene.asks("hold", OTHER, request_id="a", until="20:00").accepted
    scene.store.apply([a_model("08:00-16:00")], expected_version=1, at=scene.clock.at, senders=(MES,))
    for verb, fields in (("hold", {"until": "20:00"}), ("status", {}), ("extend", {"of": "a", "duration": "1h"})):
        reply = scene.asks(verb, OTHER, **fields)
        assert (reply.code, reply.reason) == (
            Code.NOT_ALLOWED,
            "The senders' table of the plan has no entry for you",
        )
    assert scene.asks("release", OTHER, of="a").code == Code.ACCEPTED


def test_a_sender_ends_its_own_hold_also_after_its_right_has_gone() -> None:
    scene = a_scene(MES)
    scene.asks("hold", request_id="a", duration="1h")
    scene.store.apply([a_model("08:00-16:00")], expected_version=2, at=scene.clock.at, senders=(CHIEF,))
    assert scene.asks("release", of="a").code == Code.ACCEPTED


@pytest.mark.parametrize("by", [ADMIN, OTHER])
def test_an_admin_of_the_stack_or_of_the_table_lifts_what_is_anothers_and_has_no_bounds(by: str) -> None:
    scene = a_scene(MES, CHIEF)
    scene.asks("hold", request_id="a", duration="4h")
    assert scene.asks("release", by, of="a").code == Code.ACCEPTED
    assert scene.asks("block", by, duration="100h", priority=100).code == Code.ACCEPTED


def test_of_several_entries_the_first_that_has_the_subject_is_used() -> None:
    scene = a_scene(MES, SenderRule("painter", roles=(LINE,), models=("paint-shop",), verbs=("block",)))
    assert scene.asks("hold", duration="1h").code == Code.ACCEPTED
    assert scene.asks("block", model=PAINT, duration="1h").code == Code.ACCEPTED
    assert scene.asks("hold", model=PAINT, duration="1h").code == Code.NOT_ALLOWED


def test_a_service_on_the_bus_is_known_by_account_and_source() -> None:
    andon = SenderRule("andon", events=(EventSource("com.acme.*", "111122223333"),), models=("*",))
    scene = a_scene(andon)
    assert scene.takes(an_event(scene, "com.acme.andon", "hold", duration="1h")).reply.code == Code.ACCEPTED
    for source, account in (("com.acmeandon", "111122223333"), ("com.acme.andon", "999999999999")):
        message = an_event(scene, source, "hold", account, duration="1h")
        assert scene.takes(message).reply.code == Code.NOT_ALLOWED


def test_a_source_whose_name_begins_like_anothers_does_not_count_with_it() -> None:
    scene = a_scene(
        *(
            SenderRule(source, events=(EventSource(source, "111122223333"),), models=("*",), places=1)
            for source in ("mes", "mes-2")
        )
    )
    assert scene.takes(an_event(scene, "mes-2", "hold", duration="1h")).reply.accepted
    assert scene.takes(an_event(scene, "mes", "hold", duration="1h")).reply.accepted


def test_holds_of_a_day_are_bounded_by_what_they_lasted() -> None:
    scene = a_scene(replace(MES, hours_a_day=timedelta(hours=5)))
    scene.asks("hold", request_id="a", duration="4h")
    too_many = scene.asks("hold", duration="1h1s")
    assert (too_many.code, "at most 5:00:00 in a UTC day" in too_many.reason) == (Code.TOO_MANY_HOURS, True)
    scene.at("18:00")
    scene.asks("release", of="a")
    assert scene.asks("hold", request_id="b", duration="4h").code == Code.ACCEPTED
    assert scene.asks("extend", of="b", duration="1s").code == Code.TOO_LONG
    scene.at("20:00")
    assert scene.asks("extend", of="b", duration="1m").code == Code.TOO_MANY_HOURS
    assert scene.asks("hold", duration="1m").code == Code.TOO_MANY_HOURS
    assert scene.asks("hold", day=1, **{"from": "10:00"}, duration="4h").code == Code.ACCEPTED
    assert scene.asks("hold", day=1, **{"from": "10:00"}, duration="2h").code == Code.TOO_MANY_HOURS


def test_blocks_do_not_count_for_the_hours_of_a_day() -> None:
    scene = a_scene(replace(MES, verbs=("hold", "block"), hours_a_day=timedelta(hours=4)))
    assert scene.asks("block", duration="2h", priority=10).accepted
    assert scene.asks("hold", duration="4h").code == Code.ACCEPTED


def test_a_hold_that_is_extended_counts_once_for_the_hours_of_a_day() -> None:
    scene = a_scene(replace(MES, hours_a_day=timedelta(hours=3)))
    scene.asks("hold", request_id="a", duration="2h")
    assert scene.asks("extend", of="a", duration="1h").code == Code.ACCEPTED


def test_without_a_table_blocks_are_short_and_the_highest_priorities_are_for_admins() -> None:
    scene = Scene(a_model("00:30-23:30"))
    scene.at("01:00")
    assert scene.asks("block", duration="12h1s").code == Code.TOO_LONG
    assert scene.asks("hold", duration="1h", priority=91).code == Code.NOT_ALLOWED
    assert scene.asks("hold", duration="1h", priority=90).code == Code.ACCEPTED
    assert scene.asks("hold", ADMIN, duration="1h", priority=100).code == Code.ACCEPTED
    stopped = scene.asks("stop_now", priority=90)
    assert (stopped.code, stopped.until) == (Code.ACCEPTED, at("13:00"))


# --- how often --------------------------------------------------------------------------------------------------------


def test_a_sender_that_asks_too_often_reads_when_to_try_again_and_blocks_nobody() -> None:
    scene = Scene(a_model("08:00-16:00"))
    scene.at("17:10")
    for number in range(15):
        assert scene.asks("hold", request_id=f"h-{number}", duration="1h").accepted
        assert scene.asks("release", of=f"h-{number}").accepted
    refused = scene.asks("hold", request_id="more", duration="1h")
    assert (refused.code, refused.retry_at, refused.accepted) == (Code.TOO_OFTEN, at("18:00"), False)
    assert refused.reason == (
        "You sent more than 30 requests about weld-seams in an hour; try again after 2026-11-23 18:00:00Z"
    )
    assert scene.asks("hold", OTHER, duration="1h").accepted
    assert scene.asks("hold", ADMIN, duration="1h").accepted
    scene.at("18:00")
    assert scene.asks("hold", request_id="then", duration="1h").accepted


def test_what_ends_a_hold_may_come_twice_as_often() -> None:
    scene = Scene(a_model("08:00-16:00"))
    scene.at("17:10")
    assert scene.asks("hold", request_id="a", duration="1h").accepted
    for _ in range(40):
        scene.asks("status")
    assert scene.asks("release", of="a").accepted
    for number in range(30):
        last = scene.asks("release", of=f"never-{number}")
    assert last.code == Code.TOO_OFTEN


def test_an_entry_says_how_often() -> None:
    scene = a_scene(replace(MES, requests_an_hour=2))
    codes = [scene.asks("status").code for _ in range(3)]
    assert codes == [Code.ACCEPTED, Code.ACCEPTED, Code.TOO_OFTEN]


def test_the_same_request_again_is_not_counted() -> None:
    scene = a_scene(replace(MES, requests_an_hour=1))
    message = scene.message("hold", duration="1h")
    for _ in range(5):
        assert scene.takes(message).reply.accepted


def test_admins_are_not_counted() -> None:
    scene = a_scene(MES, CHIEF)
    assert all(scene.asks("status", OTHER).accepted for _ in range(100))
    assert scene.store.counted == {}


def test_without_a_table_all_events_of_an_account_count_together() -> None:
    """Anybody who may put events may put them under any source."""
    scene = Scene(a_model("08:00-16:00"))
    scene.at("17:00")
    replies = [scene.takes(an_event(scene, f"s{number}", "hold", duration="1h")).reply for number in range(40)]
    assert [reply.code for reply in replies].count(Code.ACCEPTED) == 10
    assert replies[-1].code == Code.TOO_OFTEN
    assert scene.asks("hold", duration="1h").code == Code.ACCEPTED


def test_however_many_subjects_a_sender_names_its_requests_are_bounded() -> None:
    scene = Scene(a_model("08:00-16:00"))
    scene.at("17:00")
    codes = [scene.asks("status", model=f"m-{number}").code for number in range(1_201)]
    assert codes[-2:] == [Code.UNKNOWN_MODEL, Code.TOO_OFTEN]


def test_a_sender_reads_whether_it_asked_too_often_about_one_subject_or_in_all() -> None:
    scene = a_scene(replace(MES, requests_an_hour=1))
    for number in range(SUBJECTS_AN_HOUR):
        assert scene.asks("status", model=f"m-{number}").code != Code.TOO_OFTEN
    last = scene.asks("status")  # the first about this model
    assert last.reason == "You sent more than 40 requests in all in an hour; try again after 2026-11-23 18:00:00Z"
    again = scene.asks("status")
    assert again.reason.startswith("You sent more than 1 request about weld-seams in an hour")


def test_a_request_that_came_too_often_succeeds_when_it_is_sent_again_later() -> None:
    scene = a_scene(replace(MES, requests_an_hour=1))
    assert scene.asks("status").accepted
    message = scene.message("hold", request_id="again", duration="4h")
    first = scene.takes(message).reply
    assert (first.code, first.number) == (Code.TOO_OFTEN, 1)
    early = scene.takes(message)
    assert (early.reply, early.again) == (first, True)  # the same answer before `retry_at`
    assert first.retry_at is not None
    scene.clock.at = first.retry_at
    second = scene.takes(message)
    assert (second.reply.code, second.reply.number, second.reply.request_id) == (Code.ACCEPTED, 2, "again")
    assert [one.request_id for one in scene.store.stands[Subject(WELD)].values()] == ["again"]
    assert scene.takes(message).reply == second.reply  # and this answer is the last
    events = [make_events(each)[0] for each in (first, second.reply)]
    assert len({event.event_id for event in events}) == 2


def test_a_release_of_a_request_that_came_too_often_ends_it_when_it_comes_again() -> None:
    scene = a_scene(replace(MES, requests_an_hour=2))
    assert scene.asks("status").accepted
    assert scene.asks("status").accepted
    message = scene.message("hold", request_id="again", duration="4h")
    first = scene.takes(message).reply
    assert first.retry_at is not None
    assert scene.asks("release", of="again").code == Code.RELEASE_NOTED
    scene.clock.at = first.retry_at
    assert scene.takes(message).reply.code == Code.RELEASED_AT_BIRTH


def test_other_content_under_the_id_of_a_request_that_came_too_often_is_another_request() -> None:
    scene = a_scene(replace(MES, requests_an_hour=1))
    assert scene.asks("status").accepted
    assert scene.asks("hold", request_id="again", duration="4h").code == Code.TOO_OFTEN
    scene.at("19:30")
    assert scene.asks("hold", request_id="again", duration="3h").code == Code.ID_TAKEN


def test_hours_a_day_are_counted_however_many_tiny_holds_follow() -> None:
    """The oldest ended ones make room for new ones: those of today stay, because they count."""
    scene = a_scene(replace(MES, hours_a_day=timedelta(hours=2), requests_an_hour=1_000))
    long = scene.asks("hold", request_id="long", duration="90m")
    assert long.accepted
    scene.clock.at += timedelta(minutes=90)
    for number in range(SENDER_KEPT_MAX + 20):
        if not scene.asks("hold", request_id=f"tiny-{number}", duration="1m").accepted:
            break
        scene.clock.at += timedelta(minutes=1)
    held = sum((one.end - one.begin for one in scene.store.stands[Subject(WELD)].values()), timedelta())
    assert held <= timedelta(hours=2)
    assert scene.asks("hold", request_id="more", duration="5m").code == Code.TOO_MANY_HOURS


def test_released_tiny_holds_do_not_make_an_earlier_one_uncounted() -> None:
    scene = a_scene(replace(MES, hours_a_day=timedelta(hours=2), requests_an_hour=1_000))
    assert scene.asks("hold", request_id="long", duration="110m").accepted
    scene.clock.at += timedelta(minutes=110)
    for number in range(SENDER_KEPT_MAX + 20):
        assert scene.asks("hold", request_id=f"tiny-{number}", duration="1m").accepted
        scene.clock.at += timedelta(seconds=1)
        assert scene.asks("release", of=f"tiny-{number}").accepted
    assert scene.asks("hold", request_id="more", duration="30m").code == Code.TOO_MANY_HOURS


def test_a_sender_that_fills_the_table_in_a_day_locks_out_itself_and_nobody_else() -> None:
    scene = a_scene(replace(MES, requests_an_hour=1_000))
    scene.many(KEPT_MAX, begin="09:00", until="10:00")
    assert scene.asks("hold", request_id="mine", duration="5m").code == Code.TOO_MANY_ACTIVE
    assert scene.asks("hold", ADMIN, request_id="admins", duration="2h").code == Code.ACCEPTED


# --- the words of a rule ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "name", "found"),
    [
        ("weld-*", "weld-seams", True),
        ("weld-*", "spot-weld-1", False),
        ("*", "anything", True),
        ("a.c", "abc", False),
        ("*-*-*", "a-b-c", True),
        ("**", "", True),
        ("weld", "weld\n", False),
    ],
)
def test_a_star_stands_for_any_characters_and_nothing_else_is_special(pattern: str, name: str, *, found: bool) -> None:
    assert matches(pattern, name) is found


@pytest.mark.parametrize(
    "wrong",
    [
        {"roles": ("line-controller",)},
        {"models": ("Weld",)},
        {"schedules": ("a b",)},
        {"longest": timedelta()},
        {"longest": timedelta(days=31)},
        {"places": 0},
        {"requests_an_hour": 0},
    ],
)
def test_a_rule_that_cannot_be_is_not_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="mes"):
        replace(MES, **wrong)


@pytest.mark.parametrize("wrong", [("a b", "111122223333"), ("mes", "1")])
def test_an_event_source_that_cannot_be_is_not_made(wrong: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="is not"):
        EventSource(*wrong)


def test_the_stack_bounds_what_an_entry_allows() -> None:
    scene = a_scene(replace(MES, longest=timedelta(days=30)))
    assert scene.asks("hold", duration="169h").code == Code.TOO_LONG
