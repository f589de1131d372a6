"""Owns the simulated Rekognition Custom Labels: what its operations answer and change, call by call.

A state machine as pure as `service`, on the same account. Its calls name models by ARN and have no token.
"""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from preheat_simulator.core.answering import Answering, Progress
from preheat_simulator.core.calls import API, Caller
from preheat_simulator.core.errors import ServiceError, make_conflict, make_invalid, make_not_found
from preheat_simulator.core.hosted import SimulatedModel
from preheat_simulator.core.pages import cut_page
from preheat_simulator.core.rules import CallReply, decide_start, decide_stop
from preheat_simulator.core.status import Operation, Status
from preheat_simulator.core.views import ListPage, ProjectView, VersionView
from preheat_simulator.core.words import REKOGNITION


class CustomLabelsService(Answering):
    """Five operations of one account, and its controls. A switch that speaks of tokens or of `latest` has no effect."""

    words = REKOGNITION

    def start_project_version(
        self, arn: str, min_units: int, max_units: int | None = None, *, caller: Caller = API
    ) -> str:
        """Begin to run a version; return its status."""
        project, version = self._parse_arn(arn)

        def handle(call: Progress) -> str:
            if max_units is not None and max_units < min_units:
                raise make_invalid(f"MaxInferenceUnits: {max_units} is less than MinInferenceUnits, {min_units}")

            def begin(model: SimulatedModel) -> None:
                call.fault = self._begin_start(model, (min_units, max_units), call.now) or call.fault

            return self._change_version(call, arn, lambda status: decide_start(status, self.switches), begin)

        return self._answer(self.words.start, project, version, handle, caller=caller)

    def stop_project_version(self, arn: str, *, caller: Caller = API) -> str:
        """Begin to stop a version; return its status."""
        project, version = self._parse_arn(arn)

        def handle(call: Progress) -> str:
            return self._change_version(
                call,
                arn,
                lambda status: decide_stop(status, self.switches),
                lambda model: self._begin_stop(model, call.now),
            )

        return self._answer(self.words.stop, project, version, handle, caller=caller)

    def describe_projects(
        self, names: list[str] | None, token: str | None = None, size: int | None = None, *, caller: Caller = API
    ) -> ListPage[ProjectView]:
        """Return one page of projects: those of `names` that exist, or all."""

        def handle(_: Progress) -> ListPage[ProjectView]:
            rows = (each for each in self._fleet.projects() if names is None or each.name in names)
            return cut_page(
                (replace(row, arn=self.project_arn(row)) for row in rows), lambda row: row.name, token, size
            )

        only = names[0] if names and len(names) == 1 else None
        return self._answer(Operation.DESCRIBE_PROJECTS, only, None, handle, caller=caller)

    def describe_project_versions(
        self,
        project_arn: str,
        names: list[str] | None,
        token: str | None = None,
        size: int | None = None,
        *,
        caller: Caller = API,
    ) -> ListPage[VersionView]:
        """Return one page of a project's versions: those of `names` that exist, or all, by name."""
        project = project_arn.split("/")[1]

        def handle(call: Progress) -> ListPage[VersionView]:
            if project_arn not in {self.project_arn(each) for each in self._fleet.projects()}:
                raise make_not_found("PROJECT", project_arn)
            rows = (each for each in self._fleet.models(call.now, project) if names is None or each.version in names)
            return cut_page((self._view(row) for row in rows), lambda row: row.version, token, size)

        only = names[0] if names and len(names) == 1 else None
        return self._answer(self.words.describe, project, only, handle, caller=caller)

    def detect_custom_labels(self, arn: str, image: bytes, *, caller: Caller = API) -> list[dict[str, Any]]:
        """Return a made-up finding, the same for the same bytes; only a RUNNING version gives one."""
        project, version = self._parse_arn(arn)

        def handle(call: Progress) -> list[dict[str, Any]]:
            model = self._fleet.model(project, version, call.now)
            if arn != self.version_arn(project, version):
                raise make_not_found("MODEL", arn)
            if model.status is not Status.HOSTED:
                raise ServiceError("ResourceNotReadyException", f"{model.name} is {self.word(model)}, not RUNNING")
            digest = hashlib.sha256(image).digest()
            return [{"Name": "anomaly" if digest[0] % 2 else "normal", "Confidence": 50.0 + digest[1] / 6}]

        return self._answer(self.words.infer, project, version, handle, caller=caller)

    def person_starts(self, project: str, version: str, units: int = 1) -> str:
        """Start a version as a person would, past faults and throttling; raises ServiceError if it cannot be."""
        return self.start_project_version(self.version_arn(project, version), units, caller=Caller(by="person"))

    def person_stops(self, project: str, version: str) -> str:
        """Stop a version as a person would, past faults and throttling; raises ServiceError if it cannot be."""
        return self.stop_project_version(self.version_arn(project, version), caller=Caller(by="person"))

    def word(self, model: SimulatedModel) -> str:
        """Return the status in the service's word: STOPPED for a model that ran before, else TRAINING_COMPLETED."""
        ran_before = model.status is Status.TRAINED and model.word is None and model.stops > 0
        return "STOPPED" if ran_before else super().word(model)

    def project_arn(self, project: ProjectView) -> str:
        """Return a project's ARN: it ends in the instant of its creation, which the name does not show."""
        return f"{self._place}:project/{project.name}/{_stamp(project.created_at, project.name)}"

    def version_arn(self, project: str, version: str) -> str:
        """Return a version's ARN; raises ServiceError if there is none."""
        model = self._fleet.model(project, version, self.now())
        return f"{self._place}:project/{project}/version/{version}/{_stamp(model.created_at, model.name)}"

    @property
    def _place(self) -> str:
        return f"arn:aws:rekognition:{self.region}:{self.account}"

    @staticmethod
    def _parse_arn(arn: str) -> tuple[str, str]:
        _, project, _, version, *_ = arn.split("/")
        return project, version

    def _change_version(
        self, call: Progress, arn: str, reply: Callable[[Status], CallReply], begin: Callable[[SimulatedModel], None]
    ) -> str:
        project, version = self._parse_arn(arn)
        model = self._fleet.model(project, version, call.now)
        if arn != self.version_arn(project, version):
            raise make_not_found("MODEL", arn)
        match reply(model.status):
            case CallReply.CONFLICT:
                raise make_conflict(f"{model.name} is {self.word(model)}", model.name)
            case CallReply.DO:
                begin(model)
                call.changed_state = True
        call.answer = self.word(model)
        return call.answer

    def _view(self, model: SimulatedModel) -> VersionView:
        return VersionView(
            model.project,
            model.version,
            self.version_arn(model.project, model.version),
            self.word(model),
            model.message,
            model.created_at,
            model.min_units,
            model.max_units,
        )


