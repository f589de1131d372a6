"""`preheat remove-all`: the command over the real pass on a virtual day; it names models not seen stopped."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.day import MIDNIGHT, WELD, Day, a_day
from tests.support.stacks import HOME, MemoryStack
from typer.testing import CliRunner, Result

from preheat.adapters.sqs.rejected import MemoryRejected
from preheat.app.requests.desk import Desk
from preheat.app.requests.envelope import IncomingMessage
from preheat.domain.plan.plan import Backend
from preheat.domain.record.lifecycle import Observed
from preheat_cli.main import app
from preheat_cli.stack import Home, Surroundings
from preheat_simulator.core.faults import FaultKind


class Removal:
    """A day with the command on it; each pause lets a minute pass."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.desk = Desk(day.clock, day.store, day.queue, MemoryRejected())
        self.stack = MemoryStack(day.store)

    def pause(self, _: float) -> None:
        for body in self.stack.sent:
            self.desk.take(IncomingMessage("m", "AROAOPERATOR:me", body))
        self.stack.sent.clear()
        then = self.day.clock.at + timedelta(minutes=1)
        self.day.run_until(f"{then:%H:%M}", (then - MIDNIGHT).days)

    def remove(self, *options: str, types: str = "", home: Home = HOME) -> Result:
        self.stack.home = home
        surroundings = Surroundings(self.stack, self.day.clock, self.pause, self.stack.announced.append)
        return CliRunner().invoke(app, ["remove-all", *options], obj=surroundings, input=types or None)


@pytest.fixture
def removal() -> Iterator[Removal]:
    """A shift from 8 to 16, a start in 17 minutes, a stop in 4; it is ten o'clock."""
    with a_day() as day:
        day.run_until("10:00")
        yield Removal(day)


def test_every_model_is_stopped_and_seen_so_before_the_command_ends(removal: Removal) -> None:
    result = removal.remove(types="preheat\n")
    assert (result.exit_code, removal.day.observed()) == (0, Observed.STOPPED)
    assert "1 model: Preheat has seen each one stopped" in result.stdout
    assert "    sam delete --stack-name preheat --region eu-central-1" in result.stdout
    assert "aws dynamodb update-table --table-name LedgerTable --region eu-central-1 --no-deletion" in result.stdout
    assert list(removal.day.store.list_planned_models()) == []
    assert "waiting until Preheat sees 1 model stopped: weld-seams" in result.stderr


@pytest.mark.parametrize("typed", ["y\n", "preheat-test\n", "\n"])
def test_only_the_name_of_the_stack_confirms_it(removal: Removal, typed: str) -> None:
    result = removal.remove(types=typed)
    assert result.exit_code == 1
    assert result.stderr.endswith("no change applied\n")
    assert list(removal.day.store.list_planned_models()) == [WELD]
    assert removal.remove("--confirm", "other").exit_code == 1


def test_without_an_answer_nothing_is_removed(removal: Removal) -> None:
    result = removal.remove()
    assert result.exit_code == 2
    assert "Use --confirm preheat instead." in result.stderr
    assert list(removal.day.store.list_planned_models()) == [WELD]


def test_what_somebody_else_started_is_stopped_too(removal: Removal) -> None:
    day = removal.day
    day.run_until("18:00")
    day.person("starts")
    day.store.wake(WELD, day.clock.at)
    day.run_until("18:30")
    assert day.observed() is Observed.HOSTED
    result = removal.remove("--confirm", "preheat")
    assert (result.exit_code, day.observed()) == (0, Observed.STOPPED)
    assert "stopping weld-seams, which somebody else started" in result.stderr


def test_an_endpoint_of_somebody_else_is_named_with_the_command_that_deletes_it() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        day.run_until("18:00")
        day.person("starts")
        day.store.wake(WELD, day.clock.at)
        day.run_until("18:30")
        result = Removal(day).remove("--confirm", "preheat")
        assert (result.exit_code, day.observed()) == (1, Observed.HOSTED)
        assert "weld-seams: not seen stopped. UNSCHEDULED: somebody else started it" in result.stdout
        assert f"    aws sagemaker delete-endpoint --endpoint-name {day.target.project}" in result.stdout
        assert "do not delete the stack yet; run the command again to continue" in result.stderr


def test_a_model_that_does_not_stop_within_an_hour_is_named_and_a_second_run_goes_on(removal: Removal) -> None:
    day = removal.day
    day.fault(FaultKind.ACCESS_DENIED, operation=day.service.words.stop, times=12)
    first = removal.remove("--confirm", "preheat")
    assert (first.exit_code, day.observed()) == (1, Observed.HOSTED)
    assert "weld-seams: not seen stopped. REFUSED: the service rejected the stop" in first.stdout
    second = removal.remove("--confirm", "preheat")
    assert (second.exit_code, day.observed()) == (0, Observed.STOPPED)


def test_a_model_that_cannot_be_read_does_not_count_as_stopped(removal: Removal) -> None:
    day = removal.day
    day.run_until("18:00")
    day.fault(FaultKind.ACCESS_DENIED, operation=day.service.words.describe, times=1_000)
    result = removal.remove("--confirm", "preheat")
    assert result.exit_code == 1
    assert "weld-seams: not seen stopped. UNKNOWN: access denied" in result.stdout


def test_a_stack_that_only_observes_stops_nothing_and_the_command_says_so(removal: Removal) -> None:
    result = removal.remove("--confirm", "preheat", home=replace(HOME, mode="observe"))
    assert (result.exit_code, removal.day.observed()) == (2, Observed.HOSTED)
    assert "the stack is in mode observe, so Preheat stops no model" in result.stderr


def test_of_a_local_aws_nothing_stays(removal: Removal) -> None:
    result = removal.remove("--confirm", "preheat", home=replace(HOME, endpoint_url="http://127.0.0.1:4566"))
    assert result.stdout.splitlines()[-1] == "Delete the local AWS with `preheat down`; nothing stays."
