"""Owns one simulated account: its models, settings, faults, tokens, call log and bill, and what people do to it.

It knows no operation of the API; `service` adds those. The clock is handed in; randomness comes from the seed alone.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from preheat.simulator.billing import Bill
from preheat.simulator.calls import CallLog
from preheat.simulator.faults import ON_START, Fault, FaultKind, Faults
from preheat.simulator.fleet import ACCOUNT, REGION, Fleet
from preheat.simulator.hosted import SimulatedModel
from preheat.simulator.latency import Latency, fixed
from preheat.simulator.limits import Limits
from preheat.simulator.status import Operation, Status
from preheat.simulator.switches import BillingStart, Switches
from preheat.simulator.throttle import Throttle
from preheat.simulator.tokens import Tokens
from preheat.simulator.views import ModelView, ProjectView


class Account:
    """One account in one Region. `switches` and the latencies may be replaced at any time; they hold from then on."""

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        seed: int = 1,
        switches: Switches | None = None,
        limits: Limits | None = None,
        start_latency: Latency | None = None,
        stop_latency: Latency | None = None,
        region: str = REGION,
        account: str = ACCOUNT,
    ) -> None:
        """Take the clock as `now` (aware UTC, never backwards); latencies default to 15 and 2 minutes."""
        self.now = now
        self.seed = seed
        self.switches = switches or Switches()
        self.start_latency = start_latency or fixed(900)
        self.stop_latency = stop_latency or fixed(120)
        self.call_log = CallLog()
        self.faults = Faults(Random(f"{seed}/faults"))  # noqa: S311 - chance in a simulation, replayed from its seed
        self._fleet = Fleet(region, account)
        self._tokens = Tokens()
        self._limits = limits or Limits()
        self._throttle = Throttle(self._limits.calls_per_second)

    @property
    def limits(self) -> Limits:
        """The account's limits; replacing them empties the record of recent calls."""
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._limits = limits
        self._throttle = Throttle(limits.calls_per_second)

    def add_project(self, name: str) -> ProjectView:
        """Add a project, or return the one of that name."""
        return self._fleet.add_project(name, self.now())

    def add_model(
        self,
        project: str,
        version: str,
        status: Status = Status.TRAINED,
        *,
        start_latency: Latency | None = None,
        stop_latency: Latency | None = None,
    ) -> None:
        """Add a model version, with its project; latencies of its own if given. Raises ValueError if it exists."""
        model = self._fleet.add_model(project, version, Status(status), self.now())
        model.start_latency, model.stop_latency = start_latency, stop_latency

    def set_latency(
        self, project: str, version: str, start_latency: Latency | None, stop_latency: Latency | None
    ) -> None:
        """Give one model latencies of its own, from its next transition; None is the account's. Raises ServiceError."""
        model = self._fleet.model(project, version, self.now())
        model.start_latency, model.stop_latency = start_latency, stop_latency

    def inject(self, fault: Fault) -> None:
        """Arm a fault for the calls it matches."""
        self.faults.inject(fault)

    def set_status(self, project: str, version: str, status: Status) -> None:
        """Put a model into a status as it is, with nothing to follow; raises ServiceError if there is no such model."""
        now = self.now()
        self._fleet.model(project, version, now).force(now, Status(status))

    def system_update(self, project: str, version: str, lasts: timedelta) -> None:
        """Put a model into SYSTEM_UPDATING for a time; raises ServiceError if there is no such model."""
        now = self.now()
        self._fleet.model(project, version, now).begin_update(now, lasts)

    def delete(self, project: str, version: str) -> None:
        """Delete a model version, whatever its status; raises ServiceError if there is none."""
        self._fleet.delete(project, version, self.now())

    def models(self) -> tuple[ModelView, ...]:
        """Return every model as of now; no call, so neither logged nor throttled."""
        return tuple(view(model) for model in self._fleet.models(self.now()))

    def projects(self) -> tuple[ProjectView, ...]:
        """Return every project."""
        return self._fleet.projects()

    def latencies(self, project: str, version: str) -> tuple[Latency, Latency]:
        """Return the start and stop latency that hold for a model; raises ServiceError if there is no such model."""
        model = self._fleet.model(project, version, self.now())
        return model.start_latency or self.start_latency, model.stop_latency or self.stop_latency

    def status(self, project: str, version: str) -> Status:
        """Return a model's status as of now; no call, so neither logged nor throttled. Raises ServiceError."""
        return self._fleet.model(project, version, self.now()).status

    def history(self, project: str, version: str) -> tuple[tuple[datetime, Status], ...]:
        """Return a model's statuses, each with the instant since which it held; raises ServiceError."""
        return self._fleet.model(project, version, self.now()).history()

    def bill(self) -> dict[str, Bill]:
        """Return what each model was charged up to now, by PROJECT/VERSION, deleted ones included."""
        now = self.now()
        for model in self._fleet.models(now):
            model.advance(now)
        return {name: meter.bill(now, self._limits.usd_per_unit_hour) for name, meter in self._fleet.meters.items()}

    def _begin_start(self, model: SimulatedModel, units: tuple[int, int | None], now: datetime) -> FaultKind | None:
        """Start a model, into the fate that a fault has for it if one is armed; return that fault."""
        self._fleet.check_quotas(model, units, self._limits, now)
        fault = self.faults.take(ON_START, Operation.START_MODEL, model.project, model.version) if self.faults else None
        takes = (model.start_latency or self.start_latency).draw(self._chance(model, "start"))
        then: tuple[timedelta, Status] | None = (takes, Status.HOSTED)
        if fault is not None:
            stuck = fault.kind is FaultKind.STUCK
            then = None if stuck else (takes if fault.after is None else fault.after, Status.HOSTING_FAILED)
        model.bill_from_hosted = self.switches.billing_start is BillingStart.HOSTED
        model.begin_start(now, units, then)
        return fault.kind if fault else None

    def _begin_stop(self, model: SimulatedModel, now: datetime) -> None:
        model.begin_stop(now, (model.stop_latency or self.stop_latency).draw(self._chance(model, "stop")))

    def _chance(self, model: SimulatedModel, what: str) -> Random:
        # One generator per transition: what one model draws does not depend on what others did before.
        return Random(f"{self.seed}/{model.name}/{what}/{model.starts}")  # noqa: S311 - a simulation's chance


def view(model: SimulatedModel) -> ModelView:
    """Return a model as DescribeModel shows it."""
    return ModelView(
        model.project,
        model.version,
        model.arn,
        model.status,
        model.message,
        model.created_at,
        model.min_units,
        model.max_units,
    )
