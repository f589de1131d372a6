"""The result of `sam build`: the contents of layers, the modules of a cold start, bytecode that survives a zip."""

import ast
import json
import os
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from preheat.adapters.client import AwsService
from preheat.adapters.hosting.clients import SERVICES
from preheat.domain.plan.plan import Backend

HANDLERS = Path(__file__).parents[2].glob("functions/*/handler.py")
FUNCTIONS = {f"{handler.parent.name.title()}Function": handler.parent.name for handler in sorted(HANDLERS)}
NEVER_LOADED = {"holidays", "pydantic", "aws_xray_sdk", "typer", "rich", "starlette", "uvicorn", "ruamel", "moto"}
POWERTOOLS = "aws_lambda_powertools.utilities"
NEVER_LOADED_BY_ANY = {
    *("asyncio", "boto3", f"{POWERTOOLS}.batch", f"{POWERTOOLS}.data_classes", "preheat.adapters.memory"),
    *("preheat.adapters.dynamodb.applies", "preheat.app.ports.store"),  # only your machine applies plans
}
# The most modules of `preheat` that a function may load, packages not counted. Raise a number only for code that runs.
# The goals were tick 44, publish 41, watch 44, audit 55, requests 57 and reconcile 68; see decision 210 about those
# above.
MODULES_MAX = {"tick": 39, "board": 78, "publish": 52, "watch": 43, "audit": 81, "requests": 85, "reconcile": 111}
DECIDES = {"preheat.domain.decision", "preheat.app.reconcile"}
# Modules that a function has no use for, in addition to those of the other functions.
NEVER_LOADED_BY = {
    "tick": {
        *DECIDES,
        *("preheat.domain.lead", "preheat.domain.demand", "preheat.domain.calendar"),
        *("preheat.domain.plan.hosted_model", "preheat.adapters.hosting"),
    },
    "watch": {
        *DECIDES,
        *("preheat.domain.lead", "preheat.domain.demand", "preheat.domain.record.clocks", "preheat.adapters.hosting"),
    },
    "board": {
        *DECIDES,
        *("preheat.adapters.hosting", "preheat.adapters.sqs", "preheat.adapters.eventbridge"),
    },
    "publish": {
        *DECIDES,
        *("preheat.domain.lead", "preheat.adapters.hosting", "preheat.adapters.dynamodb.connection"),
    },
    "requests": {*DECIDES, "preheat.adapters.hosting", "preheat.adapters.eventbridge"},
    "audit": {*DECIDES, "preheat.adapters.sqs", "preheat.adapters.eventbridge"},
    "reconcile": {"preheat.app.audit", "preheat.adapters.eventbridge", "preheat.adapters.hosting.listing"},
}
CHECKED_BY_NOBODY = 0b01  # PEP 552: has a hash that Python does not compare with the source
LIMIT_BYTES = 250 * 1024 * 1024  # Lambda's, for the function and its layers unzipped


