"""Two stacks that manage one target by mistake: no call of one is the replay of the other's."""

from dataclasses import replace

from tests.support.day import Day, a_day

from preheat.app.ports.remote import Remote
from preheat.domain.record.lifecycle import Observed
from preheat_simulator.core.calls import LoggedCall


def set_stack(day: Day, stack: str) -> None:
    def with_name(remote: Remote) -> Remote:
        return replace(remote, stack=stack)

    day.remote = with_name


def tokens(calls: list[LoggedCall]) -> set[str]:
    return {str(call.token) for call in calls if call.token}


def test_no_token_of_one_stack_is_ever_the_others() -> None:
    with a_day() as one, a_day() as other:
        for day, stack in ((one, "line/line-models"), (other, "line/other-models")):
            set_stack(day, stack)
            day.run_until("16:10")
            assert day.observed() is Observed.STOPPED
        found = [
            tokens([*day.sent(day.service.words.start), *day.sent(day.service.words.stop)]) for day in (one, other)
        ]
        assert all(found)
        assert not found[0] & found[1]


def test_a_stack_names_the_same_call_alike_in_every_pass() -> None:
    found = []
    for _ in range(2):
        with a_day() as day:
            set_stack(day, "line/line-models")
            day.run_until("16:10")
            found.append(tokens([*day.sent(day.service.words.start), *day.sent(day.service.words.stop)]))
    assert found[0] == found[1]
