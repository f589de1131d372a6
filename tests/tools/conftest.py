"""A command line over a store in memory and a clock that does not move, for tests to read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.stacks import HOME, MemoryStack
from typer.testing import CliRunner, Result

from preheat.adapters.clock import VirtualClock
from preheat.adapters.memory.store import MemoryStore
from preheat.domain.plan.plan import ModelId, Target, Units
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, LedgerEntry, ModelRecord, Phase
from preheat_cli.main import app
from preheat_cli.options.stack import StackOptions
from preheat_cli.stack import Home, Surroundings

type Golden = Callable[[Path, str], None]

MONDAY = datetime(2026, 11, 23, 5, 50, tzinfo=UTC)  # ten minutes before the early shift in UTC, 6:50 in Berlin

PLANT = """version: 1
schedules:
  early:
    zone: Europe/Berlin
    windows:
      - {days: mon-fri, start: "07:00", end: "15:00"}
  late:
    zone: America/Mexico_City
    windows:
      - {days: mon-fri, start: "14:00", end: "22:00"}
models:
  weld-seams: {backend: lookoutvision, project: weld-seams-front, version: 3, schedules: [early], lead: 45m}
  paint: {backend: lookoutvision, project: paint, version: 1, schedules: [late], max_units: 2}
"""


@dataclass
class Workbench:
    """The command line over one store; `stack` is what the last command asked for, `announced` what it printed."""

    folder: Path
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(MONDAY))
    home: Home = HOME
    stack: StackOptions | None = None
    announced: list[str] = field(default_factory=list)
    clients: Callable[[str, str | None, str | None], Any] | None = None

    def preheat(self, *arguments: str, types: str = "") -> Result:
        """Run a command; `types` is what the user types."""
        stack = MemoryStack(self.store, self.home, clients=self.clients)
        surroundings = Surroundings(stack, self.clock, announce=stack.announced.append)
        try:
            return CliRunner().invoke(app, [*arguments], obj=surroundings, input=types or None)
        finally:
            self.stack, self.announced = stack.asked[-1] if stack.asked else None, stack.announced

    def plant(self, text: str = PLANT) -> str:
        """Write a plant file and return its path."""
        path = self.folder / "plant.yaml"
        path.write_text(text)
        return str(path)

    def told(self, result: Result) -> str:
        """Return the output, without the folder."""
        return result.output.replace(f"{self.folder}/", "")


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own: no command remembers a stack, or recalls one, outside its test."""
    folder = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


@pytest.fixture
def shift(bench: Workbench) -> Callable[[], None]:
    """Let Preheat start weld-seams for its shift and see it hosted."""

    def go() -> None:
        model_id, target = ModelId("weld-seams"), Target("weld-seams-front", "3")
        began, hosted = MONDAY - timedelta(minutes=37), MONDAY - timedelta(minutes=14, seconds=21)
        record = bench.store.records[model_id]
        attempt = Attempt.intend(
            model_id, Call.START, generation=1, demand_start=MONDAY, target=target, units=Units(), now=began
        ).note_answer(Answer.ACCEPTED, model_id, began)
        started = ModelRecord(
            model_id, target, record.version, 1, 1, phase=Phase.STARTING, since=began, attempt=attempt, wake_at=began
        )
        common = {"model_id": model_id, "target": target, "schedule": "early", "client_token": attempt.client_token}
        entry = LedgerEntry(
            sequence=1,
            at=began,
            from_phase=Phase.IDLE,
            to_phase=Phase.STARTING,
            action=Action.START,
            reason="Starting (attempt 1 of 5); needed from 2026-11-23 06:00:00Z",
            **common,  # type: ignore[arg-type]  # each value is of its field's type
        )
        record = bench.store.save(started, entry)
        seen = ModelRecord(
            model_id,
            target,
            record.version,
            2,
            1,
            last_margin=timedelta(minutes=24, seconds=21),
            phase=Phase.HOSTED,
            since=hosted,
            observed=Observed.HOSTED,
            attempt=attempt,
            wake_at=MONDAY + timedelta(minutes=2),
        )
        entry = LedgerEntry(
            sequence=2,
            at=hosted,
            from_phase=Phase.STARTING,
            to_phase=Phase.HOSTED,
            action=Action.OBSERVE,
            reason="Hosted as required",
            time_to_hosted=hosted - began,
            margin=timedelta(minutes=24, seconds=21),
            late=False,
            **common,  # type: ignore[arg-type]  # as above
        )
        bench.store.save(seen, entry)

    return go
