"""Asks the hosting service about one model, and turns each of its answers into an observation. Decides nothing."""

from collections.abc import Callable

from preheat.app.ports.errors import HostingError, ModelGone
from preheat.domain.plan.plan import Target
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation, require_owner, require_serving
from preheat.domain.record.record import ModelRecord


def observe(record: ModelRecord, target: Target, look: Callable[[Target], Observation]) -> Observation:
    """Return the result of one look; a failed one shows nothing."""
    try:
        observation = look(target)
        return require_serving(require_owner(observation, ours=record.is_engaged()), record.attempt)
    except ModelGone as gone:
        return Observation(Observed.GONE, str(gone))
    except HostingError as error:
        return Observation(Observed.UNKNOWN, str(error), failure=error.answer)
