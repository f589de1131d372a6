"""The commands over a stored plan: their output, their writes, and their exit status."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.stacks import HOME, MemoryStack
from tests.tools.conftest import MONDAY, PLANT, Golden, Workbench
from typer.testing import CliRunner

from preheat.app.ports.errors import StaleRecord, StoreUnavailable, UnreadableItem
from preheat.app.ports.plans import WholePlan
from preheat.domain.plan.plan import ModelId
from preheat_cli.main import app
from preheat_cli.options.stack import StackOptions
from preheat_cli.stack import Surroundings

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).parent / "golden"
WELD = ModelId("weld-seams")


# --- apply ------------------------------------------------------------------------------------------------------------


def test_apply_shows_what_is_new_asks_and_applies_it(bench: Workbench, golden: Golden) -> None:
    result = bench.preheat("apply", bench.plant(), types="y\n")
    golden(GOLDEN / "apply-new.txt", bench.told(result))
    assert result.exit_code == 0
    assert bench.store.read_plan_version() == 1
    assert bench.store.list_planned_models() == ["paint", "weld-seams"]


def test_apply_shows_each_changed_field_and_what_is_removed(bench: Workbench, golden: Golden) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    changed = (
        PLANT.replace('end: "15:00"', 'end: "16:00"')
        .replace("version: 3", "version: 4")
        .replace("lead: 45m", "min_units: 2, mode: observe")
        .replace(
            "paint: {backend: lookoutvision, project: paint, ",
            "doors: {backend: lookoutvision, project: doors, unscheduled: stop, slack: 90s, ",
        )
    )
    result = bench.preheat("apply", bench.plant(changed), "--yes")
    golden(GOLDEN / "apply-changed.txt", bench.told(result))
    assert bench.store.list_planned_models() == ["doors", "weld-seams"]


def test_a_dry_run_shows_the_same_and_applies_nothing(bench: Workbench) -> None:
    result = bench.preheat("apply", bench.plant(), "--dry-run")
    assert result.exit_code == 0
    assert "+ weld-seams" in result.output
    assert bench.store.read_plan_version() == 0


@pytest.mark.parametrize(("types", "status"), [("n\n", 1), ("", 2)])
def test_without_a_yes_nothing_is_applied(bench: Workbench, types: str, status: int) -> None:
    assert bench.preheat("apply", bench.plant(), types=types).exit_code == status
    assert bench.store.read_plan_version() == 0


def test_apply_counts_the_changes_and_asks_with_the_name_of_the_stack(bench: Workbench) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    changed = PLANT.replace("lead: 45m", "lead: 40m").replace("  paint: {", "  doors: {")
    result = bench.preheat("apply", bench.plant(changed), types="n\n")
    assert "\n1 to add, 1 to change, 1 to remove\n" in result.stdout
    place = "stack preheat, account 123456789012, eu-central-1"
    renamed = "doors in this file is another name of paint. Preheat stops paint, then starts doors."
    renamed += " If it must keep running, keep the name paint"
    assert result.stderr == f"{renamed}\nApply to {place}? [y/N]:no change applied\n"


def test_demand_of_a_new_plan_counts_as_known_from_the_answer_on(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    thought = timedelta(minutes=20)
    monkeypatch.setattr(
        "preheat_cli.commands.apply.require_confirmation", lambda *_, **__: bench.clock.advance(thought)
    )
    assert bench.preheat("apply", bench.plant()).exit_code == 0
    model = bench.store.read_planned(ModelId("weld-seams")).model
    assert model is not None
    assert model.announced_at == MONDAY + thought


def test_apply_as_json_is_an_object_for_each_change_and_one_for_the_plan(bench: Workbench) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    changed = PLANT.replace("lead: 45m", "lead: 40m")
    previewed = bench.preheat("apply", bench.plant(changed), "--dry-run", "--format", "json")
    change, plan = map(json.loads, previewed.stdout.splitlines())
    assert (change["change"], change["model"], len(change["lines"])) == ("changed", "weld-seams", 1)
    assert plan == {"plan": 1, "applied": False, "add": 0, "change": 1, "remove": 0}
    applied = bench.preheat("apply", bench.plant(changed), "--yes", "--format", "json")
    assert json.loads(applied.stdout.splitlines()[-1])["plan"] == 2


@pytest.mark.parametrize("command", [("apply", "--dry-run"), ("plan",)])
def test_the_detailed_exit_code_is_three_if_there_are_changes(bench: Workbench, command: tuple[str, ...]) -> None:
    name, *options = command
    options = [*options, "--detailed-exitcode"]
    assert bench.preheat(name, bench.plant(), *options).exit_code == 3
    bench.preheat("apply", bench.plant(), "--yes")
    assert bench.preheat(name, bench.plant(), *options).exit_code == 0
    assert bench.preheat(name, bench.plant(PLANT.replace("lead: 45m", "lead: 40m")), *options).exit_code == 3
    assert bench.preheat(name, bench.plant(PLANT.replace("lead: 45m", "leed: 45m")), *options).exit_code == 2


def test_the_detailed_exit_code_needs_a_file_and_a_dry_run(bench: Workbench) -> None:
    assert "works only with --dry-run" in bench.preheat("apply", bench.plant(), "--detailed-exitcode").stderr
    assert "needs a plant file" in bench.preheat("plan", "--detailed-exitcode").stderr


def test_a_file_without_models_removes_all_only_with_its_own_option(bench: Workbench) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    empty = bench.plant(PLANT[: PLANT.index("models:")] + "models: {}\n")
    refused = bench.preheat("apply", empty, "--yes")
    assert refused.exit_code == 2
    assert bench.told(refused).splitlines()[-2:] == [
        "preheat: plant.yaml has no models. Applying it removes 2 models, and stops those that Preheat runs",
        "no change applied; use --remove-all if you mean it",
    ]
    once = bench.preheat("apply", empty, "--remove-all", types="y\nn\n")
    assert (once.exit_code, bench.store.read_plan_version()) == (1, 1)
    assert "Remove 2 models from stack preheat, " in once.stderr
    assert bench.preheat("apply", empty, "--remove-all", types="y\ny\n").exit_code == 0
    assert bench.store.list_planned_models() == []
    assert bench.preheat("apply", empty, "--yes").exit_code == 0  # it has nothing to remove


def test_apply_names_quota_conflicts_and_the_mode_of_the_stack(bench: Workbench) -> None:
    bench.home = replace(HOME, mode="observe")
    crowded = PLANT.replace("[late]", "[early]") + "quotas: {lookoutvision: {models_at_once: 1}}\n"
    result = bench.preheat("apply", bench.plant(crowded), "--yes")
    assert result.exit_code == 0
    lines = result.stderr.splitlines()
    assert lines[0] == "quota conflicts:"
    assert lines[1].startswith("  lookoutvision: up to 2 models at once, 1 allowed")
    assert lines[-1] == "the stack is in mode observe: Preheat starts and stops no model"
    assert bench.preheat("apply", bench.plant(), "--yes").stderr == lines[-1] + "\n"


def test_a_wrong_file_is_refused_as_a_whole_with_every_problem_on_stderr(bench: Workbench) -> None:
    result = bench.preheat("apply", bench.plant(PLANT.replace("lead: 45m", "lead: 7h, leed: 1m")), "--yes")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 3
    assert bench.store.read_plan_version() == 0


def test_an_unchanged_plan_may_be_applied_again(bench: Workbench) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    result = bench.preheat("apply", bench.plant(), "--yes")
    assert "No changes." in result.output
    assert bench.store.read_plan_version() == 2


def test_a_shift_known_before_stays_known_and_a_new_one_is_known_from_now_on(bench: Workbench) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    bench.clock.advance(timedelta(hours=1))
    bench.preheat("apply", bench.plant(PLANT.replace('"22:00"', '"21:00"')), "--yes")
    announced = {name: bench.store.read_planned(ModelId(name)).model for name in ("weld-seams", "paint")}
    known = {name: model.announced_at for name, model in announced.items() if model is not None}
    assert known == {"weld-seams": MONDAY, "paint": MONDAY + timedelta(hours=1)}


def test_losing_the_race_applies_nothing_and_says_so(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: object, **__: object) -> int:
        raise StaleRecord("plan 0 was read, plan 1 is current")

    monkeypatch.setattr(bench.store, "apply", lose)
    result = bench.preheat("apply", bench.plant(), "--yes")
    assert result.exit_code == 1
    assert "another apply came first" in result.stderr
    assert "run the command again" in result.stderr


def test_a_plan_that_changes_while_it_is_compared_is_not_replaced(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    monkeypatch.setattr(bench.store, "read_whole_plan", lambda: WholePlan(7, {}, {}, ()))
    result = bench.preheat("apply", bench.plant(), "--yes")
    assert (result.exit_code, bench.store.current) == (1, 1)
    assert "another apply came first" in result.stderr


def test_a_stored_model_that_cannot_be_read_is_replaced(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    _unreadable(monkeypatch, bench, "read_planned", "weld-seams: schema: 9 is not 1")
    result = bench.preheat("apply", bench.plant(), "--yes")
    assert result.exit_code == 0
    assert "replaces a stored form that this release cannot read" in result.output
    assert bench.store.read_plan_version() == 2


def test_the_example_is_applied(bench: Workbench, golden: Golden) -> None:
    result = bench.preheat("apply", str(ROOT / "examples" / "plant.yaml"), "--yes")
    golden(GOLDEN / "apply-example.txt", result.output.replace(f"{ROOT}/", ""))
    assert len(bench.store.list_planned_models()) == 3


def test_a_command_speaks_to_the_stack_that_is_named(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.preheat("status", "--stack", "plant-north")
    assert bench.stack == StackOptions("plant-north")
    monkeypatch.setenv("PREHEAT_STACK", "plant-south")
    bench.preheat("status")
    assert bench.stack == StackOptions("plant-south")
    bench.preheat("status", "--stack", "plant-north", "--profile", "line-7", "--region", "us-east-1")
    assert bench.stack == StackOptions("plant-north", "line-7", "us-east-1")


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("history", "weld-seams"),
        ("explain", "weld-seams"),
        ("plan", "--stack", "preheat"),
        ("report",),
        ("requests",),
        ("ledger", "audit"),
    ],
)
def test_a_command_says_once_which_stack_it_uses(bench: Workbench, arguments: tuple[str, ...]) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    bench.preheat(*arguments)
    assert bench.announced == ["stack preheat, account 123456789012, eu-central-1, mode act, release 0.1.0"]


def test_the_stack_is_announced_on_stderr(bench: Workbench) -> None:
    result = CliRunner().invoke(app, ["status"], obj=Surroundings(MemoryStack(bench.store)))
    assert result.stderr == "stack preheat, account 123456789012, eu-central-1, mode act, release 0.1.0\n"


def test_of_a_local_aws_the_address_and_the_mode_are_announced() -> None:
    home = replace(HOME, endpoint_url="http://127.0.0.1:4578", mode="observe", release="")
    assert str(home) == "local AWS at http://127.0.0.1:4578, mode observe"


# --- status -----------------------------------------------------------------------------------------------------------


def test_status_shows_each_model_on_a_line(bench: Workbench, shift: Callable[[], None], golden: Golden) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    shift()
    result = bench.preheat("status")
    golden(GOLDEN / "status.txt", result.output)
    assert result.exit_code == 0


def test_status_of_a_named_model_shows_all_that_is_known(
    bench: Workbench, shift: Callable[[], None], golden: Golden
) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    shift()
    golden(GOLDEN / "status-weld-seams.txt", bench.preheat("status", "weld-seams").output)


def test_status_as_json_is_an_object_on_each_line(bench: Workbench, shift: Callable[[], None], golden: Golden) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    shift()
    lines = [json.loads(line) for line in bench.preheat("status", "--format", "json").stdout.splitlines()]
    golden(GOLDEN / "status.json", json.dumps(lines, indent=2) + "\n")
    assert [line["model"] for line in lines] == ["paint", "weld-seams"]


@pytest.mark.parametrize("read", ["load", "read_planned"])
def test_a_model_that_cannot_be_read_harms_only_its_own_line(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    _unreadable(monkeypatch, bench, read, "weld-seams: phase: 'asleep' is not known")
    if read == "load":
        bench.store.records.pop(WELD)  # many records at once come without one that this release cannot read
    result = bench.preheat("status")
    assert result.exit_code == 1
    assert "UNKNOWN      paint\n             not checked yet" in result.output
    assert "weld-seams: phase: 'asleep' is not known" in " ".join(result.output.split())


def test_a_ledger_that_cannot_be_read_is_a_problem_of_the_model_that_is_named(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    _unreadable(monkeypatch, bench, "read_ledger", "weld-seams: action: 'sleep' is not known")
    assert bench.preheat("status").exit_code == 0
    result = bench.preheat("status", "weld-seams", "paint")
    assert result.exit_code == 1
    assert "weld-seams: action: 'sleep' is not known" in " ".join(result.output.split())
    assert "paint: UNKNOWN" in result.output


def test_a_model_that_left_the_plan_is_shown_while_looks_go_on(bench: Workbench) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    removed = "\n".join(line for line in PLANT.splitlines() if "paint" not in line)
    bench.preheat("apply", bench.plant(removed), "--yes")
    assert " paint\n" in bench.preheat("status").output


def test_a_model_that_nobody_knows_is_a_problem_of_its_own(bench: Workbench) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    result = bench.preheat("status", "weld-seam", "paint")
    assert result.exit_code == 1
    assert "neither in the plan nor in the models table" in result.output
    assert "paint/1" in result.output


def test_status_without_a_plan_says_how_to_make_one(bench: Workbench) -> None:
    result = bench.preheat("status")
    assert (result.exit_code, result.output) == (0, "no plan yet; run `preheat apply FILE`\n")


def test_status_is_printed_again_and_again_until_it_is_interrupted(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        bench.clock.advance(timedelta(seconds=seconds))
        pauses.append(seconds)
        if len(pauses) == 2:
            monkeypatch.setattr(bench.store, "list_planned_models", fail)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    def fail() -> list[ModelId]:
        raise StoreUnavailable("the due index: no answer")

    surroundings = Surroundings(MemoryStack(bench.store), bench.clock, pause, lambda _line: None)
    result = CliRunner().invoke(app, ["status", "--watch", "--interval", "2"], obj=surroundings)
    assert (result.exit_code, pauses) == (0, [2, 2, 2])
    assert result.stdout.count(" paint\n") == 2
    assert result.stderr.splitlines() == [
        "2026-11-23 05:50:00Z, every 2 s until Ctrl-C",
        "2026-11-23 05:50:02Z, every 2 s until Ctrl-C",
        "2026-11-23 05:50:04Z, every 2 s until Ctrl-C",
        "preheat: the due index: no answer",
    ]


# --- history ----------------------------------------------------------------------------------------------------------


def test_history_shows_the_ledger_newest_last(bench: Workbench, shift: Callable[[], None], golden: Golden) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    shift()
    golden(GOLDEN / "history.txt", bench.preheat("history", "weld-seams").output)
    lines = [
        json.loads(line) for line in bench.preheat("history", "weld-seams", "--format", "json").stdout.splitlines()
    ]
    golden(GOLDEN / "history.json", json.dumps(lines, indent=2) + "\n")


def test_history_shows_at_most_its_limit_the_newest(bench: Workbench, shift: Callable[[], None]) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    shift()
    (line,) = bench.preheat("history", "weld-seams", "--limit", "1", "--format", "json").stdout.splitlines()
    assert json.loads(line)["to"] == "hosted"


def test_history_of_an_unknown_model_names_what_is_close(bench: Workbench) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    result = bench.preheat("history", "weld-seam")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "did you mean weld-seams?" in result.stderr
    assert bench.preheat("history", "paint").output == "paint: no entries yet\n"


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_a_store_out_of_reach_is_reported_in_one_line(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> list[ModelId]:
        raise StoreUnavailable("the due index: no answer")

    monkeypatch.setattr(bench.store, "list_planned_models", fail)
    result = bench.preheat("status")
    assert (result.exit_code, result.stderr) == (1, "preheat: the due index: no answer\n")


def test_a_bug_keeps_its_traceback(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> list[ModelId]:
        raise ZeroDivisionError

    monkeypatch.setattr(bench.store, "list_planned_models", fail)
    assert isinstance(bench.preheat("status").exception, ZeroDivisionError)


def test_history_is_of_a_model_or_of_the_plans_but_not_of_both(bench: Workbench) -> None:
    assert bench.preheat("history").stderr == "preheat: name a model or use --plans\n"
    assert (
        bench.preheat("history", "weld-seams", "--plans").stderr == "preheat: name a model or use --plans, not both\n"
    )


def test_without_a_stack_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PREHEAT_STACK", raising=False)
    result = CliRunner().invoke(app, ["status"])
    assert result.exit_code == 2
    remedy = 'name one with --stack, or run `preheat up` and `eval "$(preheat env)"` in the checkout'
    assert result.stderr == f"preheat: no stack found; {remedy}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("simulator", "--switch", "billing_start=never"),
        ("simulator", "--model", "weld-seams"),
        ("simulator", "--start-latency", "soon"),
        ("simulate", "--faults", "some"),
        ("simulate", "--switch", "latest"),
        ("simulate", "--days", "0"),
    ],
)
def test_a_wrong_option_ends_with_status_two_and_says_what_is_accepted(arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*arguments])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr


def test_simulate_ends_with_its_summary_and_replays_the_same() -> None:
    first, again = (
        CliRunner().invoke(app, ["simulate", "--seed", "3", "--models", "2", "--days", "3"]) for _ in range(2)
    )
    assert first.exit_code == 0
    assert first.stdout == again.stdout
    assert first.stdout.splitlines()[-1].startswith("simulate: seed 3, 2 models, 3 days: ")
    brief = CliRunner().invoke(app, ["simulate", "--seed", "3", "--models", "2", "--days", "3", "--no-timeline"])
    assert brief.stdout.splitlines() == first.stdout.splitlines()[-1:]


def _unreadable(monkeypatch: pytest.MonkeyPatch, bench: Workbench, method: str, message: str) -> None:
    """Let one read of weld-seams fail as an item of an unknown form does."""
    real = getattr(bench.store, method)

    def read(model_id: ModelId) -> Any:
        if model_id == WELD:
            raise UnreadableItem(message)
        return real(model_id)

    monkeypatch.setattr(bench.store, method, read)
