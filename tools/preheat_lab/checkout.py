"""The checkout that the lab runs in: the lab's programs read sources, tests and pages that no wheel holds."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run_test(file: str, settings: Mapping[str, str], *, shows: bool = False) -> int:
    """Run one file of tests with `settings` in its environment; `shows` what it prints. Return pytest's exit status."""
    command = [sys.executable, "-m", "pytest", *(["-s"] if shows else []), file]
    return subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=False).returncode
