"""The judges can say no: each rule of the invariants module, broken alone, on records made by hand."""

# ruff: noqa: S106 - a ClientToken is no password

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from preheat.app.audit import invariants
from preheat.app.audit.invariants import (
    Broken,
    TokenUse,
    judge_call,
    judge_effect,
    judge_intent,
    judge_ledger,
    judge_look,
    judge_rate,
    judge_write,
)
from preheat.app.reconcile.reconcile import EARLY
from preheat.domain.plan.plan import ModelId, Target, Units
from preheat.domain.record import attempt as rules
from preheat.domain.record.attempt import REACTIONS, Answer, Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import (
    ATTEMPTS_MAX,
    REPAIRS_MAX,
    RESIZED_AFTER_MOST,
    Action,
    Effort,
    LedgerEntry,
    ModelRecord,
    Ownership,
    Phase,
)

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)
WELD, TARGET = ModelId("weld-seams"), Target("weld-seams-front", "3")
START = Attempt.intend(
    WELD, Call.START, generation=1, demand_start=SIX, target=TARGET, units=Units(), now=SIX - timedelta(minutes=32)
)
STOP = replace(START, call=Call.STOP, client_token="preheat-stop-1")
NEXT = replace(START, client_token="preheat-start-2", generation=2)
EFFORT = Effort(SIX, SIX + timedelta(hours=8), SIX, "early")
STARTING = ModelRecord(
    WELD, TARGET, version=2, sequence=1, phase=Phase.STARTING, since=SIX, attempt=START, ownership=Ownership.STARTED
)


def find_broken(judged: Iterable[Broken]) -> list[str]:
    return [broken.invariant for broken in judged]


def judge_a_write(after: ModelRecord, *, before: ModelRecord = STARTING, at: datetime = SIX, **known: Any) -> list[str]:
    return find_broken(judge_write(before, after, known.pop("entry", None), at=at, **known))


def entry(sequence: int, before: Phase, after: Phase, **facts: Any) -> LedgerEntry:
    return LedgerEntry(WELD, sequence, SIX, before, after, facts.pop("action", Action.OBSERVE), "", TARGET, **facts)


def test_the_promised_figures_are_those_of_the_rules() -> None:
    assert (invariants.LEASE, invariants.TOKEN_AGE_MAX) == (rules.LEASE, rules.TOKEN_AGE_MAX)
    assert invariants.EARLY == EARLY
    assert (invariants.ATTEMPTS_MAX, invariants.REPAIRS_MAX) == (ATTEMPTS_MAX, REPAIRS_MAX)
    assert invariants.RESIZED_AFTER_MOST == RESIZED_AFTER_MOST
    assert {answer for answer in Answer if not REACTIONS[answer].definite} == set(invariants.MAY_COME_YET) - {None}


# --- by_look ---


@pytest.mark.parametrize(
    ("wake_at", "broken"),
    [(SIX, []), (SIX + 2 * SECOND, []), (SIX + 3 * SECOND, ["S10"]), (None, ["S10"])],
)
def test_who_is_not_due_is_not_checked(wake_at: datetime | None, broken: list[str]) -> None:
    assert find_broken(judge_look(replace(STARTING, wake_at=wake_at), at=SIX)) == broken
    assert find_broken(judge_look(replace(STARTING, wake_at=SIX + 3 * SECOND), at=SIX, skew=SECOND)) == []
    assert find_broken(judge_look(None, at=SIX)) == []


# --- by_write ---


def test_a_refused_call_is_not_repeated_before_its_pause_is_over() -> None:
    refused = replace(STARTING, attempt=replace(START, answer=Answer.QUOTA, open_writers=0, retry_at=SIX))
    again = replace(refused, version=3, attempt=replace(START, tries=2, intent_at=SIX))
    assert judge_a_write(again, before=refused) == []
    assert judge_a_write(again, before=refused, at=SIX - SECOND) == ["S10"]
    assert judge_a_write(again, before=refused, at=SIX - SECOND, skew=SECOND) == []


def test_a_new_attempt_for_a_demand_waits_for_its_backoff() -> None:
    burnt = replace(STARTING, attempt=None, effort=replace(EFFORT, attempts=1, retry_at=SIX))
    anew = replace(burnt, version=3, attempt=NEXT, effort=replace(EFFORT, attempts=2))
    assert judge_a_write(anew, before=burnt) == []
    assert judge_a_write(anew, before=burnt, at=SIX - SECOND) == ["S10"]
    another = replace(EFFORT, demand_start=SIX + timedelta(hours=9))
    assert judge_a_write(replace(anew, effort=another), before=burnt, at=SIX - SECOND) == []


