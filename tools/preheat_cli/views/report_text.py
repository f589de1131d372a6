"""The report as text: a table for people, rows for a spreadsheet, JSON for programs. Computes nothing."""

import csv
import io
import json
import textwrap
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from preheat.domain.printable import printable
from preheat.domain.record.paid import Cause
from preheat_cli.views import show
from preheat_report.promise import QUANTILES, Promise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from preheat_report import Amounts, ModelReport, Report

HOUR = timedelta(hours=1)
DOUBTS_SHOWN = 5
LATE_SHOWN = 10
NOTE = "AWS bills from the accepted start to the accepted stop. Preheat cannot see a run between two checks."


def table(found: "Report", width: int = 0) -> str:
    """Return the report as a table: a line for each model, their sums, and what is in doubt.

    `width`: the columns of a terminal. If the table is wider, each model has a block of lines; sentences fold at words.
    """
    head = ("MODEL", *(cause.upper() for cause in Cause), "PAID", "COST", "ON TIME", "MARGIN", "SAVED")
    rows = [head, *(_row(each) for each in found.models)]
    if len(found.models) > 1:
        rows.append(_total(found))
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [f"{show.instant(found.asked.start)} to {show.instant(min(found.asked.end, found.as_of))}, in unit-hours"]
    late = describe_late(found)
    lines += [*late, ""] if late else []
    aligned = ["  ".join(_align(row, widths)).rstrip() for row in rows]
    lines += aligned if not width or max(map(len, aligned)) <= width else _blocks(rows)
    lines += ["", *_say_unpriced(found), *_promises(found.promise), *_savings(found), *_doubts(found), NOTE]
    return "\n".join(_fold(printable(line), width) for line in lines) + "\n"


def _blocks(rows: "Sequence[Sequence[str]]") -> "Iterator[str]":
    """Yield the rows of a table one below another: a line for each cell, with its heading."""
    (_, *heads), *models = rows
    label, cell = max(map(len, heads)), max(len(cell) for _, *cells in models for cell in cells)
    for name, *cells in models:
        yield name
        yield from (f"  {head.lower():<{label}}  {each:>{cell}}" for head, each in zip(heads, cells, strict=True))


def _fold(line: str, width: int) -> str:
    """Return a line folded between words if it does not fit, with an indent from its second line on."""
    if not 0 < width < len(line):
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(line, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)


def describe_late(found: "Report") -> list[str]:
    """Return the demands that were late, never ready first: how many, and the first few with their reasons."""
    late = found.late
    if not late:
        return []
    never = sum(one.ready_at is None for one in late)
    lines = [f"late: {show.count(len(late), 'demand')}, of which {never} never ready"]
    for one in late[:LATE_SHOWN]:
        outcome = "never ready"
        if one.ready_at is not None:
            outcome = f"ready {show.clock(one.ready_at - one.needed_at)} late"
        lines.append(f"  {one.model_id}: needed at {show.instant(one.needed_at)}, {outcome}: {one.reason}")
    if len(late) > LATE_SHOWN:
        lines.append(f"  and {len(late) - LATE_SHOWN} more")
    return lines


def describe_hours(found: "Report") -> str:
    """Return the hours that the cost is for, and apart from them those that have no tariff."""
    priced = f"for {hours(found.paid - found.unpriced)} unit-hours"
    return priced if not found.unpriced else f"{priced}; {hours(found.unpriced)} unit-hours have no tariff"


def _say_unpriced(found: "Report") -> list[str]:
    return [f"cost: {money(found.amounts)} {describe_hours(found)}"] if found.unpriced else []


def hours(unit_time: timedelta) -> str:
    """Return unit time in unit-hours, to the hundredth: `1,234.50`."""
    return f"{unit_time / HOUR:z,.2f}"


def money(amounts: "Amounts") -> str:
    """Return amounts as people read them: `36.00 USD`; `-` where there is no tariff."""
    return " + ".join(f"{amount:z,.2f} {currency}" for currency, amount in amounts.items()) or "-"


def rate(promise: Promise) -> str:
    """Return the share of starts on time, rounded down, so that 100 % means all: `98.7 %`; `-` if there was none."""
    share = promise.on_time_rate
    return "-" if share is None else f"{int(share * 1000) / 10:.1f} %"


def _row(each: "ModelReport") -> tuple[str, ...]:
    causes = (hours(each.by_cause.get(cause, timedelta())) for cause in Cause)
    promise = each.promise
    median = show.format_margin(promise.margin(0.5))
    return (each.model_id, *causes, hours(each.paid), money(each.amounts), rate(promise), median, money(each.saved))


def _total(found: "Report") -> tuple[str, ...]:
    causes = (hours(found.by_cause[cause]) for cause in Cause)
    median = show.format_margin(found.promise.margin(0.5))
    return ("all", *causes, hours(found.paid), money(found.amounts), rate(found.promise), median, money(found.saved))


def _align(row: "Sequence[str]", widths: "Sequence[int]") -> list[str]:
    return [f"{row[0]:<{widths[0]}}", *(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))]


def _promises(promise: Promise) -> list[str]:
    judged = promise.on_time + promise.late
    kept = f"{promise.on_time} of {judged} demands ready on time, {promise.late} late"
    lines = [f"starts: {promise.starts} intended, {promise.failures} failed; {kept}"]
    if promise.margins:
        shown = (f"{_share(share)} {show.format_margin(promise.margin(share))}" for share in QUANTILES)
        lines.append(f"margins: {', '.join(shown)}")
    if promise.stop_delays:
        delays = promise.stop_delays
        lines.append(f"stops: {len(delays)}, at most {show.clock(delays[-1])} after the end of the demand")
    return lines


