"""The port `Listing`: what runs on the services that can be listed, read page by page.

Owns which calls list what, and the pace. The caller chooses the projects to look into; the audit explains a model. A
version, model or endpoint that goes between two calls was not running.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol

from preheat.adapters.hosting import component, lookout, rekognition, sagemaker
from preheat.adapters.hosting.calling import Translate, call_service, translate_by_code
from preheat.app.ports.errors import InvalidCall, ModelGone
from preheat.app.ports.hosting import Running, Site
from preheat.domain.plan.plan import Backend
from preheat.domain.record.lifecycle import Observed

AT_REST: Final = frozenset({Observed.STOPPED, Observed.FAILED, Observed.UNFIT})
PAGE: Final = 100  # rows; each service's largest
STACK_TAG: Final = "aws:cloudformation:stack-name"  # CloudFormation sets it, and nobody else can
CALLS_MAX: Final = 700  # of one site: about three minutes at the pace of `audit`, whose function has 280 s


class SiteClients(Protocol):
    """Where the clients come from."""

    def __call__(self, site: Site, /) -> Any:
        """Return a botocore client of the site's service, for its region and role; raises HostingError."""


class HostingListing:
    """The `Listing` over botocore clients. `pause` runs before each call but a site's first."""

    def __init__(self, clients: SiteClients, pause: Callable[[], None]) -> None:
        self._clients, self._pause = clients, pause

    def list_running(self, site: Site, wanted: Callable[[str], bool]) -> Sequence[Running]:
        """See `ports.Listing`."""
        reading = {
            Backend.LOOKOUT_VISION: _list_lookout_models,
            Backend.REKOGNITION: _list_project_versions,
            Backend.SAGEMAKER: _list_endpoints,
            Backend.SAGEMAKER_COMPONENT: _components,
        }[site.backend]
        found = reading(site, _Calls(site, self._clients(site), self._pause), wanted)
        return sorted(found, key=lambda one: (one.project, one.version))

    def find_stack(self, one: Running) -> str:
        """See `ports.Listing`."""
        if not one.arn:
            return ""
        calls = _Calls(one.site, self._clients(one.site), self._pause)
        token: dict[str, str] = {}
        while True:
            answer = calls.one("ListTags", "list_tags", ResourceArn=one.arn, **token)
            found = [str(tag["Value"]) for tag in answer.get("Tags", []) if tag.get("Key") == STACK_TAG]
            if found or not answer.get("NextToken"):
                return next(iter(found), "")
            token = {"NextToken": answer["NextToken"]}


class _Calls:
    """The calls of one site, paced and counted, each error in the port's words."""

    def __init__(self, site: Site, client: Any, pause: Callable[[], None]) -> None:
        self._site, self._client, self._pause, self._made = site, client, pause, 0
        self._translated: Translate = {
            Backend.LOOKOUT_VISION: translate_by_code(lookout.ERRORS),
            Backend.REKOGNITION: translate_by_code(rekognition.ERRORS),
            Backend.SAGEMAKER: sagemaker.translate,
            Backend.SAGEMAKER_COMPONENT: component.translate,
        }[site.backend]

    def one(self, operation: str, method: str, **arguments: Any) -> dict[str, Any]:
        """Make one call."""
        if self._made:
            self._pause()
        self._made += 1
        if self._made > CALLS_MAX:
            raise InvalidCall(f"{operation}: {self._site} takes more than {CALLS_MAX} calls to list")
        return call_service(operation, getattr(self._client, method), self._translated, **arguments)

    def rows(self, operation: str, method: str, rows: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """Make a call for each page, and return what is under `rows`."""
        token: dict[str, str] = {}
        while True:
            answer = self.one(operation, method, MaxResults=PAGE, **arguments, **token)
            yield from answer.get(rows, [])
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}


def _list_lookout_models(site: Site, calls: _Calls, wanted: Callable[[str], bool]) -> Iterator[Running]:
    for project in list(calls.rows("ListProjects", "list_projects", "Projects")):
        name = str(project.get("ProjectName", ""))
        if not wanted(name):
            continue
        try:
            models = list(calls.rows("ListModels", "list_models", "Models", ProjectName=name))
        except ModelGone:
            continue
        for model in models:
            observed, status = _read(lookout.OBSERVED, model.get("Status"))
            if observed in AT_REST:
                continue
            version = str(model.get("ModelVersion", ""))
            try:  # a list does not have the units
                told = calls.one("DescribeModel", "describe_model", ProjectName=name, ModelVersion=version)
            except ModelGone:
                continue
            units = told.get("ModelDescription", {}).get("MinInferenceUnits")
            yield Running(site, name, version, observed, status, units)


def _list_project_versions(site: Site, calls: _Calls, wanted: Callable[[str], bool]) -> Iterator[Running]:
    for project in list(calls.rows("DescribeProjects", "describe_projects", "ProjectDescriptions")):
        arn = str(project.get("ProjectArn", ""))
        name = _read_part(arn, 1)
        if not wanted(name):
            continue
        rows = calls.rows(
            "DescribeProjectVersions", "describe_project_versions", "ProjectVersionDescriptions", ProjectArn=arn
        )
        try:
            versions = list(rows)
        except ModelGone:
            continue
        for row in versions:
            observed, status = _read(rekognition.OBSERVED, row.get("Status"))
            if observed not in AT_REST:
                version = _read_part(str(row.get("ProjectVersionArn", "")), 3)
                yield Running(site, name, version, observed, status, row.get("MinInferenceUnits"))


def _list_endpoints(site: Site, calls: _Calls, wanted: Callable[[str], bool]) -> Iterator[Running]:
    for row in list(calls.rows("ListEndpoints", "list_endpoints", "Endpoints")):
        name = str(row.get("EndpointName", ""))
        observed, status = _read(sagemaker.OBSERVED, row.get("EndpointStatus"))
        if not wanted(name) or observed in AT_REST:
            continue
        try:
            told = calls.one("DescribeEndpoint", "describe_endpoint", EndpointName=name)
        except ModelGone:
            continue
        config, arn = str(told.get("EndpointConfigName", "")), str(told.get("EndpointArn", ""))
        yield Running(site, name, config, observed, status, arn=arn)


def _components(site: Site, calls: _Calls, wanted: Callable[[str], bool]) -> Iterator[Running]:
    listed = calls.rows("ListInferenceComponents", "list_inference_components", "InferenceComponents")
    for name in [str(row.get("InferenceComponentName", "")) for row in listed]:
        if not wanted(name):
            continue
        try:  # a list does not have the copies
            told = calls.one("DescribeInferenceComponent", "describe_inference_component", InferenceComponentName=name)
        except ModelGone:
            continue
        status, copies = str(told.get("InferenceComponentStatus", "no status")), told.get("RuntimeConfig", {})
        current = copies.get("CurrentCopyCount")
        observed = component.read_level(status, copies.get("DesiredCopyCount"), current)
        if observed not in AT_REST:
            yield Running(site, name, "", observed, status, current)


def _read(known: dict[str, Observed], status: object) -> tuple[Observed, str]:
    word = str(status or "no status")
    return known.get(word, Observed.UNKNOWN), word


def _read_part(arn: str, place: int) -> str:
    """Return a part of an ARN's resource, counted from 0; empty if it has none."""
    parts = arn.split("/")
    return parts[place] if len(parts) > place else ""
