"""The stack's event bus on EventBridge: at least once, ten entries a call, in the caller's order."""

import json
from collections.abc import Sequence
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from preheat.adapters.client import AwsService, make_client
from preheat.adapters.eventbridge.entries import BATCH_BYTES_MAX, cut_batches, make_entry, measure_size
from preheat.app.ports.errors import EventsUnavailable, Undeliverable
from preheat.domain.record.event import Event

CONFIG = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
# Codes for a fault of the entry itself; all other codes are about the bus, of its rights or of the service.
REFUSED = frozenset(
    {
        "InvalidArgument",
        "MalformedDetail",
        "NotAuthorizedForDetailTypeException",
        "NotAuthorizedForSourceException",
        "ValidationException",
    }
)


def make_events_client(session: Any, endpoint_url: str | None = None) -> Any:
    """Return an EventBridge client of a botocore session (or boto3's inner one): timeouts and retries as here."""
    return make_client(session, AwsService.EVENTS, CONFIG, endpoint_url=endpoint_url)


class EventBridge:
    """Implements `ports.Events`."""

    def __init__(self, client: Any, bus: str) -> None:
        self._client, self._bus = client, bus

    def put(self, events: Sequence[Event]) -> None:
        """See `ports.Events`. The first call that does not take all of its entries is the last one made."""
        entries = [make_entry(event, self._bus) for event in events]
        refused = [
            f"{_read_id(entry)}: {measure_size(entry)} bytes"
            for entry in entries
            if measure_size(entry) > BATCH_BYTES_MAX
        ]
        for batch in cut_batches(entry for entry in entries if measure_size(entry) <= BATCH_BYTES_MAX):
            refused += self._put(batch)
        if refused:
            raise Undeliverable(f"{self._bus}: refused {'; '.join(refused)}")

    def _put(self, batch: list[dict[str, Any]]) -> list[str]:
        """Put one batch; return the entries that the bus refuses permanently, and why."""
        try:
            answer = self._client.put_events(Entries=batch)
        except ClientError as error:
            if error.response["Error"]["Code"] in REFUSED:
                return [f"{_read_id(entry)}: {error}" for entry in batch]
            raise EventsUnavailable(f"{self._bus}: {error}") from error
        except BotoCoreError as error:
            raise EventsUnavailable(f"{self._bus}: {error}") from error
        failed = [(entry, each) for entry, each in zip(batch, answer["Entries"], strict=True) if "ErrorCode" in each]
        told = [f"{_read_id(entry)}: {each['ErrorCode']} {each.get('ErrorMessage', '')}" for entry, each in failed]
        if any(each["ErrorCode"] not in REFUSED for _, each in failed):
            raise EventsUnavailable(f"{self._bus}: {len(failed)} of {len(batch)} not taken: {'; '.join(told)}")
        return told


def _read_id(entry: dict[str, Any]) -> str:
    return str(json.loads(entry["Detail"])["event_id"])
