"""Reads many models: side by side, with progress on stderr, and requests only where there ever were any.

A plan may name 5,000 models, so a command reads their records and plans in batches, never one after the other.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final

import typer

from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.requests import RequestReader
from preheat.domain.demand.demand import HORIZON
from preheat.domain.demand.pieces import list_subjects
from preheat.domain.demand.request import Standing, Subject
from preheat.domain.plan.hosted_model import HostedModel

HANDS: Final = 8  # reads side by side
PROGRESS_FROM: Final = 200  # things; fewer take too little time for a line
PROGRESS_EVERY: Final = 100

type Requests = dict[Subject, tuple[Standing, ...] | str]
"""The holds and blocks of each subject; a text: why they cannot be read."""


def read_each[A, B](read: Callable[[A], B], over: Sequence[A], what: str = "") -> list[B]:
    """Return the results in order, read side by side. On a terminal, a line counts them if there are many."""
    with ThreadPoolExecutor(HANDS) as hands:
        return list(_count(hands.map(read, over), len(over), what))


def read_all_requests(store: RequestReader, models: Iterable[HostedModel], now: datetime) -> Requests:
    """Return the holds and blocks of models and of their schedules, as far back as a pass reads them."""
    subjects = list(dict.fromkeys(subject for model in models for subject in list_subjects(model)))
    asked = store.find_asked(subjects)

    def read(subject: Subject) -> tuple[Standing, ...] | str:
        try:
            return store.read_standings(subject, now - HORIZON).requests
        except UnreadableItem as error:
            return str(error)

    some = [subject for subject in subjects if subject in asked]
    return dict.fromkeys(subjects, ()) | dict(zip(some, read_each(read, some), strict=True))


def _count[B](found: Iterable[B], total: int, what: str) -> Iterable[B]:
    shows = bool(what) and total >= PROGRESS_FROM and sys.stderr.isatty()
    for number, one in enumerate(found, 1):
        if shows and (number % PROGRESS_EVERY == 0 or number == total):
            typer.echo(f"\r{what}: {number:,} of {total:,}", nl=number == total, err=True)
        yield one
