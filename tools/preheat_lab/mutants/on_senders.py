"""Mutations of what requests and plans may cost, and of who may ask for what: caps, budgets, senders, ceilings."""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_RIGHTS, _DESK = "tests/preheat/app/requests/test_rights.py", "tests/preheat/app/requests/test_desk.py"
_SPEND, _CEILINGS = "tests/preheat/domain/demand/test_spend.py", "tests/tools/preheat_cli/test_ceilings.py"
_right = partial(
    Mutation,
    file="app/requests/rights.py",
    sees="S13",
    suite=_RIGHTS,
    rule="a sender may ask for what its entry allows",
)
_ruling = partial(Mutation, file="app/requests/ruling.py", sees="S13", suite=_DESK)
_rate = partial(
    Mutation, file="app/requests/desk.py", sees="S14", suite=_RIGHTS, rule="a sender has a bound on its requests"
)
_spend = partial(Mutation, file="domain/demand/spend.py", sees="S14", suite=_SPEND)

MUTATIONS = (
    _ruling(
        name="units: more than the cap accepted",
        old="(asked or 0) > each.units_by_request]",
        new="(asked or 0) > 100 * each.units_by_request]",
        rule="a request with more units than the plan lets it have is rejected",
    ),
    _ruling(
        name="senders: one takes every place",
        old="        if own >= case.right.places:",
        new="        if own >= ACTIVE_MAX:",
        rule="no sender takes all places of a model",
    ),
    _ruling(
        name="senders: one releases another's hold",
        old="    if is_of_sender(of.requester, case.requester) or case.is_admin:",
        new="    if of.requester or case.is_admin:",
        rule="only its sender and admins end a hold",
    ),
    _ruling(
        name="budget: the stack's bound counts for nothing",
        old="        over = find_excess(growth, min(model.unit_hours_by_request, most))",
        new="        over = find_excess(growth, model.unit_hours_by_request)",
        rule="a plant file cannot allow more than the stack",
    ),
    _spend(
        name="budget: a block makes room",
        old="[one for one in requests if one.kind is Kind.HOLD])",
        new="requests)",
        rule="somebody may lift a block, so it saves nothing from the budget",
    ),
    _spend(
        name="budget: days that are over count",
        old="for day in sorted(will) if day >= today}",
        new="for day in sorted(will)}",
        rule="a budget is of today and the days to come",
    ),
    _right(
        name="senders: any verb",
        old="    if asked.verb not in right.verbs:",
        new="    if asked.verb not in Verb:",
    ),
    _right(
        name="senders: any subject",
        old="    if not _covers(right.models, right.schedules, asked.subject):",
        new='    if not _covers(("*",), ("*",), asked.subject):',
    ),
    _right(
        name="senders: any units",
        old="asked.units > right.units_max:",
        new="asked.units > 100 * right.units_max:",
    ),
    _right(
        name="senders: any priority",
        old="right.priority_max < asked.priority != DEFAULT_PRIORITY:",
        new="PRIORITY_MAX < asked.priority != DEFAULT_PRIORITY:",
    ),
    _right(
        name="senders: twice the hours of a day",
        old="        if total > right.hours_a_day:",
        new="        if total > 2 * right.hours_a_day:",
    ),
    _right(
        name="senders: who is not listed may ask",
        old="    if not right.is_listed:",
        new="    if not right.verbs:",
    ),
    _rate(
        name="senders: no bound on what they ask about one model",
        old="        if about_it <= most and in_all <= most * SUBJECTS_AN_HOUR:",
        new="        if in_all <= most * SUBJECTS_AN_HOUR:",
    ),
    _rate(
        name="senders: no bound on what they ask in all",
        old="        if about_it <= most and in_all <= most * SUBJECTS_AN_HOUR:",
        new="        if about_it <= most:",
    ),
    _spend(
        name="ceilings: a night counts on its first day",
        old="            until = min(datetime.combine(at.date() + _DAY, time(), UTC), demand.end)",
        new="            until = demand.end",
        rule="a day pays for what runs on it",
        suite=_CEILINGS,
    ),
    _spend(
        name="ceilings: units cost nothing more",
        old="            found[at.date()] += units * (",
        new="            found[at.date()] += 1 * (",
        rule="each unit costs its hours",
        suite=_CEILINGS,
    ),
    Mutation(
        name="metrics: a series for every schedule",
        file="app/publish.py",
        old="        return len(self._names) <= SCHEDULES_MAX",
        new="        return True",
        rule="no plan makes more series than a bound",
        sees="S14",
        suite="tests/functions/test_publish_handler.py",
    ),
)
