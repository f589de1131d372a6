"""Asks IAM, by simulation, whether the role of `reconcile` may make each call that a plan needs. Changes nothing.

Derives the calls from the session policy, which allows exactly them, so that no list repeats the code.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from preheat.adapters.hosting.sagemaker import MANAGED_BY
from preheat.adapters.hosting.session_policy import RolePlace, find_grants
from preheat.app.ports.plans import Listed
from preheat.domain.plan.plan import Backend
from preheat_cli.doctor.asking import Clients, ask
from preheat_cli.doctor.facts import EndpointConfig, ModelFacts, RightFacts, StackFacts, Unanswered

HANDS: Final = 4  # questions side by side; IAM takes about five simulations a second
MODELS_MAX: Final = 20  # a simulation for each kind of call of each model: the first models speak for the others
SIMULATE: Final = "iam:SimulatePrincipalPolicy"
_PARTITION: Final = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam:")

type Question = tuple[str, tuple[str, ...], str, dict[str, str]]
"""A model, the actions, the resource, and the context of the call."""


def gather_rights(
    models: Sequence[ModelFacts], stack: StackFacts, role: str, clients: Clients
) -> tuple[RightFacts, ...]:
    """Return what IAM says of each call, in the order of the plan. `role` makes the calls. Never raises."""
    asked = [facts for facts in models if facts.model.target.backend is not Backend.LOOKOUT_VISION][:MODELS_MAX]
    questions = [question for facts in asked for question in _find_questions(facts, stack, role)]
    with ThreadPoolExecutor(HANDS) as hands:
        found = list(hands.map(lambda question: _simulate(clients, role, question), questions))
    return tuple(one for several in found for one in several)


def _find_questions(facts: ModelFacts, stack: StackFacts, role: str) -> Iterator[Question]:
    model, target = facts.model, facts.model.target
    found = _PARTITION.match(role)
    region = target.region or stack.region
    if target.role is not None:
        yield model.model_id, ("sts:AssumeRole",), target.role, {"sts:ExternalId": "preheat-0"}
        return
    if target.backend is Backend.FUNCTION:
        yield model.model_id, ("lambda:InvokeFunction",), target.project, {}
        return
    place = RolePlace(found["partition"] if found else "aws", region, stack.account)
    context = {
        "aws:RequestedRegion": region,
        f"aws:RequestTag/{MANAGED_BY}": stack.name,
        f"aws:ResourceTag/{MANAGED_BY}": stack.name,
        "sagemaker:TaggingAction": "CreateEndpoint",
        "application-autoscaling:service-namespace": "sagemaker",
        "kms:GrantIsForAWSResource": "true",
        "kms:ViaService": f"sagemaker.{region}.{_suffix(place.partition)}",
    }
    listed = Listed(target, inference=model.readiness is not None, fallbacks=model.fallbacks)
    for actions, resource in find_grants(listed, place):
        if _is_needed(actions[0], facts, stack):
            yield model.model_id, actions, resource if resource == "*" else resource.replace("*", "0"), context


def _is_needed(action: str, facts: ModelFacts, stack: StackFacts) -> bool:
    """Return whether the calls of a kind follow from this model: keys and scaling have checks of their own."""
    scales = stack.parameters.get("EndpointScaling") == "true"
    if action.startswith("kms:"):
        return False  # `check_key` compares the key of the config with EndpointKeyArns
    of_scaling = action.startswith(("application-autoscaling:", "cloudwatch:")) or "Weights" in action
    return scales and isinstance(facts.config, EndpointConfig) if of_scaling else True


def _suffix(partition: str) -> str:
    return "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"


def _simulate(clients: Clients, role: str, question: Question) -> list[RightFacts]:
    model_id, actions, resource, context = question

    def ask_iam() -> list[Mapping[str, Any]]:
        entries = [
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
            for key, value in context.items()
        ]
        answer = clients("iam", None, None).simulate_principal_policy(
            PolicySourceArn=role, ActionNames=list(actions), ResourceArns=[resource], ContextEntries=entries
        )
        return list(answer.get("EvaluationResults", []))

    rows = ask(SIMULATE, ask_iam)
    if isinstance(rows, Unanswered):
        return [RightFacts(model_id, action, resource, rows) for action in actions]
    return [
        RightFacts(
            model_id,
            str(row.get("EvalActionName", "")),
            resource,
            row.get("EvalDecision") == "allowed",
            tuple(map(str, row.get("MissingContextValues", []))),
        )
        for row in rows
    ]
