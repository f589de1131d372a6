"""Runs the scanners and reads what they say: secrets, code, workflows, the expanded template, vulnerabilities.

A scanner that is missing, that ends in another way than it documents, or that read nothing is NOT KNOWN: silence is no
proof. Does not know the points.
"""

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from preheat_lab.checkout import ROOT
from preheat_lab.security.result import PointResult

SECURITY = ROOT / ".venv-security" / "bin"
CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
LOCK = ROOT / "layers" / "dependencies" / "requirements.txt"
CODE = ("functions", "layers/preheat", "tools")
LEAST_MODULES, LEAST_CHECKS = 100, 100  # that the scans of code and template must have read
_HERE = Path(__file__).parent
# Texts that no project commits by chance; `git log -G` finds each commit that added or removed one.
KEYS_IN_HISTORY = (
    r"AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|gh[pousr]_[A-Za-z0-9]{36}|xox[baprs]-[0-9]"
)


def run(
    command: Sequence[str | Path],
    *,
    given: str = "",
    seconds: int = 300,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a scanner at the root of the checkout. Raises OSError if it is missing or takes too long.

    `environment` None: the one of this process.
    """
    try:
        return subprocess.run(
            list(command),
            cwd=ROOT,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"{command[0]} took over {seconds} s") from error


def list_files() -> list[str]:
    """Return the files of the checkout that git tracks; without git, all but environments and caches."""
    done = run(["git", "ls-files", "-z"])
    if done.returncode == 0:
        return [path for path in done.stdout.split("\0") if path and (ROOT / path).is_file()]
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return sorted(
        str(path) for path in found if not any(part[0] == "." and part != ".github" for part in path.parts[:-1])
    )


def find_secrets(accepted: Mapping[str, str]) -> PointResult:
    """Scan every file for secrets, but not the locks: point 19 checks each line of those."""
    files = [path for path in list_files() if not (path.endswith(".txt") and "requirements" in path)]
    done = run([SECURITY / "python", _HERE / "find_secrets.py"], given="\n".join(files))
    if done.returncode or done.stderr.strip():
        return PointResult.not_known(f"detect-secrets: {_last_line(done)}")
    return read_secrets(done.stdout, accepted)


def read_secrets(text: str, accepted: Mapping[str, str]) -> PointResult:
    """Read the lines of `find_secrets.py`."""
    lines = text.split("\n")
    hashes = {line.rpartition(": ")[2] for line in lines if line}
    findings = [line for line in lines if line and line.rpartition(": ")[2] not in accepted]
    return PointResult.of_findings([*findings, *_find_unused(accepted, hashes)])


def scan_history() -> PointResult:
    """Look for keys in every commit. Without a repository there is no history; half of one is not known."""
    where = run(["git", "rev-parse", "--is-shallow-repository"])
    if where.returncode:
        return PointResult.of_findings([])
    if where.stdout.strip() != "false":
        return PointResult.not_known("this clone has no full history: run git fetch --unshallow")
    done = run(
        [
            "git",
            "log",
            "--all",
            "-E",
            f"-G{KEYS_IN_HISTORY}",
            "--format=%h %s",
            "--",
            ":!tools/preheat_lab/security",
            ":!tests",
        ]
    )
    if done.returncode:
        return PointResult.not_known(f"git: {_last_line(done)}")
    return PointResult.of_findings([f"a key in the history: {line}" for line in done.stdout.splitlines()])


def scan_code() -> PointResult:
    """Run bandit: nothing of medium or high severity, no exception that bandit ignores."""
    done = run([SECURITY / "bandit", "-q", "-r", *CODE, "-f", "json"])
    return read_bandit(done.stdout)


def read_bandit(text: str) -> PointResult:
    """Read bandit's JSON."""
    report = _json(text)
    if report is None or report.get("errors") or len(report.get("metrics", {})) < LEAST_MODULES:
        return PointResult.not_known("bandit did not read every module")
    return PointResult.of_findings(
        [
            f"{each['filename']}:{each['line_number']}: {each['test_id']} {each['issue_text']}"
            for each in report["results"]
            if each["issue_severity"] != "LOW" or each["test_id"] in ("B110", "B112")
        ]
    )


def scan_workflows() -> PointResult:
    """Run zizmor without a network over the workflows."""
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / ".github" / "workflows").glob("*.y*ml"))
    done = run(
        [SECURITY / "zizmor", "--offline", "--no-progress", "--format", "json", *files, ".github/dependabot.yml"]
    )
    if not files or done.returncode not in (0, 10, 11, 12, 13, 14):
        return PointResult.not_known(f"zizmor: {_last_line(done)}")
    return read_workflows(done.stdout)


