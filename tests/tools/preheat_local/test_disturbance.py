"""Deliberate faults inside the local AWS, as far as they show without ministack."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from preheat_local.emulator.disturbance import LOG, RULES, Disturbance, find_access_key, install
from preheat_local.emulator.launcher import find_seam

FUNCTION, ROOT, MESSAGE = "ASIA0123", "test", '{"model_id": "line-1"}'
DONE: tuple[int, dict[str, str], bytes] = (200, {}, b"done")


class DisturbanceBench:
    """A disturbance over a service that only notes its calls."""

    def __init__(self, folder: Path, drawn: float = 0.5) -> None:
        self.folder = folder
        self.served: list[str] = []
        self.killed: list[tuple[str, str, int]] = []
        self.running = 1
        self.disturbance = Disturbance(folder, self.kill, lambda: drawn)

    def kill(self, key: str, function: str) -> list[list[str]]:
        if self.running:
            self.killed.append((key, function, len(self.served)))
        return [[MESSAGE]] * self.running

    async def serve(self, _method: str, _path: str, headers: dict[str, str], *_rest: Any) -> Any:
        self.served.append(headers["x-amz-target"].rpartition(".")[2])
        return DONE

    def rules(self, **rules: Any) -> None:
        path = self.folder / RULES
        path.write_text(json.dumps(rules))
        os.utime(path, ns=(1, path.stat().st_mtime_ns + 1_000))

    def call(self, call: str, *, key: str = FUNCTION, faulty: bool = True) -> Any:
        signed = f"AWS4-HMAC-SHA256 Credential={key}/20261124/eu-central-1/dynamodb/aws4_request, SignedHeaders=host"
        headers = {"x-amz-target": f"DynamoDB_20120810.{call}", "authorization": signed}
        return asyncio.run(self.disturbance.handle(self.serve, ("POST", "/", headers, b"{}", {}), faulty=faulty))

    def log(self) -> list[dict[str, Any]]:
        path = self.folder / LOG
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def bench(tmp_path: Path) -> DisturbanceBench:
    return DisturbanceBench(tmp_path)


def test_without_rules_nothing_happens(bench: DisturbanceBench) -> None:
    assert bench.call("GetItem") == DONE
    assert (bench.served, bench.log()) == (["GetItem"], [])


def test_a_throttled_call_has_no_effect(bench: DisturbanceBench) -> None:
    bench.rules(throttle=0.6)
    status, headers, body = bench.call("TransactWriteItems")
    assert (status, headers["x-amzn-errortype"]) == (400, "ThrottlingException")
    assert json.loads(body)["__type"].endswith("#ThrottlingException")
    assert bench.served == []
    assert [each["kind"] for each in bench.log()] == ["throttled"]


def test_a_lost_answer_had_its_effect(bench: DisturbanceBench) -> None:
    bench.rules(throttle=0.1, lose=0.6)
    assert bench.call("PutItem")[0] == 500
    assert bench.served == ["PutItem"]
    assert [each["kind"] for each in bench.log()] == ["answer lost"]


@pytest.mark.parametrize(
    "call", [{"call": "DescribeTable"}, {"call": "GetItem", "key": ROOT}, {"call": "GetItem", "faulty": False}]
)
def test_only_data_calls_of_functions_to_dynamodb_are_hit(bench: DisturbanceBench, call: dict[str, Any]) -> None:
    bench.rules(throttle=1.0)
    assert bench.call(**call) == DONE


def test_a_share_that_is_not_drawn_lets_the_call_pass(tmp_path: Path) -> None:
    bench = DisturbanceBench(tmp_path, drawn=0.9)
    bench.rules(throttle=0.5, lose=0.3)
    assert bench.call("GetItem") == DONE


@pytest.mark.parametrize(("when", "served_before"), [("before", 0), ("after", 1)])
def test_a_process_is_killed_once_at_its_point(bench: DisturbanceBench, when: str, served_before: int) -> None:
    kill = {"id": "1", "function": "reconcile", "call": "PutItem", "when": when}
    bench.rules(kill=[kill])
    bench.call("GetItem")
    bench.served.clear()
    bench.call("PutItem")
    bench.rules(throttle=0.0, kill=[kill])
    bench.call("PutItem")
    assert bench.killed == [(FUNCTION, "reconcile", served_before)]
    (killed,) = bench.log()
    assert (killed["kind"], killed["call"], killed["when"]) == ("killed", "PutItem", when)
    assert (killed["processes"], killed["messages"]) == (1, [MESSAGE])


def test_a_kill_that_found_nobody_waits_for_the_next_call(bench: DisturbanceBench) -> None:
    bench.rules(kill=[{"id": "1", "function": "reconcile", "call": "PutItem", "when": "before"}])
    bench.running = 0
    bench.call("PutItem")
    bench.running = 1
    bench.call("PutItem")
    assert len(bench.killed) == 1


def test_rules_that_are_taken_away_do_nothing_any_more(bench: DisturbanceBench) -> None:
    bench.rules(throttle=1.0)
    assert bench.call("GetItem")[0] == 400
    (bench.folder / RULES).unlink()
    assert bench.call("GetItem") == DONE


def test_a_call_that_nobody_signed_has_no_key() -> None:
    assert find_access_key({}) == ""


class Process:
    def __init__(self) -> None:
        self.alive = True

    def kill(self) -> None:
        self.alive = False


class Worker:
    def __init__(self, func_name: str, config: dict[str, str], code_zip: bytes, *, in_use: bool = True) -> None:
        self.func_name, self.config, self.code_zip, self.in_use = func_name, config, code_zip, in_use
        self._proc, self.invoked = Process(), list[str]()

    def invoke(self, event: Any, request_id: str) -> None:
        self.invoked.append(request_id)


@pytest.fixture(autouse=True)
def _worker_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take back what `install` puts before the class's `invoke`."""
    monkeypatch.setattr(Worker, "invoke", Worker.invoke)


