"""The figures of a rule's leads. One cell is one process at one number of starts a day."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from preheat_lab.benchmarks.lead_time.processes import Minutes

FIRST = 20
MONTH = 30  # days


@dataclass(frozen=True, slots=True)
class CellFigures:
    """The figures of one rule in one cell: shares of starts, and minutes."""

    late: float
    first_late: float  # of the first 20 starts of a model
    idle: float  # hosted before its time, on average; without slack
    lead: float
    worst_month: float  # late share in the worst rolling 30 days: what 95 % of the years stay below
    late_minutes: float  # of 100 starts


def compute_figures(minutes: Minutes, leads: Minutes, a_day: int) -> CellFigures:
    """Return the figures of leads for what the starts took; a row of either is a year."""
    late = minutes > leads
    return CellFigures(
        late=float(late.mean()),
        first_late=float(late[:, :FIRST].mean()),
        idle=float(np.maximum(leads - minutes, 0).mean()),
        lead=float(leads.mean()),
        worst_month=float(np.quantile(_worst_month(late, a_day), 0.95)),
        late_minutes=float(np.maximum(minutes - leads, 0).mean() * 100),
    )


def _worst_month(late: NDArray[np.bool_], a_day: int) -> Minutes:
    """Return the late share of each year's worst rolling 30 days."""
    sums = np.cumsum(late, axis=1)
    sums = np.concatenate([np.zeros((late.shape[0], 1), dtype=sums.dtype), sums], axis=1)
    span = MONTH * a_day
    return np.asarray((sums[:, span:] - sums[:, :-span]).max(axis=1) / span)


def compute_mean(cells: list[CellFigures], name: str) -> float:
    """Return a figure's mean over the cells."""
    return float(np.mean([getattr(cell, name) for cell in cells]))


def find_worst(cells: list[CellFigures], name: str) -> float:
    """Return a figure's greatest value over the cells."""
    return float(max(getattr(cell, name) for cell in cells))
