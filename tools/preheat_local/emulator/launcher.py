"""Start ministack, the AWS emulator, with the gaps closed that would make Preheat look better or worse than it is.

Run by path with the interpreter of ministack's own environment, so it imports nothing of preheat:

    .venv-local/bin/python tools/preheat_local/emulator/launcher.py

It adds the following to ministack, in the same process. It uses private names of one pinned version, so it checks each
of them first. If an upgrade moved one, it ends with a sentence instead of a wrong answer.

- EMF lines in a function's log become CloudWatch metrics, one datum for each metric, dimension set and value.
- `preheat_local.alarms` judges the alarms, because ministack ignores the dimensions of a datum.
- EventBridge Scheduler checks its schedules every second, not every ten.
- A function runs on the bare interpreter: a package that its layers lack is missing here as on Lambda. It refuses a
runtime other than this interpreter's.
- The simulated services put their events onto the default bus, as AWS's own do. Anybody may use a source that begins
  with `aws.`, because on loopback there is nobody else.
- A table of a template has its time to live, which ministack's CloudFormation drops.
- A template may have composite alarms, which ministack serves and its CloudFormation does not know.
- Functions may look at event source mappings and change them under the rights that AWS asks for (`mappings`).
- The simulated services ask here whether a role may make a call of theirs (`hosting_rights`).
- A simulation of a role's rights uses the context that its caller gives (`simulated_rights`).
- The root's key needs its secret: ministack asks for none, and takes any account number for the root of that account.
- A guard refuses web pages of other origins, other names of the host, and orders such as a reset (`guard`).
- A caller can make DynamoDB fail and functions die in the middle of a pass (`disturbance`); nothing fails unless asked.

It knows nothing of the stack on it. Everything it listens on is loopback.
"""

import inspect
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

# Ministack reads these at its import, unless the caller says otherwise: loopback, and only one server.
DEFAULTS = {"BIND_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0", "LAMBDA_EXECUTOR": "local"}
SWEEP_SECONDS = 1


class Datum(NamedTuple):
    """One value of one metric in one dimension set; `at` is a Unix time in seconds."""

    namespace: str
    name: str
    dimensions: dict[str, str]
    at: float
    unit: str
    value: float


def read_embedded_metrics(line: str) -> Iterator[Datum]:
    """Read one log line; yield a datum for each metric, dimension set and value that it embeds, or nothing.

    A line that is no EMF document yields nothing. As in CloudWatch, an absent metric or dimension and a value that is
    no finite number yield nothing either.
    """
    if '"_aws"' not in line:
        return
    try:
        document = json.loads(line)
        milliseconds, directives = document["_aws"]["Timestamp"], document["_aws"]["CloudWatchMetrics"]
        for directive in directives:
            for keys in directive.get("Dimensions", [[]]):
                if not all(key in document for key in keys):
                    continue
                dimensions = {key: str(document[key]) for key in keys}
                for metric in directive["Metrics"]:
                    found = document.get(metric["Name"], [])
                    for value in found if isinstance(found, list) else [found]:
                        if isinstance(value, int | float) and math.isfinite(value):
                            unit = metric.get("Unit", "None")
                            yield Datum(
                                directive["Namespace"], metric["Name"], dimensions, milliseconds / 1000, unit, value
                            )
    except (ValueError, KeyError, TypeError, AttributeError):
        return


def find_seam(module: ModuleType, name: str, parameters: tuple[str, ...] | None = None) -> Any:
    """Return a private name of ministack, or end the program with a sentence if it is not what it was.

    `parameters`: the names that a function must begin its parameters with; None for a value.
    """
    found = getattr(module, name, None)
    known = found is not None
    if callable(found) and parameters is not None:
        known = tuple(inspect.signature(found).parameters)[: len(parameters)] == parameters
    if not known:
        sys.exit(
            f"launcher: this ministack has no {module.__name__}.{name} as version 1.5.33 has it; adapt launcher.py"
        )
    return found


def record_embedded_metrics(lambda_service: ModuleType, cloudwatch: ModuleType) -> None:
    """Store the metrics that a function's log lines embed, then let ministack write the log."""
    write_logs = find_seam(lambda_service, "_emit_lambda_logs", ("func", "request_id", "log_text"))
    names = ("namespace", "name", "dims", "ts", "unit", "value", "values", "counts", "stat_values")
    store = find_seam(cloudwatch, "_store_datum", names)

    def write_logs_and_metrics(
        func: Mapping[str, Any], request_id: str, log_text: str, *rest: Any, **named: Any
    ) -> None:
        for line in (log_text or "").splitlines():
            for datum in read_embedded_metrics(line):
                store(*datum, None, None, None)
        write_logs(func, request_id, log_text, *rest, **named)

    lambda_service._emit_lambda_logs = write_logs_and_metrics  # type: ignore[attr-defined]  # noqa: SLF001 - seam() found it


