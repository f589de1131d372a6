"""How much the tests draw that draw by chance: a part in the check of each change, all of it each night.

`PREHEAT_TESTS=full` asks for all (`make test-full`). The assertions on each draw are the same.
"""

import os

FULL = os.environ.get("PREHEAT_TESTS") == "full"


def take_part(whole: int) -> int:
    """Return how many to draw out of `whole`: a quarter, or all if the caller asks for all."""
    return whole if FULL else -(-whole // 4)
