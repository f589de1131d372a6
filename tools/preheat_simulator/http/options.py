"""Owns how to build a simulator from the options of a command line or a test, and how it starts again.

It knows no server. It reads latency, switch and model texts; an error names the option and what it takes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Self

from preheat.domain.plan.plan import RULES, Backend
from preheat_simulator.components import ComponentService
from preheat_simulator.core.answering import Answering
from preheat_simulator.core.calls import LoggedCall
from preheat_simulator.core.clock import ScaledClock
from preheat_simulator.core.fleet import REGION
from preheat_simulator.core.latency import Latency, make_fixed, parse_latency
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.core.switches import Switches
from preheat_simulator.core.trail import TrailedCallLog, make_trail_event
from preheat_simulator.http.json_wire import JsonWire, find_account
from preheat_simulator.http.runtime_wire import PATH as RUNTIME_PATH
from preheat_simulator.http.runtime_wire import RuntimeWire
from preheat_simulator.http.wire import Wire, WireFormat
from preheat_simulator.lookout import LookoutService
from preheat_simulator.rekognition import CustomLabelsService
from preheat_simulator.sagemaker import EndpointService

SIMULATED: Final = tuple(each for each in Backend if each is not Backend.FUNCTION)
"""The simulated services; a user's function is its own."""

type NamedModel = tuple[Backend, str, str]
"""A model: its service, and its project and version there."""


@dataclass(frozen=True, slots=True)
class Options:
    """The initial state of a simulator. `models` without a service are Lookout for Vision's; `limits` hold for all."""

    models: tuple[NamedModel | tuple[str, str], ...] = ()
    start_latency: Latency = field(default_factory=lambda: make_fixed(900))
    stop_latency: Latency = field(default_factory=lambda: make_fixed(120))
    switches: Switches = field(default_factory=Switches)
    limits: AccountLimits | None = None
    scale: float = 1.0
    seed: int = 1
    region: str = REGION

    @classmethod
    def read(
        cls,
        *,
        models: Iterable[str] = (),
        start_latency: str | float = 900,
        stop_latency: str | float = 120,
        switches: Iterable[str] = (),
        scale: float = 1.0,
        seed: int = 1,
        region: str = REGION,
    ) -> Self:
        """Read the texts of a command line: `[SERVICE:]PROJECT/VERSION`, latencies, `NAME=VALUE`. Raises ValueError."""
        settings = {}
        for text in switches:
            name, equals, value = text.partition("=")
            if not equals:
                raise ValueError(f"switch {text!r}: it is written NAME=VALUE")
            settings[name] = value
        return cls(
            models=tuple(dict.fromkeys(read_model(text) for text in models)),
            start_latency=_latency("start", start_latency),
            stop_latency=_latency("stop", stop_latency),
            switches=Switches().change(settings),
            scale=scale,
            seed=seed,
            region=region,
        )


def _latency(what: str, text: str | float) -> Latency:
    try:
        return parse_latency(text)
    except ValueError as error:
        raise ValueError(f"{what} {error}") from error


def read_model(text: str, backend: Backend | None = None) -> NamedModel:
    """Read PROJECT/VERSION, after `rekognition:` or `sagemaker:` without a given service; raises ValueError."""
    service, colon, name = text.rpartition(":") if backend is None else ("", "", text)
    if colon and service not in list(Backend):
        raise ValueError(f"model {text!r}: {service!r} is no service, there are {', '.join(Backend)}")
    found = backend or (Backend(service) if colon else Backend.LOOKOUT_VISION)
    if found not in SIMULATED:
        raise ValueError(f"model {text!r}: {found} is not simulated; there are {', '.join(SIMULATED)}")
    rules = RULES[found]
    parts = name.split("/", 1) if len(rules) == 2 else [name.removesuffix("/")]
    for rule, part in zip(rules, [*parts, ""][: len(rules)], strict=True):
        if len(parts) != len(rules) or not rule.pattern.fullmatch(part):
            written = "/".join(rule.field.upper() for rule in rules)
            raise ValueError(f"model {text!r}: it is written {written}, {rule.field} being {rule.accepted}")
    return found, parts[0], parts[1] if len(parts) == 2 else ""


class HttpSimulator:
    """A clock, an account of each service on it and the wire formats in front, put together from options.

    `service` is Lookout for Vision. `reset` replaces clock and accounts; the wires always speak for the current ones.
    """

    def __init__(
        self, options: Options | None = None, *, on_event: Callable[[dict[str, Any]], None] | None = None
    ) -> None:
        """Take the options; `on_event` gets an event for each start and stop by a person, in CloudTrail's form."""
        self.options = options or Options()
        self._on_event = on_event
        self.reset()
        self.wire = Wire(lambda: self.service)
        self._json_wires: dict[str, JsonWire] = {}
        self._runtime: RuntimeWire | None = None

    def wire_of(self, target: str, path: str) -> WireFormat:
        """Return the wire format that a request asks for by its X-Amz-Target, or else by its path."""
        if not target and RUNTIME_PATH.fullmatch(path):
            self._runtime = self._runtime or RuntimeWire(lambda: self.sagemaker, lambda: self.components)
            return self._runtime
        found = find_account(target)
        if found is None:
            return self.wire
        words, model = found
        key = f"{words.backend} {model}"
        if key not in self._json_wires:
            self._json_wires[key] = JsonWire(words, lambda: self.services[words.backend], model)
        return self._json_wires[key]

    def find_tags(self, endpoint: str) -> dict[str, str]:
        """Return the tags of an endpoint by its name; none if there is no such endpoint."""
        return self.sagemaker.find_tags(endpoint)

    def reset(self) -> None:
        """Begin again with the options: models trained, no faults, no calls, nothing billed."""
        options = self.options
        self.clock = ScaledClock(options.scale)

        def account[Service: Answering](kind: type[Service]) -> Service:
            return kind(
                self.clock.now,
                seed=options.seed,
                switches=options.switches,
                limits=options.limits,
                start_latency=options.start_latency,
                stop_latency=options.stop_latency,
                region=options.region,
            )

        self.service, self.rekognition = account(LookoutService), account(CustomLabelsService)
        self.sagemaker, self.components = account(EndpointService), account(ComponentService)
        accounts: tuple[Answering, ...] = (self.service, self.rekognition, self.sagemaker, self.components)
        self.services = {each.words.backend: each for each in accounts}
        if self._on_event is not None:
            for each in accounts:
                each.call_log = TrailedCallLog(partial(self._tell, each))
        for backend, project, version in map(_name_model, options.models):
            self.services[backend].add_model(project, version)

    def _tell(self, service: Answering, call: LoggedCall) -> None:
        if self._on_event is not None:
            event = make_trail_event(service.words.backend, call, region=service.region, account=service.account)
            self._on_event(event)


def _name_model(model: NamedModel | tuple[str, str]) -> NamedModel:
    return model if len(model) == 3 else (Backend.LOOKOUT_VISION, *model)
