"""Reads the facts at the end of a chaos run from DynamoDB, the simulator and the queues. Judges nothing."""

from datetime import UTC, datetime

from preheat.app.ports.store import Store
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import ModelRecord
from preheat_lab.chaos.controls import SimulatorControls
from preheat_lab.chaos.facts import ChaosFacts, Killing, Letter, WaveShift
from preheat_lab.chaos.hands import POISON, Hands
from preheat_lab.chaos.judges import AT_REST
from preheat_lab.chaos.plan import ENDPOINT, HELD, STRANGER, target_of
from preheat_lab.chaos.script import ChaosFaultKind
from preheat_local import LocalAws
from preheat_local.store import open_local_store
from preheat_simulator.core.calls import LoggedCall
from preheat_simulator.core.status import Operation
from preheat_simulator.core.words import LOOKOUT, SAGEMAKER

SERVICES = {words.backend: words for words in (LOOKOUT, SAGEMAKER)}


def read_facts(aws: LocalAws, hands: Hands, shifts: list[WaveShift], letters: list[tuple[str, str]]) -> ChaosFacts:
    """Read everything back."""
    store, simulator = open_local_store(aws), hands.simulator
    models = (*hands.models, HELD, STRANGER)
    scaled = hands.done[str(ChaosFaultKind.SCALED)] > 0  # only an endpoint in service takes its owner's scaling
    return ChaosFacts(
        shifts=tuple(shifts),
        ledgers={model_id: tuple(store.read_ledger(model_id)) for model_id in models},
        records={model_id: _record(store, model_id) for model_id in models},
        calls=tuple(_call(call) for name in SERVICES for call in simulator.get(f"calls?service={name}")["calls"]),
        history=_history(simulator),
        strangers=frozenset({target_of(STRANGER).project}),
        letters=tuple(Letter(*letter) for letter in letters),
        poison=frozenset({POISON}),
        outages=tuple(hands.outages),
        gates=hands.neighbours.read_gates(),
        scaled=hands.neighbours.is_scaled(),
        given_scaling=frozenset({ENDPOINT} if scaled else ()),
        replies=hands.neighbours.read_replies(),
        killings=tuple(
            Killing(
                at=datetime.fromtimestamp(each["at"], UTC),
                function=each["function"],
                call=each["call"],
                when=each["when"],
                processes=each["processes"],
                messages=tuple(each["messages"]),
            )
            for each in hands.rules.list_happened()
            if each["kind"] == "killed"
        ),
    )


def is_at_rest(aws: LocalAws, hands: Hands) -> bool:
    """Return whether no model of Preheat's runs and no record has an open attempt."""
    store = open_local_store(aws)
    history = _history(hands.simulator)
    models = (*hands.models, HELD)
    running = [model_id for model_id in models if history[target_of(model_id).project][-1][1] not in AT_REST]
    return not running and not any(_record(store, model_id).is_engaged() for model_id in models)


def _record(store: Store, model_id: ModelId) -> ModelRecord:
    return store.load(model_id) or ModelRecord(model_id, target_of(model_id))


def _history(simulator: SimulatorControls) -> dict[str, tuple[tuple[datetime, str], ...]]:
    """Return the states of every model of every service, in the words of Lookout for Vision."""
    return {
        model["project"]: tuple(
            (datetime.fromisoformat(step["at"]), words.statuses[step["status"]].value) for step in model["history"]
        )
        for name, words in SERVICES.items()
        for model in simulator.get(f"state?service={name}")["models"]
    }


def _call(call: dict[str, str]) -> LoggedCall:
    return LoggedCall(**{**call, "at": datetime.fromisoformat(call["at"]), "operation": Operation(call["operation"])})  # type: ignore[arg-type]  # the simulator's own JSON of this very class
