"""The rules: the answer to a request, and the hold, block or release to store with the answer.

Pure functions of a case. Know neither messages nor the store.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Final

from preheat.app.requests.case import Case, Ruling
from preheat.app.requests.codes import Code
from preheat.app.requests.prospects import Prospect, describe_several
from preheat.app.requests.rights import STOPS, check_hours, check_right
from preheat.app.requests.sets import describe_set, find_coming, make_set
from preheat.domain.calendar.windows import Window
from preheat.domain.demand.demand import Outlook, look_ahead
from preheat.domain.demand.request import KEPT_AFTER_EXPIRY, Kind, Standing, Tombstone, Verb, is_of_sender
from preheat.domain.demand.spend import find_excess, find_growth, sum_growth
from preheat.domain.lead.lead_in_force import fix_lead, fix_next_lead, is_served
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import STANDS_AT_MOST
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import ModelRecord, Phase
from preheat.domain.record.wording import format_instant
from preheat.domain.verdict.remedies import find_stop_command

# Places: holds and blocks of one subject that have not ended. One sender gets a part of them (see `rights`), and some
# stay free for admins: above all for their `stop`, which must always find one.
ACTIVE_MAX: Final = 20
ADMIN_PLACES: Final = 5  # beyond ACTIVE_MAX
STOP_PLACES: Final = 5  # beyond those, for an admin's `stop`
# Those and the ended ones that are still stored: the oldest ended ones make room for a new one. A hold that ended today
# goes last, because it counts for what its sender and the model may still have today.
KEPT_MAX: Final = 1_000
SENDER_KEPT_MAX: Final = 100
DROPS_MAX: Final = 10  # at once
AHEAD_MAX: Final = timedelta(days=90)  # from now to the begin
NAMES_MAX: Final = 10  # models that a rejection names
AN_INSTANT: Final = timedelta(seconds=1)
# The block of a stop outside any demand: long enough to reach the service through a fault, and short if somebody starts
# the model again. Every hold of a higher priority than 0 overrides it.
STRAY_BLOCK: Final = timedelta(hours=1)
STRAY_PRIORITY: Final = 0
MAY_RUN: Final = (Observed.STARTING, Observed.HOSTED, Observed.BUSY)


def rule(case: Case) -> Ruling:
    """Return the answer to a request. Total: every request has one."""
    asked = case.request
    if asked.reply_to is not None and asked.reply_to not in case.limits.reply_queues:
        return Ruling(Code.REPLY_QUEUE_NOT_ALLOWED, "reply_to is not listed in the stack parameter ReplyQueueArns")
    if not case.models and case.of is None:
        if asked.subject.model_id is not None:
            return Ruling(Code.UNKNOWN_MODEL, f"The plan has no model {asked.subject.model_id}")
        return Ruling(Code.UNKNOWN_SCHEDULE, f"The plan has no model with schedule {asked.subject.schedule}")
    if (refused := check_right(case.right, asked)) is not None:
        return Ruling(*refused)
    return _RULES[asked.verb](case)


def _stand(case: Case) -> Ruling:
    """A request for a hold or a block."""
    asked, now = case.request, case.now
    begin = max(asked.begin or now, now)
    until = _find_until(case, begin)
    if until <= now:
        return Ruling(Code.EXPIRED, f"The request arrived after its end, {format_instant(until, case.zone)}")
    kind = Kind.BLOCK if asked.verb is Verb.BLOCK else Kind.HOLD
    if until - begin > _find_longest(case, kind):
        return _reject_too_long(case, kind)
    if begin - now > AHEAD_MAX:
        return Ruling(Code.TOO_FAR_AHEAD, f"The request begins more than {AHEAD_MAX.days} days ahead")
    if asked.units is not None and not any(model.target.backend.takes_units for model in case.models):
        return Ruling(Code.TAKES_NO_UNITS, "This hosting service takes no units: the endpoint config sets them")
    if (refused := _check_units(case)) is not None:
        return refused
    return _place(case, kind, begin, until)


def _find_until(case: Case, begin: datetime) -> datetime:
    """Return when the requested hold or block ends; `ready_for` counts from when the model can be ready."""
    asked = case.request
    if asked.ready_for is None:
        return asked.until or (asked.begin or case.now) + (asked.duration or timedelta())
    longest = _make_standing(case, Kind.HOLD, begin, begin + max(case.limits.longest, asked.ready_for))
    ready_at = case.find_ready(longest)
    return max(begin, ready_at or begin) + asked.ready_for


def _place(case: Case, kind: Kind, begin: datetime, until: datetime) -> Ruling:
    """Accept a hold or block, if there is room for it."""
    asked, now = case.request, case.now
    # An older ledger took its reply with it. The hold or block is still there: write the reply once more.
    before = next((one for one in case.kept if one.request_id == asked.request_id), None)
    if before is not None and not is_of_sender(before.requester, case.requester):
        return Ruling(Code.ID_TAKEN, "A hold or block of another requester already has this request_id")
    if before is not None and before.windows:
        return Ruling(Code.ID_TAKEN, f"{before.request_id} is the name of a set of windows: choose another request_id")
    kept = [one for one in case.kept if one is not before]
    if (full := _find_full(case, kept)) is not None:
        return Ruling(Code.TOO_MANY_ACTIVE, full)
    if kind is Kind.HOLD and (over := check_hours(case.right, kept, [Window(begin, until)])) is not None:
        return Ruling(Code.TOO_MANY_HOURS, over)
    standing = _make_standing(case, kind, begin, until)
    if before is not None:
        standing = replace(standing, revision=before.revision + 1)
    drops = _find_drops(case, kept)
    if _is_released(case):
        return Ruling(
            Code.RELEASED_AT_BIRTH,
            "Its release arrived first, so the request ends immediately",
            replace(standing, released_at=now),
            drops,
        )
    words = f"{kind.capitalize()} from {format_instant(begin, case.zone)} until {format_instant(until, case.zone)}"
    return replace(_accept(case, standing, words), drops=drops)


def _find_full(case: Case, kept: Sequence[Standing]) -> str | None:
    """Return why there is no place for one more that has not ended; None: there is one."""
    active = [one for one in kept if one.end > case.now]
    if case.is_admin:
        most = ACTIVE_MAX + ADMIN_PLACES + (STOP_PLACES if case.request.verb in STOPS else 0)
    else:
        most = ACTIVE_MAX
        own = sum(case.right.counts(one.requester) for one in active)
        if own >= case.right.places:
            return f"{own} of your holds and blocks have not ended; one sender may have {case.right.places}"
    if len(active) >= most:
        return f"{len(active)} holds and blocks have not ended; at most {most} are accepted"
    if len(kept) >= KEPT_MAX and not _find_droppable(case, kept):
        return f"{len(kept)} of your holds of today are stored; one more is accepted on the next UTC day"
    return None


def _find_droppable(case: Case, kept: Sequence[Standing]) -> list[Standing]:
    """Return the ended ones that may go, oldest first: what counts for today goes last, and never the sender's own."""
    ended = sorted((one for one in kept if one.end <= case.now), key=lambda one: one.end)
    today = datetime.combine(case.now.astimezone(UTC).date(), time(), UTC)
    spent = [one for one in ended if one.kind is Kind.BLOCK or one.end <= max(today, one.begin)]
    return spent or [one for one in ended if case.is_admin or not case.right.counts(one.requester)]


