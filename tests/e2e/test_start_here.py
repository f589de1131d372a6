"""The pages of Start here work: a reader pastes every command of both, in order, on a local AWS of the test's own."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from preheat_local import LocalAws

ROOT = Path(__file__).parents[2]
LONGEST_SECONDS = 300


def _blocks(page: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"```bash\n(.*?)```", text, re.DOTALL)


@dataclass
class PageReader:
    """Somebody who pastes one block after the other into a shell, in the checkout."""

    surroundings: dict[str, str]

    def paste(self, block: str) -> str:
        """Run a block; every command of it has to succeed. Return what it printed."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=ROOT,
            env=os.environ | self.surroundings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def wait_for(self, phase: str) -> None:
        """Wait, as the page says, until the model is in a phase."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < deadline:
            shown = self.paste(".venv/bin/preheat status --format json").splitlines()
            if any(json.loads(line).get("phase") == phase for line in shown if line.startswith("{")):
                return
            time.sleep(5)
        raise AssertionError(f"not {phase}: {self.paste('.venv/bin/preheat status')}")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[PageReader]:
    ports = {"PREHEAT_PORT": "0", "PREHEAT_SIMULATOR_PORT": "0"}
    someone = PageReader({"PREHEAT_STATE": str(tmp_path / "state"), "COLUMNS": "160"} | ports)
    yield someone
    someone.paste(".venv/bin/preheat down")


def test_both_pages_lead_to_a_hosted_model(reader: PageReader, tmp_path: Path) -> None:
    up, plan, hold, seen, end = _blocks("start-laptop.md")
    reader.paste(up)
    assert "weld-seams" in reader.paste(plan)
    assert "accepted" in reader.paste(hold)
    reader.wait_for("hosted")
    history = reader.paste(seen)
    assert "hosted" in history

    deploy, apply, check, act, stop = _blocks("start-account.md")
    local = LocalAws.load(tmp_path / "state" / "aws.json")
    reader.surroundings |= local.client_environment() | {"SAM_CLI_TELEMETRY": "0"}
    # The page's account reaches the services by their names; here the simulator plays them.
    simulated = f"RekognitionEndpointUrl={local.simulator_url}"
    reader.paste(deploy.replace("Mode=observe", f"Mode=observe {simulated}"))
    reader.surroundings["PREHEAT_STACK"] = "preheat"
    reader.paste(apply)
    reader.paste(check)
    reader.paste(act.replace("Mode=act", f"Mode=act {simulated}"))
    reader.paste(stop)
    reader.surroundings["PREHEAT_STACK"] = "local"  # of two stacks, the command asks for a name

    report = reader.paste(end)
    assert "weld-seams" in report
