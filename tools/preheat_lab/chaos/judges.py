"""The judges of a chaos run: pure functions of the facts. Each yields a sentence for each broken promise.

The names in front are those of the invariants (S: always, L: in time). The simulation and the explorer judge the parts
that nobody sees from outside a process, such as who won which write. Does not depend on AWS.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from preheat.adapters.sqs.work import make_work
from preheat.domain.record.attempt import TOKEN_AGE_MAX
from preheat.domain.record.record import Action, LedgerEntry, Phase
from preheat_lab.chaos.facts import ChaosFacts, Killing, WaveShift
from preheat_lab.chaos.plan import HELD
from preheat_simulator.core.calls import LoggedCall
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.status import Operation, Status

TOKEN = re.compile(r"[A-Za-z0-9-]{1,64}")
CALLS_AN_HOUR_MAX = 90
HOUR = timedelta(hours=1)
# From the `now` of a pass to its look or its call: what slow reads may take in between.
PASS_TAKES = timedelta(seconds=10)
# After an outage, or a killed tick, the next tick finds the due models; then a pass.
PICKED_UP_WITHIN = timedelta(seconds=75)
# The message of a killed pass comes again after its visibility (`hands`), and waits for a new process.
COMES_AGAIN_WITHIN = timedelta(seconds=35)
RECEIVES_MAX = 5  # the template's maxReceiveCount
AT_REST = frozenset({Status.TRAINED, Status.HOSTING_FAILED})
STARTS = frozenset({Operation.START_MODEL, Operation.CREATE_ENDPOINT})
STOPS = frozenset({Operation.STOP_MODEL, Operation.DELETE_ENDPOINT})
CLOSED = ("Disabled", "Disabling")


def ledger_is_whole(facts: ChaosFacts) -> Iterator[str]:
    """S7: entries 1 to n without a gap, each beginning where the one before it ended; the record counts them."""
    for model_id, entries in facts.ledgers.items():
        if [entry.sequence for entry in entries] != list(range(1, len(entries) + 1)):
            yield f"S7 {model_id}: the ledger has a gap: {[entry.sequence for entry in entries]}"
        if entries and entries[0].from_phase is not Phase.IDLE:
            yield f"S7 {model_id}: the ledger begins at {entries[0].from_phase}"
        for before, after in pairwise(entries):
            if before.to_phase is not after.from_phase:
                yield f"S7 {model_id}: entry {after.sequence} begins at {after.from_phase}, not at {before.to_phase}"
            if after.at < before.at:
                yield f"S7 {model_id}: entry {after.sequence} is older than the one before it"
        if facts.records[model_id].sequence != len(entries):
            yield f"S7 {model_id}: the record counts {facts.records[model_id].sequence} entries of {len(entries)}"


def a_token_is_effective_once(facts: ChaosFacts) -> Iterator[str]:
    """S1: of the calls with one token at most one changed the state."""
    effects = Counter((call.project, call.token) for call in _with_tokens(facts) if call.changed_state)
    for (project, token), count in effects.items():
        if count > 1:
            yield f"S1 {project}: the token {token} took effect {count} times"


def an_intent_comes_first(facts: ChaosFacts) -> Iterator[str]:
    """S2: each start and stop had a token that the ledger of its model knew before."""
    intents: dict[str, dict[str, datetime]] = defaultdict(dict)
    for model_id, entries in facts.ledgers.items():
        for entry in entries:
            if entry.client_token is not None:
                intents[facts.project_of(model_id)].setdefault(entry.client_token, entry.at)
    for call in _with_tokens(facts):
        told_at = intents[call.project or ""].get(call.token or "")
        if told_at is None:
            yield f"S2 {call.project}: {call.operation} under {call.token}, which the ledger does not know"
        elif told_at > call.at:
            yield f"S2 {call.project}: {call.operation} at {call.at}, its intent is of {told_at}"


def nothing_is_stopped_while_needed(facts: ChaosFacts) -> Iterator[str]:
    """S3: no stop took effect on a hosted model between a shift's ready_at - lead and its end."""
    for call in _ours(facts):
        if call.operation not in STOPS or not call.changed_state or call.project is None:
            continue
        before = facts.status(call.project, call.at - timedelta(microseconds=1))
        for shift in facts.shifts:
            if (
                shift.project == call.project
                and shift.needed_from <= call.at < shift.end
                and before == Status.HOSTED.value
            ):
                yield f"S3 {shift.model_id}: stopped at {call.at}, needed until {shift.end}"


