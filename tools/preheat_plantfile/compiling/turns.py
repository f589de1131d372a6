"""The order of starts of models with the same ready time: a turn each, within the limits of a service.

Owns the order: the lower its priority, the later a model starts. So if more models need to run than may run, the lowest
finds no place. Each account and region of a service counts separately, as for its quotas. Pure. `domain.plan.turn` owns
what a model does with its turn.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Final

from preheat.domain.calendar.schedule import Schedule
from preheat.domain.calendar.timetable import ScheduleError, find_intervals
from preheat.domain.calendar.windows import Window
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Mode, ModelId
from preheat.domain.plan.turn import TURN_MOST, Turn
from preheat_plantfile.compiling.terms import Terms

# Far enough that a weekly plan and most rotations have shown who begins together.
SEEN: Final = timedelta(days=35)
# Part of the calls stays for other users of the account, and for repeats of refused calls.
USED: Final = 0.8
# Where not all may run at once: so many seconds between priorities, more than two passes may overtake each other by.
APART: Final = 10
_SECOND: Final = timedelta(seconds=1)
_LAST: Final = TURN_MOST // _SECOND - 1

type Begins = frozenset[datetime]


def with_turns(
    models: Sequence[HostedModel],
    priorities: Mapping[ModelId, int],
    terms: Terms,
    seen: Window,
) -> tuple[HostedModel, ...]:
    """Return the models, each with its turn if more begin with it within `seen` than a second has calls.

    At each begin no more models have the same second than that, and none of a higher priority has a later one.
    `terms`: how many calls each service takes of one operation, and how many models may run. A service without a
    number of calls has no known limit.
    """

    @cache  # Many models share most schedules.
    def begins(schedules: tuple[Schedule, ...]) -> Begins:
        try:
            return frozenset(
                one.start for one in find_intervals(schedules, seen.start, seen.end) if one.start > seen.start
            )
        except ScheduleError:
            return frozenset()

    turns: dict[ModelId, Turn] = {}
    for (service, *_), of_it in _places(model for model in models if model.mode is not Mode.PAUSED):
        together = [(model.model_id, priorities[model.model_id], begins(model.schedules)) for model in of_it]
        crowded = len(together) > terms.models_at_once.get(service, len(together))
        if service in terms.starts_per_second:
            a_second = max(1, int(terms.starts_per_second[service] * USED))
            turns |= _turns(together, a_second, APART if crowded else 0)
    return tuple(replace(model, turn=turns.get(model.model_id)) for model in models)


def _places(models: Iterable[HostedModel]) -> Iterable[tuple[tuple[str, str, str], Iterable[HostedModel]]]:
    """Return the models by the scope of a quota."""

    def place(model: HostedModel) -> tuple[str, str, str]:
        target = model.target
        return str(target.backend), target.account or "", target.region or ""

    return groupby(sorted(models, key=place), key=place)


def _turns(together: Sequence[tuple[ModelId, int, Begins]], a_second: int, apart: int) -> dict[ModelId, Turn]:
    """Return the turns of the models of one place; what goes first by name starts first among its equals.

    Priorities are `apart` seconds from each other.
    """
    taken: Counter[tuple[datetime, int]] = Counter()
    least: dict[datetime, int] = {}  # the seconds below are full, or belong to later calls
    last: dict[datetime, int] = {}
    offsets: dict[ModelId, int] = {}
    by_name = sorted(together, key=lambda one: one[0], reverse=True)
    for _, equals in groupby(sorted(by_name, key=lambda one: one[1]), key=lambda one: one[1]):
        for model_id, _, begins in equals:
            second = max((least.get(begin, 0) for begin in begins), default=0)
            while second < _LAST and any(taken[begin, second] >= a_second for begin in begins):
                second += 1
            second = min(second, _LAST)
            offsets[model_id] = second
            for begin in begins:
                taken[begin, second] += 1
                last[begin] = max(last.get(begin, 0), second)
                while taken[begin, least.get(begin, 0)] >= a_second:
                    least[begin] = least.get(begin, 0) + 1
        least = {begin: max(least.get(begin, 0), second + apart) for begin, second in last.items()}
    return {
        model_id: Turn(offsets[model_id] * _SECOND, (latest + 1) * _SECOND)
        for model_id, _, begins in together
        if (latest := max((last[begin] for begin in begins), default=0))
    }
