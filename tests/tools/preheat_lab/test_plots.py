"""The plots of the page on performance agree with its tables."""

import xml.etree.ElementTree as ET

import pytest

from preheat_lab.benchmarks.plots import PAGE, PLOTS, Plot, draw, read_rows

TEXT = PAGE.read_text(encoding="utf-8")
TABLE = "| speed | a | b |\n| --- | ---: | ---: |\n| `one` | 1,000 s | 10 |\n| two |  | 1 |\n"
PLOT = Plot("x.svg", "speed", "Speed & more", ("a", "b"), logarithmic=True)


@pytest.mark.parametrize("plot", PLOTS, ids=[each.file for each in PLOTS])
def test_a_plot_is_that_of_its_table_and_the_page_shows_it(plot: Plot) -> None:
    assert PAGE.with_name(plot.file).read_text(encoding="utf-8") == draw(plot, read_rows(TEXT, plot))
    assert f"]({plot.file})" in TEXT


def test_each_figure_of_a_table_has_a_bar_and_an_empty_cell_has_none() -> None:
    rows = read_rows(TABLE, PLOT)
    assert rows == [("one", [1000.0, 10.0]), ("two", [None, 1.0])]
    picture = ET.fromstring(draw(PLOT, rows))  # noqa: S314 - drawn here
    widths = [float(each.get("width", "")) for each in picture.findall(".//{*}rect") if each.get("x") == "250"]
    legend, *bars = widths
    assert legend == 10
    assert bars == [430.0, 215.0, 107.5]  # of four decades from 0.1: all, two, and one
    assert "Speed &amp; more" in draw(PLOT, rows)


def test_a_table_or_column_that_the_page_lacks_is_named() -> None:
    with pytest.raises(ValueError, match="no table 'speed' with the columns a, b"):
        read_rows(TABLE.replace("| b |", "| c |"), PLOT)
