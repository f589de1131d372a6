"""Ports to what hosts and feeds a model: the hosting services, consumer gates, work queues, and lists of what runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from preheat.app.ports.errors import AccessRefused
from preheat.domain.plan.hosted_model import Readiness
from preheat.domain.plan.plan import Backend, Target, read_account
from preheat.domain.record.attempt import Attempt
from preheat.domain.record.gate import Backlog, GateLook
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation, ScalingReading


class Hosting(Protocol):
    """One hosting service. Each method makes one call and may raise any HostingError."""

    def describe(self, target: Target) -> Observation:
        """Return what the service says about the target; an unknown status is UNKNOWN. Never changes anything."""

    def probe(self, target: Target, readiness: Readiness) -> None:
        """Send one inference to the target; returning means that it answered. Never changes anything."""

    def start(self, attempt: Attempt) -> None:
        """Request the start with the attempt's token, target and units. Returning means accepted."""

    def stop(self, attempt: Attempt) -> None:
        """Request the stop with the attempt's token and target. Returning means accepted."""


class Glances(Protocol):
    """Looks that cost less. A call may raise any HostingError."""

    def glance(self, target: Target) -> Observation:
        """Return what `Hosting.describe` does. Facts that take another call may be as of an earlier look.

        Then the observation is `recalled`, and no pass may start or stop anything on it. It is never of another
        creation of the target.
        """

    def list_unchanged(self, targets: Sequence[Target]) -> Mapping[Target, Observation]:
        """Return what each target showed last, if a list shows that nobody has changed it since. All are `recalled`.

        It makes fewer calls than one for each target. It leaves out a target that no list can show. A list may lag or
        miss some: it only says that a look can wait until the next round.
        """


class Gates(Protocol):
    """Event source mappings in the stack's own account and region. Each call may raise any HostingError.

    ModelGone: the mapping does not exist.
    """

    def describe(self, mapping: str) -> GateLook:
        """Return whether the gate lets messages through; an unknown state is UNKNOWN. Never changes anything."""

    def open(self, mapping: str) -> None:
        """Enable the mapping. Returning means accepted. An open gate stays open."""

    def close(self, mapping: str) -> None:
        """Disable the mapping. Returning means accepted. A closed gate stays closed."""


class Backlogs(Protocol):
    """Queues of work. A call may raise any HostingError; ModelGone: the queue does not exist."""

    def count(self, queue: str) -> Backlog:
        """Return what the queue holds. `queue` is its URL or ARN. Counts are approximate and up to a minute old."""


class Scaling(Protocol):
    """Scalable targets and scaling policies of endpoints. A method may make several calls and raise any HostingError.

    Preheat reads them before a stop that removes the endpoint, and restores them after the next start.
    """

    def read(self, target: Target, variants: Sequence[str]) -> ScalingReading:
        """Return the scaling of these variants of the target's endpoint. Never changes anything."""

    def restore(self, target: Target, text: str) -> None:
        """Register what `read` returned. Doing it twice has the effect of doing it once."""


class Unwired:
    """Null implementation of `Gates` and `Backlogs`. Every call raises AccessRefused."""

    def describe(self, mapping: str) -> GateLook:
        """See `Gates`."""
        raise AccessRefused(f"gate {mapping}: this program has no gates")

    def open(self, mapping: str) -> None:
        """See `Gates`."""
        raise AccessRefused(f"gate {mapping}: this program has no gates")

    def close(self, mapping: str) -> None:
        """See `Gates`."""
        raise AccessRefused(f"gate {mapping}: this program has no gates")

    def count(self, queue: str) -> Backlog:
        """See `Backlogs`."""
        raise AccessRefused(f"queue {queue}: this program reads no queues")


UNWIRED = Unwired()


@dataclass(frozen=True, slots=True)
class Site:
    """One service in one region of one account. `region` None: the stack's own; `role` None: the stack's account."""

    backend: Backend
    region: str | None = None
    role: str | None = None

    def __str__(self) -> str:
        return " ".join(filter(None, (self.backend, self.region and f"in {self.region}", self.role)))

    @property
    def account(self) -> str | None:
        """The member account that the role belongs to; None: the stack's own."""
        return None if self.role is None else read_account(self.role)


@dataclass(frozen=True, slots=True)
class Running:
    """A model that a service lists as starting, hosted, stopping or updating: it costs money, or soon will.

    Names are the service's own: of an endpoint, its name and the name of its config. `units` are those that it runs
    with; None: the service does not say.
    """

    site: Site
    project: str
    version: str
    observed: Observed
    detail: str = ""
    units: int | None = None
    arn: str = ""  # of an endpoint


class Listing(Protocol):
    """Lists what runs on the hosting services, whether Preheat knows it or not. Never changes anything."""

    def list_running(self, site: Site, wanted: Callable[[str], bool]) -> Sequence[Running]:
        """Return the models that start, serve, stop or update at a site, in the projects that are `wanted`.

        Sorted by project and version. A list may be some seconds older than a look. It reads all pages, at a pace that
        leaves the service's limits to the passes.

        Raises:
            HostingError: the list is incomplete, so nothing is returned.
        """

    def find_stack(self, one: Running) -> str:
        """Return the CloudFormation stack that owns an endpoint, from its tags; empty: none, or it is no endpoint.

        Raises:
            HostingError: the tags cannot be read.
        """