def _stamp(at: datetime, name: str) -> str:
    """Return the number that an ARN of the service ends in: milliseconds, different for each name."""
    return str(int(at.timestamp() * 1000) + zlib.crc32(name.encode()) % 1000)


def _members(**optional: Any) -> dict[str, Any]:
    return {name: value for name, value in optional.items() if value is not None}


def start_project_version(service: CustomLabelsService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out."""
    units = given["MinInferenceUnits"], given.get("MaxInferenceUnits")
    return {"Status": service.start_project_version(given["ProjectVersionArn"], *units, caller=caller)}


def stop_project_version(service: CustomLabelsService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out."""
    return {"Status": service.stop_project_version(given["ProjectVersionArn"], caller=caller)}


def describe_projects(service: CustomLabelsService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out."""
    paging = given.get("NextToken"), given.get("MaxResults")
    found = service.describe_projects(given.get("ProjectNames"), *paging, caller=caller)
    rows = [
        {"ProjectArn": row.arn, "CreationTimestamp": row.created_at, "Status": "CREATED", "Feature": "CUSTOM_LABELS"}
        for row in found.rows
    ]
    return {"ProjectDescriptions": rows} | _members(NextToken=found.next_token)


def describe_project_versions(service: CustomLabelsService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out."""
    paging = given.get("NextToken"), given.get("MaxResults")
    found = service.describe_project_versions(given["ProjectArn"], given.get("VersionNames"), *paging, caller=caller)
    rows = [
        {
            "ProjectVersionArn": row.arn,
            "CreationTimestamp": row.created_at,
            "Status": row.word,
            "StatusMessage": row.message,
        }
        | _members(MinInferenceUnits=row.min_units, MaxInferenceUnits=row.max_units)
        for row in found.rows
    ]
    return {"ProjectVersionDescriptions": rows} | _members(NextToken=found.next_token)


def detect_custom_labels(service: CustomLabelsService, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """Members in, one call, members out."""
    image = given["Image"].get("Bytes", b"")
    if not image:
        service.refuse(Operation.DETECT_CUSTOM_LABELS, None, None, None, message="Image: no Bytes in it", caller=caller)
    return {"CustomLabels": service.detect_custom_labels(given["ProjectVersionArn"], image, caller=caller)}


HANDLERS = {
    Operation.START_PROJECT_VERSION: start_project_version,
    Operation.STOP_PROJECT_VERSION: stop_project_version,
    Operation.DESCRIBE_PROJECTS: describe_projects,
    Operation.DESCRIBE_PROJECT_VERSIONS: describe_project_versions,
    Operation.DETECT_CUSTOM_LABELS: detect_custom_labels,
}
