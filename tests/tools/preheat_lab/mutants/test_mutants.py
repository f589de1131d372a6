"""The mutation score's machinery: every mutation still fits the source, and the hunt finds one, and misses one."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from preheat.app.audit.invariants import __doc__ as promises
from preheat_lab.checkout import ROOT
from preheat_lab.commands.mutants import HUNT, Hunted, hunt_mutation
from preheat_lab.mutants.catalogue import MUTATIONS
from preheat_lab.mutants.covered import COVERED
from preheat_lab.mutants.mutation import Covered, Mutation, copy_mutated, read_source


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[mutation.name for mutation in MUTATIONS])
def test_a_mutation_changes_one_place_of_the_present_source_and_compiles(mutation: Mutation) -> None:
    before = read_source(mutation.file)
    assert before.count(mutation.old) == 1
    after = mutation.apply(before)
    assert ast.dump(ast.parse(after)) != ast.dump(ast.parse(before))


@pytest.mark.parametrize("covered", COVERED, ids=[covered.name for covered in COVERED])
def test_what_is_covered_twice_stands_in_the_source_and_is_not_counted(covered: Covered) -> None:
    assert read_source(covered.file).count(covered.old) == 1
    assert covered.new != covered.old
    assert covered.why
    assert covered.name not in {mutation.name for mutation in MUTATIONS}


def test_a_mutations_own_harnesses_are_there() -> None:
    known = HUNT.read_text(encoding="utf-8")
    assert [name for mutation in MUTATIONS for name in mutation.first if f'"{name}": ' not in known] == []


def test_mutations_are_many_and_each_has_its_own_name_text_and_a_known_promise() -> None:
    assert len(MUTATIONS) >= 220
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)
    assert len({(mutation.file, mutation.old, mutation.new) for mutation in MUTATIONS}) == len(MUTATIONS)
    assert all(mutation.sees in str(promises) and mutation.rule for mutation in MUTATIONS)


def test_a_text_that_is_not_there_is_reported() -> None:
    stale = replace(MUTATIONS[0], old="LEASE = timedelta(minutes=2)")
    with pytest.raises(ValueError, match=r"no lease: its text stands 0 times in domain/record/attempt.py; quote"):
        stale.apply(read_source(stale.file))


def test_only_the_copy_is_mutated(tmp_path: Path) -> None:
    mutation = MUTATIONS[0]
    before = read_source(mutation.file)
    path = copy_mutated(mutation, tmp_path)
    assert (path / "preheat" / mutation.file).read_text(encoding="utf-8") == mutation.apply(before)
    assert read_source(mutation.file) == before


def find_mutation(name: str) -> Mutation:
    (found,) = [mutation for mutation in MUTATIONS if mutation.name == name]
    return found


@pytest.mark.parametrize(
    "name", ["wanted and hosted: stop", "unwanted and hosted: rest", "one open writer counts for none"]
)
def test_a_mutation_is_found_for_the_promise_that_it_breaks(name: str) -> None:
    mutation = find_mutation(name)
    found = hunt_mutation(mutation)
    assert (found.invariant, found.error, found.suite) == (mutation.sees, None, "explorer")
    assert str(found).startswith(f"{mutation.sees:<3} explorer: ")


def test_a_mutation_that_only_raises_is_an_error_and_no_kill() -> None:
    broken = replace(find_mutation("wanted and hosted: stop"), new='Observed.HOSTED: Step["NONE"],')
    found = hunt_mutation(broken)
    assert found.harness is None
    assert str(found).startswith("ERROR KeyError")


def test_a_surviving_mutation_is_reported() -> None:
    assert str(Hunted(None, None, None, 1.0)) == "SURVIVED"


OF_ENDPOINTS = [mutation for mutation in MUTATIONS if mutation.suite]


def test_serving_scaling_and_capacity_have_mutations_with_a_suite_each() -> None:
    assert len(OF_ENDPOINTS) >= 6
    suites = {mutation.suite for mutation in OF_ENDPOINTS}
    assert {"tests/days/test_serving.py", "tests/days/test_scaling.py", "tests/days/test_capacity.py"} <= suites
    assert all((ROOT / suite).exists() for suite in suites)


def test_a_suite_kills_the_mutation_that_names_it_and_no_other() -> None:
    (one,) = [mutation for mutation in OF_ENDPOINTS if mutation.name == "a shortage spends an attempt"]
    killed = hunt_mutation(one)
    assert (str(killed), killed.suite) == ("T   tests/days/test_capacity.py", "tests/days/test_capacity.py")
    assert str(hunt_mutation(replace(one, suite="tests/days/test_an_ordinary_day.py"))) == "SURVIVED"
