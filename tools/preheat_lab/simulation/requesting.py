"""Other services of the simulated plant: their requests, how they reach `requests`, and the answers.

Owns its chance, so that a seed without requests replays as it did. A message may come twice, late (a release before its
hold), broken, or under an id that another has. Its worker may die. After five receives it is a dead letter. Judges the
part of S6 that each request gets an answer; `answers` judges what an answer must change.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Protocol

from preheat.app.ports.errors import StaleRecord, StoreUnavailable
from preheat.app.requests.desk import Taken
from preheat.app.requests.envelope import IncomingMessage
from preheat.domain.demand.request import Kind, Reply, Standing, Subject, Verb
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId
from preheat_lab.simulation.answers import ADMIN, AnswerJudge
from preheat_lab.simulation.faults import Fate, WorkerKilled
from preheat_lab.simulation.ports import Invocation, PortsWorld, WatchedStore
from preheat_lab.simulation.queue import RECEIVES_MAX, VISIBILITY, QueuedMessage

REPLIES = "arn:aws:sqs:eu-central-1:111122223333:cell-replies"
SENDERS = ("AROAPLANNER:batch", "AROAROBOT:cell")
UNITS_ASKED = (None, None, None, 1, 2, 4)
PUTS_OF = 8  # requests for each set of windows
ACTS_OF = 10  # requests for each act of an admin
FLOODS_OF = 60  # requests for each sender that asks in a loop
FLOOD = 40  # requests of such a sender; more than it may send about one model in an hour
AMID_A_STOP = 0.03  # the share of observations of a run without need in which a hold gets its answer
AMID_AN_ANSWER = 0.1  # of the answers, one that follows a write of the model's record
BROKEN = ("hold line-01", "[]", '{"version": 1, "verb": "hold"}', '{"version": 9, "request_id": "later"}')


class RequestedWorld(PortsWorld, Protocol):
    """The requesters' view of the world."""

    store: WatchedStore
    models: list[HostedModel]

    def at(self, at: datetime, event: Callable[[], None]) -> None:
        """Let an event happen."""


