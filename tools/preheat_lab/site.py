"""The pages of the documentation site, out of the checkout: copied, with their links moved along.

Pages of docs/ become the root of the site, and pages of the checkout's root go with them. It copies files that a page
links to as well. Does not know how to build the site.
"""

import os
import re
import shutil
from pathlib import Path

from preheat_lab.checkout import ROOT

LINK = re.compile(r"(?<=\]\()(?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?(?=\))")
FACE = "README.md"
"""The face of a folder on a code host; `index.md` in the site. For the checkout's own, the site has docs/index.md."""


def copy_pages(target: Path, root: Path = ROOT) -> list[Path]:
    """Empty `target`, write every page into it, and return their places in the site."""
    shutil.rmtree(target, ignore_errors=True)
    sources = [
        page
        for page in (*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "examples").rglob("*.md"))
        if page != root / FACE
    ]
    for source in sources:
        page = target / _place(source, root)
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(_with_links(source, target, root), encoding="utf-8")
    return sorted(page.relative_to(target) for page in target.rglob("*.md"))


def _place(source: Path, root: Path) -> Path:
    """Return where a file of the checkout stands in the site."""
    inside = source.relative_to(root)
    if inside.name == FACE:
        inside = inside.with_name("index.md")
    return inside.relative_to("docs") if inside.parts[0] == "docs" else inside


def _with_links(source: Path, target: Path, root: Path) -> str:
    def move_link(match: re.Match[str]) -> str:
        linked = (source.parent / match[1]).resolve()
        place = _place(linked, root)
        if linked.is_dir():
            place /= "index.md"
        elif linked.suffix != ".md":
            (target / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(linked, target / place)
        return os.path.relpath(place, _place(source, root).parent) + (match[2] or "")

    return LINK.sub(move_link, source.read_text(encoding="utf-8"))
