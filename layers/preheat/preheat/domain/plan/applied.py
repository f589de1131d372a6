"""The person or program that applied a plan: a value for people. No rule depends on it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AppliedBy:
    """The identity that applied a plan, as AWS STS names it, and the file that it applied.

    `session`: the name of the role's session; with IAM Identity Center it is the person's e-mail address. `digest`: the
    SHA-256 of the plant file in hexadecimal digits. An empty text is unknown.
    """

    identity: str = ""
    session: str = ""
    digest: str = ""
