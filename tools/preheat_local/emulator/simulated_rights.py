"""Lets SimulatePrincipalPolicy of the local AWS use the context that a caller gives, as AWS does.

Loaded by the launcher into ministack's own process, so it imports nothing of preheat. Ministack judges the policies of
a role without that context, so that a right under a condition would look denied.
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

type Seam = Callable[..., Any]

OPERATION = "SimulatePrincipalPolicy"


def read_context(read: Callable[[str], str]) -> dict[str, str]:
    """Return the first value of each context entry by its key in lower case. `read` returns a parameter, or nothing."""
    entries: dict[str, str] = {}
    number = 1
    while key := read(f"ContextEntries.member.{number}.ContextKeyName"):
        entries[key.lower()] = read(f"ContextEntries.member.{number}.ContextKeyValues.member.1")
        number += 1
    return entries


def install(seam: Seam, iam: ModuleType, evaluator: ModuleType) -> None:
    """Put the context before ministack's own; `seam` is the launcher's, and ends on a moved name."""
    operations: dict[str, Callable[[Mapping[str, Any]], Any]] = seam(iam, "_IAM_HANDLERS")
    simulate = seam(iam, "_simulate_principal_policy", ("p",))
    parameter = seam(iam, "_p", ("params", "key"))
    resolve = seam(evaluator, "_resolve_condition_key", ("key", "ctx"))
    given: dict[str, str] = {}

    def simulate_here(params: Mapping[str, Any]) -> Any:
        given.update(read_context(lambda key: str(parameter(params, key))))
        try:
            return simulate(params)
        finally:
            given.clear()

    def resolve_here(key: str, ctx: Any) -> Any:
        return given[key.lower()] if key.lower() in given else resolve(key, ctx)

    operations[OPERATION] = simulate_here
    evaluator._resolve_condition_key = resolve_here  # type: ignore[attr-defined]  # noqa: SLF001 - seam() found it
