"""The result of a check: an outcome and one line of detail. Does not know any check."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class PointOutcome(StrEnum):
    """A check passes, fails, or could not find out. Only the first lets `make security` succeed."""

    PASS = "PASS"  # noqa: S105 - an outcome, no password
    FAIL = "FAIL"
    NOT_KNOWN = "NOT KNOWN"


WORST_FIRST = (PointOutcome.FAIL, PointOutcome.NOT_KNOWN, PointOutcome.PASS)


@dataclass(frozen=True, slots=True)
class PointResult:
    """The outcome of one check, and why."""

    outcome: PointOutcome
    details: tuple[str, ...] = ()

    @classmethod
    def of_findings(cls, findings: Sequence[str]) -> Self:
        """Return FAIL with the findings, or PASS if there is none."""
        return cls(PointOutcome.FAIL if findings else PointOutcome.PASS, tuple(findings))

    @classmethod
    def not_known(cls, why: str) -> Self:
        """Return NOT KNOWN: the check did not reach what it had to read."""
        return cls(PointOutcome.NOT_KNOWN, (why,))


def combine(results: Sequence[PointResult]) -> PointResult:
    """Return the worst outcome with every detail of it and worse. Without results nothing is known."""
    if not results:
        return PointResult.not_known("no check holds this point")
    outcome = next(each for each in WORST_FIRST if any(result.outcome is each for result in results))
    return PointResult(outcome, tuple(detail for result in results for detail in result.details))
