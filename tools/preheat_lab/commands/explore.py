"""Search every order of events in the catalogue's scenarios, on all cores.

    python -m preheat_lab explore            the scenarios that test every change
    python -m preheat_lab explore --deep     two workers with a fault, one worker with three, people and plans between
    python -m preheat_lab explore --deep --first 41 --last 55

`--first` and `--last` search part of the catalogue, by number: ranges add up to the whole. Prints states, events,
seconds and peak memory of each scenario, and the shortest way to a broken promise. Exits with 1 if a promise is broken,
and with 2 if the catalogue has no such scenario.
"""

import argparse
import resource
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from os import cpu_count, nice

from preheat_lab.explorer import Explored, Scenario, explore
from preheat_lab.explorer.catalog import CI, DEEP


def search_scenario(scenario: Scenario) -> tuple[str, bool]:
    """Search one scenario; return what there is to say, and whether it is complete and unbroken."""
    found = explore(scenario)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    line = (
        f"{scenario}: {len(found.states):,} states, {found.edges.total():,} events,"
        f" {'complete' if found.complete else 'INCOMPLETE'}, {len(found.found)} violations;"
        f" {found.seconds:.0f} s, {peak} MB"
    )
    return "\n".join([line, *_describe_ways(found)]), found.complete and not found.found


def _describe_ways(found: Explored) -> Iterator[str]:
    """Yield the shortest way to each kind of broken promise."""
    for each in {each.broken.invariant: each for each in reversed(found.found)}.values():
        yield f"  {each.broken.invariant}: {each.broken.what}"
        yield from (f"    {line}" for line in found.way_to(each))


def main(arguments: Sequence[str]) -> int:
    """Search all; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="explore", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--deep", action="store_true")
    parser.add_argument("--first", type=int, default=1, help="number of the first scenario, from 1")
    parser.add_argument("--last", type=int, help="number of the last scenario; by default the last there is")
    given = parser.parse_args(arguments)
    catalog = DEEP if given.deep else CI
    last = len(catalog) if given.last is None else given.last
    if not 1 <= given.first <= last <= len(catalog):
        parser.error(f"--first and --last are numbers of scenarios, from 1 to {len(catalog)}")
    unbroken = True
    with ProcessPoolExecutor(cpu_count(), initializer=nice, initargs=(10,), max_tasks_per_child=1) as pool:
        for text, good in pool.map(search_scenario, catalog[given.first - 1 : last]):
            print(text, flush=True)
            unbroken = unbroken and good
    return 0 if unbroken else 1
