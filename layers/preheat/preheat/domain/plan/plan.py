"""The plan that `apply` compiles from a plant file: models, their targets and schedules, under one version.

Values only, checked at birth. Does not know YAML, DynamoDB or the time of day.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from preheat.domain.calendar.schedule import Schedule
from preheat.domain.plan.turn import Turn

ModelId = NewType("ModelId", str)

MODEL_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
PROJECT = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}")
VERSION = re.compile(r"[1-9][0-9]{0,9}")
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]{1,512}", re.ASCII)
FUNCTION_ARN = re.compile(
    r"arn:aws[a-z-]*:lambda:(?P<region>[a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2}):[0-9]{12}:function:"
    r"[a-zA-Z0-9_-]{1,64}(?::[a-zA-Z0-9_-]{1,128})?"
)
UNITS_MAX = 100
UNIT_HOURS_MAX = 24 * UNITS_MAX
SCHEDULES_MAX = 50  # of a model: a stop checks the requests of each in one transaction, which takes 100 items
LEAD_MAX = timedelta(hours=6)
DEFAULT_LEAD = timedelta(minutes=30)
SPREAD_MAX = 3.0  # of the logarithm: a factor of 20
# The service may refuse a start with more units. Its lease of 120 s, and a pass, then still end before the plan's own
# start.
HEAD_START = timedelta(minutes=3)
LATE_TARGET_LEAST, LATE_TARGET_MOST = 0.001, 0.05
# A plan's item holds at most 400 KB; it contains the payload as base64, next to the schedules.
PAYLOAD_MAX = 200_000
MAPPING = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_QUEUE = r"(?P<account>[0-9]{12})[/:](?P<name>[a-zA-Z0-9_-]{1,80}(\.fifo)?)"
QUEUE_ARN = re.compile(rf"arn:aws[a-z-]*:sqs:(?P<region>[a-z0-9-]{{1,32}}):{_QUEUE}")
# A host of the service's own names its region; any other answers for the region of the stack.
QUEUE_URL = re.compile(
    rf"https?://(?:sqs\.(?P<region>[a-z]{{2,4}}(-[a-z]+)+-[0-9]{{1,2}})\.[a-z.]{{1,64}}|[a-zA-Z0-9.:-]{{1,253}})/{_QUEUE}"
)
DRAIN_LIMIT_DEFAULT = timedelta(minutes=30)
DRAIN_LIMIT_LEAST = timedelta(minutes=2)  # three readings of an empty queue take one
DRAIN_LIMIT_MOST = timedelta(hours=6)
CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,62}/[a-z0-9][a-z0-9.+-]{0,62}")


class Mode(StrEnum):
    """How far Preheat may go, strictest last."""

    ACT = "act"
    OBSERVE = "observe"  # decides, records and alarms, but never calls start or stop
    PAUSED = "paused"  # does not look either

    @property
    def strictness(self) -> int:
        """0 for the freest mode; the stricter of two modes wins."""
        return _STRICTNESS[self]


_STRICTNESS = {mode: place for place, mode in enumerate(Mode)}


def pick_strictest(*modes: Mode) -> Mode:
    """Return the strictest of several modes: it wins."""
    return max(modes, key=lambda mode: mode.strictness)


class Unscheduled(StrEnum):
    """The policy for a model that somebody started outside any demand."""

    LEAVE = "leave"
    STOP = "stop"


class Resize(StrEnum):
    """The policy for a running model when a hold requires more units than it has."""

    KEEP = "keep"  # it goes on as it is; the next start has them
    RESTART = "restart"


class Backend(StrEnum):
    """The hosting services that Preheat drives."""

    LOOKOUT_VISION = "lookoutvision"
    REKOGNITION = "rekognition"  # Rekognition Custom Labels
    SAGEMAKER = "sagemaker"  # SageMaker real-time endpoints
    SAGEMAKER_COMPONENT = "sagemaker-component"  # SageMaker inference components
    FUNCTION = "function"  # a Lambda function of the user's, which starts, describes and stops whatever it likes

    @property
    def deletes_failed(self) -> bool:
        """Return whether a failed model can only stop, so that a start would be useless."""
        return self is Backend.SAGEMAKER

    @property
    def removes(self) -> bool:
        """Return whether a stop removes what it stops, so that tags, scaling and ownership go with it."""
        return self is Backend.SAGEMAKER

    @property
    def calls_a_look(self) -> int:
        """How many calls one look costs: an endpoint's look also reads its tags, or its config."""
        return 2 if self is Backend.SAGEMAKER else 1

    @property
    def is_listed(self) -> bool:
        """Return whether the service lists what runs; a user's function has no such list."""
        return self is not Backend.FUNCTION

    @property
    def takes_units(self) -> bool:
        """Return whether a start names inference units or copies; an endpoint has its instances from its config."""
        return self is not Backend.SAGEMAKER


