"""The verdict itself: one value that the ledger, events, commands, board and replies all show."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from preheat.domain.plan.plan import ModelId
from preheat.domain.verdict.causes import CAUSES, FAILING, MAY_END, URGENCY, VerdictCause, VerdictState


@dataclass(frozen=True, slots=True)
class Remedy:
    """A remedy: one sentence, and the command that does it; None: you do it outside the command line."""

    what: str
    command: str | None = None


@dataclass(frozen=True)  # without slots, as `ModelRecord`
class Verdict:
    """The verdict on one model at one moment.

    `words`: the service's own. `since`: when the state began, as far as it is known. `ready_at`, `until` and `schedule`
    are those of the demand that includes the moment, or else of the next one. `expected_at`: the expected ready time
    for the present demand; None: it is ready, not needed, or unknown.
    """

    model_id: ModelId
    at: datetime
    state: VerdictState
    cause: VerdictCause
    detail: str = ""
    words: str = ""
    since: datetime | None = None
    ready_at: datetime | None = None
    until: datetime | None = None
    schedule: str | None = None
    start_at: datetime | None = None  # of the next demand, while nothing is needed
    expected_at: datetime | None = None
    remedies: tuple[Remedy, ...] = ()

    @property
    def why(self) -> str:
        """The cause in one line, without a full stop: what it is, what is known about it, and what the service said."""
        return ": ".join(part for part in (CAUSES[self.cause].words, self.detail, self.words) if part).rstrip(".")

    @property
    def is_earliest(self) -> bool:
        """Whether `expected_at` is the earliest moment, and only if what is in the way ends."""
        return self.cause in MAY_END

    @property
    def fails(self) -> bool:
        """Whether a check of the plant fails for it."""
        return self.state in FAILING

    @property
    def is_trouble(self) -> bool:
        """Whether somebody has to look at it."""
        return self.fails or CAUSES[self.cause].trouble

    @property
    def urgency(self) -> tuple[int, datetime]:
        """The sort key that puts trouble first: by state, then by the earliest ready time."""
        return URGENCY.index(self.state), self.ready_at or self.at + timedelta(days=10_000)
