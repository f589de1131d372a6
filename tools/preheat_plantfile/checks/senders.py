"""Problems of the senders' table: entries that are for nobody, patterns that match nothing, rules without an effect.

Reads the values as the file has them, valid or not.
"""

from collections.abc import Iterator
from typing import Any, Final

from preheat.domain.plan.senders import NAME_PATTERN, RULES_MAX, matches
from preheat_plantfile.yaml import Document, FieldPath, Problem, mapping_of

# An admin may ask for everything: beside `admin: true`, these would have no effect.
_BOUNDS: Final = (
    "models",
    "schedules",
    "verbs",
    "max_priority",
    "max_units",
    "max_time",
    "max_time_per_day",
    "max_active",
    "max_requests_per_hour",
)


def sender_problems(document: Document) -> Iterator[Problem]:
    """Yield the problems of the senders' table."""
    senders = mapping_of(document.value, "senders")
    if len(senders) > RULES_MAX:
        found = f"found {len(senders)} entries"
        yield Problem(document.place(("senders",)), ("senders",), found, f"at most {RULES_MAX}")
    known = {name: list(mapping_of(document.value, name)) for name in ("models", "schedules")}
    for name, entry in senders.items():
        if not isinstance(entry, dict):
            continue
        path: FieldPath = ("senders", name)
        if not entry.get("roles") and not entry.get("events"):
            found = "found neither roles nor events"
            yield Problem(document.place(path, of_key=True), path, found, "at least one role or one event source")
        if entry.get("admin") is True:
            for field in _BOUNDS:
                if field in entry:
                    found = f"found {field} beside admin: true, which allows everything"
                    yield Problem(document.place((*path, field), of_key=True), (*path, field), found, "one of the two")
            continue
        for field, names in known.items():
            yield from _find_unmatched(document, (*path, field), entry.get(field), names)


def _find_unmatched(document: Document, path: FieldPath, patterns: Any, names: list[str]) -> Iterator[Problem]:
    for index, pattern in enumerate(patterns if isinstance(patterns, list) else []):
        is_readable = isinstance(pattern, str) and NAME_PATTERN.fullmatch(pattern)
        if is_readable and not any(matches(pattern, str(name)) for name in names):
            found = f"found {pattern!r}, which matches no name under {path[-1]}"
            yield Problem(document.place((*path, index)), (*path, index), found, "a name or pattern of this file")
