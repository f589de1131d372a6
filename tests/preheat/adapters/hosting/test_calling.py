"""A client that nobody can make, and a call that fails in any way, counts as a lost answer."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import DataNotFoundError, NoRegionError, PartialCredentialsError, UnknownServiceError
from botocore.loaders import Loader
from botocore.session import Session

from preheat.adapters.clock import VirtualClock
from preheat.adapters.hosting.backlogs import SqsBacklogs
from preheat.adapters.hosting.calling import call_service, translate_by_code
from preheat.adapters.hosting.clients import HostingClients
from preheat.adapters.hosting.gates import LambdaGates
from preheat.adapters.hosting.members import MemberSessions, make_sts_client
from preheat.adapters.hosting.router import HostingRouter
from preheat.app.ports.errors import AnswerLost
from preheat.app.ports.hosting import Site
from preheat.app.ports.plans import Membership
from preheat.domain.plan.hosted_model import Readiness
from preheat.domain.plan.plan import Backend, Target

MAPPING = "0c6d2f58-3c2b-4f6e-9a51-6f1d2f0a7b11"
QUEUE = "https://sqs.eu-central-1.amazonaws.com/111122223333/images"
ROLE = "arn:aws:iam::210987654321:role/preheat-member"
ENDPOINT = Target("surface", "surface-v1", Backend.SAGEMAKER)
MEMBER = Target("surface", "surface-v1", Backend.SAGEMAKER, region="eu-central-1", role=ROLE)


def a_session(*, region: str | None = "eu-central-1") -> Session:
    session = Session(profile=None)
    session.set_credentials("test", "test")
    session.set_config_variable("region", region)
    return session


def without_models(session: Session, folder: Path) -> Session:
    """Let the session know no service, as a layer without its model does."""
    session.register_component("data_loader", Loader([str(folder)], include_default_search_paths=False))
    return session


def clients_of(session: Session, url: str | None = None) -> HostingClients:
    sessions = MemberSessions(
        lambda: make_sts_client(session),
        VirtualClock(datetime(2026, 11, 23, tzinfo=UTC)),
        lambda _: Membership(1, "preheat-0"),
    )
    return HostingClients(session, dict.fromkeys(Backend, url), sessions)


NEEDS: dict[str, Callable[[Session], object]] = {
    "a gate": lambda session: LambdaGates.of(session).describe(MAPPING),
    "a queue": lambda session: SqsBacklogs.of(session).count(QUEUE),
    "a look": lambda session: HostingRouter(clients_of(session), "preheat").describe(ENDPOINT),
    "a probe": lambda session: HostingRouter(clients_of(session), "preheat").probe(ENDPOINT, Readiness(b"{}", "a/b")),
    "a role": lambda session: HostingRouter(clients_of(session), "preheat").describe(MEMBER),
    "a list": lambda session: clients_of(session)(Site(Backend.REKOGNITION)),
}


@pytest.mark.parametrize("need", NEEDS)
def test_a_service_without_a_model_is_a_lost_answer(need: str, tmp_path: Path) -> None:
    with pytest.raises(AnswerLost, match=r"cannot make a client: UnknownServiceError|DataNotFoundError"):
        NEEDS[need](without_models(a_session(), tmp_path))


@pytest.mark.parametrize("need", ["a gate", "a look", "a probe", "a list"])
def test_a_session_without_a_region_is_a_lost_answer(need: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(AnswerLost, match="cannot make a client: NoRegionError"):
        NEEDS[need](a_session(region=None))


@pytest.mark.parametrize(
    "error",
    [
        UnknownServiceError(service_name="lambda", known_service_names=["sqs"]),
        NoRegionError(),
        DataNotFoundError(data_path="lambda"),
        PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        ValueError("Invalid endpoint: x"),
        OSError("too many open files"),
        KeyError("metadata"),
    ],
)
@pytest.mark.parametrize("need", NEEDS)
def test_a_client_that_cannot_be_made_is_a_lost_answer(
    need: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise error

    session = a_session()
    monkeypatch.setattr(session, "create_client", refuse)
    with pytest.raises(AnswerLost, match=f"cannot make a client: {type(error).__name__}"):
        NEEDS[need](session)


def test_a_client_is_tried_again_at_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    session, made = a_session(), Session.create_client
    monkeypatch.setattr(session, "create_client", lambda *_, **__: 1 / 0)
    gates = LambdaGates.of(session)
    with pytest.raises(AnswerLost, match="cannot make a client: ZeroDivisionError"):
        gates.describe(MAPPING)
    monkeypatch.setattr(session, "create_client", lambda *args, **options: made(session, *args, **options))
    assert gates._client().meta.service_model.service_name == "lambda"


@pytest.mark.parametrize("error", [RuntimeError("a bug"), OSError("reset"), KeyError("Error"), UnicodeError("bytes")])
def test_a_call_that_fails_in_any_way_is_a_lost_answer(error: Exception) -> None:
    def fail() -> Any:
        raise error

    with pytest.raises(AnswerLost, match=f"DescribeModel: no answer: {type(error).__name__}"):
        call_service("DescribeModel", fail, translate_by_code({}))
