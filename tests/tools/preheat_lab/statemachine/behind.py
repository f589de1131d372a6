"""The promises about the gate and the queue behind a model, in other words: what a stop waits for, and how long.

It gets what each pass saw of the two, and judges at each won write and each change of the gate. Times are those of
`reference`: a pass counts from its begin, and its clock may be off by `skew`.
"""

from datetime import datetime, timedelta

from tests.tools.preheat_lab.statemachine.reference import DOWN, LEASE, Reference, ReferencePass, ReferenceViolation

from preheat.domain.record.attempt import Attempt, Call
from preheat.domain.record.gate import Passage
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import ModelRecord

EMPTIES = 3  # readings in a row that find the queue empty
EMPTY_FOR = timedelta(minutes=1)  # from the first of them to the last
GATE_LIMIT = timedelta(minutes=5)  # a stop waits no longer for its gate
DOWN_OR_STARTING = (*DOWN, Observed.STARTING)  # serves nobody
LETS_NOTHING_THROUGH = (Passage.CLOSED, Passage.GONE)


class Behind:
    """Watches the gate and the queue of one model."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._skew = reference.skew
        self._opens: dict[str, datetime] = {}  # passes that may still open the gate, by their begin
        self._shut = False  # the gate, when a pass last saw it, and no pass has meant to open it since
        self._waits_since: datetime | None = None  # the stop that is due: since when it waits
        self._closing_since: datetime | None = None  # since when it waits for nothing but its gate
        self._drained = False  # readings showed its queue empty for long enough, or the limit is over
        self._excused = False  # it began when there was no queue to wait for: within a demand, or nothing served
        self._empties: list[datetime] = []  # the readings in a row that found the queue empty

    # --- what a pass does ---------------------------------------------------------------------------------------------

    def looks(self, worker: ReferencePass, at: datetime) -> None:
        """Count a look at the gate; its result, if any, goes to the pass."""
        self._reference.counts(at)
        worker.passage = None

    def counts(self, worker: ReferencePass, at: datetime) -> None:
        """Count a reading of the queue; its result, if any, goes to the pass."""
        self._reference.counts(at)
        worker.left = None

    def moves(self, worker: ReferencePass, call: str, at: datetime) -> None:
        """Judge a change of the gate just before its call."""
        self._reference.counts(at)
        named = worker.names_gate
        if named is None or named.call != call:
            raise ReferenceViolation("S2", f"the gate is to {call}, the pass's own won write names {named}")
        worker.names_gate = None  # the next change needs a write of its own
        worker.moved = True
        if call == "open" and worker.saw is not Observed.HOSTED:
            raise ReferenceViolation("S11", f"the gate opens, and its pass saw {worker.saw or 'nothing'}")

    def wrote(self, worker: ReferencePass, before: ModelRecord | None, after: ModelRecord) -> None:
        """Judge a won write by what it says of the gate and the queue, and whether it has the model stop."""
        old, new = (
            each.gate.attempt if each is not None and each.gate is not None else None for each in (before, after)
        )
        if worker.moved and worker.settled:
            self._opens.pop(worker.name, None)
        if new is not None and (old is None or (new.client_token, new.tries) != (old.client_token, old.tries)):
            self._intended(worker, new)
        if worker.passage is not None:
            self._shut = worker.passage in LETS_NOTHING_THROUGH and not worker.opens
        call, last = after.attempt, before.attempt if before is not None else None
        self._count_wait(worker, after)
        first = call is not None and call.call is Call.STOP and (last is None or last.call is not Call.STOP)
        if first and worker.saw is Observed.HOSTED:
            gated = any(each is not None and each.gate is not None for each in (before, after))
            self._stops(worker, gated=gated)
        if after.draining is None:
            self._forget_wait()

    # --- how it judges ------------------------------------------------------------------------------------------------

    def _intended(self, worker: ReferencePass, attempt: Attempt) -> None:
        """A won write names a change of the gate: it is the pass's to send, once."""
        worker.names_gate = attempt
        if worker.passage not in (Passage.OPEN, Passage.CLOSED):
            raise ReferenceViolation("S9", f"{attempt.call} of a gate that is {worker.passage or 'unread'}")
        if attempt.call is Call.OPEN:
            self._opens[worker.name] = worker.begun_at
            worker.opens = True
            if worker.saw is not Observed.HOSTED:
                raise ReferenceViolation("S11", f"the gate is to open, and the pass saw {worker.saw or 'nothing'}")
            stops = (token for name, token in self._reference.tokens.items() if name.startswith("preheat-stop-"))
            if any(self._is_on_its_way(worker, begun_at) for token in stops for begun_at in token.open.values()):
                raise ReferenceViolation("S11", "the gate is to open, and a pass may still stop the model")
        elif worker.saw is Observed.HOSTED and self._is_needed(worker):
            raise ReferenceViolation("S3", f"hosted and needed at {worker.begun_at}, yet its gate is to close")

    def _count_wait(self, worker: ReferencePass, after: ModelRecord) -> None:
        """Count the wait of a stop that is due: for how long, and what its readings found."""
        if worker.saw is Observed.HOSTED and self._is_needed(worker):
            self._forget_wait()
        if self._waits_since is None:
            if after.draining is None:
                return
            self._waits_since = worker.begun_at
        if worker.left is not None:
            self._empties = [] if worker.left else [*self._empties, worker.begun_at]
        limit = self._find_limit(worker)
        if limit is None or worker.saw in DOWN_OR_STARTING:
            self._excused = True
        else:
            self._drained |= worker.begun_at - self._waits_since >= limit - 2 * self._skew
        if len(self._empties) >= EMPTIES:
            self._drained |= self._empties[-1] - self._empties[0] >= EMPTY_FOR - 2 * self._skew
        if self._closing_since is None and (self._drained or self._excused):
            self._closing_since = worker.begun_at

    def _stops(self, worker: ReferencePass, *, gated: bool) -> None:
        """A pass has what it saw hosted stop: after its queue, and after its gate.

        Nothing takes the messages behind a closed gate: a stop that found it so does not wait for them.
        """
        if not (self._drained or (self._excused and self._shut)) and self._find_limit(worker) is not None:
            found = f"{len(self._empties)} readings in a row found its queue empty"
            raise ReferenceViolation("S12", f"a stop is intended, it waits since {self._waits_since}, and {found}")
        if not gated:
            return
        if any(self._is_on_its_way(worker, begun_at) for begun_at in self._opens.values()):
            raise ReferenceViolation("S11", "a stop is intended, and a pass may still open the gate")
        least = GATE_LIMIT - 2 * self._skew
        given_up = self._closing_since is not None and worker.begun_at - self._closing_since >= least
        if worker.passage not in LETS_NOTHING_THROUGH and not given_up:
            seen = f"saw its gate {worker.passage or 'not'}"
            raise ReferenceViolation(
                "S11", f"a stop is intended, and the pass {seen}; closing since {self._closing_since}"
            )

    def _find_limit(self, worker: ReferencePass) -> timedelta | None:
        """Return how long a stop waits for the queue; None: for none, as within a demand or without a plan."""
        wanted = self._reference.wanted
        near = (worker.begun_at - self._skew, worker.begun_at + self._skew)
        return None if wanted is None or any(map(wanted.covers, near)) else wanted.drain

    def _is_needed(self, worker: ReferencePass) -> bool:
        wanted, near = self._reference.wanted, (worker.begun_at - self._skew, worker.begun_at + self._skew)
        here = wanted is not None and wanted.target == worker.looked_at and all(map(wanted.needs, near))
        return here and not self._reference.may_restart(worker)

    def _is_on_its_way(self, worker: ReferencePass, begun_at: datetime) -> bool:
        return worker.begun_at - begun_at < LEASE - 2 * self._skew

    def _forget_wait(self) -> None:
        self._waits_since = self._closing_since = None
        self._drained = self._excused = False
        self._empties = []
