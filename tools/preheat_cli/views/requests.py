"""Output of active holds and blocks. Depends on no command and no store."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from preheat.domain.demand.request import Standing, Subject
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.printable import printable
from preheat_cli.views import show


def fields(one: Standing) -> dict[str, object]:
    """Return a hold or block as JSON fields."""
    shown: dict[str, object] = show.plain(asdict(one))
    return {**shown, "subject": one.subject.key}


def find_zones(models: Iterable[HostedModel]) -> dict[Subject, str]:
    """Return the time zone of each model, that of its first schedule, and of each schedule."""
    zones: dict[Subject, str] = {}
    for model in models:
        for schedule in reversed(model.schedules):
            zones |= {Subject(schedule=schedule.name): schedule.zone, Subject(model.model_id): schedule.zone}
    return zones


def listing(found: list[Standing], zones: Mapping[Subject, str]) -> list[str]:
    """Return a sentence for each, for a narrow terminal."""
    return [
        f"{one.subject.model_id or 'schedule'}: {show.format_standing(one, zone=zones.get(one.subject))}"
        for one in found
    ]


def table(found: list[Standing], zones: Mapping[Subject, str]) -> list[str]:
    """Return a line for each under a heading; a time without a zone is in UTC."""
    rows = [("KIND", "OF", "FROM", "UNTIL", "PRIORITY", "UNITS", "REQUESTER", "REQUEST ID", "REASON")]
    for one in found:
        of = one.subject.model_id or f"schedule {one.subject.schedule}"
        kind = show.format_kind(one)
        zone = zones.get(one.subject)
        begin, until = (
            show.minute(at) if zone is None else show.local_instant(at, zone) for at in (one.begin, one.until)
        )
        units = "-" if one.units is None else str(one.units)
        who, why = printable(one.requester), printable(one.reason)
        rows.append((kind, of, begin, until, str(one.priority), units, who, one.request_id, why))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
