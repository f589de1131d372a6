"""A scripted hour in compressed time on the local AWS, with faults; ends with every judge's word. Run by `make chaos`.

    .venv/bin/python -m preheat_lab.chaos --seed 1

Owns the course: waves of shifts, faults as the script has them, then quiet, then the reading and the judging. Status 0
only if every promise held. A seed replays the script; the timing is the machine's, so no two runs are the same bit for
bit.
"""

import argparse
import fcntl
import heapq
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from types import FrameType

from preheat_lab.chaos import hands as hands_of
from preheat_lab.chaos.facts import Facts, Shift
from preheat_lab.chaos.hands import Hands
from preheat_lab.chaos.judges import judged, letter_explained, most_calls, unseen_because, verdicts
from preheat_lab.chaos.plan import STRANGER, WAVE, announced, model_ids, waves
from preheat_lab.chaos.reading import at_rest, facts
from preheat_lab.chaos.script import Fault, chance, script
from preheat_local import LocalAws, down, find_checkout, running
from preheat_local.emulator.disturbance import LOG, RULES
from preheat_local.store import local_store

QUIET_LEAST, QUIET_MOST = timedelta(seconds=25), timedelta(minutes=4)
POLL_SECONDS = 0.25
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script on a local AWS of its own; return the exit status."""
    parser = argparse.ArgumentParser(prog="chaos", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="which script; the same seed is the same script")
    parser.add_argument("--models", type=int, default=8, help="models with shifts")
    parser.add_argument("--waves", type=int, default=3, help="shifts of each model")
    given = parser.parse_args(arguments)
    state = find_checkout().state / "chaos"
    state.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, _interrupt)  # what was started is stopped, whatever ends the run
    with state.with_name("chaos.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("chaos: a run is going on in this checkout already: wait for it", file=sys.stderr)
            return 1
        try:
            return _alone(state, given.seed, models=given.models, waves_wanted=given.waves)
        except KeyboardInterrupt:
            print("chaos: interrupted; nothing is left running", file=sys.stderr)
            return INTERRUPTED


def _alone(state: Path, seed: int, *, models: int, waves_wanted: int) -> int:
    """Run the script on a local AWS whose state is in a folder that no other run uses."""
    print(f"chaos: seed {seed}, {models} models, {waves_wanted} waves of {WAVE.seconds} s")
    down(checkout=find_checkout(state=state), say=_unsaid)  # what a run that was killed has left
    for left in (RULES, LOG):
        (state / left).unlink(missing_ok=True)
    with running(state) as aws:
        random = chance(seed)
        hands = Hands(aws, state, random, model_ids(models), say=print)
        found = play(aws, hands, random, waves_wanted=waves_wanted)
        kinds = _kinds(hands)
    return report(found, kinds, seed)


def play(aws: LocalAws, hands: Hands, random: Random, *, waves_wanted: int) -> Facts:
    """Play waves and faults, wait for quiet, and read back."""
    hands.prepare()
    begun = datetime.now(UTC) + timedelta(seconds=2)
    coming = waves(random, begun, models=len(hands.models), count=waves_wanted)
    length = waves_wanted * WAVE
    course = _Course(begun)
    shifts: list[Shift] = []
    for wave in coming:

        def apply(windows: int = coming.index(wave)) -> None:
            now = datetime.now(UTC)
            known = announced(coming[windows], now)
            store = local_store(aws)
            version = store.apply(known.models, expected_version=store.plan_version(), at=now)
            shifts.extend(known.shifts)
            hands.look_at([*hands.models, STRANGER])
            course.say(f"plan {version}: wave {windows + 1} of {waves_wanted}, {len(known.shifts)} shifts")

        course.at(wave.at, apply)
    for fault in script(random, hands.models, length):

        def strike(fault: Fault = fault) -> None:
            course.say(f"fault: {fault}")
            end = hands.begin(fault)
            if end is not None:
                course.at(datetime.now(UTC) + fault.lasts, end)
                course.at(datetime.now(UTC) + fault.lasts, lambda: course.say(f"over:  {fault}"))

        course.at(begun + fault.after, strike)
    course.run_until(begun + length)
    hands.end_all()
    course.say("all faults are off")
    over_by, quiet_from = datetime.now(UTC) + QUIET_MOST, datetime.now(UTC) + QUIET_LEAST
    while datetime.now(UTC) < over_by and not (datetime.now(UTC) > quiet_from and at_rest(aws, hands)):
        time.sleep(2)
    course.say("quiet" if at_rest(aws, hands) else f"not at rest within {QUIET_MOST}")
    return facts(aws, hands, shifts, hands_of.dead_letters(aws))


class _Course:
    """What comes when, in order of time; an act may bring about others."""

    def __init__(self, begun: datetime) -> None:
        self._begun, self._order = begun, count()
        self._coming: list[tuple[datetime, int, Callable[[], object]]] = []

    def at(self, instant: datetime, act: Callable[[], object]) -> None:
        heapq.heappush(self._coming, (instant, next(self._order), act))

    def run_until(self, end: datetime) -> None:
        """Do everything that falls due by `end`, and what was begun by then to its end."""
        while self._coming or datetime.now(UTC) < end:
            if self._coming and self._coming[0][0] <= datetime.now(UTC):
                heapq.heappop(self._coming)[2]()
            else:
                time.sleep(POLL_SECONDS)

    def say(self, line: str) -> None:
        passed = (datetime.now(UTC) - self._begun).total_seconds()
        print(f"{datetime.now(UTC):%H:%M:%S}Z {passed:5.0f} s  {line}", flush=True)


def _kinds(hands: Hands) -> Counter[str]:
    """Count the faults that really hit something, by kind."""
    kinds = Counter(hands.done)
    for each in hands.rules.happened():
        point = f" {each['when']} {each['call']}" if each["kind"] == "killed" else ""
        what = each["function"] if point else "table"
        kinds[f"{what} {each['kind']}{point}"] += 1
    for call in hands.simulator.get("calls")["calls"]:
        if call["fault"] is not None:
            kinds[f"service {call['fault']}"] += 1
    kinds.update(f"outage, {outage.fault}" for outage in hands.outages)
    return kinds


def report(found: Facts, kinds: Counter[str], seed: int) -> int:
    """Print what hit, what became of the shifts, each violation and the verdict; return the exit status."""
    print("\nfaults that hit")
    for kind, hits in sorted(kinds.items()):
        print(f"  {hits:4d}  {kind}")
    for letter in found.letters:
        because = letter_explained(found, letter.queue, letter.body) or "no fault explains it"
        print(f"dead letter, {letter.queue}: {letter.body[:100]} ({because})")
    told: Counter[str] = Counter()
    for shift in found.shifts:
        entries = verdicts(found, shift)
        late = entries[0].late if entries else None
        told["unseen" if late is None else "late" if late else "on time"] += 1
        if late is None:
            because = unseen_because(found, shift) or "nothing explains it"
            print(f"unseen: {shift.model_id} {shift.begin:%H:%M:%S}Z ({because})")
    violations = judged(found)
    for violation in violations:
        print(f"violation: {violation}")
    entries_told = sum(len(entries) for entries in found.ledgers.values())
    effective = sum(call.changed_state for call in found.calls if call.by == "api")
    print(
        f"chaos: seed {seed}: {len(found.shifts)} shifts ({', '.join(f'{n} {how}' for how, n in told.items())}),"
        f" {sum(kinds.values())} faults that hit, {len(found.calls)} calls ({effective} effective,"
        f" at most {max(most_calls(found).values(), default=0)} a model),"
        f" {entries_told} ledger entries, {len(found.letters)} dead letters, {len(violations)} violations"
    )
    return 1 if violations else 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _unsaid(_line: str) -> None:
    """Say nothing of it."""


if __name__ == "__main__":
    sys.exit(main())
