"""`preheat down`: stop the local AWS of this checkout."""

from preheat_cli.errors import report_errors


def down() -> None:
    """Stop the local AWS of this checkout and delete its data."""
    with report_errors():
        import preheat_local as local  # noqa: PLC0415 - loads boto3

        local.down()
