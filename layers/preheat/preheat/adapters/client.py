"""The one place that makes botocore clients, and the services that they are for.

The layer of dependencies keeps the service models of these services, with the operations that
`layers/dependencies/operations.txt` names. A test makes each client from the built layers alone, and finds any client
from elsewhere.
"""

from enum import StrEnum
from typing import Any, Final

from botocore.config import Config

API_VERSIONS: Final = {"lookoutvision": "2020-11-20"}  # the version of the service model in `hosting/data`


class AwsService(StrEnum):
    """Every service that a function calls, by botocore's name. A hosting service has the name of its backend."""

    APPLICATION_AUTO_SCALING = "application-autoscaling"
    DYNAMODB = "dynamodb"
    EVENTS = "events"
    LAMBDA = "lambda"
    LOOKOUT_VISION = "lookoutvision"
    REKOGNITION = "rekognition"
    SAGEMAKER = "sagemaker"
    SAGEMAKER_RUNTIME = "sagemaker-runtime"
    SQS = "sqs"
    STS = "sts"


def make_client(session: Any, service: AwsService, config: Config | None = None, **options: Any) -> Any:
    """Return a client of a botocore session (or boto3's inner one). `options` are those of `create_client`.

    Raises:
        BotoCoreError, ValueError: the client cannot be made, for example because its service model, its region or its
            credentials are missing.
    """
    version = API_VERSIONS.get(service)
    return session.create_client(service.value, api_version=version, config=config, **options)
