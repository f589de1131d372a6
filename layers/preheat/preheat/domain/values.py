"""Values are changed by making new ones; where nothing differs, the old one serves.

Owns that saving alone: most passes change next to nothing, and to build a record anew costs more than to decide on it.
"""

from dataclasses import replace
from typing import Any


def changed[Value](value: Value, **changes: Any) -> Value:
    """Return a dataclass's value with some fields changed; the very same value if each is as it was."""
    for name, new in changes.items():
        old = getattr(value, name)
        if old is not new and old != new:
            return replace(value, **changes)  # type: ignore[type-var]  # as `replace`, which takes dataclasses only
    return value
