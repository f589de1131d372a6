"""Many endpoints in one list: which of them a round of glances need not ask about, and what the list costs at most."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from preheat.adapters.clock import VirtualClock
from preheat.adapters.hosting.router import HostingRouter
from preheat.adapters.hosting.sagemaker import PAGE
from preheat.app.ports.errors import AccessRefused, HostingError
from preheat.domain.plan.plan import Backend, Target
from preheat.domain.record.lifecycle import Observed
from preheat_lab.simulation.hosting import ONE_TRY, STACK
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.latency import make_fixed
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.core.status import Operation
from preheat_simulator.http.transport import make_client
from preheat_simulator.sagemaker import EndpointService

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UNLIMITED = AccountLimits(calls_per_second=None, max_hosted_models=None)


class EndpointBench:
    """An account with three endpoints in service, each of which a look has shown."""

    def __init__(self) -> None:
        self.clock = VirtualClock(SIX)
        latencies = {"start_latency": make_fixed(300), "stop_latency": make_fixed(120)}
        self.account = EndpointService(lambda: self.clock.at, limits=UNLIMITED, **latencies)
        self.client: Any = make_client(self.account, config=ONE_TRY)
        self.hosting = HostingRouter(lambda *_: self.client, STACK)
        self.targets = [self.add(f"Line-{number}") for number in range(3)]
        self.advance(10 * MINUTE)
        for target in self.targets:
            assert self.hosting.describe(target).observed is Observed.HOSTED

    def add(self, name: str) -> Target:
        """Create an endpoint with the stack's tag."""
        self.account.add_model(name, f"{name}-v1")
        self.account.create_endpoint(name, f"{name}-v1", [{"Key": "preheat:managed-by", "Value": STACK}])
        return Target(name, f"{name}-v1", Backend.SAGEMAKER)

    def advance(self, duration: timedelta) -> None:
        self.clock.at += duration

    def list_shown(self) -> list[str]:
        """Return the names of those that a list shows as they were."""
        shown = self.hosting.list_unchanged(self.targets)
        assert all(seen.recalled and seen.observed is Observed.HOSTED for seen in shown.values())
        return [target.project for target in self.targets if target in shown]

    def count_lists(self) -> int:
        return sum(call.operation is Operation.LIST_ENDPOINTS for call in self.account.call_log)


@pytest.fixture
def plant() -> EndpointBench:
    return EndpointBench()


def test_one_list_takes_the_place_of_all_looks(plant: EndpointBench) -> None:
    calls = len(plant.account.call_log)
    assert plant.list_shown() == ["Line-0", "Line-1", "Line-2"]
    assert (plant.count_lists(), len(plant.account.call_log) - calls) == (1, 1)


def test_a_list_has_the_facts_of_the_last_look(plant: EndpointBench) -> None:
    seen = plant.hosting.glance(plant.targets[1])
    assert plant.hosting.list_unchanged(plant.targets)[plant.targets[1]] == seen


def test_an_endpoint_that_went_away_is_not_shown(plant: EndpointBench) -> None:
    plant.account.person_stops("Line-1", "Line-1-v1")
    assert plant.list_shown() == ["Line-0", "Line-2"]
    plant.advance(10 * MINUTE)
    assert plant.list_shown() == ["Line-0", "Line-2"]


def test_another_endpoint_of_the_same_name_is_not_shown(plant: EndpointBench) -> None:
    plant.account.person_stops("Line-1", "Line-1-v1")
    plant.advance(3 * MINUTE)
    plant.account.person_starts("Line-1", "Line-1-v1")
    plant.advance(6 * MINUTE)
    assert plant.account.describe_endpoint("Line-1")["EndpointStatus"] == "InService"
    assert plant.list_shown() == ["Line-0", "Line-2"]


def test_an_endpoint_that_was_updated_is_not_shown_until_a_look_has_seen_it(plant: EndpointBench) -> None:
    plant.account.system_update("Line-1", "Line-1-v1", MINUTE)
    assert plant.list_shown() == ["Line-0", "Line-2"]
    plant.advance(2 * MINUTE)
    assert plant.list_shown() == ["Line-0", "Line-2"]
    plant.hosting.describe(plant.targets[1])
    assert plant.list_shown() == ["Line-0", "Line-1", "Line-2"]


@pytest.mark.parametrize("fault", [FaultKind.THROTTLE, FaultKind.ANSWER_LOST])
def test_a_look_that_shows_nothing_ends_what_was_known(plant: EndpointBench, fault: FaultKind) -> None:
    plant.account.inject(InjectedFault(fault, plant.account.words.describe, project="Line-1"))
    with pytest.raises(HostingError):
        plant.hosting.describe(plant.targets[1])
    assert plant.list_shown() == ["Line-0", "Line-2"]


def test_an_endpoint_whose_tags_could_not_be_read_is_not_known(plant: EndpointBench) -> None:
    plant.account.inject(InjectedFault(FaultKind.ACCESS_DENIED, Operation.LIST_TAGS, project="Line-1"))
    assert plant.hosting.describe(plant.targets[1]).foreign is None
    assert plant.list_shown() == ["Line-0", "Line-2"]


