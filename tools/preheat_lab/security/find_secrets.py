"""Print what may be a secret in the files named on standard input, one path a line: PATH:LINE: KIND: HASH.

Runs by path with an interpreter that has detect-secrets, so it imports nothing of preheat. HASH is the SHA-1 of the
finding; an exception names it by that. Ends with status 3 if a file cannot be read or it misses a planted secret: then
nobody knows what is in the files.
"""

import multiprocessing
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

NOT_KNOWN = 3
PARTS = 2
# In pieces, so that this file holds none. The date is one that the library's reader of YAML fails on.
PLANTED = "day: 2026-02-30\nkey: " + "AKIA" + "PLANTEDPLANTED22\n"


def scan(paths: list[str]) -> list[str]:
    """Return what may be a secret in some files."""
    from detect_secrets import SecretsCollection  # noqa: PLC0415 - see the module's docstring
    from detect_secrets.settings import default_settings  # noqa: PLC0415 - as above
    from detect_secrets.transformers import exceptions, yaml  # noqa: PLC0415 - as above

    def read_as_lines(_self: Any, file: Any) -> NoReturn:
        raise exceptions.ParsingError(file.name)  # the library then takes the file line by line and leaves nothing out

    yaml.YAMLTransformer.parse_file = read_as_lines
    with default_settings():
        found = SecretsCollection()
        for path in paths:
            with Path(path).open("rb") as file:
                file.read(1)  # the library passes over what it cannot open
            found.scan_file(path)
        return [f"{path}:{one.line_number}: {one.type}: {one.secret_hash}" for path, one in found]


def main() -> int:
    """Scan every file in two processes; return the exit status."""
    paths = [line for line in sys.stdin.read().splitlines() if line]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as planted:
        planted.write(PLANTED)
        planted.flush()
        try:
            with multiprocessing.Pool(PARTS) as pool:
                parts = [*(paths[part::PARTS] for part in range(PARTS)), [planted.name]]
                *found, plant = pool.map(scan, parts, chunksize=1)
        except OSError as error:
            print(error, file=sys.stderr)
            return NOT_KNOWN
    if not plant:
        print("the planted secret was not found", file=sys.stderr)
        return NOT_KNOWN
    print("\n".join(sorted(line for lines in found for line in lines)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
