"""Rules for a lead, each run over what the starts of one model took: from minutes, oldest first, to the lead of each.

Owns the rules that a replay and the benchmark compare. It calls the product's own rule, start by start, instead of
repeating it. Slack is no part of a lead.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta

from preheat.domain.lead.evidence import count_next
from preheat.domain.lead.lead import learn_lead
from preheat.domain.plan.hosted_model import DEFAULT_LEAD, Learning
from preheat.domain.record.record import SAMPLES_KEPT

type LeadRule = Callable[[Sequence[float]], list[float]]  # minutes: what the starts took -> the lead of each

CAP_MINUTES = 90.0
_MINUTE = timedelta(minutes=1)


def make_learned_rule(learning: Learning, default: timedelta = DEFAULT_LEAD) -> LeadRule:
    """Return Preheat's own rule: its lead, its evidence, its window of samples; nothing but starts changes anything."""

    def leads(took: Sequence[float]) -> list[float]:
        samples: deque[timedelta] = deque(maxlen=SAMPLES_KEPT)
        evidence, found = 0, []
        for minutes in took:
            lead = learn_lead(samples, evidence, learning, default).span
            found.append(lead.total_seconds() / 60)
            sample = timedelta(seconds=math.ceil(minutes * 60))
            samples.append(sample)
            evidence = count_next(evidence, len(samples), late=sample > lead)
        return found

    return leads


def make_pinned_rule(lead: timedelta) -> LeadRule:
    """Return the same lead for ever."""
    return lambda took: [lead / _MINUTE] * len(took)


def make_deviation_rule(times: float, default: timedelta = DEFAULT_LEAD) -> LeadRule:
    """Return the mean of the last 60 starts plus so many standard deviations; the default before there are two."""

    def leads(took: Sequence[float]) -> list[float]:
        found = []
        total = squares = 0.0  # of the last 60, each less the first of all: so that their squares lose nothing
        origin = took[0] if took else 0.0
        for start in range(len(took)):
            number = min(start, SAMPLES_KEPT)
            if number < 2:
                found.append(default / _MINUTE)
            else:
                variance = max(squares - total * total / number, 0.0) / (number - 1)
                found.append(min(max(origin + total / number + times * math.sqrt(variance), 0.0), CAP_MINUTES))
            total, squares = total + took[start] - origin, squares + (took[start] - origin) ** 2
            if start >= SAMPLES_KEPT:
                gone = took[start - SAMPLES_KEPT] - origin
                total, squares = total - gone, squares - gone * gone
        return found

    return leads