def test_a_list_that_lags_or_misses_one_shows_no_more_than_it_has(plant: EndpointBench) -> None:
    plant.account.inject(InjectedFault(FaultKind.LIST_LAGS, Operation.LIST_ENDPOINTS, lasts=9 * MINUTE))
    plant.account.inject(InjectedFault(FaultKind.LIST_MISSES, Operation.LIST_ENDPOINTS))
    assert plant.list_shown() == []  # of nine minutes ago, when all of them started
    assert len(plant.list_shown()) == 2
    assert len(plant.list_shown()) == 3


def test_one_endpoint_alone_is_asked_about_and_not_listed(plant: EndpointBench) -> None:
    assert plant.hosting.list_unchanged(plant.targets[:1]) == {}
    fresh = HostingRouter(lambda *_: plant.client, STACK)
    fresh.describe(plant.targets[0])
    assert fresh.list_unchanged(plant.targets) == {}  # it knows only one of them
    assert plant.count_lists() == 0


def test_endpoints_made_earlier_or_later_take_no_room_in_a_list(
    plant: EndpointBench,
) -> None:
    early, late = plant.add("Line-early"), plant.add("Line-late")
    plant.targets += [early, late]
    for number in range(PAGE):
        plant.add(f"other-{number}")
    plant.advance(10 * MINUTE)
    for number in range(PAGE):
        plant.add(f"another-{number}")
    assert plant.list_shown() == ["Line-0", "Line-1", "Line-2"]


def test_a_crowd_made_in_the_same_minutes_is_read_to_the_end_of_one_page(plant: EndpointBench) -> None:
    for number in range(PAGE):
        plant.add(f"other-{number}")
    plant.targets.append(plant.add("Line-3"))
    plant.advance(10 * MINUTE)
    plant.hosting.describe(plant.targets[-1])
    assert plant.list_shown() == ["Line-3"]  # it is the newest; the others are on the next page
    assert plant.count_lists() == 1


def test_endpoints_in_another_status_take_no_room_in_a_list(plant: EndpointBench) -> None:
    others = [plant.add(f"other-{number}") for number in range(PAGE)]
    plant.targets.append(plant.add("Line-3"))
    plant.advance(10 * MINUTE)
    plant.hosting.describe(plant.targets[-1])
    for one in others:
        plant.account.person_stops(one.project, one.version)
    assert plant.list_shown() == ["Line-0", "Line-1", "Line-2", "Line-3"]


def test_a_list_begins_and_ends_with_the_whole_seconds_in_which_they_were_made(plant: EndpointBench) -> None:
    plant.advance(timedelta(milliseconds=700))
    plant.targets.append(plant.add("Line-3"))
    plant.advance(10 * MINUTE)
    plant.hosting.describe(plant.targets[-1])
    fresh = HostingRouter(lambda *_: plant.client, STACK)
    pair = [plant.add("Line-4")]
    plant.advance(timedelta(milliseconds=200))
    pair.append(plant.add("Line-5"))
    plant.advance(10 * MINUTE)
    for target in pair:
        fresh.describe(target)
    assert plant.list_shown() == ["Line-0", "Line-1", "Line-2", "Line-3"]
    assert set(fresh.list_unchanged(pair)) == set(pair)


def test_a_refused_list_says_so(plant: EndpointBench) -> None:
    plant.account.inject(InjectedFault(FaultKind.ACCESS_DENIED, Operation.LIST_ENDPOINTS))
    with pytest.raises(AccessRefused, match="ListEndpoints"):
        plant.list_shown()


def test_an_endpoint_without_times_is_never_known(plant: EndpointBench) -> None:
    answer = plant.client.describe_endpoint(EndpointName="Line-0")
    del answer["LastModifiedTime"]
    tags = {"Tags": [{"Key": "preheat:managed-by", "Value": STACK}]}
    timeless: Any = type("Timeless", (), {})()
    timeless.describe_endpoint, timeless.list_tags = lambda **_: answer, lambda **_: tags
    hosting = HostingRouter(lambda *_: timeless, STACK)
    for target in plant.targets:
        assert hosting.describe(target).observed is Observed.HOSTED
    assert hosting.list_unchanged(plant.targets) == {}


def test_each_region_has_a_list_of_its_own_and_other_services_and_accounts_have_none(plant: EndpointBench) -> None:
    north = EndpointBench()
    role = "arn:aws:iam::222233334444:role/preheat-member"
    theirs = [Target(one.project, one.version, Backend.SAGEMAKER, role=role) for one in plant.targets]
    away = [Target(one.project, one.version, Backend.SAGEMAKER, region="eu-north-1") for one in plant.targets]
    other = [Target(f"line-{number}", "v1", Backend.REKOGNITION) for number in range(2)]
    clients = {"eu-north-1": north.client, None: plant.client}
    asked: list[Target] = []

    def open_client(target: Target, service: object = None) -> Any:
        del service
        asked.append(target)
        return clients[target.region]

    hosting = HostingRouter(open_client, STACK)
    for target in plant.targets + away:
        hosting.describe(target)
    north.account.person_stops("Line-2", "Line-2-v1")
    asked.clear()
    assert set(hosting.list_unchanged([*plant.targets, *away, *theirs, *other])) == {*plant.targets, *away[:2]}
    assert (plant.count_lists(), north.count_lists()) == (1, 1)
    assert {*theirs, *other}.isdisjoint(asked)
