"""Publish anew, from the ledger, what could not be published; docs/runbook.md says when.

    .venv/bin/python -m preheat_cli.commands.republish KEY… [--stack NAME] [--yes]
    .venv/bin/python -m preheat_cli.commands.republish --since T [--until T] [--stack NAME] [--yes]

A key is what a message of the unpublished queue names: `MODEL/SEQUENCE`, or `request#ID/1` for a reply. With --since it
is each entry of the planned models in that time; replies have to be named. Each event has the id that it had before, so
whoever counts by `event_id` is told nothing twice. Without --yes it only shows what it would publish.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from preheat.app.ports.errors import EventsUnavailable, QueueUnavailable, Undeliverable, UnreadableItem
from preheat.app.ports.store import Store
from preheat.app.publish import Outbox, events_of
from preheat.domain.demand.request import Reply, RequestId
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import LedgerEntry
from preheat_cli.stack import open_outbox, open_store

REPLY = "request#"


def main(
    arguments: Sequence[str] | None = None,
    store: Store | None = None,
    outbox: Callable[[frozenset[str]], Outbox] | None = None,
) -> int:
    """Publish what is named; return the exit status: 1 if not all of it is there, or could leave."""
    parser = argparse.ArgumentParser(prog="republish", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("keys", nargs="*", metavar="KEY", help="MODEL/SEQUENCE, or request#ID/1")
    parser.add_argument("--since", type=_instant, help="an instant with its offset: 2026-11-24T06:00:00Z")
    parser.add_argument("--until", type=_instant, default=datetime.max.replace(tzinfo=UTC), help="likewise")
    parser.add_argument("--stack", help="CloudFormation stack; else the local AWS that is up")
    parser.add_argument("--yes", action="store_true", help="publish")
    given = parser.parse_args(arguments)
    if not given.keys and given.since is None:
        parser.error("name keys, or the time with --since")
    store = store or open_store(given.stack)
    found: dict[str, LedgerEntry | Reply] = {}
    problems: list[str] = []
    for key in given.keys:
        try:
            found[key] = _told(store, key)
        except (LookupError, ValueError, UnreadableItem) as error:
            problems.append(f"{key}: {error}")
    if given.since is not None:
        found |= dict(_between(store, given.since, given.until, problems))
    replied = frozenset(one.reply_to for one in found.values() if isinstance(one, Reply) and one.reply_to is not None)
    out = outbox(replied) if outbox is not None else open_outbox(given.stack, replied) if given.yes else None
    for key, one in sorted(found.items(), key=lambda pair: (pair[1].at, pair[0])):
        print(f"{key}: {', '.join(event.kind for event in events_of(one)) or 'tells of nothing'}")
        if given.yes and out is not None:
            try:
                out.publish(one)
            except (EventsUnavailable, QueueUnavailable, Undeliverable) as error:
                problems.append(f"{key}: {error}")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _told(store: Store, key: str) -> LedgerEntry | Reply:
    """Return what a key names; raises LookupError if it is not there, ValueError if it is no key."""
    partition, slash, number = key.rpartition("/")
    if not slash or not number.isdigit():
        raise ValueError("no key; accepted: MODEL/SEQUENCE, or request#ID/1")
    if partition.startswith(REPLY):
        reply = store.reply(RequestId(partition.removeprefix(REPLY)))
        if reply is None:
            raise LookupError("no such reply")
        return reply
    entry = next((one for one in store.ledger(ModelId(partition)) if one.sequence == int(number)), None)
    if entry is None:
        raise LookupError("no such entry")
    return entry


def _between(
    store: Store, since: datetime, until: datetime, problems: list[str]
) -> Iterator[tuple[str, LedgerEntry | Reply]]:
    """Yield the entries of the planned models in [since, until] that tell of something."""
    for model_id in store.planned_models():
        try:
            ledger = store.ledger(model_id)
        except UnreadableItem as error:
            problems.append(f"{model_id}: {error}")
            continue
        for one in ledger:
            if since <= one.at <= until and events_of(one):
                yield f"{model_id}/{one.sequence}", one


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text}: an instant needs its offset, such as Z")
    return at


if __name__ == "__main__":
    sys.exit(main())
