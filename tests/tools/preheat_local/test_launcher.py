"""The launcher's additions to ministack, as far as they show without ministack."""

import json
import sys
from types import ModuleType
from typing import Any

import pytest

from preheat_local.emulator import launcher
from preheat_local.emulator.launcher import Datum, find_seam, read_embedded_metrics

AT_MILLISECONDS = 1_795_500_000_123


def emf(dimensions: list[list[str]], metrics: list[dict[str, str]], **fields: Any) -> str:
    directive = {"Namespace": "Preheat", "Dimensions": dimensions, "Metrics": metrics}
    return json.dumps({"_aws": {"Timestamp": AT_MILLISECONDS, "CloudWatchMetrics": [directive]}, **fields})


def test_each_metric_dimension_set_and_value_is_one_datum() -> None:
    line = emf(
        [["service"], ["service", "schedule"]],
        [{"Name": "TimeToHosted", "Unit": "Seconds"}, {"Name": "StartsOnTime"}],
        service="preheat",
        schedule="day",
        TimeToHosted=[12.5, 13],
        StartsOnTime=1,
        model_id="weld-seams",
    )
    one, two = {"service": "preheat"}, {"service": "preheat", "schedule": "day"}
    at = AT_MILLISECONDS / 1000
    assert list(read_embedded_metrics(line)) == [
        Datum("Preheat", name, dimensions, at, unit, value)
        for dimensions in (one, two)
        for name, unit, value in (
            ("TimeToHosted", "Seconds", 12.5),
            ("TimeToHosted", "Seconds", 13),
            ("StartsOnTime", "None", 1),
        )
    ]


def test_a_metric_with_no_dimensions_is_a_datum_of_its_own() -> None:
    assert [datum.dimensions for datum in read_embedded_metrics(emf([[]], [{"Name": "Late"}], Late=0))] == [{}]


@pytest.mark.parametrize(
    "line",
    [
        "START RequestId: 1",
        '{"message": "reconciled"}',
        '{"_aws": "cut off',
        '{"_aws": {"Timestamp": 1}}',
        '{"_aws": null}',
        '["_aws"]',
        emf([["service"]], [{"Name": "Late"}], service="preheat"),
        emf([["service"]], [{"Name": "Late"}], Late=1),
        emf([["service"]], [{"Name": "Late"}], service="preheat", Late="soon"),
        emf([["service"]], [{"Name": "Late"}], service="preheat", Late=float("nan")),
    ],
)
def test_a_line_that_embeds_no_whole_metric_yields_nothing(line: str) -> None:
    assert list(read_embedded_metrics(line)) == []


def a_module(**names: Any) -> ModuleType:
    module = ModuleType("ministack.services.cloudwatch")
    module.__dict__.update(names)
    return module


def test_a_seam_that_is_as_it_was_is_handed_out() -> None:
    def store(namespace: str, name: str, extra: int = 0) -> None: ...

    assert find_seam(a_module(store=store), "store", ("namespace", "name")) is store
    assert find_seam(a_module(interval=0), "interval") == 0


def test_a_seam_that_moved_ends_the_launcher_with_its_name() -> None:
    def store(name: str, namespace: str) -> None: ...

    with pytest.raises(SystemExit, match=r"no ministack\.services\.cloudwatch\.store as version"):
        find_seam(a_module(store=store), "store", ("namespace", "name"))
    with pytest.raises(SystemExit, match="gone"):
        find_seam(a_module(), "gone")


def test_a_function_of_another_runtime_is_refused() -> None:
    def detect(runtime: str) -> tuple[str, str]:
        return "/venv/bin/python", f"the worker of {runtime}"

    runtime = a_module(_detect_runtime_binary=detect)
    launcher.run_functions_on_the_bare_interpreter(runtime)
    here = f"python{sys.version_info.major}.{sys.version_info.minor}"
    interpreter, worker = runtime._detect_runtime_binary(here)
    assert interpreter == sys._base_executable  # type: ignore[attr-defined]  # CPython's, and the whole point
    assert worker == f"the worker of {here}"
    with pytest.raises(RuntimeError, match=r"asks for python3\.12"):
        runtime._detect_runtime_binary("python3.12")


def test_concurrency_from_a_parameter_becomes_a_number() -> None:
    seen: list[Any] = []

    def create(logical_id: str, props: dict[str, Any], stack_name: str) -> str:
        seen.append(props)
        return logical_id

    handlers = {"AWS::Lambda::EventSourceMapping": {"create": create, "update": create, "delete": create}}
    launcher.take_concurrency_as_a_number(a_module(_RESOURCE_HANDLERS=handlers))
    mapping = handlers["AWS::Lambda::EventSourceMapping"]
    given = {"BatchSize": 1, "ScalingConfig": {"MaximumConcurrency": "5"}}
    assert mapping["create"]("Work", given, "preheat") == "Work"
    mapping["update"]("Work", {"BatchSize": 1}, "preheat")
    assert seen == [{"BatchSize": 1, "ScalingConfig": {"MaximumConcurrency": 5}}, {"BatchSize": 1}]


def test_loopback_answers_for_encrypted_transport_and_for_nothing_else() -> None:
    def resolve(key: str, ctx: str) -> str:
        return f"{key} of {ctx}"

    evaluator = a_module(_resolve_condition_key=resolve)
    launcher.count_loopback_as_encrypted(evaluator)
    assert evaluator._resolve_condition_key("aws:SecureTransport", "call") == "true"
    assert evaluator._resolve_condition_key("aws:SourceArn", "call") == "aws:SourceArn of call"