def _find_drops(case: Case, kept: Sequence[Standing]) -> tuple[Standing, ...]:
    """Return the ended ones that make room: the requester's own oldest, or anybody's if too many are stored."""
    ended = _find_droppable(case, kept)
    own = [one for one in ended if case.right.counts(one.requester)]
    if (over := len(kept) + 1 - KEPT_MAX) > 0:
        return tuple(ended[: min(over, DROPS_MAX)])
    over = sum(case.right.counts(one.requester) for one in kept) + 1 - SENDER_KEPT_MAX
    return tuple(own[: min(over, DROPS_MAX)]) if over > 0 else ()


def _make_standing(case: Case, kind: Kind, begin: datetime, until: datetime) -> Standing:
    asked = case.request
    return Standing(
        asked.request_id,
        kind,
        asked.subject,
        case.requester,
        begin,
        until,
        known_at=case.now,
        priority=min(asked.priority, case.right.priority_max),
        units=asked.units,
        hard=asked.hard,
        reason=asked.reason,
        session=case.session,
    )


def _is_released(case: Case) -> bool:
    return any(
        (each.admin or is_of_sender(each.requester, case.requester)) and each.until > case.now for each in case.noted
    )


def _accept(case: Case, change: Standing, words: str) -> Ruling:
    """Say what the model will do with the change, if it is within the budget."""
    added = _check_budget(case, change)
    return added if isinstance(added, Ruling) else replace(_foretell(case, change, words), unit_hours=added)


