"""Writes a first plant file from five answers. Pure: text in, text out."""

import re
from dataclasses import dataclass
from typing import Final

from preheat.domain.plan.plan import RULES, Backend

SHIFT_ACCEPTED: Final = "days and times such as mon-fri 06:00-14:00"
_SHIFT: Final = re.compile(r"(?P<days>[a-z, -]+?) +(?P<start>\d{1,2}:\d\d) *- *(?P<end>\d{1,2}:\d\d)")


@dataclass(frozen=True, slots=True)
class FirstAnswers:
    """The five answers: the service, the two names that it knows the model by, the time zone, and the shift."""

    service: Backend
    first_name: str
    second_name: str
    zone: str
    shift: str


def read_shift(text: str) -> str:
    """Return a shift as a window of the plant file; raises ValueError if it is not days and times.

    >>> read_shift("mon-fri 06:00-14:00")
    '{days: mon-fri, start: "06:00", end: "14:00"}'
    """
    found = _SHIFT.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(SHIFT_ACCEPTED)
    days = ", ".join(filter(None, re.split(r"[, ]+", found["days"])))
    days = f"[{days}]" if "," in days else days
    start, end = (f'"{found[name].zfill(5)}"' for name in ("start", "end"))
    return f"{{days: {days}, start: {start}, end: {end}}}"


def write_plant(answers: FirstAnswers) -> str:
    """Return the text of the plant file; raises ValueError if the shift is not days and times."""
    first, second = (rule.field for rule in RULES[answers.service])
    name = re.sub(r"[^a-z0-9]+", "-", answers.first_name.lower()).strip("-")[:63].rstrip("-") or "model"
    lines = [
        "# Preview it with `preheat plan FILE`, apply it with `preheat apply FILE`.",
        "# `preheat schema plant` prints the JSON Schema of this file for your editor.",
        "version: 1",
        "",
        "# Public holidays: remove the # from the next two lines and from `closed`, and name your country.",
        "# calendars:",
        "#   holidays: {holidays: [{country: DE, subdivision: BY}]}",
        "",
        "schedules:",
        "  shift:",
        f"    zone: {answers.zone}",
        "    windows:",
        f"      - {read_shift(answers.shift)}",
        "    # closed: [holidays]",
        "",
        "models:",
        f"  {name}:",
        f"    backend: {answers.service}",
        f'    {first}: "{answers.first_name}"',
        f'    {second}: "{answers.second_name}"',
        "    schedules: [shift]",
    ]
    return "\n".join(lines) + "\n"
