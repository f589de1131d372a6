"""Mutations of the steps that call nothing, and of the table that says which step to take."""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_in_resting = partial(Mutation, file="domain/decision/resting.py")
_in_record = partial(Mutation, file="domain/record/record.py")
_in_lifecycle = partial(Mutation, file="domain/record/lifecycle.py")

MUTATIONS = (
    _in_resting(
        name="an intent closed at once at rest",
        old="over = now >= attempt.lease_ends_at() or (attempt.call is Call.STOP and attempt.is_closable(now))",
        new="over = True",
        rule="nobody closes an intent younger than the lease",
        sees="S8",
    ),
    _in_resting(
        name="a stop under way forgotten while hosted",
        old="""        record = _mark_ready(record, effort, situation) if ready else change(record, effort=effort)
    if attempt is not None and attempt.call is Call.STOP:
        if not attempt.is_closable(situation.now):""",
        new="""        record = _mark_ready(record, effort, situation) if ready else change(record, effort=effort)
    if attempt is not None and attempt.call is Call.STOP:
        if False:""",
        rule="nobody closes an intent younger than the lease",
        sees="S8",
        first=("called off and put back: two workers",),
    ),
    _in_resting(
        name="a stop under way forgotten while starting",
        old="""    )
    if attempt is not None and attempt.call is Call.STOP:
        if not attempt.is_closable(situation.now):""",
        new="""    )
    if attempt is not None and attempt.call is Call.STOP:
        if False:""",
        rule="nobody closes an intent younger than the lease",
        sees="S8",
        first=("called off and put back: two workers",),
    ),
    _in_resting(
        name="never adopted while hosted",
        old="""    action, reason = Action.LOOK, "Hosted as required"
    if record.ownership is Ownership.NONE:
        if not situation.may_adopt:
            return hold(situation, situation.record.phase, OUTLASTED, situation.seen_at)
        record = change(record, ownership=Ownership.ADOPTED)""",
        new="""    action, reason = Action.LOOK, "Hosted as required"
    if record.ownership is Ownership.NONE:
        if not situation.may_adopt:
            return hold(situation, situation.record.phase, OUTLASTED, situation.seen_at)""",
        rule="what a demand covers is adopted and stopped at its end",
        sees="L2",
    ),
    _in_resting(
        name="never adopted while starting",
        old="""        record = change(record, attempt=None)
    if record.ownership is Ownership.NONE:
        if not situation.may_adopt:
            return hold(situation, situation.record.phase, OUTLASTED, situation.seen_at)
        record = change(record, ownership=Ownership.ADOPTED)""",
        new="""        record = change(record, attempt=None)
    if record.ownership is Ownership.NONE:
        if not situation.may_adopt:
            return hold(situation, situation.record.phase, OUTLASTED, situation.seen_at)""",
        rule="what a demand covers is adopted and stopped at its end",
        sees="L2",
    ),
    _in_resting(
        name="a model let go of at the first word that it is gone",
        old="let_go = record.phase is Phase.GONE and record.unreadable >= GONE_FROM",
        new="let_go = True",
        rule="one wrong answer to a look lets go of nothing",
        sees="L2",
    ),
    _in_resting(
        name="a model let go of after three looks",
        old="GONE_FROM = 4",
        new="GONE_FROM = 3",
        rule="three wrong answers to looks let go of nothing",
        sees="L2",
        suite="tests/days/test_what_cannot_be_read.py",
    ),
    _in_resting(
        name="a lease let go of what is gone",
        old="    if attempt is not None and situation.now < attempt.lease_ends_at():",
        new="    if attempt is not None and situation.now < situation.now:",
        rule="nobody closes an intent younger than the lease",
        sees="S8",
        first=("brief: two workers, a fault",),
    ),
    _in_record(
        name="a start that hangs left hanging",
        old="STUCK_AFTER_LEAST = timedelta(minutes=60)",
        new="STUCK_AFTER_LEAST = timedelta(days=60)",
        rule="a start that hangs is stopped once and started again",
        sees="L1",
        first=("starts that hang",),
    ),
    _in_resting(
        name="a start stopped as hanging within its lead",
        old="max(2 * situation.lead, STUCK_AFTER_LEAST)",
        new="situation.lead / 4",
        rule="a start is given its time",
        sees="L1",
    ),
    _in_resting(
        name="the stop of a hanging start never repeated",
        old="if effort is not None and effort.unstuck and attempt.answer not in SPENT:",
        new="if False:",
        rule="a refused stop of a start that hangs is repeated until it is accepted",
        sees="L1",
        first=("starts that hang, stops throttled",),
    ),
    _in_resting(
        name="what waits is dropped while busy",
        old="    if observed is Observed.BUSY:",
        new="""    if observed is Observed.BUSY:
        record = change(record, attempt=None, ownership=Ownership.NONE)""",
        rule="a model that the system updates stays Preheat's",
        sees="L2",
    ),
    _in_resting(
        name="a busy model not checked again",
        old="        return Move(record, record.phase, reason, pick_wake(situation, situation.now + looks.BUSY_EVERY))",
        new="        return Move(record, record.phase, reason, pick_wake(situation))",
        rule="a model that the system updates is checked until it is ready",
        sees="L1",
    ),
    _in_resting(
        name="an unreadable model not checked again",
        old="""
        record,
        record.phase,
        reason,
        _check_again(situation, record, situation.now + pause),
        Action.UNREAD if tell else Action.LOOK,
    """,
        new="record, record.phase, reason, pick_wake(situation), Action.UNREAD if tell else Action.LOOK",
        rule="an unreadable model is checked again within a minute",
        sees="L1",
    ),
    _in_lifecycle(
        name="wanted and stopping: start",
        old="Observed.HOSTED: Step.KEEP,\n        Observed.STOPPING: Step.WAIT,",
        new="Observed.HOSTED: Step.KEEP,\n        Observed.STOPPING: Step.START,",
        rule="a start is called for of a startable model only",
        sees="S1",
    ),
    _in_lifecycle(
        name="wanted and starting: start",
        old="Observed.STARTING: Step.WAIT,\n        Observed.HOSTED: Step.KEEP,",
        new="Observed.STARTING: Step.START,\n        Observed.HOSTED: Step.KEEP,",
        rule="a start is called for of a startable model only",
        sees="S1",
    ),
    _in_lifecycle(
        name="wanted and busy: start",
        old="Observed.BUSY: Step.WAIT,\n        Observed.UNFIT: Step.REPORT,",
        new="Observed.BUSY: Step.START,\n        Observed.UNFIT: Step.REPORT,",
        rule="what the system updates is neither started nor stopped",
        sees="S9",
    ),
    _in_lifecycle(
        name="wanted and unknown: start",
        old="Observed.GONE: Step.REPORT,\n        Observed.UNKNOWN: Step.WAIT,",
        new="Observed.GONE: Step.REPORT,\n        Observed.UNKNOWN: Step.START,",
        rule="unknown is not off",
        sees="S9",
    ),
    _in_lifecycle(
        name="wanted and hosted: stop",
        old="Observed.HOSTED: Step.KEEP,",
        new="Observed.HOSTED: Step.STOP,",
        rule="what is needed is not stopped",
        sees="S3",
    ),
    _in_lifecycle(
        name="wanted and failed: wait",
        old="Observed.FAILED: Step.START,",
        new="Observed.FAILED: Step.WAIT,",
        rule="a start that failed is followed by another",
        sees="L1",
    ),
    _in_lifecycle(
        name="unwanted and unknown: stop",
        old="Observed.GONE: Step.REST,\n        Observed.UNKNOWN: Step.WAIT,",
        new="Observed.GONE: Step.REST,\n        Observed.UNKNOWN: Step.STOP,",
        rule="unknown is not off",
        sees="S9",
    ),
    _in_lifecycle(
        name="unwanted and unknown: rest",
        old="Observed.GONE: Step.REST,\n        Observed.UNKNOWN: Step.WAIT,",
        new="Observed.GONE: Step.REST,\n        Observed.UNKNOWN: Step.REST,",
        rule="unknown is not off",
        sees="L2",
    ),
    _in_lifecycle(
        name="unwanted and busy: stop",
        old="Observed.BUSY: Step.WAIT,\n        Observed.UNFIT: Step.REST,",
        new="Observed.BUSY: Step.STOP,\n        Observed.UNFIT: Step.REST,",
        rule="what the system updates is neither started nor stopped",
        sees="S9",
    ),
    _in_lifecycle(
        name="unwanted and busy: rest",
        old="Observed.BUSY: Step.WAIT,\n        Observed.UNFIT: Step.REST,",
        new="Observed.BUSY: Step.REST,\n        Observed.UNFIT: Step.REST,",
        rule="a model that the system updates stays Preheat's",
        sees="L2",
    ),
    _in_lifecycle(
        name="unwanted and hosted: rest",
        old="Observed.HOSTED: Step.STOP,",
        new="Observed.HOSTED: Step.REST,",
        rule="a model of Preheat's that nothing needs is stopped",
        sees="L2",
    ),
    _in_lifecycle(
        name="unwanted and starting: wait",
        old="Observed.STARTING: Step.STOP,",
        new="Observed.STARTING: Step.WAIT,",
        rule="a model of Preheat's that nothing needs is stopped",
        sees="L2",
    ),
)
