"""The port `Gates` on Lambda's event source mappings: two calls, seven states.

Owns the translation between the service's words and Preheat's. Does not know when to call. It enables or disables a
mapping, and never changes anything else of it.
"""

from collections.abc import Callable
from typing import Any, Final, Self

from botocore.config import Config
from botocore.session import Session

from preheat.adapters.client import AwsService
from preheat.adapters.hosting.calling import call_service, open_client, translate_by_code
from preheat.app.ports.errors import (
    AccessRefused,
    AnswerLost,
    HostingError,
    InvalidCall,
    ModelGone,
    Throttled,
    WrongState,
)
from preheat.domain.record.gate import GateLook, Passage

# One try: a pass that has checked its model, and its gate, must have time left for a start or a stop.
CONFIG: Final = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1})
PASSAGES: Final = {
    "Enabled": Passage.OPEN,
    "Disabled": Passage.CLOSED,
    "Enabling": Passage.MOVING,
    "Disabling": Passage.MOVING,  # work on messages from the queue still goes on
    "Updating": Passage.MOVING,
    "Creating": Passage.MOVING,
    "Deleting": Passage.MOVING,
}
ERRORS: Final[dict[str, type[HostingError]]] = {
    "AccessDeniedException": AccessRefused,
    "InvalidParameterValueException": InvalidCall,
    "ResourceConflictException": WrongState,
    "ResourceInUseException": WrongState,  # an enable, disable or update is under way
    "ResourceNotFoundException": ModelGone,
    "ServiceException": AnswerLost,
    "ThrottlingException": Throttled,
    "TooManyRequestsException": Throttled,
}


class LambdaGates:
    """Implements `ports.Gates`. `client`: runs before each call, so that plants without gates make no client."""

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client

    @classmethod
    def of(cls, session: Session) -> Self:
        """Return the gates of the session's account and region."""
        made: list[Any] = []

        def client() -> Any:
            if not made:
                made.append(open_client(session, AwsService.LAMBDA, CONFIG))
            return made[0]

        return cls(client)

    def describe(self, mapping: str) -> GateLook:
        """See `ports.Gates`."""
        answer = _call("GetEventSourceMapping", self._client().get_event_source_mapping, UUID=mapping)
        state = str(answer.get("State", "no state"))
        return GateLook(PASSAGES.get(state, Passage.UNKNOWN), state)

    def open(self, mapping: str) -> None:
        """See `ports.Gates`."""
        self._update(mapping, enabled=True)

    def close(self, mapping: str) -> None:
        """See `ports.Gates`."""
        self._update(mapping, enabled=False)

    def _update(self, mapping: str, *, enabled: bool) -> None:
        update = self._client().update_event_source_mapping
        _call("UpdateEventSourceMapping", update, UUID=mapping, Enabled=enabled)


def _call(operation: str, method: Any, **arguments: Any) -> dict[str, Any]:
    return call_service(operation, method, translate_by_code(ERRORS), **arguments)
