"""A plugin of the test run: every `except` of what runs in Lambda is listed by its source, and has to have been run.

Watches lines by `sys.monitoring`, each once. Where several processes run the tests, each hands over what it has seen. A
whole run of the tests fails if a handler never ran; `--handlers` asks for the same of a run of some folders. Does not
say what a handler should do: the tests do.
"""

import ast
import sys
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from tests.support.groups import is_one_of_several

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "layers" / "preheat" / "preheat"
WATCHED = (
    *sorted((ROOT / "functions").glob("*/handler.py")),
    *sorted(LIBRARY.rglob("*.py")),
)
SEEN = "handlers"  # in what a process of pytest-xdist hands over
TOOL = 4  # of the six of sys.monitoring, one that neither a debugger nor coverage takes


def handlers(path: Path) -> dict[int, str]:
    """Return the first line of the body of each `except` in a file, with what it catches."""
    return {
        node.body[0].lineno: ast.unparse(node.type) if node.type else "everything"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
    }


class Handlers:
    """Which handlers ran."""

    def __init__(self, paths: tuple[Path, ...] = WATCHED) -> None:
        self.listed = {(str(path), line): caught for path in paths for line, caught in handlers(path).items()}
        self.ran: set[tuple[str, int]] = set()

    def watch(self) -> None:
        """Begin to note lines."""
        sys.monitoring.use_tool_id(TOOL, "handlers")
        sys.monitoring.register_callback(TOOL, sys.monitoring.events.LINE, self._line)
        sys.monitoring.set_events(TOOL, sys.monitoring.events.LINE)

    def end(self) -> None:
        """Note no more."""
        sys.monitoring.set_events(TOOL, 0)
        sys.monitoring.free_tool_id(TOOL)

    def _line(self, code: CodeType, line: int) -> Any:
        if (code.co_filename, line) in self.listed:
            self.ran.add((code.co_filename, line))
        return sys.monitoring.DISABLE  # no event for this line of this code again

    def missing(self) -> list[str]:
        """Return the handlers that never ran, as file:line and what they catch."""
        left = sorted(self.listed.keys() - self.ran)
        return [f"{Path(path).relative_to(ROOT)}:{line}: except {self.listed[path, line]}" for path, line in left]

    # --- the plugin's hooks -------------------------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that was to show every handler and did not."""
        config = session.config
        if is_one_of_several(config):
            config.workeroutput[SEEN] = sorted(self.ran)  # type: ignore[attr-defined]  # of pytest-xdist
            return
        whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.getoption("keyword")
        self.asked = bool(config.getoption("--handlers")) or (whole and not config.getoption("collectonly"))
        if self.asked and self.missing() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what another process has seen."""
        self.ran.update((path, line) for path, line in getattr(node, "workeroutput", {}).get(SEEN, ()))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say how many there are, and which never ran."""
        if getattr(self, "asked", False):
            missing = self.missing()
            terminalreporter.write_line(f"error handlers: {len(self.listed) - len(missing)} of {len(self.listed)} run")
            for each in missing:
                terminalreporter.write_line(f"never run: {each}")
