"""From the senders' table of a plant file to the rules of a plan, which know roles by their ids alone.

SQS names a sender by the id of its role, so somebody has to look names up: `find_ids` does. Pure; knows no account.
"""

from collections.abc import Callable, Sequence

from preheat.domain.plan.senders import EventSource, SenderRule
from preheat_plantfile.schema.models import PlantFile
from preheat_plantfile.schema.senders import SenderEntry


def compile_senders(plant: PlantFile, find_ids: Callable[[str, str], Sequence[str]]) -> tuple[SenderRule, ...]:
    """Return the rules of a plant in the order of the file.

    `find_ids` gets the name of an entry and a role as the file names it, and returns the ids of the roles that it
    means. An id needs no call.
    """
    return tuple(_make_rule(name, entry, find_ids) for name, entry in plant.senders.items())


def _make_rule(name: str, entry: SenderEntry, find_ids: Callable[[str, str], Sequence[str]]) -> SenderRule:
    found = [one for role in entry.roles for one in ([role] if role.startswith("AROA") else find_ids(name, role))]
    everything = entry.models is None and entry.schedules is None
    return SenderRule(
        name,
        roles=tuple(dict.fromkeys(found)),
        events=tuple(EventSource(each.source, each.account) for each in entry.events),
        models=("*",) if everything else tuple(entry.models or ()),
        schedules=("*",) if everything else tuple(entry.schedules or ()),
        verbs=tuple(str(verb) for verb in dict.fromkeys(entry.verbs)),
        priority_max=entry.max_priority,
        units_max=entry.max_units,
        longest=entry.max_time,
        hours_a_day=entry.max_time_per_day,
        places=entry.max_active,
        requests_an_hour=entry.max_requests_per_hour,
        admin=entry.admin,
    )
