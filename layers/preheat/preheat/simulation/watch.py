"""The promises as code, checked while the simulated world runs. Each violation names its invariant, model and instant.

S1 one effective start per token; S2 intent before effect; S3 never stopped while needed; S4 what is not ours is not
stopped; S5 tokens are single-use; S7 the ledger is gap-free; S8 leases never move back; S10 bounded calls; L1 hosted by
ready_at; L2 no cost leak; L3 late is told.
"""

import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from preheat.domain.attempt import TOKEN_AGE_MAX, Attempt, Call
from preheat.domain.demand import Demand, demands
from preheat.domain.lifecycle import Observed
from preheat.domain.plan import HostedModel, ModelId
from preheat.domain.record import LedgerEntry, ModelRecord
from preheat.simulator.status import Status

TOKEN = re.compile(r"[A-Za-z0-9-]{1,64}")
CALLS_AN_HOUR_MAX = 90
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise."""

    invariant: str
    model_id: ModelId
    at: datetime
    what: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.model_id} {self.at:%Y-%m-%d %H:%M:%SZ}: {self.what}"


@dataclass(slots=True)
class _Token:
    first_at: datetime
    parameters: str
    effects: int = 0


@dataclass(slots=True)
class Invariants:
    """Watches every write and every call, and remembers what it needs to judge the next one."""

    models: dict[ModelId, HostedModel]
    tolerance: timedelta = timedelta()  # how far a pass's clock may be off
    violations: list[Violation] = field(default_factory=list)
    calls: int = 0
    _tokens: dict[str, _Token] = field(default_factory=dict)
    _recent: dict[ModelId, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))
    _by_person: dict[ModelId, datetime] = field(default_factory=dict)

    def on_write(self, before: ModelRecord | None, after: ModelRecord, entry: LedgerEntry | None, at: datetime) -> None:
        """Judge a won write."""
        if after.sequence != (before.sequence if before else 0) + (entry is not None):
            self._broken(
                "S7", after.model_id, at, f"sequence went from {before and before.sequence} to {after.sequence}"
            )
        if entry is not None and before is not None and entry.from_phase is not before.phase:
            self._broken(
                "S7", after.model_id, at, f"entry {entry.sequence} starts from {entry.from_phase}, not {before.phase}"
            )
        old, new = before.attempt if before else None, after.attempt
        if (
            old is not None
            and new is not None
            and old.client_token == new.client_token
            and new.intent_at < old.intent_at
        ):
            self._broken("S8", after.model_id, at, f"intent_at went back to {new.intent_at}")
        if before is not None and before.since is not None and (after.since is None or after.since < before.since):
            self._broken("S8", after.model_id, at, f"since went back to {after.since}")

    def on_look(self, model_id: ModelId, at: datetime) -> None:
        """Count a call of any kind against S10."""
        self.calls += 1
        recent = self._recent[model_id]
        recent.append(at)
        while recent[0] <= at - HOUR:
            recent.popleft()
        if len(recent) > CALLS_AN_HOUR_MAX:
            self._broken("S10", model_id, at, f"{len(recent)} calls within an hour")

    def on_call(
        self, stored: ModelRecord | None, attempt: Attempt, writer: str, at: datetime, *, before: Status, changed: bool
    ) -> None:
        """Judge a start or a stop that was sent while the service was in state `before`."""
        model_id = stored.model_id if stored else ModelId("unknown")
        if stored is None or stored.attempt is None or stored.attempt.client_token != attempt.client_token:
            self._broken("S2", model_id, at, f"{attempt.call} was sent without an intent on record")
        elif stored.writer != writer:
            self._broken("S2", model_id, at, f"{attempt.call} was sent by {writer}, the intent is {stored.writer}'s")
        elif attempt.call is Call.START and stored.attempt.left and stored.observed is Observed.STOPPED:
            self._broken("S5", model_id, at, "the token was sent after the model was seen to leave and return")
        self._token(model_id, attempt, at, changed=changed)
        if attempt.call is Call.STOP and changed:
            needed = self.needed(model_id, at) and self.needed(model_id, at + self.tolerance)
            if needed is not None and before is Status.HOSTED:
                self._broken("S3", model_id, at, f"stopped, though needed until {needed.end}")
            started_at = self._by_person.pop(model_id, None)
            if started_at is not None and not self._covered(model_id, started_at, at):
                self._broken("S4", model_id, at, f"stopped what a person started at {started_at}")
        if changed and attempt.call is Call.START:
            self._by_person.pop(model_id, None)

    def on_person(self, model_id: ModelId, at: datetime, call: Call) -> None:
        """Note what a person did."""
        if call is Call.START:
            self._by_person[model_id] = at
        else:
            self._by_person.pop(model_id, None)

    def is_by_person(self, model_id: ModelId) -> bool:
        """Tell whether what runs now was started by a person, and no demand has covered it since."""
        return model_id in self._by_person

    def needed(self, model_id: ModelId, at: datetime) -> Demand | None:
        """Return the demand for which the model must not be stopped at `at`: [ready_at - lead, end)."""
        model = self.models[model_id]
        around = demands(model, at - timedelta(days=4), at + timedelta(days=1))
        return next((demand for demand in around if demand.ready_at - model.lead <= at < demand.end), None)

    def missed(self, invariant: str, model_id: ModelId, at: datetime, what: str) -> None:
        """Record a liveness promise that the world saw broken."""
        self._broken(invariant, model_id, at, what)

    def _covered(self, model_id: ModelId, since: datetime, at: datetime) -> bool:
        model = self.models[model_id]
        return any(demand.start_at <= at and demand.end > since for demand in demands(model, since, at + HOUR))

    def _token(self, model_id: ModelId, attempt: Attempt, at: datetime, *, changed: bool) -> None:
        known = self._tokens.setdefault(attempt.client_token, _Token(at, attempt.digest()))
        if not TOKEN.fullmatch(attempt.client_token):
            self._broken("S5", model_id, at, f"token {attempt.client_token!r} is not of the service's alphabet")
        if at - known.first_at > TOKEN_AGE_MAX + 2 * self.tolerance:
            self._broken("S5", model_id, at, f"token {attempt.client_token} is {at - known.first_at} old")
        if known.parameters != attempt.digest():
            self._broken("S5", model_id, at, f"token {attempt.client_token} was sent with other parameters")
        known.effects += changed
        if known.effects > 1:
            self._broken("S1", model_id, at, f"token {attempt.client_token} had {known.effects} effects")

    def _broken(self, invariant: str, model_id: ModelId, at: datetime, what: str) -> None:
        self.violations.append(Violation(invariant, model_id, at, what))
