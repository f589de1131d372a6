"""A situation as a value: the record, the services, the workers and the point of the grid. Equal situations are one.

Knows no event and no rule; named tuples, since a search hashes and compares them a few million times.
"""

from typing import NamedTuple

from preheat.app.audit.invariants import Broken
from preheat_lab.explorer.service import ExploredService

NEVER_CALLED = -1
LOOSE = -1
NOBODY = -1


class WorkerState(NamedTuple):
    """A pass under way: its history since it lost its last write, and what of the world concerns it.

    `fresh`: the record it read or wrote last is still the stored one. `born`: the point at which it began. `called_at`:
    the point of the answer to its start or stop. `named`: the token in the last write that it has won. `behind`: 1
    if its clock is late by almost a step.

    `losses` is LOOSE for a worker of which only its call matters: `answers` is then the attempt that it will call.
    """

    losses: int
    answers: tuple[int, ...]
    fresh: bool
    born: int
    called_at: int = NEVER_CALLED
    named: int = 0
    behind: int = 0

    def with_answers(self, answers: tuple[int, ...], called_at: int) -> "WorkerState":
        """Return the worker with these answers; faster than `_replace`, which each call of a worker would need."""
        return WorkerState(self.losses, answers, self.fresh, self.born, called_at, self.named, self.behind)

    def with_named(self, named: int) -> "WorkerState":
        """Return the worker with the token in its write; as `with_answers`."""
        return WorkerState(self.losses, self.answers, self.fresh, self.born, self.called_at, named, self.behind)


class ExploredState(NamedTuple):
    """One situation. Its numbers refer to values: `record` in the search's values, `plan` in its scenario.

    `services` has one service for each target of the scenario. `unwoken`: the plan is current, or a schedule's request
    is stored, but nobody has woken the model yet. `seen`: a look showed the model out of its stopped state under the
    start on record. For a stop on record: out of STARTING at its intent, or since. `faults` and `people` are the rest
    of the budgets.
    """

    now: int
    record: int
    services: tuple[ExploredService, ...]
    plan: int
    unwoken: bool
    workers: tuple[WorkerState, ...]
    faults: int
    people: int
    seen: bool
    gate: int = 0  # see `explorer.behind`
    waiting: bool = False  # messages wait in the queue behind the model
    asked: tuple[int, ...] = ()  # the points at which the first of the scenario's requests were stored

    def with_service(self, place: int, service: ExploredService) -> "ExploredState":
        """Return the situation with another state of one service."""
        services = (*self.services[:place], service, *self.services[place + 1 :])
        return ExploredState._make((*self[:2], services, *self[3:]))

    def with_workers(self, workers: tuple[WorkerState, ...]) -> "ExploredState":
        """Return the situation with other workers; this is faster than `_replace`, and comes at each step of one."""
        return ExploredState._make((*self[:5], workers, *self[6:]))

    def after_write(self, record: int, workers: tuple[WorkerState, ...], *, seen: bool) -> "ExploredState":
        """Return the situation after a won write; as `with_workers`."""
        return ExploredState._make((self.now, record, *self[2:5], workers, *self[6:8], seen, *self[9:]))

    def others(self, place: int) -> tuple[WorkerState, ...]:
        """Return all workers but one."""
        return self.workers[:place] + self.workers[place + 1 :]

    def spend_fault(self) -> "ExploredState":
        """Return the situation with one fault less to come."""
        return ExploredState._make((*self[:6], self.faults - 1, *self[7:]))


class Edge(NamedTuple):
    """One event: what it is, who makes it (a worker's place, or NOBODY), where it leads, what it breaks."""

    event: str
    worker: int
    state: ExploredState
    broken: tuple[Broken, ...] = ()

    def with_broken(self, broken: tuple[Broken, ...]) -> "Edge":
        """Return the event with what it breaks; most break nothing."""
        return self._replace(broken=broken) if broken else self
