"""The judges of verdicts can say no: each rule of the module, broken alone."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from preheat.app.audit.invariants import Broken, judge_ledger
from preheat.app.audit.truth import judge_shortage, judge_verdict
from preheat.domain.plan.plan import ModelId, Target, Units
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, Effort, LedgerEntry, ModelRecord, Phase
from preheat.domain.verdict.causes import CAUSES, VerdictCause, VerdictState
from preheat.domain.verdict.verdict import Verdict

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
WELD, TARGET = ModelId("weld-seams"), Target("weld-seams-front", "3")


def find_broken(judged: Iterable[Broken]) -> list[str]:
    return [broken.invariant for broken in judged]


def says(state: VerdictState) -> Verdict:
    cause = next(cause for cause, rule in CAUSES.items() if state in rule.states)
    return Verdict(WELD, SIX, state, cause)


TRUE_OF = {
    VerdictState.READY: {Observed.HOSTED},
    VerdictState.OFF: set(Observed) - {Observed.STARTING, Observed.HOSTED, Observed.UNKNOWN, Observed.BUSY},
    VerdictState.BLOCKED: set(Observed) - {Observed.STARTING, Observed.HOSTED, Observed.UNKNOWN, Observed.BUSY},
}


@pytest.mark.parametrize("seen", Observed)
@pytest.mark.parametrize("state", VerdictState)
def test_ready_off_and_blocked_are_said_only_of_what_was_seen_so(state: VerdictState, seen: Observed) -> None:
    is_true = seen in TRUE_OF.get(state, set(Observed))
    assert find_broken(judge_verdict(says(state), seen=seen)) == ([] if is_true else ["S15"])


@pytest.mark.parametrize("answer", Answer)
def test_a_start_that_the_service_refused_is_not_said_to_be_on_its_way(answer: Answer) -> None:
    broken = ["S15"] if answer in (Answer.QUOTA, Answer.DENIED, Answer.INVALID) else []
    for verdict in (
        Verdict(WELD, SIX, VerdictState.ON_TIME, VerdictCause.START_SENT),
        Verdict(WELD, SIX, VerdictState.AT_RISK, VerdictCause.STARTING),
        Verdict(WELD, SIX, VerdictState.LATE, VerdictCause.START_DUE),
    ):
        assert find_broken(judge_verdict(verdict, seen=Observed.STOPPED, refused=answer)) == broken
        assert find_broken(judge_verdict(verdict, seen=Observed.STARTING, refused=answer)) == []
    quota = Verdict(WELD, SIX, VerdictState.AT_RISK, VerdictCause.QUOTA)
    assert find_broken(judge_verdict(quota, seen=Observed.STOPPED, refused=answer)) == []


def test_a_shortage_of_capacity_spends_no_attempt() -> None:
    start = Attempt.intend(
        WELD, Call.START, generation=1, demand_start=SIX, target=TARGET, units=Units(), now=SIX - timedelta(minutes=9)
    )
    effort = Effort(SIX, SIX + timedelta(hours=8), SIX, "early", attempts=2)
    before = ModelRecord(WELD, TARGET, attempt=start, effort=effort)
    spared = replace(before, attempt=None, effort=replace(effort, attempts=1))
    assert find_broken(judge_shortage(before, spared)) == []
    assert find_broken(judge_shortage(before, replace(before, attempt=None))) == ["S10"]
    assert find_broken(judge_shortage(before, before)) == []  # the start is still open
    other = replace(effort, demand_start=SIX + timedelta(days=1))
    assert find_broken(judge_shortage(before, replace(before, attempt=None, effort=other))) == []


def entry(sequence: int, before: Phase, after: Phase, **facts: object) -> LedgerEntry:
    return LedgerEntry(WELD, sequence, SIX, before, after, Action.OBSERVE, "", TARGET, **facts)  # type: ignore[arg-type]


READY = {"late": False, "margin": timedelta(), "schedule": "s"}


@pytest.mark.parametrize(
    ("entries", "broken"),
    [
        ([entry(1, Phase.IDLE, Phase.HOSTED, **READY, time_to_hosted=timedelta(minutes=9))], []),
        ([entry(1, Phase.IDLE, Phase.STARTING, **READY)], ["S15"]),
        ([entry(1, Phase.IDLE, Phase.STARTING, late=True, margin=timedelta())], []),
        ([entry(1, Phase.IDLE, Phase.STARTING, time_to_hosted=timedelta(minutes=9))], ["S15"]),
        ([entry(1, Phase.IDLE, Phase.HOSTED, lost=True)], ["S15"]),
        ([entry(1, Phase.IDLE, Phase.FAILED, lost=True)], []),
    ],
)
def test_a_stored_ledger_says_ready_and_lost_only_of_what_was_so(entries: list[LedgerEntry], broken: list[str]) -> None:
    assert find_broken(judge_ledger(entries)) == broken
