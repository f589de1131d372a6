"""The demo says yes only if every promise held: played on twins in memory, and broken in each way it must notice."""

import io
import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from rich.console import Console
from tests.support.twins import BEGINS_AT, Twins

from preheat.domain.demand.demand import find_demands
from preheat.domain.plan.plan import Backend
from preheat.domain.record.attempt import Call
from preheat.domain.record.record import Action, LedgerEntry
from preheat_cli.commands.demo import INTERRUPTED, _alone, _interruptible
from preheat_cli.demo.facts import Billed, DemoFacts, DemoShift, Metrics, ServiceCall, ServiceFacts
from preheat_cli.demo.run import GIVEN_UP_AFTER, plant_text, play, shifts_at
from preheat_cli.demo.timeline import Timeline
from preheat_cli.demo.verdict import DemoVerdict, verdict
from preheat_cli.errors import CliError
from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.reading import parse_plant
from preheat_simulator.core.faults import FaultKind, InjectedFault

GOLDEN = Path(__file__).parent / "golden"
SECOND = timedelta(seconds=1)


class Nobody:
    """An audience that looks away."""

    def entry(self, entry: LedgerEntry) -> None:
        pass

    def moment(self, now: datetime, shifts: Sequence[DemoShift], service: ServiceFacts) -> None:
        pass


def play_demo(
    twins: Twins | None = None,
    saboteur: Callable[[Twins, DemoShift], Callable[[ServiceFacts], None] | None] | None = None,
    service: Backend | None = Backend.LOOKOUT_VISION,
) -> tuple[list[DemoShift], DemoVerdict, DemoFacts]:
    twins = twins or Twins()
    shifts = shifts_at(twins.clock.now(), service)
    twins.prepare(shifts)
    harm = saboteur(twins, shifts[0]) if saboteur is not None else None
    judged, facts = play(twins, shifts, Nobody(), harm)
    return shifts, judged, facts


@pytest.fixture(scope="module")
def well() -> tuple[list[DemoShift], DemoVerdict, DemoFacts]:
    return play_demo()


# --- the course -------------------------------------------------------------------------------------------------------


def test_a_demo_in_which_every_promise_holds_ends_with_the_line_that_says_so(
    well: tuple[list[DemoShift], DemoVerdict, DemoFacts],
) -> None:
    _, judged, _ = well
    assert judged.errors == ()
    assert judged.line == (
        "demo: 2 of 2 shifts ready on time; margin +00:00:52 +00:00:50; stopped 00:00:00 after the end;"
        " 2 starts, 2 stops, 0 errors"
    )
    assert judged.holds


def test_a_lost_answer_is_asked_again_and_starts_nothing_twice(
    well: tuple[list[DemoShift], DemoVerdict, DemoFacts],
) -> None:
    shifts, _, facts = well
    project = shifts[-1].target.project
    starts = [call for call in facts.service.calls if call.call is Call.START and call.project == project]
    assert [call.fault for call in starts][:1] == ["answer_lost"]
    assert sum(call.changed_state for call in starts) == 1
    assert len({call.token for call in starts}) == 1


def test_the_shift_begins_with_a_full_minute_two_to_three_minutes_ahead_in_two_zones() -> None:
    for second in (0, 1, 59):
        now = BEGINS_AT.replace(second=second)
        first, second_shift = shifts_at(now)
        assert first.begin == second_shift.begin
        assert first.begin.second == 0
        assert timedelta(minutes=2) <= first.begin - now < timedelta(minutes=3)
        assert first.end - first.begin == timedelta(minutes=1)
        assert first.zone != second_shift.zone


@pytest.mark.parametrize(
    "at", [BEGINS_AT, datetime(2026, 11, 24, 22, 56, 30, tzinfo=UTC), datetime(2026, 7, 4, 5, 57, tzinfo=UTC)]
)
def test_the_plant_file_of_the_demo_means_its_shifts_also_around_a_local_midnight(at: datetime) -> None:
    shifts = shifts_at(at)
    models = compile_models(parse_plant(plant_text(shifts).encode(), "plant.yaml"), now=at, previous={})
    for shift, model in zip(shifts, models, strict=True):
        (demand,) = find_demands(model, at, at + timedelta(days=1))
        assert (demand.begin, demand.end, demand.ready_at) == (shift.begin, shift.end, shift.begin)


def test_the_demo_is_over_within_five_minutes_whatever_happens() -> None:
    ahead = shifts_at(BEGINS_AT.replace(second=0, microsecond=1))[0].end - BEGINS_AT.replace(second=0)
    assert ahead <= timedelta(minutes=4)
    assert ahead - timedelta(minutes=4) + GIVEN_UP_AFTER < timedelta(minutes=3)


# --- what it must notice ----------------------------------------------------------------------------------------------


def test_a_service_that_never_reaches_hosted_is_noticed() -> None:
    def stuck(twins: Twins, shift: DemoShift) -> None:
        twins.hosting.inject(InjectedFault(FaultKind.STUCK, project=shift.target.project))

    _, judged, _ = play_demo(saboteur=stuck)
    assert not judged.holds
    assert "1 of 2 shifts ready on time; margin none +00:00:50" in judged.line


