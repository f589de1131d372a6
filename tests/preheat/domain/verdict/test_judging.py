"""The table of causes: for each the facts that have it, and none that has two; then what no verdict may ever say."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from tests.support.commands import load_command_line
from tests.support.day import TARGETS, WELD, a_model, at

from preheat.domain.demand.demand import look_ahead
from preheat.domain.demand.request import HeldWindow, Kind, RequestId, Standing, Subject
from preheat.domain.plan.hosted_model import Drain, HostedModel
from preheat.domain.plan.plan import Backend, Mode, ModelId, Units
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.gate import Draining
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Effort, ModelRecord, Ownership, Phase, Unread
from preheat.domain.verdict.causes import CAUSES, URGENCY, VerdictCause, VerdictState
from preheat.domain.verdict.facts import Rival, VerdictFacts
from preheat.domain.verdict.judging import is_refused, judge
from preheat.domain.verdict.plant_time import PlantTime
from preheat.domain.verdict.saying import write_headline

MODEL = a_model("08:00-10:00", "10:20-16:00", target=TARGETS[Backend.SAGEMAKER])
TARGET = MODEL.target
MINUTE = timedelta(minutes=1)


def a_record(**fields: Any) -> ModelRecord:
    """Return a record as the last pass left it: stopped, and checked at 07:30."""
    known = {"observed": Observed.STOPPED, "since": at("07:30"), "looked_at": at("07:30"), "status": "no endpoint"}
    return ModelRecord(WELD, TARGET, **{**known, **fields})


def an_attempt(call: Call = Call.START, answer: Answer | None = None, begun: str = "07:28", words: str = "") -> Attempt:
    made = Attempt.intend(
        WELD, call, generation=1, demand_start=at("08:00"), target=TARGET, units=Units(), now=at(begun)
    )
    return made if answer is None else made.note_answer(answer, WELD, at(begun), words=words)


def an_effort(**fields: Any) -> Effort:
    return Effort(at("08:00"), at("16:00"), at("08:00"), "early", lead=timedelta(minutes=30), **fields)


def a_block(begin: str = "07:00", end: str = "18:00") -> Standing:
    return Standing(
        RequestId("b-1"), Kind.BLOCK, Subject(model_id=WELD), "role-1", at(begin), at(end), at("06:00"), reason="repair"
    )


def a_hold(begin: str, end: str) -> Standing:
    return replace(a_block(begin, end), kind=Kind.HOLD, request_id=RequestId("h-1"), known_at=at(begin))


def the_facts(
    now: str,
    record: ModelRecord | None = None,
    model: HostedModel | None = MODEL,
    *requests: Standing,
    **more: Any,
) -> VerdictFacts:
    moment = at(now)
    seen = {"outlook": look_ahead(model, moment, requests)} if model is not None else {}
    return VerdictFacts(WELD, moment, model, record, requests=requests, **{**seen, **more})


def make_hosted(now: str, **fields: Any) -> VerdictFacts:
    known = {"observed": Observed.HOSTED, "phase": Phase.HOSTED, "ownership": Ownership.STARTED, "effort": an_effort()}
    return the_facts(now, a_record(**{**known, "attempt": an_attempt(answer=Answer.ACCEPTED), **fields}))


def starting(now: str, begun: str = "07:28", **fields: Any) -> VerdictFacts:
    attempt = an_attempt(answer=Answer.ACCEPTED, begun=begun)
    known = {"observed": Observed.STARTING, "phase": Phase.STARTING, "ownership": Ownership.STARTED}
    return the_facts(now, a_record(**{**known, "effort": an_effort(attempts=1), "attempt": attempt, **fields}))


def make_answered(now: str, answer: Answer | None, words: str = "", **fields: Any) -> VerdictFacts:
    attempt = an_attempt(answer=answer, words=words)
    known = {"phase": Phase.STARTING, "ownership": Ownership.STARTED, "effort": an_effort(attempts=1)}
    return the_facts(now, a_record(**{**known, "attempt": attempt, **fields}))


def make_cleared(now: str, **fields: Any) -> VerdictFacts:
    """A stop comes before the next start, after one start for this demand."""
    effort = an_effort(attempts=1, **fields)
    return the_facts(now, a_record(effort=effort, attempt=an_attempt(Call.STOP, Answer.ACCEPTED, now)))


def running(now: str = "18:00", **fields: Any) -> VerdictFacts:
    """It runs after the day's demand."""
    return the_facts(now, a_record(**{"observed": Observed.HOSTED, "ownership": Ownership.STARTED, **fields}))


