"""`preheat board`: serve the board on loopback, or write it to a file.

Owns the reading for it. `preheat.app.board` makes and renders it.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from preheat.app.board.page import render
from preheat.app.board.view import BoardFacts, Figures, make_board
from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.store import Store
from preheat.domain.calendar.windows import Window
from preheat.domain.demand.demand import HORIZON
from preheat.domain.plan.plan import Backend
from preheat_board.page import wrap
from preheat_board.server import BoardServer
from preheat_cli.errors import CliError, report_errors
from preheat_cli.model_status import ModelStatus, read_status
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.stack import Surroundings
from preheat_cli.verdicts import facts_of
from preheat_plantfile.compiling.terms import DEFAULT
from preheat_report.history import History, all_paid
from preheat_report.model import report_model
from preheat_report.money import Amounts, Tariff, add_amounts

if TYPE_CHECKING:
    from preheat.domain.record.record import LedgerEntry

TARIFFS = {Backend(name): Tariff(price.amount, price.currency) for name, price in DEFAULT.prices.items()}
DAY, WEEK = timedelta(days=1), timedelta(days=7)


@takes_stack
def board(
    context: typer.Context,
    *,
    stack: StackOptions,
    port: Annotated[int, typer.Option("--port", help="Port on 127.0.0.1; 0 for a free one.")] = 4679,
    output: Annotated[Path | None, typer.Option("--output", help="Write the board to this file, and end.")] = None,
) -> None:
    """Show every model on one page: trouble first, a timeline for each, the next shift. Ctrl-C ends it."""
    with report_errors():
        surroundings = Surroundings.of(context)
        opened = surroundings.open(stack)
        title = stack.name or "local"

        def render_now() -> str:
            return render_board(opened.store, surroundings.clock.now(), title)

        if output is not None:
            try:
                output.write_text(wrap(render_now(), title), encoding="utf-8")
            except OSError as error:
                raise CliError(f"preheat: cannot write {output}: {error.strerror}") from error
            typer.echo(f"wrote {output}")
            return
        try:
            server = BoardServer(port, render_now, title)
        except OSError as error:
            raise CliError(f"preheat: port {port} is in use; use --port 0 for a free port") from error
        typer.echo(f"board: {server.url} (Ctrl-C ends it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            server.server_close()


def render_board(store: Store, now: datetime, title: str) -> str:
    """Read every model and return the rendered board."""
    known = {*store.list_planned_models(), *(line.model_id for line in store.find_due(now + HORIZON))}
    found = [_read(store, read_status(store, model_id, now), now) for model_id in sorted(known)]
    figures = Figures(
        sum(each.on_time for each, _ in found),
        sum(each.late for each, _ in found),
        *(_money(add_amounts(money[place] for _, money in found)) for place in range(3)),
    )
    return render(make_board([each for each, _ in found], now, title, figures))


def _read(store: Store, status: ModelStatus, now: datetime) -> tuple[BoardFacts, tuple[Amounts, Amounts, Amounts]]:
    entries: list[LedgerEntry] = []
    try:
        entries = [entry for entry in store.read_ledger(status.model_id) if entry.at > now - WEEK - DAY]
    except UnreadableItem:
        entries = []  # `read_status` reports it.
    history = History(status.model_id, entries, status.record)
    judged = [entry.late for entry in entries if entry.late is not None and entry.at > now - WEEK]
    today, week = (report_model(history, Window(now - span, now), TARIFFS, as_of=now) for span in (DAY, WEEK))
    facts = BoardFacts(
        facts_of(status, now),
        tuple(paid.stretch for paid in all_paid(history, now)),
        judged.count(False),
        judged.count(True),
    )
    return facts, (today.amounts, week.amounts, week.saved)


def _money(amounts: Amounts) -> str | None:
    return ", ".join(f"{amount:,.2f} {currency}" for currency, amount in amounts.items()) or None
