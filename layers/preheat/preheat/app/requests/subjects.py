"""Which models a request is about: the one that it names, or those that have the schedule. Reads the plan, no more."""

from collections.abc import Sequence

from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.store import PlanReader
from preheat.domain.demand.request import Subject
from preheat.domain.plan.plan import HostedModel


class Subjects:
    """Finds the models of a subject. It keeps the schedules of a plan until another plan is current."""

    def __init__(self, store: PlanReader) -> None:
        self._store = store
        self._plan_version = 0
        self._of_schedule: dict[str, list[HostedModel]] = {}

    def models(self, subject: Subject) -> Sequence[HostedModel]:
        """Return the models that the current plan has of a subject; none if it knows no such one.

        Raises:
            UnreadableItem: the model's plan is of a form that this release does not know.
        """
        if subject.model_id is not None:
            model = self._store.read_planned(subject.model_id).model
            return (model,) if model is not None else ()
        self._read_plan()
        return tuple(self._of_schedule.get(subject.schedule or "", ()))

    def _read_plan(self) -> None:
        version = self._store.read_plan_version()
        if version == self._plan_version:
            return
        found: dict[str, list[HostedModel]] = {}
        for model_id in self._store.list_planned_models():
            try:
                model = self._store.read_planned(model_id).model
            except UnreadableItem:
                continue  # Its own pass reports it; it must not hide the others.
            for name in {schedule.name for schedule in model.schedules} if model is not None else ():
                found.setdefault(name, []).append(model)  # type: ignore[arg-type]  # no name without a model
        self._plan_version, self._of_schedule = version, found
