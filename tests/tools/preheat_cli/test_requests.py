"""The commands that ask for something, through the queue to the real desk, and the active requests after them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.support.stacks import MemoryStack
from tests.tools.conftest import PLANT, Workbench
from typer.testing import CliRunner, Result

from preheat.adapters.memory.queue import MemoryQueue
from preheat.adapters.sqs.rejected import MemoryRejected
from preheat.app.requests.desk import Desk
from preheat.app.requests.envelope import IncomingMessage
from preheat.domain.demand.request import Kind, RequestId, Standing, Subject
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Phase
from preheat_cli import printing
from preheat_cli.commands import requests as requests_command
from preheat_cli.main import app
from preheat_cli.stack import Surroundings

GOLDEN = Path(__file__).parent / "golden"
OF_WELD = Subject(ModelId("weld-seams"))


@dataclass
class Counter:
    """The workbench with the function `requests` behind its queue; it takes its messages while the command waits."""

    bench: Workbench
    works: bool = True

    def __post_init__(self) -> None:
        clock, store = self.bench.clock, self.bench.store
        self.desk = Desk(clock, store, MemoryQueue(clock), MemoryRejected())
        self.stack = MemoryStack(store, self.bench.home)
        self.sent = self.stack.sent
        self.bench.preheat(
            "apply", self.bench.plant(PLANT.replace("lead: 45m", "lead: 45m, max_units_by_request: 2")), "--yes"
        )

    def preheat(self, *arguments: str, types: str = "") -> Result:
        self.stack.store = self.bench.store
        surroundings = Surroundings(self.stack, self.bench.clock, self.pause, self.stack.announced.append)
        return CliRunner().invoke(app, [*arguments], obj=surroundings, input=types or None)

    def pause(self, seconds: float) -> None:
        self.bench.clock.advance(timedelta(seconds=0 if self.works else seconds))
        if self.works:
            for body in self.sent:
                self.desk.take(IncomingMessage("m", "AROAOPERATOR:me", body))
            self.sent.clear()

    def find_standing(self, request_id: str, subject: Subject = OF_WELD) -> Standing:
        found = self.bench.store.find_standing(subject, RequestId(request_id))
        assert found is not None
        return found


@pytest.fixture
def counter(bench: Workbench) -> Counter:
    """Monday, 6:50 in Berlin, where weld-seams works from 7:00 to 15:00."""
    return Counter(bench)


def test_a_hold_until_a_local_time_is_asked_for_and_its_reply_shown(
    counter: Counter, golden: Callable[[Path, str], None]
) -> None:
    result = counter.preheat("hold", "weld-seams", "--until", "20:00", "--reason", "rework", "--id", "late")
    assert result.exit_code == 0, result.output
    golden(GOLDEN / "hold.txt", result.output)
    found = counter.find_standing("late")
    assert (found.kind, found.until, found.reason) == (
        Kind.HOLD,
        datetime(2026, 11, 23, 19, tzinfo=UTC),
        "rework",
    )


@pytest.mark.parametrize(
    ("typed", "until"),
    [
        (("--until", "06:30"), "2026-11-24T05:30:00+00:00"),  # of the next day
        (("--until", "2026-11-23T20:00"), "2026-11-23T19:00:00+00:00"),
        (("--until", "2026-11-23T20:00Z"), "2026-11-23T20:00:00+00:00"),
        (("--for", "2h"), "2026-11-23T07:50:00+00:00"),
        (("--from", "22:00", "--until", "05:00"), "2026-11-24T04:00:00+00:00"),
        (("--from", "22:00", "--for", "2h"), "2026-11-23T23:00:00+00:00"),
    ],
)
def test_an_end_is_typed_as_a_local_time_an_instant_or_a_duration(
    counter: Counter, typed: tuple[str, ...], until: str
) -> None:
    assert counter.preheat("hold", "weld-seams", *typed, "--id", "a").exit_code == 0
    assert counter.find_standing("a").until == datetime.fromisoformat(until)


def test_a_hold_of_a_schedule_is_in_that_schedules_time(counter: Counter) -> None:
    counter.preheat("hold", "--schedule", "late", "--until", "20:00", "--id", "a")
    assert counter.find_standing("a", Subject(schedule="late")).until == datetime(2026, 11, 24, 2, tzinfo=UTC)


def test_a_hold_is_extended_and_released_and_a_block_lifted(counter: Counter) -> None:
    counter.preheat("hold", "weld-seams", "--for", "2h", "--units", "2", "--priority", "60", "--id", "a")
    assert counter.preheat("extend", "weld-seams", "a", "--for", "30m").exit_code == 0
    assert counter.find_standing("a").until == datetime(2026, 11, 23, 8, 20, tzinfo=UTC)
    assert counter.preheat("release", "weld-seams", "a").exit_code == 0
    assert counter.find_standing("a").released_at is not None
    counter.preheat("block", "weld-seams", "--for", "45m", "--hard", "--id", "b")
    assert counter.find_standing("b").hard
    assert counter.preheat("unblock", "weld-seams", "b").exit_code == 0
    assert counter.find_standing("b").released_at is not None
    counter.preheat("block", "--schedule", "late", "--for", "45m", "--id", "c")
    assert counter.preheat("unblock", "--schedule", "late", "c").exit_code == 0


@pytest.mark.parametrize("name", ["stop", "stop-now"])
def test_stop_blocks_until_the_end_of_the_demand(counter: Counter, name: str) -> None:
    assert counter.preheat(name, "weld-seams", "--reason", "line down", "--id", "s", "--yes").exit_code == 0
    assert counter.find_standing("s").until == datetime(2026, 11, 23, 14, tzinfo=UTC)


def test_a_release_without_an_id_ends_the_only_active_hold(counter: Counter) -> None:
    result = counter.preheat("release", "weld-seams")
    assert (result.exit_code, result.stderr) == (1, "preheat: weld-seams has no active hold\n")
    counter.preheat("hold", "weld-seams", "--for", "2h", "--id", "night-7a")
    counter.preheat("block", "weld-seams", "--for", "2h", "--id", "night-7b")
    assert counter.preheat("release", "weld-seams").exit_code == 0
    assert counter.find_standing("night-7a").released_at is not None
    assert counter.preheat("unblock", "weld-seams").exit_code == 0
    assert counter.find_standing("night-7b").released_at is not None
    counter.preheat("hold", "--schedule", "early", "--for", "2h", "--id", "all")
    assert counter.preheat("extend", "--schedule", "early", "--for", "1h").exit_code == 0
    assert counter.preheat("release", "--schedule", "early").exit_code == 0


def test_the_start_of_an_id_is_enough_if_only_one_hold_has_it(counter: Counter) -> None:
    counter.preheat("hold", "weld-seams", "--for", "2h", "--reason", "rework", "--id", "cli-5f01")
    counter.preheat("hold", "weld-seams", "--for", "3h", "--id", "cli-5f02")
    both = counter.preheat("release", "weld-seams", "cli-5f0")
    assert both.exit_code == 1
    assert both.stderr.splitlines() == [
        "preheat: 2 requests of weld-seams begin with 'cli-5f0'; name one by its id",
        "  hold Mon 2026-11-23 06:50 CET to Mon 2026-11-23 08:50 CET, by AROAOPERATOR: rework (cli-5f01)",
        "  hold Mon 2026-11-23 06:50 CET to Mon 2026-11-23 09:50 CET, by AROAOPERATOR: no reason (cli-5f02)",
    ]
    assert "2 requests of weld-seams are active" in counter.preheat("release", "weld-seams").stderr
    assert counter.preheat("release", "weld-seams", "cli-5f01").exit_code == 0
    assert counter.find_standing("cli-5f01").released_at is not None
    assert counter.preheat("extend", "weld-seams", "cli", "--for", "30m").exit_code == 0
    assert counter.find_standing("cli-5f02").until == datetime(2026, 11, 23, 9, 20, tzinfo=UTC)
    assert counter.preheat("release", "weld-seams", "cli-5f01").exit_code == 0  # again: the function answers


def test_an_id_that_hits_nothing_is_an_error_unless_anyway(counter: Counter) -> None:
    counter.preheat("hold", "weld-seams", "--for", "2h", "--id", "a")
    result = counter.preheat("release", "weld-seams", "cli-5f0")
    assert (result.exit_code, counter.sent) == (1, [])
    assert result.stderr.splitlines() == [
        "preheat: no active hold of weld-seams has an id that begins with 'cli-5f0'",
        "  hold Mon 2026-11-23 06:50 CET to Mon 2026-11-23 08:50 CET, by AROAOPERATOR: no reason (a)",
        "if the request is still on its way, use the whole id and --anyway",
    ]
    noted = counter.preheat("release", "weld-seams", "cli-5f0", "--anyway")
    assert (noted.exit_code, noted.stdout.partition(":")[0]) == (0, "release_noted")


def test_stop_asks_and_names_what_it_ends(counter: Counter, golden: Callable[[Path, str], None]) -> None:
    counter.preheat("hold", "weld-seams", "--until", "20:00", "--reason", "rework", "--id", "a")
    counter.preheat("hold", "--schedule", "early", "--for", "2h", "--id", "b")
    counter.preheat("hold", "weld-seams", "--for", "1h", "--priority", "60", "--id", "strong")
    counter.preheat("hold", "weld-seams", "--from", "12:00", "--for", "2h", "--id", "later")
    declined = counter.preheat("stop", "weld-seams", "--id", "s", types="n\n")
    golden(GOLDEN / "stop.txt", declined.stderr)
    assert (declined.exit_code, counter.sent) == (1, [])
    unanswered = counter.preheat("stop", "--schedule", "early", "--id", "s")
    assert unanswered.exit_code == 2
    assert "Stop every model with schedule early now?" in unanswered.stderr
    assert counter.preheat("stop", "weld-seams", "--id", "s", types="y\n").exit_code == 0
    assert counter.find_standing("s").kind is Kind.BLOCK


def test_start_is_a_hold_that_a_release_ends(counter: Counter) -> None:
    started = counter.preheat("start", "weld-seams", "--units", "2", "--reason", "trial", "--id", "s")
    assert started.exit_code == 0
    assert "ready at: " in started.stdout
    found = counter.find_standing("s")
    assert (found.kind, found.units, found.until - found.begin) == (Kind.HOLD, 2, timedelta(days=7))
    assert counter.preheat("release", "weld-seams").exit_code == 0
    assert counter.find_standing("s").released_at is not None


def test_a_start_of_a_model_that_the_service_does_not_know_promises_no_ready_time(counter: Counter) -> None:
    record = counter.bench.store.records[ModelId("weld-seams")]
    gone = replace(record, phase=Phase.GONE, observed=Observed.GONE, looked_at=counter.bench.clock.now())
    counter.bench.store.save(gone, None)
    started = counter.preheat("start", "weld-seams", "--id", "s")
    assert started.exit_code == 0
    assert ": REFUSED for " in started.stdout
    assert "ready at: " not in started.stdout


def test_a_refusal_ends_with_status_one_and_its_code(counter: Counter) -> None:
    result = counter.preheat("hold", "weld-seams", "--for", "800h", "--id", "a")
    assert result.exit_code == 1
    assert result.stdout.startswith("refused, too_long: ")


@pytest.mark.parametrize("options", [("--for", "2h"), ("--until", "20:00"), ("--for", "2h", "--no-wait")])
def test_a_misspelled_model_costs_no_request_and_so_raises_no_alarm(counter: Counter, options: tuple[str, ...]) -> None:
    result = counter.preheat("hold", "weld-seems", *options)
    assert (result.exit_code, counter.sent) == (1, [])
    assert result.stderr == "preheat: the plan has no model 'weld-seems'; did you mean weld-seams?\nno request sent\n"


def test_a_misspelled_name_is_reported_by_the_commands_that_end_a_hold_too(counter: Counter) -> None:
    for verb in ("release", "extend", "unblock"):
        result = counter.preheat(verb, "weld-seems", *(["--for", "1h"] if verb == "extend" else []))
        assert (result.exit_code, result.stderr) == (
            1,
            "preheat: the plan has no model 'weld-seems'; did you mean weld-seams?\n",
        )
    result = counter.preheat("release", "--schedule", "earli")
    assert result.stderr == "preheat: the plan has no model with the schedule 'earli'; did you mean early?\n"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("hold", "weld-seams"), "nothing given; accepted: one of until, duration and ready_for"),
        (("hold", "weld-seams", "--until", "20:00", "--for", "2h"), "until and duration given"),
        (("hold", "weld-seams", "--for", "two hours"), "duration 'two hours'; accepted: a duration"),
        (
            ("hold", "weld-seams", "--until", "late"),
            "--until 'late' is not a time; accepted: a local time such as 20:00",
        ),
        (("hold", "--for", "2h"), "name either a model, or a schedule with --schedule"),
        (("hold", "weld-seams", "--schedule", "late", "--for", "2h"), "name either a model"),
        (("release",), "'nothing' given; accepted: MODEL [REQUEST_ID]"),
        (("release", "--schedule", "late", "weld-seams", "a"), "accepted: [REQUEST_ID] after --schedule NAME"),
        (("hold", "weld-seams", "--for", "2h", "--units", "0"), "units 0; accepted: a whole number from 1 to 100"),
    ],
)
def test_what_is_wrong_is_reported_before_anything_is_sent(counter: Counter, typed: tuple[str, ...], says: str) -> None:
    result = counter.preheat(*typed)
    assert result.exit_code == 2
    assert says in result.stderr
    assert counter.sent == []


def test_a_model_with_schedules_in_two_zones_needs_an_instant(bench: Workbench) -> None:
    counter = Counter(bench)
    both = PLANT.replace("schedules: [early]", "schedules: [early, late]")
    bench.preheat("apply", bench.plant(both), "--yes")
    result = counter.preheat("hold", "weld-seams", "--until", "20:00")
    assert "has schedules in America/Mexico_City and Europe/Berlin: use an instant with an offset" in result.stderr


def test_without_waiting_only_the_id_is_shown(counter: Counter) -> None:
    result = counter.preheat("hold", "weld-seams", "--for", "2h", "--id", "a", "--no-wait")
    assert (result.exit_code, result.output) == (0, "sent: hold\nrequest id: a\n")
    assert json.loads(counter.sent[0])["duration"] == "2h"


def test_a_missing_reply_is_reported_with_how_to_ask_again(counter: Counter) -> None:
    counter.works = False
    result = counter.preheat("hold", "weld-seams", "--for", "2h", "--id", "a")
    assert result.exit_code == 1
    assert "run the same command again with --id a" in result.stderr


def test_the_same_id_again_shows_the_same_reply_and_sends_nothing(counter: Counter) -> None:
    first = counter.preheat("hold", "weld-seams", "--for", "2h", "--id", "a")
    again = counter.preheat("hold", "weld-seams", "--for", "2h", "--id", "a")
    assert (again.output, counter.sent) == (first.output, [])
    other = counter.preheat("block", "weld-seams", "--for", "2h", "--id", "a")
    assert (other.exit_code, other.stderr) == (1, "preheat: another request has the id a; use a new id\n")


def test_a_release_without_an_id_gets_the_same_reply_under_the_same_request_id(counter: Counter) -> None:
    counter.preheat("hold", "weld-seams", "--for", "2h", "--id", "a")
    first = counter.preheat("release", "weld-seams", "--id", "r")
    assert first.exit_code == 0
    assert counter.preheat("release", "weld-seams", "--id", "r").output == first.output
    other = counter.preheat("release", "weld-seams", "b", "--id", "r")
    assert (other.exit_code, other.stderr) == (1, "preheat: another request has the id r; use a new id\n")


def test_a_hold_that_ends_before_the_model_can_be_ready_is_warned_of(counter: Counter) -> None:
    result = counter.preheat("hold", "paint", "--for", "20m", "--id", "a")
    assert result.exit_code == 0
    assert result.stderr == (
        "warning: it ends at Mon 2026-11-23 00:10 CST (in 20 min), before the model can be ready;"
        " use `preheat extend`, or --ready-for instead of --for\n"
    )
    assert result.stdout.startswith("ends_before_ready: ")
    assert counter.preheat("hold", "paint", "--ready-for", "20m", "--id", "c").stderr == ""
    assert counter.preheat("hold", "paint", "--for", "2h", "--id", "b").stderr == ""


def test_an_ended_block_is_no_hold_that_ends_too_early(counter: Counter) -> None:
    counter.preheat("block", "paint", "--for", "20m", "--id", "a")
    result = counter.preheat("unblock", "paint", "a")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "ready at: " in result.stdout


def test_a_hold_on_a_stack_that_starts_nothing_is_warned_of(counter: Counter) -> None:
    counter.stack.home = replace(counter.stack.home, mode="observe")
    result = counter.preheat("hold", "paint", "--for", "2h", "--id", "a")
    assert (result.exit_code, result.stderr) == (
        0,
        "warning: the stack is in mode observe: Preheat starts no model\n",
    )


def test_active_requests_are_listed(counter: Counter, golden: Callable[[Path, str], None]) -> None:
    assert counter.preheat("requests").output == "no active requests\n"
    counter.preheat("hold", "weld-seams", "--until", "20:00", "--units", "2", "--reason", "rework", "--id", "a")
    counter.preheat("block", "--schedule", "early", "--from", "12:00", "--for", "45m", "--hard", "--id", "b")
    counter.preheat("hold", "paint", "--for", "2h", "--id", "c")
    counter.preheat("hold", "weld-seams", "--for", "2h", "--id", "d")
    counter.preheat("release", "weld-seams", "d")
    golden(GOLDEN / "requests.txt", counter.preheat("requests").output)
    assert counter.preheat("requests", "paint").output.count("\n") == 2
    lines = counter.preheat("requests", "weld-seams", "--format", "json").output.splitlines()
    golden(GOLDEN / "requests.json", json.dumps([json.loads(line) for line in lines], indent=2) + "\n")


def test_requests_of_a_model_that_is_not_planned_are_none(counter: Counter) -> None:
    result = counter.preheat("requests", "weld-seam")
    assert (result.exit_code, result.stderr) == (
        1,
        "preheat: the plan has no model 'weld-seam'; did you mean weld-seams?\n",
    )


def test_status_and_the_stored_plan_show_active_requests_and_count_with_them(
    counter: Counter, golden: Callable[[Path, str], None]
) -> None:
    counter.preheat("hold", "weld-seams", "--until", "20:00", "--units", "2", "--reason", "rework", "--id", "a")
    counter.preheat("block", "--schedule", "early", "--from", "12:00", "--for", "45m", "--hard", "--id", "b")
    counter.preheat("hold", "weld-seams", "--for", "2h", "--id", "gone")
    counter.preheat("release", "weld-seams", "gone")
    shown = counter.preheat("status", "weld-seams").output
    assert "hold Mon 2026-11-23 06:50 CET to Mon 2026-11-23 20:00 CET, 2 units, by AROAOPERATOR: rework (a)" in shown
    assert "gone" not in shown
    golden(GOLDEN / "status-asked.txt", shown)
    golden(GOLDEN / "explain-asked.txt", counter.preheat("explain", "weld-seams", "--verbose").output)
    (line,) = counter.preheat("status", "weld-seams", "--format", "json").output.splitlines()
    assert [one["request_id"] for one in json.loads(line)["requests"]] == ["a", "b"]
    plan = counter.preheat("plan", "--stack", "line-4", "--from", "2026-11-23", "--to", "2026-11-25").output
    golden(GOLDEN / "plan-asked.txt", plan)


@pytest.mark.parametrize("command", [("status", "weld-seams"), ("history", "weld-seams"), ("requests",)])
def test_a_terminal_of_60_columns_shows_whole_words(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    counter.preheat(
        "hold", "weld-seams", "--until", "20:00", "--reason", "rework of the parts of yesterday", "--id", "a"
    )
    whole = counter.preheat(*command).stdout
    terminal = SimpleNamespace(stdout=SimpleNamespace(isatty=lambda: True))
    for module in (printing, requests_command):
        monkeypatch.setattr(module, "sys", terminal)
    monkeypatch.setenv("COLUMNS", "60")
    folded = counter.preheat(*command).stdout
    assert [line for line in folded.splitlines() if len(line) > 60 and len(line.split()) > 1] == []
    assert [word for word in ("rework", "yesterday", "weld-seams") if word in whole and word not in folded] == []
    if command != ("requests",):  # which is a list of sentences here
        assert folded.split() == whole.split()
