"""Every page has its place in the site's navigation and in the list of pages; links move with their pages."""

import re
import tomllib
from pathlib import Path
from typing import Any

from preheat_lab.site import copy_pages

ROOT = Path(__file__).parents[2]
# Pages for people who change Preheat; they read them in the checkout.
FOR_CONTRIBUTORS = {"CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "SECURITY.md"}


def _list_named(nav: list[Any]) -> set[str]:
    found: set[str] = set()
    for entry in nav:
        for value in entry.values():
            found |= _list_named(value) if isinstance(value, list) else {value}
    return found


def test_every_page_has_its_place(tmp_path: Path) -> None:
    pages = {str(page) for page in copy_pages(tmp_path)}
    nav = tomllib.loads((ROOT / "docs" / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    decisions = {page for page in pages if page.startswith("decisions/0")}
    examples = {page for page in pages if page.startswith("examples/")}
    assert _list_named(nav) == pages - FOR_CONTRIBUTORS - decisions - (examples - {"examples/index.md"})
    index = set(re.findall(r"\]\((?:\.\./)?([\w/-]+\.md)\)", (ROOT / "docs" / "index.md").read_text(encoding="utf-8")))
    assert pages - FOR_CONTRIBUTORS - decisions - examples - index == {"index.md", "decisions/index.md"}
    assert "examples/README.md" in index


def test_links_move_with_their_pages(tmp_path: Path) -> None:
    root, site = tmp_path / "checkout", tmp_path / "site"
    (root / "docs" / "decisions").mkdir(parents=True)
    (root / "README.md").write_text("# Readme\n", encoding="utf-8")
    (root / "template.yaml").write_text("a: b\n", encoding="utf-8")
    (root / "ARCHITECTURE.md").write_text("[plan](docs/plan.md#a) [all](docs/decisions)\n", encoding="utf-8")
    (root / "docs" / "plan.md").write_text(
        "[a](../ARCHITECTURE.md) [t](../template.yaml) [h](../README.md) [x](https://x.y/z)\n", encoding="utf-8"
    )
    (root / "docs" / "decisions" / "0001-a.md").write_text("# 1. A\n\n[plan](../plan.md)\n", encoding="utf-8")
    (root / "docs" / "decisions" / "README.md").write_text("# Decisions\n\n- [1. A](0001-a.md)\n", encoding="utf-8")
    copy_pages(site, root)
    assert (site / "ARCHITECTURE.md").read_text("utf-8") == "[plan](plan.md#a) [all](decisions/index.md)\n"
    assert (site / "plan.md").read_text("utf-8") == (
        "[a](ARCHITECTURE.md) [t](template.yaml) [h](index.md) [x](https://x.y/z)\n"
    )
    assert (site / "decisions" / "0001-a.md").read_text("utf-8") == "# 1. A\n\n[plan](../plan.md)\n"
    assert (site / "decisions" / "index.md").read_text("utf-8") == "# Decisions\n\n- [1. A](0001-a.md)\n"
    assert (site / "template.yaml").read_text("utf-8") == "a: b\n"
