"""Remedies for a verdict: sentences for a person, each with the command that does it, if there is one.

You can paste each command unchanged; `plant.yaml` stands for the plant file. Decides nothing.
"""

from collections.abc import Callable, Iterator
from typing import Final

from preheat.domain.demand.request import Kind
from preheat.domain.plan.plan import Backend, Target
from preheat.domain.record.record import LedgerEntry, ModelRecord
from preheat.domain.verdict.causes import VerdictCause
from preheat.domain.verdict.facts import Rival, VerdictFacts
from preheat.domain.verdict.verdict import Remedy, Verdict

RIVALS_SHOWN: Final = 4  # those that nothing needs come first
OR: Final = "Or "  # begins a remedy that another one may precede
APPLY: Final = "preheat apply plant.yaml"


def suggest_remedies(facts: VerdictFacts, verdict: Verdict) -> tuple[Remedy, ...]:
    """Return the remedies, the most useful first; none if nothing needs doing."""
    return _suggest(facts, verdict.cause)


def _suggest(facts: VerdictFacts, cause: VerdictCause) -> tuple[Remedy, ...]:
    find = _REMEDIES.get(cause)
    found = tuple(find(facts)) if find is not None else ()
    if found and found[0].what.startswith(OR):  # nothing comes before it
        what = found[0].what.removeprefix(OR)
        return (Remedy(f"{what[:1].upper()}{what[1:]}", found[0].command), *found[1:])
    return found


def describe_remedies(entry: LedgerEntry) -> str:
    """Return what you can do about the trouble that an entry reports, in one line; empty: nothing is known.

    The entry does not name who uses up a quota; `preheat explain` does.
    """
    if entry.cause not in set(VerdictCause):
        return ""
    facts = VerdictFacts(entry.model_id, entry.at, record=ModelRecord(entry.model_id, entry.target))
    found = _suggest(facts, VerdictCause(entry.cause))
    return "; ".join(f"{one.what}: {one.command}" if one.command is not None else one.what for one in found)


def find_look_command(target: Target) -> str | None:
    """Return the service's own command that shows the model; None: the service has none that still answers."""
    region = f" --region {target.region}" if target.region is not None else ""
    match target.backend:
        case Backend.SAGEMAKER:
            return f"aws sagemaker describe-endpoint --endpoint-name {target.project}{region}"
        case Backend.SAGEMAKER_COMPONENT:
            return f"aws sagemaker describe-inference-component --inference-component-name {target.project}{region}"
        case Backend.REKOGNITION:
            return f"aws rekognition describe-projects --project-names {target.project}{region}"
        case _:
            return None


def find_stop_command(target: Target) -> str | None:
    """Return the service's own command that stops what somebody else started; None: `preheat stop` does it.

    Only its owner deletes an endpoint that Preheat did not create.
    """
    if target.backend is not Backend.SAGEMAKER:
        return None
    region = f" --region {target.region}" if target.region is not None else ""
    return f"aws sagemaker delete-endpoint --endpoint-name {target.project}{region}"


def _suggest_history(facts: VerdictFacts) -> Remedy:
    return Remedy("See what Preheat tried", f"preheat history {facts.model_id}")


def _suggest_look(facts: VerdictFacts) -> Iterator[Remedy]:
    command = find_look_command(facts.target) if facts.target is not None else None
    if command is not None:
        yield Remedy("Ask the service itself", command)


def _remedy_quota(facts: VerdictFacts) -> Iterator[Remedy]:
    for rival in facts.rivals[:RIVALS_SHOWN]:
        yield _free(rival)
    if not facts.rivals:
        yield Remedy("See what runs, and stop what is not needed", "preheat status")
    yield Remedy("Or ask AWS for a higher quota in the Service Quotas console")


def _free(rival: Rival) -> Remedy:
    if rival.hold is not None and rival.schedule is None:
        return Remedy(
            f"Free a slot: release the hold of {rival.model_id}", f"preheat release {rival.model_id} {rival.hold}"
        )
    if rival.until is None:
        command = (
            find_stop_command(rival.target) if rival.target is not None else None
        ) or f"preheat stop {rival.model_id}"
        return Remedy(f"Free a slot: stop {rival.model_id}; nothing needs it", command)
    return Remedy(f"Or stop {rival.model_id}, if its shift can wait", f"preheat stop {rival.model_id}")


def _remedy_capacity(facts: VerdictFacts) -> Iterator[Remedy]:
    yield Remedy("Wait, or name another instance type, version or region in the plant file", APPLY)
    yield from _suggest_look(facts)


def _remedy_denied(facts: VerdictFacts) -> Iterator[Remedy]:
    yield Remedy("Grant the permission that the message names; Preheat tries again by itself")
    role = facts.target.role if facts.target is not None else None
    if role is not None:
        yield Remedy("Check the role in the other account", "preheat accounts plant.yaml")
    yield from _suggest_look(facts)


def _remedy_invalid(facts: VerdictFacts) -> Iterator[Remedy]:
    yield Remedy("Correct the model in the plant file, then apply it", APPLY)
    yield from _suggest_look(facts)


def _remedy_absent(facts: VerdictFacts) -> Iterator[Remedy]:
    yield Remedy("Correct its name, version or region in the plant file, then apply it", APPLY)
    yield from _suggest_look(facts)


def _remedy_unfit(facts: VerdictFacts) -> Iterator[Remedy]:
    yield Remedy("Wait until the service has finished with it, or name another version in the plant file", APPLY)
    yield from _suggest_look(facts)


