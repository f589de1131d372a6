"""Answers the benchmark's questions with other libraries, in an environment of their own. Imports nothing of Preheat.

    .venv-peers/bin/python tools/preheat_lab/benchmarks/peers.py < questions.json

Reads the shifts and rounds of instants, and prints for each library how long its answers took and what they were. The
questions use each library as its documentation does. Its objects exist before the clock runs.
"""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

from croniter import croniter
from dateutil.rrule import WEEKLY, rrule, rruleset

SECOND = timedelta(seconds=1)

type Answer = Callable[[datetime], Any]


def ask_croniter(shifts: list[dict[str, Any]]) -> Iterator[tuple[str, Answer]]:
    """Yield croniter's answers: a shift runs if its start was later than its end, by two expressions."""
    pairs = [(_expression(shift, "start", 0), _expression(shift, "end", shift["end_day"])) for shift in shifts]

    def is_wanted(at: datetime) -> bool:
        just_after = at + SECOND  # `get_prev` looks before the instant

        def last(expression: str) -> datetime:
            found: datetime = croniter(expression, just_after).get_prev(datetime)
            return found

        return any(last(start) > last(end) for start, end in pairs)

    def find_next_edge(at: datetime) -> datetime:
        while True:
            at = min(croniter(each, at).get_next(datetime) for pair in pairs for each in pair)
            if is_wanted(at) != is_wanted(at - SECOND):
                return at

    yield "wanted", is_wanted
    yield "edge", find_next_edge


def _expression(shift: dict[str, Any], edge: str, later: int) -> str:
    hour, minute = map(int, shift[edge].split(":"))
    days = ",".join(str((day + later + 1) % 7) for day in shift["days"])  # cron's Sunday is 0, Python's Monday
    return f"{minute} {hour} * * {days}"


def ask_dateutil(shifts: list[dict[str, Any]]) -> Iterator[tuple[str, Answer]]:
    """Yield dateutil's answers: recurrence rules for starts and ends, which remember what they have expanded."""
    rules = [(_rule(shift, "start", 0), _rule(shift, "end", shift["end_day"])) for shift in shifts]
    edges = rruleset(cache=True)
    for rule in [each for pair in rules for each in pair]:
        edges.rrule(rule)

    def is_wanted(at: datetime) -> bool:
        wall = at.replace(tzinfo=None)
        return any(start.before(wall, inc=True) > end.before(wall, inc=True) for start, end in rules)

    def find_next_edge(at: datetime) -> datetime:
        edge = at.replace(tzinfo=None)
        while True:
            edge = edges.after(edge)
            if is_wanted(edge) != is_wanted(edge - SECOND):
                return datetime.combine(edge.date(), edge.time(), at.tzinfo)

    yield "wanted", is_wanted
    yield "edge", find_next_edge


def _rule(shift: dict[str, Any], edge: str, later: int) -> rrule:
    hour, minute = map(int, shift[edge].split(":"))
    days = sorted((day + later) % 7 for day in shift["days"])
    first = datetime(2024, 12, 30)  # noqa: DTZ001 - dateutil's rules are of wall times
    return rrule(WEEKLY, dtstart=first, byweekday=days, byhour=hour, byminute=minute, bysecond=0, cache=True)


PEERS = {"croniter": ask_croniter, "dateutil": ask_dateutil}


def answer(questions: dict[str, Any]) -> dict[str, Any]:
    """Return each library's processor time and answers, by question."""
    zone = ZoneInfo(questions["zone"])
    rounds = [[datetime.fromisoformat(at).astimezone(zone) for at in instants] for instants in questions["rounds"]]
    found: dict[str, Any] = {}
    for name, peer in PEERS.items():
        for question, ask in peer(questions["shifts"]):
            timed = [_time(ask, instants) for instants in rounds]
            answers = [_write(each) for _, given in timed for each in given]
            found[f"{name} {question}"] = {"seconds": min(seconds for seconds, _ in timed), "answers": answers}
    return found


def _time(ask: Answer, instants: list[datetime]) -> tuple[float, list[Any]]:
    begun = process_time()
    answers = [ask(at) for at in instants]
    return process_time() - begun, answers


def _write(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else value


if __name__ == "__main__":
    json.dump(answer(json.load(sys.stdin)), sys.stdout)
