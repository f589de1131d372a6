"""Rekognition Custom Labels behind the port `Hosting`: five calls, fourteen statuses, no token.

Owns the translation between the service's words and Preheat's, and the ARNs that its calls ask for in place of names.
Does not know when to call, nor what an error leads to.
"""

from collections.abc import Callable
from typing import Any

from preheat.adapters.hosting.calling import call_service, translate_by_code
from preheat.app.ports.errors import (
    AccessRefused,
    AnswerLost,
    HostingError,
    InvalidCall,
    ModelGone,
    QuotaExceeded,
    Throttled,
    WrongState,
)
from preheat.domain.plan.hosted_model import Readiness
from preheat.domain.plan.plan import Target
from preheat.domain.record.attempt import Attempt
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation

OBSERVED = {
    "TRAINING_COMPLETED": Observed.STOPPED,
    "COPYING_COMPLETED": Observed.STOPPED,
    "STOPPED": Observed.STOPPED,
    "STARTING": Observed.STARTING,
    "RUNNING": Observed.HOSTED,
    "STOPPING": Observed.STOPPING,
    "FAILED": Observed.FAILED,
    "TRAINING_IN_PROGRESS": Observed.UNFIT,
    "TRAINING_FAILED": Observed.UNFIT,
    "COPYING_IN_PROGRESS": Observed.UNFIT,
    "COPYING_FAILED": Observed.UNFIT,
    "DELETING": Observed.UNFIT,
    "DEPRECATED": Observed.UNFIT,
    "EXPIRED": Observed.UNFIT,
}

ERRORS: dict[str, type[HostingError]] = {
    "AccessDeniedException": AccessRefused,
    "ImageTooLargeException": InvalidCall,
    "InternalServerError": AnswerLost,
    "InvalidImageFormatException": InvalidCall,
    "InvalidPaginationTokenException": InvalidCall,
    "InvalidS3ObjectException": InvalidCall,
    "InvalidParameterException": InvalidCall,
    "LimitExceededException": QuotaExceeded,
    "ProvisionedThroughputExceededException": Throttled,
    "ResourceInUseException": WrongState,
    "ResourceNotFoundException": ModelGone,
    "ResourceNotReadyException": WrongState,
    "ThrottlingException": Throttled,
}


class RekognitionHosting:
    """The port `Hosting` over a botocore client of the service (with `calling.CONFIG`).

    Each look asks for one version by its name, so that no other version of the project speaks for it.
    """

    def __init__(self, client: Any, runtime: Callable[[Target], Any] | None = None) -> None:
        """`runtime` returns the client that makes inferences; None: `client` does."""
        self._client = client
        self._runtime = runtime or (lambda _: client)
        self._projects: dict[str, str] = {}
        self._versions: dict[Target, str] = {}

    def describe(self, target: Target) -> Observation:
        """See `ports.Hosting`. It reads the project's ARN once, and again if the service no longer knows it."""
        known = target.project in self._projects
        try:
            row = self._version(target)
        except ModelGone:
            self._projects.pop(target.project, None)
            if not known:
                raise
            row = self._version(target)
        status = str(row.get("Status", "no status"))
        message = row.get("StatusMessage")
        detail = f"{status}: {message}" if status == "FAILED" and message else status
        return Observation(OBSERVED.get(status, Observed.UNKNOWN), detail, units=row.get("MinInferenceUnits"))

    def probe(self, target: Target, readiness: Readiness) -> None:
        """See `ports.Hosting`. The service recognizes the image's form itself; this ignores its findings."""
        image = {"Image": {"Bytes": readiness.payload}, "MaxResults": 1}
        arn = self._version_arn(target)
        self._call("DetectCustomLabels", self._runtime(target).detect_custom_labels, ProjectVersionArn=arn, **image)

    def start(self, attempt: Attempt) -> None:
        """See `ports.Hosting`. It sends MaxInferenceUnits only if the plan lets the model auto-scale."""
        units = {"MinInferenceUnits": attempt.units.minimum}
        if attempt.units.maximum is not None:
            units["MaxInferenceUnits"] = attempt.units.maximum
        arn = self._version_arn(attempt.target)
        self._call("StartProjectVersion", self._client.start_project_version, ProjectVersionArn=arn, **units)

    def stop(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        arn = self._version_arn(attempt.target)
        self._call("StopProjectVersion", self._client.stop_project_version, ProjectVersionArn=arn)

    def _version_arn(self, target: Target) -> str:
        """Return the ARN that the last look at the target gave, and look if there was none."""
        if target not in self._versions:
            self.describe(target)
        return self._versions[target]

    def _version(self, target: Target) -> dict[str, Any]:
        self._versions.pop(target, None)
        answer = self._call(
            "DescribeProjectVersions",
            self._client.describe_project_versions,
            ProjectArn=self._project_arn(target.project),
            VersionNames=[target.version],
        )
        rows: list[dict[str, Any]] = answer.get("ProjectVersionDescriptions", [])
        if not rows:
            raise ModelGone(f"DescribeProjectVersions: {target.project} has no version {target.version}")
        self._versions[target] = str(rows[0].get("ProjectVersionArn", ""))
        return rows[0]

    def _project_arn(self, project: str) -> str:
        if project not in self._projects:
            answer = self._call("DescribeProjects", self._client.describe_projects, ProjectNames=[project])
            rows: list[dict[str, Any]] = answer.get("ProjectDescriptions", [])
            if not rows:
                raise ModelGone(f"DescribeProjects: there is no project {project}")
            self._projects[project] = str(rows[0].get("ProjectArn", ""))
        return self._projects[project]

    @staticmethod
    def _call(operation: str, method: Any, **arguments: Any) -> dict[str, Any]:
        return call_service(operation, method, translate_by_code(ERRORS), **arguments)
