"""Tracing: an X-Ray subsegment for each remote call, where the stack asks for it and Lambda samples the invocation.

Owns the subsegment's form and its way to the daemon beside the function. Hooks into botocore's own events, so that no
call has to know of it. It never fails or delays a call: what the daemon does not take is lost.

Source: X-Ray segment documents, https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

import json
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from secrets import token_hex
from typing import Any

from botocore.session import Session

from preheat import correlation

TRACE, DAEMON = "_X_AMZN_TRACE_ID", "AWS_XRAY_DAEMON_ADDRESS"  # set by Lambda, the first anew for each invocation
HEADER = b'{"format": "json", "version": 1}\n'
CALL = "preheat_call"  # which call began when, in the context that botocore keeps for each
THROTTLES = frozenset(
    {"ThrottlingException", "Throttling", "RequestThrottled", "ProvisionedThroughputExceededException"}
)
SERVER_ERROR, TOO_MANY, CLIENT_ERROR = 500, 429, 400  # HTTP statuses from which on X-Ray tells them apart


def traced(session: Session) -> Session:
    """Return the session, with every call of the clients that it makes from now on told to X-Ray."""
    session.register("before-call", _begin)
    session.register("after-call", _answered)
    session.register("after-call-error", _unanswered)
    return session


def _begin(model: Any, context: dict[str, Any], **_: object) -> None:
    context[CALL] = model, time.time()


def _answered(context: Mapping[str, Any], parsed: Mapping[str, Any], **_: object) -> None:
    told = parsed["ResponseMetadata"]
    status, code = told["HTTPStatusCode"], parsed.get("Error", {}).get("Code", "")
    aws = {"request_id": told.get("RequestId", ""), "retries": told.get("RetryAttempts", 0)}
    _tell(context, aws, {"http": {"response": {"status": status}}} | _judged(status, code))


def _unanswered(exception: BaseException, context: Mapping[str, Any], **_: object) -> None:
    _tell(context, {}, {"fault": True} | _cause(type(exception).__name__))


def _judged(status: int, code: str) -> dict[str, Any]:
    if status >= SERVER_ERROR:
        return {"fault": True} | _cause(code)
    if status >= CLIENT_ERROR:
        throttled = status == TOO_MANY or code in THROTTLES
        return {"error": True} | ({"throttle": True} if throttled else {}) | _cause(code)
    return {}


def _cause(kind: str) -> dict[str, Any]:
    """Name an error by its kind alone: its text may name accounts and roles."""
    return {"cause": {"exceptions": [{"id": token_hex(8), "type": kind}]}}


def _tell(context: Mapping[str, Any], aws: Mapping[str, Any], outcome: Mapping[str, Any]) -> None:
    header, daemon = _fields(os.environ.get(TRACE, "")), os.environ.get(DAEMON, "")
    if header.get("Sampled") != "1" or not {"Root", "Parent"} <= header.keys():
        return
    model, began = context[CALL]
    document = {
        "type": "subsegment",
        "trace_id": header["Root"],
        "parent_id": header["Parent"],
        "id": token_hex(8),
        "name": str(model.service_model.service_id),
        "namespace": "aws",
        "start_time": began,
        "end_time": time.time(),
        "aws": {"operation": model.name, "region": context["client_region"], **aws},
        "annotations": {"correlation_id": correlation.current()},
        **outcome,
    }
    host, _, port = daemon.rpartition(":")
    with suppress(OSError, ValueError, OverflowError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.setblocking(False)
        way.sendto(HEADER + json.dumps(document).encode(), (host, int(port)))


def _fields(header: str) -> dict[str, str]:
    """Return the fields of a trace header: `Root=1-…;Parent=…;Sampled=1`, in any order, with others beside them."""
    return dict(pair.split("=", 1) for pair in header.split(";") if "=" in pair)
