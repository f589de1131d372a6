"""`preheat ledger republish`: publish events again, from the ledger. docs/runbook.md says when.

Each event keeps its `event_id`, so a consumer that counts by it counts nothing twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import typer

from preheat.app.ports.errors import EventsUnavailable, QueueUnavailable, Undeliverable, UnreadableItem
from preheat.app.ports.store import Store
from preheat.app.publish import make_events
from preheat.domain.demand.request import Reply, RequestId
from preheat.domain.plan.applied import AppliedPlan
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import LedgerEntry
from preheat_cli.confirm import DryRunOption, YesOption, require_confirmation
from preheat_cli.errors import CHECK_FAILED, CliError, report_errors
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.options.time_range import LATEST, instant_of
from preheat_cli.printing import print_lines
from preheat_cli.stack import Stack, Surroundings

REPLY_PREFIX, APPLIES = "request#", "plan#"
APPLIES_MAX = 1_000  # of the newest, in a time


@dataclass(slots=True)
class FoundEntries:
    """What to publish, by key, and a line for each key that cannot be."""

    entries: dict[str, LedgerEntry | Reply | AppliedPlan] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@takes_stack
def republish(
    context: typer.Context,
    keys: Annotated[
        list[str] | None,
        typer.Argument(
            help="MODEL/SEQUENCE for a ledger entry, request#ID/1 for a reply, plan#/VERSION for an apply.",
            metavar="[KEY]...",
        ),
    ] = None,
    *,
    stack: StackOptions,
    begin: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="T", help="Every apply and every ledger entry of the planned models from this instant."
        ),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="T", help="Entries before this instant. Default: all later ones.")
    ] = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
) -> None:
    """Publish events again, from the ledger. The messages in the unpublished queue name the keys.

    Name keys, or a time with --from. For a reply, name its key.
    """
    with report_errors():
        if not keys and begin is None:
            raise CliError("preheat: name keys, or a time with --from")
        since = instant_of("--from", begin) if begin is not None else None
        until = instant_of("--to", end) if end is not None else LATEST
        opened = Surroundings.of(context).open(stack)
        found = _find(opened.store, keys or [], since, until)
        for key, entry in found.entries.items():
            print_lines([f"{key}: {', '.join(event.kind for event in make_events(entry)) or 'no event'}"])
        for problem in found.problems:
            print_lines([problem], err=True)
        if dry_run:
            typer.echo("dry run: no event published")
        elif found.entries:
            if not yes:
                preview = " or --dry-run to preview"
                question = f"Publish {len(found.entries)} of them again?"
                require_confirmation(question, unchanged="no event published", preview=preview)
            _publish(opened, found)
        if found.problems:
            raise typer.Exit(CHECK_FAILED)


def _find(store: Store, keys: list[str], since: datetime | None, until: datetime) -> FoundEntries:
    """Return what the keys and the time name, oldest first."""
    found = FoundEntries()
    for key in keys:
        try:
            found.entries[key] = _read(store, key)
        except (LookupError, ValueError, UnreadableItem) as error:
            found.problems.append(f"{key}: {error}")
    if since is not None:
        found.entries |= dict(_between(store, since, until, found.problems))
    found.entries = dict(sorted(found.entries.items(), key=lambda pair: (pair[1].at, pair[0])))
    return found


def _read(store: Store, key: str) -> LedgerEntry | Reply | AppliedPlan:
    """Return what a key names; raises LookupError if nothing has this key, ValueError if it is not a key."""
    partition, slash, number = key.rpartition("/")
    if not slash or not number.isdigit():
        raise ValueError("not a key; accepted: MODEL/SEQUENCE, request#ID/1 or plan#/VERSION")
    if partition.startswith(REPLY_PREFIX):
        reply = store.find_reply(RequestId(partition.removeprefix(REPLY_PREFIX)))
        if reply is None:
            raise LookupError("there is no such reply")
        return reply
    if partition == APPLIES:
        applied = store.find_applied_plan(int(number))
        if applied is None:
            raise LookupError("there is no such apply")
        return applied
    entry = next((one for one in store.read_ledger(ModelId(partition)) if one.sequence == int(number)), None)
    if entry is None:
        raise LookupError("there is no such ledger entry")
    return entry


def _between(
    store: Store, since: datetime, until: datetime, problems: list[str]
) -> Iterator[tuple[str, LedgerEntry | Reply | AppliedPlan]]:
    """Yield the applies, and the entries of the planned models that have events, in [since, until)."""
    try:
        applies = store.read_applied_plans(APPLIES_MAX)
    except UnreadableItem as error:
        problems.append(str(error))
    else:
        yield from ((f"{APPLIES}/{each.version}", each) for each in applies if since <= each.at < until)
    for model_id in store.list_planned_models():
        try:
            ledger = store.read_ledger(model_id)
        except UnreadableItem as error:
            problems.append(f"{model_id}: {error}")
            continue
        for one in ledger:
            if since <= one.at < until and make_events(one):
                yield f"{model_id}/{one.sequence}", one


def _publish(stack: Stack, found: FoundEntries) -> None:
    entries = found.entries.values()
    reply_to = frozenset(one.reply_to for one in entries if isinstance(one, Reply) and one.reply_to is not None)
    outbox = stack.open_outbox(reply_to)
    for key, entry in found.entries.items():
        try:
            outbox.publish(entry)
        except (EventsUnavailable, QueueUnavailable, Undeliverable) as error:
            found.problems.append(f"{key}: {error}")
            print_lines([f"{key}: {error}"], err=True)
