"""The facts that `preheat doctor` judges, about a stack and about each model. Values only.

A call that gave no answer is a fact too: `Unanswered`. Knows no service and no verdict.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.record.record import ModelRecord


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A call without an answer, and why.

    `right` is the IAM action of a call that got a denial, or that nothing here offers: then `offered` is False.
    """

    reason: str
    right: str = ""
    offered: bool = True


@dataclass(frozen=True, slots=True)
class Trail:
    """A trail of CloudTrail. `covers`: it records management events of the region of the stack."""

    name: str
    covers: bool
    logging: bool | Unanswered


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """How many subscriptions of a topic have a confirmation, and how many wait for one."""

    confirmed: int
    pending: int


@dataclass(frozen=True, slots=True)
class StackFacts:
    """The known facts about the stack. `skew` is this computer's clock minus the service's, and None is no date."""

    name: str
    region: str
    account: str
    caller: str | Unanswered
    skew: timedelta | Unanswered | None
    status: str
    missing_outputs: tuple[str, ...]
    release: str
    command_release: str
    parameters: Mapping[str, str]
    trails: tuple[Trail, ...] | Unanswered
    topics: Mapping[str, Subscriptions | Unanswered]  # by output, such as AlarmsTopicArn
    alarms: Mapping[str, str] | Unanswered  # alarm -> state
    queues: Mapping[str, int | Unanswered]  # by output -> messages

    def read_list(self, parameter: str) -> tuple[str, ...]:
        """Return the values of a parameter that is a list."""
        return tuple(filter(None, self.parameters.get(parameter, "").split(",")))


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """The plan: what the file says, and what the stack has. `file` is empty without a file."""

    file: str = ""
    problems: tuple[str, ...] = ()  # of the file
    unanswered: Unanswered | None = None  # why the stored plan is unknown
    stored_version: int = 0
    differs: int = 0  # models of the file that differ from the stored plan
    unreadable: tuple[str, ...] = ()  # models of the stored plan


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """The contents of an endpoint config: a model for each variant, the key of its volumes, its instances by type."""

    names_model: bool
    key: str = ""
    instances: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Absent:
    """The service answered that there is no such thing, in these words."""

    words: str


@dataclass(frozen=True, slots=True)
class Present:
    """The service has it, in this status. `fit`: Preheat can start it."""

    status: str
    fit: bool = True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint that exists now."""

    status: str
    tags: Mapping[str, str] | Unanswered
    scalable_targets: int | Unanswered


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The known facts about one model. A service's own facts are None if nobody asked it.

    Nobody asks for a model of a member account: only the functions may enter that account.
    """

    model: HostedModel
    record: ModelRecord | Unanswered | None = None
    last_reason: str = ""  # of its newest ledger entry
    version: Present | Absent | Unanswered | None = None  # of Rekognition and Lookout for Vision
    config: EndpointConfig | Absent | Unanswered | None = None  # of SageMaker
    fallbacks: Mapping[str, EndpointConfig | Absent | Unanswered] = field(default_factory=dict)  # the other configs
    endpoint: Endpoint | Absent | Unanswered | None = None  # of SageMaker


@dataclass(frozen=True, slots=True)
class RightFacts:
    """IAM's verdict on one call for a model: whether the role may make it, and which context it did not know."""

    model_id: str
    action: str
    resource: str
    allowed: bool | Unanswered
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuotaFacts:
    """One quota of the account and the most that the plan needs of it at one time, in the days to come."""

    name: str
    region: str
    needed: int
    allowed: float | Unanswered | None  # None: Service Quotas lists no such quota
    needed_at: datetime | None = None
    published: int | None = None  # what the plant file or the documentation says, where Service Quotas lists none


@dataclass(frozen=True, slots=True)
class Facts:
    """All gathered facts, at one time."""

    at: datetime
    stack: StackFacts
    plan: PlanFacts
    models: tuple[ModelFacts, ...]
    quotas: tuple[QuotaFacts, ...]
    rights: tuple[RightFacts, ...] = ()
