"""Mutations of the decision and of the demand: what Preheat counts, judges, records and wants when."""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_in_writing = partial(Mutation, file="domain/decision/writing.py")
_in_noting = partial(Mutation, file="domain/decision/noting.py")
_in_promise = partial(Mutation, file="domain/decision/promise.py")
_in_answering = partial(Mutation, file="domain/decision/answering.py")
_in_situation = partial(Mutation, file="domain/decision/situation.py")
_in_demand = partial(Mutation, file="domain/demand/demand.py")
_in_pieces = partial(Mutation, file="domain/demand/pieces.py")

MUTATIONS = (
    _in_promise(
        name="ready although a stop may still take effect",
        old="    if hosted_at is not None and counts and (hosted_at == now or not effort.judged):",
        new="    if hosted_at is not None and (hosted_at == now or not effort.judged):",
        rule="a hosted model is no proof while a stop may still take effect",
        sees="L3",
        suite="tests/days/test_a_bad_day.py",
    ),
    _in_situation(
        name="the effort renewed by each pass",
        old="    if effort is None or demand.begin >= effort.until:",
        new="    if True:",
        rule="attempts count for one demand, from pass to pass",
        sees="S10",
    ),
    _in_writing(
        name="a phase that began earlier than it did",
        old="return record.since if phase is record.phase else max(record.since, now)",
        new="return record.since if phase is record.phase else now",
        rule="since never moves back",
        sees="S8",
        first=("woken by an apply: two faults",),
    ),
    _in_writing(
        name="entries not counted",
        old="sequence=before.sequence + reported,",
        new="sequence=before.sequence,",
        rule="the ledger is gap-free",
        sees="S7",
    ),
    _in_noting(
        name="what is seen is not written down",
        old="observed=observed if readable else record.observed,",
        new="observed=record.observed,",
        rule="the record holds what was seen",
        sees="L2",
    ),
    _in_writing(
        name="a ledger that skips a number",
        old="sequence=before.sequence + reported,",
        new="sequence=before.sequence + 2 * reported,",
        rule="the ledger is gap-free",
        sees="S7",
    ),
    _in_writing(
        name="observations without an entry",
        old="    if reported:\n        entry",
        new="    if reported and action is not Action.OBSERVE:\n        entry",
        rule="a state change has its entry",
        sees="S7",
    ),
    _in_writing(
        name="an entry that starts from where it ends",
        old="from_phase=before.phase,",
        new="from_phase=after.phase,",
        rule="the ledger's entries join",
        sees="S7",
    ),
    _in_promise(
        name="late never noticed",
        old="overdue = now >= effort.ready_at and effort.ready_at < effort.until",
        new="overdue = False",
        rule="late is recorded within two minutes",
        sees="L3",
    ),
    _in_promise(
        name="late recorded again and again",
        old="    return Judgement(change(effort, judged=True), late=True)",
        new="    return Judgement(effort, late=True)",
        rule="a demand is judged once",
        sees="L3",
        first=("starts that hang",),
    ),
    _in_writing(
        name="calls that cost nothing",
        old="    if move.calls:\n        spent_until",
        new="    if False:\n        spent_until",
        rule="at most 90 calls in an hour",
        sees="S10",
    ),
    _in_answering(
        name="no look after a call",
        old="        wake_at = _find_first_look(situation, record, attempt, now)",
        new="        wake_at = None",
        rule="what was called for is looked after until it is so",
        sees="L1",
    ),
    _in_writing(
        name="no look after an entry",
        old="    wake_at, spent_until = move.wake_at, move.record.spent_until",
        new="    wake_at, spent_until = None if reported else move.wake_at, move.record.spent_until",
        rule="each pass sets the next look",
        sees="L1",
    ),
    _in_writing(
        name="the next target waits for the next edge",
        old="pick_wake(situation, situation.now)",
        new="move.wake_at",
        rule="when the old target is let go of, the next pass turns to the new one",
        sees="L1",
        first=("newer version",),
    ),
    _in_noting(
        name="a refusal of an earlier plan still silences",
        old="silent_for_plan=record.silent_for_plan if situation.silent else None,",
        new="silent_for_plan=None if record.silent_for_plan is None else situation.plan_version,",
        rule="a new plan is tried again",
        sees="L1",
        first=("other units: a fault",),
    ),
    _in_pieces(
        name="the lead forgotten",
        old="    ahead = model.lead + model.slack\n",
        new="    ahead = model.slack\n",
        rule="a start is due lead and slack ahead",
        sees="L1",
    ),
    _in_pieces(
        name="the slack forgotten",
        old="    ahead = model.lead + model.slack\n",
        new="    ahead = model.lead\n",
        rule="a start is due lead and slack ahead",
        sees="L1",
        first=("starts that take their whole lead",),
    ),
    _in_demand(
        name="the end is no edge",
        old="its = [demand.start_at, demand.ready_at, demand.end, *",
        new="its = [demand.start_at, demand.ready_at, *",
        rule="a pass checks a model when its demand ends",
        sees="L2",
    ),
    _in_demand(
        name="the start is no edge",
        old="its = [demand.start_at, demand.ready_at, demand.end, *",
        new="its = [demand.ready_at, demand.end, *",
        rule="a pass checks a model when its start is due",
        sees="L1",
    ),
    _in_demand(
        name="the next demand served early",
        old="return self.start_at <= instant < self.end",
        new="return instant < self.end",
        rule="what runs between two demands is not wanted",
        sees="L2",
    ),
    _in_demand(
        name="a demand that ends 4 min late",
        old="""    place = bisect_right(around.ends, now)
    for found in around.demands[place:]:
        demand = found if served else _drop_what_is_over(found, now)
        if now in demand:""",
        new="""    place = bisect_right(around.ends, now - STOP_TIME)
    for found in around.demands[place:]:
        demand = found
        if demand.start_at <= now:""",
        rule="a stop is accepted within two minutes of the demand's end",
        sees="L2",
    ),
    _in_demand(
        name="a demand that ends 10 min early",
        old="        if now in demand:",
        new="        if now in demand and now < demand.end - STOP_TIME - BRIDGE_ALLOWANCE:",
        rule="what is needed is not stopped",
        sees="S3",
    ),
    Mutation(
        name="a stack that is paused checks nothing again",
        file="domain/decision/decision.py",
        old="None if by_plan else pick_wake(situation, situation.now + HOSTED_EVERY)",
        new="None",
        rule="a stack set back to act goes on by itself",
        sees="L1",
        suite="tests/days/test_an_ordinary_day.py",
    ),
)
