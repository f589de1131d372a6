"""The audit: what it reports, what it lets be, and that it changes nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest

from preheat.adapters.clock import VirtualClock
from preheat.adapters.memory.listing import MemoryListing
from preheat.adapters.memory.store import MemoryStore
from preheat.app.audit.audit import EVERY, LISTS_EVERY, Audit, Audited, find_run_of_day, find_turn
from preheat.app.audit.invariants import judge_ledger
from preheat.app.ports.errors import AccessRefused, UnreadableItem
from preheat.app.ports.hosting import Running, Site
from preheat.app.ports.plans import Planned, WholePlan
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.demand.request import Kind, RequestId, Standing, Standings, Subject
from preheat.domain.plan.hosted_model import HostedModel, Learning
from preheat.domain.plan.plan import Backend, Mode, ModelId, Target, Units
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, Effort, LedgerEntry, ModelRecord, Ownership, Phase, Unread
from preheat.domain.verdict.causes import CAUSES, VerdictCause, VerdictState

WELD = ModelId("weld-seams")
DAY = datetime(2026, 11, 23, tzinfo=UTC)
SITE = Site(Backend.LOOKOUT_VISION)
LEAD, SLACK = timedelta(minutes=30), timedelta(minutes=2)
MODEL = HostedModel(
    WELD,
    Target("line-1", "3"),
    Units(2),
    (Schedule("early", "UTC", (ShiftWindow(frozenset(Weekday), time(6), time(14)),)),),
    LEAD,
    SLACK,
    DAY - timedelta(days=30),
)
EFFORT = Effort(DAY.replace(hour=6), DAY.replace(hour=14), DAY.replace(hour=6), "early")


def at(text: str) -> datetime:
    return DAY + timedelta(hours=int(text[:2]), minutes=int(text[3:]))


def make_run(project: str = "line-1", version: str = "3", observed: Observed = Observed.HOSTED) -> Running:
    return Running(SITE, project, version, observed, "HOSTED", 2)


class StillClock:
    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


def run_audit(
    now: str,
    *runs: Running,
    record: ModelRecord | None = None,
    model: HostedModel = MODEL,
    standings: Iterable[Standing] = (),
    ledger: tuple[LedgerEntry, ...] = (),
    failing: dict[Site, Exception] | None = None,
    mode: Mode = Mode.ACT,
    moment: datetime | None = None,
    store: MemoryStore | None = None,
    listing: MemoryListing | None = None,
) -> Audited:
    store = MemoryStore() if store is None else store
    store.apply([model], expected_version=0, at=DAY)
    if record is not None:
        store.records[WELD] = replace(record, plan_version=1)
    store.entries[WELD] = list(ledger)
    for one in standings:
        store.stands.setdefault(one.subject, {})[one.request_id] = one
    before = dict(store.records)
    listing = listing or MemoryListing(runs, failing or {})
    audit = Audit(
        StillClock(moment or at(now)),
        store,
        listing,
        (Site(Backend.LOOKOUT_VISION, "eu-central-1"),),
        "line-",
        lambda entries, sequence, whole: list(judge_ledger(entries, sequence=sequence, whole=whole)),
        mode,
        "eu-central-1",
    )
    found = audit.run()
    assert store.records == before
    return found


def starting(since: str) -> ModelRecord:
    attempt = Attempt.intend(
        WELD, Call.START, generation=1, demand_start=at("06:00"), target=MODEL.target, units=Units(2), now=at(since)
    )
    return ModelRecord(
        WELD,
        MODEL.target,
        phase=Phase.STARTING,
        since=at(since),
        observed=Observed.STARTING,
        attempt=attempt,
        ownership=Ownership.STARTED,
        effort=replace(EFFORT, first_start_at=at(since)),
    )


IDLE = ModelRecord(WELD, MODEL.target, observed=Observed.STOPPED)
HOSTED = ModelRecord(
    WELD,
    MODEL.target,
    phase=Phase.HOSTED,
    since=at("05:50"),
    observed=Observed.HOSTED,
    ownership=Ownership.STARTED,
    effort=replace(EFFORT, hosted_at=at("05:50"), judged=True),
)


def test_a_model_in_its_window_is_explained() -> None:
    found = run_audit("08:00", make_run(), record=HOSTED)
    assert (found.unscheduled, found.hosted_units) == ((), 2)


def test_only_what_is_hosted_counts_for_the_hosted_unit_hours() -> None:
    run = make_run(observed=Observed.STARTING)
    assert run_audit("05:45", run, record=starting("05:28")).hosted_units == 0


def test_a_model_whose_target_names_the_stacks_own_region_is_explained() -> None:
    model = replace(MODEL, target=replace(MODEL.target, region="eu-central-1"))
    record = replace(HOSTED, target=model.target)
    assert run_audit("08:00", make_run(), record=record, model=model).unscheduled == ()


class TwinStore(MemoryStore):
    """A store whose plan has a second model of the same resource, without a schedule and first in its order."""

    def read_whole_plan(self) -> WholePlan:
        plan = super().read_whole_plan()
        twin = replace(MODEL, model_id=ModelId("a-twin"), schedules=())
        return replace(plan, models={twin.model_id: twin, **plan.models})


def test_a_resource_that_two_models_name_is_explained_by_either() -> None:
    record = replace(HOSTED, effort=None)
    assert run_audit("08:00", make_run(), record=record, store=TwinStore()).unscheduled == ()


def test_a_model_started_by_hand_outside_any_demand_is_reported_with_its_price() -> None:
    (one,) = run_audit("20:00", make_run(), record=IDLE).unscheduled or ()
    assert (one.model_id, one.usd_per_hour) == (WELD, Decimal(8))
    assert one.reason == CAUSES[VerdictCause.FOREIGN_RUN].words


def test_a_model_that_preheat_does_not_know_is_reported_even_within_a_shift() -> None:
    (one,) = run_audit("08:00", make_run(), make_run("line-7", "1"), record=HOSTED).unscheduled or ()
    assert (one.running.project, one.model_id, one.reason) == ("line-7", None, "Not in the plan")


def test_another_version_of_a_planned_model_is_reported() -> None:
    (one,) = run_audit("08:00", make_run(), make_run(version="2"), record=HOSTED).unscheduled or ()
    assert one.running.version == "2"


def test_a_model_with_another_prefix_is_not_reported() -> None:
    assert run_audit("20:00", make_run("other-1")).unscheduled == ()


@pytest.mark.parametrize(("now", "reported"), [("14:00", 0), ("14:04", 0), ("14:15", 1)])
def test_a_model_that_goes_on_after_its_demand_is_reported_after_a_few_minutes(now: str, reported: int) -> None:
    assert len(run_audit(now, make_run(), record=HOSTED).unscheduled or ()) == reported


def test_a_model_whose_effort_is_over_has_a_moment_after_its_window_too() -> None:
    left = replace(HOSTED, effort=None)
    assert run_audit("14:00", make_run(), record=left).unscheduled == ()
    assert len(run_audit("14:15", make_run(), record=left).unscheduled or ()) == 1


def test_a_model_that_is_stopping_is_no_leak() -> None:
    assert run_audit("20:00", make_run(observed=Observed.STOPPING), record=IDLE).unscheduled == ()


def test_a_hold_explains_a_model() -> None:
    hold = Standing(
        RequestId("night-7"), Kind.HOLD, Subject(WELD), "line", at("19:00"), at("21:00"), known_at=at("10:00")
    )
    assert run_audit("20:00", make_run(), record=IDLE, standings=[hold]).unscheduled == ()
    assert len(run_audit("21:30", make_run(), record=IDLE, standings=[hold]).unscheduled or ()) == 1


def test_the_services_are_listed_every_quarter_of_an_hour_and_the_records_judged_each_time() -> None:
    lists = [run_audit(f"08:{minute:02}", record=HOSTED).unscheduled is not None for minute in range(0, 60, 5)]
    assert lists == [True, False, False] * 4


@pytest.mark.parametrize("error", [AccessRefused("no"), KeyError("EndpointName"), RuntimeError("a bug")])
def test_a_site_that_cannot_be_listed_is_named_and_hides_no_other(error: Exception) -> None:
    other = Site(Backend.SAGEMAKER)
    model = replace(MODEL, target=Target("line-9", "c", Backend.SAGEMAKER), units=Units())
    found = run_audit("20:00", make_run(), model=model, failing={other: error})
    ((site, reported),) = found.unlisted
    assert site == other
    assert str(error) in str(reported)
    assert len(found.unscheduled or ()) == 1


class SlowListing(MemoryListing):
    """Takes two minutes for each site."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self.clock, self.asked = clock, list[Site]()

    def list_running(self, site: Site, wanted: Callable[[str], bool]) -> Sequence[Running]:
        self.asked.append(site)
        self.clock.at += timedelta(minutes=2)
        return ()


