"""Two stacks with one target: `preheat apply` sees the other stack's plan, and refuses before they fight."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.day import at
from tests.support.stacks import HOME, MemoryStack
from typer.testing import CliRunner, Result

from preheat.adapters.clock import VirtualClock
from preheat.adapters.memory.store import MemoryStore
from preheat.app.ports.errors import StoreUnavailable
from preheat.app.ports.store import Store
from preheat_cli.main import app
from preheat_cli.opening import OUTPUTS, find_other_stacks
from preheat_cli.stack import Surroundings

EARLY = 'zone: UTC, windows: [{days: mon-fri, start: "06:00", end: "14:00"}]'
REKOGNITION = '{backend: rekognition, project: line-weld, version: "1", schedules: [early]}'
type Others = Callable[[], Sequence[tuple[str, Store]]]
ENDPOINT = "{backend: sagemaker, endpoint: Line-Weld, config: weld-1, schedules: [early]}"


def apply(folder: Path, model: str, store: Store, others: Others = tuple, name: str = "weld") -> Result:
    plant = folder / "plant.yaml"
    plant.write_text(f"version: 1\nschedules:\n  early: {{{EARLY}}}\nmodels:\n  {name}: {model}\n")
    stack = MemoryStack(store, HOME, others=others)
    surroundings = Surroundings(stack, VirtualClock(at("06:00")), announce=stack.announced.append)
    return CliRunner().invoke(app, ["apply", str(plant), "--yes"], obj=surroundings)


@pytest.mark.parametrize(
    ("theirs", "ours", "field"),
    [
        (REKOGNITION, REKOGNITION, "project"),
        (ENDPOINT, ENDPOINT.replace("Line-Weld", "line-weld").replace("weld-1", "weld-2"), "endpoint"),
    ],
)
def test_a_model_that_another_stack_has_is_refused_until_that_one_gives_it_up(
    tmp_path: Path, theirs: str, ours: str, field: str
) -> None:
    other, store = MemoryStore(), MemoryStore()
    assert apply(tmp_path, theirs, other, name="press").exit_code == 0
    refused = apply(tmp_path, ours, store, lambda: [("preheat-north", other)])
    assert refused.exit_code == 2
    assert f"models.weld.{field}: the stack preheat-north has the same target as press" in refused.output
    assert store.read_plan_version() == 0
    other.apply([], expected_version=1, at=at("07:00"))
    assert apply(tmp_path, ours, store, lambda: [("preheat-north", other)]).exit_code == 0


def test_another_target_of_another_stack_is_no_problem(tmp_path: Path) -> None:
    other = MemoryStore()
    apply(tmp_path, REKOGNITION, other)
    found = apply(tmp_path, REKOGNITION.replace('"1"', '"2"'), MemoryStore(), lambda: [("preheat-north", other)])
    assert (found.exit_code, "preheat-north" in found.output) == (0, False)


def test_a_stack_that_cannot_be_read_is_named_and_does_not_keep_anybody_from_applying(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = MemoryStore()

    def refuse() -> int:
        raise StoreUnavailable("AccessDeniedException")

    monkeypatch.setattr(other, "read_whole_plan", refuse)
    found = apply(tmp_path, REKOGNITION, MemoryStore(), lambda: [("preheat-north", other)])
    assert found.exit_code == 0
    assert "could not read the plan of the stack preheat-north (AccessDeniedException)" in found.output


def test_stacks_that_cannot_be_listed_are_reported(tmp_path: Path) -> None:
    def refuse() -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized"}}, "DescribeStacks")

    found = apply(tmp_path, REKOGNITION, MemoryStore(), refuse)
    assert found.exit_code == 0
    assert "could not look for other stacks" in found.output


class Pages:
    """CloudFormation's client, as far as the list of stacks needs it."""

    def __init__(self, pages: list[list[Mapping[str, Any]]]) -> None:
        self._pages = pages

    def get_paginator(self, _operation: str) -> Any:
        return self

    def paginate(self) -> Any:
        return [{"Stacks": page} for page in self._pages]


def test_other_stacks_of_preheat_are_known_by_their_outputs_on_every_page() -> None:
    outputs = [{"OutputKey": key, "OutputValue": key.lower()} for key in OUTPUTS]
    rows = [{"StackName": name, "Outputs": outputs} for name in ("preheat", "preheat-north", "preheat-south")]
    network = {"StackName": "network", "Outputs": outputs[:2]}
    found = find_other_stacks(Pages([[rows[0], network], [rows[1]], [rows[2], {"StackName": "empty"}]]), "preheat")
    assert [name for name, _ in found] == ["preheat-north", "preheat-south"]
