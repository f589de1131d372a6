"""One seeded mutation: a small replacement in the source, and the rule that it breaks.

Owns how to apply a mutation: to a copy of the package, never to the source itself. Knows no harness.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from preheat_lab.checkout import ROOT

PACKAGE = Path("layers/preheat/preheat")


@dataclass(frozen=True, slots=True)
class Mutation:
    """In `file` (below the package), `old` becomes `new`; `rule` is the broken rule, `sees` the promise that it breaks.

    `first` names the harnesses of `hunt.OWN` that see it, tried before all others. `suite` is the file of tests that
    sees it instead, if no harness knows the promise.
    `old` occurs exactly once in the file, so that the replacement is unambiguous.
    """

    name: str
    file: str
    old: str
    new: str
    rule: str
    sees: str
    first: tuple[str, ...] = ()
    suite: str = ""

    def apply(self, text: str) -> str:
        """Return the mutated source.

        Raises:
            ValueError: the text to be replaced is not there exactly once: the source has moved on.
        """
        times = text.count(self.old)
        if times != 1:
            raise ValueError(f"{self.name}: its text stands {times} times in {self.file}; quote it again")
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Covered:
    """A mutation that no promise distinguishes from the protocol, for `why`: a rule covers the same. Not counted."""

    name: str
    file: str
    old: str
    new: str
    why: str


def read_source(file: str) -> str:
    """Return a file of the package as it stands in the checkout."""
    return (ROOT / PACKAGE / file).read_text(encoding="utf-8")


def copy_mutated(mutation: Mutation | None, folder: Path) -> Path:
    """Copy the package into `folder`, mutated (None: as it is); return what goes first on PYTHONPATH.

    It does not copy the functions' handlers: they are next to the package, as in a checkout.
    """
    package = folder / PACKAGE
    shutil.copytree(ROOT / PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "functions").symlink_to(ROOT / "functions")
    if mutation is not None:
        file = package / mutation.file
        file.write_text(mutation.apply(read_source(mutation.file)), encoding="utf-8")
    return package.parent
