"""Lambda handler for `tick`. EventBridge Scheduler invokes it every minute; it ignores the event payload."""

import os
from typing import Any

from preheat.app.ports.errors import StoreUnavailable
from preheat.bootstrap.tick import Ticker
from preheat.observability import correlation
from preheat.observability import tick as telemetry
from preheat.observability.failures import masked_errors

with masked_errors():
    ticker = Ticker.from_env(os.environ)


@masked_errors()
def handler(_event: Any, context: Any) -> dict[str, Any]:
    """Send a work message for each due model; return their number."""
    with correlation.name_cause(correlation.read_invocation(context)):
        try:
            ticked = ticker.tick()
        except StoreUnavailable as error:
            # The next tick retries. Without this tick's metric, the heartbeat alarm counts it as missing.
            telemetry.log_failed_tick(error)
            return {"sent": 0}
        telemetry.emit_pickup_delay(ticked.pickup_delay, at=ticker.clock.now())
        telemetry.log_tick(ticked)
    return {"sent": len(ticked.sent)}
