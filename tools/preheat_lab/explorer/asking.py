"""The requests of a scenario: holds, blocks and releases, stored at any point of the hard stretch, as `answer` does it.

Owns when a request may come, whether the budget has room for it, and what a pass reads of the active ones. Knows no
worker.
"""

from preheat.app.audit.invariants import Broken
from preheat.app.ports.records import Guarded
from preheat.domain.demand.request import Kind, Standing, Subject
from preheat.domain.demand.spend import find_excess, find_growth
from preheat_lab.explorer.passes import RemoteCall, ValueNumbers
from preheat_lab.explorer.scenario import REFUSED, Scenario
from preheat_lab.explorer.state import ExploredState
from preheat_lab.explorer.wants import instant
from preheat_lab.spending import find_overspent


class RequestOrder:
    """The requests of one scenario, in their order."""

    def __init__(self, scenario: Scenario, values: ValueNumbers) -> None:
        self._scenario = scenario
        self._values = values
        self._read: dict[tuple[Subject, tuple[int, ...]], int] = {}

    def next(self, state: ExploredState) -> Standing | None:
        """Return the next possible request; None: no more."""
        scenario = self._scenario
        if len(state.asked) == len(scenario.requests) or not scenario.hard_from <= state.now <= scenario.hard_until:
            return None
        return scenario.requests[len(state.asked)]

    def answer(self, state: ExploredState) -> tuple[ExploredState, Broken | None]:
        """Answer the next request: store it, unless it is a hold beyond the budget; and judge what was stored."""
        scenario, request = self._scenario, self._scenario.requests[len(state.asked)]
        plan, now = scenario.plans[state.plan], instant(state.now)
        before = scenario.list_standings(state.asked)
        accepted = state._replace(asked=(*state.asked, state.now))
        is_new = request not in scenario.requests[: len(state.asked)]
        if plan is None or request.kind is not Kind.HOLD or not is_new:
            return accepted, None
        if find_excess(find_growth(plan, request, before, now=now), plan.unit_hours_by_request) is not None:
            return state._replace(asked=(*state.asked, REFUSED)), None
        over = find_overspent(plan, request, before, scenario.list_standings(accepted.asked), now)
        return accepted, Broken("S14", over) if over is not None else None

    def read(self, state: ExploredState, request: RemoteCall) -> int:
        """Return the number of what a pass reads of its subject now."""
        if request.subject is None:
            raise ValueError("a read of active requests names its subject")
        key = (request.subject, state.asked)
        found = self._read.get(key)
        if found is None:
            found = self._read[key] = self._values.number(self._scenario.read_standings(*key))
        return found

    def outruns(self, state: ExploredState, request: RemoteCall) -> bool:
        """Return whether a write comes too late: the plan or the counter of a schedule that guards it has moved."""
        for guard, version in request.guards:
            if isinstance(guard, Guarded):
                if state.plan + 1 != version:
                    return True
            elif self._scenario.requests and self._scenario.read_standings(guard, state.asked).version != version:
                return True
        return False
