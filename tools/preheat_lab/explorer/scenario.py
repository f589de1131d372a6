"""One scenario: the plans and their order, the stretch of time made hard, the budgets.

Owns which requests are active once they are stored; `wants` follows from that. Knows no state, no search.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, time
from functools import cached_property

from preheat.app.audit.invariants import GATE_CLOSED_WITHIN
from preheat.app.requests.sets import merge_windows
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.calendar.windows import Window
from preheat.domain.demand.request import RequestId, Standing, Standings, Subject
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId, Target, Units
from preheat_lab.explorer.wants import STEP, Wants, instant, wants
from preheat_simulator.core.switches import Switches

MODEL = ModelId("weld-seams")
TARGET = Target("weld-seams-front", "3")
SCHEDULE = "early"

# At which points the first of a scenario's requests were stored.
type RequestsSent = tuple[int, ...]
REFUSED = -1  # in place of the point of a request that the budget has no room for


def a_model(*windows: tuple[int, int], units: int = 1, target: Target = TARGET) -> HostedModel:
    """Return a model that is needed in `windows`, each from one point of the grid to another, on this one Monday.

    A lead and a slack of 2 minutes each: a start is due 4 points before its window.
    """

    def wall(index: int) -> time:
        return instant(index).time()

    shifts = tuple(ShiftWindow(frozenset({Weekday.MON}), wall(begin), wall(end)) for begin, end in windows)
    return HostedModel(
        MODEL,
        target,
        Units(units),
        (Schedule(SCHEDULE, "UTC", shifts),) if shifts else (),
        lead=2 * STEP,
        slack=2 * STEP,
        announced_at=instant(-600),
    )


@dataclass(frozen=True)
class Scenario:
    """One model and its plans; `plans[0]` is current from the origin on; the others may follow in their order.

    From `hard_from` to `hard_until` everything may happen; before and after it, only Preheat and a healthy service act.
    `faults` bounds crashes, lost answers, refusals, failures and updates together; `people` what persons do.
    """

    name: str
    plans: tuple[HostedModel | None, ...]
    hard_from: int
    hard_until: int
    ends: int
    workers: int = 1
    faults: int = 0
    people: int = 0
    apart: bool = False  # an apply makes the plan current first and wakes the model later, as the DynamoDB store does
    switches: Switches = field(default_factory=Switches)
    idles: bool = False  # it may be hosted by the service's word while nothing serves
    runs_short: bool = False  # the service may have no capacity for a start
    scales: bool = False  # its owner has it scale, and a stop removes that
    refuses_scaled: bool = False  # Preheat may not remove the scaling: the service refuses to stop what scales
    found_scaled: bool = False  # what scales does so from its first start on
    found_open: bool = False  # the gate is open from the beginning; somebody opened it
    # The requests, in this order, each at any point of the hard stretch; an id that comes again releases its request.
    requests: tuple[Standing, ...] = ()
    glances: bool = False  # the message of a glance may come at any moment of the hard stretch
    loses_glances: bool = False  # no such message comes: only the due index brings the model back
    reduced: bool = True  # workers that can no longer make a difference are gone at once: see `World._outdated`

    def __str__(self) -> str:
        return f"{self.name}, workers {self.workers}, faults {self.faults}, people {self.people}" + (
            f", requests {len(self.requests)}" if self.requests else ""
        )

    @property
    def targets(self) -> tuple[Target, ...]:
        """Return every target that a plan names, once."""
        return tuple(dict.fromkeys(plan.target for plan in self.plans if plan is not None))

    @property
    def is_gated(self) -> bool:
        """Return whether a plan names a gate or a queue."""
        return self.drains or any(plan is not None and plan.gate is not None for plan in self.plans)

    @property
    def drains(self) -> bool:
        """Return whether a plan names a queue."""
        return any(plan is not None and plan.drain is not None for plan in self.plans)

    @property
    def waits_at_most(self) -> int:
        """Return how many points a queue and a gate may keep a stop waiting."""
        limits = [plan.drain.limit // STEP for plan in self.plans if plan is not None and plan.drain is not None]
        return max(limits, default=0) + (GATE_CLOSED_WITHIN // STEP if self.is_gated else 0)

    @property
    def tokenless(self) -> bool:
        """Return whether the service knows no client token."""
        return any(target.tokenless for target in self.targets)

    @property
    def tells_makers(self) -> bool:
        """Return whether the service shows who made what is there, so that somebody else's is foreign to Preheat."""
        return any(target.backend.deletes_failed for target in self.targets)

    @cached_property
    def _known(self) -> dict[tuple[int, RequestsSent], Wants]:
        return {}

    def wants(self, plan: int, asked: RequestsSent = ()) -> Wants:
        """Return the demand over time, by the plan of this number and all requests active at the moment."""
        key = (plan, asked)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = wants(self.plans[plan], self.list_standings(asked), self.ends)
        return found

    def list_standings(self, asked: RequestsSent) -> tuple[Standing, ...]:
        """Return all active requests, if the first ones were stored at these points, in order of their ids.

        A request becomes known, and a release takes effect, at the instant that stores it. A higher edition of a set of
        windows replaces the one before it.
        """
        found: dict[RequestId, Standing] = {}
        refused: set[RequestId] = set()
        for each, at in zip(self.requests, asked, strict=False):
            before = found.get(each.request_id)
            if at == REFUSED or each.request_id in refused:
                refused.add(each.request_id)
            elif each.windows and (before is None or each.edition > before.edition):
                found[each.request_id] = _replace_windows(each, before, instant(at))
            elif before is None:
                found[each.request_id] = replace(each, known_at=instant(at))
            else:
                found[each.request_id] = replace(before, released_at=instant(at), revision=before.revision + 1)
        return tuple(found[name] for name in sorted(found))

    def read_standings(self, subject: Subject, asked: RequestsSent) -> Standings:
        """Return what a pass reads of a subject; the schedules share one counter, which begins at 1."""
        stand = tuple(each for each in self.list_standings(asked) if each.subject == subject)
        changes = [each for each in self.requests[: len(asked)] if each.subject.schedule is not None]
        return Standings(1 + len(changes) if subject.schedule is not None else 0, stand)


def _replace_windows(asked: Standing, before: Standing | None, now: datetime) -> Standing:
    """Return a set of windows as the desk stores it at `now`, after the edition before it."""
    windows = merge_windows([Window(one.begin, one.end) for one in asked.windows], before, now)
    revision = before.revision + 1 if before is not None else 1
    return replace(
        asked, windows=windows, begin=windows[0].begin, until=windows[-1].end, known_at=now, revision=revision
    )
