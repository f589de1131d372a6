"""A command whose output nobody reads any more (`| head`) ends at once: no traceback, no report of a bug."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLANT = str(ROOT / "examples" / "plant.yaml")
COMMANDS = [
    ["preheat_cli.main", "--help"],
    ["preheat_cli.main", "hold", "--help"],
    ["preheat_cli.main", "schema", "plant"],
    ["preheat_cli.main", "validate", PLANT],
    ["preheat_cli.main", "windows", PLANT],
    ["preheat_cli.main", "plan", PLANT],
    ["preheat_cli.main", "simulate", "--seed", "7", "--models", "1", "--days", "1"],
    ["preheat_lab", "--help"],
    ["preheat_lab", "costs", "--help"],
    ["preheat_lab", "prose", "README.md"],
    ["preheat_simulator", "--help"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_closed_output_ends_a_command_quietly(command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", *command], cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(writing)
    assert ended.returncode in (0, 1)
    assert ended.stderr == ""
