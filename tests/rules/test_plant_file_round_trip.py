"""Each field of the plant file reaches the compiled plan: a file that differs in one field makes another plan.

By enumeration over the typed schema: a new field without a line here fails the first test.
"""

import copy
import json
from datetime import UTC, date, datetime
from typing import Any

import holidays
import pytest
from pydantic import BaseModel

from preheat.adapters.dynamodb.serial import decode, encode
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend
from preheat_plantfile.compiling.holidays import Range
from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.reading import parse_plant
from preheat_plantfile.schema import calendars, drain, models, readiness, windows

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SPAN = Range(date(2026, 1, 1), date(2028, 11, 1))
HOURS = {"start": "06:00", "end": "14:00"}
FUNCTION = "arn:aws:lambda:eu-central-1:111122223333:function:host"
BASE: dict[str, Any] = {
    "version": 1,
    "calendars": {"c": {"holidays": [{"country": "DE", "subdivision": "BY"}]}},
    "schedules": {
        "s": {
            "zone": "Europe/Berlin",
            "closed": ["c"],
            "windows": [{"days": "mon-sun", **HOURS}],
            "rotations": [
                {
                    "anchor": "2026-11-02",
                    "cycle": 14,
                    "shifts": {"day": {"start": "15:00", "end": "18:00"}},
                    "crews": {"a": {"shifts": {"day": [1]}}},
                }
            ],
            "replaced": [{"dates": ["2027-01-04"], "windows": [HOURS]}],
        },
        "t": {"zone": "UTC", "windows": [{"days": "mon", **HOURS}]},
    },
    "models": {
        "m": {"backend": "rekognition", "project": "p", "version": "v1", "schedules": ["s"]},
        "n": {"backend": "sagemaker", "endpoint": "e", "config": "c1", "schedules": ["t"]},
        "o": {"backend": "lookoutvision", "project": "l", "version": 1, "schedules": ["t"]},
        "p": {"backend": "sagemaker-component", "component": "c", "schedules": ["t"]},
        "q": {"backend": "function", "function": FUNCTION, "schedules": ["t"]},
    },
}
CALENDAR, HOLIDAYS = ("calendars", "c"), ("calendars", "c", "holidays", 0)
SCHEDULE, WINDOW = ("schedules", "s"), ("schedules", "s", "windows", 0)
ROTATION, REPLACED = ("schedules", "s", "rotations", 0), ("schedules", "s", "replaced", 0)
FIRST, SECOND, OF_LOOKOUT = ("models", "m"), ("models", "n"), ("models", "o")
OF_COMPONENT, OF_FUNCTION = ("models", "p"), ("models", "q")
KINDS = {
    "RekognitionModel": FIRST,
    "SageMakerModel": SECOND,
    "LookoutModel": OF_LOOKOUT,
    "ComponentModel": OF_COMPONENT,
    "FunctionModel": OF_FUNCTION,
}
ROLE = "arn:aws:iam::111122223333:role/preheat"
QUEUE = "https://sqs.eu-central-1.amazonaws.com/111122223333/images"
GATE = "0c6d2f58-3c2b-4f6e-9a51-6f1d2f0a7b11"
GONE = object()
TARIFFS = {backend: {"unit_hour": 4} for backend in Backend}
IN_JANUARY = {"days": "mon", **HOURS}

