"""`python -m preheat_lab NAME [options]`: run one program of the lab, or list them all.

A program is a module of `preheat_lab.commands`: its name with hyphens, its help line the first line of its docstring.
"""

import ast
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

COMMANDS = Path(__file__).with_name("commands")
PROGRAM = "python -m preheat_lab"


def find_names() -> list[str]:
    """Return the name of every program, in order."""
    return sorted(file.stem.replace("_", "-") for file in COMMANDS.glob("[a-z]*.py"))


def describe(name: str) -> str:
    """Return the first sentence of a program's docstring. Does not import the program, because some load slowly."""
    source = (COMMANDS / f"{name.replace('-', '_')}.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").splitlines()[0]


def list_programs() -> str:
    """Return what `--help` prints."""
    names = find_names()
    width = max(map(len, names)) + 2
    lines = [f"  {name:<{width}}{describe(name)}" for name in names]
    return "\n".join([f"usage: {PROGRAM} NAME [options]", "", "programs (NAME --help lists the options):", *lines])


def main(arguments: Sequence[str]) -> int:
    """Run the program that the first argument names with the rest; return the exit status."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(list_programs())
        return 0 if arguments else 2
    name, *rest = arguments
    if name not in find_names():
        print(f"{PROGRAM}: no program is named {name!r}. Run `{PROGRAM} --help` to list them.", file=sys.stderr)
        return 2
    status: int = import_module(f"preheat_lab.commands.{name.replace('-', '_')}").main(rest)
    return status


def run() -> int:
    """Run `main`. If the reader of the output has gone (`| head`), end with status 1 and without a traceback."""
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more when it ends; it has nothing to flush into any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


if __name__ == "__main__":
    sys.exit(run())
