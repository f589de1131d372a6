"""The options `--stack`, `--profile` and `--region` of every command that opens a stack."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer

from preheat_cli.options.bundle import bundle_options, make_option

LOCAL: Final = "local"
"""As the name of a stack: the local AWS of this checkout."""


@dataclass(frozen=True, slots=True)
class StackOptions:
    """The stack that a person names; `name` is None for the running local AWS."""

    name: str | None = None
    profile: str | None = None
    region: str | None = None


_OPTIONS: Final[dict[str, Any]] = {
    "stack": Annotated[
        str | None,
        typer.Option(
            "--stack",
            envvar="PREHEAT_STACK",
            help="CloudFormation stack; `local` for the local AWS. Default: the running local AWS.",
        ),
    ],
    "profile": Annotated[str | None, typer.Option("--profile", help="AWS profile. Default: as for the AWS CLI.")],
    "region": Annotated[str | None, typer.Option("--region", help="AWS region. Default: as for the AWS CLI.")],
}


def takes_stack(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the three options instead of its parameter `stack: StackOptions`."""
    options = {name: make_option(name, annotation) for name, annotation in _OPTIONS.items()}
    return bundle_options(command, "stack", options, _make_options)


def _make_options(stack: str | None = None, profile: str | None = None, region: str | None = None) -> StackOptions:
    return StackOptions(stack, profile, region)
