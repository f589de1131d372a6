"""The senders' table of a plan: who may ask for what. Values, and which rule is for a sender.

Does not know messages, holds or blocks: `app.requests.rights` judges a request by the rule from here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

RULES_MAX = 100
ROLE_ID = re.compile(r"AROA[A-Z0-9]{1,124}")
SOURCE_PATTERN = re.compile(r"[a-zA-Z0-9_./*-]{1,64}")
NAME_PATTERN = re.compile(r"[a-z0-9*-]{1,63}")
ACCOUNT = re.compile(r"[0-9]{12}")
LONGEST_MOST = timedelta(days=30)
PLACES_MOST = 20
REQUESTS_MOST = 1_000  # in an hour, about one model or schedule

DEFAULT_VERBS = ("hold", "release", "extend", "status")
DEFAULT_PRIORITY_MAX = 50
DEFAULT_LONGEST = timedelta(hours=12)
DEFAULT_PLACES = 10
DEFAULT_REQUESTS = 30


@dataclass(frozen=True, slots=True)
class EventSource:
    """Events of an account whose `source` matches; `*` stands for any characters."""

    source: str
    account: str

    def __post_init__(self) -> None:
        if not SOURCE_PATTERN.fullmatch(self.source):
            raise ValueError(f"event source {self.source!r} is not 1 to 64 of [a-zA-Z0-9_./*-]")
        if not ACCOUNT.fullmatch(self.account):
            raise ValueError(f"account {self.account!r} is not 12 digits")


@dataclass(frozen=True, slots=True)
class SenderRule:
    """The rights of some senders. `roles` are ids of roles; `models` and `schedules` are patterns with `*`.

    `longest`: of one hold or block. `hours_a_day`: of all holds of one sender for one model or schedule, in a UTC day;
    None: no limit. `units_max` None: as the plan allows. `places`: holds and blocks of one sender that have not ended.
    `requests_an_hour`: of one sender about one model or schedule. An admin may do everything, also with what belongs
    to others.
    """

    name: str
    roles: tuple[str, ...] = ()
    events: tuple[EventSource, ...] = ()
    models: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()
    verbs: tuple[str, ...] = DEFAULT_VERBS
    priority_max: int = DEFAULT_PRIORITY_MAX
    units_max: int | None = None
    longest: timedelta = DEFAULT_LONGEST
    hours_a_day: timedelta | None = None
    places: int = DEFAULT_PLACES
    requests_an_hour: int = DEFAULT_REQUESTS
    admin: bool = False

    def __post_init__(self) -> None:
        for role in self.roles:
            if not ROLE_ID.fullmatch(role):
                raise ValueError(f"{self.name}: {role!r} is not the id of a role (AROA…)")
        for pattern in (*self.models, *self.schedules):
            if not NAME_PATTERN.fullmatch(pattern):
                raise ValueError(f"{self.name}: {pattern!r} is not 1 to 63 of [a-z0-9*-]")
        if not timedelta() < self.longest <= LONGEST_MOST:
            raise ValueError(f"{self.name}: longest {self.longest} is out of range; more than 0 and {LONGEST_MOST}")
        if not 1 <= self.places <= PLACES_MOST:
            raise ValueError(f"{self.name}: places {self.places} is out of range; 1 to {PLACES_MOST}")
        if not 1 <= self.requests_an_hour <= REQUESTS_MOST:
            raise ValueError(f"{self.name}: {self.requests_an_hour} requests an hour; 1 to {REQUESTS_MOST}")

    def names(self, requester: str) -> bool:
        """Return whether the rule is for a sender: the id of a role, or `account:NUMBER:SOURCE` of an event."""
        if not requester.startswith("account:"):
            return requester in self.roles
        _, account, source = (*requester.split(":", 2), "")[:3]
        return any(each.account == account and matches(each.source, source) for each in self.events)


def find_rules(rules: Iterable[SenderRule], requester: str) -> tuple[SenderRule, ...]:
    """Return the rules that are for a sender, in the order of the plan."""
    return tuple(rule for rule in rules if rule.names(requester))


def matches(pattern: str, name: str) -> bool:
    """Return whether a whole name matches a pattern, in which `*` stands for any characters, also none."""
    return _compile(pattern).fullmatch(name) is not None


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in re.sub(r"\*+", "*", pattern).split("*")), re.DOTALL)