def test_a_write_that_keeps_everything_breaks_nothing() -> None:
    assert judge_a_write(replace(STARTING, version=3)) == []


@pytest.mark.parametrize(
    "after",
    [
        replace(STARTING, sequence=2),
        replace(STARTING, phase=Phase.HOSTED),
    ],
)
def test_a_state_changes_with_its_entry_and_an_entry_with_its_state(after: ModelRecord) -> None:
    assert judge_a_write(after) == ["S7"]


def test_an_entry_describes_the_very_change() -> None:
    after = replace(STARTING, sequence=2, phase=Phase.HOSTED)
    assert judge_a_write(after, entry=entry(2, Phase.STARTING, Phase.HOSTED)) == []
    assert judge_a_write(after, entry=entry(2, Phase.IDLE, Phase.HOSTED)) == ["S7"]


def test_neither_the_phase_nor_the_lease_moves_back() -> None:
    assert judge_a_write(replace(STARTING, since=SIX - SECOND)) == ["S8"]
    assert judge_a_write(replace(STARTING, attempt=replace(START, intent_at=START.intent_at - SECOND))) == ["S8"]


@pytest.mark.parametrize(("age", "broken"), [(119, ["S8"]), (120, [])])
def test_nobody_closes_an_intent_within_its_lease(age: int, broken: list[str]) -> None:
    assert judge_a_write(replace(STARTING, attempt=None), at=START.intent_at + age * SECOND) == broken


@pytest.mark.parametrize(
    ("answer", "writers", "broken"),
    [
        (Answer.WRONG_STATE, 0, []),
        (Answer.WRONG_STATE, 1, ["S8"]),
        (Answer.LOST, 0, ["S8"]),
        (None, 0, ["S8"]),
    ],
)
def test_within_the_lease_only_a_settled_call_is_closed(answer: Answer, writers: int, broken: list[str]) -> None:
    before = replace(STARTING, attempt=replace(START, answer=answer, open_writers=writers))
    assert judge_a_write(replace(before, attempt=STOP), before=before, at=START.intent_at + SECOND) == broken


def test_a_new_start_waits_for_the_end_of_the_lease_of_the_last() -> None:
    settled = replace(STARTING, attempt=replace(START, answer=Answer.WRONG_STATE, open_writers=0))
    assert judge_a_write(replace(settled, attempt=NEXT), before=settled, at=START.intent_at + 119 * SECOND) == ["S1"]
    assert judge_a_write(replace(settled, attempt=NEXT), before=settled, at=START.intent_at + 120 * SECOND) == []


def test_a_clock_that_is_off_within_the_tolerance_is_forgiven_and_no_more() -> None:
    closed = replace(STARTING, attempt=None)
    assert judge_a_write(closed, at=START.intent_at + 115 * SECOND, skew=5 * SECOND) == []
    assert judge_a_write(closed, at=START.intent_at + 114 * SECOND, skew=5 * SECOND) == ["S8"]


@pytest.mark.parametrize(("attempts", "repairs", "broken"), [(5, 2, []), (6, 0, ["S10"]), (3, 3, ["S10"])])
def test_attempts_and_repairs_are_bounded(attempts: int, repairs: int, broken: list[str]) -> None:
    assert judge_a_write(replace(STARTING, effort=replace(EFFORT, attempts=attempts, repairs=repairs))) == broken


# --- by_intent ---


def intends(
    attempt: Attempt | None,
    observed: Observed,
    *,
    before: ModelRecord = STARTING,
    needed: bool = True,
    returned: bool = False,
    effort: Effort = EFFORT,
    **known: Any,
) -> list[str]:
    after = replace(before, attempt=attempt, effort=effort)
    if attempt is not None and attempt.call is Call.START:
        known.setdefault("left", True)  # the start before it is known to be dead
    return find_broken(judge_intent(before, after, observed=observed, needed=needed, returned=returned, **known))


def test_a_start_of_what_is_stopped_and_a_stop_of_what_nobody_needs_break_nothing() -> None:
    assert intends(NEXT, Observed.STOPPED) == []
    assert intends(STOP, Observed.HOSTED, needed=False) == []


def test_a_new_start_whose_last_is_not_known_dead_breaks_s1() -> None:
    assert intends(NEXT, Observed.STOPPED, left=False) == ["S1"]
    assert intends(NEXT, Observed.FAILED, left=False) == []


