"""The scenarios: a few plans made to be hard, and the bounds within which the explorer searches each to its end.

`CI` is short enough for every change; `DEEP` is for `make explore`. Owns no rule.
"""

from dataclasses import replace

from preheat.domain.demand.request import HeldWindow, Kind, RequestId, Standing, Subject
from preheat.domain.plan.hosted_model import Drain, Resize
from preheat.domain.plan.plan import Backend
from preheat_lab.explorer.scenario import MODEL, SCHEDULE, TARGET, Scenario, a_model
from preheat_lab.explorer.wants import STEP, instant
from preheat_simulator.core.switches import Switches, TokenAfterStop, WhenAlready, WhenPossible

_SHIFT = a_model((8, 11))
# A lead and a slack of a minute each: all that can happen in a shift, on half as many points.
_LONG = replace(a_model((6, 40)), lead=STEP, slack=STEP)
_TIGHT = replace(a_model((6, 8)), lead=STEP, slack=STEP)

TIGHT = Scenario("a tight shift", (_TIGHT,), hard_from=4, hard_until=9, ends=40)
SHIFT = Scenario("a shift", (_SHIFT,), hard_from=4, hard_until=13, ends=60)
# Long enough for L1 to fall due: it allows the lease, a backoff and a look.
LONG = Scenario("a long shift", (_LONG,), hard_from=4, hard_until=9, ends=60)
# Three minutes made hard: the end of a demand, with what has begun in it.
BRIEF = Scenario("the end of a brief shift", (replace(a_model((5, 6)), lead=STEP, slack=0 * STEP),), 4, 7, ends=30)
TWO_SHIFTS = Scenario("two shifts", (a_model((8, 10), (24, 27)),), hard_from=4, hard_until=12, ends=60)
UNITS = Scenario("other units, then no shift", (_TIGHT, replace(_TIGHT, units=a_model(units=2).units), None), 4, 9, 40)
UNITS = replace(UNITS, apart=True)
_NEWER = replace(TARGET, version="4")
MOVED = Scenario("a later shift of another version", (_SHIFT, a_model((12, 15), target=_NEWER)), 4, 16, 60, apart=True)
# A service that refuses whatever it may, and one that takes a known token for a new call once the model has turned.
STRICT = replace(
    TIGHT,
    name="a strict service",
    switches=Switches(
        start_from_hosting_failed=WhenPossible.CONFLICT,
        stop_while_starting=WhenPossible.CONFLICT,
        token_after_stop=TokenAfterStop.NEW_CALL,
    ),
)
LENIENT = replace(
    TIGHT,
    name="a lenient service",
    switches=Switches(
        start_while_hosted=WhenAlready.NO_OP,
        start_while_starting=WhenAlready.NO_OP,
        stop_while_trained=WhenAlready.NO_OP,
        stop_while_stopping=WhenAlready.NO_OP,
        calls_during_system_updating=WhenAlready.NO_OP,
    ),
)
# Services that know no token: of what failed, one starts it again, the other must have it deleted first.
REKOGNITION = Scenario("Rekognition", (replace(_TIGHT, target=replace(TARGET, backend=Backend.REKOGNITION)),), 4, 9, 40)
SAGEMAKER = Scenario(
    "SageMaker",
    (replace(_TIGHT, target=replace(TARGET, backend=Backend.SAGEMAKER)),),
    4,
    9,
    40,
    switches=Switches(start_from_hosting_failed=WhenPossible.CONFLICT, stop_while_starting=WhenPossible.CONFLICT),
)

# An endpoint in service while nothing serves, and one without capacity. One that scales, and comes back in a second
# shift. And one that scales, whose stop the service refuses until its owner has removed the scaling.
SERVING = replace(SAGEMAKER, name="an endpoint that serves nothing", idles=True)
CAPACITY = replace(SAGEMAKER, name="an endpoint without capacity", runs_short=True, hard_until=7, ends=60)
CAPACITY = replace(CAPACITY, plans=(replace(_LONG, target=replace(TARGET, backend=Backend.SAGEMAKER)),))
_AGAIN = replace(a_model((6, 8), (28, 56)), lead=STEP, slack=STEP, target=replace(TARGET, backend=Backend.SAGEMAKER))
SCALED = replace(SAGEMAKER, name="an endpoint that scales", plans=(_AGAIN,), hard_until=10, ends=70, people=1)
SCALED = replace(SCALED, scales=True)
# The begin of the second shift made hard, in which a pass restores the scaling.
RESTORED = replace(SCALED, name="scaling that comes back", found_scaled=True, people=0, hard_from=27, hard_until=31)
SCALED_REFUSED = replace(
    SCALED, name="an endpoint that scales, and no right to remove that", hard_from=5, refuses_scaled=True
)

