"""The port to the work queue."""

from datetime import datetime, timedelta
from typing import Protocol

from preheat.domain.plan.plan import ModelId


class Queue(Protocol):
    """The work queue: at least once, in no order. Its messages say *look at model X* and nothing else."""

    def enqueue(
        self,
        model_id: ModelId,
        after: timedelta,
        due_at: datetime | None = None,
        *,
        repeated: bool = False,
        glance: int | None = None,
    ) -> None:
        """Request a look at the model in `after`. SQS holds 0 to 900 s; it cuts a longer wait, for the tick to cover.

        `due_at`: the due index shows the model only from then on, so until then no tick repeats this message.
        `repeated`: its pass failed, maybe after its write. `glance`: it asks whether the model is still as the
        record of this version says; see `preheat.app.reconcile.glancing`.

        Raises:
            QueueUnavailable: the message may or may not have been sent.
        """