def _foretell(case: Case, change: Standing, words: str) -> Ruling:
    """Accept a change, and say what the model will do with it."""
    seen = case.forecast(change)
    if seen is None:
        models = "1 model" if len(case.models) == 1 else f"{len(case.models)} models"
        return Ruling(Code.ACCEPTED, f"{words}, for {models}", change)
    words = f"{words}: {seen.words}"
    if change.kind is Kind.HOLD and change.released_at is None:
        smaller = seen.units is not None and change.units is not None and change.units > seen.units
        if smaller and not seen.resizes:
            words = f"{words}; the model runs with {seen.units} of {change.units} units until its next start"
        if seen.wanted and (seen.stopping or seen.resizes):
            return Ruling(Code.ACCEPTED_WILL_RESTART, f"{words}; the model stops first, then starts again", change)
        if seen.wanted and smaller:
            return Ruling(Code.UNITS_NOT_AVAILABLE_UNTIL_RESTART, words, change)
        if seen.ready_at is not None and change.until <= seen.ready_at:
            ready = f"the model can be ready at {format_instant(seen.ready_at, case.zone)}"
            return Ruling(
                Code.ENDS_BEFORE_READY,
                f"{words}; it ends before that: {ready}; extend it, or ask with ready_for",
                change,
            )
    elif change.kind is Kind.BLOCK and change.released_at is None:
        words = "; ".join([words, *_describe_effect(case, change, seen)])
    elif change.kind is Kind.BLOCK and seen.wanted and seen.stopping:
        return Ruling(
            Code.ACCEPTED_WILL_RESTART, f"{words}; a stop is in progress, then the model starts again", change
        )
    return Ruling(Code.ACCEPTED, words, change)


def _describe_effect(case: Case, block: Standing, seen: Prospect) -> Iterator[str]:
    """Yield what a block does not do, or does beyond the plan: somebody's hold goes on, somebody's model stops."""
    if not block.begin <= case.now < block.end:
        return
    holds = [one for one in (*case.kept, *case.others) if one.kind is Kind.HOLD and case.now in one]
    strongest = max(holds, key=lambda one: one.priority, default=None)
    if strongest is not None and strongest.priority > block.priority:
        yield f"it stays needed, because hold {strongest.request_id} has priority {strongest.priority}"
        return
    if seen.phase is not Phase.UNSCHEDULED:
        return
    model = case.models[0]
    command = find_stop_command(model.target)
    if command is None:
        yield "Preheat stops it, although somebody else started it"
    else:
        yield f"Preheat never deletes an endpoint that it did not create; to delete it yourself: {command}"


