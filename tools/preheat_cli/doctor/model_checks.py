"""The checks of a model against the account and the parameters of the stack. Each is a pure function over the facts.

A check that does not concern a model returns None.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from preheat.adapters.hosting.listing import STACK_TAG
from preheat.adapters.hosting.sagemaker import MANAGED_BY
from preheat.domain.calendar.timetable import find_closed_until, runs_short
from preheat.domain.plan.plan import Backend, Mode
from preheat.domain.record.lifecycle import Observed
from preheat.domain.values import change
from preheat_cli.doctor.facts import (
    Absent,
    Endpoint,
    EndpointConfig,
    Facts,
    ModelFacts,
    Present,
    QuotaFacts,
    RightFacts,
    StackFacts,
    Unanswered,
)
from preheat_cli.doctor.finding import CheckResult, Finding, skip_check
from preheat_cli.fitting import (
    Misfit,
    judge_drain,
    judge_function,
    judge_gate,
    judge_prefix,
    judge_region,
    judge_role,
    judge_service,
)
from preheat_cli.views import show

ENTERS: Final = "AssumeRole"  # how the reason of a ledger entry begins if a member account did not let Preheat in


def check_models(facts: Facts) -> Iterator[Finding]:
    """Yield the findings about each model, one check after the other."""
    stack = facts.stack
    for found in (
        *(check_service(model, stack) for model in facts.models),
        *(check_function(model, stack) for model in facts.models),
        *(check_prefix(model, stack) for model in facts.models),
        *(check_region(model, stack) for model in facts.models),
        *(check_role(model, stack) for model in facts.models),
        *(check_exists(model, stack) for model in facts.models),
        *(check_config_model(model) for model in facts.models),
        *(check_key(model, stack) for model in facts.models),
        *(check_fallbacks(model, stack) for model in facts.models),
        *(check_owner(model, stack) for model in facts.models),
        *(check_tags(model, stack) for model in facts.models),
        *(check_right(right) for right in facts.rights),
        *(check_scaling(model, stack) for model in facts.models),
        *(check_inference(model, stack) for model in facts.models),
        *(check_gate(model, stack) for model in facts.models),
        *(check_drain(model, stack) for model in facts.models),
        *(check_holidays(model, facts.at) for model in facts.models),
        *(check_model_mode(model) for model in facts.models),
        *(check_quota(quota) for quota in facts.quotas),
    ):
        if found is not None:
            yield found


def check_service(facts: ModelFacts, stack: StackFacts) -> Finding | None:
    """The service that hosts the model exists."""
    misfit = judge_service(facts.model, stack.parameters)
    return None if misfit is None else _make_failed("service", misfit)


def check_function(facts: ModelFacts, stack: StackFacts) -> Finding | None:
    """The stack may invoke the function that is the model's backend."""
    target = facts.model.target
    if target.backend is not Backend.FUNCTION:
        return None
    misfit = judge_function(facts.model, stack.parameters)
    if misfit is not None:
        return _make_failed("function", misfit)
    return Finding("function", facts.model.model_id, CheckResult.PASS, "in BackendFunctionArns")


def check_prefix(facts: ModelFacts, stack: StackFacts) -> Finding | None:
    """The rights of the stack cover the names; in a member account its role has prefixes of its own."""
    target, prefix = facts.model.target, stack.parameters.get("ProjectPrefix", "")
    if target.role is not None or target.backend is Backend.FUNCTION:
        return None
    misfit = judge_prefix(facts.model, stack.parameters)
    if misfit is not None:
        return _make_failed("prefix", misfit)
    return Finding("prefix", facts.model.model_id, CheckResult.PASS, f"begins with {prefix}")


def check_region(facts: ModelFacts, stack: StackFacts) -> Finding | None:
    """The rights of the stack cover the region; in a member account its role has regions of its own."""
    target = facts.model.target
    if target.role is not None or target.backend is Backend.FUNCTION:
        return None
    misfit = judge_region(facts.model, stack.parameters, stack.region)
    if misfit is not None:
        return _make_failed("region", misfit)
    return Finding("region", facts.model.model_id, CheckResult.PASS, target.region or stack.region)


