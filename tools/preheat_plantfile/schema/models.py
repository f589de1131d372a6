"""The plant file as a typed model: the one source for its reader and for the published JSON Schema.

Owns the fields; `leaves` owns their values. Knows neither YAML nor the place of a value in the file.
"""

from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema

from preheat.domain.plan.hosted_model import Resize, Unscheduled
from preheat.domain.plan.plan import Backend, Mode, check_tags
from preheat_plantfile.schema.calendars import (
    BackendName,
    CalendarEntry,
    CeilingsEntry,
    InstanceType,
    QuotaEntry,
    TariffEntry,
)
from preheat_plantfile.schema.drain import GATE, DrainEntry
from preheat_plantfile.schema.drain import not_null as drain_not_null
from preheat_plantfile.schema.leaves import (
    LATE_COST,
    LATE_TARGET,
    LEAD,
    PRIORITY,
    REGION_NAME,
    ROLE_ARN,
    SLACK,
    UNIT_HOURS,
    UNITS,
    FileVersion,
    ModeName,
    Name,
    ResizeName,
    UnscheduledName,
)
from preheat_plantfile.schema.readiness import ImageEntry, ReadinessEntry, not_null
from preheat_plantfile.schema.senders import SenderEntry
from preheat_plantfile.schema.targets import (
    ComponentTarget,
    FunctionTarget,
    LookoutTarget,
    RekognitionTarget,
    SageMakerConfigs,
)
from preheat_plantfile.schema.windows import ScheduleEntry, Strict

MODELS_MAX: Final = 5_000
# The fields about a learned lead; next to `lead`, which fixes it, they would have no effect.
LEARNED_FIELDS: Final = ("late_target", "late_cost_per_minute", "default_lead", "lead_floor", "lead_cap")
SCHEMA_URL: Final = "https://json-schema.org/draft/2020-12/schema"


def _few(value: Any) -> Any:
    if isinstance(value, dict) and len(value) > MODELS_MAX:
        raise ValueError(f"at most {MODELS_MAX:,} models")
    return value


def _tags(value: Any) -> Any:
    """Refuse what AWS would refuse; tags of the plant file are texts, so a number needs quotes."""
    if not isinstance(value, dict):
        raise ValueError(TAGS_ACCEPTED)  # noqa: TRY004 - pydantic reports only a ValueError at its place
    if not all(isinstance(key, str) and isinstance(text, str) for key, text in value.items()):
        raise ValueError(TAGS_ACCEPTED)
    for problem in check_tags(tuple(value.items())):
        raise ValueError(f"{TAGS_ACCEPTED}; {problem}")
    return value


TAGS_ACCEPTED: Final = 'keys and texts, such as {CostCenter: "4711"}'
TagsEntry = Annotated[
    dict[str, str],
    BeforeValidator(_tags),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}}),
]


class _Leads(Strict):
    """How long ahead of its shift a model starts: fixed, or learned from its own starts within bounds."""

    lead: Annotated[timedelta | None, *LEAD] = Field(
        default_factory=lambda: None,
        description="Pins how long ahead of the shift it starts: 45m. Absent: Preheat learns it from its starts.",
    )
    late_target: Annotated[float | None, *LATE_TARGET] = Field(
        default_factory=lambda: None, description="Share of starts that may be late, for a learned lead; 0.01."
    )
    late_cost_per_minute: Annotated[float | None, *LATE_COST] = Field(
        default_factory=lambda: None,
        description="Cost of a late minute, in the tariff's currency: the late target follows from both.",
    )
    default_lead: Annotated[timedelta | None, *LEAD] = Field(
        default_factory=lambda: None, description="Least lead until 20 starts are on record; 30m."
    )
    lead_floor: Annotated[timedelta | None, *LEAD] = Field(
        default_factory=lambda: None, description="Least lead that Preheat learns; 5m."
    )
    lead_cap: Annotated[timedelta | None, *LEAD] = Field(
        default_factory=lambda: None, description="Longest lead that Preheat learns; 1h30m."
    )


class _Spending(Strict):
    """The cost of its schedules and of requests on a UTC day."""

    max_unit_hours_a_day: Annotated[int | None, *UNIT_HOURS] = Field(
        default_factory=lambda: None,
        description="Most unit-hours that its schedules may cost on a UTC day: apply refuses more. Absent: no ceiling.",
    )

    max_unit_hours_by_request: Annotated[int | None, *UNIT_HOURS] = Field(
        default_factory=lambda: None,
        description="Most unit-hours that holds may add on a UTC day; 24 times the units they may ask for.",
    )


