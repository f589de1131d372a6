"""A bench for the simulated service: one model, a movable clock, no throttling unless a test asks for it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from preheat_simulator.core.errors import ServiceError
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.core.status import Status
from preheat_simulator.http.transport import make_client
from preheat_simulator.lookout import LookoutService

START = timedelta(minutes=15)
STOP = timedelta(minutes=2)


class SimulatorBench:
    """A service under a moved clock, with the model weld/1, which takes 15 minutes to start and 2 to stop."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
        self.service = LookoutService(lambda: self.at, limits=AccountLimits(calls_per_second=None))
        self.service.add_model("weld", "1")

    def pass_time(self, by: timedelta) -> None:
        self.at += by

    def switch(self, text: str) -> None:
        """Set one switch, written NAME=VALUE."""
        self.service.switches = self.service.switches.change(dict([text.split("=")]))

    def limit(self, **limits: Any) -> None:
        self.service.limits = replace(self.service.limits, **limits)

    def start(self, token: str | None = None, units: int = 1, most: int | None = None, version: str = "1") -> str:
        return self._answer(lambda: self.service.start_model("weld", version, units, most, token))

    def stop(self, token: str | None = None, version: str = "1") -> str:
        return self._answer(lambda: self.service.stop_model("weld", version, token))

    def status(self) -> Status:
        return next(model.status for model in self.service.models() if model.version == "1")

    def units(self) -> tuple[int | None, int | None]:
        model = self.service.models()[0]
        return model.min_units, model.max_units

    def host(self) -> None:
        """Start weld/1 and wait until it is hosted."""
        self.start()
        self.pass_time(START)
        assert self.status() is Status.HOSTED

    @staticmethod
    def _answer(call: Any) -> str:
        """Return the status answered, or the error's name."""
        try:
            return str(call())
        except ServiceError as error:
            return error.code


@pytest.fixture
def bench() -> SimulatorBench:
    return SimulatorBench()


@pytest.fixture
def client(bench: SimulatorBench) -> Any:
    """A real botocore client of the bench's service, in process."""
    return make_client(bench.service)


@pytest.fixture
def refusal() -> Any:
    """Call and return the response of the ClientError that it must end in."""

    def call(operation: Any, **parameters: object) -> dict[str, Any]:
        with pytest.raises(ClientError) as raised:
            operation(**parameters)
        response: dict[str, Any] = raised.value.response
        return response

    return call
