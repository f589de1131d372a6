"""Simulated days on the built layers and handlers, in a process that has no other copy of Preheat.

The world around them is the simulation's, with its faults and its judges. A day fails if a layer lacks a module, an
operation or a service model. It also fails if the build breaks a promise that its source keeps.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.template.test_build import FUNCTIONS, bare_python

from preheat.domain.plan.plan import Backend

DAY = """
import json, sys
from pathlib import Path
import preheat
from preheat.domain.plan.plan import Backend
from preheat_lab.simulation import functions
functions.FUNCTIONS = Path({functions!r})
load, handlers = functions._load_handler, []
def load_and_note(*wired):
    handlers.append(load(*wired))
    return handlers[-1]
functions._load_handler = load_and_note
from preheat_lab.simulation import simulate
found = simulate(seed={seed}, models=4, days=1, faults={faults!r}, backend=Backend({backend!r}), requests=12)
loaded = [module.__file__ for module in list(sys.modules.values()) if getattr(module, "__file__", None)]
print(json.dumps({{
    "violations": [str(each) for each in found.violations],
    "shifts": found.shifts, "starts": found.starts, "stops": found.stops, "requests": found.requests,
    "preheat": preheat.__file__, "handlers": [each.__file__ for each in handlers], "loaded": loaded,
}}))
"""


@pytest.fixture(scope="session")
def layers(built: Path) -> list[Path]:
    return [built / "PreheatLayer" / "python", built / "DependenciesLayer" / "python"]


@pytest.fixture(scope="session")
def built_functions(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built functions under the names that the simulation loads them by."""
    folder = tmp_path_factory.mktemp("functions")
    for resource, name in FUNCTIONS.items():
        (folder / name).symlink_to(built / resource, target_is_directory=True)
    return folder


def simulate(root: Path, layers: list[Path], functions: Path, **arguments: Any) -> dict[str, Any]:
    code = DAY.format(functions=str(functions), **arguments)
    found: dict[str, Any] = json.loads(bare_python(code, *layers, root / "tools").splitlines()[-1])
    return found


@pytest.mark.parametrize("backend", Backend)
def test_a_day_on_the_built_functions_keeps_every_promise(
    root: Path, layers: list[Path], built_functions: Path, backend: Backend
) -> None:
    found = simulate(root, layers, built_functions, seed=5, faults="all", backend=backend.value)
    assert found["violations"] == []
    assert min(found["shifts"], found["starts"], found["stops"], found["requests"]) >= 3
    assert found["preheat"] == str(layers[0] / "preheat" / "__init__.py")
    assert [Path(each).parent.parent for each in found["handlers"]] == [built_functions] * 4
    # Nothing comes from anywhere but the layers, the functions, the standard library and the harness itself.
    places = (*map(str, layers), str(root / "tools" / "preheat_lab"), str(root / "tools" / "preheat_simulator"))
    strange = [each for each in found["loaded"] if "site-packages" in each or "/preheat" in each]
    assert [each for each in strange if not each.startswith((*places, str(built_functions)))] == []


def test_a_promise_that_the_built_code_breaks_is_seen(
    root: Path, built: Path, layers: list[Path], tmp_path: Path
) -> None:
    """This handler answers each message with success and makes no pass, so that every shift is late."""
    for resource, name in FUNCTIONS.items():
        (tmp_path / name).mkdir()
        code = (built / resource / "handler.py").read_text(encoding="utf-8")
        if name == "reconcile":
            code += "\n\ndef handler(event, context):\n    return {'batchItemFailures': []}\n"
        (tmp_path / name / "handler.py").write_text(code)
    found = simulate(root, layers, tmp_path, seed=5, faults="none", backend=Backend.REKOGNITION.value)
    assert {each.split()[0] for each in found["violations"]} >= {"L1", "L3"}
