"""The triggers of the functions: the schedule of the tick, the mapping from the work queue, and what goes wrong there.

Owns when to call a handler and what becomes of its message. A tick comes each minute, 0 to 20 s late. The schedule's
policy retries it until its function takes it. A batch is one message; passes take no time, so it does not model the
mapping's concurrency.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol

from preheat.adapters.sqs.work import parse_work, read_glances
from preheat.app.ports.errors import UnreadableItem
from preheat.domain.plan.plan import ModelId
from preheat_lab.simulation.faults import Fate, Mishap, WorkerKilled
from preheat_lab.simulation.functions import TICK_AGE_MAX, TICK_RETRIES_MAX, Functions
from preheat_lab.simulation.ports import Invocation, PortsWorld
from preheat_lab.simulation.promises import MINUTE, TICK_LATE_MAX
from preheat_lab.simulation.queue import QueuedMessage, SimulatedSqs


class TriggeredWorld(PortsWorld, Protocol):
    """The triggers' view of the world."""

    sqs: SimulatedSqs
    everyone: tuple[ModelId, ...]

    def at(self, at: datetime, event: Callable[[], None]) -> None:
        """Let an event happen."""

    def cover(self, mishap: Mishap, model_id: ModelId) -> None:
        """Count a coverage cell."""


class Triggers:
    """The schedule and the mapping of one world."""

    def __init__(self, world: TriggeredWorld, functions: Functions) -> None:
        self._world = world
        self._functions = functions
        self.passes = 0
        self.undelivered = 0  # ticks that ended in their dead letter queue

    # --- the schedule ------------------------------------------------------------------------------------------------

    def minute(self, due_at: datetime) -> None:
        """Set the tick of one minute on its way."""
        late = timedelta(seconds=self._world.random.uniform(0, TICK_LATE_MAX.total_seconds()))
        self._world.at(due_at + late, lambda: self._hand_over(due_at, 0))

    def _hand_over(self, due_at: datetime, retries: int) -> None:
        """Hand a tick over to its function: lost without a word, refused and retried, or twice."""
        world, mix, chance = self._world, self._world.mix, self._world.random
        if mix.tick_lost and chance.random() < mix.tick_lost:
            world.note(Mishap.TICK_LOST, *world.everyone)
        elif mix.tick_undelivered and chance.random() < mix.tick_undelivered:
            world.note(Mishap.TICK_UNDELIVERED, *world.everyone)
            again_at = world.clock.at + timedelta(seconds=chance.uniform(1, 30))
            if retries < TICK_RETRIES_MAX and again_at - due_at <= TICK_AGE_MAX:
                world.at(again_at, lambda: self._hand_over(due_at, retries + 1))
            else:
                self.undelivered += 1
        else:
            self._tick()
            if mix.tick_doubled and chance.random() < mix.tick_doubled:
                world.note(Mishap.TICK_DOUBLED, *world.everyone)
                world.at(world.clock.at + timedelta(seconds=chance.uniform(0, MINUTE.total_seconds())), self._tick)

    def _tick(self) -> None:
        world = self._world
        self._invoke("tick", world.everyone)
        try:
            self._functions.tick(world.clock.at)
        except WorkerKilled:
            world.note(Mishap.TICK_KILLED, *world.everyone)
            self.undelivered += 1

    # --- the mapping -------------------------------------------------------------------------------------------------

    def deliver(self) -> None:
        """Hand the next message to its function: thrown back untried, or twice; once its worker died it comes again."""
        world, mix, chance = self._world, self._world.mix, self._world.random
        message = world.sqs.receive()
        if message is None:
            return
        concerned = _read_model_ids(message.body)
        if mix.throttled and chance.random() < mix.throttled:
            world.note(Mishap.FUNCTION_THROTTLED, *concerned)
            world.sqs.return_message(message)
            return
        if mix.doubled and chance.random() < mix.doubled:
            world.note(Mishap.MESSAGE_DOUBLED, *concerned)
            world.sqs.return_message(message, timedelta(seconds=chance.randint(0, 300)))
        if not self._pass(message, concerned):
            world.sqs.return_message(message)

    def _pass(self, message: QueuedMessage, concerned: tuple[ModelId, ...]) -> bool:
        """Call the function with a message; return whether it has finished it."""
        world = self._world
        self.passes += 1
        self._invoke(f"pass-{self.passes}", concerned)
        for model_id in concerned:
            world.cover(Mishap.NONE, model_id)
            if world.mix.skew:
                world.cover(Mishap.CLOCK_OFF, model_id)
        world.watch.begins()
        try:
            return self._functions.reconcile(message)
        except WorkerKilled:
            world.note(Mishap.WORKER_KILLED, *concerned)
            world.watch.breaks_off()
            return False

    def _invoke(self, writer: str, concerned: tuple[ModelId, ...]) -> None:
        world, mix = self._world, self._world.mix
        skew = mix.skew * world.random.uniform(-1, 1) if mix.skew else timedelta()
        world.invocation = Invocation(writer, concerned, Fate.draw(world.random, mix.killed), skew)


@lru_cache(maxsize=1024)
def _read_model_ids(body: str) -> tuple[ModelId, ...]:
    """Return the models that a message names; none if nobody can read it."""
    try:
        model_id = parse_work(body)
    except UnreadableItem:
        return ()
    return read_glances(body) or (model_id,)
