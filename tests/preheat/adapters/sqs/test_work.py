"""Work messages: a model has one name; the reader ignores a newer release's additions, and refuses all else by name."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preheat.adapters.sqs.work import is_repeated, make_work, parse_work, read_due_at, read_glance
from preheat.app.ports.errors import UnreadableItem
from preheat.domain.plan.plan import MODEL_ID, ModelId


@given(st.from_regex(MODEL_ID, fullmatch=True))
def test_a_work_message_is_read_as_it_was_written(name: str) -> None:
    assert parse_work(make_work(ModelId(name))) == name


@pytest.mark.parametrize(
    "body",
    [
        '{"model_id": "a", "at": 1}',
        '{"schema": 2, "trace": {"model_id": "b"}, "model_id": "a"}',
        '{"model_id": "a", "": null, "more": [{"model_id": 3}]}',
        '{"model_id": "a", "more": 1, "more": 2}',
    ],
)
def test_what_a_newer_release_says_besides_is_passed_over(body: str) -> None:
    assert parse_work(body) == "a"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (None, "NoneType is not text"),
        ({"model_id": "a"}, "dict is not text"),
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 4000, "not JSON"),
        ('"weld-seams"', "'weld-seams' is not a JSON object"),
        ('["model_id"]', "is not a JSON object"),
        ("{}", r"fields \[\]; model_id has to be there, once"),
        ('{"model": "a"}', r"fields \['model'\]"),
        ('{"model_id": "a", "model_id": "b"}', r"fields \['model_id', 'model_id'\]"),
        ('{"model_id": 3}', "model_id 3 is not 1 to 63 of"),
        ('{"model_id": null}', "model_id None is not"),
        ('{"model_id": {"model_id": "a"}}', "is not 1 to 63 of"),
        ('{"model_id": ""}', "model_id '' is not"),
        ('{"model_id": "Weld"}', "model_id 'Weld' is not"),
        ('{"model_id": "weld\\n"}', r"model_id 'weld\\n' is not"),
        (json.dumps({"model_id": "a" * 64}), r"is not 1 to 63 of"),
        (json.dumps({"model_id": "a" * 4096}), "4112 bytes; at most 4096 are accepted"),
        ("ä" * 3000, "6000 bytes"),
        ("\ud800", "not JSON"),
    ],
)
def test_anything_else_is_refused_and_the_message_says_why(body: object, told: str) -> None:
    with pytest.raises(UnreadableItem, match=told):
        parse_work(body)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["model_id", "x"]) | st.text(), inner),
)


@given(st.text() | st.binary() | anything.map(json.dumps))
def test_no_body_makes_the_parser_fail_in_another_way(body: Any) -> None:
    try:
        said: str = parse_work(body)
    except UnreadableItem as refused:
        said = str(refused)
    assert said.isprintable()
    assert len(said) < 300


def test_a_message_says_from_when_on_the_index_shows_its_model() -> None:
    due_at = datetime(2026, 11, 23, 9, 32, tzinfo=UTC)
    body = make_work(ModelId("weld-seams"), due_at)
    assert (parse_work(body), read_due_at(body)) == ("weld-seams", due_at)
    assert read_due_at(make_work(ModelId("weld-seams"))) is None


@pytest.mark.parametrize("repeated", [True, False])
def test_a_message_says_whether_it_repeats_another(repeated: bool) -> None:
    body = make_work(ModelId("weld-seams"), datetime(2026, 11, 23, tzinfo=UTC), repeated=repeated)
    assert is_repeated(body) is repeated
    assert not is_repeated('{"model_id": "a", "repeated": 1}')


@pytest.mark.parametrize("due_at", [None, 3, "", "soon", "2026-11-23T09:32:00", [], {}])
def test_a_hint_that_is_none_says_nothing(due_at: object) -> None:
    assert read_due_at(json.dumps({"model_id": "a", "due_at": due_at})) is None


@pytest.mark.parametrize(("version", "read"), [(7, 7), (None, None), (0, None)])
def test_a_message_for_a_glance_has_the_version_of_its_record(version: int | None, read: int | None) -> None:
    body = make_work(ModelId("weld-seams"), glance=version)
    assert (parse_work(body), read_glance(body)) == ("weld-seams", read)


@pytest.mark.parametrize("glance", ["true", '"7"', "7.5", "-1", "null", "[7]"])
def test_a_glance_of_another_form_is_a_look(glance: str) -> None:
    assert read_glance(f'{{"model_id": "a", "glance": {glance}}}') is None
