"""The options `--stack`, `--profile` and `--region` of every command that opens a stack."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer

LOCAL: Final = "local"
"""As the name of a stack: the local AWS of this checkout."""


@dataclass(frozen=True, slots=True)
class StackOptions:
    """Which stack was typed; `name` is None for the running local AWS."""

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

    @functools.wraps(command)
    def run(
        *arguments: Any, stack: str | None = None, profile: str | None = None, region: str | None = None, **rest: Any
    ) -> None:
        command(*arguments, stack=StackOptions(stack, profile, region), **rest)

    signature = inspect.signature(command, eval_str=True)
    kept = [parameter for name, parameter in signature.parameters.items() if name != "stack"]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in _OPTIONS.items()
    ]
    run.__signature__ = signature.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]  # Typer reads it
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in [*kept, *added]}
    return run
