"""Owns the simulated projects and model versions: adding, finding, deleting, and the quotas over all of them.

It knows no call, token or fault. Looking a model up carries out what fell due for it.
"""

from collections.abc import Iterator
from datetime import datetime

from preheat_simulator.core.billing import Meter
from preheat_simulator.core.errors import make_invalid, make_not_found, make_over_quota
from preheat_simulator.core.hosted import SimulatedModel
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.core.status import Status
from preheat_simulator.core.switches import Latest
from preheat_simulator.core.views import ProjectView

REGION = "eu-central-1"
ACCOUNT = "123456789012"


class SimulatedFleet:
    """All projects and models of one simulated account and Region."""

    def __init__(self, region: str = REGION, account: str = ACCOUNT) -> None:
        self._arn = f"arn:aws:lookoutvision:{region}:{account}"
        self._projects: dict[str, ProjectView] = {}
        self._models: dict[str, dict[str, SimulatedModel]] = {}
        self.meters: dict[str, Meter] = {}
        """By PROJECT/VERSION; a deleted model's meter stays, and one of the same name goes on with it."""

    def add_project(self, name: str, now: datetime) -> ProjectView:
        """Add a project, or return the one of that name."""
        if name not in self._projects:
            self._projects[name] = ProjectView(name, f"{self._arn}:project/{name}", now)
            self._models[name] = {}
        return self._projects[name]

    def add_model(self, project: str, version: str, status: Status, now: datetime) -> SimulatedModel:
        """Add a model version, and its project if that is new; raises ValueError if the version exists."""
        self.add_project(project, now)
        if version in self._models[project]:
            raise ValueError(f"model {project}/{version}: it exists already")
        model = SimulatedModel(
            project=project,
            version=version,
            arn=f"{self._arn}:model/{project}/{version}",
            created_at=now,
            status=Status.TRAINED,
            meter=self.meters.setdefault(f"{project}/{version}", Meter()),
        )
        if status is not Status.TRAINED:
            model.force(now, status)
        self._models[project][version] = model
        return model

    def project(self, name: str) -> ProjectView:
        """Return a project; raises ServiceError ResourceNotFoundException."""
        if name not in self._projects:
            raise make_not_found("PROJECT", name)
        return self._projects[name]

    def projects(self) -> tuple[ProjectView, ...]:
        """Return all projects in the order of their creation."""
        return tuple(self._projects.values())

    def model(self, project: str, version: str, now: datetime) -> SimulatedModel:
        """Return a model as of `now`, `latest` being the highest version; raises ServiceError if there is none."""
        self.project(project)
        versions = self._models[project]
        if version == "latest" and versions:
            version = max(versions, key=int)
        if version not in versions:
            raise make_not_found("MODEL", f"{project}/{version}")
        model = versions[version]
        model.advance(now)
        return model

    def model_to_run(self, project: str, version: str, now: datetime, latest: Latest) -> SimulatedModel:
        """Return the model that a start or stop names; raises ServiceError, also for a refused `latest` ."""
        if version == "latest" and latest is Latest.REFUSE:
            raise make_invalid("ModelVersion: latest is not accepted here, name a version number")
        return self.model(project, version, now)

    def find(self, project: str, version: str, now: datetime) -> SimulatedModel | None:
        """Return a model as of `now`, or None if there is none."""
        return next((model for model in self.models_of(project, now) if model.version == version), None)

    def models_of(self, project: str, now: datetime) -> list[SimulatedModel]:
        """Return the models of a project as of `now`; none if there is no such project."""
        return list(self.models(now, project)) if project in self._projects else []

    def models(self, now: datetime, project: str | None = None) -> Iterator[SimulatedModel]:
        """Return all models, or those of one project, as of `now`."""
        for name in self._models if project is None else (project,):
            for model in self._models[name].values():
                model.advance(now)
                yield model

    def delete(self, project: str, version: str, now: datetime) -> None:
        """Remove a model and stop its meter; raises ServiceError if there is none."""
        model = self.model(project, version, now)
        model.meter.close(now)
        del self._models[project][model.version]

    def delete_project(self, name: str, now: datetime) -> None:
        """Remove a project with its models; raises ServiceError if there is none."""
        self.project(name)
        for version in list(self._models[name]):
            self.delete(name, version, now)
        del self._projects[name], self._models[name]

    def check_quotas(
        self, model: SimulatedModel, units: tuple[int, int | None], limits: AccountLimits, now: datetime
    ) -> None:
        """Raise ServiceError ServiceQuotaExceededException if a start with `units` (min, max) would exceed a limit."""
        most = max(units[0], units[1] or 0)
        if limits.max_units_per_model is not None and most > limits.max_units_per_model:
            raise make_over_quota(
                f"{most} inference units for one model, the limit is {limits.max_units_per_model}",
                "units-per-model",
                model.name,
            )
        if limits.max_hosted_models is None and limits.max_units is None:
            return
        others = [each for each in self.models(now) if each is not model and each.takes_capacity]
        if limits.max_hosted_models is not None and len(others) >= limits.max_hosted_models:
            raise make_over_quota(
                f"{len(others)} models are hosted, the limit is {limits.max_hosted_models}", "hosted-models", model.name
            )
        total = units[0] + sum(each.min_units or 0 for each in others)
        if limits.max_units is not None and total > limits.max_units:
            raise make_over_quota(
                f"{total} inference units in all, the limit is {limits.max_units}", "units", model.name
            )
