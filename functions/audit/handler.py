"""Lambda handler for `audit`. EventBridge Scheduler invokes it every five minutes; it ignores the event payload."""

import os
from typing import Any

from preheat.app.ports.errors import AccessRefused, InvalidCall, StoreUnavailable
from preheat.bootstrap.audit import Auditor
from preheat.observability import audit as telemetry
from preheat.observability.failures import masked_errors

with masked_errors():
    auditor = Auditor.from_env(os.environ)


class NotListedError(Exception):
    """Nobody can list a site, for lack of a right or by its size: no later run will find out what runs there."""


@masked_errors()
def handler(_event: Any, _context: Any) -> dict[str, Any]:
    """Report what the audit finds; return how many models are at risk.

    Raises:
        NotListedError: after the report, if no later run can list a site either.
    """
    try:
        audited = auditor.audit.run()
    except StoreUnavailable as error:
        telemetry.log_failed_audit(error)
        return {"at_risk": None}
    telemetry.report_audit(audited)
    refused = [str(site) for site, error in audited.unlisted if isinstance(error, AccessRefused | InvalidCall)]
    if refused:
        raise NotListedError(f"{len(refused)} sites cannot be listed; see the log lines `site not listed`")
    return {"at_risk": len(audited.at_risk)}
