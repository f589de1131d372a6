"""The function `watch`: EventBridge calls it when a SageMaker endpoint changes. All it takes is which one."""

import os
from typing import Any

from preheat import telemetry
from preheat.bootstrap import Watcher
from preheat.watch import endpoint_change

watcher = Watcher.from_env(os.environ)


def handler(event: Any, _context: Any) -> dict[str, Any]:
    """Wake the models that run on the endpoint; return how many; raises what keeps it from it."""
    try:
        change = endpoint_change(event)
        woken = watcher.watch.look(change)
    except Exception:
        telemetry.logger.exception("not watched")
        raise
    telemetry.log_watched(change.endpoint, change.status, woken)
    return {"woken": len(woken)}
