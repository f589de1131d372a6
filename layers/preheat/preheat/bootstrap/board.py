"""Wires the function `board`."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Self

from botocore.session import Session

from preheat.adapters.clock import SystemClock
from preheat.adapters.dynamodb.plans import DynamoPlans
from preheat.adapters.dynamodb.requests import DynamoRequests
from preheat.app.board.more import More
from preheat.app.board.page import Look, render
from preheat.app.board.reading import BoardReader
from preheat.app.board.view import make_board
from preheat.app.board.widget import ROWS, Wish
from preheat.app.ports.clock import Clock
from preheat.bootstrap.part import open_part
from preheat.bootstrap.settings import BoardSettings
from preheat.domain.plan.plan import Mode
from preheat.observability.tracing import trace_calls

HANDS: Final = 8  # reads at a time; botocore keeps ten connections


class BoardTables(DynamoRequests, DynamoPlans):
    """Implements `BoardStore`."""


@dataclass(frozen=True, slots=True)
class Boards:
    """The function `board`, wired. A warm one reads only what has changed."""

    clock: Clock
    reader: BoardReader
    title: str
    mode: Mode

    def render(self, wish: Wish, endpoint: str) -> str:
        """Return the board as HTML; `endpoint` is the function that the widget's buttons call.

        Raises:
            StoreUnavailable: the store does not answer, or denies access.
        """
        now = self.clock.now()
        board = make_board(self.reader.read(now), now, self.title, self.mode)
        return render(board, Look(wish.theme, More(endpoint, ROWS, wish.group)))

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Wire the function from its environment variables. Raises SettingsError."""
        settings = BoardSettings.from_env(environ)
        store = open_part(BoardTables, settings, trace_calls(Session()))
        reader = BoardReader(store, settings.mode, ThreadPoolExecutor(HANDS, "board").map)
        return cls(SystemClock(), reader, settings.managed_by, settings.mode)