# Class and field: its place, its value, and the other fields that both files need for it.
FIELDS: dict[str, tuple[tuple[Any, ...], Any, dict[tuple[Any, ...], Any]]] = {
    "HolidaysEntry.country": ((*HOLIDAYS, "country"), "AT", {(*HOLIDAYS, "subdivision"): GONE}),
    "HolidaysEntry.subdivision": ((*HOLIDAYS, "subdivision"), "HE", {}),
    "HolidaysEntry.categories": (
        (*HOLIDAYS, "categories"),
        ["public", "catholic"],
        {},
    ),
    "HolidaysEntry.without": ((*HOLIDAYS, "without"), ["Fronleichnam"], {}),
    "ShutdownEntry.from": (
        (*CALENDAR, "shutdowns", 0, "from"),
        "2026-12-23",
        {(*CALENDAR, "shutdowns"): [{"from": "2026-12-28", "until": "2026-12-30"}]},
    ),
    "ShutdownEntry.until": (
        (*CALENDAR, "shutdowns", 0, "until"),
        "2027-01-02",
        {(*CALENDAR, "shutdowns"): [{"from": "2026-12-28", "until": "2026-12-30"}]},
    ),
    "CalendarEntry.holidays": ((*CALENDAR, "holidays"), GONE, {(*CALENDAR, "dates"): ["2027-05-14"]}),
    "CalendarEntry.bridge_days": ((*CALENDAR, "bridge_days"), True, {}),
    "CalendarEntry.make_up_days": (
        (*CALENDAR, "make_up_days"),
        True,
        {HOLIDAYS: {"country": "CN"}, WINDOW: {"days": "mon-fri", **HOURS}},
    ),
    "CalendarEntry.half_days": ((*CALENDAR, "half_days"), "closed", {HOLIDAYS: {"country": "CW"}}),
    "CalendarEntry.shutdowns": ((*CALENDAR, "shutdowns"), [{"from": "2026-12-28", "until": "2026-12-30"}], {}),
    "CalendarEntry.dates": ((*CALENDAR, "dates"), ["2027-05-14"], {}),
    "ScheduleEntry.zone": ((*SCHEDULE, "zone"), "America/Mexico_City", {}),
    "ScheduleEntry.windows": ((*SCHEDULE, "windows"), [{"days": "mon", **HOURS}], {}),
    "ScheduleEntry.rotations": ((*SCHEDULE, "rotations"), GONE, {}),
    "ScheduleEntry.closed": ((*SCHEDULE, "closed"), GONE, {}),
    "ScheduleEntry.added": ((*SCHEDULE, "added"), [{"dates": "2026-12-25", **HOURS}], {}),
    "ScheduleEntry.replaced": ((*SCHEDULE, "replaced"), GONE, {}),
    "ScheduleEntry.from": ((*SCHEDULE, "from"), "2026-12-01", {}),
    "ScheduleEntry.until": ((*SCHEDULE, "until"), "2028-12-01", {}),
    "HoursEntry.start": ((*REPLACED, "windows", 0, "start"), "07:00", {}),
    "HoursEntry.end": ((*REPLACED, "windows", 0, "end"), "13:00", {}),
    "HoursEntry.end_day": ((*REPLACED, "windows", 0, "end_day"), 1, {}),
    "WindowEntry.start": ((*WINDOW, "start"), "05:00", {}),
    "WindowEntry.end": ((*WINDOW, "end"), "13:30", {}),
    "WindowEntry.end_day": ((*WINDOW, "end_day"), 1, {WINDOW: {"days": "fri", **HOURS}}),
    "WindowEntry.days": ((*WINDOW, "days"), "mon-thu", {}),
    "WindowEntry.month_days": ((*WINDOW, "month_days"), [1], {}),
    "WindowEntry.months": ((*WINDOW, "months"), "jan", {}),
    "WindowEntry.dates": ((*WINDOW, "dates"), ["2026-12-12"], {WINDOW: {"dates": ["2026-12-05"], **HOURS}}),
    "WindowEntry.rrule": (
        (*WINDOW, "rrule"),
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=TU",
        {WINDOW: {"rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "anchor": "2026-11-03", **HOURS}},
    ),
    "WindowEntry.anchor": (
        (*WINDOW, "anchor"),
        "2026-11-10",
        {WINDOW: {"rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "anchor": "2026-11-03", **HOURS}},
    ),
    "WindowEntry.from": ((*WINDOW, "from"), "2026-12-01", {}),
    "WindowEntry.until": ((*WINDOW, "until"), "2027-12-01", {}),
    "WindowEntry.on_closed": (
        (*WINDOW, "on_closed"),
        "skip",
        {WINDOW: {"days": "mon", "start": "06:00", "end": "14:00", "end_day": 5}},
    ),
    "CrewEntry.shifts": ((*ROTATION, "crews", "a", "shifts", "day"), [1, 3], {}),
    "CrewEntry.later": ((*ROTATION, "crews", "a", "later"), 7, {}),
    "RotationEntry.anchor": ((*ROTATION, "anchor"), "2026-11-03", {}),
    "RotationEntry.cycle": ((*ROTATION, "cycle"), 7, {}),
    "RotationEntry.shifts": ((*ROTATION, "shifts", "day", "start"), "16:00", {}),
    "RotationEntry.crews": ((*ROTATION, "crews", "b"), {"shifts": {"day": [5]}}, {}),
    "RotationEntry.from": ((*ROTATION, "from"), "2026-12-01", {}),
    "RotationEntry.until": ((*ROTATION, "until"), "2027-12-01", {}),
    "ReplacedEntry.dates": ((*REPLACED, "dates"), ["2027-01-05"], {}),
    "ReplacedEntry.windows": ((*REPLACED, "windows"), [], {}),
    "DefaultsEntry.lead": (("defaults", "lead"), "45m", {}),
    "DefaultsEntry.late_target": (("defaults", "late_target"), 0.02, {}),
    "DefaultsEntry.late_cost_per_minute": (("defaults", "late_cost_per_minute"), 2, {("tariffs",): TARIFFS}),
    "DefaultsEntry.default_lead": (("defaults", "default_lead"), "40m", {}),
    "DefaultsEntry.lead_floor": (("defaults", "lead_floor"), "10m", {}),
    "DefaultsEntry.lead_cap": (("defaults", "lead_cap"), "2h", {}),
    "DefaultsEntry.slack": (("defaults", "slack"), "5m", {}),
    "DefaultsEntry.max_unit_hours_by_request": (("defaults", "max_unit_hours_by_request"), 12, {}),
    "DefaultsEntry.min_units": (("defaults", "min_units"), 2, {}),
    "DefaultsEntry.region": (("defaults", "region"), "eu-west-1", {}),
    "DefaultsEntry.role": (("defaults", "role"), ROLE, {}),
    "DefaultsEntry.tags": (("defaults", "tags"), {"CostCenter": "4711"}, {}),
    **{
        f"{kind}.{field}": ((*where, field), value, {})
        for kind, where in KINDS.items()
        for field, value in {
            "max_unit_hours_by_request": 12,
            "lead": "45m",
            "late_target": 0.02,
            "default_lead": "40m",
            "lead_floor": "10m",
            "lead_cap": "2h",
            "schedules": ["s", "t"],
            "slack": "5m",
            "mode": "observe",
            "unscheduled": "stop",
            "gate": GATE,
            "region": "eu-west-1",
            "role": ROLE,
            "drain": {"queue": QUEUE},
        }.items()
        if not (kind == "FunctionModel" and field in ("region", "role"))
    },
    **{
        f"{kind}.{field}": ((*where, field), value, {})
        for kind, where in (("RekognitionModel", FIRST), ("LookoutModel", OF_LOOKOUT))
        for field, value in {"min_units": 2, "max_units": 3, "resize": "restart"}.items()
    },
    **{
        f"{kind}.late_cost_per_minute": ((*where, "late_cost_per_minute"), 2, {("tariffs",): TARIFFS})
        for kind, where in KINDS.items()
    },
    **{
        f"{kind}.max_units_by_request": ((*KINDS[kind], "max_units_by_request"), 2, {})
        for kind in ("RekognitionModel", "LookoutModel", "ComponentModel", "FunctionModel")
    },
    "ComponentModel.backend": (
        OF_COMPONENT,
        {"backend": "rekognition", "project": "c", "version": "v1", "schedules": ["t"]},
        {},
    ),
    "ComponentModel.component": ((*OF_COMPONENT, "component"), "other", {}),
    "ComponentModel.copies": ((*OF_COMPONENT, "copies"), 2, {}),
    "FunctionModel.backend": (
        OF_FUNCTION,
        {"backend": "rekognition", "project": "c", "version": "v1", "schedules": ["t"]},
        {},
    ),
    "FunctionModel.function": ((*OF_FUNCTION, "function"), f"{FUNCTION}-2", {}),
    "FunctionModel.parameters": ((*OF_FUNCTION, "parameters"), {"size": "large"}, {}),
    "FunctionModel.idempotent_by": ((*OF_FUNCTION, "idempotent_by"), "token", {}),
    "FunctionModel.units": ((*OF_FUNCTION, "units"), 2, {}),
    "SageMakerModel.configs": (
        (*SECOND, "configs"),
        ["c1", "c2"],
        {(*SECOND, "config"): GONE, (*SECOND, "configs"): ["c1"]},
    ),
    "DefaultsEntry.max_units_by_request": (("defaults", "max_units_by_request"), 3, {}),
    "RekognitionModel.project": ((*FIRST, "project"), "other", {}),
    "RekognitionModel.version": ((*FIRST, "version"), "v2", {}),
    "RekognitionModel.backend": ((*FIRST, "backend"), "lookoutvision", {(*FIRST, "version"): "2"}),
    "LookoutModel.project": ((*OF_LOOKOUT, "project"), "other", {}),
    "LookoutModel.version": ((*OF_LOOKOUT, "version"), 2, {}),
    "LookoutModel.backend": (
        OF_LOOKOUT,
        {"backend": "rekognition", "project": "l", "version": "1", "schedules": ["t"]},
        {},
    ),
    "SageMakerModel.endpoint": ((*SECOND, "endpoint"), "other", {}),
    "SageMakerModel.config": ((*SECOND, "config"), "c2", {}),
    "SageMakerModel.backend": (
        SECOND,
        {"backend": "rekognition", "project": "e", "version": "c1", "schedules": ["t"]},
        {},
    ),
    "SageMakerModel.tags": ((*SECOND, "tags"), {"CostCenter": "4711"}, {}),
    "DrainEntry.queue": ((*FIRST, "drain", "queue"), f"{QUEUE}-2", {(*FIRST, "drain"): {"queue": QUEUE}}),
    "DrainEntry.limit": ((*FIRST, "drain", "limit"), "10m", {(*FIRST, "drain"): {"queue": QUEUE}}),
    "PlantFile.defaults": (("defaults",), {"slack": "4m"}, {}),
    "PlantFile.calendars": (("calendars", "c"), {"dates": ["2027-05-14"]}, {}),
    "PlantFile.schedules": (("schedules", "s"), {"zone": "UTC", "windows": [IN_JANUARY]}, {}),
    "PlantFile.models": (("models", "o"), GONE, {}),
}
# These say nothing about when or how a model runs, or need a file next to the plant file; tests of their own cover
# them.
ELSEWHERE = {
    "PlantFile.version": "the form of the file",
    "PlantFile.tariffs": "prices, for plan and report: tests/tools/preheat_plantfile/test_calendars.py",
    "PlantFile.quotas": "what plan warns of: tests/tools/preheat_plantfile/test_calendars.py",
    "TariffEntry.unit_hour": "prices",
    "TariffEntry.instance_hour": "prices: tests/tools/preheat_plantfile/compiling/test_terms.py",
    "SageMakerModel.instances": "prices: tests/tools/preheat_plantfile/compiling/test_terms.py",
    "TariffEntry.currency": "prices",
    "QuotaEntry.models_at_once": "warnings",
    **{f"{kind}.max_unit_hours_a_day": "what apply refuses" for kind in (*KINDS, "DefaultsEntry")},
    "CeilingsEntry.unit_hours_a_day": "what apply refuses",
    "CeilingsEntry.amount_a_month": "what apply refuses",
    "CeilingsEntry.currency": "what apply refuses",
    "PlantFile.ceilings": "the lines of CeilingsEntry",
    "QuotaEntry.starts_per_second": "turns in a crowd",
    "ShutdownEntry.reason": "for people",
    **{f"{kind}.priority": "the turn in a crowd: tests/tools/preheat_plantfile/compiling" for kind in KINDS},
    "PlantFile.senders": "an item of its own, not of a model: the senders' tests hold it",
    "QuotaEntry.units_per_model": "what a request may ask for",
    "RekognitionModel.arn": "stands for project and version",
    **{
        f"{kind}.{field}": "a payload beside the file: tests/tools/preheat_plantfile/test_plant_file.py"
        for kind, field in (
            *(("ImageEntry", "payload"), ("ImageEntry", "content_type")),
            *(("ReadinessEntry", "payload"), ("ReadinessEntry", "content_type")),
            *((kind, "readiness") for kind in KINDS if kind != "FunctionModel"),
        )
    },
}
# Bases of the entries above, which no file names by themselves.
ABSTRACT = {
    "_Spending",
    "Strict",
    "_Leads",
    "_Place",
    "_Scaled",
    "ModelEntry",
    "LookoutTarget",
    "RekognitionTarget",
    "SageMakerTarget",
    "ComponentTarget",
    "FunctionTarget",
    "SageMakerConfigs",
    "_ByRequest",
    "_Proved",
    "SenderEntry",
}


def every_field() -> set[str]:
    found = set()
    for module in (calendars, drain, models, readiness, windows):
        for kind in vars(module).values():
            ours = isinstance(kind, type) and issubclass(kind, BaseModel) and kind.__module__.startswith("preheat_")
            if ours and kind.__name__ not in ABSTRACT:
                found |= {f"{kind.__name__}.{name.removesuffix('_')}" for name in kind.model_fields}
    return found


def put(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    *above, last = path
    here: Any = document
    for step in above:
        here = here.setdefault(step, {}) if isinstance(here, dict) else here[step]
    if value is GONE:
        here.pop(last, None)
    else:
        here[last] = copy.deepcopy(value)


def compile_document(document: dict[str, Any]) -> tuple[HostedModel, ...]:
    plant = parse_plant(json.dumps(document).encode(), "plant.yaml")
    return compile_models(plant, now=NOW, previous={}, span=SPAN)


def test_every_field_of_the_schema_has_a_line_here() -> None:
    assert FIELDS.keys() | ELSEWHERE.keys() == every_field()
    assert not FIELDS.keys() & ELSEWHERE.keys()


@pytest.mark.parametrize("field", FIELDS)
def test_a_file_that_differs_in_one_field_makes_another_plan(field: str) -> None:
    path, value, both = FIELDS[field]
    before = copy.deepcopy(BASE)
    for where, what in both.items():
        put(before, where, what)
    after = copy.deepcopy(before)
    put(after, path, value)
    one, other = compile_document(before), compile_document(after)
    assert one != other
    for model in (*one, *other):
        assert decode(HostedModel, encode(model), strict=True) == model


@pytest.mark.parametrize(
    ("entry", "country", "options"),
    [
        ({"country": "DE", "subdivision": "BY"}, "DE", {"subdiv": "BY"}),
        ({"country": "DE", "subdivision": "HE"}, "DE", {"subdiv": "HE"}),
        ({"country": "DE"}, "DE", {}),
        ({"country": "MX"}, "MX", {}),
        ({"country": "US", "subdivision": "CA"}, "US", {"subdiv": "CA"}),
        (
            {"country": "DE", "subdivision": "BY", "categories": ["public", "catholic"]},
            "DE",
            {"subdiv": "BY", "categories": ("public", "catholic")},
        ),
        ({"country": "US", "categories": ["government"]}, "US", {"categories": ("government",)}),
    ],
    ids=str,
)
def test_closed_days_are_those_of_the_holiday_library(
    entry: dict[str, Any], country: str, options: dict[str, Any]
) -> None:
    document = copy.deepcopy(BASE)
    put(document, HOLIDAYS, entry)
    (schedule,) = compile_document(document)[0].schedules
    wanted = set(holidays.country_holidays(country, years=(2026, 2027, 2028), **options))
    span = {day for day in wanted if date(2026, 11, 24) <= day < date(2028, 11, 1)}
    assert span
    assert {day for day in schedule.closed if date(2026, 11, 24) <= day < date(2028, 11, 1)} == span