def test_a_dead_reconcile_is_noticed() -> None:
    twins = Twins()
    twins.reconciles = False
    _, judged, _ = play_demo(twins)
    assert not judged.holds
    assert judged.line == (
        "demo: 0 of 2 shifts ready on time; margin none none; not stopped after the end; 0 starts, 0 stops, 0 errors"
    )


def test_a_start_made_twice_is_noticed() -> None:
    def twice(twins: Twins, shift: DemoShift) -> Callable[[ServiceFacts], None]:
        done: list[DemoShift] = []

        def again(service: ServiceFacts) -> None:
            if not done and any(call.project == shift.target.project for call in service.calls):
                twins.start_again(shift)
                done.append(shift)

        return again

    _, judged, _ = play_demo(saboteur=twice)
    assert not judged.holds
    assert "3 starts" in judged.line
    assert "weld-seams: a StartModel of somebody else took effect" in judged.errors


PLAYED = (Backend.LOOKOUT_VISION, Backend.REKOGNITION, Backend.SAGEMAKER)


@pytest.mark.parametrize("service", [None, *PLAYED])
def test_the_demo_holds_on_every_service(service: Backend | None) -> None:
    shifts, judged, facts = play_demo(service=service)
    assert (judged.errors, judged.holds) == ((), True)
    assert len({shift.target.backend for shift in shifts}) == (2 if service is None else 1)
    lost = [call.project for call in facts.service.calls if call.fault == "answer_lost"]
    assert set(lost) == {shift.target.project for shift in shifts}


@pytest.mark.parametrize("service", [Backend.REKOGNITION, Backend.SAGEMAKER])
def test_without_a_token_a_start_too_many_is_noticed_by_its_number(service: Backend) -> None:
    shifts, _, facts = play_demo(service=service)
    start = next(call for call in facts.service.calls if call.call is Call.START and call.changed_state)
    again = replace(start, at=start.at + SECOND)
    judged = verdict(shifts, replace(facts, service=replace(facts.service, calls=(*facts.service.calls, again))))
    assert not judged.holds
    assert f"{start.project.removeprefix('plant-')}: 2 start calls took effect, the ledger has 1" in judged.errors


def test_a_failed_attempt_is_an_error_although_the_next_may_succeed() -> None:
    def fails(twins: Twins, shift: DemoShift) -> None:
        twins.hosting.faults.clear()  # a lost answer would keep the failure waiting for the end of its lease
        fault = InjectedFault(FaultKind.HOSTING_FAILED, project=shift.target.project, after=timedelta(seconds=5))
        twins.hosting.inject(fault)

    _, judged, facts = play_demo(saboteur=fails)
    assert not judged.holds
    failed = [entry for entries in facts.ledger.values() for entry in entries if entry.action is Action.FAIL]
    assert sum("a failed attempt" in error for error in judged.errors) == len(failed) == 1


def test_metrics_that_say_less_than_the_ledger_are_noticed() -> None:
    twins = Twins()
    twins.emits = False
    _, judged, _ = play_demo(twins)
    assert not judged.holds
    assert "the metric StartsOnTime has 0 values, the ledger has 2" in judged.errors


def test_each_dead_letter_is_an_error() -> None:
    twins = Twins()
    twins.dead = 2
    _, judged, _ = play_demo(twins)
    assert not judged.holds
    assert judged.line.endswith("2 errors")


def test_a_model_still_billed_is_noticed(well: tuple[list[DemoShift], DemoVerdict, DemoFacts]) -> None:
    shifts, _, facts = well
    bill: dict[str, tuple[Billed, ...]] = {
        project: (replace(spans[0], end=None),) for project, spans in facts.service.bill.items()
    }
    judged = verdict(shifts, replace(facts, service=replace(facts.service, bill=bill)))
    assert not judged.holds
    assert judged.errors == ("weld-seams: the bill still runs", "paint-finish: the bill still runs")


@pytest.mark.parametrize(
    ("moved", "shown", "holds"),
    [
        (4 * SECOND, "stopped 00:00:04 after", True),
        (120 * SECOND, "stopped 00:02:00 after", True),
        (121 * SECOND, "stopped 00:02:01 after", False),
        (-SECOND, "stopped -00:00:01 after", False),
    ],
)
def test_a_stop_holds_from_the_end_to_two_minutes_after_it(
    well: tuple[list[DemoShift], DemoVerdict, DemoFacts], moved: timedelta, shown: str, holds: bool
) -> None:
    shifts, _, facts = well
    calls = tuple(
        replace(call, at=call.at + moved) if (call.call, call.project) == (Call.STOP, "plant-paint-finish") else call
        for call in facts.service.calls
    )
    judged = verdict(shifts, replace(facts, service=replace(facts.service, calls=calls)))
    assert shown in judged.line
    assert judged.holds is holds


