"""Readiness beyond the status: has a hosted model answered the one inference that its plan asks for?

Owns when an inference is due and what its outcome means. It calls nothing, and never starts or stops a model.
"""

from preheat.domain.decision.situation import Situation, find_effort
from preheat.domain.record.lifecycle import Desired, Observed

# These keep a proof valid: a model must prove itself again only after a look showed it out of HOSTED.
STANDS = frozenset({Observed.HOSTED, Observed.BUSY, Observed.UNKNOWN})


def is_required(situation: Situation) -> bool:
    """Return whether the plan asks for an inference."""
    return situation.model is not None and situation.model.readiness is not None


def is_due(situation: Situation) -> bool:
    """Return whether to try the inference now: the model is needed, HOSTED, and has no proof since."""
    demand = situation.outlook.current
    if demand is None or situation.desired is not Desired.RUN:
        return False
    if not situation.has_looked or situation.observation.observed is not Observed.HOSTED:
        return False
    return is_required(situation) and not find_effort(situation.record, demand, situation.lead).proved


def is_ready(situation: Situation) -> bool:
    """Return whether a model that a look shows HOSTED counts as ready."""
    proof, effort = situation.observation.proof, situation.record.effort
    if not is_required(situation) or effort is None or effort.proved:
        return True
    return proof is not None and proof.failure is None


def describe_missing(situation: Situation) -> str:
    """Return why a hosted model does not count as ready, in words."""
    proof = situation.observation.proof
    if proof is None:
        return "Hosted; waiting for the readiness inference"
    return f"Hosted, but the readiness inference failed ({proof.failure}: {proof.detail})"
