"""How long each function's cold start takes in its process, compared with the import of its three libraries.

A cold start here is `import handler` from built layers with bytecode, by a Python without site-packages. That makes
every module, and every client that the function makes before its first event. Figures are processor time, so other work
on the machine counts little, and the most memory that the process had. Each round runs every case once, and the figure
is the median of all rounds.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import boto3

LIBRARIES: Final = "boto3, pynamodb, aws_lambda_powertools"
FUNCTIONS: Final = ("tick", "reconcile", "requests", "watch", "publish", "audit")
QUEUE_URL: Final = "https://sqs.eu-central-1.amazonaws.com/123456789012/queue"
# The environment of every function, with invented values. It makes no call.
ENVIRONMENT: Final = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_LAMBDA_FUNCTION_NAME": "preheat",
    "PATH": os.defpath,
    "POWERTOOLS_METRICS_NAMESPACE": "Preheat",
    "POWERTOOLS_SERVICE_NAME": "preheat",
    "PREHEAT_EVENT_BUS": "bus",
    "PREHEAT_LEDGER_TABLE": "ledger",
    "PREHEAT_MODELS_TABLE": "models",
    "PREHEAT_PLANS_TABLE": "plans",
    "PREHEAT_PROJECT_PREFIX": "plant-",
    "PREHEAT_REJECTED_QUEUE_URL": QUEUE_URL,
    "PREHEAT_STACK_NAME": "preheat",
    "PREHEAT_UNPUBLISHED_QUEUE_ARN": "arn:aws:sqs:eu-central-1:123456789012:unpublished",
    "PREHEAT_WORK_QUEUE_URL": QUEUE_URL,
    "PYTHONTZPATH": "",
}
# The first pass makes the client of the hosting service. The module does not.
FIRST_CLIENT: Final = """
from botocore.session import Session
from preheat.adapters.client import AwsService, make_client
make_client(Session(), AwsService.SAGEMAKER)
"""


@dataclass(frozen=True, slots=True)
class ColdStart:
    """One case: what a fresh process loads, and from which folders."""

    name: str
    paths: tuple[Path, ...]
    code: str

    def measure(self) -> "ColdStartCost":
        """Run it once in a fresh process; return what it took.

        Raises:
            subprocess.CalledProcessError: it cannot be loaded; what it says is on the terminal.
        """
        paths = [str(path) for path in self.paths]
        timed = f"import sys, time\nsys.path[:0] = {paths!r}\nbegun = time.process_time()\n{self.code}\n"
        done = subprocess.run(
            [getattr(sys, "_base_executable", sys.executable), "-I", "-S", "-c", timed + ENDS],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        seconds, kilobytes = done.stdout.split()
        return ColdStartCost(float(seconds) * 1000, int(kilobytes) / 1024)


@dataclass(frozen=True, slots=True)
class ColdStartCost:
    """The cost of one run: processor time in milliseconds, and the most memory in MB."""

    milliseconds: float
    megabytes: float


ENDS: Final = "import resource\nprint(time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"


def list_cases(builds: Mapping[str, Path]) -> tuple[ColdStart, ...]:
    """Return the libraries alone, from the first build, then the functions of each build."""
    first, *_ = builds.values()
    site = Path(boto3.__file__).parents[1]  # the layers hold no boto3
    cases = [ColdStart(LIBRARIES, (*_find_layers(first), site), f"import {LIBRARIES}")]
    for name, build in builds.items():
        for function in FUNCTIONS:
            paths = (build / f"{function.title()}Function", *_find_layers(build))
            cases.append(ColdStart(f"{name}: {function}", paths, "import handler"))
            if function == "reconcile":
                cases.append(ColdStart(f"{name}: {function}, SageMaker", paths, f"import handler{FIRST_CLIENT}"))
    return tuple(cases)


def measure(builds: Mapping[str, Path], *, rounds: int) -> None:
    """Measure and print."""
    cases = list_cases(builds)
    for case in cases:
        case.measure()  # The first run of each reads its files from the disk.
    found: dict[str, list[ColdStartCost]] = {case.name: [] for case in cases}
    for _ in range(rounds):
        for case in cases:
            found[case.name].append(case.measure())
    print("\n".join(write_table(found)))


def write_table(found: Mapping[str, Sequence[ColdStartCost]]) -> list[str]:
    """Return the lines of the table: each case's medians, and the ratio of its time to the libraries alone."""
    width = max(map(len, found)) + 2
    times = {name: median(each.milliseconds for each in runs) for name, runs in found.items()}
    base = times[LIBRARIES]
    return [f"{'cold start':<{width}}{'ms':>6}{'ratio':>8}{'MB':>6}"] + [
        f"{name:<{width}}{times[name]:>6.0f}{times[name] / base:>8.2f}{median(each.megabytes for each in runs):>6.0f}"
        for name, runs in found.items()
    ]


def _find_layers(build: Path) -> tuple[Path, ...]:
    return build / "PreheatLayer" / "python", build / "DependenciesLayer" / "python"
