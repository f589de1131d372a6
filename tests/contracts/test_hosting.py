"""The promises of every hosting backend: each adapter over HTTP and in process, and the simulator's core as a port.

The tests above the line are the contract, the same for each service; below it are the tests of one service alone.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError
from moto import mock_aws

from preheat.adapters.client import AwsService
from preheat.adapters.hosting import component, function, lookout, rekognition, sagemaker
from preheat.adapters.hosting.calling import CONFIG
from preheat.adapters.hosting.component import ComponentHosting
from preheat.adapters.hosting.function import FunctionHosting
from preheat.adapters.hosting.lookout import LookoutHosting
from preheat.adapters.hosting.rekognition import RekognitionHosting
from preheat.adapters.hosting.router import HostingRouter
from preheat.adapters.hosting.sagemaker import MANAGED_BY, SageMakerHosting
from preheat.adapters.hosting.scaling import COPIES, ComponentScaling
from preheat.adapters.hosting.service_model import load_service_model
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
from preheat.app.ports.hosting import Hosting
from preheat.domain.plan.hosted_model import Readiness
from preheat.domain.plan.plan import Backend, Idempotence, ModelId, Target, Units
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat_lab.simulation.hosting import SimulatedHosting
from preheat_simulator.components import ComponentService
from preheat_simulator.core.answering import Answering
from preheat_simulator.core.clock import ScaledClock
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.latency import make_fixed
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.core.status import Operation, Status
from preheat_simulator.function import BackendFunction, FunctionClient
from preheat_simulator.http.json_wire import load_model
from preheat_simulator.http.options import Options
from preheat_simulator.http.runtime_wire import load_model as load_runtime_model
from preheat_simulator.http.serve import run_in_thread
from preheat_simulator.http.transport import make_client, make_runtime, make_unattached_client, make_unattached_runtime
from preheat_simulator.lookout import LookoutService
from preheat_simulator.rekognition import CustomLabelsService
from preheat_simulator.sagemaker import EndpointService

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
STACK = "preheat-line"
PATIENT = CONFIG.merge(Config(read_timeout=60))  # a machine under load may take longer than a service
FUNCTION = "arn:aws:lambda:eu-central-1:111122223333:function:line-backend"


@dataclass(frozen=True)
class Service:
    """One service: a target of it, one that is not there, its pretend account, and its words."""

    target: Target
    absent: Target
    account: type[LookoutService | CustomLabelsService | EndpointService | ComponentService]
    adapter: Callable[..., Hosting]  # of the client, and of the runtime's if the service has one
    observed: dict[str, Observed]
    shown: dict[str, str] = field(default_factory=dict)  # what a look says of a word, where that is not the word itself
    names: tuple[str, ...] = ()  # of the account's model, where the target has others
    levels: bool = False  # a call sets a level: the same again is accepted, and changes nothing


SERVICES = {
    Backend.LOOKOUT_VISION: Service(
        Target("line-1", "3"), Target("line-9", "1"), LookoutService, LookoutHosting, lookout.OBSERVED
    ),
    Backend.REKOGNITION: Service(
        Target("line.1", "v3", Backend.REKOGNITION),
        Target("line.1", "v4", Backend.REKOGNITION),
        CustomLabelsService,
        RekognitionHosting,
        rekognition.OBSERVED,
    ),
    Backend.SAGEMAKER: Service(
        Target("Line-1", "line-v3", Backend.SAGEMAKER),
        Target("line-9", "line-v4", Backend.SAGEMAKER),
        EndpointService,
        lambda client, runtime=None: SageMakerHosting(client, STACK, lambda _: runtime),
        sagemaker.OBSERVED,
    ),
    Backend.SAGEMAKER_COMPONENT: Service(
        Target("line-1", "", Backend.SAGEMAKER_COMPONENT),
        Target("line-9", "", Backend.SAGEMAKER_COMPONENT),
        ComponentService,
        lambda client, runtime=None: ComponentHosting(client, lambda _: runtime),
        {
            "InService at 0": Observed.STOPPED,
            "Updating": Observed.STARTING,
            "InService": Observed.HOSTED,
            "Failed": Observed.FAILED,
            "Updating to 0": Observed.STOPPING,
            "Creating": Observed.BUSY,
        },
        shown={
            "InService at 0": "InService, 0 of 0 copies",
            "Updating": "Updating, 0 of 1 copies",
            "InService": "InService, 1 of 1 copies",
            "Failed": "Failed",
            "Updating to 0": "Updating, 1 of 0 copies",
            "Creating": "Creating, 0 of 1 copies",
        },
        levels=True,
    ),
    Backend.FUNCTION: Service(
        Target(
            FUNCTION,
            "line",
            Backend.FUNCTION,
            parameters='{"project":"line-1","version":"3"}',
            idempotent_by=Idempotence.TOKEN,
        ),
        Target(FUNCTION, "line", Backend.FUNCTION, parameters='{"project":"line-9","version":"1"}'),
        LookoutService,
        FunctionHosting,
        {word: observed for word, observed in lookout.OBSERVED.items() if observed is not Observed.UNKNOWN},
        shown={
            word: f"{next((said for said, seen in function.STATUSES.items() if seen is observed), 'unfit')}"
            for word, observed in lookout.OBSERVED.items()
        },
        names=("line-1", "3"),
    ),
}
SIMULATED = [backend for backend in SERVICES if backend is not Backend.FUNCTION]  # the others are a user's own
WAYS = [
    (Backend.LOOKOUT_VISION, "core"),
    *((backend, way) for backend in SIMULATED for way in ("in process", "http", "routed")),
    *((Backend.FUNCTION, way) for way in ("in process", "routed")),
]


@dataclass
class HostingBench:
    """One implementation, with the account behind it."""

    of: Service
    hosting: Hosting
    account: Answering
    advance: Callable[[timedelta], Any]
    tries: int  # calls that one start makes before it gives up
    operations: dict[str, Operation] = field(init=False)

    def __post_init__(self) -> None:
        words = self.account.words
        self.operations = {
            "describe": words.describe,
            "probe": words.infer,
            "start": words.start,
            "stop": words.stop,
        }

    @property
    def target(self) -> Target:
        return self.of.target

    @property
    def names(self) -> tuple[str, str]:
        """The project and version that the account knows the target by."""
        project, version = self.of.names or (self.target.project, self.target.version)
        return project, version

    def break_(self, kind: FaultKind, call: str, times: int = 1) -> None:
        self.account.inject(InjectedFault(kind, self.operations[call], times=times))

    def intended(self, call: Call = Call.START, generation: int = 1, units: Units | None = None) -> Attempt:
        return Attempt.intend(
            ModelId("weld-seams"),
            call,
            generation=generation,
            demand_start=SIX,
            target=self.target,
            units=units or Units(1),
            now=SIX,
        )

    def starts_again(self) -> None:
        """Make the same start once more: under a token or of a level it is the same call, else the state refuses it."""
        if not self.target.tokenless or self.of.levels:
            self.hosting.start(self.intended())
            return
        with pytest.raises(WrongState):
            self.hosting.start(self.intended())

    def count_changes(self, call: str) -> int:
        """How many calls had an effect."""
        return self.account.call_log.count_changes(self.operations[call])


@pytest.fixture(params=WAYS, ids=lambda way: f"{way[0]} {way[1]}")
def bench(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[HostingBench]:
    """Each implementation in turn, with one stopped model; starts take 10 minutes, stops 2."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)  # the client's own backoff
    backend, way = request.param
    service: Service = SERVICES[backend]
    unlimited = AccountLimits(calls_per_second=None)
    names = service.names or (service.target.project, service.target.version)
    if way == "http":
        options = Options(models=((backend, *names),), start_latency=make_fixed(600), limits=unlimited, scale=0)
        with run_in_thread(options) as served:
            client = make_unattached_client(backend, served.url, config=PATIENT)
            simulator = served.simulator
            clients = [client]
            if backend in (Backend.SAGEMAKER, Backend.SAGEMAKER_COMPONENT):
                clients.append(make_unattached_runtime(served.url, config=PATIENT))
            yield HostingBench(
                service, service.adapter(*clients), simulator.services[backend], simulator.clock.advance, 2
            )
        return
    clock = ScaledClock(0, SIX)
    account = service.account(clock.now, start_latency=make_fixed(600), limits=unlimited)
    account.add_model(names[0], names[1])
    if way == "core":
        assert isinstance(account, LookoutService)
        yield HostingBench(service, SimulatedHosting(account), account, clock.advance, 1)
        return
    if backend is Backend.FUNCTION:
        assert isinstance(account, LookoutService)
        client = FunctionClient(BackendFunction(account))
        invoked = service.adapter(client) if way == "in process" else HostingRouter(lambda *_: client, STACK)
        yield HostingBench(service, invoked, account, clock.advance, 1)
        return
    clients = [make_client(account, config=CONFIG)]
    if isinstance(account, EndpointService | ComponentService):
        clients.append(make_runtime(account, config=CONFIG))
    routed = HostingRouter(lambda _, service=None: clients[service is AwsService.SAGEMAKER_RUNTIME], STACK)
    hosting = service.adapter(*clients) if way == "in process" else routed
    yield HostingBench(service, hosting, account, clock.advance, 2)


