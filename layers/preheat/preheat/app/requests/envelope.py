"""Reads the sender of a message, and the request in it: the message itself, or the detail of an event.

SQS authenticates the sender. This module trusts an EventBridge envelope only if no assumed role sent it. Apart from
roles, the queue's policy admits only the rules of the stack. A claim in the message itself counts for nothing.
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
_SESSION = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_SOURCE = re.compile(r"[a-zA-Z0-9_./-]{1,64}")
_ACCOUNT = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message as the queue hands it out; `sender_id` is SQS's: `AROA…:session` of an assumed role."""

    message_id: str
    sender_id: str
    body: str


@dataclass(frozen=True, slots=True)
class OpenedMessage:
    """The readable part of a message. `request_id` is its own, or made for one that has none.

    `requester`: the id of the role that sent it, or `account:` with account and source of an event; `session`: the
    name of the role's session. `digest` names requester and content; `earlier_digest` is what an earlier release made
    of an event, whose source it did not note. `problem`: why nothing of it is readable.
    """

    request_id: RequestId
    requester: str
    digest: str
    parsed: Parsed
    problem: str = ""
    session: str = ""
    earlier_digest: str = ""


def open_message(sent: IncomingMessage) -> OpenedMessage:
    """Return what a message holds and who has sent it. Total: every message gets an answer under some id."""
    requester, _, session = sent.sender_id.partition(":")
    session = session if _SESSION.fullmatch(session) else ""
    parsed, earlier = Parsed(None), ""
    try:
        if not _SENDER.fullmatch(requester):
            raise UnreadableItem(f"sender {cut_excerpt(requester)} is not an SQS sender ID")  # noqa: TRY301 - one way out
        data = load(sent.body)
        if "detail-type" in data:
            account, requester, data = _open_event(requester, data)
            session, earlier = "", _digest([account, data])
        parsed = parse(data)
        if parsed.request_id is None:
            problems = parsed.problems or ("request_id is missing",)
            raise UnreadableItem("; ".join(problems))  # noqa: TRY301 - as above
    except UnreadableItem as error:
        name = _digest([sent.message_id, sent.body])
        known = requester if _SENDER.fullmatch(requester) or requester.startswith("account:") else "unknown"
        return OpenedMessage(RequestId(f"unreadable-{name[:32]}"), known, name, parsed, str(error), session)
    digest = _digest([requester, data])
    return OpenedMessage(parsed.request_id, requester, digest, parsed, session=session, earlier_digest=earlier)


def make_other_id(request: OpenedMessage) -> RequestId:
    """Return the id for the answer to a request whose own id another one has: always the same."""
    return RequestId(f"taken-{_digest([request.request_id, request.digest])[:32]}")


def _open_event(requester: str, data: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Return the account of an event, its requester and its request: several services may share an account."""
    if requester.startswith(ASSUMED_ROLE):
        raise UnreadableItem("request: only EventBridge may send an event envelope")
    if data["detail-type"] != DETAIL_TYPE:
        raise UnreadableItem(f"event: detail-type {cut_excerpt(data['detail-type'])}; accepted: {DETAIL_TYPE}")
    account, source, detail = data.get("account"), data.get("source"), data.get("detail")
    if not isinstance(account, str) or not _ACCOUNT.fullmatch(account):
        raise UnreadableItem(f"event: account {cut_excerpt(account)} is not 12 digits")
    if source is not None and (not isinstance(source, str) or not _SOURCE.fullmatch(source)):
        raise UnreadableItem(f"event: source {cut_excerpt(source)} is not 1 to 64 of [a-zA-Z0-9_./-]")
    if not isinstance(detail, dict):
        raise UnreadableItem(f"event: detail {cut_excerpt(detail)} is not a JSON object")
    of_account = f"account:{account}"
    return of_account, f"{of_account}:{source}" if source is not None else of_account, detail


def _digest(facts: list[Any]) -> str:
    """Return 64 hex digits; the order of an object's fields makes no difference."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
