"""Owns the comparison of our Lookout for Vision service model with the last one that botocore shipped (1.40.60).

Downloads the reference by its hash into `.cache/`; no commit holds it. Leaves out documentation text and the names
of nested shapes, because neither travels on the wire. Every other word of the two models must agree, for each operation
that we carry. `flatten` and `find_differences` are pure: they know nothing of files or networks.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from preheat_lab.checkout import ROOT

REQUIREMENTS = ROOT / "requirements" / "lookout-reference.txt"
OURS = ROOT / "layers" / "preheat" / "preheat" / "adapters" / "hosting" / "data" / "lookoutvision" / "2020-11-20"

Model = Mapping[str, Any]
Facts = dict[str, object]


def flatten(model: Model, paginators: Model) -> dict[str, Facts]:
    """Return every fact of a model under a dotted name, grouped by operation; `service` holds the metadata.

    >>> flatten(model, paginators)["StartModel"]["input.MinInferenceUnits.min"]
    1
    """
    service = {"version": model["version"], **{f"metadata.{key}": value for key, value in model["metadata"].items()}}
    facts: dict[str, Facts] = {"service": service}
    for name, operation in model["operations"].items():
        group: Facts = {}
        for key, value in operation.items():
            if key == "documentation":
                continue
            if key in {"input", "output"}:
                group[key] = value["shape"]
                group.update(_shape(model["shapes"], value["shape"], key))
            elif key == "errors":
                group[key] = [error["shape"] for error in value]
                for error in value:
                    group.update(_shape(model["shapes"], error["shape"], f"errors.{error['shape']}"))
            elif isinstance(value, dict):
                group.update({f"{key}.{trait}": setting for trait, setting in value.items()})
            else:
                group[key] = value
        for key, value in paginators["pagination"].get(name, {}).items():
            group[f"paginator.{key}"] = value
        facts[name] = group
    return facts


def _shape(shapes: Model, name: str, path: str) -> Iterator[tuple[str, object]]:
    for trait, setting in shapes[name].items():
        if trait == "members":
            yield f"{path}.members", sorted(setting)
            for member, reference in setting.items():
                yield from _reference(shapes, reference, f"{path}.{member}")
        elif trait in {"member", "key", "value"}:
            yield from _reference(shapes, setting, f"{path}[{trait}]")
        elif trait != "documentation":
            yield f"{path}.{trait}", setting


def _reference(shapes: Model, reference: Model, path: str) -> Iterator[tuple[str, object]]:
    yield from _shape(shapes, reference["shape"], path)
    # The member's own traits (location, idempotencyToken) are facts in addition to those of its shape.
    for trait, setting in reference.items():
        if trait not in {"shape", "documentation"}:
            yield f"{path}@{trait}", setting


def find_differences(ours: Facts, reference: Facts) -> list[str]:
    """Return one sentence for each fact that only one side states or that the two state differently."""
    found = []
    for fact in sorted(ours.keys() | reference.keys()):
        if fact not in reference:
            found.append(f"{fact}: ours says {ours[fact]!r}, the reference does not state it")
        elif fact not in ours:
            found.append(f"{fact}: the reference says {reference[fact]!r}, ours does not state it")
        elif ours[fact] != reference[fact] or type(ours[fact]) is not type(reference[fact]):
            found.append(f"{fact}: ours says {ours[fact]!r}, the reference {reference[fact]!r}")
    return found


def report(ours: dict[str, Facts], reference: dict[str, Facts]) -> tuple[list[str], bool]:
    """Return the lines to print and whether the two agree on everything that we carry."""
    lines, facts, wrong = [], 0, 0
    for group, stated in ours.items():
        if group not in reference:
            lines.append(f"{group}: not an operation of the reference")
            wrong += 1
            continue
        found = find_differences(stated, reference[group])
        facts += len(stated)
        wrong += len(found)
        lines.append(f"{group}: {len(stated)} facts, {len(found)} different")
        lines.extend(f"    {sentence}" for sentence in found)
    left_out = sorted(reference.keys() - ours.keys())
    lines.append(f"not carried: {len(left_out)} operations ({', '.join(left_out)})")
    lines.append(f"{len(ours) - 1} operations and the metadata compared: {facts} facts, {wrong} different")
    return lines, wrong == 0


def read(folder: Path) -> dict[str, Facts]:
    """Read and flatten the model in a botocore data folder, plain or gzipped."""

    def one(name: str) -> Model:
        plain, packed = folder / f"{name}.json", folder / f"{name}.json.gz"
        text = plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
        content: Model = json.loads(text)
        return content

    return flatten(one("service-2"), one("paginators-1"))


def install_reference(cache: Path = ROOT / ".cache") -> Path:
    """Return a folder to put on the path that holds botocore 1.40.60, installed on first use.

    Raises subprocess.CalledProcessError if the package is not available or its hash is not the pinned one.
    """
    version = REQUIREMENTS.read_text(encoding="utf-8").split(" ", 1)[0].replace("==", "-")
    target = cache / "lookout-reference" / version
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        # Into a scratch folder first: a folder that exists is a whole one, also after Ctrl-C and beside another run.
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            whole = Path(scratch) / version
            command = [_find_uv(), "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
            subprocess.run(
                [*command, "--python", sys.executable, "--target", str(whole), "--requirements", str(REQUIREMENTS)],
                check=True,
            )
            try:
                whole.rename(target)
            except OSError:
                if not target.exists():
                    raise
    return target


def _find_uv() -> str:
    return os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".tools" / "uv" / "bin" / "uv")