def only(*backends: Backend) -> pytest.MarkDecorator:
    """Let a test run on some services alone: what it says does not exist on the others."""
    ways = [way for way in WAYS if way[0] in backends]
    return pytest.mark.parametrize("bench", ways, indirect=True, ids=lambda way: f"{way[0]} {way[1]}")


def except_on(*backends: Backend) -> pytest.MarkDecorator:
    """Let a test run on all services but some, where what it says does not exist."""
    return only(*(backend for backend in SERVICES if backend not in backends))


def test_a_model_is_started_becomes_hosted_and_is_stopped(bench: HostingBench) -> None:
    hosting, target = bench.hosting, bench.target
    assert hosting.describe(target).observed is Observed.STOPPED
    hosting.start(bench.intended())
    assert hosting.describe(target).observed is Observed.STARTING
    bench.advance(timedelta(minutes=10))
    assert hosting.describe(target).observed is Observed.HOSTED
    hosting.stop(bench.intended(Call.STOP))
    assert hosting.describe(target).observed is Observed.STOPPING
    bench.advance(timedelta(minutes=2))
    assert hosting.describe(target).observed is Observed.STOPPED


def test_a_look_shows_the_running_units_where_a_start_names_them(bench: HostingBench) -> None:
    named = bench.target.backend.takes_units
    bench.hosting.start(bench.intended(units=Units(2) if named else None))
    bench.advance(timedelta(minutes=10))
    assert bench.hosting.describe(bench.target).units == (2 if named else None)


def test_the_same_call_twice_starts_a_model_once(bench: HostingBench) -> None:
    bench.hosting.start(bench.intended())
    bench.starts_again()
    assert bench.count_changes("start") == 1


def test_a_look_changes_nothing(bench: HostingBench) -> None:
    before = bench.account.models()
    bench.hosting.describe(bench.target)
    assert bench.account.models() == before
    assert not [call for call in bench.account.call_log if call.changed_state]


