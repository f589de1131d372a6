"""The function `watch`: EventBridge calls it when others start or stop a model. All it takes is which one."""

import os
from typing import Any

from preheat import telemetry
from preheat.bootstrap import Watcher

watcher = Watcher.from_env(os.environ)


def handler(event: Any, _context: Any) -> dict[str, Any]:
    """Wake the models that the event may concern; return how many; raises what keeps it from it."""
    try:
        change = watcher.watch.read(event)
        woken = watcher.watch.look(change) if change is not None else ()
    except Exception:
        telemetry.logger.exception("not watched")
        raise
    if change is not None:
        telemetry.log_watched(change, woken)
    return {"woken": len(woken)}
