"""The board's reading: everything once, then only the changes, and one unreadable part hides no other model."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.support.day import MIDNIGHT, WELD, a_day, a_model, at, shifts

from preheat.adapters.memory.store import MemoryStore
from preheat.app.board.page import render
from preheat.app.board.reading import BoardReader
from preheat.app.board.view import make_board
from preheat.app.ports.errors import UnreadableItem
from preheat.domain.demand.request import Kind, RequestId, Standing, Subject
from preheat.domain.plan.plan import Mode, ModelId
from preheat.domain.verdict.causes import VerdictCause, VerdictState
from preheat.domain.verdict.judging import judge

PAINT, SEAL = ModelId("paint"), ModelId("seal")


class Counting:
    """A store that counts its calls, and cannot read what is in `broken`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.calls: list[tuple[Any, ...]] = []
        self.broken: set[tuple[Any, ...]] = set()

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)

        def count_call(*arguments: Any) -> Any:
            self.calls.append((name, *arguments))
            if name not in ("load_many", "find_asked") and (name, *arguments[:1]) in self.broken:
                raise UnreadableItem(f"{name} is broken")
            found = call(*arguments)
            if name == "read_whole_plan":
                broken = {
                    model_id: "read_planned is broken" for what, model_id in self.broken if what == "read_planned"
                }
                models = {model_id: model for model_id, model in found.models.items() if model_id not in broken}
                return replace(found, models=models, unreadable=broken)
            return {k: v for k, v in found.items() if ("load", k) not in self.broken} if name == "load_many" else found

        return count_call

    def take(self) -> list[str]:
        """Return the names of the calls since the last time."""
        names, self.calls = [name for name, *_ in self.calls], []
        return names


def plant() -> MemoryStore:
    store = MemoryStore()
    models = [replace(a_model("08:00-16:00"), model_id=name) for name in (WELD, PAINT, SEAL)]
    store.apply(models, expected_version=0, at=MIDNIGHT)
    return store


def test_a_second_read_takes_the_plans_version_the_records_and_the_schedules_requests() -> None:
    store = Counting(plant())
    reader = BoardReader(store)
    assert [each.facts.model_id for each in reader.read(at("07:00"))] == [PAINT, SEAL, WELD]
    assert {"read_whole_plan", "read_recent_ledger", "find_asked"} <= set(store.take())
    reader.read(at("07:01"))
    assert store.take() == ["read_plan_version", "load_many", "read_standings"]


def test_a_changed_record_is_read_with_its_requests_and_ledger_and_no_other_is() -> None:
    inner = plant()
    held = Standing(RequestId("a"), Kind.HOLD, Subject(model_id=PAINT), "line", at("07:00"), at("08:00"), at("07:00"))
    inner.stands[held.subject] = {held.request_id: held}
    store = Counting(inner)
    reader = BoardReader(store)
    reader.read(at("07:00"))
    inner.wake(PAINT, at("07:01"))
    store.take()
    reader.read(at("07:01"))
    assert [call[1:] for call in store.calls if call[0] == "read_recent_ledger"] == [(PAINT, at("07:01", -8))]
    assert ("read_standings", Subject(model_id=PAINT), at("07:01", -8)) in store.calls


def test_a_hold_and_a_block_of_a_schedule_are_seen_at_the_next_read() -> None:
    with a_day(window="08:00-16:00") as day:
        reader = BoardReader(day.store)
        day.run_until("05:00")
        assert reader.read(day.clock.at)[0].facts.requests == ()
        held = day.hold("05:30", "06:30")
        assert reader.read(day.clock.at)[0].facts.requests == (held,)
        block = day.hold("09:00", "10:00", "b", Kind.BLOCK, subject=Subject(schedule="early"))
        assert set(reader.read(day.clock.at)[0].facts.requests) == {held, block}
        day.release(held)
        assert reader.read(day.clock.at)[0].facts.requests == (block,)


def test_another_plan_is_read_whole() -> None:
    inner = plant()
    reader = BoardReader(inner)
    reader.read(at("07:00"))
    model = replace(a_model("09:00-16:00"), model_id=PAINT)
    inner.apply([model], expected_version=1, at=at("07:00"))
    found = {each.facts.model_id: each for each in reader.read(at("07:01"))}
    assert found[PAINT].facts.model == model
    assert found[WELD].facts.model is None


def test_each_part_that_cannot_be_read_is_unknown_and_hides_no_other_model() -> None:
    held = Standing(RequestId("a"), Kind.HOLD, Subject(model_id=PAINT), "line", at("05:00"), at("06:00"), at("05:00"))
    for broken in (
        ("load", PAINT),
        ("read_planned", PAINT),
        ("read_recent_ledger", PAINT),
        ("read_standings", Subject(model_id=PAINT)),
    ):
        inner = plant()
        inner.stands[Subject(model_id=PAINT)] = {held.request_id: held}
        store = Counting(inner)
        store.broken = {broken}
        found = {each.facts.model_id: judge(each.facts) for each in BoardReader(store).read(at("07:00"))}
        assert set(found) == {PAINT, SEAL, WELD}
        assert (found[PAINT].state, found[PAINT].cause) == (VerdictState.UNKNOWN, VerdictCause.UNSTORED), broken
        assert "is broken" in found[PAINT].why


def test_a_schedule_with_an_error_is_the_models_problem() -> None:
    store = MemoryStore()
    model = replace(a_model(), schedules=(shifts("08:00-16:00", zone="Plant/Nowhere"),))
    store.plans[1], store.current = {WELD: model}, 1
    (found,) = BoardReader(store).read(at("07:00"))
    assert "its schedule has an error" in found.problem


def test_holidays_that_end_soon_are_the_models_problem() -> None:
    store = MemoryStore()
    early = replace(shifts("08:00-16:00"), closed_until=(MIDNIGHT + timedelta(days=30)).date())
    store.plans[1], store.current = {WELD: replace(a_model(), schedules=(early,))}, 1
    (found,) = BoardReader(store).read(at("07:00"))
    assert "apply the plant file again" in found.problem


def test_the_mode_of_the_stack_counts() -> None:
    reader = BoardReader(plant(), Mode.PAUSED)
    assert {judge(each.facts).cause for each in reader.read(at("07:00"))} == {VerdictCause.PAUSED}


def test_a_day_is_shown_as_it_goes() -> None:
    with a_day(window="08:00-16:00") as day:
        reader, seen = BoardReader(day.store), []
        for moment in ("06:00", "07:40", "08:30", "16:10"):
            day.run_until(moment)
            board = make_board(reader.read(day.clock.at), day.clock.at, "plant")
            seen.append(board.rows[0].verdict.state)
            assert render(board)
        assert seen == [VerdictState.OFF, VerdictState.ON_TIME, VerdictState.READY, VerdictState.OFF]
        assert board.figures.on_time == 1
        assert board.figures.paid_week["USD"] > 30
