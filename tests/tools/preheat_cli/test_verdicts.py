"""Ten models at 05:50, in ten kinds of trouble and none: what status and explain say, and with which exit status."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.tools.conftest import MONDAY, Golden, Workbench

from preheat.domain.plan.plan import ModelId
from preheat.domain.record.attempt import Answer, Attempt, Call, Outcome
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Effort, Ownership, Phase, Unread
from preheat.domain.record.wording import describe_answer
from preheat.domain.verdict.plant_time import PlantTime
from preheat_board.source import BoardSource

GOLDEN = Path(__file__).parent / "golden"
MINUTE = timedelta(minutes=1)
READY_AT = MONDAY + 10 * MINUTE  # 07:00 in Berlin
NAMES = ("fine", "ready", "quota", "denied", "hanging", "failing", "gone", "by-hand", "unreadable", "unseen", "resting")
PLANT = (
    """version: 1
schedules:
  early:
    zone: Europe/Berlin
    windows:
      - {days: mon-fri, start: "07:00", end: "15:00"}
  evening:
    zone: Europe/Berlin
    windows:
      - {days: mon-fri, start: "18:00", end: "22:00"}
models:
"""
    + "\n".join(
        f"  {name}: {{backend: sagemaker, endpoint: line-{name}, config: line-{name}-v1, lead: 30m,"
        f" schedules: [{'evening' if name in ('by-hand', 'resting') else 'early'}]}}"
        for name in NAMES
    )
    + "\n"
)


@pytest.fixture
def morning(bench: Workbench) -> Workbench:
    """Return the command line over a plant with a model in each kind of trouble."""
    assert bench.preheat("apply", bench.plant(PLANT), "--yes").exit_code == 0
    running = {"ownership": Ownership.STARTED, "phase": Phase.STARTING, "observed": Observed.STARTING}
    denied = "AccessDeniedException: not authorized to perform sagemaker:CreateEndpoint"
    full = "ResourceLimitExceeded: the limit for ml.g5.xlarge is 2 instances, 2 are in use"
    failed = "Failed: the container did not answer the ping"
    records: dict[str, dict[str, Any]] = {
        "fine": {**running, "attempt": Answer.ACCEPTED, "minutes": 25},
        "ready": {**running, "phase": Phase.HOSTED, "observed": Observed.HOSTED, "attempt": Answer.ACCEPTED},
        "quota": {"phase": Phase.STARTING, "attempt": Answer.QUOTA, "words": full, "ownership": Ownership.STARTED},
        "denied": {"phase": Phase.STARTING, "attempt": Answer.DENIED, "words": denied},
        "hanging": {**running, "attempt": Answer.ACCEPTED, "minutes": 70},
        "failing": {"phase": Phase.FAILED, "observed": Observed.FAILED, "status": failed, "attempts": 3},
        "gone": {"phase": Phase.GONE, "observed": Observed.GONE, "status": "could not find endpoint configuration"},
        "by-hand": {"phase": Phase.UNSCHEDULED, "observed": Observed.HOSTED, "effort": False},
        "unreadable": {"unread": Unread(MONDAY - 20 * MINUTE, denied.replace("Create", "Describe"), Answer.DENIED)},
        "resting": {"phase": Phase.IDLE, "effort": False},
    }
    for name, fields in records.items():
        _save(bench, ModelId(name), **fields)
    return bench


def _save(
    bench: Workbench,
    model_id: ModelId,
    *,
    attempt: Answer | None = None,
    words: str = "",
    minutes: int = 30,
    attempts: int = 1,
    effort: bool = True,
    **fields: Any,
) -> None:
    record = bench.store.records[model_id]
    begun = MONDAY - minutes * MINUTE
    made = None
    if attempt is not None:
        units = bench.store.read_planned(model_id).model.units  # type: ignore[union-attr]  # its apply
        made = Attempt.intend(
            model_id, Call.START, generation=1, demand_start=READY_AT, target=record.target, units=units, now=begun
        ).note_answer(attempt, model_id, begun, words=words)
    until = READY_AT + timedelta(hours=8)
    spent = Effort(READY_AT, until, READY_AT, "early", attempts=attempts, lead=30 * MINUTE) if effort else None
    known = {"observed": Observed.STOPPED, "since": begun, "looked_at": begun, "wake_at": MONDAY + MINUTE}
    bench.store.save(replace(record, **{**known, "attempt": made, "effort": spent, **fields}), None)


def test_status_says_trouble_first_in_the_plants_time(morning: Workbench, golden: Golden) -> None:
    result = morning.preheat("status")
    golden(GOLDEN / "status-morning.txt", result.output)
    assert result.exit_code == 0


def test_status_fits_sixty_columns_and_its_check_fails(
    morning: Workbench, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    result = morning.preheat("status", "--check", "--utc")
    golden(GOLDEN / "status-morning-60.txt", result.output)
    assert max(map(len, result.output.splitlines())) <= 60
    assert result.exit_code == 1


def test_a_check_of_models_without_trouble_passes(morning: Workbench) -> None:
    assert morning.preheat("status", "--check", "fine", "ready", "resting", "by-hand").exit_code == 0
    assert morning.preheat("status", "--check", "fine", "quota").exit_code == 1


@pytest.mark.parametrize("name", NAMES)
def test_explain_says_the_verdict_the_cause_and_what_to_do(morning: Workbench, golden: Golden, name: str) -> None:
    golden(GOLDEN / f"explain-morning-{name}.txt", morning.preheat("explain", name).output)


def test_explain_as_json_has_the_fields_of_status_and_with_verbose_the_details(morning: Workbench) -> None:
    shown = json.loads(morning.preheat("explain", "quota", "--format", "json").output)
    assert shown == json.loads(morning.preheat("status", "quota", "--format", "json").output)
    detailed = json.loads(morning.preheat("explain", "quota", "--format", "json", "--verbose").output)
    assert detailed.pop("details")[0].startswith("quota (sagemaker line-quota/line-quota-v1) has phase starting")
    assert detailed == shown


def test_after_the_shift_has_begun_what_is_not_ready_is_late(morning: Workbench, golden: Golden) -> None:
    morning.clock.advance(12 * MINUTE)
    for name in NAMES:
        record = morning.store.records[ModelId(name)]
        morning.store.save(replace(record, wake_at=morning.clock.at), None)
    golden(GOLDEN / "status-late.txt", morning.preheat("status").output)


def test_times_are_the_plants_with_how_far_away_they_are() -> None:
    time = PlantTime(MONDAY, "Europe/Berlin")
    assert time.both(READY_AT) == "07:00 (in 10 min)"
    assert time.both(MONDAY - 185 * MINUTE) == "03:45 (3 h 5 min ago)"
    assert time.both(MONDAY + timedelta(days=1, hours=3)) == "Tue 09:50 (in 1 d 3 h)"
    assert time.at(MONDAY + timedelta(days=9)) == "2026-12-02 06:50"
    assert PlantTime(MONDAY).at(READY_AT) == "06:00Z"
    assert PlantTime(MONDAY).away(MONDAY) == "now"


def test_words_of_the_service_that_end_in_a_full_stop_get_no_second_one(morning: Workbench) -> None:
    said = "The model failed to start hosting."
    failing = morning.store.records[ModelId("failing")]
    morning.store.save(replace(failing, status=said), None)
    for shown in (morning.preheat("status").output, morning.preheat("explain", "failing").output):
        assert "failed to start hosting" in " ".join(shown.split())
        assert ".." not in shown
    outcome = Outcome(Answer.QUOTA, said)
    assert describe_answer("start", outcome).endswith(": The model failed to start hosting")
    board = BoardSource(morning.store, morning.clock, "plant").render()
    assert "failed to start hosting.<" in board
    assert "failed to start hosting.." not in board


def test_times_of_several_zones_in_one_table_name_their_zone(morning: Workbench) -> None:
    """A model without a plan has none, so its times are in UTC."""
    assert "for 07:00 (in 10 min), expected 06:55\n" in morning.preheat("status").output
    head, evening, rest = PLANT.partition("  evening:\n")
    plant = head + evening + rest.replace("Europe/Berlin", "Asia/Tokyo").replace("  by-hand: ", "  by-another-hand: ")
    assert morning.preheat("apply", morning.plant(plant), "--yes").exit_code == 0
    shown = morning.preheat("status").output
    assert "for 07:00 CET (in 10 min), expected 06:55 CET\n" in shown
    assert re.search(r"resting +until 18:00 JST ", shown)
    assert re.search(r"by-hand +since 05:20Z ", shown)
    assert "for 06:00Z (in 10 min), expected 05:55Z\n" in morning.preheat("status", "--utc").output
    board = BoardSource(morning.store, morning.clock, "plant").render()
    assert '<span class="when">since 05:20 UTC (30 min ago)</span>' in board
    assert "for 07:00 (in 10 min)" in board