def test_what_failed_is_cleared_for_a_start_that_is_due_and_not_before() -> None:
    idle = replace(STARTING, attempt=None, ownership=Ownership.NONE)
    assert intends(STOP, Observed.FAILED, before=idle, needed=False, covered=True) == []
    assert intends(STOP, Observed.FAILED, before=idle, needed=False) == ["S4"]
    assert intends(STOP, Observed.HOSTED, before=idle, needed=False, covered=True) == ["S4"]


def test_a_call_is_named_by_its_write() -> None:
    assert intends(None, Observed.STOPPED) == ["S2"]


@pytest.mark.parametrize("observed", [Observed.STARTING, Observed.HOSTED, Observed.STOPPING, Observed.GONE])
def test_only_what_is_stopped_or_failed_is_started(observed: Observed) -> None:
    assert intends(NEXT, observed) == ["S1"]


def test_what_starts_after_an_accepted_stop_is_somebody_elses() -> None:
    stopped = replace(STOP, answer=Answer.ACCEPTED, open_writers=0, left=True)
    before = replace(STARTING, attempt=stopped)
    again = replace(STOP, client_token="preheat-stop-2")
    assert intends(again, Observed.STARTING, before=before, needed=False) == ["S4"]
    unmoved = replace(before, attempt=replace(stopped, left=False))  # it was starting at the intent of the stop, too
    assert intends(again, Observed.STARTING, before=unmoved, needed=False) == []


@pytest.mark.parametrize("observed", [Observed.UNKNOWN, Observed.BUSY])
def test_unknown_is_not_off_and_not_on(observed: Observed) -> None:
    assert intends(NEXT, observed) == ["S9"]
    assert intends(STOP, observed, needed=False) == ["S9"]


def test_a_token_is_not_sent_again_once_the_model_has_left_and_returned() -> None:
    assert intends(START, Observed.STOPPED, returned=True) == ["S5"]
    assert intends(NEXT, Observed.STOPPED, returned=True) == []


@pytest.mark.parametrize(
    ("observed", "hangs", "broken"),
    [
        (Observed.HOSTED, False, ["S3"]),
        (Observed.HOSTED, True, ["S3"]),
        (Observed.STARTING, False, ["S3"]),
        (Observed.STARTING, True, []),
        (Observed.FAILED, False, []),
    ],
)
def test_what_is_needed_is_stopped_only_if_it_hangs_or_has_failed(
    observed: Observed, hangs: bool, broken: list[str]
) -> None:
    assert intends(STOP, observed, effort=replace(EFFORT, unstuck=hangs)) == broken


@pytest.mark.parametrize(
    ("asked", "attempts", "call", "broken"),
    [
        (2, 1, START, []),
        (2, 2, START, []),
        (2, 3, START, ["S3"]),
        (1, 1, START, ["S3"]),
        (0, 1, START, ["S3"]),
        (2, 1, STOP, ["S3"]),
        (2, 1, None, ["S3"]),
    ],
)
def test_what_is_needed_is_restarted_for_more_units_at_most_twice_and_only_where_it_is_our_start(
    asked: int, attempts: int, call: Attempt | None, broken: list[str]
) -> None:
    before = replace(STARTING, attempt=call, effort=replace(EFFORT, attempts=attempts))
    again = replace(STOP, client_token="preheat-stop-2")
    assert intends(again, Observed.HOSTED, before=before, asked=asked) == broken
    assert intends(again, Observed.STARTING, before=before, asked=asked) == ["S3"]


def test_what_is_neither_started_nor_adopted_is_not_stopped_but_by_policy() -> None:
    strange = replace(STARTING, attempt=None, ownership=Ownership.NONE)
    assert intends(STOP, Observed.HOSTED, before=strange, needed=False) == ["S4"]
    assert intends(STOP, Observed.HOSTED, before=strange, needed=False, may_stop_any=True) == []


@pytest.mark.parametrize(("attempts", "broken"), [(5, []), (6, ["S10"])])
def test_starts_are_bounded_also_if_the_record_does_not_count_them(attempts: int, broken: list[str]) -> None:
    assert intends(NEXT, Observed.STOPPED, attempts=attempts) == broken


@pytest.mark.parametrize(("repairs", "broken"), [(2, []), (3, ["S10"])])
def test_repairs_are_bounded_also_if_the_record_does_not_count_them(repairs: int, broken: list[str]) -> None:
    assert intends(NEXT, Observed.STOPPED, repairs=repairs) == broken


