"""Endpoints that scale, in the simulated plant: their owners set it up once, and Preheat has to bring it back.

Owns who scales, and promise L7: what Preheat says it restores after a stop, it restores, or still means to. Draws no
chance, so that a seed replays as it did before.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import Action, LedgerEntry
from preheat_simulator.core.status import Status
from preheat_simulator.sagemaker import VARIANT, EndpointService

if TYPE_CHECKING:
    from preheat_lab.simulation.world import SimulatedWorld

EVERY: Final = timedelta(minutes=10)
EVERY_NTH: Final = 3  # model scales
DIMENSION: Final = {
    "ServiceNamespace": "sagemaker",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "MinCapacity": 1,
    "MaxCapacity": 4,
}


class ScaledEndpoints:
    """Every third endpoint of a plant on SageMaker scales from the first time that it is in service."""

    def __init__(self, world: "SimulatedWorld") -> None:
        self._world = world
        # Whether its owner has set it up.
        self._scaled: dict[ModelId, bool] = dict.fromkeys(world.everyone[::EVERY_NTH], False)

    def on_minute(self, now: datetime) -> None:
        """Set up what its owner has not set up yet, and judge what Preheat has promised."""
        service = self._world.service
        if not self._scaled or not isinstance(service, EndpointService) or now.minute % (EVERY.seconds // 60):
            return
        for model_id, is_set_up in self._scaled.items():
            target = self._world.targets[model_id]
            if service.status(target.project, target.version) is not Status.HOSTED:
                continue
            resource = f"endpoint/{target.project}/variant/{VARIANT}"
            if not is_set_up:
                service.scaling.register({**DIMENSION, "ResourceId": resource})
                self._scaled[model_id] = True
            elif not service.scaling.targets([resource]):
                self._judge(model_id, now)

    def _judge(self, model_id: ModelId, now: datetime) -> None:
        record = self._world.store.records.get(model_id)
        last = find_last_promise(list(self._world.store.read_ledger(model_id)))
        if record is not None and record.scaling is None and last is not None and last.action is Action.STOP:
            what = "Preheat promised to restore the scaling, and keeps it no more"
            self._world.watch.note_missed("L7", model_id, now, what)


def find_last_promise(entries: list[LedgerEntry]) -> LedgerEntry | None:
    """Return the last entry that promises to restore scaling, or reports it restored; None: there is none."""
    told = (one for one in reversed(entries) if _promises(one) or one.reason.startswith("Restored "))
    return next(told, None)


def _promises(entry: LedgerEntry) -> bool:
    return entry.action is Action.STOP and "Preheat restores" in entry.reason
