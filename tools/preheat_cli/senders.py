"""The senders' table for `preheat apply`: looks up the ids of roles in the stack's account, and shows changes.

SQS names a sender by the id of its role, and an id cannot be read off a name. Depends on no command.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from preheat.domain.plan.plan import read_account
from preheat.domain.plan.senders import SenderRule, matches
from preheat_cli.errors import CliError

if TYPE_CHECKING:
    from preheat_cli.stack import Stack
    from preheat_plantfile.schema.models import PlantFile


def compile_senders(plant: "PlantFile", stack: "Stack", file: str) -> tuple[SenderRule, ...]:
    """Return the rules of a plant file, with the ids of the roles that it names.

    Raises:
        CliError: a role does not exist, is of another account, or may not be looked up; each is a line.
    """
    from preheat_plantfile.compiling.senders import compile_senders  # noqa: PLC0415 - loads the file's typed model

    if not plant.senders:
        return ()
    problems: list[str] = []
    find_ids = _RoleIds(stack).find

    def collect(entry: str, role: str) -> Sequence[str]:
        try:
            return find_ids(role)
        except LookupError as error:
            problems.append(f"{file}: senders.{entry}.roles: {error}")
            return ()

    rules = compile_senders(plant, collect)
    if problems:
        raise CliError(*problems, f"{file}: {len(problems)} of its roles are unknown; no change applied")
    return rules


class _RoleIds:
    """The ids of the roles of the stack's account; it reads each once."""

    def __init__(self, stack: "Stack") -> None:
        self._account = stack.home.account
        self._open: Callable[[], Any] = lambda: stack.clients("iam", None, None)
        self._client: Any = None
        self._roles: list[dict[str, str]] | None = None

    def find(self, role: str) -> Sequence[str]:
        """Return the ids that a name, an ARN or a pattern means.

        Raises:
            LookupError: it means none; the message says what to do.
        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - keeps help fast

        name, by_arn = role, role.startswith("arn:")
        if by_arn:
            account, name = read_account(role), role.rpartition("/")[2]
            if account != self._account:
                raise LookupError(
                    f"{role} is of account {account}, where Preheat cannot look up its id; accepted: the id itself, "
                    f"which `aws iam get-role --role-name {name}` shows there as RoleId"
                )
        try:
            if "*" not in role:
                found = [self._iam().get_role(RoleName=name)["Role"]]
            else:
                found = [each for each in self._list() if matches(role, each["Arn" if by_arn else "RoleName"])]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NoSuchEntity":
                found = []
            else:
                raise LookupError(
                    f"{role} is unknown, because IAM answers: {error}; accepted: its id (AROA…)"
                ) from error
        except BotoCoreError as error:
            raise LookupError(f"{role} is unknown, because IAM answers: {error}; accepted: its id (AROA…)") from error
        if not found:
            raise LookupError(f"account {self._account} has no role {role}; accepted: a role that exists")
        return [str(each["RoleId"]) for each in found]

    def _iam(self) -> Any:
        if self._client is None:
            self._client = self._open()
        return self._client

    def _list(self) -> list[dict[str, str]]:
        if self._roles is None:
            pages = self._iam().get_paginator("list_roles").paginate()
            self._roles = [role for page in pages for role in page["Roles"]]
        return self._roles


def describe_changes(before: Sequence[SenderRule], after: Sequence[SenderRule]) -> list[str]:
    """Return which entries of the senders' table are new, changed or gone, in lines; none if nothing changes."""
    old, new = {rule.name: rule for rule in before}, {rule.name: rule for rule in after}
    lines = [f"+ {name}: {describe(new[name])}" for name in new if name not in old]
    lines += [f"~ {name}: {describe(new[name])}" for name in new if name in old and old[name] != new[name]]
    lines += [f"- {name}" for name in old if name not in new]
    if not lines and [*old] != [*new]:
        lines = ["~ the order of the entries"]
    if before and not after:
        lines.append("without a table, every sender that the stack lets in may send requests")
    return lines


def describe(rule: SenderRule) -> str:
    """Return a rule in a line: whose requests it judges, and what it allows."""
    count = len(rule.roles)
    roles = f"{count} role" if count == 1 else f"{count} roles"
    who = ", ".join([*([roles] if count else []), *(f"events of {each.source}" for each in rule.events)])
    if rule.admin:
        return f"{who}: admin"
    of = ", ".join([*rule.models, *(f"schedule {each}" for each in rule.schedules)])
    return f"{who}: {', '.join(rule.verbs)} of {of}, at most {rule.longest}"