# A call sets how many copies run: the same again is accepted, and changes nothing.
COMPONENT = replace(
    LENIENT,
    name="an inference component",
    plans=(replace(_TIGHT, target=replace(TARGET, version="", backend=Backend.SAGEMAKER_COMPONENT)),),
    switches=replace(LENIENT.switches, calls_during_system_updating=WhenAlready.CONFLICT),
)

# Behind the model: a gate, and a queue that fills and empties as it likes.
MAPPING = "0c6d2f58-3c2b-4f6e-9a51-6f1d2f0a7b11"
_GATED = replace(_TIGHT, gate=MAPPING)
GATE = Scenario("a gate", (_GATED,), hard_from=4, hard_until=10, ends=40)
GATE_GONE = Scenario("a gate, then no shift", (_GATED, None), 5, 8, 40)
GATE_LONG = Scenario("a gate and a long shift", (replace(_LONG, gate=MAPPING),), 4, 9, 60)
GATE_FOUND_OPEN = replace(GATE, name="a gate that is found open", hard_until=8, found_open=True)
# The end of a shift made hard, and another after it.
_TWICE = replace(a_model((6, 8), (24, 27)), gate=MAPPING)
GATE_TWICE = Scenario("a gate and two shifts", (_TWICE,), hard_from=8, hard_until=11, ends=40)
_DRAINED = replace(_GATED, drain=Drain("https://sqs.eu-central-1.amazonaws.com/111122223333/images", 3 * STEP))
DRAIN = Scenario("a queue and a gate", (_DRAINED,), hard_from=7, hard_until=11, ends=40)

# Requests: keep a model, or all of a schedule, beyond the shift; block it during the shift, and lift the block.
_HELD = Standing(
    RequestId("hold"), Kind.HOLD, Subject(model_id=MODEL), "line-control", instant(8), instant(30), known_at=instant(8)
)
_BLOCKED = replace(_HELD, request_id=RequestId("block"), kind=Kind.BLOCK, begin=instant(9))
_BLOCKED = replace(_BLOCKED, priority=0)
HOLD = Scenario("a hold at the end of a shift", (_TIGHT,), 6, 11, 50, requests=(_HELD,))
SCHEDULE_HOLD = replace(
    HOLD, name="a schedule's hold at the end of a shift", requests=(replace(_HELD, subject=Subject(schedule=SCHEDULE)),)
)
# A set of windows after the shift, and an edition of it that ends the running window and has a later one.
_SET = replace(_HELD, request_id=RequestId("week"), begin=instant(8), until=instant(30), edition=1)
_SET = replace(_SET, windows=(HeldWindow(instant(8), instant(30), instant(8)),))
_EDITED = (HeldWindow(instant(8), instant(14), instant(8)), HeldWindow(instant(34), instant(36), instant(8)))
_EDITED_SET = replace(_SET, windows=_EDITED, until=instant(36), edition=2)
SETS = Scenario("a set of windows, and its next edition", (_TIGHT,), 6, 11, 60, requests=(_SET, _EDITED_SET))
_LONGER = replace(a_model((6, 50)), lead=STEP, slack=STEP)
BLOCK = Scenario("a block during a shift", (_LONGER,), 7, 12, 70, requests=(_BLOCKED, _BLOCKED))

# The model runs through the gap between two shifts. A block there would stop it; lifted, it leaves no time for a stop.
_CLOSE = replace(a_model((6, 8), (18, 40)), lead=STEP, slack=STEP)
LIFTED = Scenario("a block between two shifts", (_CLOSE,), 10, 15, 60, requests=(_BLOCKED, _BLOCKED))

# A person runs a model that nothing needs; a block stops it, and somebody may lift the block at any moment.
_LATER = replace(a_model((30, 33)), lead=STEP, slack=STEP)
_KEPT_OFF = replace(_BLOCKED, begin=instant(4), until=instant(20))
STRAY = Scenario("a block of what a person runs", (_LATER,), 4, 9, 50, people=1, requests=(_KEPT_OFF, _KEPT_OFF))
STRAY_SCHEDULE = replace(
    STRAY,
    name="a schedule's block of what a person runs",
    requests=(replace(_KEPT_OFF, subject=Subject(schedule=SCHEDULE)),),
)

