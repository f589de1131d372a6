"""Sessions in member accounts: who gets in, for how long, with which rights, and the harm of a failing account."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.session import Session
from moto import mock_aws

from preheat.adapters.client import AwsService
from preheat.adapters.clock import VirtualClock
from preheat.adapters.hosting.clients import CLIENTS_MAX, HostingClients
from preheat.adapters.hosting.members import SESSIONS_MAX, MemberSessions, make_sts_client
from preheat.app.ports.errors import AccessRefused, AnswerLost, HostingError, StoreUnavailable, Throttled
from preheat.app.ports.plans import Listed, Membership
from preheat.domain.plan.plan import Target

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
HOME, HERE = "eu-central-1", "210987654321"
STS = "https://sts.eu-central-1.amazonaws.com"
ROLE = f"arn:aws:iam::{HERE}:role/line/preheat-member"
OTHER_ROLE = "arn:aws:iam::310987654321:role/preheat-member"
THERE = Target("line-1", "3", role=ROLE)
OTHER = Target("line-1", "3", role=OTHER_ROLE)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Sts:
    """Gives sessions as the service does, and remembers its calls; `failure` replaces the answer if set."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.asked: list[dict[str, Any]] = []
        self.failure: dict[str, Exception] = {}
        self.arn: str | None = None

    def assume_role(self, **given: Any) -> dict[str, Any]:
        self.asked.append(given)
        if given["RoleArn"] in self.failure:
            raise self.failure[given["RoleArn"]]
        account, name = given["RoleArn"].split(":")[4], given["RoleArn"].rpartition("/")[2]
        return {
            "AssumedRoleUser": {
                "Arn": self.arn or f"arn:aws:sts::{account}:assumed-role/{name}/{given['RoleSessionName']}"
            },
            "Credentials": {
                "AccessKeyId": f"key-{len(self.asked)}",
                "SecretAccessKey": "secret",
                "SessionToken": "token",
                "Expiration": self.clock.at + timedelta(seconds=given["DurationSeconds"]),
            },
        }


class MembersBench:
    """Sessions over a pretend STS, with a plan that lists one model in each of two accounts."""

    def __init__(self) -> None:
        self.clock = VirtualClock(SIX)
        self.sts = Sts(self.clock)
        self.members = {
            HERE: Membership(1, "preheat-here", (Listed(THERE),)),
            "310987654321": Membership(1, "preheat-other", (Listed(OTHER),)),
        }
        self.sessions = MemberSessions(lambda: self.sts, self.clock, self.read_membership)
        self.made: list[tuple[str, str, str | None]] = []
        self.clients = HostingClients(self.session(), {}, self.sessions)

    def read_membership(self, account: str) -> Membership:
        return self.members[account]

    def session(self) -> Any:
        """A session that knows its region and notes the requested clients."""
        session = Session(profile=None)
        session.set_config_variable("region", HOME)

        def make(service: str, *, region_name: str, aws_access_key_id: str | None = None, **_: Any) -> Any:
            self.made.append((service, region_name, aws_access_key_id))
            return object()

        session.create_client = make
        return session


@pytest.fixture
def bench() -> MembersBench:
    return MembersBench()


def make_refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "so it is"}}, "AssumeRole")


def test_a_target_of_the_stacks_own_account_needs_no_session(bench: MembersBench) -> None:
    client = bench.clients(Target("line-1", "3"))
    assert bench.clients(Target("line-2", "1")) is client
    assert bench.clients(Target("line-2", "1", region="us-east-1")) is not client
    assert bench.made == [("lookoutvision", HOME, None), ("lookoutvision", "us-east-1", None)]
    assert bench.sts.asked == []


def test_a_session_is_short_limited_to_the_listed_models_and_under_the_accounts_external_id(
    bench: MembersBench,
) -> None:
    bench.clients(THERE)
    (asked,) = bench.sts.asked
    assert (asked["RoleArn"], asked["ExternalId"], asked["DurationSeconds"]) == (ROLE, "preheat-here", 900)
    resources = {name for each in json.loads(asked["Policy"])["Statement"] for name in each["Resource"]}
    assert resources == {f"arn:aws:lookoutvision:{HOME}:{HERE}:model/line-1/3"}


def test_no_role_is_assumed_without_an_external_id(bench: MembersBench) -> None:
    bench.members[HERE] = Membership(1, None)
    with pytest.raises(AccessRefused, match="no ExternalId yet: apply the plan again"):
        bench.clients(THERE)
    assert bench.sts.asked == []


def test_a_session_is_kept_for_an_account_a_region_and_a_plan_version(bench: MembersBench) -> None:
    second, far = replace(THERE, project="line-2"), replace(THERE, region="us-east-1")
    bench.members[HERE] = Membership(1, "preheat-here", (Listed(THERE), Listed(second), Listed(far)))
    first = bench.clients(THERE)
    assert bench.clients(second) is first
    assert len(bench.sts.asked) == 1
    bench.clients(far)
    assert len(bench.sts.asked) == 2
    bench.members[HERE] = replace(bench.members[HERE], plan_version=2)
    assert bench.clients(THERE) is not first
    assert len(bench.sts.asked) == 3


def test_two_services_share_a_session_but_no_client(bench: MembersBench) -> None:
    assert bench.clients(THERE) is not bench.clients(THERE, AwsService.SAGEMAKER_RUNTIME)
    assert len(bench.sts.asked) == 1


