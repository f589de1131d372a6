"""Measures commands and functions with plans of 100, 1,000 and 5,000 models: seconds, memory and calls.

Each case is the program itself in a process of its own, against DynamoDB and SQS in another process. Seconds are
processor time of the case alone, without that of the services. Judges nothing.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from botocore.session import Session

from preheat.adapters.dynamodb import columns
from preheat.adapters.dynamodb.connection import TableNames, Tables, make_dynamodb_client
from preheat.domain.plan.plan import Backend, ModelId, Target
from preheat.domain.record.paid import Cause, Stretch
from preheat.domain.record.record import Action, LedgerEntry, Phase
from preheat_lab.benchmarks.aws_server import QUEUE_URL, REGION, STACK, TABLES, AwsServer, serve
from preheat_lab.benchmarks.cold_start import ENVIRONMENT

SIZES: Final = (100, 1_000, 5_000)
MODELS_A_SCHEDULE: Final = 20
DAYS: Final = 10  # of the ledgers, with one shift each
MEMORY_UNIT: Final = 1024  # of `ru_maxrss` on Linux, in bytes
TICK: Final = "import os; from preheat.bootstrap.tick import Ticker; Ticker.from_env(os.environ).tick()"


@dataclass(frozen=True, slots=True)
class Need:
    """The needs of one case: processor seconds, megabytes at most, and calls."""

    seconds: float
    megabytes: float
    calls: int

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, {self.megabytes:.0f} MB, {self.calls:,}"


@dataclass(frozen=True, slots=True)
class Fleet:
    """A stack under measurement, and the folder of its plant file."""

    server: AwsServer
    folder: Path

    @property
    def file(self) -> str:
        """The path of the plant file."""
        return str(self.folder / "plant.yaml")

    def measure(self, program: Sequence[str]) -> Need:
        """Run a program to its end.

        Raises:
            SystemExit: it failed; what it said is in the message.
        """
        self.server.count_calls()
        with (self.folder / "said.txt").open("w+") as said:
            process = subprocess.Popen(program, env=self.environment, stdout=said, stderr=said, cwd=self.folder)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                said.seek(0)
                raise SystemExit(f"{' '.join(program)}: exit status {process.returncode}\n{said.read()[-2000:]}")
        seconds = used.ru_utime + used.ru_stime
        return Need(seconds, used.ru_maxrss * MEMORY_UNIT / 1e6, self.server.count_calls().total())

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every case: the keys open nothing but the server."""
        own = {"AWS_ENDPOINT_URL": self.server.url, "PREHEAT_WORK_QUEUE_URL": QUEUE_URL, "HOME": str(self.folder)}
        return ENVIRONMENT | own | {"XDG_STATE_HOME": str(self.folder), "PREHEAT_STATE": str(self.folder / "none")}


def measure(sizes: Sequence[int] = SIZES) -> None:
    """Measure and print."""
    found: dict[str, list[Need]] = {}
    for size in sizes:
        with serve() as server, TemporaryDirectory() as folder:
            fleet = Fleet(server, Path(folder))
            for name, need in _measure_size(fleet, size):
                found.setdefault(name, []).append(need)
                print(f"{size:>6,} {name}: {need}", file=sys.stderr, flush=True)
    print("\n".join(write_table(found, sizes)))


def write_table(found: dict[str, list[Need]], sizes: Sequence[int]) -> list[str]:
    """Return the lines of the table, and how each figure grows from the first size to the last."""
    head = [f"{size:,}" for size in sizes]
    lines = [
        f"| processor seconds, MB, calls | {' | '.join(head)} | growth of seconds, MB, calls |",
        f"| --- |{' ---: |' * len(sizes)} --- |",
    ]
    for name, needs in found.items():
        cells = " | ".join(map(str, needs))
        lines.append(f"| {name} | {cells} | {_describe_growth(needs[0], needs[-1])} |")
    return lines


def _describe_growth(first: Need, last: Need) -> str:
    pairs = ((last.seconds, first.seconds), (last.megabytes, first.megabytes), (last.calls, first.calls))
    return ", ".join(f"{after / before:.1f} x" if before else "none" for after, before in pairs)


