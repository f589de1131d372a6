"""An evaluator of IAM policies, for the statements of the expanded template: which rights a call needs, which it has.

It knows the intrinsic functions and the condition operators that the template uses, and fails on any other.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from preheat_lab.security.template import Json, Statement, as_list, find_identity_statements
from preheat_simulator.rights import Context, Needed


@dataclass(frozen=True)
class Right:
    """One action of one statement of a role."""

    role: str
    sid: str
    action: str

    def __str__(self) -> str:
        return f"{self.role}: {self.action} ({self.sid})"


class Resolver:
    """Gives the references of the template their values: parameters, ARNs by logical name, conditions."""

    def __init__(self, references: Mapping[str, str], conditions: Mapping[str, bool]) -> None:
        self._references, self._conditions = references, conditions

    def values(self, value: Any) -> list[str]:
        """Return what a value of a policy stands for, as texts."""
        if isinstance(value, list):
            return [text for each in value for text in self.values(each)]
        if isinstance(value, bool):
            return [str(value).lower()]
        if not isinstance(value, dict):
            return [str(value)]
        ((how, inner),) = value.items()
        if how == "Ref":
            return [] if inner == "AWS::NoValue" else [self._references[inner]]
        if how == "Fn::GetAtt":
            return [self._references[".".join(inner) if isinstance(inner, list) else inner]]
        if how == "Fn::If":
            condition, when, otherwise = inner
            return self.values(when if self._conditions[condition] else otherwise)
        if how == "Fn::Split":
            separator, text = inner
            return [part for whole in self.values(text) for part in whole.split(separator)]
        if how == "Fn::Sub" and isinstance(inner, str):
            return [re.sub(r"\$\{([^}]+)\}", lambda name: self._references[name[1]], inner)]
        raise NotImplementedError(f"{how} in a policy of a role")


class Rights:
    """The rights of every role, and which of them a call has used."""

    def __init__(self, template: Json, resolver: Resolver) -> None:
        self._resolver = resolver
        self._statements: dict[str, list[Statement]] = {}
        for statement in find_identity_statements(template):
            for role in statement.roles:
                self._statements.setdefault(role, []).append(statement)
        self.used: set[Right] = set()

    def granted(self, role: str) -> set[Right]:
        """Return every action that a role allows, by statement."""
        return {
            Right(role, str(statement.body.get("Sid")), action)
            for statement in self._statements[role]
            if statement.effect == "Allow"
            for action in statement.actions
        }

    def check(self, role: str, needed: Needed) -> bool:
        """Return whether a role has a right. A Deny wins; it notes an allowed action as used."""
        matching = [each for each in self._statements[role] if self._applies(each, needed)]
        if any(each.effect == "Deny" for each in matching):
            return False
        rights = {Right(role, str(each.body.get("Sid")), needed.action) for each in matching}
        self.used |= rights
        return bool(rights)

    def _applies(self, statement: Statement, needed: Needed) -> bool:
        if needed.action not in statement.actions:
            return False
        resources = [text for each in statement.resources for text in self._resolver.values(each)]
        if not any(fnmatchcase(needed.resource, pattern) for pattern in resources):
            return False
        return all(
            self._meets(operator, key, self._resolver.values(wanted), needed.context)
            for operator, keys in statement.body.get("Condition", {}).items()
            for key, wanted in keys.items()
        )

    @staticmethod
    def _meets(operator: str, key: str, wanted: list[str], context: Context) -> bool:
        found = as_list(context[key]) if key in context else None
        quantifier, _, name = operator.rpartition(":")
        if name.endswith("IfExists") and found is None:
            return True
        name = name.removesuffix("IfExists")
        if name not in ("StringEquals", "StringLike", "ArnLike", "Bool"):
            raise NotImplementedError(f"the operator {operator}")
        fits = str.__eq__ if name in ("StringEquals", "Bool") else fnmatchcase
        if quantifier == "ForAllValues":
            return all(any(fits(value, pattern) for pattern in wanted) for value in found or [])
        if quantifier:
            raise NotImplementedError(f"the operator {operator}")
        return found is not None and any(fits(value, pattern) for value in found for pattern in wanted)


def list_tables(params: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield action, table and item request of a transaction of DynamoDB."""
    single = {"ConditionCheck": "ConditionCheckItem", "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
    for item in params["TransactItems"]:
        for kind, request in item.items():
            yield single[kind], request["TableName"], request
