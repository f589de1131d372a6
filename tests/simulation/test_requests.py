"""What others ask for, in the simulated world: what its judges go by when a hold or block comes and goes."""

from datetime import timedelta

from tests.day import WELD, a_model, at

from preheat.domain.attempt import Attempt, Call
from preheat.domain.plan import HostedModel, Units
from preheat.domain.request import Kind, RequestId, Standing, Subject
from preheat.simulation.watch import Watch

LINE = Subject(model_id=WELD)


def watching(model: HostedModel) -> Watch:
    return Watch([model], at("00:00"), at("00:00", day=1))


def stopped(watch: Watch, when: str) -> set[str]:
    """Have Preheat stop the model, with an effect; return what is broken."""
    target = a_model().target
    attempt = Attempt(Call.STOP, 1, "preheat-stop-1", target, Units(), at(when), at(when))
    watch.on_call(WELD, attempt, at(when), changed=True)
    return {found.invariant for found in watch.violations}


def test_what_was_adopted_for_a_hold_that_is_released_before_its_begin_may_be_stopped() -> None:
    model, hold = a_model(), Standing(RequestId("a"), Kind.HOLD, LINE, "role", at("10:00"), at("12:00"), at("09:30"))
    released = Standing(
        RequestId("a"), Kind.HOLD, LINE, "role", hold.begin, hold.until, at("09:30"), released_at=at("09:50")
    )
    watch = watching(model)
    watch.on_person(WELD, at("09:00"), Call.START)
    watch.on_standing(model, [hold], at("09:30"))
    watch.on_standing(model, [released], at("09:50"))
    assert "S4" not in stopped(watch, "09:51")


def test_what_no_hold_has_covered_is_a_strangers() -> None:
    model, hold = a_model(), Standing(RequestId("a"), Kind.HOLD, LINE, "role", at("15:00"), at("16:00"), at("09:30"))
    watch = watching(model)
    watch.on_person(WELD, at("09:00"), Call.START)
    watch.on_standing(model, [hold], at("09:30"))
    watch.on_standing(model, [], at("09:30") + timedelta(minutes=20))
    assert "S4" in stopped(watch, "09:51")
