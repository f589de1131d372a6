"""The target of a model entry: a version, an endpoint, a component or a function, in its service's words.

Owns the fields that name it, and the target that they mean. When it is needed is `models`' affair.
"""

import json
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, WithJsonSchema

from preheat.domain.plan.plan import FUNCTION_ARN, PARAMETERS_MAX, Backend, Idempotence, Target
from preheat_plantfile.schema.leaves import (
    CONFIGS,
    FUNCTION,
    IDEMPOTENT_BY,
    LABELS_ARN,
    LABELS_PROJECT,
    LABELS_VERSION,
    REGION_NAME,
    ROLE_ARN,
    VERSION_ARN,
    Component,
    Endpoint,
    EndpointConfig,
    Project,
    Version,
    backend_leaf,
)
from preheat_plantfile.schema.windows import Strict

BACKEND_FIELD: Final = (
    "Service that hosts it: rekognition, sagemaker, sagemaker-component, function, or lookoutvision, which AWS closed"
    " on 2025-10-31."
)
PARAMETERS_ACCEPTED: Final = f"a mapping that takes at most {PARAMETERS_MAX:,} characters as JSON"
UNNAMED: Final = "unnamed"  # the model's name is the key of its entry, which no entry knows


def _parameters(value: Any) -> Any:
    """Refuse values that JSON does not carry: the function gets the mapping as the file has it."""
    if not isinstance(value, dict):
        raise ValueError(PARAMETERS_ACCEPTED)  # noqa: TRY004 - pydantic reports only a ValueError at its place
    try:
        text = canonical(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{PARAMETERS_ACCEPTED}, without dates and other values that JSON does not have") from error
    if len(text) > PARAMETERS_MAX:
        raise ValueError(PARAMETERS_ACCEPTED)
    return value


def canonical(parameters: dict[str, Any]) -> str:
    """Return parameters as compact JSON with sorted keys: equal parameters make equal texts."""
    if not all(isinstance(key, str) for key in parameters):
        raise TypeError("a key is not text")
    return json.dumps(parameters, separators=(",", ":"), sort_keys=True, allow_nan=False, ensure_ascii=False)


ParametersEntry = Annotated[dict[str, Any], BeforeValidator(_parameters), WithJsonSchema({"type": "object"})]


class TargetPlace(Strict):
    """Where a model of any service is hosted."""

    region: Annotated[str | None, *REGION_NAME] = Field(
        default_factory=lambda: None, description="Region that hosts it, if not the stack's: eu-central-1."
    )
    role: Annotated[str | None, *ROLE_ARN] = Field(
        default_factory=lambda: None,
        description="Role to assume in the account that hosts it, if that is not the stack's.",
    )


class LookoutTarget(TargetPlace):
    """A version of a Lookout for Vision model."""

    backend: Annotated[Backend, *backend_leaf(Backend.LOOKOUT_VISION)] = Field(description=BACKEND_FIELD)
    project: Project = Field(description="Lookout for Vision project.")
    version: Version = Field(description="Version number of the model, never 'latest'.")

    def target(self) -> Target:
        """Return what the fields name."""
        return Target(self.project, self.version, self.backend, self.region, self.role)


class RekognitionTarget(TargetPlace):
    """A version of a Rekognition Custom Labels project: by name, or by its ARN alone."""

    backend: Annotated[Backend, *backend_leaf(Backend.REKOGNITION)] = Field(description=BACKEND_FIELD)
    project: Annotated[str | None, *LABELS_PROJECT] = Field(
        default_factory=lambda: None, description="Rekognition Custom Labels project, by its name."
    )
    version: Annotated[str | None, *LABELS_VERSION] = Field(
        default_factory=lambda: None, description="Version of the project, by its name."
    )
    arn: Annotated[str | None, *LABELS_ARN] = Field(
        default_factory=lambda: None, description="ARN of the project version, in place of project and version."
    )

    def target(self) -> Target:
        """Return what the fields name; the ARN's region holds, its account is the role's or the stack's."""
        if self.arn is None:
            return Target(self.project or "", self.version or "", self.backend, self.region, self.role)
        named = VERSION_ARN.fullmatch(self.arn)
        parts = named.groupdict() if named else {}
        return Target(parts["project"], parts["version"], self.backend, parts["region"], self.role)

    def arn_account(self) -> str | None:
        """Return the account that the ARN names, if there is one."""
        named = VERSION_ARN.fullmatch(self.arn) if self.arn is not None else None
        return named["account"] if named else None


class _Endpoint(TargetPlace):
    """A SageMaker real-time endpoint, created from an endpoint config when it is needed."""

    backend: Annotated[Backend, *backend_leaf(Backend.SAGEMAKER)] = Field(description=BACKEND_FIELD)
    endpoint: Endpoint = Field(description="Name of the SageMaker endpoint; Preheat creates it when a demand needs it.")


class SageMakerTarget(_Endpoint):
    """A SageMaker real-time endpoint and the one endpoint config that creates it."""

    config: EndpointConfig = Field(description="Name of the endpoint config from which Preheat creates the endpoint.")

    def target(self) -> Target:
        """Return what the fields name."""
        return Target(self.endpoint, self.config, self.backend, self.region, self.role)


class SageMakerConfigs(_Endpoint):
    """A SageMaker real-time endpoint and the endpoint configs that may create it: `config` or `configs`."""

    config: EndpointConfig | None = Field(
        default_factory=lambda: None,
        description="Name of the endpoint config from which Preheat creates the endpoint.",
    )
    configs: Annotated[list[str] | None, *CONFIGS] = Field(
        default_factory=lambda: None,
        description="Endpoint configs in place of config. If the first has no capacity, Preheat tries the next one.",
    )

    def target(self) -> Target:
        """Return what the fields name, with the first config."""
        first = self.config or next(iter(self.configs or ()), "")
        return Target(self.endpoint, first, self.backend, self.region, self.role)

    def fallbacks(self) -> tuple[str, ...]:
        """Return the configs after the first, in order."""
        return tuple(self.configs or ())[1:]


class ComponentTarget(TargetPlace):
    """A SageMaker inference component, whose copies Preheat sets; the endpoint that it lives on stays."""

    backend: Annotated[Backend, *backend_leaf(Backend.SAGEMAKER_COMPONENT)] = Field(description=BACKEND_FIELD)
    component: Component = Field(description="Name of the SageMaker inference component; it and its endpoint exist.")

    def target(self) -> Target:
        """Return what the fields name."""
        return Target(self.component, "", self.backend, self.region, self.role)


class FunctionTarget(Strict):
    """Something that a Lambda function of the user's own starts, describes and stops."""

    backend: Annotated[Backend, *backend_leaf(Backend.FUNCTION)] = Field(description=BACKEND_FIELD)
    function: Annotated[str, *FUNCTION] = Field(description="ARN of the Lambda function that Preheat invokes.")
    parameters: ParametersEntry = Field(
        default_factory=dict, description="The function gets them with each request, as you write them here."
    )
    idempotent_by: Annotated[Idempotence, *IDEMPOTENT_BY] = Field(
        default=Idempotence.LEVEL,
        description="The reason why a repeated start is one start: token, level or name; level.",
    )

    def target(self) -> Target:
        """Return what the fields name; its version is the model's name, which the entry does not know."""
        named = FUNCTION_ARN.fullmatch(self.function)
        return Target(
            self.function,
            UNNAMED,
            self.backend,
            region=named["region"] if named else None,
            parameters=canonical(self.parameters) if self.parameters else "",
            idempotent_by=self.idempotent_by,
        )
