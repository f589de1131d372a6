"""Owns how a simulator is put together from what a command line or a test says, and how it starts anew.

It knows no server. Latency, switch and model texts are read here; an error names the option and what it takes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from preheat.simulator.clock import Clock
from preheat.simulator.fleet import REGION
from preheat.simulator.latency import Latency, fixed, parse_latency
from preheat.simulator.limits import Limits
from preheat.simulator.service import LookoutService
from preheat.simulator.switches import Switches
from preheat.simulator.wire import Wire

_MODEL = re.compile(r"([a-zA-Z0-9][a-zA-Z0-9_-]{0,254})/([1-9][0-9]{0,9})")


@dataclass(frozen=True, slots=True)
class Options:
    """What a simulator begins with."""

    models: tuple[tuple[str, str], ...] = ()
    start_latency: Latency = field(default_factory=lambda: fixed(900))
    stop_latency: Latency = field(default_factory=lambda: fixed(120))
    switches: Switches = field(default_factory=Switches)
    limits: Limits = field(default_factory=Limits)
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
        """Read the texts of a command line: `PROJECT/VERSION`, latencies, `NAME=VALUE`. Raises ValueError."""
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
            switches=Switches().changed(settings),
            scale=scale,
            seed=seed,
            region=region,
        )


def _latency(what: str, text: str | float) -> Latency:
    try:
        return parse_latency(text)
    except ValueError as error:
        raise ValueError(f"{what} {error}") from error


def read_model(text: str) -> tuple[str, str]:
    """Read PROJECT/VERSION; raises ValueError."""
    match = _MODEL.fullmatch(text)
    if match is None:
        raise ValueError(f"model {text!r}: it is written PROJECT/VERSION, the version being a number from 1")
    return match[1], match[2]


class Simulator:
    """A clock, a service on it and the wire format in front, put together from options.

    `reset` replaces clock and service; the wire always speaks for the current one.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.reset()
        self.wire = Wire(lambda: self.service)

    def reset(self) -> None:
        """Begin anew with the options: models trained, no faults, no calls, nothing billed."""
        options = self.options
        self.clock = Clock(options.scale)
        self.service = LookoutService(
            self.clock.now,
            seed=options.seed,
            switches=options.switches,
            limits=options.limits,
            start_latency=options.start_latency,
            stop_latency=options.stop_latency,
            region=options.region,
        )
        for project, version in options.models:
            self.service.add_model(project, version)
