"""How long a pass may take: an inference fits into the function's timeout, and that into the lease of a call."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from preheat.adapters.hosting.calling import CONFIG, INFERENCE_CONFIG
from preheat.domain.record.attempt import LEASE

type OfType = Callable[[str], dict[str, Any]]
CLOCKS_APART = timedelta(seconds=20)  # docs/reliability.md and docs/limits.md state it
READS = 2  # of an endpoint: itself and its tags, each of them with one retry


def longest(config: Any) -> float:
    """Return the seconds that one call may take, its retries included, without their short pauses."""
    tries: int = config.retries["total_max_attempts"]
    return float(tries * (config.connect_timeout + config.read_timeout))


def test_an_inference_fits_into_a_pass_though_every_look_before_it_hangs(of_type: OfType) -> None:
    timeout = of_type("AWS::Serverless::Function")["ReconcileFunction"]["Timeout"]
    assert longest(INFERENCE_CONFIG) >= 60
    assert READS * longest(CONFIG) + longest(INFERENCE_CONFIG) < timeout


def test_the_lease_of_a_call_outlasts_the_function_and_clocks_that_differ(of_type: OfType) -> None:
    timeout = timedelta(seconds=of_type("AWS::Serverless::Function")["ReconcileFunction"]["Timeout"])
    assert timeout + CLOCKS_APART <= LEASE
