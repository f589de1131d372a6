"""The course of a chaos run: waves of shifts, faults as the script has them, then quiet, then the reading."""

import heapq
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

from preheat_lab.chaos import hands as hands_of
from preheat_lab.chaos.facts import ChaosFacts, WaveShift
from preheat_lab.chaos.hands import Hands
from preheat_lab.chaos.plan import HELD, STRANGER, WAVE, Behind, announce, draw_waves
from preheat_lab.chaos.reading import is_at_rest, read_facts
from preheat_lab.chaos.script import ScriptedFault, write_script
from preheat_local import LocalAws
from preheat_local.store import open_local_store

QUIET_LEAST, QUIET_MOST = timedelta(seconds=25), timedelta(minutes=4)
POLL_SECONDS = 0.25


def play(aws: LocalAws, hands: Hands, random: Random, *, waves_wanted: int) -> ChaosFacts:
    """Play waves and faults, wait for quiet, and read back."""
    hands.prepare()
    hands.neighbours.prepare()
    begun = datetime.now(UTC) + timedelta(seconds=2)
    behind = Behind(hands.neighbours.gate, hands.neighbours.queue)
    coming = draw_waves(random, begun, models=hands.models, count=waves_wanted, behind=behind)
    length = waves_wanted * WAVE
    course = _Course(begun)
    shifts: list[WaveShift] = []
    for wave in coming:

        def apply(windows: int = coming.index(wave)) -> None:
            now = datetime.now(UTC)
            known = announce(coming[windows], now)
            store = open_local_store(aws)
            version = store.apply(known.models, expected_version=store.read_plan_version(), at=now)
            shifts.extend(known.shifts)
            hands.look_at([*hands.models, HELD, STRANGER])
            course.say(f"plan {version}: wave {windows + 1} of {waves_wanted}, {len(known.shifts)} shifts")

        course.at(wave.at, apply)
    for fault in write_script(random, hands.models, length):

        def strike(fault: ScriptedFault = fault) -> None:
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
    while datetime.now(UTC) < over_by and not (datetime.now(UTC) > quiet_from and is_at_rest(aws, hands)):
        time.sleep(2)
    course.say("quiet" if is_at_rest(aws, hands) else f"not at rest within {QUIET_MOST}")
    return read_facts(aws, hands, shifts, hands_of.read_dead_letters(aws))


class _Course:
    """Acts in order of time. An act may schedule others."""

    def __init__(self, begun: datetime) -> None:
        self._begun, self._order = begun, count()
        self._coming: list[tuple[datetime, int, Callable[[], object]]] = []

    def at(self, instant: datetime, act: Callable[[], object]) -> None:
        heapq.heappush(self._coming, (instant, next(self._order), act))

    def run_until(self, end: datetime) -> None:
        """Do everything that falls due by `end`, and finish everything begun by then."""
        while self._coming or datetime.now(UTC) < end:
            if self._coming and self._coming[0][0] <= datetime.now(UTC):
                heapq.heappop(self._coming)[2]()
            else:
                time.sleep(POLL_SECONDS)

    def say(self, line: str) -> None:
        passed = (datetime.now(UTC) - self._begun).total_seconds()
        print(f"{datetime.now(UTC):%H:%M:%S}Z {passed:5.0f} s  {line}", flush=True)
