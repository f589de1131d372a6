"""Scheduled actions of autoscaling, read into a plant: what scales up starts, what scales to nothing stops.

Owns the forms of EC2 Auto Scaling and Application Auto Scaling, and what a capacity means. `pairing` owns which stop
belongs to which start.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from preheat_plantfile.importing.aws_expressions import Entry, date_of, field_of, instant_of, read_expression, zone_of
from preheat_plantfile.importing.cron import Days, Moments, UnreadableCron, read_unix
from preheat_plantfile.importing.documents import describe_cut, read_documents, resources_of, show
from preheat_plantfile.importing.pairing import ActionKind, ScheduledAction, plant_of
from preheat_plantfile.importing.report import ImportReport, NotImportedError
from preheat_plantfile.writing import PlantText

FORM: Final = (
    "what `aws autoscaling describe-scheduled-actions` or `aws application-autoscaling describe-scheduled-actions` "
    "prints, or a CloudFormation template"
)
_LISTS: Final = ("ScheduledUpdateGroupActions", "ScheduledActions")


@dataclass(frozen=True, slots=True)
class _Scaling:
    """One scheduled action: to how much it scales what, and when."""

    thing: str
    where: str
    capacity: int
    zone: str
    moments: tuple[Moments, ...]
    first: date | None
    last: date | None


def read_actions(text: str, zone: str | None = None) -> tuple[PlantText, ImportReport]:
    """Return the plant of some scheduled actions, and the report; `zone` is that of actions that name none, or UTC.

    Raises:
        NotImportedError: the file is in no known form.
    """
    report = ImportReport(noun="action")
    entries = list(_entries(text, report))
    if not entries:
        raise NotImportedError([f"found no scheduled action; accepted: {FORM}"])
    report.total = len(entries)
    by_thing: dict[str, list[_Scaling]] = defaultdict(list)
    for number, entry in enumerate(entries, 1):
        name = str(field_of(entry, "ScheduledActionName") or f"action {number}")
        try:
            scaling = _scaling(name, entry, zone or "UTC", report)
        except UnreadableCron as error:
            report.lose(f"{name}: {error}")
        else:
            by_thing[scaling.thing].append(scaling)
    actions = [action for thing, some in by_thing.items() for action in _actions(thing, some, report)]
    return plant_of(actions, report), report


def _entries(text: str, report: ImportReport) -> Iterator[dict[str, Any]]:
    for document in read_documents(text, FORM):
        if not isinstance(document, dict):
            raise NotImportedError([f"found {show(document)}; accepted: {FORM}"])
        report.losses += describe_cut(document)
        for name in _LISTS:
            listed = document.get(name)
            yield from (entry for entry in listed if isinstance(entry, dict)) if isinstance(listed, list) else ()
        for logical_id, properties in resources_of(document, "AWS::AutoScaling::ScheduledAction"):
            yield {"ScheduledActionName": logical_id, **properties}
        for logical_id, properties in resources_of(document, "AWS::ApplicationAutoScaling::ScalableTarget"):
            listed = properties.get("ScheduledActions")
            for entry in listed if isinstance(listed, list) else ():
                if isinstance(entry, dict):
                    yield {"ResourceId": properties.get("ResourceId", logical_id), **entry}


def _scaling(name: str, entry: dict[str, Any], zone: str, report: ImportReport) -> _Scaling:
    thing = _thing(field_of(entry, "AutoScalingGroupName", "ResourceId"))
    named = zone_of(field_of(entry, "TimeZone"), zone)
    expression, recurrence = field_of(entry, "Schedule"), field_of(entry, "Recurrence")
    first, last = (date_of(field_of(entry, each), named) for each in ("StartTime", "EndTime"))
    if expression is not None:
        moments = read_expression(expression)
    elif recurrence is not None:
        try:
            moments = read_unix(str(recurrence))
        except UnreadableCron as error:
            raise UnreadableCron(f"its Recurrence: found {show(recurrence)}; accepted: {error}") from error
    else:
        at = instant_of(field_of(entry, "StartTime", "Time"))
        if at is None:
            raise UnreadableCron("it has neither Schedule, Recurrence nor StartTime")
        local = at.astimezone(ZoneInfo(named))
        moments = (Moments(Days(dates=frozenset([local.date()])), (local.time().replace(second=0, microsecond=0),)),)
    return _Scaling(thing, name, _capacity(name, entry, report), named, moments, first, last)


def _thing(value: Any) -> str:
    """Return the scaled thing: endpoint/NAME/variant/AllTraffic is the endpoint, service/CLUSTER/NAME the service."""
    parts = str(value or "imported").split("/")
    return parts[1] if parts[0] in ("endpoint", "inference-component") and len(parts) > 1 else parts[-1]


def _capacity(name: str, entry: dict[str, Any], report: ImportReport) -> int:
    limits = field_of(entry, "ScalableTargetAction")
    given = limits if isinstance(limits, dict) else entry
    desired, least, most = (
        _number(field_of(given, *names))
        for names in (("DesiredCapacity",), ("MinCapacity", "MinSize"), ("MaxCapacity", "MaxSize"))
    )
    if desired is not None:
        return desired
    if most == 0:
        return 0
    if least is None:
        raise UnreadableCron("it names no least capacity, and so it does not say how many run")
    if least == 0:
        report.note(f"{name}: its least capacity is 0: the import reads it as a stop, though load may keep it up")
    return least


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text[:9]) if value is not None and text.isascii() and text.isdigit() else None


def _actions(thing: str, some: list[_Scaling], report: ImportReport) -> Iterator[ScheduledAction]:
    """Yield starts and stops; where nothing scales to 0, the least capacity counts as a stop."""
    least = min(each.capacity for each in some)
    if least > 0 and least < max(each.capacity for each in some):
        report.note(f"{thing}: it never scales to 0; the import reads its least capacity, {least}, as a stop")
    for each in some:
        stops = each.capacity == 0 or (each.capacity == least and least < max(one.capacity for one in some))
        if not stops and each.capacity > 1:
            report.note(f"{each.where}: its capacity of {each.capacity}: your model's own units or config decide")
        kind = ActionKind.STOP if stops else ActionKind.START
        entry = Entry(thing, kind, each.zone, each.where, each.first, each.last)
        try:
            yield from entry.actions(each.moments)
        except UnreadableCron as error:
            report.lose(f"{each.where}: {error}")
