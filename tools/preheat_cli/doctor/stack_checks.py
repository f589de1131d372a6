"""The checks of a stack: its place, its release, its messages, its mode. Each is a pure function over the facts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from preheat_cli.doctor.facts import Facts, PlanFacts, StackFacts, Subscriptions, Trail, Unanswered
from preheat_cli.doctor.finding import CheckResult, Finding, skip_check
from preheat_cli.views import show

SKEW_MOST: Final = timedelta(seconds=30)
SKEW_REFUSED: Final = timedelta(minutes=5)  # AWS refuses a signature that is older
COMPLETE: Final = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
BUSY: Final = "_IN_PROGRESS"
# Rejected requests are answers to wrong requests: worth a look, and no fault of the stack.
ONLY_WORTH_A_LOOK: Final = "RejectedRequestsQueueUrl"
TOPICS: Final = {"AlarmsTopicArn": "every alarm", "LateModelsTopicArn": "the names of late models"}


def check_stack(facts: Facts) -> Iterator[Finding]:
    """Yield the findings about a stack and its plan."""
    stack = facts.stack
    yield check_caller(stack)
    yield check_clock(stack)
    yield check_status(stack)
    yield check_release(stack)
    yield check_mode(stack)
    yield check_plan(facts.plan)
    yield check_trail(stack)
    for output, answer in stack.topics.items():
        yield check_topic(output, answer)
    yield check_alarms(stack)
    for output, messages in stack.queues.items():
        yield check_queue(output, messages)


def check_caller(stack: StackFacts) -> Finding:
    """Credentials are valid, and of the account of the stack."""
    check, subject = "credentials", stack.region
    if isinstance(stack.caller, Unanswered):
        return skip_check(check, subject, stack.caller)
    account = stack.caller.split(":")[4] if stack.caller.count(":") >= 5 else ""
    if account != stack.account:
        meaning = f"you are {stack.caller}, and the stack is in account {stack.account}"
        return Finding(check, subject, CheckResult.FAIL, meaning, "use --profile with credentials of that account")
    return Finding(check, subject, CheckResult.PASS, stack.caller)


def check_clock(stack: StackFacts) -> Finding:
    """The clock of this computer agrees with the service's."""
    check, subject = "clock", "this computer"
    if isinstance(stack.skew, Unanswered):
        return skip_check(check, subject, stack.skew)
    if stack.skew is None:
        return Finding(check, subject, CheckResult.SKIP, "the service sent no date")
    off = abs(stack.skew)
    seconds = f"{off.total_seconds():.0f} s"
    if off <= SKEW_MOST:
        return Finding(check, subject, CheckResult.PASS, f"within {SKEW_MOST.seconds} s of AWS")
    which = "ahead of" if stack.skew > timedelta() else "behind"
    meaning = f"the clock is {seconds} {which} AWS; times that you type are off by as much"
    verdict = CheckResult.FAIL if off >= SKEW_REFUSED else CheckResult.WARN
    return Finding(check, subject, verdict, meaning, "synchronize the clock of this computer, for example with NTP")


def check_status(stack: StackFacts) -> Finding:
    """The deployment of the stack is complete."""
    check, subject = "stack", stack.name
    if stack.missing_outputs:
        meaning = f"it has no output {', '.join(stack.missing_outputs)}"
        return Finding(check, subject, CheckResult.FAIL, meaning, "deploy the template of this release again")
    if stack.status in COMPLETE:
        return Finding(check, subject, CheckResult.PASS, stack.status)
    if stack.status.endswith(BUSY):
        meaning = f"a deployment is in progress: {stack.status}"
        return Finding(check, subject, CheckResult.WARN, meaning, "wait until it ends, then run this command again")
    meaning = f"the last deployment failed: {stack.status}; the stack may run older code than you expect"
    remedy = f"read `aws cloudformation describe-stack-events --stack-name {stack.name}`, fix the cause, deploy again"
    return Finding(check, subject, CheckResult.FAIL, meaning, remedy)


def check_release(stack: StackFacts) -> Finding:
    """The stack runs the release of the command."""
    check, subject = "release", stack.name
    if stack.release == stack.command_release:
        return Finding(check, subject, CheckResult.PASS, f"stack and command are {stack.release}")
    meaning = f"the stack runs {stack.release or 'an unknown release'}, the command is {stack.command_release}"
    return Finding(
        check, subject, CheckResult.WARN, meaning, "deploy the release of the command, or install the other one"
    )


def check_mode(stack: StackFacts) -> Finding:
    """The stack acts."""
    check, subject, mode = "mode", stack.name, stack.parameters.get("Mode", "")
    if mode == "act":
        return Finding(check, subject, CheckResult.PASS, "act")
    meaning = f"the stack is in mode {mode or 'unknown'}: Preheat starts and stops no model"
    return Finding(check, subject, CheckResult.WARN, meaning, "deploy with Mode=act when the plan is right")


