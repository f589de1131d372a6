"""Schedules of EventBridge Scheduler, read into a plant: each pair of a start and a stop becomes a shift window.

Owns the forms of exported schedules, and how a person says what a schedule starts or stops. `pairing` owns
which stop belongs to which start.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from preheat_plantfile.importing.aws_expressions import Entry, date_of, field_of, read_expression, zone_of
from preheat_plantfile.importing.cron import UnreadableCron
from preheat_plantfile.importing.documents import describe_cut, read_documents, resources_of, show
from preheat_plantfile.importing.pairing import ActionKind, ScheduledAction, plant_of
from preheat_plantfile.importing.report import ImportReport, NotImportedError
from preheat_plantfile.writing import PlantText

FORM: Final = "what `aws scheduler get-schedule` prints, one after the other, or a CloudFormation template"
RESOURCE: Final = "AWS::Scheduler::Schedule"
_STARTS: Final = frozenset(
    {"start", "starts", "on", "up", "open", "begin", "enable", "wake", "resume", "create", "run"}
)
_STOPS: Final = frozenset(
    {"stop", "stops", "off", "down", "close", "end", "disable", "sleep", "pause", "delete", "shutdown", "suspend"}
)
_FILLERS: Final = frozenset({"scale", "schedule", "scheduler", "turn", "shut", "power", "switch"})
_NAMES: Final = (
    *("EndpointName", "InferenceComponentName", "ProjectVersionArn", "ProjectName", "DBInstanceIdentifier"),
    *("DbInstanceIdentifier", "DBClusterIdentifier", "InstanceIds", "AutoScalingGroupName", "Service", "FunctionName"),
)
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def read_schedules(text: str, zone: str | None = None) -> tuple[PlantText, ImportReport]:
    """Return the plant of some schedules, and the report; `zone` is that of schedules that name none, by default UTC.

    Raises:
        NotImportedError: the file is in no known form.
    """
    report = ImportReport(noun="schedule")
    entries = list(_entries(text, report))
    if not entries:
        raise NotImportedError([f"found no schedule; accepted: {FORM}"])
    report.total = len(entries)
    actions: list[ScheduledAction] = []
    for number, entry in enumerate(entries, 1):
        name = str(field_of(entry, "Name") or f"schedule {number}")
        try:
            actions += _actions(name, entry, zone or "UTC", report)
        except UnreadableCron as error:
            report.lose(f"{name}: {error}")
    return plant_of(actions, report), report


def _entries(text: str, report: ImportReport) -> Iterator[dict[str, Any]]:
    for document in read_documents(text, FORM):
        for each in document if isinstance(document, list) else [document]:
            if not isinstance(each, dict):
                raise NotImportedError([f"found {show(each)}; accepted: {FORM}"])
            report.losses += describe_cut(each)
            if isinstance(listed := each.get("Schedules"), list):
                yield from (entry for entry in listed if isinstance(entry, dict))
            elif "Resources" in each:
                for logical_id, properties in resources_of(each, RESOURCE):
                    yield {"Name": logical_id, **properties}
            elif "ScheduleExpression" in each:
                yield each


def _actions(name: str, entry: dict[str, Any], zone: str, report: ImportReport) -> Iterator[ScheduledAction]:
    expression = field_of(entry, "ScheduleExpression")
    if expression is None:
        raise UnreadableCron("it has no ScheduleExpression, as list-schedules prints it; export it by get-schedule")
    if str(field_of(entry, "State") or "").upper() == "DISABLED":
        raise UnreadableCron("its State is DISABLED")
    found = _what(name, field_of(entry, "Target"))
    if found is None:
        raise UnreadableCron("neither its target nor its name says whether it starts or stops something")
    kind, thing = found
    window = field_of(entry, "FlexibleTimeWindow")
    if isinstance(window, dict) and window.get("Mode") == "FLEXIBLE":
        minutes = window.get("MaximumWindowInMinutes")
        report.note(f"{name}: its flexible time window of {show(minutes)} minutes; the import takes the time itself")
    named = zone_of(field_of(entry, "ScheduleExpressionTimezone"), zone)
    first, last = (date_of(field_of(entry, each), named) for each in ("StartDate", "EndDate"))
    return Entry(thing, kind, named, name, first, last).actions(read_expression(expression))


def _what(name: str, target: Any) -> tuple[ActionKind, str] | None:
    """Return what a schedule does, and to what: by its target's operation and input, else by its name."""
    target = target if isinstance(target, dict) else {}
    operation = str(field_of(target, "Arn") or "").rpartition(":")[2]
    given = _input(field_of(target, "Input"))
    kind = (
        _kind(operation)
        or _kind_by_number(given)
        or next(
            filter(
                None,
                (_kind(str(value)) for key, value in given.items() if key.lower() in ("action", "command", "state")),
            ),
            None,
        )
    )
    kind = kind or _kind(name)
    if kind is None:
        return None
    return kind, _thing(given) or _plain_name(name)


def _input(value: Any) -> dict[str, Any]:
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _kind(text: str) -> ActionKind | None:
    words = {word.lower() for word in _WORDS.findall(text)}
    starts, stops = bool(words & _STARTS), bool(words & _STOPS)
    return None if starts == stops else ActionKind.START if starts else ActionKind.STOP


def _kind_by_number(given: dict[str, Any]) -> ActionKind | None:
    for key, value in given.items():
        counts = re.search(r"desired|capacity|count|size", key.lower()) is not None
        if counts and isinstance(value, int) and not isinstance(value, bool):
            return ActionKind.START if value > 0 else ActionKind.STOP
    return None


def _thing(given: dict[str, Any]) -> str | None:
    value = field_of(given, *_NAMES)
    if isinstance(value, list):
        value = "-".join(str(each) for each in value)
    if not isinstance(value, str) or not value:
        return None
    parts = re.search(r":project/([^/]+)/version/([^/]+)", value)
    if parts is not None:
        return f"{parts[1]}-{parts[2]}"
    version = field_of(given, "ModelVersion")
    return f"{value.rpartition('/')[2]}-{version}" if isinstance(version, str) else value.rpartition("/")[2]


def _plain_name(name: str) -> str:
    words = [word.lower() for word in _WORDS.findall(name)]
    rest = [word for word in words if word not in _STARTS | _STOPS | _FILLERS]
    return "-".join(rest or words)
