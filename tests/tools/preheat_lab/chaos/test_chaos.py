"""The short chaos run: each judge can say no, the script follows the seed, and a killed pass does no harm."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from preheat.adapters.sqs.work import make_work
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.attempt import LEASE
from preheat.domain.record.record import Action, LedgerEntry, ModelRecord, Phase
from preheat_lab.chaos import judges
from preheat_lab.chaos.controls import DisturbanceRules, SimulatorControls
from preheat_lab.chaos.facts import ChaosFacts, Killing, Letter, Outage, WaveShift
from preheat_lab.chaos.hands import Hands, read_dead_letters
from preheat_lab.chaos.plan import GATED, STRANGER, WAVE, Wave, draw_waves, model_ids, target_of
from preheat_lab.chaos.script import PASS_POINTS, ChaosFaultKind, seed_chance, write_script
from preheat_lab.commands.chaos import report
from preheat_local import LocalAws, run_local_aws
from preheat_local.store import open_local_store
from preheat_simulator.core.calls import LoggedCall
from preheat_simulator.core.status import Operation

LINE = ModelId("line-1")
LEAD, SLACK = timedelta(seconds=35), timedelta(seconds=15)
BEGIN = datetime(2026, 11, 24, 6, tzinfo=UTC)
END = BEGIN + timedelta(minutes=1)
READY_AT, START_AT = BEGIN, BEGIN - LEAD - SLACK
PROJECT = target_of(LINE).project
STRANGE = target_of(STRANGER).project
POISON = "no work message"
DEADLINE_SECONDS = 90


def entry(sequence: int, at: datetime, before: Phase, after: Phase, **facts: Any) -> LedgerEntry:
    action = facts.pop("action", Action.OBSERVE)
    return LedgerEntry(LINE, sequence, at, before, after, action, "because", target_of(LINE), **facts)


def call(at: datetime, operation: Operation, token: str | None = None, **facts: Any) -> LoggedCall:
    found = LoggedCall(
        at=at,
        operation=operation,
        project=PROJECT,
        version="1",
        token=token,
        by="api",
        invocation_id=None,
        attempt=None,
        answer="OK",
        http_status=200,
        changed_state=token is not None,
        replayed=False,
        fault=None,
    )
    return replace(found, **facts)


HOSTED_AT = START_AT + timedelta(seconds=12)
STARTED = call(START_AT + timedelta(seconds=1), Operation.START_MODEL, "start-1")
STOPPED = call(END + timedelta(seconds=1), Operation.STOP_MODEL, "stop-1")
ENTRIES = (
    entry(1, START_AT, Phase.IDLE, Phase.STARTING, action=Action.START, client_token="start-1"),  # noqa: S106 - no secret
    entry(2, HOSTED_AT, Phase.STARTING, Phase.HOSTED, late=False, margin=READY_AT - HOSTED_AT),
    entry(3, END, Phase.HOSTED, Phase.STOPPING, action=Action.STOP, client_token="stop-1"),  # noqa: S106 - as above
    entry(4, END + timedelta(seconds=60), Phase.STOPPING, Phase.IDLE),
)
HISTORY = (
    (START_AT - timedelta(hours=1), "TRAINED"),
    (STARTED.at, "STARTING_HOSTING"),
    (HOSTED_AT - timedelta(seconds=1), "HOSTED"),
    (STOPPED.at, "STOPPING_HOSTING"),
    (STOPPED.at + timedelta(seconds=5), "TRAINED"),
)
GOOD = ChaosFacts(
    shifts=(WaveShift(LINE, PROJECT, BEGIN, END, READY_AT, START_AT, READY_AT - LEAD),),
    ledgers={LINE: ENTRIES, STRANGER: ()},
    records={
        LINE: ModelRecord(LINE, target_of(LINE), sequence=4),
        STRANGER: ModelRecord(STRANGER, target_of(STRANGER)),
    },
    calls=(STARTED, call(HOSTED_AT, Operation.DESCRIBE_MODEL), STOPPED),
    history={PROJECT: HISTORY, STRANGE: ((START_AT, "HOSTED"),)},
    strangers=frozenset({STRANGE}),
    letters=(Letter("work", POISON),),
    poison=frozenset({POISON}),
    gates={GATED: "Disabled"},
)


def with_entries(*entries: LedgerEntry, counted: int | None = None) -> ChaosFacts:
    record = replace(GOOD.records[LINE], sequence=len(entries) if counted is None else counted)
    return replace(GOOD, ledgers=GOOD.ledgers | {LINE: entries}, records=GOOD.records | {LINE: record})


def with_calls(*calls: LoggedCall) -> ChaosFacts:
    return replace(GOOD, calls=tuple(sorted(calls, key=lambda each: each.at)))


def change_entry(index: int, **facts: Any) -> tuple[LedgerEntry, ...]:
    return tuple(replace(each, **facts) if at == index else each for at, each in enumerate(ENTRIES))


EARLY_STOP = replace(STOPPED, at=END - timedelta(seconds=20))
FORGED: dict[str, tuple[Callable[[ChaosFacts], Any], ChaosFacts, str]] = {
    "an entry is missing": (judges.ledger_is_whole, with_entries(*ENTRIES[:1], *ENTRIES[2:]), "gap"),
    "an entry is not chained": (
        judges.ledger_is_whole,
        with_entries(*change_entry(2, from_phase=Phase.FAILED)),
        "begins at failed",
    ),
    "the ledger begins in the middle": (
        judges.ledger_is_whole,
        with_entries(*change_entry(0, from_phase=Phase.STARTING)),
        "begins at starting",
    ),
    "an entry goes back in time": (judges.ledger_is_whole, with_entries(*change_entry(3, at=BEGIN)), "older"),
    "the record counts more": (judges.ledger_is_whole, with_entries(*ENTRIES, counted=5), "counts 5"),
    "a token took effect twice": (
        judges.a_token_is_effective_once,
        with_calls(STARTED, replace(STARTED, at=BEGIN), STOPPED),
        "2 times",
    ),
    "a token that no ledger knows": (
        judges.an_intent_comes_first,
        with_calls(STARTED, replace(STOPPED, token="stop-9")),  # noqa: S106 - no secret
        "does not know",
    ),
    "the call came before its intent": (
        judges.an_intent_comes_first,
        with_calls(replace(STARTED, at=START_AT - timedelta(seconds=1)), STOPPED),
        "its intent is of",
    ),
    "stopped in the shift": (judges.nothing_is_stopped_while_needed, with_calls(STARTED, EARLY_STOP), "needed until"),
    "a stranger was stopped": (
        judges.a_stranger_is_left_alone,
        with_calls(STARTED, replace(STOPPED, project=STRANGE)),
        "did not start it",
    ),
    "a token of another alphabet": (
        judges.tokens_are_well_used,
        with_calls(replace(STARTED, token="start 1")),  # noqa: S106 - as above
        "alphabet",
    ),
    "an old token": (
        judges.tokens_are_well_used,
        with_calls(STARTED, replace(STARTED, at=STARTED.at + timedelta(hours=7, minutes=31))),
        "after its first use",
    ),
    "other parameters under a token": (
        judges.tokens_are_well_used,
        with_calls(replace(STARTED, answer="ValidationException")),
        "refused as wrong",
    ),
    "91 calls in an hour": (
        judges.calls_are_bounded,
        with_calls(*(call(BEGIN + number * timedelta(seconds=30), Operation.DESCRIBE_MODEL) for number in range(91))),
        "91 calls",
    ),
    "a shift that nobody judged": (judges.every_shift_is_judged, with_entries(*change_entry(1, late=None)), "neither"),
    "a shift judged twice": (
        judges.every_shift_is_judged,
        with_entries(*change_entry(2, late=True, at=BEGIN)),
        "2 times",
    ),
    "on time, but not hosted": (
        judges.every_shift_is_judged,
        replace(GOOD, history=GOOD.history | {PROJECT: HISTORY[:2]}),
        "was not HOSTED",
    ),
    "still running": (
        judges.nothing_of_ours_runs,
        replace(GOOD, history=GOOD.history | {PROJECT: HISTORY[:3]}),
        "still HOSTED",
    ),
    "a gate is still open": (judges.no_gate_stays_open, replace(GOOD, gates={GATED: "Enabled"}), "is Enabled"),
    "the scaling is gone": (
        judges.no_scaling_is_lost,
        replace(GOOD, given_scaling=frozenset({LINE})),
        "no record keeps that",
    ),
    "a hold without a reply": (
        judges.every_hold_is_answered_and_served,
        replace(GOOD, replies={"hold-1": None}),
        "hold-1: it has no reply",
    ),
    "a hold that nobody served": (
        judges.every_hold_is_answered_and_served,
        replace(GOOD, replies={"hold-1": True, "hold-2": False}),
        "hold-1 asked for it",
    ),
    "an endpoint stopped in the shift": (
        judges.nothing_is_stopped_while_needed,
        with_calls(STARTED, replace(EARLY_STOP, operation=Operation.DELETE_ENDPOINT, token=None)),
        "needed until",
    ),
    "a dead letter of no fault": (
        judges.dead_letters_are_explained,
        replace(GOOD, letters=(Letter("work", make_work(LINE)),)),
        "no fault explains",
    ),
    "a dead tick of no fault": (
        judges.dead_letters_are_explained,
        replace(
            GOOD, letters=(Letter("tick", "{}"),), killings=(Killing(BEGIN, "preheat-Reconcile", "Query", "after", 9),)
        ),
        "no fault explains",
    ),
}


@pytest.mark.parametrize("judge", judges.JUDGES, ids=lambda judge: judge.__name__)
def test_a_run_that_kept_its_promises_is_not_accused(judge: Callable[[ChaosFacts], Any]) -> None:
    assert list(judge(GOOD)) == []


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_fact_is_seen_by_its_judge(forged: str, capsys: pytest.CaptureFixture[str]) -> None:
    judge, facts, said = FORGED[forged]
    (violation, *_) = judge(facts)
    assert said in violation
    assert violation in judges.find_violations(facts)
    assert report(facts, kinds=Counter(), seed=1) == 1
    assert f"violation: {violation}" in capsys.readouterr().out


def test_every_judge_has_a_forged_fact_that_it_must_see() -> None:
    assert {judge for judge, _, _ in FORGED.values()} == set(judges.JUDGES)


def test_a_shift_may_be_untold_only_if_nobody_could_look_until_its_end() -> None:
    untold = with_entries(*change_entry(1, late=None))
    whole = Outage(BEGIN - timedelta(seconds=30), BEGIN + timedelta(seconds=5), "ticks lost")
    assert not list(judges.every_shift_is_judged(replace(untold, outages=(whole,))))
    too_short = replace(whole, begin=whole.begin - timedelta(minutes=2), end=BEGIN - timedelta(minutes=1))
    assert list(judges.every_shift_is_judged(replace(untold, outages=(too_short,))))


def test_a_killed_pass_excuses_its_own_model_until_its_message_has_come_again() -> None:
    untold = with_entries(*change_entry(1, late=None))
    killed = Killing(BEGIN - timedelta(seconds=5), "preheat-Reconcile", "PutItem", "after", 1, (make_work(LINE),))
    again = replace(killed, at=BEGIN + timedelta(seconds=28))
    assert not list(judges.every_shift_is_judged(replace(untold, killings=(killed, again))))
    assert list(judges.every_shift_is_judged(replace(untold, killings=(killed,))))
    another = replace(again, messages=(make_work(STRANGER),))
    assert list(judges.every_shift_is_judged(replace(untold, killings=(killed, another))))
    much_later = replace(again, at=BEGIN + timedelta(seconds=31))
    assert list(judges.every_shift_is_judged(replace(untold, killings=(killed, much_later))))


def test_a_killed_tick_excuses_until_the_next_one_has_been() -> None:
    untold = with_entries(*change_entry(1, late=None))
    killed = Killing(BEGIN - timedelta(seconds=10), "preheat-Tick", "Query", "after", 1)
    assert not list(judges.every_shift_is_judged(replace(untold, killings=(killed,))))
    earlier = replace(killed, at=BEGIN - timedelta(seconds=20))
    assert list(judges.every_shift_is_judged(replace(untold, killings=(earlier,))))


def test_a_killed_process_explains_its_own_dead_letter_alone() -> None:
    five = Killing(BEGIN, "preheat-Reconcile", "PutItem", "after", 5)
    letters = (Letter("work", make_work(LINE)),)
    assert not list(judges.dead_letters_are_explained(replace(GOOD, letters=letters, killings=(five,))))
    four = replace(five, processes=4)
    assert list(judges.dead_letters_are_explained(replace(GOOD, letters=letters, killings=(four,))))
    tick = Killing(BEGIN, "preheat-Tick", "Query", "after", 1)
    assert not list(judges.dead_letters_are_explained(replace(GOOD, letters=(Letter("tick", "{}"),), killings=(tick,))))


def test_a_seed_is_a_script_and_holds_every_kind_of_fault() -> None:
    length, models = 3 * WAVE, model_ids(8)
    one, again, other = (write_script(seed_chance(seed), models, length) for seed in (7, 7, 8))
    assert one == again != other
    assert {fault.kind for fault in one} == set(ChaosFaultKind)
    assert {fault.detail for fault in one if fault.kind is ChaosFaultKind.WORKER_KILLED} == set(PASS_POINTS)
    assert all(timedelta() < fault.after < length for fault in one)


def test_each_shift_of_a_wave_is_over_before_the_next_wave_is_planned() -> None:
    for seed in range(20):
        coming = draw_waves(seed_chance(seed), BEGIN, models=model_ids(8), count=3)
        for wave in coming:
            shifts = wave.shifts
            assert len(shifts) == 12
            assert all(wave.at < shift.start_at and shift.end <= wave.at + WAVE for shift in shifts)


@pytest.fixture
def own_aws(tmp_path: Path) -> Any:
    with run_local_aws(tmp_path, say=lambda _line: None) as aws:
        yield aws


def test_what_a_killed_pass_left_open_is_made_good_with_the_same_token(own_aws: LocalAws, tmp_path: Path) -> None:
    hands = Hands(own_aws, tmp_path, seed_chance(1), [LINE], say=print)
    hands.prepare()
    rules, simulator, store = (
        DisturbanceRules(tmp_path),
        SimulatorControls(own_aws.simulator_url),
        open_local_store(own_aws),
    )
    now = datetime.now(UTC)
    begin = (now + LEAD).replace(microsecond=0)
    plan = Wave(now, {LINE: (begin, begin + timedelta(minutes=5))})

    def starts() -> list[Any]:
        found: list[Any] = simulator.get("calls?operation=StartModel")["calls"]
        return found

    def look() -> None:
        store.wake(LINE, datetime.now(UTC))
        hands.look_at([LINE])

    rules.kill(own_aws.reconcile_function, "TransactWriteItems", "after")
    store.apply(plan.models, expected_version=0, at=now)
    hands.look_at([LINE])
    eventually(rules.list_happened)
    (intent,) = store.read_ledger(LINE)
    assert (intent.action, intent.to_phase) == (Action.START, Phase.STARTING)
    assert starts() == []

    rules.share(throttle=1.0)
    look()
    eventually(lambda: [each for each in rules.list_happened() if each["kind"] == "throttled"])
    rules.share()
    look()
    eventually(starts)
    assert {each["token"] for each in starts()} == {intent.client_token}
    assert sum(each["changed_state"] for each in starts()) == 1
    record = store.load(LINE)
    assert record is not None
    assert record.attempt is not None
    assert record.attempt.lease_ends_at() - intent.at > LEASE
    rules.clear()
    assert next(each["kind"] for each in rules.list_happened()) == "killed"
    assert read_dead_letters(own_aws) == []


def eventually[T](look: Callable[[], T]) -> T:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, "not within the deadline"
        time.sleep(0.1)
    return found
