"""The board as a custom widget of a CloudWatch dashboard: what a dashboard may ask, and the words around the board.

Trusts nothing in an event. Source: Custom widgets,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

THEMES: Final = frozenset({"light", "dark"})
NAME_MAX: Final = 200  # characters of a group's name
ROWS: Final = 25  # models of a group that the widget shows without a click
DESCRIPTION: Final = """## Preheat board
Every model of this stack: trouble first, each with its cause and remedy, then a timeline for each model.

### Widget parameters
Param | Description
---|---
**group** | Optional. Show every model of this schedule.

### Example parameters
``` yaml
group: early-shift
```
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """The wish of a dashboard. `theme` empty: as the reader's device asks for. `group` None: the first ROWS of each."""

    theme: str = ""
    group: str | None = None


def asks_for_description(event: Any) -> bool:
    """Return whether a dashboard asks what the widget is, instead of what it shows."""
    return isinstance(event, Mapping) and "describe" in event


def read_wish(event: Any) -> Wish:
    """Return the wish in an event; ignore what it does not know."""
    if not isinstance(event, Mapping):
        return Wish()
    surroundings, group = event.get("widgetContext"), event.get("group")
    theme = surroundings.get("theme") if isinstance(surroundings, Mapping) else None
    return Wish(
        theme if isinstance(theme, str) and theme in THEMES else "",
        group if isinstance(group, str) and 0 < len(group) <= NAME_MAX else None,
    )


def write_failure() -> str:
    """Return the words in place of a board that the function could not read. The reason is in its log."""
    return (
        "<p><b>Preheat cannot read its tables, so nobody knows what runs.</b></p>"
        "<p>Read the log of the function board. Refresh the dashboard to try again.</p>"
    )
