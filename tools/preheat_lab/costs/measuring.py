"""Measures a simulated week of the real handlers.

It counts calls of the store by name and size, messages, invocations, and log and metric lines in bytes. It also counts
the hours in which a function puts a metric. Does not know a price.
"""

import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar
from unittest.mock import patch

from preheat.app.reconcile.reconcile import Result
from preheat.app.tick import Ticked
from preheat.domain.record.event import Event
from preheat.domain.record.record import LedgerEntry
from preheat.observability import publish, reconcile, tick
from preheat.observability.logs import logger
from preheat_lab.costs.units import StoreUnits, measure_model
from preheat_lab.simulation import functions
from preheat_lab.simulation.faults import MIXES
from preheat_lab.simulation.plant import draw_plant
from preheat_lab.simulation.run import BEGINS_AT
from preheat_lab.simulation.world import SimulatedWorld
from preheat_simulator.core.calls import LoggedCall
from preheat_simulator.core.switches import Switches


@dataclass(frozen=True, slots=True)
class MeasuredWeek:
    """The figures of a simulated week: for each model-day; the last ones for each day of the stack or schedule."""

    passes: float
    calls: float  # remote calls of the passes: to the store, the hosting service and the queue
    sends: float
    reads: float  # read request units
    writes: float  # write request units
    glances: float  # records that resyncs read, each for half a unit
    entries: float
    entry_bytes: float
    plan_bytes: float  # of a model's item in the plan, once
    events: float  # put on the bus
    log_bytes: float
    metric_bytes: float
    stack_metric_hours: float  # for each day of the stack
    stack_log_bytes: float  # the same, of the tick
    schedule_metric_hours: float  # for each day of a schedule


class CountingTelemetry(functions.SilentTelemetry):
    """Stands in for each handler's `telemetry` in the simulated functions: lets it write, and counts the bytes."""

    events = 0  # put on the bus
    lines: ClassVar[Counter[str]] = Counter()  # bytes, by what wrote them
    hours: ClassVar[set[tuple[str, str, str, str]]] = set()  # of metrics: kind, name, dimensions, hour

    def log_pass(self, result: Result) -> None:
        """Write and count."""
        self._count("log", lambda: reconcile.log_pass(result))

    def log_tick(self, ticked: Ticked) -> None:
        """Write and count."""
        self._count("tick", lambda: tick.log_tick(ticked))

    def emit_schedule(self, result: Result, *, at: datetime) -> None:
        """Write and count."""
        self._count("metric", lambda: reconcile.emit_schedule(result, at=at))

    def emit_pickup_delay(self, delay: timedelta, *, at: datetime) -> None:
        """Write and count."""
        self._count("tick", lambda: tick.emit_pickup_delay(delay, at=at))

    def log_published(self, key: str, events: Sequence[Event]) -> None:
        """Write and count."""
        CountingTelemetry.events += len(events)
        self._count("log", lambda: publish.log_published(key, events))

    def emit_entry(self, entry: LedgerEntry, *, by_schedule: bool) -> None:
        """Write and count, and pass the entry on."""
        super().emit_entry(entry, by_schedule=by_schedule)
        self._count("metric", lambda: publish.emit_entry(entry, by_schedule=by_schedule))

    def _count(self, kind: str, write: Callable[[], None]) -> None:
        text = io.StringIO()
        handler = logger.registered_handler
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
        embedded = line.get("_aws")
        if embedded is None:
            return
        hour = str(embedded["Timestamp"] // 3_600_000)
        for group in embedded["CloudWatchMetrics"]:
            for names in group["Dimensions"]:
                kind = "schedule" if "schedule" in names else "stack"
                where = "/".join(str(line[name]) for name in names)
                self.hours.update((kind, metric["Name"], where, hour) for metric in group["Metrics"])


def measure_week(models: int = 20, days: int = 7, seed: int = 1) -> MeasuredWeek:
    """Simulate a week without faults and count; the mix of shifts is the simulation's."""
    random = Random(f"{seed}/world")  # noqa: S311 - chance in a simulation
    lines = draw_plant(random, models, announced_at=BEGINS_AT)
    CountingTelemetry.lines, CountingTelemetry.hours, CountingTelemetry.events = Counter(), set(), 0
    with patch.object(functions, "SilentTelemetry", CountingTelemetry):
        world = SimulatedWorld(
            lines, BEGINS_AT, days, random=random, mix=MIXES["none"], switches=Switches(), on_entry=_ignore
        )
    units, sent = StoreUnits(world.store, lambda: world.invocation.writer == "tick"), Counter[str]()
    send, add = world.sqs.send_message, world.service.call_log.add

    def sending(**message: Any) -> dict[str, Any]:
        sent["messages"] += 1
        return send(**message)

    def adding(call: LoggedCall) -> None:
        sent["calls"] += 1
        add(call)

    world.sqs.send_message = sending  # type: ignore[method-assign]  # counted on its way
    world.service.call_log.add = adding  # type: ignore[method-assign]  # as above
    world.run()
    each = models * days
    kinds = Counter(kind for kind, *_ in CountingTelemetry.hours)
    plan_bytes = sum(measure_model(line.model) for line in lines)
    return MeasuredWeek(
        passes=world.triggers.passes / each,
        calls=(sent["calls"] + sent["messages"] + units.calls) / each,
        sends=sent["messages"] / each,
        reads=units.reads / each,
        writes=units.writes / each,
        glances=units.glances / each,
        entries=units.entries / each,
        entry_bytes=units.entry_bytes / max(units.entries, 1),
        plan_bytes=plan_bytes / models,
        events=CountingTelemetry.events / each,
        log_bytes=CountingTelemetry.lines["log"] / each,
        metric_bytes=CountingTelemetry.lines["metric"] / each,
        stack_metric_hours=kinds["stack"] / days,
        stack_log_bytes=CountingTelemetry.lines["tick"] / days,
        schedule_metric_hours=kinds["schedule"] / each,
    )


def _ignore(_entry: LedgerEntry) -> None:
    """Drop the entry: the store has it."""
