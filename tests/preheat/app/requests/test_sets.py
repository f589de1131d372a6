"""A planning system's windows: one set under its name, replaced as one, whatever comes twice, late or turned."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.support.day import WELD, a_model, at
from tests.support.scene import ADMIN, LIMITS, LINE, OTHER, Scene

from preheat.app.requests.codes import Code
from preheat.app.requests.fields import WINDOWS_MAX
from preheat.app.requests.message import BODY_BYTES_MAX, parse
from preheat.app.requests.ruling import ACTIVE_MAX
from preheat.domain.demand.demand import look_ahead
from preheat.domain.demand.request import Reply, Standing, Subject, Verb
from preheat.domain.plan.senders import SenderRule

WEEK = ("18:00-19:00", "20:00-21:00", "22:00-23:00")


@pytest.fixture
def scene() -> Scene:
    """Five in the afternoon, an hour after the shift; weld-seams is idle, and takes 32 minutes to be ready."""
    scene = Scene(a_model("08:00-16:00"))
    scene.at("17:00")
    return scene


def window(text: str, day: int = 0) -> str:
    begin, end = (at(part, day).isoformat() for part in text.split("-"))
    return f"{begin}/{end}"


def put(scene: Scene, edition: int, *windows: str, by: str = LINE, name: str = "week-49", **fields: Any) -> Reply:
    fields = {"name": name, "edition": edition, "windows": [window(one) for one in windows], **fields}
    return scene.asks("schedule_put", by, **fields)


def find_set(scene: Scene, name: str = "week-49") -> Standing:
    found = scene.find_standing(name)
    assert found is not None
    return found


def spans(one: Standing) -> list[tuple[datetime, datetime, datetime]]:
    return [(each.begin, each.end, each.known_at) for each in one.spans]


def test_a_set_is_one_request_whose_windows_are_demand(scene: Scene) -> None:
    reply = put(scene, 1, *WEEK)
    assert (reply.code, reply.of, reply.begin, reply.until) == ("accepted", "week-49", at("18:00"), at("23:00"))
    assert "3 windows from" in reply.reason
    assert "(3 added)" in reply.reason
    assert scene.find_due() == [WELD]
    model = scene.store.read_planned(WELD).model
    assert model is not None
    seen = look_ahead(model, at("17:00"), (find_set(scene),))
    assert seen.upcoming is not None
    assert (seen.upcoming.begin, seen.upcoming.end) == (at("18:00"), at("19:00"))
    assert at("19:30") not in find_set(scene)
    assert at("20:00") in find_set(scene)


def test_the_next_edition_replaces_the_set_as_one_and_says_what_it_changes(scene: Scene) -> None:
    put(scene, 1, *WEEK)
    reply = put(scene, 2, "18:00-19:30", "22:00-23:00", "23:10-23:50")
    assert reply.code == "accepted"
    assert "(1 added, 1 changed, 1 removed, 1 unchanged)" in reply.reason
    assert [(begin, end) for begin, end, _ in spans(find_set(scene))] == [
        (at("18:00"), at("19:30")),
        (at("22:00"), at("23:00")),
        (at("23:10"), at("23:50")),
    ]
    assert (find_set(scene).revision, find_set(scene).edition) == (2, 2)


def test_an_older_edition_that_comes_late_changes_nothing(scene: Scene) -> None:
    put(scene, 3, *WEEK)
    before = find_set(scene)
    assert put(scene, 2, "18:00-23:00").code == Code.OUTDATED
    assert put(scene, 3, "18:00-23:00").code == Code.OUTDATED
    assert put(scene, 3, *WEEK).code == Code.NOTHING_TO_DO
    assert find_set(scene) == before


def test_a_window_that_was_known_keeps_its_moment_so_that_sending_it_again_excuses_no_late_start(scene: Scene) -> None:
    put(scene, 1, *WEEK)
    scene.at("17:50")
    put(scene, 2, *WEEK, "23:10-23:50")
    known = {begin: known_at for begin, _, known_at in spans(find_set(scene))}
    assert known == {
        at("18:00"): at("17:00"),
        at("20:00"): at("17:00"),
        at("22:00"): at("17:00"),
        at("23:10"): at("17:50"),
    }


def test_a_running_window_moves_its_end_and_never_its_past(scene: Scene) -> None:
    put(scene, 1, *WEEK)
    scene.at("18:30")
    put(scene, 2, "18:15-18:45", "22:00-23:00")
    assert spans(find_set(scene))[0] == (at("18:00"), at("18:45"), at("17:00"))
    scene.at("18:40")
    put(scene, 3, "22:00-23:00")  # the running one is no longer in it: it ends now
    assert spans(find_set(scene)) == [(at("18:00"), at("18:40"), at("17:00")), (at("22:00"), at("23:00"), at("17:00"))]
    scene.at("19:00")
    put(scene, 4, "18:00-20:00", "22:00-23:00")  # of the past nothing comes back
    assert spans(find_set(scene))[:2] == [
        (at("18:00"), at("18:40"), at("17:00")),
        (at("19:00"), at("20:00"), at("19:00")),
    ]


def test_windows_that_no_pass_reads_any_more_are_dropped(scene: Scene) -> None:
    put(scene, 1, "18:00-19:00")
    scene.at("17:00", 9)
    windows = [window("18:00-19:00", 9)]
    assert scene.asks("schedule_put", name="week-49", edition=2, windows=windows).accepted
    assert [begin for begin, _, _ in spans(find_set(scene))] == [at("18:00", 9)]


def test_an_empty_list_removes_what_is_to_come_and_a_later_edition_brings_it_back(scene: Scene) -> None:
    put(scene, 1, *WEEK)
    scene.at("18:30")
    reply = put(scene, 2)
    assert reply.code == "accepted"
    assert "no windows (3 removed)" in reply.reason
    assert spans(find_set(scene)) == [(at("18:00"), at("18:30"), at("17:00"))]
    assert put(scene, 3, "22:00-23:00").code == "accepted"
    assert [begin for begin, _, _ in spans(find_set(scene))] == [at("18:00"), at("22:00")]


def test_the_removal_of_a_set_that_is_over_leaves_its_end_as_it_was(scene: Scene) -> None:
    put(scene, 1, *WEEK)
    scene.at("18:30")
    scene.asks("release", of="week-49")
    scene.at("18:40")
    assert put(scene, 2).code == "accepted"
    assert (find_set(scene).edition, find_set(scene).end) == (2, at("18:30"))
    assert spans(find_set(scene)) == [(at("18:00"), at("18:30"), at("17:00"))]


def test_a_removal_that_overtakes_its_set_is_kept_for_its_edition(scene: Scene) -> None:
    assert put(scene, 2).code == "accepted"
    assert find_set(scene).spans == ()
    assert put(scene, 1, *WEEK).code == Code.OUTDATED
    assert find_set(scene).spans == ()
    assert put(scene, 3, *WEEK).code == "accepted"


def test_a_release_ends_a_set_as_it_ends_a_hold_and_the_next_edition_brings_it_back(scene: Scene) -> None:
    put(scene, 1, *WEEK)
    scene.at("18:30")
    assert scene.asks("release", of="week-49").code == "accepted"
    assert spans(find_set(scene)) == [(at("18:00"), at("18:30"), at("17:00"))]
    assert put(scene, 2, *WEEK).code == "accepted"
    assert [begin for begin, _, _ in spans(find_set(scene))] == [at("18:00"), at("18:30"), at("20:00"), at("22:00")]


def test_a_release_that_came_before_the_set_ends_its_first_edition_alone(scene: Scene) -> None:
    assert scene.asks("release", of="week-49").code == Code.RELEASE_NOTED
    assert put(scene, 1, *WEEK).code == Code.RELEASED_AT_BIRTH
    assert find_set(scene).spans == ()
    assert put(scene, 2, *WEEK).code == "accepted"


def test_a_set_is_not_extended_and_no_hold_takes_its_name(scene: Scene) -> None:
    put(scene, 1, *WEEK)
    before = find_set(scene)
    assert scene.asks("extend", of="week-49", duration="1h").code == Code.WRONG_KIND
    assert scene.asks("hold", request_id="week-49", duration="1h").code == Code.ID_TAKEN
    assert find_set(scene) == before
    scene.asks("hold", request_id="a-hold", until="20:00")
    assert put(scene, 1, *WEEK, name="a-hold").code == Code.WRONG_KIND


def test_a_set_belongs_to_its_sender_whatever_another_calls_its_requests(scene: Scene) -> None:
    put(scene, 1, *WEEK)
    assert put(scene, 2, by=OTHER).code == Code.NOT_YOURS
    # Another sender's request has the name as its id: the set keeps its name.
    scene.asks("status", OTHER, request_id="week-49")
    assert put(scene, 2, "22:00-23:00").code == "accepted"
    assert list(scene.store.stands[Subject(WELD)]) == ["week-49"]
    assert put(scene, 3, by=ADMIN).code == "accepted"
    assert find_set(scene).requester == LINE


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"windows": [window("08:00-16:00")]}, Code.EXPIRED),
        ({"windows": [f"{at('18:00').isoformat()}/{at('18:00', 8).isoformat()}"]}, Code.TOO_LONG),
        ({"windows": [window("08:00-16:00", 91)]}, Code.TOO_FAR_AHEAD),
        ({"units": 5}, Code.TOO_MANY_UNITS),
        ({"windows": [window("18:00-20:00"), window("19:00-21:00")]}, Code.INVALID),
        ({"windows": [window("20:00-18:00")]}, Code.INVALID),
        ({"windows": ["18:00/19:00"]}, Code.INVALID),
        ({"windows": "18:00/19:00"}, Code.INVALID),
        ({"windows": [window("18:00-20:00")] * (WINDOWS_MAX + 1)}, Code.INVALID),
        ({"name": "unreadable-1"}, Code.INVALID),
        ({"name": "week-49::AROAOTHER"}, Code.INVALID),
        ({"edition": 0}, Code.INVALID),
        ({"model": "no-such"}, Code.UNKNOWN_MODEL),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(scene: Scene, fields: dict[str, Any], code: Code) -> None:
    known = {"name": "week-49", "edition": 1, "windows": [window("18:00-19:00")]}
    before = scene.stored
    assert scene.asks("schedule_put", **{**known, **fields}).code == code
    assert scene.stored == before


def test_a_set_is_within_the_budget_of_its_model() -> None:
    scene = Scene(replace(a_model("08:00-16:00"), max_unit_hours_by_request=4))
    scene.at("17:00")
    assert put(scene, 1, *WEEK).code == Code.TOO_MANY_UNIT_HOURS
    assert put(scene, 1, "18:00-19:00", "22:00-23:00").code == "accepted"
    assert put(scene, 2, *WEEK).code == Code.TOO_MANY_UNIT_HOURS
    assert len(find_set(scene).spans) == len(("18:00", "22:00"))


def test_a_set_has_one_place_and_every_later_edition_keeps_it(scene: Scene) -> None:
    scene.many(ACTIVE_MAX // 2 - 1, until="23:59")
    assert put(scene, 1, *WEEK).code == "accepted"
    assert put(scene, 1, *WEEK, name="week-50").code == Code.TOO_MANY_ACTIVE
    assert put(scene, 2, *WEEK, "23:10-23:50").code == "accepted"


def test_an_edition_in_place_of_a_set_that_is_over_needs_a_place(scene: Scene) -> None:
    scene.many(ACTIVE_MAX // 2 - 1, until="23:59")
    assert put(scene, 1, "17:30-18:00").code == "accepted"
    scene.at("19:00")
    assert scene.asks("hold", until="22:00").code == Code.ACCEPTED
    assert put(scene, 2, "20:00-21:00").code == Code.TOO_MANY_ACTIVE


def test_a_sender_puts_windows_only_if_the_table_lets_it_and_within_its_hours_a_day() -> None:
    scene = Scene(a_model("08:00-16:00"))
    scene.at("17:00")
    model = scene.store.read_planned(WELD).model
    assert model is not None
    hours = timedelta(hours=2)
    for verbs, code in (
        (("hold", "release"), Code.NOT_ALLOWED),
        ((Verb.SCHEDULE_PUT, Verb.HOLD), Code.TOO_MANY_HOURS),
    ):
        rule = SenderRule("mes", roles=(LINE,), models=("*",), verbs=verbs, hours_a_day=hours)
        version = scene.store.read_plan_version()
        scene.store.apply([model], expected_version=version, at=scene.clock.at, senders=(rule,))
        assert put(scene, 1, *WEEK).code == code
    assert put(scene, 1, *WEEK[:2]).code == "accepted"
    # Its existing requests count: here a hold of an hour in addition to the set.
    assert scene.asks("hold", **{"from": "22:00"}, duration="1h").code == Code.TOO_MANY_HOURS


def test_the_longest_set_fits_into_a_message() -> None:
    windows = [window("06:00-14:00", day) for day in range(WINDOWS_MAX)]
    known = {"name": "n" * 128, "edition": 10**15, "reason": "r" * 200, "requester": "q" * 64}
    body = {"version": 1, "request_id": "i" * 128, "verb": "schedule_put", "model": "m" * 63, "windows": windows}
    assert parse(body | known).request is not None
    assert len(json.dumps(body | known)) <= BODY_BYTES_MAX


def test_the_same_message_again_is_answered_the_same_and_stored_once(scene: Scene) -> None:
    fields: dict[str, Any] = {"name": "week-49", "edition": 1, "windows": [window(one) for one in WEEK]}
    message = scene.message("schedule_put", **fields)
    first = scene.takes(message)
    assert (scene.takes(message).reply, find_set(scene).revision) == (first.reply, 1)


def test_limits_are_the_stacks(scene: Scene) -> None:
    short = Scene(a_model("08:00-16:00"), limits=replace(LIMITS, longest=timedelta(minutes=30)))
    short.at("17:00")
    assert put(short, 1, "18:00-19:00").code == Code.TOO_LONG
