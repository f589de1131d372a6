"""The audit, the replies, the ledger's events and the status say of a model what the one verdict says.

For each row of the table of causes: the same state, the same cause, the same words and the same remedies.
"""

from dataclasses import replace

import pytest
from tests.preheat.domain.verdict.test_judging import IDS, ROWS
from tests.support.day import WELD

from preheat.adapters.clock import VirtualClock
from preheat.adapters.memory.listing import MemoryListing
from preheat.adapters.memory.store import MemoryStore
from preheat.app.audit.audit import Audit
from preheat.app.publish import make_events
from preheat.app.requests.prospects import forecast
from preheat.domain.record.record import Action, LedgerEntry, ModelRecord, Phase
from preheat.domain.verdict.causes import CAUSES, VerdictCause, VerdictState
from preheat.domain.verdict.facts import VerdictFacts
from preheat.domain.verdict.judging import judge
from preheat.domain.verdict.plant_time import PlantTime
from preheat.domain.verdict.saying import write_headline
from preheat.domain.verdict.verdict import Verdict

# An entry does not name the block or hold that a remedy ends or extends.
OF_REQUESTS = (VerdictCause.BLOCK, VerdictCause.TOO_SHORT)

type Row = tuple[VerdictCause, VerdictState, VerdictFacts]
PLANNED = [(row, name) for row, name in zip(ROWS, IDS, strict=True) if row[2].model is not None]
READABLE = [pytest.param(row[2], id=name) for row, name in PLANNED if not row[2].problem]


def run_audit(facts: VerdictFacts) -> tuple[Verdict, ...]:
    """Return what the audit says of the model of these facts."""
    store = MemoryStore()
    if facts.model is not None:
        store.apply([facts.model], expected_version=0, at=facts.now)
    store.records.pop(WELD, None)
    if facts.record is not None:
        store.records[WELD] = replace(facts.record, plan_version=1)
    store.stands = {one.subject: {one.request_id: one} for one in facts.requests}
    audit = Audit(VirtualClock(facts.now), store, MemoryListing((), {}), (), "", lambda *_: (), facts.mode)
    found = audit.run()
    return (*found.at_risk, *found.unknown, *(one.verdict for one in found.stuck))


@pytest.mark.parametrize("facts", READABLE)
def test_what_the_audit_says_is_the_verdict(facts: VerdictFacts) -> None:
    assert set(run_audit(facts)) <= {judge(facts)}


def test_the_audit_reports_what_will_be_late_and_what_nobody_can_read() -> None:
    reported = {(one.state, one.cause) for _, _, facts in ROWS if not facts.problem for one in run_audit(facts)}
    assert {cause for state, cause in reported if state is VerdictState.UNKNOWN} == {
        VerdictCause.READ_DENIED,
        VerdictCause.READ_FAILED,
        VerdictCause.STRANGE_STATUS,
    }
    risky = {cause for cause, rule in CAUSES.items() if VerdictState.AT_RISK in rule.states}
    # In mode observe no pass has an effort: the row is of the moment at which one may still come to it.
    assert {cause for state, cause in reported if state is VerdictState.AT_RISK} == risky - {VerdictCause.OBSERVE}


@pytest.mark.parametrize("facts", READABLE)
def test_a_reply_says_the_verdict(facts: VerdictFacts) -> None:
    assert facts.model is not None
    words = forecast(facts.model, facts.record, facts.requests, facts.now, stack_mode=facts.mode).words
    verdict = judge(replace(facts, record=facts.record or ModelRecord(WELD, facts.model.target)))
    time = PlantTime(facts.now, facts.model.schedules[0].zone)
    assert words.startswith(f"{write_headline(verdict, time)}: {verdict.why};")


@pytest.mark.parametrize("facts", [pytest.param(row[2], id=name) for row, name in zip(ROWS, IDS, strict=True)])
def test_an_event_and_so_its_mail_has_the_cause_and_the_remedies(facts: VerdictFacts) -> None:
    verdict = judge(facts)
    target = facts.target
    if target is None:
        return
    entry = LedgerEntry(
        WELD, 1, facts.now, Phase.IDLE, Phase.IDLE, Action.LATE, verdict.why, target, late=True, cause=verdict.cause
    )
    (event,) = make_events(entry)
    assert (event.model, event.cause, event.reason) == (WELD, verdict.cause, verdict.why)
    assert bool(event.remedies) == bool(verdict.remedies) or verdict.cause is VerdictCause.BLOCK
    for remedy in verdict.remedies:
        if remedy.command is not None and verdict.cause not in OF_REQUESTS:
            assert remedy.command in str(event.remedies)
