"""The report as one page that needs nothing else: a table and charts as inline SVG, readable in light and in dark.

Owns the page; `report_charts` draws, `report_text` has the words. Escapes every text.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from preheat.domain.printable import escape
from preheat.domain.record.paid import Cause
from preheat_cli.views import report_charts, show
from preheat_cli.views.report_text import NOTE, describe_hours, describe_late, hours, money, rate

if TYPE_CHECKING:
    from preheat_report import ModelReport, Report

MEANT = {
    Cause.LEAD: "starting, before a shift",
    Cause.IDLE: "ready, before a shift",
    Cause.SHIFT: "during a shift",
    Cause.BRIDGE: "in a gap that is too short for a restart",
    Cause.DRAIN: "after a shift, until the service accepts the stop",
    Cause.UNSCHEDULED: "outside any shift, started by somebody else",
}
DOUBTS_SHOWN = 8  # it folds more away
STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --page: #fff; --card: #f6f8fa;
  --lead: #b26a00; --idle: #d9a441; --shift: #1a7f4b; --bridge: #2f6fbd; --drain: #8250a8; --unscheduled: #c0392b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9ba5b0; --line: #3a424b; --page: #0f1318;
  --card: #181d24; --lead: #e0912f; --idle: #f0c674; --shift: #4cc38a; --bridge: #6cb0f5; --drain: #c297e8;
  --unscheduled: #ff7b6b; } }
body { background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 70rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { color: var(--soft); margin: .3rem 0; }
.figures { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); margin: 1.2rem 0; }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem 1rem; }
.figures b { display: block; font-size: 1.2rem; white-space: nowrap; }
.figures span { color: var(--soft); font-size: .85rem; }
.late { border-left: .3rem solid var(--unscheduled); padding-left: 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: separate; border-spacing: 0; font-size: .85rem; font-variant-numeric: tabular-nums;
  width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .45rem; text-align: right; white-space: nowrap; }
th { color: var(--soft); font-weight: 600; vertical-align: bottom; white-space: normal; }
th:first-child, td:first-child { background: var(--page); left: 0; position: sticky; text-align: left; }
tfoot td { font-weight: 600; } svg { display: block; height: auto; min-width: 40rem; width: 100%; }
summary { color: var(--soft); cursor: pointer; margin: .3rem 0; }
svg text { fill: var(--soft); font: 11px system-ui, sans-serif; } svg .axis { stroke: var(--line); }
.key { color: var(--soft); display: flex; flex-wrap: wrap; font-size: .85rem; gap: .3rem 1.2rem; margin: .4rem 0; }
.key i { border-radius: 2px; display: inline-block; height: .8em; margin-right: .4em; width: .8em; }
"""
HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
"""


def page(found: "Report") -> str:
    """Return the whole page."""
    span = f"{show.instant(found.asked.start)} to {show.instant(min(found.asked.end, found.as_of))}"
    parts = [
        f"{HEAD}<title>Preheat: {span}</title>",
        f"<style>{STYLE}</style>",
        "</head>",
        "<body>",
        "<h1>Preheat report</h1>",
        f"<p>{span}, from the ledger</p>",
        *_late(found),
        _figures(found),
        "<h2>Unit-hours by day (UTC) and cause</h2>",
        _key(found),
        _wrap_scrolling(report_charts.by_day(found.by_day)),
        "<h2>Margins: how early each model was ready</h2>",
        _wrap_scrolling(report_charts.margins(found.promise.margins, found.promise.never_ready)),
        "<h2>Models, in unit-hours</h2>",
        _table(found),
        "<h2>Uncertain</h2>",
        *_doubts(found),
        f"<p>{escape(NOTE)}</p>",
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _figures(found: "Report") -> str:
    promise = found.promise
    figures = [
        (money(found.amounts), describe_hours(found)),
        (rate(promise), f"on time; {promise.late} of {promise.on_time + promise.late} late"),
        (show.format_margin(promise.margin(0.5)), "median margin"),
        (money(found.saved), "saved against around the clock"),
        (money(found.saved_on_fixed_lead), "saved against a fixed lead of 30 minutes"),
    ]
    cells = (f"<div><b>{escape(figure)}</b><span>{escape(of)}</span></div>" for figure, of in figures)
    return f'<div class="figures">{"".join(cells)}</div>'


def _late(found: "Report") -> list[str]:
    """Return the demands that were late, at the head of the page; nothing if none was."""
    lines = describe_late(found)
    if not lines:
        return []
    rows = "".join(f"<li>{escape(line.strip())}</li>" for line in lines[1:])
    return [f'<section class="late"><h2>{escape(lines[0].capitalize())}</h2><ul>{rows}</ul></section>']


def _key(found: "Report") -> str:
    sums = found.by_cause
    marks = (
        f'<span><i style="background:var(--{cause})"></i>{cause}: {escape(MEANT[cause])} ({hours(sums[cause])})</span>'
        for cause in Cause
    )
    return f'<div class="key">{"".join(marks)}</div>'


def _table(found: "Report") -> str:
    heads = ("model", *Cause, "paid", "cost", "on time", "minimum margin", "median margin", "saved")
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    rows = "\n".join(f"<tr>{_cells(each)}</tr>" for each in found.models)
    sums = [hours(found.by_cause[cause]) for cause in Cause]
    promise = found.promise
    total = _tds(
        "all",
        *sums,
        hours(found.paid),
        money(found.amounts),
        rate(promise),
        show.format_margin(promise.margin(0)),
        show.format_margin(promise.margin(0.5)),
        money(found.saved),
    )
    body = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n<tfoot><tr>{total}</tr></tfoot>"
    return _wrap_scrolling(f"<table>{body}</table>")


def _wrap_scrolling(wide: str) -> str:
    """Return an element that scrolls sideways, also by keyboard."""
    return f'<div class="scroll" tabindex="0">{wide}</div>'


def _cells(each: "ModelReport") -> str:
    promise = each.promise
    return _tds(
        each.model_id,
        *(hours(each.by_cause.get(cause, timedelta())) for cause in Cause),
        hours(each.paid),
        money(each.amounts),
        rate(promise),
        show.format_margin(promise.margin(0)),
        show.format_margin(promise.margin(0.5)),
        money(each.saved),
    )


def _tds(*cells: str) -> str:
    return "".join(f"<td>{escape(cell)}</td>" for cell in cells)


def _doubts(found: "Report") -> list[str]:
    less = sum((each.may_be_less for each in found.models), timedelta())
    more = sum((each.may_be_more for each in found.models), timedelta())
    sure = f"<p>The bill may be {hours(less)} unit-hours less, or {hours(more)} more.</p>"
    lines = []
    for each in found.models:
        for bracket in each.brackets:
            if bracket.unit_time >= timedelta(minutes=1):
                what = "began" if bracket.begins else "ended"
                between = f"between {show.instant(bracket.after)} and {show.instant(bracket.by)}"
                lines.append(f"<p>{escape(each.model_id)} {what} {between} ({hours(bracket.unit_time)}).</p>")
        if each.unknown_begins:
            lines.append(f"<p>{escape(each.model_id)}: {each.unknown_begins} found running, start time unknown.</p>")
    if len(lines) > DOUBTS_SHOWN:
        summary = f"<summary>All {len(lines)} of a minute and more</summary>"
        lines = ["<details>", summary, *lines, "</details>"]
    return [sure, *lines]