TABLE: dict[VerdictCause, list[tuple[VerdictState, VerdictFacts]]] = {
    VerdictCause.HOSTED: [(VerdictState.READY, make_hosted("09:00"))],
    VerdictCause.EARLY: [(VerdictState.READY, make_hosted("07:50"))],
    VerdictCause.BRIDGED: [(VerdictState.READY, make_hosted("10:10"))],
    VerdictCause.NOT_OURS: [(VerdictState.READY, make_hosted("09:00", ownership=Ownership.NONE, attempt=None))],
    VerdictCause.DRAINING: [
        (VerdictState.READY, running(phase=Phase.DRAINING, draining=Draining(at("16:00")))),
        # No pass has come since the end of the demand: no pass has read the queue or decided a stop.
        (
            VerdictState.READY,
            the_facts(
                "16:00",
                a_record(observed=Observed.HOSTED, phase=Phase.HOSTED, ownership=Ownership.STARTED),
                replace(MODEL, drain=Drain("https://sqs.eu-central-1.amazonaws.com/123456789012/images", 30 * MINUTE)),
            ),
        ),
    ],
    VerdictCause.ENDING: [
        (VerdictState.READY, running(phase=Phase.HOSTED)),
        (
            VerdictState.READY,
            running("16:01", phase=Phase.STOPPING, attempt=an_attempt(Call.STOP, Answer.ACCEPTED, "16:00")),
        ),
    ],
    VerdictCause.START_DUE: [
        (VerdictState.ON_TIME, the_facts("07:28", a_record())),
        (VerdictState.LATE, the_facts("08:00", a_record())),
        (VerdictState.AT_RISK, the_facts("07:40", a_record())),
        (VerdictState.ON_TIME, make_answered("07:28", None)),
    ],
    VerdictCause.START_SENT: [
        (VerdictState.ON_TIME, make_answered("07:29", Answer.ACCEPTED)),
        (VerdictState.AT_RISK, make_answered("07:59", Answer.ACCEPTED)),
        (VerdictState.LATE, make_answered("08:00", Answer.ACCEPTED)),
    ],
    VerdictCause.STARTING: [
        (VerdictState.ON_TIME, starting("07:40")),
        (VerdictState.AT_RISK, starting("07:45", begun="07:40")),
        (VerdictState.LATE, starting("08:05", begun="07:40")),
    ],
    VerdictCause.INFERENCE: [
        (VerdictState.ON_TIME, make_hosted("07:50", phase=Phase.WARMING)),
        (VerdictState.LATE, make_hosted("08:00", phase=Phase.WARMING, status="ModelError: 500")),
    ],
    VerdictCause.CLEARING: [
        (VerdictState.ON_TIME, the_facts("07:28", a_record(attempt=an_attempt(Call.STOP, Answer.ACCEPTED, "07:20")))),
        (VerdictState.AT_RISK, the_facts("07:35", a_record(observed=Observed.STOPPING))),
        (VerdictState.LATE, the_facts("08:05", a_record(observed=Observed.STOPPING))),
        # Preheat stopped a hung start once, and an earlier run for more units: no start has failed.
        (VerdictState.LATE, make_cleared("08:05", unstuck=True)),
        (VerdictState.LATE, make_cleared("08:05", hosted_at=at("07:50"))),
    ],
    VerdictCause.THROTTLED: [
        (VerdictState.ON_TIME, make_answered("07:29", Answer.THROTTLED)),
        (VerdictState.AT_RISK, make_answered("07:50", Answer.THROTTLED)),
        (VerdictState.LATE, make_answered("08:00", Answer.THROTTLED)),
    ],
    VerdictCause.WRONG_STATE: [
        (VerdictState.ON_TIME, make_answered("07:29", Answer.WRONG_STATE)),
        (VerdictState.AT_RISK, make_answered("07:40", Answer.WRONG_STATE)),
        (VerdictState.LATE, make_answered("08:00", Answer.WRONG_STATE)),
    ],
    VerdictCause.NO_ANSWER: [
        (VerdictState.ON_TIME, make_answered("07:29", Answer.LOST)),
        (VerdictState.AT_RISK, make_answered("07:59", Answer.LOST)),
        (VerdictState.LATE, make_answered("08:00", Answer.LOST)),
    ],
    VerdictCause.TOO_SHORT: [
        (VerdictState.AT_RISK, the_facts("17:00", a_record(), MODEL, a_hold("17:00", "17:25"))),
        # Preheat starts it, but the hold ends first.
        (
            VerdictState.AT_RISK,
            the_facts(
                "17:10",
                a_record(
                    observed=Observed.STARTING,
                    attempt=an_attempt(answer=Answer.ACCEPTED, begun="17:00"),
                    effort=Effort(at("17:00"), at("17:25"), at("17:32"), "request", lead=timedelta(minutes=30)),
                ),
                MODEL,
                a_hold("17:00", "17:25"),
            ),
        ),
    ],
    VerdictCause.SLOW: [(VerdictState.AT_RISK, starting("07:59")), (VerdictState.LATE, starting("08:10"))],
    VerdictCause.HANGING: [
        (VerdictState.AT_RISK, starting("07:40", attempt=None, since=at("05:00"))),
        (VerdictState.LATE, starting("08:40")),
    ],
    VerdictCause.QUOTA: [
        (VerdictState.AT_RISK, make_answered("07:28", Answer.QUOTA, "LimitExceeded: 2 of 2")),
        (VerdictState.LATE, make_answered("08:00", Answer.QUOTA)),
    ],
    VerdictCause.CAPACITY: [
        (
            VerdictState.AT_RISK,
            the_facts(
                "07:50",
                a_record(observed=Observed.FAILED, effort=an_effort(short_since=at("07:40"), retry_at=at("07:53"))),
            ),
        ),
        (
            VerdictState.LATE,
            the_facts("08:10", a_record(effort=an_effort(short_since=at("07:40"), retry_at=at("08:11")))),
        ),
    ],
    VerdictCause.START_DENIED: [
        (VerdictState.AT_RISK, make_answered("07:28", Answer.DENIED)),
        (VerdictState.LATE, make_answered("08:00", Answer.DENIED)),
    ],
    VerdictCause.START_INVALID: [
        (VerdictState.REFUSED, make_answered("07:28", Answer.INVALID, phase=Phase.REFUSED)),
        (VerdictState.LATE, make_answered("08:00", Answer.INVALID, phase=Phase.REFUSED)),
        (VerdictState.REFUSED, make_answered("18:00", Answer.INVALID, phase=Phase.REFUSED, effort=None)),
    ],
    VerdictCause.START_FAILED: [
        (VerdictState.ON_TIME, the_facts("07:29", a_record(observed=Observed.FAILED, effort=an_effort(attempts=1)))),
        (VerdictState.AT_RISK, make_answered("07:31", Answer.ACCEPTED, observed=Observed.FAILED)),
        (VerdictState.LATE, make_answered("08:00", Answer.ACCEPTED, observed=Observed.FAILED)),
        (VerdictState.AT_RISK, make_cleared("07:40")),
        (VerdictState.AT_RISK, the_facts("07:40", a_record(observed=Observed.FAILED, effort=an_effort(attempts=1)))),
        (VerdictState.LATE, the_facts("08:00", a_record(observed=Observed.FAILED, effort=an_effort(attempts=2)))),
    ],
    VerdictCause.GIVEN_UP: [
        (VerdictState.AT_RISK, the_facts("07:59", a_record(observed=Observed.FAILED, effort=an_effort(attempts=5)))),
        (VerdictState.LATE, the_facts("09:00", a_record(observed=Observed.FAILED, effort=an_effort(attempts=5)))),
        (
            VerdictState.LATE,
            make_answered("09:00", Answer.ACCEPTED, observed=Observed.FAILED, effort=an_effort(attempts=5)),
        ),
    ],
    VerdictCause.OBSERVE: [
        (VerdictState.AT_RISK, the_facts("07:28", a_record(mode=Mode.OBSERVE))),
        (VerdictState.LATE, the_facts("08:00", a_record(), mode=Mode.OBSERVE)),
    ],
    VerdictCause.ABSENT: [
        (VerdictState.REFUSED, the_facts("05:00", a_record(observed=Observed.GONE, phase=Phase.GONE))),
        (VerdictState.REFUSED, make_answered("07:30", Answer.GONE, phase=Phase.GONE)),
        (VerdictState.LATE, the_facts("08:00", a_record(observed=Observed.GONE, phase=Phase.GONE))),
    ],
    VerdictCause.UNFIT: [
        (VerdictState.REFUSED, the_facts("05:00", a_record(observed=Observed.UNFIT, status="TRAINING"))),
        (VerdictState.LATE, the_facts("08:00", a_record(observed=Observed.UNFIT))),
    ],
    VerdictCause.FAILED_FOREIGN: [
        (VerdictState.REFUSED, the_facts("07:30", a_record(observed=Observed.FAILED, phase=Phase.REFUSED))),
        (VerdictState.LATE, the_facts("08:00", a_record(observed=Observed.FAILED, phase=Phase.REFUSED))),
    ],
    VerdictCause.RESTING: [(VerdictState.OFF, the_facts("05:00", a_record()))],
    VerdictCause.UNPLANNED: [(VerdictState.OFF, the_facts("05:00", a_record(), None))],
    VerdictCause.STOPPING: [(VerdictState.OFF, running(observed=Observed.STOPPING, phase=Phase.STOPPING))],
    VerdictCause.FAILED_BEFORE: [
        (VerdictState.OFF, the_facts("18:00", a_record(observed=Observed.FAILED, phase=Phase.FAILED)))
    ],
    VerdictCause.BLOCK: [(VerdictState.BLOCKED, the_facts("09:00", a_record(), MODEL, a_block()))],
    VerdictCause.FOREIGN_RUN: [
        (VerdictState.UNSCHEDULED, running(ownership=Ownership.NONE, phase=Phase.UNSCHEDULED)),
        (VerdictState.UNSCHEDULED, the_facts("09:00", a_record(observed=Observed.HOSTED), MODEL, a_block())),
    ],
    VerdictCause.STOP_DUE: [
        (VerdictState.UNSCHEDULED, running(observed=Observed.STARTING)),
        # The last look came before the start that the service has accepted.
        (
            VerdictState.UNSCHEDULED,
            running(observed=Observed.STOPPED, attempt=an_attempt(answer=Answer.ACCEPTED, begun="07:30")),
        ),
    ],
    VerdictCause.STOP_OVERDUE: [
        (VerdictState.UNSCHEDULED, running(attempt=an_attempt(Call.STOP, Answer.ACCEPTED, "16:00"))),
        (
            VerdictState.UNSCHEDULED,
            running(
                observed=Observed.STOPPING,
                phase=Phase.STOPPING,
                attempt=an_attempt(Call.STOP, Answer.ACCEPTED, "16:00"),
            ),
        ),
    ],
    VerdictCause.STOP_WITHHELD: [(VerdictState.UNSCHEDULED, running(mode=Mode.OBSERVE))],
    VerdictCause.STOP_REFUSED: [
        (VerdictState.REFUSED, running(attempt=an_attempt(Call.STOP, Answer.DENIED, "16:00", "AccessDenied")))
    ],
    VerdictCause.UNSEEN: [
        (VerdictState.UNKNOWN, the_facts("05:00")),
        (VerdictState.UNKNOWN, the_facts("08:30", ModelRecord(WELD, TARGET, wake_at=at("08:29")))),
    ],
    VerdictCause.READ_DENIED: [
        (VerdictState.UNKNOWN, make_hosted("09:00", unread=Unread(at("08:50"), "AccessDenied", Answer.DENIED)))
    ],
    VerdictCause.READ_FAILED: [
        (
            VerdictState.UNKNOWN,
            the_facts("05:00", a_record(unread=Unread(at("04:50"), "no answer", Answer.LOST), unreadable=3)),
        ),
        (VerdictState.UNKNOWN, the_facts("05:00", a_record(unread=Unread(at("04:50"), "Validation", Answer.INVALID)))),
    ],
    VerdictCause.STRANGE_STATUS: [
        (VerdictState.UNKNOWN, make_hosted("09:00", unread=Unread(at("08:50"), "HIBERNATED")))
    ],
    VerdictCause.BUSY: [(VerdictState.UNKNOWN, make_hosted("09:00", observed=Observed.BUSY, status="SYSTEM_UPDATING"))],
    VerdictCause.PAUSED: [(VerdictState.UNKNOWN, make_hosted("09:00", mode=Mode.PAUSED))],
    VerdictCause.OVERDUE: [(VerdictState.UNKNOWN, make_hosted("09:00", wake_at=at("08:50")))],
    VerdictCause.UNSTORED: [(VerdictState.UNKNOWN, the_facts("09:00", None, problem="phase: 'asleep' is not known"))],
}
ROWS = [(cause, state, facts) for cause, rows in TABLE.items() for state, facts in rows]
IDS = [f"{number}-{cause}-{state}" for number, (cause, state, _) in enumerate(ROWS)]


