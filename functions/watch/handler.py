"""The function `watch`: EventBridge calls it when others start or stop a model. All it takes is which one."""

import os
from typing import Any

from preheat.bootstrap.wiring import Watcher
from preheat.observability import correlation, telemetry

watcher = Watcher.from_env(os.environ)


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Wake the models that the event may concern; return how many; raises what keeps it from it."""
    event_id = event.get("id") if isinstance(event, dict) else None
    with correlation.caused_by(event_id, correlation.of_invocation(context)):
        try:
            change = watcher.watch.read(event)
            woken = watcher.watch.look(change) if change is not None else ()
        except Exception:
            telemetry.logger.exception("not watched")
            raise
        if change is not None:
            telemetry.log_watched(change, woken)
    return {"woken": len(woken)}
