"""What could not be published is published from the ledger, under the ids that it had before."""

import pytest
from tests.support.day import a_day, at
from tests.support.scene import LIMITS, LINE, REPLIES

from preheat.adapters.memory.bus import MemoryEvents
from preheat.adapters.memory.queue import MemoryQueue
from preheat.adapters.sqs.rejected import MemoryRejected
from preheat.adapters.sqs.replies import MemoryReplies
from preheat.app.ports.errors import EventsUnavailable
from preheat.app.ports.store import Store
from preheat.app.publish import Outbox, events_of
from preheat.app.requests.desk import Desk
from preheat.app.requests.envelope import Sent
from preheat.domain.demand.request import RequestId
from preheat.domain.record.event import EventKind
from preheat_cli.commands.republish import main

HOLD = (
    '{"version": 1, "request_id": "night-7", "verb": "hold", "model": "weld-seams", "until": "2026-11-23T20:00:00Z", '
)


@pytest.fixture
def store() -> Store:
    """A shift with its ledger, and a hold with its reply."""
    with a_day(window="08:00-16:00", lead="30m") as day:
        day.run_until("08:01")
        desk = Desk(day.clock, day.store, MemoryQueue(day.clock), MemoryRejected(), LIMITS)
        desk.take(Sent("m", f"{LINE}:cell", f'{HOLD}"reply_to": "{REPLIES}"}}'))
        return day.store


class Out:
    """The bus and the reply queue."""

    def __init__(self) -> None:
        self.bus, self.replies = MemoryEvents(), MemoryReplies(REPLIES)

    def __call__(self, reply_to: frozenset[str]) -> Outbox:
        return Outbox(self.bus, self.replies, reply_to)


def test_what_a_key_names_is_put_under_the_ids_it_had_and_the_reply_is_sent(store: Store) -> None:
    out, ready = Out(), next(one for one in store.ledger(store.planned_models()[0]) if events_of(one))
    keys = (f"weld-seams/{ready.sequence}", "request#night-7/1")
    assert main([*keys, "--yes"], store, out) == 0
    reply = store.reply(RequestId("night-7"))
    assert reply is not None
    assert out.bus.taken == [*events_of(ready), *events_of(reply)]
    assert len(out.replies.sent[REPLIES]) == 1
    assert main([*keys, "--yes"], store, out) == 0
    assert len({event.event_id for event in out.bus.taken}) == len(out.bus.taken) // 2


def test_a_time_names_each_entry_in_it_that_tells_of_something(store: Store) -> None:
    out = Out()
    assert main(["--since", "2026-11-23T07:00:00Z", "--until", at("08:01").isoformat(), "--yes"], store, out) == 0
    assert [event.kind for event in out.bus.taken] == [EventKind.MODEL_READY]
    assert main(["--since", "2026-11-23T09:00:00Z", "--yes"], store, out) == 0
    assert len(out.bus.taken) == 1


def test_without_a_yes_it_is_shown_alone(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["request#night-7/1"], store) == 0
    assert capsys.readouterr().out == "request#night-7/1: Request Accepted\n"


@pytest.mark.parametrize("key", ["weld-seams", "weld-seams/99", "request#none/1", "weld-seams/x"])
def test_what_is_not_there_is_told_and_keeps_nothing_else_back(
    store: Store, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = Out()
    assert main([key, "request#night-7/1", "--yes"], store, out) == 1
    assert capsys.readouterr().err.startswith(f"{key}: no ")
    assert len(out.bus.taken) == 1


def test_what_cannot_leave_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> None:
        raise EventsUnavailable("down")

    out = Out()
    monkeypatch.setattr(MemoryEvents, "put", down)
    assert main(["request#night-7/1", "--yes"], store, out) == 1
