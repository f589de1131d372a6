"""Sets of windows: a planning system's whole plan for one model, replaced as one under its name.

Pure. The past stays as it was: a new edition moves the end of a running window, and nothing before now. A window that
the set had before keeps the instant at which it became known, so that sending it again excuses no late start.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from preheat.app.requests.case import Case
from preheat.domain.calendar.windows import Window
from preheat.domain.demand.demand import HORIZON
from preheat.domain.demand.request import HeldWindow, Kind, Standing
from preheat.domain.record.wording import format_instant

# The placeholder of a set whose removal came first: over at once, and stored for its edition.
NOTHING: Final = timedelta(seconds=1)


def make_set(case: Case) -> Standing:
    """Return the set that a case asks for: the past of the one before it, and the windows that are to come."""
    now, before = case.now, case.of
    windows = merge_windows(case.request.windows, before, now)
    if all(each.end <= now for each in case.request.windows):
        return _make_removed(case, before)
    made = _make_edition(case, windows)
    if before is None:
        return made
    return replace(made, request_id=before.request_id, requester=before.requester, revision=before.revision + 1)


def _make_removed(case: Case, before: Standing | None) -> Standing:
    """Return a set without coming windows. Preheat stores it also if it never came: an older edition may follow."""
    now = case.now
    if before is None:
        return replace(_make_edition(case, (HeldWindow(now, now + NOTHING, now),)), released_at=now)
    over_at = now if before.end > now else before.released_at
    return replace(before, edition=case.request.edition, revision=before.revision + 1, released_at=over_at)


def _make_edition(case: Case, windows: tuple[HeldWindow, ...]) -> Standing:
    asked = case.request
    if case.of_id is None:
        raise ValueError(f"{asked.verb} needs a name")
    return Standing(
        case.of_id,
        Kind.HOLD,
        asked.subject,
        case.requester,
        windows[0].begin,
        windows[-1].end,
        known_at=case.now,
        priority=min(asked.priority, case.right.priority_max),
        units=asked.units,
        reason=asked.reason,
        session=case.session,
        windows=windows,
        edition=asked.edition,
    )


def merge_windows(asked: Sequence[Window], before: Standing | None, now: datetime) -> tuple[HeldWindow, ...]:
    """Return the windows of the new edition: what has begun, as far as a pass still reads it, then what is to come."""
    old = before.spans if before is not None else ()
    coming = {one.begin: one for one in old if one.end > now}
    running = next((one for one in coming.values() if one.begin <= now), None)
    past = (replace(one, end=min(one.end, now)) for one in old if one.begin < now and one.end > now - HORIZON)
    found = {one.begin: one for one in past}
    for each in asked:
        if each.end <= now:
            continue
        known = running if running is not None and each.start <= now else coming.get(each.start)
        begin = known.begin if known is not None else max(each.start, now)
        found[begin] = HeldWindow(begin, each.end, known.known_at if known is not None else now)
    return tuple(found[begin] for begin in sorted(found))


def find_coming(standing: Standing | None, now: datetime) -> dict[datetime, datetime]:
    """Return the windows of a set that have not ended: their ends, by their begins."""
    return {one.begin: one.end for one in standing.spans if one.end > now} if standing is not None else {}


def describe_set(name: str, before: Standing | None, after: Standing, now: datetime, zone: str | None) -> str:
    """Return what changes: `Set week-49, edition 3: 15 windows from … until … (2 added, 1 removed, 13 unchanged)`."""
    old, new = find_coming(before, now), find_coming(after, now)
    same = sum(old.get(begin) == end for begin, end in new.items())
    moved = sum(begin in old and old[begin] != end for begin, end in new.items())
    counts = {"added": len(new) - same - moved, "changed": moved, "removed": len(old.keys() - new), "unchanged": same}
    counted = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    head = f"Set {name}, edition {after.edition}"
    if not new:
        return f"{head}: no windows ({counted})" if counted else f"{head}: no windows"
    first, last = min(new), max(new.values())
    windows = f"{len(new)} window{'s' if len(new) != 1 else ''}"
    return f"{head}: {windows} from {format_instant(first, zone)} until {format_instant(last, zone)} ({counted})"
