"""`preheat init`: ask five questions and write a first plant file. `first_plant` has the text."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from preheat.domain.plan.plan import RULES, Backend
from preheat_cli.errors import CliError, report_errors
from preheat_cli.first_plant import FirstAnswers, read_shift, write_plant

SERVICES: Final = (Backend.SAGEMAKER, Backend.REKOGNITION)


def init(
    file: Annotated[Path, typer.Argument(help="The plant file to write.", metavar="[FILE]")] = Path("plant.yaml"),
) -> None:
    """Ask five questions and write a first plant file with one model and one shift."""
    with report_errors():
        from preheat_plantfile.reading import PlantFileError, parse_plant  # noqa: PLC0415 - loads the typed model

        if file.exists():
            raise CliError(f"preheat: {file} exists; name another file")
        text = write_plant(_ask_all())
        try:
            parse_plant(text.encode(), str(file))
        except PlantFileError as error:
            raise CliError(*error.lines) from error
        file.write_text(text, encoding="utf-8")
        typer.echo(f"{file}: written. Next: preheat plan {file}, then preheat apply {file}")


def _ask_all() -> FirstAnswers:
    """Ask the five questions.

    Raises:
        CliError: there is no input.
    """
    from preheat_plantfile.schema.leaves import read_zone  # noqa: PLC0415 - loads the file's typed model

    try:
        service = _ask("Service of the model (sagemaker, rekognition)", _read_service, SERVICES[0].value)
        first, second = (
            _ask(f"{rule.field.capitalize()} of the model", _matching(rule.pattern.fullmatch, rule.accepted))
            for rule in RULES[service]
        )
        zone = _ask("Time zone of the plant", read_zone, _system_zone())
        shift = _ask("Shift", _check(read_shift), "mon-fri 06:00-14:00")
    except typer.Abort:
        typer.echo(err=True)  # ends the line of the question
        raise CliError("preheat: five questions need answers, and no input is available") from None
    return FirstAnswers(service, first, second, zone, shift)


def _ask[Answer](question: str, read: Callable[[str], Answer], default: str | None = None) -> Answer:
    """Ask until `read` takes the answer; its ValueError says what it accepts."""

    def read_or_explain(text: str) -> Answer:
        try:
            return read(text.strip())
        except ValueError as error:
            raise typer.BadParameter(f"accepted: {error}") from error

    answer: Answer = typer.prompt(question, default=default, value_proc=read_or_explain, err=True)
    return answer


def _read_service(text: str) -> Backend:
    if text not in SERVICES:
        raise ValueError(" or ".join(SERVICES))
    return Backend(text)


def _matching(match: Callable[[str], object], accepted: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not match(text):
            raise ValueError(accepted)
        return text

    return read


def _check(read: Callable[[str], object]) -> Callable[[str], str]:
    """Return what checks a text and keeps it as typed."""

    def check(text: str) -> str:
        read(text)
        return text

    return check


def _system_zone() -> str:
    """Return the time zone of this machine by its IANA name, or UTC."""
    named = os.environ.get("TZ", "")
    path = Path("/etc/localtime")
    linked = str(path.resolve()) if path.is_symlink() else ""
    for zone in (named, linked.partition("/zoneinfo/")[2]):
        if "/" in zone and not zone.startswith(("/", "Etc/")):
            return zone
    return "UTC"