def a_stranger_is_left_alone(facts: ChaosFacts) -> Iterator[str]:
    """S4: what a person started and no shift asks for was neither started nor stopped."""
    for call in _ours(facts):
        if call.project in facts.strangers:
            yield f"S4 {call.project}: {call.operation} at {call.at}, although Preheat did not start it"


def tokens_are_well_used(facts: ChaosFacts) -> Iterator[str]:
    """S5: of the service's alphabet, not sent when old, never with other parameters."""
    first: dict[tuple[str | None, str | None], datetime] = {}
    for call in _with_tokens(facts):
        key = (call.project, call.token)
        if not TOKEN.fullmatch(call.token or ""):
            yield f"S5 {call.project}: the token {call.token!r} is not of the service's alphabet"
        if call.at - first.setdefault(key, call.at) > TOKEN_AGE_MAX:
            yield f"S5 {call.project}: the token {call.token} was sent {call.at - first[key]} after its first use"
        if call.answer == "ValidationException" and call.fault != FaultKind.VALIDATION:
            yield f"S5 {call.project}: {call.operation} at {call.at} was refused as wrong: other parameters, or a bug"


def calls_are_bounded(facts: ChaosFacts) -> Iterator[str]:
    """S10: at most 90 calls of any kind an hour for each model, retries of the SDK included."""
    for project, most in count_most_calls(facts).items():
        if most > CALLS_AN_HOUR_MAX:
            yield f"S10 {project}: {most} calls within an hour"


def count_most_calls(facts: ChaosFacts) -> dict[str, int]:
    """Return the most calls of any kind that each project has had within an hour."""
    by_project: dict[str, list[datetime]] = defaultdict(list)
    for call in facts.calls:
        if call.by == "api" and call.project is not None:
            by_project[call.project].append(call.at)
    return {
        project: max(sum(at - HOUR < other <= at for other in instants) for at in instants)
        for project, instants in by_project.items()
    }


def every_shift_is_judged(facts: ChaosFacts) -> Iterator[str]:
    """L1, L3: the ledger says whether each shift was late or on time, unless faults explain its silence."""
    for shift in facts.shifts:
        found_verdicts = find_verdicts(facts, shift)
        if len(found_verdicts) > 1:
            yield f"L3 {shift.model_id}: the shift of {shift.begin} is judged {len(found_verdicts)} times"
        if not found_verdicts and explain_unseen(facts, shift) is None:
            yield f"L3 {shift.model_id}: the shift of {shift.begin} has no verdict, neither on time nor late"
        for entry in found_verdicts:
            if entry.late is False and not _was_hosted(facts, shift.project, entry.at):
                yield f"L1 {shift.model_id}: on time says the ledger at {entry.at}, the service was not HOSTED"


def nothing_of_ours_runs(facts: ChaosFacts) -> Iterator[str]:
    """L2: after the last shift and a quiet time, no model that Preheat started runs."""
    for model_id, record in facts.records.items():
        project = record.target.project
        if project in facts.strangers:
            continue
        status = facts.status(project)
        if status not in AT_REST:
            yield f"L2 {model_id}: still {status} without demand"


def no_gate_stays_open(facts: ChaosFacts) -> Iterator[str]:
    """S11, L2: after the last shift and a quiet time, every gate is closed."""
    for model_id, state in facts.gates.items():
        if state not in CLOSED:
            yield f"S11 {model_id}: its gate is {state}, and nothing serves behind it"


def no_scaling_is_lost(facts: ChaosFacts) -> Iterator[str]:
    """L7: what an endpoint scaled by before a stop, its record keeps, or it scales again."""
    for model_id in facts.given_scaling:
        if not facts.scaled and facts.records[model_id].scaling is None:
            yield f"L7 {model_id}: it does not scale any more, and no record keeps that"


def every_hold_is_answered_and_served(facts: ChaosFacts) -> Iterator[str]:
    """S6: each hold has a reply, and an accepted one started its model."""
    for request_id, is_accepted in facts.replies.items():
        if is_accepted is None:
            yield f"S6 {request_id}: it has no reply"
    accepted = [request_id for request_id, is_accepted in facts.replies.items() if is_accepted]
    if accepted and not any(entry.action is Action.START for entry in facts.ledgers.get(HELD, ())):
        yield f"L1 {HELD}: it never started, and {', '.join(accepted)} asked for it"


