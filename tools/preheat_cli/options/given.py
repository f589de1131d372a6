"""Whether a person typed an option, or the command has its default. Knows no option."""

import typer


def is_given(context: typer.Context, name: str) -> bool:
    """Return whether somebody gave the parameter of this name on the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
