"""The payload of a readiness check. The reader of the plant file reads it, and reports a problem like any other.

Owns where the file is looked for and how large it may be. Knows no other field of the plant file.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationInfo, WithJsonSchema, model_validator

from preheat.domain.plan.plan import CONTENT_TYPE, PAYLOAD_MAX, Readiness

TYPES: Final = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".json": "application/json",
    ".csv": "text/csv",
}
IMAGES: Final = ("image/jpeg", "image/png")
_A_FILE: Final = f"the path of a file of 1 to {PAYLOAD_MAX:,} bytes, seen from the plant file"


@dataclass(frozen=True, slots=True)
class Payload:
    """What a file held when the plant file was read."""

    name: str
    content: bytes = field(repr=False)


def _payload(value: Any, info: ValidationInfo) -> Payload:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError(_A_FILE)
    path = Path((info.context or {}).get("folder", ".")) / value
    try:
        if not path.is_file():  # reading a pipe or a device could block or never end
            raise ValueError(f"{_A_FILE}; there is no file {path}")
        with path.open("rb") as file:
            content = file.read(PAYLOAD_MAX + 1)
    except OSError as error:
        raise ValueError(f"{_A_FILE}; {path} cannot be read ({error.strerror or type(error).__name__})") from error
    if not content:
        raise ValueError(f"{_A_FILE}; {path} is empty")
    if len(content) > PAYLOAD_MAX:
        raise ValueError(f"{_A_FILE}; {path} is larger: it is stored in the plan, so save it smaller")
    return Payload(path.name, content)


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
        description="Path of the file that is sent, seen from the plant file; its content is stored in the plan."
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