# A hold that asks for more units than run, of a model that restarts for that; behind it a gate.
_LARGER = replace(_HELD, request_id=RequestId("larger"), until=instant(40), units=2)
_RESIZED = replace(_LONGER, resize=Resize.RESTART, max_units_by_request=2)
LARGER = Scenario("a larger hold during a shift", (_RESIZED,), 7, 11, 70, requests=(_LARGER,))
# The same between two shifts: a restart would cut into the begin of the second.
_BETWEEN = replace(_RESIZED, schedules=a_model((6, 12), (14, 50)).schedules)
LARGER_BETWEEN = Scenario("a larger hold between two shifts", (_BETWEEN,), 9, 14, 70, requests=(_LARGER,))
# The same before a shift: the start asks for more, and a service that refuses that must not make the shift late.
_EARLIER = replace(_LARGER, request_id=RequestId("earlier"), begin=instant(10), until=instant(12), units=3)
_HEADED = replace(a_model((9, 40)), lead=STEP, slack=STEP, max_units_by_request=2)
MORE_UNITS = Scenario("more units for a shift", (_HEADED,), 4, 7, 40, requests=(_EARLIER,))
MORE_UNITS_RELEASED = replace(MORE_UNITS, name="more units, and a release", hard_until=6, requests=(_EARLIER, _EARLIER))
LARGER_GATED = replace(LARGER, name="a larger hold behind a gate", plans=(replace(_RESIZED, gate=MAPPING),))

# Two holds that fit into the budget of the day one after the other, and not at once.
_SPARING = replace(_TIGHT, max_units_by_request=2, max_unit_hours_by_request=1)
_FIRST = replace(_HELD, until=instant(40))
_SECOND = replace(_HELD, request_id=RequestId("second"), units=2)
_THIRD = replace(_SECOND, request_id=RequestId("third"))
BUDGET = Scenario("holds within a budget", (_SPARING,), 6, 9, 60, requests=(_FIRST, _SECOND, _FIRST, _THIRD))

# Glances beside a worker, a person and another plan, and with a request between a glance and its write. Others meet the
# end of a shift, or lose every message. The model runs long enough for L1 to fall due.
_HOSTED = replace(a_model((6, 70)), lead=STEP, slack=STEP)
GLANCES = Scenario("glances", (_HOSTED,), hard_from=8, hard_until=12, ends=90, glances=True)
GLANCES_ENDING = replace(GLANCES, name="glances at the end of a shift", plans=(_TIGHT,), hard_from=6, hard_until=11)
GLANCES_ENDING = replace(GLANCES_ENDING, ends=40)
GLANCES_LOST = replace(GLANCES, name="glances whose messages are lost", glances=False, loses_glances=True)
GLANCES_PLAN = replace(
    GLANCES, name="glances, and other units", plans=(_HOSTED, replace(_HOSTED, units=a_model(units=2).units), None)
)
GLANCES_PLAN = replace(GLANCES_PLAN, apart=True, hard_until=10)
GLANCES_BLOCK = replace(GLANCES, name="glances, and a block", requests=(replace(_BLOCKED, until=instant(40)),) * 2)
_CREATED = replace(_HOSTED, target=replace(TARGET, backend=Backend.SAGEMAKER))
GLANCES_ENDPOINT = replace(SAGEMAKER, name="glances at an endpoint", plans=(_CREATED,), hard_from=8, hard_until=12)
GLANCES_ENDPOINT = replace(GLANCES_ENDPOINT, ends=90, glances=True, idles=True)

