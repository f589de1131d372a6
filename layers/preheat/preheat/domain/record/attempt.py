"""Attempts: one intended call, stored before Preheat makes it, and the lease that protects it.

Owns the token, the lease and what the answers to a call mean. ARCHITECTURE.md names the counterexamples that each rule
comes from. Does not decide whether to call.
"""

import hashlib
import json
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Self

from preheat.domain.plan.plan import ModelId, Tags, Target, Units
from preheat.domain.values import change

# A worker may call until its function times out (100 s, of which an inference may take 60); the rest is for clocks.
LEASE = timedelta(seconds=120)
# The service forgets a token after 8 h; half an hour keeps clear of its clock and of a slow pass.
TOKEN_AGE_MAX = timedelta(hours=7, minutes=30)
# A look may lag behind a call. Preheat looks for a start that may have had its effect for that long, also without
# demand.
SHOWN_WITHIN = timedelta(minutes=10)
WORDS_MAX = 500  # characters of a service's own words that a record keeps


class Call(StrEnum):
    """The two calls that change a model, and the two that change the gate before its consumers."""

    START = "start"
    STOP = "stop"
    OPEN = "open"
    CLOSE = "close"

    @property
    def is_of_gate(self) -> bool:
        """Return whether the call goes to the gate."""
        return self in (Call.OPEN, Call.CLOSE)


class Answer(StrEnum):
    """How the service answered a call, named by what it means for the caller."""

    ACCEPTED = "accepted"
    LOST = "lost"  # no answer, or a server error: the call may have had its effect
    THROTTLED = "throttled"
    WRONG_STATE = "wrong_state"
    QUOTA = "quota"
    DENIED = "denied"
    INVALID = "invalid"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one call, with the service's own words; `retried`: see `Attempt.note_answer`."""

    answer: Answer
    detail: str = ""
    retried: bool = False


@dataclass(frozen=True, slots=True)
class Reaction:
    """The consequences of an answer.

    `definite`: the call is over, with or without effect. `retry_after`: when Preheat may repeat the same call; None =
    not before the plan changes. `told_from`: it gets a ledger entry of its own from this many times in a row on; None =
    never.
    """

    definite: bool
    retry_after: timedelta | None
    told_from: int | None = None


REACTIONS: dict[Answer, Reaction] = {
    Answer.ACCEPTED: Reaction(definite=True, retry_after=timedelta()),
    Answer.LOST: Reaction(definite=False, retry_after=timedelta(seconds=10)),
    Answer.THROTTLED: Reaction(definite=True, retry_after=timedelta(seconds=10)),
    Answer.WRONG_STATE: Reaction(definite=True, retry_after=timedelta(seconds=60), told_from=3),
    Answer.QUOTA: Reaction(definite=True, retry_after=timedelta(seconds=60), told_from=1),
    Answer.DENIED: Reaction(definite=True, retry_after=timedelta(minutes=5), told_from=1),
    Answer.INVALID: Reaction(definite=True, retry_after=None, told_from=1),
    Answer.GONE: Reaction(definite=True, retry_after=None, told_from=1),
}


def pause_before_retry(answer: Answer, tries: int, model_id: ModelId) -> timedelta | None:
    """Return how long to wait before try number `tries` + 1 of the same call; None = until the plan changes.

    Quick at first, then each minute; the budget of calls sees to it that this does not go on for ever.
    Up to 15 s of jitter, drawn from the model's id, spread a fleet that got a refusal in the same second.
    """
    least = REACTIONS[answer].retry_after
    if least is None:
        return None
    paced = timedelta(seconds=10 if tries <= 3 else 60)
    return max(least, paced) + compute_jitter(model_id, tries)


def compute_jitter(model_id: ModelId, tries: int) -> timedelta:
    """Return up to 15 s, the same for the same model and try: it spreads a fleet refused in the same second."""
    return timedelta(milliseconds=zlib.crc32(f"{model_id}/{tries}".encode()) % 15_000)


