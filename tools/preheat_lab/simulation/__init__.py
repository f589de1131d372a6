"""The functions' handlers in a simulated world: in-memory twins, the hosting simulator's core and a virtual clock.

One seed is one world: it gives the plant, its latencies and every fault; a replay is the same to the letter.
"""

from preheat_lab.simulation.run import BEGINS_AT, SimulationOutcome, count_default_requests, simulate, simulate_plan

__all__ = ["BEGINS_AT", "SimulationOutcome", "count_default_requests", "simulate", "simulate_plan"]