def test_sites_that_take_long_to_list_have_a_run_each_and_their_turns() -> None:
    """The function ends after 280 s, and an ended function reports nothing."""
    store, clock = MemoryStore(), VirtualClock(DAY)
    store.apply([MODEL], expected_version=0, at=DAY)
    listing = SlowListing(clock)
    sites = (SITE, Site(Backend.REKOGNITION), Site(Backend.SAGEMAKER))
    audit = Audit(clock, store, listing, sites, "line-", lambda *_: ())
    for quarter in range(3):
        clock.at = DAY + quarter * LISTS_EVERY
        unlisted = audit.run().unlisted
        assert {site for site, _ in unlisted} == {*sites} - {listing.asked[-1]}
        assert all("a later one begins with this site" in str(error) for _, error in unlisted)
    assert sorted(map(str, listing.asked)) == sorted(map(str, sites))


@pytest.mark.parametrize(
    ("record", "now", "risky"),
    [
        (starting("05:28"), "05:45", False),
        (starting("05:33"), "05:40", True),  # 05:33 + 30 minutes is past 06:00
        (starting("05:28"), "05:57", False),
        (starting("05:28"), "05:59", True),  # it takes longer than its lead
        (replace(IDLE, phase=Phase.FAILED, observed=Observed.FAILED, effort=EFFORT), "05:35", True),
        (replace(IDLE, observed=Observed.UNKNOWN), "05:35", True),  # no pass has looked
        (None, "05:35", True),  # nor has one made a record
        (IDLE, "05:29", False),  # a pass has a moment to come to it
        (IDLE, "05:35", True),  # and none has
        (IDLE, "04:00", False),
        (HOSTED, "05:55", False),
        (replace(starting("05:33"), effort=replace(EFFORT, judged=True)), "06:05", False),  # reported elsewhere
    ],
)
def test_a_model_is_at_risk_when_its_lead_ends_after_its_shift_begins(
    record: ModelRecord | None, now: str, risky: bool
) -> None:
    assert [one.model_id for one in run_audit(now, record=record).at_risk] == ([WELD] if risky else [])


