"""The outermost edge of each function: an error that nobody handles leaves it logged and masked.

Lambda writes such an error into the log itself, as plain text and past the logger. Does not decide which errors to
handle.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from preheat.observability.logs import logger
from preheat.observability.masking import mask


class UnhandledError(Exception):
    """Replaces an error whose text does not allow masking in place. The message has its type and its masked text."""


@contextmanager
def masked_errors() -> Iterator[None]:
    """Log each error that leaves the block or function, and let it go on masked and without what caused it."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever leaves a function is written to its log
        logger.exception("function failed")
        raise mask_error(error) from None


def mask_error(error: Exception) -> Exception:
    """Return the error with masked text; one of another type if its text does not come from its arguments."""
    text = mask(str(error))
    error.args = tuple(mask(each) if isinstance(each, str) else each for each in error.args)
    error.__notes__ = []
    if str(error) == text:
        return error
    return UnhandledError(f"{type(error).__name__}: {text}")
