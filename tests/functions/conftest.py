"""The stack of the functions, in process, new for each test."""

from collections.abc import Iterator

import pytest
from tests.support.functions import StackInProcess, open_stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[StackInProcess]:
    with open_stack(monkeypatch) as opened:
        yield opened
