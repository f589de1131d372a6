"""The content lines of an iCalendar file: unfolded, decoded, and sorted by the component that holds them.

Owns the form of the file as RFC 5545 (3.1) has it, and which damaged parts do no harm. Values stay text:
`ics_values` reads them. Linear in the size of the file, whatever it nests.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

# The properties that decide when something happens, and what people call it. It ignores every other line.
TIMED: Final = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_OF_EVENTS: Final = frozenset(
    {*TIMED, "EXRULE", "STATUS", "SUMMARY", "CATEGORIES", "UID", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED"}
)
_OF_ZONES: Final = frozenset({"TZID", "X-LIC-LOCATION", "DTSTART", "RRULE", "RDATE", "TZOFFSETTO", "TZOFFSETFROM"})
_OF_CALENDARS: Final = frozenset({"X-WR-TIMEZONE"})
_NEEDED: Final = {"VEVENT": _OF_EVENTS, "VTIMEZONE": _OF_ZONES, "VCALENDAR": _OF_CALENDARS}
_OBSERVANCES: Final = ("STANDARD", "DAYLIGHT")
_NO_EVENTS: Final = ("VTODO", "VJOURNAL", "VFREEBUSY")
_WHOLE: Final = ("VCALENDAR", "VEVENT")  # a file in which one of these has no end is incomplete
_NAME: Final = re.compile(r"[A-Za-z0-9-]+")
_PARAM: Final = re.compile(r';([A-Za-z0-9-]+)=((?:"[^"]*"|[^";])*)')

_ISO: Final = re.compile(r":\d{4}-?\d{2}-?\d{2}[\dT:.,/Z+ -]*$", re.ASCII | re.IGNORECASE)


class NoCalendarError(Exception):
    """The file is no iCalendar file; the message says why, and on which line."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property: its name in capitals, its parameters, its value as text, and the line on which it begins."""

    name: str
    params: Mapping[str, str]
    value: str
    line: int


@dataclass(slots=True)
class Component:
    """The needed properties of an event, a zone or a calendar, and of a zone its observances."""

    name: str
    line: int
    properties: dict[str, list[Property]] = field(default_factory=dict)
    observances: list["Component"] = field(default_factory=list)
    damaged: list[tuple[int, str]] = field(default_factory=list)  # needed properties that have no value

    def first(self, name: str) -> Property | None:
        """Return the first property of a name."""
        found = self.properties.get(name)
        return found[0] if found else None

    def text(self, name: str) -> str:
        """Return the text of the first property of a name, without escapes; empty if there is none."""
        found = self.first(name)
        return re.sub(r"\\(.)", lambda escape: " " if escape[1] in "nN" else escape[1], found.value) if found else ""


@dataclass(slots=True)
class Content:
    """The contents of a file: its events, its zones, its own properties, and how many components are no events."""

    events: list[Component] = field(default_factory=list)
    zones: list[Component] = field(default_factory=list)
    calendar: Component = field(default_factory=lambda: Component("VCALENDAR", 1))
    others: Counter[str] = field(default_factory=Counter)


def read_content(data: bytes) -> Content:
    """Return the content of an iCalendar file.

    Raises:
        NoCalendarError: it has no calendar, or it is cut off within a calendar or an event.
    """
    reader = _LineReader()
    for line, text in _unfold(data):
        reader.take(line, text)
    return reader.end()


