"""The exceptions of the prose linter: read from exceptions.toml, each with its reason.

An exception that excuses nothing is an alert. Does not know the rules themselves.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from preheat_lab.prose.rules import ProseAlert, Rule
from preheat_lab.prose.sources import ProsePassage

FILE = Path(__file__).parent / "exceptions.toml"


@dataclass
class ProseExceptions:
    """The texts that may stay: participles that name a state, phrases, single findings, places without linting."""

    states: dict[str, str]
    phrases: dict[str, str]
    single: list[dict[str, str]]
    places: dict[str, str]
    _used: set[str] = field(default_factory=set)

    def skip(self, passage: ProsePassage) -> bool:
        """Return whether the linter skips the place of a passage."""
        return passage.place.startswith(tuple(self.places))

    def clean(self, text: str) -> str:
        """Return a text without the phrases that may stay."""
        for phrase in self.phrases:
            if phrase in text:
                self._used.add(phrase)
                text = text.replace(phrase, "…")
        return text

    def excuse(self, passage: ProsePassage, finding: ProseAlert) -> bool:
        """Return whether a finding has an exception, and remember that it was needed."""
        participle = finding.found.split()[-1]
        if finding.rule is Rule.PASSIVE and participle in self.states:
            self._used.add(participle)
            return True
        for entry in self.single:
            at_place = passage.place.startswith(entry["place"])
            if at_place and entry["text"] in passage.text and entry["rule"] == finding.rule:
                self._used.add(entry["text"])
                return True
        return False

    def list_unused(self) -> list[str]:
        """Return the exceptions that excused nothing, as words for people."""
        texts = [*self.states, *self.phrases, *(entry["text"] for entry in self.single)]
        return [f"the exception for {text!r} excuses nothing; remove it" for text in texts if text not in self._used]


def load(file: Path = FILE) -> ProseExceptions:
    """Read the file. Every entry has a reason of at least two words, or ValueError."""
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    states, phrases, places = (content.get(key, {}) for key in ("states", "phrases", "places"))
    single = content.get("single", [])
    reasons = [
        *states.values(),
        *phrases.values(),
        *places.values(),
        *(entry.get("reason", "") for entry in single),
    ]
    if short := [reason for reason in reasons if len(reason.split()) < 2]:
        raise ValueError(f"an exception needs a reason in words: {short}")
    return ProseExceptions(states, phrases, single, places)