def ministack(handle: Callable[..., Any], *workers: Worker) -> tuple[ModuleType, ModuleType, ModuleType]:
    def execution_credentials(config: dict[str, str]) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": config["key"]}

    modules = tuple(ModuleType(f"ministack.{name}") for name in ("core.lambda_runtime", "dynamodb", "sqs"))
    runtime, dynamodb, sqs = modules
    runtime.__dict__.update(
        _workers={"pool": list(workers)}, execution_credentials=execution_credentials, Worker=Worker
    )
    dynamodb.__dict__["handle_request"] = handle
    sqs.__dict__["handle_request"] = handle
    return runtime, dynamodb, sqs


def test_only_busy_processes_of_the_named_function_are_killed(tmp_path: Path) -> None:
    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        return DONE

    busy = Worker("reconcile", {"key": FUNCTION}, b"")
    idle = Worker("reconcile", {"key": FUNCTION}, b"", in_use=False)
    other = Worker("tick", {"key": FUNCTION}, b"")
    foreign = Worker("reconcile", {"key": "ASIA9999"}, b"")
    runtime, dynamodb, sqs = ministack(handle_request, busy, idle, other, foreign)
    install(find_seam, runtime, dynamodb, sqs, tmp_path)
    busy.invoke({"Records": [{"body": MESSAGE}]}, "request-1")
    other.invoke({"scheduled": True}, "request-2")
    kill = {"id": "1", "function": "reconcile", "call": "SendMessage", "when": "after"}
    (tmp_path / RULES).write_text(json.dumps({"kill": [kill]}))
    headers = {"x-amz-target": "AmazonSQS.SendMessage", "authorization": f"Credential={FUNCTION}/x"}
    assert asyncio.run(sqs.handle_request("POST", "/", headers, b"", {})) == DONE
    assert [worker._proc.alive for worker in (busy, idle, other, foreign)] == [False, True, True, True]
    assert busy.invoked == ["request-1"]
    (killed,) = (json.loads(line) for line in (tmp_path / LOG).read_text().splitlines())
    assert (killed["processes"], killed["messages"]) == (1, [MESSAGE])


def test_a_service_whose_entry_moved_ends_the_launcher(tmp_path: Path) -> None:
    def handle_request(request: Any) -> None: ...

    with pytest.raises(SystemExit, match=r"dynamodb\.handle_request"):
        install(find_seam, *ministack(handle_request), tmp_path)
