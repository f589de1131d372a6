"""The command `demo`: a local AWS of its own, one shift on it, and a verdict. Owns that nothing is left running.

What is played and how it is judged: `demo_run` and `demo_verdict`.
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
from preheat_cli.demo.facts import Facts, Sabotage, Shift
from preheat_cli.errors import CHECK_FAILED, CliError, reported_errors
from preheat_cli.views import show

if TYPE_CHECKING:
    from preheat_cli.demo.timeline import Timeline
    from preheat_cli.demo.verdict import Verdict
    from preheat_local import LocalAws

INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def demo(
    service: Annotated[
        Backend | None,
        typer.Option(help="Host both models on one service; else one each on Rekognition and SageMaker."),
    ] = None,
    fault: Annotated[
        Sabotage | None, typer.Option(hidden=True, help="Break it on purpose: the demo must fail.")
    ] = None,
) -> None:
    """Show one shift from its plan to its bill on a local AWS of its own; status 0 only if every promise held."""
    with reported_errors(), _interruptible() as from_here_on_uninterrupted:
        from preheat_cli.demo.timeline import Timeline  # noqa: PLC0415 - loads Rich
        from preheat_local import down, find_checkout, run_local_aws  # noqa: PLC0415 - loads boto3

        # Apart from the AWS that `up` keeps: neither sees the other's plan.
        state = find_checkout().state / "demo"
        timeline = Timeline()
        with _alone(state.with_name("demo.lock")):
            down(checkout=find_checkout(state=state), say=_unsaid)  # what a demo that was killed has left
            with run_local_aws(state, say=timeline.say) as aws:
                shifts, facts, judged = _played(aws, service, fault, state / "plant.yaml", timeline)
                from_here_on_uninterrupted()
        timeline.summary(shifts, facts, judged)
    if not judged.holds:
        raise typer.Exit(CHECK_FAILED)


def _played(
    aws: "LocalAws", service: Backend | None, fault: Sabotage | None, file: Path, timeline: "Timeline"
) -> "tuple[Sequence[Shift], Facts, Verdict]":
    """Play the demo on a local AWS that is up."""
    from preheat_cli.demo.run import LEAD, SLACK, plant_text, play, shifts_at  # noqa: PLC0415 - loads the plant file
    from preheat_cli.demo.stage import LocalStage  # noqa: PLC0415 - loads boto3

    stage = LocalStage(aws)
    shifts = shifts_at(stage.clock.now(), service)
    stage.prepare(shifts)
    file.write_text(plant_text(shifts))
    saboteur = stage.sabotaged(fault, shifts[0]) if fault is not None else None
    timeline.say(f"applying {file}: lead {show.duration(LEAD)}, slack {show.duration(SLACK)}")
    for shift in shifts:
        begin, end = (show.local_instant(at, shift.zone) for at in (shift.begin, shift.end))
        latency = show.duration(shift.start_latency)
        where = f"({shift.zone}) on {shift.target.backend}"
        timeline.say(f"  {shift.model_id}: {begin} to {end} {where}, takes {latency} to start")
    timeline.say("  the answers to the first start of each get lost; neither must start twice")
    with timeline:
        judged, facts = play(stage, shifts, timeline, saboteur)
    return shifts, facts, judged


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Be the only demo of the checkout."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CliError(
                "preheat: a demo is running in this checkout already: wait for it", status=CHECK_FAILED
            ) from error
        yield


@contextmanager
def _interruptible() -> Iterator[Callable[[], None]]:
    """Let the first signal end the demo, and none after it disturb the stopping; yields what stops listening."""

    def deaf(_number: int, _frame: FrameType | None) -> None:
        """Let a signal pass: what was started is being stopped."""

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
        print("demo: interrupted; nothing is left running", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _unsaid(_line: str) -> None:
    """Say nothing of it."""
