"""The widget's function takes a theme and a group from a dashboard's event, and nothing else."""

from typing import Any

import pytest

from preheat.app.board.widget import DESCRIPTION, NAME_MAX, Wish, asks_for_description, read_wish


@pytest.mark.parametrize(
    ("event", "wish"),
    [
        ({}, Wish()),
        ({"widgetContext": {"theme": "dark", "width": 588}}, Wish("dark")),
        ({"widgetContext": {"theme": "light"}, "group": "early-shift"}, Wish("light", "early-shift")),
        ({"widgetContext": {"theme": '"><script>'}, "group": ""}, Wish()),
        ({"widgetContext": {"theme": ["dark"]}, "group": {"a": 1}}, Wish()),
        ({"widgetContext": "dark", "group": "x" * (NAME_MAX + 1)}, Wish()),
        (["dark"], Wish()),
        ("dark", Wish()),
        (None, Wish()),
    ],
)
def test_a_wish_is_what_an_event_names_and_may_name(event: Any, wish: Wish) -> None:
    assert read_wish(event) == wish


def test_a_dashboard_may_ask_what_the_widget_is() -> None:
    assert asks_for_description({"describe": True})
    assert not asks_for_description({"widgetContext": {"describe": True}})
    assert not asks_for_description("describe")
    assert DESCRIPTION.startswith("## ")
