"""Build the documentation site into .cache/site/html; a dead link is an error."""

import argparse
import shutil
import subprocess
from collections.abc import Sequence

from preheat_lab.checkout import ROOT
from preheat_lab.site import copy_pages

FOLDER = ROOT / ".cache" / "site"
ZENSICAL = ROOT / ".venv-docs" / "bin" / "zensical"


def main(arguments: Sequence[str]) -> int:
    """Copy the pages and build them; return the exit status."""
    argparse.ArgumentParser(prog="site", description=__doc__).parse_args(arguments)
    pages = copy_pages(FOLDER / "pages")
    shutil.copyfile(ROOT / "docs" / "zensical.toml", FOLDER / "zensical.toml")
    build = [str(ZENSICAL), "build", "--clean", "--strict", "-f", str(FOLDER / "zensical.toml")]
    done = subprocess.run(build, cwd=FOLDER, capture_output=True, text=True, check=False)
    if done.returncode:
        # The program ends a strict build with its own traceback; the warnings before it say what is wrong.
        print((done.stdout + done.stderr).partition("Traceback")[0])
        return 1
    print(f"site: {len(pages)} pages in {FOLDER.relative_to(ROOT)}/html/index.html")
    return 0
