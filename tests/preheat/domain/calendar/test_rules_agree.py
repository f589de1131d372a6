"""The engine of rules against a slow reference and three independent evaluators, each where it follows the standards.

RULES=100000 asks for more rules than a check has time for: `make rules`. RULES_FIRST moves to other ones.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import batched
from random import Random

from tests.preheat.domain.calendar.rule_evaluators import (
    ICAL,
    RRULE_TEMPORAL,
    Drawn,
    JavaScript,
    dates_by_dateutil,
    reads_dateutil,
    reads_ical,
    reads_rrule_temporal,
)
from tests.preheat.domain.calendar.rule_reference import dates_until, random_rule

from preheat.domain.calendar.recurrence_rule import RecurrenceRule, find_dates

RULES = int(os.environ.get("RULES", "2000"))
FIRST = int(os.environ.get("RULES_FIRST", "1"))
YEARS = 4
BATCH = 2_000
PROCESSES = 2


def draw(seed: int) -> Drawn:
    text, anchor = random_rule(Random(seed))  # noqa: S311 - made again from its seed
    last = date(anchor.year + YEARS, 12, 31)
    rule = RecurrenceRule(text, anchor)
    found = sorted(day for year in range(anchor.year, last.year + 1) for day in find_dates(rule, year))
    return Drawn(seed, text, anchor, last, found)


def test_every_rule_means_what_independent_evaluators_make_of_it() -> None:
    """Compares each rule with every evaluator that reads it; prints the number of comparisons with each."""
    counted: Counter[str] = Counter()
    for seeds in batched(range(FIRST, FIRST + RULES), BATCH, strict=False):
        rules = [draw(seed) for seed in seeds]
        names: dict[int, list[str]] = {rule.seed: [] for rule in rules}
        asked = [(RRULE_TEMPORAL, rule) for rule in rules if reads_rrule_temporal(rule)]
        asked += [(ICAL, rule) for rule in rules if reads_ical(rule)]
        with ThreadPoolExecutor(PROCESSES) as threads:
            parts = [asked[first::PROCESSES] for first in range(PROCESSES)]
            answered = [(part, threads.submit(JavaScript(part).answers)) for part in parts]
            for rule, name in in_python(rules):
                names[rule.seed].append(name)
            for part, answers in answered:
                for (name, rule), dates in zip(part, answers.result(), strict=True):
                    assert dates == rule.found, f"{rule}, against {name}"
                    names[rule.seed].append(name)
        for rule in rules:
            counted.update(names[rule.seed] or ["none" if rule.found else "none, as no date fulfils it"])
            counted["two or more"] += len(names[rule.seed]) > 1
    print(
        f"{RULES:,} rules; compared with " + ", ".join(f"{name}: {count:,}" for name, count in sorted(counted.items()))
    )
    assert counted["dateutil"] > RULES * 0.6, "too few rules were given to dateutil"
    assert counted[RRULE_TEMPORAL] > RULES * 0.8, f"too few rules were given to {RRULE_TEMPORAL}"
    assert counted[ICAL] > RULES * 0.005, f"too few rules were given to {ICAL}"
    assert counted["none"] < RULES * 0.05, "too few rules were given to any evaluator"
    assert counted["two or more"] > RULES * 0.5, "too few rules were given to two evaluators"


def in_python(rules: Sequence[Drawn]) -> Iterator[tuple[Drawn, str]]:
    """Compare rules with the reference, and those that it reads with dateutil; yield the latter."""
    for rule in rules:
        assert set(rule.found) == dates_until(rule.text, rule.anchor, rule.last), f"{rule}, against the reference"
        if reads_dateutil(rule):
            assert dates_by_dateutil(rule) == rule.found, f"{rule}, against dateutil"
            yield rule, "dateutil"
