"""Which glances a tick sends, and in which messages."""

from datetime import UTC, datetime, timedelta

import pytest

from preheat.app.glances import GlanceRounds, Round
from preheat.app.ports.fleet import Due
from preheat.app.ports.queue import GLANCES_MAX
from preheat.domain.plan.plan import ModelId

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
WELD, PAINT, PRESS = ModelId("weld"), ModelId("paint"), ModelId("press")


def take(lines: dict[ModelId, timedelta], *ticks: timedelta) -> list[Round]:
    """Return the rounds that ticks of one process send, each so long after noon; `lines` as long after noon."""
    rounds, index = GlanceRounds(), [Due(model_id, NOON + after) for model_id, after in lines.items()]
    return [each for tick in ticks for each in rounds.take(index, NOON + tick)]


def count_minutes(since: int, until: int) -> list[timedelta]:
    return [minute * MINUTE for minute in range(since, until)]


def test_three_glances_come_before_the_look_of_a_line_ten_minutes_apart() -> None:
    found = take({WELD: 40 * MINUTE}, *count_minutes(0, 41))
    assert found == [Round(NOON + minutes * MINUTE, (WELD,)) for minutes in (10, 20, 30)]


def test_models_whose_glances_are_due_at_the_same_instant_share_a_message() -> None:
    lines = {WELD: 30 * MINUTE, PRESS: 30 * MINUTE + SECOND, PAINT: 30 * MINUTE}
    assert take(lines, 10 * MINUTE) == [
        Round(NOON + 10 * MINUTE + SECOND, (PAINT, WELD)),
        Round(NOON + 10 * MINUTE + SECOND, (PRESS,)),
    ]


def test_a_message_asks_for_no_more_glances_than_it_may() -> None:
    lines = {ModelId(f"m-{number:02}"): 30 * MINUTE for number in range(2 * GLANCES_MAX + 1)}
    rounds = take(lines, 10 * MINUTE)
    assert [len(each.model_ids) for each in rounds] == [GLANCES_MAX, GLANCES_MAX, 1]
    assert [each.at - NOON - 10 * MINUTE for each in rounds] == [SECOND, 2 * SECOND, 3 * SECOND]
    assert sorted(name for each in rounds for name in each.model_ids) == sorted(lines)


@pytest.mark.parametrize(
    "ticks",
    [
        [9 * MINUTE + 3 * SECOND, 10 * MINUTE + 20 * SECOND, 11 * MINUTE],  # late
        [9 * MINUTE, 11 * MINUTE, 12 * MINUTE],  # one is lost
        [6 * MINUTE, 10 * MINUTE + 59 * SECOND],  # some are
        [9 * MINUTE, 9 * MINUTE, 10 * MINUTE, 10 * MINUTE],  # two of each
    ],
)
def test_ticks_that_are_late_lost_or_doubled_send_each_glance_once(ticks: list[timedelta]) -> None:
    assert take({WELD: 20 * MINUTE}, *ticks) == [Round(NOON + 10 * MINUTE, (WELD,))]


def test_after_a_long_gap_no_glance_is_made_up_for() -> None:
    assert take({WELD: 20 * MINUTE}, 2 * MINUTE, 11 * MINUTE) == []


def test_a_clock_that_was_hours_ahead_holds_up_no_later_glance() -> None:
    assert take({WELD: 20 * MINUTE}, timedelta(hours=6), 10 * MINUTE) == [Round(NOON + 10 * MINUTE, (WELD,))]


def test_a_new_process_begins_with_the_present() -> None:
    assert take({WELD: 20 * MINUTE - SECOND}, 10 * MINUTE) == []
    assert take({WELD: 20 * MINUTE}, 10 * MINUTE) == [Round(NOON + 10 * MINUTE, (WELD,))]
