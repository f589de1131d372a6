"""A request message: strict JSON read into a value, or every problem with it at once. Bounded work on any input.

Quotes a finding as a short excerpt in ASCII, so that nothing foreign reaches a log or a reply unescaped. Knows
neither who has sent it nor what is stored.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from preheat.app.ports.errors import UnreadableItem
from preheat.app.requests.fields import FIELDS, FORMS, VERSION
from preheat.domain.calendar.windows import Window
from preheat.domain.demand.request import DEFAULT_PRIORITY, RequestId, Subject, Verb
from preheat.domain.plan.plan import ModelId

BODY_BYTES_MAX: Final = 8192
DEPTH_MAX: Final = 4
DIGITS_MAX: Final = 20
EXCERPT_MAX: Final = 64  # the longest quote of a foreign text, in characters
PROBLEMS_MAX: Final = 20  # in one reply; a body of 8 KB can hold hundreds of unknown fields


@dataclass(frozen=True, slots=True)
class Request:
    """A request as asked. `begin` None: now. A verb with an end has one of `until`, `duration` and `ready_for`.

    `ready_for` counts from when the model can be ready. `windows` and `edition`: of a set, whose name is in `of`.
    """

    request_id: RequestId
    verb: Verb
    subject: Subject
    of: RequestId | None = None
    begin: datetime | None = None
    until: datetime | None = None
    duration: timedelta | None = None
    ready_for: timedelta | None = None
    priority: int = DEFAULT_PRIORITY
    units: int | None = None
    hard: bool = False
    reason: str = ""
    reply_to: str | None = None
    windows: tuple[Window, ...] = ()
    edition: int = 0


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed message: its request, or else its problems. `known`: the fields that were readable."""

    request: Request | None
    problems: tuple[str, ...] = ()
    supported: bool = True  # False: it has another version, and this adds nothing more
    known: Mapping[str, Any] = field(default_factory=dict)

    @property
    def request_id(self) -> RequestId | None:
        """Its own id, if it has a readable one."""
        return self.known.get("request_id")

    @property
    def subject(self) -> Subject | None:
        """The subject, if the message names exactly one."""
        model, schedule = self.known.get("model"), self.known.get("schedule")
        return None if (model is None) == (schedule is None) else Subject(model and ModelId(model), schedule)


def load(body: object) -> dict[str, Any]:
    """Return the JSON object that a body is.

    Raises:
        UnreadableItem: it is too large or nested too deeply, is no JSON object, or names a field twice.
    """
    if not isinstance(body, str):
        raise UnreadableItem(f"request: {type(body).__name__} is not text")
    size = len(body.encode(errors="surrogatepass"))
    if size > BODY_BYTES_MAX:
        raise UnreadableItem(f"request: {size} bytes; at most {BODY_BYTES_MAX} are accepted")
    try:
        data = json.loads(
            body, object_pairs_hook=_build_object, parse_constant=_reject_constant, parse_int=_read_integer
        )
    except (ValueError, RecursionError) as error:
        raise UnreadableItem(f"request: not JSON: {cut_excerpt(str(error))}") from error
    if not isinstance(data, dict):
        raise UnreadableItem(f"request: {cut_excerpt(data)} is not a JSON object")
    if _measure_depth(data) > DEPTH_MAX:
        raise UnreadableItem(f"request: nested more than {DEPTH_MAX} deep")
    return data


def parse(data: Mapping[str, Any]) -> Parsed:
    """Return the request that an object holds, or every problem with it: what it has, and what the desk accepts."""
    known: dict[str, Any] = {}
    problems = []
    for name, value in data.items():
        if name in FIELDS:
            try:
                known[name] = FIELDS[name].read(value)
            except ValueError:
                problems.append(f"{name} {cut_excerpt(value)}; accepted: {FIELDS[name].accepted}")
    if "version" in data and "version" not in known:
        return Parsed(
            None, (f"version {cut_excerpt(data['version'])}; accepted: {VERSION}",), supported=False, known=known
        )
    form = FORMS.get(known["verb"]) if "verb" in known else None
    if form is None:
        missing = [name for name in ("version", "request_id", "verb") if name not in data]
        problems += [_describe_absent(name) for name in missing]
        problems += [_describe_unknown(name) for name in data if name not in FIELDS]
    else:
        problems += [_describe_absent(name) for name in form.required if name not in data]
        for names in form.one_of:
            given = [name for name in names if name in data]
            if len(given) != 1:
                accepted = f"{', '.join(names[:-1])} and {names[-1]}"
                problems.append(f"{' and '.join(given) or 'nothing'} given; accepted: one of {accepted}")
        named = set(form.names)
        problems += [_describe_unknown(name, known["verb"]) for name in data if name not in named]
    if "from" in known and "until" in known and known["until"] <= known["from"]:
        problems.append("until is not after from; accepted: an instant after it")
    problems += _find_overlaps(known.get("windows", ()))
    if problems:
        return Parsed(None, _limit_problems(problems), known=known)
    parsed = Parsed(None, known=known)
    return Parsed(_make_request(known, parsed.subject), known=known)


def _find_overlaps(windows: Sequence[Window]) -> Iterator[str]:
    """Yield each window that begins before the one before it has ended."""
    for number, (one, two) in enumerate(pairwise(windows), start=2):
        if two.start < one.end:
            yield f"windows {number - 1} and {number} overlap; accepted: windows in order of time, none overlapping"


def cut_excerpt(value: object) -> str:
    """Return foreign data as a short excerpt in printable ASCII."""
    text = ascii(value)
    return text if len(text) <= EXCERPT_MAX else text[: EXCERPT_MAX - 3] + "..."


def _make_request(known: Mapping[str, Any], subject: Subject | None) -> Request:
    if subject is None:
        raise ValueError("a request without a problem names a model or a schedule")
    who, why = known.get("requester", ""), known.get("reason", "")
    return Request(
        request_id=RequestId(known["request_id"]),
        verb=known["verb"],
        subject=subject,
        of=known.get("of", known.get("name")),
        begin=known.get("from"),
        until=known.get("until"),
        duration=known.get("duration"),
        ready_for=known.get("ready_for"),
        priority=known.get("priority", DEFAULT_PRIORITY),
        units=known.get("units"),
        hard=known.get("hard", False),
        reason=": ".join(filter(None, (who, why))),
        reply_to=known.get("reply_to"),
        windows=known.get("windows", ()),
        edition=known.get("edition", 0),
    )


def _describe_absent(name: str) -> str:
    return f"{name} is missing; accepted: {FIELDS[name].accepted}"


def _describe_unknown(name: str, verb: Verb | None = None) -> str:
    known = FORMS[verb].names if verb is not None else tuple(FIELDS)
    of = f" of {verb}" if verb is not None else ""
    return f"{cut_excerpt(name)} is not a field{of}; accepted: {', '.join(known)}"


def _limit_problems(problems: list[str]) -> tuple[str, ...]:
    more = len(problems) - PROBLEMS_MAX
    return tuple(problems[:PROBLEMS_MAX]) + ((f"and {more} more",) if more > 0 else ())


def _build_object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"field {cut_excerpt(name)} occurs twice")
        found[name] = value
    return found


def _reject_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _read_integer(text: str) -> int:
    if len(text) > DIGITS_MAX:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _measure_depth(data: Any) -> int:
    """Return the depth of arrays and objects; it counts no further than the first level that is too deep."""
    level, depth = [data], 0
    while level and depth <= DEPTH_MAX:
        level = [item for item in level if isinstance(item, dict | list)]
        depth += bool(level)
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
    return depth
