"""Point 19: the locks of dependencies, and the list of what ships (SBOM) with licences. Needs no network."""

import json
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from preheat_lab.checkout import ROOT
from preheat_lab.security.result import PointResult
from preheat_lab.security.scans import LOCK, SECURITY, run

LOCKS = (*sorted((ROOT / "requirements").glob("*.txt")), LOCK)
SBOM = ROOT / ".cache" / "security" / "sbom.json"
MOST_DIRECT = 10
OPEN_LICENCES = re.compile(r"\b(MIT|MIT-0|Apache|BSD|PSF|ISC|MPL|Python)\b", re.IGNORECASE)
_PIN = re.compile(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,_-]+\])?==[^\s;]+( ; [^\\]+)?", re.IGNORECASE)
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def check_locks() -> PointResult:
    """Check that the lock pins every package exactly with hashes, and that the direct ones are few."""
    findings = [f"{path.name}: {finding}" for path in LOCKS for finding in find_loose(path.read_text(encoding="utf-8"))]
    direct = (ROOT / "layers" / "dependencies" / "requirements.in").read_text(encoding="utf-8")
    packages = [line for line in direct.splitlines() if line and not line.startswith("#")]
    if len(packages) > MOST_DIRECT:
        findings.append(f"{len(packages)} direct packages in Lambda, at most {MOST_DIRECT} are wanted")
    findings += [f"requirements.in: {line} is not exact" for line in packages if not _PIN.fullmatch(line)]
    installs = (ROOT / "layers" / "dependencies" / "Makefile").read_text(encoding="utf-8")
    if "--require-hashes --only-binary :all:" not in installs:
        findings.append("the layer is built without --require-hashes or from source")
    return PointResult.of_findings(findings)


def find_loose(lock: str) -> Iterator[str]:
    """Yield what is wrong with one lock: a package without a hash, without an exact version, or from elsewhere."""
    logical = [line.strip() for line in lock.replace("\\\n", " ").splitlines() if line.strip()]
    if not logical:
        yield "it is empty"
    for line in logical:
        pin, *rest = line.split(" --hash=")
        if not _PIN.fullmatch(pin.strip()):
            yield f"{pin.strip()[:60]} is no exact pin"
        elif not rest or not all(_HASH.fullmatch(f"--hash={each.strip()}") for each in rest):
            yield f"{pin.strip()} has no hash, or one that is not SHA-256"


def write_sbom(path: Path = SBOM) -> PointResult:
    """Write the SBOM of what Lambda installs, from the lock, with each licence; check that it names no other index."""
    done = run([SECURITY / "cyclonedx-py", "requirements", LOCK, "--of", "JSON", "--output-reproducible"])
    if done.returncode:
        return PointResult.not_known(f"cyclonedx-py: status {done.returncode}")
    sbom = json.loads(done.stdout)
    findings = []
    for component in sbom["components"]:
        component.pop("description", None)  # the line of the lock once more
        component["hashes"] = [
            each for reference in component.pop("externalReferences") for each in reference["hashes"]
        ]
        licence = read_licence(component["name"], component["version"])
        if licence is None:
            findings.append(f"{component['name']}: its licence is not known")
        elif not OPEN_LICENCES.search(licence):
            findings.append(f"{component['name']}: {licence} is not in the list of licences")
        component["licenses"] = [{"license": {"name": licence or "not known"}}]
    findings += [f"an address in the SBOM: {url}" for url in find_addresses(json.dumps(sbom["components"]))]
    text = json.dumps(sbom, indent=2, sort_keys=True) + "\n"
    pinned = set(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==", LOCK.read_text(encoding="utf-8"), re.MULTILINE))
    if pinned != (listed := {component["name"] for component in sbom["components"]}):
        findings.append(f"the SBOM and the lock differ in {', '.join(sorted(pinned ^ listed))}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return PointResult.of_findings(findings)


def find_addresses(text: str) -> list[str]:
    """Return every address in a text: the package index behind a lock is nobody's affair."""
    return sorted(set(re.findall(r"[a-z]+://[^\s\"]+", text)))


def read_licence(name: str, version: str) -> str | None:
    """Return the licence of an installed package, or None if there is no such version or it states none."""
    try:
        found = metadata(name)
    except PackageNotFoundError:
        return None
    if found["Version"] != version:
        return None
    classifiers = [each.rpartition(" :: ")[2] for each in found.get_all("Classifier", []) if each.startswith("License")]
    stated = found.get("License-Expression") or ", ".join(classifiers) or found.get("License")
    return stated.splitlines()[0] if stated else None
