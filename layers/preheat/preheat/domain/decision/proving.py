"""Readiness beyond the status: has a hosted model answered the one inference that its plan asks for?

Owns when an inference is due and what its outcome means. It calls nothing, and nothing is started or stopped for it.
"""

from preheat.domain.decision.situation import Situation, served
from preheat.domain.record.lifecycle import Desired, Observed

# What does not undo a proof: only a model that was seen to leave HOSTED has to prove itself again.
STANDS = frozenset({Observed.HOSTED, Observed.BUSY, Observed.UNKNOWN})


def is_asked(s: Situation) -> bool:
    """Tell whether the plan asks for an inference."""
    return s.model is not None and s.model.readiness is not None


def is_due(s: Situation) -> bool:
    """Tell whether the inference is to be tried now: needed, seen HOSTED, and not proved since."""
    demand = s.outlook.current
    if demand is None or s.desired is not Desired.RUN:
        return False
    if not s.has_looked or s.observation.observed is not Observed.HOSTED:
        return False
    return is_asked(s) and not served(s.record, demand, s.lead).proved


def is_ready(s: Situation) -> bool:
    """Tell whether a model that is seen HOSTED counts as ready."""
    proof, effort = s.observation.proof, s.record.effort
    if not is_asked(s) or effort is None or effort.proved:
        return True
    return proof is not None and proof.failure is None


def missing(s: Situation) -> str:
    """Return why a hosted model does not count as ready, in words."""
    proof = s.observation.proof
    if proof is None:
        return "Hosted; waiting for the readiness inference"
    return f"Hosted, but the readiness inference failed ({proof.failure}: {proof.detail})"
