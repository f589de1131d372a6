"""Which models a function need not read again: those that it found at rest, and whose line in the due index stays.

Owns that memory of one process, for a resync and an audit. Each write that sets or wakes a model moves its line, so a
line that stays is a model as it was. Pure: the caller reads the index and the records. No start or stop rests on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from preheat.app.ports.fleet import Due
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.clocks import find_ahead
from preheat.domain.record.record import ModelRecord, Phase

WHOLE_EVERY: Final = timedelta(hours=1)  # then a function reads each model again, whatever the index shows

type Lines = Mapping[ModelId, datetime]
"""The whole due index: from when on it shows a model. A function reads a model without a line."""


class Rest(NamedTuple):
    """A model at rest: its line, the time of the read, and the version of the plan that the record follows."""

    line: datetime
    read_at: datetime
    plan_version: int


@dataclass(slots=True)
class RestingModels:
    """The models that this process has found at rest. A new process knows none, and reads them all."""

    known: dict[ModelId, Rest] = field(default_factory=dict)

    def find_unsure(self, names: Sequence[ModelId], lines: Lines, plan_version: int, now: datetime) -> list[ModelId]:
        """Return the models to read: all but those at rest under this plan, with an unchanged line in the future."""
        return [name for name in names if not self._rests(name, lines.get(name), plan_version, now)]

    def _rests(self, model_id: ModelId, line: datetime | None, plan_version: int, now: datetime) -> bool:
        rest = self.known.get(model_id)
        return (
            rest is not None
            and rest.line == line
            and now < rest.line
            and rest.plan_version == plan_version
            and timedelta() <= now - rest.read_at < WHOLE_EVERY
        )

    def note(
        self,
        names: Sequence[ModelId],
        records: Mapping[ModelId, ModelRecord],
        lines: Lines,
        plan_version: int,
        now: datetime,
    ) -> None:
        """Note which of the models just read are at rest: the record says so, and the index shows it as it is."""
        for name in names:
            record, line = records.get(name), lines.get(name)
            if record is not None and line is not None and _is_settled(record, line, plan_version, now):
                self.known[name] = Rest(line, now, plan_version)
            else:
                self.known.pop(name, None)

    def forget_others(self, names: Sequence[ModelId]) -> None:
        """Forget the models that neither the plan nor a plan before it names."""
        for gone in self.known.keys() - set(names):
            del self.known[gone]


def map_lines(due: Sequence[Due]) -> Lines:
    """Return the first line of each model."""
    lines: dict[ModelId, datetime] = {}
    for one in due:
        lines[one.model_id] = min(one.wake_at, lines.get(one.model_id, one.wake_at))
    return lines


def _is_settled(record: ModelRecord, line: datetime, plan_version: int, now: datetime) -> bool:
    return (
        record.phase is Phase.IDLE
        and record.plan_version == plan_version
        and record.is_at_rest_under(plan_version)
        and record.unread is None
        and record.wake_at is not None
        and (record.due_at or record.wake_at) == line
        and find_ahead(record, now) is None
    )
