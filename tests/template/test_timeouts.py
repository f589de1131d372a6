"""How long a pass may take: an inference fits into the function's timeout, and that into the lease of a call."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from preheat.adapters.hosting.calling import CONFIG, INFERENCE_CONFIG
from preheat.app.audit.invariants import LEASE as JUDGED_BY
from preheat.domain.record.attempt import LEASE
from preheat.domain.record.clocks import OFF_AFTER, TRUSTED_WITHIN
from preheat_lab.checkout import ROOT

type OfType = Callable[[str], dict[str, Any]]
DATE_IS_KNOWN_TO = timedelta(seconds=1)  # the precision of the header with the store's time
LIMITS, RELIABILITY = ROOT / "docs" / "limits.md", ROOT / "docs" / "reliability.md"
READS = 2  # of an endpoint: itself and its tags, each of them with one retry


def longest(config: Any) -> float:
    """Return the seconds that one call may take, its retries included, without their short pauses."""
    tries: int = config.retries["total_max_attempts"]
    return float(tries * (config.connect_timeout + config.read_timeout))


def test_an_inference_fits_into_a_pass_though_every_look_before_it_hangs(of_type: OfType) -> None:
    timeout = of_type("AWS::Serverless::Function")["ReconcileFunction"]["Timeout"]
    assert longest(INFERENCE_CONFIG) >= 60
    assert READS * longest(CONFIG) + longest(INFERENCE_CONFIG) < timeout


def test_the_lease_of_a_call_outlasts_the_function_and_every_clock_that_a_pass_goes_by(of_type: OfType) -> None:
    """S8: nobody ends a lease while the worker that holds it may still call.

    That worker writes by a clock that may be behind, and somebody else reads by one that may be ahead.
    """
    timeout = timedelta(seconds=of_type("AWS::Serverless::Function")["ReconcileFunction"]["Timeout"])
    assert timeout + 2 * TRUSTED_WITHIN + DATE_IS_KNOWN_TO < LEASE
    assert LEASE == JUDGED_BY


def test_the_docs_state_the_times_that_the_lease_rests_on(of_type: OfType) -> None:
    timeout = of_type("AWS::Serverless::Function")["ReconcileFunction"]["Timeout"]
    (row,) = [line for line in LIMITS.read_text().splitlines() if line.startswith("| error of a function's clock |")]
    assert f"| {OFF_AFTER.seconds} s |" in row
    words = " ".join(RELIABILITY.read_text().split())
    for stated in (
        f"The lease ({LEASE.seconds} s) is longer than the function's timeout ({timeout} s)",
        f"more than {TRUSTED_WITHIN.seconds} s",
        f"more than {OFF_AFTER.seconds} s takes no step",
    ):
        assert stated in words
