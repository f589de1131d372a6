"""When to look at a model next. Looks are cheap but not free: the service allows few calls, and each is counted."""

from datetime import timedelta

HOSTED_EVERY = timedelta(minutes=10)
STOPPING_EVERY = timedelta(seconds=60)
UNFIT_EVERY = timedelta(minutes=5)
# No plan will wake a model that none names any more: what the service refuses for good is asked again after this.
UNPLANNED_EVERY = timedelta(hours=1)
BUSY_EVERY = timedelta(seconds=60)
FINEST = timedelta(seconds=15)
GATE_EVERY = timedelta(seconds=20)  # while it is on its way; a mapping takes seconds to a minute
# A gate that cannot be read or moved: tried again after this, once three quick tries have failed.
GATE_TROUBLE_EVERY = timedelta(minutes=5)
READINGS_APART = timedelta(seconds=30)  # of a queue that was found empty: three of them span a minute
A_CALL_EACH = timedelta(minutes=1)  # in the long run; what the budget brings back
# A last look just before the promise falls due, so that a start that made it is not called late for want of a look.
BEFORE_READY = timedelta(seconds=5)


def while_warming(elapsed: timedelta, calls: int) -> timedelta:
    """Return the wait until the next inference of a hosted model that has not answered one, begun `elapsed` ago.

    The pace inside the bracket; then as many minutes as a look and its inference take `calls`, for more than one call a
    minute the budget does not bring back.
    """
    return min(max(FINEST, elapsed / 10), calls * A_CALL_EACH)


def while_draining(elapsed: timedelta, calls: int) -> timedelta:
    """Return the wait until a queue that holds messages is read again, drained since `elapsed`; `calls` as above.

    The more calls, the sooner it thins out; in the end a minute more than they take, so that the budget has room for
    the gate and the stop.
    """
    return min(max(READINGS_APART, elapsed * (calls - 1) / 2), (calls + 1) * A_CALL_EACH)


def while_starting(elapsed: timedelta, lead: timedelta) -> timedelta:
    """Return the wait until the next look at a start that began `elapsed` ago and was given `lead`.

    Inside the bracket around the expected end, looks are at most max(15 s, 10 % of the time elapsed) apart; outside it
    they thin out. At most 30 looks in any hour for a lead of up to 90 minutes.
    """
    opens, closes = lead * 0.4, lead * 1.5
    if opens <= elapsed < closes:
        return max(FINEST, elapsed / 10)
    sparse = max(timedelta(seconds=60), elapsed / 4)
    return min(sparse, opens - elapsed) if elapsed < opens else sparse
