"""Computes the monthly cost of a stack from a measured week, at public list prices. Owns the tables of docs/costs.md.

Constants below state what a simulation cannot measure: how long an invocation takes, how many models share a schedule.
It leaves the free tier out, but for the table of a small plant.
"""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import timedelta
from decimal import Decimal
from math import ceil

from preheat.app.audit.audit import RECENT, WHOLE_EVERY
from preheat_lab.checkout import ROOT
from preheat_lab.costs.measuring import MeasuredWeek
from preheat_lab.costs.units import LINE_BYTES, READ_UNIT, SHARDS

DOC = ROOT / "docs" / "costs.md"
BEGIN, END = "<!-- costs: begin -->", "<!-- costs: end -->"
ONE_DAY = timedelta(days=1)
SIZES = (20, 1_000, 5_000)

# Public list prices of us-east-1 in USD, first tier, as the services' price pages had them at the end of 2025.
LAMBDA_REQUEST = Decimal("0.20") / 1_000_000  # aws.amazon.com/lambda/pricing
LAMBDA_GB_SECOND = Decimal("0.0000133334")  # the same, arm64
SQS_REQUEST = Decimal("0.40") / 1_000_000  # aws.amazon.com/sqs/pricing, standard queue
DYNAMODB_READ = Decimal("0.125") / 1_000_000  # aws.amazon.com/dynamodb/pricing/on-demand, a read request unit
DYNAMODB_WRITE = Decimal("0.625") / 1_000_000  # the same, a write request unit
DYNAMODB_GB_MONTH = Decimal("0.25")  # the same, storage
LOGS_GB = Decimal("0.50")  # aws.amazon.com/cloudwatch/pricing, ingestion
METRIC_MONTH = Decimal("0.30")  # the same, custom metric, billed by the hours with a datum
ALARM_MONTH = Decimal("0.10")  # the same, standard resolution
COMPOSITE_MONTH = Decimal("0.50")  # the same, composite
DASHBOARD_MONTH = Decimal("3.00")  # the same
FREE_METRICS, FREE_ALARMS, FREE_DASHBOARDS = 10, 10, 3  # the same, for each account; no alarm of these is composite
BUS_EVENT = Decimal("1.00") / 1_000_000  # aws.amazon.com/eventbridge/pricing, custom events
SCHEDULER_CALL = Decimal("1.00") / 1_000_000  # aws.amazon.com/eventbridge/pricing

# "Instance Scheduler on AWS" publishes these for its small, medium and large example, in USD a month; see its guide.
INSTANCE_SCHEDULER = {20: Decimal("9.15"), 1_000: Decimal(161), 5_000: Decimal(630)}

# Assumed.
DAYS = Decimal("30.4")  # of a month
MEMORY_GB = Decimal("0.5")  # as template.yaml has it; and for `reconcile` and `publish`:
SMALL_GB = Decimal("0.25")  # a test compares both with the template
CALL_SECONDS = Decimal("0.07")  # of a remote call of a pass, with what the pass does around it at 0.14 of a core
TICK_SECONDS = Decimal("0.20")  # and for each message that it sends:
SEND_SECONDS = Decimal("0.01")
PUBLISH_SECONDS = Decimal("0.12")  # one invocation for each ledger entry
PLATFORM_BYTES = 400  # of the lines that Lambda itself writes for an invocation
EMPTY_POLLS_A_DAY = 5 * 3 * 60 * 24  # five pollers of a mapping, each asking for 20 s
POLLED_QUEUES = 2
ALARMS, COMPOSITES, DASHBOARDS = 39, 1, 1  # a test compares them with the template
ESSENTIAL_ALARMS, ESSENTIAL_DASHBOARDS = 15, 0  # the same, with Monitoring=essential
SCHEDULES = {20: 5, 1_000: 50, 5_000: 100}
RESYNCS_A_DAY = 144
AUDITS_A_DAY = 288
WHOLES_A_DAY = 24  # of them, and of the resyncs, read every record; the rest read those of models that are not at rest
# An audit judges a model in 0.14 ms of a core and decodes a record in 0.6 ms; 512 MB have 0.29 of a core.
AUDIT_SECONDS = Decimal("0.003")  # for each model
AUDIT_BASE_SECONDS = Decimal("0.5")  # for the calls that do not grow with the models, a third of them with lists
LEDGER_DAYS = 365  # the age of each ledger
AUDIT_METRIC_HOURS = 72  # a day: ModelsAtRisk, UnscheduledModels and HostedUnitHours