def test_a_paused_model_is_at_no_risk() -> None:
    assert run_audit("05:45", record=IDLE, mode=Mode.PAUSED).at_risk == ()
    assert run_audit("05:45", record=IDLE, model=replace(MODEL, mode=Mode.PAUSED)).at_risk == ()


@pytest.mark.parametrize(
    ("record", "now", "stuck"),
    [
        (starting("05:28"), "06:20", False),
        (starting("05:28"), "06:30", True),
        (replace(IDLE, phase=Phase.STOPPING, since=at("14:00")), "14:30", False),
        (replace(IDLE, phase=Phase.STOPPING, since=at("14:00")), "14:35", True),
    ],
)
def test_what_starts_or_stops_for_too_long_is_stuck(record: ModelRecord, now: str, stuck: bool) -> None:
    assert bool(run_audit(now, record=record).stuck) is stuck


def test_a_start_of_a_long_lead_is_stuck_after_twice_the_lead() -> None:
    slow = replace(MODEL, lead=timedelta(minutes=50))
    assert run_audit("06:35", record=starting("05:08"), model=slow).stuck == ()
    assert run_audit("06:50", record=starting("05:08"), model=slow).stuck != ()


def test_a_start_is_stuck_by_the_lead_that_it_began_with_and_not_by_a_shorter_one_of_the_plan() -> None:
    slow = starting("05:08")
    slow = replace(slow, effort=replace(slow.effort or EFFORT, lead=timedelta(minutes=50)))
    assert run_audit("06:35", record=slow).stuck == ()
    assert run_audit("06:50", record=slow).stuck != ()


def test_a_status_that_this_release_does_not_know_leaves_the_state_unknown() -> None:
    strange = replace(HOSTED, unread=Unread(at("09:00"), "WARMING_UP"))
    (one,) = run_audit("09:10", record=strange).unknown
    assert (one.model_id, one.cause) == (WELD, VerdictCause.STRANGE_STATUS)


def observe(number: int, when: datetime = DAY) -> LedgerEntry:
    return LedgerEntry(WELD, number, when, Phase.IDLE, Phase.IDLE, Action.OBSERVE, "there", MODEL.target)


