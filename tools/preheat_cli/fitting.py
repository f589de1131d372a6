"""The parts of a plan that a stack's parameters do not allow: services, regions, names, roles, gates and queues. Pure.

A stack whose parameters are unknown, as one in memory, allows everything. Knows no store and no service.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from preheat.domain.plan.hosted_model import QUEUE_ARN, QUEUE_URL, HostedModel
from preheat.domain.plan.plan import Backend, ModelId

# How many ARNs the longest text of a parameter holds; docs/parameters.md states it.
GATES_MAX: Final = 41
QUEUES_MAX: Final = 60
ROLES_MAX: Final = 50
FIELDS: Final = {Backend.SAGEMAKER: "endpoint", Backend.SAGEMAKER_COMPONENT: "component"}  # of a target's name


@dataclass(frozen=True, slots=True)
class Misfit:
    """One field of a model that the stack does not allow: what that means, and the remedy."""

    model_id: ModelId
    field: str
    meaning: str
    remedy: str

    def __str__(self) -> str:
        return f"models.{self.model_id}.{self.field}: {self.meaning}; {self.remedy}"


def find_misfits(models: Sequence[HostedModel], parameters: Mapping[str, str], region: str) -> list[Misfit]:
    """Return what the stack does not allow of the models, in their order. `region` is the stack's."""
    if not parameters:
        return []
    return [misfit for model in models for misfit in _judge(model, parameters, region, models)]


def describe_older_stack(release: str, command: str) -> list[str]:
    """Return why a command must not apply to a stack of an older release, and the remedy; nothing if it may.

    Functions refuse a plan that has what they do not know: they would serve no model. An unknown release is no reason.
    """
    if not release or read_release(release) >= read_release(command):
        return []
    return [
        f"preheat: the stack runs release {release}, and this command is {command}: the stack may not read its plan",
        f"no change applied; upgrade the stack first, or install release {release} of the command",
    ]


def read_release(text: str) -> tuple[int, ...]:
    """Return the numbers of a release for comparison: `0.10.2` is (0, 10, 2); what follows them does not count."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(int(part) for part in found[0].split(".")) if found is not None else ()


def find_shared(models: Sequence[HostedModel]) -> Iterator[Misfit]:
    """Yield each model that another name in the plan has already: two would start and stop it against each other.

    `validate` knows no stack, and so it does not know that the stack's own region is the same as none.
    """
    owners: dict[object, ModelId] = {}
    for model in models:
        first = owners.setdefault(model.target.resource(), model.model_id)
        if first != model.model_id:
            meaning = (
                f"{first} has the same target in this region: two models would start and stop it against each other"
            )
            yield Misfit(model.model_id, "region", meaning, "name both schedules in one model")


def _judge(
    model: HostedModel, parameters: Mapping[str, str], region: str, models: Sequence[HostedModel]
) -> Iterator[Misfit]:
    for found in (
        judge_service(model, parameters),
        judge_region(model, parameters, region),
        judge_prefix(model, parameters),
        judge_role(model, parameters, models),
        judge_function(model, parameters),
        judge_gate(model, parameters, models),
        judge_drain(model, parameters, region, models),
    ):
        if found is not None:
            yield found


def judge_service(model: HostedModel, parameters: Mapping[str, str]) -> Misfit | None:
    """A service that AWS closed answers only at an endpoint of its own."""
    if model.target.backend is not Backend.LOOKOUT_VISION or parameters.get("HostingEndpointUrl"):
        return None
    meaning = "AWS closed Lookout for Vision on 2025-10-31: nothing answers for this model"
    remedy = "run `preheat migrate`, or deploy with HostingEndpointUrl for a simulator"
    return Misfit(model.model_id, "backend", meaning, remedy)


def judge_region(model: HostedModel, parameters: Mapping[str, str], region: str) -> Misfit | None:
    """The rights of the stack cover the region; in a member account its role has regions of its own."""
    target, allowed = model.target, _read_list(parameters, "HostingRegions") or (region,)
    there = target.region or region
    if target.role is not None or target.backend is Backend.FUNCTION or there in allowed:
        return None
    meaning = f"{there} is not among the hosting regions {', '.join(allowed)}: Preheat may call nothing there"
    return Misfit(model.model_id, "region", meaning, f"correct it, or deploy with {there} in HostingRegions")


def judge_prefix(model: HostedModel, parameters: Mapping[str, str]) -> Misfit | None:
    """The rights of the stack cover the names; in a member account its role has prefixes of its own."""
    target, prefix = model.target, parameters.get("ProjectPrefix", "")
    if target.role is not None or target.backend is Backend.FUNCTION:
        return None
    names: dict[str, tuple[str, ...]] = {FIELDS.get(target.backend, "project"): (target.project,)}
    if target.backend is Backend.SAGEMAKER:
        names["configs" if model.fallbacks else "config"] = (target.version, *model.fallbacks)
    for field, named in names.items():
        outside = [name for name in named if not name.startswith(prefix)]
        if outside:
            verb = "does" if len(outside) == 1 else "do"
            begin = f"{' and '.join(outside)} {verb} not begin with ProjectPrefix {prefix!r}"
            meaning = f"{begin}: Preheat may not start or stop it"
            return Misfit(model.model_id, field, meaning, "rename it, or deploy with a ProjectPrefix that covers it")
    return None


def judge_role(model: HostedModel, parameters: Mapping[str, str], models: Sequence[HostedModel] = ()) -> Misfit | None:
    """A role of a member account is one that the stack may assume."""
    role = model.target.role
    if role is None or role in _read_list(parameters, "MemberRoleArns"):
        return None
    meaning = f"{role} is not among MemberRoleArns: Preheat does not assume it"
    needed = len({each.target.role for each in models if each.target.role is not None})
    remedy = "deploy with the role in MemberRoleArns"
    if needed > ROLES_MAX:
        remedy += f"; it holds about {ROLES_MAX} roles, and the plan has {needed}: use a second stack"
    return Misfit(model.model_id, "role", meaning, remedy)


def judge_function(model: HostedModel, parameters: Mapping[str, str]) -> Misfit | None:
    """A function of the user's own is one that the stack may invoke."""
    target = model.target
    if target.backend is not Backend.FUNCTION or target.project in _read_list(parameters, "BackendFunctionArns"):
        return None
    meaning = f"{target.project} is not among BackendFunctionArns: Preheat may not invoke it"
    return Misfit(model.model_id, "function", meaning, "deploy with the function in BackendFunctionArns")


