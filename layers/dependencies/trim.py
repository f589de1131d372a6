"""Cut botocore's data down to the operations of operations.txt, so that a function parses less at its cold start.

    python3.13 trim.py .../botocore/data

Runs in the build of the layer, with the standard library alone. Drops every other service, older versions of an API,
documentation, examples, waiters and paginators. Rules for endpoints and retries stay as they are.
"""

import gzip
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OPERATIONS = Path(__file__).with_name("operations.txt")
MODEL, RULES, ENDPOINTS = "service-2.json", "endpoint-rule-set-1.json", "endpoints.json"

type Json = dict[str, Any]


def main(data: Path) -> None:
    """Trim the folder in place."""
    called = read_operations(OPERATIONS.read_text())
    prefixes = set()
    for folder in [path for path in data.iterdir() if path.is_dir()]:
        if folder.name not in called:
            shutil.rmtree(folder)
            continue
        *older, newest = sorted(path for path in folder.iterdir() if path.is_dir())
        for version in older:
            shutil.rmtree(version)
        prefixes.add(trim_service(newest, called[folder.name]))
    trim_endpoints(data / ENDPOINTS, prefixes)


def read_operations(text: str) -> dict[str, set[str]]:
    """Return the operations by service."""
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            service, operation = line.split()
            found.setdefault(service, set()).add(operation)
    return found


def trim_service(folder: Path, operations: set[str]) -> str:
    """Trim one version of a service; return its prefix in the table of endpoints."""
    model, rules = read_json(folder / MODEL), read_json(folder / RULES)
    shutil.rmtree(folder)
    folder.mkdir()
    write_json(folder / MODEL, trim_model(model, operations))
    write_json(folder / RULES, rules)
    return str(model["metadata"]["endpointPrefix"])


def trim_model(model: Json, operations: set[str]) -> Json:
    """Return the model with these operations, the shapes that they refer to, and no documentation.

    Raises:
        SystemExit: the service has no such operation.
    """
    if missing := operations - model["operations"].keys():
        raise SystemExit(f"{model['metadata']['serviceId']} has no operation {', '.join(sorted(missing))}")
    kept = {name: model["operations"][name] for name in sorted(operations)}
    waiting = [each for operation in kept.values() for each in find_references(operation)]
    shapes: Json = {}
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = model["shapes"][name]
            waiting += find_references(shapes[name])
    trimmed: Json = drop_documentation(model | {"operations": kept, "shapes": shapes})
    return trimmed


def find_references(value: Any) -> Iterator[str]:
    """Yield the name of every shape that a part of a model refers to."""
    if isinstance(value, dict):
        if isinstance(value.get("shape"), str):
            yield value["shape"]
        for each in value.values():
            yield from find_references(each)
    elif isinstance(value, list):
        for each in value:
            yield from find_references(each)


def drop_documentation(value: Any) -> Any:
    """Return the value without any text of documentation. A member of that name is no text, and stays."""
    if isinstance(value, dict):
        return {
            name: drop_documentation(each)
            for name, each in value.items()
            if not (name == "documentation" and isinstance(each, str))
        }
    return [drop_documentation(each) for each in value] if isinstance(value, list) else value


def trim_endpoints(path: Path, prefixes: set[str]) -> None:
    """Keep the endpoints of these services. For any other, botocore falls back to each partition's own form."""
    endpoints = read_json(path)
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in services if name in prefixes}
    write_json(path, endpoints)


def read_json(path: Path) -> Json:
    """Read a file of botocore's, packed or not."""
    packed = path.with_name(f"{path.name}.gz")
    read: Json = json.loads(gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes())
    return read


def write_json(path: Path, value: Json) -> None:
    """Write a file as botocore reads it fastest: not packed, without spaces."""
    path.write_text(json.dumps(value, separators=(",", ":")))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
