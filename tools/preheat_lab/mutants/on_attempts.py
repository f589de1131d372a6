"""Mutations of the attempt: its token, its lease, and what the answers to its call mean."""

from functools import partial

from preheat_lab.mutants.mutation import Mutation

_in_attempt = partial(Mutation, file="domain/record/attempt.py")

MUTATIONS = (
    _in_attempt(
        name="no lease",
        old="LEASE = timedelta(seconds=120)",
        new="LEASE = timedelta(seconds=0)",
        rule="nobody closes an intent younger than the lease",
        sees="S8",
    ),
    _in_attempt(
        name="a lease of 30 s",
        old="LEASE = timedelta(seconds=120)",
        new="LEASE = timedelta(seconds=30)",
        rule="the lease outlasts a function's timeout and the clocks' error",
        sees="S8",
    ),
    _in_attempt(
        name="a lease that moves back",
        old="intent_at=max(self.intent_at, now)",
        new="intent_at=now",
        rule="leases never move back",
        sees="S8",
        first=("woken by an apply: two faults",),
    ),
    _in_attempt(
        name="a lease that is not renewed",
        old="intent_at=max(self.intent_at, now)",
        new="intent_at=self.intent_at",
        rule="the lease counts from the last won write",
        sees="L2",
    ),
    _in_attempt(
        name="other writers forgotten",
        old="open_writers=still_open + 1",
        new="open_writers=1",
        rule="a writer that may still call keeps the attempt open",
        sees="S8",
        first=("called off and put back: two workers",),
    ),
    _in_attempt(
        name="settled while others are open",
        old="REACTIONS[answer].definite and self.open_writers == 1",
        new="REACTIONS[answer].definite",
        rule="only a sole writer's answer settles an attempt",
        sees="S8",
        first=("called off and put back: two workers",),
    ),
    _in_attempt(
        name="one open writer counts for none",
        old="self.open_writers == 0 or now >=",
        new="self.open_writers <= 1 or now >=",
        rule="a worker that may still call keeps the attempt open",
        sees="S8",
    ),
    _in_attempt(
        name="a lost answer settles",
        old="Answer.LOST: Reaction(definite=False",
        new="Answer.LOST: Reaction(definite=True",
        rule="a lost answer leaves open whether the call had its effect",
        sees="S8",
    ),
    _in_attempt(
        name="throttled forever",
        old="Answer.THROTTLED: Reaction(definite=True, retry_after=timedelta(seconds=10))",
        new="Answer.THROTTLED: Reaction(definite=True, retry_after=None)",
        rule="what was throttled is tried again",
        sees="L1",
    ),
    _in_attempt(
        name="acceptance does not spend the token",
        old="left=self.left or (self.call is Call.START and answer is Answer.ACCEPTED)",
        new="left=self.left",
        rule="a start that was accepted has left the stopped state",
        sees="S5",
    ),
    _in_attempt(
        name="doubt ignored",
        old="return refused and self.open_writers == 0 and not self.doubtful",
        new="return refused and self.open_writers == 0",
        rule="a refusal does not undo an earlier try that may have had its effect",
        sees="L2",
        first=("throttled at the client's second try",),
    ),
    _in_attempt(
        name="doubt never noted",
        old="doubtful=self.doubtful or retried or answer in (Answer.ACCEPTED, Answer.LOST)",
        new="doubtful=False",
        rule="a lost answer leaves a doubt until the attempt ends",
        sees="L2",
        first=("throttled at the client's second try",),
    ),
    _in_attempt(
        name="a token without the generation",
        old="""call, generation, digest, *of_stack])
    return f"preheat-{call}-{generation}-{""",
        new="""call, digest, *of_stack])
    return f"preheat-{call}-{""",
        rule="each new attempt has a token of its own",
        sees="S5",
    ),
    _in_attempt(
        name="a token without the call",
        old="""call, generation, digest, *of_stack])
    return f"preheat-{call}-{generation}-{""",
        new="""generation, digest, *of_stack])
    return f"preheat-{generation}-{""",
        rule="a stop has other tokens than a start",
        sees="S5",
    ),
    _in_attempt(
        name="a token for each try",
        old="            intent_at=max(self.intent_at, now),",
        new="""            client_token=f"{self.client_token[:50]}-{self.tries}",
            intent_at=max(self.intent_at, now),""",
        rule="repeating an attempt is the same call, under the same token",
        sees="S8",
    ),
    _in_attempt(
        name="a token that may be 9 h old",
        old="TOKEN_AGE_MAX = timedelta(hours=7, minutes=30)",
        new="TOKEN_AGE_MAX = timedelta(hours=9)",
        rule="a token is not sent when the service may have forgotten it",
        sees="S5",
    ),
    _in_attempt(
        name="a token as young as its last try",
        old="return now - self.first_at >= TOKEN_AGE_MAX",
        new="return now - self.intent_at >= TOKEN_AGE_MAX",
        rule="a token's age counts from when it was first sent",
        sees="S5",
    ),
    _in_attempt(
        name="refusals repeated without a pause",
        old="return max(least, paced) + compute_jitter",
        new="return timedelta()",
        rule="what was refused is repeated after a pause",
        sees="S10",
        first=("throttled at the client's second try",),
    ),
)
