"""The acts of people on the simulated accounts, as CloudTrail's events on the bus: one event a call with an effect.

Owns the form of the event and its way onto a bus. It sends in its own thread, so that the answer to the person does not
wait. Calls of programs make no event: Preheat ignores its own, and no other program calls.
"""

import json
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from botocore.session import Session

from preheat.app.watch import BY_CLOUDTRAIL, CALLS
from preheat.domain.plan.plan import Backend
from preheat_simulator.core.calls import CallLog, LoggedCall

_LOOPBACK = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}")
PERSON = "arn:aws:iam::{account}:role/line-operator"


def make_trail_event(backend: Backend, call: LoggedCall, *, region: str, account: str) -> dict[str, Any]:
    """Return the event of a start or stop, as EventBridge hands it on; without the other parts of a trail."""
    source, names = CALLS[backend]
    if call.operation not in names:
        raise ValueError(f"{call.operation} is no start or stop of {backend}")
    given = {
        Backend.LOOKOUT_VISION: {"projectName": call.project, "modelVersion": call.version},
        Backend.REKOGNITION: {
            "projectVersionArn": f"arn:aws:rekognition:{region}:{account}:project/{call.project}"
            f"/version/{call.version}/{_milliseconds(call.at)}"
        },
        Backend.SAGEMAKER: {"endpointName": call.project},
        Backend.SAGEMAKER_COMPONENT: {"inferenceComponentName": call.project},
    }[backend]
    issuer = {"type": "Role", "arn": PERSON.format(account=account), "accountId": account}
    return {
        "version": "0",
        "detail-type": BY_CLOUDTRAIL,
        "source": f"aws.{source.removesuffix('.amazonaws.com')}",
        "account": account,
        "time": f"{call.at:%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": [],
        "detail": {
            "userIdentity": {"type": "AssumedRole", "sessionContext": {"sessionIssuer": issuer}},
            "eventTime": f"{call.at:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": source,
            "eventName": str(call.operation),
            "awsRegion": region,
            "requestParameters": given,
        },
    }


class TrailedCallLog(CallLog):
    """A call log that also publishes each start and stop by a person that had an effect."""

    def __init__(self, on_call: Callable[[LoggedCall], None]) -> None:
        super().__init__()
        self._on_call = on_call

    def add(self, call: LoggedCall) -> None:
        """Append a call."""
        super().add(call)
        if call.by == "person" and call.changed_state:
            self._on_call(call)


KEY, SECRET = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"


class EventBusAt:
    """The default bus of the AWS at a URL: takes events in the background. An event that it does not accept is lost."""

    def __init__(self, url: str, region: str) -> None:
        """Take the URL. Raises ValueError for one that is not on loopback: so no real account sees simulated events."""
        if not _LOOPBACK.fullmatch(url):
            raise ValueError(f"events to {url!r}: it is written http://127.0.0.1:PORT")
        # Signed with the keys of the environment, which `preheat up` sets; it reads no profile of the terminal.
        session = Session(session_vars={"profile": (None, None, None, None)})
        session.set_credentials(os.environ.get(KEY, "test"), os.environ.get(SECRET, "test"))
        self._client = session.create_client("events", endpoint_url=url, region_name=region)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="trail")

    def put(self, event: dict[str, Any]) -> None:
        """Put an event, soon."""
        entry = {"Source": event["source"], "DetailType": event["detail-type"], "Detail": json.dumps(event["detail"])}
        self._pool.submit(self._client.put_events, Entries=[entry])


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
