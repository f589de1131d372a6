"""Gathers all facts of a stack and its plan, from the plant file if you name one. Judges nothing, changes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from preheat.domain.plan.hosted_model import HostedModel
from preheat_cli.comparing import Compared, compare
from preheat_cli.doctor.asking import ask
from preheat_cli.doctor.facts import Facts, PlanFacts, Unanswered
from preheat_cli.doctor.gather_models import gather_models
from preheat_cli.doctor.gather_quotas import gather_quotas
from preheat_cli.doctor.gather_rights import gather_rights
from preheat_cli.doctor.gather_stack import gather_stack
from preheat_cli.errors import CliError
from preheat_cli.planning import read_plant_file, read_stored_plan
from preheat_cli.stack import Stack
from preheat_plantfile.compiling.terms import DEFAULT, terms_of


def gather(opened: Stack, file: Path | None, now: datetime) -> Facts:
    """Return the facts about a stack, and about the models of the file or, without one, of the stored plan.

    A file with mistakes is a fact too: the models are then those of the stored plan.
    """
    stack = gather_stack(opened.home, opened.described, opened.clients, now)
    plan, models, published = _of_the_file(opened, file, now) if file is not None else _of_the_stack(opened)
    known = gather_models(models, opened.store, stack.parameters, opened.clients)
    quotas = gather_quotas(known, stack.region, published, opened.clients, now)
    rights = gather_rights(known, stack, opened.home.reconcile_role, opened.clients)
    return Facts(now, stack, plan, known, quotas, rights)


type _Plan = tuple[PlanFacts, Sequence[HostedModel], Mapping[str, int]]


def _of_the_stack(opened: Stack, file: str = "", problems: tuple[str, ...] = ()) -> _Plan:
    stored = ask("dynamodb:Query", lambda: read_stored_plan(opened.store))
    if isinstance(stored, Unanswered):
        return PlanFacts(file, problems, stored), (), DEFAULT.models_at_once
    facts = PlanFacts(file, problems, None, stored.version, unreadable=stored.unreadable)
    return facts, list(stored.models.values()), DEFAULT.models_at_once


def _of_the_file(opened: Stack, file: Path, now: datetime) -> _Plan:
    try:
        plant = read_plant_file(file)
    except (CliError, OSError) as error:
        return _of_the_stack(opened, str(file), tuple(str(error).splitlines()))

    def question() -> Compared | tuple[str, ...]:
        try:
            return compare(file, plant, opened, now)
        except CliError as error:  # the file names what this stack does not have
            return tuple(error.lines)

    compared = ask("dynamodb:Query", question)
    if not isinstance(compared, Compared):
        problems = (compared.reason,) if isinstance(compared, Unanswered) else compared
        return _of_the_stack(opened, str(file), problems)
    stored = compared.stored
    facts = PlanFacts(str(file), (), None, stored.version, len(compared.changes), stored.unreadable)
    return facts, compared.models, terms_of(plant).models_at_once
