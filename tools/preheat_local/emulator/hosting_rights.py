"""Lets the simulated services ask whether a role of this local AWS may make a call, by the role's own policies.

Loaded by the launcher into ministack's own process, so it imports nothing of preheat. Ministack knows no action of
these services, but evaluates any policy.
"""

import hmac
import json
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

type Seam = Callable[..., Any]
type Scope = Mapping[str, Any]
type Receive = Callable[[], Awaitable[Mapping[str, Any]]]
type Send = Callable[[Mapping[str, Any]], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]
type Judge = Callable[[str, str, Sequence[Mapping[str, Any]]], str | None]

PATH, SECRET = "/_preheat/rights", b"x-preheat-secret"
CALLER = "{account}"
OK, FORBIDDEN = 200, 403


class RightsDesk:
    """Answers the question of a simulated service, who proves itself by the root's secret; passes all else on."""

    def __init__(self, application: Application, judge: Judge, secret: str) -> None:
        """`application` is ministack's."""
        self._application, self._judge, self._secret = application, judge, secret.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._application(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status: int = FORBIDDEN
        refused: str | None = "the secret of the root is missing"
        if hmac.compare_digest(dict(scope["headers"]).get(SECRET, b""), self._secret):
            asked = json.loads(body)
            status, refused = OK, self._judge(asked["key"], asked["region"], asked["needed"])
        answer = json.dumps({"refused": refused}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


def make_judge(seam: Seam, evaluator: ModuleType) -> Judge:
    """Return the judge of rights; `seam` is the launcher's, and ends on a moved name."""
    resolve = seam(evaluator, "resolve_principal", ("access_key_id", "account_id"))
    evaluate = seam(evaluator, "evaluate", ("ctx", "policies"))
    make_context = seam(evaluator, "EvalContext")

    def judge(key: str, region: str, needed: Sequence[Mapping[str, Any]]) -> str | None:
        principal = resolve(key, os.environ.get("MINISTACK_ACCOUNT_ID", "000000000000"))
        policies = getattr(principal, "policies", None)
        if policies is None:  # the root, or a key that this AWS does not know
            return None
        for each in needed:
            resource = each["resource"].replace(CALLER, principal.account)
            context = make_context(
                principal_arn=principal.arn,
                principal_type=principal.type,
                principal_account=principal.account,
                action=each["action"],
                resource_arn=resource,
                region=region,
                service_context={name.lower(): value for name, value in each["context"].items()},
                principal_keys=principal.keys,
            )
            if evaluate(context, policies, *principal.limits).decision != "Allow":
                return f"User: {principal.arn} has no right to {each['action']} on {resource}"
        return None

    return judge