class Idempotence(StrEnum):
    """Owns what makes a repeated start of a user's function one start."""

    TOKEN = "token"  # noqa: S105 - the function passes the client token on, to a service that knows tokens
    LEVEL = "level"  # a start sets how much runs: the same level again changes nothing
    NAME = "name"  # each start has a name, and the service refuses a second one of that name


@dataclass(frozen=True, slots=True)
class NameRule:
    """A rule for the names that a service accepts: the plant file's field, the pattern, and its words."""

    field: str
    pattern: re.Pattern[str]
    accepted: str


_LABELS = re.compile(r"[a-zA-Z0-9_.-]{1,255}")
_ENDPOINT = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_A_LABEL = "1 to 255 of [a-zA-Z0-9_.-]"
_AN_ENDPOINT = "1 to 63 letters, digits and inner hyphens"

_A_FUNCTION = "the ARN of a Lambda function, such as arn:aws:lambda:eu-central-1:111122223333:function:plant-backend"

_A_MODEL = "1 to 63 of [a-z0-9-] starting with a letter or digit"

# The meaning of `project` and `version`. For an endpoint: its own name, and that of its endpoint config. For a
# function: its ARN, and the model's name in the plan. A service with one name only has no version.
RULES: dict[Backend, tuple[NameRule, ...]] = {
    Backend.LOOKOUT_VISION: (
        NameRule("project", PROJECT, "1 to 255 of [a-zA-Z0-9_-] starting with a letter or digit"),
        NameRule("version", VERSION, "a version number such as 3; 'latest' is not accepted"),
    ),
    Backend.REKOGNITION: (NameRule("project", _LABELS, _A_LABEL), NameRule("version", _LABELS, _A_LABEL)),
    Backend.SAGEMAKER: (NameRule("endpoint", _ENDPOINT, _AN_ENDPOINT), NameRule("config", _ENDPOINT, _AN_ENDPOINT)),
    Backend.SAGEMAKER_COMPONENT: (NameRule("component", _ENDPOINT, _AN_ENDPOINT),),
    Backend.FUNCTION: (NameRule("function", FUNCTION_ARN, _A_FUNCTION), NameRule("model", MODEL_ID, _A_MODEL)),
}
PARAMETERS_MAX = 2_000  # characters of JSON


def read_account(role: str) -> str:
    """Return the account that the ARN of a role names."""
    return role.split(":")[4]


