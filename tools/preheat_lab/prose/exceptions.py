"""The exceptions of the prose linter: read from exceptions.toml, each with its reason.

An exception that excuses nothing is an alert. Does not know the rules themselves.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from preheat_lab.prose.rules import Finding
from preheat_lab.prose.sources import Passage

FILE = Path(__file__).parent / "exceptions.toml"


@dataclass
class Exceptions:
    """What may stay as it is: participles that name a state, single findings, places that are not linted."""

    states: dict[str, str]
    single: list[dict[str, str]]
    places: dict[str, str]
    _used: set[int] = field(default_factory=set)

    def skip(self, passage: Passage) -> bool:
        """Return whether the place of a passage is not linted."""
        return passage.place.startswith(tuple(self.places))

    def excuse(self, passage: Passage, finding: Finding) -> bool:
        """Return whether a finding has an exception of its own, and remember that it was needed."""
        for number, entry in enumerate(self.single):
            if (
                passage.place.startswith(entry["place"])
                and entry["text"] in passage.text
                and entry["rule"] == finding.rule
            ):
                self._used.add(number)
                return True
        return False

    def unused(self) -> list[str]:
        """Return the single exceptions that excused nothing, as words for people."""
        return [
            f"{entry['place']}: the exception for {entry['text']!r} excuses nothing; remove it"
            for number, entry in enumerate(self.single)
            if number not in self._used
        ]


def load(file: Path = FILE) -> Exceptions:
    """Read the file. Every entry has a reason of at least two words, or ValueError."""
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    states, single, places = (
        content.get(key, default) for key, default in (("states", {}), ("single", []), ("places", {}))
    )
    reasons = [*states.values(), *places.values(), *(entry.get("reason", "") for entry in single)]
    if short := [reason for reason in reasons if len(reason.split()) < 2]:
        raise ValueError(f"an exception needs a reason in words: {short}")
    return Exceptions(states, single, places)
