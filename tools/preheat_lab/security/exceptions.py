"""Reads `exceptions.toml`: what the project accepts, each with its reason."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("exceptions.toml")


@dataclass(frozen=True, slots=True)
class Exceptions:
    """Reasons by action, by check of checkov, and by hash of a secret."""

    without_resource: Mapping[str, str]
    checkov: Mapping[str, str]
    secrets: Mapping[str, str]

    @classmethod
    def load(cls, path: Path = FILE) -> "Exceptions":
        """Read the file.

        Raises:
            ValueError: an entry has no reason.
        """
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        for table in tables.values():
            for entry, reason in table.items():
                if not isinstance(reason, str) or len(reason.split()) < 3:
                    raise ValueError(f"{path.name}: {entry} has no reason")
        return cls(**tables)
