"""Mutations of what others ask for: what a pass reads of it, whom an answer wakes, what is stored with it."""

from functools import partial

from scripts.mutants.mutation import Mutation

_d = partial(Mutation, file="requests/desk.py")
_p = partial(Mutation, file="reconcile.py")

MUTATIONS = (
    _d(
        name="an accepted hold of a schedule wakes nobody",
        old="concerned = tuple(model.model_id for model in case.models) if case is not None and wakes else ()",
        new="concerned: tuple[ModelId, ...] = ()",
        rule="whom an accepted request concerns is due",
        sees="S6",
    ),
    _d(
        name="an answer without its change",
        old="self._store.answer(reply, ruling.change, concerned, _version(case))",
        new="self._store.answer(reply, None, concerned, _version(case))",
        rule="what was accepted is stored with the answer",
        sees="S6",
    ),
    _p(
        name="holds and blocks of a schedule not read",
        old="        guards[Subject(schedule=name)] = found.version\n",
        new="        guards[Subject(schedule=name)] = found.version\n        continue\n",
        rule="what stands of a model's schedules is its demand as well",
        sees="L1",
    ),
)
