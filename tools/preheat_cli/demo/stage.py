"""The demo's stage on the local AWS: DynamoDB, CloudWatch and SQS as deployed, the simulator through its controls.

Owns how to read each fact there, and how to cause each fault that the demo must notice.
"""

import json
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from preheat.adapters.clock import SystemClock
from preheat.app.ports.clock import Clock
from preheat.app.ports.store import Store
from preheat.domain.plan.plan import Backend
from preheat.domain.record.attempt import Call
from preheat_cli.demo.facts import WORDS, Billed, DemoShift, Metrics, Sabotage, ServiceCall, ServiceFacts
from preheat_cli.demo.run import STOP_LATENCY
from preheat_local import LocalAws, LocalAwsError
from preheat_local.store import open_local_store
from preheat_simulator.core.status import Status

# The function's client makes a call twice before it gives up: both answers are lost, so that a later pass has to see.
ANSWERS_LOST = 2
NAMESPACE = "Preheat"
DIMENSIONS = [{"Name": "service", "Value": "preheat"}]


@dataclass(slots=True)
class LocalStage:
    """Implements `demo_run.Stage` on a local AWS that is up."""

    aws: LocalAws
    clock: Clock = field(default_factory=SystemClock)
    store: Store = field(init=False)
    _services: tuple[Backend, ...] = tuple(WORDS)

    def __post_init__(self) -> None:
        self.store = open_local_store(self.aws)

    def prepare(self, shifts: Sequence[DemoShift]) -> None:
        """Put the models into the simulator; the answers to each one's first start get lost."""
        self._services = tuple(dict.fromkeys(shift.target.backend for shift in shifts))
        for shift in shifts:
            self._post(
                "models",
                service=shift.target.backend,
                project=shift.target.project,
                version=shift.target.version,
                start_latency=shift.start_latency.total_seconds(),
                stop_latency=STOP_LATENCY.total_seconds(),
            )
            self._post(
                "faults",
                service=shift.target.backend,
                kind="answer_lost",
                operation=shift.words.start,
                project=shift.target.project,
                times=ANSWERS_LOST,
            )

    def pause(self, span: timedelta) -> None:
        """See `demo_run.Stage`."""
        time.sleep(span.total_seconds())

    def service(self) -> ServiceFacts:
        """See `demo_run.Stage`."""
        parts = [self._service(backend) for backend in self._services]
        return ServiceFacts(
            calls=tuple(call for part in parts for call in part.calls),
            history={project: steps for part in parts for project, steps in part.history.items()},
            bill={project: spans for part in parts for project, spans in part.bill.items()},
        )

    def _service(self, backend: Backend) -> ServiceFacts:
        state, calls, bill = (self._get(f"{control}?service={backend}") for control in ("state", "calls", "bill"))
        kinds = {WORDS[backend].start.value: Call.START, WORDS[backend].stop.value: Call.STOP}
        return ServiceFacts(
            calls=tuple(_call(call, kinds[call["operation"]]) for call in calls["calls"] if call["operation"] in kinds),
            history={
                model["project"]: tuple((_at(step["at"]), step["status"]) for step in model["history"])
                for model in state["models"]
            },
            bill={name.partition("/")[0]: _read_bill(each) for name, each in bill["models"].items()},
        )

    def metrics(self, since: datetime) -> Metrics:
        """See `demo_run.Stage`."""
        margins, margin_sum = self._statistics("HostedMargin", since)
        return Metrics(
            starts_on_time=round(self._statistics("StartsOnTime", since)[1]),
            starts_late=round(self._statistics("StartsLate", since)[1]),
            start_failures=round(self._statistics("StartFailures", since)[1]),
            margins=margins,
            margin_sum=timedelta(seconds=margin_sum),
        )

    def dead_letters(self) -> int:
        """See `demo_run.Stage`."""
        sqs = self.aws.client("sqs")
        name = "ApproximateNumberOfMessages"
        queues = (
            self.aws.work_dead_letter_queue_url,
            self.aws.tick_dead_letter_queue_url,
            self.aws.watch_dead_letter_queue_url,
            self.aws.unpublished_queue_url,
            self.aws.request_dead_letter_queue_url,
        )
        return sum(
            int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name]) for url in queues
        )

    def sabotage(self, how: Sabotage, shift: DemoShift) -> Callable[[ServiceFacts], None] | None:
        """Cause a fault; return the work for each look, if any."""
        if how is Sabotage.NEVER_HOSTED:
            self._post("faults", service=shift.target.backend, kind="stuck", project=shift.target.project)
            return None
        if how is Sabotage.RECONCILE_DEAD:
            functions = self.aws.client("lambda")
            mappings = functions.list_event_source_mappings(FunctionName=self.aws.reconcile_function)
            for mapping in mappings["EventSourceMappings"]:
                functions.delete_event_source_mapping(UUID=mapping["UUID"])
            return None
        return self._start_twice(shift)

    def _start_twice(self, shift: DemoShift) -> Callable[[ServiceFacts], None]:
        done = False

        def start_again(service: ServiceFacts) -> None:
            nonlocal done
            project, version = shift.target.project, shift.target.version
            named = {"service": shift.target.backend, "project": project, "version": version}
            if not done and any(call.project == project and call.changed_state for call in service.calls):
                self._post("status", **named, status=shift.words.show(Status.TRAINED))
                self._post("person/start", **named)
                done = True

        return start_again

    def _statistics(self, metric: str, since: datetime) -> tuple[int, float]:
        """Return how many values a metric has since an instant, and their sum."""
        points = self.aws.client("cloudwatch").get_metric_statistics(
            Namespace=NAMESPACE,
            MetricName=metric,
            Dimensions=DIMENSIONS,
            StartTime=since - timedelta(minutes=1),
            EndTime=self.clock.now() + timedelta(minutes=1),
            Period=60,
            Statistics=["SampleCount", "Sum"],
        )["Datapoints"]
        return round(sum(point["SampleCount"] for point in points)), sum(point["Sum"] for point in points)

    def _get(self, control: str) -> Any:
        return _answer(urllib.request.Request(f"{self.aws.simulator_url}/_simulator/{control}"))  # noqa: S310 - loopback

    def _post(self, control: str, **fields: Any) -> Any:
        url, body = f"{self.aws.simulator_url}/_simulator/{control}", json.dumps(fields).encode()
        headers = {"Content-Type": "application/json"}
        return _answer(urllib.request.Request(url, data=body, headers=headers))  # noqa: S310 - loopback


def _answer(request: urllib.request.Request) -> Any:
    # No proxy of the surroundings has a way to this machine's loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5) as answer:
            return json.load(answer)
    except (OSError, ValueError) as error:
        raise LocalAwsError(f"the simulator does not answer {request.full_url} as it should: {error}") from error


def _call(call: dict[str, Any], kind: Call) -> ServiceCall:
    return ServiceCall(
        at=_at(call["at"]),
        call=kind,
        operation=call["operation"],
        project=call["project"] or "",
        token=call["token"],
        changed_state=call["changed_state"],
        fault=call["fault"],
        by=call["by"],
    )


def _read_bill(bill: dict[str, Any]) -> tuple[Billed, ...]:
    return tuple(
        Billed(_at(each["from"]), _at(each["to"]) if each["to"] else None, each["units"]) for each in bill["intervals"]
    )


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