def leave_alarms_to_others(cloudwatch: ModuleType) -> None:
    """Keep ministack from judging an alarm at each new datum. SetAlarmState notifies topics and parents as before."""
    find_seam(cloudwatch, "_evaluate_alarm", ("alarm",))
    cloudwatch._evaluate_alarm = lambda alarm: None  # type: ignore[attr-defined]  # noqa: ARG005, SLF001 - seam() found it


def sweep_schedules_every_second(scheduler: ModuleType) -> None:
    """Make a schedule fire within a second of its time."""
    find_seam(scheduler, "_SCHEDULE_TICK_INTERVAL")
    scheduler._SCHEDULE_TICK_INTERVAL = SWEEP_SECONDS  # type: ignore[attr-defined]  # noqa: SLF001 - seam() found it


def run_functions_on_the_bare_interpreter(runtime: ModuleType) -> None:
    """Keep ministack's own packages out of the functions, and refuse a runtime that this interpreter is not."""
    detect = find_seam(runtime, "_detect_runtime_binary", ("runtime",))
    here = f"python{sys.version_info.major}.{sys.version_info.minor}"
    # Outside any virtual environment: the interpreter behind this one.
    bare = str(getattr(sys, "_base_executable", sys.executable))

    def interpreter_for(name: str) -> tuple[str, str]:
        if name != here:
            raise RuntimeError(f"the function asks for {name} and the local AWS runs {here}")
        return bare, detect(name)[1]

    runtime._detect_runtime_binary = interpreter_for  # type: ignore[attr-defined]  # noqa: SLF001 - seam() found it


