"""The promises in other words: a small model that knows the protocol's rules and none of its code.

It gets the looks, writes and calls of each pass, and judges at once. A look counts as known once that pass has won a
write: an observation that died with its worker is lost. Times are true times; `skew` is how far a worker's clock may be
off. A pass counts from its begin, because that is when it read its clock.

It does not import `preheat.app.audit.invariants`: two judges that share their words would share their mistakes.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from preheat.domain.plan.plan import Target
from preheat.domain.record.attempt import Attempt, Call
from preheat.domain.record.gate import Passage
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import LedgerEntry, ModelRecord

LEASE = timedelta(seconds=120)
TOKEN_AGE = timedelta(hours=7, minutes=30)
BRIDGED = timedelta(minutes=10)  # a gap this much longer than the lead is not worth a stop and a start
CALLS_AN_HOUR = 90
HEAD_START = timedelta(minutes=3)  # of a shift whose model holds may ask more units for
UNITS_BY_REQUEST = 6
RESTART_STOPS = timedelta(minutes=5)  # what a restart allows its stop
REFUSES_UNITS = ("quota", "invalid")
REFUSES_START = ("quota", "denied", "invalid")  # more time alone does not bring the model
TOKEN = re.compile(r"[A-Za-z0-9-]{1,64}")
RUNNING = (Observed.STARTING, Observed.HOSTED)
AT_REST = (Observed.STOPPED, Observed.FAILED)
DOWN = (*AT_REST, Observed.STOPPING, Observed.GONE)  # nothing serves, and nothing is on its way up


class ReferenceViolation(AssertionError):
    """A promise was broken; `invariant` names which."""

    def __init__(self, invariant: str, what: str) -> None:
        super().__init__(f"{invariant}: {what}")
        self.invariant = invariant


@dataclass(frozen=True)
class PersonWants:
    """The wishes of a person for the model: daily windows in UTC (start, length), and since when they are known."""

    windows: tuple[tuple[time, timedelta], ...]
    target: Target
    lead: timedelta
    slack: timedelta
    known_at: datetime
    stops_others: bool = False
    gate: bool = False  # there is one before its consumers
    drain: timedelta | None = None  # how long its stop waits for its queue; None: it has none
    restarts: bool = False  # a hold may have it restarted for more units

    def demands(self, around: datetime) -> list[tuple[datetime, datetime, datetime]]:
        """Return (begin, end, ready_at) of each demand within three days of an instant, in order."""
        found: list[tuple[datetime, datetime]] = []
        days = [around.date() + timedelta(days) for days in range(-3, 4)]
        for begin, length in sorted(
            (datetime.combine(day, at, UTC), long) for day in days for at, long in self.windows
        ):
            if found and begin - found[-1][1] <= self.lead + HEAD_START + BRIDGED:
                found[-1] = (found[-1][0], max(found[-1][1], begin + length))
            else:
                found.append((begin, begin + length))
        return [(begin, end, max(begin, self.known_at + self.lead + self.slack)) for begin, end in found]

    def needs(self, at: datetime) -> bool:
        """Return whether nobody may stop the model: from a lead before it must be ready, to the end."""
        return any(ready_at - self.lead <= at < end for _, end, ready_at in self.demands(at))

    def begins_within(self, since: datetime, until: datetime) -> bool:
        """Return whether a shift has to be ready then that no other one leads up to."""
        days = [since.date() + timedelta(days) for days in range(-1, 3)]
        shifts = [(datetime.combine(day, at, UTC), length) for day in days for at, length in self.windows]
        first = [begin for begin, _ in shifts if not any(other < begin <= other + long for other, long in shifts)]
        return any(since < max(begin, self.known_at + self.lead + self.slack) <= until for begin in first)

    def covers(self, at: datetime) -> bool:
        """Return whether Preheat may take what runs for its own: from when a start is due."""
        ahead = self.lead + self.slack + HEAD_START
        return any(ready_at - ahead <= at < end for _, end, ready_at in self.demands(at))


@dataclass
class ReferencePass:
    """One pass of one worker: since when it runs, what it read and saw, and the call that its last won write names."""

    name: str
    begun_at: datetime
    skew: timedelta = timedelta()  # how far its clock is off
    read_version: int = 0
    saw: Observed | None = None  # None: it has not looked, or the look failed
    looked_at: Target | None = None  # where it looked, with or without success
    run: int = 0  # how many starts the model had by then, by anyone
    names: str | None = None
    sent: list[str] = field(default_factory=list)
    definite: bool = False  # the call that it sent has its final answer
    told: str = ""  # how the service answered its start
    passage: Passage | None = None  # of the gate; None: it has not looked, or the look failed
    left: int | None = None  # messages in the queue; None: it has not counted, or could not
    names_gate: Attempt | None = None  # the change of the gate that its last won write names
    opens: bool = False  # a won write of it names the opening
    moved: bool = False  # it made that change's call
    settled: bool = False  # the call has its final answer

    def begin_again(self, version: int) -> None:
        """Forget everything: the pass reads its record, for the first time or after a lost write."""
        self.read_version = version
        self.saw = self.looked_at = self.passage = self.left = None
        self.told = ""


@dataclass
class ReferenceToken:
    """All that is known of one intended call."""

    first_at: datetime
    last_at: datetime  # the begin of the last pass that won a write to send it
    parameters: str
    # Passes that won a write to send it and have not recorded its final answer, by their begin.
    open: dict[str, datetime] = field(default_factory=dict)
    effects: int = 0
    left: bool = False  # a look showed the model out of its stopped state under it
    returned: bool = False  # and back
    told: str = ""  # the service's last answer, as a won write knows it


class ReferenceHold(NamedTuple):
    """Somebody asks for units."""

    begin: datetime
    end: datetime
    units: int


class Reference:
    """Watches one model."""

    def __init__(self, skew: timedelta) -> None:
        self.skew = skew
        self.wanted: PersonWants | None = None
        self.tokens: dict[str, ReferenceToken] = {}
        self.ours: dict[Target, bool] = {}  # Preheat may take what runs there for its own
        self.surely_ours: dict[Target, int] = {}  # it has to: the number of that run
        self.own_units = 1  # the plan's
        self.units_failed: set[tuple[Target, datetime]] = set()  # versions and demands whose units the service refused
        self.ledger: list[LedgerEntry] = []
        self.asked: list[ReferenceHold] = []
        self.runs_with: dict[Target, tuple[int, int]] = {}  # the last run that a start of Preheat began, and its units
        self.may_run_with: dict[Target, int] = {}  # the units of the last start, if its answer was lost
        self.calls: list[datetime] = []
        self.known: dict[Target, Observed | None] = {}  # what the last look showed; None: nothing

    # --- what a pass does ---------------------------------------------------------------------------------------------

    def looks(self, worker: ReferencePass, target: Target, at: datetime) -> None:
        """Count an observation; its result, if any, goes to the pass."""
        worker.saw, worker.looked_at = None, target
        self.counts(at)

    def wrote(
        self,
        worker: ReferencePass,
        before: ModelRecord | None,
        after: ModelRecord,
        entry: LedgerEntry | None,
        at: datetime,
    ) -> None:
        """Judge a won write."""
        if (before.version if before else 0) != worker.read_version:
            raise ReferenceViolation(
                "S2", f"version {worker.read_version} was read, yet {before and before.version} was replaced"
            )
        worker.read_version = after.version
        if before is not None and before.since is not None and (after.since is None or after.since < before.since):
            raise ReferenceViolation("S8", f"since went back from {before.since} to {after.since}")
        if entry is not None:
            self.ledger.append(entry)
        old, new = before.attempt if before else None, after.attempt
        self._learnt(worker, after.target, old)
        intends = new is not None and (old is None or (new.client_token, new.tries) != (old.client_token, old.tries))
        if old is not None and (new is None or new.client_token != old.client_token):
            self._closed(worker, old, new)
        if (
            old is not None
            and new is not None
            and new.client_token == old.client_token
            and new.intent_at < old.intent_at
        ):
            raise ReferenceViolation("S8", f"intent_at went back from {old.intent_at} to {new.intent_at}")
        if new is not None and new.client_token in worker.sent and worker.definite:
            self.tokens[new.client_token].open.pop(worker.name, None)
        if intends and new is not None:
            self._intended(worker, new, at, before.effort.demand_start if before and before.effort else None)
        if new is not None and new.call is Call.START and new.units.minimum > self.own_units and after.effort:
            self._more_units(new, after.effort.demand_start, intends=intends)

    def sends(self, worker: ReferencePass, attempt: Attempt, at: datetime) -> None:
        """Judge a start or a stop just before its call."""
        self.counts(at)
        name = attempt.client_token
        if worker.names != name:
            raise ReferenceViolation(
                "S2", f"{attempt.call} {name} is sent, the pass's own won write names {worker.names}"
            )
        worker.names = None  # the next call needs a write of its own
        worker.sent.append(name)
        if worker.saw in (None, Observed.UNKNOWN, Observed.BUSY, Observed.GONE):
            raise ReferenceViolation("S9", f"{attempt.call} is sent on a model that is {worker.saw or 'unread'}")
        token = self.tokens[name]
        if token.parameters != _parameters(attempt):
            raise ReferenceViolation("S5", f"{name} is sent with {_parameters(attempt)}, first with {token.parameters}")
        if worker.begun_at - token.first_at > TOKEN_AGE + 2 * self.skew:
            raise ReferenceViolation(
                "S5", f"{name} is sent {worker.begun_at - token.first_at} after it was first written"
            )

    def answered(self, worker: ReferencePass, attempt: Attempt, *, effect: bool, told: str, run: int) -> None:
        """Note what became of a call: whether it changed the model, whose `run` this is, and what the pass knows."""
        worker.definite = told != "lost"
        worker.told = told if attempt.call is Call.START else ""
        token = self.tokens[attempt.client_token]
        if effect and attempt.call is Call.STOP and self.surely_ours.get(attempt.target) != run:
            token.effects = 0  # another has begun this run: a lost stop that Preheat repeats is the first of it
        token.effects += effect
        if attempt.call is Call.START:
            self.may_run_with.pop(attempt.target, None)
            if told == "lost":
                self.may_run_with[attempt.target] = attempt.units.minimum
        if effect and attempt.call is Call.START:
            self.surely_ours[attempt.target] = run
            self.runs_with[attempt.target] = (run, attempt.units.minimum)
        if token.effects > 1:
            raise ReferenceViolation("S1", f"{attempt.client_token} has had {token.effects} effects")

    def says(self, worker: ReferencePass, after: ModelRecord, word: str) -> None:
        """Judge the word for the model's state that anybody reads after a won write.

        A pass without a look adds nothing: then the last look that a write made known counts, if it showed anything.
        """
        if worker.looked_at is not None:
            self.known[worker.looked_at] = worker.saw
        if worker.told:
            self.tokens[worker.sent[-1]].told = worker.told
        if worker.told == "accepted":
            self.known[after.target] = None  # a start came after the look: it no longer shows that nothing runs
        seen = self.known.get(after.target)
        if word == "READY" and seen is not Observed.HOSTED:
            raise ReferenceViolation("S15", f"{word}, yet the last look showed {seen or 'nothing'}")
        if word in ("OFF", "BLOCKED") and seen not in DOWN:
            raise ReferenceViolation("S15", f"{word}, yet the last look showed {seen or 'nothing'}")
        token = self.tokens.get(after.attempt.client_token) if after.attempt is not None else None
        told = worker.told or (token.told if token is not None else "")
        if word == "ON TIME" and told in REFUSES_START and seen not in RUNNING:
            raise ReferenceViolation("S15", f"{word}, yet the service answered its start with {told}")

    def may_restart(self, worker: ReferencePass) -> bool:
        """Return whether a hold is worth a restart now: it asks for more than the run has, and outlasts the restart.

        It never is while a shift begins: the model would be away.
        """
        wanted, now = self.wanted, worker.begun_at
        if wanted is None or not wanted.restarts or wanted.target != worker.looked_at:
            return False
        back_at, ahead = now + RESTART_STOPS + wanted.lead + wanted.slack, wanted.lead + wanted.slack + HEAD_START
        run, units = self.runs_with.get(wanted.target, (0, 0))
        if run != worker.run and wanted.target in self.may_run_with:
            run, units = worker.run, self.may_run_with[wanted.target]  # nobody can know that another has started it
        if run != worker.run or wanted.begins_within(now + self.skew, back_at - self.skew):
            return False
        wish = [
            min(each.units, UNITS_BY_REQUEST)
            for each in self.asked
            if each.begin - ahead <= now + self.skew and each.end > back_at - self.skew
        ]
        return max(wish, default=0) > units

    def counts(self, at: datetime) -> None:
        """Count a call to the service, or to what is behind the model."""
        self.calls = [one for one in self.calls if one > at - timedelta(hours=1)] + [at]
        if len(self.calls) > CALLS_AN_HOUR:
            raise ReferenceViolation("S10", f"{len(self.calls)} calls within an hour")

    def forget_what_is_over(self, now: datetime) -> None:
        """A plan comes. A demand that is over may come back longer with it, and may ask for more units again."""
        over = {begin for begin, end, _ in self.wanted.demands(now) if end <= now} if self.wanted else set()
        self.units_failed = {(target, begin) for target, begin in self.units_failed if begin not in over}

    # --- what is on record --------------------------------------------------------------------------------------------

    def holds(self, record: ModelRecord | None, ledger: list[LedgerEntry]) -> None:
        """Judge the store: the ledger has every written entry, and leads to the record."""
        if ledger != self.ledger:
            raise ReferenceViolation("S7", "the ledger is not what was appended")
        phase = "idle"
        for number, entry in enumerate(ledger, start=1):
            if entry.sequence != number or entry.from_phase != phase:
                raise ReferenceViolation(
                    "S7", f"place {number}: entry {entry.sequence} from {entry.from_phase}, was {phase}"
                )
            phase = entry.to_phase
        if record is not None and (record.sequence, record.phase) != (len(ledger), phase):
            told = f"{len(ledger)} entries end in {phase}"
            raise ReferenceViolation("S7", f"{told}, the record counts {record.sequence} and is {record.phase}")

    # --- how it judges ------------------------------------------------------------------------------------------------

    def _learnt(self, worker: ReferencePass, target: Target, open_call: Attempt | None) -> None:
        """Count what the pass saw as known: whose run it is, and the state of the open token."""
        saw = worker.saw
        starts = [token for name, token in self.tokens.items() if name.startswith("preheat-start-")]
        if saw in AT_REST and all(worker.begun_at - token.last_at >= LEASE - 2 * self.skew for token in starts):
            self.ours[target] = False
        near = (worker.begun_at - self.skew, worker.begun_at + self.skew)
        if saw in RUNNING and self.wanted and self.wanted.target == target:
            covered = [self.wanted.covers(one) for one in near]
            self.ours[target] = self.ours.get(target, False) or any(covered)
            if all(covered):
                self.surely_ours[target] = worker.run
        if open_call is not None and open_call.call is Call.START and saw is not None and saw is not Observed.UNKNOWN:
            token = self.tokens[open_call.client_token]
            if saw in (*RUNNING, Observed.STOPPING):
                token.left = True
            elif saw is Observed.STOPPED and token.left:
                token.returned = True

    def _closed(self, worker: ReferencePass, old: Attempt, new: Attempt | None) -> None:
        """A write drops or replaces an attempt: not within its lease, unless every pass that might send it knows the
        answer."""
        token = self.tokens[old.client_token]
        least, age = LEASE - 2 * self.skew, worker.begun_at - token.last_at
        if new is not None and old.call is new.call is Call.START and age < least:
            raise ReferenceViolation("S1", f"a new start is intended {age} after the intent of the last")
        if any(worker.begun_at - begun_at < least for begun_at in token.open.values()):
            raise ReferenceViolation(
                "S8", f"{old.client_token} is closed {age} after its intent, which may still be sent"
            )

    def _intended(self, worker: ReferencePass, attempt: Attempt, at: datetime, demand: datetime | None) -> None:
        """A won write names a call: it is the pass's to send, once. `demand`: the begin of the one on record before."""
        name = attempt.client_token
        if not TOKEN.fullmatch(name):
            raise ReferenceViolation("S5", f"token {name!r} is not of the service's alphabet")
        token = self.tokens.get(name)
        if token is None:
            token = self.tokens[name] = ReferenceToken(worker.begun_at, worker.begun_at, _parameters(attempt))
        if token.returned:
            raise ReferenceViolation("S5", f"{name} is to be sent after the model was seen to leave and return")
        token.last_at = max(token.last_at, worker.begun_at)
        token.open[worker.name] = worker.begun_at
        worker.names = name
        if attempt.call is Call.START:
            self.ours[attempt.target] = True
            return
        wanted = self.wanted
        here = wanted is not None and wanted.target == attempt.target
        if wanted and here and worker.saw is Observed.HOSTED:
            moments = {sure + by for sure in (worker.begun_at, at) for by in (-self.skew, self.skew)}
            if all(map(wanted.needs, moments)):
                self._restarts(worker, attempt.target, demand)
        allowed = wanted and here and wanted.stops_others
        if worker.saw in RUNNING and not self.ours.get(attempt.target) and not allowed:
            raise ReferenceViolation("S4", "a stop is intended of what Preheat neither started nor adopted")
        self.ours[attempt.target] = True  # once any policy stops it, Preheat has to complete the stop

    def _restarts(self, worker: ReferencePass, target: Target, demand: datetime | None) -> None:
        """A stop of what a demand needs: only for a hold, and not once the service has refused its units."""
        if not self.may_restart(worker):
            raise ReferenceViolation("S3", f"hosted and needed at {worker.begun_at}, yet a stop is intended")
        if demand is not None and (target, demand) in self.units_failed:
            raise ReferenceViolation("S13", f"a restart at {worker.begun_at}, after the service refused the units")

    def _more_units(self, attempt: Attempt, demand: datetime, *, intends: bool) -> None:
        """A start asks for more units than the plan: within the cap, and not once the service has refused that."""
        if attempt.units.minimum > UNITS_BY_REQUEST:
            raise ReferenceViolation("S13", f"{attempt.units.minimum} units, and a hold may have {UNITS_BY_REQUEST}")
        if intends and (attempt.target, demand) in self.units_failed:
            raise ReferenceViolation("S13", f"{attempt.units.minimum} units again, after the service refused them")
        if not intends and attempt.answer in REFUSES_UNITS:
            self.units_failed.add((attempt.target, demand))


def _parameters(attempt: Attempt) -> str:
    return f"{attempt.call} {attempt.target} {attempt.units.minimum}-{attempt.units.maximum}"
