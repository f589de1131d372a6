"""`preheat board`: serve the board on loopback, or write it to a file. `preheat.app.board` reads and renders it."""

from pathlib import Path
from typing import Annotated

import typer

from preheat.domain.plan.plan import Mode
from preheat_board.page import wrap
from preheat_board.server import PORT, BoardServer
from preheat_board.source import BoardSource
from preheat_cli.errors import CliError, report_errors
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.stack import Surroundings


@takes_stack
def board(
    context: typer.Context,
    *,
    stack: StackOptions,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 for a free one.")] = PORT,
    output: Annotated[Path | None, typer.Option("--output", help="Write the board to this file, and end.")] = None,
) -> None:
    """Show every model on one page: trouble first, a timeline for each, the next shift. Ctrl-C ends it."""
    with report_errors():
        surroundings = Surroundings.of(context)
        opened = surroundings.open(stack)
        mode = Mode(opened.home.mode) if opened.home.mode in set(Mode) else Mode.ACT
        source = BoardSource(opened.store, surroundings.clock, opened.home.stack_name, mode)
        if output is not None:
            try:
                output.write_text(wrap(source.render(), source.title), encoding="utf-8")
            except OSError as error:
                raise CliError(f"preheat: cannot write {output}: {error.strerror}") from error
            typer.echo(f"wrote {output}")
            return
        try:
            server = BoardServer(port, source.render, source.title)
        except OSError as error:
            raise CliError(f"preheat: port {port} is in use; use --port 0 for a free port") from error
        typer.echo(f"board: {server.url} (Ctrl-C ends it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            server.server_close()
