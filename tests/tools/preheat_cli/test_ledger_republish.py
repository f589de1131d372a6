"""The command publishes missing events from the ledger, under the ids that they had before."""

from collections.abc import Collection
from datetime import timedelta

import pytest
from tests.support.day import a_day, at
from tests.support.scene import LIMITS, LINE, REPLIES
from tests.support.stacks import MemoryStack
from typer.testing import CliRunner, Result

from preheat.adapters.memory.bus import MemoryEvents
from preheat.adapters.memory.queue import MemoryQueue
from preheat.adapters.sqs.rejected import MemoryRejected
from preheat.adapters.sqs.replies import MemoryReplies
from preheat.app.ports.errors import EventsUnavailable
from preheat.app.ports.store import Store
from preheat.app.publish import Outbox, make_events
from preheat.app.requests.desk import Desk
from preheat.app.requests.envelope import IncomingMessage
from preheat.domain.demand.request import RequestId
from preheat.domain.record.event import EventKind
from preheat_cli.main import app
from preheat_cli.stack import Surroundings

HOLD = (
    '{"version": 1, "request_id": "night-7", "verb": "hold", "model": "weld-seams", "until": "2026-11-23T20:00:00Z", '
)


@pytest.fixture
def store() -> Store:
    """A shift with its ledger, and a hold with its reply."""
    with a_day(window="08:00-16:00", lead="30m") as day:
        day.run_until("08:01")
        desk = Desk(day.clock, day.store, MemoryQueue(day.clock), MemoryRejected(), LIMITS)
        desk.take(IncomingMessage("m", f"{LINE}:cell", f'{HOLD}"reply_to": "{REPLIES}"}}'))
        return day.store


class Out:
    """The bus and the reply queue of the named stack."""

    def __init__(self) -> None:
        self.bus, self.replies = MemoryEvents(), MemoryReplies(REPLIES)

    def open(self, reply_to: Collection[str]) -> Outbox:
        return Outbox(self.bus, self.replies, reply_to)


def republish(store: Store, out: Out, *arguments: str, types: str = "") -> Result:
    stack = MemoryStack(store, open_outbox=out.open)
    surroundings = Surroundings(stack, announce=stack.announced.append)
    return CliRunner().invoke(app, ["ledger", "republish", *arguments], obj=surroundings, input=types or None)


def test_what_a_key_names_is_put_under_the_ids_it_had_and_the_reply_is_sent(store: Store) -> None:
    out, ready = Out(), next(one for one in store.read_ledger(store.list_planned_models()[0]) if make_events(one))
    keys = (f"weld-seams/{ready.sequence}", "request#night-7/1")
    assert republish(store, out, *keys, "--yes").exit_code == 0
    reply = store.find_reply(RequestId("night-7"))
    assert reply is not None
    assert out.bus.taken == [*make_events(ready), *make_events(reply)]
    assert len(out.replies.sent[REPLIES]) == 1
    assert republish(store, out, *keys, "--yes").exit_code == 0
    assert len({event.event_id for event in out.bus.taken}) == len(out.bus.taken) // 2


def test_a_time_names_each_entry_in_it_that_has_an_event(store: Store) -> None:
    out = Out()
    to = at("08:01").isoformat()
    assert republish(store, out, "--from", "2026-11-23T07:00:00Z", "--to", to, "--yes").exit_code == 0
    assert [event.kind for event in out.bus.taken] == [EventKind.MODEL_READY]
    assert republish(store, out, "--from", "2026-11-23T09:00:00Z", "--yes").exit_code == 0
    assert len(out.bus.taken) == 1


def test_an_apply_is_published_again_by_its_key_and_in_its_time(store: Store) -> None:
    (applied,) = store.read_applied_plans(9)
    out = Out()
    assert republish(store, out, "plan#/1", "--yes").exit_code == 0
    since, to = applied.at.isoformat(), (applied.at + timedelta(seconds=1)).isoformat()
    assert republish(store, out, "--from", since, "--to", to, "--yes").exit_code == 0
    assert out.bus.taken == [*make_events(applied), *make_events(applied)]
    assert "there is no such apply" in republish(store, out, "plan#/2").output


def test_a_dry_run_shows_the_events_and_publishes_nothing(store: Store) -> None:
    out = Out()
    result = republish(store, out, "request#night-7/1", "--dry-run")
    expected = "request#night-7/1: Request Accepted\ndry run: no event published\n"
    assert (result.exit_code, result.stdout, out.bus.taken) == (0, expected, [])


@pytest.mark.parametrize(("types", "status", "published"), [("y\n", 0, 1), ("n\n", 1, 0), ("", 2, 0)])
def test_it_asks_before_it_publishes(store: Store, types: str, status: int, published: int) -> None:
    out = Out()
    assert republish(store, out, "request#night-7/1", types=types).exit_code == status
    assert len(out.bus.taken) == published


def test_keys_or_a_time_have_to_be_named(store: Store) -> None:
    result = republish(store, Out(), "--yes")
    assert (result.exit_code, result.stderr) == (2, "preheat: name keys, or a time with --from\n")


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("weld-seams", "not a key"),
        ("weld-seams/99", "there is no such ledger entry"),
        ("request#none/1", "there is no such reply"),
        ("weld-seams/x", "not a key"),
    ],
)
def test_a_key_that_names_nothing_is_reported_and_the_others_are_published(store: Store, key: str, says: str) -> None:
    out = Out()
    result = republish(store, out, key, "request#night-7/1", "--yes")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{key}: {says}")
    assert len(out.bus.taken) == 1


def test_an_event_that_cannot_be_published_is_reported(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> None:
        raise EventsUnavailable("down")

    monkeypatch.setattr(MemoryEvents, "put", down)
    result = republish(store, Out(), "request#night-7/1", "--yes")
    assert (result.exit_code, result.stderr) == (1, "request#night-7/1: down\n")
