"""The outside of a live test on an opened stack: its request queue, its store, and what CloudWatch has afterwards."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from preheat.domain.demand.request import RequestId
from preheat.domain.plan.plan import Backend, ModelId
from preheat_cli.doctor.asking import ask
from preheat_cli.doctor.facts import Unanswered
from preheat_cli.doctor.live import LiveRun, LiveStage
from preheat_cli.doctor.live_answers import LiveFacts
from preheat_cli.errors import CHECK_FAILED, CliError
from preheat_cli.stack import Stack, Surroundings

REASON: Final = "preheat doctor --live"
REPLIES_WITHIN: Final = timedelta(seconds=60)
CHECKS_EVERY: Final = 0.5  # seconds
RELEASES: Final = 3  # tries: the first may come before the hold is stored
RELEASES_APART: Final = 10.0  # seconds


def make_stage(opened: Stack, surroundings: Surroundings, say: Callable[[str], None]) -> LiveStage:
    """Return the stage of a live test on a stack."""
    tries = 0

    def send(request_id: RequestId, verb: str, model_id: ModelId, **fields: str) -> None:
        message = {"version": 1, "request_id": request_id, "verb": verb, "model": model_id, **fields}
        opened.send_request(json.dumps(message))
        until = surroundings.clock.now() + REPLIES_WITHIN
        while (reply := opened.store.find_reply(request_id)) is None:
            if surroundings.clock.now() >= until:
                raise CliError(f"preheat: no reply to {verb} within {REPLIES_WITHIN.seconds} s", status=CHECK_FAILED)
            surroundings.pause(CHECKS_EVERY)
        if not reply.accepted:
            raise CliError(f"preheat: Preheat refused {verb}, {reply.code}: {reply.reason}", status=CHECK_FAILED)

    def hold(model_id: ModelId, request_id: RequestId, lasts: timedelta) -> None:
        minutes = int(lasts.total_seconds() // 60)
        send(request_id, "hold", model_id, duration=f"{minutes}m", reason=REASON)

    def release(model_id: ModelId, request_id: RequestId) -> None:
        nonlocal tries
        for left in reversed(range(RELEASES)):
            tries += 1
            try:
                return send(RequestId(f"{request_id}-end-{tries}"), "release", model_id, of=request_id)
            except CliError:
                if not left:
                    raise
                surroundings.pause(RELEASES_APART)
        return None

    return LiveStage(opened.store, surroundings.clock, surroundings.pause, say, hold, release)


def gather_live(opened: Stack, run: LiveRun, backend: Backend, now: datetime) -> LiveFacts:
    """Return what the test saw, with the metrics of its time. Never raises."""
    reconcile = {"FunctionName": f"{opened.home.stack_name}-reconcile"}
    window = run.begun_at - timedelta(minutes=1), now + timedelta(minutes=1)
    own = _sum(opened, _metric("Preheat", "TimeToHosted", {"service": "preheat"}), "SampleCount", window)
    loops = _sum(opened, _metric("AWS/Lambda", "RecursiveInvocationsDropped", reconcile), "Sum", window)
    return LiveFacts(run, backend, own, loops)


def _metric(namespace: str, name: str, dimensions: dict[str, str]) -> dict[str, Any]:
    rows = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    return {"Namespace": namespace, "MetricName": name, "Dimensions": rows}


def _sum(
    opened: Stack, metric: dict[str, Any], statistic: str, window: tuple[datetime, datetime]
) -> float | Unanswered:
    query = {"Id": "one", "MetricStat": {"Metric": metric, "Period": 60, "Stat": statistic}}

    def question() -> float:
        client: Any = opened.clients("cloudwatch", None, None)
        answer = client.get_metric_data(MetricDataQueries=[query], StartTime=window[0], EndTime=window[1])
        return float(sum(value for row in answer["MetricDataResults"] for value in row["Values"]))

    return ask("cloudwatch:GetMetricData", question)
