"""Reads what the board shows. Keeps what cannot have changed, so that it reads 1,000 models again cheaply.

A model's own requests and its ledger change only with the version of its record, and a plan never changes. So a
repeated read takes the plan's version, the records, and the requests of each schedule. Decides nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from preheat.app.board.facts import BoardFacts
from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.plans import PlanReader
from preheat.app.ports.records import LedgerReader, RecordReader
from preheat.app.ports.requests import RequestReader
from preheat.domain.calendar.timetable import ScheduleError, find_closed_until, runs_short
from preheat.domain.demand.demand import HORIZON, NOTHING_WANTED, look_ahead
from preheat.domain.demand.request import Standing, Subject
from preheat.domain.lead.lead_in_force import fix_lead, is_served
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Mode, ModelId
from preheat.domain.record.record import LedgerEntry, ModelRecord
from preheat.domain.verdict.facts import VerdictFacts

KEPT: Final = timedelta(days=8)  # of the ledger: the week of the figures, and a day for what began before it


class BoardStore(RecordReader, LedgerReader, PlanReader, RequestReader, Protocol):
    """The part of the store that the board uses: it writes nothing."""


class Spread(Protocol):
    """Does the same work for many, perhaps several at a time."""

    def __call__[A, B](self, work: Callable[[A], B], over: Iterable[A], /) -> Iterable[B]:
        """Return the results in order."""


def do_in_turn[A, B](work: Callable[[A], B], over: Iterable[A], /) -> Iterable[B]:
    """Do one after the other."""
    return [work(each) for each in over]


@dataclass(frozen=True, slots=True)
class _Own:
    """The parts that belong to one model alone, as of a version of its record. `problem`: what of it cannot be read."""

    version: int
    requests: tuple[Standing, ...] = ()
    entries: tuple[LedgerEntry, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Plan:
    """The plan, as found. `former`: models of earlier plans; `problems`: what of it cannot be read."""

    version: int
    models: Mapping[ModelId, HostedModel]
    former: tuple[ModelId, ...]
    problems: Mapping[ModelId, str]


class BoardReader:
    """Reads the facts about every model of a stack, again and again. `mode`: the stack's own."""

    def __init__(self, store: BoardStore, mode: Mode = Mode.ACT, spread: Spread = do_in_turn) -> None:
        self._store, self._mode, self._spread = store, mode, spread
        self._plan = _Plan(0, {}, (), {})
        self._own: dict[ModelId, _Own] = {}

    def read(self, now: datetime) -> list[BoardFacts]:
        """Return the facts about each model of the plan, and about each of an earlier plan that has a record.

        A part that cannot be read is the model's problem, and hides no other model.

        Raises:
            StoreUnavailable: the store does not answer, or denies access.
        """
        plan = self._plan = self._read_plan()
        planned = [*plan.models, *plan.problems]
        names = [*planned, *(each for each in plan.former if each not in plan.models)]
        records = self._store.load_many(names)
        missing = [name for name in names if name not in records]
        problems = dict(zip(missing, self._spread(self._find_problem, missing), strict=True))
        names = [name for name in names if name in records or name in planned or problems.get(name)]
        schedules = self._read_schedules(plan, now)
        stale = [name for name in names if not self._is_kept(name, records.get(name))]
        asked = self._store.find_asked([Subject(model_id=name) for name in stale]) if stale else frozenset()
        fresh = self._spread(lambda name: self._read_own(name, records.get(name), asked, now), stale)
        kept = self._own | dict(zip(stale, fresh, strict=True))
        self._own = {name: kept[name] for name in names}
        return [self._gather(name, records.get(name), schedules, problems.get(name, ""), now) for name in sorted(names)]

    def _read_plan(self) -> _Plan:
        if self._store.read_plan_version() == self._plan.version:
            return self._plan
        plan = self._store.read_whole_plan()
        return _Plan(plan.version, plan.models, tuple(plan.former), plan.unreadable)

    def _find_problem(self, name: ModelId) -> str:
        """Return why a record cannot be read; empty: there is none."""
        try:
            self._store.load(name)
        except UnreadableItem as error:
            return str(error)
        return ""

    def _read_schedules(self, plan: _Plan, now: datetime) -> dict[str, tuple[Standing, ...] | str]:
        """Return the requests of each schedule; a text: why they cannot be read."""
        names = sorted({schedule.name for model in plan.models.values() for schedule in model.schedules})
        subjects = [Subject(schedule=name) for name in names]
        return dict(zip(names, self._spread(lambda subject: self._read_requests(subject, now), subjects), strict=True))

    def _read_requests(self, subject: Subject, now: datetime) -> tuple[Standing, ...] | str:
        try:
            return self._store.read_standings(subject, now - HORIZON).requests
        except UnreadableItem as error:
            return str(error)

    def _is_kept(self, name: ModelId, record: ModelRecord | None) -> bool:
        kept = self._own.get(name)
        return kept is not None and record is not None and kept.version == record.version

    def _read_own(self, name: ModelId, record: ModelRecord | None, asked: frozenset[Subject], now: datetime) -> _Own:
        """Read what belongs to one model alone, after its record. `asked`: those that ever had a hold or block."""
        version, subject = record.version if record is not None else 0, Subject(model_id=name)
        requests = self._read_requests(subject, now) if subject in asked else ()
        problems = [requests] if isinstance(requests, str) else []
        entries: Sequence[LedgerEntry] = ()
        try:
            entries = self._store.read_recent_ledger(name, now - KEPT)
        except UnreadableItem as error:
            problems.append(str(error))
        return _Own(version, () if isinstance(requests, str) else requests, tuple(entries), "; ".join(problems))

    def _gather(
        self,
        name: ModelId,
        record: ModelRecord | None,
        schedules: Mapping[str, tuple[Standing, ...] | str],
        unread: str,
        now: datetime,
    ) -> BoardFacts:
        """Return the facts about one model, from its parts."""
        model, own = self._plan.models.get(name), self._own[name]
        its = [schedules[each.name] for each in model.schedules] if model is not None else []
        requests = own.requests + tuple(one for found in its if not isinstance(found, str) for one in found)
        stored = [
            unread,
            self._plan.problems.get(name, ""),
            own.problem,
            *(each for each in its if isinstance(each, str)),
        ]
        problems, outlook = [], NOTHING_WANTED
        if model is not None:
            try:
                model = fix_lead(model, record, now, requests)
                outlook = look_ahead(model, now, requests, served=is_served(record))
            except ScheduleError as error:
                problems.append(f"its schedule has an error: {error}")
            until = find_closed_until(model.schedules)
            if runs_short(until, now):
                problems.append(f"its holidays end at {until}; apply the plant file again")
        active = tuple(one for one in requests if one.end > now)
        facts = VerdictFacts(
            name,
            now,
            model,
            record,
            outlook,
            active,
            mode=self._mode,
            problem="; ".join(filter(None, dict.fromkeys(stored))),
        )
        return BoardFacts(facts, own.entries, "; ".join(problems))
