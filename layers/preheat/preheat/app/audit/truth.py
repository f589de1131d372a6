"""S15 as code: Preheat says of a model only what the same pass saw of it, and what the service answered.

Owns the judgement of a verdict, for the explorer and the simulation at each write. `invariants.judge_ledger` judges the
words of a stored ledger. Pure: the caller passes what the pass saw.
"""

from collections.abc import Iterator

from preheat.app.audit.invariants import Broken
from preheat.domain.record.attempt import Answer
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import ModelRecord
from preheat.domain.verdict.causes import VerdictCause, VerdictState
from preheat.domain.verdict.verdict import Verdict

RUNS = (Observed.STARTING, Observed.HOSTED)
HIDDEN = (Observed.UNKNOWN, Observed.BUSY)  # nobody knows whether it runs
SAYS_IT_IS_DOWN = (VerdictState.OFF, VerdictState.BLOCKED)
SAYS_IT_COMES = (VerdictCause.STARTING, VerdictCause.START_SENT, VerdictCause.START_DUE, VerdictCause.SLOW)
REFUSALS = (Answer.QUOTA, Answer.DENIED, Answer.INVALID)


def judge_verdict(verdict: Verdict, *, seen: Observed, refused: Answer | None = None) -> Iterator[Broken]:
    """Judge the verdict on a record that a pass has just written.

    `seen`: what the pass saw, HOSTED only if something serves, UNKNOWN if it could not look. `refused`: how the service
    refused the start that the pass has made; None: it made none, or the service did not refuse it.
    """
    what = f"{verdict.state} ({verdict.cause}), but the pass saw {seen}"
    if verdict.state is VerdictState.READY and seen is not Observed.HOSTED:
        yield Broken("S15", what)
    if verdict.state in SAYS_IT_IS_DOWN and seen in (*RUNS, *HIDDEN):
        yield Broken("S15", what)
    says_it_comes = verdict.state is VerdictState.ON_TIME or verdict.cause in SAYS_IT_COMES
    if refused in REFUSALS and seen not in RUNS and says_it_comes:
        yield Broken("S15", f"{verdict.state} ({verdict.cause}), but the service refused the start: {refused}")


def judge_shortage(before: ModelRecord, after: ModelRecord) -> Iterator[Broken]:
    """Judge a write that ends a start which failed because the service has no capacity: it spends no attempt."""
    old, new = before.effort, after.effort
    if before.attempt is None or after.attempt is not None or old is None or new is None:
        return
    if old.demand_start == new.demand_start and new.attempts >= max(old.attempts, 1):
        yield Broken("S10", f"no capacity, and the demand has {new.attempts} attempts as before")
