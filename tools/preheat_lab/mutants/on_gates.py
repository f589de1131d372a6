"""Mutations of what comes before a stop, a drained queue and a closed gate, and of when the gate opens."""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_in_gating = partial(Mutation, file="domain/decision/gating.py")
_in_draining = partial(Mutation, file="domain/decision/draining.py")

MUTATIONS = (
    _in_draining(
        name="drain: what serves in part does not wait for its queue",
        old="    serves = seen.observed is Observed.HOSTED or bool(seen.serving)",
        new="    serves = seen.observed is Observed.HOSTED",
        rule="a stop of what serves waits until its queue is empty",
        sees="S12",
        suite="tests/days/test_serving.py",
    ),
    _in_draining(
        name="gate: the stop does not wait for it",
        old="    if gate is not None and (unseen or not gate.is_shut(situation.now)):",
        new="    if False:",
        rule="the gate is closed before the stop",
        sees="S11",
    ),
    _in_draining(
        name="gate: the stop waits for it without a bound",
        old="        if situation.now < closed_by or gate.may_be_opened(situation.now):",
        new="        if True:",
        rule="a gate that cannot be closed keeps no model for ever",
        sees="L2",
    ),
    Mutation(
        name="gate: an open on its way is forgotten",
        file="domain/record/gate.py",
        old="and not self.attempt.is_closable(now)",
        new="and False",
        rule="a worker that waits may yet open a gate that was seen closed",
        sees="S11",
    ),
    _in_gating(
        name="gate: a close over an open under way",
        old="    if attempt is not None and attempt.call is not wanted and not attempt.is_closable(situation.now):",
        new="    if False:",
        rule="nobody closes the intent of an open younger than the lease",
        sees="S8",
    ),
    _in_gating(
        name="gate: changed while it cannot be read",
        old="    if look.passage is Passage.UNKNOWN:\n        refused",
        new="    if False:\n        refused",
        rule="unknown is not closed",
        sees="S9",
    ),
    _in_gating(
        name="gate: changed while it is on its way",
        old="    if look.passage is Passage.MOVING:",
        new="    if False:",
        rule="what is on its way is waited for",
        sees="S9",
    ),
    _in_gating(
        name="gate: never opened",
        old="    return Call.OPEN if move.phase is Phase.HOSTED else None",
        new="    return None",
        rule="the gate is open while its model is ready",
        sees="L1",
    ),
    _in_gating(
        name="gate: closed while its model is needed",
        old="    return Call.OPEN if move.phase is Phase.HOSTED else None",
        new="    return Call.CLOSE if move.phase is Phase.HOSTED else None",
        rule="what is needed is not closed",
        sees="S3",
    ),
    _in_gating(
        name="gate: opened before what is stopped",
        old="    if observed is not Observed.HOSTED:\n        return Call.CLOSE",
        new="    if observed is not Observed.HOSTED:\n        return Call.OPEN",
        rule="the gate is opened only on sight of HOSTED",
        sees="S11",
    ),
    _in_gating(
        name="gate: left open at rest",
        old="    if observed is not Observed.HOSTED:\n        return Call.CLOSE",
        new="    if observed is not Observed.HOSTED:\n        return None",
        rule="a gate before a stopped model is closed",
        sees="L2",
    ),
    _in_draining(
        name="drain: a reading that failed counts as empty",
        old="        draining = change(draining, unreadable=draining.unreadable + 1)",
        new="        draining = change(draining, empties=draining.empties + 1, empty_since=draining.since)",
        rule="unknown is not empty",
        sees="S12",
    ),
    _in_draining(
        name="drain: one empty reading is enough",
        old="EMPTIES = 3",
        new="EMPTIES = 1",
        rule="three readings over a minute show a queue empty",
        sees="S12",
    ),
    _in_draining(
        name="drain: messages that are left are overlooked",
        old="            empties=0 if left else draining.empties + 1,",
        new="            empties=draining.empties + 1,",
        rule="a queue with messages is not drained",
        sees="S12",
    ),
    _in_draining(
        name="drain: without a limit",
        old="    if situation.now >= draining.since + drain.limit:",
        new="    if False:",
        rule="a drain is given up at its limit",
        sees="L2",
    ),
    _in_draining(
        name="drain: the stop does not wait",
        old="        if draining.over_at is None:",
        new="        if False:",
        rule="the stop waits for its queue",
        sees="S12",
    ),
)