def check_role(facts: ModelFacts, stack: StackFacts) -> Finding | None:
    """The role of a member account is listed, and lets Preheat in.

    Only the functions may assume it, so that their last answer decides.
    """
    role = facts.model.target.role
    if role is None:
        return None
    check, subject = "role", facts.model.model_id
    misfit = judge_role(facts.model, stack.parameters)
    if misfit is not None:
        return _make_failed(check, misfit)
    if isinstance(facts.record, Unanswered):
        return skip_check(check, subject, facts.record)
    if facts.last_reason.startswith(ENTERS):
        remedy = "run `preheat accounts` and deploy templates/member-role.yaml there with its ExternalId"
        return Finding(check, subject, CheckResult.FAIL, f"the account refused: {facts.last_reason}", remedy)
    if facts.record is not None and facts.record.observed is not Observed.UNKNOWN:
        return Finding(check, subject, CheckResult.PASS, f"Preheat read the model there: {facts.record.observed}")
    meaning = "Preheat has not entered the account yet; only its functions may assume the role"
    return Finding(
        check, subject, CheckResult.WARN, meaning, "apply the plan, wait two minutes, run this command again"
    )


def check_exists(facts: ModelFacts, stack: StackFacts) -> Finding | None:
    """The project version or the endpoint config is there."""
    target = facts.model.target
    endpoint = target.backend is Backend.SAGEMAKER
    answer = facts.config if endpoint else facts.version
    check, subject = "model", facts.model.model_id
    if target.role is not None:
        meaning = f"in account {target.account}, which only Preheat's functions may enter"
        return Finding(check, subject, CheckResult.SKIP, meaning)
    if answer is None:
        return None  # `check_service` reports it
    if isinstance(answer, Unanswered):
        return skip_check(check, subject, answer)
    if isinstance(answer, Absent):
        what = f"endpoint config {target.version}" if endpoint else f"model {'/'.join(target.names)}"
        meaning = f"there is no {what} in {target.region or stack.region}: {answer.words}"
        return Finding(
            check, subject, CheckResult.FAIL, meaning, "check the names in the plant file, the region, the account"
        )
    if isinstance(answer, Present) and not answer.fit:
        meaning = f"the service cannot start this version: {answer.status}"
        return Finding(check, subject, CheckResult.FAIL, meaning, "train a version, and name it in the plant file")
    status = answer.status if isinstance(answer, Present) else "the endpoint config exists"
    return Finding(check, subject, CheckResult.PASS, status)


def check_config_model(facts: ModelFacts) -> Finding | None:
    """The endpoint config names a model."""
    if not isinstance(facts.config, EndpointConfig):
        return None
    check, subject = "config", facts.model.model_id
    if facts.config.names_model:
        return Finding(check, subject, CheckResult.PASS, "names a model")
    meaning = "the endpoint config names no model (it is for inference components): its endpoint serves nothing"
    return Finding(check, subject, CheckResult.FAIL, meaning, "name a config whose variants have a ModelName")


def check_key(facts: ModelFacts, stack: StackFacts) -> Finding | None:
    """The key of an encrypted endpoint is among those that Preheat may use."""
    if not isinstance(facts.config, EndpointConfig) or not facts.config.key:
        return None
    check, subject, key = "key", facts.model.model_id, facts.config.key
    allowed = stack.read_list("EndpointKeyArns")
    if any(arn == key or arn.endswith(f"/{key}") for arn in allowed):
        return Finding(check, subject, CheckResult.PASS, key)
    if "alias/" in key:
        meaning = f"the endpoint config names the key by its alias {key}; EndpointKeyArns has ARNs"
        return Finding(check, subject, CheckResult.WARN, meaning, "see that the key of the alias is in EndpointKeyArns")
    meaning = f"the key {key} is not in EndpointKeyArns: SageMaker refuses to create the endpoint"
    return Finding(check, subject, CheckResult.FAIL, meaning, "deploy with the ARN of the key in EndpointKeyArns")