@dataclass(frozen=True, slots=True)
class Target:
    """One version of one model of a hosting service; of SageMaker, one endpoint made of one endpoint config.

    `region` None: the stack's. `role` None: the stack's own account, with its own role. `parameters` are what a user's
    function gets with each request: a JSON object as canonical text; empty: none.

    Raises:
        ValueError: a name that the service would refuse, or `latest`, whose meaning moves when the model is retrained.
    """

    project: str
    version: str
    backend: Backend = Backend.LOOKOUT_VISION
    region: str | None = None
    role: str | None = None
    parameters: str = ""
    idempotent_by: Idempotence = Idempotence.LEVEL

    def __post_init__(self) -> None:
        rules = RULES[self.backend]
        if self.version and len(rules) == 1:
            raise ValueError(f"version {self.version!r} is not accepted: {self.backend} has none")
        for rule, name in zip(rules, self.names, strict=True):
            if not rule.pattern.fullmatch(name):
                raise ValueError(f"{rule.field} {name!r} is not {rule.accepted}")
        if self.backend is not Backend.FUNCTION and (self.parameters or self.idempotent_by is not Idempotence.LEVEL):
            raise ValueError(
                f"parameters or idempotent_by is not accepted: {self.backend} takes none; only a function does"
            )
        if self.backend is Backend.FUNCTION and self.role is not None:
            raise ValueError(f"role {self.role!r} is not accepted: the stack's own role invokes a function")
        if len(self.parameters) > PARAMETERS_MAX:
            raise ValueError(
                f"parameters of {len(self.parameters):,} characters: this is not at most {PARAMETERS_MAX:,}"
            )
        if self.region is not None and not REGION.fullmatch(self.region):
            raise ValueError(f"region {self.region!r} is not a region such as eu-central-1")
        if self.role is not None and not ROLE.fullmatch(self.role):
            raise ValueError(f"role {self.role!r} is not the ARN of an IAM role")

    def __str__(self) -> str:
        where = f" in {self.region}" if self.region else ""
        by = f" by {self.role}" if self.role else ""
        return f"{self.backend}:{'/'.join(self.names)}{where}{by}"

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the service knows it by: the project, and the version where there is one."""
        return (self.project,) if len(RULES[self.backend]) == 1 and not self.version else (self.project, self.version)

    @property
    def tokenless(self) -> bool:
        """Return whether the service knows no client token, so that a repeated call is a call of its own to it."""
        if self.backend is Backend.FUNCTION:
            return self.idempotent_by is not Idempotence.TOKEN
        return self.backend is not Backend.LOOKOUT_VISION

    @property
    def account(self) -> str | None:
        """The member account that hosts it, from its role; None: the stack's own."""
        return None if self.role is None else read_account(self.role)

    def of_config(self, config: str) -> "Target":
        """Return the same endpoint made of another endpoint config."""
        return self if config == self.version else replace(self, version=config)

    def resource(self) -> tuple[Backend, str | None, str | None, str, str | None]:
        """Return what two models must not share; an endpoint is one resource, with any config.

        What a function manages goes by its parameters, if it has any: two models may share the function, not both.
        """
        if self.backend is Backend.SAGEMAKER:
            return self.backend, self.role, self.region, self.project.lower(), None
        return self.backend, self.role, self.region, self.project, self.parameters or self.version


PRICE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})? [A-Z]{3}")

FALLBACKS_MAX = 4  # in addition to the first config

Tags = tuple[tuple[str, str], ...]  # pairs of key and value, each key once

TAGS_ALLOWED = 49  # AWS allows 50; one is Preheat's own
TAGS_MAX = 40  # those of the plan; the endpoint's owner decides about the others
_TAG_KEY = re.compile(r"(?!aws:|preheat:)[\w .:/=+@-]{1,128}", re.IGNORECASE)
_TAG_VALUE = re.compile(r"[\w .:/=+@-]{0,256}")


def check_tags(tags: Tags) -> Iterator[str]:
    """Return what AWS would refuse of these tags, in words."""
    if len(tags) > TAGS_MAX:
        yield f"{len(tags)} tags; at most {TAGS_MAX} are accepted"
    for key, value in tags:
        if not _TAG_KEY.fullmatch(key):
            accepted = "1 to 128 letters, digits, spaces and .:/=+@_-, and no start of aws: or preheat:"
            yield f"tag {key!r} is not {accepted}"
        if not _TAG_VALUE.fullmatch(value):
            yield f"tag {key}: {value!r} is not at most 256 letters, digits, spaces and .:/=+@_-"


def check_fallbacks(target: Target, fallbacks: tuple[str, ...]) -> Iterator[str]:
    """Return what is wrong with the configs that a start falls back to, in words."""
    if fallbacks and target.backend is not Backend.SAGEMAKER:
        yield f"{target.backend} has no endpoint config to fall back to"
    if len(fallbacks) > FALLBACKS_MAX:
        yield f"{len(fallbacks) + 1} configs; at most {FALLBACKS_MAX + 1} are accepted"
    named = (target.version, *fallbacks)
    for name in fallbacks:
        if not _ENDPOINT.fullmatch(name):
            yield f"config {name!r} is not {_AN_ENDPOINT}"
        if named.count(name) > 1:
            yield f"config {name} is there twice"


@dataclass(frozen=True, slots=True)
class Units:
    """Inference units to run: at least `minimum`, and up to `maximum` only if the model auto-scales."""

    minimum: int = 1
    maximum: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= UNITS_MAX:
            raise ValueError(f"min_units {self.minimum} is out of range; 1 to {UNITS_MAX} are accepted")
        if self.maximum is not None and not self.minimum <= self.maximum <= UNITS_MAX:
            raise ValueError(f"max_units {self.maximum} is out of range; {self.minimum} (min_units) to {UNITS_MAX}")


