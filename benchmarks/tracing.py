"""What tracing with the X-Ray SDK would cost a cold start: import times in fresh processes, printed; nothing is judged.

    uv pip install --target FOLDER aws-xray-sdk
    .venv/bin/python -m benchmarks.tracing FOLDER

FOLDER holds the SDK alone, for Preheat does not depend on it. Medians of 15 processes each, in turn, with bytecode.
"""

import subprocess
import sys
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


def main() -> None:
    """Measure and print."""
    folder = sys.argv[1]
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


if __name__ == "__main__":
    main()
