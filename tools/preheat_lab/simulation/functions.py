"""The functions as Lambda has them: the handler files themselves, called with events, on ports from the caller.

Owns loading, the form of the events and the reading of the answers; the world decides what goes wrong on the way. Keeps
what a handler reports instead of writing it: a million log lines would cost more than the passes.
"""

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from preheat.app.ports.errors import PreheatError, UnreadableItem
from preheat.app.reconcile.reconcile import Result
from preheat.app.requests.desk import Taken
from preheat.app.tick import Ticked
from preheat.bootstrap.publish import Publisher
from preheat.bootstrap.reconcile import Reconciler
from preheat.bootstrap.requests import RequestTaker
from preheat.bootstrap.tick import Ticker
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.event import Event
from preheat.domain.record.record import LedgerEntry
from preheat_lab.checkout import ROOT
from preheat_lab.simulation.queue import QueuedMessage

# The wheel has the handlers next to this module; in a checkout they are where SAM builds them.
_INSTALLED = Path(__file__).with_name("functions")
FUNCTIONS = _INSTALLED if _INSTALLED.is_dir() else ROOT / "functions"
# As template.yaml sets them for the schedule of the tick and the functions behind it; a test holds them together.
TICK_RETRIES_MAX = 2
TICK_AGE_MAX = timedelta(seconds=60)
TICK_FUNCTION_RETRIES_MAX = 0
_QUEUE = {"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-central-1:111122223333:preheat-work"}
_TICK = {
    "version": "0",
    "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": "Scheduled Event",
    "source": "aws.scheduler",
    "account": "111122223333",
    "region": "eu-central-1",
    "resources": ["arn:aws:scheduler:eu-central-1:111122223333:schedule/preheat/tick"],
    "detail": "{}",
}


class NotACheckoutError(PreheatError):
    """The handlers of the functions are missing: neither a checkout nor a whole installation."""


class Functions:
    """The functions as loaded. `on_entry` gets each ledger entry that `publish` has finished, each time."""

    def __init__(
        self,
        reconciler: Reconciler,
        ticker: Ticker,
        publisher: Publisher,
        on_entry: Callable[[LedgerEntry], None],
        requests: RequestTaker | None = None,
    ) -> None:
        self._telemetry = SilentTelemetry(on_entry)
        self._reconcile = _load_handler("reconcile", Reconciler, reconciler, self._telemetry)
        self._tick = _load_handler("tick", Ticker, ticker, self._telemetry)
        self._publish = _load_handler("publish", Publisher, publisher, self._telemetry)
        self._requests = (
            _load_handler("requests", RequestTaker, requests, self._telemetry) if requests is not None else None
        )

    def reconcile(self, message: QueuedMessage) -> bool:
        """Call `reconcile` with one message, as the mapping does (BatchSize 1); return whether to delete it.

        Raises the error for which the handler returned its message, unless the handler may return it for that: it is a
        bug.
        """
        self._telemetry.last = None
        answer = self._reconcile.handler(make_sqs_event(message), None)
        if not find_failed(answer, {message.message_id}):
            return True
        error = self._telemetry.last
        if error is None:
            raise RuntimeError(f"message {message.body!r} was returned without an error")
        if not isinstance(error, UnreadableItem):
            raise error
        return False

    def answer(self, message: QueuedMessage, sender: str) -> Taken | BaseException:
        """Call `requests` with one message; return what became of it, or the error for which it must come again."""
        if self._requests is None:
            raise RuntimeError("nobody asks in this world")
        self._telemetry.last = self._telemetry.taken = None
        event = make_sqs_event(message)
        event["Records"][0]["attributes"]["SenderId"] = sender
        if not find_failed(self._requests.handler(event, None), {message.message_id}):
            taken: Taken | None = self._telemetry.taken
            return (
                taken
                if taken is not None
                else RuntimeError(f"{message.body!r} is done with, and nobody on_entry of it")
            )
        error: BaseException | None = self._telemetry.last
        return error if error is not None else RuntimeError(f"{message.body!r} came back, and nothing on_entry why")

    def publish(self, records: list[dict[str, Any]]) -> int:
        """Call `publish` with a batch of the stream; return how many of its first records it has finished.

        Raises an error if it sets a record aside: nothing in the simulated ledger is unreadable, so that is a bug.
        """
        self._telemetry.last = None
        answer = self._publish.handler({"Records": records}, None)
        if self._telemetry.last is not None:
            raise self._telemetry.last
        places = [record["dynamodb"]["SequenceNumber"] for record in records]
        returned = find_failed(answer, places)
        return min((places.index(each) for each in returned), default=len(records))

    def tick(self, at: datetime) -> None:
        """Call `tick` as the schedule does."""
        self._tick.handler({**_TICK, "time": f"{at.replace(tzinfo=None).isoformat(timespec='seconds')}Z"}, None)


