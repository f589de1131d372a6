"""One model of the plan that `apply` compiles from a plant file: its target, its schedules, its start and stop.

Values only, checked at birth. Does not know YAML, DynamoDB or the time of day.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from preheat.domain.calendar.schedule import Schedule
from preheat.domain.plan.plan import (
    MODEL_ID,
    UNIT_HOURS_MAX,
    UNITS_MAX,
    Mode,
    ModelId,
    Tags,
    Target,
    Units,
    check_fallbacks,
    check_tags,
)
from preheat.domain.plan.turn import Turn

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
PRICE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})? [A-Z]{3}")
CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,62}/[a-z0-9][a-z0-9.+-]{0,62}")


class Unscheduled(StrEnum):
    """The policy for a model that somebody started outside any demand."""

    LEAVE = "leave"
    STOP = "stop"


class Resize(StrEnum):
    """The policy for a running model when a hold requires more units than it has."""

    KEEP = "keep"  # it goes on as it is; the next start has them
    RESTART = "restart"


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
    def zone(self) -> str | None:
        """The plant's time zone: that of its first schedule; None: it has no schedule."""
        return self.schedules[0].zone if self.schedules else None

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
