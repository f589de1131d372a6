"""The work message: what it looks like, and what is accepted as one. It only says *look at model X*.

A newer release may add fields to it, and this one ignores them: a look decides on stored facts, never on a message. So
no message can hold anything that a pass must know.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from preheat.app.ports.errors import UnreadableItem
from preheat.domain.plan.plan import MODEL_ID, ModelId

BODY_BYTES_MAX = 4096


def make_work(model_id: ModelId, due_at: datetime | None = None, *, repeated: bool = False) -> str:
    """Return the body of a work message. `due_at`: from when on the due index shows the model; None: it does already.

    `repeated`: it repeats a message whose pass failed.

    >>> make_work(ModelId("weld-seams"))
    '{"model_id": "weld-seams"}'
    """
    hints = {
        "due_at": due_at.isoformat() if due_at is not None else None,
        "repeated": repeated or None,
    }
    return json.dumps({"model_id": model_id} | {name: hint for name, hint in hints.items() if hint is not None})


def make_glances(model_ids: Sequence[ModelId]) -> str:
    """Return the body of a message that asks for glances at one or more models.

    An earlier release reads a work message for the first of them, whose pass finds that it is not due.

    >>> make_glances([ModelId("weld-seams"), ModelId("paint")])
    '{"model_id": "weld-seams", "glances": ["weld-seams", "paint"]}'
    """
    return json.dumps({"model_id": model_ids[0], "glances": list(model_ids)})


def is_repeated(body: str) -> bool:
    """Return whether a message that `parse_work` accepts repeats one whose pass failed. Any other form says no."""
    return json.loads(body).get("repeated") is True


def read_glances(body: str) -> tuple[ModelId, ...]:
    """Return the models about which a message that `parse_work` accepts asks for glances, each once.

    Empty: it asks for a pass, or has another form.
    """
    names = json.loads(body).get("glances")
    if not isinstance(names, list):
        return ()
    valid = all(isinstance(name, str) and MODEL_ID.fullmatch(name) for name in names)
    return tuple(dict.fromkeys(ModelId(name) for name in names)) if valid else ()


def read_due_at(body: str) -> datetime | None:
    """Return from when on the due index shows the model of a message that `parse_work` accepts; None: it does already.

    It is a hint for a pass that cannot even read its record. A hint of another form says nothing.
    """
    try:
        due_at = datetime.fromisoformat(json.loads(body)["due_at"])
    except (KeyError, TypeError, ValueError):
        return None
    return due_at if due_at.tzinfo is not None else None


def parse_work(body: object) -> ModelId:
    """Return the model that a message names. Bounded work on any input: at most 4 KB; it ignores other fields.

    Raises:
        UnreadableItem: it is no work message; the text says what is wrong with it.
    """
    if not isinstance(body, str):
        raise UnreadableItem(f"work message: {type(body).__name__} is not text")
    size = len(body.encode(errors="surrogatepass"))
    if size > BODY_BYTES_MAX:
        raise UnreadableItem(f"work message: {size} bytes; at most {BODY_BYTES_MAX} are accepted")
    try:
        pairs = _DECODER.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableItem(f"work message: not JSON: {error}") from error
    if not isinstance(pairs, _Pairs):
        raise UnreadableItem(f"work message: {_show(pairs)} is not a JSON object")
    names = [name for name, _ in pairs]
    if names.count("model_id") != 1:
        raise UnreadableItem(f"work message: fields {_show(names)}; model_id has to be there, once")
    model_id = dict(pairs)["model_id"]
    if not isinstance(model_id, str) or not MODEL_ID.fullmatch(model_id):
        raise UnreadableItem(
            f"work message: model_id {_show(model_id)} is not 1 to 63 of [a-z0-9-] starting with a letter or digit"
        )
    return ModelId(model_id)


class _Pairs(list[tuple[str, object]]):
    """A JSON object with its names as they came, so that a name that occurs twice shows."""


_DECODER = json.JSONDecoder(object_pairs_hook=_Pairs)


def _show(data: object) -> str:
    """Return foreign data as a short, printable excerpt."""
    text = ascii(data)
    return text if len(text) <= 80 else text[:77] + "..."
