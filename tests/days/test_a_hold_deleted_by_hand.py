"""A day on which somebody deletes a hold in the table: what is there counts, and the pass says so."""

from typing import Any

import pytest
from tests.support.day import WELD, a_day, at

from preheat.app.ports.remote import Remote
from preheat.app.reconcile.reconcile import reconcile
from preheat.domain.demand.request import RequestId, Standings, Subject
from preheat.domain.record.lifecycle import Observed


@pytest.mark.parametrize("subject", [Subject(model_id=WELD), Subject(schedule="early")], ids=["model", "schedule"])
def test_a_model_whose_hold_was_deleted_is_stopped_and_the_pass_names_the_hold(
    monkeypatch: pytest.MonkeyPatch, subject: Subject
) -> None:
    with a_day() as day:
        day.run_until("15:30")
        day.hold("15:30", "20:00", subject=subject)
        day.run_until("17:00")
        assert day.observed() is Observed.HOSTED
        day.store.stands[subject].clear()
        read: Any = day.store.read_standings

        def without(asked: Subject, after: Any) -> Standings:
            found: Standings = read(asked, after)
            return Standings(found.version, found.requests, RequestId("hold-1")) if asked == subject else found

        monkeypatch.setattr(day.store, "read_standings", without)  # as the store on DynamoDB answers
        day.store.wake(WELD, at("17:00"))
        result = reconcile(WELD, day.remote(Remote(day.clock, day.store, day.hosting, day.queue, "w")))
        assert result.missing == (f"{subject.key}/hold-1",)
        day.run_until("17:10")
        assert day.observed() is Observed.STOPPED
        day.run_until("08:00", day=1)
        assert day.observed() is Observed.HOSTED