@dataclass(frozen=True, slots=True)
class Readiness:
    """One inference that must succeed before a hosted model counts as ready: Preheat sends the payload unchanged."""

    payload: bytes = field(repr=False)
    content_type: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.payload) <= PAYLOAD_MAX:
            raise ValueError(f"a payload of {len(self.payload):,} bytes; 1 to {PAYLOAD_MAX:,} are accepted")
        if not CONTENT_TYPE.fullmatch(self.content_type):
            raise ValueError(f"content type {self.content_type!r} is not of the form image/jpeg")


@dataclass(frozen=True, slots=True)
class Drain:
    """The queue of work for the model: at the end of its demand the stop waits until it is empty, at most `limit`."""

    queue: str  # its URL or its ARN
    limit: timedelta = DRAIN_LIMIT_DEFAULT

    def __post_init__(self) -> None:
        if not QUEUE_ARN.fullmatch(self.queue) and not QUEUE_URL.fullmatch(self.queue):
            raise ValueError(f"queue {self.queue!r} is neither the URL nor the ARN of an SQS queue")
        if not DRAIN_LIMIT_LEAST <= self.limit <= DRAIN_LIMIT_MOST:
            raise ValueError(f"drain limit {self.limit} is out of range; {DRAIN_LIMIT_LEAST} to {DRAIN_LIMIT_MOST}")


@dataclass(frozen=True, slots=True)
class Siblings:
    """How long other models on the same service take to start: what a new model begins with.

    `usual` is the middle of what their starts take. `between` says how far the models differ, and `spread` how far the
    starts of one model do. Both are standard deviations of the logarithm, more than 0 and at most 3.
    """

    models: int
    usual: timedelta
    between: float
    spread: float

    def __post_init__(self) -> None:
        if self.models < 1 or not timedelta() < self.usual <= LEAD_MAX:
            raise ValueError(f"{self.models} models that take {self.usual}: not one or more, within {LEAD_MAX}")
        if not (0 < self.between <= SPREAD_MAX and 0 < self.spread <= SPREAD_MAX):
            raise ValueError(
                f"between {self.between} or spread {self.spread}: not more than 0 and at most {SPREAD_MAX}"
            )


@dataclass(frozen=True, slots=True)
class Learning:
    """Settings of a lead that Preheat learns from a model's own starts: see `lead`.

    `late_target`: the share of starts that may be late, 0.001 to 0.05. The lead stays within `floor` and `cap`.
    `siblings`: what the first starts rely on; None: the default and the model's own starts.
    """

    late_target: float = 0.01
    floor: timedelta = timedelta(minutes=5)
    cap: timedelta = timedelta(minutes=90)
    siblings: Siblings | None = None

    def __post_init__(self) -> None:
        if not LATE_TARGET_LEAST <= self.late_target <= LATE_TARGET_MOST:
            accepted = f"{LATE_TARGET_LEAST} to {LATE_TARGET_MOST} are accepted"
            raise ValueError(f"late_target {self.late_target} is out of range; {accepted}")
        if not timedelta() < self.floor <= self.cap <= LEAD_MAX:
            raise ValueError(
                f"lead_floor {self.floor} and lead_cap {self.cap} are not in ascending order up to {LEAD_MAX}"
            )