def _end(case: Case) -> Ruling:
    """A request for a release or an unblock."""
    asked, of = case.request, case.of
    kind = Kind.HOLD if asked.verb is Verb.RELEASE else Kind.BLOCK
    if of is None:
        return _end_early(case, kind)
    refused = _check_owner(case, of)
    if refused is not None:
        return refused
    if of.kind is not kind:
        return Ruling(Code.WRONG_KIND, f"{of.request_id} is a {of.kind}; {asked.verb} ends a {kind}")
    if of.end <= case.now or of.released_at is not None:
        return Ruling(Code.NOTHING_TO_DO, f"{of.request_id} ended at {format_instant(of.end, case.zone)}")
    # By a clock that is behind it would never have held, and a pass may have acted on it.
    behind = case.now < of.known_at and of.begin <= of.known_at
    released_at = of.known_at + AN_INSTANT if behind else case.now
    change = replace(of, released_at=released_at, revision=of.revision + 1)
    return _accept(case, change, f"{kind.capitalize()} {of.request_id} ended")


def _end_early(case: Case, kind: Kind) -> Ruling:
    """There is nothing to release: it has not arrived yet, or ended long ago, or never existed."""
    asked, before, now = case.request, case.of_reply, case.now
    if case.of_id is None:
        raise ValueError(f"{asked.verb} needs the request_id that it ends")
    if before is None or before.retry_at is not None:  # a request that came too often may come again
        noted = Tombstone(case.of_id, asked.subject, case.requester, case.is_admin, now, now + KEPT_AFTER_EXPIRY)
        return Ruling(Code.RELEASE_NOTED, f"No {kind} {asked.of} has arrived yet; it ends as soon as it arrives", noted)
    stood = before.accepted and before.verb in (Verb.HOLD, Verb.BLOCK, Verb.START, Verb.STOP, Verb.STOP_NOW)
    if stood and before.subject == asked.subject:
        return Ruling(Code.NOTHING_TO_DO, f"{asked.of} has ended and is no longer stored")
    return _reject_unknown(case)


def _reject_unknown(case: Case) -> Ruling:
    asked, before = case.request, case.of_reply
    where = "model" if asked.subject.model_id is not None else "schedule"
    reason = f"This {where} has no hold or block {asked.of}"
    if before is not None and not before.accepted:
        reason = f"{asked.of} was rejected: {before.code}"
    elif before is not None and before.subject is not None and before.subject != asked.subject:
        reason = f"{asked.of} belongs to {before.subject.key}"
    return Ruling(Code.UNKNOWN_REQUEST, reason)


def _extend(case: Case) -> Ruling:
    asked, of = case.request, case.of
    if of is None:
        return _reject_unknown(case)
    refused = _check_owner(case, of)
    if refused is not None:
        return refused
    if of.end <= case.now or of.released_at is not None:
        return Ruling(Code.ENDED, f"{of.request_id} ended at {format_instant(of.end, case.zone)}")
    if of.windows:
        return Ruling(Code.WRONG_KIND, f"{of.request_id} is a set of windows; {Verb.SCHEDULE_PUT} changes it")
    until = asked.until or of.until + (asked.duration or timedelta())
    if until <= of.until:
        return Ruling(Code.NOTHING_TO_DO, f"{of.request_id} already lasts until {format_instant(of.until, case.zone)}")
    if until - max(of.begin, case.now) > _find_longest(case, of.kind):
        return _reject_too_long(case, of.kind)
    others = [one for one in case.kept if one.request_id != of.request_id]
    if of.kind is Kind.HOLD and (over := check_hours(case.right, others, [Window(of.begin, until)])) is not None:
        return Ruling(Code.TOO_MANY_HOURS, over)
    change = replace(of, until=until, revision=of.revision + 1)
    return _accept(
        case, change, f"{of.kind.capitalize()} {of.request_id} extended until {format_instant(until, case.zone)}"
    )


