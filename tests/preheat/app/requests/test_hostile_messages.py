"""Any body: valid, nearly valid and hostile ones. None escapes as an error, and an invalid one changes nothing.

Every body comes from a seed and a number, so that `REQUEST_BODIES_FIRST=<number> REQUEST_BODIES=1` shows one again.
5,000 by default; `make requests-fuzz` takes 100,000.
"""

import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from jsonschema import Draft202012Validator
from tests.support.day import WELD, a_model
from tests.support.scene import ADMIN, LINE, OTHER, REPLIES, Scene

from preheat.app.requests.codes import Code
from preheat.app.requests.desk import REASON_MAX
from preheat.app.requests.envelope import IncomingMessage, open_message
from preheat.app.requests.fields import FIELDS, FORMS
from preheat.app.requests.message import parse
from preheat.domain.demand.request import REQUEST_ID, Verb
from preheat.domain.plan.plan import ModelId
from preheat.observability.masking import serialize_line
from preheat_cli.request_schema import json_schema

BODIES = int(os.environ.get("REQUEST_BODIES", "5000"))
FIRST = int(os.environ.get("REQUEST_BODIES_FIRST", "1"))
type Values = dict[str, Callable[[], Any]]

SCHEMA = Draft202012Validator(json_schema())
MAKES = (Verb.HOLD, Verb.BLOCK, Verb.START, Verb.STOP, Verb.STOP_NOW)  # a hold to release
PAINT = ModelId("paint-shop")
HOSTILE: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2**63,
        -(2**70),
        0.5,
        1e308,
        "",
        " ",
        "a",
        "A" * 300,
        "\n",
        "\x00",
        "\ud800",
        "\u202e",
    ),
    *([], {}, [[]], {"a": {"b": {"c": {"d": {}}}}}, {"_aws": {}}, "${jndi:ldap://x}", "'; --", "../..", "weld-seams\n"),
    *(
        "2026-11-24T20:00:00Z",
        "2026-02-30T00:00:00Z",
        "2099-12-31T23:59:59.999999-23:59",
        "0h",
        "999h9999m99999s",
        "1h ",
    ),
    *(
        "schedule#early",
        "unreadable-1",
        "taken-1",
        "\u0663",
        "\uff10",
        "hold",
        "HOLD",
        REPLIES,
        "arn:aws:sqs:::",
        "é",
        "😀",
    ),
)
TEXTS: tuple[str, ...] = (
    *("", " ", "null", "true", "0", '"', "{", "}", "[]", "{}", "nan", '{"a":NaN}', '{"version":1e999}', "\ufeff{}"),
    *('{"request_id":"a","request_id":"b"}', "[" * 3000, '{"a":' * 600 + "1" + "}" * 600, "{" + " " * 9000 + "}"),
    *("\ud800", "\x00", '{"priority":' + "9" * 3000 + "}", '{"a":"\\ud800"}', "\u2028", "<xml/>", "version: 1"),
)


def valid(chance: random.Random) -> dict[str, Any]:
    """A request as somebody in the plant would send it."""
    verb = chance.choice(list(Verb))
    values: Values = {
        "version": lambda: 1,
        "request_id": lambda: _id(chance, 0.4 if verb in MAKES else 0),
        "requester": lambda: chance.choice(["line 7", "MES", "Prüfer"]),
        "model": lambda: chance.choice([*[WELD] * 6, PAINT, "no-such"]),
        "schedule": lambda: chance.choice(["early", "no-such"]),
        "of": lambda: _id(chance, 0.8),
        "from": lambda: f"2026-11-{chance.randrange(22, 28)}T{chance.randrange(24):02}:00Z",
        "until": lambda: f"2026-11-{chance.randrange(22, 30)}T{chance.randrange(24):02}:30:00+01:00",
        "ready_for": lambda: chance.choice(["90s", "45m", "2h", "168h", "170h"]),
        "duration": lambda: chance.choice(["90s", "45m", "2h", "168h", "170h"]),
        "priority": lambda: chance.randrange(101),
        "units": lambda: chance.randrange(1, 101),
        "reason": lambda: "x" * chance.randrange(201),
        "hard": lambda: chance.random() < 0.5,
        "name": lambda: _id(chance, 0.8),
        "edition": lambda: chance.choice([1, 2, 3, 10**15]),
        "windows": lambda: _windows(chance),
        "reply_to": lambda: chance.choice([REPLIES, REPLIES + "-2"]),
    }
    form = FORMS[verb]
    names = [*form.required, *(chance.choice(names) for names in form.one_of)]
    names += [name for name in form.optional if chance.random() < 0.2]
    return {name: str(verb) if name == "verb" else values[name]() for name in names}