def read_workflows(text: str) -> PointResult:
    """Read zizmor's JSON."""
    try:
        findings = json.loads(text)
    except ValueError:
        return PointResult.not_known("zizmor: its answer is not JSON")
    return PointResult.of_findings([f"{each['ident']}: {each['desc']}" for each in findings])


def scan_template(template: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Run checkov over the expanded template; return its report, or None if it has not read it."""
    with tempfile.TemporaryDirectory(prefix="preheat-checkov-") as folder:
        path = Path(folder) / "template.json"
        path.write_text(json.dumps(template), encoding="utf-8")
        done = run([CHECKOV, "-f", path, "--framework", "cloudformation", "--skip-download", "--quiet", "-o", "json"])
    return _json(done.stdout)


def read_checkov(report: Mapping[str, Any] | None, ids: Sequence[str], accepted: Mapping[str, str]) -> PointResult:
    """Return what checkov says about some of its checks; none: about every other check than the accepted."""
    if report is None or report["summary"]["parsing_errors"] or report["summary"]["passed"] < LEAST_CHECKS:
        return PointResult.not_known("checkov did not read the template")
    failed = {(each["check_id"], each["resource"]) for each in report["results"]["failed_checks"]}
    wanted = [(check, resource) for check, resource in sorted(failed) if not ids or check in ids]
    findings = [f"{check}: {resource}" for check, resource in wanted if check not in accepted]
    return PointResult.of_findings(
        [*findings, *(_find_unused(accepted, {check for check, _ in failed}) if not ids else ())]
    )


def ask_for_vulnerabilities() -> PointResult:
    """Run pip-audit over what Lambda gets. Needs a network; without an answer about each package, NOT KNOWN."""
    command: list[str | Path] = [
        SECURITY / "pip-audit",
        "--strict",
        "--disable-pip",
        "--require-hashes",
        "--progress-spinner",
        "off",
    ]
    done = run([*command, "--timeout", "15", "-f", "json", "-r", LOCK])
    return read_vulnerabilities(done.stdout, expected=LOCK.read_text(encoding="utf-8").count("=="))


def read_vulnerabilities(text: str, *, expected: int) -> PointResult:
    """Read pip-audit's JSON. It writes "no known vulnerabilities" also if it has asked nobody, so count the answers."""
    report = _json(text)
    answered = [
        each for each in (report or {}).get("dependencies", ()) if "vulns" in each and "skip_reason" not in each
    ]
    if len(answered) != expected:
        return PointResult.not_known(f"pip-audit got an answer for {len(answered)} of {expected} packages")
    return PointResult.of_findings([f"{each['name']}: {one['id']}" for each in answered for one in each["vulns"]])


def _json(text: str) -> dict[str, Any] | None:
    try:
        loaded = json.loads(text)
    except ValueError:
        return None
    return loaded if isinstance(loaded, dict) else None


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()
    return f"status {done.returncode}, it said: {said[-1][:200]}"


def _find_unused(accepted: Mapping[str, str], found: set[str]) -> list[str]:
    return [f"{each} is accepted in exceptions.toml and is found nowhere" for each in sorted(accepted.keys() - found)]
