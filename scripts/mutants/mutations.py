"""Broken protocols: what is changed in which file, and the rule that it breaks. Each must be seen by the judges.

Owns the list alone. An old text has to stand exactly once in its file, so that a mutation that no longer fits is told.
"""

from typing import NamedTuple


class Mutation(NamedTuple):
    """One change of the package's source: in `file`, `old` becomes `new`."""

    name: str
    file: str
    old: str
    new: str


ATTEMPT, STARTING, STOPPING = "domain/attempt.py", "domain/starting.py", "domain/stopping.py"
RESTING, DECISION, LIFECYCLE = "domain/resting.py", "domain/decision.py", "domain/lifecycle.py"
SITUATION, DEMAND, RECONCILE, TICK = "domain/situation.py", "domain/demand.py", "reconcile.py", "tick.py"

HOLD_START = """    if s.now < attempt.lease_ends_at():  # Whatever is known, a worker of this attempt may still be about to call.
        return hold(s, s.record.phase, f"{death}; its lease must end first", attempt.lease_ends_at())
"""
STOP_WAITS_FOR_START = """        if not attempt.is_closable(s.now):
            return hold(s, record.phase, "no demand, but a start may still be on its way", attempt.lease_ends_at())
"""
START_WAITS_FOR_STOP = """    if not attempt.is_closable(s.now):
        return hold(s, s.record.phase, "a stop of ours may still be on its way", attempt.lease_ends_at())
    if failed and attempt.target.backend.deletes_failed:
"""
TOKENLESS_WAITS = "        if attempt.target.backend.tokenless and attempt.is_on_its_way(s.now):\n"
SOMEBODY_ELSES = "s.record.observed is Observed.STARTING and attempt.left:\n"
NOT_OURS = "    if not s.record.is_engaged() and not (s.model and s.model.unscheduled is Unscheduled.STOP):\n"
FAILED_AND_REFUSED = "    if failed and attempt.answer is Answer.WRONG_STATE:\n"
DIED_WHEN_FAILED = "    if failed and (attempt.left or own_outcome or s.now >= attempt.lease_ends_at()):\n"
REST_ENGAGED = """        over = s.now >= attempt.lease_ends_at() or (attempt.call is Call.STOP and attempt.is_closable(s.now))
"""
LEAVES_TABLE = (
    "    if attempt is None or s.now >= attempt.lease_ends_at():\n        record = replace(record, attempt=None"
)
CALL = """        outcome = _act(decision.call, remote)
        answer, detail = outcome.answer, outcome.detail
"""
SAVED = "    decision = decide(situation)\n    record = _save(decision, remote, entries)\n"
SEEN = "    situation = replace(situation, record=record, observation=_observe(record, remote))\n"
UNREADABLE = "        return Observation(Observed.UNKNOWN, str(error), failure=error.answer)\n"
OBSERVED_KEPT = "        observed=s.observation.observed if readable else record.observed,\n"

