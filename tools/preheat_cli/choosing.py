"""Finds the hold or block that a person means: by its id, by the start of its id, or because it is the only one.

Decides nothing about it: the function `requests` does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from preheat.app.ports.store import Store
from preheat.domain.demand.request import Kind, RequestId, Standing, Subject
from preheat_cli.ahead import active_requests
from preheat_cli.errors import CHECK_FAILED, CliError
from preheat_cli.planning import describe_unknown, find_zone
from preheat_cli.views import show


@dataclass(frozen=True, slots=True)
class Wanted:
    """A hold or block as a person types it: an id, the first characters of one, or None for the only active one.

    With `anyway`, an unknown id counts unchanged: its request may still be on its way.
    """

    typed: str | None
    kinds: tuple[Kind, ...]
    anyway: bool = False


def choose_request(store: Store, subject: Subject, wanted: Wanted, now: datetime) -> RequestId:
    """Return the id of the hold or block.

    Raises:
        CliError: nothing or more than one matches; the lines name the active ones.
    """
    typed = wanted.typed
    if typed is not None and (wanted.anyway or store.find_standing(subject, RequestId(typed)) is not None):
        return RequestId(typed)
    active = [
        one for one in active_requests(store.read_standings(subject, now).requests, now) if one.kind in wanted.kinds
    ]
    found = [one for one in active if one.request_id.startswith(typed or "")]
    if len(found) == 1:
        return found[0].request_id
    if not active and (unknown := describe_unknown(store, subject)) is not None:
        raise CliError(f"preheat: {unknown}", status=CHECK_FAILED)
    lines = _lines(subject, wanted, active, found, find_zone(store, subject))
    raise CliError(*lines, status=CHECK_FAILED)


def _lines(
    subject: Subject, wanted: Wanted, active: Sequence[Standing], found: Sequence[Standing], zone: str | None
) -> list[str]:
    name = subject.model_id or f"schedule {subject.schedule}"
    kinds = " or ".join(wanted.kinds)
    if found:
        several = f"begin with {wanted.typed!r}" if wanted.typed else "are active"
        lines = [f"preheat: {len(found)} requests of {name} {several}; name one by its id"]
    elif wanted.typed is None:
        lines = [f"preheat: {name} has no active {kinds}"]
    else:
        lines = [f"preheat: no active {kinds} of {name} has an id that begins with {wanted.typed[:60]!r}"]
    lines += [f"  {show.format_standing(one, of=False, zone=zone)}" for one in found or active]
    if wanted.typed is not None and not found:
        lines.append("if the request is still on its way, use the whole id and --anyway")
    return lines