@pytest.mark.parametrize(("cause", "state", "facts"), ROWS, ids=IDS)
def test_each_cause_has_its_facts_and_its_state(cause: VerdictCause, state: VerdictState, facts: VerdictFacts) -> None:
    verdict = judge(facts)
    assert (verdict.cause, verdict.state) == (cause, state)
    assert verdict.at == facts.now


def test_the_table_knows_every_cause_and_every_state() -> None:
    assert set(TABLE) == set(CAUSES) == set(VerdictCause)
    assert {state for _, state, _ in ROWS} == set(VerdictState) == set(URGENCY)


def test_the_table_has_each_cause_in_each_state_that_it_can_explain() -> None:
    possible = {(cause, state) for cause, rule in CAUSES.items() for state in rule.states}
    assert possible - {(cause, state) for cause, state, _ in ROWS} == set()


def test_no_two_causes_are_said_in_the_same_words() -> None:
    assert len({rule.words for rule in CAUSES.values()}) == len(CAUSES)


def test_the_services_own_words_are_the_end_of_the_cause() -> None:
    verdict = judge(make_answered("07:28", Answer.QUOTA, "LimitExceededException: 2 models are hosted, the limit is 2"))
    assert verdict.why.endswith("LimitExceededException: 2 models are hosted, the limit is 2")
    assert judge(running(attempt=an_attempt(Call.STOP, Answer.DENIED, "16:00", "AccessDenied"))).words == "AccessDenied"


