"""The broken protocols: each still fits the source, and the machinery can kill one and spare one."""

import ast

import pytest
from scripts.mutants.__main__ import PACKAGE, mutated, tried
from scripts.mutants.mutations import MUTATIONS, Mutation


def test_there_are_enough_of_them_and_each_has_a_name_of_its_own() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 45


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_each_fits_the_source_once_and_leaves_something_that_can_run(mutation: Mutation) -> None:
    source = (PACKAGE / mutation.file).read_text()
    broken = mutated(mutation, source)
    assert ast.dump(ast.parse(broken)) != ast.dump(ast.parse(source))


def test_one_that_no_longer_fits_is_told() -> None:
    with pytest.raises(ValueError, match="stands 0 times"):
        mutated(MUTATIONS[0], "nothing")


def test_a_broken_protocol_is_killed_by_a_judge() -> None:
    stop_anything = next(each for each in MUTATIONS if each.name == "rest: keep what is hosted")
    _, said, _ = tried(stop_anything)
    assert said == "explorer, a tight shift, workers 1, faults 0, people 0: L2"


def test_a_package_that_does_not_run_counts_as_an_error_and_not_as_killed() -> None:
    crashing = MUTATIONS[0]._replace(new="LEASE = 1 / 0")
    _, said, _ = tried(crashing)
    assert said == "error: ZeroDivisionError: division by zero"
