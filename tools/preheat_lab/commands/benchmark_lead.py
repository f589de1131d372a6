"""Measure how often each lead rule is late, and what it costs.

    python -m preheat_lab benchmark-lead                        # 1,000 years of each cell: minutes on two cores
    python -m preheat_lab benchmark-lead --replicates 20        # seconds
    python -m preheat_lab benchmark-lead --plot docs/lead-time.svg

The starts come from ten latency processes, a year each. A cell is a process at 1, 2 or 3 starts a day. Status 1 if
Preheat's rule misses its bounds.
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from preheat_lab.benchmarks.lead_time.measures import CellFigures, compute_figures, compute_mean, find_worst
from preheat_lab.benchmarks.lead_time.processes import PROCESSES
from preheat_lab.benchmarks.lead_time.rules import OURS, RULES, TARGETS
from preheat_report.lead_chart import draw_chart

STARTS_A_DAY = (1, 2, 3)
LATE_MOST, IDLE_MOST, MONTH_MOST = 0.0095, 18.0, 0.036


def measure_cell(process: str, a_day: int, replicates: int, seed: int) -> dict[str, CellFigures]:
    """Return the figures of every rule in one cell; the same draws for all."""
    rng = np.random.default_rng([seed, list(PROCESSES).index(process), a_day])
    minutes = PROCESSES[process](rng, replicates, a_day)
    few = minutes[: max(replicates // 10, 1)]  # enough for what another target comes to
    found = {name: compute_figures(minutes, rule(minutes), a_day) for name, rule in RULES.items()}
    return found | {name: compute_figures(few, rule(few), a_day) for name, rule in TARGETS.items()}


def main(arguments: Sequence[str]) -> int:
    """Run every cell, print the tables and draw the picture; return 1 if a rule misses a bound."""
    parser = argparse.ArgumentParser(prog="benchmark-lead", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--replicates", type=int, default=1_000, help="years of each cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plot", type=Path, help="where to write the picture")
    given = parser.parse_args(arguments)
    asked = [(process, a_day) for process in PROCESSES for a_day in reversed(STARTS_A_DAY)]
    with ProcessPoolExecutor(max_workers=2) as workers:
        runs = {key: workers.submit(measure_cell, *key, given.replicates, given.seed) for key in asked}
        found = {key: run.result() for key, run in runs.items()}
    by_rule = {name: [figures[name] for figures in found.values()] for name in (*RULES, *TARGETS)}
    print(f"{given.replicates} years of each of {len(asked)} cells, seed {given.seed}\n")
    print(format_comparison({name: by_rule[name] for name in RULES}))
    print()
    print(format_targets(by_rule))
    print()
    print(format_own_rule({key: figures[OURS] for key, figures in found.items()}))
    if given.plot is not None:
        points = {
            name: (compute_mean(by_rule[name], "idle"), 100 * find_worst(by_rule[name], "late")) for name in RULES
        }
        given.plot.write_text(draw_chart(points, OURS, 1.0))
    return judge_bounds(by_rule[OURS])


def format_comparison(by_rule: dict[str, list[CellFigures]]) -> str:
    """Return the comparison as a Markdown table; shares in percent, mean over the cells / worst cell."""
    columns: tuple[str, ...] = ("rule", "late %, mean / worst cell", "first 20 starts, late %", "idle min", "lead min")
    columns += ("worst month, p95 %", "late min per 100 starts")
    lines = [f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
    for name, cells in by_rule.items():
        shares = [
            f"{100 * compute_mean(cells, each):.2f} / {100 * find_worst(cells, each):.2f}"
            for each in ("late", "first_late", "worst_month")
        ]
        idle, lead, minutes = (f"{compute_mean(cells, each):.1f}" for each in ("idle", "lead", "late_minutes"))
        bold = "**" * (name == OURS)
        lines.append(f"| {bold}{name}{bold} | {shares[0]} | {shares[1]} | {idle} | {lead} | {shares[2]} | {minutes} |")
    return "\n".join(lines)


def format_targets(by_rule: dict[str, list[CellFigures]]) -> str:
    """Return what other targets come to in a tenth of the years, default 30 min."""
    lines = [
        "| late target | late %, mean / worst cell | idle min | late min per 100 starts |",
        "| --- | --- | --- | --- |",
    ]
    for target, name in sorted([*((float(name), name) for name in TARGETS), (0.01, OURS)], reverse=True):
        cells = by_rule[name]
        lines.append(
            f"| {target:g} | {100 * compute_mean(cells, 'late'):.2f} / {100 * find_worst(cells, 'late'):.2f}"
            f" | {compute_mean(cells, 'idle'):.1f} | {compute_mean(cells, 'late_minutes'):.1f} |"
        )
    return "\n".join(lines)


def format_own_rule(cells: dict[tuple[str, int], CellFigures]) -> str:
    """Return the cells of Preheat's rule, a process a row, 1 / 2 / 3 starts a day."""
    lines = ["| process | late % | idle min | worst month, p95 % |", "| --- | --- | --- | --- |"]
    for process in PROCESSES:
        each = [cells[process, a_day] for a_day in STARTS_A_DAY]
        late, month = (" / ".join(f"{100 * getattr(one, of):.2f}" for one in each) for of in ("late", "worst_month"))
        lines.append(f"| {process} | {late} | {' / '.join(f'{one.idle:.1f}' for one in each)} | {month} |")
    return "\n".join(lines)


def judge_bounds(cells: list[CellFigures]) -> int:
    """Return whether Preheat's rule keeps its bounds."""
    late, idle, month = find_worst(cells, "late"), compute_mean(cells, "idle"), compute_mean(cells, "worst_month")
    kept = late <= LATE_MOST and idle <= IDLE_MOST and month <= MONTH_MOST
    print(
        f"\n{'kept' if kept else 'MISSED'}: worst cell {100 * late:.2f} % late (at most {100 * LATE_MOST:g}),"
        f" idle {idle:.1f} min (at most {IDLE_MOST:g}), worst month {100 * month:.2f} % (at most {100 * MONTH_MOST:g})"
    )
    return 0 if kept else 1
