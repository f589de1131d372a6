"""`preheat demo`: run one shift on a separate local AWS and check the result. Leaves nothing running.

`demo.run` has the course of the demo, `demo.verdict` the checks.
"""

import fcntl
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from preheat.domain.plan.plan import Backend
from preheat_cli.demo.facts import DemoFacts, DemoShift, Sabotage
from preheat_cli.errors import CHECK_FAILED, CliError, report_errors
from preheat_cli.views import show

if TYPE_CHECKING:
    from preheat_cli.demo.timeline import Timeline
    from preheat_cli.demo.verdict import DemoVerdict
    from preheat_local import LocalAws

INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def demo(
    service: Annotated[
        Backend | None,
        typer.Option(help="Host both models on this service. Default: one on Rekognition, one on SageMaker."),
    ] = None,
    fault: Annotated[Sabotage | None, typer.Option(hidden=True, help="Cause this fault; the demo must fail.")] = None,
) -> None:
    """Run one shift on a separate local AWS, from the plan to the bill. Exit status 0 if every promise holds."""
    with report_errors(), _interruptible() as from_here_on_uninterrupted:
        from preheat_cli.demo.timeline import Timeline  # noqa: PLC0415 - loads Rich
        from preheat_local import down, find_checkout, run_local_aws  # noqa: PLC0415 - loads boto3

        # Separate from the local AWS of `preheat up`: neither sees the other's plan.
        state = find_checkout().state / "demo"
        timeline = Timeline()
        with _alone(state.with_name("demo.lock")):
            down(checkout=find_checkout(state=state), say=_unsaid)  # what a killed demo left behind
            with run_local_aws(state, say=timeline.say) as aws:
                shifts, facts, judged = _play(aws, service, fault, state / "plant.yaml", timeline)
                from_here_on_uninterrupted()
        timeline.summary(shifts, facts, judged)
    if not judged.holds:
        raise typer.Exit(CHECK_FAILED)


def _play(
    aws: "LocalAws", service: Backend | None, fault: Sabotage | None, file: Path, timeline: "Timeline"
) -> "tuple[Sequence[DemoShift], DemoFacts, DemoVerdict]":
    """Play the demo on a local AWS that is up."""
    from preheat_board.server import PORT, serve_beside  # noqa: PLC0415 - loads the HTTP server
    from preheat_board.source import BoardSource  # noqa: PLC0415 - loads the verdicts
    from preheat_cli.demo.run import LEAD, SLACK, plant_text, play, shifts_at  # noqa: PLC0415 - loads the plant file
    from preheat_cli.demo.stage import LocalStage  # noqa: PLC0415 - loads boto3
    from preheat_local.store import open_local_store  # noqa: PLC0415 - loads PynamoDB

    stage = LocalStage(aws)
    shifts = shifts_at(stage.clock.now(), service)
    stage.prepare(shifts)
    file.write_text(plant_text(shifts))
    saboteur = stage.sabotage(fault, shifts[0]) if fault is not None else None
    timeline.say(f"applying {file}: lead {show.duration(LEAD)}, slack {show.duration(SLACK)}")
    for shift in shifts:
        begin, end = (show.local_instant(at, shift.zone) for at in (shift.begin, shift.end))
        latency = show.duration(shift.start_latency)
        where = f"({shift.zone}) on {shift.target.backend}"
        timeline.say(f"  {shift.model_id}: {begin} to {end} {where}, takes {latency} to start")
    timeline.say("  the service loses its first answers for each model; neither model may start twice")
    board = BoardSource(open_local_store(aws), stage.clock, "demo")
    with serve_beside(board.render, board.title, PORT) as server, timeline:
        timeline.show_board(server.url)
        judged, facts = play(stage, shifts, timeline, saboteur)
    return shifts, facts, judged


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock that allows one demo per checkout."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CliError(
                "preheat: another demo is running in this checkout; wait until it ends", status=CHECK_FAILED
            ) from error
        yield


@contextmanager
def _interruptible() -> Iterator[Callable[[], None]]:
    """Let the first signal end the demo and ignore later ones during the clean-up; yields what ignores signals."""

    def deaf(_number: int, _frame: FrameType | None) -> None:
        """Ignore a signal: the clean-up is running."""

    def listen_no_more() -> None:
        for number in SIGNALS:
            signal.signal(number, deaf)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        listen_no_more()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in SIGNALS}
    try:
        yield listen_no_more
    except KeyboardInterrupt:
        print("demo: interrupted; everything it started has stopped", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _unsaid(_line: str) -> None:
    """Print nothing."""
