"""The codec: every domain value survives it, and it accepts nothing else as one."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import Enum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preheat.adapters.dynamodb.serial import (
    Misshapen,
    decode,
    dumps,
    encode,
    encode_fields,
    loads,
    parse_instant,
    stamp,
)
from preheat.domain.calendar.days import Cycle, DayRule, NthWeekday
from preheat.domain.calendar.recurrence_rule import RecurrenceRule
from preheat.domain.calendar.schedule import ShiftWindow, Weekday
from preheat.domain.plan.hosted_model import (
    DRAIN_LIMIT_LEAST,
    DRAIN_LIMIT_MOST,
    LATE_TARGET_LEAST,
    LATE_TARGET_MOST,
    LEAD_MAX,
    PRICE,
    Drain,
    HostedModel,
    Learning,
    Readiness,
)
from preheat.domain.plan.plan import ModelId, Target, Units
from preheat.domain.plan.turn import Turn
from preheat.domain.record.record import LedgerEntry, ModelRecord

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)

instants = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  bounds are naive
durations = st.timedeltas(timedelta(days=-400), timedelta(days=400))
names = st.text(st.characters(codec="utf-8"), max_size=12)
SECOND = timedelta(seconds=1)
targets = st.builds(Target, st.from_regex(r"[a-z]{1,9}", fullmatch=True), st.from_regex(r"[1-9][0-9]?", fullmatch=True))
units = st.builds(lambda low, more: Units(low, low + more if more else None), st.integers(1, 50), st.integers(0, 50))
dates = st.dates(date(1970, 1, 1), date(2199, 12, 31))
only = st.builds(
    DayRule,
    nth=st.frozensets(st.builds(NthWeekday, st.sampled_from(Weekday), st.sampled_from([1, 2, 3, 4, 5, -1]))),
    month_days=st.frozensets(st.just(-1) | st.integers(1, 31)),
    nearest=st.frozensets(st.just(-1) | st.integers(1, 31)),
    months=st.frozensets(st.integers(1, 12)),
    first=st.none() | st.dates(date(1970, 1, 1), date(2000, 1, 1)),
    last=st.none() | st.dates(date(2000, 1, 1), date(2199, 1, 1)),
    dates=st.frozensets(dates, max_size=3),
    cycle=st.none() | st.builds(Cycle, dates, st.just(28), st.frozensets(st.integers(0, 27), min_size=1)),
    rule=st.none() | st.builds(RecurrenceRule, st.sampled_from(["FREQ=DAILY", "FREQ=MONTHLY;BYDAY=-1FR"]), dates),
)
windows = st.builds(
    ShiftWindow,
    days=st.frozensets(st.sampled_from(Weekday), min_size=1),
    start=st.just(time(6)),
    end=st.times(time(6, 0, 1)),
    end_day=st.integers(0, 31),
    only=st.none() | only,
)
KINDS: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(),
    str: names,
    ModelId: st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True),
    date: dates,
    datetime: instants,
    timedelta: durations,
    Target: targets,
    Units: units,
    Drain: st.builds(
        Drain,
        st.sampled_from(["arn:aws:sqs:eu-central-1:111122223333:images", "http://127.0.0.1:4566/000000000000/images"]),
        st.timedeltas(DRAIN_LIMIT_LEAST, DRAIN_LIMIT_MOST),
    ),
    Turn: st.builds(
        lambda place, more: Turn(place * SECOND, (place + more) * SECOND), st.integers(0, 1800), st.integers(1, 1800)
    ),
    Readiness: st.builds(Readiness, st.binary(min_size=1, max_size=60), st.sampled_from(["image/jpeg", "text/csv"])),
    ShiftWindow: windows,
}


def values(hint: Any, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for every value of a type hint; `given` ones for the fields of a dataclass."""
    if hint in KINDS:
        return KINDS[hint]
    if get_origin(hint) is frozenset:
        return st.frozensets(values(get_args(hint)[0]), max_size=3)
    if isinstance(hint, UnionType):
        (inner,) = (one for one in get_args(hint) if one is not NoneType)
        return st.none() | values(inner)
    if get_origin(hint) is tuple:
        return st.lists(values(get_args(hint)[0]), max_size=3).map(tuple)
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    return st.builds(hint, **{name: values(kind) for name, kind in get_type_hints(hint).items()} | given)


leads = st.timedeltas(timedelta(microseconds=1), LEAD_MAX)
KINDS[Learning] = st.builds(Learning, st.floats(LATE_TARGET_LEAST, LATE_TARGET_MOST), leads, st.just(LEAD_MAX))
models = values(
    HostedModel,
    lead=leads,
    slack=st.just(timedelta()) | leads,
    tags=st.just(()),
    fallbacks=st.just(()),
    max_units_by_request=st.none(),
    max_unit_hours_by_request=st.none() | st.integers(1, 2_400),
    gate=st.none() | st.uuids().map(str),
    price=st.none() | st.from_regex(PRICE, fullmatch=True),
)


@given(values(ModelRecord) | values(LedgerEntry) | models)
def test_every_value_comes_back_as_it_went(value: Any) -> None:
    assert decode(type(value), loads(dumps(encode_fields(value)))) == value


@given(models)
def test_every_planned_model_comes_back_from_its_sparse_form(model: HostedModel) -> None:
    assert decode(HostedModel, loads(dumps(encode_fields(model, sparse=True)))) == model


@given(instants, instants)
def test_instants_sort_as_text_as_they_do_in_time(one: datetime, other: datetime) -> None:
    assert (stamp(one) < stamp(other)) == (one < other)
    assert parse_instant(stamp(one)) == one
    assert parse_instant(stamp(one)).tzinfo is UTC


