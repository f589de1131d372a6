"""The promise of a demand: is its model ready in time, and does it stay so? Judged once for each demand and each loss.

Owns what counts as late or as lost, and what a start that is not ready yet says about the starts before it.
"""

from dataclasses import dataclass
from datetime import timedelta

from preheat.domain.decision.situation import Move, Situation
from preheat.domain.lead import evidence
from preheat.domain.record.lifecycle import Desired, Observed
from preheat.domain.record.record import SERVES, Effort, Phase
from preheat.domain.values import change


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judgement of this pass. `late` None: nothing to judge; `margin` None: not first seen ready in this pass.

    `lost`: it was ready in this demand, and from this pass on it is so no longer, or Preheat has given it up.
    """

    effort: Effort | None
    late: bool | None = None
    margin: timedelta | None = None
    lost: bool = False


# Seen so, a model that was ready serves no longer.
SERVES_NOT = frozenset(
    {Observed.STOPPED, Observed.STARTING, Observed.STOPPING, Observed.FAILED, Observed.UNFIT, Observed.GONE}
)


def weigh_start(situation: Situation, move: Move) -> Move:
    """Note that a look showed the model not ready: a late start that outlasts its lead counts before it ends."""
    record, effort = move.record, move.record.effort
    if effort is None or not situation.has_looked:
        return move
    if effort.hosted_at is not None:
        if effort.judged or situation.observation.observed is Observed.HOSTED:
            return move
        effort = change(effort, hosted_at=None, first_start_at=None)  # A stop came before anybody counted on it.
    record = change(record, effort=change(effort, unready_at=situation.now))
    late = situation.now >= effort.ready_at and evidence.outlasts(effort, situation.now, situation.lead)
    return change(move, record=evidence.cut(record) if late else record)


def judge_start(situation: Situation, move: Move) -> Judgement:
    """Judge the demand: its start once, and each loss of a ready model, when a look shows it and when given up."""
    judgement = _judge_lateness(situation, move)
    effort, before = judgement.effort, situation.record.phase
    if effort is None or situation.desired is not Desired.RUN:
        return judgement
    gave_up = move.gives_up and not effort.gave_up
    judgement = change(judgement, effort=change(effort, gave_up=effort.gave_up or gave_up))
    if effort.hosted_at is None:
        return judgement
    # Before a stop of its own, Preheat leaves this phase: a restart for more units is no loss.
    leaves = before is Phase.HOSTED and move.phase is not Phase.HOSTED
    lost = leaves and situation.has_looked and situation.observation.observed in SERVES_NOT
    return change(judgement, lost=lost or gave_up)


def _judge_lateness(situation: Situation, move: Move) -> Judgement:
    """Judge the demand's start, once: late or on time, with the margin if readiness was first seen in this pass.

    While a stop is near, or may still take effect, a hosted model is no proof: the judgement waits.
    """
    effort, now = move.record.effort, situation.now
    if effort is None:
        return Judgement(None)
    hosted_at = effort.hosted_at if situation.observation.observed is Observed.HOSTED else None
    overdue = now >= effort.ready_at and effort.ready_at < effort.until
    counts = move.phase is Phase.HOSTED or (overdue and move.phase in SERVES)
    margin = None
    if hosted_at is not None and counts and (hosted_at == now or not effort.judged):
        margin = effort.ready_at - hosted_at
    if effort.judged:
        return Judgement(effort, margin=margin)
    if margin is not None:
        return Judgement(change(effort, judged=True), margin < timedelta(), margin)
    if not overdue or (hosted_at is not None and hosted_at <= effort.ready_at):
        return Judgement(effort)
    return Judgement(change(effort, judged=True), late=True)