CI = (
    replace(TIGHT, faults=2),
    replace(TIGHT, faults=1, people=1),
    replace(SHIFT, workers=2),
    replace(TWO_SHIFTS, people=1),
    replace(UNITS, workers=2, hard_until=7),
    replace(MOVED, people=0),
    replace(LONG, faults=1, people=1),
    replace(STRICT, faults=1),
    replace(LENIENT, faults=1),
    replace(REKOGNITION, faults=1),
    replace(SAGEMAKER, faults=1),
    replace(COMPONENT, faults=1),
    replace(SERVING, faults=1),
    replace(CAPACITY, faults=1),
    SCALED,
    replace(SCALED, hard_from=5, faults=1),
    replace(SCALED_REFUSED, people=2),
    replace(RESTORED, faults=1),
    replace(GATE, workers=2),
    replace(GATE_GONE, workers=2),
    replace(GATE_LONG, faults=1),
    replace(GATE_FOUND_OPEN, faults=1),
    replace(GATE_TWICE, faults=1),
    replace(DRAIN, faults=1),
    replace(HOLD, workers=2),
    replace(SCHEDULE_HOLD, workers=2),
    replace(SETS, faults=1, hard_until=9),
    BLOCK,
    LIFTED,
    STRAY,
    replace(STRAY, workers=2, hard_until=6),
    replace(STRAY_SCHEDULE, faults=1, hard_until=6),
    replace(LARGER, workers=2),
    replace(LARGER_GATED, workers=2),
    replace(LARGER_BETWEEN, faults=1),
    replace(MORE_UNITS, faults=1),
    BUDGET,
    replace(BRIEF, workers=2, faults=1),
    replace(GLANCES, faults=1, hard_until=10),
    replace(GLANCES, workers=2, people=1, hard_until=10),
    replace(GLANCES_ENDING, workers=2, people=1),
    replace(GLANCES_LOST, people=1, faults=1),
    replace(GLANCES_PLAN, people=1),
    GLANCES_BLOCK,
    replace(GLANCES_ENDPOINT, faults=1, hard_until=10),
)
DEEP = (
    replace(TIGHT, workers=2, faults=1),
    replace(SHIFT, workers=2, faults=1),
    replace(TIGHT, faults=3),
    replace(SHIFT, faults=1, people=1),
    replace(TIGHT, workers=2, people=1),
    replace(UNITS, faults=1),
    replace(UNITS, workers=2),
    replace(MOVED, workers=2),
    replace(STRICT, workers=2, faults=1),
    replace(LENIENT, workers=2, faults=1),
    replace(TWO_SHIFTS, faults=1, people=1),
    replace(REKOGNITION, workers=2, faults=1),
    replace(REKOGNITION, faults=1, people=1),
    replace(SAGEMAKER, workers=2, faults=1),
    replace(COMPONENT, workers=2, faults=1),
    replace(COMPONENT, faults=1, people=1),
    replace(SERVING, workers=2, faults=1),
    replace(CAPACITY, faults=2),
    replace(CAPACITY, workers=2, faults=1),
    replace(SCALED, workers=2),
    replace(SCALED, people=2, faults=1),
    replace(SCALED_REFUSED, people=2, faults=1),
    replace(RESTORED, workers=2, faults=1),
    replace(GATE, workers=2, faults=1),
    replace(GATE_GONE, workers=2, hard_from=4, hard_until=9, apart=True),
    replace(GATE_LONG, faults=2),
    replace(GATE, faults=1, people=1),
    replace(DRAIN, faults=2),
    replace(DRAIN, workers=2, faults=1),
    replace(HOLD, faults=1),
    replace(HOLD, workers=2, faults=1),
    replace(SCHEDULE_HOLD, faults=1),
    replace(SCHEDULE_HOLD, workers=2, faults=1),
    replace(SETS, workers=2),
    replace(SETS, faults=1),
    replace(BLOCK, workers=2),
    replace(BLOCK, workers=2, faults=1),
    replace(LIFTED, faults=1),
    replace(LIFTED, workers=2),
    replace(STRAY, people=2, workers=2),
    replace(STRAY, faults=2),
    replace(STRAY, workers=2, faults=1),
    replace(STRAY_SCHEDULE, workers=2, faults=1),
    replace(LARGER, workers=2, faults=1),
    replace(LARGER_BETWEEN, workers=2, faults=1),
    replace(MORE_UNITS, workers=2, faults=1),
    replace(MORE_UNITS, faults=2),
    replace(LARGER_GATED, faults=1),
    replace(LARGER_GATED, workers=2, faults=1),
    replace(GLANCES, people=2, faults=1),
    replace(GLANCES, workers=2, people=1, faults=1),
    replace(GLANCES_ENDING, workers=2, people=1, faults=1),
    replace(GLANCES_PLAN, workers=2),
    replace(GLANCES_BLOCK, workers=2, people=1),
    replace(GLANCES_ENDPOINT, workers=2, faults=1),
    replace(MORE_UNITS_RELEASED, faults=1),
    replace(MORE_UNITS_RELEASED, workers=2),
)
