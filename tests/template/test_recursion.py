"""`RecursiveLoop: Allow` gives up the bound of Lambda; this is the bound of Preheat, in messages of a pass to itself.

The hours are the two in which passes send the most. In one, twenty starts foretell the end of a start. In the other, a
start hangs, with a gate and a queue that never end. There is no tick while passes send, so that no message of a tick
cuts a chain.
"""

from bisect import bisect_right
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.support.day import GATE, QUEUE, WELD, Day, a_day

from preheat.domain.plan.hosted_model import Drain, Learning
from preheat.domain.plan.plan import ModelId
from preheat.domain.record import budget

AN_HOUR = timedelta(hours=1)
BOUND = budget.BURST + AN_HOUR // budget.CALL_COSTS
LAMBDA_STOPS_AT = 16  # messages in one chain, about


def begin_learned_day() -> AbstractContextManager[Day]:
    return a_day(learning=Learning(), start_takes="12m")


def hanging() -> AbstractContextManager[Day]:
    return a_day(start_takes="12h", drain=Drain(QUEUE, timedelta(hours=6)), gate=GATE)


def waiting_queue() -> AbstractContextManager[Day]:
    return a_day("08:00-09:00", drain=Drain(QUEUE, timedelta(hours=6)), gate=GATE)


def list_sent_by_passes(day: Day, monkeypatch: pytest.MonkeyPatch, until: str) -> list[datetime]:
    """Let the day pass and return when passes sent themselves a message."""
    sent: list[datetime] = []
    enqueue = day.queue.enqueue

    def count_message(
        model_id: ModelId,
        after: timedelta,
        due_at: datetime | None = None,
        *,
        repeated: bool = False,
    ) -> None:
        sent.append(day.clock.now())
        enqueue(model_id, after, due_at, repeated=repeated)

    day.run_until("00:03")
    samples: Any = tuple(timedelta(minutes=9 + number % 5) for number in range(20))
    day.store.save(replace(day.record, samples=samples, wake_at=day.clock.at), None)
    day.store.wake(WELD, day.clock.at)
    day.waiting(visible=1)
    monkeypatch.setattr(day.queue, "enqueue", count_message)
    real = day.tick
    monkeypatch.setattr(day, "tick", lambda: real() if not is_sent_lately(sent, day.clock.at) else None)
    day.run_until(until)
    return sent


def is_sent_lately(sent: list[datetime], now: datetime) -> bool:
    return bool(sent) and now - sent[-1] < timedelta(minutes=2)


def most_in_an_hour(sent: list[datetime]) -> int:
    return max(bisect_right(sent, one + AN_HOUR) - place for place, one in enumerate(sent))


@pytest.mark.parametrize("a_case", [begin_learned_day, hanging, waiting_queue])
def test_a_pass_never_sends_itself_more_messages_in_an_hour_than_it_may_make_calls(
    a_case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_case() as day:
        sent = list_sent_by_passes(day, monkeypatch, "18:00")
    assert 0 < most_in_an_hour(sent) <= BOUND


def test_the_bound_is_needed_since_one_start_sends_more_than_lambda_lets_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with begin_learned_day() as day:
        sent = list_sent_by_passes(day, monkeypatch, "09:00")
    assert most_in_an_hour(sent) > LAMBDA_STOPS_AT
