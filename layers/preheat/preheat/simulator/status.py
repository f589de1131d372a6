"""Owns the service's own names: operations and statuses, as the service model spells them. Knows no transition."""

from enum import StrEnum


class Operation(StrEnum):
    """The operations that are simulated."""

    START_MODEL = "StartModel"
    STOP_MODEL = "StopModel"
    DESCRIBE_MODEL = "DescribeModel"
    LIST_MODELS = "ListModels"
    LIST_PROJECTS = "ListProjects"
    DESCRIBE_PROJECT = "DescribeProject"
    DETECT_ANOMALIES = "DetectAnomalies"


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
"""The statuses that count against quotas: capacity is taken or being taken."""
