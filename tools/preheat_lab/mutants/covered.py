"""Mutations that no promise distinguishes from the protocol, each with the rule that covers the same. Not counted.

None of the rules is needless: each covers a case that explorer and simulation do not have, and says which.
"""

from preheat_lab.mutants.mutation import Covered

COVERED = (
    Covered(
        name="a token without the demand",
        file="domain/record/attempt.py",
        old="json.dumps([model_id, demand_start.astimezone(UTC).isoformat(), call, generation, digest, *of_stack])",
        new="json.dumps([model_id, call, 1, digest, *of_stack])",
        why=(
            "the token's prefix names call and generation, and no generation of a record comes twice; the demand parts"
            " the tokens of a record that was lost, or restored to an older copy, and counts again"
        ),
    ),
    Covered(
        name="an open writer leaves no doubt",
        file="domain/record/attempt.py",
        old="doubtful=self.doubtful or self.open_writers > 0",
        new="doubtful=self.doubtful",
        why=(
            "within the lease the second writer makes the attempt unsettled, and that alone claims what runs;"
            " after the lease it is repeated only on a look that shows stopped or failed, so that what the"
            " first has begun is over;"
            " the doubt guards against a service whose looks lag behind its calls"
        ),
    ),
    Covered(
        name="an accepted start closed when seen stopped",
        file="domain/decision/resting.py",
        old="over = now >= attempt.lease_ends_at() or (attempt.call is Call.STOP and attempt.is_closable(now))",
        new="over = attempt.is_closable(now)",
        why=(
            "a start is settled only by the answer to its sole writer, and a pass that has read that record looks after"
            " the call: what it sees stopped has stopped again; the lease guards against a service whose looks lag"
            " behind its calls"
        ),
    ),
)