class DefaultsEntry(_Leads, _Spending):
    """The defaults for every model that does not say otherwise."""

    slack: Annotated[timedelta, *SLACK] = Field(
        default_factory=lambda: timedelta(minutes=2), description="Added to the lead for the precision of the tick; 2m."
    )
    min_units: Annotated[int, *UNITS] = Field(default=1, description="Inference units to run, each billed; 1.")
    max_units_by_request: Annotated[int | None, *UNITS] = Field(
        default_factory=lambda: None,
        description="Most units that a hold may ask for, within the service's quota; the model's min_units.",
    )
    region: Annotated[str | None, *REGION_NAME] = Field(
        default_factory=lambda: None, description="Region that hosts the models, if not the stack's: eu-central-1."
    )
    role: Annotated[str | None, *ROLE_ARN] = Field(
        default_factory=lambda: None,
        description="Role to assume in the account that hosts the models, if that is not the stack's.",
    )
    tags: TagsEntry = Field(
        default_factory=dict, description="Tags of the endpoints that Preheat creates; a model's own tags come on top."
    )


class ModelEntry(_Leads, _Spending):
    """The fields of every hosted model: when you need it and how it runs."""

    schedules: list[Name] = Field(
        description="Names of the schedules that need it, at most 50; Preheat unites several."
    )
    # A missing field means None; written out, `null` is an error like any other wrong value.
    slack: Annotated[timedelta | None, *SLACK] = Field(
        default_factory=lambda: None, description="Added to the lead for the precision of the tick."
    )
    priority: Annotated[int, *PRIORITY] = Field(
        default=0, description="0 to 100: of those that start at the same time the highest goes first; 0."
    )
    mode: ModeName = Field(
        default=Mode.ACT, description="act; observe: decide and record, call nothing; paused: do not look either."
    )
    unscheduled: UnscheduledName = Field(
        default=Unscheduled.LEAVE, description="If a person runs it outside its shifts: leave it running, or stop it."
    )
    drain: Annotated[DrainEntry | None, BeforeValidator(drain_not_null)] = Field(
        default_factory=lambda: None,
        description="Queue that must be empty before Preheat stops the model, and for how long.",
    )
    gate: Annotated[str | None, *GATE] = Field(
        default_factory=lambda: None,
        description="UUID of the Lambda event source mapping that Preheat enables while it is ready, else disables.",
    )


class _Scaled(Strict):
    """Inference units, where the service counts in them."""

    min_units: Annotated[int | None, *UNITS] = Field(
        default_factory=lambda: None, description="Inference units to run, each billed."
    )
    max_units: Annotated[int | None, *UNITS] = Field(
        default_factory=lambda: None, description="Most units, if the model may auto-scale."
    )
    max_units_by_request: Annotated[int | None, *UNITS] = Field(
        default_factory=lambda: None,
        description="Most units that a hold may ask for; a larger cap than min_units starts its shifts 3m earlier.",
    )
    resize: ResizeName = Field(
        default=Resize.KEEP,
        description="If a hold asks for more units than it has: keep running, or restart with more.",
    )
    readiness: Annotated[ImageEntry | None, BeforeValidator(not_null)] = Field(
        default_factory=lambda: None, description="Image on which one inference must succeed before it counts as ready."
    )


class LookoutModel(ModelEntry, _Scaled, LookoutTarget):
    """One hosted model of Lookout for Vision: what runs and when."""


class RekognitionModel(ModelEntry, _Scaled, RekognitionTarget):
    """One hosted model of Rekognition Custom Labels: what runs and when."""


class _Proved(Strict):
    """An inference of any kind of content."""

    readiness: Annotated[ReadinessEntry | None, BeforeValidator(not_null)] = Field(
        default_factory=lambda: None, description="Inference that must succeed before it counts as ready."
    )


