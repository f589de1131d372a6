"""The function `tick`: EventBridge Scheduler calls it once a minute. What the event says is of no account."""

import os
from typing import Any

from preheat.app.ports.errors import StoreUnavailable
from preheat.bootstrap.wiring import Ticker
from preheat.observability import correlation, telemetry

ticker = Ticker.from_env(os.environ)


def handler(_event: Any, context: Any) -> dict[str, Any]:
    """Send each due model to its pass; return how many were sent."""
    with correlation.caused_by(correlation.of_invocation(context)):
        try:
            ticked = ticker.tick()
        except StoreUnavailable as error:
            # The next tick is the retry; without the metric of this one, the heartbeat alarm counts it as missing.
            telemetry.logger.error("no tick", extra={"reason": str(error)})
            return {"sent": 0}
        telemetry.emit_pickup_delay(ticked.pickup_delay, at=ticker.clock.now())
        telemetry.log_tick(ticked)
    return {"sent": len(ticked.sent)}