def _unfold(data: bytes) -> Iterator[tuple[int, str]]:
    """Yield each content line with its number. It joins lines before it decodes them: a fold may split a letter."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", errors="replace").encode()
    data = data.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    begun, parts = 0, list[bytes]()
    for number, raw in enumerate(data.split(b"\n"), 1):
        if raw[:1] in (b" ", b"\t") and parts:
            parts.append(raw[1:])
            continue
        if not raw.strip():  # line ends that a program doubled
            continue
        if parts:
            yield begun, _decode(b"".join(parts))
        begun, parts = number, [raw.lstrip()]
    if parts:
        yield begun, _decode(b"".join(parts))


def _decode(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:  # only a title is ever beyond ASCII; its name does not decide its time
        return raw.decode("cp1252", errors="replace")


class _LineReader:
    """Keeps which components are open; a needed property goes to the innermost one."""

    def __init__(self) -> None:
        self._content = Content()
        self._open: list[tuple[str, Component | None]] = []
        self._names: Counter[str] = Counter()
        self._begun = False

    def take(self, line: int, text: str) -> None:
        found = _NAME.match(text)
        if found is None:
            return
        name = found[0].upper()
        if name in ("BEGIN", "END") and text[found.end() : found.end() + 1] == ":":
            part = text[found.end() + 1 :].strip().upper()
            (self._begin if name == "BEGIN" else self._end)(line, part)
            return
        inner = self._open[-1][1] if self._open else None
        if inner is None or name not in _NEEDED.get(inner.name, _OF_ZONES):
            return
        prop = _property(line, name, text[found.end() :])
        if prop is None:
            inner.damaged.append((line, name))
        else:
            inner.properties.setdefault(name, []).append(prop)

    def end(self) -> Content:
        if not self._begun:
            raise NoCalendarError("it has no BEGIN:VCALENDAR")
        for name, component in reversed(self._open):
            if name in _WHOLE:
                line = component.line if component is not None else 1
                raise NoCalendarError(f"line {line}: {name} has no END:{name}; the file is incomplete or corrupt")
        return self._content

    def _begin(self, line: int, part: str) -> None:
        component = None
        outer = self._open[-1][0] if self._open else ""
        if part in _WHOLE and self._names[part] and part == "VEVENT":
            raise NoCalendarError(f"line {line}: VEVENT begins within a VEVENT; the file is corrupt")
        if part == "VCALENDAR":
            self._begun = True
            component = Component(part, line, self._content.calendar.properties)
        elif part == "VEVENT":
            component = Component(part, line)
            self._content.events.append(component)
        elif part == "VTIMEZONE":
            component = Component(part, line)
            self._content.zones.append(component)
        elif part in _OBSERVANCES and outer == "VTIMEZONE" and (zone := self._open[-1][1]) is not None:
            component = Component(part, line)
            zone.observances.append(component)
        elif part in _NO_EVENTS:
            self._content.others[part] += 1
        self._open.append((part, component))
        self._names[part] += 1

    def _end(self, line: int, part: str) -> None:
        if not self._names[part]:
            if part in _WHOLE:
                raise NoCalendarError(f"line {line}: END:{part} without BEGIN:{part}; the file is corrupt")
            return
        while True:
            name, component = self._open.pop()
            self._names[name] -= 1
            if name == part:
                return
            if name == "VEVENT" and component is not None:
                message = f"line {component.line}: VEVENT has no END:VEVENT; the file is incomplete or corrupt"
                raise NoCalendarError(message)


def _property(line: int, name: str, rest: str) -> Property | None:
    """Return a property, or None if it has no value.

    A value of time holds no colon, but a careless zone's name may. A time of ISO 8601 has some; it stays whole.
    """
    if name in TIMED and not rest.startswith(":"):
        foreign = _ISO.search(rest)
        end = foreign.start() if foreign is not None else rest.rfind(":")
        end = end if end >= 0 else len(rest)
    else:
        end = _end_of_params(rest)
    params, colon, value = rest[:end], rest[end : end + 1], rest[end + 1 :]
    if not colon or (params and not params.startswith(";")):
        return None
    read = {found[1].upper(): found[2].strip().strip('"') for found in _PARAM.finditer(params)}
    return Property(name, read, value.strip(), line)


def _end_of_params(rest: str) -> int:
    quoted = False
    for at, character in enumerate(rest):
        if character == '"':
            quoted = not quoted
        elif character == ":" and not quoted:
            return at
    return len(rest)
