"""The finding of one check, and how to combine findings. Knows no check."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from preheat_cli.doctor.facts import Unanswered


class CheckResult(StrEnum):
    """The verdict of a check."""

    PASS = "PASS"  # noqa: S105 - a verdict, no password
    WARN = "WARN"
    FAIL = "FAIL"
    SKIP = "SKIP"  # not checked; the meaning has the reason


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: the check, its subject, what it means, and how to fix it."""

    check: str
    subject: str
    verdict: CheckResult
    meaning: str
    remedy: str = ""


def skip_check(check: str, subject: str, answer: Unanswered) -> Finding:
    """Return the finding of a check whose call gave no answer: a denied call names the right that it needs."""
    if not answer.offered:
        call = f"{answer.right}: " if answer.right else ""
        return Finding(check, subject, CheckResult.SKIP, f"not available here: {call}{answer.reason}")
    if answer.right:
        meaning = f"not checked: your credentials may not call {answer.right}"
        return Finding(check, subject, CheckResult.WARN, meaning, f"allow {answer.right}, then run this command again")
    return Finding(
        check, subject, CheckResult.WARN, f"not checked: {answer.reason}", "run this command again; check the network"
    )


def condense(found: Iterable[Finding]) -> list[Finding]:
    """Return findings with one PASS for all the models that pass a check, and one line for models with equal words."""
    kept: dict[tuple[str, ...], list[Finding]] = {}
    for one in found:
        passed = one.verdict is CheckResult.PASS
        key = (one.check, one.verdict) if passed else (one.check, one.verdict, one.meaning, one.remedy)
        kept.setdefault(key, []).append(one)
    return [_unite(several) for several in kept.values()]


def _unite(several: Sequence[Finding]) -> Finding:
    first = several[0]
    if len(several) == 1:
        return first
    if first.verdict is CheckResult.PASS:
        return Finding(first.check, f"{len(several):,} checked", first.verdict, "all pass")
    return Finding(first.check, ", ".join(one.subject for one in several), first.verdict, first.meaning, first.remedy)
