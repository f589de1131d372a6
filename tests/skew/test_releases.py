"""Every release reads the items of another: stored samples of each, and this release's items, read as they would."""

import json
from collections import Counter
from dataclasses import MISSING, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.skew.older import Refused, read_item
from tests.skew.passes import TARGET, WELD, Samples, plain, take_of_endpoints, take_samples
from tests.skew.shape import CURRENT, SHAPES, read

from preheat.adapters.dynamodb import columns, fleet, items, plan_items
from preheat.adapters.dynamodb.tables import LedgerItem, PlanItem, RecordItem
from preheat.adapters.sqs.work import parse_work
from preheat.domain.calendar.schedule import Weekday
from preheat.domain.plan.hosted_model import Unscheduled
from preheat.domain.plan.plan import Mode, ModelId, Units
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, Effort, LedgerEntry, ModelRecord, Ownership, Phase

HERE = Path(__file__).parent
RELEASES = sorted(path.stem for path in SHAPES.glob("*.json") if path != CURRENT)
NAMED: dict[str, type] = {}


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def stored(release: str) -> dict[str, Any]:
    """The items of a release."""
    samples: dict[str, Any] = json.loads((HERE / f"samples-{release}.json").read_text())
    return samples


@pytest.fixture(scope="module")
def written() -> Samples:
    """The items of this release."""
    return take_samples()


def bound(kind: Any) -> Any:
    """Return a table class under a name of its own, as `items` needs it for its messages."""
    if kind.__name__ not in NAMED:
        NAMED[kind.__name__] = type(kind)(kind.__name__, (kind,), {"Meta": type("Meta", (), {"table_name": "t"})})
    return NAMED[kind.__name__]


def record_of(item: Any) -> ModelRecord:
    return items.to_record(items.check_item(bound(RecordItem), "key", item))


def entry_of(item: Any) -> LedgerEntry:
    return columns.to_entry(items.check_item(bound(LedgerItem), "key", item))


READERS: dict[str, Any] = {
    "records": record_of,
    "entries": entry_of,
    "models": lambda item: plan_items.to_model(items.check_item(bound(PlanItem), "key", item)),
}
KINDS = {"records": "record", "entries": "entry", "models": "model"}


def agrees(value: Any, meant: Any, at: str = "") -> None:
    """Compare a value with its intended one; newer fields have their defaults."""
    if isinstance(meant, dict):
        for field in fields(value):
            inner = getattr(value, field.name)
            if field.name in meant:
                agrees(inner, meant[field.name], f"{at}.{field.name}")
            else:
                default = field.default_factory() if field.default_factory is not MISSING else field.default
                assert inner == default, f"{at}.{field.name}"
        assert meant.keys() <= {field.name for field in fields(value)}, at
    elif isinstance(meant, list):
        assert len(value) == len(meant), at
        for index, one in enumerate(sorted(value) if isinstance(value, frozenset) else value):
            agrees(one, meant[index], f"{at}[{index}]")
    else:
        assert plain(value) == meant, at


@pytest.mark.parametrize("kind", READERS)
def test_what_a_release_wrote_is_read_as_it_was_meant(stored: dict[str, Any], kind: str) -> None:
    assert stored[kind]
    for sample in stored[kind]:
        agrees(READERS[kind](sample["item"]), sample["meant"])


def test_the_pointer_and_the_messages_of_a_release_are_read(stored: dict[str, Any]) -> None:
    pointer = items.check_item(bound(PlanItem), "key", stored["pointer"]["item"])
    fleet.POINTER_SCHEMA.check("pointer", pointer.schema)
    assert (pointer.version, pointer.points_to) == (1, stored["models"][0]["item"]["plan"]["S"])
    for message in stored["messages"]:
        assert parse_work(message["body"]) == message["meant"]


# Since 0.1.0; a look is never an entry.
NEWER_PHASES = {Phase.WARMING, Phase.DRAINING}
NEWER_ACTIONS = {Action.LOOK, Action.EXPIRE, Action.READY, Action.DRAIN, Action.OPEN, Action.CLOSE, Action.CAPACITY}
NEWER_ACTIONS |= {Action.UNREAD, Action.AT_RISK, Action.SCALE}


def complete(samples: dict[str, Any]) -> None:
    """Assert that the samples are complete: each phase, each answer to each call and none, each action, each mode."""
    records = [sample["meant"] for sample in samples["records"]]
    attempts = Counter((one["attempt"]["call"], one["attempt"]["answer"]) for one in records if one["attempt"])
    assert {one["phase"] for one in records} == {phase.value for phase in Phase} - NEWER_PHASES
    calls = [call for call in Call if not call.is_of_gate]
    assert set(attempts) == {(call.value, answer) for call in calls for answer in (*map(str, Answer), None)}
    assert {one["ownership"] for one in records} == {ownership.value for ownership in Ownership}
    assert {sample["meant"]["action"] for sample in samples["entries"]} - {
        action.value for action in NEWER_ACTIONS
    } == {action.value for action in Action if action not in NEWER_ACTIONS}
    assert {sample["meant"]["mode"] for sample in samples["models"]} == {mode.value for mode in Mode}


def test_the_samples_of_0_1_0_leave_nothing_out() -> None:
    complete(json.loads((HERE / "samples-0.1.0.json").read_text()))


def test_samples_taken_again_leave_nothing_out(written: Samples) -> None:
    complete(vars(written))


@pytest.fixture(scope="module")
def endpoints() -> Samples:
    return take_of_endpoints()


