"""Compares lead rules on recorded starts, for `preheat simulate --replay`.

Owns the syntax of a rule and of a ledger export. `preheat_report` computes. An export is the output of
`preheat history MODEL --format json`, of one model or of several models.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import typer

from preheat.domain.plan.hosted_model import DEFAULT_LEAD, Learning
from preheat.domain.plan.plan import MODEL_ID, Backend, ModelId
from preheat_cli.errors import CHECK_FAILED, CliError
from preheat_cli.options.formats import Format
from preheat_cli.printing import print_lines
from preheat_cli.views import replay as view
from preheat_cli.views import show
from preheat_plantfile.compiling.terms import Terms
from preheat_plantfile.importing.reading import UnreadableFileError, read_bytes, text_of
from preheat_plantfile.schema.leaves import read_late_target, read_lead
from preheat_report import Tariff
from preheat_report.lead_chart import draw_chart
from preheat_report.lead_rules import LeadRule, make_deviation_rule, make_learned_rule, make_pinned_rule
from preheat_report.replay import RecordedStart, replay

USUAL: Final = ("learned", "pinned:30m", "pinned:45m", "mean+2sd")
RULES_ACCEPTED: Final = (
    "learned, learned:late_target=0.02,lead_floor=5m,lead_cap=1h,default_lead=45m (each part optional), pinned:45m, or"
    " mean+2sd"
)
_DEVIATIONS: Final = re.compile(r"mean\+(\d{1,2}(?:\.\d{1,2})?)sd")
_SETTINGS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "late_target": lambda text: read_late_target(float(text)),
    "lead_floor": read_lead,
    "lead_cap": read_lead,
    "default_lead": read_lead,
}
SHOWN_MOST: Final = 10


@dataclass(frozen=True, slots=True)
class Comparison:
    """What to compare: the export, the rules as typed, the prices, and the file of the chart."""

    export: Path
    rules: Sequence[str]
    terms: Terms
    late_cost: float = 0.0  # of a minute, in the tariffs' currency
    chart: Path | None = None


def compare(asked: Comparison, form: Format) -> None:
    """Print the result of each rule for the recorded starts, and draw a chart if `chart` names a file.

    Raises:
        CliError: a rule or a line of the export cannot be read, or no start is recorded in it.
    """
    rules = rules_of(asked.rules or USUAL)
    starts = starts_of(asked.export)
    tariffs = {Backend(name): Tariff(price.amount, price.currency) for name, price in asked.terms.prices.items()}
    cost = Decimal(str(asked.late_cost))
    found = {name: replay(starts, rule, tariffs, cost) for name, rule in rules.items()}
    number = sum(map(len, starts.values()))
    if form is Format.JSON:
        typer.echo("\n".join(json.dumps(view.fields(name, each)) for name, each in found.items()))
    else:
        typer.echo(
            f"{asked.export}: {show.count(number, 'start')} of {show.count(len(starts), 'model')}; without slack"
        )
        print_lines(view.table(found, late_cost=asked.late_cost))
    if asked.chart is not None:
        points = {name: (view.minutes(each.idle_time) / number, 100 * each.late_share) for name, each in found.items()}
        target = 100 * Learning().late_target
        try:
            asked.chart.write_text(draw_chart(points, next(iter(found)), target, share="late, %"))
        except OSError as error:
            raise CliError(f"preheat simulate: {asked.chart} is not writable: {error}", status=CHECK_FAILED) from error


def rules_of(texts: Sequence[str]) -> dict[str, LeadRule]:
    """Return the rules by their text; raises CliError with every text that is not a rule."""
    found, problems = {}, []
    for text in texts:
        try:
            found[text] = rule_of(text)
        except ValueError as error:
            problems.append(f"preheat simulate: --lead-rule {text[:80]!r}: {error}")
    if problems:
        raise CliError(*problems)
    return found


def rule_of(text: str) -> LeadRule:
    """Return the rule that a text names; raises ValueError with what is wrong."""
    name, _, settings = text.partition(":")
    matched = _DEVIATIONS.fullmatch(text)
    if matched:
        return make_deviation_rule(float(matched[1]))
    if name == "pinned":
        return make_pinned_rule(read_lead(settings))
    if name != "learned":
        raise ValueError(f"accepted: {RULES_ACCEPTED}")
    given: dict[str, Any] = {}
    for part in filter(None, settings.split(",")):
        key, _, value = part.partition("=")
        if key not in _SETTINGS:
            raise ValueError(f"unknown setting {key!r}; accepted: {', '.join(_SETTINGS)}")
        try:
            given[key] = _SETTINGS[key](value)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from error
    usual = Learning()
    learning = Learning(
        given.get("late_target", usual.late_target),
        given.get("lead_floor", usual.floor),
        given.get("lead_cap", usual.cap),
    )
    default = given.get("default_lead", min(DEFAULT_LEAD, learning.cap))
    if default > learning.cap:
        raise ValueError(f"default_lead {show.duration(default)} is more than lead_cap {show.duration(learning.cap)}")
    return make_learned_rule(learning, default)


def starts_of(export: Path) -> dict[ModelId, list[RecordedStart]]:
    """Return the recorded starts by model, oldest first.

    Ignores an entry without the duration of a start.

    Raises:
        CliError: the file or a line is unreadable, an entry appears twice, or no entry has a start.
    """
    try:
        text = text_of(read_bytes(export), export)
    except UnreadableFileError as error:
        raise CliError(f"preheat simulate: --replay {error}") from error
    found: dict[ModelId, dict[int, RecordedStart | None]] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            model_id, sequence, start = _entry(line)
        except ValueError as error:
            problems.append(f"{export}:{number}: {error}")
            continue
        of_model = found.setdefault(model_id, {})
        if sequence in of_model:
            problems.append(f"{export}:{number}: entry {sequence} of {model_id} appears twice; export each model once")
        of_model[sequence] = start
    if problems:
        more = [f"and {len(problems) - SHOWN_MOST:,} more"] if len(problems) > SHOWN_MOST else []
        remedy = "accepted: the lines of `preheat history MODEL --format json --limit 100000`"
        raise CliError(*problems[:SHOWN_MOST], *more, remedy)
    ordered = {model_id: [each[n] for n in sorted(each)] for model_id, each in sorted(found.items())}
    starts = {model_id: [start for start in each if start is not None] for model_id, each in ordered.items()}
    if not any(starts.values()):
        raise CliError(f"preheat simulate: {export} has no measured start", status=CHECK_FAILED)
    return {model_id: each for model_id, each in starts.items() if each}


def _entry(line: str) -> tuple[ModelId, int, RecordedStart | None]:
    """Return the model, the sequence and the start of one line; raises ValueError."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - of a file, not of a caller
    model_id, sequence = fields.get("model_id"), fields.get("sequence")
    took, units, target = fields.get("time_to_hosted_seconds"), fields.get("units"), fields.get("target")
    if not isinstance(model_id, str) or not MODEL_ID.fullmatch(model_id):
        raise ValueError(f"model_id: {ascii(model_id)[:80]} is not a model name")
    if type(sequence) is not int or sequence < 1:
        raise ValueError(f"sequence: {ascii(sequence)[:80]} is not a whole number from 1")
    if took is None:
        return ModelId(model_id), sequence, None
    if type(took) not in (int, float) or not 0 <= took < 10**7:
        raise ValueError(f"time_to_hosted_seconds: {ascii(took)[:80]} is not a number of seconds")
    if units is not None and (type(units) is not int or units < 1):
        raise ValueError(f"units: {ascii(units)[:80]} is not a whole number from 1")
    backend = target.get("backend") if isinstance(target, dict) else None
    if backend not in list(Backend):
        raise ValueError(f"target.backend: {ascii(backend)[:80]} is not one of {', '.join(Backend)}")
    return ModelId(model_id), sequence, RecordedStart(timedelta(seconds=took), Backend(backend), units or 1)
