"""The coverage matrix: its words are complete, and a small search still strikes everywhere it can."""

from dataclasses import replace

from scripts.matrix import AROUND, EVENTS, NATURE, struck
from tests.conftest import Searched

from preheat.explorer import Scenario
from preheat.explorer.catalog import TIGHT
from preheat.simulation.faults import Mishap


def test_every_fault_of_both_harnesses_has_its_place_in_the_matrix(searches: dict[Scenario, Searched]) -> None:
    seen = {event for found in searches.values() for _, _, event in found.cells if event.startswith("fault")}
    assert seen == set(EVENTS)
    assert {*EVENTS.values(), *AROUND} >= set(Mishap) - {Mishap.NONE, Mishap.POISON_MESSAGE}
    assert set(NATURE) <= set(EVENTS.values())


def test_each_fault_that_the_explorer_knows_strikes_wherever_it_can(searches: dict[Scenario, Searched]) -> None:
    hits, could = struck(searches[replace(TIGHT, faults=2)].cells)
    unhit = {fault: set(places) - set(hits.get(fault, ())) for fault, places in could.items()}
    assert {fault: missed for fault, missed in unhit.items() if missed} == {}
    assert sum(len(places) for places in hits.values()) > 200
