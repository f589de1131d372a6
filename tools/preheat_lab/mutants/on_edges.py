"""Mutations of the edges: what adapters pass on, what logs and metrics say, and rare cases of requests.

No promise of the protocol names most of them, so each mutation names the suite of tests that sees it.
"""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_TELEMETRY = "tests/preheat/observability/test_telemetry.py"
_told = partial(Mutation, sees="S7", rule="logs and metrics say what the ledger and the runs found", suite=_TELEMETRY)
_masked = partial(_told, file="observability/masking.py", rule="no log line quotes an account")

MUTATIONS = (
    Mutation(
        name="edges: a lifted block stands until this pass's clock shows its end",
        file="app/reconcile/reconcile.py",
        old="for at in (one.known_at, one.released_at)))",
        new="for at in (one.known_at,)))",
        rule="a pass sees demand not before its facts became known",
        sees="S6",
        suite="tests/days/test_clock_trouble.py",
    ),
    Mutation(
        name="edges: the models that a repeated message woke are not noted",
        file="app/requests/desk.py",
        old="            self._store.note_woken(change)\n        return Taken(before, concerned, again=True)",
        new="            pass\n        return Taken(before, concerned, again=True)",
        rule="a repeated message wakes nobody once all were woken",
        sees="S6",
        suite="tests/preheat/app/requests/test_desk.py",
    ),
    Mutation(
        name="edges: the removal of a set that is over moves its end",
        file="app/requests/sets.py",
        old="over_at = now if before.end > now else before.released_at",
        new="over_at = now",
        rule="a new edition moves nothing before now",
        sees="S6",
        suite="tests/preheat/app/requests/test_sets.py",
    ),
    Mutation(
        name="edges: a model whose stop has won is ready",
        file="app/requests/prospects.py",
        old="if wanted and record.phase is Phase.HOSTED and not stopping:",
        new="if wanted and record.phase is Phase.HOSTED:",
        rule="a reply promises no moment that the model will not keep",
        sees="S6",
        suite="tests/preheat/app/requests/test_desk.py",
    ),
    Mutation(
        name="edges: a hold with a long name is reported ready at each look",
        file="domain/decision/writing.py",
        old="if one in ahead or one in {_shorten(each) for each in ahead})",
        new="if one in ahead)",
        rule="each hold is reported ready once",
        sees="S7",
        suite="tests/days/test_holds_and_blocks.py",
    ),
    Mutation(
        name="edges: a call with a lost answer is still on its way",
        file="domain/record/attempt.py",
        old="answered = 1 if self.answer is Answer.LOST else 0",
        new="answered = 0",
        rule="a writer that noted an answer makes no call any more",
        sees="S1",
        suite="tests/preheat/domain/record/test_attempt.py",
    ),
    _masked(name="edges: names of fields are not masked", old="{_mask(key): _mask(item)", new="{key: _mask(item)"),
    _masked(
        name="edges: a value that JSON has no form for is not masked",
        old="default=lambda value: mask(str(value))",
        new="default=str",
    ),
    _told(
        name="edges: every transition of a pass has the reason of the last",
        file="observability/reconcile.py",
        old="(result.reason if result.reason.startswith(entry.reason) else entry.reason)",
        new="(result.reason)",
    ),
    _told(
        name="edges: several requests changed by hand count as one",
        file="observability/reconcile.py",
        old="MetricUnit.Count, len(result.missing))",
        new="MetricUnit.Count, 1)",
    ),
    _told(
        name="edges: a far holiday horizon is a metric if a schedule fails",
        file="observability/reconcile.py",
        old="if result.closed_until is not None and runs_short(result.closed_until, at):",
        new="if result.closed_until is not None:",
    ),
    _told(
        name="edges: a run that finds no unscheduled model counts no units",
        file="observability/audit.py",
        old="    if audited.unscheduled is not None:\n",
        new="    if audited.unscheduled:\n",
    ),
    _told(
        name="edges: a hosted unit counts an hour at each list",
        file="observability/audit.py",
        old="audited.hosted_units * (LISTS_EVERY / timedelta(hours=1))",
        new="audited.hosted_units",
    ),
    _told(
        name="edges: a tick that repairs the index is no warning",
        file="observability/tick.py",
        old="if ticked.unsent or ticked.resynced else",
        new="if ticked.unsent else",
    ),
    Mutation(
        name="edges: a reply queue is sought in the stack's account",
        file="adapters/sqs/replies.py",
        old=', QueueOwnerAWSAccountId=named["account"])',
        new=")",
        rule="a reply goes to the queue that the request names",
        sees="S6",
        suite="tests/contracts/test_replies.py",
    ),
    Mutation(
        name="edges: a call with exactly the most bytes is cut in two",
        file="adapters/eventbridge/entries.py",
        old="taken + size > BATCH_BYTES_MAX",
        new="taken + size >= BATCH_BYTES_MAX",
        rule="a call of the bus takes as many entries as it may",
        sees="S7",
        suite="tests/contracts/test_events.py",
    ),
    Mutation(
        name="edges: after a full call, each entry has a call of its own",
        file="adapters/eventbridge/entries.py",
        old="batch, taken = [], 0",
        new="batch = []",
        rule="a call of the bus takes as many entries as it may",
        sees="S7",
        suite="tests/contracts/test_events.py",
    ),
)
