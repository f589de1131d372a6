"""Owns the controls under `/_simulator/`: one function each, JSON in and JSON out. Knows no HTTP framework.

The field `service` names the service that a control is about; the default is Lookout for Vision.
Wrong input raises ValueError that names the field; an absent model, or the refusal of a person, raises
ServiceError.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from preheat.domain.plan.plan import Backend
from preheat_simulator.core.answering import Answering
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.core.status import Operation
from preheat_simulator.http import shown
from preheat_simulator.http.fields import JsonFields
from preheat_simulator.http.options import HttpSimulator, read_model

type Control = Callable[[HttpSimulator, JsonFields], Any]


def _health(_: HttpSimulator, given: JsonFields) -> dict[str, str]:
    given.finish()
    return {"status": "ok"}


def _state(simulator: HttpSimulator, given: JsonFields) -> Any:
    service = _service(simulator, given)
    given.finish()
    return shown.show_state(simulator, service)


def _add_project(simulator: HttpSimulator, given: JsonFields) -> Any:
    # One rule for names, whichever way they come in.
    service = _service(simulator, given)
    _, project, _ = read_model(f"{given.text('project')}/1", service.words.backend)
    given.finish()
    service.add_project(project)
    return [each.name for each in service.projects()]


def _add_model(simulator: HttpSimulator, given: JsonFields) -> Any:
    service = _service(simulator, given)
    project, version = _model(given, service)
    status = given.text_or_none("status")
    start, stop = given.latency("start_latency"), given.latency("stop_latency")
    given.finish()
    service.add_model(project, version, status, start_latency=start, stop_latency=stop)
    return _one(service, project, version)


def _latency(simulator: HttpSimulator, given: JsonFields) -> Any:
    start, stop = given.latency("start"), given.latency("stop")
    service = _service(simulator, given)
    if given.has("project") or given.has("version"):
        project, version = _model(given, service)
        given.finish()
        service.set_latency(project, version, start, stop)
        return _one(service, project, version)
    given.finish()
    service.start_latency, service.stop_latency = start or service.start_latency, stop or service.stop_latency
    return shown.show_latency(service)


def _time(simulator: HttpSimulator, given: JsonFields) -> Any:
    scale, advance = given.number("scale"), given.seconds("advance_seconds")
    given.finish()
    if scale is not None:
        simulator.clock.set_scale(scale)
    if advance is not None:
        simulator.clock.advance(advance)
    return shown.show_time(simulator)


def _faults(simulator: HttpSimulator, given: JsonFields) -> Any:
    service = _service(simulator, given)
    given.finish()
    return shown.show_faults(service)


def _add_fault(simulator: HttpSimulator, given: JsonFields) -> Any:
    service = _service(simulator, given)
    fault = InjectedFault(
        kind=given.choice("kind", FaultKind),
        operation=given.choice("operation", Operation) if given.text_or_none("operation") else None,
        project=given.text_or_none("project"),
        version=given.text_or_none("version"),
        times=given.whole("times"),
        probability=given.number("probability"),
        skip=given.whole("skip", 0) or 0,
        after=given.seconds("after_seconds"),
        lasts=_lasts(given),
        retry_after_seconds=given.whole("retry_after_seconds"),
    )
    given.finish()
    service.inject(fault)
    return shown.show_faults(service)


def _clear_faults(simulator: HttpSimulator, given: JsonFields) -> Any:
    service = _service(simulator, given)
    given.finish()
    service.faults.clear()
    return shown.show_faults(service)


def _person_starts(simulator: HttpSimulator, given: JsonFields) -> Any:
    service = _service(simulator, given)
    project, version = _model(given, service)
    units = given.whole("units", 1)
    given.finish()
    if units is None or units < 1:
        raise ValueError(f"units: {units} is not accepted, it takes a whole number from 1")
    service.person_starts(project, version, units)
    return _one(service, project, version)


def _person_stops(simulator: HttpSimulator, given: JsonFields) -> Any:
    service = _service(simulator, given)
    project, version = _model(given, service)
    given.finish()
    service.person_stops(project, version)
    return _one(service, project, version)


def _delete(simulator: HttpSimulator, given: JsonFields) -> Any:
    service = _service(simulator, given)
    project, version = _model(given, service)
    given.finish()
    service.delete(project, version)
    return {"deleted": f"{project}/{version}"}


def _set_status(simulator: HttpSimulator, given: JsonFields) -> Any:
    service = _service(simulator, given)
    project, version = _model(given, service)
    status = given.text("status")
    given.finish()
    service.set_status(project, version, status)
    return _one(service, project, version)


def _update(simulator: HttpSimulator, given: JsonFields) -> Any:
    service = _service(simulator, given)
    project, version = _model(given, service)
    lasts = _lasts(given)
    given.finish()
    service.system_update(project, version, lasts)
    return _one(service, project, version)


def _switches(simulator: HttpSimulator, given: JsonFields) -> Any:
    service = _service(simulator, given)
    service.switches = service.switches.change(
        {name: value for name, value in given.texts().items() if name != "service"}
    )
    return service.switches.format()


def _limits(simulator: HttpSimulator, given: JsonFields) -> Any:
    service = _service(simulator, given)
    old = service.limits
    price = given.number("usd_per_unit_hour")
    new = AccountLimits(
        calls_per_second=given.number("calls_per_second", old.calls_per_second),
        list_lag=given.seconds("list_lag_seconds", old.list_lag) or timedelta(0),
        usd_per_unit_hour=old.usd_per_unit_hour if price is None else Decimal(str(price)),
        **{
            field.name: given.whole(field.name, getattr(old, field.name))
            for field in fields(AccountLimits)
            if field.name.startswith("max_")
        },
    )
    given.finish()
    service.limits = new
    return shown.show_limits(new)


def _calls(simulator: HttpSimulator, given: JsonFields) -> Any:
    service = _service(simulator, given)
    wanted = {name: given.text_or_none(name) for name in ("operation", "project", "version", "token", "by", "answer")}
    changed = given.text_or_none("changed_state")
    given.finish()
    if changed not in {None, "true", "false"}:
        raise ValueError(f"changed_state: {changed!r} is not accepted, it takes true or false")
    entries = [
        call
        for call in service.call_log
        if all(value is None or getattr(call, name) == value for name, value in wanted.items())
        and (changed is None or call.changed_state == (changed == "true"))
    ]
    return shown.show_calls(service, entries)


def _bill(simulator: HttpSimulator, given: JsonFields) -> Any:
    service = _service(simulator, given)
    given.finish()
    return shown.show_bill(service)


def _reset(simulator: HttpSimulator, given: JsonFields) -> Any:
    given.finish()
    simulator.reset()
    return shown.show_state(simulator, simulator.service)


def _lasts(given: JsonFields) -> timedelta:
    lasts = given.seconds("lasts_seconds")
    return timedelta(minutes=10) if lasts is None else lasts


def _service(simulator: HttpSimulator, given: JsonFields) -> Answering:
    return simulator.services[given.choice("service", Backend, Backend.LOOKOUT_VISION)]


def _model(given: JsonFields, service: Answering) -> tuple[str, str]:
    _, project, version = read_model(f"{given.text('project')}/{given.text('version')}", service.words.backend)
    return project, version


def _one(service: Answering, project: str, version: str) -> Mapping[str, Any]:
    models = shown.show_models(service)
    return next(model for model in models if (model["project"], model["version"]) == (project, version))


def _show_switches(simulator: HttpSimulator, given: JsonFields) -> Any:
    service = _service(simulator, given)
    given.finish()
    return service.switches.format()


CONTROLS: Final[dict[tuple[str, str], Control]] = {
    ("GET", "health"): _health,
    ("GET", "state"): _state,
    ("POST", "projects"): _add_project,
    ("POST", "models"): _add_model,
    ("GET", "latency"): lambda simulator, given: shown.show_latency(_service(simulator, given)),
    ("POST", "latency"): _latency,
    ("GET", "time"): lambda simulator, _: shown.show_time(simulator),
    ("POST", "time"): _time,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "person/start"): _person_starts,
    ("POST", "person/stop"): _person_stops,
    ("POST", "delete"): _delete,
    ("POST", "status"): _set_status,
    ("POST", "update"): _update,
    ("GET", "switches"): _show_switches,
    ("POST", "switches"): _switches,
    ("GET", "limits"): lambda simulator, given: shown.show_limits(_service(simulator, given).limits),
    ("POST", "limits"): _limits,
    ("GET", "calls"): _calls,
    ("GET", "bill"): _bill,
    ("POST", "reset"): _reset,
}
"""Each control by method and path below `/_simulator/`; a GET's fields are its query."""
