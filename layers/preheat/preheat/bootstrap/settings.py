"""Parse each function's environment variables at cold start, and report all errors together.

Knows no AWS. The slack is not a setting of Lambda: `apply` writes it into the plan.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Self

from preheat.app.ports.errors import PreheatError
from preheat.domain.plan.plan import PROJECT, REGION, ROLE, STANDS_AT_MOST, UNIT_HOURS_MAX, Backend, Mode

_TABLE = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_STACK = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{0,127}")
_URL = re.compile(r"https?://[^\s/]+(/\S*)?")
_BUS = re.compile(r"[a-zA-Z0-9_./-]{1,256}")
_QUEUE_ARN = re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[a-zA-Z0-9_-]{1,80}")
_ROLE_ID = re.compile(r"AROA[A-Z0-9]{1,124}")
_UNIT_HOURS = re.compile(r"[1-9][0-9]{0,3}")
_DAYS = re.compile(r"[1-9]|[12][0-9]|30")


class SettingsError(PreheatError):
    """Environment variables are missing or invalid. The message has one line for each."""


class Settings:
    """Base of the settings. Each field comes from the environment variable of its name in `VARIABLES`."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Return the settings in `environ`.

        Raises:
            SettingsError: a variable is missing or invalid. The message names each one and the accepted values.
        """
        values: dict[str, object] = {}
        problems = []
        for field in fields(cls):  # type: ignore[arg-type]  # every subclass is a dataclass
            variable = VARIABLES[field.name]
            text = environ.get(variable.name, variable.default)
            try:
                values[field.name] = variable.read(text) if text is not None else None
            except ValueError as error:
                problems.append(f"{variable.name} {error}; accepted: {variable.accepted}")
            if text is None:
                problems.append(f"{variable.name} is not set; accepted: {variable.accepted}")
        if problems:
            raise SettingsError("\n".join(problems))
        return cls(**values)  # each reader returns the type of its field; a test checks this


@dataclass(frozen=True, slots=True)
class StoreSettings(Settings):
    """The names of the tables."""

    models_table: str
    ledger_table: str
    plans_table: str


@dataclass(frozen=True, slots=True)
class TickSettings(StoreSettings):
    """Settings of the function `tick`."""

    work_queue_url: str


@dataclass(frozen=True, slots=True)
class WatchSettings(TickSettings):
    """Settings of the function `watch`."""

    own_role_arns: tuple[str, ...]  # calls by these roles are Preheat's own


@dataclass(frozen=True, slots=True)
class PublishSettings(Settings):
    """Settings of the function `publish`. It reads the stream of the ledger and no table."""

    ledger_table: str
    event_bus: str
    unpublished_queue_arn: str
    reply_queue_arns: tuple[str, ...]  # the allowed reply queues; empty: no replies


@dataclass(frozen=True, slots=True)
class RequestsSettings(TickSettings):
    """Settings of the function `requests`."""

    rejected_queue_url: str
    request_longest: timedelta  # the maximum duration of a hold or block
    request_unit_hours: int  # that the requests for one model may add on a day
    admin_roles: tuple[str, ...]  # ids of the roles that may change everyone's requests
    reply_queue_arns: tuple[str, ...]  # the allowed reply queues; empty: no replies
    mode: Mode


@dataclass(frozen=True, slots=True)
class BoardSettings(StoreSettings):
    """Settings of the function `board`."""

    managed_by: str  # the stack's name, for its readers
    mode: Mode


@dataclass(frozen=True, slots=True)
class HostingSettings(StoreSettings):
    """Settings of the functions that call hosting services. An endpoint URL of None: the service's own endpoint."""

    mode: Mode
    hosting_endpoint_url: str | None  # of Lookout for Vision
    rekognition_endpoint_url: str | None
    sagemaker_endpoint_url: str | None

    @property
    def endpoint_urls(self) -> dict[Backend, str | None]:
        """The endpoint URL of each service; None: the service's own endpoint in its region."""
        return {
            Backend.LOOKOUT_VISION: self.hosting_endpoint_url,
            Backend.REKOGNITION: self.rekognition_endpoint_url,
            Backend.SAGEMAKER: self.sagemaker_endpoint_url,
            Backend.SAGEMAKER_COMPONENT: self.sagemaker_endpoint_url,
        }


@dataclass(frozen=True, slots=True)
class ReconcileSettings(HostingSettings):
    """Settings of the function `reconcile`."""

    work_queue_url: str
    managed_by: str  # the value of the tag on every endpoint that Preheat creates
    scales_endpoints: bool  # whether Preheat keeps the scaling of endpoints through their stop


