"""Prints the demo: a line for each transition and, on a terminal, a countdown below them.

Without a terminal it prints plain lines, with a countdown every half minute. Depends on no AWS.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from preheat.domain.printable import printable
from preheat.domain.record.record import LedgerEntry, Phase
from preheat_cli.demo.facts import DemoFacts, DemoShift, ServiceFacts
from preheat_cli.demo.verdict import DemoVerdict, margin
from preheat_cli.views import show

PLAIN_EVERY = timedelta(seconds=30)
COLOURS = {Phase.STARTING: "yellow", Phase.HOSTED: "green", Phase.STOPPING: "cyan", Phase.FAILED: "red"}


class Timeline:
    """Shows a demo on a console while it lasts."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self._live = Live(console=self.console, refresh_per_second=4, transient=True)
        self._margins: dict[str, timedelta] = {}
        self._plain_at: datetime | None = None
        self._board = ""

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def say(self, line: str, style: str = "") -> None:
        """Print a line above the countdown."""
        self.console.print(Text(printable(line), style=style), soft_wrap=True)

    def show_board(self, url: str) -> None:
        """Print where the board is, and keep it in view below the countdown."""
        self._board = f"board: {url}"
        self.say(f"{self._board} shows this shift in your browser")

    def entry(self, entry: LedgerEntry) -> None:
        """See `demo_run.Audience`."""
        if entry.margin is not None:
            self._margins[entry.model_id] = entry.margin
        self.say(show.entry_line(entry), COLOURS.get(entry.to_phase, ""))

    def moment(self, now: datetime, shifts: Sequence[DemoShift], service: ServiceFacts) -> None:
        """See `demo_run.Audience`."""
        line = f"{countdown(now, shifts)} | " + " | ".join(self._standing(shift, service) for shift in shifts)
        if self.console.is_terminal:
            self._live.update(Text("\n".join(filter(None, (line, self._board))), style="bold"))
        elif self._plain_at is None or now >= self._plain_at:
            self._plain_at = now + PLAIN_EVERY
            self.say(f"{show.instant(now)} {line}")

    def summary(self, shifts: Sequence[DemoShift], facts: DemoFacts, judged: DemoVerdict) -> None:
        """Print the results, each error, and the verdict as the last line."""
        for line in summary(shifts, facts):
            self.say(line)
        for error in judged.errors:
            self.say(f"error: {error}", "red")
        self.say(judged.line, "bold green" if judged.holds else "bold red")

    def _standing(self, shift: DemoShift, service: ServiceFacts) -> str:
        status = service.status(shift.target.project)
        early = self._margins.get(shift.model_id)
        known = f", margin {show.format_margin(early)}" if early is not None and shift.is_hosted(status) else ""
        return f"{shift.model_id} {status}{known}"


def countdown(now: datetime, shifts: Sequence[DemoShift]) -> str:
    """Return the time to the begin or the end of the shift, or since its end."""
    begin, end = shifts[0].begin, shifts[0].end
    if now < begin:
        return f"shift begins in {show.clock(begin - now)}"
    return f"shift ends in {show.clock(end - now)}" if now < end else f"shift ended {show.clock(now - end)} ago"


def summary(shifts: Sequence[DemoShift], facts: DemoFacts) -> list[str]:
    """Return what DynamoDB, the metrics and the service say of the demo, a line each."""
    lines = ["", "results"]
    for shift in shifts:
        entries = facts.ledger[shift.model_id]
        took = next((entry.time_to_hosted for entry in entries if entry.time_to_hosted is not None), None)
        tokens = list(dict.fromkeys(entry.client_token for entry in entries if entry.client_token))
        lines.append(
            f"  ledger   {shift.model_id}: {len(entries)} entries, hosted in"
            f" {'-' if took is None else show.duration(took)}, margin {show.format_margin(margin(entries))},"
            f" tokens {', '.join(tokens) or 'none'}"
        )
    metrics = facts.metrics
    lines.append(
        f"  metrics  StartsOnTime {metrics.starts_on_time}, StartsLate {metrics.starts_late},"
        f" StartFailures {metrics.start_failures}, HostedMargin {metrics.margins} values"
    )
    for shift in shifts:
        project = shift.target.project
        calls = [call for call in facts.service.calls if call.project == project]
        shown = ", ".join(
            f"{call.operation} {call.at:%H:%M:%S}{'' if call.changed_state else ' (no effect)'}"
            f"{f' ({call.fault})' if call.fault else ''}"
            for call in calls
        )
        spans = facts.service.bill.get(project, ())
        billed = sum(((span.end - span.begin) * span.units for span in spans if span.end), timedelta())
        name = f"{shift.target.backend} {project}"
        lines.append(f"  service  {name}: {shown or 'no call'}; billed {round(billed.total_seconds())} unit-seconds")
    lines.append(f"  queues   {facts.dead_letters} dead letters")
    return lines
