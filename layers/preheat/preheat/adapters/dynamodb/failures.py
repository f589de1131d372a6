"""The meaning of DynamoDB's errors for the caller, and how long the store itself keeps trying.

The one place that knows error codes. Does not know which call failed, nor how to settle a lost answer.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from botocore.exceptions import ClientError
from pynamodb.exceptions import PynamoDBException, TransactWriteError

from preheat.app.ports.errors import StoreUnavailable


class Failure(StrEnum):
    """The ways in which a call fails that its caller has to distinguish."""

    CONDITION = "condition"  # refused: a condition did not hold
    CONFLICT = "conflict"  # refused: another transaction holds the item just now
    BUSY = "busy"  # refused: too many calls
    LOST = "lost"  # no answer, or a server error: a write may have had its effect
    REFUSED = "refused"  # the role, the credentials or the table are not there (yet)


_CODES = {
    "ConditionalCheckFailedException": Failure.CONDITION,
    "TransactionConflictException": Failure.CONFLICT,
    "TransactionInProgressException": Failure.CONFLICT,
    "ProvisionedThroughputExceededException": Failure.BUSY,
    "ThrottlingException": Failure.BUSY,
    "ThrottledException": Failure.BUSY,
    "RequestLimitExceeded": Failure.BUSY,
    "LimitExceededException": Failure.BUSY,
    "InternalServerError": Failure.LOST,
    "InternalFailure": Failure.LOST,
    "ServiceUnavailable": Failure.LOST,
    "AccessDeniedException": Failure.REFUSED,
    "ExpiredTokenException": Failure.REFUSED,
    "InvalidSignatureException": Failure.REFUSED,
    "MissingAuthenticationTokenException": Failure.REFUSED,
    "ResourceNotFoundException": Failure.REFUSED,
    "UnrecognizedClientException": Failure.REFUSED,
}
_REASONS = {
    "ConditionalCheckFailed": Failure.CONDITION,
    "TransactionConflict": Failure.CONFLICT,
    "ThrottlingError": Failure.BUSY,
    "ProvisionedThroughputExceeded": Failure.BUSY,
}
# Ceilings of the pauses between tries, in seconds; each pause is a random one from [0, ceiling). Together under 3 s.
_CEILINGS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0)


def to_failure(error: PynamoDBException) -> Failure | None:
    """Return what an error means, or None if the request itself was wrong: a bug, which the caller raises unchanged."""
    if error.cause is None:
        return Failure.BUSY  # PynamoDB gave up on a batch that the service took only in part.
    if not isinstance(error.cause, ClientError):
        return Failure.LOST  # The transport failed: a timeout, a reset, no route.
    code = error.cause_response_code or ""
    if isinstance(error, TransactWriteError) and code == "TransactionCanceledException":
        # The reasons come in PynamoDB's order, not in the caller's: only their kinds count.
        codes = {reason.code for reason in error.cancellation_reasons if reason is not None}
        return next((failure for code, failure in _REASONS.items() if code in codes), None)
    known = _CODES.get(code)
    # A code in digits is the HTTP status of an answer that came from no DynamoDB, such as a gateway's 503.
    return Failure.LOST if known is None and code.isdecimal() and int(code) >= 500 else known


@dataclass(frozen=True, slots=True)
class Patience:
    """Tries a refused call again, with growing pauses drawn by chance: 7 tries within 3 s of pauses."""

    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def call[T](self, what: str, call: Callable[[], T]) -> T:
        """Return what `call` returns.

        Raises:
            StoreUnavailable: the store stayed busy, did not answer, or may not be used; the message begins with `what`.
            PynamoDBException: a condition did not hold, or the request was wrong: both are the caller's affair.
        """
        ceilings = iter(_CEILINGS)
        while True:
            try:
                return call()
            except PynamoDBException as error:
                failure = to_failure(error)
                if failure in (None, Failure.CONDITION):
                    raise
                ceiling = next(ceilings, None) if failure in (Failure.BUSY, Failure.CONFLICT) else None
                if ceiling is None:
                    raise StoreUnavailable(f"{what}: {error.cause or error}") from error
            self.sleep(self.chance() * ceiling)
