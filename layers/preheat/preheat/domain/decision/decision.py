"""The decision: what one pass does about one model, and why, in words. `decide` shows its phases in order.

A pure function of the plan, the record, the observation and `now`. It takes at most one step. Every outside call it
asks for is an attempt in the record that it returns: the caller stores that record first, then calls.
"""

from collections.abc import Callable

from preheat.domain.decision import accounting, draining, gating, noting, promise, scaling
from preheat.domain.decision.resting import keep, report, rest, wait
from preheat.domain.decision.situation import Decision, Move, Situation, pick_wake
from preheat.domain.decision.starting import start
from preheat.domain.decision.stopping import stop
from preheat.domain.decision.writing import write_up
from preheat.domain.plan.plan import Mode
from preheat.domain.record.lifecycle import LIFECYCLE, Step
from preheat.domain.record.looks import HOSTED_EVERY
from preheat.domain.record.record import Action, Phase

STEPS: dict[Step, Callable[[Situation], Move]] = {
    Step.START: start,
    Step.STOP: stop,
    Step.KEEP: keep,
    Step.WAIT: wait,
    Step.REST: rest,
    Step.REPORT: report,
}


def decide(situation: Situation) -> Decision:
    """Return the one step to take now, with its reason. Total: every pair of the table has an answer."""
    # First, the record notes what this pass saw; no later phase looks anywhere else.
    situation = accounting.note_run(situation)  # usage that somebody pays for
    situation = noting.note_observation(situation)  # the state, or since when it cannot be read
    situation = noting.note_demand(situation)  # the effort of the current demand
    situation = draining.note_end(situation)  # a stop that does not wait for its queue any more
    situation = gating.note_look(situation)  # what the gate lets through
    situation = scaling.note_reading(situation)  # how an endpoint scales that a stop would delete
    # Then the one step, from the lifecycle table. Its module holds it back where the protocol requires that.
    move = take_step(situation)
    # The consumers of the model come before its stop, and after everything else.
    move = attend_consumers(situation, move)
    move = scaling.restore_if_due(situation, move)
    # Last, it judges the promise and turns the move into a record and its entry.
    move = promise.weigh_start(situation, move)
    return write_up(situation, move, promise.judge_start(situation, move))


def take_step(situation: Situation) -> Move:
    """Return the step that the lifecycle table names for the desired and the observed state."""
    if situation.mode is Mode.PAUSED:
        return _pause(situation)
    return STEPS[LIFECYCLE[situation.desired][situation.observation.observed]](situation)


def _pause(situation: Situation) -> Move:
    """Do nothing, and check later whether that still holds.

    The next plan wakes a model that its plan pauses. If the stack has that mode, only a look shows its end.
    """
    by_plan = situation.model is not None and situation.model.mode is Mode.PAUSED
    wake_at = None if by_plan else pick_wake(situation, situation.now + HOSTED_EVERY)
    return Move(situation.record, Phase.PAUSED, "Paused: Preheat does not check, start or stop this model", wake_at)


def attend_consumers(situation: Situation, move: Move) -> Move:
    """Return the move, or what comes before it: a first stop waits for the queue and the gate behind the model.

    In a pass with nothing else to do or to report, the gate takes a step of its own.
    """
    if situation.mode is Mode.PAUSED:
        return move
    if draining.stops_what_may_serve(situation, move):
        return draining.prepare_stop(situation, move)
    reports = move.action is not Action.LOOK or move.phase is not situation.record.phase
    judgement = promise.judge_start(situation, move)
    reports = reports or judgement.late is not None or judgement.lost
    return gating.take_gate_step(situation, move, reports=reports)
