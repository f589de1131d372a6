"""`preheat down`: stop the local AWS of this checkout."""

from preheat_cli.errors import report_errors
from preheat_cli.progress import show_progress


def down() -> None:
    """Stop the local AWS of this checkout and delete its data."""
    with report_errors():
        import preheat_local as local  # noqa: PLC0415 - loads boto3

        with show_progress("stopping the local AWS") as progress:
            local.down(say=progress.say)