def test_each_ledger_is_judged_once_a_day_and_a_gap_in_it_is_reported() -> None:
    runs = [
        run_audit("", record=IDLE, ledger=(observe(1), observe(3)), moment=DAY + number * EVERY)
        for number in range(timedelta(days=1) // EVERY)
    ]
    judged = [run for run in runs if run.judged]
    assert [find_run_of_day(run.at) for run in judged] == [find_turn(WELD)]
    assert [each.promise for each in judged[0].violations] == ["S7"]


def test_the_last_days_of_a_ledger_are_judged_each_day_and_all_of_it_once_a_month() -> None:
    days = [DAY + find_turn(WELD) * EVERY + timedelta(days=number) for number in range(30)]
    old, new = observe(1, DAY - timedelta(days=400)), observe(2, DAY - timedelta(days=399))
    for ledger, times in (((new,), 1), ((old, new, observe(4, DAY + timedelta(days=29))), 30)):
        found = [run_audit("", record=IDLE, ledger=ledger, moment=moment) for moment in days]
        assert all(run.judged for run in found)
        assert sum(bool(run.violations) for run in found) == times


class GrowingStore(MemoryStore):
    """A store in which a pass appends an entry between any two readings of a model."""

    reads = 0

    def load(self, model_id: ModelId) -> ModelRecord | None:
        self.reads += 1
        record = super().load(model_id)
        return replace(record, sequence=self.reads) if record is not None else None

    def read_ledger(self, model_id: ModelId) -> Sequence[LedgerEntry]:
        return self.read_recent_ledger(model_id, DAY)

    def read_recent_ledger(self, model_id: ModelId, since: datetime) -> Sequence[LedgerEntry]:
        self.reads += 1
        return tuple(observe(number) for number in range(1, self.reads + 1))


def test_an_entry_between_the_readings_of_record_and_ledger_breaks_no_promise() -> None:
    turn = DAY + find_turn(WELD) * EVERY
    found = run_audit("", record=IDLE, moment=turn, store=GrowingStore())
    assert (found.judged, found.violations) == ((WELD,), ())


class SpoiltStore(MemoryStore):
    """A store in which one item is of a form that nobody knows; `spoilt` names the reading of it."""

    def __init__(self, spoilt: str) -> None:
        super().__init__()
        self.spoilt = spoilt

    def _read(self, name: str) -> None:
        if name == self.spoilt:
            raise UnreadableItem(f"{name} of {WELD}: not JSON")

    def read_planned(self, model_id: ModelId) -> Planned:
        self._read("planned")
        return super().read_planned(model_id)

    def read_ledger(self, model_id: ModelId) -> Sequence[LedgerEntry]:
        self._read("ledger")
        return super().read_ledger(model_id)

    def read_recent_ledger(self, model_id: ModelId, since: datetime) -> Sequence[LedgerEntry]:
        self._read("ledger")
        return super().read_recent_ledger(model_id, since)

    def read_standings(self, subject: Subject, after: datetime) -> Standings:
        self._read("standings")
        return super().read_standings(subject, after)


def test_a_plan_item_that_cannot_be_read_is_reported_by_name_and_its_model_is_no_leak_within_its_demand() -> None:
    found = run_audit("08:00", make_run(), record=HOSTED, store=SpoiltStore("planned"))
    assert found.unreadable == ((WELD, f"planned of {WELD}: not JSON"),)
    assert found.unscheduled == ()


def test_a_ledger_that_cannot_be_read_is_reported_by_name_and_not_taken_for_judged() -> None:
    turn = DAY + find_turn(WELD) * EVERY
    found = run_audit("", record=IDLE, moment=turn, store=SpoiltStore("ledger"))
    assert (found.judged, found.unreadable) == ((), ((WELD, f"ledger of {WELD}: not JSON"),))


def test_what_cannot_be_evaluated_is_neither_a_leak_nor_at_risk() -> None:
    unknown = replace(MODEL, schedules=(replace(MODEL.schedules[0], zone="Mars/Olympus"),))
    for now in ("05:45", "20:00"):
        found = run_audit(now, make_run(), record=IDLE, model=unknown)
        assert (found.unscheduled, found.at_risk) == ((), ())
    found = run_audit("20:00", make_run(), record=IDLE, store=SpoiltStore("standings"))
    assert found.unscheduled == ()


LEARNED = replace(MODEL, learning=Learning())


def test_a_start_under_way_is_projected_by_the_lead_it_was_given() -> None:
    record = starting("05:33")
    assert record.effort is not None
    given = replace(record, effort=replace(record.effort, lead=timedelta(minutes=20)))
    assert run_audit("05:45", record=given, model=LEARNED).at_risk == ()
    assert len(run_audit("05:45", record=record, model=LEARNED).at_risk) == 1  # the default, as nothing is on record


def test_a_start_that_is_refused_for_want_of_room_is_at_risk_as_long_as_it_has_not_begun() -> None:
    record = starting("05:28")
    assert record.attempt is not None
    refused = record.attempt.note_answer(Answer.QUOTA, WELD, at("05:28"))
    record = replace(record, observed=Observed.STOPPED, attempt=refused)
    (risk,) = run_audit("05:31", record=record).at_risk
    assert (risk.state, risk.cause, risk.expected_at) == (
        VerdictState.AT_RISK,
        VerdictCause.QUOTA,
        at("05:31") + LEAD,
    )


def test_a_demand_of_a_learned_lead_that_no_pass_has_come_to_is_at_risk_by_that_lead() -> None:
    fast = replace(IDLE, samples=(timedelta(minutes=10),) * 60)  # its start is due at 05:47
    assert run_audit("05:45", record=fast, model=LEARNED).at_risk == ()
    assert len(run_audit("05:53", record=fast, model=LEARNED).at_risk) == 1


ENDPOINT = Running(
    Site(Backend.SAGEMAKER, "eu-central-1"), "line-9", "line-9-v1", Observed.HOSTED, "InService", arn="arn:line-9"
)


@pytest.mark.parametrize(("name", "planned"), [("Front-9", True), ("Line-9", False), ("Front-9", False)])
def test_an_endpoint_with_capitals_is_found_by_its_planned_name_or_its_prefix(name: str, planned: bool) -> None:
    """SageMaker takes `Front-9` and `front-9` for one name."""
    run = Running(Site(Backend.SAGEMAKER), name, "cfg-3", Observed.HOSTED, "InService")
    target = Target("front-9" if planned else "line-1", "cfg-3", Backend.SAGEMAKER)
    found = run_audit("20:00", run, model=replace(MODEL, target=target, units=Units()))
    assert [one.running for one in found.unscheduled or ()] == ([run] if planned or name == "Line-9" else [])


def test_an_endpoint_with_capitals_is_explained_by_the_window_of_its_planned_name() -> None:
    run = Running(Site(Backend.SAGEMAKER), "Front-9", "cfg-3", Observed.HOSTED, "InService")
    target = Target("front-9", "cfg-3", Backend.SAGEMAKER)
    assert run_audit("10:00", run, model=replace(MODEL, target=target, units=Units())).unscheduled == ()


def test_a_name_of_one_account_is_not_listed_in_another() -> None:
    """The role of a member may see its own names only: to ask for others would keep the whole account unlisted."""
    member = "arn:aws:iam::111122223333:role/preheat-member"
    runs = [
        Running(Site(Backend.SAGEMAKER, None, role), "front-9", "cfg-3", Observed.HOSTED, "InService")
        for role in (None, member)
    ]
    target = Target("front-9", "cfg-3", Backend.SAGEMAKER, role=member)
    found = run_audit("20:00", *runs, model=replace(MODEL, target=target, units=Units()))
    assert [one.running.site.role for one in found.unscheduled or ()] == [member]


class EndpointListing(MemoryListing):
    """Lists an endpoint whatever the site; `error` is what reading its tags raises."""

    error: Exception | None = None

    def list_running(self, site: Site, wanted: Callable[[str], bool]) -> Sequence[Running]:
        return [ENDPOINT]

    def find_stack(self, one: Running) -> str:
        if self.error is not None:
            raise self.error
        return super().find_stack(one)


def test_an_endpoint_that_cloudformation_owns_is_reported_with_the_stack() -> None:
    found = run_audit("07:00", listing=EndpointListing(stacks={"arn:line-9": "paint-line"}))
    assert found.unscheduled is not None
    (one,) = found.unscheduled
    assert one.reason == "Not in the plan; the CloudFormation stack paint-line owns it"


def test_an_endpoint_of_no_stack_is_reported_as_before() -> None:
    found = run_audit("07:00", listing=EndpointListing())
    assert found.unscheduled is not None
    assert [one.reason for one in found.unscheduled] == ["Not in the plan"]


@pytest.mark.parametrize("error", [AccessRefused("no right to ListTags"), KeyError("Tags")])
def test_tags_that_cannot_be_read_hide_no_finding(error: Exception) -> None:
    listing = EndpointListing(stacks={"arn:line-9": "paint-line"})
    listing.error = error
    found = run_audit("07:00", listing=listing)
    assert found.unscheduled is not None
    assert [one.reason for one in found.unscheduled] == ["Not in the plan"]
