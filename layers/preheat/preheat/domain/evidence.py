"""How far a model's measured starts are trusted: the evidence that the lead rule weighs them by.

Owns what a change of version, region, account, service or units does to it: the history stays, and counts for little
until it is confirmed. Knows no lead and no store.
"""

from dataclasses import replace
from datetime import timedelta

from preheat.domain.lifecycle import Observed
from preheat.domain.plan import Target
from preheat.domain.record import SAMPLES_KEPT, ModelRecord

# So much is believed at most of what was measured under other circumstances.
AFTER_A_CHANGE = 9


def trusted(record: ModelRecord) -> int:
    """Return how many starts the samples count for: at most their number."""
    kept = len(record.samples)
    return kept if record.evidence is None else min(record.evidence, kept)


def cut(record: ModelRecord) -> ModelRecord:
    """Return the record with its samples believed no further than `AFTER_A_CHANGE` of them."""
    return replace(record, evidence=min(trusted(record), AFTER_A_CHANGE))


def measured(record: ModelRecord, sample: timedelta, parameters: str) -> ModelRecord:
    """Return the record with one more start, measured under `parameters` (their digest), which confirms the others."""
    if record.measured_as not in ("", parameters):
        record = cut(record)
    samples = (*record.samples, sample)[-SAMPLES_KEPT:]
    evidence = min(trusted(record) + 1, len(samples))
    return replace(
        record, samples=samples, evidence=None if evidence == len(samples) else evidence, measured_as=parameters
    )


def turned(record: ModelRecord, target: Target) -> ModelRecord:
    """Return the record of a model that is let go at its old target and looked at from now on at another."""
    return replace(cut(record), target=target, observed=Observed.UNKNOWN, unreadable=0, looked_at=None, run=None)
