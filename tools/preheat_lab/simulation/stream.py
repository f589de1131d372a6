"""The ledger's stream in the simulated world, the mapping that reads it, and the judgement of the published events.

Owns when to call `publish` with what, as template.yaml configures its mapping: one shard, in order. It tries a failed
batch again from its first failure, and halves it if the function died. Once the first record is six hours old, it
discards the batch permanently and counts it. Its chance is its own: faults here move nothing else. Judges L6: the
function publishes each entry or sets it aside. It does so in its model's order, and each time in the same words under
the same ids. The same holds for each reply (S6) and each apply, which make one event.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any, Protocol

from preheat.adapters.clock import VirtualClock
from preheat.adapters.dynamodb.request_items import name_reply_partition
from preheat.adapters.dynamodb.stream import Expired, LedgerStream, Tampered
from preheat.adapters.dynamodb.tables import APPLIES
from preheat.adapters.memory.bus import MemoryEvents
from preheat.app.ports.errors import EventsUnavailable
from preheat.app.publish import format_reply, make_events
from preheat.domain.demand.request import Reply
from preheat.domain.plan.applied import AppliedPlan
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.event import Event, EventKind
from preheat.domain.record.record import LedgerEntry
from preheat_lab.simulation.faults import Fate, FaultMix, Mishap, WorkerKilled

BATCH_MAX = 100
RECORD_AGE_MAX = timedelta(hours=6)
RETRY_AFTER_MAX = timedelta(minutes=1)
LATENCY_MAX = timedelta(seconds=2)
PUBLISHING = 2  # calls to the bus in a batch, as a rule
TABLE = "preheat-ledger"


class StreamedWorld(Protocol):
    """The stream's view of the world."""

    clock: VirtualClock
    mix: FaultMix

    def at(self, at: datetime, event: Callable[[], None]) -> None:
        """Let an event happen."""

    def note(self, mishap: Mishap) -> None:
        """Count a mishap."""


class ReadOnce(LedgerStream):
    """Decodes each record once, although the handler reads it for its metrics and again for its events."""

    def __init__(self, table_name: str) -> None:
        super().__init__(table_name)
        self._last: deque[tuple[Mapping[str, Any], LedgerEntry | Reply | AppliedPlan | Tampered | Expired]]
        self._last = deque(maxlen=BATCH_MAX)

    def read(self, record: Mapping[str, Any]) -> LedgerEntry | Reply | AppliedPlan | Tampered | Expired:
        """See `LedgerStream`."""
        for one, said in self._last:
            if one is record:
                return said
        said = super().read(record)
        self._last.append((record, said))
        return said


class SimulatedBus(MemoryEvents):
    """The event bus: some calls do not arrive, some get no answer, and at some the worker dies."""

    def __init__(self, world: StreamedWorld, chance: Random) -> None:
        super().__init__()
        self._world, self._chance = world, chance
        self.fate = Fate(None)
        self.out = world.mix.queue_out

    def put(self, events: Sequence[Event]) -> None:
        """See `ports.Events`."""
        self.fate.before()
        if self.out and self._chance.random() < self.out:
            self._world.note(Mishap.BUS_OUT)
            if self._chance.random() < 0.5:
                super().put(events)
            raise EventsUnavailable("out of reach")
        super().put(events)
        self.fate.after()


