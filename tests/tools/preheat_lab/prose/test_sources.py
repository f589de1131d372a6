"""The prose linter sees what people read, with its line, and nothing of the code around it."""

from pathlib import Path

import pytest

from preheat_lab.prose.commentary import comments
from preheat_lab.prose.exceptions import ProseExceptions, load
from preheat_lab.prose.rules import findings
from preheat_lab.prose.sources import ProsePassage, of_module, of_page, of_template, passages


def test_a_page_gives_headings_paragraphs_items_and_cells_with_their_lines() -> None:
    page = (
        "# Title\n\nSome `code` and a [link](x.md).\n\n- item\n\n| a | b |\n| --- | --- |\n| c | d |\n\n```\nx y\n```\n"
    )
    assert [(seen.place, seen.text, seen.heading) for seen in of_page(page, "p.md")] == [
        ("p.md:1", "Title", True),
        ("p.md:3", "Some `_` and a link.", False),
        ("p.md:5", "item", False),
        ("p.md:7", "a", True),
        ("p.md:7", "b", True),
        ("p.md:9", "c", False),
        ("p.md:9", "d", False),
    ]


def test_a_module_gives_its_reasons_and_not_its_docstrings_names_or_patterns() -> None:
    module = (
        '"""A docstring of a module."""\nimport re\nNAME = "model-id"\nre.compile("a b c d")\n'
        'def f(x):\n    """Another docstring of it."""\n    return f"the stop of {x} waits"\n'
    )
    assert [(seen.place, seen.text) for seen in of_module(module, "m.py")] == [("m.py:7", "the stop of `_` waits")]


def test_a_command_gives_its_help_and_that_of_its_options() -> None:
    module = 'def go(fast: bool = Option(help="Hurry up a bit.")) -> None:\n    """Go there."""\n'
    assert {seen.text for seen in of_module(module, "m.py", help_too=True)} == {"Go there.", "Hurry up a bit."}


def test_a_template_gives_alarms_and_folded_descriptions() -> None:
    template = "A:\n  AlarmDescription: 'It''s late'\n  Description: >-\n    One\n    two\n  Other: x\n"
    assert [seen.text for seen in of_template(template, "t.yaml")] == ["It's late", "One two"]


def test_every_kind_of_source_is_found_in_the_project() -> None:
    places = {seen.place.split(":")[0] for seen in passages()}
    assert {"README.md", "template.yaml", "layers/preheat/preheat/domain/decision/stopping.py"} <= places
    assert "tools/preheat_cli/commands/apply.py" in places


def test_an_exception_excuses_its_finding_and_no_other() -> None:
    reason = "A reason in words."
    single = [{"place": "p.md", "rule": "word", "text": "for good measure", "reason": reason}]
    exceptions = ProseExceptions({"hosted": reason, "idle": reason}, {"cannot be read": reason}, single, {})

    def list_left(place: str, text: str) -> list[str]:
        passage = ProsePassage(place, text)
        return [each.found for each in findings(exceptions.clean(text)) if not exceptions.excuse(passage, each)]

    assert list_left("p.md:3", "The model is hosted.") == []
    assert list_left("p.md:3", "The model is started.") == ["is started"]
    assert list_left("p.md:3", "The file cannot be read.") == []
    assert list_left("p.md:3", "Add one for good measure.") == []
    assert list_left("q.md:3", "Add one for good measure.") == ["for good"]
    assert exceptions.list_unused() == ["the exception for 'idle' excuses nothing; remove it"]


def test_an_exception_without_a_reason_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "exceptions.toml"
    file.write_text('[states]\nhosted = ""\n', encoding="utf-8")
    with pytest.raises(ValueError, match="needs a reason"):
        load(file)


def test_every_exception_of_the_project_is_needed() -> None:
    exceptions = load()
    for seen in (*passages(), *comments()):
        for finding in findings(exceptions.clean(seen.text), heading=seen.heading):
            exceptions.excuse(seen, finding)
    assert exceptions.list_unused() == []
    assert not [place for place in exceptions.places if not any(seen.place.startswith(place) for seen in passages())]