def test_what_is_refused_for_now_promises_no_moment_but_the_earliest() -> None:
    time = PlantTime(at("07:40"), "UTC")
    said = write_headline(judge(make_answered("07:40", Answer.QUOTA)), time)
    assert said.startswith("AT RISK for 08:00 (in 20 min), ")
    assert said.endswith(" at the earliest")
    assert ", expected " in write_headline(judge(starting("07:40")), time)


def test_what_serves_and_is_to_be_stopped_is_not_said_to_be_ready_for_the_next_shift() -> None:
    ending = the_facts("06:00", a_record(observed=Observed.HOSTED, phase=Phase.HOSTED, ownership=Ownership.STARTED))
    assert write_headline(judge(ending), PlantTime(at("06:00"), "UTC")) == "READY until it stops"
    starting_up = a_record(observed=Observed.STARTING, phase=Phase.STARTING, ownership=Ownership.STARTED)
    coming_up = the_facts("06:00", starting_up)
    assert write_headline(judge(coming_up), PlantTime(at("06:00"), "UTC")) == "UNSCHEDULED until it stops"


def test_a_start_that_failed_says_which_attempt_it_was_and_a_later_one_too() -> None:
    assert "attempt 1 of 5" in judge(make_cleared("07:40")).why
    assert "attempt 2 of 5" in judge(starting("07:40", effort=an_effort(attempts=2))).why
    assert "attempt" not in judge(starting("07:40")).why


