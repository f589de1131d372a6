"""A change of stored forms names the remaining work, before a rollback finds out."""

import copy
from typing import Any

import pytest
from tests.skew.shape import CURRENT, SHAPES, Shape, changes, present, read, types_of

from preheat.adapters.dynamodb import items
from preheat.app.ports.errors import UnreadableItem

RELEASED = sorted(path for path in SHAPES.glob("*.json") if path != CURRENT)
RULE = f"The rule stands at the top of {items.__name__}."


def test_the_stored_types_are_those_of_the_shape_file() -> None:
    additive, breaking = changes(read(CURRENT), present())
    assert read(CURRENT) == present(), (
        f"what is stored has changed: {additive + breaking or 'a schema number, or how a kind is read'}.\n{RULE}"
        "\nA new field of a record or an entry: give it a default that means 'not known'. If an older release must"
        "\nnot act without knowing it, or a field went or changed: raise the number of that kind in adapters/dynamodb."
        "\nThen: .venv/bin/python -m preheat_lab skew-samples --shape"
    )


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_a_breaking_change_since_a_release_has_a_schema_number_of_its_own(path: Any) -> None:
    assert find_unnumbered(read(path), present()) == [], RULE


def find_unnumbered(old: Shape, new: Shape) -> list[str]:
    """Return the breaking changes of each kind of item whose number stayed the same."""
    _, breaking = changes(old, new)
    found = []
    for kind, was in old["items"].items():
        types = types_of(old, was["type"]) | types_of(new, new["items"][kind]["type"])
        mine = [each for each in breaking if each.removeprefix("type ").split()[0].split(".")[0].rstrip(":") in types]
        if mine and new["items"][kind]["schema"] == was["schema"]:
            found += [f"{kind}: {each}" for each in mine]
    return found


@pytest.mark.parametrize(
    ("change", "additive", "breaking"),
    [
        (
            lambda types: types["Effort"].update(more={"type": "text or null", "default": None}),
            ["Effort.more added"],
            [],
        ),
        (lambda types: types["Observed"].append("asleep"), ["Observed: value asleep added"], []),
        (
            lambda types: types["Effort"].update(more={"type": "text"}),
            [],
            ["record: Effort.more: None became {'type': 'text'}"],
        ),
        (lambda types: types["Observed"].remove("busy"), [], ["record: Observed: value busy removed"]),
        (lambda types: types["Units"].pop("maximum"), [], ["record: Units.maximum", "model: Units.maximum"]),
        (lambda types: types["LedgerEntry"]["margin"].update(type="text or null"), [], ["entry: LedgerEntry.margin"]),
        (lambda types: types["HostedModel"]["mode"].update(default="paused"), [], ["model: HostedModel.mode"]),
    ],
)
def test_a_change_is_reported_and_judged_by_what_it_breaks(
    change: Any, additive: list[str], breaking: list[str]
) -> None:
    old, new = present(), copy.deepcopy(present())
    change(new["types"])
    assert changes(old, new)[0] == additive
    found = find_unnumbered(old, new)
    assert len(found) == len(breaking)
    assert all(one.startswith(start) for one, start in zip(found, breaking, strict=True))
    for kind in new["items"].values():
        kind["schema"] += 1
    assert find_unnumbered(old, new) == []


def test_a_release_reads_its_own_number_and_refuses_a_higher_one() -> None:
    schema = items.Schema(written=3, oldest=2)
    schema.check("here", 2)
    schema.check("here", 3)
    for number in (1, 4, None, 2.5, True):
        with pytest.raises(UnreadableItem, match="is not 2 to 3, which this release knows"):
            schema.check("here", number)