@dataclass(frozen=True)  # without slots, as `ModelRecord`
class Attempt:
    """One intended call with frozen parameters. Repeating it is the same call: same token, same parameters.

    `intent_at` is the last won write and opens the lease; it never moves back. `open_writers` counts the workers that
    may still be about to call: a settled attempt has none.
    """

    call: Call
    generation: int
    client_token: str
    target: Target
    units: Units
    first_at: datetime
    intent_at: datetime
    open_writers: int = 1
    tries: int = 1
    answer: Answer | None = None
    retry_at: datetime | None = None
    left: bool = False  # a look showed the model out of its stopped state (start), or out of STARTING (stop)
    tags: Tags = ()  # of the endpoint that a start creates; no part of the digest, since they start nothing else
    doubtful: bool = True  # a call of it may have had its effect; an attempt stored without the word counts as such
    words: str = ""  # the service's own, with the answer; at most WORDS_MAX characters
    seen: bool = False  # a look since then showed its effect; an attempt stored without the word counts as not seen

    @classmethod
    def intend(
        cls,
        model_id: ModelId,
        call: Call,
        *,
        generation: int,
        demand_start: datetime,
        target: Target,
        units: Units,
        now: datetime,
        tags: Tags = (),
        stack: str = "",
    ) -> Self:
        """Return a fresh intent, with a token of its own."""
        digest = digest_parameters(target, units)
        token = make_client_token(model_id, demand_start, call, generation, digest, stack=stack)
        return cls(call, generation, token, target, units, first_at=now, intent_at=now, tags=tags, doubtful=False)

    def lease_ends_at(self) -> datetime:
        """Return when no worker of this attempt can still be about to call."""
        return self.intent_at + LEASE

    def is_closable(self, now: datetime) -> bool:
        """Return whether the attempt may be closed or replaced: nobody closes an intent younger than the lease."""
        return self.open_writers == 0 or now >= self.lease_ends_at()

    def is_on_its_way(self, now: datetime) -> bool:
        """Return whether a worker may still be about to make the call: one that has not recorded its answer."""
        answered = 1 if self.answer is Answer.LOST else 0  # its writer has finished, but does not know the outcome
        return self.open_writers > answered and now < self.lease_ends_at()

    def is_without_effect(self) -> bool:
        """Return whether the service rejected every call of this attempt, so that it cannot have started what runs."""
        refused = self.answer is not None and self.answer is not Answer.ACCEPTED and REACTIONS[self.answer].definite
        return refused and self.open_writers == 0 and not self.doubtful

    def is_refused(self) -> bool:
        """Return whether the service refused the call permanently."""
        return self.answer in (Answer.INVALID, Answer.GONE)

    def may_come_up(self, now: datetime) -> bool:
        """Return whether it is a start that may have had its effect, though no look has shown it yet: looks may lag."""
        unseen = self.call is Call.START and not self.seen and not self.is_without_effect()
        return unseen and now < self.intent_at + SHOWN_WITHIN

    def is_aged(self, now: datetime) -> bool:
        """Return whether the service may have forgotten the token."""
        return now - self.first_at >= TOKEN_AGE_MAX

    def repeat(self, now: datetime) -> Self:
        """Return the attempt with one more won write."""
        still_open = 0 if self.is_closable(now) else self.open_writers
        return change(
            self,
            intent_at=max(self.intent_at, now),
            open_writers=still_open + 1,
            tries=self.tries + 1,
            retry_at=None,
            doubtful=self.doubtful or self.open_writers > 0,
        )

    def note_answer(
        self, answer: Answer, model_id: ModelId, now: datetime, *, retried: bool = False, words: str = ""
    ) -> Self:
        """Return the attempt with the answer that its writer got; only a sole writer's definite answer settles it.

        `retried`: the answer is to a further try of the client's own, and the effect of those before is not known.
        """
        settles = REACTIONS[answer].definite and self.open_writers == 1
        wait = pause_before_retry(answer, self.tries, model_id)
        return change(
            self,
            answer=answer,
            open_writers=0 if settles else self.open_writers,
            retry_at=None if wait is None else now + wait,
            left=self.left or (self.call is Call.START and answer is Answer.ACCEPTED),
            doubtful=self.doubtful or retried or answer in (Answer.ACCEPTED, Answer.LOST),
            words=words[:WORDS_MAX],
        )

    def digest(self) -> str:
        """Return the digest of the frozen parameters."""
        return digest_parameters(self.target, self.units)


@lru_cache(maxsize=1024)
def digest_parameters(target: Target, units: Units) -> str:
    """Return 16 hex digits that name the parameters of a start.

    A default value adds nothing: a stored attempt must keep its token when a release adds a field.
    """
    elsewhere = [] if target.region is target.role is None else [target.region, target.role]
    given = [target.parameters] if target.parameters else []
    canonical = json.dumps(
        [target.backend, target.project, target.version, units.minimum, units.maximum, *elsewhere, *given],
    )
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def make_client_token(
    model_id: ModelId, demand_start: datetime, call: Call, generation: int, digest: str, *, stack: str = ""
) -> str:
    """Return the idempotency token of one intended call: same inputs, same token.

    At most 64 characters of [A-Za-z0-9-], as the service's ClientToken allows. `stack` names the stack that calls:
    two stacks that manage one target by mistake never send each other's tokens, whose calls have no effect.

    >>> make_client_token(ModelId("weld-seams"), datetime(2026, 11, 23, 6, tzinfo=UTC), Call.START, 1, "0" * 16)
    'preheat-start-1-6e6eaf4ad2fa13bbe13b2a69fcb65d1d'
    """
    of_stack = [stack] if stack else []
    facts = json.dumps([model_id, demand_start.astimezone(UTC).isoformat(), call, generation, digest, *of_stack])
    return f"preheat-{call}-{generation}-{hashlib.sha256(facts.encode()).hexdigest()[:32]}"
