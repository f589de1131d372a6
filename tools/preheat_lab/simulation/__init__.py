"""The functions' handlers in a simulated world: in-memory twins, the hosting simulator's core and a virtual clock.

One seed is one world: it gives the plant, its latencies and every fault; a replay is the same to the letter.
"""

from preheat_lab.simulation.run import SimulationOutcome, count_default_requests, simulate

__all__ = ["SimulationOutcome", "count_default_requests", "simulate"]
