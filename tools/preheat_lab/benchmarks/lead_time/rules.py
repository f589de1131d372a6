"""The rules in the comparison: each gives the lead of every start from the starts before it.

Owns the rivals, run for all replicates at once; those that a replay of recorded starts compares too, and the product's
own, stand in `preheat_report.lead_rules`.
"""

import math
from collections.abc import Callable
from datetime import timedelta

import numpy as np

from preheat.domain.plan.hosted_model import Learning
from preheat.domain.record.record import SAMPLES_KEPT
from preheat_lab.benchmarks.lead_time.processes import Minutes
from preheat_report.lead_rules import LeadRule, make_deviation_rule, make_learned_rule, make_pinned_rule

type YearlyRule = Callable[[Minutes], Minutes]  # what the starts took, a row a replicate -> their leads

DEFAULT, CAP, TARGET = 30.0, 90.0, 0.01
LEARNING = 20  # starts before which rules that keep to the slowest are at least the default, like Preheat's
HISTORY = 99  # with so many samples the slowest is the conformal bound for 1 %


def each_year(rule: LeadRule) -> YearlyRule:
    """Return a rule that is run year by year."""
    return lambda minutes: np.array([rule(row) for row in minutes.tolist()])


def _by_history(of: Callable[[Minutes], Minutes], kept: int, *, least: int = 1, learning: int = 0) -> YearlyRule:
    """Return the rule that asks `of` the last `kept` starts; before there are `least` of them it is the default.

    Before there are `learning` of them it is at least the default.
    """

    def leads(minutes: Minutes) -> Minutes:
        found = np.full_like(minutes, DEFAULT)
        for start in range(least, minutes.shape[1]):
            bound = of(minutes[:, max(0, start - kept) : start])
            found[:, start] = np.clip(bound, DEFAULT if start < learning else 0.0, CAP)
        return found

    return leads


def empirical() -> YearlyRule:
    """Return the 99th percentile of the last 60 starts, as spreadsheets calculate it."""
    return _by_history(lambda past: np.asarray(np.quantile(past, 1 - TARGET, axis=1)), SAMPLES_KEPT)


def slowest() -> YearlyRule:
    """Return the slowest of the last 60 starts."""
    return _by_history(lambda past: np.asarray(past.max(axis=1)), SAMPLES_KEPT, learning=LEARNING)


def conformal(*, cap_first: bool) -> YearlyRule:
    """Return the split-conformal bound of the last 99 starts; before, the cap or the slowest."""

    def bound(past: Minutes) -> Minutes:
        if past.shape[1] < HISTORY and cap_first:
            return np.full(past.shape[0], CAP)
        return np.asarray(past.max(axis=1))

    rule = _by_history(bound, HISTORY, learning=LEARNING)

    def leads(minutes: Minutes) -> Minutes:
        found = rule(minutes)
        if cap_first:
            found[:, 0] = CAP
        return found

    return leads


def adaptive(step: float) -> YearlyRule:
    """Return adaptive conformal inference: the level itself follows what was late; below 0 it is the cap."""

    def leads(minutes: Minutes) -> Minutes:
        found = np.full_like(minutes, DEFAULT)
        level = np.full(minutes.shape[0], TARGET)
        for start in range(minutes.shape[1]):
            if start:
                past = np.sort(minutes[:, max(0, start - HISTORY) : start], axis=1)
                number = past.shape[1]
                rank = np.ceil((number + 1) * (1 - level)).astype(int)
                inside = np.take_along_axis(past, np.clip(rank, 1, number)[:, None] - 1, axis=1)[:, 0]
                beyond = np.where(level <= 0, CAP, past[:, -1])  # with few samples no rank reaches the level
                bound = np.where(rank > number, beyond, inside)
                found[:, start] = np.clip(bound, DEFAULT if start < LEARNING else 0.0, CAP)
            late = minutes[:, start] > found[:, start]
            level = level + step * (TARGET - late)
        return found

    return leads


def integral(rate: float) -> YearlyRule:
    """Return conformal PI control: a lead that steps up when late and down a little when not, with an integrator."""

    def leads(minutes: Minutes) -> Minutes:
        found = np.full_like(minutes, DEFAULT)
        tracked, errors = np.full(minutes.shape[0], DEFAULT), np.zeros(minutes.shape[0])
        for start in range(minutes.shape[1]):
            past = minutes[:, max(0, start - SAMPLES_KEPT) : start]
            scale = past.max(axis=1) if start else np.full(minutes.shape[0], DEFAULT)
            saturated = errors * math.log(start + 2) / (start + 2) / 5
            more = scale * np.tan(np.clip(saturated, -math.pi / 2 + 0.01, math.pi / 2 - 0.01))
            found[:, start] = np.clip(tracked + more, 0.0, CAP)
            error = (minutes[:, start] > found[:, start]) - TARGET
            tracked = tracked + rate * scale * error
            errors = errors + error
        return found

    return leads


RULES: dict[str, YearlyRule] = {
    "fixed 30 min": each_year(make_pinned_rule(timedelta(minutes=30))),
    "fixed 45 min": each_year(make_pinned_rule(timedelta(minutes=45))),
    "mean + 2 sd": each_year(make_deviation_rule(2.0)),
    "mean + 3 sd": each_year(make_deviation_rule(3.0)),
    "empirical p99": empirical(),
    "split conformal, cap until n = 99": conformal(cap_first=True),
    "split conformal, slowest until n = 99": conformal(cap_first=False),
    "ACI, step 0.005": adaptive(0.005),
    "ACI, step 0.02": adaptive(0.02),
    "conformal PI, rate 0.1": integral(0.1),
    "slowest of the last 60": slowest(),
    "Preheat, default 30 min": each_year(make_learned_rule(Learning())),
    "Preheat, default 45 min": each_year(make_learned_rule(Learning(), timedelta(minutes=45))),
}
OURS = "Preheat, default 30 min"
TARGETS: dict[str, YearlyRule] = {
    f"{target:g}": each_year(make_learned_rule(Learning(target))) for target in (0.05, 0.02, 0.005, 0.002, 0.001)
}
