"""Mutations of active requests: whether a pass reads them, and the guard of an earlier decision to stop."""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_in_reconcile = partial(Mutation, file="app/reconcile/reconcile.py")
_in_situation = partial(Mutation, file="domain/decision/sizing.py", first=("asked in units",))
_in_units = partial(Mutation, file="domain/demand/units.py")

MUTATIONS = (
    _in_reconcile(
        name="requests: a stop that nothing guards",
        old="([(Guarded.PLAN, situation.plan_version), *situation.guards.items()])",
        new="([(Guarded.PLAN, situation.plan_version)])",
        rule="a stop decided before a schedule's hold was accepted loses its write",
        sees="S3",
    ),
    _in_reconcile(
        name="plan: a stop that the plan does not guard",
        old="([(Guarded.PLAN, situation.plan_version), *situation.guards.items()])",
        new="(situation.guards.items())",
        rule="a stop decided before an apply that prolongs the shift loses its write",
        sees="S3",
    ),
    _in_reconcile(
        name="requests: the model's own not read",
        old="    for subject in list_subjects(model):",
        new="    for subject in list_subjects(model)[1:]:",
        rule="active requests of the model are demand",
        sees="S3",
    ),
    _in_reconcile(
        name="requests: the schedule's not read",
        old="        requests += found.requests\n",
        new="        requests += found.requests if subject.schedule is None else ()\n",
        rule="active requests of a schedule are demand of its models",
        sees="S3",
    ),
    _in_reconcile(
        name="requests: a block is lifted by the pass's own clock",
        old="for at in (one.known_at, one.released_at)",
        new="for at in (one.known_at,)",
        rule="demand is seen from no earlier than what was read of it was known",
        sees="S3",
        first=("a block that is lifted: a fault",),
    ),
    _in_situation(
        name="requests: never restarted for a larger hold",
        old="    return attempt.is_closable(situation.now) and attempt.units.minimum < _find_restart_units(situation)",
        new="    return False",
        rule="where the plan says so, what runs with fewer units than are asked for is restarted",
        sees="L1",
    ),
    _in_situation(
        name="requests: restarted for any hold",
        old="    return attempt.is_closable(situation.now) and attempt.units.minimum < _find_restart_units(situation)",
        new="    return bool(situation.outlook.current and situation.outlook.current.find_holds(situation.now))",
        rule="what runs with enough units is left as it is",
        sees="S3",
    ),
    Mutation(
        name="units: refused ones asked for again and again",
        file="domain/decision/answering.py",
        old="        record, shortage = fall_back(situation.model, record)",
        new="        pass",
        rule="after a refusal of more units the demand falls back to the plan's own",
        sees="S13",
        first=("asked in units",),
    ),
    _in_situation(
        name="units: those that failed asked for in the next start",
        old="    if demand is None or (effort is not None and effort.units_failed):",
        new="    if demand is None:",
        rule="units that failed are not asked for again until the demand ends",
        sees="S13",
        first=("more units for a shift: a fault",),
    ),
    _in_units(
        name="units: asked for without a cap",
        old="    raised = min(asked, model.units_by_request)",
        new="    raised = asked",
        rule="no hold makes a start ask for more units than the plan lets requests have",
        sees="S13",
        first=("more units for a shift: a fault",),
    ),
    _in_units(
        name="units: asked for however late it is",
        old="    if units.minimum <= max(model.units.minimum, served) or _leaves_time(model, demand, now):",
        new="    if True:",
        rule="more units are asked for only while a refusal leaves the plan's own start its lead",
        sees="S13",
        first=("asked in units",),
    ),
    _in_units(
        name="units: a restart for a hold of any length",
        old="if hold.end > ready_at))",
        new="))",
        rule="a restart for more units comes only for a hold that outlasts it",
        sees="S3",
        first=("asked in units",),
    ),
    _in_situation(
        name="units: a restart however near a shift is",
        old="return _find_made_late(situation) is None and _lacks_units(situation, attempt)",
        new="return _lacks_units(situation, attempt)",
        rule="a restart never leaves the model away at the begin of a shift",
        sees="S3",
        first=("a larger hold between two shifts",),
    ),
    _in_situation(
        name="units: a restart whose stop is refused once comes no more",
        old="attempt.tries < RESTART_TRIES_MAX",
        new="attempt.tries < 1",
        rule="a restart whose stop is refused for a moment is tried again",
        sees="L1",
        suite="tests/days/test_drain_and_gate.py",
    ),
    _in_situation(
        name="units: a restart that is refused is tried without end",
        old="attempt.tries < RESTART_TRIES_MAX",
        new="attempt.tries < 500",
        rule="a restart whose stop is refused again and again leaves the model serving",
        sees="S10",
        suite="tests/days/test_drain_and_gate.py",
    ),
    _in_units(
        name="units: a restart counts as over when its stop is",
        old="    return now + STOP_TIME + model.lead + model.slack",
        new="    return now + STOP_TIME",
        rule="a restart never leaves the model away at the begin of a shift",
        sees="S3",
        suite="tests/days/test_units_by_request.py",
    ),
    Mutation(
        name="gate: a restart waits for it again with each pass",
        file="domain/decision/draining.py",
        old="""    waits = (
        is_outgrown(situation)
        or observed in gating.UNTELLING
        or (situation.desired is Desired.REST and observed not in OVER)
    )""",
        new="    waits = observed in gating.UNTELLING or (situation.desired is Desired.REST and observed not in OVER)",
        rule="a gate that cannot be closed keeps a restart for five minutes",
        sees="L1",
        first=("a larger hold behind a gate: a fault",),
    ),
    _in_reconcile(
        name="what has begun is not wanted yet by the pass's own clock",
        old="known = (record.since, model.announced_at, *(",
        new="known = (None, model.announced_at, *(",
        rule="demand is seen from no earlier than what was begun for it",
        sees="S3",
        first=("woken by an apply: two faults",),
    ),
)