def _measure_size(fleet: Fleet, size: int) -> Iterator[tuple[str, Need]]:
    session = Session()
    session.set_credentials("none", "none")
    session.set_config_variable("region", REGION)
    tables = Tables(TableNames(*TABLES.values()), make_dynamodb_client(session, fleet.server.url))
    for table in (tables.records, tables.ledger, tables.plans):
        table.create_table(billing_mode="PAY_PER_REQUEST")
    session.create_client("sqs", endpoint_url=fleet.server.url).create_queue(QueueName="work")
    Path(fleet.file).write_text(write_plant(size))
    named = ("--stack", STACK)
    yield "`preheat validate FILE`", fleet.measure(_preheat("validate", fleet.file))
    yield "`preheat plan FILE`", fleet.measure(_preheat("plan", fleet.file))
    yield "`preheat apply FILE`, the first", fleet.measure(_preheat("apply", fleet.file, "--yes", *named))
    yield "`preheat apply FILE`, again", fleet.measure(_preheat("apply", fleet.file, "--yes", *named))
    yield "function `tick`, every model due", fleet.measure([sys.executable, "-c", TICK])
    _append_ledgers(tables, size)
    yield "`preheat plan`, of the stack", fleet.measure(_preheat("plan", *named))
    yield "`preheat status`", fleet.measure(_preheat("status", *named))
    since = f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}"
    yield "`preheat report --from`, two days", fleet.measure(_preheat("report", "--from", since, *named))
    yield "`preheat board --output`", fleet.measure(_preheat("board", "--output", "board.html", *named))


def _preheat(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("preheat")), *arguments]


def write_plant(size: int) -> str:
    """Return a plant file: one shift on weekdays, and a schedule for each twenty models."""
    schedules = "".join(
        f"  line-{number}:\n    zone: Europe/Berlin\n"
        f'    windows: [{{days: mon-fri, start: "06:{number % 60:02}", end: "14:00"}}]\n'
        for number in range(-(-size // MODELS_A_SCHEDULE))
    )
    models = "".join(
        f"  model-{number}: {{backend: rekognition, project: part-{number}, version: v1,"
        f" schedules: [line-{number // MODELS_A_SCHEDULE}]}}\n"
        for number in range(size)
    )
    return f"version: 1\nschedules:\n{schedules}models:\n{models}"


def _append_ledgers(tables: Tables, size: int) -> None:
    """Append some days of shifts to the ledger of each model."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with tables.ledger.batch_write() as batch:
        for number in range(size):
            for entry in make_entries(number, midnight - DAYS * timedelta(days=1)):
                batch.save(columns.from_entry(tables.ledger, entry))


def make_entries(number: int, begin: datetime) -> Iterator[LedgerEntry]:
    """Yield the entries of a model with one shift a day from `begin` on: started, hosted, stopping, stopped."""
    model_id, target = ModelId(f"model-{number}"), Target(f"part-{number}", "v1", Backend.REKOGNITION)
    steps: tuple[tuple[float, Phase, Action], ...] = (
        (4.5, Phase.STARTING, Action.START),
        (4.75, Phase.HOSTED, Action.OBSERVE),
        (13.0, Phase.STOPPING, Action.STOP),
        (13.1, Phase.IDLE, Action.OBSERVE),
    )
    sequence, phase, before = 0, Phase.IDLE, begin
    for day in range(DAYS):
        shift = begin + timedelta(days=day, hours=5)
        for hours, to_phase, action in steps:
            sequence, at = sequence + 1, begin + timedelta(days=day, hours=hours)
            entry = LedgerEntry(model_id, sequence, at, phase, to_phase, action, "An entry of the benchmark", target)
            entry = replace(entry, ready_at=shift, needed_from=shift, needed_until=shift + timedelta(hours=8), units=1)
            if to_phase is Phase.HOSTED:
                entry = replace(entry, late=False, margin=shift - at)
            if to_phase is not Phase.STARTING:
                entry = replace(entry, paid=(Stretch(before, at, 1, Cause.SHIFT),))
            yield entry
            phase, before = to_phase, at
