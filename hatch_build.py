"""Metadata of the wheel, derived from other files: its dependencies, its extras and its description.

layers/dependencies/requirements.in is the one list of Lambda's packages. The dependency groups of pyproject.toml add
those of the command line. Both pin exactly, for locks. An installed command has to live next to other packages. So each
pin becomes a range here: from the version of the tests up to the next major version.
"""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

EXTRAS = {"simulator": ("simulator",), "local": ("simulator",)}
_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+(?:\[[a-z,]+\])?)==(?P<major>\d+)(?P<rest>[0-9.a-z]*)")
# A link in the README that leads to a file of the repository: on a package index it would lead nowhere.
_FILE_IMAGE = re.compile(r"!\[[^\]]*\]\((?!https?:)[^)]+\)\n?")
_FILE_LINK = re.compile(r"(?<!!)\[(?P<text>(?:[^\[\]]|`[^`]*`)+)\]\((?!https?:|mailto:)[^)]+\)")
YEAR = 2000  # a first number from here on is a date, not a major version


class WheelMetadata(MetadataHookInterface):
    """Fills in what `dynamic` names in pyproject.toml."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the dependencies, the extras and the description."""
        root = Path(self.root)
        groups = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
        of_lambda = (root / "layers" / "dependencies" / "requirements.in").read_text(encoding="utf-8").splitlines()
        metadata["dependencies"] = ranges([*of_lambda, *groups["cli"]])
        metadata["optional-dependencies"] = {
            extra: ranges(pin for name in names for pin in groups[name]) for extra, names in EXTRAS.items()
        }
        readme = (root / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": without_file_links(readme)}


def ranges(pins: Iterable[str]) -> list[str]:
    """Return the range of each pin, sorted, without empty lines and comments.

    >>> ranges(["typer==0.29.2  # a comment", "tzdata==2026.6"])
    ['typer>=0.29.2,<1', 'tzdata>=2026.6']
    """
    return sorted(filter(None, map(_range, pins)))


def _range(line: str) -> str:
    pin = line.partition("#")[0].strip()
    if not pin:
        return ""
    found = _PIN.fullmatch(pin)
    if found is None:
        raise ValueError(f"{pin!r} is not a pin NAME==VERSION")
    major = int(found["major"])
    below = "" if major >= YEAR else f",<{major + 1}"
    return f"{found['name']}>={found['major']}{found['rest']}{below}"


def without_file_links(text: str) -> str:
    """Return Markdown without pictures of the repository, and with links to its files as plain text; web links stay."""
    return _FILE_LINK.sub(lambda link: link["text"], _FILE_IMAGE.sub("", text))
