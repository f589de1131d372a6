"""The commands `up` and `down`: the local AWS of this checkout.

Owns their options only; `preheat.local` does the work.
"""

from typing import Annotated

import typer

from preheat.cli.errors import told


def up(
    port: Annotated[int | None, typer.Option(help="Port of the AWS services; 0 takes a free one.")] = None,
    simulator_port: Annotated[int | None, typer.Option(help="Port of the simulator; 0 takes a free one.")] = None,
) -> None:
    """Bring up the local AWS: every service on loopback, the simulator, and the real template deployed onto them."""
    with told():
        from preheat import local  # noqa: PLC0415 - loads boto3

        local.up(port=port, simulator_port=simulator_port)


def down() -> None:
    """Stop the local AWS of this checkout and remove its data."""
    with told():
        from preheat import local  # noqa: PLC0415 - loads boto3

        local.down()
