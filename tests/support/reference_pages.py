"""The generated pages of the reference: commands from their help, fields from their JSON Schemas, as Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

NOTE = "<!-- Generated: run `pytest tests/docs/test_reference_pages.py --update-golden` after a change. -->"


def describe_commands(program: Any) -> str:
    """Return the page of every command with its arguments and options, in the order of the program's help."""
    lines = ["# Commands", "", NOTE, "", program.help, "", program.epilog or "", ""]
    for path, command in _commands(program, "preheat"):
        lines += [f"## {path}", "", *_paragraphs(command.help or ""), *_parameters(command)]
    return "\n".join(lines).rstrip() + "\n"


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
        elif not command.hidden:
            yield f"{path} {name}", command


def _parameters(command: Any) -> list[str]:
    rows = [
        (
            f"`{', '.join((*each.opts, *each.secondary_opts))}`" + (f" `{each.metavar}`" if each.metavar else ""),
            _explain(each),
        )
        if each.param_type_name == "option"
        else (f"`{each.metavar or each.name.upper()}`", _explain(each))
        for each in command.params
        if not getattr(each, "hidden", False)
    ]
    return [*_table(("argument or option", "meaning"), rows), ""] if rows else []


def _explain(parameter: Any) -> str:
    """The help of a parameter, its default and its environment variable."""
    said = getattr(parameter, "help", None) or ""
    if parameter.required:
        said += " Required."
    if getattr(parameter, "envvar", None):
        said += f" Environment: `{parameter.envvar}`."
    return said.strip()


def describe_schema(title: str, schema: Mapping[str, Any], introduction: str) -> str:
    """Return the page of every object of a schema: its fields, what they accept, and whether they must exist."""
    lines = [f"# {title}", "", NOTE, "", introduction, ""]
    for name, entry in {"the file": schema, **schema.get("$defs", {})}.items():
        if "properties" in entry:
            lines += [f"## {name}", "", *_paragraphs(entry.get("description", "")), *_fields(entry, schema)]
    return "\n".join(lines).rstrip() + "\n"


def _fields(entry: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    required = set(entry.get("required", ()))
    rows = [
        (
            f"`{name}`" + (" (required)" if name in required else ""),
            _describe_accepted(field, schema),
            field.get("description", ""),
        )
        for name, field in ((name, _resolve(field, schema)) for name, field in entry["properties"].items())
    ]
    return [*_table(("field", "accepted", "meaning"), rows), ""]


def _resolve(field: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A field itself where it is a reference to a shared one, or else as it is."""
    name = field.get("$ref", "").removeprefix("#/$defs/")
    return schema["$defs"][name] if name.startswith("field-") else field


def _describe_accepted(field: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if "$ref" in field:
        name = field["$ref"].removeprefix("#/$defs/")
        return f"[{name}](#{name.lower()})"
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    for key in ("anyOf", "oneOf"):
        if key in field:
            return " or ".join(dict.fromkeys(_describe_accepted(each, schema) for each in field[key]))
    return _describe_typed(field, schema)


def _describe_typed(field: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """A field that has a type of its own, with the bounds of a number or a list."""
    kind = field.get("type", "any")
    if kind == "array":
        return f"a list of {_describe_accepted(field.get('items', {}), schema)}"
    if kind == "object":
        inner = [*field.get("patternProperties", {}).values()]
        return f"a mapping by name of {_describe_accepted(inner[0], schema)}" if inner else "a mapping"
    kind = {"integer": "a whole number", "number": "a number", "string": "text", "boolean": "true or false"}.get(
        kind, kind
    )
    least, most = field.get("minimum", field.get("exclusiveMinimum")), field.get("maximum")
    if least is not None and most is not None:
        return f"{kind} from {least} to {most}"
    return "a date" if field.get("format") == "date" else kind


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()] + [""] if text.strip() else []


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    cells = [heads, ("---",) * len(heads), *rows]
    return ["| " + " | ".join(" ".join(cell.split()) for cell in row) + " |" for row in cells]
