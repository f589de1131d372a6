"""Asks one question of an account, and never raises: what goes wrong becomes an `Unanswered`."""

from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, UnknownServiceError

from preheat.app.ports.errors import AccessRefused, HostingError
from preheat_cli.doctor.facts import Unanswered
from preheat_cli.errors import CliError

DENIED: Final = (
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "UnauthorizedOperation",
    "AuthorizationErrorException",
)
# The answers of a server that does not offer the service or the action, such as the local AWS. So does an error that
# has no code but the number of its HTTP status.
NOT_OFFERED: Final = ("InvalidAction", "UnknownOperationException", "UnsupportedOperation", "NotImplemented")

type Clients = Callable[[str, str | None, str | None], Any]
"""From a service, a region and an endpoint URL to a botocore client; None is the default of the stack."""


def ask[Answer](right: str, question: Callable[[], Answer]) -> Answer | Unanswered:
    """Return the answer to a question. `right` is the IAM action that it takes, such as `sns:ListTopics`."""
    try:
        return question()
    except AccessRefused:
        return Unanswered("access denied", right)
    except HostingError as error:
        return Unanswered(str(error))
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code in DENIED:
            return Unanswered(code, right)
        if code in NOT_OFFERED or code.isdigit() or status == 501:
            return Unanswered("nothing here offers the service or the action", right, offered=False)
        return Unanswered(str(error))
    except (EndpointConnectionError, UnknownServiceError) as error:
        return Unanswered(str(error), right, offered=False)
    except BotoCoreError as error:
        return Unanswered(str(error))
    except CliError as error:
        return Unanswered(str(error))
    except Exception as error:  # noqa: BLE001 - an answer in an unexpected form is one answer less, and no crash
        return Unanswered(f"{type(error).__name__}: {error}")
