"""Mutations of requests: what a pass reads of them, which models an answer wakes, what the store keeps with it."""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_in_desk = partial(Mutation, file="app/requests/desk.py")
_in_reconcile = partial(Mutation, file="app/reconcile/reconcile.py")
_in_ruling = partial(Mutation, file="app/requests/ruling.py", first=("asked often",))
_SETS = "tests/preheat/app/requests/test_sets.py"
_in_sets = partial(Mutation, file="app/requests/sets.py", sees="S6", suite=_SETS)
_in_demand = partial(Mutation, file="domain/demand/demand.py", first=("asked often",))
_PIECES = "tests/preheat/domain/demand/test_pieces.py"
_GAPS = "tests/days/test_holds_and_blocks.py"
_AUDIT = "tests/preheat/app/audit/test_audit.py"

MUTATIONS = (
    _in_ruling(
        name="budget: no hold is too expensive",
        old="        over = find_excess(growth, min(model.unit_hours_by_request, most))",
        new="        over = None",
        rule="requests add no more unit-hours to a day than their budget",
        sees="S14",
    ),
    _in_ruling(
        name="budget: an extension costs nothing",
        old="    if change.kind is not Kind.HOLD or change.released_at is not None:",
        new="    if change.kind is not Kind.HOLD or change.released_at is not None or change.revision > 1:",
        rule="an extended hold counts as what it adds",
        sees="S14",
    ),
    _in_desk(
        name="an accepted hold of a schedule wakes nobody",
        old="tuple(model.model_id for model in case.models) if case is not None and change is not None else ()",
        new="()",
        rule="a model that an accepted request concerns is due",
        sees="S6",
    ),
    _in_desk(
        name="an answer without its change",
        old="        self._store.answer(reply, ruling.change, concerned, _find_version(case), **more)",
        new="        self._store.answer(reply, None, concerned, _find_version(case), **more)",
        rule="what was accepted is stored with the answer",
        sees="S6",
    ),
    _in_reconcile(
        name="holds and blocks of a schedule not read",
        old="        guards[subject] = found.version\n",
        new="        guards[subject] = found.version\n        continue\n",
        rule="active requests of a model's schedules are its demand as well",
        sees="L1",
    ),
    _in_desk(
        name="requests: answered on a record that has changed",
        old="        self._store.answer(reply, ruling.change, concerned, _find_version(case), **more)",
        new="        self._store.answer(reply, ruling.change, concerned, None, **more)",
        rule="a reply describes its model as it was when the reply was stored",
        sees="S6",
        first=("asked often",),
    ),
    _in_desk(
        name="requests: the same again gets a new answer",
        old="return self._answer_again(before)",
        new="return replace(self._answer_again(before), reply=replace(before, at=self._clock.now()))",
        rule="a request has one reply, however often it comes",
        sees="S6",
        first=("asked often",),
    ),
    _in_ruling(
        name="requests: a release that came first is ignored",
        old="each.until > case.now for each in case.noted",
        new="each.until < case.now for each in case.noted",
        rule="a hold whose release has come before it is released at birth",
        sees="S6",
    ),
    _in_ruling(
        name="requests: a release that is not stored",
        old="    change = replace(of, released_at=released_at, revision=of.revision + 1)\n",
        new="    change = replace(of, revision=of.revision + 1)\n",
        rule="a release ends its hold",
        sees="S6",
    ),
    _in_ruling(
        name="requests: anybody may release",
        old="    if is_of_sender(of.requester, case.requester) or case.is_admin:",
        new="    if of.requester:",
        rule="only its requester or an admin changes a hold",
        sees="S6",
    ),
    _in_demand(
        name="requests: a hold that comes late is bridged back",
        old="too_late = end is not None and _is_late(piece, end) and not runs_on(end, place)",
        new="too_late = False",
        rule="a hold that became known when all before it was over is a demand of its own",
        sees="L3",
        suite=_PIECES,
    ),
    _in_sets(
        name="sets: an edition that moves the end of a running window changes nothing",
        old="        found[begin] = HeldWindow(begin, each.end, known.known_at if known is not None else now)",
        new="        found[begin] = known or HeldWindow(begin, each.end, now)",
        rule="the windows of the last edition are the demand from then on",
    ),
    _in_sets(
        name="sets: a window that is no longer in the set goes on",
        old="(replace(one, end=min(one.end, now)) for one in old if one.begin < now and",
        new="(one for one in old if one.begin < now and",
        rule="the next edition replaces the set as one",
    ),
    _in_sets(
        name="sets: the same window sent again excuses a late start",
        old="known.known_at if known is not None else now)",
        new="now)",
        rule="a window that the set had is known since then",
    ),
    _in_sets(
        name="sets: an empty list leaves the windows",
        old="    over_at = now if before.end > now else before.released_at",
        new="    over_at = before.released_at",
        rule="an empty list removes what is to come",
    ),
    _in_ruling(
        name="sets: an older edition that comes late replaces a later one",
        old="    if case.request.edition < of.edition:",
        new="    if case.request.edition < 0:",
        rule="only a later edition replaces one",
        sees="S6",
        first=(),
        suite=_SETS,
    ),
    Mutation(
        name="blocks: what a lifted block has parted becomes one again",
        file="domain/demand/pieces.py",
        old="    lifted = [at for at in found if at is not None and at > end]\n",
        new="    lifted: list[datetime] = []\n",
        rule="demands stay parted after a lifted block",
        sees="L3",
        suite=_PIECES,
    ),
    Mutation(
        name="blocks: a block lifted before the first demand ends parts it all the same",
        file="domain/demand/pieces.py",
        old="    lifted = [at for at in found if at is not None and at > end]\n",
        new="    lifted = [at for at in found if at is not None]\n",
        rule="a block that was never active parts nothing",
        sees="L3",
        suite=_PIECES,
    ),
    Mutation(
        name="blocks: what follows a lifted block is not excused",
        file="domain/demand/demand.py",
        old="            ready_at = max(demand.ready_at, free_from + model.lead + model.slack)",
        new="            ready_at = demand.ready_at",
        rule="what a block has parted is ready a lead and a slack after the stop or the lift",
        sees="L3",
        suite=_PIECES,
    ),
    Mutation(
        name="gaps: what was before a gap comes back for a model that nobody serves",
        file="domain/demand/demand.py",
        old="        demand = found if served else _drop_what_is_over(found, now)\n",
        new="        demand = found\n",
        rule="in a gap that no effort serves, what was before is over",
        sees="L3",
        suite=_GAPS,
    ),
    Mutation(
        name="gaps: the start after a gap that nobody serves is no edge",
        file="domain/demand/demand.py",
        old="    if not served:\n        edges += ",
        new="    if False:\n        edges += ",
        rule="a pass looks again when a start is due",
        sees="L1",
        suite=_PIECES,
    ),
    Mutation(
        name="audit: no ledger is ever read whole",
        file="app/audit/audit.py",
        old="% WHOLE_EVERY == 0",
        new="% WHOLE_EVERY == WHOLE_EVERY",
        rule="the audit checks each ledger whole once a month",
        sees="S7",
        suite=_AUDIT,
    ),
    Mutation(
        name="audit: the last days of a ledger are not checked",
        file="app/audit/audit.py",
        old="now - RECENT)",
        new="now)",
        rule="the audit checks the last days of each ledger daily",
        sees="S7",
        suite=_AUDIT,
    ),
    _in_desk(
        name="requests: an admin is refused for asking too often",
        old="        if right.admin or not self._limits.is_rated:",
        new="        if not self._limits.is_rated:",
        rule="an admin may ask as often as it likes",
        sees="S6",
        suite="tests/preheat/app/requests/test_rights.py",
    ),
    _in_desk(
        name="requests: a release counts as any other request",
        old="        more = 2 if answer.request is not None and answer.request.verb in ENDINGS else 1",
        new="        more = 1",
        rule="what ends a hold may come twice as often",
        sees="S6",
        suite="tests/preheat/app/requests/test_rights.py",
    ),
    Mutation(
        name="requests: one that was extended makes room as one that is over",
        file="adapters/dynamodb/requests.py",
        old="write.delete(request_items.from_standing(kind, one), condition=as_read)",
        new="write.delete(request_items.from_standing(kind, one))",
        rule="no acknowledged request is lost",
        sees="S6",
        suite="tests/contracts/test_requests.py",
    ),
    _in_ruling(
        name="requests: a stop that sees the demand by the plan's lead",
        old="fix_lead(model, record, case.now, standing)",
        new="model",
        rule="a stop blocks the demand that its passes see",
        sees="S6",
        first=(),
        suite="tests/days/test_the_learned_lead.py",
    ),
)