def bare_python(code: str, *paths: Path, environment: dict[str, str] | None = None) -> str:
    """Run `code` as Lambda would: no site-packages, nothing of the surroundings, only `paths` before the library."""
    # The interpreter outside the virtual environment; -I drops the surroundings, -S drops its own site-packages.
    python = getattr(sys, "_base_executable", sys.executable)
    start = f"import sys; sys.path[:0] = {[str(path) for path in paths]!r}\n{code}"
    done = subprocess.run(
        [python, "-I", "-S", "-c", start],
        env={"PATH": os.defpath} | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def layers(built: Path) -> list[Path]:
    return [built / "PreheatLayer" / "python", built / "DependenciesLayer" / "python"]


def modules_of(function: Path, layers: list[Path], environment: dict[str, str]) -> dict[str, bool]:
    """Load a built handler from the built layers alone; return every loaded module, and whether it is code."""
    code = """
import json, handler
assert callable(handler.handler)
print(json.dumps({name: not hasattr(module, "__path__") for name, module in sys.modules.items()}))
"""
    found: dict[str, bool] = json.loads(bare_python(code, function, *layers, environment=environment).splitlines()[-1])
    return found


def test_each_function_of_the_template_has_a_folder_and_a_limit(template: dict[str, Any]) -> None:
    functions = {name for name, each in template["Resources"].items() if each["Type"] == "AWS::Serverless::Function"}
    assert functions == set(FUNCTIONS)
    assert set(FUNCTIONS.values()) == set(MODULES_MAX)


@pytest.mark.parametrize(("function", "name"), FUNCTIONS.items())
def test_a_function_loads_only_its_own_code(
    built: Path, layers: list[Path], lambda_environment: dict[str, str], function: str, name: str
) -> None:
    loaded = modules_of(built / function, layers, lambda_environment)
    others = {f"preheat.{ring}.{other}" for ring in ("app", "bootstrap", "observability") for other in MODULES_MAX}
    others -= {f"preheat.{ring}.{name}" for ring in ("app", "bootstrap", "observability")}
    forbidden = others | NEVER_LOADED_BY_ANY | NEVER_LOADED_BY[name]
    assert not [each for each in loaded if any(each == one or each.startswith(f"{one}.") for one in forbidden)]
    ours = sorted(each for each, is_code in loaded.items() if is_code and each.startswith("preheat."))
    assert len(ours) <= MODULES_MAX[name], ours


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_handler_imports_from_its_layers_alone_and_loads_no_tools(
    built: Path, layers: list[Path], lambda_environment: dict[str, str], function: str
) -> None:
    loaded = modules_of(built / function, layers, lambda_environment)
    assert "preheat" in loaded
    assert NEVER_LOADED.isdisjoint(name.partition(".")[0] for name in loaded)
    assert not [name for name in loaded if name.startswith("preheat_")]


@pytest.mark.parametrize("folder", FUNCTIONS.values())
def test_a_handler_imports_nothing_of_the_tools(root: Path, folder: str) -> None:
    imported = set()
    for node in ast.walk(ast.parse((root / "functions" / folder / "handler.py").read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported |= {node.module}
    assert not [name for name in imported if name.startswith("preheat_")]


def test_the_layer_holds_the_whole_package_and_its_data(root: Path, layers: list[Path]) -> None:
    source, built = root / "layers" / "preheat" / "preheat", layers[0] / "preheat"

    def files(top: Path) -> set[str]:
        return {str(p.relative_to(top)) for p in top.rglob("*") if p.is_file() and "__pycache__" not in p.parts}

    expected = files(source)
    assert files(built) == expected
    assert "adapters/hosting/data/lookoutvision/2020-11-20/service-2.json" in expected


def test_the_layers_are_pure_python_and_small(layers: list[Path]) -> None:
    found = [path for layer in layers for path in layer.rglob("*") if path.is_file()]
    assert not [path for path in found if path.suffix in {".so", ".pyd", ".dylib"}]
    assert sum(path.stat().st_size for path in found) < LIMIT_BYTES / 4


def test_the_layer_holds_every_requirement_and_no_other(root: Path, layers: list[Path]) -> None:
    locked = {
        line.split("==")[0].lower().replace("-", "_")
        for line in (root / "layers" / "dependencies" / "requirements.txt").read_text().splitlines()
        if "==" in line
    }
    installed = {path.name.partition("-")[0].lower() for path in layers[1].glob("*.dist-info")}
    assert installed == locked


def test_every_client_is_made_in_one_place_for_a_service_that_has_a_use(root: Path) -> None:
    """So the services of that place are all clients that any function can make."""
    package = root / "layers" / "preheat" / "preheat"
    made, named = set(), set()
    for path in [*package.rglob("*.py"), *(root / "functions").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr == "create_client":
                made.add(path.relative_to(root))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "AwsService":
                named.add(AwsService[node.attr])
            modules = [node.module] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not [module for module in modules if module and module.partition(".")[0] == "boto3"], path
    assert made == {Path("layers/preheat/preheat/adapters/client.py")}
    assert named == set(AwsService)
    assert set(SERVICES) == set(Backend)


@pytest.mark.parametrize("service", AwsService)
def test_the_layers_alone_make_the_client_of_each_service(layers: list[Path], service: AwsService) -> None:
    code = f"""
from botocore.session import Session
from preheat.adapters.client import AwsService, make_client
from preheat.adapters.hosting.service_model import make_lookout_session
keys = {{"aws_access_key_id": "a", "aws_secret_access_key": "b"}}
client = make_client(make_lookout_session(Session()), AwsService({service.value!r}), region_name="eu-central-1", **keys)
print(client.meta.service_model.service_name)
"""
    assert bare_python(code, *layers).strip() == service.value


def test_time_zones_come_from_the_layer(layers: list[Path]) -> None:
    code = "import zoneinfo; print(zoneinfo.TZPATH, zoneinfo.ZoneInfo('Europe/Berlin'))"
    assert bare_python(code, *layers, environment={"PYTHONTZPATH": ""}).strip() == "() Europe/Berlin"


@pytest.fixture(scope="session")
def unzipped(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our layer after a way through a zip, its files stamped with another time."""
    folder = tmp_path_factory.mktemp("unzipped")
    archive, layer = folder / "layer.zip", built / "PreheatLayer"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in sorted(layer.rglob("*")):
            if path.is_file():
                zipped.writestr(zipfile.ZipInfo(str(path.relative_to(layer)), (2000, 1, 1, 0, 0, 0)), path.read_bytes())
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(folder / "opt")
    return folder / "opt" / "python"


def test_every_module_has_bytecode_that_no_time_stamp_can_spoil(unzipped: Path, layers: list[Path]) -> None:
    for top in (unzipped, layers[1]):
        sources = list(top.rglob("*.py"))
        assert sources
        for source in sources:
            bytecode = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
            (flags,) = struct.unpack("<4xI8x", bytecode.read_bytes()[:16])
            assert flags == CHECKED_BY_NOBODY, source


def test_the_bytecode_is_what_runs(unzipped: Path) -> None:
    # Python would stumble over this source, if it read it.
    (unzipped / "preheat" / "__init__.py").write_text("raise SystemExit('the source was compiled')\n")
    assert bare_python("import preheat; print(preheat.__doc__.split(':')[0])", unzipped) == "Preheat\n"
