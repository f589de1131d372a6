"""The lifecycle table: one step for each pair of desired and observed state.

This table is the rule. Tests cover every pair, and draw the diagram in ARCHITECTURE.md from it. `starting`,
`stopping` and `resting` decide whether Preheat may take a step *now* (lease, attempts, mode, ownership).
"""

from enum import StrEnum


class Desired(StrEnum):
    """The state that the demand requires."""

    RUN = "run"
    REST = "rest"


class Observed(StrEnum):
    """The state that the service reports, in Preheat's words; each hosting adapter maps its statuses onto these."""

    STOPPED = "stopped"  # startable, not running, not billed
    STARTING = "starting"
    HOSTED = "hosted"  # ready: the only state that serves
    STOPPING = "stopping"
    FAILED = "failed"  # a start ended in failure
    BUSY = "busy"  # the service is at work on it: wait
    UNFIT = "unfit"  # exists, but nothing can start it: in training, failed training, in deletion
    GONE = "gone"  # the service knows no such model
    UNKNOWN = "unknown"  # unreadable, or a status this release does not know; never a reason to act


class Step(StrEnum):
    """What to do next."""

    START = "start"
    STOP = "stop"
    KEEP = "keep"  # it is as it should be: hosted
    WAIT = "wait"  # the service is on its way somewhere
    REST = "rest"  # it is as it should be: not running
    REPORT = "report"  # it cannot be as it should be; say so


LIFECYCLE: dict[Desired, dict[Observed, Step]] = {
    Desired.RUN: {
        Observed.STOPPED: Step.START,
        Observed.STARTING: Step.WAIT,
        Observed.HOSTED: Step.KEEP,
        Observed.STOPPING: Step.WAIT,
        Observed.FAILED: Step.START,
        Observed.BUSY: Step.WAIT,
        Observed.UNFIT: Step.REPORT,
        Observed.GONE: Step.REPORT,
        Observed.UNKNOWN: Step.WAIT,
    },
    Desired.REST: {
        Observed.STOPPED: Step.REST,
        Observed.STARTING: Step.STOP,
        Observed.HOSTED: Step.STOP,
        Observed.STOPPING: Step.WAIT,
        Observed.FAILED: Step.REST,
        Observed.BUSY: Step.WAIT,
        Observed.UNFIT: Step.REST,
        Observed.GONE: Step.REST,
        Observed.UNKNOWN: Step.WAIT,
    },
}

# The state after each step, if the service does it.
LEADS_TO: dict[tuple[Step, Observed], Observed] = {
    (Step.START, Observed.STOPPED): Observed.STARTING,
    (Step.START, Observed.FAILED): Observed.STARTING,
    (Step.WAIT, Observed.STARTING): Observed.HOSTED,
    (Step.STOP, Observed.STARTING): Observed.STOPPING,
    (Step.STOP, Observed.HOSTED): Observed.STOPPING,
    (Step.WAIT, Observed.STOPPING): Observed.STOPPED,
}


def draw_mermaid() -> str:
    """Return the transition diagram in Mermaid's notation: one arrow a pair, labelled desired: step."""
    lines = ["stateDiagram-v2"]
    for desired, row in LIFECYCLE.items():
        for observed, step in row.items():
            lines.append(f"    {observed} --> {LEADS_TO.get((step, observed), observed)}: {desired}, {step}")
    return "\n".join(lines)