def check_plan(plan: PlanFacts) -> Finding:
    """There is a plan, and it is the one of the file."""
    check, subject = "plan", plan.file or "stored plan"
    if plan.problems:
        return Finding(check, subject, CheckResult.FAIL, "; ".join(plan.problems), "fix the plant file")
    if plan.unanswered is not None:
        return skip_check(check, subject, plan.unanswered)
    if plan.unreadable:
        meaning = f"the stored plan has models that this release cannot read: {', '.join(plan.unreadable)}"
        return Finding(check, subject, CheckResult.FAIL, meaning, "apply the plant file again with this release")
    if not plan.stored_version:
        meaning = "the stack has no plan: Preheat starts no model"
        return Finding(check, subject, CheckResult.WARN, meaning, "run `preheat apply` with your plant file")
    if plan.differs:
        meaning = (
            f"the file differs from plan {plan.stored_version} of the stack in {show.count(plan.differs, 'model')}"
        )
        return Finding(check, subject, CheckResult.WARN, meaning, f"run `preheat apply {plan.file}`")
    return Finding(check, subject, CheckResult.PASS, f"plan {plan.stored_version} is current")


def check_trail(stack: StackFacts) -> Finding:
    """A trail of CloudTrail records calls in the region, so that EventBridge passes on what people start and stop."""
    check, subject = "trail", stack.region
    if isinstance(stack.trails, Unanswered):
        return skip_check(check, subject, stack.trails)
    covering = [trail for trail in stack.trails if trail.covers]
    live = [trail for trail in covering if trail.logging is True]
    if live:
        return Finding(check, subject, CheckResult.PASS, live[0].name)
    for trail in covering:
        if isinstance(trail.logging, Unanswered):
            return skip_check(check, trail.name, trail.logging)
    meaning = (
        "no trail records this region: Preheat sees what people start and stop only at its next check, not at once"
    )
    return Finding(
        check, subject, CheckResult.WARN, _trail_meaning(covering, meaning), "create or start a CloudTrail trail"
    )


def _trail_meaning(stopped: list[Trail], meaning: str) -> str:
    return f"{', '.join(trail.name for trail in stopped)} has stopped logging; {meaning}" if stopped else meaning


def check_topic(output: str, answer: Subscriptions | Unanswered) -> Finding:
    """Somebody receives what a topic sends."""
    check, subject = "subscription", output.removesuffix("Arn")
    if isinstance(answer, Unanswered):
        return skip_check(check, subject, answer)
    content = TOPICS.get(output, "its messages")
    if answer.pending:
        meaning = f"not confirmed: {show.count(answer.pending, 'subscription')}; nobody there receives {content}"
        remedy = "open the mail from AWS Notifications and confirm; after 3 days subscribe again"
        return Finding(check, subject, CheckResult.FAIL, meaning, remedy)
    if not answer.confirmed:
        meaning = f"nobody receives {content}"
        return Finding(check, subject, CheckResult.WARN, meaning, "deploy with AlarmsEmail, or subscribe to the topic")
    return Finding(check, subject, CheckResult.PASS, f"{answer.confirmed} confirmed")


def check_alarms(stack: StackFacts) -> Finding:
    """No alarm of the stack rings."""
    check, subject = "alarms", stack.name
    if isinstance(stack.alarms, Unanswered):
        return skip_check(check, subject, stack.alarms)
    if not stack.alarms:
        meaning = "the stack has no alarms"
        return Finding(check, subject, CheckResult.WARN, meaning, "deploy the template again; it creates the alarms")
    ringing = sorted(name for name, state in stack.alarms.items() if state == "ALARM")
    if ringing:
        meaning = f"in alarm: {', '.join(ringing)}"
        return Finding(check, subject, CheckResult.FAIL, meaning, "see docs/alarms.md for each")
    return Finding(check, subject, CheckResult.PASS, f"none of {len(stack.alarms)} alarms rings")


def check_queue(output: str, messages: int | Unanswered) -> Finding:
    """A queue that holds what failed is empty."""
    check, subject = "queue", output.removesuffix("Url")
    if isinstance(messages, Unanswered):
        return skip_check(check, subject, messages)
    if not messages:
        return Finding(check, subject, CheckResult.PASS, "empty")
    verdict = CheckResult.WARN if output == ONLY_WORTH_A_LOOK else CheckResult.FAIL
    meaning = f"it holds {show.count(messages, 'message')}"
    return Finding(check, subject, verdict, meaning, "see docs/runbook.md, then redrive or purge")
