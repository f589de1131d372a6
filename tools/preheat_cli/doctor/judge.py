"""Judges facts: every check in order, with equal findings united. Pure."""

from preheat_cli.doctor.facts import Facts
from preheat_cli.doctor.finding import Finding, condense
from preheat_cli.doctor.model_checks import check_models
from preheat_cli.doctor.stack_checks import check_stack


def judge(facts: Facts) -> list[Finding]:
    """Return what every check found, in the order of the checks."""
    return condense([*check_stack(facts), *check_models(facts)])
