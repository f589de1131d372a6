"""What is explored: a few plans made to be hard, and the bounds under which each is searched to its end.

`CI` is short enough for every change; `DEEP` is for `make explore`. Owns no rule.
"""

from dataclasses import replace

from preheat.domain.plan import Backend
from preheat.explorer.scenario import STEP, TARGET, Scenario, a_model
from preheat.simulator.switches import Switches, TokenAfterStop, WhenAlready, WhenPossible

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

CI = (
    replace(TIGHT, faults=2),
    replace(TIGHT, faults=1, people=1),
    replace(SHIFT, workers=2),
    replace(TWO_SHIFTS, people=1),
    replace(UNITS, workers=2),
    replace(MOVED, people=0),
    replace(LONG, faults=1, people=1),
    replace(STRICT, faults=1),
    replace(LENIENT, faults=1),
    replace(REKOGNITION, faults=1, people=1),
    replace(SAGEMAKER, faults=1),
    replace(BRIEF, workers=2, faults=1),
)
DEEP = (
    replace(TIGHT, workers=2, faults=1),
    replace(SHIFT, workers=2, faults=1),
    replace(TIGHT, faults=3),
    replace(SHIFT, faults=1, people=1),
    replace(TIGHT, workers=2, people=1),
    replace(UNITS, faults=1),
    replace(MOVED, workers=2),
    replace(STRICT, workers=2, faults=1),
    replace(LENIENT, workers=2, faults=1),
    replace(TWO_SHIFTS, faults=1, people=1),
    replace(REKOGNITION, workers=2, faults=1),
    replace(SAGEMAKER, workers=2, faults=1),
)