def _windows(chance: random.Random) -> list[str]:
    """Windows of a week in order, some long and some past."""
    found = []
    for day in sorted(chance.sample(range(20, 29), chance.randrange(6))):
        hour = chance.randrange(22)
        found.append(f"2026-11-{day}T{hour:02}:00Z/2026-11-{day}T{hour + chance.randrange(3):02}:30Z")
    return found


def _id(chance: random.Random, often: float) -> str:
    """An id that so often is one of a few, or else new."""
    return f"r-{chance.randrange(60) if chance.random() < often else chance.randrange(60, 1_000_000)}"


def spoilt(data: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """The same with one to three things wrong, or merely odd."""
    for _ in range(chance.randrange(1, 4)):
        name = chance.choice([*data, *FIELDS, chance.choice(["_aws", "detail-type", "", "\ud800", "Version"])])
        if chance.random() < 0.3:
            data.pop(name, None)
        else:
            data[name] = chance.choice(HOSTILE)
    return data


def body(chance: random.Random) -> str:
    """One body: a third valid, most of the rest nearly so."""
    kind = chance.random()
    if kind < 0.05:
        return chance.choice(TEXTS)
    data = valid(chance)
    if kind > 0.4:
        data = spoilt(data, chance)
    if kind > 0.85:
        detail = data if kind < 0.97 else chance.choice(HOSTILE)
        account = "111122223333" if chance.random() < 0.8 else chance.choice(HOSTILE)
        data = {"detail-type": "Preheat Request", "account": account, "source": "mes", "detail": detail}
    text = json.dumps(data, ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.05:
        cut = chance.randrange(len(text))
        text = text[:cut] + chance.choice(['"', "\\", "{", "NaN", "\x00", ""]) + text[cut + 1 :]
    return text


def test_any_body_is_answered_once_and_an_invalid_one_changes_nothing() -> None:
    scene = Scene(a_model("08:00-16:00"), replace(a_model("08:00-16:00"), model_id=PAINT))
    scene.at("12:00")
    answered: dict[str, Any] = {}
    codes: set[str] = set()
    for number in range(FIRST, FIRST + BODIES):
        chance = random.Random(f"requests-{number}")  # noqa: S311 - a seed that replays it
        sender = chance.choice([f"{LINE}:a", f"{OTHER}:b", f"{ADMIN}:c", "AIDAEXAMPLEBRIDGE", "", "a b"])
        message = IncomingMessage(f"m-{number}", sender, body(chance))
        scene.clock.advance(timedelta(seconds=chance.randrange(60)))
        before = scene.stored
        read = open_message(message)
        taken = scene.takes(message)
        reply = taken.reply
        # Exactly one reply under one stable id, and the same message again gets it.
        assert scene.store.find_reply(reply.request_id) == reply, number
        if taken.again:
            assert answered[reply.request_id] == reply, number
        else:
            assert reply.request_id not in answered, number
        answered[reply.request_id] = reply
        again = scene.takes(replace(message, message_id=message.message_id))
        assert (again.reply, again.again) == (reply, True), number
        assert REQUEST_ID.fullmatch(reply.request_id), number
        assert len(reply.reason) <= REASON_MAX, number
        # An invalid request changes nothing but the replies; a refused one changes nothing either.
        if not reply.accepted:
            assert scene.stored == before, number
            assert taken.woken == (), number
        if read.parsed.request is None:
            assert not reply.accepted, number
        # Nothing of it reaches a log but plain letters.
        assert serialize_line({"reason": reply.reason, "id": reply.request_id}).isprintable(), number
        _schema_agrees(message.body, number)
        codes.add(reply.code)
    assert len(scene.store.replies) == len(answered)
    if BODIES >= 5000:
        assert codes >= {
            *(Code.ACCEPTED, Code.NOTHING_TO_DO, Code.RELEASE_NOTED, Code.UNREADABLE, Code.INVALID, Code.ID_TAKEN),
            *(Code.UNSUPPORTED_VERSION, Code.UNKNOWN_MODEL, Code.EXPIRED, Code.TOO_LONG, Code.TOO_MANY_ACTIVE),
        }


def _schema_agrees(text: str, number: int) -> None:
    """The schema accepts every body that the parser accepts, and the parser refuses all that the schema refuses."""
    try:
        data = json.loads(text)
        found = parse(data) if isinstance(data, dict) else None
    except (ValueError, RecursionError):
        return
    if found is not None and found.request is not None:
        assert SCHEMA.is_valid(data), number