MUTATIONS: tuple[Mutation, ...] = (
    # --- the lease ---
    Mutation("no lease", ATTEMPT, "LEASE = timedelta(seconds=120)", "LEASE = timedelta(0)"),
    Mutation("a short lease", ATTEMPT, "LEASE = timedelta(seconds=120)", "LEASE = timedelta(seconds=30)"),
    Mutation("a lease moves back", ATTEMPT, "intent_at=max(self.intent_at, now)", "intent_at=now"),
    Mutation("a repeat renews no lease", ATTEMPT, "intent_at=max(self.intent_at, now)", "intent_at=self.intent_at"),
    Mutation("a repeat forgets other writers", ATTEMPT, "open_writers=still_open + 1", "open_writers=1"),
    Mutation("any writer's answer settles", ATTEMPT, "definite and self.open_writers == 1", "definite"),
    Mutation(
        "a lost answer settles", ATTEMPT, "Answer.LOST: Reaction(definite=False", "Answer.LOST: Reaction(definite=True"
    ),
    Mutation("a new start does not wait for the lease", STARTING, HOLD_START, ""),
    Mutation("a stop does not wait for a start on its way", STOPPING, STOP_WAITS_FOR_START, ""),
    Mutation(
        "a start does not wait for a stop on its way",
        STARTING,
        START_WAITS_FOR_STOP,
        "    if failed and attempt.target.backend.deletes_failed:\n",
    ),
    Mutation(
        "a stop anew does not wait for the lease",
        STOPPING,
        '    if s.now < attempt.lease_ends_at():\n        return hold(s, Phase.STOPPING, f"stop {attempt.answer}, still',
        '    if s.now < attempt.intent_at:\n        return hold(s, Phase.STOPPING, f"stop {attempt.answer}, still',
    ),
    Mutation("at rest, an intent is closed at once", RESTING, REST_ENGAGED, "        over = True\n"),
    Mutation(
        "in demand, a stop under way is forgotten (hosted)",
        RESTING,
        "            return hold(replace(s, record=record), record.phase, STOP_UNDER_WAY, attempt.lease_ends_at())\n",
        "            record = replace(record, attempt=None)\n",
    ),
    Mutation(
        "what is gone is let go within the lease",
        RESTING,
        LEAVES_TABLE,
        "    if True:\n        record = replace(record, attempt=None",
    ),
    Mutation(
        "leases end by the clock after the look",
        RECONCILE,
        SEEN,
        SEEN + "    situation = replace(situation, now=remote.clock.now(), seen_at=remote.clock.now())\n",
    ),
    Mutation("without a token, a start is repeated beside another", STARTING, TOKENLESS_WAITS, "        if False:\n"),
    # --- tokens ---
    Mutation(
        "a token is never renewed", STARTING, "    death = _death(s, attempt, failed=failed)\n", "    death = None\n"
    ),
    Mutation("a token is sent after a return", STARTING, "    if not failed and attempt.left:\n", "    if False:\n"),
    Mutation(
        "the token names no generation", ATTEMPT, "call, generation, digest])\n    return", "call, digest])\n    return"
    ),
    Mutation(
        "a start has no generation of its own", STARTING, "generation=record.start_generation + 1", "generation=1"
    ),
    Mutation("a stop has no generation of its own", STOPPING, "generation=record.stop_generation + 1", "generation=1"),
    Mutation(
        "acceptance is not remembered",
        ATTEMPT,
        "            left=self.left or (self.call is Call.START and answer is Answer.ACCEPTED),\n",
        "",
    ),
    Mutation("an old failure is the new start's", STARTING, DIED_WHEN_FAILED, "    if failed:\n"),
    Mutation("a failure is never a start's own", STARTING, DIED_WHEN_FAILED, "    if False:\n"),
    Mutation("an accepted stop is repeated", STOPPING, "SPENT = (Answer.ACCEPTED, ", "SPENT = ("),
    Mutation(
        "tokens age in days",
        ATTEMPT,
        "TOKEN_AGE_MAX = timedelta(hours=7, minutes=30)",
        "TOKEN_AGE_MAX = timedelta(days=3)",
    ),
    # --- intent before effect ---
    Mutation(
        "the call comes before its write",
        RECONCILE,
        SAVED,
        "    decision = decide(situation)\n    if decision.call is not None:\n        _act(decision.call, remote)\n"
        "    record = _save(decision, remote, entries)\n",
    ),
    Mutation(
        "a lost write stops no call",
        RECONCILE,
        SAVED,
        "    decision = decide(situation)\n    try:\n        record = _save(decision, remote, entries)\n"
        "    except StaleRecord:\n        record = decision.record\n",
    ),
    Mutation("two calls on one write", RECONCILE, CALL, "        _act(decision.call, remote)\n" + CALL),
    Mutation(
        "every answer is taken for yes",
        RECONCILE,
        "        return Outcome(error.answer, str(error), retried=error.retried)\n",
        "        return Outcome(Answer.ACCEPTED)\n",
    ),
    # --- what is observed ---
    Mutation(
        "unreadable is stopped", RECONCILE, UNREADABLE, "        return Observation(Observed.STOPPED, str(error))\n"
    ),
    Mutation(
        "unreadable is hosted", RECONCILE, UNREADABLE, "        return Observation(Observed.HOSTED, str(error))\n"
    ),
    Mutation(
        "unreadable is as last seen", RECONCILE, UNREADABLE, "        return Observation(record.observed, str(error))\n"
    ),
    Mutation(
        "gone is stopped",
        RECONCILE,
        "Observation(Observed.GONE, str(gone))",
        "Observation(Observed.STOPPED, str(gone))",
    ),
    Mutation(
        "a refused look rests on what was seen",
        RESTING,
        "        record = replace(record, observed=Observed.UNKNOWN)\n",
        "",
    ),
    Mutation("what is seen is not written down", DECISION, OBSERVED_KEPT, "        observed=record.observed,\n"),
    # --- whose it is ---
    Mutation("anything is stopped", STOPPING, NOT_OURS, "    if False:\n"),
    Mutation("a refused start claims what runs", SITUATION, "not attempt.is_without_effect():", "True:"),
    Mutation(
        "a doubtful start claims nothing",
        ATTEMPT,
        "self.open_writers == 0 and not self.doubtful",
        "self.open_writers == 0",
    ),
    Mutation(
        "doubt is not kept over a repeat", ATTEMPT, "doubtful=self.doubtful or self.open_writers > 0", "doubtful=False"
    ),
    Mutation("a demand that has ended adopts", SITUATION, " and self.seen_at < self.outlook.current.end", ""),
    Mutation(
        "what is hosted is never adopted",
        RESTING,
        '        record = replace(record, ownership=Ownership.ADOPTED)\n        action, reason = Action.ADOPT, "found hosted',
        '        action, reason = Action.ADOPT, "found hosted',
    ),
    Mutation("what starts after a stop is stopped too", STOPPING, SOMEBODY_ELSES, "False:\n"),
    Mutation(
        "what goes on starting under a stop is let go",
        STOPPING,
        SOMEBODY_ELSES,
        "s.record.observed is Observed.STARTING:\n",
    ),
    # --- the table ---
    Mutation(
        "run: start what is stopping",
        LIFECYCLE,
        "        Observed.STOPPING: Step.WAIT,\n        Observed.FAILED: Step.START",
        "        Observed.STOPPING: Step.START,\n        Observed.FAILED: Step.START",
    ),
    Mutation(
        "run: start what is busy",
        LIFECYCLE,
        "        Observed.FAILED: Step.START,\n        Observed.BUSY: Step.WAIT",
        "        Observed.FAILED: Step.START,\n        Observed.BUSY: Step.START",
    ),
    Mutation("run: stop what is hosted", LIFECYCLE, "Observed.HOSTED: Step.KEEP", "Observed.HOSTED: Step.STOP"),
    Mutation("run: a failed model rests", LIFECYCLE, "Observed.FAILED: Step.START", "Observed.FAILED: Step.REST"),
    Mutation(
        "rest: keep what is hosted",
        LIFECYCLE,
        "        Observed.HOSTED: Step.STOP,",
        "        Observed.HOSTED: Step.REST,",
    ),
    Mutation(
        "rest: stop what is unknown",
        LIFECYCLE,
        "        Observed.GONE: Step.REST,\n        Observed.UNKNOWN: Step.WAIT",
        "        Observed.GONE: Step.REST,\n        Observed.UNKNOWN: Step.STOP",
    ),
    Mutation(
        "rest: stop what is busy",
        LIFECYCLE,
        "        Observed.FAILED: Step.REST,\n        Observed.BUSY: Step.WAIT",
        "        Observed.FAILED: Step.REST,\n        Observed.BUSY: Step.STOP",
    ),
    # --- bounds, promises, the ledger ---
    Mutation("attempts without bound", STARTING, "ATTEMPTS_MAX = 5", "ATTEMPTS_MAX = 50"),
    Mutation("repairs without bound", STARTING, "REPAIRS_MAX = 2", "REPAIRS_MAX = 20"),
    Mutation("failed and refused: asked for ever", STARTING, FAILED_AND_REFUSED, "    if False:\n"),
    Mutation(
        "no budget of calls",
        "domain/budget.py",
        "return spent_until is not None and spent_until - now >",
        "return False and spent_until is not None and spent_until - now >",
    ),
    Mutation("late is not told", DECISION, "    if action is Action.LOOK and late:\n", "    if False:\n"),
    Mutation(
        "the ledger skips a number",
        DECISION,
        "        sequence=s.record.sequence + told,\n",
        "        sequence=s.record.sequence + 2 * told,\n",
    ),
    Mutation("the phase's since moves back", DECISION, "else max(record.since, now)", "else now"),
    Mutation(
        "starts ignore the lead",
        DEMAND,
        "                start_at=ready_at - ahead,\n",
        "                start_at=ready_at - model.slack,\n",
    ),
    Mutation(
        "stops come late",
        DEMAND,
        "        return self.start_at <= instant < self.end",
        "        return self.start_at <= instant < self.end + timedelta(minutes=4)",
    ),
    Mutation(
        "the tick forgets what is due",
        TICK,
        "    due = store.due(now + TICK_HORIZON)\n",
        "    due = store.due(now + TICK_HORIZON)[:1]\n",
    ),
)
