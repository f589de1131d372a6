"""The identity of the person at the command line, as AWS STS names it, for the record of who applied a plan."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.store import AppliesReader
from preheat.domain.plan.applied import AppliedBy
from preheat_cli.views import show

if TYPE_CHECKING:
    from preheat_cli.stack import Stack


def find_applied_by(stack: "Stack", file: Path) -> AppliedBy:
    """Return who applies a plant file. An identity that STS does not give stays unknown: it must not stop an apply."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - keeps help fast

    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    try:
        arn = str(stack.clients("sts", None, None).get_caller_identity()["Arn"])
    except (BotoCoreError, ClientError, LookupError):
        return AppliedBy(digest=digest)
    # arn:aws:sts::123456789012:assumed-role/ROLE/SESSION
    kind, _, name = arn.rpartition(":")[2].partition("/")
    session = name.partition("/")[2] if kind == "assumed-role" else ""
    return AppliedBy(arn, session, digest)


def describe(by: AppliedBy | None) -> str:
    """Return who applied a plan, in words; empty: it is unknown."""
    if by is None or not by.identity:
        return ""
    who = f"{by.session} ({by.identity})" if by.session else by.identity
    return f"{who}, file {by.digest[:12]}"


def describe_applied(store: AppliesReader, version: int) -> str:
    """Return who applied a plan and when, in a line; empty: the ledger does not say it."""
    try:
        applied = store.find_applied_plan(version)
    except UnreadableItem:
        return ""
    if applied is None:
        return ""
    return f"applied {show.instant(applied.at)} by {describe(applied.by) or 'somebody unknown'}"
