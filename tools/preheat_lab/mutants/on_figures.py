"""Mutations of what Preheat counts: calls against a budget, paid time, and the unit-hours of requests.

No promise of the protocol names most of these figures, so each mutation names the suite of tests that sees it.
"""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_PAID = "tests/days/test_what_was_paid_for.py"
_paid = partial(Mutation, sees="S7", rule="the ledger has the paid time, and how well its ends are known", suite=_PAID)
_call = partial(Mutation, sees="S10", rule="each call counts against the budget")
_ACCOUNTING = "domain/decision/accounting.py"

MUTATIONS = (
    _call(
        name="figures: two calls that read the scaling count as one",
        file="app/reconcile/reconcile.py",
        old="situation.now, scaling.CALLS if reading.text else 1)",
        new="situation.now, 1)",
        suite="tests/days/test_scaling.py",
    ),
    _call(
        name="figures: looks at the gate are free",
        file="app/reconcile/downstream.py",
        old="change(_count_call(situation), gate_look=_look(mapping, remote))",
        new="change(situation, gate_look=_look(mapping, remote))",
        suite="tests/days/test_drain_and_gate.py",
    ),
    _paid(
        name="figures: a run of other units goes on as before",
        file=_ACCOUNTING,
        old=" or units != run.units)",
        new=")",
    ),
    _paid(
        name="figures: a hosted model that starts again has never stopped",
        file=_ACCOUNTING,
        old="(run.hosted and observed is Observed.STARTING) or units != run.units",
        new="units != run.units",
    ),
    _paid(
        name="figures: a run that begins after the look that shows it",
        file=_ACCOUNTING,
        old="return min(looked_at, at) if looked_at is not None else None",
        new="return looked_at",
    ),
    _paid(
        name="figures: a run that may have ended before it began",
        file=_ACCOUNTING,
        old="max(after, run.begun_at) if after is not None else None",
        new="after",
    ),
    _paid(
        name="figures: many stretches have the cause of the shorter",
        file=_ACCOUNTING,
        old="longer = max(one, two,",
        new="longer = min(one, two,",
    ),
    _paid(
        name="figures: the first of many stretches takes in all that follow",
        file=_ACCOUNTING,
        old="place = min(touching, key=lambda place: _measure_misnamed(*paid[place : place + 2]))",
        new="place = touching[0]",
    ),
    _paid(
        name="figures: a look at the old target dates a run at the new one",
        file="domain/lead/evidence.py",
        old="        looked_at=None,\n",
        new="",
    ),
    Mutation(
        name="figures: a day over its budget rejects what adds nothing to it",
        file="domain/demand/spend.py",
        old="if after > max(budget, before) + _TOLERANCE:",
        new="if after > budget + _TOLERANCE:",
        rule="a budget rejects only what adds to a day that is over it",
        sees="S14",
        suite="tests/preheat/domain/demand/test_spend.py",
    ),
    Mutation(
        name="figures: a new edition costs as much as both",
        file="domain/demand/spend.py",
        old="*(one for one in standing if one.request_id != change.request_id), change]",
        new="*standing, change]",
        rule="a changed request costs what it is now",
        sees="S14",
        suite="tests/preheat/domain/demand/test_spend.py",
    ),
    Mutation(
        name="figures: a block that ends with a demand parts it from the next",
        file="domain/demand/pieces.py",
        old="if block.begin < begin and end < block.until]",
        new="if block.begin < begin and end <= block.until]",
        rule="only a block between two demands has the model stop between them",
        sees="S3",
        suite="tests/preheat/domain/demand/test_pieces.py",
    ),
    Mutation(
        name="figures: an expiry is reported at each look after it",
        file="domain/decision/writing.py",
        old="max(ended_at for ended_at, _ in ended) if ended",
        new="min(ended_at for ended_at, _ in ended) if ended",
        rule="each hold that expires is reported once",
        sees="S7",
        suite="tests/days/test_holds_and_blocks.py",
    ),
    Mutation(
        name="figures: the last margin lasts until the next entry",
        file="domain/decision/writing.py",
        old="judgement.margin if reported and judgement.margin is not None else before.last_margin",
        new="judgement.margin",
        rule="the record has the margin of the last start",
        sees="S7",
        suite="tests/days/test_an_ordinary_day.py",
    ),
    Mutation(
        name="figures: empty readings count across a message",
        file="domain/decision/draining.py",
        old="empties=0 if left else draining.empties + 1",
        new="empties=draining.empties + (not left)",
        rule="a queue is empty after three readings in a row",
        sees="S12",
        suite="tests/days/test_drain_and_gate.py",
    ),
    Mutation(
        name="figures: a queue is unreadable once and for all",
        file="domain/decision/draining.py",
        old="            left=left,\n            unreadable=0,\n",
        new="            left=left,\n",
        rule="each time that a queue cannot be read, the ledger says so",
        sees="S12",
        suite="tests/days/test_drain_and_gate.py",
    ),
    Mutation(
        name="figures: all models come again in the same second",
        file="domain/record/attempt.py",
        old='zlib.crc32(f"{model_id}/{tries}".encode()) % 15_000',
        new='zlib.crc32(f"{tries}".encode()) % 15_000',
        rule="models that get a refusal together come again apart",
        sees="S10",
        suite="tests/preheat/domain/record/test_attempt.py",
    ),
    Mutation(
        name="audit: an endpoint with capitals is not in the plan",
        file="app/audit/audit.py",
        old="one.project.lower(), None",
        new="one.project, None",
        rule="the service takes names of endpoints in any case",
        sees="L4",
        suite="tests/preheat/app/audit/test_audit.py",
    ),
    Mutation(
        name="audit: a start is stuck by the lead of the plan",
        file="app/audit/audit.py",
        old="    if record.effort is not None and record.effort.lead is not None:\n        return record.effort.lead\n",
        new="",
        rule="a start takes the lead that it began with",
        sees="L4",
        suite="tests/preheat/app/audit/test_audit.py",
    ),
    Mutation(
        name="figures: a release that came early is never forgotten",
        file="app/requests/ruling.py",
        old="and each.until > case.now for each in case.noted",
        new="for each in case.noted",
        rule="a release that came early is kept for thirty days",
        sees="S6",
        suite="tests/preheat/app/requests/test_desk.py",
    ),
    _call(
        name="figures: the glance before a whole look is free",
        file="app/reconcile/reconcile.py",
        old="spent_until = budget.spend(situation.record.spent_until, now)  # the glance before it",
        new="spent_until = situation.record.spent_until",
        suite="tests/days/test_tags.py",
    ),
    _paid(
        name="figures: a clock that went back notes a stretch of negative length",
        file=_ACCOUNTING,
        old="if now < run.counted_to or (",
        new="if (",
    ),
    _paid(
        name="figures: what a person runs is drain once its stop is intended",
        file=_ACCOUNTING,
        old="strange = (run.unscheduled or not ours) and situation",
        new="strange = (not ours) and situation",
    ),
)
