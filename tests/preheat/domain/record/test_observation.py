"""The observation of a look, and when a model serves."""

from tests.support.day import TARGET, WELD, at

from preheat.domain.plan.plan import Units
from preheat.domain.record.attempt import Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation, require_serving


def test_only_a_start_says_how_many_copies_must_serve() -> None:
    start, stop = (
        Attempt.intend(
            WELD, call, generation=1, demand_start=at("08:00"), target=TARGET, units=Units(2), now=at("07:28")
        )
        for call in (Call.START, Call.STOP)
    )
    one = Observation(Observed.HOSTED, "InService", serving=1)
    assert require_serving(one, start).observed is Observed.STARTING
    assert require_serving(one, stop).observed is Observed.HOSTED
    assert require_serving(one).observed is Observed.HOSTED
