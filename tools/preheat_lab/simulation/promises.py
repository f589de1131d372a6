"""The promises in the simulated world: L1 ready and kept, L2 no leak, L3 late is recorded, L5 no bad neighbour.

Owns when it judges each, and what a mishap may cost. Only mishaps that hit the model itself count, so that a poison
message or another model's broken record excuses nothing. It asks the world what runs, never Preheat.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from typing import Protocol

from preheat.adapters.clock import VirtualClock
from preheat.app.audit.invariants import ATTEMPTS_MAX, GATE_CLOSED_WITHIN, REPAIRS_MAX, RESIZED_AFTER_MOST
from preheat.domain.demand.demand import Demand, find_demands
from preheat.domain.demand.pieces import STOP_TIME
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId, Target
from preheat.domain.plan.turn import find_offset
from preheat.domain.record.record import Phase
from preheat_lab.simulation.faults import FaultMix, Mishap
from preheat_lab.simulation.ports import WatchedGates, WatchedStore
from preheat_lab.simulation.watch import PromiseWatch
from preheat_simulator.core.answering import Answering
from preheat_simulator.core.status import Status
from preheat_simulator.core.switches import Switches, WhenPossible

MINUTE = timedelta(minutes=1)
# Ticks come at most this late; a due model gets its decision within two.
TICK_LATE_MAX = timedelta(seconds=20)
DECIDED_WITHIN = 2 * MINUTE + TICK_LATE_MAX
# The resync finds a model that the due index lost: every ten minutes, if it is overdue by two. A tick whose clock is
# behind may miss its turn; this is two turns more.
RESYNCED_WITHIN = 40 * MINUTE
INDEX = frozenset({Mishap.INDEX_LOST, Mishap.INDEX_MISSED})
RUNNING = (Status.STARTING_HOSTING, Status.HOSTED)
# Time that one fault may cost before a promise counts as broken: the lease, and the pass after it.
FAULT_COSTS = timedelta(minutes=5)
# Time that one may cost a start in addition: to see it, the backoff or the stop before the next, and a whole lead
# again. A gate opens in a pass of its own, seconds after a look showed its model ready; each fault may cost it ten
# minutes.
GATE_MOVES = 6 * MINUTE
GATE_FAULT_COSTS = 15 * MINUTE
START_COSTS = timedelta(minutes=20)
MESSAGE_LIVES = timedelta(minutes=12)  # of a look that a pass sends itself, at most: until the next of a hosted model
LOOKED_AT_WITHIN = timedelta(minutes=11)  # what is hosted, unless a hold's own edge comes first
HOSTED_LOOK_WITHIN = timedelta(minutes=11)  # a message takes a moment, and clocks differ
STUCK_COSTS = timedelta(minutes=80)
NEVER = datetime.min.replace(tzinfo=UTC)
BLOCKED_CHECKED_EVERY = 5 * MINUTE
FREED_SEEN_WITHIN = 2 * BLOCKED_CHECKED_EVERY  # by the judge, then by a pass
# Faults that Preheat waits out, call after call: they use no attempt.
PATIENT = frozenset({Mishap.THROTTLE, Mishap.QUOTA})
BURNT_BY_LEAST = 2  # what else must have happened before a demand may use its attempts or repairs
WAITS = {Mishap.SYSTEM_UPDATING: timedelta(minutes=10), Mishap.ACCESS_DENIED: timedelta(minutes=5)}


class JudgedWorld(Protocol):
    """The judges' view of the world."""

    clock: VirtualClock
    store: WatchedStore
    gates: WatchedGates
    service: Answering
    watch: PromiseWatch
    switches: Switches
    mix: FaultMix

    def status(self, target: Target) -> Status:
        """Return what the service's state really is, without a call."""

    def is_foreign(self, target: Target) -> bool:
        """Return whether the service shows that somebody else made what is there."""

    def at(self, at: datetime, event: Callable[[], None]) -> None:
        """Let an event happen."""


