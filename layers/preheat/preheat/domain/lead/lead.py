"""The lead, from a model's own starts: the slowest recent start, stretched while evidence is thin.

Owns the rule and the one sentence that explains it. After n exchangeable starts, the next one is slower than all of
them with a probability of at most 1 / (n + 1), for any distribution. The stretch carries this bound to the allowed
share of late starts, for tails up to an index of 0.2. The first starts of a model may rely on its siblings instead:
other models on the same service. Pure: knows no model, no record and no demand.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache

from preheat.domain.plan.hosted_model import LATE_TARGET_LEAST, LATE_TARGET_MOST, LEAD_MAX, Learning, Siblings

TAIL_INDEX = 0.2
# A lead may be shorter than the default only after so many starts.
STARTS_TO_LEARN = 20
# Standard deviations more: siblings do not show everything, such as a longer tail. Figures: `benchmark-starts`.
CAUTION = 0.1


class Bound(StrEnum):
    """The bound that set the lead, if not the starts alone."""

    PINNED = "pinned"
    STARTS = "starts"
    SIBLINGS = "siblings"
    DEFAULT = "default"
    FLOOR = "floor"
    CAP = "cap"


@dataclass(frozen=True, slots=True)
class Lead:
    """How long ahead a model starts, and why; as text, the sentence that explains it."""

    span: timedelta  # whole seconds
    bound: Bound
    starts: int = 0
    evidence: int = 0
    slowest: timedelta = timedelta()
    stretch: float = 1.0
    siblings: Siblings | None = None  # that the lead relies on

    def __str__(self) -> str:
        early = f"starts {_format_minutes(self.span)} min plus slack early"
        if self.bound is Bound.PINNED:
            return f"{early}: the plan sets this lead"
        if self.siblings is not None:
            others = f"{self.siblings.models} other models on this service"
            own = {0: "it has no start yet", 1: "its own start counts too"}
            counts = own.get(self.starts, f"its own {self.starts} starts count too")
            words = f"{early}: {others} usually take {_format_minutes(self.siblings.usual)} min, and {counts}"
            return words + _BOUND_WORDS[self.bound]
        if not self.starts:
            return f"{early}: the {self.bound}, because no start is recorded"
        which = f"slowest of the last {self.starts} starts" if self.starts > 1 else "one recorded start"
        why = f"{early}: the {which} took {_format_minutes(self.slowest)} min"
        added = round(100 * (self.stretch - 1))
        if added:
            counted = f"{self.evidence} of them count after a late start or a change"
            few = f"{self.starts} {'starts are' if self.starts > 1 else 'start is'} recorded"
            why += f"; +{added} % because only {few if self.evidence == self.starts else counted}"
        return why + _BOUND_WORDS[self.bound]


_BOUND_WORDS = {
    Bound.PINNED: "",
    Bound.STARTS: "",
    Bound.SIBLINGS: "",
    Bound.DEFAULT: f"; at least the default until {STARTS_TO_LEARN} starts are recorded",
    Bound.FLOOR: "; raised to the floor",
    Bound.CAP: "; limited by the cap, so starts may be late",
}


def pin_lead(span: timedelta) -> Lead:
    """Return the lead that a plan has fixed; floor and cap do not apply."""
    return Lead(span, Bound.PINNED)


def learn_lead(samples: Collection[timedelta], evidence: int, learning: Learning, default: timedelta) -> Lead:
    """Return the lead for the durations of the last starts, of which `evidence` (0 to their number) count.

    Rounded up to whole seconds. Until `STARTS_TO_LEARN` samples are there, the lead is at least `default`; or, with
    siblings, what they and the samples lead to expect.
    """
    starts = len(samples)
    slowest = max(samples, default=timedelta())
    siblings = learning.siblings if starts < STARTS_TO_LEARN else None
    if siblings is not None:
        factor, bound = 1.0, Bound.SIBLINGS
        span = max(foresee(samples, siblings, learning.late_target), slowest)
    else:
        factor, bound = stretch(evidence, learning.late_target), Bound.STARTS
        span = timedelta(seconds=math.ceil(slowest.total_seconds() * factor))
        if starts < STARTS_TO_LEARN and span < default:
            span, bound = default, Bound.DEFAULT
    if span < learning.floor:
        span, bound = learning.floor, Bound.FLOOR
    if span > learning.cap:
        span, bound = learning.cap, Bound.CAP
    return Lead(span, bound, starts, evidence, slowest, factor, siblings)


def foresee(samples: Collection[timedelta], siblings: Siblings, late_target: float) -> timedelta:
    """Return what a start takes at most, but for a share of `late_target`; in whole seconds.

    The siblings' middle counts like a number of own starts: few, if the models differ more than the starts of one
    model. Log-normal; source: the conjugate prior of a normal mean.
    """
    weight = (siblings.spread / siblings.between) ** 2
    counted = weight + len(samples)
    logs = sum(math.log(max(each.total_seconds(), 1.0)) for each in samples)
    level = (weight * math.log(siblings.usual.total_seconds()) + logs) / counted
    deviation = siblings.spread * math.sqrt(1 + 1 / counted)
    longest = level + (_find_quantile(late_target) + CAUTION) * deviation
    return timedelta(seconds=math.ceil(math.exp(min(longest, math.log(LEAD_MAX.total_seconds())))))


def _find_quantile(share: float) -> float:
    """Return how many standard deviations above its mean a normal value lies with this probability, below 0.5.

    To within 0.003; source: Abramowitz and Stegun, 26.2.22.
    """
    root = math.sqrt(-2 * math.log(share))
    return root - (2.30753 + 0.27061 * root) / (1 + 0.99229 * root + 0.04481 * root * root)


@lru_cache(maxsize=4096)
def stretch(evidence: int, late_target: float) -> float:
    """Return the factor, at least 1, that carries the bound from 1 / (evidence + 1) to `late_target`."""
    return math.pow(max(1.0, 1 / ((evidence + 1) * late_target)), TAIL_INDEX)


def find_late_target(idle: float, late: float) -> float:
    """Return the share of late starts that costs least, within the limit; `idle` and `late`: what a minute costs.

    The newsvendor's ratio: to start a minute earlier pays as long as lateness saved is worth more than idleness added.
    """
    if idle <= 0 and late <= 0:
        return LATE_TARGET_MOST
    return min(max(idle / (idle + late), LATE_TARGET_LEAST), LATE_TARGET_MOST)


def estimate_idle(samples: Collection[timedelta], lead: timedelta) -> timedelta | None:
    """Return how long a model started `lead` ahead is hosted before its time, on average; without slack.

    None: no start is on record.
    """
    if not samples:
        return None
    return sum((max(lead - took, timedelta()) for took in samples), timedelta()) / len(samples)


def _format_minutes(span: timedelta) -> str:
    """Return minutes with a decimal where there is one: `28`, `23.1`."""
    return f"{span / timedelta(minutes=1):.1f}".removesuffix(".0")
