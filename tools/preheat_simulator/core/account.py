"""Owns one simulated account: its models, settings, faults, tokens, call log and bill, and what people do to it.

It knows no operation of the API; `service` adds those. The caller passes the clock; randomness comes from the seed
alone.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import ClassVar

from preheat_simulator.core.billing import Bill
from preheat_simulator.core.calls import CallLog
from preheat_simulator.core.faults import NO_CAPACITY, ON_START, FaultKind, InjectedFault, InjectedFaults
from preheat_simulator.core.fleet import ACCOUNT, REGION, SimulatedFleet
from preheat_simulator.core.hosted import SimulatedModel
from preheat_simulator.core.latency import Latency, make_fixed
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.core.status import Status
from preheat_simulator.core.switches import BillingStart, Switches
from preheat_simulator.core.throttle import Throttle
from preheat_simulator.core.tokens import Tokens
from preheat_simulator.core.views import ModelView, ProjectView
from preheat_simulator.core.words import LOOKOUT, Words


class SimulatedAccount:
    """One account in one Region. `switches` and the latencies may change at any time; they hold from then on."""

    words: ClassVar[Words] = LOOKOUT

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        seed: int = 1,
        switches: Switches | None = None,
        limits: AccountLimits | None = None,
        start_latency: Latency | None = None,
        stop_latency: Latency | None = None,
        region: str = REGION,
        account: str = ACCOUNT,
    ) -> None:
        """Take the clock as `now` (aware UTC, never backwards); latencies default to 15 and 2 minutes."""
        self.now = now
        self.seed = seed
        self.switches = switches or Switches()
        self.start_latency = start_latency or make_fixed(900)
        self.stop_latency = stop_latency or make_fixed(120)
        self.call_log = CallLog()
        self.faults = InjectedFaults(Random(f"{seed}/faults"))  # noqa: S311 - chance in a simulation, replayed from its seed
        self.region, self.account = region, account
        self._fleet = SimulatedFleet(region, account)
        self._tokens = Tokens()
        self._limits = limits or self.words.limits
        self._throttle = Throttle(self._limits.calls_per_second)

    @property
    def limits(self) -> AccountLimits:
        """The account's limits; replacing them empties the record of recent calls."""
        return self._limits

    @limits.setter
    def limits(self, limits: AccountLimits) -> None:
        self._limits = limits
        self._throttle = Throttle(limits.calls_per_second)

    def add_project(self, name: str) -> ProjectView:
        """Add a project, or return the one of that name."""
        return self._fleet.add_project(name, self.now())

    def add_model(
        self,
        project: str,
        version: str,
        status: str | None = None,
        *,
        start_latency: Latency | None = None,
        stop_latency: Latency | None = None,
    ) -> None:
        """Add a model version, with its project; latencies of its own if given.

        `status` is in the service's word, None the one that a model begins with. Raises ValueError if the version
        exists or the status does not.
        """
        self.check_status(status)
        model = self._fleet.add_model(project, version, Status.TRAINED, self.now())
        model.start_latency, model.stop_latency = start_latency, stop_latency
        if status is not None:
            self.set_status(project, version, status)

    def set_latency(
        self, project: str, version: str, start_latency: Latency | None, stop_latency: Latency | None
    ) -> None:
        """Give one model latencies of its own, from its next transition; None is the account's. Raises ServiceError."""
        model = self._fleet.model(project, version, self.now())
        model.start_latency, model.stop_latency = start_latency, stop_latency

    def inject(self, fault: InjectedFault) -> None:
        """Arm a fault for the calls it matches; one of a start waits for the service's own start.

        Raises ValueError for an operation that is another service's.
        """
        if fault.kind in ON_START:
            fault = replace(fault, operation=self.words.start)
        if fault.operation is not None and fault.operation not in self.words.operations:
            accepted = ", ".join(self.words.operations)
            raise ValueError(f"operation: {fault.operation} is none of {self.words.backend}'s, which are {accepted}")
        if fault.kind is FaultKind.SYSTEM_UPDATING:
            self._check_updates()
        self.faults.inject(fault)

    def clear_faults(self) -> None:
        """Disarm every fault."""
        self.faults.clear()

    def set_status(self, project: str, version: str, status: str) -> None:
        """Put a model into a status, in the service's word, with nothing to follow.

        Raises ValueError for another word, ServiceError if there is no such model.
        """
        self.check_status(status)
        now = self.now()
        model = self._fleet.model(project, version, now)
        model.force(now, self.words.statuses[status])
        model.word = str(status)

    def check_status(self, status: str | None) -> None:
        """Raise ValueError for what is no status in the service's words; None is the one that a model begins with."""
        if status is not None and status not in self.words.statuses:
            accepted = ", ".join(self.words.statuses)
            raise ValueError(f"status: {status!r} is not accepted, it takes one of {accepted}")

    def units(self, project: str, version: str) -> int | None:
        """Return with how many units a model runs at the least; None if it does not run. Raises ServiceError."""
        return self._fleet.model(project, version, self.now()).min_units

    def word(self, model: SimulatedModel) -> str:
        """Return a model's status in the service's word."""
        return model.word or self.words.show(model.status)

    def system_update(self, project: str, version: str, lasts: timedelta) -> None:
        """Put a model into SYSTEM_UPDATING for a time.

        Raises ServiceError if there is no such model, ValueError for a service that knows no such thing.
        """
        self._check_updates()
        now = self.now()
        self._fleet.model(project, version, now).begin_update(now, lasts)

    def delete(self, project: str, version: str) -> None:
        """Delete a model version, whatever its status; raises ServiceError if there is none."""
        self._fleet.delete(project, version, self.now())

    def delete_project(self, name: str) -> None:
        """Delete a project with its versions; raises ServiceError if there is none."""
        self._fleet.delete_project(name, self.now())

    def models(self) -> tuple[ModelView, ...]:
        """Return every model as of now; no call, so neither logged nor throttled."""
        return tuple(replace(view(model), word=self.word(model)) for model in self._fleet.models(self.now()))

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
        """Return the charge of each model up to now, by PROJECT/VERSION, deleted ones included."""
        now = self.now()
        for model in self._fleet.models(now):
            model.advance(now)
        return {name: meter.bill(now, self._limits.usd_per_unit_hour) for name, meter in self._fleet.meters.items()}

    def _begin_start(self, model: SimulatedModel, units: tuple[int, int | None], now: datetime) -> FaultKind | None:
        """Start a model, into the fate of a waiting fault if there is one; return that fault."""
        self._fleet.check_quotas(model, units, self._limits, now)
        fault = self.faults.take(ON_START, self.words.start, model.project, model.version) if self.faults else None
        takes = (model.start_latency or self.start_latency).draw(self._chance(model, "start"))
        then: tuple[timedelta, Status] | None = (takes, Status.HOSTED)
        if fault is not None:
            stuck = fault.kind is FaultKind.STUCK
            then = None if stuck else (takes if fault.after is None else fault.after, Status.HOSTING_FAILED)
        failure = NO_CAPACITY if fault is not None and fault.kind is FaultKind.CAPACITY else None
        model.bill_from_hosted = self.switches.billing_start is BillingStart.HOSTED
        model.begin_start(now, units, then)
        model.failure = failure
        return fault.kind if fault else None

    def _check_updates(self) -> None:
        if Status.SYSTEM_UPDATING not in self.words.statuses.values():
            raise ValueError(f"{self.words.backend} knows no system update")

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