def test_a_late_model_is_late_since_its_ready_time_and_says_when_it_is_expected() -> None:
    verdict = judge(starting("08:05", begun="07:40"))
    assert (verdict.since, verdict.ready_at, verdict.expected_at) == (at("08:00"), at("08:00"), at("08:10"))
    assert judge(starting("08:15", begun="07:40")).expected_at is None  # longer than its lead: nobody can name a moment


def test_an_accepted_start_is_expected_from_when_it_began_and_not_from_its_repeat() -> None:
    assert judge(make_answered("07:29", Answer.ACCEPTED)).expected_at == at("07:58")


def test_a_model_that_was_ready_and_is_not_any_more_is_late_since_then() -> None:
    verdict = judge(starting("09:10", begun="09:02", since=at("09:01"), effort=an_effort(hosted_at=at("07:50"))))
    assert (verdict.state, verdict.since) == (VerdictState.LATE, at("09:01"))


def test_nobody_expects_a_model_after_the_end_of_its_demand() -> None:
    zone = PlantTime(at("17:00"), "UTC")
    facts = the_facts("17:00", a_record(), MODEL, a_hold("17:00", "17:25"))
    verdict = judge(facts)
    assert write_headline(verdict, zone) == "AT RISK until 17:25 (in 25 min), expected 17:30"
    assert verdict.remedies[0].command == f"preheat extend {WELD} h-1 --for 1h"
    late = judge(make_answered("15:50", Answer.ACCEPTED, observed=Observed.FAILED))
    assert (late.state, late.expected_at) == (VerdictState.LATE, None)


