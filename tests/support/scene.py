"""A plant's requests, for tests to read: the real desk over the store in memory, on the Monday of `tests.support.day`.

scene = Scene(a_model("08:00-16:00"))
scene.at("17:00")
reply = scene.asks("hold", until="20:00")
"""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.support.day import MIDNIGHT, WELD, at

from preheat.adapters.clock import VirtualClock
from preheat.adapters.memory.queue import MemoryQueue
from preheat.adapters.memory.store import MemoryStore
from preheat.adapters.sqs.rejected import MemoryRejected
from preheat.app.requests.case import Limits
from preheat.app.requests.desk import Desk, Taken
from preheat.app.requests.envelope import IncomingMessage
from preheat.domain.demand.request import Kind, Reply, RequestId, Standing, Subject
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId

LINE, OTHER, ADMIN = "AROALINE7", "AROAPAINTSHOP", "AROACONTROLROOM"
REPLIES = "arn:aws:sqs:eu-central-1:111122223333:line-7-replies"
LIMITS = Limits(admins=frozenset({ADMIN}), reply_queues=frozenset({REPLIES}))
INSTANTS = ("from", "until")


class Scene:
    """A plan, the desk, and what it has done."""

    def __init__(self, *models: HostedModel, limits: Limits = LIMITS) -> None:
        self.clock = VirtualClock(MIDNIGHT)
        self.store, self.queue, self.rejected = MemoryStore(), MemoryQueue(self.clock), MemoryRejected()
        self.desk = Desk(self.clock, self.store, self.queue, self.rejected, limits)
        self.store.apply(models, expected_version=0, at=MIDNIGHT)
        for record in self.store.records.values():
            self.store.records[record.model_id] = replace(record, wake_at=None)
        self._number = 0

    def at(self, text: str, day: int = 0) -> None:
        """Let it be that time."""
        self.clock.advance_to(at(text, day))

    def message(self, verb: str, by: str = LINE, day: int = 0, **fields: Any) -> IncomingMessage:
        """Return a message; instants have the form `20:00`, and `request_id` and `model` have a default."""
        self._number += 1
        fields = {"request_id": f"request-{self._number}", **fields}
        fields |= {name: at(fields[name], day).isoformat() for name in INSTANTS if name in fields}
        if "schedule" not in fields:
            fields.setdefault("model", WELD)
        body = json.dumps({"version": 1, "verb": verb, **fields})
        return IncomingMessage(f"message-{self._number}", f"{by}:session", body)

    def takes(self, message: IncomingMessage) -> Taken:
        """Have the desk take a message."""
        return self.desk.take(message)

    def asks(self, verb: str, by: str = LINE, **fields: Any) -> Reply:
        """Have somebody ask for something, and return the reply."""
        return self.takes(self.message(verb, by, **fields)).reply

    def find_standing(self, request_id: str, model: ModelId = WELD) -> Standing | None:
        """Return the active request of an id."""
        return self.store.find_standing(Subject(model), RequestId(request_id))

    def until(self, request_id: str) -> datetime | None:
        """Return when the active request of an id ends."""
        found = self.find_standing(request_id)
        return found.end if found is not None else None

    def record(self, **changes: Any) -> None:
        """Let the model's record be another."""
        self.store.records[WELD] = replace(self.store.records[WELD], **changes)

    def find_due(self) -> list[ModelId]:
        """Return the models that are due."""
        return [line.model_id for line in self.store.find_due(self.clock.at)]

    def sent(self) -> list[ModelId]:
        """Return the models with a sent work message, and forget them."""
        found = []
        while (model_id := self.queue.receive()) is not None:
            found.append(model_id)
        return found

    def many(self, count: int, kind: Kind = Kind.HOLD, *, begin: str = "17:00", until: str = "18:00") -> None:
        """Store this many holds or blocks."""
        for number in range(count):
            name = RequestId(f"old-{number}")
            standing = Standing(name, kind, Subject(WELD), LINE, at(begin), at(until), known_at=MIDNIGHT)
            self.store.stands.setdefault(Subject(WELD), {})[name] = standing

    @property
    def stored(self) -> tuple[Any, ...]:
        """All active requests, for comparison."""
        stands = {subject: dict(found) for subject, found in self.store.stands.items()}
        releases = {key: tuple(found) for key, found in self.store.releases.items()}
        return stands, releases, dict(self.store.versions), dict(self.store.records)
