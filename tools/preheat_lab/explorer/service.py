"""The hosting service as a pure value: what each call does to it, and which tokens it remembers.

The semantics are those of the simulator's core, from the same table of replies; a test holds the two against each
other. Knows no time: a transition under way ends by `completed`, whenever the explorer lets it. Knows no worker.
"""

from typing import NamedTuple

from preheat.domain.record.lifecycle import Observed
from preheat_simulator.core.rules import CallReply, decide_start, decide_stop
from preheat_simulator.core.status import Status
from preheat_simulator.core.switches import Switches, TokenAfterStop

# States and origins are plain numbers: the search hashes a state a few million times.
STATES = (
    Status.TRAINED,
    Status.STARTING_HOSTING,
    Status.HOSTED,
    Status.STOPPING_HOSTING,
    Status.HOSTING_FAILED,
    Status.SYSTEM_UPDATING,
    Status.DELETING,
    Status.HOSTED,
    Status.HOSTING_FAILED,
)
STOPPED, STARTING, HOSTED, STOPPING, FAILED, BUSY, GONE, IDLE, SHORT = range(9)
"""GONE means a deleted model: the service knows none of that name, and answers so. IDLE is hosted by the
service's word, and nothing serves. SHORT has failed because the service has no capacity."""
OBSERVED = (
    Observed.STOPPED,
    Observed.STARTING,
    Observed.HOSTED,
    Observed.STOPPING,
    Observed.FAILED,
    Observed.BUSY,
    Observed.GONE,
    Observed.HOSTED,
    Observed.FAILED,
)
RUNNING = (STARTING, HOSTED, IDLE)
UNSCALED, SCALED, OWED = range(3)
"""Whether it scales; OWED: a stop by Preheat has removed the scaling, which has to come back with the next start."""
NOT_RUN, OURS, PERSON, COVERED, RACED, BLOCKED = range(6)
"""The origin of the present run: nobody, Preheat, or a person in one of four cases.

The person started it outside any demand. Or a demand has covered it since. Or Preheat had to take it for its own,
because the service does not show who starts. Or a block forbids it.
"""


class KnownToken(NamedTuple):
    """A token whose call was accepted. `turned`: the model has gone the other way since; `effects`: 0 or 1."""

    token: int
    starts: bool
    turned: bool
    effects: int


class ExploredService(NamedTuple):
    """One model of the service. `former`: where it returns to after BUSY. `run_by` holds until a stop."""

    state: int = STOPPED
    former: int = STOPPED
    run_by: int = NOT_RUN
    known: tuple[KnownToken, ...] = ()
    scaling: int = UNSCALED

    def is_by_somebody_else(self) -> bool:
        """Return whether a person made what is there, as the tags of the service show."""
        return self.run_by in (PERSON, COVERED, RACED, BLOCKED)

    def is_running(self) -> bool:
        """Return whether the service bills it: starting or hosted, also while the system updates it."""
        return (self.former if self.state == BUSY else self.state) in RUNNING


class CallResult(NamedTuple):
    """The result of a call: `refused` is a conflict; `effects` counts what this token has begun, this call included."""

    service: ExploredService
    refused: bool
    changed: bool
    effects: int


class ServiceRules:
    """The effect of a start and a stop in each state, under one setting of the switches.

    `tokenless`: the service knows no token, so that the state alone decides each call. The judges still need to know
    what a token of Preheat's has begun, so this counts it.
    """

    def __init__(self, switches: Switches, *, tokenless: bool = False) -> None:
        self._replies = (
            tuple(decide_stop(status, switches) for status in STATES),
            tuple(decide_start(status, switches) for status in STATES),
        )
        self._tokenless = tokenless
        self._forgets = switches.token_after_stop is TokenAfterStop.NEW_CALL

    def call(self, service: ExploredService, token: int, *, start: bool, run_by: int = OURS) -> CallResult:
        """Return the service after a start or a stop; token 0 is a person's call, which has none."""
        known = next((each for each in service.known if each.token == token), None) if token else None
        if known is not None and not (self._tokenless or (self._forgets and known.turned)):
            return CallResult(service, refused=False, changed=False, effects=known.effects)
        reply = self._replies[start][service.state]
        if reply is CallReply.CONFLICT:
            return CallResult(service, refused=True, changed=False, effects=known.effects if known else 0)
        changed = reply is CallReply.DO
        if start and token and not changed and service.run_by == PERSON:
            # The service accepts it and changes nothing: who has started what runs, neither of them can know.
            service = service._replace(run_by=RACED)
        if self._tokenless and not token and changed:
            # To a service without tokens, a call repeated after a person's hand is one more call, as it has to be.
            service = service._replace(known=tuple(each._replace(effects=0) for each in service.known))
        effects = (known.effects if known else 0) + changed
        after = service
        if changed:
            after = (
                ExploredService(STARTING, STOPPED, run_by, _mark_turned(service.known, starts=False), service.scaling)
                if start
                else service._replace(state=STOPPING, former=STOPPED)
            )
        if token:
            others = tuple(each for each in after.known if each.token != token)
            remembered = tuple(sorted((*others, KnownToken(token, start, turned=False, effects=min(effects, 1)))))
            after = after._replace(known=remembered)
        return CallResult(after, refused=False, changed=changed, effects=effects)


def complete(service: ExploredService) -> ExploredService:
    """Return the service with what was under way come to its end."""
    if service.state in (STARTING, IDLE):
        return service._replace(state=HOSTED)
    if service.state == STOPPING:
        return ExploredService(STOPPED, STOPPED, NOT_RUN, _mark_turned(service.known, starts=True), service.scaling)
    if service.state == BUSY:
        return service._replace(state=service.former, former=STOPPED)
    return service


def fail(service: ExploredService) -> ExploredService:
    """Return the service with the start under way failed; who has made it is still known."""
    return service._replace(state=FAILED)


def run_short(service: ExploredService) -> ExploredService:
    """Return the service with the start under way failed, because the service has no capacity."""
    return service._replace(state=SHORT)


def idle(service: ExploredService) -> ExploredService:
    """Return the service that says it hosts the model, while nothing serves."""
    return service._replace(state=IDLE)


def undo_stop(service: ExploredService) -> ExploredService:
    """Return the service after the stop under way failed: hosted again, started by the same as before."""
    known = tuple(each if each.starts else each._replace(effects=0) for each in service.known)
    return service._replace(state=HOSTED, known=known)


def begin_update(service: ExploredService) -> ExploredService:
    """Return the service while the system updates it."""
    return service._replace(state=BUSY, former=service.state)


def _mark_turned(known: tuple[KnownToken, ...], *, starts: bool) -> tuple[KnownToken, ...]:
    return tuple(each._replace(turned=True) if each.starts is starts else each for each in known)
