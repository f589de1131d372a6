"""The search: every reachable situation, breadth first, and whether Preheat finds its way from each.

Owns order, bookkeeping and traces, and the judgement of L1 and L2. Without more events, every situation must lead to a
model hosted during its demand. Every run by Preheat must stop after it.
"""

import gc
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from preheat.app.audit.invariants import ATTEMPTS_MAX, REPAIRS_MAX, Broken, is_outgrown
from preheat.domain.record.attempt import Answer, Call
from preheat.domain.record.record import ModelRecord, Phase
from preheat_lab.explorer import behind
from preheat_lab.explorer import service as hosting
from preheat_lab.explorer.scenario import Scenario
from preheat_lab.explorer.state import Edge, ExploredState
from preheat_lab.explorer.wants import WantedStretch
from preheat_lab.explorer.world import ExploredWorld

# How long Preheat may take, left alone, from any situation: the lease, the longest backoff, the look of a hosted model.
HOSTED_WITHIN = 16
UNGLANCED_WITHIN = 46  # the same if the messages of its glances are lost
STOPPED_WITHIN = 14


class FoundViolation(NamedTuple):
    """A broken promise, and the situation that shows it; `event` is what broke it, if one did."""

    broken: Broken
    state: int
    edge: Edge | None = None


@dataclass(slots=True)
class Explored:
    """The result of a search."""

    scenario: Scenario
    world: ExploredWorld
    states: list[ExploredState]
    parents: list[int]
    found: list[FoundViolation]
    edges: Counter[str] = field(default_factory=Counter)
    cells: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    seconds: float = 0.0
    complete: bool = True
    hosted_within: int = 0
    stopped_within: int = 0
    onwards: list[int] = field(default_factory=list)

    def way_to(self, found: FoundViolation) -> list[str]:
        """Return the shortest way to a broken promise, an event a line; for L1 and L2 without the events after it."""
        way, at = [], found.state
        while at >= 0:
            way.append(at)
            at = self.parents[at]
        way.reverse()
        lines = [self._event(before, after) for before, after in pairwise(way)]
        return [*lines, f"-> {found.edge.event}"] if found.edge is not None else lines

    def _event(self, before: int, after: int) -> str:
        world, state, goal = self.world, self.states[before], self.states[after]
        forward = world.fair(state)
        edges = [*([forward] if forward is not None else []), *world.hard(state)]
        event = next(edge.event for edge in edges if edge.state == goal)
        record, services = world.record(state), "/".join(hosting.STATES[each.state] for each in state.services)
        return f"{state.now:>3} {record.phase:<9} {services:<17} {event}"


def explore(scenario: Scenario, *, promises: frozenset[str] | None = None, states_max: int | None = None) -> Explored:
    """Explore a scenario to its end; with `promises`, only until the first of these breaks.

    `states_max` gives up early, and says so in `complete`.
    """
    began = time.perf_counter()
    world = ExploredWorld(scenario)
    explored = Explored(scenario, world, [world.initial()], [-1], [])
    collects = gc.isenabled()
    gc.disable()  # States hold no cycles, and there are millions for the collector to look through.
    try:
        _search(explored, promises, states_max)
    finally:
        if collects:
            gc.enable()
    if explored.complete and not (promises and explored.found):
        _judge_ends(explored)
    if promises is not None:
        explored.found = [each for each in explored.found if each.broken.invariant in promises]
    explored.seconds = time.perf_counter() - began
    return explored


def _search(  # noqa: C901 - the one inner loop, kept whole for speed
    explored: Explored, promises: frozenset[str] | None, states_max: int | None
) -> None:
    world, scenario, states, parents = explored.world, explored.scenario, explored.states, explored.parents
    numbers = {states[0]: 0}
    onwards: list[int] = []
    fair, hard, edges, cells = world.fair, world.hard, explored.edges, explored.cells
    hard_from, hard_until = scenario.hard_from, scenario.hard_until
    at = 0
    while at < len(states):
        state = states[at]
        forward = fair(state)
        successors = [forward] if forward is not None else []
        if hard_from <= state.now <= hard_until:
            successors += hard(state)
        for edge in successors:
            edges[edge.event] += 1
            number = numbers.get(edge.state)
            if number is None:
                number = numbers[edge.state] = len(states)
                states.append(edge.state)
                parents.append(at)
            if edge is forward:
                onwards.append(number)
            if edge.broken:
                explored.found += [FoundViolation(broken, at, edge) for broken in edge.broken]
                if promises is not None and any(broken.invariant in promises for broken in edge.broken):
                    return
            if state.faults:
                cells[world.cell(state, edge.event)] += 1
        if forward is None:
            onwards.append(-1)
        at += 1
        if states_max is not None and len(states) > states_max:
            explored.complete = False
            return
    explored.onwards = onwards


def _judge_ends(explored: Explored) -> None:
    """L1 and L2, for every situation: follow what Preheat does if nothing interferes.

    `last_bad[n]` holds, for each stretch of the plan of situation n, the last point that breaks the promise on the way
    from there. It follows each way once: the next situation already knows the rest.
    """
    states, onwards = explored.states, explored.onwards
    last_bad: list[tuple[int, ...] | None] = [None] * len(states)
    for first in range(len(states)):
        way, at = [], first
        walking = set()
        while at >= 0 and last_bad[at] is None:
            if at in walking:
                explored.found.append(FoundViolation(Broken("L1", "left alone, it goes round in circles"), first))
                last_bad[at] = tuple(explored.scenario.ends for _ in _stretches(explored, states[at]))
                break
            walking.add(at)
            way.append(at)
            at = onwards[at]
        after = last_bad[at] if at >= 0 else None
        for number in reversed(way):
            after = _with_this(explored, states[number], after)
            last_bad[number] = after
    for number, state in enumerate(states):
        _judge_way(explored, number, state, last_bad[number] or ())


