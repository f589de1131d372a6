"""The reports of the function `watch`: one log line an event."""

from collections.abc import Sequence

from preheat.app.watch import ServiceChange
from preheat.domain.plan.plan import ModelId
from preheat.observability.logs import logger


def log_change(change: ServiceChange, woken: Sequence[ModelId]) -> None:
    """Log an event of a hosting service: at INFO if it woke a model, else at DEBUG."""
    facts = {"backend": change.backend, "named": change.project, "what": change.what, "woken": list(woken)}
    (logger.info if woken else logger.debug)("watched", extra=facts)


def log_failed_event() -> None:
    """Log at ERROR, with the traceback, that an event failed."""
    logger.exception("event failed")
