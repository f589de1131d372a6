"""Mutations of the pass, of the tick and of the budget: the order of writes and calls, and when a pass comes."""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_in_reconcile = partial(Mutation, file="app/reconcile/reconcile.py")
_in_tick = partial(Mutation, file="app/tick.py")
_in_budget = partial(Mutation, file="domain/record/budget.py")

_SAVE = "    record = _save(decision, remote, entries, guards)\n"
_UNREAD = "Observation(Observed.UNKNOWN, str(error), failure=error.answer)"

MUTATIONS = (
    _in_reconcile(
        name="a glance that goes by no status",
        file="app/reconcile/glancing.py",
        old="return shows_the_same(record, observe(record, record.target, look))",
        new="return observe(record, record.target, look) is not None",
        rule="a glance that shows a difference is a pass",
        sees="L1",
        first=("glances: a person",),
    ),
    _in_reconcile(
        name="a difference that waits until the record is due",
        old="if glancing.glance(record, remote, now) else None",
        new="if glancing.glance(record, remote, now) else over",
        rule="a glance that shows a difference is a pass",
        sees="L1",
        first=("glances: a person",),
    ),
    _in_reconcile(
        name="no glances",
        file="app/glances.py",
        old="            yield Round(at + place * APART, some)",
        new="            continue",
        rule="a hosted model gets a look each ten minutes",
        sees="L1",
        suite="tests/days/test_glances.py",
    ),
    _in_reconcile(
        name="looks whose writes lost are free",
        file="app/reconcile/reconcile.py",
        old="    if not looks:\n        return wanted\n",
        new="    if looks >= 0:\n        return wanted\n",
        rule="each look counts in the budget, whether or not its write wins",
        sees="S10",
        suite="tests/days/test_lost_writes.py",
    ),
    _in_reconcile(
        name="glances from each tick's own minute",
        file="app/glances.py",
        old="self.sent_to or now",
        new="now",
        rule="ticks that overlap send each glance once",
        sees="S10",
        suite="tests/preheat/app/test_glances.py",
    ),
    _in_reconcile(
        name="a clock that is ahead holds up glances",
        file="app/glances.py",
        old="if abs(begin - now) > MISSED_FOR:",
        new="if now - begin > MISSED_FOR:",
        rule="no time from the future holds anybody up",
        sees="L1",
        suite="tests/preheat/app/test_glances.py",
    ),
    _in_reconcile(
        name="a round that tells nobody of a difference",
        file="app/reconcile/glancing.py",
        old="                remote.queue.enqueue_glances([model_id], timedelta())\n",
        new="",
        rule="a glance that shows a difference is a pass",
        sees="L1",
        suite="tests/preheat/app/test_a_round_of_glances.py",
    ),
    _in_reconcile(
        name="a round however long it takes",
        file="app/reconcile/glancing.py",
        old="if now > begun_at + ROUND_MOST:",
        new="if False:",
        rule="a service that does not answer delays no other model",
        sees="L5",
        suite="tests/preheat/app/test_a_round_of_glances.py",
    ),
    _in_reconcile(
        name="models in turn glance together",
        file="domain/record/looks.py",
        old="return look_at if in_turn else look_at",
        new="return look_at",
        rule="no more calls a second than the service takes",
        sees="S10",
        suite="tests/preheat/domain/record/test_looks.py",
    ),
    _in_reconcile(
        name="glances that nobody counts",
        file="domain/record/looks.py",
        old="return (wake_at - now - GLANCE_CLEAR) // HOSTED_EVERY",
        new="return 0",
        rule="each call counts against the budget",
        sees="S10",
        suite="tests/days/test_glances.py",
    ),
    _in_reconcile(
        name="glances however short the budget is",
        file="domain/decision/looking.py",
        old="if budget.is_short(record.spent_until, situation.now):",
        new="if False:",
        rule="each call counts against the budget",
        sees="S10",
        suite="tests/days/test_glances.py",
    ),
    _in_reconcile(
        name="glances across the end of a demand",
        file="domain/record/looks.py",
        old="    while edge is not None and look_at + GLANCE_CLEAR > edge:\n        look_at -= HOSTED_EVERY\n",
        new="",
        rule="no glance takes the place of an edge",
        sees="L2",
        first=("glances: a person",),
    ),
    _in_reconcile(
        name="a net that is never due",
        file="domain/record/looks.py",
        old="    look_at = now + GLANCED_FOR\n",
        new="    look_at = now + 100 * GLANCED_FOR\n",
        rule="the due index shows a hosted model within half an hour, and at each edge",
        sees="L2",
        first=("glances: a person",),
    ),
    _in_reconcile(
        name="a glance at a model that is not hosted any more",
        file="domain/decision/looking.py",
        old="if record.phase is not Phase.HOSTED or record.due_at",
        new="if record.due_at",
        rule="a message for a record that has changed ends after one read",
        sees="S10",
        suite="tests/days/test_glances.py",
    ),
    _in_reconcile(
        name="the call before its write",
        old=f"""{_SAVE}    if decision.call is not None:
        outcome = _act(decision.call, decision.record, remote)
""",
        new="""    outcome = _act(decision.call, decision.record, remote) if decision.call is not None else None
    record = _save(decision, remote, entries, guards)
    if outcome is not None:
""",
        rule="intent before effect",
        sees="S2",
    ),
    _in_reconcile(
        name="called although the write was lost to another",
        old=f"{_SAVE}    if decision.call",
        new="""    try:
        record = _save(decision, remote, entries, guards)
    except StaleRecord:
        record = decision.record
    if decision.call""",
        rule="a call follows a won write",
        sees="S2",
    ),
    _in_reconcile(
        name="called although the store did not answer",
        old=f"{_SAVE}    if decision.call",
        new="""    try:
        record = _save(decision, remote, entries, guards)
    except StoreUnavailable:
        record = decision.record
    if decision.call""",
        rule="a call follows a write that is known to be won",
        sees="S2",
    ),
    _in_reconcile(
        name="two calls on one write",
        old="        outcome = _act(decision.call, decision.record, remote)",
        new="        _act(decision.call, decision.record, remote)\n"
        "        outcome = _act(decision.call, decision.record, remote)",
        rule="each call has a won write of its own",
        sees="S2",
    ),
    _in_reconcile(
        name="an unreadable model taken for hosted",
        file="app/reconcile/observing.py",
        old=_UNREAD,
        new="Observation(Observed.HOSTED, str(error), failure=error.answer)",
        rule="unknown is neither on nor off",
        sees="S9",
    ),
    _in_reconcile(
        name="the answer never recorded",
        old="""        after = next_look.place_net(situation, after)
        try:
            record = _save(after, remote, entries, {})""",
        new="""        after = next_look.place_net(situation, after)
        try:
            record = change(record)""",
        rule="the outcome of a call is recorded",
        sees="S8",
        first=("two workers",),
    ),
    _in_reconcile(
        name="an unreadable model taken for stopped",
        file="app/reconcile/observing.py",
        old=_UNREAD,
        new="Observation(Observed.STOPPED, str(error), failure=error.answer)",
        rule="unknown is not off",
        sees="S9",
    ),
    _in_reconcile(
        name="an unreadable model taken for as last seen",
        file="app/reconcile/observing.py",
        old=_UNREAD,
        new="Observation(record.observed, str(error), failure=error.answer)",
        rule="a decision rests on what was seen, not on what was so",
        sees="S9",
    ),
    _in_reconcile(
        name="a deleted model taken for stopped",
        file="app/reconcile/observing.py",
        old="Observation(Observed.GONE, str(gone))",
        new="Observation(Observed.STOPPED, str(gone))",
        rule="what the service does not know is not started",
        sees="S1",
    ),
    _in_reconcile(
        name="a lost answer taken for yes",
        old="return Outcome(error.answer, str(error), retried=error.retried)",
        new="return Outcome(Answer.ACCEPTED if error.answer is Answer.LOST else error.answer)",
        rule="a lost answer is no acceptance",
        sees="L1",
        first=("throttled at the client's second try",),
    ),
    _in_reconcile(
        name="every refusal taken for yes",
        old="return Outcome(error.answer, str(error), retried=error.retried)",
        new="return Outcome(Answer.ACCEPTED, str(error))",
        rule="a refusal is no acceptance",
        sees="L1",
        first=("throttled at the client's second try",),
    ),
    _in_reconcile(
        name="leases by a clock read after the look",
        old="        now=now,\n        seen_at=now,",
        new="        now=remote.clock.now(),\n        seen_at=now,",
        rule="a lease counts as over only if it was over when the look was taken",
        sees="S1",
        first=("brief: two workers, a fault",),
    ),
    _in_reconcile(
        name="strangers adopted by a clock read before the look",
        old="    if situation.has_looked and situation.finds_a_stranger:",
        new="    if False:",
        rule="what was found after the demand's end is not adopted",
        sees="S4",
    ),
    _in_reconcile(
        name="checked although not due",
        old="if record is not None and ahead is None and (record.wake_at is None or record.wake_at > now + EARLY):",
        new="if record is not None and ahead is None and record.wake_at is None:",
        rule="only the record says which model is due; a message more costs one read",
        sees="S10",
    ),
    _in_reconcile(
        name="early by a minute and a half",
        old="EARLY = timedelta(seconds=2)",
        new="EARLY = timedelta(seconds=90)",
        rule="a pass that is early ends after one read",
        sees="S10",
    ),
    _in_reconcile(
        name="an older plan obeyed",
        old="if record is not None and planned.version < record.plan_version:",
        new="if False:",
        rule="a plan older than the one served is refused",
        sees="S3",
    ),
    _in_reconcile(
        name="a new target while the old one runs",
        old="record.target != model.target and not record.is_engaged()",
        new="record.target != model.target",
        rule="the old target is stopped before the new one is turned to",
        sees="L2",
        first=("newer version",),
    ),
    _in_reconcile(
        name="late by five minutes",
        old="EARLY = timedelta(seconds=2)\n",
        new="EARLY = timedelta(minutes=-5)\n",
        rule="a due model is checked, not five minutes later",
        sees="L1",
    ),
    _in_budget(
        name="a budget that is never spent",
        old="return spent_until is not None and spent_until - now > (BURST - 2) * CALL_COSTS",
        new="return False",
        rule="at most 90 calls in an hour",
        sees="S10",
    ),
    _in_budget(
        name="calls at half their cost",
        old="CALL_COSTS = timedelta(seconds=60)",
        new="CALL_COSTS = timedelta(seconds=30)",
        rule="at most 90 calls in an hour",
        sees="S10",
    ),
    _in_tick(
        name="no resync",
        old="if resyncs:",
        new="if False:",
        rule="the resync finds a model that the index lost",
        sees="L5",
    ),
    _in_tick(
        name="a resync that looks for new models only",
        old="elif record is None or (record.wake_at is not None and now - record.wake_at > OVERDUE_AFTER):",
        new="elif record is None:",
        rule="the resync finds who is overdue",
        sees="L5",
    ),
    _in_tick(
        name="a resync that passes over who has no line",
        old="(record.wake_at is None or record.wake_at > now)",
        new="record.wake_at is not None and record.wake_at > now",
        rule="the resync finds whom an interrupted apply left",
        sees="L5",
        suite="tests/preheat/app/test_resting.py",
    ),
    _in_tick(
        name="a tick that looks back",
        old="due = [line for line in index if line.wake_at <= now + TICK_HORIZON]",
        new="due = [line for line in index if line.wake_at <= now - 4 * TICK_HORIZON]",
        rule="who is due is decided within two ticks",
        sees="L5",
    ),
    _in_tick(
        name="a tick that sends the first only",
        old="for model_id, wait in waits.items():",
        new="for model_id, wait in [*waits.items()][:1]:",
        rule="no model keeps another waiting",
        sees="L5",
    ),
    Mutation(
        file="app/reconcile/next_look.py",
        name="a quiet model's net beyond the end of its shift",
        old="            edge=_find_edge(situation, record),",
        new="            edge=None,",
        rule="the index shows every edge to the second",
        sees="L2",
        suite="tests/days/test_looks_sent_once.py",
    ),
    Mutation(
        file="app/reconcile/next_look.py",
        name="the end of a drain behind a net",
        old="edges.append(draining.since + situation.model.drain.limit)",
        new="edges.append(None)",
        rule="the index shows the end of a drain to the second",
        sees="L2",
        suite="tests/days/test_looks_sent_once.py",
    ),
    _in_reconcile(
        name="a stop on the tags of an earlier look",
        old="    if calls and situation.observation.recalled:",
        new="    if False:",
        rule="a start or stop rests on a whole look",
        sees="S4",
        suite="tests/days/test_tags.py",
    ),
    Mutation(
        file="app/reconcile/next_look.py",
        name="a message that comes early is dropped",
        old="EARLY_AT_MOST = 2 * CLOCKS_APART",
        new="EARLY_AT_MOST = timedelta()",
        rule="two clocks differ, and a look behind a net has one message",
        sees="L5",
    ),
    Mutation(
        file="app/reconcile/next_look.py",
        name="the message of a failed pass taken for a second one",
        old="(NET_AT_MOST if shown.repeated else EARLY_AT_MOST)",
        new="EARLY_AT_MOST",
        rule="a write whose answer is lost may have had its effect, and nobody sent the next look",
        sees="L5",
    ),
    Mutation(
        file="app/reconcile/next_look.py",
        name="no message for a look that the index shows later",
        old="        if not _send(record, wait, remote):\n            _return_to_index(record, remote)",
        new="        pass",
        rule="who puts a look behind a net sends it",
        sees="L5",
    ),
)
