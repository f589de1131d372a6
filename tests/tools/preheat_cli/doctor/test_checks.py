"""Every check of `preheat doctor` passes a sound stack, and fails once on purpose: facts in, a finding out."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.plan.hosted_model import Drain, HostedModel, Readiness
from preheat.domain.plan.plan import Backend, Mode, ModelId, Target, Units
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import ModelRecord
from preheat_cli.doctor import model_checks, stack_checks
from preheat_cli.doctor.facts import (
    Absent,
    Endpoint,
    EndpointConfig,
    Facts,
    ModelFacts,
    PlanFacts,
    Present,
    QuotaFacts,
    RightFacts,
    StackFacts,
    Subscriptions,
    Trail,
    Unanswered,
)
from preheat_cli.doctor.finding import CheckResult, Finding
from preheat_cli.doctor.gather_quotas import peak
from preheat_cli.doctor.judge import judge

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
ROLE = "arn:aws:iam::210987654321:role/preheat-member"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/0a1b"
EARLY = Schedule("early", "UTC", (ShiftWindow(frozenset(Weekday), time(6), time(14)),), closed_until=date(2028, 11, 23))


def model(target: Target, **changes: Any) -> HostedModel:
    made = HostedModel(
        ModelId("weld"), target, Units(), (EARLY,), timedelta(minutes=30), timedelta(minutes=2), announced_at=NOW
    )
    return replace(made, **changes)


WELD = model(Target("line-weld", "v1", Backend.REKOGNITION))
PAINT = model(Target("line-paint", "line-paint-2", Backend.SAGEMAKER), model_id=ModelId("paint"))
FAR = model(Target("far", "v1", Backend.REKOGNITION, role=ROLE), model_id=ModelId("far"))
STACK = StackFacts(
    name="preheat",
    region="eu-central-1",
    account="123456789012",
    caller="arn:aws:sts::123456789012:assumed-role/operator/anna",
    skew=timedelta(seconds=1),
    status="UPDATE_COMPLETE",
    missing_outputs=(),
    release="0.1.0",
    command_release="0.1.0",
    parameters={
        "AllowInference": "true",
        "EndpointKeyArns": KEY,
        "EndpointScaling": "true",
        "MemberRoleArns": ROLE,
        "Mode": "act",
        "ProjectPrefix": "line-",
    },
    trails=(Trail("all", covers=True, logging=True),),
    topics={"AlarmsTopicArn": Subscriptions(1, 0), "LateModelsTopicArn": Subscriptions(1, 0)},
    alarms={"TickMissingAlarm": "OK", "ModelLateAlarm": "INSUFFICIENT_DATA"},
    queues={"WorkDeadLetterQueueUrl": 0, "RejectedRequestsQueueUrl": 0},
)
CONFIG = EndpointConfig(names_model=True, key=KEY, instances={"ml.g5.xlarge": 2})
ENDPOINT = Endpoint("InService", {"preheat:managed-by": "preheat"}, 1)
WELD_FACTS = ModelFacts(replace(WELD, readiness=Readiness(b"x", "image/jpeg")), version=Present("STOPPED"))
PAINT_FACTS = ModelFacts(PAINT, config=CONFIG, endpoint=ENDPOINT)
FAR_FACTS = ModelFacts(FAR, ModelRecord(ModelId("far"), FAR.target, observed=Observed.STOPPED))
RIGHT = RightFacts("weld", "rekognition:StartProjectVersion", "arn:aws:rekognition:…", allowed=True)
QUOTA = QuotaFacts("ml.g5.xlarge for endpoint usage", "eu-central-1", 2, 4.0, NOW)
SOUND = Facts(
    NOW, STACK, PlanFacts("plant.yaml", stored_version=3), (WELD_FACTS, PAINT_FACTS, FAR_FACTS), (QUOTA,), (RIGHT,)
)


def stack(**changes: Any) -> Facts:
    return replace(SOUND, stack=replace(STACK, **changes))


def parameter(**values: str) -> Facts:
    return stack(parameters={**STACK.parameters, **values})


def plan(**changes: Any) -> Facts:
    return replace(SOUND, plan=replace(SOUND.plan, **changes))


def only(facts: ModelFacts, **parameters: str) -> Facts:
    return replace(parameter(**parameters), models=(facts,))


def change_model(target: Target, **changes: Any) -> ModelFacts:
    return ModelFacts(model(target), **changes)


def right(**changes: Any) -> Facts:
    return replace(SOUND, rights=(replace(RIGHT, **changes),))


def fallback(config: Any, name: str = "line-paint-3") -> Facts:
    return only(replace(PAINT_FACTS, model=replace(PAINT, fallbacks=(name,)), fallbacks={name: config}))


def quota(**changes: Any) -> Facts:
    return replace(SOUND, quotas=(replace(QUOTA, **changes),))


@dataclass(frozen=True)
class CheckCase:
    """Facts with one fault: the function that sees it, the verdict, and a part of what it says."""

    by: str
    facts: Facts
    verdict: CheckResult
    words: str


def test_the_credentials_name_the_region_once() -> None:
    shown = stack_checks.check_caller(STACK)
    assert (shown.subject, shown.verdict, shown.meaning) == (STACK.region, CheckResult.PASS, STACK.caller)


GATE = "0c6d2f58-1111-4222-8333-444455556666"
DRAIN = Drain("https://sqs.eu-central-1.amazonaws.com/123456789012/images")
FAIL, WARN, SKIP = CheckResult.FAIL, CheckResult.WARN, CheckResult.SKIP
LOOKOUT = Target("line-old", "1")
OWN = Target("arn:aws:lambda:eu-central-1:123456789012:function:plant-backend", "weld", Backend.FUNCTION)
CASES = (
    CheckCase(
        "caller", stack(caller="arn:aws:iam::999999999999:user/eve"), FAIL, "the stack is in account 123456789012"
    ),
    CheckCase("clock", stack(skew=timedelta(minutes=6)), FAIL, "360 s ahead of AWS"),
    CheckCase("clock", stack(skew=-timedelta(minutes=1)), WARN, "60 s behind AWS"),
    CheckCase("clock", stack(skew=None), SKIP, "no date"),
    CheckCase("status", stack(status="UPDATE_ROLLBACK_COMPLETE"), FAIL, "the last deployment failed"),
    CheckCase("status", stack(status="UPDATE_IN_PROGRESS"), WARN, "in progress"),
    CheckCase("status", stack(missing_outputs=("AlarmsTopicArn",)), FAIL, "no output AlarmsTopicArn"),
    CheckCase("release", stack(release="0.0.9"), WARN, "the stack runs 0.0.9"),
    CheckCase("mode", parameter(Mode="observe"), WARN, "in mode observe"),
    CheckCase("plan", plan(problems=("plant.yaml:3:1: no such field",)), FAIL, "no such field"),
    CheckCase("plan", plan(unreadable=("weld",)), FAIL, "cannot read: weld"),
    CheckCase("plan", plan(stored_version=0), WARN, "no plan"),
    CheckCase("plan", plan(differs=2), WARN, "in 2 models"),
    CheckCase("trail", stack(trails=()), WARN, "no trail records this region"),
    CheckCase("trail", stack(trails=(Trail("all", covers=True, logging=False),)), WARN, "all has stopped logging"),
    CheckCase("trail", stack(trails=(Trail("us", covers=False, logging=True),)), WARN, "this region: Preheat sees"),
    CheckCase("topic", stack(topics={"AlarmsTopicArn": Subscriptions(0, 1)}), FAIL, "not confirmed: 1 subscription;"),
    CheckCase("topic", stack(topics={"AlarmsTopicArn": Subscriptions(0, 0)}), WARN, "nobody receives every alarm"),
    CheckCase("alarms", stack(alarms={"TickMissingAlarm": "ALARM"}), FAIL, "in alarm: TickMissingAlarm"),
    CheckCase("alarms", stack(alarms={}), WARN, "no alarms"),
    CheckCase("queue", stack(queues={"WorkDeadLetterQueueUrl": 2}), FAIL, "it holds 2 messages"),
    CheckCase("queue", stack(queues={"RejectedRequestsQueueUrl": 2}), WARN, "it holds 2 messages"),
    CheckCase("service", only(change_model(LOOKOUT)), FAIL, "AWS closed Lookout for Vision"),
    CheckCase("function", only(change_model(OWN), BackendFunctionArns=""), FAIL, "may not invoke it"),
    CheckCase(
        "prefix", only(change_model(Target("weld", "v1", Backend.REKOGNITION))), FAIL, "weld does not begin with"
    ),
    CheckCase(
        "prefix", only(change_model(Target("line-p", "other", Backend.SAGEMAKER))), FAIL, "other does not begin with"
    ),
    CheckCase("region", only(change_model(replace(WELD.target, region="us-east-1"))), FAIL, "us-east-1 is not among"),
    CheckCase("role", only(FAR_FACTS, MemberRoleArns=""), FAIL, "is not among MemberRoleArns"),
    CheckCase(
        "role", only(replace(FAR_FACTS, last_reason="AssumeRole: AccessDenied: no")), FAIL, "the account refused"
    ),
    CheckCase("role", only(replace(FAR_FACTS, record=None)), WARN, "has not entered the account yet"),
    CheckCase("exists", only(replace(WELD_FACTS, version=Absent("no such version"))), FAIL, "there is no model"),
    CheckCase("exists", only(replace(PAINT_FACTS, config=Absent("gone"))), FAIL, "there is no endpoint config"),
    CheckCase(
        "exists", only(replace(WELD_FACTS, version=Present("TRAINING_FAILED", fit=False))), FAIL, "TRAINING_FAILED"
    ),
    CheckCase("config_model", only(replace(PAINT_FACTS, config=EndpointConfig(names_model=False))), FAIL, "no model"),
    CheckCase("key", only(PAINT_FACTS, EndpointKeyArns=""), FAIL, "not in EndpointKeyArns"),
    CheckCase("key", only(replace(PAINT_FACTS, config=replace(CONFIG, key="alias/line"))), WARN, "by its alias"),
    CheckCase(
        "owner", only(replace(PAINT_FACTS, endpoint=replace(ENDPOINT, tags={}))), WARN, "somebody else created it"
    ),
    CheckCase(
        "owner",
        only(replace(PAINT_FACTS, endpoint=replace(ENDPOINT, tags={"preheat:managed-by": "other"}))),
        FAIL,
        "belongs to the Preheat stack other",
    ),
    CheckCase(
        "owner",
        only(replace(PAINT_FACTS, endpoint=replace(ENDPOINT, tags={"aws:cloudformation:stack-name": "vision"}))),
        WARN,
        "the CloudFormation stack vision",
    ),
    CheckCase("fallbacks", fallback(Absent("Could not find it")), FAIL, "there is no endpoint config line-paint-3"),
    CheckCase("fallbacks", fallback(replace(CONFIG, names_model=False)), FAIL, "line-paint-3 names no model"),
    CheckCase("fallbacks", fallback(replace(CONFIG, key="other")), FAIL, "line-paint-3: the key other is not in"),
    CheckCase("fallbacks", fallback(CONFIG, name="alien-3"), FAIL, "alien-3 does not begin with ProjectPrefix"),
    CheckCase(
        "tags", only(replace(PAINT_FACTS, model=replace(PAINT, tags=(("Owner", "x"),)))), WARN, "planned tags Owner"
    ),
    CheckCase("right", right(allowed=False), FAIL, "may not call rekognition:StartProjectVersion"),
    CheckCase("right", right(allowed=False, missing=("aws:PrincipalOrgID",)), WARN, "without aws:PrincipalOrgID"),
    CheckCase("gate", only(replace(WELD_FACTS, model=replace(WELD, gate=GATE))), FAIL, "may not operate the gate"),
    CheckCase("drain", only(replace(WELD_FACTS, model=replace(WELD, drain=DRAIN))), FAIL, "may not count"),
    CheckCase("scaling", only(PAINT_FACTS, EndpointScaling="false"), FAIL, "SageMaker refuses Preheat's stop"),
    CheckCase("inference", only(WELD_FACTS, AllowInference="false"), FAIL, "Preheat may make none"),
    CheckCase(
        "holidays",
        only(replace(WELD_FACTS, model=replace(WELD, schedules=(replace(EARLY, closed_until=date(2026, 12, 24)),)))),
        FAIL,
        "only until 2026-12-24",
    ),
    CheckCase(
        "model_mode", only(replace(WELD_FACTS, model=replace(WELD, mode=Mode.PAUSED))), WARN, "its mode is paused"
    ),
    CheckCase("quota", quota(needed=5), FAIL, "needs 5 at 2026-11-23 06:00:00Z, the account allows 4"),
    CheckCase("quota", quota(allowed=None, published=1), FAIL, "the account allows 1"),
    CheckCase("quota", quota(allowed=Unanswered("x", offered=False), published=1), FAIL, "account allows 1"),
    CheckCase("quota", quota(allowed=None), SKIP, "lists no such quota"),
)


def faults(facts: Facts) -> list[Finding]:
    return [one for one in judge(facts) if one.verdict not in (CheckResult.PASS, CheckResult.SKIP)]


def test_a_sound_stack_passes_every_check() -> None:
    assert faults(SOUND) == []
    (skipped,) = [one for one in judge(SOUND) if one.verdict is CheckResult.SKIP]
    assert (skipped.check, skipped.subject) == ("model", "far")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.by}-{case.verdict}-{case.words[:20]}")
def test_each_fault_is_named_with_a_remedy(case: CheckCase) -> None:
    (found,) = [one for one in judge(case.facts) if case.words in one.meaning]
    assert found.verdict is case.verdict
    assert found.remedy or found.verdict is SKIP
    assert faults(case.facts) == [one for one in [found] if one.verdict is not SKIP]


def test_each_check_was_made_to_fail() -> None:
    checks = {
        name.removeprefix("check_")
        for module in (stack_checks, model_checks)
        for name, _ in inspect.getmembers(module, inspect.isfunction)
        if name.startswith("check_") and name not in ("check_stack", "check_models")
    }
    assert {case.by for case in CASES} == checks


DENIED = Unanswered("AccessDenied", "service:Action")
AWAY = Unanswered("no such service", offered=False)
LOST = Unanswered("timeout")


def fail_answers(answer: Unanswered) -> Mapping[str, Facts]:
    return {
        "caller": stack(caller=answer),
        "clock": stack(skew=answer),
        "plan": plan(unanswered=answer),
        "trails": stack(trails=answer),
        "trail": stack(trails=(Trail("all", covers=True, logging=answer),)),
        "topic": stack(topics={"AlarmsTopicArn": answer}),
        "alarms": stack(alarms=answer),
        "queue": stack(queues={"WorkDeadLetterQueueUrl": answer}),
        "record": only(replace(FAR_FACTS, record=answer)),
        "version": only(replace(WELD_FACTS, version=answer)),
        "config": only(replace(PAINT_FACTS, config=answer)),
        "endpoint": only(replace(PAINT_FACTS, endpoint=answer)),
        "tags": only(replace(PAINT_FACTS, endpoint=replace(ENDPOINT, tags=answer))),
        "scaling": only(replace(PAINT_FACTS, endpoint=replace(ENDPOINT, scalable_targets=answer))),
        "quota": quota(allowed=answer),
        "right": right(allowed=answer),
        "fallbacks": fallback(answer),
    }


@pytest.mark.parametrize("question", fail_answers(DENIED))
def test_a_denied_call_names_the_right_and_a_service_that_is_not_there_is_skipped(question: str) -> None:
    (denied,) = faults(fail_answers(DENIED)[question])
    assert denied.verdict is WARN
    assert denied.remedy.startswith("allow service:Action")
    (lost,) = faults(fail_answers(LOST)[question])
    assert (lost.verdict, lost.meaning) == (WARN, "not checked: timeout")
    assert faults(fail_answers(AWAY)[question]) == []
    assert [one for one in judge(fail_answers(AWAY)[question]) if "no such service" in one.meaning]


def test_models_with_the_same_fault_share_a_line_and_so_do_all_that_pass() -> None:
    many = tuple(replace(WELD_FACTS, model=replace(WELD, model_id=ModelId(f"weld-{number}"))) for number in range(3))
    absent = tuple(replace(one, version=Absent("none")) for one in many[:2])
    found = judge(replace(SOUND, models=(*absent, many[2])))
    assert [one.subject for one in found if one.verdict is FAIL] == ["weld-0, weld-1"]
    assert [one.subject for one in found if one.check == "prefix"] == ["3 checked"]


def test_the_peak_of_a_plan_is_where_most_runs_overlap() -> None:
    def span(begin: int, end: int, weight: int) -> tuple[datetime, datetime, int]:
        return NOW + timedelta(hours=begin), NOW + timedelta(hours=end), weight

    assert peak([span(0, 2, 1), span(2, 4, 1)]) == (1, NOW)
    assert peak([span(0, 3, 1), span(1, 4, 2), span(3, 5, 1)]) == (3, NOW + timedelta(hours=1))
