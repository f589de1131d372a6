"""When to look at a model next. Looks are cheap but not free: the service allows few calls, and each is counted."""

from datetime import timedelta

HOSTED_EVERY = timedelta(minutes=10)
STOPPING_EVERY = timedelta(seconds=60)
UNFIT_EVERY = timedelta(minutes=5)
# No plan will wake a model that none names any more: what the service refuses for good is asked again after this.
UNPLANNED_EVERY = timedelta(hours=1)
BUSY_EVERY = timedelta(seconds=60)
FINEST = timedelta(seconds=15)
# A last look just before the promise falls due, so that a start that made it is not called late for want of a look.
BEFORE_READY = timedelta(seconds=5)


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