@except_on(Backend.SAGEMAKER_COMPONENT)
def test_a_call_in_the_wrong_state_is_refused(bench: HostingBench) -> None:
    with pytest.raises(WrongState):
        bench.hosting.stop(bench.intended(Call.STOP))
    bench.hosting.start(bench.intended())
    with pytest.raises(WrongState):
        bench.hosting.start(bench.intended(generation=2))
    bench.advance(timedelta(minutes=10))
    bench.hosting.stop(bench.intended(Call.STOP))
    with pytest.raises(WrongState):
        bench.hosting.stop(bench.intended(Call.STOP, generation=2))
    with pytest.raises(WrongState):
        bench.hosting.start(bench.intended(generation=2))


def test_a_quota_differs_from_other_refusals(bench: HostingBench) -> None:
    bench.account.limits = replace(bench.account.limits, max_hosted_models=1)
    version = bench.account.models()[0].version
    bench.account.add_model("another", version if version in ("", "3") else "other")
    bench.account.person_starts("another", bench.account.models()[-1].version)
    with pytest.raises(QuotaExceeded):
        bench.hosting.start(bench.intended())


@pytest.mark.parametrize("call", ["describe", "start"])
def test_an_absent_model_is_gone(bench: HostingBench, call: str) -> None:
    absent = bench.of.absent
    argument: Any = absent if call == "describe" else replace(bench.intended(), target=absent)
    with pytest.raises(ModelGone):
        getattr(bench.hosting, call)(argument)


def test_a_stop_of_an_absent_model_has_no_effect_and_says_so(bench: HostingBench) -> None:
    # Of a deleted endpoint that is all that can be known: the wrong state for a stop.
    expected = WrongState if bench.target.backend is Backend.SAGEMAKER else ModelGone
    with pytest.raises(expected):
        bench.hosting.stop(replace(bench.intended(Call.STOP), target=bench.of.absent))


IMAGE = Readiness(b"a picture", "image/jpeg")


@except_on(Backend.FUNCTION)
def test_only_a_hosted_model_answers_an_inference(bench: HostingBench) -> None:
    target = bench.target
    for word, observed in bench.of.observed.items():
        bench.account.set_status(*bench.names, word)
        if observed is Observed.HOSTED:
            bench.hosting.probe(target, IMAGE)
            continue
        with pytest.raises(WrongState):
            bench.hosting.probe(target, IMAGE)


@except_on(Backend.FUNCTION)
def test_an_inference_changes_nothing(bench: HostingBench) -> None:
    bench.hosting.start(bench.intended())
    bench.advance(timedelta(minutes=10))
    before = bench.account.models()
    bench.hosting.probe(bench.target, IMAGE)
    assert bench.account.models() == before
    assert bench.count_changes("probe") == 0


@except_on(Backend.FUNCTION)
def test_an_inference_of_an_absent_model_is_refused(bench: HostingBench) -> None:
    # The runtime of SageMaker says the same of an absent endpoint and of one out of service. The adapter asks first
    # which endpoint a component lives on, and that answer shows its absence.
    expected = WrongState if bench.target.backend is Backend.SAGEMAKER else ModelGone
    with pytest.raises(expected):
        bench.hosting.probe(bench.of.absent, IMAGE)


STOPPED_BY_NAME = (Backend.SAGEMAKER, Backend.SAGEMAKER_COMPONENT)
FAULTS = {
    FaultKind.THROTTLE: Throttled,
    FaultKind.INTERNAL_ERROR: AnswerLost,
    FaultKind.INTERNAL_ERROR_AFTER: AnswerLost,
    FaultKind.ANSWER_LOST: AnswerLost,
    FaultKind.ACCESS_DENIED: AccessRefused,
    FaultKind.VALIDATION: InvalidCall,
}


@pytest.mark.parametrize("call", ["describe", "probe", "start", "stop"])
@pytest.mark.parametrize("kind", FAULTS)
def test_each_fault_at_each_call_is_the_ports_error(bench: HostingBench, call: str, kind: FaultKind) -> None:
    if call == "probe" and bench.target.backend is Backend.FUNCTION:
        bench.break_(kind, "describe", times=5)
        with pytest.raises(InvalidCall, match="makes no inference"):  # refused before any call, whatever the fault
            bench.hosting.probe(bench.target, IMAGE)
        assert not list(bench.account.call_log)
        return
    if call in ("stop", "probe"):
        bench.hosting.start(bench.intended())
        bench.advance(timedelta(minutes=10))
    bench.break_(kind, call, times=5)  # more often than the client tries
    arguments: dict[str, tuple[Any, ...]] = {"describe": (bench.target,), "probe": (bench.target, IMAGE)}
    expected = FAULTS[kind]
    if call == "stop" and kind is FaultKind.VALIDATION and bench.target.backend in STOPPED_BY_NAME:
        expected = WrongState  # the call names nothing but an endpoint or component, so only its state can be invalid
    with pytest.raises(expected) as caught:
        getattr(bench.hosting, call)(
            *arguments.get(call, (bench.intended(Call.STOP if call == "stop" else Call.START),))
        )
    assert str(caught.value)


def test_a_lost_answer_has_its_effect_and_the_same_call_again_has_none(bench: HostingBench) -> None:
    bench.break_(FaultKind.ANSWER_LOST, "start", times=bench.tries)
    with pytest.raises(AnswerLost):
        bench.hosting.start(bench.intended())
    bench.starts_again()
    assert bench.count_changes("start") == 1


def test_a_refusal_says_whether_the_client_had_tried_before_with_an_effect_it_does_not_know(
    bench: HostingBench,
) -> None:
    start = bench.operations["start"]
    bench.account.inject(InjectedFault(FaultKind.ACCESS_DENIED, start))
    with pytest.raises(AccessRefused) as refused:
        bench.hosting.start(bench.intended())
    assert not refused.value.retried
    bench.account.inject(InjectedFault(FaultKind.ANSWER_LOST, start))
    bench.account.inject(InjectedFault(FaultKind.ACCESS_DENIED, start, skip=1))
    with pytest.raises(HostingError) as caught:
        bench.hosting.start(bench.intended())
    assert bench.count_changes("start") == 1
    if bench.tries == 1:
        assert isinstance(caught.value, AnswerLost)
    else:
        assert isinstance(caught.value, AccessRefused)
        assert caught.value.retried