def _put(case: Case) -> Ruling:
    """Replace all windows of a set."""
    asked, of, now = case.request, case.of, case.now
    if of is not None and (refused := _check_set(case, of)) is not None:
        return refused
    change = make_set(case)
    if of is not None and asked.edition == of.edition:
        if find_coming(of, now) == find_coming(change, now):
            return Ruling(Code.NOTHING_TO_DO, f"Set {change.request_id} has these windows already")
        return Ruling(
            Code.OUTDATED, f"Edition {of.edition} of set {of.request_id} has other windows: send a higher one"
        )
    words = describe_set(change.request_id, of, change, now, case.zone)
    if asked.windows and not find_coming(change, now):
        return Ruling(Code.EXPIRED, "Every window of the request has ended; send an empty list to remove the set")
    if (refused := _check_set_size(case, change)) is not None:
        return refused
    if of is None and _is_released(case) and change.released_at is None:
        words = f"Its release arrived before the first edition of set {change.request_id}; send the next edition"
        return Ruling(Code.RELEASED_AT_BIRTH, words, replace(change, released_at=now))
    kept = [one for one in case.kept if one is not of]
    return replace(_accept(case, change, words), drops=_find_drops(case, kept) if of is None else ())


def _check_set(case: Case, of: Standing) -> Ruling | None:
    """Reject who may not replace a set, and an edition that a later one has replaced already."""
    if (refused := _check_owner(case, of)) is not None:
        return refused
    if not of.windows:
        return Ruling(Code.WRONG_KIND, f"{of.request_id} is a {of.kind}, not a set of windows: choose another name")
    if case.request.edition < of.edition:
        return Ruling(Code.OUTDATED, f"Set {of.request_id} has edition {of.edition}; {case.request.edition} is older")
    return None


def _check_set_size(case: Case, change: Standing) -> Ruling | None:
    """Reject a set that is too much: for its sender, for the stack or for the service."""
    now, kept = case.now, [one for one in case.kept if one.request_id != change.request_id]
    coming = find_coming(change, now)
    longest = min(_find_longest(case, Kind.HOLD), STANDS_AT_MOST)
    if any(end - begin > longest for begin, end in coming.items()):
        return Ruling(Code.TOO_LONG, f"A window of the set would last longer than {longest}")
    if coming and max(coming) - now > AHEAD_MAX:
        return Ruling(Code.TOO_FAR_AHEAD, f"A window of the set begins more than {AHEAD_MAX.days} days ahead")
    if case.request.units is not None and not any(model.target.backend.takes_units for model in case.models):
        return Ruling(Code.TAKES_NO_UNITS, "This hosting service takes no units: the endpoint config sets them")
    if (refused := _check_units(case)) is not None:
        return refused
    is_new = case.of is None or case.of.end <= now
    if coming and is_new and (full := _find_full(case, kept)) is not None:
        return Ruling(Code.TOO_MANY_ACTIVE, full)
    over = check_hours(case.right, kept, [Window(one.begin, one.end) for one in change.spans if one.end > now])
    return Ruling(Code.TOO_MANY_HOURS, over) if over is not None else None


def _start(case: Case) -> Ruling:
    """A hold from now on, until its release, or for as long as the stack allows."""
    return _stand(replace(case, request=replace(case.request, duration=_find_longest(case, Kind.HOLD))))


def _stop(case: Case) -> Ruling:
    """A block until the end of the current demand: of a schedule, of that schedule's own.

    Without a demand it lasts until the running model stops, even if somebody else started it, and ends before the next
    one.
    """
    asked, now = case.request, case.now
    longest = _find_longest(case, Kind.BLOCK)
    seen = [_look_ahead(case, model) for model in case.models]
    current = max((each.current.end for each in seen if each.current is not None), default=None)
    if current is not None:
        return _place(case, Kind.BLOCK, now, min(current, now + longest))
    if not any(_may_run(case.records.get(each.model_id)) for each in case.models):
        return Ruling(Code.NOTHING_TO_DO, "No demand is active now, and nothing ran at the last check")
    coming = (each.upcoming.begin for each in seen if each.upcoming is not None)
    until = min([now + min(STRAY_BLOCK, longest), *coming])
    return _place(replace(case, request=replace(asked, priority=STRAY_PRIORITY)), Kind.BLOCK, now, until)


