"""Mutations of rules that a person would try by hand: bounds, the words of a verdict, the figures of the bill.

No promise of the protocol names most of these rules, so each mutation names the suite of tests that sees it.
"""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_VERDICT = "tests/preheat/domain/verdict/test_judging.py"
_TIMES = "tests/preheat/domain/verdict/test_plant_time.py"
_BILL = "tests/tools/preheat_report/test_rules.py"
_TIMETABLE = "tests/preheat/domain/calendar/test_timetable.py"
_EVIDENCE = "tests/preheat/domain/lead/test_evidence.py"
_says = partial(Mutation, rule="a verdict says what is so, and since when", sees="L4", suite=_VERDICT)
_shows = partial(Mutation, rule="times are those of the plant's clock", sees="L4", suite=_TIMES)
_bills = partial(Mutation, rule="the report says what you paid for, and what you saved", sees="S7", suite=_BILL)
_looks = partial(Mutation, rule="a change of target begins with nothing of the old one", sees="L4", suite=_EVIDENCE)

MUTATIONS = (
    _says(
        name="verdict: a stop is overdue after twenty minutes",
        file="domain/verdict/judging.py",
        old="STOPS_AT_LATEST = timedelta(minutes=30)",
        new="STOPS_AT_LATEST = timedelta(minutes=20)",
    ),
    _says(
        name="verdict: late before its ready time",
        file="domain/verdict/judging.py",
        old="since=max(since, ready_at)",
        new="since=since",
    ),
    _says(
        name="verdict: a start hangs after two leads",
        file="domain/verdict/expecting.py",
        old="max(2 * facts.lead, STUCK_AFTER_LEAST)",
        new="2 * facts.lead",
    ),
    _says(
        name="verdict: a start does not wait for a stop",
        file="domain/verdict/expecting.py",
        old="        waits.append(attempt.lease_ends_at())\n",
        new="        pass\n",
    ),
    _says(
        name="verdict: a set of windows is extended by hand",
        file="domain/verdict/remedies.py",
        old="if hold is not None and not hold.windows:",
        new="if hold is not None:",
    ),
    _says(
        name="verdict: the block that ends first",
        file="domain/verdict/facts.py",
        old="return max(blocks, key=lambda one: one.end, default=None)",
        new="return min(blocks, key=lambda one: one.end, default=None)",
    ),
    _says(
        name="verdict: needed at a target that the plan has left",
        file="domain/verdict/facts.py",
        old="if self.model is None or (self.record is not None and self.record.target != self.model.target):",
        new="if self.model is None:",
    ),
    Mutation(
        name="verdict: a shortage without its cause",
        file="domain/verdict/reporting.py",
        old="Action.UNREAD, Action.CAPACITY, Action.FAIL",
        new="Action.UNREAD, Action.FAIL",
        rule="an entry that reports trouble has the cause of its verdict",
        sees="L3",
        suite="tests/days/test_capacity.py",
    ),
    _shows(
        name="times: a weekday six days away",
        file="domain/verdict/plant_time.py",
        old="-6 < days < 6",
        new="-7 < days < 7",
    ),
    _shows(
        name="times: today is the day of UTC",
        file="domain/verdict/plant_time.py",
        old="self.now.astimezone(zone).date()",
        new="self.now.date()",
    ),
    _looks(
        name="lead: a start outlasts the lead of the plan",
        file="domain/lead/evidence.py",
        old="now - began > (effort.lead or lead)",
        new="now - began > lead",
        rule="a start is measured by the lead that it began with",
    ),
    _looks(
        name="lead: the service's words of the old target stay",
        file="domain/lead/evidence.py",
        old='        status="",\n',
        new="",
    ),
    _looks(
        name="lead: the old target was not readable",
        file="domain/lead/evidence.py",
        old="        unread=None,\n",
        new="",
    ),
    Mutation(
        name="demand: a shift inside a longer one ends it",
        file="domain/demand/shifts.py",
        old="over_at = shift.end if over_at is None else max(over_at, shift.end)",
        new="over_at = shift.end",
        rule="only shifts that the plan does not join have attempts of their own",
        sees="L1",
        suite="tests/preheat/domain/demand/test_units.py",
    ),
    Mutation(
        name="demand: the outlook names the block that ends first",
        file="domain/demand/demand.py",
        old="return max(active, key=lambda one: (one.end, one.request_id)).request_id",
        new="return min(active, key=lambda one: (one.end, one.request_id)).request_id",
        rule="of several active blocks the one that ends last counts",
        sees="S7",
        suite="tests/preheat/domain/demand/test_pieces.py",
    ),
    Mutation(
        name="plan: the clock of the last schedule",
        file="domain/plan/hosted_model.py",
        old="return self.schedules[0].zone",
        new="return self.schedules[-1].zone",
        rule="a model's times are those of its first schedule",
        sees="S7",
        suite="tests/preheat/domain/plan/test_hosted_model.py",
    ),
    Mutation(
        name="looks: a stop says how many copies must serve",
        file="domain/record/observation.py",
        old="started is not None and started.call is Call.START else 1",
        new="started is not None else 1",
        rule="only a start says how many copies must serve",
        sees="L2",
        suite="tests/preheat/domain/record/test_observation.py",
    ),
    Mutation(
        name="starts: the last wait is as long as the one before",
        file="domain/decision/starting.py",
        old="BACKOFF = (0, 2, 4, 8)",
        new="BACKOFF = (0, 2, 4, 4)",
        rule="failed starts wait for none, two, four and eight minutes",
        sees="S10",
        suite="tests/days/test_a_bad_day.py",
    ),
    Mutation(
        name="calendar: holidays run short with ninety days left",
        file="domain/calendar/timetable.py",
        old="known_until - now.date() < HORIZON_LEAST",
        new="known_until - now.date() <= HORIZON_LEAST",
        rule="fewer than ninety days of holidays are an alarm",
        sees="L1",
        suite=_TIMETABLE,
    ),
    Mutation(
        name="calendar: a closed day ends at the second of two midnights",
        file="domain/calendar/timetable.py",
        old="find_instant(again, time(), schedule.zone, fold=0)",
        new="find_instant(again, time(), schedule.zone, fold=1)",
        rule="no part of a shift lacks cover at a change of the clocks",
        sees="L1",
        suite=_TIMETABLE,
    ),
    _bills(
        name="bill: the units of the first start",
        file="domain/bill/savings.py",
        old="for entry in reversed(entries) if entry.units",
        new="for entry in entries if entry.units",
    ),
    _bills(
        name="bill: a vain lead counts from the first entry",
        file="domain/bill/savings.py",
        old="known = _clip(entries, asked, FIXED_LEAD)\n    both",
        new="known = _clip(entries, asked)\n    both",
    ),
    _bills(
        name="bill: a run goes on after its end",
        file="domain/bill/history.py",
        old=" and before.ended_after is None\n",
        new="\n",
    ),
)
