"""Owns how long a simulated start or stop takes: fixed or drawn, written as `30`, `uniform:600-1200` or
`lognormal:median=900,sigma=0.25` (seconds). Knows no model and keeps no random state: a draw takes its generator.
"""

import math
import re
from dataclasses import dataclass
from datetime import timedelta
from random import Random

_NUMBER = r"(\d+(?:\.\d+)?)"
_UNIFORM = re.compile(rf"uniform:{_NUMBER}-{_NUMBER}")
_LOGNORMAL = re.compile(rf"lognormal:median={_NUMBER},sigma={_NUMBER}")
_FIXED = re.compile(_NUMBER)
_LONGEST_SECONDS = 7 * 86_400
ACCEPTED = "seconds (30), uniform:600-1200 or lognormal:median=900,sigma=0.25"


@dataclass(frozen=True, slots=True)
class Latency:
    """A time that a transition takes: `low` to `high` evenly, or log-normal about its median `low` when `sigma` > 0.

    Bounds: 0 to 7 days; it cuts a log-normal draw beyond that.
    """

    low: timedelta
    high: timedelta
    sigma: float = 0.0

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.low <= self.high <= timedelta(seconds=_LONGEST_SECONDS):
            raise ValueError(f"latency {self.low} to {self.high}: it must run upwards within 0 s and 7 days")

    def draw(self, random: Random) -> timedelta:
        """Return one duration, to the millisecond."""
        if self.low == self.high and not self.sigma:
            return self.low
        low, high = self.low.total_seconds(), self.high.total_seconds()
        seconds = low * math.exp(random.gauss(0, self.sigma)) if self.sigma else random.uniform(low, high)
        return timedelta(seconds=round(min(seconds, _LONGEST_SECONDS), 3))

    def __str__(self) -> str:
        """Return the text that `parse_latency` reads back."""
        low, high = f"{self.low.total_seconds():g}", f"{self.high.total_seconds():g}"
        if self.sigma:
            return f"lognormal:median={low},sigma={self.sigma:g}"
        return low if low == high else f"uniform:{low}-{high}"


def make_fixed(seconds: float) -> Latency:
    """Return a latency that is always the same."""
    return Latency(timedelta(seconds=seconds), timedelta(seconds=seconds))


def parse_latency(text: str | float) -> Latency:
    """Read a latency; raises ValueError that says what is accepted.

    >>> str(parse_latency("uniform:600-1200"))
    'uniform:600-1200'
    """
    text = str(text).strip()
    if match := _FIXED.fullmatch(text):
        return make_fixed(float(match[1]))
    if match := _UNIFORM.fullmatch(text):
        return Latency(timedelta(seconds=float(match[1])), timedelta(seconds=float(match[2])))
    if match := _LOGNORMAL.fullmatch(text):
        median = timedelta(seconds=float(match[1]))
        return Latency(median, median, float(match[2]))
    raise ValueError(f"latency {text!r}: accepted are {ACCEPTED}")
