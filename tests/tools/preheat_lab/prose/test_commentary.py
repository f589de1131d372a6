"""Docstrings, comments and test names: which of them the prose linter takes, and that every rule holds for them."""

import pytest

from preheat_lab.prose import __main__ as program
from preheat_lab.prose.commentary import comments, of_comments, of_docstrings, of_tests
from preheat_lab.prose.sources import ProsePassage

SOURCE = '''"""Owns the day.

    >>> told()
    """

# The first line
# and the second.
LIMIT = 3  # seconds


def wait():  # noqa: D103 - it is told
    """Wait a while."""
    # Alone.
'''


def test_each_docstring_is_a_text_without_its_examples() -> None:
    assert [(each.place, each.text) for each in of_docstrings(SOURCE, "a.py")] == [
        ("a.py:1", "Owns the day."),
        ("a.py:12", "Wait a while."),
    ]


def test_lines_of_comment_that_follow_each_other_are_one_text() -> None:
    assert [(each.place, each.text) for each in of_comments(SOURCE, "a.py")] == [
        ("a.py:6", "The first line and the second."),
        ("a.py:8", "seconds"),
        ("a.py:13", "Alone."),
    ]


def test_each_row_of_a_table_in_columns_is_a_text_of_its_own_and_a_command_line_is_none() -> None:
    table = "    python -m preheat_lab day    # one day\n\n    days     one day\n    weeks    seven days\n"
    texts = [each.text for each in of_docstrings(f'"""Two spans.\n\n{table}"""\n', "a.py")]
    assert texts == ["Two spans.", "- days: one day", "- weeks: seven days"]


def test_each_branch_of_a_drawn_tree_is_a_text_of_its_own() -> None:
    tree = "# Errors\n#  ├─ Lost  no answer\n#  └─ Refused  an answer\n"
    texts = [each.text for each in of_comments(f"{tree}LIMIT = 3\n", "a.py")]
    assert texts == ["Errors", "- ├─ Lost  no answer", "- └─ Refused  an answer"]


def test_the_linter_reads_what_ships_the_tools_and_the_tests() -> None:
    homes = {each.place.split(":")[0].split("/")[0] for each in comments()}
    assert homes == {"layers", "functions", "tools", "tests", "hatch_build.py"}


def test_a_tests_name_is_read_for_its_words_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = list(of_tests("def test_a_model_is_started_anew():\n    pass\n\n\ndef test():\n    pass\n", "a.py"))
    monkeypatch.setattr(program, "passages", lambda: iter(()))
    monkeypatch.setattr(program, "comments", lambda: iter(texts))
    assert program.main(["a.py"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "a.py:1: word: 'anew': write: again",
        "prose: 1 alerts in 1 passages",
    ]


def test_a_word_and_a_passive_in_a_comment_are_alerts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    passage = ProsePassage("a.py:6", "It is wanted by nobody, thus it goes.")
    monkeypatch.setattr(program, "passages", lambda: iter(()))
    monkeypatch.setattr(program, "comments", lambda: iter([passage]))
    assert program.main(["a.py"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "a.py:6: word: 'thus': write: so",
        "a.py:6: passive: 'is wanted': say who does it, or address the reader",
        "prose: 2 alerts in 1 passages",
    ]