def check_fallbacks(facts: ModelFacts, stack: StackFacts) -> Finding | None:
    """Each config to fall back to exists, names a model, and has a key that Preheat may use."""
    if not facts.fallbacks:
        return None
    check, subject = "fallbacks", facts.model.model_id
    for name, config in facts.fallbacks.items():
        if isinstance(config, Unanswered):
            return skip_check(check, subject, config)
        meaning = ""
        if isinstance(config, Absent):
            meaning = f"there is no endpoint config {name}: {config.words}"
        elif not config.names_model:
            meaning = f"the endpoint config {name} names no model (it is for inference components)"
        elif (
            key := check_key(change(facts, config=config), stack)
        ) is not None and key.verdict is not CheckResult.PASS:
            meaning = f"{name}: {key.meaning}"
        if meaning:
            remedy = "correct `configs` in the plant file, or fix the config; Preheat skips one that it cannot use"
            return Finding(check, subject, CheckResult.FAIL, meaning, remedy)
    return Finding(check, subject, CheckResult.PASS, ", ".join(facts.fallbacks))


def check_tags(facts: ModelFacts, stack: StackFacts) -> Finding | None:
    """An endpoint of this stack that exists has the tags of the plan."""
    endpoint = facts.endpoint
    if not facts.model.tags or not isinstance(endpoint, Endpoint) or isinstance(endpoint.tags, Unanswered):
        return None  # `check_owner` reports tags that cannot be read
    if endpoint.tags.get(MANAGED_BY) != stack.name:
        return None
    check, subject, tags = "tags", facts.model.model_id, endpoint.tags
    lacking = [key for key, value in facts.model.tags if tags.get(key) != value]
    if not lacking:
        return Finding(check, subject, CheckResult.PASS, show.count(len(facts.model.tags), "tag"))
    meaning = (
        f"the endpoint lacks the planned tags {', '.join(lacking)}: Preheat tags an endpoint only as it creates it"
    )
    remedy = "add the tags by hand, or wait for the next start"
    return Finding(check, subject, CheckResult.WARN, meaning, remedy)


def check_right(right: RightFacts) -> Finding:
    """The role of `reconcile` may make a call that the plan needs; IAM simulates it."""
    check, subject = "right", right.model_id
    if isinstance(right.allowed, Unanswered):
        return skip_check(check, subject, right.allowed)
    if right.allowed:
        return Finding(check, subject, CheckResult.PASS, f"{right.action} on {right.resource}")
    if right.missing:
        meaning = f"not known: IAM cannot judge {right.action} without {', '.join(right.missing)}"
        return Finding(check, subject, CheckResult.WARN, meaning, "run `preheat doctor --live MODEL` to see it happen")
    meaning = f"the role of reconcile may not call {right.action} on {right.resource}"
    remedy = "see the checks prefix and region; else a boundary or an organization policy denies it"
    return Finding(check, subject, CheckResult.FAIL, meaning, remedy)


def check_owner(facts: ModelFacts, stack: StackFacts) -> Finding | None:
    """This stack created the existing endpoint, or nobody else claims it."""
    check, subject = "owner", facts.model.model_id
    if isinstance(facts.endpoint, Unanswered):
        return skip_check(check, subject, facts.endpoint)
    if not isinstance(facts.endpoint, Endpoint):
        return None
    tags = facts.endpoint.tags
    if isinstance(tags, Unanswered):
        return skip_check(check, subject, tags)
    manager = tags.get(MANAGED_BY)
    if manager == stack.name:
        return Finding(check, subject, CheckResult.PASS, "created by this stack")
    if STACK_TAG in tags:
        meaning = f"the endpoint belongs to the CloudFormation stack {tags[STACK_TAG]}; Preheat never deletes it"
        remedy = "keep the config there and remove the endpoint; see docs/infrastructure-as-code.md"
        return Finding(check, subject, CheckResult.WARN, meaning, remedy)
    if manager is not None:
        meaning = f"the endpoint belongs to the Preheat stack {manager}; this stack never deletes it"
        return Finding(check, subject, CheckResult.FAIL, meaning, "name each endpoint in the plan of one stack only")
    meaning = f"the endpoint has no tag {MANAGED_BY}: somebody else created it, and Preheat never deletes it"
    remedy = f"delete the endpoint, or give it the tag {MANAGED_BY}={stack.name} to hand it over"
    return Finding(check, subject, CheckResult.WARN, meaning, remedy)


