"""Requests in the simulated world: the judges go by the active ones, and see each broken variant of S6."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from tests.support.day import WELD, a_model, at

from preheat.adapters.memory.bus import MemoryEvents
from preheat.adapters.memory.store import MemoryStore
from preheat.adapters.sqs.replies import MemoryReplies
from preheat.app.ports.errors import StaleRecord
from preheat.app.publish import Outbox
from preheat.app.requests import desk, rights, ruling
from preheat.app.requests.codes import Code
from preheat.app.requests.desk import Desk, Taken
from preheat.domain.decision import draining, gating, resting, scaling
from preheat.domain.decision.situation import Situation
from preheat.domain.demand.request import Kind, Reply, RequestId, Standing, Subject, Verb
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId, Units
from preheat.domain.record.attempt import Attempt, Call
from preheat.domain.record.event import Event
from preheat.domain.record.record import Phase
from preheat_lab.simulation import requesting, simulate
from preheat_lab.simulation.answers import ADMIN, AnswerJudge
from preheat_lab.simulation.watch import PromiseWatch

LINE, LINE_1 = Subject(model_id=WELD), Subject(model_id=ModelId("line-01"))


def watching(model: HostedModel) -> PromiseWatch:
    return PromiseWatch([model], at("00:00"), at("00:00", day=1))


def stop_model(watch: PromiseWatch, when: str) -> set[str]:
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
    assert "S4" not in stop_model(watch, "09:51")


def test_what_no_hold_has_covered_is_a_strangers() -> None:
    model, hold = a_model(), Standing(RequestId("a"), Kind.HOLD, LINE, "role", at("15:00"), at("16:00"), at("09:30"))
    watch = watching(model)
    watch.on_person(WELD, at("09:00"), Call.START)
    watch.on_standing(model, [hold], at("09:30"))
    watch.on_standing(model, [], at("09:30") + timedelta(minutes=20))
    assert "S4" in stop_model(watch, "09:51")


@pytest.mark.parametrize(("lifted", "seen"), [("11:59:59", set()), ("11:50", {"L3"})])
def test_what_a_block_held_for_some_clocks_only_may_be_reported_once_more(lifted: str, seen: set[str]) -> None:
    model = a_model("08:00-16:00")
    watch = PromiseWatch([model], at("00:00"), at("00:00", day=1), skew=timedelta(seconds=2))
    block = Standing(RequestId("a"), Kind.BLOCK, LINE, "role", at("12:00"), at("13:00"), at("09:30"))
    watch.on_standing(model, [block], at("09:30"))
    watch._judge_told_once(WELD, at("08:00:10"))
    watch.on_standing(model, [replace(block, released_at=at(lifted))], at(lifted))
    watch._judge_told_once(WELD, at("12:00:01"))
    assert {found.invariant for found in watch.violations} == seen


# --- each of these breaks S6 on purpose; the judge must see it --------------------------------------------------------

Patch = pytest.MonkeyPatch
SEED = partial(simulate, seed=2, models=3, days=1, requests=90)


def wrong(**arguments: Any) -> set[str]:
    return {each.what for each in SEED(**arguments).violations if each.invariant == "S6"}


def test_what_others_ask_for_breaks_nothing_where_nothing_is_broken() -> None:
    outcome = SEED()
    assert outcome.violations == ()
    assert outcome.requests > 60


LARGE = partial(simulate, seed=4, models=24, days=1, requests=160)


def test_a_large_plant_has_a_senders_table_and_each_sender_gets_what_it_allows(monkeypatch: Patch) -> None:
    codes: Counter[tuple[str, Code]] = Counter()
    real = AnswerJudge.on_answer

    def note_it(self: AnswerJudge, reply: Reply) -> None:
        codes[reply.requester, Code(reply.code)] += 1
        real(self, reply)

    monkeypatch.setattr(AnswerJudge, "on_answer", note_it)
    assert LARGE().violations == ()
    assert codes["AROAROBOT", Code.NOT_ALLOWED] > 10
    assert codes["AROAROBOT", Code.ACCEPTED] > 10
    assert codes["AROAPLANNER", Code.NOT_ALLOWED] == 0


@pytest.mark.parametrize("subjects", ["models", "verbs"])
def test_a_sender_that_gets_more_than_its_entry_allows_is_seen(monkeypatch: Patch, subjects: str) -> None:
    real = rights._make_right
    more: dict[str, Any] = {"models": ("*",)} if subjects == "models" else {"verbs": frozenset(Verb)}
    monkeypatch.setattr(rights, "_make_right", lambda rule, requester: replace(real(rule, requester), **more))
    assert any("may not ask for that" in each.what for each in LARGE().violations)


def note_codes(monkeypatch: Patch) -> Counter[tuple[str, str | None, str]]:
    """Return the count of answers by sender, verb and code from now on."""
    codes: Counter[tuple[str, str | None, str]] = Counter()
    real = AnswerJudge.on_answer

    def note_it(self: AnswerJudge, reply: Reply) -> None:
        codes[reply.requester, reply.verb, reply.code] += 1
        real(self, reply)

    monkeypatch.setattr(AnswerJudge, "on_answer", note_it)
    return codes


BUSY = partial(simulate, seed=7, models=8, days=4, requests=320)


def test_an_admin_stops_and_changes_what_others_ask_for_and_a_sender_in_a_loop_is_refused(monkeypatch: Patch) -> None:
    codes, worlds = note_codes(monkeypatch), list[requesting.Requesters]()
    real = requesting.Requesters.foresee

    def keep(self: requesting.Requesters, *given: Any) -> None:
        worlds.append(self)
        real(self, *given)

    monkeypatch.setattr(requesting.Requesters, "foresee", keep)
    assert BUSY(faults="all").violations == ()
    assert worlds[0].throttled > 0
    by_admin = {verb: count for (sender, verb, code), count in codes.items() if (sender, code) == (ADMIN, "accepted")}
    assert {Verb.STOP, Verb.HOLD, Verb.BLOCK, Verb.START, Verb.RELEASE, Verb.UNBLOCK} <= by_admin.keys()
    assert sum(count for (sender, _, code), count in codes.items() if (sender, code) == (ADMIN, "not_allowed")) == 0
    refused = {(sender, verb): count for (sender, verb, code), count in codes.items() if code == "too_often"}
    assert refused["AROAROBOT", Verb.STATUS] > 20
    assert ("AROAROBOT", Verb.RELEASE) not in refused


def without_a_rate(patch: Patch) -> None:
    patch.setattr(Desk, "_check_rate", lambda _self, answer: answer)


def with_a_lower_rate(patch: Patch) -> None:
    real = rights.find_right
    patch.setattr(desk, "find_right", lambda *given, **named: replace(real(*given, **named), requests_an_hour=20))


def with_a_rate_for_admins(patch: Patch) -> None:
    real = rights.find_right
    patch.setattr(
        desk,
        "find_right",
        lambda *given, **named: replace(real(*given, **named), requests_an_hour=1, admin=False),
    )


def with_a_sender_that_may_do_what_an_admin_may(patch: Patch) -> None:
    real = rights.find_right
    patch.setattr(desk, "find_right", lambda *given, **named: replace(real(*given, **named), admin=True))


@pytest.mark.parametrize(
    "broken", [without_a_rate, with_a_lower_rate, with_a_rate_for_admins, with_a_sender_that_may_do_what_an_admin_may]
)
def test_a_rate_that_is_not_the_one_promised_and_a_false_admin_are_seen(
    monkeypatch: Patch, broken: Callable[[Patch], None]
) -> None:
    broken(monkeypatch)
    assert {each.invariant for each in BUSY(until_broken="S6").violations} == {"S6"}


# --- and these, what holds ask for in units ---------------------------------------------------------------------------

ASKED_IN_UNITS = partial(simulate, seed=5, models=8, days=4, requests=120)


def test_a_larger_hold_has_its_model_restarted_and_nothing_is_broken(monkeypatch: Patch) -> None:
    stops: list[datetime] = []
    real = PromiseWatch.on_write

    def note_it(self: PromiseWatch, *arguments: Any) -> None:
        real(self, *arguments)
        stops[:] = [each for found in self.resized.values() for each in found]

    monkeypatch.setattr(PromiseWatch, "on_write", note_it)
    assert ASKED_IN_UNITS().violations == ()
    assert stops


@pytest.mark.parametrize(("always", "seen"), [(False, "L1"), (True, "S3")])
def test_a_restart_that_never_comes_and_one_for_nothing_are_seen(
    monkeypatch: Patch, *, always: bool, seen: str
) -> None:
    def outgrown(situation: Situation) -> bool:
        hosted = situation.record.phase is Phase.HOSTED and situation.record.attempt is not None
        return always and hosted and situation.outlook.current is not None

    for module in (draining, gating, resting, scaling):
        monkeypatch.setattr(module, "is_outgrown", outgrown)
    assert seen in {each.invariant for each in ASKED_IN_UNITS().violations}


def without_its_change(patch: Patch) -> None:
    real = MemoryStore.answer
    patch.setattr(MemoryStore, "answer", lambda self, reply, _, *rest: real(self, reply, None, *rest))


def without_the_effect_of(verb: Verb) -> Callable[[Patch], None]:
    def apply_patch(patch: Patch) -> None:
        real = ruling._RULES[verb]
        patch.setitem(ruling._RULES, verb, lambda case: replace(real(case), change=None))

    return apply_patch


def with_another_reply_for_the_same_again(patch: Patch) -> None:
    real = Desk._answer_again

    def again(self: Desk, before: Reply) -> Taken:
        taken = real(self, before)
        return replace(taken, reply=replace(taken.reply, reason="no longer the same"))

    patch.setattr(Desk, "_answer_again", again)


def with_a_refusal_that_changes_something(patch: Patch) -> None:
    real = MemoryStore.answer

    def answer(self: MemoryStore, reply: Reply, change: Any, models: Any, seen: Any = None) -> None:
        if not reply.accepted and (one := next(iter(self.stands.get(LINE_1, {}).values()), None)) is not None:
            self.stands[LINE_1][one.request_id] = replace(one, until=one.until + timedelta(minutes=1))
        real(self, reply, change, models, seen)

    patch.setattr(MemoryStore, "answer", answer)


def with_anybodys_hands_on_it(patch: Patch) -> None:
    patch.setattr(ruling, "_check_owner", lambda *_: None)


def without_what_was_noted(patch: Patch) -> None:
    patch.setattr(ruling, "_is_released", lambda _: False)
    patch.setattr(MemoryStore, "_is_released", lambda *_: False)


def with_an_answer_that_is_not_stored(patch: Patch) -> None:
    real = MemoryStore.answer

    def answer(self: MemoryStore, reply: Reply, *rest: Any) -> None:
        if reply.verb is not Verb.STATUS:
            real(self, reply, *rest)

    patch.setattr(MemoryStore, "answer", answer)


def with_what_stands_swept_away(patch: Patch) -> None:
    real = MemoryStore.find_due

    def due(self: MemoryStore, until: Any) -> Any:
        for found in self.stands.values():
            for name in [name for name, one in found.items() if one.end < until]:
                del found[name]
        return real(self, until)

    patch.setattr(MemoryStore, "find_due", due)


def with_no_event_of_a_reply(patch: Patch) -> None:
    real = Outbox.publish
    patch.setattr(Outbox, "publish", lambda self, told: () if isinstance(told, Reply) else real(self, told))


def with_another_id_each_time(patch: Patch) -> None:
    put = MemoryEvents.put

    def fresh(self: MemoryEvents, events: Sequence[Event]) -> None:
        put(self, [replace(event, event_id=f"{len(self.taken)}") if event.verb else event for event in events])

    patch.setattr(MemoryEvents, "put", fresh)


def with_no_reply_sent(patch: Patch) -> None:
    patch.setattr(MemoryReplies, "send", lambda *_: None)


def with_stops_that_others_cannot_forestall(patch: Patch) -> None:
    patch.setattr(requesting, "AMID_A_STOP", 0.3)
    real = MemoryStore.save

    def save(self: MemoryStore, record: Any, entry: Any, guards: Any = None) -> Any:
        stored = self.records.get(record.model_id)
        return real(self, replace(record, version=stored.version) if stored else record, entry, {})

    patch.setattr(MemoryStore, "save", save)


def with_answers_on_what_was_so(patch: Patch) -> None:
    patch.setattr("preheat.app.requests.desk._find_version", lambda _: None)


def with_writes_that_others_always_win(patch: Patch) -> None:
    def lose_it(*_: Any) -> None:
        raise StaleRecord("somebody was quicker")

    patch.setattr(MemoryStore, "answer", lose_it)


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (without_its_change, "stands nothing, and not a hold"),
        (without_the_effect_of(Verb.RELEASE), "released None, revision 1, and not a hold"),
        (without_the_effect_of(Verb.UNBLOCK), "released None, revision 1, and not a block"),
        (without_the_effect_of(Verb.EXTEND), "extend accepted: of ask-"),
        (without_the_effect_of(Verb.STOP), "stop accepted: of ask-"),
        (with_another_reply_for_the_same_again, "came again, and was answered otherwise"),
        (with_a_refusal_that_changes_something, "reply_queue_not_allowed: of ask-"),
        (with_anybodys_hands_on_it, "changes it"),
        (without_what_was_noted, "released None, revision 1, and not a hold"),
        (with_an_answer_that_is_not_stored, "the stored replies are not those that were given"),
        (with_what_stands_swept_away, "stands nothing, and not a"),
        (with_no_event_of_a_reply, "is not on the bus, or in other words"),
        (with_another_id_each_time, "reports no reply"),
        (with_stops_that_others_cannot_forestall, "a stop that was decided before a hold or block was stored"),
        (with_answers_on_what_was_so, "was answered on a record that had changed since it was read"),
        (with_writes_that_others_always_win, "was never answered"),
        (with_no_reply_sent, "its reply was not sent to the queue that it names"),
    ],
)
def test_each_broken_variant_is_seen(monkeypatch: Patch, breaks: Callable[[Patch], None], says: str) -> None:
    breaks(monkeypatch)
    found = wrong(faults="none")
    assert any(says in what for what in found), sorted(found)[:10]
