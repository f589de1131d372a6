"""The stored ledgers, judged."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from preheat.domain.plan.plan import ModelId

if TYPE_CHECKING:
    from tests.tools.conftest import Workbench

WELD = ModelId("weld-seams")


def test_a_whole_ledger_passes(bench: "Workbench", shift: Callable[[], None]) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    shift()
    result = bench.preheat("ledger", "audit")
    assert (result.exit_code, result.stdout) == (0, "ledger audit: 2 models, 2 ledger entries, 0 broken rules\n")


def test_a_hole_is_named_and_ends_with_status_one(bench: "Workbench", shift: Callable[[], None]) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    shift()
    del bench.store.entries[WELD][0]
    result = bench.preheat("ledger", "audit", "weld-seams")
    assert result.exit_code == 1
    assert "broken: weld-seams: S7" in result.stdout


def test_a_token_intended_twice_is_named(bench: "Workbench", shift: Callable[[], None]) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    shift()
    first = bench.store.entries[WELD][0]
    bench.store.entries[WELD].append(replace(first, sequence=3))
    assert "S5" in bench.preheat("ledger", "audit", "weld-seams").stdout


def test_as_json_each_model_is_an_object(bench: "Workbench", shift: Callable[[], None]) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    shift()
    del bench.store.entries[WELD][0]
    result = bench.preheat("ledger", "audit", "--format", "json")
    rows = {row["model"]: row for row in map(json.loads, result.stdout.splitlines())}
    assert (result.exit_code, rows["paint"]) == (1, {"model": "paint", "entries": 0, "broken": []})
    assert rows["weld-seams"]["broken"][0].startswith("S7")
