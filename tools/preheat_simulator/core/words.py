"""Owns what distinguishes the simulated services: name, operations, statuses, errors and limits, as data.

The core speaks Lookout for Vision's words; a service of other words says which of them mean which. It knows no rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from preheat.domain.plan.plan import Backend
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.core.status import Operation, Status

ERRORS: Final = {
    "AccessDeniedException": 403,
    "ConflictException": 409,
    "InternalServerException": 500,
    "ResourceNotFoundException": 404,
    "ServiceQuotaExceededException": 402,
    "ThrottlingException": 429,
    "ValidationException": 400,
}
"""The core's errors, with Lookout for Vision's HTTP status of each."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one service. `statuses` has its words in order: answers have the first of a meaning."""

    backend: Backend
    start: Operation
    stop: Operation
    describe: Operation
    others: tuple[Operation, ...] = ()
    statuses: Mapping[str, Status] = field(default_factory=lambda: {status.value: status for status in Status})
    codes: Mapping[str, str] = field(default_factory=dict)
    http: Mapping[str, int] = field(default_factory=lambda: ERRORS)
    limits: AccountLimits = field(default_factory=AccountLimits)
    infer: Operation = Operation.DETECT_ANOMALIES
    """The one that asks the model itself; the limits of the others are not its own."""

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Return every simulated operation."""
        return (self.start, self.stop, self.describe, *self.others, self.infer)

    def show(self, status: Status) -> str:
        """Return the service's first word for a status of the core."""
        return next(word for word, meant in self.statuses.items() if meant is status)

    def code(self, core: str) -> str:
        """Return the service's name of a core error."""
        return self.codes.get(core, core)


LOOKOUT: Final = Words(
    Backend.LOOKOUT_VISION,
    Operation.START_MODEL,
    Operation.STOP_MODEL,
    Operation.DESCRIBE_MODEL,
    (Operation.LIST_MODELS, Operation.LIST_PROJECTS, Operation.DESCRIBE_PROJECT),
)

REKOGNITION: Final = Words(
    Backend.REKOGNITION,
    Operation.START_PROJECT_VERSION,
    Operation.STOP_PROJECT_VERSION,
    Operation.DESCRIBE_PROJECT_VERSIONS,
    (Operation.DESCRIBE_PROJECTS,),
    infer=Operation.DETECT_CUSTOM_LABELS,
    statuses={
        "TRAINING_COMPLETED": Status.TRAINED,
        "STOPPED": Status.TRAINED,
        "COPYING_COMPLETED": Status.TRAINED,
        "STARTING": Status.STARTING_HOSTING,
        "RUNNING": Status.HOSTED,
        "FAILED": Status.HOSTING_FAILED,
        "STOPPING": Status.STOPPING_HOSTING,
        "TRAINING_IN_PROGRESS": Status.TRAINING,
        "COPYING_IN_PROGRESS": Status.TRAINING,
        "TRAINING_FAILED": Status.TRAINING_FAILED,
        "COPYING_FAILED": Status.TRAINING_FAILED,
        "DEPRECATED": Status.TRAINING_FAILED,
        "EXPIRED": Status.TRAINING_FAILED,
        "DELETING": Status.DELETING,
    },
    codes={
        "ConflictException": "ResourceInUseException",
        "InternalServerException": "InternalServerError",
        "ServiceQuotaExceededException": "LimitExceededException",
        "ValidationException": "InvalidParameterException",
    },
    http={"InternalServerException": 500},
    limits=AccountLimits(max_hosted_models=2),
)

SAGEMAKER: Final = Words(
    Backend.SAGEMAKER,
    Operation.CREATE_ENDPOINT,
    Operation.DELETE_ENDPOINT,
    Operation.DESCRIBE_ENDPOINT,
    (
        *(Operation.DESCRIBE_ENDPOINT_CONFIG, Operation.LIST_ENDPOINTS, Operation.LIST_TAGS, Operation.ADD_TAGS),
        *(Operation.DESCRIBE_SCALABLE_TARGETS, Operation.DESCRIBE_SCALING_POLICIES, Operation.PUT_SCALING_POLICY),
        *(Operation.REGISTER_SCALABLE_TARGET, Operation.DEREGISTER_SCALABLE_TARGET),
    ),
    infer=Operation.INVOKE_ENDPOINT,
    statuses={
        "Absent": Status.TRAINED,  # the simulator's own word: the service says that it could not find the endpoint
        "Creating": Status.STARTING_HOSTING,
        "InService": Status.HOSTED,
        "UpdateRollbackFailed": Status.HOSTED,
        "Failed": Status.HOSTING_FAILED,
        "OutOfService": Status.HOSTING_FAILED,
        "Deleting": Status.STOPPING_HOSTING,
        "SystemUpdating": Status.SYSTEM_UPDATING,
        "Updating": Status.SYSTEM_UPDATING,
        "RollingBack": Status.SYSTEM_UPDATING,
    },
    codes={
        "ConflictException": "ValidationException",
        "InternalServerException": "InternalFailure",
        "ResourceNotFoundException": "ValidationException",
        "ServiceQuotaExceededException": "ResourceLimitExceeded",
    },
    http={"InternalServerException": 500},
    limits=AccountLimits(calls_per_second=None, max_units_per_model=None, usd_per_unit_hour=Decimal(0)),
)

# A component's status says little without its counts of copies: these words are the simulator's own for both together.
COMPONENT: Final = Words(
    Backend.SAGEMAKER_COMPONENT,
    Operation.SET_COPIES,
    Operation.SET_COPIES,
    Operation.DESCRIBE_COMPONENT,
    (Operation.LIST_COMPONENTS,),
    infer=Operation.INVOKE_ENDPOINT,
    statuses={
        "InService at 0": Status.TRAINED,
        "Updating": Status.STARTING_HOSTING,
        "InService": Status.HOSTED,
        "Failed": Status.HOSTING_FAILED,
        "Updating to 0": Status.STOPPING_HOSTING,
        "Creating": Status.SYSTEM_UPDATING,
    },
    codes=SAGEMAKER.codes,
    http=SAGEMAKER.http,
    limits=SAGEMAKER.limits,
)
