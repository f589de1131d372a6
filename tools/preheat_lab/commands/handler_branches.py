"""Count the branches inside error handlers that the tests take.

    python -m preheat_lab handler-branches

The files are those of `tests/support/handlers.py`, which checks in every run that each handler ran. Status 0 if
the tests take every branch.
"""

import argparse
import ast
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.handlers import ROOT, WATCHED

TESTS = ("tests/contracts", "tests/days", "tests/errors", "tests/functions", "tests/preheat")
COVERAGE = (sys.executable, "-m", "coverage")


def measure() -> dict[str, dict[str, list[list[int]]]]:
    """Run the tests under coverage, and return its figures by file."""
    with TemporaryDirectory(prefix="branches-") as folder:
        data, report = f"--data-file={folder}/data", Path(folder) / "report.json"
        source = "--source=functions,layers/preheat/preheat"
        run = (*COVERAGE, "run", "--branch", source, data, "-m", "pytest", *TESTS)
        subprocess.run(run, cwd=ROOT, check=True)
        subprocess.run((*COVERAGE, "json", "-q", data, "-o", report), cwd=ROOT, check=True)
        files: dict[str, dict[str, list[list[int]]]] = json.loads(report.read_text())["files"]
    return files


def find_lines_within(path: Path, branches: list[list[int]]) -> list[int]:
    """Return the lines of those branches that leave from inside a handler."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    spans = [(node.lineno, node.end_lineno or 0) for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    return [line for line, _ in branches if any(first <= line <= last for first, last in spans)]


def main(arguments: Sequence[str]) -> int:
    """Print the count, and each branch that no test takes; return the exit status."""
    argparse.ArgumentParser(prog="handler-branches", description=(__doc__ or "").splitlines()[0]).parse_args(arguments)
    taken, missing = 0, []
    files = measure()
    for path in WATCHED:
        name = str(path.relative_to(ROOT))
        if name in files:
            taken += len(find_lines_within(path, files[name]["executed_branches"]))
            missing += [f"{name}:{line}" for line in find_lines_within(path, files[name]["missing_branches"])]
    for each in missing:
        print(f"not taken: {each}")
    print(f"branches inside error handlers: {taken} of {taken + len(missing)} taken")
    return 1 if missing or not taken else 0