def test_every_status_has_its_word(bench: HostingBench) -> None:
    target = bench.target
    for word, observed in bench.of.observed.items():
        bench.account.set_status(*bench.names, word)
        seen = bench.hosting.describe(target)
        assert (seen.observed, seen.detail.partition(":")[0]) == (observed, bench.of.shown.get(word, word))


def test_a_failed_start_is_seen_as_failed(bench: HostingBench) -> None:
    bench.account.inject(InjectedFault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=1)))
    bench.hosting.start(bench.intended())
    bench.advance(timedelta(minutes=1))
    assert bench.hosting.describe(bench.target).observed is Observed.FAILED
    bench.hosting.stop(bench.intended(Call.STOP))
    bench.advance(timedelta(minutes=2))
    assert bench.hosting.describe(bench.target).observed is Observed.STOPPED


def test_permanently_throttled_is_throttled(bench: HostingBench) -> None:
    bench.account.limits = replace(bench.account.limits, calls_per_second=0.001)
    bench.hosting.describe(bench.target)
    with pytest.raises(Throttled):
        bench.hosting.describe(bench.target)


@pytest.mark.parametrize("backend", SIMULATED)
def test_a_dead_endpoint_is_a_lost_answer(backend: Backend) -> None:
    service = SERVICES[backend]
    client = make_unattached_client(backend, "http://127.0.0.1:9", config=CONFIG)
    with pytest.raises(AnswerLost):
        service.adapter(client).describe(service.target)


class AnsweringClient:
    """A client that answers every call with a value from the test."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    def __getattr__(self, _: str) -> Callable[..., dict[str, Any]]:
        return lambda **_: self._answer


def an_answer(backend: Backend, status: dict[str, str]) -> dict[str, Any]:
    """A look's answer with a status that is missing or new."""
    answers: dict[Backend, dict[str, Any]] = {
        Backend.LOOKOUT_VISION: {"ModelDescription": status},
        Backend.REKOGNITION: {"ProjectDescriptions": [{}], "ProjectVersionDescriptions": [status]},
        Backend.SAGEMAKER: {f"Endpoint{name}": word for name, word in status.items()},
        Backend.SAGEMAKER_COMPONENT: {f"InferenceComponent{name}": word for name, word in status.items()},
    }
    return answers[backend]


@pytest.mark.parametrize("backend", SIMULATED)
@pytest.mark.parametrize("status", [{}, {"Status": "HIBERNATING"}])
def test_a_status_that_is_missing_or_new_is_unknown(backend: Backend, status: dict[str, str]) -> None:
    service = SERVICES[backend]
    seen = service.adapter(AnsweringClient(an_answer(backend, status))).describe(service.target)
    assert seen.observed is Observed.UNKNOWN


@pytest.mark.parametrize("backend", SERVICES)
def test_an_error_the_service_is_not_known_for_counts_as_a_lost_answer(backend: Backend) -> None:
    def fails(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "503", "Message": "busy"}}, "Call")

    class Fails:
        def __getattr__(self, _: str) -> Any:
            return fails

    service = SERVICES[backend]
    with pytest.raises(AnswerLost, match="503: busy"):
        service.adapter(Fails()).describe(service.target)


# ---- Lookout for Vision and Rekognition: units ----------------------------------------------------------------------


@only(Backend.LOOKOUT_VISION, Backend.REKOGNITION)
@pytest.mark.parametrize("units", [Units(2, 4), Units(2)])
def test_the_units_are_sent_as_intended_and_a_maximum_only_to_scale(bench: HostingBench, units: Units) -> None:
    bench.hosting.start(bench.intended(units=units))
    (model,) = bench.account.models()
    assert (model.min_units, model.max_units) == (units.minimum, units.maximum)


@only(Backend.LOOKOUT_VISION, Backend.REKOGNITION)
def test_more_units_than_a_model_may_have_are_a_quota(bench: HostingBench) -> None:
    with pytest.raises(QuotaExceeded):
        bench.hosting.start(bench.intended(units=Units(6)))


# ---- Lookout for Vision: the token ----------------------------------------------------------------------------------


@only(Backend.LOOKOUT_VISION)
def test_a_known_token_with_other_parameters_is_refused(bench: HostingBench) -> None:
    bench.hosting.start(bench.intended())
    with pytest.raises((InvalidCall, WrongState)):
        bench.hosting.start(replace(bench.intended(), units=Units(2)))


@only(Backend.LOOKOUT_VISION)
def test_what_the_client_itself_refuses_is_invalid(bench: HostingBench) -> None:
    if not isinstance(bench.hosting, SimulatedHosting):
        with pytest.raises(InvalidCall):
            bench.hosting.start(replace(bench.intended(), client_token=""))
    assert issubclass(InvalidCall, HostingError)


def test_lookouts_words_cover_its_service_model() -> None:
    model, words = load_service_model(), LookoutService.words
    assert set(lookout.OBSERVED) == set(model.shape_for("ModelStatus").enum)
    operations = [model.operation_model(name) for name in (words.start, words.stop, words.describe)]
    assert set(lookout.ERRORS) == {shape.name for operation in operations for shape in operation.error_shapes}


# ---- Rekognition Custom Labels: ARNs --------------------------------------------------------------------------------


