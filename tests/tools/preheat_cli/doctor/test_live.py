"""`preheat doctor --live`: it starts and stops one model under supervision, and always stops it."""

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.day import WELD, Day, a_day
from tests.support.stacks import HOME, no_outbox
from typer.testing import CliRunner, Result

from preheat.adapters.sqs.rejected import MemoryRejected
from preheat.app.requests.desk import Desk
from preheat.app.requests.envelope import IncomingMessage
from preheat.domain.plan.plan import Backend, Units
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, Phase
from preheat_cli.doctor.live import LONGEST, STOPS_WITHIN, LiveTest, plan_live
from preheat_cli.doctor.live_answers import UNKNOWNS
from preheat_cli.errors import CliError
from preheat_cli.main import app
from preheat_cli.stack import Stack, Surroundings
from preheat_simulator.core.faults import FaultKind

SENDER = "AROAOPERATOR"


@dataclass
class Bench:
    """A stack whose functions work while the command waits; `interrupts` are the instants of a Ctrl-C, HH:MM:SS."""

    day: Day
    mode: str = "act"
    delivers: bool = True
    interrupts: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.desk = Desk(self.day.clock, self.day.store, self.day.queue, MemoryRejected())

    def pause(self, seconds: float) -> None:
        if self.delivers:
            for body in self.sent:
                self.desk.take(IncomingMessage("m", f"{SENDER}:me", body))
            self.sent.clear()
        until = self.day.clock.at + timedelta(seconds=seconds)
        self.day.run_until(f"{until:%H:%M:%S.%f}")
        if self.interrupts and f"{self.day.clock.at:%H:%M:%S}" >= self.interrupts[0]:
            self.interrupts.pop(0)
            raise KeyboardInterrupt

    def send(self, body: str) -> None:
        self.verbs.append(json.loads(body)["verb"])
        self.sent.append(body)

    def preheat(self, *arguments: str, types: str | None = None) -> Result:
        stack = Stack(replace(HOME, mode=self.mode), self.day.store, self.send, no_outbox)
        surroundings = Surroundings(lambda _: stack, self.day.clock, self.pause, lambda _: None)
        command = ["doctor", "--live", WELD, "--format", "json", *arguments]
        return CliRunner().invoke(app, command, obj=surroundings, input=types)


def at_eight(day: Day, **changes: Any) -> Bench:
    day.run_until("08:00")
    return Bench(day, **changes)


