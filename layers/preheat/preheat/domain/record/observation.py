"""The observation of one look at the hosting service: the state, and the inference if there was one.

Values only. Hosting adapters make them; `decision` decides what follows.
"""

from dataclasses import dataclass
from datetime import timedelta

from preheat.domain.plan.plan import Tags
from preheat.domain.printable import printable
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.values import change


@dataclass(frozen=True, slots=True)
class Proof:
    """One tried inference: how long it took, and why it failed if it did."""

    latency: timedelta
    failure: Answer | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """The result of one look: the state, the service's own word for it, and the failure if the look itself failed.

    `foreign`: to stop it would destroy what somebody else made, so that Preheat neither adopts nor stops it. None: the
    service shows the state, but not who made it; `failure` says why.
    """

    observed: Observed
    detail: str = ""
    failure: Answer | None = None
    foreign: bool | None = False
    no_capacity: bool = False  # it failed because the service has no capacity for it now
    proof: Proof | None = None  # None: no inference was due
    serving: int | None = None  # instances, copies or units that answer; None: the service does not say
    tags: Tags | None = None  # the owner's tags, without Preheat's and AWS's; None: not read
    variants: tuple[str, ...] = ()  # the parts of it that can scale, by the service's names
    units: int | None = None  # the units it runs with, at the least; None: the service does not say
    recalled: bool = False  # the owner and tags are as of an earlier look
    asked: bool = True  # False: without a call; only the record says what is known

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", printable(self.detail))  # the service's words are text from outside


def require_owner(observation: Observation, *, ours: bool) -> Observation:
    """Return the observation, with an owner: if the service does not show who made it, the record decides.

    A model that Preheat started or adopted is `ours`, and Preheat stops it all the same. The function's role may only
    delete what has Preheat's tag. Preheat knows nothing of anything else.
    """
    if observation.foreign is not None:
        return observation
    if ours:
        return change(observation, foreign=False, failure=None)
    return Observation(Observed.UNKNOWN, observation.detail, failure=observation.failure)


def require_serving(observation: Observation, started: Attempt | None = None) -> Observation:
    """Return the observation; HOSTED only if as many copies serve as Preheat started: ready means it answers.

    `started`: the start that it comes from, if Preheat made one; without it, one is enough. If a service does not say
    how many copies serve, its state counts.
    """
    if observation.observed is not Observed.HOSTED or observation.serving is None:
        return observation
    needed = started.units.minimum if started is not None and started.call is Call.START else 1
    if observation.serving >= needed:
        return observation
    missing = f"only {observation.serving} of {needed} serve" if observation.serving else "no instance serves"
    return change(observation, observed=Observed.STARTING, detail=f"{observation.detail}, but {missing}")


SCALING_TEXT_MAX = 30_000  # characters; a record's item must stay far below DynamoDB's 400 KB


@dataclass(frozen=True, slots=True)
class ScalingReading:
    """The result of reading an endpoint's scaling. `failure`: the read failed, and `detail` says why."""

    text: str = ""  # JSON that only the adapter understands; empty: the endpoint does not scale
    targets: int = 0
    policies: int = 0
    failure: Answer | None = None
    detail: str = ""
