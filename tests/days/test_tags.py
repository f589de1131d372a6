"""Days of an endpoint with tags: those of the plan, and those that its owner gave it, survive each night."""

from dataclasses import replace
from typing import Any

from tests.support.day import Day, a_day, at

from preheat.adapters.hosting.sagemaker import MANAGED_BY
from preheat.domain.plan.plan import Backend, Target
from preheat.domain.record import budget
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Ownership
from preheat_lab.simulation.hosting import STACK
from preheat_simulator.sagemaker import EndpointService

COST = ("CostCenter", "4711")


def tags_of(day: Day) -> dict[str, str]:
    assert isinstance(day.service, EndpointService)
    found = day.service.list_tags(day.service.arn(day.target.project))
    return {tag["Key"]: tag["Value"] for tag in found if tag["Key"] != MANAGED_BY}


def tag(day: Day, **tags: str) -> None:
    assert isinstance(day.service, EndpointService)
    rows = [{"Key": key, "Value": value} for key, value in tags.items()]
    day.service.add_tags(day.service.arn(day.target.project), rows)


def test_the_plans_tags_are_on_each_endpoint_that_is_created() -> None:
    with a_day(backend=Backend.SAGEMAKER, tags=(COST, ("Owner", "line 1"))) as day:
        for number in range(2):
            day.run_until("12:00", day=number)
            assert tags_of(day) == {"CostCenter": "4711", "Owner": "line 1"}


def test_what_its_owner_adds_to_an_endpoint_is_kept() -> None:
    with a_day(backend=Backend.SAGEMAKER, tags=(COST,)) as day:
        day.run_until("12:00")
        tag(day, Team="vision")
        day.run_until("12:00", day=2)
        assert tags_of(day) == {"CostCenter": "4711", "Team": "vision"}


def test_the_tags_of_an_endpoint_that_is_handed_over_are_kept_but_not_those_of_aws() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        day.run_until("07:00")
        day.person("starts")
        tag(day, Team="vision", **{MANAGED_BY: STACK, "aws:cloudformation:stack-name": "models"})
        day.run_until("12:00", day=1)
        assert tags_of(day) == {"Team": "vision"}


def test_the_plan_decides_over_a_kept_tag_and_what_it_drops_goes() -> None:
    with a_day(backend=Backend.SAGEMAKER, tags=(COST, ("Owner", "line 1"))) as day:
        day.run_until("12:00")
        changed: Any = day.store.read_planned(day.record.model_id).model
        day.apply(replace(changed, tags=(("CostCenter", "9000"),)))
        day.run_until("12:00", day=1)
        assert tags_of(day) == {"CostCenter": "9000"}


def test_what_its_owner_takes_off_does_not_come_back() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        day.run_until("12:00")
        tag(day, Team="vision")
        day.run_until("12:00", day=1)
        assert tags_of(day) == {"Team": "vision"}
        assert isinstance(day.service, EndpointService)
        day.service.remove_tags(day.service.arn(day.target.project), ["Team"])
        day.run_until("12:00", day=2)
        assert tags_of(day) == {}


def take_over(day: Day) -> None:
    """Let somebody take Preheat's mark off the endpoint: from now on, it is theirs."""
    assert isinstance(day.service, EndpointService)
    day.service.remove_tags(day.service.arn(day.target.project), [MANAGED_BY])


def test_tags_are_read_once_for_each_creation_and_before_a_stop() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        day.run_until("18:00")
        assert day.stopped() == 1
        read = [call.at for call in day.calls if str(call.operation) == "ListTags"]
        assert len(read) == 2
        assert read[1] == at("16:00")


def test_an_endpoint_that_somebody_took_over_in_a_shift_is_not_deleted_at_its_end() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        day.run_until("12:00")
        take_over(day)
        day.run_until("18:00")
        assert (day.stopped(), day.observed()) == (0, Observed.HOSTED)