def test_rekognitions_words_cover_its_service_model() -> None:
    model, words = load_model(Backend.REKOGNITION.value), CustomLabelsService.words
    statuses = set(model.shape_for("ProjectVersionStatus").enum)
    assert set(rekognition.OBSERVED) == set(words.statuses) == statuses
    assert len(statuses) == 14
    operations = [model.operation_model(name) for name in words.operations]
    assert set(rekognition.ERRORS) == {shape.name for operation in operations for shape in operation.error_shapes}


@only(Backend.REKOGNITION)
def test_a_version_is_checked_by_its_name_and_its_project_is_resolved_once(bench: HostingBench) -> None:
    bench.account.add_model("line.1", "v2", "RUNNING")  # must not speak for v3
    for _ in range(3):
        assert bench.hosting.describe(bench.target).observed is Observed.STOPPED
    asked = [call.operation for call in bench.account.call_log]
    assert asked.count(Operation.DESCRIBE_PROJECTS) == 1
    assert {call.version for call in bench.account.call_log if call.operation is bench.operations["describe"]} == {"v3"}


@only(Backend.REKOGNITION)
def test_a_project_that_was_made_again_is_found_under_its_new_arn(bench: HostingBench) -> None:
    bench.hosting.describe(bench.target)
    bench.account.delete_project("line.1")
    with pytest.raises(ModelGone):
        bench.hosting.describe(bench.target)
    bench.advance(timedelta(hours=1))
    bench.account.add_model("line.1", "v3")
    assert bench.hosting.describe(bench.target).observed is Observed.STOPPED
    bench.hosting.start(bench.intended())
    assert bench.count_changes("start") == 1


@only(Backend.REKOGNITION)
def test_an_account_runs_two_models_at_most(bench: HostingBench) -> None:
    bench.account.limits = CustomLabelsService.words.limits
    for version in ("a", "b"):
        bench.account.add_model("line.2", version)
        bench.account.person_starts("line.2", version)
    with pytest.raises(QuotaExceeded):
        bench.hosting.start(bench.intended())


# ---- SageMaker: endpoints, and whose they are -----------------------------------------------------------------------


def test_sagemakers_words_cover_its_service_model() -> None:
    model, words = load_model(Backend.SAGEMAKER.value), EndpointService.words
    statuses = set(model.shape_for("EndpointStatus").enum)
    assert set(sagemaker.OBSERVED) == statuses == set(words.statuses) - {"Absent"}
    operations = [model.operation_model(name) for name in words.operations if name in model.operation_names]
    operations.append(load_runtime_model().operation_model(words.infer))
    assert {shape.name for operation in operations for shape in operation.error_shapes} <= set(sagemaker.ERRORS)


@only(Backend.SAGEMAKER)
def test_an_endpoint_that_preheat_makes_is_its_own_and_any_other_is_foreign(bench: HostingBench) -> None:
    bench.hosting.start(bench.intended())
    assert not bench.hosting.describe(bench.target).foreign
    bench.hosting.stop(bench.intended(Call.STOP))
    bench.advance(timedelta(minutes=2))
    bench.account.person_starts(bench.target.project, bench.target.version)
    assert bench.hosting.describe(bench.target).foreign


@only(Backend.SAGEMAKER)
@pytest.mark.parametrize(("stack", "foreign"), [(STACK, False), ("another-stack", True)])
def test_a_person_hands_an_endpoint_over_by_the_tag_of_the_stack(
    bench: HostingBench, stack: str, *, foreign: bool
) -> None:
    assert isinstance(bench.account, EndpointService)
    bench.account.person_starts(bench.target.project, bench.target.version)
    tags = [{"Key": f"key-{number}", "Value": "x"} for number in range(40)] + [{"Key": MANAGED_BY, "Value": stack}]
    bench.account.add_tags(bench.account.arn(bench.target.project), tags)
    assert bench.hosting.describe(bench.target).foreign is foreign


@only(Backend.SAGEMAKER)
def test_an_endpoint_of_another_config_is_what_it_is_and_says_so(bench: HostingBench) -> None:
    bench.account.add_model(bench.target.project, "line-v4")
    bench.account.person_starts(bench.target.project, "line-v4")
    seen = bench.hosting.describe(bench.target)
    assert (seen.observed, seen.detail) == (Observed.STARTING, "Creating, with the config line-v4")


def of_config(bench: HostingBench, config: str, call: Call = Call.START) -> Attempt:
    """Return a call about the same endpoint under another of the plan's `configs`."""
    return replace(bench.intended(call), target=replace(bench.target, version=config))


@only(Backend.SAGEMAKER)
def test_a_fallback_config_is_checked_by_itself_while_there_is_no_endpoint(bench: HostingBench) -> None:
    fallback = replace(bench.target, version="line-v4")
    with pytest.raises(ModelGone):
        bench.hosting.describe(fallback)
    with pytest.raises(ModelGone):
        bench.hosting.start(of_config(bench, "line-v4"))
    bench.account.add_model(bench.target.project, "line-v4")
    assert bench.hosting.describe(fallback).observed is Observed.STOPPED
    assert bench.hosting.describe(bench.target).observed is Observed.STOPPED
    assert bench.count_changes("start") == 0


@only(Backend.SAGEMAKER)
def test_all_configs_of_a_model_are_one_endpoint(bench: HostingBench) -> None:
    bench.account.add_model(bench.target.project, "line-v4")
    bench.hosting.start(of_config(bench, "line-v4"))
    for config, words in (("line-v4", "Creating"), (bench.target.version, "Creating, with the config line-v4")):
        seen = bench.hosting.describe(replace(bench.target, version=config))
        assert (seen.observed, seen.foreign, seen.detail) == (Observed.STARTING, False, words)
    with pytest.raises(WrongState):
        bench.hosting.start(bench.intended())  # of the first config: the name exists
    bench.advance(timedelta(minutes=10))
    bench.hosting.stop(bench.intended(Call.STOP))  # a stop names the endpoint, whatever it runs from
    bench.advance(timedelta(minutes=2))
    assert bench.hosting.describe(bench.target).observed is Observed.STOPPED
    assert (bench.count_changes("start"), bench.count_changes("stop")) == (1, 1)


