"""The rest that a CloudWatch widget leaves out, and the way to it: a button that calls the widget's function again.

A widget has no script. CloudWatch itself carries out a `cwdb-action`: it calls the function, and shows what comes back
in the widget's place.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from preheat.domain.printable import escape


@dataclass(frozen=True, slots=True)
class More:
    """How to get the rest. `endpoint`: the function's ARN; `rows`: the most of a group; `group`: one shown whole."""

    endpoint: str
    rows: int
    group: str | None = None


def write_more(more: More | None, group: str | None, left: int) -> Iterator[str]:
    """Yield how many rows the widget leaves out, with a button that shows a group whole; nothing if it leaves none."""
    if more is None or not left:
        return
    yield f'<p class="left">{left} more are not shown.'
    if group is not None:
        event = escape(json.dumps({"group": group}))
        yield f' <a class="btn">Show all of {escape(group)}</a><cwdb-action action="call" display="widget"'
        yield f' endpoint="{escape(more.endpoint)}">{event}</cwdb-action>'
    yield "</p>"
