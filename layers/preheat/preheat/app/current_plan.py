"""Finds a model's part of the current plan by a key. Reads the plan once for each version; knows no function."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from preheat.app.ports.plans import PlanReader
from preheat.domain.plan.hosted_model import HostedModel


class CurrentPlan[Key: Hashable]:
    """Finds the models of the current plan by keys, as `keys_of` returns them. Reads a changed plan again."""

    def __init__(self, store: PlanReader, keys_of: Callable[[HostedModel], Iterable[Key]]) -> None:
        self._store, self._keys_of = store, keys_of
        self._version = 0
        self._models: dict[Key, list[HostedModel]] = {}

    def find(self, key: Key) -> Sequence[HostedModel]:
        """Return the models with this key, in the plan's order; none if there are none.

        A model whose plan this release cannot read is left out, so that it hides no other. Its own pass reports it.
        """
        if self._store.read_plan_version() != self._version:
            self._version, self._models = self._read()
        return self._models.get(key, ())

    def _read(self) -> tuple[int, dict[Key, list[HostedModel]]]:
        found: dict[Key, list[HostedModel]] = defaultdict(list)
        plan = self._store.read_whole_plan()
        for model in plan.models.values():
            for key in self._keys_of(model):
                found[key].append(model)
        return plan.version, found
