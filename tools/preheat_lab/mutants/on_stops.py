"""Mutations of the stop: whose it is, what it waits for, when to repeat and when to renew it."""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_in_stopping = partial(Mutation, file="domain/decision/stopping.py")
_in_situation = partial(Mutation, file="domain/decision/situation.py")

_in_draining = partial(
    Mutation, file="domain/decision/draining.py", sees="S3", rule="no stop comes so late that it delays the next start"
)

MUTATIONS = (
    Mutation(
        name="unscheduled: the policy is for every version",
        file="domain/decision/stopping.py",
        old="model.target == situation.record.target and ",
        new="",
        rule="a plan's policy is for the version that it names",
        sees="S4",
        suite="tests/days/test_an_ordinary_day.py",
    ),
    _in_draining(
        name="a stop however near the next start is",
        old="    again_at = _find_needed_again(situation)",
        new="    again_at = None",
        first=("a block between two shifts",),
    ),
    _in_draining(
        name="a stop comes once its start is not due at once",
        old="serves and start_at < situation.now + STOP_TIME else None",
        new="serves and start_at < situation.now else None",
        first=("a block between two shifts",),
    ),
    _in_draining(
        name="a drain is over because the next start is due",
        old="draining = change(draining, stays=True)",
        new="draining = change(draining, stays=True, over_at=situation.now)",
        rule="a stop whose next start is withdrawn waits for its queue again",
        sees="S12",
        suite="tests/days/test_drain_and_gate.py",
    ),
    _in_draining(
        name="a wait without a drain counts for the stop after it",
        old="over_at=situation.now, undrained=drain is None)",
        new="over_at=situation.now)",
        rule="a stop waits for its queue, whatever it waited for before",
        sees="S12",
        suite="tests/days/test_drain_and_gate.py",
    ),
    _in_situation(
        name="a demand that comes back has no effort",
        old="record.effort or _resume(record.ended_effort, demand)",
        new="record.effort",
        rule="the attempts of a demand that comes back stay counted",
        sees="S10",
        suite="tests/days/test_clock_trouble.py",
    ),
    _in_situation(
        name="an effort for another demand",
        old="if ended is None or ended.ready_at != demand.ready_at:",
        new="if ended is None:",
        rule="a demand that is ready at another time is judged for itself",
        sees="L3",
        suite="tests/days/test_mended_by_hand.py",
    ),
    _in_stopping(
        name="strangers stopped",
        old="    if not situation.record.is_engaged() and not _may_stop_any(situation):",
        new="    if False:",
        rule="what Preheat neither started nor adopted it does not stop",
        sees="S4",
    ),
    _in_stopping(
        name="a block leaves what somebody started",
        old="    if situation.outlook.block is not None:\n        return True",
        new="",
        rule="while a block is active, what runs is stopped, whoever started it",
        sees="L2",
        first=("a block of what a person runs",),
    ),
    _in_stopping(
        name="everything that nothing needs is stopped",
        old="    return model is not None and model.target == situation",
        new="    return True or situation",
        rule="only a policy or a block lets Preheat stop what somebody else started",
        sees="S4",
    ),
    _in_stopping(
        name="a stop over a start under way",
        old="        if not attempt.is_closable(situation.now):",
        new="        if False:",
        rule="a stop waits for a start that may still be called",
        sees="S8",
    ),
    _in_situation(
        name="an accepted stop repeated under its token",
        old="SPENT = (Answer.ACCEPTED, Answer.INVALID, Answer.GONE)",
        new="SPENT = (Answer.INVALID, Answer.GONE)",
        rule="an accepted stop has spent its token",
        sees="L2",
    ),
    _in_stopping(
        name="an aged stop sent again",
        old="    if attempt.answer in SPENT or attempt.is_aged(situation.now):",
        new="    if attempt.answer in SPENT:",
        rule="a token is not sent when the service may have forgotten it",
        sees="S5",
        first=("starts that hang, stubborn",),
    ),
    _in_stopping(
        name="a second stop within the lease of the last",
        old="    if situation.now < attempt.lease_ends_at():",
        new="    if False:",
        rule="a new stop waits for the end of the last one's lease",
        sees="S8",
        first=("two workers, a person",),
    ),
    _in_stopping(
        name="a start after an accepted stop is stopped",
        old="attempt.answer is Answer.ACCEPTED and situation.record.observed is Observed.STARTING and attempt.left",
        new="False",
        rule="a stop never leads to STARTING: somebody else's start is left alone",
        sees="S4",
    ),
    _in_stopping(
        name="what starts after an accepted stop is always a stranger's",
        old="Observed.STARTING and attempt.left",
        new="Observed.STARTING",
        rule="a model that was starting all along is Preheat's, and its stop failed",
        sees="L2",
    ),
    _in_stopping(
        name="what hosts after an accepted stop is always a stranger's",
        old="situation.record.observed is Observed.STARTING and attempt.left",
        new="attempt.left",
        rule="hosted again after an accepted stop: stopped again",
        sees="L2",
    ),
    _in_stopping(
        name="the generation of stops does not move",
        old="generation=record.stop_generation + 1,",
        new="generation=record.stop_generation,",
        rule="each new stop has a token of its own",
        sees="L2",
        first=("failing often, strict",),
    ),
    _in_stopping(
        name="a stop never seen to leave",
        old="    attempt = change(attempt, left=situation.observation.observed is not Observed.STARTING)",
        new="    attempt = change(attempt, left=False)",
        rule="a stop of what was hosted never leads to STARTING",
        sees="S4",
        first=("brief: a fault, a person",),
    ),
    _in_stopping(
        name="a stop that always has left",
        old="    attempt = change(attempt, left=situation.observation.observed is not Observed.STARTING)",
        new="    attempt = change(attempt, left=True)",
        rule="what was starting when it was stopped may be starting still",
        sees="L2",
    ),
    _in_stopping(
        name="a refused stop repeated at every wake",
        old="    if attempt.retry_at is not None and situation.now < attempt.retry_at:",
        new="    if False:",
        rule="what was refused is repeated after a pause",
        sees="S10",
        first=("calls denied, and people",),
    ),
    _in_stopping(
        name="a refused stop given up",
        old="    return repeat(situation, attempt, Phase.STOPPING)",
        new="    return leave_running(situation, change(situation.record, attempt=None, ownership=Ownership.NONE))",
        rule="a refused stop is repeated until it is accepted",
        sees="L2",
    ),
    _in_situation(
        name="a refused start still claims what runs",
        old="""if attempt is None or attempt.call is not Call.START or not attempt.is_without_effect():
        return record""",
        new="""if True:
        return record""",
        rule="what runs after a start that was refused is somebody else's",
        sees="S4",
        first=("brief: a fault, a person",),
    ),
    _in_situation(
        name="the model never seen to leave",
        old="    if attempt is None or (attempt.call is Call.STOP and record.observed is Observed.STARTING):",
        new="    if True:",
        rule="a token is dead once the model left its stopped state and is back",
        sees="S5",
        first=("brief: a fault, a person",),
    ),
    _in_situation(
        name="adopted after the demand's end",
        old="return self.outlook.current is not None and self.seen_at < self.outlook.current.end",
        new="return self.outlook.current is not None",
        rule="what was found after the demand's end is not adopted",
        sees="S4",
    ),
    _in_situation(
        name="another version taken for the planned one",
        old="planned = self.model is not None and self.model.target == self.record.target",
        new="planned = self.model is not None",
        rule="what the plan no longer names is let go of",
        sees="L2",
        first=("newer version",),
    ),
    _in_situation(
        name="a crash found out after half an hour",
        old="RECOVER_AFTER = timedelta(seconds=60)",
        new="RECOVER_AFTER = timedelta(minutes=30)",
        rule="a worker's death costs a minute",
        sees="L1",
    ),
    _in_situation(
        name="edges of the demand slept through",
        old="    if situation.outlook.next_edge is not None:",
        new="    if False:",
        rule="a pass checks a model when its demand begins and ends",
        sees="L1",
    ),
)
