"""Remembers what the judges of `audit.invariants` need to know of the past, and lets them judge each write and call.

Owns the bookkeeping: who started what, how many calls a model got within the hour, and the first use of each token. It
also notes what the pass under way has seen and written. Judges nothing itself.
"""

from bisect import bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from preheat.app.audit.invariants import (
    HOUR,
    LEASE,
    REFUSED_UNITS,
    Broken,
    TokenUse,
    UnitsAllowed,
    judge_call,
    judge_effect,
    judge_gate,
    judge_intent,
    judge_ledger,
    judge_look,
    judge_rate,
    judge_readings,
    judge_stop,
    judge_units,
    judge_write,
)
from preheat.app.audit.truth import judge_verdict
from preheat.domain.demand.demand import Demand, Outlook, find_demands
from preheat.domain.demand.request import Kind, Standing
from preheat.domain.demand.shifts import find_due_shift
from preheat.domain.plan.hosted_model import HostedModel, Resize, Unscheduled
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.gate import BacklogReading, Passage
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import LedgerEntry, ModelRecord, Ownership
from preheat.domain.verdict.facts import VerdictFacts
from preheat.domain.verdict.judging import judge

LEFT = (Observed.STARTING, Observed.HOSTED, Observed.STOPPING)
OUT_OF_STARTING = (Observed.HOSTED, Observed.STOPPING)
STOPS_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """One broken promise."""

    invariant: str
    model_id: ModelId
    at: datetime
    what: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.model_id} {self.at:%Y-%m-%d %H:%M:%SZ}: {self.what}"


@dataclass(slots=True)
class _DemandsOfModel:
    """The demands of one model over the whole run, in order, and their ends."""

    lead: timedelta
    demands: list[Demand]
    ends: list[datetime] = field(init=False)

    def __post_init__(self) -> None:
        self.ends = [demand.end for demand in self.demands]

    def from_(self, at: datetime) -> list[Demand]:
        """Return the demands that end after `at`."""
        return self.demands[bisect_right(self.ends, at) :]

    def last_end(self, at: datetime) -> datetime | None:
        """Return when the last demand that is over at `at` has ended."""
        place = bisect_right(self.ends, at)
        return self.ends[place - 1] if place else None


