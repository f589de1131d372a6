"""Runs the checks of the points, side by side, and makes the table. Does not know what a point demands."""

import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

from preheat_lab.security import rules_access, rules_operation, scans, supply
from preheat_lab.security.exceptions import Exceptions
from preheat_lab.security.points import POINTS, Point
from preheat_lab.security.result import PointOutcome, PointResult, combine
from preheat_lab.security.template import Json, read_expanded

type Rule = Callable[[Json], Iterable[str]]
type Outcomes = Mapping[str, PointOutcome]

MOST_DETAILS = 5


def list_rules(exceptions: Exceptions) -> dict[str, Rule]:
    """Return the rules over the expanded template, by the name that a point has for them."""
    return {
        "wildcards": lambda template: rules_access.find_wildcards(template, exceptions.without_resource),
        "roles": rules_access.find_shared_roles,
        "ledger": rules_access.find_ledger_writers,
        "models": lambda template: rules_access.find_unnamed_models(template, exceptions.without_resource),
        "deputies": rules_access.find_confused_deputies,
        "doors": rules_access.find_open_doors,
        "encryption": rules_operation.find_unencrypted,
        "tables": rules_operation.find_losable_tables,
        "logs": rules_operation.find_unkept_logs,
        "concurrency": rules_operation.find_unbounded,
        "failures": rules_operation.find_lost_failures,
        "retries": rules_operation.find_hasty_retries,
        "runtimes": lambda template: rules_operation.find_old_runtimes(template, today=datetime.now(UTC).date()),
        "settings": rules_operation.find_secret_settings,
        "costs": rules_operation.find_unbounded_costs,
    }


def list_scans(exceptions: Exceptions) -> dict[str, Callable[[], PointResult]]:
    """Return the scans, by the name that a point has for them."""
    return {
        "secrets": lambda: scans.find_secrets(exceptions.secrets),
        "history": scans.scan_history,
        "locks": supply.check_locks,
        "sbom": supply.write_sbom,
        "workflows": scans.scan_workflows,
        "code": scans.scan_code,
    }


def run_tests(ids: Sequence[str], environment: Mapping[str, str] | None = None) -> Outcomes:
    """Run tests in a process of their own; return the outcome of each case that ran, by its full id.

    `environment` None: the one of this process.
    """
    with tempfile.TemporaryDirectory(prefix="preheat-security-") as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-o", "junit_family=xunit1", f"--junit-xml={report}", *ids]
        scans.run(command, seconds=600, environment=environment)
        return read_report(report.read_text(encoding="utf-8")) if report.exists() else {}


def read_report(text: str) -> Outcomes:
    """Read pytest's XML: a skipped case is unknown, one that failed or broke off fails."""
    outcomes = {}
    for case in fromstring(text).iter("testcase"):  # noqa: S314  # nosec B314 - this program had it written
        bad = case.find("failure") is not None or case.find("error") is not None
        skipped = PointOutcome.PASS if case.find("skipped") is None else PointOutcome.NOT_KNOWN
        outcomes[f"{case.get('file')}::{case.get('name')}"] = PointOutcome.FAIL if bad else skipped
    return outcomes


def judge_test(test: str, outcomes: Outcomes) -> PointResult:
    """Return what the cases of one test came to; a test without a case that ran is not known."""
    cases = {name: outcome for name, outcome in outcomes.items() if name == test or name.startswith(f"{test}[")}
    if not cases:
        return PointResult.not_known(f"{test} did not run")
    return combine(
        [PointResult(outcome, () if outcome is PointOutcome.PASS else (name,)) for name, outcome in cases.items()]
    )


def run_rule(rule: Rule, template: Json | None) -> PointResult:
    """Return what one rule finds; without a template nothing is known."""
    if template is None:
        return PointResult.not_known("the template could not be expanded")
    return PointResult.of_findings(list(rule(template)))


def run_scan(scan: Callable[[], PointResult]) -> PointResult:
    """Return what one scan finds; a scanner that is not there has found nothing out."""
    try:
        return scan()
    except OSError as error:
        return PointResult.not_known(f"{error}. Run make security, which makes the environments")


def judge(points: Sequence[Point] = POINTS) -> list[tuple[Point, PointResult]]:
    """Run every check of the points; return what each point came to."""
    exceptions = Exceptions.load()
    rules, known_scans = list_rules(exceptions), list_scans(exceptions)
    try:
        template: Json | None = read_expanded()
    except (OSError, ValueError):
        template = None
    with ThreadPoolExecutor(3) as pool:
        ids = sorted({test for point in points for test in point.tests})
        tests = pool.submit(run_tests, ids)
        started = {name: pool.submit(run_scan, known_scans[name]) for point in points for name in point.scans}
        report = pool.submit(_scan_template, template)
    results = []
    for point in points:
        found = [judge_test(test, tests.result()) for test in point.tests]
        found += [run_rule(rules[name], template) for name in point.rules]
        found += [started[name].result() for name in point.scans]
        if point.checkov:
            found.append(scans.read_checkov(report.result(), point.checkov, exceptions.checkov))
        if point.number == 1:
            found.append(scans.read_checkov(report.result(), (), exceptions.checkov))  # every other check as well
        results.append((point, combine(found)))
    return results


def list_holders(point: Point) -> str:
    """Return in a few words what holds a point."""
    words = [f"{len(point.tests)} tests"] if len(point.tests) > 1 else ["1 test"] if point.tests else []
    words += [f"rule {name}" for name in point.rules]
    words += ["checkov"] if point.checkov else []
    return ", ".join([*words, *(f"scan {name}" for name in point.scans)])


def format_table(results: Sequence[tuple[Point, PointResult]]) -> str:
    """Return a line for each point, and below it the first details of what did not pass."""
    width = max(len(point.demand) for point, _ in results)
    lines = []
    for point, result in results:
        lines.append(f"{point.number:>2}  {result.outcome:<9}  {point.demand:<{width}}  {list_holders(point)}")
        lines += [f"      {detail}" for detail in result.details[:MOST_DETAILS]]
        if len(result.details) > MOST_DETAILS:
            lines.append(f"      and {len(result.details) - MOST_DETAILS} more")
    return "\n".join(lines)


def _scan_template(template: Json | None) -> Mapping[str, Any] | None:
    try:
        return scans.scan_template(template) if template is not None else None
    except OSError:
        return None
