"""Entries and replies stand in attributes of their own, of DynamoDB's own types, and come back as they were."""

from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from types import UnionType
from typing import Any, get_args, get_type_hints

import pytest

from preheat.adapters.dynamodb.stream import LedgerStream
from preheat.app.ports.errors import UnreadableItem
from preheat.domain.demand.request import Reply, RequestId, Subject, Verb
from preheat.domain.plan.plan import Backend, ModelId, Target
from preheat.domain.record.paid import Cause, Stretch
from preheat.domain.record.record import Action, LedgerEntry, Phase

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
WHOLE = LedgerEntry(
    model_id=ModelId("weld"),
    sequence=7,
    at=SIX,
    from_phase=Phase.STARTING,
    to_phase=Phase.HOSTED,
    action=Action.READY,
    reason="Ready as required",
    target=Target("weld-a", "config-b", Backend.SAGEMAKER),
    schedule="early",
    client_token="token",  # noqa: S106  opens nothing
    parameter_digest="digest",
    generation=2,
    attempt=3,
    time_to_hosted=timedelta(minutes=4, microseconds=1),
    margin=timedelta(seconds=-0.25),
    inference_latency=timedelta(milliseconds=40),
    at_risk=True,
    expected_at=SIX,
    late=False,
    lost=True,
    requests=("one", "two"),
    expired=("three",),
    ready_at=SIX,
    needed_from=SIX,
    needed_until=SIX + timedelta(hours=8),
    units=2,
    paid=(Stretch(SIX, SIX + timedelta(minutes=5), 2, next(iter(Cause)), begun_after=SIX),),
    fell_back_to=1,
    cause="quota",
)
REPLY = Reply(
    request_id=RequestId("r-1"),
    verb=Verb.HOLD,
    subject=Subject(model_id=ModelId("weld")),
    requester="AROAEXAMPLE",
    at=SIX,
    accepted=True,
    code="accepted",
    reason="Accepted",
    digest="0",
    of=RequestId("r-0"),
    begin=SIX,
    until=SIX + timedelta(hours=1),
    phase=Phase.IDLE,
    ready_at=SIX,
    margin=timedelta(seconds=3.5),
    reply_to="arn:aws:sqs:eu-central-1:111122223333:replies",
    session="maria",
    retry_at=SIX,
    number=2,
)
STREAM = LedgerStream("ledger")


def insert(image: dict[str, Any]) -> dict[str, Any]:
    keys = {name: image[name] for name in ("model_id", "sequence")}
    return {"eventName": "INSERT", "dynamodb": {"Keys": keys, "NewImage": image}}


@pytest.mark.parametrize("value", [WHOLE, REPLY])
def test_each_field_comes_back_from_an_attribute_of_its_own(value: LedgerEntry | Reply) -> None:
    for field in fields(value):
        assert getattr(value, field.name) != field.default, f"{field.name}: the sample leaves it out"
    image = STREAM.make_image(value)
    assert {field.name for field in fields(value)} <= image.keys()
    assert "body" not in image
    assert STREAM.read(insert(image)) == value


@pytest.mark.parametrize("value", [WHOLE, REPLY])
def test_a_field_with_its_default_has_no_attribute_and_comes_back(value: LedgerEntry | Reply) -> None:
    for field in fields(value):
        if field.default is MISSING:
            continue
        bare: Any = replace(value, **{field.name: field.default})
        image = STREAM.make_image(bare)
        assert field.name not in image
        assert STREAM.read(insert(image)) == bare


def test_the_console_shows_plain_types() -> None:
    image = STREAM.make_image(WHOLE)
    assert image["margin"] == {"N": "-0.25"}
    assert image["late"] == {"BOOL": False}
    assert image["schedule"] == {"S": "early"}
    assert image["requests"] == {"L": [{"S": "one"}, {"S": "two"}]}
    assert image["target"]["M"]["backend"] == {"S": "sagemaker"}
    assert image["schema"] == {"N": "2"}
    assert "NULL" not in str(image)


def test_whatever_may_be_none_in_what_is_stored_has_none_as_its_default() -> None:
    """The codec writes no None, so a missing field must come back as None."""
    seen: set[type] = set()
    waiting: list[Any] = [LedgerEntry, Reply]
    while waiting:
        kind = waiting.pop()
        if kind in seen:
            continue
        seen.add(kind)
        hints = get_type_hints(kind)
        for field in fields(kind):
            hint = hints[field.name]
            inner = get_args(hint) or (hint,)
            waiting += [one for one in inner if is_dataclass(one)]
            top = kind in (LedgerEntry, Reply)
            if isinstance(hint, UnionType) and type(None) in inner and not (top and field.default is MISSING):
                assert field.default is None, f"{kind.__name__}.{field.name}"
    assert len(seen) > 3


def test_a_reply_to_what_could_not_be_read_comes_back() -> None:
    unread = replace(REPLY, verb=None, subject=None)
    assert STREAM.read(insert(STREAM.make_image(unread))) == unread


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("margin", {"S": "soon"}, "margin"),
        ("action", {"S": "sing"}, "action"),
        ("reason", None, "reason: None is not text"),
        ("schema", {"N": "3"}, "schema: 3 is not 1 to 2"),
        ("target", {"M": {"project": {"S": "weld-a"}}}, "target.version: missing"),
    ],
)
def test_what_cannot_be_read_names_the_attribute(name: str, value: dict[str, Any] | None, message: str) -> None:
    image = {key: inner for key, inner in STREAM.make_image(WHOLE).items() if key != name}
    if value is not None:
        image[name] = value
    with pytest.raises(UnreadableItem, match=message):
        STREAM.read(insert(image))


def test_a_later_releases_attribute_is_ignored() -> None:
    assert STREAM.read(insert(STREAM.make_image(WHOLE) | {"mood": {"S": "good"}})) == WHOLE
