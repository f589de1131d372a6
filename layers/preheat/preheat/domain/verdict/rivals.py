"""Which other models run where a model is to run, and so count against the same quota.

Pure: reads the known facts about all models at one moment.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from preheat.domain.plan.plan import Backend
from preheat.domain.record.attempt import Answer, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.values import change
from preheat.domain.verdict.facts import Rival, VerdictFacts

type SharedQuota = tuple[Backend, str | None, str | None]


def add_rivals(facts: Iterable[VerdictFacts]) -> list[VerdictFacts]:
    """Return the same facts; one that a quota keeps from starting has the models that run in its place.

    Those that nothing needs come first.
    """
    found = list(facts)
    running: dict[SharedQuota, list[VerdictFacts]] = defaultdict(list)
    for each in found:
        place = _find_quota(each)
        if place is not None and each.observed in (Observed.STARTING, Observed.HOSTED):
            running[place].append(each)
    return [change(each, rivals=_find_rivals(each, running)) for each in found]


def _find_rivals(facts: VerdictFacts, running: dict[SharedQuota, list[VerdictFacts]]) -> tuple[Rival, ...]:
    place = _find_quota(facts)
    refused = facts.find_answer(Call.START) is Answer.QUOTA
    others: Sequence[VerdictFacts] = running.get(place, []) if place is not None and refused else []
    rivals = [_make_rival(other) for other in others if other.model_id != facts.model_id]
    return tuple(sorted(rivals, key=lambda rival: (rival.until is not None, rival.hold is None, rival.model_id)))


def _make_rival(facts: VerdictFacts) -> Rival:
    demand = facts.demand
    if demand is None:
        return Rival(facts.model_id, target=facts.target)
    served = demand.find_holds(facts.now)
    by_hold = len(demand.holds) == 1 and bool(served) and served[0].request_id is not None
    hold = str(served[0].request_id) if by_hold and demand.schedule == served[0].schedule else None
    return Rival(facts.model_id, None if hold is not None else demand.schedule, hold, demand.end, facts.target)


def _find_quota(facts: VerdictFacts) -> SharedQuota | None:
    target = facts.target
    return (target.backend, target.region, target.role) if target is not None else None
