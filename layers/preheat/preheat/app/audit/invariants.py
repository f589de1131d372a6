"""The promises as code: what every won write, every call and every stored ledger must keep, whatever went wrong before.

Owns one function for each thing that it judges. The explorer and the seeded simulation use all of them; `preheat ledger
audit` uses `judge_ledger`. Pure: the caller passes what a rule needs to know of the past.

| promise | judge |
| --- | --- |
| S1 one effective start per token; a new one only when the lease of the last is over | `judge_effect`, `judge_write` |
| S2 intent before effect: a won write of the same pass names each call | `judge_call` |
| S3 never stopped while needed, nor just before the next start | `judge_intent`, `judge_stop` |
| S4 what we neither started nor adopted we do not stop, except under a block | `judge_intent`, `judge_effect` |
| S5 tokens are single-use | `judge_intent`, `judge_call`, `judge_ledger` |
| S6 no acknowledged request is lost | `simulation.answers`, by the requests |
| S7 the ledger is append-only and gap-free | `judge_write`, `judge_ledger` |
| S8 leases never move back, and nobody closes a younger one | `judge_write`, `judge_close` |
| S9 unknown is not off, and not yes | `judge_intent`, `judge_answer` |
| S10 bounded calls | `judge_write`, `judge_intent`, `judge_look`, `judge_rate` |
| S11 the gate opens only on sight of HOSTED, and closes before the stop | `judge_gate`, `judge_stop` |
| S12 a stop waits for an empty queue; a reading that failed never counts as empty | `judge_readings`, `judge_stop` |
| S13 no accepted request makes a planned shift late or absent | `judge_units`, `judge_ledger`; L1 of each shift |
| S14 what requests add to the plan's unit-hours stays within their budget, day by day | `preheat_lab.spending` |
| S15 the verdict is true: it says ready, off or on its way only of what is so | `truth`, `judge_ledger` |

L1, L2, L5 and L7 need a world that goes on: the explorer and the simulation judge them. L4 is the audit's own: every
leak raises an alarm. Explorer and simulation judge S14 at each answer. A stored ledger cannot show it: it has neither
the plans nor the holds, which the table keeps for 30 days. For L1, `judge_write` checks
that a refusal under an earlier plan silences nobody. For L3, `judge_ledger` checks *once*.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from preheat.domain.plan.hosted_model import Drain
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.clocks import bound_times
from preheat.domain.record.gate import BacklogReading, Passage
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import SERVES, Action, LedgerEntry, ModelRecord, Phase

# This module repeats the promised figures. If it read them from the rules that it judges, no rule could break them.
LEASE = timedelta(seconds=120)
TOKEN_AGE_MAX = timedelta(hours=7, minutes=30)
ATTEMPTS_MAX = 5
REPAIRS_MAX = 2
RESIZED_AFTER_MOST = 2
CALLS_AN_HOUR_MAX = 90
EARLY = timedelta(seconds=2)
GLANCED_FOR = timedelta(minutes=40)  # between two whole checks of a hosted model
EMPTIES = 3
EMPTY_FOR = timedelta(seconds=60)
GATE_CLOSED_WITHIN = timedelta(minutes=5)
LETS_NOTHING_THROUGH = (Passage.CLOSED, Passage.GONE)
PAUSES = {  # the least wait before a repeat of a call with this answer
    Answer.LOST: timedelta(seconds=10),
    Answer.THROTTLED: timedelta(seconds=10),
    Answer.WRONG_STATE: timedelta(seconds=60),
    Answer.QUOTA: timedelta(seconds=60),
    Answer.DENIED: timedelta(minutes=5),
}
REFUSED_FOR_GOOD = (Answer.INVALID, Answer.GONE)
REFUSED_FOR_A_MOMENT = (Answer.THROTTLED, Answer.WRONG_STATE, Answer.QUOTA)
REFUSED_UNITS = (Answer.QUOTA, Answer.INVALID)  # what a service answers to units that it does not have
HOUR = timedelta(hours=1)
TOKEN = re.compile(r"[A-Za-z0-9-]{1,64}")
MAY_COME_YET = (None, Answer.LOST)  # what leaves open whether the call has had its effect, or will have it


class Broken(NamedTuple):
    """One broken promise, and how."""

    invariant: str
    what: str


class TokenUse(NamedTuple):
    """How a token was first sent: when, and with parameters of which digest."""

    at: datetime
    digest: str


class UnitsAllowed(NamedTuple):
    """The units that a start may ask for at the moment of its write.

    `own`: the plan's; `cap`: the most that holds may make it ask for. `failed`: more than `own` failed or got a refusal
    for this demand already. `shift_due`: a refused start would leave the plan's own start of a shift too little time.
    `served`: so many were accepted for this demand already. `restarts`: the plan lets a hold have the model restarted.
    """

    own: int
    cap: int
    failed: bool = False
    shift_due: bool = False
    served: int = 0
    restarts: bool = False


def judge_write(  # noqa: C901 - one judgement, rule by rule
    before: ModelRecord | None,
    after: ModelRecord,
    entry: LedgerEntry | None,
    *,
    at: datetime,
    skew: timedelta = timedelta(),
    behind: timedelta = timedelta(),
) -> Iterator[Broken]:
    """Judge a write won at `at`: `before` is the record it replaced. `skew`: how far a clock may be off.

    The instants in a record come from the clock of the pass that wrote it; `at` is the true time. `behind`: how far
    that clock is late.
    """
    yield from _judge_chain(before, after, entry)
    before = bound_times(before, at) if before is not None else None  # no promise holds by a clock that was ahead
    if entry is not None and entry.action is Action.FAIL and after.observed is not Observed.FAILED:
        yield Broken("S7", f"the entry says failed, but the observation is {after.observed}")
    if before is None:
        return
    if before.since is not None and (after.since is None or after.since < before.since):
        yield Broken("S8", f"since went back from {before.since} to {after.since}")
    old, new = before.attempt, after.attempt
    if old is not None and new is not None and old.client_token == new.client_token:
        if new.intent_at < old.intent_at:
            yield Broken("S8", f"intent_at went back from {old.intent_at} to {new.intent_at}")
    elif old is not None and at + skew < old.intent_at + LEASE:
        age = at - old.intent_at
        if old.open_writers or old.answer in MAY_COME_YET:
            yield Broken("S8", f"the intent of {old.client_token} was closed at the age of {age}")
        if new is not None and old.call is new.call is Call.START:
            yield Broken("S1", f"the intent of a new start came {age} after the last one")
    yield from _judge_gate_change(before, after, at + skew)
    yield from _judge_pace(before, after, at + skew)
    yield from _judge_silence(before, after)
    if old is not None and new is not None and old.client_token == new.client_token and new.retry_at is not None:
        pause = PAUSES.get(new.answer or Answer.ACCEPTED, timedelta())
        if new.retry_at != old.retry_at and new.retry_at < new.intent_at + pause - 2 * skew - behind:
            yield Broken(
                "S10", f"{new.call} {new.answer}, and the repetition comes only {new.retry_at - new.intent_at} later"
            )


def _judge_silence(before: ModelRecord, after: ModelRecord) -> Iterator[Broken]:
    """Judge that calls under a plan end only once the service has refused that very plan."""
    if after.silent_for_plan in (None, before.silent_for_plan) or after.observed in (Observed.GONE, Observed.UNKNOWN):
        return
    old, new = before.attempt, after.attempt
    answered = old is not None and new is not None and old.client_token == new.client_token
    refused = new is not None and new.answer in REFUSED_FOR_GOOD
    if not (answered and refused and old is not None and old.answer not in REFUSED_FOR_GOOD):
        yield Broken("L1", f"silent for plan {after.silent_for_plan}, under which the service refused nothing")


def _judge_gate_change(before: ModelRecord, after: ModelRecord, at: datetime) -> Iterator[Broken]:
    """Judge what a write won by `at` at the latest does to the last intended change of the gate."""
    old = before.gate.attempt if before.gate is not None else None
    new = after.gate.attempt if after.gate is not None else None
    if old is None:
        return
    if new is not None and old.client_token == new.client_token:
        if new.intent_at < old.intent_at:
            yield Broken("S8", f"intent_at of the gate went back from {old.intent_at} to {new.intent_at}")
        if new.tries > old.tries and old.retry_at is not None and at < old.retry_at:
            yield Broken("S10", f"{old.client_token} comes again at {at}, before {old.retry_at}")
    elif at < old.intent_at + LEASE and (old.open_writers or old.answer in MAY_COME_YET):
        yield Broken("S8", f"the intent of {old.client_token} was closed at the age of {at - old.intent_at}")


def judge_gate(
    before: ModelRecord,
    after: ModelRecord,
    *,
    observed: Observed,
    passage: Passage | None,
    needed: bool,
    moved: bool,
    asked: int = 0,
) -> Iterator[Broken]:
    """Judge a won write that names the next change of a gate.

    `passage`: what the pass saw of the gate. `needed`: a demand includes the moment of the write, within the error of
    the clocks. `moved`: the plan now names another gate, or none. `asked`: see `judge_intent`.
    """
    attempt = after.gate.attempt if after.gate is not None else None
    if attempt is None:
        yield Broken("S2", "the call of a gate follows a write that names none")
        return
    if passage not in (Passage.OPEN, Passage.CLOSED):
        yield Broken("S9", f"the intent is {attempt.call}, but the gate is {passage}")
    if attempt.call is Call.OPEN and observed is not Observed.HOSTED:
        yield Broken("S11", f"the gate opens while the model is {observed}")
    if attempt.call is Call.OPEN and before.attempt is not None and before.attempt.call is Call.STOP:
        yield Broken("S11", "the gate opens while a stop may be in progress")
    kept = needed and not moved and not is_outgrown(before, asked)
    if attempt.call is Call.CLOSE and kept and observed is Observed.HOSTED:
        yield Broken("S3", "hosted and needed, yet its gate is closed")


def judge_stop(
    before: ModelRecord,
    *,
    observed: Observed,
    passage: Passage | None,
    reading: BacklogReading | None,
    drain: Drain | None,
    at: datetime,
    skew: timedelta = timedelta(),
    again: bool = False,
) -> Iterator[Broken]:
    """Judge a first stop of a model that is HOSTED, by the record before it and by what its pass saw.

    `drain`: the queue that the stop must wait for; None for a stop during a demand. `again`: the stop comes between two
    demands, so late that it would not be over when the next start is due.
    """
    waited = before.draining
    if observed is not Observed.HOSTED or (before.attempt is not None and before.attempt.call is Call.STOP):
        return
    if again:
        yield Broken("S3", "stopped so shortly before its next start that the stop delays it")
    over_at = waited.over_at if waited is not None else None
    if before.gate is not None:
        change = before.gate.attempt
        opens = change is not None and change.call is Call.OPEN and (change.open_writers or change.answer is None)
        if opens and change is not None and at + skew < change.intent_at + LEASE:
            yield Broken("S11", "stopped while a worker may yet open the gate")
        given_up = over_at is not None and at + skew >= over_at + GATE_CLOSED_WITHIN
        if passage not in LETS_NOTHING_THROUGH and not given_up:
            yield Broken("S11", f"stopped, and its gate is {passage}")
    if drain is None or over_at is not None:
        return
    if waited is None:
        yield Broken("S12", "stopped without a reading of its queue")
        return
    now_empty = reading is not None and reading.backlog is not None and not reading.backlog.left
    since = waited.empty_since
    drained = now_empty and waited.empties >= EMPTIES - 1 and since is not None and at + skew >= since + EMPTY_FOR
    if not drained and at + skew < waited.since + drain.limit:
        yield Broken("S12", f"stopped {at - waited.since} after its demand, without knowing that its queue is empty")


def judge_readings(before: ModelRecord, after: ModelRecord, reading: BacklogReading | None) -> Iterator[Broken]:
    """Judge what a won write says of the readings of its queue; `reading` is what its pass read."""
    was = before.draining.empties if before.draining is not None else 0
    now = after.draining.empties if after.draining is not None else 0
    empty = reading is not None and reading.backlog is not None and not reading.backlog.left
    if now > was + empty:
        yield Broken("S12", f"the count of empty readings went from {was} to {now}")


def _judge_pace(before: ModelRecord, after: ModelRecord, at: datetime) -> Iterator[Broken]:
    """Judge how soon after a failure a write won by `at` at the latest tries again, and how often."""
    old, new = before.attempt, after.attempt
    again = old is not None and new is not None and old.client_token == new.client_token
    if old is not None and new is not None and again:
        if new.tries > old.tries and old.retry_at is not None and at < old.retry_at:
            yield Broken("S10", f"{old.client_token} comes again at {at}, before {old.retry_at}")
    elif new is not None and new.call is Call.START and before.effort is not None and after.effort is not None:
        same, retry_at = after.effort.demand_start == before.effort.demand_start, before.effort.retry_at
        same = same and after.effort.renewed_for == before.effort.renewed_for  # else a shift of its own is due
        if same and retry_at is not None and at < retry_at:
            yield Broken("S10", f"the intent of a new start comes at {at}, before {retry_at}")
    if after.effort is not None and not (after.effort.attempts <= ATTEMPTS_MAX and after.effort.repairs <= REPAIRS_MAX):
        yield Broken("S10", f"{after.effort.attempts} attempts and {after.effort.repairs} repairs for one demand")


def _judge_chain(before: ModelRecord | None, after: ModelRecord, entry: LedgerEntry | None) -> Iterator[Broken]:
    sequence, phase = (before.sequence, before.phase) if before is not None else (0, Phase.IDLE)
    if after.sequence != sequence + (entry is not None):
        yield Broken("S7", f"sequence went from {sequence} to {after.sequence}")
    if entry is None:
        if after.phase is not phase:
            yield Broken("S7", f"the phase went from {phase} to {after.phase} without an entry")
    elif (entry.sequence, entry.from_phase, entry.to_phase) != (after.sequence, phase, after.phase):
        chain = f"{entry.sequence}: {entry.from_phase} -> {entry.to_phase}"
        yield Broken("S7", f"entry {chain} does not record {phase} -> {after.phase}")


def judge_intent(  # noqa: C901 - one judgement, rule by rule
    before: ModelRecord,
    after: ModelRecord,
    *,
    observed: Observed,
    needed: bool,
    returned: bool,
    covered: bool = False,
    left: bool | None = None,
    attempts: int = 0,
    repairs: int = 0,
    may_stop_any: bool = False,
    asked: int = 0,
) -> Iterator[Broken]:
    """Judge a won write that names the next call.

    `observed`: what the pass saw. `needed`: the stored demand forbids a stop at the moment of the write. `covered`: a
    start for the stored demand is due; some services start a failed model only after a stop. `returned`: under the
    attempt of `before`, the model left its stopped state and is in it again. `attempts`: the starts with different
    tokens for this demand, this one included, whatever the record counts. `repairs`: those of them that followed a
    start under which the model left and returned. `left`: what `before.attempt.left` should say, if anybody else kept
    count. `may_stop_any`: the plan's policy is to stop models that somebody else started, or a block is active.
    `asked`: the units that holds require, if the plan's policy is to restart a model with fewer units; 0: it is not.
    This is the one exception to S3, and not after a second start for the same demand.
    """
    attempt = after.attempt
    if attempt is None:
        yield Broken("S2", "a call follows a write that names none")
        return
    if observed in (Observed.UNKNOWN, Observed.BUSY):
        yield Broken("S9", f"the intent is {attempt.call}, but the model is {observed}")
    elif attempt.call is Call.START and observed not in (Observed.STOPPED, Observed.FAILED):
        yield Broken("S1", f"the intent is a start, but the model is {observed}")
    repeated = before.attempt is not None and before.attempt.client_token == attempt.client_token
    if attempt.call is Call.START and repeated and returned:
        yield Broken("S5", "a pass sends the token again after the model left its stopped state and returned")
    if attempt.call is Call.STOP and needed and observed is Observed.HOSTED and not is_outgrown(before, asked):
        yield Broken("S3", "hosted and needed, but the intent is a stop")
    hung = after.effort is not None and after.effort.unstuck
    if attempt.call is Call.STOP and needed and observed is Observed.STARTING and not hung:
        yield Broken("S3", "starting and needed, but the intent is a stop, and the start does not hang")
    clears = covered and observed is Observed.FAILED
    if attempt.call is Call.STOP and not before.is_engaged() and not (needed or clears or may_stop_any):
        yield Broken("S4", "the intent is a stop of a model that Preheat neither started nor adopted")
    old = before.attempt
    left = old is not None and old.left if left is None else left
    if old is not None and old.call is attempt.call is Call.START and not repeated and not left:
        aged = attempt.first_at - old.first_at >= TOKEN_AGE_MAX
        refused = old.answer in REFUSED_FOR_GOOD or (old.answer in PAUSES and old.digest() != attempt.digest())
        if not (aged or refused or old.left or observed is Observed.FAILED):
            yield Broken("S1", "the intent is a new start, but the last one may still be alive")
    stopped = old is not None and old.call is Call.STOP and old.answer is Answer.ACCEPTED and left
    if attempt.call is Call.STOP and stopped and observed is Observed.STARTING and not may_stop_any:
        yield Broken("S4", "the intent is a stop of a start that somebody else made after an accepted stop")
    if attempts > ATTEMPTS_MAX:
        yield Broken("S10", f"start number {attempts} for one demand")
    if repairs > REPAIRS_MAX:
        yield Broken("S10", f"repair number {repairs} for one demand")


def judge_units(before: ModelRecord, after: ModelRecord, allowed: UnitsAllowed) -> Iterator[Broken]:
    """Judge the units of a start that a won write names, new or repeated: none may cost a planned shift anything."""
    attempt, old = after.attempt, before.attempt
    if attempt is None or attempt.call is not Call.START or attempt.units.minimum <= allowed.own:
        return
    asked = attempt.units.minimum
    if old is not None and old.call is Call.START and old.units.minimum > allowed.own and old.answer in REFUSED_UNITS:
        yield Broken("S13", f"{old.units.minimum} units came to {old.answer}, and the next start asks for {asked}")
    if old is not None and old.client_token == attempt.client_token:
        return
    if asked > allowed.cap:
        yield Broken("S13", f"a start asks for {asked} units, and requests may have {allowed.cap}")
    if allowed.failed:
        yield Broken("S13", f"a start asks for {asked} units, though more than {allowed.own} failed for this demand")
    restarted = allowed.restarts and old is not None and old.call is Call.STOP
    if allowed.shift_due and asked > allowed.served and not restarted:
        yield Broken("S13", f"a start asks for {asked} units so late that a refusal makes a shift late")


def is_outgrown(before: ModelRecord, asked: int) -> bool:
    """Return whether a start by Preheat runs with fewer units than the demand asks for, and may stop for that.

    A stop that the service refused for a moment has the units of the start before it, and may come again.
    """
    attempt, effort = before.attempt, before.effort
    if attempt is None or (attempt.call is Call.STOP and attempt.answer not in REFUSED_FOR_A_MOMENT):
        return False
    fewer = attempt.call in (Call.START, Call.STOP) and attempt.units.minimum < asked
    return fewer and effort is not None and effort.attempts <= RESIZED_AFTER_MOST


def judge_answer(attempt: Attempt | None, answered: Answer) -> Iterator[Broken]:
    """Judge the write that ends a pass with a call; `attempt`: what it stores, None if it stores none.

    A start that finds nothing right after a look that did is a lost answer, where a start creates what it starts.
    """
    unseen = attempt is not None and attempt.call is Call.START and attempt.target.backend.removes
    if unseen and answered is Answer.GONE:
        answered = Answer.LOST
    if attempt is None:
        yield Broken("S9", f"answered {answered}, and the record does not have it")
    elif attempt.answer is not answered:
        yield Broken("S9", f"answered {answered}, and the record has {attempt.answer}")


def judge_close(before: ModelRecord, after: ModelRecord, callers: Iterable[Attempt]) -> Iterator[Broken]:
    """Judge a won write by who is about to call, `callers`: whatever the record says, their intent stays."""
    old, new = before.attempt, after.attempt
    if old is None or (new is not None and new.client_token == old.client_token):
        return
    if any(each.client_token == old.client_token for each in callers):
        yield Broken("S8", f"the intent of {old.client_token} was closed while a worker was about to call")


def judge_call(
    attempt: Attempt,
    named: str | None,
    *,
    at: datetime,
    skew: timedelta = timedelta(),
    first: TokenUse | None = None,
) -> Iterator[Broken]:
    """Judge a start or a stop at its call; `named` is the token in the last write that the same pass has won.

    `first`: how the token was first sent, whatever the attempt says.
    """
    if named != attempt.client_token:
        yield Broken(
            "S2", f"{attempt.call} {attempt.client_token} goes out, but the pass's own won write names {named}"
        )
    if not TOKEN.fullmatch(attempt.client_token):
        yield Broken("S5", f"token {attempt.client_token!r} is not of the service's alphabet")
    if at - attempt.first_at > TOKEN_AGE_MAX + skew:
        yield Broken("S5", f"token {attempt.client_token} is {at - attempt.first_at} old")
    if first is not None and at - first.at > TOKEN_AGE_MAX + 2 * skew:
        yield Broken("S5", f"token {attempt.client_token} was first sent {at - first.at} ago")
    if first is not None and first.digest != attempt.digest():
        yield Broken("S5", f"token {attempt.client_token} goes out with other parameters than before")


def judge_effect(attempt: Attempt, *, effects: int, by_person: bool) -> Iterator[Broken]:
    """Judge a call that had an effect. `effects`: those of its token, this one included.

    `judge_person`: a person started that model, outside any demand, and none has covered it since.
    """
    if effects > 1:
        yield Broken("S1", f"token {attempt.client_token} had {effects} effects")
    if attempt.call is Call.STOP and by_person:
        yield Broken("S4", "stopped what a person had started outside any demand")


def judge_look(record: ModelRecord | None, *, at: datetime, skew: timedelta = timedelta()) -> Iterator[Broken]:
    """Judge a look at the service by the record that its pass has read: who is not due costs one read, and no call.

    Only a hosted model has glances before it is due.
    """
    if record is None:
        return
    early = record.wake_at is None or record.wake_at > at + EARLY + skew
    glanced = record.phase is Phase.HOSTED and record.wake_at is not None and record.wake_at <= at + GLANCED_FOR + skew
    if early and not glanced:
        yield Broken("S10", f"checked, but not due before {record.wake_at}")


def judge_rate(calls: int) -> Iterator[Broken]:
    """Judge how many calls one model has taken within an hour."""
    if calls > CALLS_AN_HOUR_MAX:
        yield Broken("S10", f"{calls} calls within an hour")


def judge_ledger(entries: Sequence[LedgerEntry], *, sequence: int = 0, whole: bool = True) -> Iterator[Broken]:  # noqa: C901 - one reading, rule by rule
    """Judge one model's stored ledger, oldest first; `sequence`: of its record, read before the ledger.

    `whole`: these are all of its entries; else its last ones, without a gap.
    """
    yield from _judge_fall_backs(entries)
    yield from _judge_words(entries)
    before = entries[0].sequence - 1 if entries and not whole else 0
    if before + len(entries) < sequence:
        yield Broken("S7", f"the record counts {sequence} entries, and the ledger has {before + len(entries)}")
    intents: dict[str, tuple[Action, str | None]] = {}
    phase = entries[0].from_phase if before else Phase.IDLE
    judged_for: set[tuple[str | None, datetime]] = set()
    for number, entry in enumerate(entries, start=before + 1):
        if entry.sequence != number:
            yield Broken("S7", f"entry {entry.sequence} is at place {number}")
        if entry.from_phase is not phase:
            yield Broken("S7", f"entry {entry.sequence} starts from {entry.from_phase}, the last one ended in {phase}")
        phase = entry.to_phase
        token = entry.client_token
        if entry.action in (Action.START, Action.STOP, Action.OPEN, Action.CLOSE):
            if token is None:
                yield Broken("S2", f"entry {entry.sequence} intends a {entry.action} without a token")
                continue
            if not TOKEN.fullmatch(token):
                yield Broken("S5", f"entry {entry.sequence}: token {token!r} is not of the service's alphabet")
            if token in intents:
                yield Broken("S5", f"entry {entry.sequence} intends token {token} a second time")
            intents[token] = (entry.action, entry.parameter_digest)
        elif token in intents and intents[token][1] != entry.parameter_digest:
            yield Broken("S5", f"entry {entry.sequence} has token {token} with other parameters")
        if entry.late is not None and entry.margin is not None:
            ready_at = entry.ready_at or entry.at + entry.margin
            if (entry.schedule, ready_at) in judged_for:
                yield Broken("L3", f"entry {entry.sequence} judges a demand a second time")
            judged_for.add((entry.schedule, ready_at))


def _judge_words(entries: Sequence[LedgerEntry]) -> Iterator[Broken]:
    """Judge S15 by the ledger: it calls a model ready, in time, or lost only by a phase in which it was so."""
    for entry in entries:
        if (entry.late is False or entry.time_to_hosted is not None) and entry.to_phase not in SERVES:
            yield Broken("S15", f"entry {entry.sequence} says ready, and the phase is {entry.to_phase}")
        if entry.lost and entry.to_phase is Phase.HOSTED:
            yield Broken("S15", f"entry {entry.sequence} says lost, and the phase is {entry.to_phase}")


def _judge_fall_backs(entries: Sequence[LedgerEntry]) -> Iterator[Broken]:
    """Judge S13 by the ledger: a demand falls back to the plan's units once, and asks for no more after that."""
    fell_back: dict[datetime, int] = {}
    for entry in entries:
        if entry.needed_from is None:
            continue
        own = fell_back.get(entry.needed_from)
        if own is not None and entry.action is Action.START and (entry.units or 0) > own:
            yield Broken("S13", f"entry {entry.sequence} asks for {entry.units} units, after it fell back to {own}")
        if entry.fell_back_to is not None:
            if own is not None:
                yield Broken("S13", f"entry {entry.sequence} reports a second time that units are not available")
            fell_back[entry.needed_from] = entry.fell_back_to