class Stream:
    """The shard of the ledger's stream with its mapping."""

    def __init__(self, world: StreamedWorld, bus: SimulatedBus, chance: Random) -> None:
        self._world, self._bus, self._chance = world, bus, chance
        self._entries: deque[LedgerEntry | Reply | AppliedPlan] = deque()
        self._under_way = False
        self._retries = 0
        self._half = BATCH_MAX
        self._told: dict[tuple[ModelId, int], int] = {}
        self._last: dict[ModelId, int] = {}
        self.discarded: set[tuple[str, int]] = set()
        self.out_of_order: list[LedgerEntry] = []
        self.publish: Callable[[list[dict[str, Any]]], int] = _refuse_unwired  # `Functions.publish`, which reports back

    def append(self, entry: LedgerEntry | Reply | AppliedPlan) -> None:
        """Take a new entry, reply or apply of the ledger; its delivery follows soon."""
        self._entries.append(entry)
        if not self._under_way:
            self._under_way = True
            self._later(self._chance.uniform(0, 1) * LATENCY_MAX, self._deliver)

    def mark_published(self, entry: LedgerEntry) -> bool:
        """Note that `publish` has finished an entry; return whether that is the first time."""
        key = entry.model_id, entry.sequence
        self._told[key] = self._told.get(key, 0) + 1
        if self._told[key] > 1:
            return False
        before = range(self._last.get(entry.model_id, 0) + 1, entry.sequence)
        if any((entry.model_id, each) not in self.discarded for each in before):
            self.out_of_order.append(entry)
        self._last[entry.model_id] = max(entry.sequence, self._last.get(entry.model_id, 0))
        return True

    def drain(self) -> None:
        """Deliver the remaining entries without any fault: the run ends before anybody publishes its last seconds."""
        self._bus.out = 0.0
        while self._entries:
            batch = [self._entries.popleft() for _ in range(min(len(self._entries), BATCH_MAX))]
            self._bus.fate = Fate(None)
            while batch:
                batch = batch[self._publish(batch) :]

    def find_violations(self, model_id: ModelId, ledger: Sequence[LedgerEntry]) -> list[str]:
        """Return the faults in the publication of a model's ledger."""
        found = [
            f"entry {entry.sequence} was neither published nor set aside"
            for entry in ledger
            if (model_id, entry.sequence) not in self._told.keys() | self.discarded
        ]
        found += [
            f"entry {entry.sequence} was published before an earlier one"
            for entry in self.out_of_order
            if entry.model_id == model_id
        ]
        put = self._by_id.get(model_id, {})
        for entry in ledger:
            # An entry may have metrics and no event: Preheat sets it aside if the bus does not respond for long.
            if (model_id, entry.sequence) not in self._told or (model_id, entry.sequence) in self.discarded:
                continue
            for event in make_events(entry):
                if put.pop(event.event_id, None) != event:
                    found.append(f"entry {entry.sequence}: {event.kind} is not on the bus, or in other words")
        discarded = {
            event.event_id
            for entry in ledger
            if (model_id, entry.sequence) in self.discarded
            for event in make_events(entry)
        }
        return found + [
            f"{event.kind} reports nothing that is stored" for key, event in put.items() if key not in discarded
        ]

    def find_reply_violations(self, replies: Iterable[Reply], sent: Sequence[str]) -> list[str]:
        """Return the faults in the publication of the replies; `sent`: the messages to their queue."""
        found = []
        put = self._by_id.get(_REPLIES, {})
        for reply in replies:
            (event,) = make_events(reply)
            kind = EventKind.REQUEST_ACCEPTED if reply.accepted else EventKind.REQUEST_REJECTED
            was = put.pop(event.event_id, None)
            if _key(reply) in self.discarded:
                continue
            if was != event or (was.kind, was.request_id, was.code) != (kind, reply.request_id, reply.code):
                found.append(f"{reply.request_id}: {kind} is not on the bus, or in other words")
            if reply.reply_to is not None and format_reply(event) not in sent:
                found.append(f"{reply.request_id}: its reply was not sent to the queue that it names")
        return found + [f"{event.kind} of {event.request_id} reports no reply" for event in put.values()]

    def find_apply_violations(self, applied: Iterable[AppliedPlan]) -> list[str]:
        """Return the faults in how `publish` put the applies."""
        put, found = self._by_id.get(APPLIES, {}), []
        for one in applied:
            (event,) = make_events(one)
            if put.pop(event.event_id, None) != event and _key(one) not in self.discarded:
                found.append(f"plan {one.version}: {event.kind} is not on the bus, or in other words")
        return found + [f"{event.kind} of plan {event.plan} reports no apply" for event in put.values()]

    @property
    def _by_id(self) -> dict[str, dict[str, Event]]:
        """Return what is on the bus by model and id; a second event under an id has to be the same."""
        found: dict[str, dict[str, Event]] = {}
        for event in self._bus.taken:
            asked = event.kind in (EventKind.REQUEST_ACCEPTED, EventKind.REQUEST_REJECTED)
            applied = event.kind is EventKind.PLAN_APPLIED
            of_model = found.setdefault(_REPLIES if asked else APPLIES if applied else str(event.model), {})
            if of_model.setdefault(event.event_id, event) != event:
                of_model[f"{event.event_id} again"] = event
        return found

    # --- the mapping -------------------------------------------------------------------------------------------------

    def _deliver(self) -> None:
        chance, mix = self._chance, self._world.mix
        batch = [self._entries[place] for place in range(min(len(self._entries), self._half))]
        self._bus.fate = Fate.draw(chance, mix.killed, PUBLISHING)
        try:
            done = self._publish(batch)
        except WorkerKilled:
            self._world.note(Mishap.PUBLISHER_KILLED)
            done, self._half = 0, max(len(batch) // 2, 1)
        if done:
            self._retries, self._half = 0, BATCH_MAX
            if mix.doubled and chance.random() < mix.doubled:
                self._world.note(Mishap.BATCH_DOUBLED)
                self._later(timedelta(seconds=chance.uniform(0, 300)), lambda: self._again(batch[:done]))
        else:
            self._retries += 1
        for _ in range(done):
            self._entries.popleft()
        while self._retries and self._entries and self._world.clock.at - self._entries[0].at > RECORD_AGE_MAX:
            self.discarded.add(_key(self._entries.popleft()))
            self._half = BATCH_MAX
        self._under_way = bool(self._entries)
        if self._entries:
            self._later(min(timedelta(seconds=2.0 ** min(self._retries, 6)), RETRY_AFTER_MAX), self._deliver)

    def _again(self, batch: list[LedgerEntry | Reply | AppliedPlan]) -> None:
        self._bus.fate = Fate.draw(self._chance, self._world.mix.killed, PUBLISHING)
        try:
            self._publish(batch)
        except WorkerKilled:
            self._world.note(Mishap.PUBLISHER_KILLED)

    def _publish(self, batch: list[LedgerEntry | Reply | AppliedPlan]) -> int:
        """Call the function with a batch; return how many of its first it has finished."""
        return self.publish([_record(entry) for entry in batch])

    def _later(self, wait: timedelta, then: Callable[[], None]) -> None:
        self._world.at(self._world.clock.at + wait, then)


_STREAM = LedgerStream(TABLE)
_REPLIES = "replies/"  # no model has this name


def _refuse_unwired(_records: list[dict[str, Any]]) -> int:
    raise RuntimeError("the functions are wired before anything is appended")


def _key(entry: LedgerEntry | Reply | AppliedPlan) -> tuple[str, int]:
    """Return the place of an entry, a reply or an apply in the ledger."""
    if isinstance(entry, AppliedPlan):
        return APPLIES, entry.version
    return (name_reply_partition(entry.request_id), 1) if isinstance(entry, Reply) else (entry.model_id, entry.sequence)


@lru_cache(maxsize=1024)
def _record(entry: LedgerEntry | Reply | AppliedPlan) -> dict[str, Any]:
    """Return the record of the stream that an appended entry makes, as Lambda hands it over."""
    image = _STREAM.make_image(entry)
    keys = {name: image[name] for name in ("model_id", "sequence")}
    partition, sequence = _key(entry)
    return {
        "eventID": f"{partition}/{sequence}",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": keys,
            "NewImage": image,
            "SequenceNumber": f"{partition}/{sequence}",
            "StreamViewType": "NEW_IMAGE",
        },
    }
