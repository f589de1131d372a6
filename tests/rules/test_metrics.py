"""Each metric counts once in each of its dimension sets: read from the emitted lines as CloudWatch reads them."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from preheat.domain.plan.plan import ModelId, Target
from preheat.domain.record.record import Action, LedgerEntry, Phase
from preheat.observability.publish import BY_SCHEDULE, emit_entry, read_measures

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
BARE = LedgerEntry(
    ModelId("weld"), 1, SIX, Phase.STARTING, Phase.HOSTED, Action.OBSERVE, "so", Target("weld", "3"), "early"
)
SERVICE, SCHEDULE = ("service",), ("service", "schedule")


def read_emitted(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, tuple[str, ...], float]]:
    """Return each value that CloudWatch counts: metric, dimension set, value."""
    found: list[tuple[str, tuple[str, ...], float]] = []
    for line in capsys.readouterr().out.splitlines():
        if '"_aws"' not in line:
            continue
        body: dict[str, Any] = json.loads(line)
        for directive in body["_aws"]["CloudWatchMetrics"]:
            for dimensions, metric in product(directive["Dimensions"], directive["Metrics"]):
                values = body[metric["Name"]]
                found += [
                    (metric["Name"], tuple(sorted(dimensions, key=("service", "schedule").index)), value)
                    for value in (values if isinstance(values, list) else [values])
                ]
                assert all(body[name] for name in dimensions)
    return found


ENTRIES = {
    "ready": replace(BARE, late=False, margin=timedelta(seconds=90), time_to_hosted=timedelta(minutes=17)),
    "late": replace(BARE, late=True, action=Action.LATE),
    "late and ready": replace(BARE, late=True, margin=timedelta(seconds=-9), time_to_hosted=timedelta(minutes=40)),
    "lost": replace(BARE, lost=True),
    "failed": replace(BARE, action=Action.FAIL),
    "lost and failed": replace(BARE, lost=True, action=Action.FAIL),
    "no capacity": replace(BARE, action=Action.CAPACITY),
    "ready by a failed start": replace(BARE, action=Action.FAIL, late=False, margin=timedelta()),
}


@pytest.mark.parametrize("schedule", ["early", None])
@pytest.mark.parametrize("name", ENTRIES)
def test_each_metric_of_an_entry_counts_once_in_each_of_its_sets(
    capsys: pytest.CaptureFixture[str], name: str, schedule: str | None
) -> None:
    entry = replace(ENTRIES[name], schedule=schedule)
    emit_entry(entry)
    wanted: Counter[tuple[str, tuple[str, ...], float]] = Counter()
    for metric, _unit, value in read_measures(entry):
        wanted[metric, SERVICE, value] += 1
        if metric in BY_SCHEDULE and schedule:
            wanted[metric, SCHEDULE, value] += 1
    assert wanted
    assert Counter(read_emitted(capsys)) == wanted


@pytest.mark.parametrize(
    ("name", "metrics"),
    [
        ("ready", {"StartsOnTime": 1, "HostedMargin": 90, "TimeToHosted": 1020}),
        ("late", {"StartsLate": 1}),
        ("late and ready", {"StartsLate": 1, "HostedMargin": -9, "TimeToHosted": 2400}),
        ("lost", {"ModelsLost": 1}),
        ("failed", {"StartFailures": 1}),
        ("lost and failed", {"ModelsLost": 1, "StartFailures": 1}),
        ("no capacity", {"CapacityShortages": 1}),
    ],
)
def test_an_entry_has_these_metrics_and_no_other(name: str, metrics: dict[str, float]) -> None:
    assert {metric: value for metric, _, value in read_measures(ENTRIES[name])} == metrics


def test_only_four_metrics_have_a_set_by_schedule() -> None:
    assert sorted(BY_SCHEDULE) == ["HostedMargin", "StartsLate", "StartsOnTime", "TimeToHosted"]