class SageMakerModel(ModelEntry, _Proved, SageMakerConfigs):
    """One SageMaker endpoint: what runs and when; its endpoint config says on how many instances."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["config"]}, {"required": ["configs"]}]})

    tags: TagsEntry = Field(default_factory=dict, description="Tags of the endpoint, each time Preheat creates it.")
    instances: dict[InstanceType, Annotated[int, *UNITS]] = Field(
        default_factory=dict,
        description="Instances of its endpoint config by type, for the costs that Preheat shows: {ml.g4dn.xlarge: 1}.",
    )


class _ByRequest(Strict):
    """Most units where a start sets a level; a request may ask for more than the plan."""

    max_units_by_request: Annotated[int | None, *UNITS] = Field(
        default_factory=lambda: None,
        description="Most copies or units that a hold may ask for; those of the plan.",
    )


class ComponentModel(ModelEntry, _Proved, _ByRequest, ComponentTarget):
    """One SageMaker inference component: what runs, in how many copies, and when."""

    copies: Annotated[int, *UNITS] = Field(default=1, description="Copies to run while it is needed; 1.")


class FunctionModel(ModelEntry, _ByRequest, FunctionTarget):
    """One model of a user's own function: what the function gets, and when the model is needed."""

    units: Annotated[int, *UNITS] = Field(default=1, description="Units to start, for the function to read; 1.")


MODEL_ENTRIES: Final[
    dict[Backend, type[LookoutModel | RekognitionModel | SageMakerModel | ComponentModel | FunctionModel]]
] = {
    Backend.LOOKOUT_VISION: LookoutModel,
    Backend.REKOGNITION: RekognitionModel,
    Backend.SAGEMAKER: SageMakerModel,
    Backend.SAGEMAKER_COMPONENT: ComponentModel,
    Backend.FUNCTION: FunctionModel,
}


def backend_of(entry: Any) -> Backend:
    """Return the service whose fields apply to an entry, as the file has it.

    A valid `backend` decides. Without one the check refuses the entry anyway; return the service that has its other
    fields, so that no error calls those fields unknown.
    """
    named = entry.get("backend") if isinstance(entry, dict) else getattr(entry, "backend", None)
    if isinstance(named, str) and named in list(Backend):
        return Backend(named)
    fields = set(entry) if isinstance(entry, dict) else set()
    if fields & {"endpoint", "config", "configs"}:
        return Backend.SAGEMAKER
    if fields & {"component", "copies"}:
        return Backend.SAGEMAKER_COMPONENT
    if "function" in fields:
        return Backend.FUNCTION
    return Backend.REKOGNITION if "arn" in fields else Backend.LOOKOUT_VISION


AnyModel = Annotated[
    Annotated[LookoutModel, Tag(Backend.LOOKOUT_VISION)]
    | Annotated[RekognitionModel, Tag(Backend.REKOGNITION)]
    | Annotated[SageMakerModel, Tag(Backend.SAGEMAKER)]
    | Annotated[ComponentModel, Tag(Backend.SAGEMAKER_COMPONENT)]
    | Annotated[FunctionModel, Tag(Backend.FUNCTION)],
    Discriminator(backend_of),
]


class PlantFile(Strict):
    """A plant: its schedules and the models that they need."""

    model_config = ConfigDict(title="Preheat plant file")

    version: FileVersion = Field(description="Version of this form of plant file.")
    defaults: DefaultsEntry = Field(default_factory=DefaultsEntry, description="For models that do not say otherwise.")
    tariffs: dict[BackendName, TariffEntry] = Field(
        default_factory=dict,
        description="Prices of each hosting service, for the costs that Preheat shows.",
    )
    ceilings: CeilingsEntry = Field(
        default_factory=CeilingsEntry, description="Ceilings on the cost of the plan: apply refuses more."
    )
    quotas: dict[BackendName, QuotaEntry] = Field(
        default_factory=dict,
        description="Limits of each hosting service, for the conflicts that Preheat shows.",
    )
    senders: dict[Name, SenderEntry] = Field(
        default_factory=dict,
        description="Senders of requests and their rights. Absent: every sender that the stack lets in, within bounds.",
        json_schema_extra={"additionalProperties": False},
    )
    calendars: dict[Name, CalendarEntry] = Field(
        default_factory=dict,
        description="Calendars of closed days by name.",
        json_schema_extra={"additionalProperties": False},
    )
    schedules: dict[Name, ScheduleEntry] = Field(
        description="Schedules by name.", json_schema_extra={"additionalProperties": False}
    )
    models: Annotated[dict[Name, AnyModel], BeforeValidator(_few)] = Field(
        description="Models by name. A model's history goes by it: keep the name.",
        json_schema_extra={"additionalProperties": False, "maxProperties": MODELS_MAX},
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the plant file, made of the model above."""
    schema = PlantFile.model_json_schema()
    return {"$schema": SCHEMA_URL, **schema}
