"""The coverage matrix: its words are complete, and a small search still strikes everywhere it can."""

from collections import Counter
from dataclasses import replace

from tests.conftest import Searched

from preheat_lab.explorer import Scenario
from preheat_lab.explorer.catalog import TIGHT
from preheat_lab.matrix import AROUND, EVENTS, NATURE, PLACELESS, Hits, compute_expected, sort_cells
from preheat_lab.simulation import simulate
from preheat_lab.simulation.faults import Mishap


def test_every_fault_of_both_harnesses_has_its_place_in_the_matrix(searches: dict[Scenario, Searched]) -> None:
    seen = {event for found in searches.values() for _, _, event in found.cells if event.startswith("fault")}
    assert seen == set(EVENTS)
    assert {*EVENTS.values(), *AROUND} == set(EVENTS.values()) | (set(Mishap) - PLACELESS)
    assert set(NATURE) <= set(EVENTS.values())


def test_what_hits_no_model_has_no_place() -> None:
    outcome = simulate(seed=2, models=4, days=2, faults="rough")
    assert {Mishap.BATCH_DOUBLED, Mishap.BUS_OUT} <= {Mishap(kind) for kind in outcome.faults}
    assert {mishap for _, _, mishap in outcome.cells} & (PLACELESS - {Mishap.NONE}) == set()


def test_a_place_is_as_rare_as_the_passes_that_begin_there() -> None:
    often, seldom = ("HOSTED", "hosted"), ("HOSTED", "failed")
    hits: Hits = {Mishap.NONE: Counter({often: 900, seldom: 100}), Mishap.QUOTA: Counter({often: 20})}
    assert compute_expected(Mishap.QUOTA, seldom, hits) == 2
    assert compute_expected(Mishap.QUOTA, often, hits) == 18
    assert compute_expected(Mishap.STUCK, often, hits) == 0


def test_each_fault_that_the_explorer_knows_strikes_wherever_it_can(searches: dict[Scenario, Searched]) -> None:
    hits, could = sort_cells(searches[replace(TIGHT, faults=2)].cells)
    unhit = {fault: set(places) - set(hits.get(fault, ())) for fault, places in could.items()}
    assert {fault: missed for fault, missed in unhit.items() if missed} == {}
    assert sum(len(places) for places in hits.values()) > 200
