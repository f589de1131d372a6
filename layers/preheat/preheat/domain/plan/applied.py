"""The person or program that applied a plan, and the entry of each apply in the ledger: values for people.

No rule depends on them.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AppliedBy:
    """The identity that applied a plan, as AWS STS names it, and the file that it applied.

    `session`: the name of the role's session; with IAM Identity Center it is the person's e-mail address. `digest`: the
    SHA-256 of the plant file in hexadecimal digits. An empty text is unknown.
    """

    identity: str = ""
    session: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """The shortest name for it: of its session, else its identity; empty: unknown."""
        return self.session or self.identity


@dataclass(frozen=True, slots=True)
class AppliedPlan:
    """One apply: the version of the plan, when it became current, who applied it, and how many models it names.

    It is an entry of the ledger: written once, together with the plan's becoming current.
    """

    version: int
    at: datetime
    models: int
    by: AppliedBy = AppliedBy()
