"""When to look at a model next. Looks are cheap but not free: the service allows few calls, and each counts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from math import ceil
from typing import NamedTuple

# A tick sends what falls due within this time; a later tick finds the rest in time.
TICK_HORIZON = timedelta(seconds=60)
HOSTED_EVERY = timedelta(minutes=10)
# A pass sends the next look itself, so the due index is only a net, should SQS lose that message. The line of a hosted
# model moves every half hour or so, and one behind looks in quick succession every two minutes or so. Looks before that
# leave it where it is, if it is so far behind that no tick sees it yet.
BRISK_NET_AFTER, BRISK_NET_CLEAR = timedelta(seconds=110), TICK_HORIZON
# A pass writes the record of a quiet hosted model this often. Glances in between write nothing.
GLANCED_FOR = 4 * HOSTED_EVERY
GLANCE_CLEAR = timedelta(seconds=20)  # no glance comes this little before the look after it; more than clocks differ
TOGETHER = timedelta(seconds=10)
QUIET_NET_AFTER = 2 * HOSTED_EVERY + timedelta(minutes=2)
NET_CLEAR = timedelta(minutes=2)
STOPPING_EVERY = timedelta(seconds=60)
UNFIT_EVERY = timedelta(minutes=5)
# No plan wakes a model that none names any more: Preheat repeats a permanently rejected call after this.
UNPLANNED_EVERY = timedelta(hours=1)
CAPACITY_EVERY = timedelta(minutes=3)  # Preheat tries a start that failed for want of capacity again after this
# A model whose state Preheat cannot read, or that does not exist: after the first, second, … such look in a row.
UNREAD_EVERY = tuple(timedelta(minutes=pause) for pause in (1, 2, 5, 10))
UNREAD_TOLD_FROM = 3  # looks in a row that got no answer: one is no news
BUSY_EVERY = timedelta(seconds=60)
FINEST = timedelta(seconds=15)
GATE_EVERY = timedelta(seconds=20)  # while it is on its way; a mapping takes seconds to a minute
# A gate that cannot be read or moved: tried again after this, once three quick tries have failed.
GATE_TROUBLE_EVERY = timedelta(minutes=5)
READINGS_APART = timedelta(seconds=30)  # of an empty queue: three of them span a minute
A_CALL_EACH = timedelta(minutes=1)  # in the long run; what the budget brings back
# A last look just before the promise falls due, so that a start in time does not count as late for want of a look.
BEFORE_READY = timedelta(seconds=5)

# Of a start, in seconds. With the looks just before and at `ready_at` these are 30 in its first hour.
HOUR, LOOKS_IN_THE_FIRST = 3600.0, 28
FIRST = 120.0  # when its lease ends: Preheat can try again what has failed by then
UNKNOWN_FROM = 290.0  # from here to the end of the hour, looks 10 % apart are 27
WIDEST, NARROW, NARROWEST = 0.1, 15.0, 14.0  # up to a second is lost on the way to a look
THINNEST = 3.0  # behind the bracket, no wait is longer than this many times the time elapsed
RECENT, CLOSE = 20, 300.0  # this many starts, this close together, show when the next one ends
# How looks thin out before and after the bracket, the least first: before it they cost less. See `_wait`.
_THINNED = (
    *((0.1 * 1.1**step, 0.0) for step in range(18)),
    *((0.5, 0.1 * step) for step in range(1, 16)),
    *((0.5 * 1.2**step, 1.5) for step in range(1, 18)),
    *((9.0, 1.5 + 0.2 * step) for step in range(1, 30)),
)


class _Bracket(NamedTuple):
    """The seconds of a start in which looks come often, [opens, closes), and how they thin out elsewhere."""

    opens: float
    closes: float
    narrow: bool  # all NARROWEST apart within
    before: float = 9.0  # the share of the time elapsed that they are apart
    growth: float = 0.0  # how fast that share grows behind it, from WIDEST


def place_net(
    wake_at: datetime | None,
    now: datetime,
    *,
    edge: datetime | None,
    sent_within: timedelta,
    quiet: bool,
    before: datetime | None,
) -> datetime | None:
    """Return from when on the due index shows a model whose pass sends the next look; None: the tick sends it.

    `edge` is the next edge of the demand, which the index always shows to the second. `sent_within`: passes send looks
    that come sooner than this, and those of a `quiet` model. `before`: where the line is now.
    """
    if wake_at is None or (edge is not None and wake_at >= edge):
        return None
    brisk = wake_at - now < sent_within
    if not brisk and not (quiet and wake_at - now <= HOSTED_EVERY):
        return None
    net, clear = (wake_at + BRISK_NET_AFTER, BRISK_NET_CLEAR) if brisk else (wake_at + QUIET_NET_AFTER, NET_CLEAR)
    net = net if edge is None else min(net, edge)
    stays = before is not None and wake_at + clear <= before <= net
    return before if stays else net


def find_look_after_glances(
    wake_at: datetime | None, now: datetime, edge: datetime | None, *, in_turn: bool
) -> datetime | None:
    """Return when to look at a quiet model that has glances until then; None: its look at `wake_at` is no glance.

    `edge` is the next edge of the demand. No glance takes its place, nor that of a look which something else asks for.
    The first glance comes HOSTED_EVERY from now: a tick has already sent those of the next two minutes. Models that do
    not look in turn look together, each ten seconds: one message asks for all glances of an instant.
    """
    if wake_at != now + HOSTED_EVERY:
        return None
    look_at = now + GLANCED_FOR
    while edge is not None and look_at + GLANCE_CLEAR > edge:
        look_at -= HOSTED_EVERY
    if look_at <= wake_at:
        return None
    return look_at if in_turn else look_at - (look_at - datetime.min.replace(tzinfo=look_at.tzinfo)) % TOGETHER


def count_glances(wake_at: datetime, now: datetime) -> int:
    """Return how many glances come before that look. They write nothing, so the record counts them in advance."""
    return (wake_at - now - GLANCE_CLEAR) // HOSTED_EVERY


def wait_while_unread(looks: int) -> timedelta:
    """Return the wait until the next look after `looks` (1 or more) in a row that did not find the model."""
    return UNREAD_EVERY[min(max(looks, 1), len(UNREAD_EVERY)) - 1]


def wait_while_warming(elapsed: timedelta, calls: int) -> timedelta:
    """Return the wait until the next inference of a hosted model that has not answered one, begun `elapsed` ago.

    First the pace inside the bracket. Then as many minutes as a look and its inference take `calls`, because the budget
    brings back one call a minute.
    """
    return min(max(FINEST, elapsed / 10), calls * A_CALL_EACH)


def wait_while_draining(elapsed: timedelta, calls: int) -> timedelta:
    """Return the wait until the next read of a queue that holds messages, draining since `elapsed`; `calls` as above.

    The more calls, the sooner it thins out. In the end it is a minute more than they take, so that the budget has room
    for the gate and the stop.
    """
    return min(max(READINGS_APART, elapsed * (calls - 1) / 2), (calls + 1) * A_CALL_EACH)


def wait_while_starting(elapsed: timedelta, samples: Sequence[timedelta], lead: timedelta) -> timedelta:
    """Return the wait until the next look at a start that began `elapsed` ago, by how long the last starts took.

    Before the first sample, it takes about the `lead` that it got.

    Near the expected end of the start, looks are at most max(15 s, 10 % of the time elapsed) apart. They are under 15 s
    apart within the last 20 samples, if these lie within 5 minutes. Elsewhere they share the rest of the 28 looks in
    the first hour, most of them just after the slowest sample.
    """
    bracket = _find_bracket(tuple(samples[-RECENT:]) or (lead / 2, lead))
    return timedelta(seconds=_wait(elapsed.total_seconds(), bracket))


@lru_cache(maxsize=1024)
def _find_bracket(recent: tuple[timedelta, ...]) -> _Bracket:
    opens, closes, narrow = UNKNOWN_FROM, HOUR, False
    fastest, slowest = min(recent).total_seconds(), max(recent).total_seconds()
    if len(recent) == RECENT and slowest - fastest < CLOSE and slowest < HOUR:
        # A sample appears a look late: the fastest may have ended one before.
        opens, closes, narrow = max(fastest - NARROW, 1.0), slowest, True
    elif 0.8 * fastest < opens:
        opens, closes = max(0.8 * fastest, 1.0), 1.25 * slowest
    for before, growth in _THINNED:
        found = _Bracket(opens, closes, narrow, before, growth)
        if _count_looks(found) <= LOOKS_IN_THE_FIRST:
            return found
    return _Bracket(UNKNOWN_FROM, HOUR, narrow=False)  # too wide a spread for any bracket


def _count_looks(bracket: _Bracket) -> int:
    """Return how many looks fall into the first hour, to LOOKS_IN_THE_FIRST + 1."""
    looks, elapsed = 0, _wait(0.0, bracket)
    while elapsed <= HOUR and looks <= LOOKS_IN_THE_FIRST:
        looks += 1
        elapsed += _wait(elapsed, bracket)
    return looks


def _wait(elapsed: float, bracket: _Bracket) -> float:
    """Return whole seconds, at least 1."""
    if elapsed >= HOUR:
        return elapsed * WIDEST * (2 if bracket.narrow else 1) // 1  # a narrow bracket has had its looks
    if elapsed >= bracket.closes:
        grown = (elapsed / max(bracket.closes, FIRST)) ** bracket.growth if elapsed > FIRST else 1.0
        return min(max(NARROW, WIDEST * elapsed * grown), THINNEST * elapsed, HOUR + 1 - elapsed) // 1
    if elapsed >= bracket.opens:
        return NARROWEST if bracket.narrow else max(NARROW, WIDEST * elapsed) // 1
    then = FIRST if elapsed < FIRST else elapsed + max(NARROW, bracket.before * elapsed)
    # A look that would come just before it opens waits for that: a part of a second less, and the next comes at once.
    wait = ceil(bracket.opens - elapsed) if then + NARROW / 2 > bracket.opens else then - elapsed
    return max(1.0, wait // 1)
