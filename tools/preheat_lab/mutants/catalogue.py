"""Every seeded mutation that counts. Each has its own name, and breaks one rule of the protocol; see also `covered`.

Not here, because no promise can distinguish them from the protocol, by design:

* a token without the parameters' digest: a new attempt always has a new generation, so no two tokens meet. The digest
guards a table after a restore to an older copy.
* the end of a demand inclusive: the demand is over by its end in two places, and one alone changes nothing.
* a tick that looks no minute ahead, messages without their delay: up to a minute later, which the slack covers.
* the message for the next look not sent: the tick finds the model within a minute.
* short gaps not bridged: it costs a restart and breaks no promise.
* a store that ignores the version of a write. Explorer and simulation have stores of their own; the contract suite and
the state machine see it. So it is with the version that a hold bumps; its own test breaks that in the explorer.
* requests cut and joined to demand in another way: explorer and simulation judge by the same arithmetic.
"""

from preheat_lab.mutants import (
    on_attempts,
    on_backends,
    on_days,
    on_decisions,
    on_edges,
    on_endpoints,
    on_figures,
    on_gates,
    on_holds,
    on_passes,
    on_requests,
    on_rests,
    on_rules,
    on_senders,
    on_starts,
    on_stops,
)
from preheat_lab.mutants.mutation import Mutation

MUTATIONS: tuple[Mutation, ...] = (
    *on_attempts.MUTATIONS,
    *on_passes.MUTATIONS,
    *on_starts.MUTATIONS,
    *on_stops.MUTATIONS,
    *on_rests.MUTATIONS,
    *on_days.MUTATIONS,
    *on_decisions.MUTATIONS,
    *on_endpoints.MUTATIONS,
    *on_figures.MUTATIONS,
    *on_gates.MUTATIONS,
    *on_holds.MUTATIONS,
    *on_requests.MUTATIONS,
    *on_rules.MUTATIONS,
    *on_backends.MUTATIONS,
    *on_senders.MUTATIONS,
    *on_edges.MUTATIONS,
)
