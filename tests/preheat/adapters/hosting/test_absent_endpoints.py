"""A deletion that the tag condition denies: of an endpoint that is gone it means done, of any other it is a refusal."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from preheat.adapters.hosting.sagemaker import SageMakerHosting
from preheat.app.ports.errors import AccessRefused, WrongState
from preheat.domain.plan.plan import Backend, ModelId, Target, Units
from preheat.domain.record.attempt import Attempt, Call

TARGET = Target("line-weld", "line-weld-1", Backend.SAGEMAKER)
SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
DENIED = ("AccessDeniedException", "no identity-based policy allows the sagemaker:DeleteEndpoint action")
ABSENT = ("ValidationException", 'Could not find endpoint "arn:aws:sagemaker:…:endpoint/line-weld".')


def an_error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "AnyOperation")


class Client:
    """A service that denies each deletion, and answers a look with a value from the test."""

    def __init__(self, look: Callable[[], dict[str, Any]]) -> None:
        self._look = look

    def delete_endpoint(self, **_: Any) -> dict[str, Any]:
        raise an_error(*DENIED)

    def describe_endpoint(self, **_: Any) -> dict[str, Any]:
        return self._look()


def raising(error: Exception) -> Callable[[], dict[str, Any]]:
    def look() -> dict[str, Any]:
        raise error

    return look


def stop(look: Callable[[], dict[str, Any]]) -> None:
    attempt = Attempt.intend(
        ModelId("weld"), Call.STOP, generation=1, demand_start=SIX, target=TARGET, units=Units(), now=SIX
    )
    SageMakerHosting(Client(look), "preheat", lambda _: None).stop(attempt)


def test_an_endpoint_that_is_gone_is_in_the_wrong_state_for_a_stop_and_the_next_look_sees_it_stopped() -> None:
    with pytest.raises(WrongState, match="the endpoint is gone"):
        stop(raising(an_error(*ABSENT)))


@pytest.mark.parametrize(
    "look",
    [
        lambda: {"EndpointStatus": "InService"},
        raising(an_error(*DENIED)),
        raising(an_error("ThrottlingException", "slow down")),
        raising(ReadTimeoutError(endpoint_url="https://sagemaker")),
    ],
    ids=["it is there", "the look is denied", "the look is throttled", "the look gets no answer"],
)
def test_a_denied_deletion_of_anything_else_is_a_refusal(look: Callable[[], dict[str, Any]]) -> None:
    with pytest.raises(AccessRefused, match="DeleteEndpoint: AccessDeniedException"):
        stop(look)
