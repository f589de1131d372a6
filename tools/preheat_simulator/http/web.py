"""Owns the HTTP application: the API's paths go to the wire, `/_simulator/` to the controls. Knows no port or process.

Handlers run one after the other in one event loop, so two calls never use the service at once.
"""

from asyncio import to_thread
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from preheat_simulator.core.errors import ServiceError, SimulatedAnswerLost
from preheat_simulator.http.authorizing import Authority, read_call
from preheat_simulator.http.controls import CONTROLS
from preheat_simulator.http.fields import JsonFields
from preheat_simulator.http.options import HttpSimulator
from preheat_simulator.http.origins import LoopbackOnly

_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


class LostAnswer(Response):
    """No answer: the server closes the connection under the client.

    The server hands the connection's transport down in the request's state (see `serve`); without one, as in a test
    client, sending fails.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - nothing is sent
        """Close, and wait until the server has noticed, so that it does not answer in our place."""
        scope["state"]["transport"].abort()
        while (await receive())["type"] != "http.disconnect":
            pass


def make_application(simulator: HttpSimulator, authority: Authority | None = None) -> Starlette:
    """Return the ASGI application of a simulator. `authority` None: every caller has every right."""

    async def api(request: Request) -> Response:
        raw: bytes = request.scope["raw_path"]
        body = await request.body()
        try:
            path, headers = raw.decode("ascii"), dict(request.headers)
            wire = simulator.wire_of(headers.get("x-amz-target", ""), path)
            call = read_call(request.method, path, headers, body) if authority is not None else None
            if authority is not None and call is not None:
                needed = call.list_needs(simulator.find_tags)
                refused = await to_thread(authority, call.key, call.region, needed)
                if refused is not None:
                    denied = wire.deny(refused)
                    return Response(denied.body, denied.status, denied.headers)
            answer = wire.handle(request.method, path, request.url.query, headers, body)
        except SimulatedAnswerLost:
            return LostAnswer()
        return Response(answer.body, answer.status, answer.headers)

    async def control(request: Request) -> Response:
        name = request.path_params["name"]
        found = CONTROLS.get((request.method, name))
        if found is None:
            accepted = ", ".join(f"{method} {path}" for method, path in CONTROLS)
            return _refuse(HTTPStatus.NOT_FOUND, f"{request.method} {name}: no such control, there are {accepted}")
        body = await request.body()
        try:
            given = JsonFields(dict(request.query_params)) if request.method == "GET" else JsonFields.read(body)
            return JSONResponse(found(simulator, given))
        except ValueError as error:
            return _refuse(HTTPStatus.BAD_REQUEST, str(error))
        except ServiceError as error:
            missing = error.code == "ResourceNotFoundException"
            return _refuse(HTTPStatus.NOT_FOUND if missing else HTTPStatus.CONFLICT, str(error))

    return Starlette(
        routes=[
            Route("/_simulator/{name:path}", control, methods=_METHODS),
            Route("/{path:path}", api, methods=_METHODS),
        ],
        middleware=[Middleware(LoopbackOnly)],
    )


def _refuse(status: HTTPStatus, sentence: str) -> Response:
    content: dict[str, Any] = {"error": sentence}
    return JSONResponse(content, status)