class Promises:
    """Checks the world when a promise falls due."""

    def __init__(self, world: JudgedWorld) -> None:
        self._world = world
        self._hits: dict[ModelId, list[tuple[datetime, Mishap]]] = defaultdict(list)
        self._blocked_at: dict[ModelId, datetime] = {}  # the last look at a failed model of somebody else
        self.shifts = 0
        self.asked = False  # somebody has asked for something: what was foreseen may be so no longer

    def note_hit(self, model_id: ModelId, mishap: Mishap) -> None:
        """A mishap that may cost time has hit the model now."""
        self._hits[model_id].append((self._world.clock.at, mishap))

    def expect(self, model: HostedModel, begins_at: datetime, until: datetime) -> None:
        """Judge each shift that lies, with what belongs to it, between the two instants."""
        for demand in find_demands(model, begins_at, until):
            if demand.begin >= begins_at + model.lead and demand.end + timedelta(hours=2) < until:
                self.shifts += 1
                self._later(demand.ready_at, self._check_ready, model, demand)
                # A pass whose clock is ahead stops it that much early.
                self._later(demand.end - self._world.mix.skew - timedelta(seconds=1), self._check_still, model, demand)
                self._later(demand.end + 2 * MINUTE, self._check_ended, model, demand)
                if model.gate is not None:
                    self._later(demand.ready_at + GATE_MOVES, self._check_gate_opened, model, demand)

    def expect_asked(self, model: HostedModel, coming: list[Demand], until: datetime) -> None:
        """Judge the ends (L2) of the demands that a hold or block has made; their begins only if they are to come."""
        self.asked, now = True, self._world.clock.at
        for demand in coming:
            if demand.end + timedelta(hours=2) >= until or demand.end < now - MINUTE:
                continue
            self._later(max(demand.end, now) + 2 * MINUTE, self._check_ended, model, demand)
            for piece in demand.holds:
                self._later(max(now, piece.start_at) + _bound_restart(model), self._check_large_enough, model, demand)
            # A model cannot be ready if the stop before it leaves too little time; the judge still judges its end.
            if now + MINUTE < demand.ready_at - model.lead - model.slack and demand.ready_at < demand.end:
                self._later(demand.ready_at, self._check_ready, model, demand)
                self._later(demand.end - self._world.mix.skew - timedelta(seconds=1), self._check_still, model, demand)

    def are_hosted_looked_at(self) -> None:
        """L5: what is hosted gets a look each ten minutes, also between two writes of its record."""
        world = self._world
        for record in world.store.records.values():
            last = world.watch.looked_at.get(record.model_id)
            waits = record.phase is Phase.HOSTED and record.wake_at is not None and record.wake_at > world.clock.at
            if not waits or last is None or last >= world.clock.at - HOSTED_LOOK_WITHIN:
                continue
            if not world.store.is_unreadable(record.model_id) and not self._hits_since(record.model_id, last - MINUTE):
                what = f"hosted, and last checked at {last:%H:%M:%S}, though nothing is wrong with it"
                world.watch.note_missed("L5", record.model_id, world.clock.at, what)

    def nobody_waits(self) -> None:
        """L5: a due model gets its decision within two ticks, even if others fail; or else the resync finds it."""
        world = self._world
        overdue_at = world.clock.at - DECIDED_WITHIN
        for record in world.store.records.values():
            if record.wake_at is None or record.wake_at >= overdue_at or world.store.is_unreadable(record.model_id):
                continue
            # Its message may be lost from the pass that set this look on; what struck before that excuses nothing.
            since = max(world.store.find_look_set_at(record) or record.wake_at, record.wake_at - MESSAGE_LIVES)
            hits = {mishap for _, mishap in self._hits_since(record.model_id, min(since, record.wake_at))}
            if not hits or (hits <= INDEX and record.wake_at < world.clock.at - RESYNCED_WITHIN):
                excuse = "only the due index has lost it" if hits else "nothing is wrong with it"
                what = f"due since {record.wake_at:%H:%M:%S}, not checked, and {excuse}"
                world.watch.note_missed("L5", record.model_id, world.clock.at, what)

    def _check_ready(self, model: HostedModel, demand: Demand) -> None:
        """L1: hosted by ready_at, unless a fault hit it; L3: if it is not, the ledger says so within two minutes."""
        world, status = self._world, self._world.status(model.target)
        if status is Status.HOSTED:
            return
        since = min(demand.start_at, self._since(model.target)) - MINUTE
        excused = self._hits_of(model.model_id, since)
        if not excused and not self._is_blocked(model):
            world.watch.note_missed("L1", model.model_id, world.clock.at, f"{status} at ready_at")
        else:
            self._check_recovered(model, demand)
        self._later(demand.ready_at + 2 * MINUTE, self._check_told_late, model, demand)

    def _check_recovered(self, model: HostedModel, demand: Demand) -> None:
        """L1 under faults: hosted once their cost is over, unless the demand has used all attempts."""
        world, now = self._world, self._world.clock.at
        status, effort = world.status(model.target), world.store.records[model.model_id].effort
        spent = effort is not None and (effort.attempts >= ATTEMPTS_MAX or effort.repairs >= REPAIRS_MAX)
        if status is Status.HOSTED or now >= demand.end:
            return
        if self._is_blocked(model):
            self._later(now + BLOCKED_CHECKED_EVERY, self._check_recovered, model, demand)
            return
        since = demand.start_at - 2 * model.lead
        hits = [mishap for _, mishap in self._hits_since(model.model_id, since)]
        # The call log names one fault a call, and a lost answer hides what becomes of its start: the history knows.
        history = world.service.history(model.target.project, model.target.version)[-40:]
        failed = sum(at >= since and was is Status.HOSTING_FAILED for at, was in history)
        stuck = sum(
            was is Status.STARTING_HOSTING and until >= since and until - at > model.lead
            for (at, was), (until, _) in pairwise([*history, (now, status)])
        )
        if spent and failed + stuck + sum(mishap not in PATIENT for mishap in hits) >= BURNT_BY_LEAST:
            return
        cost = sum((FAULT_COSTS + WAITS.get(mishap, timedelta()) for mishap in hits), timedelta())
        restarted = failed + hits.count(Mishap.PERSON_STOPS) + self._count_resizes(model, since)
        cost += restarted * (START_COSTS + model.lead)
        cost += stuck * (STUCK_COSTS + 3 * model.lead)
        if stuck and world.switches.stop_while_starting is WhenPossible.CONFLICT:
            return  # Nobody can stop a hanging transition, so nobody can start the model again.
        if stuck > 1:
            return  # Preheat stops a start that hangs once for a demand; it records the next one as late, and waits.
        allowed = max(demand.ready_at, self._free_again_by(model)) + cost
        if now < allowed:
            self._later(allowed, self._check_recovered, model, demand)
        else:
            world.watch.note_missed("L1", model.model_id, now, f"{status}, {now - demand.ready_at} after ready_at")

    def _is_blocked(self, model: HostedModel) -> bool:
        """Return whether something of somebody else's failed in the model's place: no start can succeed there.

        Preheat must not remove it, so L1 counts from when it is gone.
        """
        world = self._world
        blocked = world.status(model.target) is Status.HOSTING_FAILED and world.is_foreign(model.target)
        if blocked:
            self._blocked_at[model.model_id] = world.clock.at
        return blocked

    def _free_again_by(self, model: HostedModel) -> datetime:
        """Return by when a model must be hosted whose place was full, if that place became free at once."""
        blocked_at = self._blocked_at.get(model.model_id)
        return blocked_at + FREED_SEEN_WITHIN + START_COSTS + model.lead if blocked_at is not None else NEVER

    def _check_told_late(self, model: HostedModel, demand: Demand) -> None:
        world, model_id = self._world, model.model_id
        judged = any(
            entry.late is not None and entry.at >= demand.start_at
            for entry in reversed(world.store.read_ledger(model_id))
        )
        if judged or demand.end <= world.clock.at:
            return
        allowed = demand.ready_at + 2 * MINUTE + FAULT_COSTS * self._hits_of(model_id, demand.start_at)
        if world.clock.at < allowed:
            self._later(allowed, self._check_told_late, model, demand)
        else:
            world.watch.note_missed(
                "L3", model_id, world.clock.at, f"late since {demand.ready_at}, and no entry says so"
            )

    def _check_still(self, model: HostedModel, demand: Demand) -> None:
        """L1, until its end: hosted to the last second, unless a fault hit it, or it restarts for a hold."""
        world, status = self._world, self._world.status(model.target)
        since = min(demand.start_at, self._since(model.target))
        restarted = self._count_resizes(model, world.clock.at - START_COSTS - model.lead)
        excused = restarted or self._hits_of(model.model_id, since) or self._is_blocked(model)
        if status is not Status.HOSTED and not excused and world.clock.at >= self._free_again_by(model):
            world.watch.note_missed("L1", model.model_id, world.clock.at, f"{status} before the end")

    def _check_large_enough(self, model: HostedModel, demand: Demand) -> None:
        """L1, in units: where the plan has it restarted for that, it runs with what holds have long asked for."""
        world, model_id, now = self._world, model.model_id, self._world.clock.at
        if world.status(model.target) is not Status.HOSTED:
            return
        long_since = now - _bound_restart(model)
        asked = min(world.watch.count_asked(model_id, at) for at in (long_since, now))
        effort = world.store.records[model_id].effort
        if effort is None or effort.attempts > RESIZED_AFTER_MOST or world.watch.is_by_person(model_id):
            return
        if world.watch.units_failed(world.store.records[model_id]):
            return
        units = world.service.units(model.target.project, model.target.version) or 0
        if units < asked and not self._hits_of(model_id, min(demand.start_at, long_since)):
            world.watch.note_missed("L1", model_id, now, f"runs with {units} units, and holds ask for {asked}")

    def _check_ended(self, model: HostedModel, demand: Demand) -> None:
        """L2: two minutes after its end the stop is accepted, and later only by what faults cost."""
        world, model_id, now = self._world, model.model_id, self._world.clock.at
        status = world.status(model.target)
        runs = status in RUNNING and not world.watch.is_by_person(model_id)
        if status is Status.STARTING_HOSTING and world.switches.stop_while_starting is WhenPossible.CONFLICT:
            self._later(now + 5 * MINUTE, self._check_ended, model, replace(demand, end=now))
            return  # The promise counts from when the service accepts stops: from HOSTED on.
        # A wait for a queue may end so shortly before the next start that a stop would delay it: then none comes.
        ahead = model.slack + model.head_start + find_offset(model.turn) + STOP_TIME
        if any(world.watch.find_needed(model_id, at) is not None for at in (now, now + model.slack, now + ahead)):
            return
        over_at = world.watch.last_end(model_id, now)
        if over_at is not None and over_at > demand.end:  # A hold has prolonged it, and is over as well.
            self._later(over_at + 2 * MINUTE, self._check_ended, model, replace(demand, end=over_at))
            return
        if not runs:
            self._check_gate_closed(model, demand)
            return
        stoppable_at = demand.end
        if world.switches.stop_while_starting is WhenPossible.CONFLICT:
            stoppable_at = max(demand.end, self._since(model.target))
        stoppable_at += _waits_at_most(model)
        allowed = stoppable_at + 2 * MINUTE + FAULT_COSTS * self._hits_of(model_id, demand.end - 20 * MINUTE)
        if now < allowed:
            self._later(allowed, self._check_ended, model, demand)
        else:
            world.watch.note_missed("L2", model_id, now, f"still running, {now - demand.end} too long")

    def _check_gate_opened(self, model: HostedModel, demand: Demand) -> None:
        """L1, of the gate: soon after its model is ready it is open, later only by what faults cost."""
        world, now = self._world, self._world.clock.at
        since = self._since(model.target)
        if world.status(model.target) is not Status.HOSTED or now >= demand.end:
            return
        hits = self._hits_of(model.model_id, min(demand.start_at, since) - model.lead)
        allowed = max(demand.ready_at, since) + GATE_MOVES + GATE_FAULT_COSTS * hits
        if world.gates.mappings[model.gate or ""].enabled:
            return
        if now < allowed:
            self._later(allowed, self._check_gate_opened, model, demand)
        else:
            world.watch.note_missed("L1", model.model_id, now, f"hosted since {since}, and its gate is closed")

    def _check_gate_closed(self, model: HostedModel, demand: Demand) -> None:
        """L2, of the gate: it is closed when its model stops, or as soon as faults allow."""
        world, now = self._world, self._world.clock.at
        mapping, model_id = model.gate, model.model_id
        if mapping is None or not world.gates.mappings[mapping].enabled or world.watch.is_by_person(model_id):
            return
        if world.status(model.target) in RUNNING or world.watch.find_needed(model_id, now + model.slack) is not None:
            return
        allowed = demand.end + _waits_at_most(model) + GATE_MOVES
        allowed += GATE_FAULT_COSTS * self._hits_of(model.model_id, demand.end - 60 * MINUTE)
        if now < allowed:
            self._later(allowed, self._check_gate_closed, model, demand)
        else:
            world.watch.note_missed("L2", model.model_id, now, f"its gate is open, {now - demand.end} after its demand")

    def _later(
        self, at: datetime, look: Callable[[HostedModel, Demand], None], model: HostedModel, demand: Demand
    ) -> None:
        def note_look() -> None:
            if not self.asked or look == self._check_ended or self._world.watch.wants(model.model_id, demand):
                look(model, demand)

        self._world.at(at, note_look)

    def _since(self, target: Target) -> datetime:
        """Return since when the service's state has lasted."""
        return self._world.service.history(target.project, target.version)[-1][0]

    def _count_resizes(self, model: HostedModel, since: datetime) -> int:
        """Return how often the model stopped since, for a start with more units."""
        return sum(at >= since for at in self._world.watch.resized[model.model_id])

    def _hits_of(self, model_id: ModelId, since: datetime) -> int:
        """Return how many mishaps have hit the model since."""
        return len(self._hits_since(model_id, since))

    def _hits_since(self, model_id: ModelId, since: datetime) -> list[tuple[datetime, Mishap]]:
        hits = self._hits[model_id]
        return hits[bisect_left(hits, since, key=itemgetter(0)) :]


def _bound_restart(model: HostedModel) -> timedelta:
    """Return how long it may take from a larger hold to as many units: a look, a stop and a start."""
    return LOOKED_AT_WITHIN + START_COSTS + model.lead


def _waits_at_most(model: HostedModel) -> timedelta:
    """Return how long the gate and the queue behind the model may delay a stop."""
    limit = model.drain.limit if model.drain is not None else timedelta()
    return limit + (GATE_CLOSED_WITHIN if model.gate is not None else timedelta())
