"""The promise of a demand: is its model ready in time, and does it stay so? Judged once for each demand and each loss.

Owns what counts as late or as lost, and what a start that is not ready yet says about the starts before it.
"""

from dataclasses import dataclass
from datetime import timedelta

from preheat.domain.decision.situation import Move, Situation
from preheat.domain.lead import evidence
from preheat.domain.record.lifecycle import Desired, Observed
from preheat.domain.record.record import Effort, Phase
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
    if effort is None or effort.hosted_at is not None or not situation.has_looked:
        return move
    record = change(record, effort=change(effort, unready_at=situation.now))
    late = situation.now >= effort.ready_at and evidence.outlasts(effort, situation.now, situation.lead)
    return change(move, record=evidence.cut(record) if late else record)


def judge_start(situation: Situation, move: Move) -> Judgement:
    """Judge the demand: its start once, and each loss of a ready model, when a look shows it and when given up."""
    judgement = _judge_lateness(situation, move)
    effort, before = judgement.effort, situation.record.phase
    if effort is None or effort.hosted_at is None or situation.desired is not Desired.RUN:
        return judgement
    # Before a stop of its own, Preheat leaves this phase: a restart for more units is no loss.
    leaves = before is Phase.HOSTED and move.phase is not Phase.HOSTED
    lost = leaves and situation.has_looked and situation.observation.observed in SERVES_NOT
    gave_up = move.gives_up and not effort.gave_up
    return change(judgement, effort=change(effort, gave_up=effort.gave_up or gave_up), lost=lost or gave_up)


def _judge_lateness(situation: Situation, move: Move) -> Judgement:
    """Judge the demand's start, once: late or on time, with the margin if readiness was first seen in this pass."""
    effort, now = move.record.effort, situation.now
    if effort is None:
        return Judgement(None)
    seen_now = effort.hosted_at == now and situation.observation.observed is Observed.HOSTED
    margin = effort.ready_at - now if seen_now else None
    overdue = now >= effort.ready_at and effort.ready_at < effort.until
    if effort.judged or not (seen_now or overdue):
        return Judgement(effort, margin=margin)
    return Judgement(change(effort, judged=True), now > effort.ready_at if seen_now else True, margin)