@only(Backend.SAGEMAKER)
@pytest.mark.parametrize(("kind", "short"), [(FaultKind.CAPACITY, True), (FaultKind.HOSTING_FAILED, False)])
def test_a_shortage_of_capacity_differs_from_other_failures_and_the_next_config_starts_once_it_is_cleared(
    bench: HostingBench, kind: FaultKind, *, short: bool
) -> None:
    bench.account.add_model(bench.target.project, "line-v4")
    bench.account.inject(InjectedFault(kind, bench.operations["start"], times=1, after=timedelta(minutes=3)))
    bench.hosting.start(bench.intended())
    bench.advance(timedelta(minutes=4))
    seen = bench.hosting.describe(bench.target)
    assert (seen.observed, seen.no_capacity) == (Observed.FAILED, short)
    with pytest.raises(WrongState):
        bench.hosting.start(of_config(bench, "line-v4"))  # the failed one holds the name
    bench.hosting.stop(bench.intended(Call.STOP))
    bench.advance(timedelta(minutes=2))
    bench.hosting.start(of_config(bench, "line-v4"))
    bench.advance(timedelta(minutes=10))
    assert bench.hosting.describe(replace(bench.target, version="line-v4")).observed is Observed.HOSTED


@only(Backend.SAGEMAKER)
def test_a_failed_endpoint_holds_its_name_until_it_is_deleted(bench: HostingBench) -> None:
    bench.account.set_status(bench.target.project, bench.target.version, "Failed")
    with pytest.raises(WrongState):
        bench.hosting.start(bench.intended())


@only(Backend.SAGEMAKER)
def test_an_endpoint_that_goes_during_the_look_is_stopped_not_gone(bench: HostingBench) -> None:
    bench.hosting.start(bench.intended())
    bench.hosting.stop(bench.intended(Call.STOP))
    last = InjectedFault(FaultKind.DELETED, Operation.LIST_TAGS)  # with its config, which another endpoint has as well
    bench.account.add_model("another", bench.target.version)
    bench.account.inject(last)
    assert bench.hosting.describe(bench.target).observed is Observed.STOPPED


@only(Backend.SAGEMAKER)
def test_a_config_outlives_its_endpoint(bench: HostingBench) -> None:
    bench.hosting.start(bench.intended())
    bench.hosting.stop(bench.intended(Call.STOP))
    bench.advance(timedelta(minutes=2))
    assert bench.hosting.describe(bench.target).detail == "no endpoint"


@pytest.fixture
def on_moto() -> Iterator[tuple[SageMakerHosting, Any]]:
    """The adapter against moto's SageMaker, with the endpoint config that the target names."""
    with mock_aws():
        client = make_unattached_client(
            Backend.SAGEMAKER, "https://api.sagemaker.eu-central-1.amazonaws.com", config=CONFIG
        )
        client.create_model(ModelName="line", ExecutionRoleArn="arn:aws:iam::123456789012:role/line")
        variant = {
            "VariantName": "all",
            "ModelName": "line",
            "InstanceType": "ml.c5.2xlarge",
            "InitialInstanceCount": 1,
        }
        client.create_endpoint_config(EndpointConfigName="line-v3", ProductionVariants=[variant])
        runtime = make_unattached_runtime("https://runtime.sagemaker.eu-central-1.amazonaws.com", config=CONFIG)
        yield SageMakerHosting(client, STACK, lambda _: runtime), client


def test_motos_sagemaker_is_driven_too_where_it_differs_from_aws_is_stated(
    on_moto: tuple[SageMakerHosting, Any],
) -> None:
    hosting, client = on_moto
    service = SERVICES[Backend.SAGEMAKER]
    start = Attempt.intend(
        ModelId("weld"), Call.START, generation=1, demand_start=SIX, target=service.target, units=Units(), now=SIX
    )
    assert hosting.describe(service.target).observed is Observed.STOPPED
    with pytest.raises(ModelGone):
        hosting.describe(service.absent)
    hosting.start(start)
    seen = hosting.describe(service.target)
    assert (seen.observed, seen.foreign) == (Observed.HOSTED, False)  # moto: in service at once, AWS: Creating
    hosting.stop(replace(start, call=Call.STOP))
    assert hosting.describe(service.target).observed is Observed.STOPPED  # moto: gone at once, AWS: Deleting
    assert client.describe_endpoint_config(EndpointConfigName="line-v3")["EndpointConfigName"] == "line-v3"
    with pytest.raises(WrongState):
        hosting.stop(replace(start, call=Call.STOP))


def test_moto_takes_a_second_create_of_a_name_where_aws_refuses_it(on_moto: tuple[SageMakerHosting, Any]) -> None:
    hosting, _ = on_moto
    start = Attempt.intend(
        ModelId("weld"),
        Call.START,
        generation=1,
        demand_start=SIX,
        target=SERVICES[Backend.SAGEMAKER].target,
        units=Units(),
        now=SIX,
    )
    hosting.start(start)
    hosting.start(start)  # were moto to refuse it, as AWS does, this test and the page docs/backends.md should go


# ---- SageMaker: inference components, whose copies a call sets -------------------------------------------------------


