"""The verdicts on the models that a command reads. Makes facts from the stored items; `domain.verdict` judges."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from preheat.domain.calendar.timetable import ScheduleError
from preheat.domain.lead.lead_in_force import fix_lead
from preheat.domain.verdict.causes import VerdictCause
from preheat.domain.verdict.facts import VerdictFacts
from preheat.domain.verdict.judging import judge
from preheat.domain.verdict.rivals import add_rivals
from preheat.domain.verdict.verdict import Verdict
from preheat_cli.model_status import ModelStatus


@dataclass(frozen=True, slots=True)
class Judged:
    """One model: its stored facts, and its verdict; None: nobody knows a model of this name."""

    status: ModelStatus
    verdict: Verdict | None

    @property
    def zone(self) -> str | None:
        """The time zone of its plant: that of its first schedule; None: the plan has none, so it is UTC."""
        model = self.status.model
        return model.zone if model is not None else None


def judge_all(found: Sequence[ModelStatus], now: datetime) -> list[Judged]:
    """Return each model with its verdict, the most urgent first."""
    facts = {each.model_id: each for each in add_rivals(facts_of(each, now) for each in found)}
    judged = [Judged(each, judge(facts[each.model_id]) if _is_known(each) else None) for each in found]
    return sorted(judged, key=lambda one: (one.verdict is not None, *_order(one)))


def judge_some(
    found: Sequence[ModelStatus], now: datetime, read_others: Callable[[], Sequence[ModelStatus]]
) -> list[Judged]:
    """Return the verdicts on some models. It reads the others only if a quota is used up: they are using it."""
    judged = judge_all(found, now)
    if not any(one.verdict is not None and one.verdict.cause is VerdictCause.QUOTA for one in judged):
        return judged
    names = {each.model_id for each in found}
    others = [each for each in read_others() if each.model_id not in names]
    return [one for one in judge_all([*found, *others], now) if one.status.model_id in names]


def _is_known(found: ModelStatus) -> bool:
    return found.record is not None or found.model is not None or found.unreadable


def _order(one: Judged) -> tuple[object, ...]:
    return (*one.verdict.urgency, one.status.model_id) if one.verdict is not None else (one.status.model_id,)


def facts_of(found: ModelStatus, now: datetime) -> VerdictFacts:
    """Return what the verdict on one model rests on."""
    model = found.model
    if model is not None:
        try:
            model = fix_lead(model, found.record, now, found.requests)
        except ScheduleError:
            model = found.model  # The verdict reports the problem.
    problem = (found.problem or "") if found.unreadable else ""
    return VerdictFacts(found.model_id, now, model, found.record, found.outlook, found.requests, problem=problem)
