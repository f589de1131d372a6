"""Compares a plant file with the current plan of a stack: which models change, and which quotas the result breaks.

Reads the stack and changes nothing. Depends on no command.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from preheat.domain.calendar.timetable import ScheduleError
from preheat.domain.calendar.windows import Window
from preheat.domain.lead.lead_in_force import fix_next_lead
from preheat.domain.plan.hosted_model import HostedModel, Siblings
from preheat.domain.plan.plan import ModelId
from preheat.domain.plan.senders import SenderRule
from preheat.domain.record.record import ModelRecord
from preheat_cli.ceilings import Cost, measure_cost
from preheat_cli.identity import describe
from preheat_cli.planning import StoredPlan, check_accounts, read_stored_plan
from preheat_cli.senders import compile_senders, describe_changes
from preheat_cli.views.difference import Change, ChangeKind, changes

if TYPE_CHECKING:
    from preheat_cli.stack import Stack
    from preheat_plantfile.compiling.plan import Service
    from preheat_plantfile.schema.models import PlantFile

CHANGED: Final = 3
"""The exit status of --detailed-exitcode if there are changes. Terraform uses 2; here 2 is a usage error."""

CONFLICTS_WITHIN: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Compared:
    """A plant file next to the plan that it would replace."""

    file: Path
    plant: "PlantFile"
    region: str
    stored: StoredPlan
    models: Sequence[HostedModel]
    changes: Sequence[Change]
    records: dict[ModelId, ModelRecord]
    senders: tuple[SenderRule, ...] = ()
    sender_changes: Sequence[str] = ()
    siblings: "Mapping[Service, Siblings]" = field(default_factory=dict)  # what a new model begins with
    applied_by: str = ""  # who applied the stored plan, in words; empty: unknown

    @property
    def removes_everything(self) -> bool:
        """Whether the file has no models and the stack has some."""
        return not self.models and bool(self.stored.models or self.stored.unreadable)

    def compile(self, now: datetime) -> Sequence[HostedModel]:
        """Return the models of the file, new demand known from `now`."""
        from preheat_plantfile.compiling.plan import compile_models  # noqa: PLC0415 - loads the file's typed model

        return compile_models(
            self.plant, now=now, previous=self.stored.models, region=self.region, siblings=self.siblings
        )

    def conflicts(self, now: datetime) -> list[str]:
        """Return the quota conflicts of the next 7 days, in lines; none if there are no conflicts."""
        return find_conflicts(self.plant, self.models, self.records, now)

    def measure_cost(self, now: datetime) -> Cost:
        """Return what the models of the file cost in the next 30 days."""
        from preheat_plantfile.compiling.terms import terms_of  # noqa: PLC0415 - loads the file's typed model

        return measure_cost(self.models, self.records, now, terms_of(self.plant))


def find_conflicts(
    plant: "PlantFile", models: Sequence[HostedModel], records: Mapping[ModelId, ModelRecord], now: datetime
) -> list[str]:
    """Return the quota conflicts of a plan in the next 7 days, in lines; none if there are no conflicts."""
    from preheat_cli.views.forecast import PlannedRun, in_order, runs  # noqa: PLC0415 - keeps help fast
    from preheat_cli.views.plan import conflicts  # noqa: PLC0415 - as above
    from preheat_plantfile.compiling.terms import terms_of  # noqa: PLC0415 - as above

    found: list[PlannedRun] = []
    for model in models:
        try:
            found += runs(fix_next_lead(model, records.get(model.model_id)), Window(now, now + CONFLICTS_WITHIN))
        except ScheduleError:
            continue  # `preheat status` reports it
    return conflicts(in_order(found), terms_of(plant))


def compare(file: Path, plant: "PlantFile", stack: "Stack", now: datetime) -> Compared:
    """Return a plant file compared with the current plan.

    Raises:
        CliError: the file names a model of another account, or another plan became current meanwhile.
    """
    from preheat_plantfile.compiling.plan import compile_models  # noqa: PLC0415 - loads the file's typed model
    from preheat_plantfile.compiling.siblings import find_siblings  # noqa: PLC0415 - as above

    check_accounts(file, plant, stack.home)
    stored = read_stored_plan(stack.store)
    records = stack.store.load_many(sorted({*stored.models, *map(ModelId, plant.models)}))
    siblings = find_siblings(stored.models.values(), records)
    models = compile_models(plant, now=now, previous=stored.models, region=stack.home.region, siblings=siblings)
    found = changes(stored.models, models, today=now.date(), unreadable=stored.unreadable, records=records)
    senders = compile_senders(plant, stack, str(file))
    told = describe_changes(stack.store.read_senders(), senders)
    return Compared(
        file,
        plant,
        stack.home.region,
        stored,
        models,
        found,
        dict(records),
        senders,
        told,
        siblings,
        describe(stack.store.read_applied_by()),
    )


def describe_counts(found: Sequence[Change]) -> str:
    """Return the counts in words: `2 to add, 1 to change, 0 to remove`."""
    return ", ".join(f"{number} to {what}" for what, number in counts(found).items())


def counts(found: Sequence[Change]) -> dict[str, int]:
    """Return how many models are to add, to change and to remove."""
    names = {ChangeKind.ADDED: "add", ChangeKind.CHANGED: "change", ChangeKind.REMOVED: "remove"}
    return {name: sum(change.kind is kind for change in found) for kind, name in names.items()}