class SilentTelemetry:
    """Stands in for each handler's `telemetry`: keeps the last error and answer, passes entries on, drops the rest."""

    def __init__(self, on_entry: Callable[[LedgerEntry], None]) -> None:
        self.last: BaseException | None = None
        self.taken: Taken | None = None
        self._on_entry = on_entry

    def emit_entry(self, entry: LedgerEntry, *, by_schedule: bool) -> None:  # noqa: ARG002 - as below
        """Pass the entry on."""
        self._on_entry(entry)

    def log_failed_pass(self, message_id: str) -> None:  # noqa: ARG002 - the parameter of the real one
        """Keep the error in hand."""
        self.last = sys.exception()

    def log_failed_request(self, message_id: str) -> None:  # noqa: ARG002 - as above
        """Keep the error in hand."""
        self.last = sys.exception()

    def log_set_aside(self, key: str) -> None:  # noqa: ARG002 - as above
        """Keep the error in hand."""
        self.last = sys.exception()

    def log_uncounted(self, key: str) -> None:  # noqa: ARG002 - as above
        """Raise the error in hand. It is this program's own: nobody reads its output, for example."""
        raise  # noqa: PLE0704 - the handler calls this in its `except`

    def log_deferred(self, key: str, error: Exception) -> None:
        """Drop the line."""

    def log_failed_tick(self, error: Exception) -> None:
        """Drop the line."""

    def log_pass(self, result: Result) -> None:
        """Drop the line."""

    def log_glances(
        self,
        model_ids: Sequence[ModelId],  # noqa: ARG002 - as above
        differing: Sequence[ModelId],  # noqa: ARG002 - as above
        unexpected: Sequence[Exception] = (),
    ) -> None:
        """Drop the line. Raise an unexpected error: no round has any."""
        for error in unexpected:
            raise error

    def log_request(self, taken: Taken) -> None:
        """Keep what became of a message; drop the line."""
        self.taken = taken

    def emit_rejection(self, taken: Taken, *, at: datetime) -> None:
        """Drop the metric."""

    def emit_asked(self, taken: Taken, *, at: datetime) -> None:
        """Drop the metric."""

    def log_tick(self, ticked: Ticked) -> None:
        """Drop the line."""

    def log_published(self, key: str, events: Sequence[Event]) -> None:
        """Drop the line."""

    def report_tampering(self, key: str, change: str, *, at: datetime) -> None:
        """Refuse: nobody's hand is in the simulated ledger."""
        raise RuntimeError(f"{key}: {change} at {at} on the stream of a ledger that is only appended to")

    def report_missing(self, result: Result, *, at: datetime) -> None:
        """Drop the line and the metric."""

    def emit_schedule(self, result: Result, *, at: datetime) -> None:
        """Drop the metrics."""

    def emit_pickup_delay(self, delay: timedelta, *, at: datetime) -> None:
        """Drop the metric."""


def _load_handler(name: str, wired: type, product: object, telemetry: SilentTelemetry) -> ModuleType:
    """Return a handler's module, loaded by its path as Lambda does, but wired with `product`."""
    path = FUNCTIONS / name / "handler.py"
    spec = importlib.util.spec_from_file_location(f"preheat_simulated_{name}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise NotACheckoutError(
            f"{path} is missing: the simulation calls the handlers of the functions. Install the package again"
        )
    module = importlib.util.module_from_spec(spec)
    # The file wires itself from the environment at its import; here, that one call returns the given value.
    with patch.object(wired, "from_env", lambda _environ: product):
        spec.loader.exec_module(module)
    module.telemetry = telemetry  # type: ignore[attr-defined]  # what the handler reports through
    return module


def make_sqs_event(message: QueuedMessage) -> dict[str, Any]:
    """Return the event that the mapping calls with."""
    sent_ms = str(int(message.sent_at.timestamp() * 1000))
    record = {
        "messageId": message.message_id,
        "receiptHandle": f"{message.message_id}#{message.receives}",
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.receives),
            "SentTimestamp": sent_ms,
            "SenderId": "AROAEXAMPLE:tick",
            "ApproximateFirstReceiveTimestamp": sent_ms,
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(message.body.encode(), usedforsecurity=False).hexdigest(),
        **_QUEUE,
        "awsRegion": "eu-central-1",
    }
    return {"Records": [record]}


def find_failed(answer: object, message_ids: Collection[str]) -> set[str]:
    """Return which messages come again, as the mapping reads the answer under ReportBatchItemFailures.

    No answer and no failures: none. Failures that cannot be read, or that name no message of the batch: all.
    """
    if not answer:
        return set()
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else "unreadable"
    if failures is None or failures == []:
        return set()
    if not isinstance(failures, list):
        return set(message_ids)
    named = {str(each.get("itemIdentifier")) if isinstance(each, dict) else "" for each in failures}
    return named if named.issubset(message_ids) else set(message_ids)