def _share(share: float) -> str:
    return {0.0: "minimum", 0.5: "median", 1.0: "maximum"}.get(share, f"{share:.0%}")


def _savings(found: "Report") -> list[str]:
    clock = sum((each.around_the_clock for each in found.models), timedelta())
    fixed = sum((each.fixed_lead for each in found.models), timedelta())
    missing, vain = found.undelivered, sum((each.vain_lead for each in found.models), timedelta())
    on_clock = (
        f"{hours(clock - missing - found.paid)} unit-hours ({money(found.saved)}) against running around the clock"
    )
    ahead = hours(fixed - missing - vain - found.paid)
    on_fixed = f"{ahead} ({money(found.saved_on_fixed_lead)}) against a fixed lead of 30 minutes"
    lines = [f"saved: {on_clock}, {on_fixed}"]
    if missing:
        lines.append(f"not delivered: {hours(missing)} unit-hours needed without a ready model; they are no saving")
    return lines


def _doubts(found: "Report") -> list[str]:
    less = sum((each.may_be_less for each in found.models), timedelta())
    more = sum((each.may_be_more for each in found.models), timedelta())
    lines = [f"uncertain: the bill may be {hours(less)} unit-hours less, or {hours(more)} more"]
    widest = sorted(
        ((bracket, each) for each in found.models for bracket in each.brackets),
        key=lambda pair: pair[0].unit_time,
        reverse=True,
    )
    for bracket, each in [pair for pair in widest if pair[0].unit_time >= timedelta(minutes=1)][:DOUBTS_SHOWN]:
        what = "began" if bracket.begins else "ended"
        between = f"between {show.instant(bracket.after)} and {show.instant(bracket.by)}"
        lines.append(f"  {each.model_id} {what} {between}: {hours(bracket.unit_time)}")
    lines += [
        f"  {each.model_id}: {each.unknown_begins} found running, start time unknown"
        for each in found.models
        if each.unknown_begins
    ]
    return lines


def fields(each: "ModelReport") -> dict[str, Any]:
    """Return the report on one model as JSON fields; durations in seconds, unit time in unit-hours."""
    promise = each.promise
    return {
        "model": each.model_id,
        "unit_hours": {cause.value: _number(each.by_cause.get(cause, timedelta())) for cause in Cause},
        "paid_unit_hours": _number(each.paid),
        "unpriced_unit_hours": _number(each.unpriced),
        "undelivered_unit_hours": _number(each.undelivered),
        "may_be_less_unit_hours": _number(each.may_be_less),
        "may_be_more_unit_hours": _number(each.may_be_more),
        "cost": _plain(each.amounts),
        "cost_by_cause": {cause.value: _plain(amounts) for cause, amounts in each.amounts_by_cause.items()},
        "starts": promise.starts,
        "failures": promise.failures,
        "on_time": promise.on_time,
        "late": promise.late,
        "never_ready": promise.never_ready,
        "late_demands": [
            {
                "needed_at": show.utc(one.needed_at),
                "ready_at": show.utc(one.ready_at) if one.ready_at is not None else None,
                "reason": one.reason,
            }
            for one in promise.late_demands
        ],
        "margin_seconds": {f"p{share * 100:g}": _seconds(promise.margin(share)) for share in QUANTILES},
        "stop_delay_seconds_most": _seconds(promise.stop_delays[-1] if promise.stop_delays else None),
        "around_the_clock_unit_hours": _number(each.around_the_clock),
        "fixed_lead_unit_hours": _number(each.fixed_lead),
        "saved": _plain(each.saved),
        "saved_on_fixed_lead": _plain(each.saved_on_fixed_lead),
        "unknown_begins": each.unknown_begins,
        "brackets": [
            {
                "what": "begin" if bracket.begins else "end",
                "after": show.utc(bracket.after),
                "by": show.utc(bracket.by),
                "units": bracket.units,
            }
            for bracket in each.brackets
        ],
    }


def json_lines(found: "Report") -> str:
    """Return one JSON object for each model, on a line."""
    span = {"from": show.utc(found.asked.start), "to": show.utc(min(found.asked.end, found.as_of))}
    return "".join(json.dumps(span | fields(each)) + "\n" for each in found.models)


def csv_rows(found: "Report") -> str:
    """Return a row for each model and currency under a heading; a model without a tariff has one row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    head = ["model", "from", "to", *(f"{cause}_unit_hours" for cause in Cause), "paid_unit_hours"]
    head += ["may_be_less_unit_hours", "may_be_more_unit_hours", "currency", "cost", "starts", "failures"]
    head += ["on_time", "late", *(f"margin_p{share * 100:g}_seconds" for share in QUANTILES)]
    writer.writerow([*head, "saved", "saved_on_fixed_lead"])
    for each in found.models:
        for currency in [*each.amounts] or [""]:
            writer.writerow(_cells(found, each, currency))
    return text.getvalue()


def _cells(found: "Report", each: "ModelReport", currency: str) -> list[object]:
    promise = each.promise
    return [
        printable(each.model_id),
        show.utc(found.asked.start),
        show.utc(min(found.asked.end, found.as_of)),
        *(_number(each.by_cause.get(cause, timedelta())) for cause in Cause),
        *map(_number, (each.paid, each.may_be_less, each.may_be_more)),
        currency,
        each.amounts.get(currency, ""),
        promise.starts,
        promise.failures,
        promise.on_time,
        promise.late,
        *(_seconds(promise.margin(share)) for share in QUANTILES),
        each.saved.get(currency, ""),
        each.saved_on_fixed_lead.get(currency, ""),
    ]


def _number(unit_time: timedelta) -> float:
    return round(unit_time / HOUR, 6)


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _plain(amounts: "Mapping[str, Any]") -> dict[str, str]:
    return {currency: str(amount) for currency, amount in amounts.items()}
