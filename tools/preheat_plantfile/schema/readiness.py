"""The payload of a readiness check. The reader of the plant file reads it, and reports a problem like any other.

Owns where the file may lie, how large it may be and what it must hold. Knows no other field of the plant file.

The contents of a named file go into the plans table, and the plant file may come from a stranger's pull request. So the
payload is in the folder of the plant file. No name in its path starts with a dot: `.git/config` holds a CI's token.
"""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationInfo, WithJsonSchema, model_validator

from preheat.domain.plan.hosted_model import CONTENT_TYPE, PAYLOAD_MAX, Readiness

TYPES: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".json": "application/json",
    ".csv": "text/csv",
}
IMAGES: Final = ("image/jpeg", "image/png")
_BEGINNINGS: Final = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
_NO_FOLDERS: Final = (Path("/proc"), Path("/sys"))  # a plant file from `<(...)` lies in /proc
_A_FILE: Final = f"the path of a file of 1 to {PAYLOAD_MAX:,} bytes, in the folder of the plant file or below"


@dataclass(frozen=True, slots=True)
class Payload:
    """The contents of a file at the reading of the plant file."""

    name: str
    content: bytes = field(repr=False)


def _payload(value: Any, info: ValidationInfo) -> Payload:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError(_A_FILE)
    folder = Path((info.context or {}).get("folder", "."))
    path = folder / value
    _check_place(path, folder.resolve())
    try:
        content = _read(path.resolve())
    except OSError as error:
        raise ValueError(f"{_A_FILE}; {path} cannot be read ({error.strerror or type(error).__name__})") from error
    if content is None:
        raise ValueError(f"{_A_FILE}; there is no file {path}")
    if not content:
        raise ValueError(f"{_A_FILE}; {path} is empty")
    if len(content) > PAYLOAD_MAX:
        raise ValueError(f"{_A_FILE}; {path} is larger: it is stored in the plan, so save it smaller")
    return Payload(path.name, content)


def _check_place(path: Path, folder: Path) -> None:
    """Raise ValueError unless `path`, links followed, lies in `folder` or below, outside hidden folders."""
    resolved = path.resolve()
    if not resolved.is_relative_to(folder) or any(resolved.is_relative_to(each) for each in _NO_FOLDERS):
        raise ValueError(f"{_A_FILE}; {path} lies outside the plant file's folder: copy the file there, without links")
    if any(part.startswith(".") for part in resolved.relative_to(folder).parts):
        raise ValueError(
            f"{_A_FILE}; {path} has a hidden name and may hold secrets: copy the file to a name without a dot"
        )


def _read(path: Path) -> bytes | None:
    """Return at most PAYLOAD_MAX + 1 bytes of a regular file, or None if there is none. Never blocks on a pipe."""
    if not path.is_file():
        return None
    # Check again on the open file, because somebody can replace a name in between.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW), "rb") as file:
        return file.read(PAYLOAD_MAX + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None


def _content_type(value: Any) -> str:
    if not isinstance(value, str) or not CONTENT_TYPE.fullmatch(value):
        raise ValueError("a content type such as image/jpeg")
    return value


def not_null(value: Any) -> Any:
    """Refuse `null` written out: what asks for no inference says nothing."""
    if value is None:
        raise ValueError("a mapping with payload, content_type")
    return value


class ReadinessEntry(BaseModel):
    """One inference that must succeed before the model counts as ready."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True)

    payload: Annotated[Payload, PlainValidator(_payload), WithJsonSchema({"type": "string", "minLength": 1})] = Field(
        description="Path of the file to send, in the plant file's folder or below; the plan stores its content."
    )
    content_type: Annotated[
        str | None,
        PlainValidator(_content_type),
        WithJsonSchema({"type": "string", "pattern": f"^(?:{CONTENT_TYPE.pattern})$"}),
    ] = Field(default_factory=lambda: None, description="Content type of the payload, if its suffix does not show it.")

    @model_validator(mode="after")
    def _tells_its_type(self) -> "ReadinessEntry":
        if self._type() is None:
            known = ", ".join(TYPES)
            raise ValueError(f"a content_type beside {self.payload.name!r}, because only {known} show theirs")
        return self

    @model_validator(mode="after")
    def _is_what_it_says(self) -> "ReadinessEntry":
        beginning = _BEGINNINGS.get(self._type() or "", b"")
        if not self.payload.content.startswith(beginning):
            raise ValueError(f"a payload that is {self._type()}; the content of {self.payload.name!r} is not")
        return self

    def _type(self) -> str | None:
        return self.content_type or TYPES.get(Path(self.payload.name).suffix.lower())

    def readiness(self) -> Readiness:
        """Return what the plan stores."""
        return Readiness(self.payload.content, self._type() or "")


class ImageEntry(ReadinessEntry):
    """One inference that must succeed before the model counts as ready: on an image, as the service takes one."""

    @model_validator(mode="after")
    def _is_an_image(self) -> "ImageEntry":
        if self._type() not in (*IMAGES, None):
            raise ValueError(f"a payload of type {' or '.join(IMAGES)}, the only ones that the service reads")
        return self