def _remedy_given_up(facts: VerdictFacts) -> Iterator[Remedy]:
    yield _suggest_history(facts)
    yield Remedy(
        "Fix the cause. To start it at once, apply `schedules: []`, wait two minutes, and apply its schedules again",
        APPLY,
    )
    yield from _suggest_look(facts)


def _remedy_failed_foreign(facts: VerdictFacts) -> Iterator[Remedy]:
    target = facts.target
    command = find_stop_command(target) if target is not None else None
    if command is not None:
        yield Remedy("Delete the failed endpoint if nobody needs it", command)
    yield from _suggest_look(facts)


def _remedy_too_short(facts: VerdictFacts) -> Iterator[Remedy]:
    end = facts.demand.end if facts.demand is not None else None
    hold = next((one for one in facts.requests if one.kind is Kind.HOLD and one.end == end), None)
    if hold is not None and not hold.windows:
        of = f"--schedule {hold.subject.schedule}" if hold.subject.schedule is not None else f"{facts.model_id}"
        yield Remedy("Let the hold end later", f"preheat extend {of} {hold.request_id} --for 1h")
    yield Remedy("Or keep the model for an hour from when it is ready", f"preheat hold {facts.model_id} --ready-for 1h")


def _remedy_hanging(facts: VerdictFacts) -> Iterator[Remedy]:
    yield Remedy(
        "Preheat stops it once and starts it again; see what Preheat tried", f"preheat history {facts.model_id}"
    )
    yield from _suggest_look(facts)


def _remedy_slow(facts: VerdictFacts) -> Iterator[Remedy]:
    yield Remedy("Wait: Preheat keeps checking it. If it hangs, Preheat stops it once and starts it again")
    yield from _suggest_look(facts)


def _remedy_observe(_: VerdictFacts) -> Iterator[Remedy]:
    yield Remedy("Set the mode to act in the plant file and in the stack's parameter Mode, then apply it", APPLY)


def _remedy_paused(_: VerdictFacts) -> Iterator[Remedy]:
    yield Remedy("Set the mode to act in the plant file, then apply it", APPLY)


def _remedy_block(facts: VerdictFacts) -> Iterator[Remedy]:
    block = facts.block
    if block is None:
        return
    subject = block.subject
    of = f"--schedule {subject.schedule}" if subject.schedule is not None else f"{subject.model_id}"
    yield Remedy("Lift the block", f"preheat unblock {of} {block.request_id}")


def _remedy_stranger(facts: VerdictFacts) -> Iterator[Remedy]:
    command = (
        find_stop_command(facts.target) if facts.target is not None else None
    ) or f"preheat stop {facts.model_id}"
    yield Remedy("Stop it", command)
    yield Remedy("Or keep it for an hour; Preheat stops it after that", f"preheat hold {facts.model_id} --for 1h")
    yield Remedy("Or set `unscheduled: stop` in the plant file to have such runs stopped", APPLY)
    yield from _suggest_look(facts)


def _remedy_stop(facts: VerdictFacts) -> Iterator[Remedy]:
    yield _suggest_history(facts)
    yield from _suggest_look(facts)


def _remedy_stop_refused(facts: VerdictFacts) -> Iterator[Remedy]:
    yield Remedy("Grant the permission or correct what the message names, then apply the plan", APPLY)
    yield from _suggest_look(facts)


def _remedy_failure(facts: VerdictFacts) -> Iterator[Remedy]:
    yield _suggest_history(facts)
    yield from _suggest_look(facts)


def _remedy_overdue(_: VerdictFacts) -> Iterator[Remedy]:
    yield Remedy("Check that the functions tick and reconcile run: see the runbook, section Pickup delay")


def _remedy_unstored(_: VerdictFacts) -> Iterator[Remedy]:
    yield Remedy("Use the release that wrote it, or restore the table as the runbook says")


_REMEDIES: Final[dict[VerdictCause, Callable[[VerdictFacts], Iterator[Remedy]]]] = {
    VerdictCause.QUOTA: _remedy_quota,
    VerdictCause.CAPACITY: _remedy_capacity,
    VerdictCause.START_DENIED: _remedy_denied,
    VerdictCause.READ_DENIED: _remedy_denied,
    VerdictCause.START_INVALID: _remedy_invalid,
    VerdictCause.ABSENT: _remedy_absent,
    VerdictCause.UNFIT: _remedy_unfit,
    VerdictCause.GIVEN_UP: _remedy_given_up,
    VerdictCause.FAILED_FOREIGN: _remedy_failed_foreign,
    VerdictCause.TOO_SHORT: _remedy_too_short,
    VerdictCause.HANGING: _remedy_hanging,
    VerdictCause.SLOW: _remedy_slow,
    VerdictCause.OBSERVE: _remedy_observe,
    VerdictCause.STOP_WITHHELD: _remedy_observe,
    VerdictCause.PAUSED: _remedy_paused,
    VerdictCause.BLOCK: _remedy_block,
    VerdictCause.FOREIGN_RUN: _remedy_stranger,
    VerdictCause.STOP_OVERDUE: _remedy_stop,
    VerdictCause.STOP_REFUSED: _remedy_stop_refused,
    VerdictCause.START_FAILED: _remedy_failure,
    VerdictCause.INFERENCE: _remedy_failure,
    VerdictCause.READ_FAILED: _remedy_failure,
    VerdictCause.STRANGE_STATUS: _remedy_failure,
    VerdictCause.OVERDUE: _remedy_overdue,
    VerdictCause.UNSTORED: _remedy_unstored,
}
