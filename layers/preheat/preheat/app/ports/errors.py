"""The closed set of errors that a port may raise, each named by what the caller does next. Adapters translate to it."""

from typing import ClassVar

from preheat.domain.printable import printable
from preheat.domain.record.attempt import Answer

# PreheatError
#  ├─ HostingError              the service answered a call with an error, or with nothing: `answer` says which
#  │   ├─ AnswerLost            the call may have had its effect; repeat the very same call
#  │   ├─ Throttled             no effect; wait and repeat
#  │   ├─ WrongState            no effect; observe again
#  │   ├─ QuotaExceeded         no effect; repeat each minute until the demand ends
#  │   ├─ AccessRefused         no effect; repeat each 5 minutes
#  │   ├─ InvalidCall           no effect; do not repeat before the plan changes
#  │   └─ ModelGone             no such model; do not repeat before the plan changes
#  ├─ StaleRecord               another writer won: read again, decide again
#  ├─ StoreUnavailable          the store is unreachable: the next tick retries
#  ├─ QueueUnavailable          the queue is unreachable: the next tick retries
#  ├─ EventsUnavailable         the event bus did not accept all events: put all of them again
#  ├─ Undeliverable             a bus or queue refuses this permanently: set it aside, report it and go on
#  └─ UnreadableItem            a stored item or message has a form unknown to this release: change nothing, report it


class PreheatError(Exception):
    """Base of the errors that a caller should handle."""


class HostingError(PreheatError):
    """The hosting service did not do what Preheat asked for. The message holds the service's own words.

    `retried`: this is the answer to a retry that the client made itself. The tries before it may have had their effect.
    """

    answer: ClassVar[Answer]

    def __init__(self, message: str = "", *, retried: bool = False) -> None:
        super().__init__(printable(message))
        self.retried = retried


class AnswerLost(HostingError):
    """No answer, or a server error: the call may have had its effect."""

    answer = Answer.LOST


class Throttled(HostingError):
    """Too many calls: refused without effect."""

    answer = Answer.THROTTLED


class WrongState(HostingError):
    """The state of the model does not allow the call."""

    answer = Answer.WRONG_STATE


class QuotaExceeded(HostingError):
    """The account may not run more."""

    answer = Answer.QUOTA


class AccessRefused(HostingError):
    """The role may not make the call."""

    answer = Answer.DENIED


class InvalidCall(HostingError):
    """The service rejects the parameters."""

    answer = Answer.INVALID


class ModelGone(HostingError):
    """The service knows no such project, model or version."""

    answer = Answer.GONE


def as_hosting_error(error: Exception) -> HostingError:
    """Return the error as the port may raise it: one that nobody expects counts as a lost answer."""
    return error if isinstance(error, HostingError) else AnswerLost(f"unexpected {type(error).__name__}: {error}")


class StaleRecord(PreheatError):
    """The stored version of the record is no longer the one that the caller read."""


class StoreUnavailable(PreheatError):
    """The store did not answer in time."""


class QueueUnavailable(PreheatError):
    """The queue did not answer in time."""


class EventsUnavailable(PreheatError):
    """The event bus did not accept all events. The message names those that it did not accept."""


class Undeliverable(PreheatError):
    """The receiver refuses the message, and would refuse it again."""


class UnreadableItem(PreheatError):
    """This release cannot read a stored item or a message."""
