"""The real pass, explored: every crash point, every order of two workers and every next event, breadth first.

A state is the record, the service, the workers and the point of a one-minute grid of time; equal situations are one.
The grid leaves out what happens within a minute, and the fake service is Lookout's life-cycle with its token memory.
Only the scenario without faults and people is complete so far; nobody has judged its other findings yet.
"""

from preheat_lab.explorer.scenario import Scenario, a_model
from preheat_lab.explorer.search import Explored, explore

__all__ = ["Explored", "Scenario", "a_model", "explore"]
