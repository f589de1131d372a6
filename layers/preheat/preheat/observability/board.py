"""The log lines of the function `board`."""

from preheat.observability.logs import logger


def log_failed_board(error: Exception) -> None:
    """Log at ERROR that the store did not answer."""
    logger.error("board failed", extra={"reason": str(error)})
