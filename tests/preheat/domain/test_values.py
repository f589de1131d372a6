"""A changed value: made as its class makes it, checks included, and the very same one if nothing differs."""

from dataclasses import FrozenInstanceError, dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from preheat.domain.plan.plan import ModelId, Target, Units
from preheat.domain.record.record import ModelRecord, Phase
from preheat.domain.values import change

RECORD = ModelRecord(ModelId("weld-seams"), Target("welds", "1"))
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_what_is_changed_is_a_new_value_and_the_old_one_stays() -> None:
    after = change(RECORD, phase=Phase.HOSTED, version=3)
    assert after == replace(RECORD, phase=Phase.HOSTED, version=3)
    assert hash(after) == hash(replace(RECORD, phase=Phase.HOSTED, version=3))
    assert (RECORD.phase, RECORD.version) == (Phase.IDLE, 0)
    with pytest.raises(FrozenInstanceError):
        after.version = 4  # type: ignore[misc]  # its refusal is the test


def test_where_nothing_differs_the_old_value_serves() -> None:
    record = change(RECORD, wake_at=NOON)
    assert change(record, wake_at=NOON.astimezone(timezone(timedelta(hours=1)))) is record


def test_a_check_at_birth_is_made_at_each_change() -> None:
    assert change(Units(1), minimum=2) == Units(2)
    with pytest.raises(ValueError, match="0"):
        change(Units(1), minimum=0)

    @dataclass(frozen=True)
    class Share:
        of: float

        def __post_init__(self) -> None:
            if self.of > 1:
                raise ValueError("more than all")

    with pytest.raises(ValueError, match="more than all"):
        change(Share(0.5), of=2.0)


@pytest.mark.parametrize("value", [RECORD, RECORD.target])
def test_a_field_that_there_is_not_is_refused(value: object) -> None:
    for others in ({}, {"version": "2"}):
        with pytest.raises(AttributeError, match="colour"):
            change(value, **others, colour="red")
