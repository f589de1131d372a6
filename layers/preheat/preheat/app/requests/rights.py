"""The rights of a sender: what the plan's senders' table allows it, or what holds where a plan has no table.

Pure. Every refusal names the sender's entry and what it allows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from preheat.app.requests.codes import Code
from preheat.app.requests.message import Request
from preheat.domain.calendar.windows import Window
from preheat.domain.demand.request import DEFAULT_PRIORITY, PRIORITY_MAX, Kind, Standing, Subject, Verb
from preheat.domain.plan.senders import (
    DEFAULT_LONGEST,
    DEFAULT_PLACES,
    DEFAULT_REQUESTS,
    LONGEST_MOST,
    SenderRule,
    find_rules,
    matches,
)

# Without a table: the rights of any sender that the queue's policy or the bus lets in. Only admins have the highest
# priorities, so that no hold of another can override their block.
OPEN_PRIORITY_MAX: Final = 90
OPEN_BLOCK_LONGEST: Final = DEFAULT_LONGEST
# Of one sender in an hour, for each request that it may send about one model or schedule.
SUBJECTS_AN_HOUR: Final = 40
DAY: Final = timedelta(days=1)
ENDINGS: Final = (Verb.RELEASE, Verb.UNBLOCK)
STOPS: Final = (Verb.STOP, Verb.STOP_NOW)  # two names of one verb: a right to one is a right to both
MAKES: Final = (Verb.HOLD, Verb.BLOCK, Verb.START, Verb.SCHEDULE_PUT, *STOPS)


@dataclass(frozen=True, slots=True)
class Right:
    """The rights of one sender. `name`: its entry in the senders' table; empty: it has none.

    `is_listed`: the plan has no such table, or the table names the sender.
    `counted_as`: the sender whose places and requests count together with its own.
    """

    counted_as: str
    name: str = ""
    is_listed: bool = True
    verbs: frozenset[Verb] = frozenset(Verb)
    models: tuple[str, ...] = ("*",)
    schedules: tuple[str, ...] = ("*",)
    priority_max: int = OPEN_PRIORITY_MAX
    units_max: int | None = None
    hold_longest: timedelta = LONGEST_MOST
    block_longest: timedelta = OPEN_BLOCK_LONGEST
    hours_a_day: timedelta | None = None
    places: int = DEFAULT_PLACES
    requests_an_hour: int = DEFAULT_REQUESTS
    admin: bool = False

    def counts(self, requester: str) -> bool:
        """Return whether a requester counts together with this sender."""
        return requester == self.counted_as or requester.startswith(f"{self.counted_as}:")


def find_right(rules: tuple[SenderRule, ...], requester: str, subject: Subject | None, *, admin: bool) -> Right:
    """Return the right of a sender over a subject. `admin`: the stack's parameter AdminRoles names it.

    Of several entries for a sender, the first that has the subject applies, else the first.
    """
    found = find_rules(rules, requester)
    if admin or any(rule.admin for rule in found):
        name = found[0].name if found else ""
        return Right(requester, name, priority_max=PRIORITY_MAX, block_longest=LONGEST_MOST, admin=True)
    if not rules:
        # Anybody may put events of any source: without a table, all those of an account count as one sender.
        account = ":".join(requester.split(":")[:2])
        return Right(account)
    if not found:
        return Right(requester, is_listed=False)
    rule = next((each for each in found if subject is not None and _covers(each.models, each.schedules, subject)), None)
    return _make_right(rule or found[0], requester)


def _make_right(rule: SenderRule, requester: str) -> Right:
    return Right(
        requester,
        rule.name,
        True,
        frozenset(verb for verb in Verb if verb in rule.verbs or (verb in STOPS and {*STOPS} & {*rule.verbs})),
        rule.models,
        rule.schedules,
        rule.priority_max,
        rule.units_max,
        rule.longest,
        rule.longest,
        rule.hours_a_day,
        rule.places,
        rule.requests_an_hour,
    )


def check_right(right: Right, asked: Request) -> tuple[Code, str] | None:
    """Return why a sender may not ask for this, whatever is stored; None: it may.

    To end its own holds and blocks needs no right.
    """
    if asked.verb in ENDINGS:
        return None
    if not right.is_listed:
        return Code.NOT_ALLOWED, "The senders' table of the plan has no entry for you"
    who = f"The senders' entry {right.name}" if right.name else "A sender that is no admin"
    if asked.verb not in right.verbs:
        return Code.NOT_ALLOWED, f"{who} may not {asked.verb}; allowed: {', '.join(sorted(right.verbs))}"
    if not _covers(right.models, right.schedules, asked.subject):
        named = [f"models {', '.join(right.models)}"] if right.models else []
        named += [f"schedules {', '.join(right.schedules)}"] if right.schedules else []
        return Code.NOT_ALLOWED, f"{who} has no right to {asked.subject.key}; allowed: {' and '.join(named)}"
    # The default counts as the most that the sender may have.
    if asked.verb in MAKES and right.priority_max < asked.priority != DEFAULT_PRIORITY:
        return Code.NOT_ALLOWED, f"{who} may not use priority {asked.priority}; at most {right.priority_max}"
    if asked.units is not None and right.units_max is not None and asked.units > right.units_max:
        return Code.NOT_ALLOWED, f"{who} may not ask for {asked.units} units; at most {right.units_max}"
    return None


def check_hours(right: Right, kept: list[Standing], asked: Sequence[Window]) -> str | None:
    """Return why holds in these times are more than a sender may have in a day; None: they are not. `kept`: the others.

    A day is one of UTC, and a released one counts as long as it was active.
    """
    if right.hours_a_day is None:
        return None
    own = [one for one in kept if one.kind is Kind.HOLD and right.counts(one.requester)]
    every = [*asked, *(Window(span.begin, span.end) for one in own for span in one.spans)]
    for day in sorted({day for each in asked for day in _find_days(each)}):
        begin = datetime.combine(day, time(), UTC)
        total = sum((_overlap(Window(begin, begin + DAY), each.start, each.end) for each in every), timedelta())
        if total > right.hours_a_day:
            return f"Your holds would last {total} on {day:%Y-%m-%d}; at most {right.hours_a_day} in a UTC day"
    return None


def _find_days(window: Window) -> Iterator[date]:
    """Yield the UTC dates that a window touches."""
    day = window.start.astimezone(UTC).date()
    while datetime.combine(day, time(), UTC) < window.end:
        yield day
        day += DAY


def _overlap(window: Window, begin: datetime, end: datetime) -> timedelta:
    return max(min(window.end, end) - max(window.start, begin), timedelta())


def _covers(models: tuple[str, ...], schedules: tuple[str, ...], subject: Subject) -> bool:
    if subject.model_id is not None:
        return any(matches(each, subject.model_id) for each in models)
    return any(matches(each, subject.schedule or "") for each in schedules)
