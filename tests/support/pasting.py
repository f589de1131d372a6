"""Somebody at a terminal who pastes what Preheat prints: its own commands, and those of the AWS command line.

An AWS command goes through botocore's own model of the service, which also defines the options of the AWS command line.
So an option that does not exist fails. Times of day and lengths of time are no part of a golden output.
"""

import contextlib
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from preheat_cli.main import app
from preheat_local import LocalAws
from preheat_local.aws import client

COLUMNS = "100"
_LENGTHS = r"(?:\d+ d )?(?:\d+ h )?(?:\d+ min|\d+ [hd])"
_PLAIN = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?Z?"), "DATE"),
    (re.compile(r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?\b\d\d:\d\d(?::\d\d)?Z?\b"), "TIME"),
    (re.compile(rf"\((?:in {_LENGTHS}|{_LENGTHS} ago|now)\)"), "(AWAY)"),
    (re.compile(r"\bpreheat-(start|stop)-1-[0-9a-f]{32}\b"), "TOKEN"),
    (re.compile(r"\battempt \d of 5\b"), "attempt N of 5"),
    (re.compile(r"\b(?:Waiting to repeat the start|Repeating the same start call)\b"), "REPEATING"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "URL"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b"), "UUID"),
)


@dataclass
class Terminal:
    """A shell in the folder of `plant.yaml`, with the variables of one stack. `pasted`: what was run, in order."""

    aws: LocalAws
    folder: Path
    pasted: list[str] = field(default_factory=list)

    def paste(self, command: str, *, status: int = 0) -> str:
        """Run a command, say yes to its questions, and return what it printed."""
        self.pasted.append(command)
        program, *arguments = shlex.split(command)
        return self._run_aws(arguments) if program == "aws" else self._run_preheat(program, arguments, status)

    def _run_preheat(self, program: str, arguments: list[str], status: int) -> str:
        assert program == "preheat", f"{program} is no command that Preheat prints"
        surroundings = self.aws.client_environment() | {
            "PREHEAT_STACK": self.aws.stack_name,
            "XDG_STATE_HOME": str(self.folder),
            "COLUMNS": COLUMNS,
        }
        with contextlib.chdir(self.folder):
            done = CliRunner(env=surroundings).invoke(app, arguments, input="y\n" * 3)
        assert done.exit_code == status, (program, arguments, done.output, done.exception)
        return done.stdout

    def _run_aws(self, arguments: list[str]) -> str:
        service, operation, *options = arguments
        of_service = client(self.aws.simulator_url, service, self.aws.keys)
        method = operation.replace("-", "_")
        model = of_service.meta.service_model.operation_model(of_service.meta.method_to_api_mapping[method])
        members = {xform_name(name, "-"): (name, shape) for name, shape in model.input_shape.members.items()}
        given: dict[str, Any] = {}
        for option, value in zip(options[::2], options[1::2], strict=True):
            if option == "--region":
                continue
            name, shape = members[option.removeprefix("--")]
            given[name] = [value] if shape.type_name == "list" else value
        try:
            return str(getattr(of_service, method)(**given))
        except ClientError as error:  # The service answered, and what it says is what the person reads.
            return str(error)


def make_plain(text: str) -> str:
    """Return an output without the times, spans and ports of one run."""
    for pattern, word in _PLAIN:
        text = pattern.sub(word, text)
    return "\n".join(line.rstrip() for line in text.splitlines()).strip() + "\n"