def test_the_samples_of_endpoints_have_a_shortage_a_fallback_and_scaling(endpoints: Samples) -> None:
    records = [sample["meant"] for sample in endpoints.records]
    efforts = [one["effort"] for one in records if one["effort"]]
    assert any(effort["short_since"] for effort in efforts)
    assert any(effort["fallback"] for effort in efforts)
    assert {one["scaling"]["is_removed"] for one in records if one["scaling"]} == {False, True}
    assert {"capacity", "scale"} <= {sample["meant"]["action"] for sample in endpoints.entries}
    assert any(sample["meant"]["fallbacks"] for sample in endpoints.models)


@pytest.mark.parametrize("kind", ["records", "entries", "models"])
def test_this_release_reads_what_it_writes_of_endpoints_and_an_older_one_refuses_it(
    endpoints: Samples, release: str, kind: str
) -> None:
    """Refused, not misread: it neither starts nor stops what it cannot understand."""
    older = read(SHAPES / f"{release}.json")
    assert getattr(endpoints, kind)
    for sample in getattr(endpoints, kind):
        agrees(READERS[kind](sample["item"]), sample["meant"])
        with pytest.raises(Refused):
            read_item(older, KINDS[kind], sample["item"])


@pytest.mark.parametrize("kind", READERS)
def test_what_this_release_writes_an_older_one_reads_as_far_as_it_knows_it(
    written: Samples, release: str, kind: str
) -> None:
    older, now = read(SHAPES / f"{release}.json"), read(CURRENT)
    for sample in getattr(written, kind):
        if now["items"][KINDS[kind]]["schema"] > older["items"][KINDS[kind]]["schema"]:
            with pytest.raises(Refused, match="schema"):  # as a breaking change must be
                read_item(older, KINDS[kind], sample["item"])
            continue
        if kind == "entries" and sample["meant"]["action"] not in older["types"]["Action"]:
            with pytest.raises(Refused, match="is no Action"):  # it waits until `publish` is of this release
                read_item(older, KINDS[kind], sample["item"])
            continue
        found = read_item(older, KINDS[kind], sample["item"])
        assert found.keys() == older["types"][older["items"][KINDS[kind]]["type"]].keys()
        agrees(READERS[kind](sample["item"]), sample["meant"])


@pytest.mark.parametrize("kind", READERS)
def test_the_rule_of_a_release_refuses_what_it_must(stored: dict[str, Any], release: str, kind: str) -> None:
    older = read(SHAPES / f"{release}.json")
    item = stored[kind][-1]["item"]
    read_item(older, KINDS[kind], item)
    with pytest.raises(Refused, match="schema"):
        read_item(older, KINDS[kind], item | {"schema": {"N": "2"}})
    body = json.loads(item["body"]["S"])
    with pytest.raises(Refused, match="missing"):
        read_item(older, KINDS[kind], item | {"body": {"S": json.dumps(body | {"target": {}})}})
    more = item | {"body": {"S": json.dumps(body | {"more": 1})}}
    if kind == "models":
        with pytest.raises(Refused, match="unknown"):
            read_item(older, KINDS[kind], more)
    else:
        read_item(older, KINDS[kind], more)


# --- three of them in full, by hand: were `plain` wrong, the rest would agree with itself -----------------------------


def at(hour: int, minute: int, second: int = 0, micro: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, second, micro, tzinfo=UTC)


def first(kind: str, **meant: Any) -> Any:
    samples = json.loads((HERE / "samples-0.1.0.json").read_text())[kind]
    return next(one["item"] for one in samples if meant.items() <= one["meant"].items())


def test_an_open_start_that_0_1_0_wrote() -> None:
    assert record_of(first("records", phase="starting")) == ModelRecord(
        model_id=WELD,
        target=TARGET,
        version=3,
        sequence=1,
        plan_version=1,
        phase=Phase.STARTING,
        since=at(7, 28),
        observed=Observed.STOPPED,
        attempt=Attempt(
            call=Call.START,
            generation=1,
            client_token="preheat-start-1-94b1e61991d387c817c6340c3c2f9f9a",  # noqa: S106  opens nothing
            target=TARGET,
            units=Units(1),
            first_at=at(7, 28),
            intent_at=at(7, 28),
        ),
        start_generation=1,
        ownership=Ownership.STARTED,
        effort=Effort(
            demand_start=at(8, 0),
            until=at(9, 0),
            ready_at=at(8, 0),
            schedule="early",
            attempts=1,
            first_start_at=at(7, 28),
        ),
        wake_at=at(7, 29),
        spent_until=at(7, 30),
        writer="pass-2",
    )


def test_a_margin_that_0_1_0_wrote() -> None:
    entry = entry_of(first("entries", action="observe", late=False))
    assert (entry.model_id, entry.sequence, entry.from_phase, entry.to_phase) == (WELD, 2, Phase.STARTING, Phase.HOSTED)
    assert (entry.reason, entry.schedule, entry.target) == ("Hosted as required", "early", TARGET)
    assert entry.time_to_hosted is not None
    assert entry.margin is not None
    assert timedelta(minutes=15) <= entry.time_to_hosted <= timedelta(minutes=17)
    assert entry.at + entry.margin == at(8, 0)
    assert entry.late is False


def test_a_planned_model_that_0_1_0_wrote() -> None:
    model = READERS["models"](first("models", model_id="paint-finish"))
    (late, none) = model.schedules
    (window,) = late.shift_windows
    assert (late.zone, none.shift_windows) == ("America/Mexico_City", ())
    assert (window.days, window.start.isoformat()) == (frozenset({Weekday.FRI, Weekday.SUN}), "22:30:00")
    assert (window.end.isoformat(), window.end_day) == ("06:00:01", 1)
    assert (model.model_id, model.units) == (ModelId("paint-finish"), Units(2, 4))
    assert (model.mode, model.unscheduled) == (Mode.OBSERVE, Unscheduled.STOP)
    assert (model.lead, model.slack) == (timedelta(minutes=30), timedelta(minutes=2))