def _with_this(explored: Explored, state: ExploredState, after: tuple[int, ...] | None) -> tuple[int, ...]:
    stretches = _stretches(explored, state)
    after = after if after is not None and len(after) == len(stretches) else tuple(-1 for _ in stretches)
    for place, stretch in enumerate(stretches):
        if stretch.begin <= state.now < stretch.end:
            if after[place] < 0 and not _is_kept(explored.world, state, run=stretch.run):
                return (*after[:place], state.now, *after[place + 1 :])
            break
    return after


def _stretches(explored: Explored, state: ExploredState) -> tuple[WantedStretch, ...]:
    return explored.scenario.wants(state.plan, state.asked).stretches


def _is_kept(world: ExploredWorld, state: ExploredState, *, run: bool) -> bool:
    """Return whether a situation is as it should be, or as bad as Preheat may leave it by its own rules."""
    record = world.record(state)
    if record.silent_for_plan == state.plan + 1:
        # Refused permanently: recorded, and left alone until the plan changes. Preheat keeps what it started.
        ours = any(service.is_running() and service.run_by == hosting.OURS for service in state.services)
        return record.is_engaged() or not ours
    plan = world.scenario.plans[state.plan]
    if plan is None and record.phase is Phase.REFUSED and record.is_engaged() and record.wake_at is not None:
        return True  # the same for a model that no plan names any more: no plan will wake it, so a look comes each hour
    wanted = world.outside.place(plan.target) if run and plan is not None else None
    gated = world.scenario.is_gated and not _is_refused_for_long(record)
    if not _is_rest_kept(world, state, wanted, gated=gated):
        return False
    if wanted is None:
        return True
    if world.scenario.tells_makers and state.services[wanted].is_by_somebody_else():
        return True  # left to its maker, and recorded
    if state.services[wanted].state == hosting.HOSTED and state.services[wanted].scaling == hosting.OWED:
        return False
    effort = record.effort
    given_up = effort is not None and (effort.attempts >= ATTEMPTS_MAX or effort.repairs >= REPAIRS_MAX)
    asked = world.scenario.wants(state.plan, state.asked).units[state.now]
    if asked and state.services[wanted].state == hosting.HOSTED and is_outgrown(record, asked):
        return False
    if gated and plan is not None and plan.gate is not None and state.services[wanted].state == hosting.HOSTED:
        return behind.lets_through(state.gate)
    return _is_served(state.services[wanted], record) or (given_up and record.phase is Phase.FAILED)


def _is_rest_kept(world: ExploredWorld, state: ExploredState, wanted: int | None, *, gated: bool) -> bool:
    """Return whether Preheat runs only models with demand, and no gate is open before a model that is down."""
    for place, service in enumerate(state.services):
        if place != wanted and service.is_running() and service.run_by in (hosting.OURS, hosting.BLOCKED):
            withheld = world.scenario.refuses_scaled and service.scaling == hosting.SCALED
            return withheld and _asks_again(world.record(state))
    return not (gated and behind.lets_through(state.gate) and not any(each.is_running() for each in state.services))


def _is_served(service: hosting.ExploredService, record: ModelRecord) -> bool:
    """Return whether a wanted model is hosted; for a deleted one, whether the ledger reports it and looks go on."""
    if service.state == hosting.GONE:
        return record.phase is Phase.GONE and record.wake_at is not None
    return service.state == hosting.HOSTED


def _asks_again(record: ModelRecord) -> bool:
    """Return whether the service denies a stop: Preheat records it, keeps the stop, and tries again."""
    attempt = record.attempt
    if attempt is None or attempt.call is not Call.STOP or record.wake_at is None:
        return False
    return attempt.answer is Answer.DENIED or attempt.tries > 1


def _is_refused_for_long(record: ModelRecord) -> bool:
    """Return whether the service rejects the change of the gate: Preheat records it, and tries again each hour."""
    attempt = record.gate.attempt if record.gate is not None else None
    return attempt is not None and attempt.answer is Answer.INVALID


def _judge_way(explored: Explored, number: int, state: ExploredState, last_bad: tuple[int, ...]) -> None:
    for stretch, bad in zip(_stretches(explored, state), last_bad, strict=True):
        if bad < 0:
            continue
        took = bad + 1 - max(stretch.begin, state.now)
        hosted_within = UNGLANCED_WITHIN if explored.scenario.loses_glances else HOSTED_WITHIN
        within = hosted_within if stretch.run else STOPPED_WITHIN + explored.scenario.waits_at_most
        if stretch.run:
            if stretch.end - max(stretch.begin, state.now) > within:
                explored.hosted_within = max(explored.hosted_within, took)
        else:
            explored.stopped_within = max(explored.stopped_within, took)
        if took > within:
            promise = "L1" if stretch.run else "L2"
            what = "not hosted, though wanted" if stretch.run else "runs, though nobody wants it"
            explored.found.append(FoundViolation(Broken(promise, f"left alone, {what}, for {took} min"), number))