@dataclass(frozen=True, slots=True)
class HostedModel:
    """One model of the plan: what runs, when it is needed, and how long ahead it starts.

    `lead` applies unchanged if Preheat learns nothing; otherwise it is the default until there are enough samples.
    `announced_at` is when its present schedules became known; a demand that came too late does not make a late model.
    """

    model_id: ModelId
    target: Target
    units: Units
    schedules: tuple[Schedule, ...]
    lead: timedelta
    slack: timedelta
    announced_at: datetime
    mode: Mode = Mode.ACT
    unscheduled: Unscheduled = Unscheduled.LEAVE
    readiness: Readiness | None = None  # None: HOSTED is ready
    resize: Resize = Resize.KEEP
    drain: Drain | None = None  # None: the stop waits for no queue
    gate: str | None = None  # the UUID of the event source mapping that is open while the model is ready; None: none
    learning: Learning | None = None  # None: a fixed lead
    tags: Tags = ()  # of each endpoint that Preheat creates for it
    fallbacks: tuple[str, ...] = ()  # endpoint configs to use, in order, while the target's own has no capacity
    turn: Turn | None = None  # None: so few start with it that the service takes their calls at once
    max_units_by_request: int | None = None  # the most that a hold may ask for; None: the plan's own units
    max_unit_hours_by_request: int | None = None  # the most that holds may add on a UTC day; None: 24 times their units
    price: str | None = None  # of a unit-hour, as the plant file has it: `0.7364 USD`; None: the list price of a unit

    def __post_init__(self) -> None:
        if not MODEL_ID.fullmatch(self.model_id):
            raise ValueError(f"model {self.model_id!r} is not 1 to 63 of [a-z0-9-] starting with a letter or digit")
        if not timedelta() < self.lead <= LEAD_MAX:
            raise ValueError(f"{self.model_id}: lead {self.lead} is out of range; more than 0 and at most {LEAD_MAX}")
        if not timedelta() <= self.slack <= LEAD_MAX:
            raise ValueError(f"{self.model_id}: slack {self.slack} is out of range; 0 to {LEAD_MAX}")
        if self.learning is not None and self.lead > self.learning.cap:
            raise ValueError(f"{self.model_id}: default lead {self.lead} is more than its cap {self.learning.cap}")
        self._check_units()
        if self.tags and not self.target.backend.removes:
            raise ValueError(f"{self.model_id}: Preheat creates nothing on {self.target.backend} that could have tags")
        for problem in check_tags(self.tags):
            raise ValueError(f"{self.model_id}: {problem}")
        for problem in check_fallbacks(self.target, self.fallbacks):
            raise ValueError(f"{self.model_id}: {problem}")
        if self.gate is not None and not MAPPING.fullmatch(self.gate):
            raise ValueError(f"{self.model_id}: gate {self.gate!r} is not the UUID of an event source mapping")
        if self.price is not None and not PRICE.fullmatch(self.price):
            raise ValueError(f"{self.model_id}: price {self.price!r} is not of the form 0.7364 USD")

    def _check_units(self) -> None:
        if not self.target.backend.takes_units and self.units != Units():
            raise ValueError(f"{self.model_id}: {self.target.backend} takes no units; the endpoint config sets them")
        most = self.max_units_by_request
        if most is not None and not (self.target.backend.takes_units and self.units.minimum <= most <= UNITS_MAX):
            accepted = f"{self.units.minimum} (min_units) to {UNITS_MAX}, where the service takes units"
            raise ValueError(f"{self.model_id}: max_units_by_request {most} is out of range; {accepted}")
        hours = self.max_unit_hours_by_request
        if hours is not None and not 1 <= hours <= UNIT_HOURS_MAX:
            accepted = f"1 to {UNIT_HOURS_MAX}"
            raise ValueError(f"{self.model_id}: max_unit_hours_by_request {hours} is out of range; {accepted}")

    def find_target(self, fallback: str | None) -> Target:
        """Return the target that a start uses: with the endpoint config of this name, if the plan still names it."""
        return self.target.of_config(fallback) if fallback in self.fallbacks else self.target

    def find_next_config(self, fallback: str | None, unusable: tuple[str, ...] = ()) -> str | None:
        """Return the endpoint config to try after this one, without those that are unusable; None: the first again."""
        place = self.fallbacks.index(fallback) + 1 if fallback in self.fallbacks else 0
        return next((name for name in self.fallbacks[place:] if name not in unusable), None)

    @property
    def units_by_request(self) -> int:
        """Return the most units that a hold may make a start ask for; by default the plan's own."""
        return self.max_units_by_request or self.units.minimum

    @property
    def unit_hours_by_request(self) -> int:
        """Return the unit-hours that holds may add to the plan's on a UTC day; by default a day of their units."""
        return self.max_unit_hours_by_request or 24 * self.units_by_request

    @property
    def head_start(self) -> timedelta:
        """Return how much earlier a shift's start comes where holds may ask for more units than the plan."""
        return HEAD_START if self.units_by_request > self.units.minimum else timedelta()
