"""A request message: the fields that the desk reads, the refusals and their words, and its equal schema."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from preheat.app.ports.errors import UnreadableItem
from preheat.app.requests.codes import Code
from preheat.app.requests.envelope import IncomingMessage, open_message
from preheat.app.requests.fields import FIELDS, FORMS
from preheat.app.requests.message import BODY_BYTES_MAX, PROBLEMS_MAX, Request, load, parse
from preheat.domain.demand.request import DEFAULT_PRIORITY, Subject, Verb
from preheat.domain.plan.plan import ModelId
from preheat_cli.request_schema import json_schema

ROOT = Path(__file__).parents[4]
SCHEMA = Draft202012Validator(json_schema())
HOLD: dict[str, Any] = {
    "version": 1,
    "request_id": "line-7.2026-11-24.1",
    "verb": "hold",
    "model": "weld-seams",
    "until": "2026-11-24T20:00:00Z",
}


def make_hold(**changes: Any) -> dict[str, Any]:
    """A hold with changes; without the fields that are None."""
    return {name: value for name, value in (HOLD | changes).items() if value is not None}


def request(**changes: Any) -> Request:
    found = parse(make_hold(**changes))
    assert found.request is not None, found.problems
    return found.request


def problems(**changes: Any) -> tuple[str, ...]:
    found = parse(make_hold(**changes))
    assert found.request is None
    return found.problems


def test_a_hold_until_an_instant_is_read() -> None:
    found = request()
    assert (found.verb, found.subject, found.priority) == (Verb.HOLD, Subject(ModelId("weld-seams")), DEFAULT_PRIORITY)
    assert (found.begin, found.until) == (None, datetime(2026, 11, 24, 20, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "hour"), [("2026-11-24T21:30+01:00", 20), ("2026-11-24T20:30:00Z", 20), ("2026-11-24T20:30:00.5Z", 20)]
)
def test_an_instant_is_read_whatever_its_offset(text: str, hour: int) -> None:
    until = request(until=text).until
    assert until is not None
    assert (until.tzinfo, until.hour, until.minute) == (UTC, hour, 30)


@pytest.mark.parametrize(
    ("text", "span"), [("90s", timedelta(seconds=90)), ("45m", timedelta(minutes=45)), ("1h30m", timedelta(hours=1.5))]
)
def test_a_duration_is_written_as_in_the_plant_file(text: str, span: timedelta) -> None:
    assert request(until=None, duration=text).duration == span


def test_who_claims_to_ask_comes_before_the_reason_for_people_to_read() -> None:
    assert request(requester="line 7", reason="Nacharbeit").reason == "line 7: Nacharbeit"


def test_a_request_may_be_about_a_schedule() -> None:
    assert request(model=None, schedule="early").subject == Subject(schedule="early")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"until": "20:00"}, "until '20:00'; accepted: an instant of this century with its offset"),
        ({"until": "2026-11-24T20:00:00"}, "until '2026-11-24T20:00:00'; accepted: an instant"),
        ({"until": "2026-02-30T20:00:00Z"}, "until '2026-02-30T20:00:00Z'; accepted: an instant"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "accepted: an instant of this century"),
        ({"until": "9999-12-31T23:59:59-14:00"}, "accepted: an instant of this century"),
        ({"until": "2026-11-23T23:59:60Z"}, "accepted: an instant of this century"),
        ({"until": "2026-11-24T20:00:00+23:59:59"}, "accepted: an instant of this century"),
        ({"until": "2026-W48-2T20:00:00Z"}, "accepted: an instant of this century"),
        ({"until": "\u0662\u0660\u0662\u0666-11-24T20:00:00Z"}, "accepted: an instant of this century"),
        ({"until": None, "duration": "\u0661h"}, "accepted: a duration"),
        ({"until": None, "duration": "9" * 400 + "h"}, "accepted: a duration"),
        ({"model": "weld-seams\n"}, "accepted: 1 to 63 of [a-z0-9-]"),
        ({"model": "weld\u2010seams"}, "accepted: 1 to 63 of [a-z0-9-]"),
        ({"reason": "\ud800"}, "accepted: plain text"),
        ({"until": None}, "nothing given; accepted: one of until, duration and ready_for"),
        ({"duration": "2h"}, "until and duration given; accepted: one of until, duration and ready_for"),
        ({"until": None, "duration": "0s"}, "duration '0s'; accepted: a duration above 0 such as 90s"),
        ({"until": None, "duration": ""}, "duration ''; accepted: a duration"),
        ({"from": "2026-11-24T20:00:00Z"}, "until is not after from"),
        ({"schedule": "early"}, "model and schedule given; accepted: one of model and schedule"),
        ({"model": "Weld Seams"}, "model 'Weld Seams'; accepted: 1 to 63 of [a-z0-9-]"),
        ({"priority": 101}, "priority 101; accepted: a whole number from 0 to 100"),
        ({"priority": True}, "priority True; accepted: a whole number"),
        ({"priority": 5.0}, "priority 5.0; accepted: a whole number"),
        ({"units": 0}, "units 0; accepted: a whole number from 1 to 100"),
        ({"hard": True}, "'hard' is not a field of hold; accepted: version, request_id"),
        ({"of": "x"}, "'of' is not a field of hold"),
        ({"_aws": {"CloudWatchMetrics": []}}, "'_aws' is not a field of hold"),
        ({"reason": "a\nb"}, r"reason 'a\nb'; accepted: plain text of at most 200 characters on one line"),
        ({"reason": "\u202eevil"}, r"reason '\u202eevil'; accepted: plain text"),
        ({"reason": "\ud800"}, r"reason '\ud800'; accepted: plain text"),
        ({"reason": "x" * 201}, "accepted: plain text of at most 200"),
        ({"reply_to": "https://sqs.eu-central-1.amazonaws.com/1/q"}, "accepted: the ARN of a standard SQS queue"),
        (
            {"verb": "halt"},
            "verb 'halt'; accepted: hold, release, block, unblock, start, stop, stop_now, extend, status",
        ),
        ({"verb": ["hold"]}, "verb ['hold']; accepted"),
        ({"verb": "release"}, "of is missing; accepted: 1 to 128 of"),
        ({"request_id": "unreadable-1"}, "not unreadable- or taken-"),
    ],
)
def test_a_wrong_field_is_named_with_what_was_found_and_what_is_accepted(changes: dict[str, Any], says: str) -> None:
    found = problems(**changes)
    assert any(says in each for each in found), found
    assert all(each.isascii() or "…" in each for each in found)


def test_every_problem_is_reported_at_once() -> None:
    assert len(problems(model="?", until="?", priority=-1, colour="red")) == 4


def test_no_reply_grows_with_the_number_of_problems() -> None:
    found = problems(**{f"field-{number}": 1 for number in range(50)})
    assert len(found) == PROBLEMS_MAX + 1
    assert found[-1] == "and 30 more"


def test_of_another_version_nothing_else_is_judged() -> None:
    found = parse(make_hold(version=2, verb="pray"))
    assert (found.supported, found.problems) == (False, ("version 2; accepted: 1",))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "not JSON"),
        ("hold weld-seams", "not JSON"),
        ("[]", "is not a JSON object"),
        ('{"model": "a", "model": "b"}', "occurs twice"),
        ('{"priority": NaN}', "NaN is not JSON"),
        ('{"priority": -Infinity}', "Infinity is not JSON"),
        ('{"priority": ' + "9" * 400 + "}", "a number of 400 digits"),
        ('{"a": {"b": {"c": {"d": 1}}}}', None),
        ('{"a": {"b": {"c": {"d": {}}}}}', "nested more than 4 deep"),
        ('{"a": ' + "[" * 2000 + "]" * 2000 + "}", "nested more than 4 deep"),
        ('{"a": "' + "x" * BODY_BYTES_MAX + '"}', "bytes; at most 8192"),
        ("\ud800", "not JSON"),
    ],
)
def test_hostile_json_is_refused_before_a_field_is_checked(body: str, says: str | None) -> None:
    if says is None:
        assert load(body)
        return
    with pytest.raises(UnreadableItem, match=says):
        load(body)


# --- who has sent it --------------------------------------------------------------------------------------------------

ROLE = "AROAEXAMPLEROLE7:line-7"
EVENTBRIDGE = "AIDAEXAMPLEBRIDGE"


def event(**changes: Any) -> str:
    return json.dumps({"detail-type": "Preheat Request", "account": "111122223333", "detail": HOLD} | changes)


def test_the_requester_is_the_role_that_sqs_has_authenticated() -> None:
    found = open_message(IncomingMessage("m", ROLE, json.dumps(make_hold(requester="the boss"))))
    assert (found.requester, found.request_id, found.problem) == ("AROAEXAMPLEROLE7", HOLD["request_id"], "")


def test_an_event_is_its_accounts_request() -> None:
    found = open_message(IncomingMessage("m", EVENTBRIDGE, event()))
    assert found.requester == "account:111122223333"
    assert found.parsed.request is not None


def test_a_role_cannot_pass_for_eventbridge() -> None:
    found = open_message(IncomingMessage("m", ROLE, event(account="999999999999")))
    assert found.parsed.request is None
    assert (found.requester, found.problem) == (
        "AROAEXAMPLEROLE7",
        "request: only EventBridge may send an event envelope",
    )


@pytest.mark.parametrize("changes", [{"detail-type": "x"}, {"account": "me"}, {"account": None}, {"detail": "hold"}])
def test_another_event_is_no_request(changes: dict[str, Any]) -> None:
    assert open_message(IncomingMessage("m", EVENTBRIDGE, event(**changes))).problem.startswith("event: ")


@pytest.mark.parametrize(
    "body", ["", "{", json.dumps(make_hold(request_id=None)), json.dumps(make_hold(request_id="a b"))]
)
def test_a_message_without_a_readable_id_is_answered_under_one_that_its_redelivery_has_too(body: str) -> None:
    first, again, another = (open_message(IncomingMessage(name, ROLE, body)) for name in ("m-1", "m-1", "m-2"))
    assert first == again
    assert first.request_id.startswith("unreadable-")
    assert first.request_id != another.request_id


def test_the_digest_is_of_the_content_and_the_sender_and_of_nothing_else() -> None:
    body = json.dumps(make_hold())
    turned = json.dumps(dict(reversed(make_hold().items())), indent=1)
    first = open_message(IncomingMessage("m-1", ROLE, body)).digest
    assert open_message(IncomingMessage("m-2", ROLE.replace("line-7", "other-session"), turned)).digest == first
    assert open_message(IncomingMessage("m-1", "AROAOTHER:line-7", body)).digest != first
    assert open_message(IncomingMessage("m-1", ROLE, json.dumps(make_hold(units=2)))).digest != first


# --- the schema -------------------------------------------------------------------------------------------------------


def test_the_published_schema_is_the_one_that_the_parser_uses(golden: Callable[[Path, str], None]) -> None:
    golden(ROOT / "docs" / "request.schema.json", json.dumps(json_schema(), indent=2) + "\n")


EXAMPLES = sorted((ROOT / "events").glob("requests-*.json"))


def bodies(path: Path) -> list[Any]:
    found = []
    for record in json.loads(path.read_text())["Records"]:
        try:
            data = json.loads(record["body"])
        except ValueError:
            continue
        found.append(data.get("detail", data) if isinstance(data, dict) else data)
    return found


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_schema_and_parser_agree_on_every_example(path: Path) -> None:
    for data in bodies(path):
        if isinstance(data, dict):
            assert SCHEMA.is_valid(data) == (parse(data).request is not None)


def test_there_is_an_example_of_each_verb() -> None:
    shown = {data.get("verb") for path in EXAMPLES for data in bodies(path) if isinstance(data, dict)}
    assert shown >= {str(verb) for verb in Verb}


@pytest.mark.parametrize("verb", Verb)
def test_a_field_of_another_verb_is_refused_by_schema_and_parser_alike(verb: Verb) -> None:
    form, values = FORMS[verb], VALUES
    least = {name: values[name] for name in (*form.required, *(names[0] for names in form.one_of))} | {"verb": verb}
    assert parse(least).request is not None
    assert SCHEMA.is_valid(least)
    for name in FIELDS:
        each = least | {name: values[name]} if name != "verb" else least
        if name == "from":
            each = least | {"from": "2026-11-24T19:00:00Z"}
        accepted = parse(each).request is not None
        assert accepted == SCHEMA.is_valid(each), (verb, name)
        assert accepted == (name in least or name in form.optional)
    for name in least:
        assert parse({each: value for each, value in least.items() if each != name}).request is None


VALUES: dict[str, Any] = {
    **HOLD,
    "requester": "line 7",
    "schedule": "early",
    "of": "line-7.2026-11-24.0",
    "from": "2026-11-24T19:00:00Z",
    "duration": "2h",
    "ready_for": "20m",
    "priority": 50,
    "units": 2,
    "reason": "inspection",
    "hard": True,
    "reply_to": "arn:aws:sqs:eu-central-1:111122223333:line-7-replies",
    "name": "week-49",
    "edition": 3,
    "windows": ["2026-11-30T06:00+01:00/2026-11-30T14:00+01:00"],
}


def test_every_field_and_code_is_in_the_reference() -> None:
    page = (ROOT / "docs" / "requests.md").read_text()
    assert [name for name in FIELDS if f"`{name}`" not in page] == []
    assert [code for code in Code if f"`{code}`" not in page] == []
