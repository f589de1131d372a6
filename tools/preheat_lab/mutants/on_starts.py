"""Mutations of the start: when its token is dead, what a new one waits for, and how often."""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_in_starting = partial(Mutation, file="domain/decision/starting.py")
_in_record = partial(Mutation, file="domain/record/record.py")

MUTATIONS = (
    Mutation(
        name="observe: what a look saw at rest stays Preheat's",
        file="domain/decision/starting.py",
        old="withhold(_end_run(situation), ",
        new="withhold(situation, ",
        rule="what a person starts after a look at rest is the person's",
        sees="S4",
        suite="tests/days/test_an_ordinary_day.py",
    ),
    Mutation(
        name="observe: a start that may come up is nobody's",
        file="domain/decision/starting.py",
        old=" and (situation.now < attempt.lease_ends_at() or attempt.may_come_up(situation.now)):",
        new=" and attempt.target is None:",
        rule="only time closes a start",
        sees="S4",
        suite="tests/days/test_an_ordinary_day.py",
    ),
    _in_starting(
        name="a token that never dies",
        old="    death = _find_death(situation, attempt, failed=failed)",
        new="    death = None",
        rule="a token is dead once the model left its stopped state and is back",
        sees="S5",
    ),
    _in_starting(
        name="a token that is always dead",
        old="    death = _find_death(situation, attempt, failed=failed)",
        new='    death = "for no reason"',
        rule="a start whose answer was lost is repeated under its own token",
        sees="S10",
        first=("throttled at the client's second try",),
    ),
    _in_starting(
        name="a new start within the lease of the last",
        old="    if situation.now < attempt.lease_ends_at():  # A worker of this attempt may still be about to call.",
        new="    if False:  # A worker of this attempt may still be about to call.",
        rule="a new start waits for the end of the last one's lease",
        sees="S1",
    ),
    _in_starting(
        name="a return to the stopped state ignored",
        old="    if not failed and attempt.left:",
        new="    if False:",
        rule="a token is dead once the model left its stopped state and is back",
        sees="S5",
    ),
    _in_starting(
        name="an aged token sent again",
        old="    if attempt.is_aged(situation.now):",
        new="    if False:",
        rule="a token is not sent when the service may have forgotten it",
        sees="S5",
    ),
    _in_starting(
        name="an old failure taken for the new start's",
        old="    if failed and (attempt.left or own_outcome or situation.now >= attempt.lease_ends_at()):",
        new="    if failed:",
        rule="within the lease, a failed model may have failed before this start",
        sees="L1",
        first=("failed, then throttled for long",),
    ),
    _in_starting(
        name="without a token, a start is repeated beside another",
        old="        if attempt.target.tokenless and attempt.is_on_its_way(situation.now):",
        new="        if False:",
        rule="without a token a start is repeated only when no other worker can still make it",
        sees="S1",
        first=("brief, Rekognition: two workers, a fault",),
    ),
    _in_starting(
        name="a sixth attempt",
        old="    if effort.gave_up or effort.attempts >= ATTEMPTS_MAX or (repair and effort.repairs >= REPAIRS_MAX):",
        new="    if repair and effort.repairs >= REPAIRS_MAX:",
        rule="at most 5 attempts for one demand",
        sees="S10",
        first=("failing often",),
    ),
    _in_starting(
        name="attempts not counted",
        old="attempts=effort.attempts + 1,\n        repairs",
        new="attempts=effort.attempts,\n        repairs",
        rule="at most 5 attempts for one demand, whatever the record says",
        sees="S10",
    ),
    _in_record(
        name="20 repairs",
        old="REPAIRS_MAX = 2",
        new="REPAIRS_MAX = 20",
        rule="at most 2 repairs for one demand",
        sees="S10",
    ),
    _in_starting(
        name="repairs not counted",
        old="repairs=effort.repairs + repair,",
        new="repairs=effort.repairs,",
        rule="at most 2 repairs for one demand, whatever the record says",
        sees="S10",
    ),
    _in_record(
        name="one attempt only",
        old="ATTEMPTS_MAX = 5",
        new="ATTEMPTS_MAX = 1",
        rule="a start that failed is tried again",
        sees="L1",
    ),
    _in_starting(
        name="a start over a stop under way",
        old="    if not attempt.is_closable(situation.now):",
        new="    if False:",
        rule="a start waits for a stop that may still be called",
        sees="S8",
        first=("called off and put back: a fault",),
    ),
    _in_starting(
        name="the generation of starts does not move",
        old="generation=record.start_generation + 1,",
        new="generation=record.start_generation,",
        rule="each new attempt has a token of its own",
        sees="S5",
    ),
    _in_starting(
        name="a failed model that refuses is not stopped first",
        old="    if failed and attempt.answer is Answer.WRONG_STATE:",
        new="    if False:",
        rule="failed, and start refused: stop first, then start",
        sees="L1",
        first=("a long shift, strict: a fault",),
    ),
    _in_starting(
        name="a failed start taken for one under way",
        old="    if failed and (attempt.left or own_outcome or situation.now >= attempt.lease_ends_at()):",
        new="    if False:",
        rule="a start that failed is followed by another",
        sees="S5",
    ),
    _in_starting(
        name="no backoff",
        old="    if effort.retry_at is not None and situation.now < effort.retry_at:",
        new="    if False:",
        rule="a new attempt waits for its backoff",
        sees="S10",
    ),
    _in_starting(
        name="a backoff without end",
        old="BACKOFF = (0, 2, 4, 8)",
        new="BACKOFF = (1000, 1000, 1000, 1000)",
        rule="a burnt attempt is followed by the next within minutes",
        sees="L1",
    ),
    _in_starting(
        name="a refused start repeated at every wake",
        old="""    if death is None:
        if attempt.retry_at is not None and situation.now < attempt.retry_at:""",
        new="""    if death is None:
        if False:""",
        rule="what was refused is repeated after a pause",
        sees="S10",
    ),
    _in_starting(
        name="a repeat with the plan's new units",
        old="            return hold(situation, situation.record.phase, reason, attempt.lease_ends_at())",
        new="""            return hold(situation, situation.record.phase, reason, attempt.lease_ends_at())
        attempt = change(attempt, units=situation.model.units if situation.model else attempt.units)""",
        rule="a token is sent with the parameters that it was first sent with",
        sees="S5",
        first=("other units: a fault",),
    ),
    _in_starting(
        name="given up at a stop",
        old="    return begin_start(situation, repair=False)",
        new='    return burn_attempt(situation, "stopped")',
        rule="what was stopped for a demand's sake is started again at once",
        sees="L1",
        first=("called off and put back: two workers",),
    ),
)
