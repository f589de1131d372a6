"""`preheat apply` stores who applied a plan, and shows it at the next apply."""

import hashlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from tests.tools.conftest import PLANT, Workbench

from preheat.domain.plan.applied import AppliedBy

DIGEST = hashlib.sha256(PLANT.encode()).hexdigest()
SESSION = "arn:aws:sts::123456789012:assumed-role/PlantOps/ada@example.com"


class Sts:
    """A client of STS."""

    def __init__(self, arn: str | Exception) -> None:
        self.arn = arn

    def get_caller_identity(self) -> dict[str, Any]:
        if isinstance(self.arn, Exception):
            raise self.arn
        return {"Arn": self.arn}


@pytest.mark.parametrize(
    ("arn", "session"),
    [
        (SESSION, "ada@example.com"),
        ("arn:aws:iam::123456789012:user/ada", ""),
        ("arn:aws:iam::123456789012:root", ""),
    ],
)
def test_the_identity_its_session_and_the_file_are_stored_with_the_plan(
    bench: Workbench, arn: str, session: str
) -> None:
    bench.clients = lambda *_: Sts(arn)
    assert bench.preheat("apply", bench.plant(), "--yes").exit_code == 0
    assert bench.store.read_applied_by() == AppliedBy(arn, session, DIGEST)
    who = f"{session} ({arn})" if session else arn
    told = bench.preheat("apply", bench.plant(), "--dry-run").output
    assert f"plan 1: applied by {who}, file {DIGEST[:12]}\n" in told


@pytest.mark.parametrize(
    "error",
    [ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "x"), NoCredentialsError(), LookupError("x")],
)
def test_an_identity_that_is_unknown_stops_no_apply(bench: Workbench, error: Exception) -> None:
    bench.clients = lambda *_: Sts(error)
    assert bench.preheat("apply", bench.plant(), "--yes").exit_code == 0
    assert bench.store.read_applied_by() == AppliedBy(digest=DIGEST)
    assert "applied by" not in bench.preheat("apply", bench.plant(), "--dry-run").output


def test_history_lists_who_applied_which_plan_and_plan_names_the_last(bench: Workbench) -> None:
    bench.clients = lambda *_: Sts(SESSION)
    bench.preheat("apply", bench.plant(), "--yes")
    bench.clients = lambda *_: Sts(NoCredentialsError())
    bench.preheat("apply", bench.plant(), "--yes")
    first, second = bench.preheat("history", "--plans").output.splitlines()
    count = "2 models" if "paint" in PLANT else "1 model"
    assert first.endswith(f"Z  plan 1  {count}, applied by ada@example.com ({SESSION}), file {DIGEST[:12]}")
    assert second.endswith(f"Z  plan 2  {count}, applied by ?")
    (row,) = map(
        json.loads, bench.preheat("history", "--plans", "--limit", "1", "--format", "json").output.splitlines()
    )
    assert (row["plan"], row["applied_by"], row["digest"]) == (2, None, DIGEST)
    assert "by somebody unknown\n" in bench.preheat("plan").output
    late = bench.preheat("history", "--plans", "--from", "2099-01-01").output
    assert late == "no plan in this time\n"
    for wrong in (("history",), ("history", "weld-seams", "--plans")):
        assert "name a model or use --plans" in bench.preheat(*wrong).output


def test_an_identity_is_printable(bench: Workbench) -> None:
    bench.clients = lambda *_: Sts(SESSION + "\x1b[31m")
    bench.preheat("apply", bench.plant(), "--yes")
    for command in (("apply", bench.plant(), "--dry-run"), ("history", "--plans"), ("plan",)):
        shown = bench.preheat(*command).output
        assert "ada@example.com" in shown
        assert "\x1b" not in shown
