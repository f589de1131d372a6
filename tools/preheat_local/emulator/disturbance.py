"""Faults inside the local AWS: DynamoDB throttles or loses answers, or a function's process dies.

Loaded by the launcher into ministack's own process, so it imports nothing of preheat. Off unless somebody writes the
file `disturbance.json` into the folder in which ministack runs:

    {"throttle": 0.3, "lose": 0.1,
     "kill": [{"id": "1", "function": "preheat-…", "call": "TransactWriteItems", "when": "after"}]}

`throttle` and `lose` are shares (0 to 1) of the data calls that functions make to DynamoDB. It refuses the first before
any effect, and answers the others with a server error after their effect. Each `kill` has an `id`. It happens once, at
the next such call of that function: `before` its effect, or `after` it and before the answer arrives. Each fault is one
line of JSON in `disturbance.log`; a kill has the bodies of the messages at work. Calls with the root's key never fail,
so that a test can watch. Knows nothing of models or plans.
"""

import json
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

type HttpAnswer = tuple[int, dict[str, str], bytes]
type RequestHandler = Callable[..., Awaitable[Any]]
type Seam = Callable[..., Any]

RULES, LOG = "disturbance.json", "disturbance.log"
DATA_CALLS = frozenset(
    {"BatchGetItem", "BatchWriteItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"}
)
FUNCTIONS_KEY = "ASIA"  # what the access key of a function's role begins with; the root's is another
_KEY = re.compile(r"Credential=([^/,\s]+)/")


class Disturbance:
    """The rules as the file has them, and the log of what they did."""

    def __init__(self, folder: Path, kill: Callable[[str, str], list[list[str]]], chance: Callable[[], float]) -> None:
        """`kill(access key, function)` ends the busy processes of the function if the key is its own.

        It returns the messages that each of them was working on.
        """
        self._rules_file, self._log_file = folder / RULES, folder / LOG
        self._kill, self._chance = kill, chance
        self._read_at = 0
        self._shares: dict[str, float] = {}
        self._kills: list[dict[str, str]] = []
        self._done: set[str] = set()

    async def handle(self, handler: RequestHandler, arguments: tuple[Any, ...], *, faulty: bool) -> Any:
        """Let `handler` answer one request, unless something goes wrong. `faulty`: the shares apply to this service."""
        headers = arguments[2]
        call, key = headers.get("x-amz-target", "").rpartition(".")[2], find_access_key(headers)
        self._read()
        if not key.startswith(FUNCTIONS_KEY):
            return await handler(*arguments)
        self._kill_at(call, "before", key)
        drawn = self._chance() if faulty and call in DATA_CALLS else 1.0
        throttled = self._shares.get("throttle", 0.0)
        if drawn < throttled:
            self._log(kind="throttled", call=call)
            return make_failure("ThrottlingException", "Rate of requests exceeds the allowed throughput.", 400)
        answer = await handler(*arguments)
        self._kill_at(call, "after", key)
        if drawn < throttled + self._shares.get("lose", 0.0):
            self._log(kind="answer lost", call=call)
            return make_failure("InternalServerError", "The request had its effect and its answer was lost.", 500)
        return answer

    def _kill_at(self, call: str, when: str, key: str) -> None:
        for rule in [rule for rule in self._kills if (rule["call"], rule["when"]) == (call, when)]:
            killed = self._kill(key, rule["function"])
            if killed:
                self._kills.remove(rule)
                self._done.add(rule["id"])
                messages = [body for process in killed for body in process]
                facts = {"call": call, "when": when, "function": rule["function"], "processes": len(killed)}
                self._log(kind="killed", **facts, messages=messages)

    def _read(self) -> None:
        """Read the rules again if the file has changed; without the file there is no rule."""
        try:
            changed_at = self._rules_file.stat().st_mtime_ns
            if changed_at == self._read_at:
                return
            rules = json.loads(self._rules_file.read_text())
        except FileNotFoundError:
            changed_at, rules = 0, {}
        self._read_at = changed_at
        self._shares = {name: float(rules.get(name, 0)) for name in ("throttle", "lose")}
        self._kills = [rule for rule in rules.get("kill", ()) if rule["id"] not in self._done]

    def _log(self, **facts: Any) -> None:
        with self._log_file.open("a") as log:
            log.write(json.dumps({"at": time.time(), **facts}) + "\n")


def find_access_key(headers: Mapping[str, str]) -> str:
    """Return the access key of a request's signature, or nothing."""
    found = _KEY.search(headers.get("authorization", ""))
    return found[1] if found else ""


def find_bodies(event: Any) -> list[str]:
    """Return the bodies of the messages in an event from a queue; any other event has none."""
    records = event.get("Records", ()) if isinstance(event, dict) else ()
    return [record["body"] for record in records if isinstance(record.get("body"), str)]


def make_failure(code: str, message: str, status: int) -> HttpAnswer:
    """Return an error as DynamoDB words it."""
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}).encode()
    return status, {"Content-Type": "application/x-amz-json-1.0", "x-amzn-errortype": code}, body


def install(seam: Seam, runtime: ModuleType, dynamodb: ModuleType, sqs: ModuleType, folder: Path) -> None:
    """Put the disturbance before ministack's DynamoDB and SQS; `seam` is the launcher's, and ends on a moved name."""
    workers, credentials = seam(runtime, "_workers"), seam(runtime, "execution_credentials", ("config",))
    worker_class = seam(runtime, "Worker", ("func_name", "config", "code_zip"))
    invoke = seam(worker_class, "invoke", ("self", "event", "request_id"))

    def invoke_noted(worker: Any, event: Any, *rest: Any, **named: Any) -> Any:
        worker.messages = find_bodies(event)
        return invoke(worker, event, *rest, **named)

    worker_class.invoke = invoke_noted

    def kill(key: str, function: str) -> list[list[str]]:
        busy = [
            worker
            for pool in list(workers.values())
            for worker in list(pool)
            if worker.func_name == function
            and worker.in_use
            and worker._proc is not None  # noqa: SLF001 - a seam of ministack's that has no other way in
            and credentials(worker.config)["AWS_ACCESS_KEY_ID"] == key
        ]
        for worker in busy:
            worker._proc.kill()  # noqa: SLF001 - as above
        return [getattr(worker, "messages", []) for worker in busy]  # none: it had not begun yet

    disturbance = Disturbance(folder, kill, random.random)
    for module, faulty in ((dynamodb, True), (sqs, False)):
        original = seam(module, "handle_request", ("method", "path", "headers", "body", "query_params"))
        module.handle_request = _disturb(disturbance, original, faulty=faulty)  # type: ignore[attr-defined]  # seam() found it


def _disturb(disturbance: Disturbance, original: RequestHandler, *, faulty: bool) -> RequestHandler:
    async def handle(*arguments: Any) -> Any:
        return await disturbance.handle(original, arguments, faulty=faulty)

    return handle
