"""Events outside Preheat: the services complete, fail, update or lose a model; people start and stop.

Owns who began what runs. Knows of a worker only what it may still be about to do.
"""

from collections.abc import Iterator

from preheat.domain.plan.plan import Target
from preheat.domain.record.attempt import Call
from preheat.domain.record.lifecycle import Observed
from preheat_lab.explorer import service as hosting
from preheat_lab.explorer.records import RecordsExplored
from preheat_lab.explorer.scenario import Scenario
from preheat_lab.explorer.service import CallResult, ExploredService
from preheat_lab.explorer.state import NOBODY, Edge, ExploredState, WorkerState


class Outside:
    """The services and the people of one scenario."""

    def __init__(self, scenario: Scenario, records: RecordsExplored) -> None:
        self._scenario = scenario
        self._records = records
        self._rules = hosting.ServiceRules(scenario.switches, tokenless=scenario.tokenless)
        self._places = {target: place for place, target in enumerate(scenario.targets)}
        scaling = hosting.SCALED if scenario.found_scaled else hosting.UNSCALED
        self.first = tuple(ExploredService(scaling=scaling) for _ in scenario.targets)

    def place(self, target: Target) -> int:
        """Return which of a situation's services holds the target."""
        return self._places[target]

    def call(self, service: ExploredService, token: int, *, start: bool) -> CallResult:
        """Return the effect of a call by Preheat."""
        return self._rules.call(service, token, start=start)

    @staticmethod
    def complete(state: ExploredState) -> ExploredState:
        """Return the situation with all that was under way come to its end."""
        return state._replace(services=tuple(hosting.complete(each) for each in state.services))

    def step_services(self, state: ExploredState) -> Iterator[Edge]:
        """Yield what each service may do next, by itself."""
        for place, service in enumerate(state.services):
            if service.state in (hosting.STARTING, hosting.STOPPING, hosting.BUSY, hosting.IDLE):
                yield Edge("service: completed", NOBODY, state.with_service(place, hosting.complete(service)))
            if not state.faults:
                continue
            spent = state.spend_fault()
            if service.state == hosting.STARTING:
                yield Edge("fault: hosting failed", NOBODY, spent.with_service(place, hosting.fail(service)))
                if self._scenario.runs_short:
                    yield Edge("fault: no capacity", NOBODY, spent.with_service(place, hosting.run_short(service)))
            if self._scenario.idles and service.state in (hosting.STARTING, hosting.HOSTED):
                yield Edge("fault: nothing serves", NOBODY, spent.with_service(place, hosting.idle(service)))
            if service.state == hosting.STOPPING:
                yield Edge("fault: stop undone", NOBODY, spent.with_service(place, hosting.undo_stop(service)))
            if service.state not in (hosting.BUSY, hosting.FAILED, hosting.SHORT, hosting.GONE):
                yield Edge("fault: system updating", NOBODY, spent.with_service(place, hosting.begin_update(service)))
            if service.state != hosting.GONE:
                yield Edge("fault: model deleted", NOBODY, spent.with_service(place, ExploredService(hosting.GONE)))

    def step_people(self, state: ExploredState, *, stop_on_its_way: bool) -> Iterator[Edge]:
        """Yield what a person may do next; `stop_on_its_way`: a worker is about to call a stop."""
        if not state.people:
            return
        for place, service in enumerate(state.services):
            for start in (True, False):
                ours = stop_on_its_way or self._may_be_ours(state, place)
                made = self._rules.call(service, 0, start=start, run_by=hosting.RACED if ours else hosting.PERSON)
                if made.changed:
                    # If a person removes something, only a person brings it back.
                    theirs = made.service._replace(scaling=hosting.UNSCALED)
                    after = state.with_service(place, theirs)._replace(people=state.people - 1)
                    yield self.cover_by_demand("person: starts it" if start else "person: stops it", after)
            if self._scenario.scales:
                yield from self._step_owner(state, place, service)

    @staticmethod
    def _step_owner(state: ExploredState, place: int, service: ExploredService) -> Iterator[Edge]:
        """Yield what the owner of an endpoint may do about its scaling: set it up, or remove it."""
        if service.state != hosting.HOSTED or service.scaling == hosting.OWED:
            return
        removes = service.scaling == hosting.SCALED
        changed = service._replace(scaling=hosting.UNSCALED if removes else hosting.SCALED)
        word = "person: removes its scaling" if removes else "person: has it scale"
        yield Edge(word, NOBODY, state.with_service(place, changed)._replace(people=state.people - 1))

    def _may_be_ours(self, state: ExploredState, place: int) -> bool:
        """Return whether Preheat must take what starts now for its own, by all that it saw and can see."""
        record = self._records[state.record]
        attempt = record.attempt
        refused = attempt is not None and attempt.call is Call.START and attempt.is_without_effect()
        return self._places[record.target] == place and record.is_engaged() and not refused

    def write(self, state: ExploredState, worker: WorkerState) -> ExploredState:
        """Return the situation after a worker's won write, with what that makes of a person's run.

        A start that Preheat intended on an older observation makes it a race. A stop that a block asks for makes it
        Preheat's own; so does an observation within a demand, unless the service shows who made it.
        """
        record = self._records[state.record]
        place = self._places[record.target]
        service = state.services[place]
        if service.run_by == hosting.PERSON and service.is_running() and self._records.intends_a_start(state.record):
            return state.with_service(place, service._replace(run_by=hosting.RACED))
        forbidden = service.run_by in (hosting.PERSON, hosting.BLOCKED) and service.is_running()
        wants = self._scenario.wants(state.plan, state.asked)
        if forbidden and wants.was_blocked(state.now) and self._records.intends_a_stop(state.record):
            return state.with_service(place, service._replace(run_by=hosting.OURS))
        wanted = wants.wanted
        throughout = wanted[state.now] and wanted[worker.born - worker.behind] and not self._scenario.tells_makers
        if service.run_by == hosting.COVERED and throughout and record.observed in (Observed.STARTING, Observed.HOSTED):
            return state.with_service(place, service._replace(run_by=hosting.OURS))
        return state

    def forbid_by_block(self, state: ExploredState) -> ExploredState:
        """Return the situation after a request: a new block forbids a person's run, until somebody lifts it.

        What a person starts later is not: nothing here tells Preheat of it.
        """
        blocked = self._scenario.wants(state.plan, state.asked).blocked[state.now]
        before, after = (hosting.PERSON, hosting.BLOCKED) if blocked else (hosting.BLOCKED, hosting.PERSON)
        for place, service in enumerate(state.services):
            if service.run_by == before:
                state = state.with_service(place, service._replace(run_by=after))
        return state

    def cover_by_demand(self, event: str, state: ExploredState) -> Edge:
        """Note that a demand covers what a person has started; a clock that is behind still sees its end."""
        plan = self._scenario.plans[state.plan]
        if plan is not None:
            place = self._places[plan.target]
            service = state.services[place]
            behind = max((worker.behind for worker in state.workers), default=0)
            wanted = self._scenario.wants(state.plan, state.asked).wanted
            by_person = service.run_by in (hosting.PERSON, hosting.BLOCKED)
            if by_person and (wanted[state.now] or wanted[state.now - behind]):
                state = state.with_service(place, service._replace(run_by=hosting.COVERED))
        return Edge(event, NOBODY, state)
