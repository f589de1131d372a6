"""Mutations of what stands of requests: whether a pass reads it, and what guards a stop that was decided before."""

from functools import partial

from scripts.mutants.mutation import Mutation

_m = partial(Mutation, file="reconcile.py")

MUTATIONS = (
    _m(
        name="requests: a stop that nothing guards",
        old="    record = _save(decision, remote, entries, situation.guards if stops else {})\n",
        new="    record = _save(decision, remote, entries, {})\n",
        rule="a stop decided before a schedule's hold was accepted loses its write",
        sees="S3",
    ),
    _m(
        name="requests: the model's own not read",
        old="requests = list(remote.store.standings(Subject(model_id=model.model_id), now - HORIZON).requests)",
        new="requests: list[Standing] = []",
        rule="what stands of the model is demand",
        sees="S3",
    ),
    _m(
        name="requests: the schedule's not read",
        old="        requests += found.requests\n",
        new="",
        rule="what stands of a schedule is demand of its models",
        sees="S3",
    ),
)