@only(Backend.SAGEMAKER_COMPONENT)
def test_the_same_count_of_copies_again_is_accepted_and_changes_nothing(bench: HostingBench) -> None:
    bench.hosting.stop(bench.intended(Call.STOP))
    assert bench.count_changes("stop") == 0
    bench.hosting.start(bench.intended(units=Units(2)))
    bench.hosting.start(bench.intended(generation=2, units=Units(2)))
    bench.advance(timedelta(minutes=10))
    bench.hosting.start(bench.intended(generation=3, units=Units(2)))
    assert bench.count_changes("start") == 1


@only(Backend.SAGEMAKER_COMPONENT)
def test_copies_that_are_changing_take_no_other_count(bench: HostingBench) -> None:
    bench.hosting.start(bench.intended())
    with pytest.raises(WrongState):
        bench.hosting.start(bench.intended(units=Units(2)))
    bench.advance(timedelta(minutes=10))
    bench.hosting.stop(bench.intended(Call.STOP))
    with pytest.raises(WrongState):
        bench.hosting.start(bench.intended(generation=2))


@only(Backend.SAGEMAKER_COMPONENT)
def test_a_look_counts_the_copies_that_serve(bench: HostingBench) -> None:
    assert isinstance(bench.account, ComponentService)
    bench.hosting.start(bench.intended(units=Units(3)))
    bench.advance(timedelta(minutes=10))
    assert bench.hosting.describe(bench.target).serving == 3
    bench.account.set_instances(bench.target.project, 1)
    seen = bench.hosting.describe(bench.target)
    assert (seen.observed, seen.serving, seen.units) == (Observed.HOSTED, 1, 3)
    bench.account.set_instances(bench.target.project, 0)
    assert bench.hosting.describe(bench.target).observed is Observed.STARTING


@pytest.mark.parametrize(
    ("status", "desired", "current", "observed"),
    [
        ("InService", 0, 0, Observed.STOPPED),
        ("InService", 0, 1, Observed.STOPPING),
        ("InService", 2, 0, Observed.STARTING),
        ("InService", 2, 1, Observed.HOSTED),
        ("Updating", 2, 0, Observed.STARTING),
        ("Updating", 4, 2, Observed.HOSTED),  # scaling adds copies, and two serve
        ("Updating", 0, 2, Observed.STOPPING),
        ("Updating", 0, 0, Observed.STOPPED),
        ("Failed", 2, 0, Observed.FAILED),
        ("Failed", 2, 1, Observed.HOSTED),  # the service bills one copy, which serves, however the last change ended
        ("Failed", 0, 0, Observed.STOPPED),
        ("Failed", 0, 1, Observed.STOPPING),
        ("Creating", 1, 0, Observed.BUSY),
        ("Deleting", 0, 0, Observed.UNFIT),
        ("InService", None, None, Observed.UNKNOWN),
        ("Resting", 1, 1, Observed.UNKNOWN),
    ],
)
def test_a_components_status_means_what_its_copies_say(
    status: str, desired: int | None, current: int | None, observed: Observed
) -> None:
    assert component.read_level(status, desired, current) is observed


def test_a_components_words_are_those_of_its_service_model() -> None:
    model = load_model("sagemaker")
    assert set(model.shape_for("InferenceComponentStatus").enum) == component.STATUSES


class Registrations:
    """A client of Application Auto Scaling with one scalable target, or with an error at each call."""

    def __init__(self, least: int = 1, error: str = "") -> None:
        self.error, self.calls = error, list[dict[str, Any]]()
        self.target = {"MinCapacity": least, "MaxCapacity": 2}

    def describe_scalable_targets(self, **given: Any) -> dict[str, Any]:
        if self.error:
            raise ClientError({"Error": {"Code": self.error, "Message": "no"}}, "DescribeScalableTargets")
        assert given["ResourceIds"] == ["inference-component/line-1"]
        return {"ScalableTargets": [self.target]}

    def register_scalable_target(self, **given: Any) -> dict[str, Any]:
        self.calls.append(given)
        return {}


def a_component(scaling: Registrations) -> tuple[ComponentHosting, ComponentService]:
    account = ComponentService(lambda: SIX, start_latency=make_fixed(0))
    account.add_model("line-1", "")
    client = make_client(account, config=CONFIG)
    return ComponentHosting(client, lambda _: None, ComponentScaling(lambda *_: scaling).set_least), account


def an_attempt(call: Call, copies: int) -> Attempt:
    target = SERVICES[Backend.SAGEMAKER_COMPONENT].target
    model = ModelId("weld-seams")
    return Attempt.intend(model, call, generation=1, demand_start=SIX, target=target, units=Units(copies), now=SIX)


def test_scaling_keeps_the_copies_of_a_start_and_none_after_a_stop() -> None:
    scaling = Registrations()
    hosting, _ = a_component(scaling)
    hosting.start(an_attempt(Call.START, 3))
    hosting.stop(an_attempt(Call.STOP, 3))
    bounds = [(call["MinCapacity"], call["MaxCapacity"]) for call in scaling.calls]
    assert bounds == [(3, 3), (0, 2)]
    assert {call["ScalableDimension"] for call in scaling.calls} == {COPIES}


@pytest.mark.parametrize("error", ["AccessDeniedException", "InternalServiceException", "ThrottlingException"])
def test_scaling_that_cannot_be_set_keeps_no_start_and_no_stop_from_being_made(error: str) -> None:
    hosting, account = a_component(Registrations(error=error))
    hosting.start(an_attempt(Call.START, 1))
    hosting.stop(an_attempt(Call.STOP, 1))
    assert account.call_log.count_changes(Operation.SET_COPIES) == 2
    assert account.status("line-1", "") is Status.STOPPING_HOSTING


# ---- A user's own function -------------------------------------------------------------------------------------------


