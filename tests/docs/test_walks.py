"""The page of the first walks: what the engineer pastes makes a plant file with the windows that the page shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "walks.md").read_text(encoding="utf-8")


def test_the_first_plant_file_of_the_page_has_its_windows_and_holidays(tmp_path: Path) -> None:
    (block,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    (windows,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=tmp_path,
        env=os.environ | {"PATH": path, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(windows)
    assert "plant.yaml: valid: 2 models, 1 schedule" in done.stdout
