"""Every pair of the lifecycle table, as a rule of its own and as the decision takes it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.day import TARGET, WELD, a_model, at

from preheat.domain.decision.decision import decide
from preheat.domain.decision.situation import Decision, Situation
from preheat.domain.demand.demand import look_ahead
from preheat.domain.plan.plan import Mode
from preheat.domain.record.attempt import Call
from preheat.domain.record.lifecycle import LEADS_TO, LIFECYCLE, Desired, Observed, Step, draw_mermaid
from preheat.domain.record.observation import Observation
from preheat.domain.record.record import Action, ModelRecord, Ownership, Phase

RUN, REST = Desired.RUN, Desired.REST
PAIRS = [
    (RUN, Observed.STOPPED, Step.START, Phase.STARTING, Call.START),
    (RUN, Observed.STARTING, Step.WAIT, Phase.STARTING, None),
    (RUN, Observed.HOSTED, Step.KEEP, Phase.HOSTED, None),
    (RUN, Observed.STOPPING, Step.WAIT, Phase.STOPPING, None),
    (RUN, Observed.FAILED, Step.START, Phase.STARTING, Call.START),
    (RUN, Observed.BUSY, Step.WAIT, Phase.IDLE, None),
    (RUN, Observed.UNFIT, Step.REPORT, Phase.REFUSED, None),
    (RUN, Observed.GONE, Step.REPORT, Phase.GONE, None),
    (RUN, Observed.UNKNOWN, Step.WAIT, Phase.IDLE, None),
    (REST, Observed.STOPPED, Step.REST, Phase.IDLE, None),
    (REST, Observed.STARTING, Step.STOP, Phase.STOPPING, Call.STOP),
    (REST, Observed.HOSTED, Step.STOP, Phase.STOPPING, Call.STOP),
    (REST, Observed.STOPPING, Step.WAIT, Phase.STOPPING, None),
    (REST, Observed.FAILED, Step.REST, Phase.IDLE, None),
    (REST, Observed.BUSY, Step.WAIT, Phase.IDLE, None),
    (REST, Observed.UNFIT, Step.REST, Phase.IDLE, None),
    (REST, Observed.GONE, Step.REST, Phase.GONE, None),
    (REST, Observed.UNKNOWN, Step.WAIT, Phase.IDLE, None),
]


def decide_for(desired: Desired, observed: Observed, *, mode: Mode = Mode.ACT, owned: bool = True) -> Decision:
    now = at("09:00") if desired is Desired.RUN else at("18:00")
    model = a_model("08:00-16:00")
    record = ModelRecord(WELD, TARGET, since=at("06:00"), ownership=Ownership.STARTED if owned else Ownership.NONE)
    return decide(Situation(model, 1, mode, record, look_ahead(model, now), Observation(observed, "as told"), now, now))


def test_the_table_names_every_pair_and_so_does_this_test() -> None:
    assert {(desired, observed) for desired, row in LIFECYCLE.items() for observed in row} == {
        (desired, observed) for desired in Desired for observed in Observed
    }
    assert [(desired, observed) for desired, observed, *_ in PAIRS] == [
        (desired, observed) for desired in Desired for observed in LIFECYCLE[desired]
    ]


@pytest.mark.parametrize(("desired", "observed", "step", "phase", "call"), PAIRS)
def test_each_pair_leads_to_its_step(
    desired: Desired, observed: Observed, step: Step, phase: Phase, call: Call | None
) -> None:
    assert LIFECYCLE[desired][observed] is step
    decision = decide_for(desired, observed)
    assert decision.record.phase is phase
    assert (decision.call.call if decision.call else None) is call
    assert decision.reason
    if decision.call is not None:
        assert decision.record.attempt == decision.call  # the intent comes before the call


@pytest.mark.parametrize(("desired", "observed"), [pair[:2] for pair in PAIRS])
@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.PAUSED])
def test_no_pair_leads_to_a_call_unless_the_mode_is_act(desired: Desired, observed: Observed, mode: Mode) -> None:
    assert decide_for(desired, observed, mode=mode).call is None


@pytest.mark.parametrize("observed", list(Observed))
def test_no_foreign_model_is_stopped(observed: Observed) -> None:
    assert decide_for(Desired.REST, observed, owned=False).call is None


@pytest.mark.parametrize(("desired", "observed"), [pair[:2] for pair in PAIRS])
def test_every_decision_checks_again_in_time(desired: Desired, observed: Observed) -> None:
    decision = decide_for(desired, observed)
    now = at("09:00") if desired is Desired.RUN else at("18:00")
    assert decision.record.wake_at is not None
    assert now < decision.record.wake_at <= now + timedelta(days=1)


@pytest.mark.parametrize(("desired", "observed"), [pair[:2] for pair in PAIRS])
def test_the_same_situation_decides_the_same(desired: Desired, observed: Observed) -> None:
    assert decide_for(desired, observed) == decide_for(desired, observed)


def test_a_change_of_phase_is_an_entry_and_a_look_is_none() -> None:
    decision = decide_for(Desired.RUN, Observed.HOSTED)
    assert decision.entry is not None
    record = replace(decision.record, version=1)
    model, now = a_model("08:00-16:00"), at("09:10")
    again = decide(
        Situation(model, 1, Mode.ACT, record, look_ahead(model, now), Observation(Observed.HOSTED, ""), now, now)
    )
    assert (again.entry, again.action) == (None, Action.LOOK)


def test_every_arrow_that_leads_elsewhere_starts_at_a_pair_of_the_table() -> None:
    steps = {(step, observed) for row in LIFECYCLE.values() for observed, step in row.items()}
    assert set(LEADS_TO) <= steps


def test_the_diagram_in_the_architecture_is_the_tables() -> None:
    page = (Path(__file__).parents[4] / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert draw_mermaid() in page, "run `make diagram` and put its output into ARCHITECTURE.md"
