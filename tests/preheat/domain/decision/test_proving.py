"""When an inference is due, and what counts as ready: pure rules, for every observation."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.day import a_model, at

from preheat.domain.decision.decision import decide
from preheat.domain.decision.proving import is_due
from preheat.domain.decision.situation import Situation
from preheat.domain.demand.demand import NOTHING_WANTED, look_ahead
from preheat.domain.plan.hosted_model import HostedModel, Readiness
from preheat.domain.plan.plan import Mode, Target
from preheat.domain.record.attempt import Answer
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation, Proof
from preheat.domain.record.record import Effort, ModelRecord, Ownership, Phase

IMAGE = Readiness(b"a picture", "image/jpeg")
NOW = at("09:00")
PROVED = Proof(timedelta(milliseconds=400))
FAILED = Proof(timedelta(seconds=5), Answer.LOST, "InvokeEndpoint: no answer")


def situation(
    model: HostedModel | None = None, *, observation: Observation | None = None, proved: bool = False
) -> Situation:
    model = model or a_model("08:00-16:00", readiness=IMAGE)
    effort = Effort(at("08:00"), at("16:00"), at("08:00"), "early", serving=True, judged=True, proved=proved)
    record = ModelRecord(model.model_id, model.target, version=1, effort=effort, observed=Observed.HOSTED)
    seen = observation or Observation(Observed.HOSTED, "HOSTED")
    return Situation(model, 1, Mode.ACT, record, look_ahead(model, NOW), seen, NOW, seen_at=NOW)


@pytest.mark.parametrize("observed", list(Observed))
def test_an_inference_is_due_only_where_hosted_is_seen(observed: Observed) -> None:
    assert is_due(situation(observation=Observation(observed))) == (observed is Observed.HOSTED)


def test_an_inference_is_due_only_while_needed_asked_for_and_not_proved() -> None:
    assert is_due(situation())
    assert not is_due(situation(proved=True))
    assert not is_due(situation(a_model("08:00-16:00")))
    assert not is_due(replace(situation(), outlook=NOTHING_WANTED))
    assert not is_due(replace(situation(), model=None))
    moved = a_model("08:00-16:00", readiness=IMAGE, target=Target("line-2", "1"))
    assert not is_due(replace(situation(), model=moved))


def test_a_demand_that_begins_after_the_last_one_needs_its_own_proof() -> None:
    old = replace(situation(proved=True).record.effort, until=at("07:00"), demand_start=at("02:00"))  # type: ignore[type-var]  # there is one
    proved = situation(proved=True)
    assert is_due(replace(proved, record=replace(proved.record, effort=old)))


@pytest.mark.parametrize("observed", list(Observed))
def test_a_proof_is_valid_until_the_model_is_seen_to_have_left_hosted(observed: Observed) -> None:
    after = decide(situation(observation=Observation(observed), proved=True)).record.effort
    assert after is not None
    assert after.proved == (observed in (Observed.HOSTED, Observed.BUSY, Observed.UNKNOWN))


@pytest.mark.parametrize(("proof", "phase"), [(PROVED, Phase.HOSTED), (FAILED, Phase.WARMING), (None, Phase.WARMING)])
@pytest.mark.parametrize("foreign", [False, True])
def test_what_somebody_else_made_has_to_prove_itself_too(proof: Proof | None, phase: Phase, *, foreign: bool) -> None:
    seen = Observation(Observed.HOSTED, "InService", foreign=foreign, proof=proof)
    decision = decide(situation(observation=seen))
    effort = decision.record.effort
    assert effort is not None
    assert (decision.record.phase, decision.call) == (phase, None)
    assert (effort.hosted_at is not None, effort.proved) == (phase is Phase.HOSTED, phase is Phase.HOSTED)
    assert decision.record.ownership is (Ownership.NONE if foreign else Ownership.ADOPTED)


def test_the_entry_of_the_proof_shows_how_long_it_took_and_no_other_does() -> None:
    told = {
        proof: decide(situation(observation=Observation(Observed.HOSTED, proof=proof))).entry
        for proof in (PROVED, FAILED)
    }
    assert {proof: entry.inference_latency if entry else None for proof, entry in told.items()} == {
        PROVED: timedelta(milliseconds=400),
        FAILED: None,
    }