def read_result(done: Result) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the result, and each answer by its question."""
    first, *rows = [json.loads(line) for line in done.stdout.splitlines()]
    return first, {row["question"]: row["answer"] for row in rows}


def test_a_model_is_started_and_stopped_and_what_this_shows_is_reported() -> None:
    with a_day("20:00-22:00", backend=Backend.REKOGNITION) as day:
        bench = at_eight(day)
        done = bench.preheat("--yes")
        assert done.exit_code == 0, (done.output, done.exception)
        result, answers = read_result(done)
        assert (result["ready"], result["stopped"], result["interrupted"]) == (True, True, False)
        assert bench.verbs == ["hold", "release"]
        assert (day.observed(), day.record.phase) == (Observed.STOPPED, Phase.IDLE)
        assert [entry.action for entry in day.entries if entry.action in (Action.START, Action.STOP)] == [
            Action.START,
            Action.STOP,
        ]
        assert answers["How long does a start take?"].startswith("18m")  # 17 minutes, and up to the next look
        assert answers["How long does a stop take?"]
        assert answers["Under which id does SQS show the sender of a request?"] == SENDER
        assert answers["Does the service accept a stop while the model starts?"] == ""
        assert len(answers) == len(UNKNOWNS)


def test_it_asks_first_and_names_the_most_that_it_can_cost() -> None:
    with a_day("20:00-22:00", backend=Backend.REKOGNITION, units=Units(2, 3)) as day:
        bench = at_eight(day)
        refused = bench.preheat(types="n\n")
        # 30 minutes of lead, 15 to spare and 20 for the stop, of 3 units at 4 USD an hour
        assert "at most 13.00 USD (3 units for 65 minutes at list price)" in refused.stderr
        assert (refused.exit_code, bench.sent, day.started()) == (1, [], 0)
        assert bench.preheat(types="").exit_code != 0
        assert bench.sent == []


def test_instances_have_no_list_price_so_the_question_names_them() -> None:
    with a_day("20:00-22:00", backend=Backend.SAGEMAKER) as day:
        question = plan_live(day.store, WELD, "act", day.clock.at, None).question
        assert "at most 65 minutes of all instances of weld-seams-v3" in question


@pytest.mark.parametrize("interrupt", ["08:00:01", "08:01:00", "08:10:00", "08:16:40"])
def test_ctrl_c_stops_the_model_whenever_it_comes(interrupt: str) -> None:
    with a_day("20:00-22:00", backend=Backend.REKOGNITION) as day:
        bench = at_eight(day, interrupts=[interrupt])
        done = bench.preheat("--yes")
        result, answers = read_result(done)
        assert (result["interrupted"], result["stopped"], done.exit_code) == (True, True, 1)
        day.run_until("10:00")
        assert (day.observed(), day.record.phase) == (Observed.STOPPED, Phase.IDLE)
        assert "release" in bench.verbs
        if interrupt == "08:10:00":
            assert answers["Does the service accept a stop while the model starts?"]


def test_a_second_ctrl_c_ends_the_watch_and_not_the_stop() -> None:
    with a_day("20:00-22:00", backend=Backend.REKOGNITION) as day:
        bench = at_eight(day, interrupts=["08:10:00", "08:10:20"])
        done = bench.preheat("--yes")
        assert "Preheat goes on stopping weld-seams" in done.stderr
        assert read_result(done)[0]["stopped"] is False
        day.run_until("09:00")
        assert (day.observed(), day.record.phase) == (Observed.STOPPED, Phase.IDLE)


def test_a_command_that_dies_leaves_a_hold_that_ends_by_itself() -> None:
    with a_day("20:00-22:00", backend=Backend.REKOGNITION) as day:
        bench = at_eight(day)
        bench.send(json.dumps({"version": 1, "request_id": "live-1", "verb": "hold", "model": WELD, "duration": "45m"}))
        bench.pause(1)  # and nothing more of the command
        day.run_until("08:40")
        assert day.observed() is Observed.HOSTED
        day.run_until("09:10")
        assert (day.observed(), day.record.phase) == (Observed.STOPPED, Phase.IDLE)


def test_an_error_of_the_watch_still_releases_the_hold() -> None:
    with a_day("20:00-22:00", backend=Backend.REKOGNITION) as day:
        bench = at_eight(day)
        load, broken = day.store.load, [True]

        def fails(model_id: Any) -> Any:
            if broken and f"{day.clock.at:%H:%M}" == "08:05" and bench.verbs == ["hold"]:
                broken.clear()
                raise RuntimeError("so it is")
            return load(model_id)

        day.store.load = fails  # type: ignore[method-assign]  # one read fails
        bench.preheat("--yes")
        assert bench.verbs[:2] == ["hold", "release"]
        day.run_until("09:30")
        assert (day.observed(), day.record.phase) == (Observed.STOPPED, Phase.IDLE)


def test_a_start_that_never_ends_is_stopped_at_the_bound() -> None:
    with a_day("20:00-22:00", backend=Backend.REKOGNITION) as day:
        day.fault(FaultKind.STUCK, operation=day.service.words.start)
        bench = at_eight(day)
        result, _ = read_result(bench.preheat("--yes", "--minutes", "20"))
        assert (result["ready"], result["stopped"]) == (False, True)
        assert day.observed() is Observed.STOPPED
        assert f"{day.clock.at:%H:%M}" < "08:45"


def test_without_a_reply_nothing_is_claimed_and_the_exit_says_so() -> None:
    with a_day("20:00-22:00", backend=Backend.REKOGNITION) as day:
        bench = at_eight(day, delivers=False)
        done = bench.preheat("--yes")
        assert done.exit_code == 1
        assert "no reply to hold within 60 s" in done.stderr
        assert "cannot release the hold" in done.stderr


def read_refusal(day: Day, mode: str = "act") -> str:
    with pytest.raises(CliError) as raised:
        plan_live(day.store, WELD, mode, day.clock.at, None)
    return str(raised.value)


@pytest.mark.parametrize(
    ("at", "mode", "said"),
    [
        ("08:00", "observe", "the stack is in mode observe"),
        ("19:00", "act", "a demand needs weld-seams from"),
        ("21:00", "act", "weld-seams is hosted"),
    ],
)
def test_what_speaks_against_a_test_is_said_before_anything_starts(at: str, mode: str, said: str) -> None:
    with a_day("20:00-22:00", backend=Backend.REKOGNITION) as day:
        day.run_until(at)
        assert said in read_refusal(day, mode)


def test_a_model_that_no_plan_names_is_refused() -> None:
    with a_day("20:00-22:00") as day:
        day.apply()
        assert "is not in the plan of the stack" in read_refusal(day)


@pytest.mark.parametrize(("minutes", "bound"), [(None, 45), (10, 10), (3, 10), (600, LONGEST.seconds // 60)])
def test_the_time_is_bounded(minutes: int | None, bound: int) -> None:
    with a_day("20:00-22:00", backend=Backend.REKOGNITION) as day:
        test = plan_live(day.store, WELD, "act", day.clock.at, minutes)
        assert test == LiveTest(test.model, timedelta(minutes=bound))
        assert test.longest_run == test.bound + STOPS_WITHIN


def test_every_unknown_names_what_it_decides_and_how_to_find_out() -> None:
    for one in UNKNOWNS:
        assert one.question.endswith("?")
        assert one.decides
        assert one.otherwise
    assert any("stop_while_starting" in one.decides for one in UNKNOWNS)
    assert any("billing_start" in one.decides for one in UNKNOWNS)
