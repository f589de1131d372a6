"""The watch: an event of a hosting service says that something has changed, so the models it names are looked at now.

Pure but for its ports. An event is a hint and no more: what is so, the pass sees for itself. Decides nothing about any
model.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from preheat.domain.plan import RULES, Backend, ModelId
from preheat.ports import Clock, Queue, QueueUnavailable, Store, UnreadableItem

TEXT_MAX = 64  # characters of a foreign text that are quoted


@dataclass(frozen=True, slots=True)
class EndpointChange:
    """What is taken of an event of SageMaker's; `status` is for the log alone."""

    endpoint: str
    region: str
    status: str


def endpoint_change(event: object) -> EndpointChange:
    """Return what an event says; several events for one change are usual, and their order is not kept.

    Raises:
        UnreadableItem: it names no endpoint and region.
    """
    body = event if isinstance(event, dict) else {}
    detail = body.get("detail")
    detail = detail if isinstance(detail, dict) else {}
    endpoint, region = detail.get("EndpointName"), body.get("region")
    rule = RULES[Backend.SAGEMAKER][0]
    if not isinstance(endpoint, str) or not rule.pattern.fullmatch(endpoint):
        raise UnreadableItem(f"event: detail.EndpointName {ascii(endpoint)[:TEXT_MAX]} is not {rule.accepted}")
    if not isinstance(region, str):
        raise UnreadableItem(f"event: region {ascii(region)[:TEXT_MAX]} is not a region such as eu-central-1")
    return EndpointChange(endpoint, region, str(detail.get("EndpointStatus"))[:TEXT_MAX])


class Watch:
    """Finds the models that an event concerns. What it has read of a plan it keeps until another one is current."""

    def __init__(self, clock: Clock, store: Store, queue: Queue) -> None:
        self._clock, self._store, self._queue = clock, store, queue
        self._plan_version = 0
        self._of_endpoint: dict[str, list[tuple[str | None, ModelId]]] = {}

    def look(self, change: EndpointChange) -> tuple[ModelId, ...]:
        """Make the models due that run on the endpoint, and send each to its pass; return them.

        A model whose region is not said may be the event's or not; to look once more does no harm.

        Raises:
            StoreUnavailable: not all have been woken; the event may come again, and else the tick looks when it is due.
        """
        self._read_plan()
        found = self._of_endpoint.get(change.endpoint, [])
        woken = tuple(model_id for region, model_id in found if region in (None, change.region))
        for model_id in woken:
            self._store.wake(model_id, self._clock.now())
            try:
                self._queue.enqueue(model_id, timedelta())
            except QueueUnavailable:
                continue  # It is due: the next tick sends it.
        return woken

    def _read_plan(self) -> None:
        version = self._store.plan_version()
        if version == self._plan_version:
            return
        found = defaultdict(list)
        for model_id in self._store.planned_models():
            try:
                model = self._store.planned(model_id).model
            except UnreadableItem:
                continue  # Its own pass tells of it; it must not hide the others.
            if model is not None and model.target.backend is Backend.SAGEMAKER:
                found[model.target.project].append((model.target.region, model_id))
        self._plan_version, self._of_endpoint = version, dict(found)