# --- by_call, by_effect, by_rate ---


def test_a_call_needs_the_last_write_of_its_own_pass_to_name_it() -> None:
    assert find_broken(judge_call(START, START.client_token, at=SIX)) == []
    assert find_broken(judge_call(START, None, at=SIX)) == ["S2"]
    assert find_broken(judge_call(START, NEXT.client_token, at=SIX)) == ["S2"]


@pytest.mark.parametrize("token", ["", "a_b", "a" * 65])
def test_a_token_is_of_the_alphabet_of_the_service(token: str) -> None:
    assert find_broken(judge_call(replace(START, client_token=token), token, at=SIX)) == ["S5"]


def test_an_old_token_is_not_sent_whatever_its_attempt_says() -> None:
    token, at = START.client_token, START.first_at + timedelta(hours=7, minutes=30)
    assert find_broken(judge_call(START, token, at=at)) == []
    assert find_broken(judge_call(START, token, at=at + SECOND)) == ["S5"]
    assert find_broken(judge_call(START, token, at=at + SECOND, skew=SECOND)) == []
    young, first = replace(START, first_at=at), TokenUse(START.first_at, START.digest())
    assert find_broken(judge_call(young, token, at=at + SECOND, first=first)) == ["S5"]


def test_a_token_goes_with_the_same_parameters() -> None:
    other = replace(START, units=Units(2))
    assert find_broken(judge_call(other, other.client_token, at=SIX, first=TokenUse(SIX, START.digest()))) == ["S5"]


def test_a_token_has_one_effect_and_a_strangers_model_is_not_stopped() -> None:
    assert find_broken(judge_effect(START, effects=1, by_person=True)) == []
    assert find_broken(judge_effect(START, effects=2, by_person=False)) == ["S1"]
    assert find_broken(judge_effect(STOP, effects=1, by_person=True)) == ["S4"]


@pytest.mark.parametrize(("calls", "broken"), [(90, []), (91, ["S10"])])
def test_calls_within_an_hour_are_bounded(calls: int, broken: list[str]) -> None:
    assert find_broken(judge_rate(calls)) == broken


# --- by_ledger ---

FIRST = entry(1, Phase.IDLE, Phase.STARTING, action=Action.START, client_token="t-1", parameter_digest="d")


@pytest.mark.parametrize(
    ("entries", "broken"),
    [
        ([FIRST, entry(2, Phase.STARTING, Phase.HOSTED)], []),
        ([entry(2, Phase.IDLE, Phase.STARTING)], ["S7"]),
        ([FIRST, entry(2, Phase.IDLE, Phase.HOSTED)], ["S7"]),
        ([replace(FIRST, client_token=None)], ["S2"]),
        ([replace(FIRST, client_token="a b")], ["S5"]),
        ([FIRST, replace(FIRST, sequence=2, from_phase=Phase.STARTING)], ["S5"]),
        ([FIRST, entry(2, Phase.STARTING, Phase.HOSTED, client_token="t-1", parameter_digest="e")], ["S5"]),
        (
            [FIRST]
            + [entry(n, Phase.STARTING, Phase.STARTING, late=True, margin=timedelta(), schedule="s") for n in (2, 3)],
            ["L3"],
        ),
    ],
)
def test_a_stored_ledger_is_whole(entries: list[LedgerEntry], broken: list[str]) -> None:
    assert find_broken(judge_ledger(entries)) == broken


def test_the_last_entries_of_a_ledger_join_each_other_and_reach_the_record() -> None:
    last = [entry(7, Phase.STARTING, Phase.HOSTED), entry(8, Phase.HOSTED, Phase.HOSTED)]
    assert find_broken(judge_ledger(last, sequence=8, whole=False)) == []
    assert find_broken(judge_ledger(last, sequence=9, whole=False)) == ["S7"]
    assert find_broken(judge_ledger([last[0], entry(9, Phase.HOSTED, Phase.HOSTED)], whole=False)) == ["S7"]
    assert find_broken(judge_ledger([last[0], entry(8, Phase.IDLE, Phase.HOSTED)], whole=False)) == ["S7"]
    assert find_broken(judge_ledger([], sequence=1, whole=False)) == ["S7"]


@pytest.mark.parametrize(("sequence", "broken"), [(1, []), (2, ["S7"])])
def test_the_record_counts_no_entry_that_is_not_there(sequence: int, broken: list[str]) -> None:
    assert find_broken(judge_ledger([FIRST], sequence=sequence)) == broken
