"""One call of a service through botocore: how long it may take, and which of the port's errors it ends in.

Owns what holds for every service. Each adapter brings the words of its own.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from preheat.adapters.client import AwsService, make_client
from preheat.app.ports.errors import AnswerLost, HostingError, InvalidCall
from preheat.domain.plan.plan import Backend

# Two tries of at most 8 s: a describe and a start fit into one pass with the store's own calls, also when all hang.
CONFIG: Final = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})

# One try: an inference may take a minute on an instance that has just come up. No start or stop follows it in its pass.
INFERENCE_CONFIG: Final = Config(
    connect_timeout=3, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 1}
)

# A caller that names one of these gets a client that waits for an inference.
INFERENCE_SERVICES: Final[Mapping[Backend, AwsService]] = {
    Backend.LOOKOUT_VISION: AwsService.LOOKOUT_VISION,
    Backend.REKOGNITION: AwsService.REKOGNITION,
    Backend.SAGEMAKER: AwsService.SAGEMAKER_RUNTIME,
    Backend.SAGEMAKER_COMPONENT: AwsService.SAGEMAKER_RUNTIME,
}
# One try: a user's function may take long, and a second invocation would be a second call of the function.
INVOKE_CONFIG: Final = Config(connect_timeout=3, read_timeout=13, retries={"mode": "standard", "total_max_attempts": 1})

type Translate = Callable[[str, str], type[HostingError]]
"""From an error's code and message to the port's error."""


def translate_by_code(errors: Mapping[str, type[HostingError]]) -> Translate:
    """Return a translation by the error's code alone; an error that a service is not known for is a lost answer."""
    return lambda code, _message: errors.get(code, AnswerLost)


def open_client(session: Any, service: AwsService, config: Config, **options: Any) -> Any:
    """Return a client of a session; see `make_client`.

    Raises:
        AnswerLost: the client cannot be made. Nothing was called, and the pass goes on without this service.
    """
    try:
        return make_client(session, service, config, **options)
    except Exception as error:  # a missing service model, region, credentials, endpoint: whatever it is, no answer
        raise AnswerLost(f"{service}: cannot make a client: {type(error).__name__}: {error}") from error


def call_service(operation: str, method: Any, translated: Translate, **arguments: Any) -> dict[str, Any]:
    """Make one call; raises the port's error, whatever botocore makes of it. The message keeps the service's words."""
    try:
        answer: dict[str, Any] = method(**arguments)
    except ClientError as error:
        told = error.response.get("Error", {})
        code, message = told.get("Code", ""), told.get("Message", "")
        retried = bool(error.response.get("ResponseMetadata", {}).get("RetryAttempts"))
        raise translated(code, message)(f"{operation}: {code}: {message}", retried=retried) from error
    except ParamValidationError as error:
        raise InvalidCall(f"{operation}: {error}") from error
    except BotoCoreError as error:
        raise AnswerLost(f"{operation}: no answer: {error}") from error
    except Exception as error:  # botocore lets some errors of sockets, parsers and credentials through as they are
        raise AnswerLost(f"{operation}: no answer: {type(error).__name__}: {error}") from error
    return answer
