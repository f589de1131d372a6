"""`preheat apply --wait`: how many models Preheat has seen under the new plan, and why it has not seen the others."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.stacks import MemoryStack
from tests.tools.conftest import MONDAY, PLANT, Workbench
from typer.testing import CliRunner, Result

from preheat.domain.plan.plan import Mode, ModelId
from preheat.domain.record.attempt import Answer
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import ModelRecord, Phase, Unread
from preheat_cli.main import app
from preheat_cli.stack import Surroundings

WELD, PAINT = ModelId("weld-seams"), ModelId("paint")
type Pass = Callable[[ModelRecord], dict[str, Any]]


def see_stopped(_: ModelRecord) -> dict[str, Any]:
    """Let a pass see the model in STOPPED."""
    return {"observed": Observed.STOPPED}


def apply_and_wait(bench: Workbench, passes: dict[ModelId, Pass], *options: str, after: int = 20) -> Result:
    """Apply the sample plan and wait; `after` so many seconds, these passes check the models."""
    began = bench.clock.now()

    def pause(seconds: float) -> None:
        bench.clock.advance_to(bench.clock.now() + timedelta(seconds=seconds))
        now = bench.clock.now()
        if now < began + timedelta(seconds=after):
            return
        for model_id, check in passes.items():
            record = replace(bench.store.records[model_id], plan_version=1, looked_at=now, wake_at=None)
            bench.store.records[model_id] = replace(record, **check(record))

    stack = MemoryStack(bench.store, bench.home)
    surroundings = Surroundings(stack, bench.clock, pause=pause, announce=stack.announced.append)
    return CliRunner().invoke(app, ["apply", bench.plant(PLANT), "--yes", "--wait", *options], obj=surroundings)


def test_the_wait_ends_with_how_many_models_were_seen(bench: Workbench) -> None:
    result = apply_and_wait(bench, {WELD: see_stopped, PAINT: see_stopped})
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "2 of 2 models seen")


@pytest.mark.parametrize(
    ("passed", "why"),
    [
        (
            lambda record: {
                "looked_at": None,
                "unread": Unread(record.looked_at, "AccessDeniedException: not authorized", Answer.DENIED),
            },
            "access denied: Preheat may not read its state: AccessDeniedException: not authorized",
        ),
        (
            lambda record: {"looked_at": None, "unread": Unread(record.looked_at, "no answer", Answer.LOST)},
            "its state cannot be read: no answer",
        ),
        (
            lambda _: {"observed": Observed.GONE, "phase": Phase.GONE, "status": "no such project"},
            "the service knows no such model: no such project",
        ),
        (lambda _: {"looked_at": None, "observed": Observed.BUSY}, "the service is updating it"),
        (
            lambda _: {"looked_at": None, "mode": Mode.PAUSED},
            "mode paused: Preheat does not check it",
        ),
        (lambda _: {"plan_version": 0}, "not checked within 3 min; see `preheat doctor`"),
    ],
)
def test_a_model_that_was_not_seen_is_named_with_the_reason(bench: Workbench, passed: Pass, why: str) -> None:
    result = apply_and_wait(bench, {WELD: see_stopped, PAINT: passed})
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-2:] == ["1 of 2 models seen", f"  paint: {why}"]
    assert bench.store.read_plan_version() == 1


def test_a_look_from_before_the_plan_counts_for_nothing(bench: Workbench) -> None:
    result = apply_and_wait(bench, {WELD: lambda _: {"looked_at": MONDAY - timedelta(hours=1)}, PAINT: see_stopped})
    assert result.stdout.splitlines()[-2:] == [
        "1 of 2 models seen",
        "  weld-seams: not checked within 3 min; see `preheat doctor`",
    ]


def test_the_wait_is_part_of_the_json(bench: Workbench) -> None:
    result = apply_and_wait(bench, {WELD: see_stopped}, "--format", "json")
    found = json.loads(result.stdout.splitlines()[-1])
    assert (result.exit_code, found["seen"], list(found["unseen"])) == (1, 1, ["paint"])


def test_a_dry_run_has_nothing_to_wait_for(bench: Workbench) -> None:
    result = bench.preheat("apply", bench.plant(PLANT), "--dry-run", "--wait")
    assert (result.exit_code, result.stderr) == (
        2,
        "preheat: --wait does not work with --dry-run\n",
    )
