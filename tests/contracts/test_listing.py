"""The promises of every list of running models: each service's, over its simulator, and the twin in memory."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from preheat.adapters.hosting.listing import CALLS_MAX, HostingListing
from preheat.adapters.memory.listing import MemoryListing
from preheat.app.audit.audit import LISTS_WITHIN
from preheat.app.ports.errors import AccessRefused, HostingError, InvalidCall, Throttled
from preheat.app.ports.hosting import Listing, Running, Site
from preheat.bootstrap.audit import LISTING_PAUSE_SECONDS
from preheat.domain.plan.plan import Backend
from preheat.domain.record.lifecycle import Observed
from preheat_lab.simulation.hosting import ONE_TRY, SERVICES
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.status import Operation
from preheat_simulator.http.transport import make_client

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
FIRST = {
    Backend.LOOKOUT_VISION: Operation.LIST_PROJECTS,
    Backend.REKOGNITION: Operation.DESCRIBE_PROJECTS,
    Backend.SAGEMAKER: Operation.LIST_ENDPOINTS,
    Backend.SAGEMAKER_COMPONENT: Operation.LIST_COMPONENTS,
}
WORDS = {
    Backend.LOOKOUT_VISION: {Observed.STARTING: "STARTING_HOSTING", Observed.HOSTED: "HOSTED"},
    Backend.REKOGNITION: {Observed.STARTING: "STARTING", Observed.HOSTED: "RUNNING"},
    Backend.SAGEMAKER: {Observed.STARTING: "Creating", Observed.HOSTED: "InService"},
    Backend.SAGEMAKER_COMPONENT: {Observed.STARTING: "Updating", Observed.HOSTED: "InService"},
}

RESTS = {Backend.LOOKOUT_VISION: "TRAINED", Backend.REKOGNITION: "STOPPED", Backend.SAGEMAKER: "Absent"}
LISTED = [backend for backend in Backend if backend.is_listed]


def every(_: str) -> bool:
    return True


class ListingBench:
    """A list, and the account behind it that models run in."""

    def __init__(self, backend: Backend, *, memory: bool) -> None:
        self.site, self.pauses = Site(backend), 0
        self.goes_at = 0
        self.unnamed: dict[str, str] = {}
        self.goes: Callable[[], None] = lambda: None  # what goes just before a call, the site's first being 0
        self.account: Any = SERVICES[backend](lambda: SIX)
        self.memory = MemoryListing() if memory else None
        client = make_client(self.account, config=ONE_TRY)
        self.listing: Listing = self.memory or HostingListing(lambda _: client, self._paused)

    def _paused(self) -> None:
        self.pauses += 1
        if self.pauses == self.goes_at:
            self.goes()

    def runs(self, project: str, version: str, observed: Observed) -> None:
        word = WORDS[self.site.backend][observed]
        if self.memory is not None:
            self.memory.runs.append(Running(self.site, project, version, observed, word, 1))
            return
        version = self._name_version(project, version)
        self.account.add_model(project, version)
        self.account.person_starts(project, version)
        self.account.set_status(project, version, word)

    def rests(self, project: str, version: str) -> None:
        if self.memory is None:
            self.account.add_model(project, self._name_version(project, version))

    def _name_version(self, project: str, version: str) -> str:
        """Return the version that the service knows; a component has none, so that its name stands for both."""
        if self.site.backend is not Backend.SAGEMAKER_COMPONENT:
            return version
        self.unnamed[project] = version
        return ""

    def found(self, prefix: str = "") -> Sequence[tuple[str, str, Observed]]:
        running = self.listing.list_running(self.site, lambda name: name.startswith(prefix))
        return [(one.project, one.version or self.unnamed[one.project], one.observed) for one in running]


@pytest.fixture(params=[(backend, memory) for backend in LISTED for memory in (False, True)], ids=str)
def bench(request: pytest.FixtureRequest) -> ListingBench:
    backend, memory = request.param
    return ListingBench(backend, memory=memory)


def test_what_runs_is_listed_and_what_rests_is_not(bench: ListingBench) -> None:
    bench.runs("line-1", "3", Observed.HOSTED)
    bench.runs("line-2", "4", Observed.STARTING)
    bench.rests("line-3", "1")
    assert bench.found() == [("line-1", "3", Observed.HOSTED), ("line-2", "4", Observed.STARTING)]


def test_a_project_that_is_not_wanted_is_not_listed(bench: ListingBench) -> None:
    bench.runs("line-1", "3", Observed.HOSTED)
    bench.runs("other", "5", Observed.HOSTED)
    assert bench.found("line-") == [("line-1", "3", Observed.HOSTED)]


def test_a_list_of_several_pages_is_read_to_its_end(bench: ListingBench) -> None:
    if bench.site.backend is not Backend.SAGEMAKER:
        bench.account.limits = bench.account.limits.__class__(calls_per_second=None)
    for number in range(120):
        bench.rests(f"line-{number:03}", f"v{number}" if bench.site.backend is not Backend.LOOKOUT_VISION else "1")
    bench.runs("line-999", "1", Observed.HOSTED)
    assert bench.found("line-9") == [("line-999", "1", Observed.HOSTED)]


@pytest.mark.parametrize(("kind", "error"), [(FaultKind.THROTTLE, Throttled), (FaultKind.ACCESS_DENIED, AccessRefused)])
@pytest.mark.parametrize("backend", LISTED)
def test_a_list_that_fails_says_so_and_lists_nothing(
    backend: Backend, kind: FaultKind, error: type[HostingError]
) -> None:
    bench = ListingBench(backend, memory=False)
    bench.runs("line-1", "3", Observed.HOSTED)
    bench.account.inject(InjectedFault(kind, FIRST[backend]))
    with pytest.raises(error):
        bench.found()


def test_a_site_that_takes_more_calls_than_a_run_has_time_for_is_refused() -> None:
    """`audit` pauses 0.2 s before each call, and a call takes a while: its function must still report."""
    timeout = 280
    assert CALLS_MAX * (LISTING_PAUSE_SECONDS + 0.05) + LISTS_WITHIN.total_seconds() < timeout - 30

    class Endless:
        def list_inference_components(self, **_: Any) -> dict[str, Any]:
            return {"InferenceComponents": [], "NextToken": "again"}

    listing = HostingListing(lambda _: Endless(), lambda: None)
    with pytest.raises(InvalidCall, match=f"takes more than {CALLS_MAX} calls to list"):
        listing.list_running(Site(Backend.SAGEMAKER_COMPONENT), lambda _: True)


def test_calls_are_paced() -> None:
    bench = ListingBench(Backend.REKOGNITION, memory=False)
    bench.runs("line-1", "3", Observed.HOSTED)
    bench.found()
    assert bench.pauses == 1


@pytest.mark.parametrize(
    ("backend", "goes_at", "what"),
    [
        (Backend.LOOKOUT_VISION, 1, "project"),  # before ListModels
        (Backend.LOOKOUT_VISION, 2, "model"),  # before DescribeModel
        (Backend.REKOGNITION, 1, "project"),  # before DescribeProjectVersions
        (Backend.SAGEMAKER, 1, "endpoint"),  # before DescribeEndpoint
    ],
)
def test_what_goes_between_two_calls_was_not_running_and_hides_no_other(
    backend: Backend, goes_at: int, what: str
) -> None:
    bench = ListingBench(backend, memory=False)
    bench.runs("line-1", "3", Observed.HOSTED)
    bench.runs("line-2", "4", Observed.HOSTED)

    def goes() -> None:
        bench.account.set_status("line-1", "3", RESTS[backend])
        if what != "endpoint":
            bench.account.delete("line-1", "3")
        if what == "project":
            bench.account.delete_project("line-1")

    bench.goes_at, bench.goes = goes_at, goes
    assert bench.found() == [("line-2", "4", Observed.HOSTED)]
    assert bench.pauses >= goes_at


def test_the_stack_that_owns_an_endpoint_is_read_from_its_tags() -> None:
    account = SERVICES[Backend.SAGEMAKER](lambda: SIX)
    account.add_model("line-1", "line-1-v1")
    client = make_client(account, config=ONE_TRY)
    client.create_endpoint(EndpointName="line-1", EndpointConfigName="line-1-v1", Tags=[{"Key": "a", "Value": "b"}])
    listing = HostingListing(lambda _: client, lambda: None)
    (one,) = listing.list_running(Site(Backend.SAGEMAKER), every)
    assert listing.find_stack(one) == ""
    tag = {"Key": "aws:cloudformation:stack-name", "Value": "paint-line"}
    client.add_tags(ResourceArn=one.arn, Tags=[tag])
    assert listing.find_stack(one) == "paint-line"
    account.inject(InjectedFault(FaultKind.ACCESS_DENIED, Operation.LIST_TAGS))
    with pytest.raises(AccessRefused):
        listing.find_stack(one)


@pytest.mark.parametrize("backend", [Backend.LOOKOUT_VISION, Backend.REKOGNITION])
def test_what_is_no_endpoint_belongs_to_no_stack_and_costs_no_call(backend: Backend) -> None:
    def no_client(_: Site) -> Any:
        raise AssertionError("nothing is asked")

    running = Running(Site(backend), "line-1", "3", Observed.HOSTED)
    assert HostingListing(no_client, lambda: None).find_stack(running) == ""
    assert MemoryListing().find_stack(running) == ""


def test_a_component_that_goes_between_two_calls_was_not_running_and_hides_no_other() -> None:
    bench = ListingBench(Backend.SAGEMAKER_COMPONENT, memory=False)
    bench.runs("line-1", "3", Observed.HOSTED)
    bench.runs("line-2", "4", Observed.HOSTED)
    bench.goes_at, bench.goes = 1, lambda: bench.account.delete("line-1", "")
    assert bench.found() == [("line-2", "4", Observed.HOSTED)]
