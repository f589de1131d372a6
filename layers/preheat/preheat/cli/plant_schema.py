"""The plant file as a typed model: the one source for its reader and for the published JSON Schema.

Owns the fields; their values are `plant_leaves`' affair. Knows neither YAML nor where anything stands.
"""

from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, ConfigDict, Field

from preheat.cli.plant_calendars import BackendName, CalendarEntry, QuotaEntry, TariffEntry
from preheat.cli.plant_leaves import (
    LEAD,
    SLACK,
    UNITS,
    FileVersion,
    ModeName,
    Name,
    Project,
    UnscheduledName,
    Version,
)
from preheat.cli.plant_windows import ScheduleEntry, Strict
from preheat.domain.plan import Mode, Unscheduled

MODELS_MAX: Final = 1_000
SCHEMA_URL: Final = "https://json-schema.org/draft/2020-12/schema"


def _few(value: Any) -> Any:
    if isinstance(value, dict) and len(value) > MODELS_MAX:
        raise ValueError(f"at most {MODELS_MAX:,} models")
    return value


class DefaultsEntry(Strict):
    """What holds for every model that does not say otherwise."""

    lead: Annotated[timedelta, *LEAD] = Field(
        default_factory=lambda: timedelta(minutes=30),
        description="How long ahead of the shift a model is started; 30m.",
    )
    slack: Annotated[timedelta, *SLACK] = Field(
        default_factory=lambda: timedelta(minutes=2), description="Added to the lead for the precision of the tick; 2m."
    )
    min_units: Annotated[int, *UNITS] = Field(default=1, description="Inference units to run, each billed; 1.")


class ModelEntry(Strict):
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


class PlantFile(Strict):
    """A plant: its schedules and the models that they need."""

    model_config = ConfigDict(title="Preheat plant file")

    version: FileVersion = Field(description="Version of this form of plant file.")
    defaults: DefaultsEntry = Field(default_factory=DefaultsEntry, description="For models that do not say otherwise.")
    tariffs: dict[BackendName, TariffEntry] = Field(
        default_factory=dict,
        description="What each hosting service bills, for the costs that are shown.",
    )
    quotas: dict[BackendName, QuotaEntry] = Field(
        default_factory=dict,
        description="What each hosting service allows, for the conflicts that are shown.",
    )
    calendars: dict[Name, CalendarEntry] = Field(
        default_factory=dict,
        description="Calendars of closed days by name.",
        json_schema_extra={"additionalProperties": False},
    )
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
