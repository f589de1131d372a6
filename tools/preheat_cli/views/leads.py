"""Describes a lead and a bridged gap, in words and money. Depends on no files and no stores."""

from collections.abc import Iterator
from datetime import timedelta

from preheat.domain.calendar.windows import Window
from preheat.domain.lead.lead import estimate_idle
from preheat.domain.lead.lead_in_force import find_next_lead
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.turn import find_offset
from preheat.domain.record.record import ModelRecord
from preheat_cli.views import show
from preheat_plantfile.compiling.terms import Terms

UNKNOWN = "no idle time measured yet"


def lead_lines(model: HostedModel, record: ModelRecord | None, terms: Terms) -> Iterator[str]:
    """Yield the next start's lead and why; then the share of late starts that it allows, and what it costs idle."""
    lead, samples = find_next_lead(model, record), record.samples if record is not None else ()
    yield f"lead {show.duration(lead.span)} and slack {show.duration(model.slack)}; {lead}"
    if model.learning is not None:
        target = f"goal: at most {show.share(model.learning.late_target)} of starts late"
        yield f"{target}; {idle(model, record, lead.span, terms) or UNKNOWN}"
    elif samples:
        middle = show.duration(sorted(samples)[len(samples) // 2])
        took = f"{len(samples)} starts took {middle} (median), at most {show.duration(max(samples))}"
        yield f"{took}; {idle(model, record, lead.span, terms)}"


def idle(model: HostedModel, record: ModelRecord | None, lead: timedelta, terms: Terms) -> str | None:
    """Return how long a model started `lead` ahead is idle before its time and what that costs; None: not known."""
    expected = estimate_idle(record.samples if record is not None else (), lead)
    if expected is None:
        return None
    money = cost(model, expected, terms)
    return f"{expected / timedelta(minutes=1):.1f} min idle before a shift on average" + (f", {money}" if money else "")


def cost(model: HostedModel, span: timedelta, terms: Terms, times: int = 1) -> str:
    """Return what the model's units cost for a time, `times` over: `1.33 USD`; nothing where there is no tariff."""
    price = terms.find_price(model.model_id, str(model.target.backend))
    if price is None:
        return ""
    return f"{price.per_minute(model.units.minimum) * (span / timedelta(minutes=1)) * times:,.2f} {price.currency}"


def restart(model: HostedModel) -> timedelta:
    """Return the paid time of a start before its shift begins, by plan: from StartModel on."""
    return model.lead + model.slack + find_offset(model.turn)


def compare_costs(model: HostedModel, gap: Window, terms: Terms) -> str:
    """Return what it costs to stay hosted in a gap, against a stop and a start; the model with the lead in force."""
    span = gap.end - gap.start
    hosted, again = cost(model, span, terms), cost(model, restart(model), terms)
    if not hosted:
        return f"bridging costs {show.duration(span)}, a restart {show.duration(restart(model))}"
    return f"bridging costs {hosted}, a restart {show.duration(restart(model))} before the shift {again}"