def _look_ahead(case: Case, model: HostedModel) -> Outlook:
    """Return the demand of a model as its passes see it, with the lead in force; of a schedule, that schedule's own."""
    record, standing = case.records.get(model.model_id), (*case.kept, *case.others)
    if case.request.subject.schedule is not None:
        own = tuple(each for each in model.schedules if each.name == case.request.subject.schedule)
        model, standing = replace(model, schedules=own), tuple(case.kept)
    return look_ahead(fix_lead(model, record, case.now, standing), case.now, standing, served=is_served(record))


def _may_run(record: ModelRecord | None) -> bool:
    """Return whether a model may be running, by all that is known: what cannot be read may run."""
    return record is not None and (record.unread is not None or record.observed in MAY_RUN)


def _report_status(case: Case) -> Ruling:
    seen = case.forecast()
    return Ruling(Code.ACCEPTED, seen.words if seen is not None else describe_several(case.models, case.records))


def _check_owner(case: Case, of: Standing) -> Ruling | None:
    """Reject a requester who neither made the hold or block nor is an admin."""
    if is_of_sender(of.requester, case.requester) or case.is_admin:
        return None
    return Ruling(Code.NOT_YOURS, f"{of.request_id} belongs to another requester")


def _check_units(case: Case) -> Ruling | None:
    """Reject units above what the plan lets a request have, of any of the models."""
    asked = case.request.units
    small = [each for each in case.models if each.target.backend.takes_units and (asked or 0) > each.units_by_request]
    if not small:
        return None
    most = min(each.units_by_request for each in small)
    names = ", ".join(f"{each.model_id} {each.units_by_request}" for each in small[:NAMES_MAX])
    others = f" and {len(small) - NAMES_MAX} more models" if len(small) > NAMES_MAX else ""
    remedy = f"Ask for at most {most}, omit units to get the plan's own, or raise max_units_by_request in the plan"
    return Ruling(Code.TOO_MANY_UNITS, f"units {asked} is more than a request may ask for ({names}{others}). {remedy}")


def _find_longest(case: Case, kind: Kind) -> timedelta:
    """Return how long a hold or block of this sender may last: the stack's parameter bounds every sender's right."""
    right = case.right.hold_longest if kind is Kind.HOLD else case.right.block_longest
    return min(case.limits.longest, right)


def _reject_too_long(case: Case, kind: Kind) -> Ruling:
    return Ruling(Code.TOO_LONG, f"The request would last longer than {_find_longest(case, kind)}")


def _check_budget(case: Case, change: Standing) -> Ruling | float:
    """Reject a new or longer hold that costs more than requests may still add to the plan on one of its days.

    Return the unit-hours that it adds in all, of every model.
    """
    if change.kind is not Kind.HOLD or change.released_at is not None:
        return 0.0
    standing, most, total = (*case.kept, *case.others), case.limits.unit_hours, 0.0
    for model in case.models:
        fixed = fix_next_lead(model, case.records.get(model.model_id))
        growth = find_growth(fixed, change, standing, now=case.now)
        over = find_excess(growth, min(model.unit_hours_by_request, most))
        if over is not None:
            added = f"It would add {over.added:.1f} unit-hours to {model.model_id} on {over.day}"
            left = f"requests may add {over.left:.1f} more that day, of {over.budget}"
            remedy = "Make it shorter, ask for fewer units, or raise max_unit_hours_by_request in the plan"
            outer = " and RequestMaxUnitHours of the stack" if over.budget == case.limits.unit_hours else ""
            return Ruling(Code.TOO_MANY_UNIT_HOURS, f"{added}, and {left}. {remedy}{outer}")
        total += sum_growth(growth)
    return total


_RULES: Final[Mapping[Verb, Callable[[Case], Ruling]]] = {
    Verb.HOLD: _stand,
    Verb.BLOCK: _stand,
    Verb.RELEASE: _end,
    Verb.UNBLOCK: _end,
    Verb.EXTEND: _extend,
    Verb.START: _start,
    Verb.STOP: _stop,
    Verb.STOP_NOW: _stop,
    Verb.STATUS: _report_status,
    Verb.SCHEDULE_PUT: _put,
}
