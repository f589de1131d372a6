"""What a valid plant file says that its author may not intend: each a sentence, none of them an error.

Reads the typed plant. Knows neither where anything stands in the file nor how a warning is printed.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from preheat.domain.plan.plan import Backend
from preheat_plantfile.schema.models import PlantFile

NAMES_MAX: Final = 5  # in one warning


def warnings_of(plant: PlantFile) -> list[str]:
    """Return the warnings of a plant, in the order of the file's parts."""
    return [*_closed_service(plant)]


def _closed_service(plant: PlantFile) -> Iterator[str]:
    names = [name for name, entry in plant.models.items() if entry.backend is Backend.LOOKOUT_VISION]
    if names:
        yield f"lookoutvision was closed by AWS on 2025-10-31; only a simulator answers: {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_MAX} more" if len(names) > NAMES_MAX else ""
    return f"{', '.join(names[:NAMES_MAX])}{more}"
