"""The schedule engine beside other libraries: the same questions in one run, each answer compared before it counts.

The others run in an environment of their own, because Preheat needs none of them. All take the rules of one zone and
answer two questions: is a model wanted at an instant, and when does that change next?
"""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from time import process_time
from typing import Any, Final

from preheat.domain.calendar.schedule import Schedule, ShiftWindow
from preheat.domain.calendar.timetable import find_next_edge, is_wanted
from preheat_lab.checkout import ROOT

PYTHON: Final = ROOT / ".venv-peers" / "bin" / "python"
PEERS: Final = Path(__file__).with_name("peers.py")
ZONE: Final = "Europe/Berlin"
FIRST: Final = datetime(2026, 1, 1, tzinfo=UTC)
ASKED: Final = 2_000  # over a year, clock changes and all
STEP: Final = timedelta(minutes=263)
ROUNDS: Final = 3  # each asks for other instants, and the fastest counts
QUESTIONS: Final = {"wanted": "wanted at t", "edge": "next edge"}


class PeersError(Exception):
    """The other libraries do not answer, or an answer differs."""


def compare(patterns: dict[str, tuple[ShiftWindow, ...]]) -> list[str]:
    """Return the lines of the table: a question and pattern a row, a library a column.

    Raises:
        PeersError: the other libraries are missing, or one gives another answer than the engine.
    """
    lines = [f"{'answers a second':<28}{'Preheat':>12}{'croniter':>12}{'dateutil':>12}   Preheat is faster by"]
    for name, shifts in patterns.items():
        rounds = [
            [FIRST + STEP * number + timedelta(minutes=later) for number in range(ASKED)] for later in range(ROUNDS)
        ]
        others = ask_peers(shifts, rounds)
        for question, title in QUESTIONS.items():
            seconds, answers = ask_engine((Schedule("s", ZONE, shifts),), question, rounds)
            figures = {"Preheat": seconds}
            for peer in ("croniter", "dateutil"):
                told = others[f"{peer} {question}"]
                check(f"{peer}, {name}, {title}", answers, told["answers"], rounds)
                figures[peer] = told["seconds"]
            rates = "".join(f"{ASKED / each:>12,.0f}" for each in figures.values())
            ratios = ", ".join(f"{each / seconds:.0f} x {peer}" for peer, each in figures.items() if peer != "Preheat")
            lines.append(f"{f'{title}, {name}':<28}{rates}   {ratios}")
    return lines


def ask_engine(
    schedules: tuple[Schedule, ...], question: str, rounds: list[list[datetime]]
) -> tuple[float, list[bool | float]]:
    """Return the engine's processor time of its fastest round, and all answers."""
    asks: dict[str, Any] = {"wanted": is_wanted, "edge": find_next_edge}
    ask = partial(asks[question], schedules)
    taken, answers = [], []
    for instants in rounds:
        begun = process_time()
        given = [ask(at) for at in instants]
        taken.append(process_time() - begun)
        answers += given
    return min(taken), [each.timestamp() if isinstance(each, datetime) else each for each in answers]


def ask_peers(shifts: tuple[ShiftWindow, ...], rounds: list[list[datetime]]) -> dict[str, Any]:
    """Return what the other libraries answer."""
    if not PYTHON.exists():
        raise PeersError(f"{PYTHON.relative_to(ROOT)} is missing: run `make bench`")
    asked = {
        "zone": ZONE,
        "rounds": [[at.isoformat() for at in instants] for instants in rounds],
        "shifts": [
            {
                "days": sorted(day.value for day in shift.days),
                "start": f"{shift.start:%H:%M}",
                "end": f"{shift.end:%H:%M}",
                "end_day": shift.end_day,
            }
            for shift in shifts
        ],
    }
    done = subprocess.run([PYTHON, PEERS], input=json.dumps(asked), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PeersError(f"the other libraries could not be asked: {done.stderr.strip()[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def check(who: str, ours: list[bool | float], theirs: list[bool | float], rounds: list[list[datetime]]) -> None:
    """Raise PeersError at the first answer that differs."""
    for at, mine, other in zip(chain(*rounds), ours, theirs, strict=True):
        if mine != other:
            raise PeersError(f"{who} at {at:%Y-%m-%d %H:%M}Z: the engine answers {mine}, the other {other}")