def compute_costs(
    week: MeasuredWeek, models: int, *, essential: bool = False, free: bool = False
) -> dict[str, Decimal]:
    """Return what a stack of `models` models costs in a month of USD, part by part.

    `essential` is the parameter Monitoring. `free`: all of CloudWatch's free allowance is for this stack.
    """
    alarms, dashboards = (ESSENTIAL_ALARMS, ESSENTIAL_DASHBOARDS) if essential else (ALARMS, DASHBOARDS)

    def monthly(number: float) -> Decimal:
        return Decimal(str(number)) * DAYS

    passes, calls, sends, entries = (
        monthly(each * models) for each in (week.passes, week.calls, week.sends, week.entries)
    )
    ticks = monthly(24 * 60)
    audits = monthly(AUDITS_A_DAY)
    small_seconds = calls * CALL_SECONDS + entries * PUBLISH_SECONDS
    seconds = ticks * TICK_SECONDS + sends * SEND_SECONDS + audits * (AUDIT_BASE_SECONDS + models * AUDIT_SECONDS)
    invocations = passes + ticks + entries + audits
    # A resync reads the pointer thrice, an audit once. Both read the whole index, and glance at records. A tick reads
    # what lies half an hour ahead: at most the whole index.
    records = week.glances + WHOLES_A_DAY + (week.glances - WHOLES_A_DAY) * AUDITS_A_DAY / RESYNCS_A_DAY
    index = SHARDS * ceil(models / SHARDS * LINE_BYTES / READ_UNIT)
    fleet = RESYNCS_A_DAY * (3 + index / 2) + AUDITS_A_DAY * (1 + index / 2) + models * records / 2
    # Each day it reads the last days of each ledger, and each month all of it.
    day_bytes = week.entries * week.entry_bytes
    ledger = day_bytes * (RECENT / ONE_DAY + LEDGER_DAYS / WHOLE_EVERY) / READ_UNIT
    reads = monthly(week.reads * models) + ticks * index / 2 + monthly(fleet + ledger * models)
    stored_gb = Decimal(str(day_bytes * models)) * LEDGER_DAYS / 2**30
    log_bytes = (
        monthly((week.log_bytes + week.metric_bytes) * models + week.stack_log_bytes) + invocations * PLATFORM_BYTES
    )
    metric_hours = monthly(
        week.stack_metric_hours + AUDIT_METRIC_HOURS + week.schedule_metric_hours * SCHEDULES[models]
    )
    metrics = metric_hours / (24 * DAYS)
    if free:
        metrics, alarms = max(metrics - FREE_METRICS, Decimal()), max(alarms - FREE_ALARMS, 0)
        dashboards = max(dashboards - FREE_DASHBOARDS, 0)
    return {
        "Lambda": invocations * LAMBDA_REQUEST + (small_seconds * SMALL_GB + seconds * MEMORY_GB) * LAMBDA_GB_SECOND,
        "SQS": (3 * sends + monthly(EMPTY_POLLS_A_DAY * POLLED_QUEUES)) * SQS_REQUEST,
        "DynamoDB": reads * DYNAMODB_READ
        + monthly(week.writes * models) * DYNAMODB_WRITE
        + stored_gb * DYNAMODB_GB_MONTH,
        "logs": log_bytes / 2**30 * LOGS_GB,
        "metrics": metrics * METRIC_MONTH,
        "alarms": alarms * ALARM_MONTH + COMPOSITES * COMPOSITE_MONTH,
        "dashboard": dashboards * DASHBOARD_MONTH,
        "EventBridge": (ticks + audits) * SCHEDULER_CALL + monthly(week.events * models) * BUS_EVENT,
    }


def format_measures(week: MeasuredWeek) -> list[str]:
    """Return the table of the measured figures, as the page has it."""
    return ["| measured | figure |", "| --- | ---: |", *(f"| {n} | {v:.2f} |" for n, v in asdict(week).items())]


def format_costs(week: MeasuredWeek) -> list[str]:
    """Return the table of costs, as the page has it."""
    columns = [compute_costs(week, models) for models in SIZES]
    rows = [
        "| USD a month | " + " | ".join(f"{models:,} models" for models in SIZES) + " |",
        "| --- | ---: | ---: | ---: |",
    ]
    rows += [_format_row(part, [column[part] for column in columns]) for part in columns[0]]
    sums = [sum(column.values(), Decimal()) for column in columns]
    rows.append(_format_row("**Preheat**", sums))
    rows.append(
        _format_row("for each model", [total / models for total, models in zip(sums, SIZES, strict=True)], digits=3)
    )
    return [*rows, _format_row("Instance Scheduler, as published", [INSTANCE_SCHEDULER[models] for models in SIZES])]


def format_small(week: MeasuredWeek) -> list[str]:
    """Return the table of a small plant, as the page has it: by the parameter Monitoring, and by CloudWatch's price."""

    def add(*, essential: bool, free: bool) -> Decimal:
        return sum(compute_costs(week, SIZES[0], essential=essential, free=free).values(), Decimal())

    rows = [f"| {SIZES[0]} models, USD a month | `full` | `essential` |", "| --- | ---: | ---: |"]
    for name, free in (("by list prices", False), ("if CloudWatch's free allowance is for Preheat", True)):
        rows.append(_format_row(name, [add(essential=False, free=free), add(essential=True, free=free)]))
    return rows


def _format_row(name: str, amounts: Sequence[Decimal], digits: int = 2) -> str:
    return f"| {name} | " + " | ".join(f"{amount:,.{digits}f}" for amount in amounts) + " |"


def read_page(text: str) -> MeasuredWeek:
    """Return the measured figures of the page; raises ValueError if a figure is missing."""
    names = {field.name for field in fields(MeasuredWeek)}
    rows = (line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| "))
    found = {row[0]: float(row[1]) for row in rows if len(row) == 2 and row[0] in names}
    if missing := names - set(found):
        raise ValueError(f"{DOC.name}: no figure for {', '.join(sorted(missing))}")
    return MeasuredWeek(**found)


def format_tables(week: MeasuredWeek) -> str:
    """Return the tables with their marks; the costs follow from the figures as the page shows them."""
    rounded = MeasuredWeek(**{name: round(value, 2) for name, value in asdict(week).items()})
    return "\n".join(
        [BEGIN, "", *format_measures(rounded), "", *format_costs(rounded), "", *format_small(rounded), "", END]
    )