def test_a_ledger_that_claims_more_than_the_service_did_is_noticed(
    well: tuple[list[DemoShift], DemoVerdict, DemoFacts],
) -> None:
    shifts, _, facts = well
    never = ((BEGINS_AT, "STARTING_HOSTING"),)
    history: dict[str, tuple[tuple[datetime, str], ...]] = dict.fromkeys(facts.service.history, never)
    judged = verdict(shifts, replace(facts, service=replace(facts.service, history=history)))
    assert "weld-seams: the ledger says on time, the service says STARTING_HOSTING at the begin" in judged.errors


def test_a_gap_in_the_ledger_is_noticed(well: tuple[list[DemoShift], DemoVerdict, DemoFacts]) -> None:
    shifts, _, facts = well
    ledger = {model_id: entries[1:] for model_id, entries in facts.ledger.items()}
    assert "weld-seams: the ledger has a gap" in verdict(shifts, replace(facts, ledger=ledger)).errors


def test_a_token_that_took_effect_twice_is_noticed(well: tuple[list[DemoShift], DemoVerdict, DemoFacts]) -> None:
    shifts, _, facts = well
    start = next(call for call in facts.service.calls if call.call is Call.START and call.changed_state)
    again: ServiceCall = replace(start, at=start.at + SECOND)
    judged = verdict(shifts, replace(facts, service=replace(facts.service, calls=(*facts.service.calls, again))))
    assert f"{start.project.removeprefix('plant-')}: the token {start.token} took effect twice" in judged.errors


def test_margins_that_the_metric_has_otherwise_are_noticed(
    well: tuple[list[DemoShift], DemoVerdict, DemoFacts],
) -> None:
    shifts, _, facts = well
    metrics: Metrics = replace(facts.metrics, margin_sum=timedelta(seconds=3))
    (error,) = verdict(shifts, replace(facts, metrics=metrics)).errors
    assert error.startswith("the sum of the metric HostedMargin is 0:00:03")


# --- the present look
# -----------------------------------------------------------------------------------------------------


def test_without_a_terminal_the_timeline_is_plain_lines_and_the_verdict_the_last(
    golden: Callable[[Path, str], None],
) -> None:
    output = io.StringIO()
    timeline = Timeline(Console(file=output, highlight=False, width=80))
    twins = Twins()
    shifts = shifts_at(twins.clock.now())
    twins.prepare(shifts)
    with timeline:
        judged, facts = play(twins, shifts, timeline)
    timeline.summary(shifts, facts, judged)
    golden(GOLDEN / "demo.txt", output.getvalue())
    assert output.getvalue().splitlines()[-1] == judged.line


def test_on_a_terminal_the_countdown_stays_below_the_lines_and_leaves_no_trace() -> None:
    output = io.StringIO()
    timeline = Timeline(Console(file=output, force_terminal=True, highlight=False, width=200))
    twins = Twins()
    shifts = shifts_at(twins.clock.now())
    twins.prepare(shifts)
    with timeline:
        play(twins, shifts, timeline)
    shown = output.getvalue()
    assert "shift ended 00:00:05 ago | weld-seams TRAINING_COMPLETED | paint-finish Absent" in shown
    assert "idle -> starting" in shown
    assert shown.endswith("\x1b[?25h\r\x1b[1A\x1b[2K")


def test_the_address_of_the_board_stays_in_view_below_the_countdown() -> None:
    output = io.StringIO()
    timeline = Timeline(Console(file=output, force_terminal=True, highlight=False, width=200))
    twins = Twins()
    shifts = shifts_at(twins.clock.now())
    twins.prepare(shifts)
    with timeline:
        timeline.show_board("http://127.0.0.1:4679/")
        timeline.moment(twins.clock.now(), shifts, twins.service())
        shown = output.getvalue()
    assert "board: http://127.0.0.1:4679/ shows this shift in your browser" in shown
    timeline.moment(twins.clock.now(), shifts, twins.service())
    assert timeline._live.get_renderable().plain.splitlines()[-1] == "board: http://127.0.0.1:4679/"  # type: ignore[union-attr]  # the demo's own text


# --- it is empty --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_ends_the_demo_and_none_disturbs_the_stopping(number: signal.Signals) -> None:
    stopped = []

    def interrupt() -> None:
        with _interruptible():
            try:
                os.kill(os.getpid(), number)
                threading.Event().wait(5)
            finally:
                os.kill(os.getpid(), number)
                stopped.append(True)

    with pytest.raises(typer.Exit) as ended:
        interrupt()
    assert ended.value.exit_code == INTERRUPTED
    assert stopped == [True]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_signal_after_the_end_does_not_disturb_the_stopping() -> None:
    with _interruptible() as from_here_on_uninterrupted:
        from_here_on_uninterrupted()
        os.kill(os.getpid(), signal.SIGINT)


def test_a_second_demo_in_the_same_checkout_is_refused(tmp_path: Path) -> None:
    with (
        _alone(tmp_path / "demo.lock"),
        pytest.raises(CliError, match="another demo is running in this checkout"),
        _alone(tmp_path / "demo.lock"),
    ):
        pass