def dead_letters_are_explained(facts: ChaosFacts) -> Iterator[str]:
    """A dead letter is deliberate poison, or the rest of a killed process."""
    for letter in facts.letters:
        if explain_letter(facts, letter.queue, letter.body) is None:
            yield f"dead letter in the {letter.queue} queue that no fault explains: {letter.body[:200]}"


def explain_letter(facts: ChaosFacts, queue: str, body: str) -> str | None:
    """Return the fault that explains a dead letter, or None."""
    deaths: Counter[str] = Counter()
    for killing in facts.killings:
        deaths["tick" if _of_the_tick(killing) else "work"] += killing.processes
    if body in facts.poison:
        return "poison, sent on purpose"
    if queue == "tick" and deaths["tick"]:
        return "a tick that was killed"
    if queue == "work" and deaths["work"] >= RECEIVES_MAX:
        return f"a message whose pass was killed {RECEIVES_MAX} times"
    return None


def find_verdicts(facts: ChaosFacts, shift: WaveShift) -> list[LedgerEntry]:
    """Return the entries that judge a shift."""
    return [
        entry
        for entry in facts.ledgers[shift.model_id]
        if entry.late is not None and shift.start_at <= entry.at < shift.end + PASS_TAKES
    ]


def explain_unseen(facts: ChaosFacts, shift: WaveShift) -> str | None:
    """Return the faults under which nobody could look between a shift's ready_at and its end, or None."""
    at, because = shift.ready_at, []
    for begin, end, fault in sorted(_blind(facts, shift)):
        if begin <= at < end:
            at = end
            because.append(fault)
    return " and ".join(because) if because and at >= shift.end else None


def _blind(facts: ChaosFacts, shift: WaveShift) -> Iterator[tuple[datetime, datetime, str]]:
    """Yield each time in which a fault kept Preheat from checking the shift's model, and the fault."""
    for outage in facts.outages:
        yield outage.begin, outage.end + PICKED_UP_WITHIN, outage.fault
    for killing in facts.killings:
        if _of_the_tick(killing):
            yield killing.at, killing.at + PICKED_UP_WITHIN, f"tick killed at {killing.at:%H:%M:%S}Z"
        elif make_work(shift.model_id) in killing.messages:
            yield killing.at, killing.at + COMES_AGAIN_WITHIN, f"its pass killed at {killing.at:%H:%M:%S}Z"


def _of_the_tick(killing: Killing) -> bool:
    return "tick" in killing.function.lower()


def _was_hosted(facts: ChaosFacts, project: str, at: datetime) -> bool:
    """Return whether a model was hosted at some instant of the pass that began at `at`."""
    return facts.status(project, at) == Status.HOSTED.value or any(
        status == Status.HOSTED.value and at <= since <= at + PASS_TAKES for since, status in facts.history[project]
    )


def _ours(facts: ChaosFacts) -> Iterator[LoggedCall]:
    """Yield the starts and stops that Preheat sent."""
    for call in facts.calls:
        if call.by == "api" and call.operation in STARTS | STOPS:
            yield call


def _with_tokens(facts: ChaosFacts) -> Iterator[LoggedCall]:
    """Yield those to a service that knows tokens: an endpoint has none."""
    for call in _ours(facts):
        if call.operation in (Operation.START_MODEL, Operation.STOP_MODEL):
            yield call


JUDGES: tuple[Callable[[ChaosFacts], Iterator[str]], ...] = (
    ledger_is_whole,
    a_token_is_effective_once,
    an_intent_comes_first,
    nothing_is_stopped_while_needed,
    a_stranger_is_left_alone,
    tokens_are_well_used,
    calls_are_bounded,
    every_shift_is_judged,
    nothing_of_ours_runs,
    no_gate_stays_open,
    no_scaling_is_lost,
    every_hold_is_answered_and_served,
    dead_letters_are_explained,
)


def find_violations(facts: ChaosFacts) -> list[str]:
    """Return every broken promise."""
    return [violation for judge in JUDGES for violation in judge(facts)]
