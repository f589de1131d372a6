"""The coverage matrix: the service status and phase at which explorer (X) and simulation (D) met each fault.

A cell is a service status, a record's phase and a fault. The explorer can reach a cell if the event that the fault
spoils came there with a fault still allowed. The simulation can reach it if a pass began there. `NATURE` says where a
fault cannot strike by its nature, and why.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from preheat_lab.explorer import Scenario, explore
from preheat_lab.simulation import simulate
from preheat_lab.simulation.faults import Mishap
from preheat_simulator.core.status import Status

# Mishaps that the simulation draws when the service or a person acts, not when a pass does.
BY_CHANCE = frozenset({Mishap.PERSON_STARTS, Mishap.PERSON_STOPS, Mishap.STUCK, Mishap.INTERNAL_ERROR_AFTER})
type StatusAndPhase = tuple[str, str]
type Hits = dict[str, Counter[StatusAndPhase]]

DELETED, SAID_GONE = "model deleted", "model said to be gone"
UNDONE, CONFLICT, INVALID, NEW_WORD, SECOND_TRY = (
    "stop undone", "wrong state", "invalid", "new status word", "second try throttled"
)  # fmt: skip
IDLE, SCALING_OUT, SCALING_LOST, SCALING_REFUSED = (
    "nothing serves", "scaling out of reach", "scaling answer lost", "scaling refused"
)  # fmt: skip
READ = ("Throttled", "AccessRefused")
MOVED = ("Throttled", "WrongState", "QuotaExceeded", "AccessRefused", "InvalidCall")
# The explorer's words for what both let happen, and for what only it does.
EVENTS: Mapping[str, str] = {
    "fault: crash": Mishap.WORKER_KILLED,
    **{f"fault: {what}, with a clock that is behind": Mishap.CLOCK_OFF for what in ("look", "glance")},
    "fault: save does not arrive": Mishap.STORE_OUT,
    "fault: save, answer lost": Mishap.STORE_LOST,
    "fault: hosting failed": Mishap.HOSTING_FAILED,
    "fault: no capacity": Mishap.CAPACITY,
    "fault: nothing serves": IDLE,
    "fault: read_scaling: AnswerLost": SCALING_OUT,
    "fault: restore_scaling, answer lost": SCALING_LOST,
    "fault: restore_scaling: AccessRefused": SCALING_REFUSED,
    "fault: system updating": Mishap.SYSTEM_UPDATING,
    "fault: model deleted": DELETED,
    "fault: stop undone": UNDONE,
    "fault: describe: a new word": NEW_WORD,
    **{f"fault: {call}, answer lost": Mishap.ANSWER_LOST for call in ("start", "stop")},
    **{f"fault: {call}, the client's second try throttled": SECOND_TRY for call in ("start", "stop")},
    **{f"fault: {call} does not arrive": Mishap.INTERNAL_ERROR for call in ("start", "stop")},
    "fault: describe: AnswerLost": Mishap.INTERNAL_ERROR,
    "fault: describe: ModelGone": SAID_GONE,
    **{
        f"fault: {call}: {error}": fault
        for call in ("describe", "start", "stop")
        for error, fault in {
            "Throttled": Mishap.THROTTLE,
            "AccessRefused": Mishap.ACCESS_DENIED,
            "QuotaExceeded": Mishap.QUOTA,
            "WrongState": CONFLICT,
            "InvalidCall": INVALID,
        }.items()
    },
    **{f"fault: {call}, answer lost": Mishap.GATE_LOST for call in ("open", "close")},
    **{f"fault: {call} does not arrive": Mishap.GATE_OUT for call in ("open", "close")},
    "fault: gate: a new word": NEW_WORD,
    **{f"fault: {call}: {error}": Mishap.GATE_REFUSED for call in ("gate", "count") for error in READ},
    **{f"fault: {call}: {error}": Mishap.GATE_REFUSED for call in ("open", "close") for error in MOVED},
}
# Where a fault of the explorer can strike by its nature, and why nowhere else.
NATURE: Mapping[str, tuple[frozenset[str], str]] = {
    Mishap.HOSTING_FAILED: (frozenset({Status.STARTING_HOSTING}), "only a start can fail"),
    Mishap.CAPACITY: (frozenset({Status.STARTING_HOSTING}), "only a start needs capacity"),
    IDLE: (frozenset({Status.STARTING_HOSTING, Status.HOSTED}), "what is hosted loses its instances, or never has any"),
    Mishap.SYSTEM_UPDATING: (
        frozenset({Status.TRAINED, Status.STARTING_HOSTING, Status.HOSTED, Status.STOPPING_HOSTING}),
        "not while it is updated, deleted or failed: that would change nothing that a pass can see",
    ),
    DELETED: (frozenset(set(Status) - {Status.DELETING}), "what is deleted stays so"),
    UNDONE: (frozenset({Status.STOPPING_HOSTING}), "only a stop under way can come to nothing"),
}
BY_SCENARIO = frozenset({Mishap.CAPACITY, IDLE})  # the explorer has these in scenarios of their own only
# Faults of the surroundings, which the explorer has in another form or not: only the simulation counts.
# Mishaps that hit no model, and so have no place: an unreadable message, and the publisher with its stream and bus.
PLACELESS = frozenset(
    {Mishap.NONE, Mishap.POISON_MESSAGE, Mishap.BATCH_DOUBLED, Mishap.BUS_OUT, Mishap.PUBLISHER_KILLED}
)
AROUND = frozenset(set(Mishap) - set(EVENTS.values()) - PLACELESS)
# By chance a fault hits a place about as often as passes begin there and as the fault comes. Less often than this is
# too rare for so many seeds to show.
EXPECTED_LEAST = 3


def find_spoiled_events(event: str) -> frozenset[str]:
    """Return the events that a fault of the explorer can spoil; none: it comes by itself, wherever anything can."""
    if event == "fault: crash":
        return frozenset({"describe", "save", "start", "stop"})
    behind = ("gate", "count", "open", "close", "read_scaling", "restore_scaling")
    word = event.removeprefix("fault: ").replace(",", "").replace(":", "").split()[0]
    spoils = word in ("describe", "save", "start", "stop", "look", "glance", *behind) and event != "fault: stop undone"
    return frozenset({word}) if spoils else frozenset()


def explore_scenario(scenario: Scenario) -> tuple[Hits, Hits]:
    """Search; return what was hit, and where it could have been."""
    return sort_cells(explore(scenario).cells)


def sort_cells(cells: Mapping[tuple[str, str, str], int]) -> tuple[Hits, Hits]:
    """Return what one search has hit, and where each of these faults could have come: place by place."""
    hits: Hits = defaultdict(Counter)
    could: Hits = defaultdict(Counter)
    for (status, phase, event), number in cells.items():
        if event in EVENTS:
            hits[EVENTS[event]][status, phase] += number
    for event, fault in EVENTS.items():
        beside = find_spoiled_events(event)
        if fault in BY_SCENARIO and fault not in hits:
            continue
        for (status, phase, other), number in cells.items():
            if (other in beside or not beside) and status in NATURE.get(fault, (frozenset({status}), ""))[0]:
                could[fault][status, phase] += number
    return dict(hits), dict(could)


def simulate_seed(seed: int) -> tuple[Hits, Hits]:
    """Return the same of one simulated plant: a fault of the surroundings could come wherever a pass began.

    Each other seed meets far more of what is rare.
    """
    hits: Hits = defaultdict(Counter)
    for (status, phase, mishap), number in simulate(
        seed=seed, models=12, days=6, faults="all" if seed % 2 else "rough"
    ).cells.items():
        hits[mishap][status, phase] += number
    passes = hits[Mishap.NONE]
    could: Hits = {fault: Counter(passes) for fault in AROUND if fault not in BY_CHANCE}
    return dict(hits), could


def add_hits(parts: Iterable[tuple[Hits, Hits]]) -> tuple[Hits, Hits]:
    """Return the sum of what several runs have hit, and where they could have."""
    sums: tuple[Hits, Hits] = defaultdict(Counter), defaultdict(Counter)
    for part in parts:
        for total, some in zip(sums, part, strict=True):
            for fault, counts in some.items():
                total[fault].update(counts)
    return sums


def compute_expected(fault: str, place: StatusAndPhase, hits: Hits) -> float:
    """Return how often chance would have a fault hit at a place, by how often it came and passes began there."""
    passes = hits[Mishap.NONE]
    return hits.get(fault, Counter()).total() * passes[place] / max(passes.total(), 1)
