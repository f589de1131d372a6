"""`preheat apply` names what a plan loses before it asks: renamed models, and requests of schedules that go."""

from datetime import timedelta

import pytest
from tests.tools.conftest import MONDAY, PLANT, Workbench

from preheat.domain.demand.request import HeldWindow, Kind, Reply, RequestId, Standing, Subject, Verb
from preheat.domain.plan.plan import ModelId

WELD, EARLY = Subject(model_id=ModelId("weld-seams")), Subject(schedule="early")


def ask(bench: Workbench, subject: Subject, name: str = "night-7", kind: Kind = Kind.HOLD, hours: int = 4) -> None:
    begin = bench.clock.at
    one = Standing(
        RequestId(name), kind, subject, "AROALINE", begin, begin + timedelta(hours=hours), known_at=begin - timedelta(1)
    )
    reply = Reply(RequestId(name), Verb(kind), subject, "AROALINE", begin, True, "accepted", "", "")
    bench.store.answer(reply, one, [ModelId("weld-seams")])


def losses(bench: Workbench, text: str) -> list[str]:
    result = bench.preheat("apply", bench.plant(text), "--dry-run")
    assert result.exit_code == 0, result.output
    return result.stderr.splitlines()


@pytest.fixture(autouse=True)
def applied(bench: Workbench) -> None:
    assert bench.preheat("apply", bench.plant(), "--yes").exit_code == 0


def test_a_plan_that_keeps_everything_loses_nothing(bench: Workbench) -> None:
    ask(bench, EARLY)
    assert losses(bench, PLANT) == []
    assert losses(bench, PLANT.replace("lead: 45m", "lead: 40m")) == []


def test_a_model_with_another_name_is_named_and_what_to_do(bench: Workbench) -> None:
    (line,) = losses(bench, PLANT.replace("weld-seams:", "seams:"))
    assert line == (
        "seams in this file is another name of weld-seams. Preheat stops weld-seams, then starts seams."
        " If it must keep running, keep the name weld-seams"
    )


def test_a_model_with_another_name_and_another_target_is_no_rename(bench: Workbench) -> None:
    assert losses(bench, PLANT.replace("weld-seams:", "seams:").replace("version: 3", "version: 4")) == []


@pytest.mark.parametrize("kind", Kind)
def test_a_schedule_that_goes_loses_its_holds_and_blocks(bench: Workbench, kind: Kind) -> None:
    ask(bench, EARLY, kind=kind)
    (line,) = losses(bench, PLANT.replace("early", "morning"))
    assert line == (
        f"schedule early is not in this file: its {kind} night-7 of AROALINE, until 2026-11-23 10:50 (09:50Z),"
        " loses its effect if you apply it"
    )


def test_a_set_of_windows_that_goes_is_called_one(bench: Workbench) -> None:
    begin = bench.clock.at
    hours = [begin + timedelta(hours=number) for number in range(6)]
    windows = (HeldWindow(hours[2], hours[3], begin), HeldWindow(hours[4], hours[5], begin))
    one = Standing(
        RequestId("w49"), Kind.HOLD, WELD, "AROALINE", hours[2], windows[-1].end, known_at=begin, windows=windows
    )
    reply = Reply(RequestId("w49"), Verb.SCHEDULE_PUT, WELD, "AROALINE", begin, True, "accepted", "", "")
    bench.store.answer(reply, one, [ModelId("weld-seams")])
    (_, lost) = losses(bench, PLANT.replace("weld-seams:", "seams:"))
    assert lost.startswith("model weld-seams is not in this file: its set of 2 windows w49 of AROALINE, until")


def test_a_model_that_goes_loses_its_own(bench: Workbench) -> None:
    ask(bench, WELD)
    (renamed, lost) = losses(bench, PLANT.replace("weld-seams:", "seams:"))
    assert renamed.startswith("seams in this file is another name of weld-seams")
    assert lost.startswith("model weld-seams is not in this file: its hold night-7 of AROALINE")


def test_a_request_that_is_over_is_no_loss(bench: Workbench) -> None:
    ask(bench, EARLY, hours=1)
    bench.clock.advance_to(MONDAY + timedelta(hours=1))
    assert losses(bench, PLANT.replace("early", "morning")) == []


def test_many_are_counted(bench: Workbench) -> None:
    for number in range(13):
        ask(bench, EARLY, f"night-{number}")
    lines = losses(bench, PLANT.replace("early", "morning"))
    assert len(lines) == 11
    assert lines[-1] == "schedule early: 3 more requests lose their effect if you apply it"
