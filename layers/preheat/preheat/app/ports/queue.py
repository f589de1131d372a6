"""The port to the work queue."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from preheat.domain.plan.plan import ModelId

GLANCES_MAX: Final = 5  # models that one message asks about: as many calls a second as the slowest service takes


class Queue(Protocol):
    """The work queue: at least once, in no order. Its messages say *look at model X* and nothing else."""

    def enqueue(
        self,
        model_id: ModelId,
        after: timedelta,
        due_at: datetime | None = None,
        *,
        repeated: bool = False,
    ) -> None:
        """Request a look at the model in `after`. SQS holds 0 to 900 s; it cuts a longer wait, for the tick to cover.

        `due_at`: the due index shows the model only from then on, so until then no tick repeats this message.
        `repeated`: its pass failed, maybe after its write.

        Raises:
            QueueUnavailable: the message may or may not have been sent.
        """

    def enqueue_glances(self, model_ids: Sequence[ModelId], after: timedelta) -> None:
        """Ask in `after` whether these models, at most GLANCES_MAX, are still as their records say.

        A message about one model asks for its pass, should that find a difference; see `app.reconcile.glancing`.

        Raises:
            QueueUnavailable: as above.
        """
