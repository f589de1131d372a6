"""Mutations of active requests: whether a pass reads them, and what guards a stop that was decided before."""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_in_reconcile = partial(Mutation, file="app/reconcile/reconcile.py")
_in_situation = partial(Mutation, file="domain/decision/situation.py", first=("asked in units",))

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
        old="requests = list(remote.store.read_standings(Subject(model_id=model.model_id), now - HORIZON).requests)",
        new="requests: list[Standing] = []",
        rule="active requests of the model are demand",
        sees="S3",
    ),
    _in_reconcile(
        name="requests: the schedule's not read",
        old="        requests += found.requests\n",
        new="",
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
        old="        return attempt.units.minimum < find_units(model, demand.find_holds(self.now)).minimum",
        new="        return False and attempt.units.minimum < find_units(model, demand.find_holds(self.now)).minimum",
        rule="where the plan says so, what runs with fewer units than are asked for is restarted",
        sees="L1",
    ),
    _in_situation(
        name="requests: restarted for any hold",
        old="attempt.units.minimum",
        new="bool(demand.holds) or attempt.units.minimum",
        rule="what runs with enough units is left as it is",
        sees="S3",
    ),
    Mutation(
        name="gate: a restart waits for it again with each pass",
        file="domain/decision/draining.py",
        old="""    waits = (
        situation.outgrown
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
        old="known = (record.since, *(",
        new="known = (None, *(",
        rule="demand is seen from no earlier than what was begun for it",
        sees="S3",
        first=("woken by an apply: two faults",),
    ),
)