def test_a_hung_start_that_somebody_took_over_is_not_deleted() -> None:
    with a_day(backend=Backend.SAGEMAKER, start_takes="300m") as day:
        day.run_until("07:45")
        take_over(day)
        day.run_until("11:00")
        assert (day.stopped(), day.observed()) == (0, Observed.STARTING)


def test_a_hung_start_is_stopped_after_a_whole_look() -> None:
    with a_day(backend=Backend.SAGEMAKER, start_takes="300m") as day:
        day.run_until("11:00")
        assert day.stopped() == 1


def test_the_glance_before_the_whole_look_of_a_stop_counts_against_the_budget_too() -> None:
    with a_day(backend=Backend.SAGEMAKER, start_takes="300m") as day:
        day.run_until("07:30")
        while not day.stopped():
            before = day.record.spent_until
            day.run_until(f"{day.clock.at + budget.CALL_COSTS / 60:%H:%M:%S}")
        made = [str(call.operation) for call in day.calls if call.at == day.calls[-1].at]
        assert made == ["DescribeEndpoint", "DescribeEndpoint", "ListTags", "DeleteEndpoint"]
        begun_at = max(before or day.calls[-1].at, day.calls[-1].at)
        assert day.record.spent_until == begun_at + len(made) * budget.CALL_COSTS


def test_an_endpoint_of_the_same_name_that_somebody_made_in_a_shift_is_theirs() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        day.run_until("12:00")
        day.person("stops")
        day.run_until("12:06")  # it is gone; the next look comes at 12:10 or so
        day.person("starts")
        day.run_until("18:00")
        assert (day.stopped(), day.observed()) == (0, Observed.HOSTED)


def test_the_tags_of_an_owner_do_not_go_to_another_endpoint_of_the_model() -> None:
    with a_day(backend=Backend.SAGEMAKER, tags=(COST,)) as day:
        day.run_until("12:00")
        tag(day, Team="vision")
        day.run_until("18:00")
        day.service.add_model("paint-shop-front", "paint-v1")
        planned: Any = day.store.read_planned(day.record.model_id).model
        day.apply(replace(planned, target=Target("paint-shop-front", "paint-v1", Backend.SAGEMAKER)))
        day.run_until("12:00", day=1)
        assert isinstance(day.service, EndpointService)
        found = {each["Key"]: each["Value"] for each in day.service.list_tags(day.service.arn("paint-shop-front"))}
        assert found == {"CostCenter": "4711", MANAGED_BY: STACK}


def test_a_tag_that_aws_or_preheat_reserves_is_not_kept_however_it_is_written() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        day.run_until("12:00")
        tag(day, Team="vision", **{"Preheat:note": "mine", "AWS:note": "theirs"})
        day.run_until("12:00", day=1)
        assert tags_of(day) == {"Team": "vision"}


def test_a_new_endpoint_of_the_same_name_is_seen_as_theirs_at_the_next_look_and_not_only_at_the_end_of_the_shift() -> (
    None
):
    with a_day(backend=Backend.SAGEMAKER, start_takes="3m", stop_takes="1m") as day:
        day.run_until("12:01")
        day.person("stops")
        day.run_until("12:03")
        day.person("starts")  # it is in service again before the next look: only its time of creation is new
        day.run_until("12:10:30")
        assert day.record.ownership is Ownership.NONE
        assert day.entries[-1].reason == "Hosted as required. Preheat did not create it and never stops it"


def test_the_tags_of_an_owner_survive_a_new_config_of_the_same_endpoint() -> None:
    with a_day(backend=Backend.SAGEMAKER, tags=(COST,)) as day:
        day.run_until("12:00")
        tag(day, Team="vision")
        day.run_until("18:00")
        day.service.add_model("weld-seams-front", "weld-seams-v4")
        planned: Any = day.store.read_planned(day.record.model_id).model
        day.apply(replace(planned, target=Target("weld-seams-front", "weld-seams-v4", Backend.SAGEMAKER)))
        day.run_until("12:00", day=1)
        assert day.record.target.version == "weld-seams-v4"
        assert tags_of(day) == {"CostCenter": "4711", "Team": "vision"}