def test_a_quota_names_who_could_make_room_and_how() -> None:
    rivals = (Rival(ModelId("scratch"), hold="h-7", until=at("15:24")), Rival(ModelId("line-7"), target=TARGET))
    commands = [
        remedy.command for remedy in judge(replace(make_answered("07:40", Answer.QUOTA), rivals=rivals)).remedies
    ]
    assert commands == [
        "preheat release scratch h-7",
        f"aws sagemaker delete-endpoint --endpoint-name {TARGET.project}",
        None,
    ]


@pytest.mark.parametrize(("cause", "state", "facts"), ROWS, ids=IDS)
def test_trouble_has_a_remedy_and_each_command_of_preheat_exists(
    cause: VerdictCause, state: VerdictState, facts: VerdictFacts
) -> None:
    verdict = judge(facts)
    assert verdict.remedies or not CAUSES[cause].trouble or cause in (VerdictCause.UNSEEN, VerdictCause.BUSY), (
        cause,
        state,
    )
    known = load_command_line().commands
    for remedy in verdict.remedies:
        words = (remedy.command or "").split()
        if words[:1] == ["preheat"]:
            known[words[1]].make_context(words[1], words[2:], resilient_parsing=False)


# --- bounds, and facts that two rules could claim ---------------------------------------------------------------------


def test_a_stop_is_overdue_only_after_half_an_hour() -> None:
    stop = an_attempt(Call.STOP, Answer.ACCEPTED, "16:00")
    assert judge(running("16:30", phase=Phase.STOPPING, attempt=stop)).cause is VerdictCause.ENDING
    assert judge(running("16:31", phase=Phase.STOPPING, attempt=stop)).cause is VerdictCause.STOP_OVERDUE


def test_a_model_that_was_lost_before_its_ready_time_is_late_only_since_then() -> None:
    verdict = judge(starting("08:05", begun="07:56", since=at("07:55"), effort=an_effort(hosted_at=at("07:50"))))
    assert (verdict.state, verdict.since) == (VerdictState.LATE, at("08:00"))


def test_a_start_with_a_short_lead_hangs_only_after_an_hour() -> None:
    short = replace(an_effort(attempts=1), lead=10 * MINUTE)
    assert judge(starting("07:58", effort=short)).cause is VerdictCause.SLOW
    assert judge(starting("08:28", effort=short)).cause is VerdictCause.SLOW
    assert judge(starting("08:29", effort=short)).cause is VerdictCause.HANGING


def test_a_start_behind_a_stop_without_an_answer_is_expected_a_lead_after_the_lease_of_the_stop() -> None:
    verdict = judge(the_facts("07:29", a_record(effort=an_effort(), attempt=an_attempt(Call.STOP, begun="07:28"))))
    assert (verdict.cause, verdict.expected_at) == (VerdictCause.CLEARING, at("08:00"))


