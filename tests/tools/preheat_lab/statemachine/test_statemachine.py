"""The state machine, as CI runs it: any order of events, held to the promises step by step and at the end.

`make statemachine` draws 50,000 examples of 100 steps, in batches that a seed replays.
"""

import os

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.tools.preheat_lab.statemachine.machine import Preheat

EXAMPLES = int(os.environ.get("STATEMACHINE_EXAMPLES", "0"))
STEPS = int(os.environ.get("STATEMACHINE_STEPS", "50"))
FIRST_SEED = int(os.environ.get("STATEMACHINE_FIRST_SEED", "1"))
BATCH = 500  # Hypothesis remembers every example of a run: one run of all would not fit into memory
SEEDS = range(FIRST_SEED, FIRST_SEED + -(-EXAMPLES // BATCH)) if EXAMPLES else (0,)


@pytest.mark.parametrize("number", SEEDS)
def test_no_order_of_events_breaks_a_promise(number: int) -> None:
    machine = type(Preheat.__name__, (Preheat,), {})
    if number:
        machine = seed(number)(machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=min(EXAMPLES, BATCH) or 200,
            stateful_step_count=STEPS,
            derandomize=not number,  # CI is the same each time
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
