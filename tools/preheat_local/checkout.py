"""The checkout on disk: where its template, its tools and the local AWS's own folder are.

Knows paths only; starts nothing.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from preheat_local.errors import LocalAwsError

STATE_VARIABLE = "PREHEAT_STATE"
OWN_FOLDER = ".preheat"


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout of Preheat and the folder in which one local AWS keeps its state.

    All local AWSs of a checkout share its build; each has its own logs and state.
    """

    root: Path
    state: Path

    @property
    def template(self) -> Path:
        """The template as written."""
        return self.root / "template.yaml"

    @property
    def build(self) -> Path:
        """The output of `sam build` for the local AWS. `.aws-sam` belongs to people who run sam themselves."""
        return self.root / OWN_FOLDER / "build"

    @property
    def logs(self) -> Path:
        """One file for each process and step."""
        return self.state / "logs"

    @property
    def temporary(self) -> Path:
        """The temporary folder of ministack, which leaves things behind."""
        return self.state / "tmp"

    @property
    def launcher(self) -> Path:
        """The script that starts ministack; run by path, with ministack's own interpreter."""
        return Path(__file__).parent / "emulator" / "launcher.py"

    def tool(self, environment: str, name: str) -> Path:
        """Return the program `name` of one of the three environments, such as `.venv-sam`.

        Raises:
            LocalAwsError: it is not there.
        """
        path = self.root / environment / "bin" / name
        if not path.exists():
            raise LocalAwsError(f"{path} is missing: run `make setup` in {self.root}")
        return path

    def uv(self) -> Path:
        """Return uv: $UV, else the checkout's own, else the one on PATH.

        Raises:
            LocalAwsError: there is none.
        """
        own = self.root / ".tools" / "uv" / "bin" / "uv"
        for found in (shutil.which(os.environ.get("UV", "")), str(own) if own.exists() else None, shutil.which("uv")):
            if found:
                return Path(found).absolute()
        raise LocalAwsError(f"uv is missing: run `make setup` in {self.root}")


def find_checkout(start: Path | None = None, state: Path | None = None) -> Checkout:
    """Return the checkout that holds `start` (the working directory), looking upward for template.yaml.

    `state` overrides where the local AWS keeps its state; else $PREHEAT_STATE, else `.preheat` in the checkout.

    Raises:
        LocalAwsError: no folder from `start` upward is a checkout.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "template.yaml").is_file() and (folder / "layers" / "preheat").is_dir():
            named = os.environ.get(STATE_VARIABLE)
            chosen = state or (Path(named) if named else folder / OWN_FOLDER)
            return Checkout(root=folder, state=chosen.resolve())
    raise LocalAwsError(f"{start} is not inside a checkout of Preheat (no template.yaml upward): change into one")
