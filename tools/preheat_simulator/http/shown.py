"""Owns the JSON form of the simulator's inside: instants in ISO 8601, durations in seconds, money as text."""

from datetime import timedelta
from typing import Any

from preheat_simulator.core.answering import Answering
from preheat_simulator.core.billing import Bill
from preheat_simulator.core.calls import LoggedCall
from preheat_simulator.core.faults import InjectedFault
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.http.options import HttpSimulator

type JsonObject = dict[str, Any]


def show_state(simulator: HttpSimulator, service: Answering) -> JsonObject:
    """Return everything of one service at a glance: time, models, settings, faults that wait."""
    return {
        "time": show_time(simulator),
        "service": service.words.backend.value,
        "projects": [project.name for project in service.projects()],
        "models": show_models(service),
        "latency": show_latency(service),
        "switches": service.switches.format(),
        "limits": show_limits(service.limits),
        "faults": show_faults(service),
    }


def show_models(service: Answering) -> list[JsonObject]:
    """Return every model, its statuses in the service's words."""
    return [
        {
            "project": model.project,
            "version": model.version,
            "status": model.word,
            "min_units": model.min_units,
            "max_units": model.max_units,
            "start_latency": str(service.latencies(model.project, model.version)[0]),
            "stop_latency": str(service.latencies(model.project, model.version)[1]),
            "history": [
                {"at": at.isoformat(), "status": service.words.show(status)}
                for at, status in service.history(model.project, model.version)
            ],
        }
        for model in service.models()
    ]


def show_time(simulator: HttpSimulator) -> JsonObject:
    """Return the clock."""
    return {"now": simulator.clock.now().isoformat(), "scale": simulator.clock.scale}


def show_latency(service: Answering) -> JsonObject:
    """Return the latencies of models that have none of their own."""
    return {"start": str(service.start_latency), "stop": str(service.stop_latency)}


def show_limits(limits: AccountLimits) -> JsonObject:
    """Return the account's limits."""
    return {
        "calls_per_second": limits.calls_per_second,
        "max_units_per_model": limits.max_units_per_model,
        "max_hosted_models": limits.max_hosted_models,
        "max_units": limits.max_units,
        "list_lag_seconds": limits.list_lag.total_seconds(),
        "usd_per_unit_hour": str(limits.usd_per_unit_hour),
    }


def show_faults(service: Answering) -> list[JsonObject]:
    """Return the faults that wait, each with how many calls it may still hit (null: without end)."""
    return [_fault(fault) | {"left": left} for fault, left in service.faults.list_armed()]


def _fault(fault: InjectedFault) -> JsonObject:
    return {
        "kind": fault.kind.value,
        "operation": fault.operation.value if fault.operation else None,
        "project": fault.project,
        "version": fault.version,
        "probability": fault.probability,
        "skip": fault.skip,
        "after_seconds": _seconds(fault.after),
        "lasts_seconds": _seconds(fault.lasts),
        "retry_after_seconds": fault.retry_after_seconds,
    }


def show_calls(service: Answering, entries: list[LoggedCall]) -> JsonObject:
    """Return some entries of the call log and the counts over all of it."""
    log = service.call_log
    return {
        "made": {operation.value: log.count_made(operation) for operation in service.words.operations},
        "changed_state": {
            operation.value: log.count_changes(operation) for operation in (service.words.start, service.words.stop)
        },
        "calls": [_call(call) for call in entries],
    }


def _call(call: LoggedCall) -> JsonObject:
    return {
        "at": call.at.isoformat(),
        "operation": call.operation.value,
        "project": call.project,
        "version": call.version,
        "token": call.token,
        "by": call.by,
        "invocation_id": call.invocation_id,
        "attempt": call.attempt,
        "answer": call.answer,
        "http_status": call.http_status,
        "changed_state": call.changed_state,
        "replayed": call.replayed,
        "fault": call.fault,
    }


def show_bill(service: Answering) -> JsonObject:
    """Return each model's bill and the sum."""
    bills = service.bill()
    return {
        "usd_per_unit_hour": str(service.limits.usd_per_unit_hour),
        "models": {name: _bill(each) for name, each in bills.items()},
        "unit_seconds": sum(each.unit_seconds for each in bills.values()),
        "usd": str(sum(each.usd for each in bills.values())),
        "usd_by_the_minute": str(sum(each.usd_by_the_minute for each in bills.values())),
    }


def _bill(bill: Bill) -> JsonObject:
    return {
        "intervals": [
            {"from": each.begin.isoformat(), "to": each.end.isoformat() if each.end else None, "units": each.units}
            for each in bill.intervals
        ],
        "unit_seconds": bill.unit_seconds,
        "unit_minutes": bill.unit_minutes,
        "usd": str(bill.usd),
        "usd_by_the_minute": str(bill.usd_by_the_minute),
    }


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()
