"""The function `audit`: EventBridge Scheduler calls it every five minutes. What the event says is of no account."""

import os
from typing import Any

from preheat.app.ports.errors import AccessRefused, StoreUnavailable
from preheat.bootstrap.wiring import Auditor
from preheat.observability import telemetry

auditor = Auditor.from_env(os.environ)


class NotListedError(Exception):
    """A site may not be listed: what runs there is not known, and no later run will tell."""


def handler(_event: Any, _context: Any) -> dict[str, Any]:
    """Tell what was found; return how many are at risk.

    Raises:
        NotListedError: after all is told, a site that refuses to be listed.
    """
    try:
        audited = auditor.audit.run()
    except StoreUnavailable as error:
        telemetry.logger.error("no audit", extra={"reason": str(error)})
        return {"at_risk": None}
    telemetry.tell_audited(audited)
    refused = [str(site) for site, error in audited.unlisted if isinstance(error, AccessRefused)]
    if refused:
        raise NotListedError(f"{len(refused)} sites refuse to be listed; see the log lines `not listed`")
    return {"at_risk": len(audited.at_risk)}