@dataclass(frozen=True, slots=True)
class AuditSettings(HostingSettings):
    """Settings of the function `audit`."""

    region: str  # the stack's own
    hosting_regions: tuple[str, ...]  # empty: only the stack's own
    member_role_arns: tuple[str, ...]
    project_prefix: str  # the stack neither starts, stops nor audits projects with other names


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: its reader (ValueError: the text is invalid) and the accepted values in words."""

    name: str
    read: Callable[[str], object]
    accepted: str
    default: str | None = None  # None: no default; the variable must exist


def _match(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"is {text!r}")
        return text

    return read


def _read_mode(text: str) -> Mode:
    if text not in set(Mode):
        raise ValueError(f"is {text!r}")
    return Mode(text)


def _read_bool(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"is {text!r}")
    return text == "true"


def _read_url(text: str) -> str | None:
    return _match(_URL)(text) if text else None


def _read_unit_hours(text: str) -> int:
    hours = int(_match(_UNIT_HOURS)(text))
    if hours > UNIT_HOURS_MAX:
        raise ValueError(f"{hours} is more than {UNIT_HOURS_MAX}")
    return hours


def _read_days(text: str) -> timedelta:
    return timedelta(days=int(_match(_DAYS)(text)))


def _read_list(pattern: re.Pattern[str]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        parts = tuple(text.split(",")) if text else ()
        for part in parts:
            if not pattern.fullmatch(part):
                raise ValueError(f"holds {part!r}")
        return parts

    return read


def _name_endpoint(name: str) -> Variable:
    return Variable(name, _read_url, "an http or https URL, or empty for the service's default", default="")


_A_TABLE = "the name of a DynamoDB table, 3 to 255 of [a-zA-Z0-9_.-]"
VARIABLES = {
    "models_table": Variable("PREHEAT_MODELS_TABLE", _match(_TABLE), _A_TABLE),
    "ledger_table": Variable("PREHEAT_LEDGER_TABLE", _match(_TABLE), _A_TABLE),
    "plans_table": Variable("PREHEAT_PLANS_TABLE", _match(_TABLE), _A_TABLE),
    "work_queue_url": Variable("PREHEAT_WORK_QUEUE_URL", _match(_URL), "the URL of an SQS queue"),
    "own_role_arns": Variable(
        "PREHEAT_OWN_ROLE_ARNS", _read_list(ROLE), "ARNs of IAM roles, separated by commas", default=""
    ),
    "region": Variable("AWS_REGION", _match(REGION), "a region such as eu-central-1"),
    "hosting_regions": Variable(
        "PREHEAT_HOSTING_REGIONS", _read_list(REGION), "regions, separated by commas", default=""
    ),
    "member_role_arns": Variable(
        "PREHEAT_MEMBER_ROLE_ARNS", _read_list(ROLE), "ARNs of IAM roles, separated by commas", default=""
    ),
    "project_prefix": Variable("PREHEAT_PROJECT_PREFIX", _match(PROJECT), "1 to 255 of [a-zA-Z0-9_-]"),
    "event_bus": Variable("PREHEAT_EVENT_BUS", _match(_BUS), "the name of an event bus"),
    "unpublished_queue_arn": Variable("PREHEAT_UNPUBLISHED_QUEUE_ARN", _match(_QUEUE_ARN), "the ARN of an SQS queue"),
    "rejected_queue_url": Variable("PREHEAT_REJECTED_QUEUE_URL", _match(_URL), "the URL of an SQS queue"),
    "request_longest": Variable(
        "PREHEAT_REQUEST_MAX_DAYS", _read_days, "a number of days from 1 to 30", default=str(STANDS_AT_MOST.days)
    ),
    "request_unit_hours": Variable(
        "PREHEAT_REQUEST_MAX_UNIT_HOURS", _read_unit_hours, f"a whole number from 1 to {UNIT_HOURS_MAX}", default="120"
    ),
    "admin_roles": Variable(
        "PREHEAT_ADMIN_ROLES", _read_list(_ROLE_ID), "ids of IAM roles (AROA…), separated by commas", default=""
    ),
    "reply_queue_arns": Variable(
        "PREHEAT_REPLY_QUEUE_ARNS", _read_list(_QUEUE_ARN), "ARNs of SQS queues, separated by commas", default=""
    ),
    "mode": Variable("PREHEAT_MODE", _read_mode, ", ".join(Mode), default=Mode.ACT),
    "hosting_endpoint_url": _name_endpoint("PREHEAT_HOSTING_ENDPOINT_URL"),
    "rekognition_endpoint_url": _name_endpoint("PREHEAT_REKOGNITION_ENDPOINT_URL"),
    "sagemaker_endpoint_url": _name_endpoint("PREHEAT_SAGEMAKER_ENDPOINT_URL"),
    "scales_endpoints": Variable("PREHEAT_ENDPOINT_SCALING", _read_bool, "true or false", default="false"),
    "managed_by": Variable("PREHEAT_STACK_NAME", _match(_STACK), "the stack's name: 1 to 128 of [a-zA-Z0-9-]"),
}