def count_loopback_as_encrypted(evaluator: ModuleType) -> None:
    """Answer the condition key aws:SecureTransport with true; every other key as ministack has it."""
    resolve = find_seam(evaluator, "_resolve_condition_key", ("key", "ctx"))

    def resolve_here(key: str, ctx: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else resolve(key, ctx)

    evaluator._resolve_condition_key = resolve_here  # type: ignore[attr-defined]  # noqa: SLF001 - seam() found it


def check_the_signature_of_the_root(evaluator: ModuleType, app: ModuleType) -> None:
    """Check the signature of the root too: ministack takes its key alone, and any account number as a key."""
    is_root = find_seam(evaluator, "_is_root_key", ("access_key_id",))
    pin = find_seam(app, "pin_signed_request", ("method", "raw_path", "query_params", "raw_headers"))
    pinning: ContextVar[bool] = ContextVar("pinning", default=False)

    def is_exempt(access_key_id: str) -> Any:
        return is_root(access_key_id) and not (pinning.get() and access_key_id)

    def pin_every_key(*arguments: Any, **named: Any) -> None:
        token = pinning.set(True)
        try:
            pin(*arguments, **named)
        finally:
            pinning.reset(token)

    evaluator._is_root_key = is_exempt  # type: ignore[attr-defined]  # noqa: SLF001 - seam() found it
    app.pin_signed_request = pin_every_key  # type: ignore[attr-defined]  # as above


def let_services_put_events(eventbridge: ModuleType) -> None:
    """Let PutEvents take events whose source is a service of AWS's, which the simulators here stand in for."""
    put = find_seam(eventbridge, "_put_events", ("data", "allow_aws_source"))

    def put_all(data: Any, *_: Any, **__: Any) -> Any:
        return put(data, allow_aws_source=True)

    eventbridge._put_events = put_all  # type: ignore[attr-defined]  # noqa: SLF001 - seam() found it


def take_concurrency_as_a_number(provisioners: ModuleType) -> None:
    """Hand ScalingConfig to ministack's event source mappings as CloudFormation would: with numbers in it."""
    handlers = find_seam(provisioners, "_RESOURCE_HANDLERS")["AWS::Lambda::EventSourceMapping"]

    def add_types(handler: Callable[..., Any]) -> Callable[..., Any]:
        def handle(*arguments: Any, **named: Any) -> Any:
            return handler(
                *map(_convert_numbers, arguments), **{key: _convert_numbers(value) for key, value in named.items()}
            )

        return handle

    for step in ("create", "update"):
        handlers[step] = add_types(handlers[step])


def take_composite_alarms(provisioners: ModuleType, cloudwatch: ModuleType) -> None:
    """Teach ministack's CloudFormation the composite alarms that its CloudWatch has."""
    handlers = find_seam(provisioners, "_RESOURCE_HANDLERS")
    put = find_seam(cloudwatch, "_put_composite_alarm")
    delete = find_seam(cloudwatch, "_delete_alarms")

    def create(logical_id: str, properties: Mapping[str, Any], stack_name: str) -> tuple[str, dict[str, str]]:
        name = properties.get("AlarmName") or f"{stack_name}-{logical_id}"
        put({}, {**properties, "AlarmName": name}, False, True)
        return name, {}

    def update(name: str, _old: Any, new: Mapping[str, Any], stack_name: str) -> tuple[str, dict[str, str]]:
        return create(name, {**new, "AlarmName": name}, stack_name)

    def remove(name: str, _properties: Any) -> None:
        delete({}, {"AlarmNames": [name]}, False, True)

    handlers.setdefault("AWS::CloudWatch::CompositeAlarm", {"create": create, "update": update, "delete": remove})


def give_items_their_life(provisioners: ModuleType, dynamodb: ModuleType) -> None:
    """Turn on the time to live that a template gives a new table: ministack's CloudFormation drops it."""
    handlers = find_seam(provisioners, "_RESOURCE_HANDLERS")["AWS::DynamoDB::Table"]
    set_life = find_seam(dynamodb, "_update_ttl", ("data",))
    create = handlers["create"]

    def create_here(logical_id: str, properties: Mapping[str, Any], stack_name: str) -> Any:
        made = create(logical_id, properties, stack_name)
        life = properties.get("TimeToLiveSpecification")
        if life:
            enabled = str(life.get("Enabled")).lower() == "true"
            set_life({"TableName": made[0], "TimeToLiveSpecification": {**life, "Enabled": enabled}})
        return made

    handlers["create"] = create_here


def _convert_numbers(argument: Any) -> Any:
    scaling = argument.get("ScalingConfig") if isinstance(argument, dict) else None
    if not scaling:
        return argument
    return {**argument, "ScalingConfig": {key: int(value) for key, value in scaling.items()}}


def main() -> None:
    """Serve until a signal ends the process; the port is GATEWAY_PORT."""
    os.environ.update(DEFAULTS | os.environ)
    import disturbance  # type: ignore[import-not-found]  # noqa: PLC0415 - the file beside this one, run by path
    import guard  # type: ignore[import-not-found]  # noqa: PLC0415 - as above
    import hosting_rights  # type: ignore[import-not-found]  # noqa: PLC0415 - as above
    import mappings  # type: ignore[import-not-found]  # noqa: PLC0415 - as above
    import simulated_rights  # type: ignore[import-not-found]  # noqa: PLC0415 - as above
    from ministack import app  # noqa: PLC0415 - the tests import this file where ministack is not installed
    from ministack.core import iam_actions, iam_evaluator, lambda_runtime  # noqa: PLC0415 - as above
    from ministack.services import cloudwatch, dynamodb, eventbridge, iam, lambda_svc, scheduler, sqs  # noqa: PLC0415 - as above
    from ministack.services.cloudformation import provisioners  # noqa: PLC0415 - as above

    record_embedded_metrics(lambda_svc, cloudwatch)
    leave_alarms_to_others(cloudwatch)
    sweep_schedules_every_second(scheduler)
    run_functions_on_the_bare_interpreter(lambda_runtime)
    take_concurrency_as_a_number(provisioners)
    take_composite_alarms(provisioners, cloudwatch)
    give_items_their_life(provisioners, dynamodb)
    count_loopback_as_encrypted(iam_evaluator)
    mappings.install(find_seam, iam_actions, iam_evaluator, lambda_svc)
    simulated_rights.install(find_seam, iam, iam_evaluator)
    check_the_signature_of_the_root(iam_evaluator, app)
    let_services_put_events(eventbridge)
    judge = hosting_rights.make_judge(find_seam, iam_evaluator)
    served = find_seam(app, "app", ("scope", "receive", "send"))
    desk = hosting_rights.RightsDesk(served, judge, os.environ.get("AWS_SECRET_ACCESS_KEY", "test"))
    app.app = guard.Guard(desk)  # the outermost: nothing passes it by
    disturbance.install(find_seam, lambda_runtime, dynamodb, sqs, Path.cwd())
    app.main()


if __name__ == "__main__":
    main()
