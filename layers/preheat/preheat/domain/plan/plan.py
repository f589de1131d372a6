"""The words of a plan that records, calls and messages use too: ids, modes, services, targets, units and tags.

Values only, checked at birth. Does not know schedules; `hosted_model` has the whole of what a plan says about a model.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import NewType

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
STANDS_AT_MOST = timedelta(days=7)  # a hold or block, unless the stack says otherwise
SCHEDULES_MAX = 50  # of a model: a stop checks the requests of each in one transaction, which takes 100 items


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
