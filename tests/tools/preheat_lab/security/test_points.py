"""Each of the 23 points can fail: a rule finds damage, a scan reads a finding, or a broken source fails the tests."""

import os
from pathlib import Path

import pytest
from tests.tools.preheat_lab.security.test_rules import DAMAGES

from preheat_lab.checkout import ROOT
from preheat_lab.mutants.mutation import Mutation, copy_mutated
from preheat_lab.security import gate
from preheat_lab.security.points import POINTS
from preheat_lab.security.result import PointOutcome

BY_NUMBER = {point.number: point for point in POINTS}
_RULE = "the point"


def broken(file: str, old: str, new: str) -> Mutation:
    return Mutation(f"{file}: {old}", file, old, new, _RULE, _RULE)


# Of the points that no rule and no scan holds, and of the cost: the source without what the point demands.
SOURCES: list[tuple[int, Mutation]] = [
    (15, broken("adapters/hosting/members.py", "int(SESSION_LASTS.total_seconds())", "43_200")),
    (16, broken("app/requests/message.py", "DEPTH_MAX: Final = 4", "DEPTH_MAX: Final = 4_000")),
    (17, broken("observability/logs.py", "TEXT_MAX = 1000", "TEXT_MAX = 1_000_000")),
    (18, broken("observability/masking.py", '_ACCOUNT.sub("[account]", text))', "text)")),
    (23, broken("app/requests/ruling.py", "(asked or 0) > each.units_by_request]", "(asked or 0) > 999]")),
]


@pytest.mark.parametrize(("number", "mutation"), SOURCES, ids=[str(number) for number, _ in SOURCES])
def test_a_point_fails_if_the_source_breaks_it(tmp_path: Path, number: int, mutation: Mutation) -> None:
    places = (str(copy_mutated(mutation, tmp_path)), str(ROOT / "tools"), str(ROOT))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(places), "PYTHONDONTWRITEBYTECODE": "1"}
    tests = BY_NUMBER[number].tests
    outcomes = gate.run_tests(tests, environment)
    found = {test: gate.judge_test(test, outcomes).outcome for test in tests}
    assert PointOutcome.FAIL in found.values()
    assert PointOutcome.NOT_KNOWN not in found.values()  # each of them ran


def test_each_point_is_seen_to_fail() -> None:
    rules = {name for name, _ in DAMAGES}
    sources = {number for number, _ in SOURCES}
    unseen = [each.number for each in POINTS if not (rules & {*each.rules} or each.scans or each.number in sources)]
    assert unseen == []
