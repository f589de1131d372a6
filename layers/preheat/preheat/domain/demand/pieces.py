"""The pieces of a demand: each window and hold, cut by the blocks that beat it, and when each can be ready.

Owns whose requests make up a demand, and the arithmetic of intervals on windows, holds and blocks. `demand` joins the
pieces and sees them from now.
Windows have priority 0, so every block beats them; a block beats the holds of its own priority or a lower one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from preheat.domain.calendar.windows import Window, subtract
from preheat.domain.demand.request import Kind, RequestId, Standing, Subject
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.turn import find_offset

BY_REQUEST = "request"  # in place of a schedule's name, if a hold opened the demand
STOP_TIME = timedelta(minutes=5)  # what a stop takes at most, as a rule


@dataclass(frozen=True, slots=True)
class Piece:
    """The rest of one window or hold: [begin, end), and when the model can be and should be ready for it."""

    begin: datetime
    end: datetime
    start_at: datetime  # ready_at - lead - slack, and of a window less the offset of its turn and its head start
    ready_at: datetime
    known_at: datetime  # when it became known that it begins then
    schedule: str
    request_id: RequestId | None = None  # the hold's
    units: int | None = None


def list_subjects(model: HostedModel) -> tuple[Subject, ...]:
    """Return the subjects of a model's requests: itself, then each of its schedules once."""
    names = dict.fromkeys(schedule.name for schedule in model.schedules)
    return (Subject(model.model_id), *(Subject(schedule=name) for name in names))


def find_blocks(requests: Sequence[Standing]) -> list[Standing]:
    """Return the blocks that are active at any time: a block lifted before it began never is."""
    return [one for one in requests if one.kind is Kind.BLOCK and one.end > one.begin]


def find_holds(requests: Sequence[Standing]) -> list[Standing]:
    """Return the holds that are active at any time."""
    return [one for one in requests if one.kind is Kind.HOLD and one.end > one.begin]


def cut_window(model: HostedModel, window: Window, schedule: str, blocks: Sequence[Standing]) -> Iterator[Piece]:
    """Yield what the blocks leave of a schedule's window, in order; `blocks`: all that were accepted."""
    for each, known_at in _cut(window, blocks, model.announced_at):
        yield _time(model, each, known_at, blocks, schedule=schedule)


def cut_hold(model: HostedModel, hold: Standing, blocks: Sequence[Standing], seen: Window) -> Iterator[Piece]:
    """Yield what those of `blocks` that beat a hold leave of it, in order; only windows that overlap `seen`."""
    stronger = [block for block in blocks if block.priority >= hold.priority]
    for span in hold.spans:
        if span.begin >= seen.end or span.end <= seen.start:
            continue
        for each, known_at in _cut(Window(span.begin, span.end), stronger, span.known_at):
            yield _time(model, each, known_at, stronger, schedule=BY_REQUEST, hold=hold)


def find_free_from(blocks: Sequence[Standing], end: datetime, begin: datetime) -> datetime | None:
    """Return from when on a start may come for what follows a demand; None: no block parts the two.

    `end`, `begin`: of the demand, and of what follows. A block between them has the model stop, which takes STOP_TIME.
    If somebody lifts it once the demand has ended, the two stay parted: Preheat has stopped the model by then.
    """
    found = [_find_lift(block) for block in blocks if block.begin < begin and end < block.until]
    lifted = [at for at in found if at is not None and at > end]
    return end + STOP_TIME if None in found else max(lifted, default=None)


def _find_lift(block: Standing) -> datetime | None:
    """Return when somebody lifted a block before its end."""
    return block.released_at if block.end < block.until else None


def _cut(window: Window, blocks: Sequence[Standing], known_at: datetime) -> Iterator[tuple[Window, datetime]]:
    """Yield the remaining parts of a window, and when it became known that each begins then."""
    for each in subtract(window, [Window(block.begin, block.end) for block in find_blocks(blocks)]):
        cut = [block.known_at for block in blocks if block.end == each.start > window.start]
        yield each, max([known_at, *cut, *_find_lifted(blocks, each.start)])


def _find_lifted(blocks: Sequence[Standing], begin: datetime) -> Iterator[datetime]:
    """Yield when somebody lifted the blocks that would otherwise include `begin`, also those that were never active."""
    for block in blocks:
        if block.released_at is not None and block.begin <= begin < block.until and block.released_at <= begin:
            yield block.released_at


def _time(
    model: HostedModel,
    window: Window,
    known_at: datetime,
    blocks: Sequence[Standing],
    *,
    schedule: str,
    hold: Standing | None = None,
) -> Piece:
    """Return a piece with the instants at which its start begins and it is ready; no start begins inside a hard block.

    The offset of a turn and the head start for units bring the start forward, and excuse no lateness. A window that is
    known too late has neither.
    """
    ahead = model.lead + model.slack
    offset = find_offset(model.turn) + model.head_start if hold is None else timedelta()
    start_at = max(window.start - ahead - offset, known_at)
    hard = [block.end for block in find_blocks(blocks) if block.hard and start_at < block.end <= window.start]
    start_at = max([start_at, *hard])
    return Piece(
        window.start,
        window.end,
        start_at=start_at,
        ready_at=max(window.start, start_at + ahead),
        known_at=known_at,
        schedule=schedule,
        request_id=hold.request_id if hold is not None else None,
        units=hold.units if hold is not None else None,
    )
