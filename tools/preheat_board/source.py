"""Where the board comes from: a stack's store, read with several calls at a time, and rendered."""

from concurrent.futures import ThreadPoolExecutor

from preheat.app.board.page import render
from preheat.app.board.reading import BoardReader, BoardStore
from preheat.app.board.view import make_board
from preheat.app.ports.clock import Clock
from preheat.domain.plan.plan import Mode

HANDS = 8  # reads at a time


class BoardSource:
    """Renders the board of a stack. `title` names it, `mode` is its own. Keeps what it need not read again."""

    def __init__(self, store: BoardStore, clock: Clock, title: str, mode: Mode = Mode.ACT) -> None:
        self.title = title
        self._clock, self._mode = clock, mode
        self._reader = BoardReader(store, mode, ThreadPoolExecutor(HANDS, "board").map)

    def render(self) -> str:
        """Read every model and return the board as HTML.

        Raises:
            StoreUnavailable: the store does not answer, or denies access.
        """
        now = self._clock.now()
        return render(make_board(self._reader.read(now), now, self.title, self._mode))