def test_an_instant_of_another_offset_is_stored_in_utc() -> None:
    assert stamp(SIX.astimezone(timezone(timedelta(hours=1)))) == "2026-11-23T06:00:00.000000Z"


def test_a_naive_instant_is_never_stored() -> None:
    with pytest.raises(ValueError, match="naive"):
        stamp(datetime(2026, 11, 23))  # noqa: DTZ001  the point


@pytest.mark.parametrize("text", ["2026-11-23T06:00:00", "2026-11-23T06:00:00+01:00Z", "Z", "soon", 7, None])
def test_text_that_is_no_utc_instant_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"instant|offsets|isoformat"):
        parse_instant(text)


@dataclass(frozen=True, slots=True)
class SampleFacts:
    """One field of each kind that domain values have."""

    model_id: ModelId
    flag: bool
    count: int
    wait: timedelta
    wall: time
    day: date
    sizes: tuple[int, ...] = ()
    payload: bytes = b""
    name: str | None = None


GOOD: dict[str, Any] = {"model_id": "a", "flag": True, "count": 3, "wait": 1.5, "wall": "06:00:00", "day": "2026-12-24"}


def test_a_missing_field_takes_its_default() -> None:
    assert decode(SampleFacts, GOOD) == SampleFacts(
        ModelId("a"), True, 3, timedelta(seconds=1.5), time(6), date(2026, 12, 24)
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"more": 1}, "more: not a field that this release knows"),
        ({"model_id": 3}, "model_id: 3 is not text"),
        ({"model_id": None}, "model_id: None is not text"),
        ({"flag": 1}, "flag: 1 is not bool"),
        ({"count": True}, "count: True is not int"),
        ({"count": 3.0}, "count: 3.0 is not int"),
        ({"wait": "1"}, "wait: '1' is not a number of seconds"),
        ({"wait": True}, "wait: True is not a number of seconds"),
        ({"wait": 1e308}, "wait: "),
        ({"wait": float("nan")}, "wait: "),
        ({"wall": "25:00"}, "wall: "),
        ({"wall": "06:00:00+01:00"}, "wall: .* is not a plain wall time"),
        ({"day": "2026-02-30"}, "day: "),
        ({"day": "20261224"}, "day: .* is not a date"),
        ({"day": "2026-W52-4"}, "day: "),
        ({"day": 20261224}, "day: 20261224 is not text"),
        ({"sizes": "12"}, "sizes: '12' is not a list"),
        ({"sizes": [1, "2"]}, r"sizes\[1\]: '2' is not int"),
        ({"payload": "no base64!"}, "payload: "),
        ({"payload": [1]}, r"payload: \[1\] is not text"),
        ({"name": ["x" * 500]}, r"name: \['x{60,80}\.\.\. is not text"),
    ],
)
def test_a_field_of_another_shape_is_refused_by_its_path(change: dict[str, Any], told: str) -> None:
    with pytest.raises(Misshapen, match=told):
        decode(SampleFacts, GOOD | change)


@dataclass(frozen=True, slots=True)
class Nest:
    """Facts at every depth."""

    one: SampleFacts
    many: tuple[SampleFacts, ...]
    none: SampleFacts | None = None


def test_unknown_fields_are_passed_over_at_every_level_if_the_caller_says_so() -> None:
    more = GOOD | {"more": {"x": [1]}}
    data = {"one": more, "many": [more, GOOD], "none": more, "extra": None}
    facts = decode(SampleFacts, GOOD)
    assert decode(Nest, data, strict=False) == Nest(facts, (facts, facts), facts)
    with pytest.raises(Misshapen, match="extra: not a field"):
        decode(Nest, data)
    with pytest.raises(Misshapen, match=r"many\[0\].more: not a field"):
        decode(Nest, {"one": GOOD, "many": [more]})


@pytest.mark.parametrize("strict", [True, False])
def test_a_field_that_is_known_has_to_fit_either_way(strict: bool) -> None:
    with pytest.raises(Misshapen, match=r"one\.count: '3' is not int"):
        decode(Nest, {"one": GOOD | {"count": "3"}, "many": []}, strict=strict)


def test_a_sparse_form_leaves_out_what_has_its_default_at_every_level() -> None:
    facts = decode(SampleFacts, GOOD)
    nest = Nest(facts, (facts, replace(facts, name="x")))
    assert encode(nest, sparse=True) == {"one": GOOD, "many": [GOOD, GOOD | {"name": "x"}]}
    assert decode(Nest, encode(nest, sparse=True)) == nest


@pytest.mark.parametrize("name", GOOD)
def test_a_field_without_a_default_must_be_there(name: str) -> None:
    with pytest.raises(Misshapen, match=f"{name}: missing"):
        decode(SampleFacts, {key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize("data", [None, 3, "x", []])
def test_what_is_no_object_is_no_value(data: object) -> None:
    with pytest.raises(Misshapen, match=r"Facts: .* is not an object"):
        decode(SampleFacts, data)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", "[" * 100_000])
def test_text_that_holds_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(Misshapen, match="not "):
        loads(text)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | names, st.lists))
def test_no_data_makes_the_codec_fail_in_another_way(data: Any) -> None:
    for field in json.loads(dumps(encode_fields(ModelRecord(ModelId("a"), Target("p", "1"))))):
        with pytest.raises(Misshapen):
            decode(ModelRecord, {"target": data, "model_id": data, field: data, "strange": data})


def test_equal_values_make_equal_texts() -> None:
    record = ModelRecord(ModelId("a"), Target("p", "1"), wake_at=SIX)
    assert dumps(encode_fields(record)) == dumps(encode_fields(replace(record)))


def test_a_type_that_no_domain_value_has_is_a_bug() -> None:
    with pytest.raises(TypeError, match="complex has no stored form"):
        encode(1j)
