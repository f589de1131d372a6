"""Ten invented latency processes: how long each start of a year takes, in minutes. Owns the draws; knows no rule."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

type Minutes = NDArray[np.float64]
type Draw = Callable[[np.random.Generator, int, int], Minutes]  # generator, replicates, starts a day

DAYS = 365


def _normal(rng: np.random.Generator, shape: tuple[int, int], median: Minutes | float, spread: float) -> Minutes:
    """Draw from the log-normal with this median and this standard deviation of the logarithm."""
    return np.asarray(median * np.exp(spread * rng.standard_normal(shape)))


def _days(a_day: int) -> NDArray[np.int64]:
    return np.arange(DAYS * a_day) // a_day


def _steady(median: float, spread: float) -> Draw:
    return lambda rng, replicates, a_day: _normal(rng, (replicates, DAYS * a_day), median, spread)


def _with_tail(share: float, of: Draw) -> Draw:
    """Replace a share of the starts by a Pareto tail from 20 minutes, exponent 2.5."""

    def draw(rng: np.random.Generator, replicates: int, a_day: int) -> Minutes:
        minutes = of(rng, replicates, a_day)
        tail = 20 * (1 - rng.random(minutes.shape)) ** (-1 / 2.5)
        return np.where(rng.random(minutes.shape) < share, tail, minutes)

    return draw


def _with_retries(share: float, of: Draw) -> Draw:
    """Let a share of the starts fail part-way, 30 to 100 % through, and 2 minutes be lost before the next."""

    def draw(rng: np.random.Generator, replicates: int, a_day: int) -> Minutes:
        minutes = of(rng, replicates, a_day)
        lost = of(rng, replicates, a_day) * rng.uniform(0.3, 1.0, minutes.shape) + 2
        return minutes + np.where(rng.random(minutes.shape) < share, lost, 0.0)

    return draw


def _slower_for_a_while(rng: np.random.Generator, replicates: int, a_day: int) -> Minutes:
    day = _days(a_day)
    return _normal(rng, (replicates, len(day)), np.where((day >= 120) & (day < 260), 19.0, 12.0), 0.25)


def _drifting(rng: np.random.Generator, replicates: int, a_day: int) -> Minutes:
    return _normal(rng, (replicates, DAYS * a_day), np.linspace(11.0, 20.0, DAYS * a_day), 0.25)


def _slow_mondays(rng: np.random.Generator, replicates: int, a_day: int) -> Minutes:
    day = _days(a_day)
    return _normal(rng, (replicates, len(day)), np.where(day % 7 == 0, 18.0, 12.0), 0.22)


def _episodes(rng: np.random.Generator, replicates: int, a_day: int) -> Minutes:
    minutes = _normal(rng, (replicates, DAYS * a_day), 12.0, 0.22)
    slow = np.zeros(replicates, dtype=bool)
    for start in range(minutes.shape[1]):
        chance = rng.random(replicates)
        slow = np.where(slow, chance >= 1 / 3, chance < 0.007)
        minutes[:, start] *= np.where(slow, 2.2, 1.0)
    return minutes


PROCESSES: dict[str, Draw] = {
    "A steady": _steady(13.0, 0.25),
    "B heavy tail": _with_tail(0.02, _steady(13.0, 0.25)),
    "C slower for a while": _slower_for_a_while,
    "D drifting": _drifting,
    "E slow Mondays": _slow_mondays,
    "F episodes": _episodes,
    "G retries": _with_retries(0.015, _steady(13.0, 0.25)),
    "H fast": _steady(4.0, 0.35),
    "I slow": _steady(27.0, 0.25),
    "J all at once": _with_retries(0.01, _with_tail(0.01, _slower_for_a_while)),
}
