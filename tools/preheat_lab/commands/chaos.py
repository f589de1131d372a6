"""Run an hour of shifts with faults on the local AWS, and judge it.
    python -m preheat_lab chaos --seed 1

Compresses time. Plays waves of shifts with scripted faults, waits until all is quiet, reads everything back and
judges it. Status 0 only if every promise held. A seed repeats the script, but the timing is the machine's: no two runs
are identical.
"""

import argparse
import fcntl
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import FrameType

from preheat_lab.chaos.course import play
from preheat_lab.chaos.facts import ChaosFacts
from preheat_lab.chaos.hands import Hands
from preheat_lab.chaos.judges import count_most_calls, explain_letter, explain_unseen, find_verdicts, find_violations
from preheat_lab.chaos.neighbours import PARAMETERS
from preheat_lab.chaos.plan import WAVE, model_ids
from preheat_lab.chaos.reading import SERVICES
from preheat_lab.chaos.script import seed_chance
from preheat_local import down, find_checkout, run_local_aws
from preheat_local.emulator.disturbance import LOG, RULES

QUIET_LEAST, QUIET_MOST = timedelta(seconds=25), timedelta(minutes=4)
POLL_SECONDS = 0.25
INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Run the script on a local AWS of its own; return the exit status."""
    parser = argparse.ArgumentParser(prog="chaos", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="which script; the same seed is the same script")
    parser.add_argument("--models", type=int, default=8, help="models with shifts, in addition to four with neighbours")
    parser.add_argument("--waves", type=int, default=3, help="shifts of each model")
    given = parser.parse_args(arguments)
    state = find_checkout().state / "chaos"
    state.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, _interrupt)  # stop everything that this started, however the run ends
    with state.with_name("chaos.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("chaos: a run is going on in this checkout already: wait for it", file=sys.stderr)
            return 1
        try:
            return _run_alone(state, given.seed, models=given.models, waves_wanted=given.waves)
        except KeyboardInterrupt:
            print("chaos: interrupted; nothing is left running", file=sys.stderr)
            return INTERRUPTED


def _run_alone(state: Path, seed: int, *, models: int, waves_wanted: int) -> int:
    """Run the script on a local AWS whose state is in a folder that no other run uses."""
    print(f"chaos: seed {seed}, {models} models, {waves_wanted} waves of {WAVE.seconds} s")
    down(checkout=find_checkout(state=state), say=_say_nothing)  # the rest of a killed run
    for left in (RULES, LOG):
        (state / left).unlink(missing_ok=True)
    with run_local_aws(state, parameters=PARAMETERS) as aws:
        random = seed_chance(seed)
        hands = Hands(aws, state, random, model_ids(models), say=print)
        found = play(aws, hands, random, waves_wanted=waves_wanted)
        kinds = _count_faults(hands)
    return report(found, kinds, seed)


def _count_faults(hands: Hands) -> Counter[str]:
    """Count the faults that really hit something, by kind."""
    kinds = Counter(hands.done)
    for each in hands.rules.list_happened():
        point = f" {each['when']} {each['call']}" if each["kind"] == "killed" else ""
        what = each["function"] if point else "table"
        kinds[f"{what} {each['kind']}{point}"] += 1
    for service in SERVICES:
        for call in hands.simulator.get(f"calls?service={service}")["calls"]:
            if call["fault"] is not None:
                kinds[f"service {call['fault']}"] += 1
    kinds.update(f"outage, {outage.fault}" for outage in hands.outages)
    return kinds


def report(found: ChaosFacts, kinds: Counter[str], seed: int) -> int:
    """Print what hit, what became of the shifts, each violation and the verdict; return the exit status."""
    print("\nfaults that hit")
    for kind, hits in sorted(kinds.items()):
        print(f"  {hits:4d}  {kind}")
    for letter in found.letters:
        because = explain_letter(found, letter.queue, letter.body) or "no fault explains it"
        print(f"dead letter, {letter.queue}: {letter.body[:100]} ({because})")
    verdicts: Counter[str] = Counter()
    for shift in found.shifts:
        entries = find_verdicts(found, shift)
        late = entries[0].late if entries else None
        verdicts["unseen" if late is None else "late" if late else "on time"] += 1
        if late is None:
            because = explain_unseen(found, shift) or "nothing explains it"
            print(f"unseen: {shift.model_id} {shift.begin:%H:%M:%S}Z ({because})")
    violations = find_violations(found)
    for violation in violations:
        print(f"violation: {violation}")
    for model_id, ledger in found.ledgers.items():
        if any(f" {model_id}:" in violation for violation in violations):
            print(f"{model_id}, as the service has it: {found.history.get(found.project_of(model_id), ())}")
            for entry in ledger:
                print(f"{model_id} {entry.at:%H:%M:%S}Z {entry.action}: {entry.reason}")
    entries_told = sum(len(entries) for entries in found.ledgers.values())
    effective = sum(call.changed_state for call in found.calls if call.by == "api")
    print(
        f"chaos: seed {seed}: {len(found.shifts)} shifts ({', '.join(f'{n} {how}' for how, n in verdicts.items())}),"
        f" {sum(kinds.values())} faults that hit, {len(found.calls)} calls ({effective} effective,"
        f" at most {max(count_most_calls(found).values(), default=0)} a model),"
        f" {entries_told} ledger entries, {len(found.letters)} dead letters, {len(violations)} violations"
    )
    return 1 if violations else 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say_nothing(_line: str) -> None:
    """Say nothing of it."""
