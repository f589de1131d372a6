"""Owns pagination: pages that resume after a key, and the NextToken that carries it in the alphabet of the service."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable

from preheat_simulator.core.errors import make_invalid
from preheat_simulator.core.views import ListPage

DEFAULT_PAGE = 100
_MARK = "after "


def cut_page[Row](rows: Iterable[Row], key: Callable[[Row], str], token: str | None, size: int | None) -> ListPage[Row]:
    """Return the page that follows `token`, of at most `size` rows (1 to 100, 100 if None).

    `key` sorts the rows. A page resumes after the last key shown, so a row added or deleted in between shifts nothing.
    Raises ServiceError ValidationException for a token that no page gave out.
    """
    last = "" if token is None else _read(token)
    left = sorted((row for row in rows if key(row) > last), key=key)
    size = size or DEFAULT_PAGE
    shown = tuple(left[:size])
    more = len(left) > size
    return ListPage(shown, b64encode((_MARK + key(shown[-1])).encode()).decode() if more else None)


def _read(token: str) -> str:
    try:
        mark = b64decode(token, validate=True).decode()
    except (NotBase64, UnicodeDecodeError) as error:
        raise make_invalid("NextToken is not one that this service gave out") from error
    if not mark.startswith(_MARK):
        raise make_invalid("NextToken is not one that this service gave out")
    return mark.removeprefix(_MARK)
