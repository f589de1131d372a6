"""Reads the sender of a message, and the request in it: the message itself, or the detail of an event.

SQS authenticates the sender. An EventBridge envelope is trusted only if no assumed role sent it: apart from roles, the
queue's policy admits only the rules of the stack. A claim in the message itself counts for nothing.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from preheat.app.ports.errors import UnreadableItem
from preheat.app.requests.message import Parsed, cut_excerpt, load, parse
from preheat.domain.demand.request import RequestId

DETAIL_TYPE: Final = "Preheat Request"
ASSUMED_ROLE: Final = "AROA"  # how the id of a role begins
_SENDER = re.compile(r"[a-zA-Z0-9]{1,128}")
_ACCOUNT = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message as the queue hands it out; `sender_id` is SQS's: `AROA…:session` of an assumed role."""

    message_id: str
    sender_id: str
    body: str


@dataclass(frozen=True, slots=True)
class OpenedMessage:
    """A message as far as it could be read. `request_id` is its own, or made for one that has none.

    `digest` names sender and content. `problem`: why nothing of it could be read.
    """

    request_id: RequestId
    requester: str
    digest: str
    parsed: Parsed
    problem: str = ""


def open_message(sent: IncomingMessage) -> OpenedMessage:
    """Return what a message holds and who has sent it. Total: every message is answered under some id."""
    requester, parsed = sent.sender_id.partition(":")[0], Parsed(None)
    try:
        if not _SENDER.fullmatch(requester):
            raise UnreadableItem(f"sender {cut_excerpt(requester)} is not an SQS sender ID")  # noqa: TRY301 - one way out
        data = load(sent.body)
        if "detail-type" in data:
            requester, data = _open_event(requester, data)
        parsed = parse(data)
        if parsed.request_id is None:
            problems = parsed.problems or ("request_id is missing",)
            raise UnreadableItem("; ".join(problems))  # noqa: TRY301 - as above
    except UnreadableItem as error:
        name = _digest([sent.message_id, sent.body])
        known = requester if _SENDER.fullmatch(requester) or requester.startswith("account:") else "unknown"
        return OpenedMessage(RequestId(f"unreadable-{name[:32]}"), known, name, parsed, str(error))
    return OpenedMessage(parsed.request_id, requester, _digest([requester, data]), parsed)


def make_other_id(request: OpenedMessage) -> RequestId:
    """Return the id under which a request is answered whose own was taken by another one: always the same."""
    return RequestId(f"taken-{_digest([request.request_id, request.digest])[:32]}")


def _open_event(requester: str, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the requester and the request of an event."""
    if requester.startswith(ASSUMED_ROLE):
        raise UnreadableItem("request: only EventBridge may send an event envelope")
    if data["detail-type"] != DETAIL_TYPE:
        raise UnreadableItem(f"event: detail-type {cut_excerpt(data['detail-type'])}; accepted: {DETAIL_TYPE}")
    account, detail = data.get("account"), data.get("detail")
    if not isinstance(account, str) or not _ACCOUNT.fullmatch(account):
        raise UnreadableItem(f"event: account {cut_excerpt(account)} is not 12 digits")
    if not isinstance(detail, dict):
        raise UnreadableItem(f"event: detail {cut_excerpt(detail)} is not a JSON object")
    return f"account:{account}", detail


def _digest(facts: list[Any]) -> str:
    """Return 64 hex digits; the order of an object's fields makes no difference."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
