"""What Preheat itself costs a month: calls for each model-day, measured in a simulated week, at public list prices.

    .venv/bin/python -m preheat_lab.costs            # measure, and print the tables of docs/costs.md
    .venv/bin/python -m preheat_lab.costs --write    # and write them there

Measured is what the real handlers do: calls of the store by name and size, messages, invocations, log and metric
lines in bytes, hours in which a metric was put. What a simulation cannot tell (how long an invocation takes, how many
models share a schedule) is assumed below, by name. No free tier is reckoned with.
"""

import argparse
import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from pathlib import Path
from random import Random
from typing import Any, ClassVar
from unittest.mock import patch

from preheat.adapters.dynamodb import serial
from preheat.app.reconcile.reconcile import Result
from preheat.app.tick import Ticked
from preheat.domain.record.event import Event
from preheat.domain.record.record import LedgerEntry, ModelRecord
from preheat.observability import telemetry
from preheat_lab.simulation import functions
from preheat_lab.simulation.faults import MIXES
from preheat_lab.simulation.plant import plant
from preheat_lab.simulation.run import BEGINS_AT
from preheat_lab.simulation.world import World
from preheat_simulator.core.switches import Switches

DOC = Path(__file__).parents[2] / "docs" / "costs.md"
BEGIN, END = "<!-- costs: begin -->", "<!-- costs: end -->"
SIZES = (20, 1_000, 5_000)

# Public list prices of us-east-1 in USD, first tier, as the services' price pages had them at the end of 2025.
LAMBDA_REQUEST = Decimal("0.20") / 1_000_000  # aws.amazon.com/lambda/pricing
LAMBDA_GB_SECOND = Decimal("0.0000166667")  # the same, x86_64
SQS_REQUEST = Decimal("0.40") / 1_000_000  # aws.amazon.com/sqs/pricing, standard queue
DYNAMODB_READ = Decimal("0.125") / 1_000_000  # aws.amazon.com/dynamodb/pricing/on-demand, a read request unit
DYNAMODB_WRITE = Decimal("0.625") / 1_000_000  # the same, a write request unit
DYNAMODB_GB_MONTH = Decimal("0.25")  # the same, storage
LOGS_GB = Decimal("0.50")  # aws.amazon.com/cloudwatch/pricing, ingestion
METRIC_MONTH = Decimal("0.30")  # the same, custom metric, billed by the hours in which it was put
ALARM_MONTH = Decimal("0.10")  # the same, standard resolution
COMPOSITE_MONTH = Decimal("0.50")  # the same, composite
BUS_EVENT = Decimal("1.00") / 1_000_000  # aws.amazon.com/eventbridge/pricing, custom events
SCHEDULER_CALL = Decimal("1.00") / 1_000_000  # aws.amazon.com/eventbridge/pricing

# What "Instance Scheduler on AWS" publishes for its own small, medium and large example, in USD a month; see its guide.
INSTANCE_SCHEDULER = {20: Decimal("9.15"), 1_000: Decimal(161), 5_000: Decimal(630)}

# Assumed.
DAYS = Decimal("30.4")  # of a month
MEMORY_GB = Decimal("0.5")  # as template.yaml has it
PASS_SECONDS = Decimal("0.30")  # five remote calls, one after the other
TICK_SECONDS = Decimal("0.20")  # and for each message that it sends:
SEND_SECONDS = Decimal("0.01")
PUBLISH_SECONDS = Decimal("0.10")  # one invocation for each ledger entry
PLATFORM_BYTES = 400  # of the lines that Lambda itself writes for an invocation
EMPTY_POLLS_A_DAY = 5 * 3 * 60 * 24  # five pollers of a mapping, each asking for 20 s
POLLED_QUEUES = 2
ALARMS, COMPOSITES = 31, 1  # a test compares them with the template
SCHEDULES = {20: 5, 1_000: 50, 5_000: 100}
ITEM_OVERHEAD = 200  # bytes of an item's keys and of the names of its attributes
RESYNCS_A_DAY = 144
AUDITS_A_DAY = 288  # each reads every planned model and every record
AUDIT_SECONDS = Decimal("0.02")  # for each model
AUDIT_METRIC_HOURS = 72  # a day: ModelsAtRisk, UnscheduledModels and HostedUnitSeconds
SHARDS = 4