class Invoked:
    """A client of Lambda whose function answers with these bytes."""

    def __init__(self, body: bytes, **more: Any) -> None:
        self._answer = {"StatusCode": 200, "Payload": BytesIO(body), **more}

    def invoke(self, **_: Any) -> dict[str, Any]:
        return self._answer


OF_A_FUNCTION = SERVICES[Backend.FUNCTION].target


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"null", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b"{}", "no status; accepted: stopped, starting"),
        (b'{"status": 1}', "no status"),
        (b'{"status": "hosted", "serving": -1}', "serving -1 is not a whole number"),
        (b'{"status": "hosted", "serving": true}', "serving True"),
        (b'{"status": "hosted", "serving": 1.5}', "serving 1.5"),
        (b'{"error": "quota"}', "error is not an object"),
        (b'{"error": {"type": "full", "message": "no room"}}', "no room (error type 'full'; accepted: lost"),
        (b'{"error": {"type": ["quota"]}}', "error type"),
        (b"[" * 100_000, "takes more than 65,536 bytes"),
        (b"[" * 60_000, "not JSON"),
        (b'{"status": "hosted", "serving": ' + b"[" * 9_000 + b"]" * 9_000 + b"}", "serving"),
        (b'{"status": "hosted", "serving": ' + b"9" * 5_000 + b"}", "not JSON"),
        (b'{"status": "hosted", "serving": NaN}', "serving nan"),
        (b'{"status": "hosted", "serving": 1e400}', "serving inf"),
        (b'{"error": {"type": ["quota"], "message": {}}}', "error type"),
        (b'{"status": "hosted", "detail": "' + b"x" * 70_000 + b'"}', "takes more than 65,536 bytes"),
        (b"\xff\xfe", "not JSON"),
    ],
)
@pytest.mark.parametrize("call", ["describe", "start"])
def test_an_answer_that_breaks_the_contract_is_lost_and_says_why(body: bytes, words: str, call: str) -> None:
    hosting = FunctionHosting(Invoked(body))
    start = replace(an_attempt(Call.START, 1), target=OF_A_FUNCTION)
    with pytest.raises(AnswerLost) as caught:
        hosting.describe(OF_A_FUNCTION) if call == "describe" else hosting.start(start)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 800


@pytest.mark.parametrize("answer", list(Answer))
def test_each_type_of_error_is_the_ports_own(answer: Answer) -> None:
    body = json.dumps({"error": {"type": answer.value, "message": "as it is\x1b[2K"}}).encode()
    with pytest.raises(HostingError) as caught:
        FunctionHosting(Invoked(body)).describe(OF_A_FUNCTION)
    expected = Answer.LOST if answer is Answer.ACCEPTED else answer
    assert caught.value.answer is expected
    assert str(caught.value).isprintable()


def test_a_function_that_fails_leaves_its_call_unknown_and_its_words_readable() -> None:
    failed = Invoked(b'{"errorMessage": "boom\\n"}', FunctionError="Unhandled")
    with pytest.raises(AnswerLost, match=r"the function failed: .*boom"):
        FunctionHosting(failed).stop(replace(an_attempt(Call.STOP, 1), target=OF_A_FUNCTION))


@pytest.mark.parametrize(
    "breaks",
    [ReadTimeoutError(endpoint_url="lambda"), IncompleteReadError(actual_bytes=1, expected_bytes=9), OSError()],
)
@pytest.mark.parametrize("call", ["describe", "start"])
def test_an_answer_that_breaks_off_is_a_lost_one(breaks: Exception, call: str) -> None:
    class Breaks(BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise breaks

    class Client:
        def invoke(self, **_: Any) -> dict[str, Any]:
            return {"StatusCode": 200, "Payload": Breaks()}

    hosting = FunctionHosting(Client())
    start = replace(an_attempt(Call.START, 1), target=OF_A_FUNCTION)
    with pytest.raises(AnswerLost):
        hosting.describe(OF_A_FUNCTION) if call == "describe" else hosting.start(start)


@pytest.mark.parametrize("code", [*function.ERRORS, "SomethingNew"])
def test_each_error_of_lambda_itself_is_the_ports(code: str) -> None:
    class Refuses:
        def invoke(self, **_: Any) -> dict[str, Any]:
            raise ClientError({"Error": {"Code": code, "Message": "as it is"}}, "Invoke")

    with pytest.raises(function.ERRORS.get(code, AnswerLost)):
        FunctionHosting(Refuses()).describe(OF_A_FUNCTION)


def test_a_status_that_the_contract_does_not_have_is_unknown_and_gone_is_gone() -> None:
    seen = FunctionHosting(Invoked(b'{"status": "warm", "detail": "since 05:30"}')).describe(OF_A_FUNCTION)
    assert (seen.observed, seen.detail) == (Observed.UNKNOWN, "warm: since 05:30")
    with pytest.raises(ModelGone, match="gone: deleted yesterday"):
        FunctionHosting(Invoked(b'{"status": "gone", "detail": "deleted yesterday"}')).describe(OF_A_FUNCTION)


def test_a_request_carries_what_the_contract_says() -> None:
    start = replace(an_attempt(Call.START, 2), target=OF_A_FUNCTION)
    names = {"project": "line-1", "version": "3"}
    asked = {"version": 1, "operation": "describe", "model": "line", "parameters": names}
    assert function.make_request("describe", OF_A_FUNCTION) == asked
    called = {"units": 2, "client_token": start.client_token, "attempt": 1}
    assert function.make_request("start", OF_A_FUNCTION, start) == asked | {"operation": "start"} | called


def test_a_function_makes_no_inference() -> None:
    with pytest.raises(InvalidCall, match="reports hosted once the model answers"):
        FunctionHosting(Invoked(b"{}")).probe(OF_A_FUNCTION, IMAGE)
