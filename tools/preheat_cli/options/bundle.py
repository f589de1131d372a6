"""Gives a command several options as one value, so that commands that share options do not repeat them."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any


def bundle_options(
    command: Callable[..., None], name: str, options: Mapping[str, inspect.Parameter], make: Callable[..., object]
) -> Callable[..., None]:
    """Return the command with `options` in place of its parameter `name`, which gets what `make` returns of them.

    Each of `options` has the annotation and the default that Typer reads. Positional ones come first, the others last.
    """

    @functools.wraps(command)
    def run(*arguments: Any, **given: Any) -> None:
        value = make(**{option: given.pop(option) for option in options if option in given})
        command(*arguments, **{name: value}, **given)

    signature = inspect.signature(command, eval_str=True)
    kept = [parameter for parameter in signature.parameters.values() if parameter.name != name]
    parameters = sorted([*kept, *options.values()], key=lambda parameter: parameter.kind)
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # Typer reads it
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def make_option(name: str, annotation: Any, default: object = None, *, positional: bool = False) -> inspect.Parameter:
    """Return one option as a parameter; a positional one is an argument of the command line."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD if positional else inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)