def check_scaling(facts: ModelFacts, stack: StackFacts) -> Finding | None:
    """The stack may stop an endpoint that scales."""
    if not isinstance(facts.endpoint, Endpoint):
        return None
    check, subject, targets = "scaling", facts.model.model_id, facts.endpoint.scalable_targets
    if isinstance(targets, Unanswered):
        return skip_check(check, subject, targets)
    if targets and stack.parameters.get("EndpointScaling") != "true":
        meaning = f"the endpoint has {show.count(targets, 'scalable target')}: SageMaker refuses Preheat's stop"
        return Finding(check, subject, CheckResult.FAIL, meaning, "deploy with EndpointScaling=true")
    return Finding(check, subject, CheckResult.PASS, show.count(targets, "scalable target"))


def check_gate(facts: ModelFacts, stack: StackFacts) -> Finding | None:
    """Preheat may operate the gate of the model."""
    if facts.model.gate is None:
        return None
    misfit = judge_gate(facts.model, stack.parameters)
    return (
        _make_failed("gate", misfit)
        if misfit
        else Finding("gate", facts.model.model_id, CheckResult.PASS, facts.model.gate)
    )


def check_drain(facts: ModelFacts, stack: StackFacts) -> Finding | None:
    """Preheat may count the queue that a stop waits for."""
    drain = facts.model.drain
    if drain is None:
        return None
    misfit = judge_drain(facts.model, stack.parameters, stack.region)
    return (
        _make_failed("drain", misfit)
        if misfit
        else Finding("drain", facts.model.model_id, CheckResult.PASS, drain.queue)
    )


def _make_failed(check: str, misfit: Misfit) -> Finding:
    return Finding(check, misfit.model_id, CheckResult.FAIL, misfit.meaning, misfit.remedy)


def check_inference(facts: ModelFacts, stack: StackFacts) -> Finding | None:
    """Preheat may make the inference that proves that the model is ready."""
    if facts.model.readiness is None or facts.model.target.role is not None:
        return None
    check, subject = "readiness", facts.model.model_id
    if stack.parameters.get("AllowInference") == "true":
        return Finding(check, subject, CheckResult.PASS, "the stack has AllowInference")
    meaning = "the plant file asks for an inference, and Preheat may make none: the model never counts as ready"
    return Finding(check, subject, CheckResult.FAIL, meaning, "deploy with AllowInference=true")


def check_holidays(facts: ModelFacts, now: datetime) -> Finding | None:
    """The holidays of its schedules are known for months ahead."""
    known_until = find_closed_until(facts.model.schedules)
    if known_until is None:
        return None
    check, subject = "holidays", facts.model.model_id
    if not runs_short(known_until, now):
        return Finding(check, subject, CheckResult.PASS, f"the plan has them until {known_until}")
    meaning = f"the plan has holidays only until {known_until}; after that date Preheat counts holidays as workdays"
    return Finding(check, subject, CheckResult.FAIL, meaning, "run `preheat apply` with the plant file again")


def check_model_mode(facts: ModelFacts) -> Finding | None:
    """The model is one that Preheat acts on."""
    if facts.model.mode is Mode.ACT:
        return None
    meaning = f"its mode is {facts.model.mode}: Preheat neither starts nor stops it"
    return Finding("mode", facts.model.model_id, CheckResult.WARN, meaning, "set `mode: act` and apply")


def check_quota(quota: QuotaFacts) -> Finding:
    """The account may run what the plan needs at the busiest moment of the days to come."""
    check, subject = "quota", f"{quota.name}, {quota.region}"
    allowed: float | None
    if isinstance(quota.allowed, Unanswered):
        if quota.published is None or quota.needed <= quota.published:
            return skip_check(check, subject, quota.allowed)
        allowed = quota.published
    else:
        allowed = quota.published if quota.allowed is None else quota.allowed
    if allowed is None:
        return Finding(
            check, subject, CheckResult.SKIP, f"Service Quotas lists no such quota; the plan needs {quota.needed}"
        )
    if quota.needed <= allowed:
        return Finding(check, subject, CheckResult.PASS, f"the plan needs {quota.needed} of {allowed:g}")
    meaning = f"the plan needs {quota.needed} at {show.instant(quota.needed_at)}, the account allows {allowed:g}"
    return Finding(check, subject, CheckResult.FAIL, meaning, "request an increase in Service Quotas, or move a shift")