@dataclass(frozen=True, slots=True)
class Measured:
    """What a simulated week came to: for each model-day, and (the last ones) for each day of the stack or schedule."""

    passes: float
    sends: float
    reads: float  # read request units
    writes: float  # write request units
    entries: float
    entry_bytes: float
    plan_bytes: float  # of a model's item in the plan, once
    events: float  # put on the bus
    log_bytes: float
    metric_bytes: float
    stack_metric_hours: float  # for each day of the stack
    stack_log_bytes: float  # the same, of the tick
    schedule_metric_hours: float  # for each day of a schedule


class Counting(functions.Telemetry):
    """Stands in for `observability.telemetry` in the simulated functions: lets it write, and counts the bytes."""

    def __init__(self, told: Callable[[LedgerEntry], None]) -> None:
        super().__init__(self._emit_entry)
        self._told = told

    events = 0  # put on the bus
    lines: ClassVar[Counter[str]] = Counter()  # bytes, by what wrote them
    hours: ClassVar[set[tuple[str, str, str, str]]] = set()  # of metrics: kind, name, dimensions, hour

    def log_result(self, result: Result) -> None:
        """Write and count."""
        self._count("log", lambda: telemetry.log_result(result))

    def log_tick(self, ticked: Ticked) -> None:
        """Write and count."""
        self._count("tick", lambda: telemetry.log_tick(ticked))

    def emit_schedule(self, result: Result, *, at: datetime) -> None:
        """Write and count."""
        self._count("metric", lambda: telemetry.emit_schedule(result, at=at))

    def emit_pickup_delay(self, delay: timedelta, *, at: datetime) -> None:
        """Write and count."""
        self._count("tick", lambda: telemetry.emit_pickup_delay(delay, at=at))

    def log_published(self, key: str, events: Sequence[Event]) -> None:
        """Write and count."""
        Counting.events += len(events)
        self._count("log", lambda: telemetry.log_published(key, events))

    def _emit_entry(self, entry: LedgerEntry) -> None:
        self._told(entry)
        self._count("metric", lambda: telemetry.emit_entry(entry))

    def _count(self, kind: str, write: Callable[[], None]) -> None:
        text = io.StringIO()
        handler = telemetry.logger.registered_handler
        before = handler.setStream(text)  # type: ignore[attr-defined]  # a StreamHandler
        try:
            with redirect_stdout(text):
                write()
        finally:
            handler.setStream(before)  # type: ignore[attr-defined]  # as above
        self.lines[kind] += len(text.getvalue().encode())
        for line in text.getvalue().splitlines():
            self._metrics(json.loads(line))

    def _metrics(self, line: dict[str, Any]) -> None:
        told = line.get("_aws")
        if told is None:
            return
        hour = str(told["Timestamp"] // 3_600_000)
        for group in told["CloudWatchMetrics"]:
            for names in group["Dimensions"]:
                kind = "schedule" if "schedule" in names else "stack"
                where = "/".join(str(line[name]) for name in names)
                self.hours.update((kind, metric["Name"], where, hour) for metric in group["Metrics"])


class StoreUnits:
    """Counts the request units of a store's calls as DynamoDB bills them, by the size of what is read and written."""

    def __init__(self, world: World) -> None:
        self.reads = self.writes = self.entries = self.entry_bytes = 0
        self._store = world.store
        for name in ("load", "save", "planned", "standings", "wake"):
            setattr(world.store, name, self._counted(getattr(world.store, name), getattr(self, f"_{name}")))

    @staticmethod
    def _counted(call: Callable[..., Any], count: Callable[..., None]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            count(*args, **kwargs)
            return call(*args, **kwargs)

        return counted

    def _load(self, model_id: Any) -> None:
        record = self._store.records.get(model_id)
        self.reads += ceil(size(record) / 4096) if record is not None else 1

    def _planned(self, _model_id: Any) -> None:
        self.reads += 2  # the pointer, and the model's item: a warm function has the latter already

    def _standings(self, *_: Any) -> None:
        self.reads += 1  # a query; nothing stands in the week that is measured

    def _wake(self, model_id: Any, _at: datetime) -> None:
        self.writes += ceil(size(self._store.records[model_id]) / 1024) + 2

    def _save(self, record: ModelRecord, entry: LedgerEntry | None, *_: Any, **__: Any) -> None:
        before = self._store.records.get(record.model_id)
        units = ceil(size(record) / 1024)
        if entry is not None:
            written = size(entry)
            units = 2 * (units + ceil(written / 1024))  # a transaction writes twice
            self.entries, self.entry_bytes = self.entries + 1, self.entry_bytes + written
        moved = before is None or before.wake_at != record.wake_at
        self.writes += units + 2 * moved  # a line of the due index goes, and another comes


def size(value: object) -> int:
    """Return the bytes of an item that holds a value."""
    return len(serial.dumps(serial.fields_of(value)).encode()) + ITEM_OVERHEAD


def measured(models: int = 20, days: int = 7, seed: int = 1) -> Measured:
    """Simulate a week without faults and count; the mix of shifts is the simulation's."""
    random = Random(f"{seed}/world")  # noqa: S311 - chance in a simulation
    lines = plant(random, models, announced_at=BEGINS_AT)
    Counting.lines, Counting.hours, Counting.events = Counter(), set(), 0
    with patch.object(functions, "Telemetry", Counting):
        world = World(lines, BEGINS_AT, days, random=random, mix=MIXES["none"], switches=Switches(), told=_ignored)
    units, sent = StoreUnits(world), Counter[str]()
    send = world.sqs.send_message

    def sending(**message: Any) -> dict[str, Any]:
        sent["messages"] += 1
        return send(**message)

    world.sqs.send_message = sending  # type: ignore[method-assign]  # counted on its way
    world.run()
    each = models * days
    kinds = Counter(kind for kind, *_ in Counting.hours)
    plan_bytes = sum(len(serial.dumps(serial.fields_of(line.model, sparse=True))) + ITEM_OVERHEAD for line in lines)
    return Measured(
        passes=world.triggers.passes / each,
        sends=sent["messages"] / each,
        reads=units.reads / each,
        writes=units.writes / each,
        entries=units.entries / each,
        entry_bytes=units.entry_bytes / max(units.entries, 1),
        plan_bytes=plan_bytes / models,
        events=Counting.events / each,
        log_bytes=Counting.lines["log"] / each,
        metric_bytes=Counting.lines["metric"] / each,
        stack_metric_hours=kinds["stack"] / days,
        stack_log_bytes=Counting.lines["tick"] / days,
        schedule_metric_hours=kinds["schedule"] / each,
    )


def _ignored(_entry: LedgerEntry) -> None:
    """Drop the entry: the store has it."""


def costs(m: Measured, models: int) -> dict[str, Decimal]:
    """Return what a stack of `models` models costs in a month of USD, part by part."""

    def monthly(number: float) -> Decimal:
        return Decimal(str(number)) * DAYS

    passes, sends, entries = (monthly(each * models) for each in (m.passes, m.sends, m.entries))
    ticks = monthly(24 * 60)
    audits = monthly(AUDITS_A_DAY)
    seconds = passes * PASS_SECONDS + ticks * TICK_SECONDS + sends * SEND_SECONDS + entries * PUBLISH_SECONDS
    seconds += audits * models * AUDIT_SECONDS
    invocations = passes + ticks + entries + audits
    # A resync reads the pointer thrice, each planned model's item (by the size of all) and each record.
    resync = 3 + ceil(models * m.plan_bytes / 4096) + models
    reads = monthly(m.reads * models) + ticks * SHARDS / 2 + monthly((RESYNCS_A_DAY + AUDITS_A_DAY) * resync)
    stored_gb = Decimal(str(m.entries * m.entry_bytes * models)) * 365 / 2**30  # the ledger of a year
    log_bytes = monthly((m.log_bytes + m.metric_bytes) * models + m.stack_log_bytes) + invocations * PLATFORM_BYTES
    metric_hours = monthly(m.stack_metric_hours + AUDIT_METRIC_HOURS + m.schedule_metric_hours * SCHEDULES[models])
    return {
        "Lambda": invocations * LAMBDA_REQUEST + seconds * MEMORY_GB * LAMBDA_GB_SECOND,
        "SQS": (3 * sends + monthly(EMPTY_POLLS_A_DAY * POLLED_QUEUES)) * SQS_REQUEST,
        "DynamoDB": reads * DYNAMODB_READ + monthly(m.writes * models) * DYNAMODB_WRITE + stored_gb * DYNAMODB_GB_MONTH,
        "logs": log_bytes / 2**30 * LOGS_GB,
        "metrics": metric_hours / (24 * DAYS) * METRIC_MONTH,
        "alarms": ALARMS * ALARM_MONTH + COMPOSITES * COMPOSITE_MONTH,
        "EventBridge": (ticks + audits) * SCHEDULER_CALL + monthly(m.events * models) * BUS_EVENT,
    }


def measures_table(m: Measured) -> list[str]:
    """Return the table of what was measured, as the page has it."""
    return ["| measured | figure |", "| --- | ---: |", *(f"| {n} | {v:.2f} |" for n, v in asdict(m).items())]


def costs_table(m: Measured) -> list[str]:
    """Return the table of costs, as the page has it."""
    columns = [costs(m, models) for models in SIZES]
    rows = [
        "| USD a month | " + " | ".join(f"{models:,} models" for models in SIZES) + " |",
        "| --- | ---: | ---: | ---: |",
    ]
    rows += [_row(part, [column[part] for column in columns]) for part in columns[0]]
    sums = [sum(column.values(), Decimal()) for column in columns]
    rows.append(_row("**Preheat**", sums))
    rows.append(_row("for each model", [total / models for total, models in zip(sums, SIZES, strict=True)], digits=3))
    return [*rows, _row("Instance Scheduler, as published", [INSTANCE_SCHEDULER[models] for models in SIZES])]


def _row(name: str, amounts: Sequence[Decimal], digits: int = 2) -> str:
    return f"| {name} | " + " | ".join(f"{amount:,.{digits}f}" for amount in amounts) + " |"


def read(text: str) -> Measured:
    """Return what the page says was measured; raises ValueError if a figure is missing."""
    names = {field.name for field in fields(Measured)}
    rows = (line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| "))
    found = {row[0]: float(row[1]) for row in rows if len(row) == 2 and row[0] in names}
    if missing := names - set(found):
        raise ValueError(f"{DOC.name}: no figure for {', '.join(sorted(missing))}")
    return Measured(**found)


def tables(m: Measured) -> str:
    """Return both tables with their marks; the costs are reckoned from the figures as they are shown."""
    rounded = Measured(**{name: round(value, 2) for name, value in asdict(m).items()})
    return "\n".join([BEGIN, "", *measures_table(rounded), "", *costs_table(rounded), "", END])


def main() -> int:
    """Measure, and print or write; return the exit status."""
    parser = argparse.ArgumentParser(prog="costs", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the tables into docs/costs.md")
    given = parser.parse_args()
    found = tables(measured())
    print(found)
    if given.write:
        text = DOC.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        DOC.write_text(before + found + rest.partition(END)[2], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
