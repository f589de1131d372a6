"""The plant file's schedules as typed models: shift windows, rotations and exceptions.

Owns the fields. `leaves` and `dates` own their values, `checks` owns the rules between fields.
"""

from datetime import date
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from preheat_plantfile.schema.dates import (
    DATE,
    DATES,
    DAYS,
    LATER,
    MONTH_DAYS,
    MONTHS,
    RULE,
    CycleDays,
    CycleLength,
    Date,
    Dates,
    DayChoice,
    MonthDayChoice,
    RuleChoice,
)
from preheat_plantfile.schema.leaves import END_DAY, ON_CLOSED, End, Name, OnClosed, Start, Zone

WINDOWS_LISTED_MAX: Final = 400


class Strict(BaseModel):
    """A mapping of the file: it converts nothing, and refuses an unknown field."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


# A missing field means None; written out, `null` is an error like any other wrong value.
def absent(description: str, **more: Any) -> Any:
    """Return an optional field."""
    return Field(default_factory=lambda: None, description=description, **more)


class HoursEntry(Strict):
    """A local start and a local end."""

    start: Start = Field(description='Local time, in quotes: "06:00".')
    end: End = Field(description="Local time; one that is not after the start is on the next day. 24:00 is midnight.")
    end_day: Annotated[int | None, *END_DAY] = absent(
        "How many days after its start's date the window ends; absent, 0, or 1 if the end is not after the start."
    )


_FORMS: dict[str, Any] = {
    "anyOf": [{"required": [name]} for name in ("days", "month_days", "months", "dates", "rrule")],
    "dependentRequired": {"rrule": ["anchor"], "anchor": ["rrule"]},
}


class WindowEntry(HoursEntry):
    """A shift window: on which local dates it starts, and from when to when; days, month days and months all hold."""

    model_config = ConfigDict(json_schema_extra=_FORMS)

    days: Annotated[DayChoice | None, *DAYS] = absent(
        "Weekdays on which it starts: daily, mon, mon-fri, fri-mon, mon#2, fri#last, or a list of these."
    )
    month_days: Annotated[MonthDayChoice | None, *MONTH_DAYS] = absent(
        "Days of the month on which it starts: 1, 1-7, last, 15w (the weekday nearest to the 15th), lastw, or a list."
    )
    months: Annotated[frozenset[int] | None, *MONTHS] = absent(
        "Months in which it starts: jan, jun-aug, nov-feb, or a list of these."
    )
    dates: Annotated[frozenset[date] | None, *DATES] = absent("Single dates on which it starts.")
    rrule: Annotated[RuleChoice | None, *RULE] = absent(
        "Recurrence rule of RFC 5545 by days: FREQ=WEEKLY;INTERVAL=2;BYDAY=MO. It needs an anchor."
    )
    anchor: Annotated[date | None, *DATE] = absent("Date from which the rule counts (its DTSTART).")
    from_: Annotated[date | None, *DATE] = absent("First date on which it may start.", alias="from")
    until: Annotated[date | None, *DATE] = absent("Last date on which it may start.")
    on_closed: Annotated[OnClosed | None, *ON_CLOSED] = absent(
        "On a closed day: cut (removes only the closed dates) or skip (it does not start). "
        "Absent: cut if it is longer than a day, else skip."
    )


class CrewEntry(Strict):
    """One crew of a rotation: which shift it works on which days of the cycle."""

    shifts: dict[Name, CycleDays] = Field(
        min_length=1,
        description="For each shift, the days of the cycle, counted from 1: {early: 1-2, late: [3, 5-7]}.",
        json_schema_extra={"additionalProperties": False},
    )
    later: Annotated[int | None, *LATER] = absent("By how many days its cycle begins after the anchor; 0.")


class RotationEntry(Strict):
    """Shifts that come round by a cycle of days."""

    anchor: Date = Field(description="The date that is day 1 of the cycle; the cycle goes on before it and after it.")
    cycle: CycleLength = Field(description="Length of the cycle in days.")
    shifts: dict[Name, HoursEntry] = Field(
        min_length=1, description="Shifts by name.", json_schema_extra={"additionalProperties": False}
    )
    crews: dict[Name, CrewEntry] = Field(
        min_length=1,
        description="Crews by name; the model is needed while any of them works.",
        json_schema_extra={"additionalProperties": False},
    )
    from_: Annotated[date | None, *DATE] = absent("First date on which a shift may start.", alias="from")
    until: Annotated[date | None, *DATE] = absent("Last date on which a shift may start.")


class ReplacedEntry(Strict):
    """Days that are wholly other than the schedule has them."""

    dates: Dates = Field(description="The local dates; only the windows of this entry start on them.")
    windows: list[HoursEntry] = Field(description="Windows that start on them instead; [] is none.")


class ScheduleEntry(Strict):
    """Shift windows in one time zone, and the exceptions from them."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": [name]} for name in ("windows", "rotations", "added")]}
    )

    zone: Zone = Field(description="IANA time zone of every time in it.")
    windows: Annotated[list[WindowEntry], Field(min_length=1, max_length=WINDOWS_LISTED_MAX)] = Field(
        default_factory=list, description="Shift windows; together they are the shift."
    )
    rotations: Annotated[list[RotationEntry], Field(min_length=1, max_length=20)] = Field(
        default_factory=list, description="Shifts that come round by a cycle of days."
    )
    closed: Annotated[list[Name], Field(min_length=1)] = Field(
        default_factory=list, description="Names of the calendars on whose days nothing of the above starts."
    )
    added: Annotated[list[WindowEntry], Field(min_length=1, max_length=WINDOWS_LISTED_MAX)] = Field(
        default_factory=list, description="Windows that start on closed days too, such as overtime."
    )
    replaced: Annotated[list[ReplacedEntry], Field(min_length=1, max_length=WINDOWS_LISTED_MAX)] = Field(
        default_factory=list, description="Days that are wholly other; they go before everything else."
    )
    from_: Annotated[date | None, *DATE] = absent("First date on which anything of it starts.", alias="from")
    until: Annotated[date | None, *DATE] = absent("Last date on which anything of it starts.")
