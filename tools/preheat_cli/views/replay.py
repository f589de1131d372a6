"""Output of lead rules, replayed over recorded starts, side by side. Computes nothing."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from preheat_report.replay import ReplayedRule


def fields(name: str, found: ReplayedRule) -> dict[str, Any]:
    """Return what a rule comes to as a JSON object; money as text, so that it stays exact."""
    return {
        "rule": name,
        "starts": found.starts,
        "late": found.late,
        "late_share": round(found.late_share, 6),
        "late_minutes": round(minutes(found.late_time), 2),
        "idle_minutes": round(minutes(found.idle_time), 2),
        "idle_minutes_mean": round(minutes(found.idle_time) / found.starts, 2),
        "lead_minutes_mean": round(minutes(found.lead_time) / found.starts, 2),
        "idle_costs": {currency: str(amount) for currency, amount in found.idle_costs.items()},
        "late_cost": str(round(found.late_costs, 4)),
    }


def table(found: Mapping[str, ReplayedRule], *, late_cost: float) -> Iterator[str]:
    """Yield a line for each rule."""
    width = max(len("RULE"), *map(len, found))
    heads = f"{'LATE':>6}  {'LATE %':>6}  {'LATE MIN':>8}  {'LEAD':>5}  {'IDLE':>5}  {'IDLE MIN':>9}  COSTS"
    yield f"{'RULE':<{width}}  {heads}"
    for name, each in found.items():
        lead, idle = (minutes(span) / each.starts for span in (each.lead_time, each.idle_time))
        money = [f"{amount:,.2f} {currency} idle" for currency, amount in each.idle_costs.items()] or ["no tariff"]
        money += [f"{each.late_costs:,.2f} late"] if late_cost else []
        yield (
            f"{name:<{width}}  {each.late:>6,}  {100 * each.late_share:>6.2f}  {minutes(each.late_time):>8,.1f}"
            f"  {lead:>5.1f}  {idle:>5.1f}  {minutes(each.idle_time):>9,.1f}  {', '.join(money)}"
        )


def minutes(span: timedelta) -> float:
    """Return a duration in minutes."""
    return span / timedelta(minutes=1)
