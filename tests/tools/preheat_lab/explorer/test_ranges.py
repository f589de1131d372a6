"""`explore` searches a range of the catalogue, so that an hour's search can come in parts."""

import pytest

from preheat_lab.commands import explore
from preheat_lab.explorer.catalog import BRIEF, TIGHT


def test_a_range_is_searched_and_no_more(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(explore, "CI", (BRIEF, TIGHT, BRIEF))
    assert explore.main(["--first", "2", "--last", "2"]) == 0
    assert [line.partition(",")[0] for line in capsys.readouterr().out.splitlines()] == ["a tight shift"]
    assert explore.main(["--first", "3"]) == 0
    assert [line.partition(",")[0] for line in capsys.readouterr().out.splitlines()] == [BRIEF.name]


@pytest.mark.parametrize(
    "range_", [("--first", "0"), ("--first", "4"), ("--first", "3", "--last", "2"), ("--last", "4")]
)
def test_a_range_outside_the_catalogue_is_refused_with_its_size(
    range_: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(explore, "CI", (BRIEF, TIGHT, BRIEF))
    with pytest.raises(SystemExit) as ended:
        explore.main(range_)
    assert ended.value.code == 2
    assert "from 1 to 3" in capsys.readouterr().err
