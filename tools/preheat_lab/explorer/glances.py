"""When the message of a glance comes: what the explorer takes for the chain of them. Knows no pass."""

from preheat.domain.record.looks import HOSTED_EVERY
from preheat.domain.record.record import ModelRecord, Phase
from preheat_lab.explorer.wants import STEP, instant


def may_glance_come(record: ModelRecord, now: int) -> bool:
    """Return whether a glance may take the place of a pass: the record is that of a hosted model, and not due."""
    return record.phase is Phase.HOSTED and record.wake_at is not None and record.wake_at > instant(now)


def is_glance_due(record: ModelRecord, now: int) -> bool:
    """Return whether the chain has a glance at this point: each ten minutes before the look on record."""
    if not may_glance_come(record, now) or record.wake_at is None:
        return False
    return (record.wake_at - instant(now)) // STEP % (HOSTED_EVERY // STEP) == 0
