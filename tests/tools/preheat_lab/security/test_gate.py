"""The 23 points: each has a check that exists, and what reached nothing never passes."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from preheat_lab.checkout import ROOT
from preheat_lab.security import gate, scans, supply
from preheat_lab.security.exceptions import Exceptions
from preheat_lab.security.points import POINTS, Point
from preheat_lab.security.result import PointOutcome, PointResult, combine

PASS, FAIL, NOT_KNOWN = PointOutcome.PASS, PointOutcome.FAIL, PointOutcome.NOT_KNOWN


def test_there_are_23_points_and_each_is_held_by_something() -> None:
    assert [point.number for point in POINTS] == list(range(1, 24))
    assert [point.number for point in POINTS if not (point.tests or point.rules or point.scans)] == []


@pytest.mark.parametrize("test", sorted({test for point in POINTS for test in point.tests}))
def test_each_test_that_holds_a_point_exists(test: str) -> None:
    file, _, name = test.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_rule_and_every_scan_holds_a_point_and_no_other_is_named() -> None:
    exceptions = Exceptions.load()
    assert {name for point in POINTS for name in point.rules} == set(gate.list_rules(exceptions))
    assert {name for point in POINTS for name in point.scans} == set(gate.list_scans(exceptions))


def test_the_worst_outcome_is_that_of_the_point() -> None:
    passed, unknown, failed = (
        PointResult.of_findings([]),
        PointResult.not_known("no network"),
        PointResult.of_findings(["x"]),
    )
    assert combine([passed, passed]).outcome is PASS
    assert combine([passed, unknown]).outcome is NOT_KNOWN
    assert combine([unknown, failed, passed]).outcome is FAIL
    assert combine([]).outcome is NOT_KNOWN


REPORT = """<testsuites><testsuite>
<testcase file="tests/a.py" name="test_one[1]"/><testcase file="tests/a.py" name="test_one[2]"><failure/></testcase>
<testcase file="tests/a.py" name="test_two"><skipped/></testcase>
<testcase file="tests/a.py" name="test_three"/><testcase file="tests/a.py" name="test_four"><error/></testcase>
</testsuite></testsuites>"""


@pytest.mark.parametrize(
    ("name", "outcome"),
    [("one", FAIL), ("two", NOT_KNOWN), ("three", PASS), ("four", FAIL), ("five", NOT_KNOWN), ("thre", NOT_KNOWN)],
)
def test_a_test_that_failed_in_one_case_was_skipped_or_did_not_run_passes_nothing(
    name: str, outcome: PointOutcome
) -> None:
    assert gate.judge_test(f"tests/a.py::test_{name}", gate.read_report(REPORT)).outcome is outcome


def make_answer(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": [{"name": "a", "version": "1"} | package for package in packages]})


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (make_answer({"vulns": []}, {"vulns": []}), PASS),
        (make_answer({"vulns": [{"id": "CVE-1"}]}, {"vulns": []}), FAIL),
        (make_answer({"skip_reason": "no answer"}, {"vulns": []}), NOT_KNOWN),  # it exits with 0 after this one
        (make_answer({"vulns": []}), NOT_KNOWN),
        (make_answer(), NOT_KNOWN),
        ("", NOT_KNOWN),
        ("No known vulnerabilities found", NOT_KNOWN),
        ("[]", NOT_KNOWN),
    ],
)
def test_vulnerabilities_are_none_only_if_somebody_answered_for_each_package(said: str, outcome: PointOutcome) -> None:
    assert scans.read_vulnerabilities(said, expected=2).outcome is outcome


def bandit(*results: dict[str, str], modules: int = 200, errors: int = 0) -> str:
    found = [{"filename": "a.py", "line_number": 1, "issue_text": "x"} | each for each in results]
    return json.dumps({"errors": [{}] * errors, "metrics": dict.fromkeys(map(str, range(modules))), "results": found})


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (bandit(), PASS),
        (bandit({"issue_severity": "LOW", "test_id": "B311"}), PASS),
        (bandit({"issue_severity": "LOW", "test_id": "B110"}), FAIL),  # try, except, pass
        (bandit({"issue_severity": "MEDIUM", "test_id": "B314"}), FAIL),
        (bandit({"issue_severity": "HIGH", "test_id": "B602"}), FAIL),
        (bandit(errors=1), NOT_KNOWN),
        (bandit(modules=3), NOT_KNOWN),
        ("", NOT_KNOWN),
    ],
)
def test_code_passes_only_if_it_was_read(said: str, outcome: PointOutcome) -> None:
    assert scans.read_bandit(said).outcome is outcome


def checkov(*failed: str, passed: int = 170, broken: int = 0) -> dict[str, Any]:
    checks = [{"check_id": check, "resource": "TickRole"} for check in failed]
    return {"summary": {"passed": passed, "parsing_errors": broken}, "results": {"failed_checks": checks}}


@pytest.mark.parametrize(
    ("report", "ids", "outcome"),
    [
        (checkov(), (), PASS),
        (checkov("CKV_1"), (), FAIL),
        (checkov("CKV_1"), ("CKV_2",), PASS),
        (checkov("CKV_1"), ("CKV_1",), FAIL),
        (checkov(passed=3), (), NOT_KNOWN),
        (checkov(broken=1), (), NOT_KNOWN),
        (None, (), NOT_KNOWN),
    ],
)
def test_the_template_passes_only_if_checkov_has_read_it(
    report: dict[str, Any] | None, ids: tuple[str, ...], outcome: PointOutcome
) -> None:
    assert scans.read_checkov(report, ids, {}).outcome is outcome


def test_an_exception_excuses_its_check_and_one_that_excuses_nothing_fails() -> None:
    assert scans.read_checkov(checkov("CKV_1"), (), {"CKV_1": "so"}).outcome is PASS
    assert scans.read_checkov(checkov("CKV_1"), (), {"CKV_1": "so", "CKV_2": "so"}).outcome is FAIL
    assert scans.read_secrets("a.py:1: Secret Keyword: 0f\n", {"0f": "so"}).outcome is PASS
    assert scans.read_secrets("a.py:1: Secret Keyword: 0f\n", {}).outcome is FAIL
    assert scans.read_secrets("", {"0f": "so"}).outcome is FAIL


def test_an_exception_needs_a_reason(tmp_path: Path) -> None:
    (tmp_path / "exceptions.toml").write_text('[checkov]\nCKV_1 = "ok"\n', encoding="utf-8")
    with pytest.raises(ValueError, match="CKV_1 has no reason"):
        Exceptions.load(tmp_path / "exceptions.toml")


def test_a_scanner_that_is_missing_has_found_nothing_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(scans, "SECURITY", tmp_path)
    monkeypatch.setattr(scans, "CHECKOV", tmp_path / "checkov")
    for scan in (scans.scan_code, scans.scan_workflows, scans.ask_for_vulnerabilities, lambda: scans.find_secrets({})):
        assert gate.run_scan(scan).outcome is NOT_KNOWN
    assert scans.read_checkov(gate._scan_template({}), (), {}).outcome is NOT_KNOWN
    assert gate.run_rule(lambda _: [], None).outcome is NOT_KNOWN


@pytest.mark.parametrize(
    ("line", "loose"),
    [
        ("boto3==1.2.3 --hash=sha256:" + "0" * 64, False),
        ("boto3[crt]==1.2.3 --hash=sha256:" + "0" * 64 + " --hash=sha256:" + "1" * 64, False),
        ("boto3==1.2.3", True),
        ("boto3>=1.2.3 --hash=sha256:" + "0" * 64, True),
        ("boto3==1.2.3 --hash=md5:" + "0" * 32, True),
        ("boto3 @ https://example.com/boto3.whl --hash=sha256:" + "0" * 64, True),
        ("--extra-index-url https://example.com/simple", True),
        ("", True),
    ],
)
def test_a_lock_has_exact_pins_with_hashes_and_names_no_address(line: str, loose: bool) -> None:
    assert bool(list(supply.find_loose(line))) is loose


def test_the_sbom_names_no_address() -> None:
    assert supply.find_addresses('{"url": "https://user:key@index.example.com/simple/x"}') == [
        "https://user:key@index.example.com/simple/x"
    ]


def test_what_is_no_open_licence_is_found() -> None:
    assert supply.OPEN_LICENCES.search("Apache Software License")
    assert not supply.OPEN_LICENCES.search("Proprietary")
    assert supply.read_licence("no-such-package", "1") is None
    assert supply.read_licence("pytest", "0.0.0") is None  # another version's licence says nothing


def test_the_table_has_a_line_for_each_point_and_the_first_details() -> None:
    point = Point(7, "Encryption", tests=["a", "b"], rules=["encryption"], checkov=["CKV_1"], scans=["code"])
    table = gate.format_table([(point, PointResult.of_findings([f"queue {number}" for number in range(7)]))])
    assert table.splitlines()[0] == " 7  FAIL       Encryption  2 tests, rule encryption, checkov, scan code"
    assert table.splitlines()[-1].strip() == "and 2 more"


@pytest.mark.parametrize(
    ("said", "outcome"),
    [("[]", PASS), ('[{"ident": "unpinned-uses", "desc": "so"}]', FAIL), ("", NOT_KNOWN), ("no network", NOT_KNOWN)],
)
def test_workflows_pass_only_if_they_were_read(said: str, outcome: PointOutcome) -> None:
    assert scans.read_workflows(said).outcome is outcome


def test_a_key_that_a_commit_added_and_another_removed_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(scans, "ROOT", tmp_path)
    as_somebody = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    scans.run(["git", "init", "-q"])
    for number, text in enumerate(("nothing", f"key = AKIA{'A' * 16}", "nothing")):
        (tmp_path / "a.txt").write_text(text, encoding="utf-8")
        scans.run(["git", "add", "a.txt"])
        scans.run(["git", *as_somebody, "commit", "-q", "-m", f"commit {number}"])
        assert scans.scan_history().outcome is (FAIL if number else PASS)
