"""Equal situations, equal states: removes from a record what can no longer make a difference.

Owns the abstraction of records, and nothing else. It removes the following, and no pass can notice:

* `version`: always 1; the explorer knows of each worker whether the record it read is still the stored one.
* `sequence` and `writer`: the judges see them at the write; no decision reads them.
* `samples`, `evidence`, `measured_as`, `effort.first_start_at`, `effort.unready_at`, `effort.lead`, `effort.turn`:
  figures. Here, with a fixed lead and no turn, no decision reads them. Only whether there is a first start counts.
* `looked_at`, `run` and `paid`, the account of paid time, and `last_margin`: no decision reads them either.
* `wake_at` and every `retry_at` only meet readings of the clock: they move up to the next point of the grid. All past
  ones are alike, and so are those beyond the end.
* `words`, since when checks do not show the state, and `status`: only people read them. Of a hosted model, the status
  stays, because a glance compares it.
* `since` matters for a start that Preheat did not begin, and to a clock that is behind it: otherwise it is past.
* `spent_until`, the budget of service calls, lasts longer than the few explored minutes; the simulation covers it.
* an attempt's `first_at` gives its age in hours: all that is past is alike.
* a lease that is over is over; of a start, `intent_at` also counts in minutes, until a look showed the model hosted.
* of a gate's change the same; `doubtful` is about what runs, and no gate runs. The result of a drain is only recorded.
* of the stored scaling, only whether Preheat has to read it again; beyond five tries, the pauses are alike.
* `effort.hosted_at` only meets the very same reading, and `ready_at`: past values on the same side of it are alike.
"""

from datetime import datetime, timedelta

from preheat.app.audit.invariants import LEASE
from preheat.app.reconcile.reconcile import EARLY
from preheat.domain.decision.scaling import READ_EVERY
from preheat.domain.decision.situation import SPENT
from preheat.domain.record.attempt import Attempt, Call
from preheat.domain.record.gate import Draining, Gate
from preheat.domain.record.record import Effort, KeptScaling, ModelRecord, Phase
from preheat.domain.values import change
from preheat_lab.explorer.wants import ORIGIN, STEP, instant

PAST = ORIGIN - LEASE - STEP


class Canonical:
    """Records as of a point of the grid; `ends` is its last one."""

    def __init__(self, ends: int) -> None:
        self._beyond = instant(ends + 1)

    def record(self, record: ModelRecord, at: int) -> ModelRecord:
        """Return the record that every pass from `at` on takes for this one."""
        now = instant(at)
        return change(
            record,
            version=1,
            sequence=0,
            writer="",
            samples=(),
            evidence=None,
            measured_as="",
            due_at=None,  # a work message may come at any time
            wake_at=self._due(record.wake_at, now, EARLY, past=ORIGIN),
            spent_until=None,
            status=record.status if record.phase is Phase.HOSTED else "",
            unread=change(record.unread, since=PAST, words="") if record.unread is not None else None,
            looked_at=None,
            run=None,
            paid=(),
            last_margin=None,
            since=record.since if record.phase is Phase.STARTING else self._now_or_past(record.since, now),
            attempt=self._attempt(record, record.attempt, now) if record.attempt is not None else None,
            effort=self._effort(record.effort, now) if record.effort is not None else None,
            gate=self._gate(record.gate, now) if record.gate is not None else None,
            draining=self._draining(record.draining) if record.draining is not None else None,
            scaling=self._scaling(record.scaling, now) if record.scaling is not None else None,
        )

    def _gate(self, gate: Gate, now: datetime) -> Gate:
        attempt = gate.attempt
        if attempt is not None:
            over = now >= attempt.intent_at + LEASE + STEP
            patient = attempt.tries > 3 or attempt.answer in SPENT  # then its age counts beyond the lease
            attempt = change(
                attempt,
                first_at=PAST,
                intent_at=PAST if over and not patient else attempt.intent_at,
                retry_at=self._due(attempt.retry_at, now),
                doubtful=False,
                words="",
            )
        look_at = self._due(gate.look_at, now)
        return change(gate, attempt=attempt, look_at=look_at, unreadable=min(gate.unreadable, 4))

    def _scaling(self, kept: KeptScaling, now: datetime) -> KeptScaling:
        fresh = not kept.is_removed and now < kept.read_at + READ_EVERY + STEP
        read_at = kept.read_at if fresh else PAST - READ_EVERY
        return change(kept, tries=min(kept.tries, 5), retry_at=self._due(kept.retry_at, now), read_at=read_at)

    @staticmethod
    def _draining(draining: Draining) -> Draining:
        return change(draining, came_to="", unreadable=min(draining.unreadable, 4))

    def _attempt(self, record: ModelRecord, attempt: Attempt, now: datetime) -> Attempt:
        over = now >= attempt.intent_at + LEASE + STEP  # one step more, for a clock that is behind
        settled = attempt.call is Call.STOP or (record.effort is not None and record.effort.serving)
        return change(
            attempt,
            first_at=PAST,
            intent_at=PAST if over and settled else attempt.intent_at,
            retry_at=self._due(attempt.retry_at, now),
            doubtful=attempt.doubtful and attempt.call is Call.START,
            words="",
        )

    def _effort(self, effort: Effort, now: datetime) -> Effort:
        return change(
            effort,
            lead=None,
            turn=None,
            unready_at=None,
            first_start_at=PAST if effort.first_start_at is not None else None,
            retry_at=self._due(effort.retry_at, now),
            hosted_at=self._hosted_at(effort, now),
        )

    def _hosted_at(self, effort: Effort, now: datetime) -> datetime | None:
        if effort.hosted_at is None or effort.hosted_at >= now:
            return effort.hosted_at
        return PAST if effort.judged else min(PAST, effort.ready_at)

    @staticmethod
    def _now_or_past(when: datetime | None, now: datetime) -> datetime:
        return when if when is not None and when >= now else PAST

    def _due(
        self, when: datetime | None, now: datetime, early: timedelta = timedelta(), *, past: datetime | None = None
    ) -> datetime | None:
        """Return the first point of the grid at which `when`, less `early`, has come; `past` if it has."""
        if when is None:
            return None
        steps = -((ORIGIN + early - when) // STEP)
        point = ORIGIN + steps * STEP
        if point <= now:
            return past
        return min(point, self._beyond)
