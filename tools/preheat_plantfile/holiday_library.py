"""The library of holidays: what it knows of a country, the same on every machine.

The only module that loads the library. The library follows the environment's language unless a call names one. So each
call names the country's own language, and English with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

_FRIDAY, _SATURDAY = 4, 5
_NAMES_KNOWN: Final = range(2020, 2035)  # years whose holidays show all names


@dataclass(frozen=True, slots=True)
class Country:
    """The holidays of a country, or of a part of it, in some years.

    Each date has its names in the country's own language and in English. `make_up_days` are the weekend days that
    people work, each with the weekday (Monday is 0) that it replaces.
    """

    named: frozenset[tuple[date, frozenset[str], frozenset[str]]]
    weekend: frozenset[int]
    make_up_days: frozenset[tuple[date, int]]

    def without(self, names: Iterable[str]) -> frozenset[date]:
        """Return the dates of which not every name is in `names`, in either language."""
        worked = frozenset(names)
        return frozenset(
            day for day, own, english in self.named if not own <= worked and not (english and english <= worked)
        )


@lru_cache(maxsize=1)
def countries() -> dict[str, list[str]]:
    """Return the subdivisions of every country whose holidays are known."""
    import holidays  # noqa: PLC0415 - only files that name holidays wait for it

    found: dict[str, list[str]] = holidays.list_supported_countries(include_aliases=False)
    return found


def categories_of(country: str) -> frozenset[str]:
    """Return the kinds of holidays that are known of a country."""
    import holidays  # noqa: PLC0415 - only files that name holidays wait for it

    return frozenset(holidays.country_holidays(country).supported_categories)


def names_of(country: str, subdivision: str | None, categories: Iterable[str]) -> tuple[list[str], frozenset[str]]:
    """Return the names of holidays in the country's own language, and every accepted name."""
    found = country_of(country, subdivision, categories, _NAMES_KNOWN)
    own = {name for _, names, _ in found.named for name in names}
    return sorted(own), frozenset(own | {name for _, _, names in found.named for name in names})


def knows_make_up_days(country: str) -> bool:
    """Return whether the make-up workdays of a country are known."""
    return bool(country_of(country, None, ("public",), _NAMES_KNOWN).make_up_days)


def country_of(country: str, subdivision: str | None, categories: Iterable[str], years: Iterable[int]) -> Country:
    """Return what is known of a country; of a category that it does not have, nothing."""
    return _country(country, subdivision, tuple(sorted(set(categories))), tuple(years))


@lru_cache(maxsize=256)
def _country(country: str, subdivision: str | None, categories: tuple[str, ...], years: tuple[int, ...]) -> Country:
    import holidays  # noqa: PLC0415 - only files that name holidays wait for it

    known = holidays.country_holidays(country)
    kinds = tuple(kind for kind in categories if kind in known.supported_categories)
    if not kinds:
        return Country(frozenset(), frozenset(known.weekend), frozenset())

    def holidays_in(language: str | None) -> Any:
        return holidays.country_holidays(
            country, subdiv=subdivision, years=years, expand=False, categories=kinds, language=language
        )

    found = holidays_in(known.default_language)
    english = [holidays_in(each) for each in known.supported_languages if each.startswith("en")]
    return Country(
        frozenset(
            (
                day,
                frozenset(found.get_list(day)),
                frozenset(name for each in english for name in each.get_list(day)),
            )
            for day in found
        ),
        frozenset(found.weekend),
        frozenset(
            (day, _stands_for(found, day)) for day in getattr(found, "weekend_workdays", ()) if day.year in years
        ),
    )


def _stands_for(found: Any, worked: date) -> int:
    """Return the weekday that a make-up day stands for: of the day off that names it, else of its nearest neighbour."""
    form = getattr(found, "substituted_date_format", None)
    text = worked.strftime(found.tr(form)) if form else None
    off = next((day for day, name in found.items() if text and text in name), None)
    if off is not None:
        return int(off.weekday())
    return _FRIDAY if worked.weekday() == _SATURDAY else 0
