"""Gathers the facts about models of the stack's own account: versions, endpoint configs, endpoints. Judges nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from botocore.exceptions import ClientError

from preheat.adapters.client import AwsService
from preheat.adapters.hosting.clients import SERVICES
from preheat.adapters.hosting.component import ComponentHosting
from preheat.adapters.hosting.lookout import LookoutHosting
from preheat.adapters.hosting.rekognition import RekognitionHosting
from preheat.adapters.hosting.sagemaker import ABSENT, ABSENT_CONFIG
from preheat.adapters.hosting.scaling import EndpointScaling
from preheat.app.ports.errors import ModelGone
from preheat.app.ports.hosting import Hosting
from preheat.app.ports.store import Store
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend, ModelId, Target
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import ModelRecord
from preheat_cli.doctor.asking import Clients, ask
from preheat_cli.doctor.facts import Absent, Endpoint, EndpointConfig, ModelFacts, Present, Unanswered

HANDS: Final = 4  # questions side by side; a service takes about five calls a second of one kind
URLS: Final = {
    Backend.LOOKOUT_VISION: "HostingEndpointUrl",
    Backend.REKOGNITION: "RekognitionEndpointUrl",
    Backend.SAGEMAKER: "SageMakerEndpointUrl",
    Backend.SAGEMAKER_COMPONENT: "SageMakerEndpointUrl",
}
_DESCRIBES: Final = {
    Backend.LOOKOUT_VISION: "lookoutvision:DescribeModel",
    Backend.REKOGNITION: "rekognition:DescribeProjectVersions",
    Backend.SAGEMAKER_COMPONENT: "sagemaker:DescribeInferenceComponent",
}


def gather_models(
    models: Sequence[HostedModel], store: Store, parameters: Mapping[str, str], clients: Clients
) -> tuple[ModelFacts, ...]:
    """Return the facts about each model, in the order of the plan. Calls only what reads; never raises."""
    with ThreadPoolExecutor(HANDS) as hands:
        return tuple(hands.map(lambda model: _gather(model, store, parameters, clients), models))


def _gather(model: HostedModel, store: Store, parameters: Mapping[str, str], clients: Clients) -> ModelFacts:
    target, url = model.target, parameters.get(URLS.get(model.target.backend, "")) or None
    record = ask("dynamodb:GetItem", lambda: store.load(model.model_id))
    if target.role is not None:
        return ModelFacts(model, record, _last_reason(store, model.model_id, record))
    if target.backend is Backend.LOOKOUT_VISION and url is None:
        return ModelFacts(model, record)  # there is no such service any more
    if target.backend is Backend.FUNCTION:
        return ModelFacts(model, record)  # only the stack invokes it, and `preheat backend check`

    def client(_: Target, service: AwsService | None = None) -> Any:
        return clients((service or SERVICES[target.backend]).value, target.region, url)

    if target.backend is Backend.SAGEMAKER:
        config, endpoint = _config(client, target), _endpoint(client, target)
        fallbacks = {name: _config(client, target.of_config(name)) for name in model.fallbacks}
        return ModelFacts(model, record, config=config, fallbacks=fallbacks, endpoint=endpoint)
    return ModelFacts(model, record, version=_version(client, target))


def _last_reason(store: Store, model_id: ModelId, record: ModelRecord | Unanswered | None) -> str:
    if not isinstance(record, ModelRecord):
        return ""
    entries = ask("dynamodb:Query", lambda: store.read_ledger(model_id))
    return entries[-1].reason if not isinstance(entries, Unanswered) and entries else ""


def _version(client: Any, target: Target) -> Present | Absent | Unanswered:
    def question() -> Present | Absent:
        try:
            seen = _open(client, target).describe(target)
        except ModelGone as error:
            return Absent(str(error))
        return Present(seen.detail, fit=seen.observed is not Observed.UNFIT)

    return ask(_DESCRIBES[target.backend], question)


def _open(client: Any, target: Target) -> Hosting:
    match target.backend:
        case Backend.REKOGNITION:
            return RekognitionHosting(client(target))
        case Backend.SAGEMAKER_COMPONENT:
            return ComponentHosting(client(target), client)
        case _:
            return LookoutHosting(client(target))


def _config(client: Any, target: Target) -> EndpointConfig | Absent | Unanswered:
    def question() -> EndpointConfig | Absent:
        try:
            found = client(target).describe_endpoint_config(EndpointConfigName=target.version)
        except ClientError as error:
            return _absent(error, ABSENT_CONFIG)
        variants = found.get("ProductionVariants", [])
        instances: Counter[str] = Counter()
        for variant in variants:
            if variant.get("InstanceType"):
                instances[str(variant["InstanceType"])] += int(variant.get("InitialInstanceCount", 1))
        named = bool(variants) and all(variant.get("ModelName") for variant in variants)
        return EndpointConfig(named, str(found.get("KmsKeyId", "")), dict(instances))

    return ask("sagemaker:DescribeEndpointConfig", question)


def _endpoint(client: Any, target: Target) -> Endpoint | Absent | Unanswered:
    def question() -> Endpoint | Absent:
        service = client(target)
        try:
            found = service.describe_endpoint(EndpointName=target.project)
        except ClientError as error:
            return _absent(error, ABSENT)
        variants = [str(variant["VariantName"]) for variant in found.get("ProductionVariants", [])]
        tags = ask("sagemaker:ListTags", lambda: _tags(service, str(found["EndpointArn"])))
        scaling = ask(
            "application-autoscaling:DescribeScalableTargets",
            lambda: EndpointScaling(client).read(target, variants).targets if variants else 0,
        )
        return Endpoint(str(found.get("EndpointStatus", "")), tags, scaling)

    return ask("sagemaker:DescribeEndpoint", question)


def _tags(service: Any, arn: str) -> dict[str, str]:
    pages = service.get_paginator("list_tags").paginate(ResourceArn=arn)
    return {str(tag["Key"]): str(tag["Value"]) for page in pages for tag in page.get("Tags", [])}


def _absent(error: Exception, words: str) -> Absent:
    """Return what an error says if it says that there is no such thing; raise it again if not."""
    if words not in str(error).lower():
        raise error
    return Absent(str(error))
