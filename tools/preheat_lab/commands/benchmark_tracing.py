"""Measure what tracing with the X-Ray SDK adds to a cold start.

    uv pip install --target FOLDER aws-xray-sdk
    python -m preheat_lab benchmark-tracing FOLDER

FOLDER holds the SDK alone, because Preheat does not depend on it. Prints import times, medians of 15
fresh processes each, in turn, with bytecode. Judges nothing.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

RUNS = 15
TIMED = """
import sys, time
sys.path.append({folder!r})
import botocore.session
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics
began = time.perf_counter()
{code}
print((time.perf_counter() - began) * 1000)
"""
CASES = {
    "nothing more": "pass",
    "aws_xray_sdk alone": "import aws_xray_sdk.core",
    "Powertools Tracer, patching botocore": "from aws_lambda_powertools import Tracer; Tracer(service='preheat')",
}


def main(arguments: Sequence[str]) -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="benchmark-tracing", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", help="where the SDK is installed")
    folder = parser.parse_args(arguments).folder
    size = sum(
        path.stat().st_size for path in Path(folder).rglob("*") if path.is_file() and "__pycache__" not in str(path)
    )
    print(f"size of the SDK and what it needs beyond Preheat's own: {size / 2**20:.1f} MB")
    found: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(RUNS):
        for name, code in CASES.items():
            done = subprocess.run(
                [sys.executable, "-c", TIMED.format(folder=folder, code=code)],
                env={"POWERTOOLS_TRACE_DISABLED": "false", "LAMBDA_TASK_ROOT": "/var/task", "PATH": "/usr/bin:/bin"},
                capture_output=True,
                text=True,
                check=True,
            )
            found[name].append(float(done.stdout.splitlines()[-1]))
    for name, times in found.items():
        print(f"{name:<40}{median(times):8.1f} ms")
    return 0
