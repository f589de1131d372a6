"""The export forms of a configuration of Instance Scheduler on AWS, each as the same periods and schedules.

Owns the forms: a scan of its DynamoDB table, what `scheduler-cli describe-*` prints, CloudFormation resources, and one
object with periods and schedules. `instance_scheduler` knows the meaning of an entry.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from preheat_plantfile.importing.documents import (
    describe_cut,
    drop_types,
    plain_field,
    plain_items,
    read_documents,
    resources_of,
    show,
)
from preheat_plantfile.importing.report import NotImportedError

FORM: Final = (
    "a scan of the DynamoDB table, the output of scheduler-cli, a CloudFormation template, or an object with periods "
    "and schedules"
)
RESOURCE: Final = "Custom::ServiceInstanceSchedule"
# Each field in the spelling of the table; other forms write BeginTime or override-status.
_FIELDS: Final = {
    plain_field(name): name
    for name in (
        *("name", "type", "description", "begintime", "endtime", "weekdays", "monthdays", "months", "timezone"),
        *("periods", "override_status", "overwrite", "enforced", "hibernate", "retain_running", "stop_new_instances"),
        *("use_maintenance_window", "ssm_maintenance_window", "use_metrics", "metrics", "instancetype"),
        *("configured_in_stack", "default_timezone", "no_stack_prefix", "servicetoken", "timeout"),
    )
}


@dataclass(slots=True)
class Configuration:
    """Periods and schedules as mappings, each with where it is in the file; the zone of schedules that name none."""

    periods: list[tuple[str, Any]] = field(default_factory=list)
    schedules: list[tuple[str, Any]] = field(default_factory=list)
    default_zone: str | None = None
    losses: list[str] = field(default_factory=list)


def read_configuration(text: str) -> Configuration:
    """Return what a file holds, in whichever form.

    Raises:
        NotImportedError: it is in none of them.
    """
    found = Configuration()
    known = False
    for document in _documents(text):
        if isinstance(document, dict):
            known = _take(document, found) or known
    if not known:
        documents = _documents(text)
        raise NotImportedError([f"found {show(documents[0]) if documents else 'nothing'}; accepted: {FORM}"])
    return found


def _documents(text: str) -> list[Any]:
    return [
        each
        for document in read_documents(text, FORM)
        for each in (document if isinstance(document, list) else [document])
    ]


def _take(document: dict[str, Any], found: Configuration) -> bool:
    """Add what a document holds; False if it is in no known form."""
    if "Resources" in document:
        return _take_resources(document, found)
    if "Items" in document:
        found.losses += describe_cut(document)
        items = [_spell(item) for item in plain_items(document)]
        return _take_items(items, found)
    if isinstance(item := document.get("Item"), dict):  # a line of an export to S3
        return _take_items([_spell(drop_types(item))], found)
    spelled = _spell(drop_types(document))
    if isinstance(spelled, dict) and isinstance(spelled.get("type"), str):  # one item, with or without its types
        return _take_items([spelled], found)
    names = {plain_field(name): name for name in document}
    if not {"periods", "schedules"} & set(names):
        return False
    for part, entries in (("periods", found.periods), ("schedules", found.schedules)):
        listed = document.get(names.get(part, part))
        if part in names and not isinstance(listed, list):
            raise NotImportedError([f"{names[part]}: found {show(listed)}; accepted: a list of {part}"])
        entries += [(f"{part}[{index}]", _spell(drop_types(entry))) for index, entry in enumerate(listed or [])]
    found.losses += [
        f"{show(name)}: the import knows no such part"
        for plain, name in names.items()
        if plain not in ("periods", "schedules")
    ]
    return True


def _take_items(items: list[Any], found: Configuration) -> bool:
    kinds = {"period": found.periods, "schedule": found.schedules}
    known = False
    for item in items:
        kind = item.get("type") if isinstance(item, dict) else None
        if kind in kinds:
            kinds[kind].append((f"{kind}[{len(kinds[kind])}]", item))
            known = True
        elif kind == "config":
            zone = item.get("default_timezone")
            found.default_zone = zone if isinstance(zone, str) else None
            known = True
    return known


def _take_resources(document: dict[str, Any], found: Configuration) -> bool:
    resources = resources_of(document, RESOURCE)
    for logical_id, properties in resources:
        entry = _spell(properties)
        name = entry.get("name")
        name = name if isinstance(name, str) and name else logical_id
        periods = entry.get("periods")
        listed = periods if isinstance(periods, list) else []
        names = []
        for number, period in enumerate(listed, 1):
            names.append(f"{name}-period-{number:04}")
            given = _spell(period)
            kind = given.pop("instancetype", None) if isinstance(given, dict) else None
            found.periods.append((f"{logical_id}.Periods[{number - 1}]", _add_name(given, names[-1])))
            if kind:
                names[-1] = f"{names[-1]}@{kind}"
        found.schedules.append((logical_id, {**entry, "name": name, "periods": names}))
    return bool(resources)


def _add_name(entry: Any, name: str) -> Any:
    return {**entry, "name": name} if isinstance(entry, dict) else entry


def _spell(entry: Any) -> Any:
    """Return an entry with its fields as the table spells them."""
    if not isinstance(entry, dict):
        return entry
    return {_FIELDS.get(plain_field(str(name)), str(name)): value for name, value in entry.items()}
