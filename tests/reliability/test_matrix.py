"""The coverage matrix: its words are complete, and a small search still strikes everywhere it can."""

from dataclasses import replace

from scripts.matrix import AROUND, EVENTS, NATURE, added, explored

from preheat.explorer import explore
from preheat.explorer.catalog import DRAIN, GATE, TIGHT
from preheat.simulation.faults import Mishap


def test_every_fault_of_both_harnesses_has_its_place_in_the_matrix() -> None:
    cells = [cell for each in (TIGHT, GATE, DRAIN) for cell in explore(replace(each, faults=1)).cells]
    seen = {event for _, _, event in cells if event.startswith("fault")}
    assert seen == set(EVENTS)
    assert {*EVENTS.values(), *AROUND} >= set(Mishap) - {Mishap.NONE, Mishap.POISON_MESSAGE}
    assert set(NATURE) <= set(EVENTS.values())


def test_each_fault_that_the_explorer_knows_strikes_wherever_it_can() -> None:
    hits, could = added([explored(replace(TIGHT, faults=2))])
    unhit = {fault: set(places) - set(hits[fault]) for fault, places in could.items()}
    assert {fault: missed for fault, missed in unhit.items() if missed} == {}
    assert sum(len(places) for places in hits.values()) > 200
