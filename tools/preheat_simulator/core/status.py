"""Owns the names of operations and statuses, as the service models spell them. Knows no transition.

The statuses are Lookout for Vision's, and the core's for every service; `words` has the others' words for them.
"""

from enum import StrEnum


class Operation(StrEnum):
    """The simulated operations of all services."""

    START_MODEL = "StartModel"
    STOP_MODEL = "StopModel"
    DESCRIBE_MODEL = "DescribeModel"
    LIST_MODELS = "ListModels"
    LIST_PROJECTS = "ListProjects"
    DESCRIBE_PROJECT = "DescribeProject"
    DETECT_ANOMALIES = "DetectAnomalies"
    START_PROJECT_VERSION = "StartProjectVersion"
    STOP_PROJECT_VERSION = "StopProjectVersion"
    DESCRIBE_PROJECT_VERSIONS = "DescribeProjectVersions"
    DESCRIBE_PROJECTS = "DescribeProjects"
    DETECT_CUSTOM_LABELS = "DetectCustomLabels"
    CREATE_ENDPOINT = "CreateEndpoint"
    DELETE_ENDPOINT = "DeleteEndpoint"
    DESCRIBE_ENDPOINT = "DescribeEndpoint"
    DESCRIBE_ENDPOINT_CONFIG = "DescribeEndpointConfig"
    LIST_ENDPOINTS = "ListEndpoints"
    LIST_TAGS = "ListTags"
    ADD_TAGS = "AddTags"
    INVOKE_ENDPOINT = "InvokeEndpoint"
    SET_COPIES = "UpdateInferenceComponentRuntimeConfig"
    DESCRIBE_COMPONENT = "DescribeInferenceComponent"
    LIST_COMPONENTS = "ListInferenceComponents"
    DESCRIBE_SCALABLE_TARGETS = "DescribeScalableTargets"
    DESCRIBE_SCALING_POLICIES = "DescribeScalingPolicies"
    REGISTER_SCALABLE_TARGET = "RegisterScalableTarget"
    DEREGISTER_SCALABLE_TARGET = "DeregisterScalableTarget"
    PUT_SCALING_POLICY = "PutScalingPolicy"


class Status(StrEnum):
    """ModelStatus: what DescribeModel and ListModels answer. There is no STOPPED; a stopped model is TRAINED."""

    TRAINING = "TRAINING"
    TRAINED = "TRAINED"
    TRAINING_FAILED = "TRAINING_FAILED"
    STARTING_HOSTING = "STARTING_HOSTING"
    HOSTED = "HOSTED"
    HOSTING_FAILED = "HOSTING_FAILED"
    STOPPING_HOSTING = "STOPPING_HOSTING"
    SYSTEM_UPDATING = "SYSTEM_UPDATING"
    DELETING = "DELETING"


RUNNING = frozenset({Status.STARTING_HOSTING, Status.HOSTED})
"""The statuses that count against quotas: the model has capacity, or is taking it."""