def judge_gate(model: HostedModel, parameters: Mapping[str, str], models: Sequence[HostedModel] = ()) -> Misfit | None:
    """The stack may operate the gate. A named function may be the one behind it."""
    if model.gate is None or _read_list(parameters, "GateFunctionArns"):
        return None
    if any(arn.rpartition(":")[2] == model.gate for arn in _read_list(parameters, "GateMappingArns")):
        return None
    meaning = f"the stack may not operate the gate {model.gate}: it never opens, and delays each stop by 5 minutes"
    needed = sum(each.gate is not None for each in models)
    remedy = "deploy with its ARN in GateMappingArns, or with its function in GateFunctionArns"
    if needed > GATES_MAX:
        remedy = f"deploy with GateFunctionArns: GateMappingArns holds {GATES_MAX} gates, and the plan has {needed}"
    return Misfit(model.model_id, "gate", meaning, remedy)


def judge_drain(
    model: HostedModel, parameters: Mapping[str, str], region: str, models: Sequence[HostedModel] = ()
) -> Misfit | None:
    """The stack may count the queue."""
    if model.drain is None:
        return None
    name = _name_queue(model.drain.queue, region)
    if any(_covers(arn, name) for arn in _read_list(parameters, "DrainQueueArns")):
        return None
    meaning = f"the stack may not count {model.drain.queue}: each stop waits for the whole limit of its drain"
    needed = len({each.drain.queue for each in models if each.drain is not None})
    remedy = "deploy with its ARN in DrainQueueArns"
    if needed > QUEUES_MAX:
        remedy += (
            f'; end an ARN with "*" to cover several, because it holds about {QUEUES_MAX} and the plan has {needed}'
        )
    return Misfit(model.model_id, "drain", meaning, remedy)


def _read_list(parameters: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(filter(None, parameters.get(name, "").split(",")))


def _name_queue(queue: str, region: str) -> str:
    """Return REGION:ACCOUNT:NAME of a queue from its URL or ARN."""
    found = QUEUE_ARN.fullmatch(queue) or QUEUE_URL.fullmatch(queue)
    if found is None:
        raise ValueError(f"queue {queue!r} is neither a URL nor an ARN")  # `Drain` refuses it
    return f"{found['region'] or region}:{found['account']}:{found['name']}"


def _covers(arn: str, name: str) -> bool:
    listed = arn.split(":", 3)[-1]
    return name.startswith(listed[:-1]) if listed.endswith("*") else name == listed
