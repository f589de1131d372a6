"""Lambda handler for `board`. A CloudWatch dashboard invokes it for its custom widget, with its reader's rights."""

import os
from typing import Any

from preheat.app.board.widget import DESCRIPTION, asks_for_description, read_wish, write_failure
from preheat.app.ports.errors import StoreUnavailable
from preheat.bootstrap.board import Boards
from preheat.observability import board as telemetry
from preheat.observability.failures import masked_errors

with masked_errors():
    boards = Boards.from_env(os.environ)


@masked_errors()
def handler(event: Any, context: Any) -> str:
    """Return the board as HTML; the widget's description as Markdown, if the dashboard asks for that."""
    if asks_for_description(event):
        return DESCRIPTION
    try:
        return boards.render(read_wish(event), context.invoked_function_arn)
    except StoreUnavailable as error:
        telemetry.log_failed_board(error)
        return write_failure()
