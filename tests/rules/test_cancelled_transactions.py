"""The meaning of a cancelled transaction: every reason that DynamoDB documents, alone and with every other."""

from itertools import permutations
from typing import Any

import pytest
from pynamodb.exceptions import CancellationReason, TransactWriteError, VerboseClientError

from preheat.adapters.dynamodb.failures import Failure, Patience, to_failure
from preheat.app.ports.errors import StoreUnavailable

REASONS: dict[str, Failure | None] = {
    "ConditionalCheckFailed": Failure.CONDITION,
    "TransactionConflict": Failure.CONFLICT,
    "ThrottlingError": Failure.BUSY,
    "ProvisionedThroughputExceeded": Failure.BUSY,
    "ItemCollectionSizeLimitExceeded": None,
    "ValidationError": None,
}
# A condition that did not hold decides, whatever else was wrong; then a conflict, then a service that is busy.
ORDER = [Failure.CONDITION, Failure.CONFLICT, Failure.BUSY, None]


def make_cancelled(*codes: str | None) -> TransactWriteError:
    body: Any = {"Error": {"Code": "TransactionCanceledException", "Message": "so it is"}}
    reasons = [CancellationReason(code) if code else None for code in codes]
    cause = VerboseClientError(body, "TransactWriteItems", cancellation_reasons=reasons)
    return TransactWriteError("failed", cause)


def reason(*codes: str | None) -> Failure | None:
    return to_failure(make_cancelled(*codes))


@pytest.mark.parametrize("code", REASONS)
@pytest.mark.parametrize("place", range(3))
def test_each_reason_counts_in_any_place(code: str, place: int) -> None:
    codes: list[str | None] = [None, None, None]
    codes[place] = code
    assert reason(*codes) is REASONS[code]


@pytest.mark.parametrize(("one", "other"), list(permutations(REASONS, 2)))
def test_of_several_reasons_the_one_that_decides_most_counts(one: str, other: str) -> None:
    wanted = min((REASONS[one], REASONS[other]), key=ORDER.index)
    assert reason(one, None, other) is wanted


def test_a_cancellation_without_a_reason_is_a_bug_to_be_raised() -> None:
    assert reason(None, None) is None


@pytest.mark.parametrize(
    ("code", "tries"), [("TransactionConflict", 7), ("ThrottlingError", 7), ("ValidationError", 1)]
)
def test_what_may_pass_is_tried_seven_times_and_what_cannot_once(code: str, tries: int) -> None:
    made: list[str] = []
    pauses: list[float] = []

    def call() -> None:
        made.append(code)
        raise make_cancelled(code)

    with pytest.raises((StoreUnavailable, TransactWriteError)):
        Patience(pauses.append, lambda: 1.0).call("record weld", call)
    assert len(made) == tries
    assert sum(pauses) < 3
