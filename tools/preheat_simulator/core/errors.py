"""Owns how a simulated call fails: one error with the modelled names, and one for an answer that never arrives."""


class ServiceError(Exception):
    """An error of the service: `code` is the modelled shape's name, `members` its members beside Message."""

    def __init__(self, code: str, message: str, **members: str | int) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.members = members


class SimulatedAnswerLost(Exception):
    """The call had its effect, and lost its answer on the way back."""


def make_conflict(message: str, model: str) -> ServiceError:
    """Return the 409 of a model that is not in a state for the call."""
    return ServiceError("ConflictException", message, ResourceId=model, ResourceType="MODEL")


def make_not_found(kind: str, name: str) -> ServiceError:
    """Return the 404 of a project or model; `kind` is a ResourceType."""
    return ServiceError(
        "ResourceNotFoundException", f"{kind.capitalize()} {name} does not exist", ResourceId=name, ResourceType=kind
    )


def make_invalid(message: str) -> ServiceError:
    """Return the 400 of a parameter that does not fit."""
    return ServiceError("ValidationException", message)


def make_over_quota(message: str, quota: str, model: str) -> ServiceError:
    """Return the 402 of a start beyond a quota; `quota` stands in for the account's quota code."""
    return ServiceError(
        "ServiceQuotaExceededException",
        message,
        QuotaCode=quota,
        ServiceCode="lookoutvision",
        ResourceId=model,
        ResourceType="MODEL",
    )