class SimulatedRejections:
    """The place for refused requests: it counts them."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def put_aside(self, body: str, reply: Reply) -> None:  # noqa: ARG002 - the port's parameters
        """See `ports.RejectedRequests`."""
        self.bodies.append(body)


class Requesters:
    """Those who ask, and the queue to `requests`: `answer` is its handler, called with a message and its sender."""

    def __init__(
        self,
        world: RequestedWorld,
        chance: Random,
        answer: Callable[[QueuedMessage, str], Taken | BaseException],
        answers: AnswerJudge,
    ) -> None:
        self._world, self._chance, self._answer, self._answers = world, chance, answer, answers
        self.sent: dict[str, IncomingMessage] = {}
        self.dead: set[str] = set()
        self._sent_at: dict[str, datetime] = {}
        self._troubled: set[str] = set()  # messages that have met a fault
        self._editions: dict[ModelId, int] = {}  # the last that the planning system has numbered
        self.throttled = 0  # deliveries for which the function had no worker
        # A chance of its own, so that a seed asks for the same as before the function met this.
        self._throttling = Random(f"{world.clock.at}/throttled")  # noqa: S311 - chance in a simulation

    def foresee(self, times: int, begins_at: datetime, minutes: int) -> None:
        """Set down when somebody asks for something."""
        for number in range(times):
            at = begins_at + timedelta(minutes=self._chance.randrange(minutes), seconds=self._chance.randrange(60))
            self._world.at(at, lambda number=number: self._ask(number))  # type: ignore[misc]  # bound per number

        # A planning system has a chance of its own, so that a seed asks for the same as before there was one.
        for number in range(times // PUTS_OF):
            chance = Random(f"put-{number}-{begins_at}-{minutes}")  # noqa: S311 - chance in a simulation
            at = begins_at + timedelta(minutes=chance.randrange(minutes), seconds=chance.randrange(60))
            self._world.at(at, lambda number=number, chance=chance: self._put(number, chance))  # type: ignore[misc]
        for act, each in ((self._act_as_admin, ACTS_OF), (self._flood, FLOODS_OF)):
            for number in range(times // each):
                chance = Random(f"{act.__name__}-{number}-{begins_at}-{minutes}")  # noqa: S311 - as above
                at = begins_at + timedelta(minutes=chance.randrange(minutes), seconds=chance.randrange(60))
                self._world.at(at, partial(act, number, chance))

    def _act_as_admin(self, number: int, chance: Random) -> None:
        """An admin stops or holds a model, or changes what another sender holds or blocks."""
        now = self._world.clock.at
        model = chance.choice(self._world.models)
        body: dict[str, Any] = {"version": 1, "request_id": f"admin-{number}", "model": model.model_id}
        subject = Subject(model_id=model.model_id)
        others = [one for one in self._world.store.stands.get(subject, {}).values() if one.end > now]
        if others and chance.random() < 0.7:
            of = chance.choice(others)
            end = Verb.UNBLOCK if of.kind is Kind.BLOCK else Verb.RELEASE
            if of.windows or chance.random() < 0.7:
                body |= {"verb": end, "of": of.request_id}
            else:
                body |= {"verb": Verb.EXTEND, "of": of.request_id, "duration": "30m"}
        else:
            body["verb"] = verb = chance.choice((Verb.STOP, Verb.STOP_NOW, Verb.HOLD, Verb.BLOCK, Verb.START))
            if verb in (Verb.HOLD, Verb.BLOCK):
                until = now + timedelta(minutes=chance.randint(20, 240))
                body |= {"from": f"{now:%Y-%m-%dT%H:%M:%SZ}", "until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
                body["priority"] = chance.choice((50, 100))
        self._later(self._make_message(json.dumps(body), f"{ADMIN}:on-call"), timedelta(seconds=chance.randint(0, 60)))

    def _flood(self, number: int, chance: Random) -> None:
        """A sender holds a model, asks for its status in a loop, and releases the hold when it may ask no more."""
        now = self._world.clock.at
        about = {"version": 1, "model": chance.choice(self._world.models).model_id}
        until = f"{now + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"
        hold = {"verb": Verb.HOLD, "from": f"{now:%Y-%m-%dT%H:%M:%SZ}", "until": until, "priority": 50}
        bodies: list[dict[str, Any]] = [hold, *({"verb": Verb.STATUS} for _ in range(FLOOD))]
        bodies.append({"verb": Verb.RELEASE, "of": f"flood-{number}-0"})
        for place, body in enumerate(bodies):
            message = self._make_message(
                json.dumps({**about, "request_id": f"flood-{number}-{place}", **body}), SENDERS[1]
            )
            self._later(message, timedelta(seconds=20 * place))

    def _put(self, number: int, chance: Random) -> None:
        """The planning system sends the windows of a model, now and then late, twice, or with an old edition."""
        now, model = self._world.clock.at, chance.choice(self._world.models)
        windows, at = [], now - timedelta(hours=3)
        for _ in range(chance.randrange(5)):
            at += timedelta(minutes=chance.randint(0, 400))
            end = at + timedelta(minutes=chance.randint(20, 240))
            windows.append(f"{at:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}")
            at = end
        edition = self._editions.get(model.model_id, 0) + 1
        self._editions[model.model_id] = edition
        if chance.random() < 0.2:
            edition = max(1, edition - chance.randint(1, 2))
        body = {"version": 1, "request_id": f"put-{number}", "verb": Verb.SCHEDULE_PUT, "model": model.model_id}
        body |= {"name": f"set-{model.model_id}", "edition": edition, "windows": windows}
        sender = SENDERS[0] if chance.random() < 0.9 else SENDERS[1]
        message = self._make_message(json.dumps(body), sender)
        for wait in (chance.choice((0, 30, 900)), 1200)[: 1 + (chance.random() < 0.2)]:
            self._later(message, timedelta(seconds=wait))
        if chance.random() < 0.1:
            then = {"version": 1, "request_id": f"unput-{number}", "verb": Verb.RELEASE, "of": f"set-{model.model_id}"}
            self._later(self._make_message(json.dumps({**then, "model": model.model_id}), sender), timedelta(hours=1))

    def _ask(self, number: int) -> None:
        """Somebody requests a hold or a block, and may end or extend it; or a stop, or the status."""
        chance, now = self._chance, self._world.clock.at
        model, sender = chance.choice(self._world.models), chance.choice(SENDERS)
        about = {"model": model.model_id} if chance.random() < 0.7 else {"schedule": model.schedules[0].name}
        verb = chance.choice((*(Verb.HOLD,) * 4, *(Verb.BLOCK,) * 3, Verb.STOP, Verb.STATUS))
        if chance.random() < 0.05:
            self._send(chance.choice(BROKEN), sender, 0)
            return
        # Now and then the id belongs to an earlier request, by the same sender or another.
        name = f"ask-{number if chance.random() < 0.95 else number // 2}"
        body: dict[str, Any] = {"version": 1, "request_id": name, "verb": verb, **about}
        if chance.random() < 0.2:
            body["reply_to"] = chance.choice((REPLIES, REPLIES, f"{REPLIES}-of-nobody"))
        if verb in (Verb.HOLD, Verb.BLOCK):
            begin = now + timedelta(minutes=chance.choice((0, 0, 30, 240)))
            until = begin + timedelta(minutes=chance.randint(20, 300))
            body |= {"from": f"{begin:%Y-%m-%dT%H:%M:%SZ}", "until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
            body["priority"] = chance.choice((20, 50, 80))
            # Drawn apart, so that a seed asks for the same as before requests had units.
            size = Random(f"{begin}/{until}/{name}").choice(UNITS_ASKED)  # noqa: S311 - chance in a simulation
            if verb is Verb.HOLD and size is not None:
                body["units"] = size
        self._send(json.dumps(body), sender, chance.randint(0, 60))
        if verb in (Verb.HOLD, Verb.BLOCK) and chance.random() < 0.6:
            end = Verb.RELEASE if verb is Verb.HOLD else Verb.UNBLOCK
            then: dict[str, Any] = {"version": 1, "request_id": f"then-{number}", "of": name, **about}
            if chance.random() < 0.3:
                then |= {"verb": Verb.EXTEND, "duration": "30m"}
            else:
                then["verb"] = end
            by = sender if chance.random() < 0.75 else chance.choice(SENDERS)
            self._send(json.dumps(then), by, chance.choice((0, 10, 1800, 5400)))

    def _send(self, body: str, sender: str, after: int) -> None:
        message = self._make_message(body, sender)
        for wait in (after, after + self._chance.randint(0, 900))[: 1 + (self._chance.random() < 0.1)]:
            self._later(message, timedelta(seconds=wait))

    def _make_message(self, body: str, sender: str) -> QueuedMessage:
        number = len(self.sent) + 1
        message = QueuedMessage(f"00000000-0000-4000-9000-{number:012x}", body, self._world.clock.at)
        self.sent[message.message_id] = sent = IncomingMessage(message.message_id, sender, body)
        self._answers.expect(sent)
        self._sent_at[message.message_id] = self._world.clock.at
        return message

    def _later(self, message: QueuedMessage, after: timedelta) -> None:
        self._world.at(self._world.clock.at + after, lambda: self._deliver(message))

    def hurry(self, model_id: ModelId) -> None:
        """Now and then have somebody ask for a model while a pass is about to stop it, and get an answer at once."""
        if self._chance.random() >= AMID_A_STOP:
            return
        until = self._world.clock.at + timedelta(minutes=self._chance.randint(20, 90))
        body = {"version": 1, "request_id": f"late-{len(self.sent)}", "verb": Verb.HOLD, "model": model_id}
        body |= {"until": f"{until:%Y-%m-%dT%H:%M:%SZ}", "priority": 50}
        self._deliver(self._make_message(json.dumps(body), self._chance.choice(SENDERS)))

    def is_disturbed(self) -> bool:
        """Draw whether somebody is quicker than the answer under way."""
        return self._chance.random() < AMID_AN_ANSWER

    def _deliver(self, message: QueuedMessage) -> None:
        world, mix = self._world, self._world.mix
        message.receives += 1
        if message.receives > 2 * RECEIVES_MAX:  # each copy of a message sent twice counts
            self.dead.add(message.message_id)
            return
        if mix.throttled and self._throttling.random() < mix.throttled:
            self.throttled += 1
            self._troubled.add(message.message_id)
            self._later(message, VISIBILITY)
            return
        skew = mix.skew * self._chance.uniform(-1, 1)
        world.invocation = Invocation("requests", (), Fate.draw(self._chance, mix.killed), skew)
        sent = self.sent[message.message_id]
        self._answers.on_try(sent, world.clock.at + skew)
        try:
            answer = self._answer(message, sent.sender_id)
        except WorkerKilled:
            answer = StoreUnavailable("the worker died")
        if isinstance(answer, Taken):
            self._answers.on_delivered(sent, answer.reply)
            return
        if not isinstance(answer, (StoreUnavailable, StaleRecord)):
            raise answer
        if isinstance(answer, StoreUnavailable):
            self._troubled.add(message.message_id)
        self._later(message, VISIBILITY)

    def find_violations(self, until: datetime) -> list[str]:
        """Return the requests that never got an answer; those of the last hours may be under way.

        A dead letter is excused by a fault that it has met, and not by writes that it has lost to others.
        """
        return [
            f"{sent.body} of {sent.sender_id} was never answered"
            for sent in self.sent.values()
            if self._sent_at[sent.message_id] < until
            and sent.message_id not in self.dead & self._troubled
            and self._answers.reply_to(sent) is None
        ]


def standing_of(store: WatchedStore, model: HostedModel) -> list[Standing]:
    """Return all requests that were ever active for a model and its schedules."""
    subjects = [Subject(model_id=model.model_id), *(Subject(schedule=each.name) for each in model.schedules)]
    return [one for subject in subjects for one in store.stands.get(subject, {}).values()]


def find_concerned(models: Sequence[HostedModel], subject: Subject) -> list[ModelId]:
    """Return the models that a subject is about."""
    return [
        model.model_id
        for model in models
        if subject.model_id == model.model_id or any(each.name == subject.schedule for each in model.schedules)
    ]
