"""The audit: what runs that no demand explains, which start will be late, what is stuck, and whether ledgers hold.

Pure except for its ports, and its memory of models at rest; it changes nothing. Every run checks the records, so that a
start at risk is known before its shift. It reads each record hourly, and more often what is not at rest. Every third
run also lists the services. It checks the last days of each ledger once a day, and all of it once a month. Does not
know who receives the report.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Protocol

from preheat.app.audit.seen import RecordsStore, SeenRecords
from preheat.app.ports.clock import Clock
from preheat.app.ports.errors import AnswerLost, HostingError, UnreadableItem, as_hosting_error
from preheat.app.ports.hosting import Listing, Running, Site
from preheat.app.ports.plans import PlanReader
from preheat.app.ports.records import LedgerReader, RecordReader
from preheat.app.ports.requests import RequestReader
from preheat.domain.calendar.timetable import ScheduleError
from preheat.domain.demand.demand import HORIZON, look_ahead
from preheat.domain.demand.pieces import list_subjects
from preheat.domain.demand.request import Standing
from preheat.domain.lead.lead_in_force import find_next_lead, fix_lead, is_served
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend, Mode, ModelId
from preheat.domain.plan.prices import USD_PER_UNIT_HOUR
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.looks import UNREAD_TOLD_FROM
from preheat.domain.record.record import STUCK_AFTER_LEAST, LedgerEntry, ModelRecord, Phase
from preheat.domain.verdict.causes import CAUSES, VerdictCause, VerdictState
from preheat.domain.verdict.facts import VerdictFacts
from preheat.domain.verdict.judging import STOPS_AT_LATEST, judge
from preheat.domain.verdict.verdict import Verdict

EVERY: Final = timedelta(minutes=5)  # as the template's schedule has it; a test holds the two together
LISTS_EVERY: Final = timedelta(minutes=15)
LISTS_WITHIN: Final = timedelta(minutes=1)  # then a run begins with no other site: one may take three minutes
RECENT: Final = timedelta(days=3)  # of a ledger, checked each day; a day without audits hides nothing
WHOLE_EVERY: Final = 30  # days
# A tick and a pass ask for a stop at the end of a demand, and each may once be slow or fail.
GRACE: Final = timedelta(minutes=5)
STARTS_AT_LATEST: Final = STUCK_AFTER_LEAST  # or twice the lead: the passes stop such a start once, see `resting`
RISKY: Final = (VerdictState.AT_RISK, VerdictState.REFUSED, VerdictState.LATE)
UNCHECKED: Final = (VerdictCause.UNSEEN, VerdictCause.OVERDUE)  # no pass has come to it
UNREAD: Final = (VerdictCause.READ_DENIED, VerdictCause.READ_FAILED, VerdictCause.STRANGE_STATUS)
RUNNING: Final = (VerdictState.UNSCHEDULED, VerdictState.REFUSED)  # while nothing needs it
AFTER_DEMAND: Final = (VerdictCause.DRAINING, VerdictCause.ENDING)

type Judge = Callable[[Sequence[LedgerEntry], int, bool], Sequence[tuple[str, str]]]
"""From a model's ledger and the sequence of its record, read before, to the broken promises: which, and how.

The third says whether it is the whole ledger, or its last entries.
"""
type Known = Mapping[tuple[Backend, str | None, str | None, str, str | None], list[ModelId]]


@dataclass(frozen=True, slots=True)
class UnscheduledRun:
    """A model that runs and that no demand explains. `usd_per_hour` None: the service's price is not known."""

    running: Running
    model_id: ModelId | None  # None: Preheat does not know it
    reason: str
    usd_per_hour: Decimal | None


