"""Documents that other tools export: JSON (one value or several after each other), else YAML of any documents.

Owns their form and the fields' names in one spelling. Knows no tool.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from preheat_plantfile.importing.report import NotImportedError
from preheat_plantfile.yaml import NotReadableError, read_foreign_yaml

SHOWN_MAX: Final = 60  # characters of a list
DEPTH_MAX: Final = 30
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z0-9]+)\}")
_SPACE: Final = re.compile(r"[\s,]*")
_TYPED: Final = ("S", "N", "BOOL", "SS", "NS", "L", "M", "NULL", "B", "BS")


def read_documents(text: str, accepted: str) -> list[Any]:
    """Return the values of a file.

    Raises:
        NotImportedError: it is neither JSON nor YAML; `accepted` says what is.
    """
    if text.lstrip()[:1] in ("{", "["):
        return list(_json_values(text, accepted))
    try:
        return [value for value in read_foreign_yaml(text) if value is not None]
    except NotReadableError as error:
        problem = error.problem
        where = f"line {problem.place.line}, column {problem.place.column}"
        raise NotImportedError([f"{where}: {problem.found}; accepted: {accepted}"]) from error


def _json_values(text: str, accepted: str) -> Iterator[Any]:
    """Yield the JSON values of a text; several may follow each other, as `cat` joins files."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise NotImportedError([f"found {show(twice)} twice in one object; accepted: each field once"])
        return dict(pairs)

    decoder = json.JSONDecoder(object_pairs_hook=unique)
    at = 0
    while at < len(text):
        at = _end(_SPACE, text, at)
        if at == len(text):
            return
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno}"
            raise NotImportedError([f"{where}: not JSON: {error.msg}; accepted: {accepted}"]) from error
        except (ValueError, RecursionError) as error:
            raise NotImportedError([f"JSON that cannot be read ({str(error)[:60]}); accepted: {accepted}"]) from error
        if _is_deep(value):
            raise NotImportedError([f"found more than {DEPTH_MAX} levels of JSON; accepted: {accepted}"])
        yield value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEPTH_MAX + 1):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
        ]
    return bool(level)


def describe_cut(document: dict[str, Any]) -> list[str]:
    """Return what to say of one page of an export that has more of them; nothing of a whole one."""
    cut = [name for name in ("NextToken", "LastEvaluatedKey") if document.get(name)]
    return [f"the list is incomplete ({name}); export all pages" for name in cut]


def plain_items(document: dict[str, Any]) -> list[Any]:
    """Return the items of a DynamoDB scan, each value without the name of its type."""
    items = document.get("Items")
    return [drop_types(item) for item in items] if isinstance(items, list) else []


def drop_types(value: Any) -> Any:
    """Return an item of DynamoDB's JSON as plain values; what has no types stays as it is."""
    if isinstance(value, dict):
        if len(value) == 1 and (kind := next(iter(value))) in _TYPED:
            inner = value[kind]
            if kind == "NULL":
                return None
            if kind == "N":
                return str(inner)
            return {name: drop_types(each) for name, each in inner.items()} if kind == "M" else drop_types(inner)
        return {name: drop_types(each) for name, each in value.items()}
    return [drop_types(each) for each in value] if isinstance(value, list) else value


def resources_of(document: dict[str, Any], kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the properties of a CloudFormation template's resources of one type, by their logical ids."""
    resources, parameters = document.get("Resources"), document.get("Parameters")
    defaults = {
        name: str(parameter["Default"])
        for name, parameter in (parameters if isinstance(parameters, dict) else {}).items()
        if isinstance(parameter, dict) and isinstance(parameter.get("Default"), str | int)
    }
    return [
        (name, _fill(resource["Properties"], defaults))
        for name, resource in (resources if isinstance(resources, dict) else {}).items()
        if isinstance(resource, dict) and resource.get("Type") == kind and isinstance(resource.get("Properties"), dict)
    ]


def _fill(value: Any, defaults: dict[str, str]) -> Any:
    """Return a value of a template with the defaults of its parameters; what has none keeps its name."""
    if isinstance(value, list):
        return [_fill(each, defaults) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and isinstance(name := value.get("Ref"), str):
        return defaults.get(name, name)
    if len(value) == 1 and isinstance(text := value.get("Fn::Sub"), str):
        return _VARIABLE.sub(lambda found: defaults.get(found[1], found[0]), text)
    return {name: _fill(each, defaults) for name, each in value.items()}


def plain_field(name: str) -> str:
    """Return a field's name in small letters without separators: BeginTime, begin_time and begintime are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def show(value: Any) -> str:
    """Return a found value in a few words, whatever its size."""
    from preheat_plantfile.reading import show as shown_value  # noqa: PLC0415 - loads the file's typed model

    if isinstance(value, list) and value and len(text := json.dumps(value)) <= SHOWN_MAX:
        return text
    return shown_value(value)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found is not None else at