def test_a_session_is_renewed_before_a_pass_could_outlast_it(bench: MembersBench) -> None:
    first = bench.clients(THERE)
    bench.clock.advance_to(SIX + 12 * MINUTE - SECOND)
    assert bench.clients(THERE) is first
    bench.clock.advance_to(SIX + 12 * MINUTE)
    assert bench.clients(THERE) is not first


def test_what_the_plan_no_longer_lists_gets_a_session_of_its_own_so_that_it_can_be_stopped(bench: MembersBench) -> None:
    old = replace(THERE, version="2")
    bench.clients(THERE)
    bench.clients(old)
    bench.clients(old)
    _, asked = bench.sts.asked
    assert "model/line-1/2" in asked["Policy"]
    assert "model/line-1/3" not in asked["Policy"]


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:sts::999999999999:assumed-role/preheat-member/preheat-reconcile",
        f"arn:aws:sts::{HERE}:assumed-role/admin/preheat-reconcile",
        f"arn:aws:iam::{HERE}:user/preheat-member",
        "nonsense",
    ],
)
def test_a_session_that_is_not_one_of_the_role_is_not_used(bench: MembersBench, arn: str) -> None:
    bench.sts.arn = arn
    with pytest.raises(AccessRefused, match="not used"):
        bench.clients(THERE)
    assert bench.made == []


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (make_refusal("AccessDenied"), AccessRefused),
        (make_refusal("RegionDisabledException"), AccessRefused),
        (make_refusal("PackedPolicyTooLarge"), AccessRefused),
        (make_refusal("MalformedPolicyDocument"), AccessRefused),
        (make_refusal("ValidationError"), AccessRefused),
        (make_refusal("ExpiredToken"), AccessRefused),
        (make_refusal("Throttling"), Throttled),
        (make_refusal("RequestLimitExceeded"), Throttled),
        (make_refusal("InternalFailure"), AnswerLost),
        (make_refusal("IDPCommunicationError"), AnswerLost),
        (ReadTimeoutError(endpoint_url="https://sts"), AnswerLost),
    ],
)
def test_a_failing_account_is_the_ports_error_for_its_own_models_alone(
    bench: MembersBench, failure: Exception, error: type[HostingError]
) -> None:
    bench.sts.failure[ROLE] = failure
    with pytest.raises(error, match="AssumeRole"):
        bench.clients(THERE)
    bench.clients(OTHER)
    bench.clients(Target("line-9", "1"))
    assert len(bench.made) == 2


def test_a_failing_account_is_not_waited_for_again_by_its_next_model(bench: MembersBench) -> None:
    bench.sts.failure[ROLE] = ReadTimeoutError(endpoint_url="https://sts")
    for _ in range(3):
        with pytest.raises(AnswerLost):
            bench.clients(THERE)
    assert len(bench.sts.asked) == 1
    bench.clock.advance_to(SIX + 30 * SECOND)
    del bench.sts.failure[ROLE]
    bench.clients(THERE)
    assert len(bench.sts.asked) == 2


def test_an_open_session_outlives_an_outage_of_the_service_that_gave_it(bench: MembersBench) -> None:
    client = bench.clients(THERE)
    bench.sts.failure[ROLE] = ReadTimeoutError(endpoint_url="https://sts")
    bench.clock.advance_to(SIX + 11 * MINUTE)
    assert bench.clients(THERE) is client


def test_a_store_out_of_reach_is_no_error_of_the_account(bench: MembersBench) -> None:
    def unreachable(_: str) -> Membership:
        raise StoreUnavailable("plans: no answer")

    bench.sessions = MemberSessions(lambda: bench.sts, bench.clock, unreachable)
    with pytest.raises(AnswerLost, match="plans: no answer"):
        bench.sessions.find_credentials(THERE, HOME)


def test_sessions_and_clients_are_bounded(bench: MembersBench) -> None:
    many = [replace(THERE, version=str(number)) for number in range(10, 10 + 2 * SESSIONS_MAX)]
    for target in many:
        bench.clients(target)
    assert len(bench.sessions._open) == SESSIONS_MAX
    assert len(bench.clients._kept) == CLIENTS_MAX


def test_what_opens_an_account_is_in_no_text(bench: MembersBench) -> None:
    credentials = bench.sessions.find_credentials(THERE, HOME)
    assert credentials is not None
    assert "secret" not in repr(credentials)
    assert "token=" not in repr(credentials)


@pytest.fixture
def session() -> Iterator[Session]:
    with mock_aws():
        session = Session(profile=None)
        session.set_credentials("test", "test")
        session.set_config_variable("region", HOME)
        yield session


def test_a_real_client_assumes_a_role_and_signs_for_the_other_account(session: Session) -> None:
    clock = VirtualClock(datetime.now(UTC))
    member = Membership(1, "preheat-here", (Listed(THERE),))
    sessions = MemberSessions(lambda: make_sts_client(session, STS), clock, lambda _: member)
    credentials = sessions.find_credentials(THERE, HOME)
    assert credentials is not None
    assert clock.at + 10 * MINUTE < credentials.renew_at <= clock.at + 12 * MINUTE
    there = session.create_client(
        "sts",
        region_name=HOME,
        endpoint_url=STS,
        **credentials.for_client(),
    )
    assert there.get_caller_identity()["Account"] == HERE