def test_a_set_of_windows_is_not_extended_by_hand() -> None:
    hold = a_hold("17:00", "17:25")
    windows = replace(hold, windows=(HeldWindow(hold.begin, hold.until, hold.known_at),))
    verdict = judge(the_facts("17:00", a_record(), MODEL, windows))
    assert verdict.cause is VerdictCause.TOO_SHORT
    assert [one.command for one in verdict.remedies] == [f"preheat hold {WELD} --ready-for 1h"]


def test_of_two_blocks_the_one_that_ends_last_is_named() -> None:
    longer = replace(a_block("08:30", "19:00"), request_id=RequestId("b-2"))
    verdict = judge(the_facts("09:00", a_record(), MODEL, a_block(), longer))
    assert (verdict.cause, verdict.since) == (VerdictCause.BLOCK, at("08:30"))
    assert verdict.remedies[0].command == f"preheat unblock {WELD} b-2"


def test_what_runs_at_a_target_that_the_plan_has_left_is_to_be_stopped_also_in_a_shift() -> None:
    moved = replace(MODEL, target=replace(TARGET, version="another-config"))
    left = a_record(observed=Observed.HOSTED, phase=Phase.HOSTED, ownership=Ownership.STARTED)
    assert judge(the_facts("09:00", left, moved)).cause is VerdictCause.ENDING


# --- what no verdict may say, whatever a record holds -----------------------------------------------------------------

MOMENTS = ("05:00", "07:28", "07:50", "08:00", "09:00", "10:10", "15:59", "16:00", "18:00")
ATTEMPTS = [None, *(an_attempt(call, answer) for call in (Call.START, Call.STOP) for answer in (None, *Answer))]
UNREAD = [None, Unread(at("04:50"), "denied", Answer.DENIED), Unread(at("04:50"), "HIBERNATED")]


def everything() -> list[VerdictFacts]:
    """Return every combination of what a record can hold that a verdict reads, at each kind of moment."""
    found = []
    for observed, phase, attempt, unread in product(Observed, Phase, ATTEMPTS, UNREAD):
        for effort in (None, an_effort(attempts=1), an_effort(attempts=5, hosted_at=at("07:50"))):
            ownership = Ownership.STARTED if attempt is not None else Ownership.NONE
            record = a_record(
                observed=observed, phase=phase, attempt=attempt, unread=unread, effort=effort, ownership=ownership
            )
            found.append(record)
    outlooks = {moment: look_ahead(MODEL, at(moment)) for moment in MOMENTS}
    return [
        VerdictFacts(WELD, at(moment), MODEL, record, outlooks[moment])
        for record in found
        for moment in MOMENTS[len(record.phase) % 2 :: 2]
    ]


def test_what_a_stop_did_not_find_is_not_said_to_be_ready() -> None:
    stop = an_attempt(Call.STOP, Answer.GONE, begun="16:00", words="Could not find endpoint")
    record = a_record(observed=Observed.HOSTED, phase=Phase.STOPPING, attempt=stop, ownership=Ownership.STARTED)
    verdict = judge(the_facts("16:01", record))
    assert (verdict.state, verdict.cause) == (VerdictState.REFUSED, VerdictCause.ABSENT)
    assert "Could not find endpoint" in verdict.words


def test_what_no_verdict_may_say() -> None:
    for facts in everything():
        verdict, record = judge(facts), facts.record
        assert record is not None
        state, rule = verdict.state, CAUSES[verdict.cause]
        assert state in rule.states, (facts, verdict)
        serves = record.observed is Observed.HOSTED and record.unread is None
        assert state is not VerdictState.READY or serves, "READY while nothing serves"
        assert state is not VerdictState.OFF or record.unread is None, "OFF while its state cannot be read"
        assert state is not VerdictState.OFF or record.observed not in (Observed.HOSTED, Observed.STARTING), (
            "OFF while it runs"
        )
        assert state is not VerdictState.ON_TIME or not is_refused(facts), "ON TIME while the start is refused"
        assert state is not VerdictState.ON_TIME or _in_time(verdict.expected_at, verdict.ready_at)
        assert state is not VerdictState.LATE or (verdict.since is not None and verdict.since <= facts.now)
        assert (state is VerdictState.UNKNOWN) or record.unread is None


def _in_time(expected: datetime | None, ready_at: datetime | None) -> bool:
    return expected is not None and ready_at is not None and expected <= ready_at
