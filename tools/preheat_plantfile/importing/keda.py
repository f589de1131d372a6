"""Cron triggers of KEDA's ScaledObjects, read into a plant: each trigger is a start and an end, each object a model.

Owns the manifest's form and which of it has no counterpart. `pairing` owns which end belongs to which start.
"""

from collections.abc import Iterator
from typing import Any, Final

from preheat_plantfile.importing.aws_expressions import Entry, zone_of
from preheat_plantfile.importing.cron import UnreadableCron, read_unix
from preheat_plantfile.importing.documents import read_documents, show
from preheat_plantfile.importing.pairing import ActionKind, ScheduledAction, plant_of
from preheat_plantfile.importing.report import ImportReport, NotImportedError
from preheat_plantfile.writing import PlantText
from preheat_plantfile.yaml import mapping_of

FORM: Final = "manifests of KEDA's ScaledObject, as `kubectl get scaledobject -o yaml` prints them"


def read_triggers(text: str, zone: str | None = None) -> tuple[PlantText, ImportReport]:
    """Return the plant of some ScaledObjects, and the report; `zone` is that of triggers that name none, or UTC.

    Raises:
        NotImportedError: the file is in no known form.
    """
    objects = list(_objects(text))
    if not objects:
        raise NotImportedError([f"found no ScaledObject; accepted: {FORM}"])
    report = ImportReport(noun="trigger")
    actions: list[ScheduledAction] = []
    for each in objects:
        actions += _of_object(each, zone or "UTC", report)
    plant = plant_of(actions, report)
    report.kept //= 2  # a start and an end are one trigger
    return plant, report


def _objects(text: str) -> Iterator[dict[str, Any]]:
    for document in read_documents(text, FORM):
        if not isinstance(document, dict):
            raise NotImportedError([f"found {show(document)}; accepted: {FORM}"])
        items = document.get("items")
        for each in items if isinstance(items, list) else [document]:
            if isinstance(each, dict) and each.get("kind") == "ScaledObject":
                yield each


def _of_object(each: dict[str, Any], zone: str, report: ImportReport) -> Iterator[ScheduledAction]:
    metadata, spec = mapping_of(each, "metadata"), mapping_of(each, "spec")
    name = str(metadata.get("name") or "scaled-object")
    triggers = spec.get("triggers")
    least = spec.get("minReplicaCount")
    if isinstance(least, int) and least > 0:
        report.note(f"{name}: its minReplicaCount of {least}: it never scales to 0; only its cron triggers are shifts")
    for number, trigger in enumerate(triggers if isinstance(triggers, list) else [], 1):
        report.total += 1
        where = f"{name}, trigger {number}"
        kind = trigger.get("type") if isinstance(trigger, dict) else None
        if kind != "cron":
            report.lose(f"{where}: it is of type {show(kind)}: only a cron trigger says when; send holds for the rest")
            continue
        try:
            yield from _of_trigger(name, where, mapping_of(trigger, "metadata"), zone, report)
        except UnreadableCron as error:
            report.lose(f"{where}: {error}")


def _of_trigger(
    name: str, where: str, given: dict[str, Any], zone: str, report: ImportReport
) -> Iterator[ScheduledAction]:
    replicas = str(given.get("desiredReplicas", "1"))
    if replicas == "0":
        raise UnreadableCron("its desiredReplicas are 0, and so it starts nothing")
    if replicas != "1":
        report.note(f"{where}: its desiredReplicas of {show(replicas)}: your model's own units or config decide")
    named = zone_of(given.get("timezone"), zone)
    found: list[ScheduledAction] = []
    for kind, field in ((ActionKind.START, "start"), (ActionKind.STOP, "end")):
        text = given.get(field)
        try:
            several = read_unix(str(text))
        except UnreadableCron as error:
            raise UnreadableCron(f"its {field}: found {show(text)}; accepted: {error}") from error
        found += Entry(name, kind, named, f"{where}, {field}", group=where).actions(several)
    yield from found
