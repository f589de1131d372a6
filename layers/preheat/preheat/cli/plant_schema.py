"""The plant file as a typed model: the one source for its reader and for the published JSON Schema.

Owns the fields; their values are `plant_leaves`' affair. Knows neither YAML nor where anything stands.
"""

from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from preheat.cli.plant_leaves import (
    LEAD,
    SLACK,
    UNITS,
    Days,
    End,
    FileVersion,
    ModeName,
    Name,
    Project,
    Start,
    UnscheduledName,
    Version,
    Zone,
)
from preheat.domain.plan import Mode, Unscheduled

MODELS_MAX: Final = 1_000
SCHEMA_URL: Final = "https://json-schema.org/draft/2020-12/schema"


def _few(value: Any) -> Any:
    if isinstance(value, dict) and len(value) > MODELS_MAX:
        raise ValueError(f"at most {MODELS_MAX:,} models")
    return value


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class WindowEntry(_Strict):
    """A shift window: a local start and end on some weekdays."""

    days: Days = Field(description="Weekdays on which it starts: daily, mon, mon-fri, fri-mon, or a list of these.")
    start: Start = Field(description='Local time, in quotes: "06:00".')
    end: End = Field(description="Local time; one that is not after the start is on the next day. 24:00 is midnight.")


class ScheduleEntry(_Strict):
    """Shift windows in one time zone."""

    zone: Zone = Field(description="IANA time zone of every time in it.")
    windows: list[WindowEntry] = Field(min_length=1, description="Shift windows; together they are the shift.")


class DefaultsEntry(_Strict):
    """What holds for every model that does not say otherwise."""

    lead: Annotated[timedelta, *LEAD] = Field(
        default_factory=lambda: timedelta(minutes=30),
        description="How long ahead of the shift a model is started; 30m.",
    )
    slack: Annotated[timedelta, *SLACK] = Field(
        default_factory=lambda: timedelta(minutes=2), description="Added to the lead for the precision of the tick; 2m."
    )
    min_units: Annotated[int, *UNITS] = Field(default=1, description="Inference units to run, each billed; 1.")


class ModelEntry(_Strict):
    """One hosted model: what runs and when."""

    project: Project = Field(description="Lookout for Vision project.")
    version: Version = Field(description="Version number of the model, never 'latest'.")
    schedules: list[Name] = Field(description="Names of the schedules that need it; several are united.")
    # None is what a field that is not there means; written out, `null` is refused like any other wrong value.
    min_units: Annotated[int | None, *UNITS] = Field(
        default_factory=lambda: None, description="Inference units to run, each billed."
    )
    max_units: Annotated[int | None, *UNITS] = Field(
        default_factory=lambda: None, description="Only if the model shall auto-scale: its most units."
    )
    lead: Annotated[timedelta | None, *LEAD] = Field(
        default_factory=lambda: None, description="How long ahead of the shift it is started: 45m."
    )
    slack: Annotated[timedelta | None, *SLACK] = Field(
        default_factory=lambda: None, description="Added to the lead for the precision of the tick."
    )
    mode: ModeName = Field(
        default=Mode.ACT, description="act; observe: decide and record, call nothing; paused: do not look either."
    )
    unscheduled: UnscheduledName = Field(
        default=Unscheduled.LEAVE, description="What becomes of it if a person runs it outside its shifts."
    )


class PlantFile(_Strict):
    """A plant: its schedules and the models that they need."""

    model_config = ConfigDict(title="Preheat plant file")

    version: FileVersion = Field(description="Version of this form of plant file.")
    defaults: DefaultsEntry = Field(default_factory=DefaultsEntry, description="For models that do not say otherwise.")
    schedules: dict[Name, ScheduleEntry] = Field(
        description="Schedules by name.", json_schema_extra={"additionalProperties": False}
    )
    models: Annotated[dict[Name, ModelEntry], BeforeValidator(_few)] = Field(
        description="Models by name. A model's history goes by it: keep the name.",
        json_schema_extra={"additionalProperties": False, "maxProperties": MODELS_MAX},
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the plant file, made of the model above."""
    schema = PlantFile.model_json_schema()
    return {"$schema": SCHEMA_URL, **schema}
