"""Ports to the current plan and to what it says about member accounts.

Reads are strongly consistent. Any call may raise StoreUnavailable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from preheat.app.ports.fleet import PlanNames
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId, Target


@dataclass(frozen=True, slots=True)
class Planned:
    """The part of the current plan about one model: None if it does not name it. `version` 0: no plan yet."""

    version: int
    model: HostedModel | None


@dataclass(frozen=True, slots=True)
class WholePlan:
    """All models of the current plan, in order, and those that an earlier plan named. `version` 0: no plan yet.

    `unreadable`: the models whose items this release does not know, each with the error.
    """

    version: int
    models: Mapping[ModelId, HostedModel]
    unreadable: Mapping[ModelId, str]
    former: Sequence[ModelId]

    @property
    def names(self) -> Sequence[ModelId]:
        """All models that the plan names, in order."""
        return sorted([*self.models, *self.unreadable])


@dataclass(frozen=True, slots=True)
class Listed:
    """A target that a plan lists in a member account. `inference`: an inference proves that it is ready."""

    target: Target
    inference: bool = False
    fallbacks: tuple[str, ...] = ()  # the other endpoint configs that may create it

    def covers(self, target: Target) -> bool:
        """Return whether it lists a target, of any of its endpoint configs."""
        return any(target == self.target.of_config(config) for config in (self.target.version, *self.fallbacks))


@dataclass(frozen=True, slots=True)
class Membership:
    """The part of the current plan about a member account. `external_id` None: no plan has named the account yet."""

    plan_version: int
    external_id: str | None
    listed: tuple[Listed, ...] = ()


class PlanReader(PlanNames, Protocol):
    """Reads the current plan."""

    def read_planned(self, model_id: ModelId) -> Planned:
        """Return what the current plan says about the model.

        Raises:
            UnreadableItem: this release does not know the form of the stored plan.
        """

    def read_planned_before(self, model_id: ModelId) -> HostedModel | None:
        """Return what the plan before the current one said about the model; None: no such plan, or not named in it.

        Called only when the current plan cannot be evaluated.

        Raises:
            UnreadableItem: this release does not know the form of the stored plan.
        """

    def read_whole_plan(self) -> WholePlan:
        """Return all that the current plan says about models, in a call for each megabyte of it.

        In a process that knows this plan, in one call.
        """


class Members(Protocol):
    """Member accounts of the current plan."""

    def ensure_external_id(self, account: str) -> str:
        """Return the ExternalId for assuming a member account's role: drawn at the first call, then fixed.

        Only this call creates one. Anybody who could choose it could make Preheat enter an account for somebody else.
        """

    def read_membership(self, account: str) -> Membership:
        """Return what the current plan says about a member account.

        Raises:
            UnreadableItem: this release does not know the form of the stored plan.
        """