@dataclass(frozen=True, slots=True)
class Stuck:
    """A model that has been starting or stopping for longer than that takes."""

    verdict: Verdict
    phase: Phase
    since: datetime


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that a stored ledger breaks."""

    model_id: ModelId
    promise: str
    what: str


@dataclass(frozen=True, slots=True)
class Audited:
    """The findings of one run. A part that this run did not check is None, or not in `judged`.

    `at_risk`: the verdicts on models that are not ready yet, and probably will not be in time. `unknown`: those on
    models whose state cannot be read.
    """

    at: datetime
    at_risk: tuple[Verdict, ...] = ()
    unknown: tuple[Verdict, ...] = ()
    stuck: tuple[Stuck, ...] = ()
    unreadable: tuple[tuple[ModelId, str], ...] = ()
    unscheduled: tuple[UnscheduledRun, ...] | None = None  # None: the services were not listed
    hosted_units: int = 0  # that were hosted when the services were listed, explained or not
    unlisted: tuple[tuple[Site, HostingError], ...] = ()
    judged: tuple[ModelId, ...] = ()
    violations: tuple[Violation, ...] = ()


class AuditStore(RecordReader, RecordsStore, LedgerReader, PlanReader, RequestReader, Protocol):
    """The part of the store that the audit uses: it writes nothing."""


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit of one stack. `sites`: where its models may be hosted; `prefix`: how their projects' names begin."""

    clock: Clock
    store: AuditStore
    listing: Listing
    sites: tuple[Site, ...]
    prefix: str
    judge: Judge
    mode: Mode = Mode.ACT
    region: str = ""  # the stack's own, which a plan may name or leave out
    seen: SeenRecords = field(default_factory=SeenRecords)

    def run(self) -> Audited:
        """Make one run. Raises StoreUnavailable: without the records there is no finding."""
        now = self.clock.now()
        plan = self.store.read_whole_plan()
        version, models, planned = plan.version, plan.models, plan.names
        records = self.seen.read(self.store, [*planned, *plan.former], version, now)
        left = [name for name in plan.former if name not in records or not records[name].is_at_rest_under(version)]
        facts = [self._gather_facts(name, models.get(name), records.get(name), now) for name in [*planned, *left]]
        verdicts = {one.model_id: (one, judge(one)) for one in facts if one is not None}
        judged, violations, unjudged = self._judge_ledgers([*planned, *plan.former], now)
        lists = now.minute % (LISTS_EVERY // timedelta(minutes=1)) < EVERY // timedelta(minutes=1)
        whys = {name: verdict for name, (_, verdict) in verdicts.items()}
        listed = self._list_services(models, records, whys, now) if lists and version else (None, 0, ())
        return Audited(
            at=now,
            at_risk=tuple(verdict for one, verdict in verdicts.values() if _is_at_risk(one, verdict)),
            unknown=tuple(each for name, each in sorted(whys.items()) if _is_unknown(each, records.get(name))),
            stuck=tuple(_find_stuck(records, models, whys, now)),
            unreadable=(*plan.unreadable.items(), *unjudged),
            unscheduled=listed[0] if version else () if lists else None,
            hosted_units=listed[1],
            unlisted=listed[2],
            judged=judged,
            violations=violations,
        )

    def _gather_facts(
        self, model_id: ModelId, model: HostedModel | None, record: ModelRecord | None, now: datetime
    ) -> VerdictFacts | None:
        """Return the facts about a model; None: there are none, or its schedule has an error, with an alarm of its own.

        It reads holds and blocks only if the passes work for a demand that no window explains: each read costs.
        """
        if model is None:
            return VerdictFacts(model_id, now, record=record, mode=self.mode) if record is not None else None
        try:
            model = fix_lead(model, record, now)
            outlook, requests = look_ahead(model, now, served=is_served(record)), tuple[Standing, ...]()
            effort = record.effort if record is not None else None
            if outlook.current is None and effort is not None and effort.until > now:
                requests = self._read_requests(model, now)
                outlook = look_ahead(model, now, requests, served=is_served(record))
        except (ScheduleError, UnreadableItem):
            return None
        return VerdictFacts(model_id, now, model, record, outlook, requests, mode=self.mode)

    def _judge_ledgers(
        self, model_ids: Sequence[ModelId], now: datetime
    ) -> tuple[tuple[ModelId, ...], tuple[Violation, ...], list[tuple[ModelId, str]]]:
        """Judge the ledgers whose turn it is in this run: the last days of each once a day, all of it once a month."""
        judged, violations, unreadable = [], [], []
        for model_id in model_ids:
            if find_turn(model_id) != find_run_of_day(now):
                continue
            try:
                record = self.store.load(model_id)  # before the ledger, which only grows
                whole = is_whole_turn(model_id, now)
                store = self.store
                ledger = store.read_ledger(model_id) if whole else store.read_recent_ledger(model_id, now - RECENT)
            except UnreadableItem as error:
                unreadable.append((model_id, str(error)))
                continue
            judged.append(model_id)
            found = self.judge(ledger, record.sequence if record is not None else 0, whole)
            violations += [Violation(model_id, promise, what) for promise, what in found]
        return tuple(judged), tuple(violations), unreadable

    def _list_services(
        self,
        models: Mapping[ModelId, HostedModel],
        records: Mapping[ModelId, ModelRecord],
        verdicts: Mapping[ModelId, Verdict],
        now: datetime,
    ) -> tuple[tuple[UnscheduledRun, ...], int, tuple[tuple[Site, HostingError], ...]]:
        known = _index_resources(models, records, self.region)
        own = (replace(site, region=None if site.region == self.region else site.region) for site in self.sites)
        sites = list(dict.fromkeys([*own, *(Site(key[0], key[2], key[1]) for key in known)]))
        turn = int(now.timestamp()) // int(LISTS_EVERY.total_seconds()) % len(sites) if sites else 0
        unscheduled: list[UnscheduledRun] = []
        units, unlisted = 0, list[tuple[Site, HostingError]]()
        for place, site in enumerate([*sites[turn:], *sites[:turn]]):
            if place and self.clock.now() - now > LISTS_WITHIN:
                unlisted.append((site, AnswerLost("this run has no more time; a later one begins with this site")))
                continue
            try:
                running = self.listing.list_running(site, _make_filter(site, known, self.prefix))
            except Exception as error:  # noqa: BLE001 - one site, whatever is wrong with it, must not hide the others
                unlisted.append((site, as_hosting_error(error)))
                continue
            for one in running:
                if one.observed is Observed.HOSTED:
                    units += one.units or 1
                reason, model_id = self._find_unexplained(one, known, models, records, now)
                if reason:
                    reason = _describe_run(verdicts.get(model_id) if model_id else None) or reason
                    reason += self._name_stack(one)
                    unscheduled.append(UnscheduledRun(one, model_id, reason, _find_price(one)))
        unscheduled += _find_without_list(records, verdicts)
        return tuple(unscheduled), units, tuple(unlisted)

    def _name_stack(self, one: Running) -> str:
        """Return what follows the reason if CloudFormation owns the endpoint; tags that cannot be read say nothing."""
        try:
            stack = self.listing.find_stack(one)
        except Exception:  # noqa: BLE001 - the finding itself counts, with or without the owner
            return ""
        return f"; the CloudFormation stack {stack} owns it" if stack else ""

    def _find_unexplained(
        self,
        one: Running,
        known: Known,
        models: Mapping[ModelId, HostedModel],
        records: Mapping[ModelId, ModelRecord],
        now: datetime,
    ) -> tuple[str, ModelId | None]:
        """Return why nothing explains that a model runs, and which one it is; an empty reason: something does."""
        if one.observed is Observed.STOPPING:
            return "", None  # a stopping model is no leak; the service may bill an unknown status
        named = known.get(_make_key(one), [])
        if not named:
            return "Not in the plan", None
        for model_id in named:
            if self._is_needed(models.get(model_id), records.get(model_id), now):
                return "", model_id
        return CAUSES[VerdictCause.FOREIGN_RUN].words, named[0]

    def _is_needed(self, model: HostedModel | None, record: ModelRecord | None, now: datetime) -> bool:
        """Return whether a demand wants the model now, or did until a moment ago."""
        since = now - GRACE
        effort = record.effort if record is not None else None
        if effort is not None and effort.until > since:
            return True
        if model is None:
            # No plan names it any more: its passes are stopping it, and have a while for that.
            return record is not None and record.phase is Phase.STOPPING and not _is_overdue(record, None, now)
        try:
            if any(look_ahead(model, at).current is not None for at in (now, since)):
                return True
            requests = self._read_requests(model, now)
            return bool(requests) and any(look_ahead(model, at, requests).current is not None for at in (now, since))
        except (ScheduleError, UnreadableItem):
            return True  # what cannot be evaluated has an alarm of its own, and stops nothing

    def _read_requests(self, model: HostedModel, now: datetime) -> tuple[Standing, ...]:
        return tuple(
            each for one in list_subjects(model) for each in self.store.read_standings(one, now - HORIZON).requests
        )


def find_turn(model_id: ModelId) -> int:
    """Return the run of a day that judges a model's ledger: spread evenly, and the same each day."""
    return zlib.crc32(model_id.encode()) % (timedelta(days=1) // EVERY)


def is_whole_turn(model_id: ModelId, now: datetime) -> bool:
    """Return whether this is the day of the month on which a model's whole ledger has its turn."""
    return (now.toordinal() + zlib.crc32(model_id.encode())) % WHOLE_EVERY == 0


def find_run_of_day(now: datetime) -> int:
    """Return which run of the day this is."""
    return (now.hour * 60 + now.minute) // (EVERY // timedelta(minutes=1))


def _is_at_risk(facts: VerdictFacts, verdict: Verdict) -> bool:
    """Return whether a model probably will not be ready in time, and the ledger has not said that it is late."""
    demand, effort = facts.demand, facts.effort
    if (
        facts.model is None
        or demand is None
        or (effort is not None and (effort.judged or effort.hosted_at is not None))
    ):
        return False
    if effort is None and not demand.start_at + facts.model.slack <= facts.now < demand.ready_at:
        return False  # No pass has come to it yet: one of them has a minute or two for that.
    unchecked = verdict.cause in UNCHECKED and facts.observed is not Observed.HOSTED
    return verdict.state in RISKY or unchecked


def _is_unknown(verdict: Verdict, record: ModelRecord | None) -> bool:
    """Return whether nobody can read a model's state; a look or two without an answer are no news yet."""
    looks = record.unreadable if record is not None and verdict.cause is VerdictCause.READ_FAILED else UNREAD_TOLD_FROM
    return verdict.cause in UNREAD and looks >= UNREAD_TOLD_FROM


def _find_without_list(
    records: Mapping[ModelId, ModelRecord], verdicts: Mapping[ModelId, Verdict]
) -> Iterator[UnscheduledRun]:
    """Yield what runs without a demand at services that list nothing, by the last check of its passes."""
    for model_id, verdict in sorted(verdicts.items()):
        record = records.get(model_id)
        if record is None or record.target.backend.is_listed or not CAUSES[verdict.cause].trouble:
            continue
        if verdict.state is VerdictState.UNSCHEDULED or verdict.cause is VerdictCause.STOP_REFUSED:
            target = record.target
            site = Site(target.backend, target.region, target.role)
            running = Running(site, target.project, target.version, record.observed, record.status)
            yield UnscheduledRun(running, model_id, verdict.why, _find_price(running))


def _describe_run(verdict: Verdict | None) -> str:
    """Return why a model runs that no demand explains; empty: its last check did not show that it runs."""
    runs = verdict is not None and (verdict.state in RUNNING or verdict.cause in AFTER_DEMAND)
    return verdict.why if verdict is not None and runs else ""


def _find_stuck(
    records: Mapping[ModelId, ModelRecord],
    models: Mapping[ModelId, HostedModel],
    verdicts: Mapping[ModelId, Verdict],
    now: datetime,
) -> Iterator[Stuck]:
    for model_id, record in sorted(records.items()):
        if _is_overdue(record, models.get(model_id), now) and record.since is not None and model_id in verdicts:
            yield Stuck(verdicts[model_id], record.phase, record.since)


def _is_overdue(record: ModelRecord, model: HostedModel | None, now: datetime) -> bool:
    if record.since is None:
        return False
    if record.phase is Phase.STOPPING:
        return now - record.since > STOPS_AT_LATEST
    lead = _find_lead(model, record)
    return record.phase is Phase.STARTING and now - record.since > max(2 * lead, STARTS_AT_LATEST)


def _find_lead(model: HostedModel | None, record: ModelRecord) -> timedelta:
    """Return the lead of a start under way, as `resting` has it."""
    if record.effort is not None and record.effort.lead is not None:
        return record.effort.lead
    return find_next_lead(model, record).span if model is not None else timedelta()


def _index_resources(models: Mapping[ModelId, HostedModel], records: Mapping[ModelId, ModelRecord], own: str) -> Known:
    """Return which models have a resource, as planned or as last used; an endpoint belongs to its name alone."""
    known: dict[tuple[Backend, str | None, str | None, str, str | None], list[ModelId]] = {}
    for holders in (models, records):
        for model_id, holder in holders.items():
            backend, role, region, project, version = holder.target.resource()
            key = (backend, role, None if region == own else region, project, version)
            if model_id not in known.setdefault(key, []):
                known[key].append(model_id)
    return known


def _make_filter(site: Site, known: Known, prefix: str) -> Callable[[str], bool]:
    """Return what says of a name at a site whether it is the stack's: by its prefix, or because a model there has it.

    The service takes two names of endpoints that differ only in capitals for one.
    """
    fold = str.lower if site.backend is Backend.SAGEMAKER else str
    names, begins = {key[3] for key in known if Site(key[0], key[2], key[1]) == site}, fold(prefix)
    return lambda name: fold(name).startswith(begins) or fold(name) in names


def _make_key(one: Running) -> tuple[Backend, str | None, str | None, str, str | None]:
    if one.site.backend is Backend.SAGEMAKER:
        return one.site.backend, one.site.role, one.site.region, one.project.lower(), None
    return one.site.backend, one.site.role, one.site.region, one.project, one.version


def _find_price(one: Running) -> Decimal | None:
    amount = USD_PER_UNIT_HOUR.get(one.site.backend)
    return None if amount is None else amount * (one.units or 1)
