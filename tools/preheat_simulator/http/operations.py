"""Owns the step between the wire and the service, per operation: members in, one call, members out. Knows no HTTP."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from preheat_simulator.core.calls import Caller
from preheat_simulator.core.status import Operation
from preheat_simulator.core.views import ModelView, ProjectView
from preheat_simulator.lookout import LookoutService

type ResponseMembers = dict[str, Any]
type LookoutHandler = Callable[[LookoutService, Mapping[str, Any], Caller], ResponseMembers]


def _start_model(service: LookoutService, given: Mapping[str, Any], caller: Caller) -> ResponseMembers:
    status = service.start_model(
        given["ProjectName"],
        given["ModelVersion"],
        given["MinInferenceUnits"],
        given.get("MaxInferenceUnits"),
        given.get("ClientToken"),
        caller=caller,
    )
    return {"Status": status.value}


def _stop_model(service: LookoutService, given: Mapping[str, Any], caller: Caller) -> ResponseMembers:
    status = service.stop_model(given["ProjectName"], given["ModelVersion"], given.get("ClientToken"), caller=caller)
    return {"Status": status.value}


def _describe_model(service: LookoutService, given: Mapping[str, Any], caller: Caller) -> ResponseMembers:
    model = service.describe_model(given["ProjectName"], given["ModelVersion"], caller=caller)
    units = {"MinInferenceUnits": model.min_units, "MaxInferenceUnits": model.max_units}
    known = {name: count for name, count in units.items() if count is not None}
    return {"ModelDescription": _model_row(model) | known}


def _list_models(service: LookoutService, given: Mapping[str, Any], caller: Caller) -> ResponseMembers:
    page = service.list_models(given["ProjectName"], given.get("NextToken"), given.get("MaxResults"), caller=caller)
    return _page({"Models": [_model_row(model) for model in page.rows]}, page.next_token)


def _list_projects(service: LookoutService, given: Mapping[str, Any], caller: Caller) -> ResponseMembers:
    page = service.list_projects(given.get("NextToken"), given.get("MaxResults"), caller=caller)
    return _page({"Projects": [_project_row(project) for project in page.rows]}, page.next_token)


def _describe_project(service: LookoutService, given: Mapping[str, Any], caller: Caller) -> ResponseMembers:
    project = service.describe_project(given["ProjectName"], caller=caller)
    return {"ProjectDescription": _project_row(project) | {"Datasets": []}}


def _detect_anomalies(service: LookoutService, given: Mapping[str, Any], caller: Caller) -> ResponseMembers:
    verdict = service.detect_anomalies(
        given["ProjectName"], given["ModelVersion"], given["Body"], given["ContentType"], caller=caller
    )
    return {
        "DetectAnomalyResult": {
            "Source": {"Type": "direct"},
            "IsAnomalous": verdict.anomalous,
            "Confidence": verdict.confidence,
        }
    }


def _model_row(model: ModelView) -> ResponseMembers:
    return {
        "ModelVersion": model.version,
        "ModelArn": model.arn,
        "CreationTimestamp": model.created_at,
        "Status": model.status.value,
        "StatusMessage": model.message,
    }


def _project_row(project: ProjectView) -> ResponseMembers:
    return {"ProjectArn": project.arn, "ProjectName": project.name, "CreationTimestamp": project.created_at}


def _page(rows: ResponseMembers, next_token: str | None) -> ResponseMembers:
    return rows if next_token is None else rows | {"NextToken": next_token}


OPERATIONS: Final[dict[Operation, LookoutHandler]] = {
    Operation.START_MODEL: _start_model,
    Operation.STOP_MODEL: _stop_model,
    Operation.DESCRIBE_MODEL: _describe_model,
    Operation.LIST_MODELS: _list_models,
    Operation.LIST_PROJECTS: _list_projects,
    Operation.DESCRIBE_PROJECT: _describe_project,
    Operation.DETECT_ANOMALIES: _detect_anomalies,
}
