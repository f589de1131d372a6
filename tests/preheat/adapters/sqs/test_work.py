"""Work messages: a model has one name; the reader ignores a newer release's additions, and refuses all else by name."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preheat.adapters.sqs.work import (
    BODY_BYTES_MAX,
    is_repeated,
    make_glances,
    make_work,
    parse_work,
    read_due_at,
    read_glances,
)
from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.queue import GLANCES_MAX
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


def test_a_body_of_the_most_bytes_is_read_and_one_more_is_refused() -> None:
    body = make_work(ModelId("weld-seams")).ljust(BODY_BYTES_MAX)
    assert parse_work(body) == "weld-seams"
    with pytest.raises(UnreadableItem, match="4097 bytes"):
        parse_work(f"{body} ")


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


@pytest.mark.parametrize(
    "names", [("weld-seams",), ("weld-seams", "paint"), tuple(f"m-{n}" for n in range(GLANCES_MAX))]
)
def test_a_message_for_glances_names_its_models_and_is_a_look_at_the_first(names: tuple[str, ...]) -> None:
    body = make_glances([ModelId(name) for name in names])
    assert (parse_work(body), read_glances(body)) == (names[0], names)
    assert read_glances(make_work(ModelId("weld-seams"))) == ()


@pytest.mark.parametrize("glances", ["true", "7", '"a"', "null", "[7]", '["A B"]', '["a", null]', "{}", '["a", ""]'])
def test_glances_of_another_form_are_a_look(glances: str) -> None:
    assert read_glances(f'{{"model_id": "a", "glances": {glances}}}') == ()


def test_no_model_has_two_glances_in_a_message() -> None:
    assert read_glances('{"model_id": "a", "glances": ["b", "a", "b"]}') == ("b", "a")


def test_the_largest_message_for_glances_is_accepted() -> None:
    body = make_glances([ModelId(f"{number:063}") for number in range(GLANCES_MAX)])
    assert parse_work(body)
    assert len(read_glances(body)) == GLANCES_MAX
