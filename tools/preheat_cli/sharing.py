"""Names the models of a plan that another stack has already. `preheat apply` refuses such a plan.

Reads the current plans of the other Preheat stacks in the stack's own account and region, and changes nothing. Does not
see a stack of another region or account.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from preheat.app.ports.errors import PreheatError
from preheat.app.ports.store import Store
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import RULES
from preheat_cli.errors import CliError
from preheat_cli.fitting import Misfit
from preheat_cli.planning import read_stored_plan
from preheat_cli.stack import Stack

REMEDY: Final = "keep it in one plan only; to move it, remove it from the other plan first"
UNREAD: Final = "If it has a model of this plan, each of the two stacks stops the shifts of the other"


def find_rivals(models: Sequence[HostedModel], opened: Stack) -> tuple[list[Misfit], list[str]]:
    """Return the models that another stack has, and a line for what this could not read."""
    rivals: list[Misfit] = []
    unread: list[str] = []
    try:
        others = opened.list_others()
    except (ClientError, BotoCoreError) as error:
        return [], [f"could not look for other stacks ({error}). {UNREAD}"]
    for name, store in others:
        try:
            rivals += _compare(models, name, store)
        except (PreheatError, CliError, ClientError, BotoCoreError) as error:
            unread.append(f"could not read the plan of the stack {name} ({error}). {UNREAD}")
    return rivals, unread


def _compare(models: Sequence[HostedModel], name: str, store: Store) -> Iterator[Misfit]:
    theirs = {other.target.resource(): other for other in read_stored_plan(store).models.values()}
    for model in models:
        other = theirs.get(model.target.resource())
        if other is not None:
            meaning = f"the stack {name} has the same target as {other.model_id}: each would stop the other's shifts"
            yield Misfit(model.model_id, RULES[model.target.backend][0].field, meaning, REMEDY)
