"""The import contracts are total: each mistake, made in a copy of the tree, breaks one."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
IMPURE_CALLS = re.compile(
    r"(datetime\.)?datetime\.(now|utcnow|today)|(datetime\.)?date\.today|open|print|input|eval|exec"
)
HOMES = ("layers/preheat", "tools")
# A mistake: the file, what it says, and the line that import-linter prints about it.
MISTAKES = {
    "the domain imports pydantic": (
        *("layers/preheat/preheat/domain/record/checked.py", "import pydantic"),
        "preheat.domain.record.checked must not import pydantic",
    ),
    "the domain draws by chance": (
        *("layers/preheat/preheat/domain/lead/drawn.py", "from random import random"),
        "preheat.domain.lead.drawn must not import random",
    ),
    "the app knows a table": (
        *("layers/preheat/preheat/app/stored.py", "from preheat.adapters.dynamodb import tables"),
        "preheat.app.stored -> preheat.adapters.dynamodb.tables",
    ),
    "the app knows PynamoDB": (
        *("layers/preheat/preheat/app/requests/stored.py", "import pynamodb.models"),
        "preheat.app.requests.stored must not import pynamodb",
    ),
    "one function knows another": (
        *("layers/preheat/preheat/app/audit/watching.py", "from preheat.app.watch import watch"),
        "preheat.app.audit.watching -> preheat.app.watch",
    ),
    "the wiring of one function knows another": (
        *("layers/preheat/preheat/bootstrap/tick.py", "import preheat.bootstrap.audit"),
        "preheat.bootstrap.tick -> preheat.bootstrap.audit",
    ),
    "one command imports another": (
        *("tools/preheat_cli/commands/again.py", "from preheat_cli.commands import hold"),
        "preheat_cli.commands.again -> preheat_cli.commands.hold",
    ),
    "a view imports a command": (
        *("tools/preheat_cli/views/commanding.py", "from preheat_cli.commands import hold"),
        "preheat_cli.views.commanding -> preheat_cli.commands.hold",
    ),
    "a program of the lab is used by a harness": (
        *("tools/preheat_lab/explorer/soaking.py", "from preheat_lab.commands import soak"),
        "preheat_lab.explorer.soaking -> preheat_lab.commands.soak",
    ),
    "Lambda needs a package of the tools": (
        *("layers/preheat/preheat/observability/coloured.py", "import rich"),
        "preheat.observability.coloured must not import rich",
    ),
    "Lambda imports the tools": (
        *("layers/preheat/preheat/bootstrap/simulated.py", "import preheat_simulator.lookout"),
        "preheat.bootstrap.simulated -> preheat_simulator.lookout",
    ),
    "the plant file knows the terminal": (
        *("tools/preheat_plantfile/checks/shown.py", "import rich"),
        "preheat_plantfile.checks.shown must not import rich",
    ),
    "what runs inside ministack imports Preheat": (
        *("tools/preheat_local/emulator/named.py", "from preheat_local.errors import LocalAwsError"),
        "preheat_local.emulator.named must not import preheat_local.errors",
    ),
    "a module of the domain has no place": (
        "layers/preheat/preheat/domain/unplaced.py",
        "",
        "- preheat.domain.unplaced",
    ),
    "an adapter has no place": (
        "layers/preheat/preheat/adapters/unplaced/__init__.py",
        "",
        "- preheat.adapters.unplaced",
    ),
    "a ring has no place": ("layers/preheat/preheat/unplaced/__init__.py", "", "- preheat.unplaced"),
    "a folder of the domain is no package": (
        *("layers/preheat/preheat/domain/record/more/checked.py", "import pydantic"),
        "- preheat.domain.record.more.checked",
    ),
    "a package of the tools has no place": ("tools/preheat_unplaced/a.py", "", "- preheat_unplaced.a"),
    "a module beside the packages has no place": ("tools/unplaced.py", "", "- unplaced"),
}


def lint_imports(tree: Path) -> tuple[int, str]:
    """Run import-linter on a tree; return its status and what it prints, as one line."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(str(tree / home) for home in HOMES), "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, re.sub(r"\s+", " ", done.stdout + done.stderr)


def copy_tree(tree: Path) -> Path:
    for home in HOMES:
        shutil.copytree(ROOT / home, tree / home, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tree)
    return tree


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_tree(tmp_path_factory.mktemp("tree"))


def test_the_tree_as_it_is_keeps_every_contract(tree: Path) -> None:
    status, printed = lint_imports(tree)
    assert (status, "0 broken" in printed) == (0, True), printed


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_breaks_a_contract(tree: Path, mistake: str) -> None:
    file, text, printed_line = MISTAKES[mistake]
    new, before = not (tree / file).parent.exists(), (tree / file).read_text() if (tree / file).exists() else None
    (tree / file).parent.mkdir(parents=True, exist_ok=True)
    (tree / file).write_text(f"{before or ''}\n{text}\n")
    try:
        status, printed = lint_imports(tree)
    finally:
        if new:
            shutil.rmtree((tree / file).parent)
        elif before is not None:
            (tree / file).write_text(before)
        else:
            (tree / file).unlink()
    assert status == 1, printed
    assert printed_line in printed


def test_what_decides_asks_no_clock_and_opens_no_file() -> None:
    """Parts that an import contract cannot see, because the names come with the language or with an allowed module."""
    pure = ("layers/preheat/preheat/app", "layers/preheat/preheat/domain", "tools/preheat_report")
    found = [
        f"{file.relative_to(ROOT)}:{call.lineno}: {called}"
        for package in pure
        for file in (ROOT / package).rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and IMPURE_CALLS.fullmatch(called := ast.unparse(call.func))
    ]
    assert found == []


def test_every_package_of_the_tools_is_in_the_wheel_and_under_coverage() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    packages = {file.parent.relative_to(ROOT) for home in HOMES for file in (ROOT / home).glob("*/__init__.py")}
    included = [Path(each) for each in settings["hatch"]["build"]["targets"]["wheel"]["only-include"]]
    assert {package for package in packages if any(each.is_relative_to(package) for each in included)} == packages
    assert set(settings["coverage"]["run"]["source"]) == {package.name for package in packages}
