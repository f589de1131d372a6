"""When to glance at quiet hosted models: a tick asks for the glances of many models in one message.

Owns which lines of the due index have a glance when, and which models share a message. Glances come before the look of
each line, HOSTED_EVERY apart. The index does not say whether its model is quiet: the glance itself finds that out. Pure
but for the memory of one process, which knows how far the ticks before have come.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched, groupby
from operator import itemgetter
from typing import NamedTuple

from preheat.app.ports.fleet import Due
from preheat.app.ports.queue import GLANCES_MAX
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.looks import GLANCED_FOR, HOSTED_EVERY, TICK_HORIZON

AHEAD = tuple(HOSTED_EVERY * count for count in range(1, GLANCED_FOR // HOSTED_EVERY))
SENT_AHEAD = 2 * TICK_HORIZON  # of a glance: so none waits for a tick that comes late, and bursts with others
REACH = SENT_AHEAD + max(AHEAD)  # how far ahead of a tick the lines lie whose glances it sends
APART = timedelta(seconds=1)
MISSED_FOR = timedelta(minutes=5)  # a tick after a shorter gap makes up for it


class Round(NamedTuple):
    """One message: when to glance, and at which models."""

    at: datetime
    model_ids: tuple[ModelId, ...]


@dataclass(slots=True)
class GlanceRounds:
    """How far the ticks of this process have sent glances: to where, or None before the first."""

    sent_to: datetime | None = None

    def take(self, lines: Sequence[Due], now: datetime) -> list[Round]:
        """Return the rounds from where the last tick of this process ended, to SENT_AHEAD of this one."""
        end, begin = now + SENT_AHEAD, self.sent_to or now
        if abs(begin - now) > MISSED_FOR:  # after a long gap, or a clock that was ahead
            begin = now
        self.sent_to = max(begin, end)
        coming = ((line.wake_at - ahead, line.model_id) for line in lines for ahead in AHEAD)
        return list(_group(sorted({one for one in coming if begin <= one[0] < end})))


def _group(glances: Sequence[tuple[datetime, ModelId]]) -> Iterator[Round]:
    """Yield the rounds of each instant, the first first.

    Of several models, a round comes each second, and none at the instant itself: that may be the end of a shift.
    """
    for at, group in groupby(glances, key=itemgetter(0)):
        together = [model_id for _, model_id in group]
        for place, some in enumerate(batched(together, GLANCES_MAX, strict=False), start=len(together) > 1):
            yield Round(at + place * APART, some)
