"""Reports what a verdict says of the demand at hand: that it is at risk, once, and why it is late.

Adds to the decision of a pass before it is stored. Publishes nothing.
"""

from preheat.domain.decision.situation import Decision, Situation
from preheat.domain.decision.writing import write_entry
from preheat.domain.record.record import Action, LedgerEntry
from preheat.domain.record.wording import format_instant
from preheat.domain.values import change
from preheat.domain.verdict.causes import VerdictCause, VerdictState
from preheat.domain.verdict.facts import VerdictFacts
from preheat.domain.verdict.judging import judge
from preheat.domain.verdict.verdict import Verdict

REPORTED = frozenset({VerdictState.AT_RISK, VerdictState.REFUSED})
TROUBLE = frozenset({Action.LEAVE, Action.UNREAD, Action.CAPACITY, Action.FAIL, Action.REFUSE})


def report_verdict(situation: Situation, decision: Decision) -> Decision:
    """Return the decision with what its verdict adds to the ledger: a risk, once in a demand, or the cause of a delay.

    A mode that forbids starts is no risk of its own: the plan has chosen it.
    """
    effort, entry = decision.record.effort, decision.entry
    if entry is not None and (entry.late or entry.lost or entry.action in TROUBLE):
        decision = _add_verdict(decision, entry, _judge(situation, decision))
    if effort is None or situation.model is None or effort.hosted_at is not None or effort.at_risk or effort.judged:
        return decision
    verdict = _judge(situation, decision)
    if verdict.state not in REPORTED or verdict.cause is VerdictCause.OBSERVE:
        return decision
    return _report_risk(situation, decision, verdict)


def _judge(situation: Situation, decision: Decision) -> Verdict:
    model = situation.model
    record = change(decision.record, wake_at=None)
    facts = VerdictFacts(record.model_id, situation.now, model, record, situation.outlook, mode=situation.mode)
    return judge(facts)


def _add_verdict(decision: Decision, entry: LedgerEntry, verdict: Verdict) -> Decision:
    """Return the decision with the cause on its entry; a late one's reason begins with it."""
    reason = entry.reason
    if entry.late and (verdict.words or verdict.why).rstrip(".") not in reason:
        reason = f"Late: {verdict.why}. {reason.removeprefix('Late. ')}"
    return change(decision, reason=reason, entry=change(entry, reason=reason, cause=verdict.cause))


def _report_risk(situation: Situation, decision: Decision, verdict: Verdict) -> Decision:
    record = decision.record
    record = change(record, effort=change(record.effort, at_risk=True))
    entry: LedgerEntry | None = decision.entry
    action, reason = decision.action, decision.reason
    if entry is None:
        record = change(record, sequence=record.sequence + 1)
        action, reason = Action.AT_RISK, _describe(verdict, situation.zone)
        entry = write_entry(record, record, action, reason, situation.now)
    entry = change(entry, at_risk=True, expected_at=verdict.expected_at, cause=verdict.cause)
    return change(decision, action=action, reason=reason, record=record, entry=entry)


def _describe(verdict: Verdict, zone: str | None) -> str:
    when = "ready at the earliest at" if verdict.is_earliest else "expected at"
    expected = f"; {when} {format_instant(verdict.expected_at, zone)}" if verdict.expected_at is not None else ""
    needed = f"; needed at {format_instant(verdict.ready_at, zone)}" if verdict.ready_at is not None else ""
    return f"At risk: {verdict.why}{needed}{expected}"
