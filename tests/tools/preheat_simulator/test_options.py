"""The command line: it takes each option whole or refuses it by name; the clock runs forwards at its scale."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from preheat.domain.plan.plan import Backend
from preheat_simulator.core.clock import ScaledClock
from preheat_simulator.http.options import HttpSimulator, Options


def test_a_command_line_is_read() -> None:
    options = Options.read(
        models=["weld/1", "weld/1", "lookoutvision:paint/12", "rekognition:line.2/v1", "sagemaker:weld/weld-v3"],
        start_latency="uniform:600-1200",
        switches=["latest=newest"],
        scale=60,
    )
    assert options.models == (
        (Backend.LOOKOUT_VISION, "weld", "1"),
        (Backend.LOOKOUT_VISION, "paint", "12"),
        (Backend.REKOGNITION, "line.2", "v1"),
        (Backend.SAGEMAKER, "weld", "weld-v3"),
    )
    assert str(options.start_latency) == "uniform:600-1200"
    assert options.switches.latest == "newest"
    simulator = HttpSimulator(options)
    assert [f"{model.project}/{model.version}" for model in simulator.service.models()] == ["weld/1", "paint/12"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"models": ["weld"]}, "model 'weld': it is written PROJECT/VERSION"),
        ({"models": ["weld/latest"]}, "model 'weld/latest'"),
        ({"switches": ["latest"]}, "switch 'latest': it is written NAME=VALUE"),
        ({"switches": ["colour=red"]}, "switch colour: unknown"),
        ({"stop_latency": "soon"}, "stop latency 'soon': accepted are seconds"),
    ],
)
def test_a_wrong_option_is_refused_by_name(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Options.read(**given)


def test_virtual_time_does_not_move_until_it_is_moved() -> None:
    begin = datetime(2026, 11, 23, tzinfo=UTC)
    clock = ScaledClock(0, begin)
    assert clock.now() == begin
    assert clock.advance(timedelta(hours=1)) == clock.now() == begin + timedelta(hours=1)


def test_time_goes_on_from_where_it_was_when_its_scale_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    elapsed = 100.0
    monkeypatch.setattr("preheat_simulator.core.clock.time.monotonic", lambda: elapsed)
    begin = datetime(2026, 11, 23, tzinfo=UTC)
    clock = ScaledClock(60, begin)
    elapsed += 10
    assert clock.now() == begin + timedelta(minutes=10)
    clock.set_scale(1)
    elapsed += 10
    assert clock.now() == begin + timedelta(minutes=10, seconds=10)


@pytest.mark.parametrize("by", [timedelta(seconds=-1), timedelta(days=365 * 9000)])
def test_time_is_not_moved_back_nor_past_its_end(by: timedelta) -> None:
    with pytest.raises(ValueError, match="advance"):
        ScaledClock(0).advance(by)