class PromiseWatch:
    """Watches every write and every call of one run, pass after pass."""

    def __init__(
        self, models: Iterable[HostedModel], begins_at: datetime, until: datetime, *, skew: timedelta = timedelta()
    ) -> None:
        """Take the models, whose plan stays as it is; `skew`: how far a pass's clock may be off."""
        self.violations: list[BrokenPromise] = []
        self.calls = 0
        self.saw = Observed.UNKNOWN  # the last observation of the pass under way
        self.looked_at: dict[ModelId, datetime] = {}  # the last look at each model
        self._has_looked = False  # it has asked the service; without a call left in its budget, no pass does
        self.short = False  # the pass under way has seen that the service has no capacity: that spends no attempt
        self.refused: Answer | None = None  # how the service has refused the start of the pass under way
        self.passage: Passage | None = None  # what the pass under way has seen of the gate
        self.reading: BacklogReading | None = None  # and of the queue
        self._skew = skew
        self._drains = {model.model_id: model.drain for model in models}
        self._models = {model.model_id: model for model in models}
        self._failed: set[tuple[ModelId, datetime]] = set()  # demands with a failed or refused larger start
        self._served: dict[tuple[ModelId, datetime], int] = {}  # the most units of an accepted start for a demand
        self._resizes = {model.model_id for model in models if model.resize is Resize.RESTART}
        self.resized: dict[ModelId, list[datetime]] = defaultdict(list)  # stopped for a start with more units
        self._change: Attempt | None = None  # of a gate, in the last write that the pass under way has won
        self._wanted = {
            model.model_id: _DemandsOfModel(
                model.lead, find_demands(model, begins_at - timedelta(days=8), until + timedelta(days=2))
            )
            for model in models
        }
        self._span = begins_at - timedelta(days=8), until + timedelta(days=2)
        self._read: ModelRecord | None = None  # by the pass under way
        self._glanced: Mapping[ModelId, ModelRecord] = {}  # by the round of glances under way
        self._blocks: dict[ModelId, list[Standing]] = {}
        self._stood: set[ModelId] = set()  # whose holds or blocks have changed since their record was last read
        self._named: str | None = None  # by the last write that the pass under way has won, until it calls
        self._recent: dict[ModelId, deque[datetime]] = defaultdict(deque)
        self._unwritten: list[ModelId] = []  # a name for each call since the last write of the pass under way
        self._by_person: dict[ModelId, datetime] = {}
        self._adoptable: set[ModelId] = set()  # whose person's start had a demand that is no more
        self._raced: set[ModelId] = set()  # models that a person started while Preheat had to take them for its own
        self._sent: dict[str, TokenUse] = {}
        self._effects: Counter[str] = Counter()
        self._tokens: dict[ModelId, set[str]] = defaultdict(set)  # of the effects of each model
        # The start under which a look showed the model out of its stopped state; the stop under which out of STARTING.
        self._left: dict[ModelId, str] = {}
        self._told: Counter[tuple[ModelId, datetime]] = Counter()  # how often the ledger judged a demand
        self._attempts: Counter[tuple[ModelId, datetime]] = Counter()
        self._repairs: Counter[tuple[ModelId, datetime]] = Counter()

    def on_standing(self, model: HostedModel, standing: Sequence[Standing], at: datetime) -> list[Demand]:
        """A model's requests have changed: the judges go by them from now on. Return the demands that are new."""
        self._stood.add(model.model_id)
        self._blocks[model.model_id] = [one for one in standing if one.kind is Kind.BLOCK]
        before, since = self._wanted[model.model_id].demands, self._by_person.get(model.model_id)
        if since is not None and self._is_covered(model.model_id, since, at):
            # A hold released before its begin leaves no demand behind; a model adopted for it stays adopted.
            self._adoptable.add(model.model_id)
        self._wanted[model.model_id] = _DemandsOfModel(model.lead, find_demands(model, *self._span, standing))
        if any(self._is_held_by_some_clock(one, at) for one in standing):
            # A pass may have dropped the demand, and another serves it again: it may be recorded once more.
            for demand in self._wanted[model.model_id].from_(at)[:1]:
                self._told.pop((model.model_id, demand.ready_at), None)
        return [demand for demand in self._wanted[model.model_id].demands if demand not in before]

    def _may_stop_any(self, model_id: ModelId, at: datetime) -> bool:
        return self._models[model_id].unscheduled is Unscheduled.STOP or self._is_blocked(model_id, at)

    def _is_blocked(self, model_id: ModelId, at: datetime) -> bool:
        """Return whether a block is active at `at` by some clock: Preheat stops runs without demand under it."""
        off = 2 * self._skew
        return any(one.begin - off <= at < one.end + off for one in self._blocks.get(model_id, ()))

    def _is_held_by_some_clock(self, one: Standing, at: datetime) -> bool:
        """Return whether somebody lifted a block just now, so soon that it has held for some clocks only."""
        off, ended = 2 * self._skew, one.released_at
        return one.kind is Kind.BLOCK and ended is not None and max(abs(ended - at), abs(ended - one.begin)) <= off

    def wants(self, model_id: ModelId, demand: Demand) -> bool:
        """Return whether a demand is still one of the model's, or the rest of one."""
        return any(
            one.begin == demand.begin and one.ready_at == demand.ready_at and one.end == demand.end
            for one in self._wanted[model_id].demands
        )

    def begins(self) -> None:
        """A pass begins: it has seen nothing and won nothing."""
        self.saw, self._named, self.refused, self._has_looked = Observed.UNKNOWN, None, None, False
        self.passage, self.reading, self._change, self.short = None, None, None, False
        self._read, self._glanced = None, {}
        self._unwritten.clear()

    def breaks_off(self) -> None:
        """The pass under way died, or could not write: no budget can know what it called since its last write.

        A round of glances needs no write: the budget has its calls from before.
        """
        for model_id in self._unwritten:
            if model_id not in self._glanced:
                self._recent[model_id].pop()
        self._unwritten.clear()

    def on_glanced(self, records: Mapping[ModelId, ModelRecord]) -> None:
        """A round of glances has read these records."""
        self._glanced = records

    def on_read(self, record: ModelRecord | None) -> None:
        """The pass under way has read its record."""
        self._read = record
        if record is not None:
            self._stood.discard(record.model_id)

    def on_write(self, before: ModelRecord | None, after: ModelRecord, entry: LedgerEntry | None, at: datetime) -> None:
        """Judge a won write; one that renews or repeats an attempt names the call to come."""
        self._unwritten.clear()
        model_id = after.model_id
        self._judge(model_id, at, judge_write(before, after, entry, at=at, skew=self._skew))
        self._note_units(before, after)
        if before is not None:
            self._on_gate_written(before, after, at)
        if entry is not None:
            self._judge_said(after, entry, at)
        old, new = before.attempt if before is not None else None, after.attempt
        if new is None:
            self._on_closed(model_id, old, at)
            return
        same = old is not None and old.client_token == new.client_token
        left = old is not None and self._left.get(model_id) == old.client_token
        again = left and old is not None and old.call is Call.START and self.saw is Observed.STOPPED
        if self.saw in (LEFT if new.call is Call.START else OUT_OF_STARTING):
            self._left[model_id] = new.client_token
        if before is None or (old is not None and same and new.tries <= old.tries):
            return
        self._named = new.client_token
        if new.call is Call.STOP and model_id in self._stood:
            self.note_missed(
                "S6", model_id, at, "a stop that was decided before a hold or block was stored has won its write"
            )
        if new.call is Call.STOP and not same:
            self._judge(
                model_id,
                at,
                judge_stop(
                    before,
                    observed=self.saw,
                    passage=self.passage,
                    reading=self.reading,
                    drain=None if self._is_amid(model_id, at) else self._drains[model_id],
                    at=at,
                    skew=2 * self._skew,
                    again=self._is_due_again(model_id, at),
                ),
            )
        needed = self.find_needed(model_id, at) is not None and self.find_needed(model_id, at + self._skew) is not None
        returned = self._left.get(model_id) == new.client_token and self.saw is Observed.STOPPED
        fresh = new.call is Call.START and not same
        attempts = self._number(self._attempts, model_id, at) if fresh else 0
        repairs = self._number(self._repairs, model_id, at) if fresh and again else 0
        self._judge(
            model_id,
            at,
            judge_intent(
                before,
                after,
                observed=self.saw,
                needed=needed,
                covered=self._is_amid(model_id, at),
                returned=returned,
                left=left,
                attempts=attempts,
                repairs=repairs,
                may_stop_any=self._may_stop_any(model_id, at),
                asked=self.count_asked(model_id, at),
            ),
        )
        self._judge(model_id, at, judge_units(before, after, self._allow_units(after, at)))
        if new.call is Call.STOP and self._may_stop_any(model_id, at):
            self._adoptable.add(model_id)  # The block or the plan has it stopped, even if somebody else started it.
        if new.call is Call.STOP and needed and self.saw is Observed.HOSTED:
            self.resized[model_id].append(at)  # otherwise the stop would come during its demand

    def _on_closed(self, model_id: ModelId, old: Attempt | None, at: datetime) -> None:
        """Note that no call is open any more: a start that met no capacity has spent no attempt."""
        self._left.pop(model_id, None)
        if self.short and old is not None and old.call is Call.START:
            self._number(self._attempts, model_id, at, more=-1)

    def _judge_said(self, after: ModelRecord, entry: LedgerEntry, at: datetime) -> None:
        """Judge the verdict on a model at the write of an entry."""
        if entry.late is not None:
            self._judge_told_once(after.model_id, at)
        verdict = judge(self._find_facts(after, at))
        seen = self.saw if self._has_looked else after.observed
        self._judge(after.model_id, at, judge_verdict(verdict, seen=seen, refused=self.refused))

    def _find_facts(self, record: ModelRecord, at: datetime) -> VerdictFacts:
        """Return what is known of a model right after a write, by the demands that the judges go by."""
        coming = self._wanted[record.model_id].from_(at)[:2]
        current = coming[0] if coming and at in coming[0] else None
        ahead = next((demand for demand in coming if demand is not current), None)
        outlook = Outlook(current, None, ahead)
        return VerdictFacts(
            record.model_id,
            at,
            self._models[record.model_id],
            record,
            outlook,
            tuple(self._blocks.get(record.model_id, ())),
        )

    def _note_units(self, before: ModelRecord | None, after: ModelRecord) -> None:
        """Note what the service has said to more units than the plan's, by a won write."""
        old, new = before.attempt if before is not None else None, after.attempt
        attempt, effort = new or old, after.effort
        own = self._models[after.model_id].units.minimum
        if effort is None or attempt is None or attempt.call is not Call.START or attempt.units.minimum <= own:
            return
        key = after.model_id, effort.demand_start
        if attempt.answer is Answer.ACCEPTED:
            self._served[key] = max(attempt.units.minimum, self._served.get(key, 0))
        failed = new is None and self.saw is Observed.FAILED
        if failed or attempt.answer in REFUSED_UNITS:
            self._failed.add(key)

    def _allow_units(self, after: ModelRecord, at: datetime) -> UnitsAllowed:
        """Return the units that a start intended at `at` may ask for, by the plan and the holds of now."""
        model, effort = self._models[after.model_id], after.effort
        key = (after.model_id, effort.demand_start) if effort is not None else None
        coming = self._wanted[model.model_id].from_(at)[:1]
        shifts = [shift for demand in coming for shift in demand.shifts if shift.end > at]
        latest = min((shift.ready_at - model.lead - LEASE for shift in shifts), default=None)
        return UnitsAllowed(
            own=model.units.minimum,
            cap=model.units_by_request,
            failed=key in self._failed,
            shift_due=latest is not None and at - self._skew > latest,
            served=self._served.get(key, 0) if key is not None else 0,
            restarts=model.model_id in self._resizes,
        )

    def units_failed(self, record: ModelRecord) -> bool:
        """Return whether the service has refused more units than the plan's for the demand on record."""
        return record.effort is not None and (record.model_id, record.effort.demand_start) in self._failed

    def _on_gate_written(self, before: ModelRecord, after: ModelRecord, at: datetime) -> None:
        """Judge what a won write says of the gate and the queue; one that renews or repeats a change names the call."""
        model_id = after.model_id
        self._judge(model_id, at, judge_readings(before, after, self.reading))
        old = before.gate.attempt if before.gate is not None else None
        new = after.gate.attempt if after.gate is not None else None
        again = old is not None and new is not None and old.client_token == new.client_token
        if new is None or (again and old is not None and new.tries <= old.tries):
            return
        self._named, self._change = new.client_token, new
        needed = self.find_needed(model_id, at) is not None and self.find_needed(model_id, at + self._skew) is not None
        asked = self.count_asked(model_id, at)
        seen = judge_gate(
            before, after, observed=self.saw, passage=self.passage, needed=needed, moved=False, asked=asked
        )
        self._judge(model_id, at, seen)

    def on_gate(self, model_id: ModelId, at: datetime, passage: Passage) -> None:
        """Count a look at a gate."""
        self.passage = passage
        self._count(model_id, at)

    def on_gate_call(self, model_id: ModelId, at: datetime, *, opens: bool) -> None:
        """Judge a change of a gate at its call."""
        self._count(model_id, at)
        change, call = self._change, Call.OPEN if opens else Call.CLOSE
        if change is None or change.call is not call:
            self._judge(
                model_id, at, [Broken("S2", f"{call} of a gate is sent, and no won write of the pass names it")]
            )
            return
        first = self._sent.setdefault(change.client_token, TokenUse(at, change.digest()))
        self._judge(model_id, at, judge_call(change, self._named, at=at, skew=self._skew, first=first))
        self._named = self._change = None

    def on_reading(self, model_id: ModelId, at: datetime, reading: BacklogReading) -> None:
        """Count a reading of a queue."""
        self.reading = reading
        self._count(model_id, at)

    def _is_amid(self, model_id: ModelId, at: datetime) -> bool:
        """Return whether a demand may cover `at` by what any clock shows: its stop waits for no queue."""
        return any(
            demand.start_at <= at + self._skew and at - self._skew < demand.end
            for demand in self._wanted[model_id].from_(at - self._skew)[:2]
        )

    def _is_due_again(self, model_id: ModelId, at: datetime) -> bool:
        """Return whether a stop at `at` comes between two demands, and delays the start of the later by any clock."""
        off = 2 * self._skew
        coming = self._wanted[model_id].from_(at - off)[:1]
        due = any(at + off < demand.start_at < at - off + STOPS_WITHIN for demand in coming)
        return due and not self._is_blocked(model_id, at)

    def on_look(self, model_id: ModelId, at: datetime, saw: Observed) -> None:
        """Count an observation, which has shown `saw` so far."""
        self.saw, self._has_looked = saw, True
        self.looked_at[model_id] = at
        self._judge(model_id, at, judge_look(self._glanced.get(model_id, self._read), at=at, skew=self._skew))
        self._count(model_id, at)

    def on_listed(self, model_id: ModelId, at: datetime) -> None:
        """A list has shown the model, in a call that is not its own."""
        self.looked_at[model_id] = at

    def on_call(self, model_id: ModelId, attempt: Attempt, at: datetime, *, changed: bool) -> None:
        """Judge a start or a stop at its call; `changed`: it had an effect."""
        self._count(model_id, at)
        token = attempt.client_token
        first = self._sent.setdefault(token, TokenUse(at, attempt.digest()))
        self._judge(model_id, at, judge_call(attempt, self._named, at=at, skew=self._skew, first=first))
        self._named = None  # a call needs a won write of its own
        if changed:
            self._effects[token] += 1
            self._tokens[model_id].add(token)
            since = self._by_person.pop(model_id, None)
            covered = model_id in self._adoptable or (since is not None and self._is_covered(model_id, since, at))
            self._adoptable.discard(model_id)
            uncovered = since is not None and not covered
            strange = uncovered and attempt.call is Call.STOP and model_id not in self._raced
            self._judge(model_id, at, judge_effect(attempt, effects=self._effects[token], by_person=strange))

    def on_person(self, model_id: ModelId, at: datetime, call: Call, record: ModelRecord | None = None) -> None:
        """Note what a person did, and with `record` whether Preheat could know: the service does not say who starts."""
        self._raced.discard(model_id)
        self._adoptable.discard(model_id)
        if self._models[model_id].target.tokenless:
            # To a service without tokens, a call repeated after a person's hand is one more call.
            for token in self._tokens.pop(model_id, ()):
                del self._effects[token]
        if call is Call.START:
            self._by_person[model_id] = at
            if record is not None and _claims(record):
                self._raced.add(model_id)
        else:
            self._by_person.pop(model_id, None)

    def on_end(
        self, model_id: ModelId, record: ModelRecord | None, ledger: Sequence[LedgerEntry], at: datetime
    ) -> None:
        """Judge what is stored when the run is over."""
        self._judge(model_id, at, judge_ledger(ledger, sequence=record.sequence if record is not None else 0))

    def is_by_person(self, model_id: ModelId) -> bool:
        """Return whether a person started what runs now, and Preheat has not since."""
        return model_id in self._by_person

    def find_needed(self, model_id: ModelId, at: datetime) -> Demand | None:
        """Return the demand that forbids a stop of the model at `at`: [ready_at - lead, end)."""
        wanted = self._wanted[model_id]
        for demand in wanted.from_(at)[:1]:
            if demand.ready_at - wanted.lead <= at:
                return demand
        return None

    def count_asked(self, model_id: ModelId, at: datetime) -> int:
        """Return the units that holds ask for at `at`, give or take the clocks, if the model restarts for them."""
        if model_id not in self._resizes:
            return 0
        coming = self._wanted[model_id].from_(at - self._skew)[:2]
        model = self._models[model_id]
        away = STOPS_WITHIN + model.lead + model.slack
        shifts = [shift.ready_at for demand in coming for shift in demand.shifts]
        clocks = [at + off * self._skew for off in (-1, 0, 1)]
        if all(any(clock < ready_at <= clock + away for ready_at in shifts) for clock in clocks):
            return 0  # A restart would cut into the begin of a shift.
        served = [one for demand in coming for off in (-1, 0, 1) for one in demand.find_holds(at + off * self._skew)]
        # A restart must be worth it: the hold outlasts the stop and the start.
        worth = away - self._skew
        asked = max((one.units or 0 for one in served if one.end > at + worth), default=0)
        return min(asked, model.units_by_request)

    def last_end(self, model_id: ModelId, at: datetime) -> datetime | None:
        """Return the end of a model's last demand that is over at `at`, by the requests active now."""
        return self._wanted[model_id].last_end(at)

    def has_broken(self, invariant: str) -> bool:
        """Return whether a promise has broken by now."""
        return any(each.invariant == invariant for each in self.violations)

    def note_missed(self, invariant: str, model_id: ModelId, at: datetime, what: str) -> None:
        """Record a liveness promise that the world saw broken."""
        self.violations.append(BrokenPromise(invariant, model_id, at, what))

    def _number(
        self, count: Counter[tuple[ModelId, datetime]], model_id: ModelId, at: datetime, *, more: int = 1
    ) -> int:
        """Count a new start for the demand at `at`; return how many that one has had."""
        coming = self._wanted[model_id].from_(at - self._skew)
        key = model_id, self._find_counted_from(model_id, coming[0], at) if coming else at
        count[key] += more
        return count[key]

    def _find_counted_from(self, model_id: ModelId, demand: Demand, at: datetime) -> datetime:
        """Return since when its starts count: a shift that only a hold joins to others has its own attempts."""
        due = find_due_shift(self._models[model_id], demand, at + self._skew)
        return max(demand.begin, due.begin) if due is not None else demand.begin

    def _judge_told_once(self, model_id: ModelId, at: datetime) -> None:
        """Judge L3, once: a pass whose clock is off may judge the demand before, or assume that its end has come."""
        coming, off = self._wanted[model_id].from_(at), 2 * self._skew
        if coming and coming[0].start_at + off <= at < coming[0].end - off:
            # After a lifted block that came later, the demand begins again and is ready later: judge by that.
            key = model_id, coming[0].ready_at
            self._told[key] += 1
            if self._told[key] > 1:
                self.note_missed("L3", model_id, at, "the demand is judged a second time")

    def _is_covered(self, model_id: ModelId, since: datetime, at: datetime) -> bool:
        return any(demand.start_at <= at for demand in self._wanted[model_id].from_(since)[:1])

    def _count(self, model_id: ModelId, at: datetime) -> None:
        self.calls += 1
        recent = self._recent[model_id]
        recent.append(at)
        self._unwritten.append(model_id)
        while recent[0] <= at - HOUR:
            recent.popleft()
        self._judge(model_id, at, judge_rate(len(recent)))

    def _judge(self, model_id: ModelId, at: datetime, found: Iterable[Broken]) -> None:
        for broken in found:
            self.violations.append(BrokenPromise(broken.invariant, model_id, at, broken.what))


def _claims(record: ModelRecord) -> bool:
    """Return whether Preheat must take what runs for its own, judged here a second time, as its promises are."""
    attempt = record.attempt
    if attempt is None:
        return record.ownership is not Ownership.NONE
    return attempt.call is not Call.START or not attempt.is_without_effect()
