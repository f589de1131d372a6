"""Lambda handler for `watch`. EventBridge invokes it when someone else starts or stops a model.

It reads only which model changed.
"""

import os
from typing import Any

from preheat.bootstrap.watch import Watcher
from preheat.observability import correlation
from preheat.observability import watch as telemetry
from preheat.observability.failures import masked_errors

with masked_errors():
    watcher = Watcher.from_env(os.environ)


@masked_errors()
def handler(event: Any, context: Any) -> dict[str, Any]:
    """Wake the models that the event may concern; return how many. Raises any error that prevents it."""
    event_id = event.get("id") if isinstance(event, dict) else None
    with correlation.name_cause(event_id, correlation.read_invocation(context)):
        try:
            change = watcher.watch.read(event)
            woken = watcher.watch.look(change) if change is not None else ()
        except Exception:
            telemetry.log_failed_event()
            raise
        if change is not None:
            telemetry.log_change(change, woken)
    return {"woken": len(woken)}
