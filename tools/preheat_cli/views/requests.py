"""Output of active holds and blocks. Depends on no command and no store."""

from dataclasses import asdict

from preheat.domain.demand.request import Standing
from preheat.domain.printable import printable
from preheat_cli.views import show


def fields(one: Standing) -> dict[str, object]:
    """Return a hold or block as JSON fields."""
    shown: dict[str, object] = show.plain(asdict(one))
    return {**shown, "subject": one.subject.key}


def table(found: list[Standing]) -> list[str]:
    """Return a line for each under a heading."""
    rows = [("KIND", "OF", "FROM", "UNTIL", "PRIORITY", "UNITS", "REQUESTER", "REQUEST ID", "REASON")]
    for one in found:
        of = one.subject.model_id or f"schedule {one.subject.schedule}"
        kind = show.format_kind(one)
        begin, until = show.minute(one.begin), show.minute(one.until)
        units = "-" if one.units is None else str(one.units)
        who, why = printable(one.requester), printable(one.reason)
        rows.append((kind, of, begin, until, str(one.priority), units, who, one.request_id, why))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
