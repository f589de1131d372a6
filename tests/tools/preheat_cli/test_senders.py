"""`preheat apply` with a senders' table: ids of its roles, the changes that it shows, and what it cannot look up."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from tests.tools.conftest import PLANT, Workbench

from preheat.domain.plan.senders import SenderRule

ACCOUNT = "123456789012"
ROLES = {"line-controller": "AROALINE7", "SSO_Chief_1": "AROACHIEF1", "SSO_Chief_2": "AROACHIEF2"}


class Iam:
    """A client of IAM with a few roles; two of them on a second page."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.calls = error, 0

    def get_role(self, RoleName: str) -> dict[str, Any]:  # noqa: N803 - botocore's name
        self.calls += 1
        if self.error is not None:
            raise self.error
        if RoleName not in ROLES:
            raise ClientError({"Error": {"Code": "NoSuchEntity", "Message": "gone"}}, "GetRole")
        return {"Role": {"RoleId": ROLES[RoleName]}}

    def get_paginator(self, _: str) -> "Iam":
        return self

    def paginate(self) -> list[dict[str, Any]]:
        self.calls += 1
        if self.error is not None:
            raise self.error
        found = [
            {"RoleName": name, "RoleId": the_id, "Arn": f"arn:aws:iam::{ACCOUNT}:role/aws/{name}"}
            for name, the_id in ROLES.items()
        ]
        return [{"Roles": found[:1]}, {"Roles": found[1:]}]


@pytest.fixture
def iam(bench: Workbench) -> Iam:
    client = Iam()
    bench.clients = lambda service, *_: {"iam": client}[service]
    return client


def apply(bench: Workbench, table: str, *options: str) -> Any:
    return bench.preheat("apply", bench.plant(PLANT + table), "--yes", *options)


@pytest.mark.parametrize(
    ("role", "ids"),
    [
        ("line-controller", ["AROALINE7"]),
        (f"arn:aws:iam::{ACCOUNT}:role/some/path/line-controller", ["AROALINE7"]),
        ('"SSO_*"', ["AROACHIEF1", "AROACHIEF2"]),
        (f"arn:aws:iam::{ACCOUNT}:role/aws/SSO_*", ["AROACHIEF1", "AROACHIEF2"]),
        ("AROAOTHER", ["AROAOTHER"]),
    ],
)
def test_apply_looks_up_the_ids_of_the_roles(bench: Workbench, iam: Iam, role: str, ids: list[str]) -> None:
    result = apply(bench, f"senders:\n  mes: {{roles: [{role}]}}\n")
    assert result.exit_code == 0, result.output
    assert [list(rule.roles) for rule in bench.store.read_senders()] == [ids]
    assert iam.calls == (0 if role == "AROAOTHER" else 1)


@pytest.mark.parametrize(
    ("role", "says"),
    [
        ("no-such", f"account {ACCOUNT} has no role no-such; accepted: a role that exists"),
        ('"x-*"', f"account {ACCOUNT} has no role x-*"),
        ("arn:aws:iam::999999999999:role/mes", "is of account 999999999999, where Preheat cannot look up its id"),
    ],
)
def test_a_role_that_cannot_be_looked_up_stops_the_apply(bench: Workbench, iam: Iam, role: str, says: str) -> None:
    result = apply(bench, f"senders:\n  mes: {{roles: [{role}, line-controller]}}\n")
    assert result.exit_code == 2
    assert f"senders.mes.roles: {says}" in result.output or says in result.output
    assert "no change applied" in result.output
    assert bench.store.read_plan_version() == 0
    assert iam.calls <= 2


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetRole"),
        ConnectTimeoutError(endpoint_url="https://iam"),
    ],
)
def test_an_account_that_may_not_be_asked_is_named_with_the_way_around(
    bench: Workbench, iam: Iam, error: Exception
) -> None:
    iam.error = error
    result = apply(bench, "senders:\n  mes: {roles: [line-controller]}\n")
    assert (result.exit_code, "line-controller is unknown, because IAM answers" in result.output) == (2, True)
    assert "accepted: its id (AROA" in result.output


def test_apply_shows_what_changes_in_the_table(bench: Workbench, iam: Iam) -> None:
    table = (
        "senders:\n  mes: {roles: [line-controller], models: [weld-seams]}\n  chief: {roles: ['SSO_*'], admin: true}\n"
    )
    assert iam is not None
    told = apply(bench, table).output
    assert "  ~ senders\n      + mes: 1 role: hold, release, extend, status of weld-seams, at most 12:00:00" in told
    assert "      + chief: 2 roles: admin\n" in told
    told = apply(bench, table).output
    assert "senders" not in told
    assert "No changes." in told
    told = apply(bench, table.replace("weld-seams]", "paint]")).output
    assert "      ~ mes: 1 role: hold" in told
    assert "No changes." not in told
    dry = bench.preheat("apply", bench.plant(), "--dry-run", "--detailed-exitcode", "--format", "json")
    assert dry.exit_code == 3
    assert json.loads(dry.output.splitlines()[0])["lines"][:2] == ["- mes", "- chief"]
    told = apply(bench, "").output
    assert "without a table, every sender that the stack lets in may send requests" in told
    assert bench.store.read_senders() == ()


def test_a_plan_that_differs_in_the_table_alone_has_the_exit_status_of_a_difference(bench: Workbench, iam: Iam) -> None:
    table = "senders:\n  mes: {roles: [line-controller]}\n"
    assert iam is not None
    apply(bench, table)
    compared = ("plan", bench.plant(PLANT + table), "--detailed-exitcode", "--stack", "local")
    same = bench.preheat(*compared)
    assert (same.exit_code, "senders differ" in same.output) == (0, False)
    bench.plant(PLANT)
    found = bench.preheat(*compared)
    assert (found.exit_code, "; senders differ" in found.output) == (3, True)


def test_the_order_of_the_entries_is_a_change(bench: Workbench, iam: Iam) -> None:
    entries = ["  a: {roles: [line-controller]}\n", "  b: {roles: [line-controller]}\n"]
    assert iam is not None
    apply(bench, "senders:\n" + "".join(entries))
    assert "~ the order of the entries" in apply(bench, "senders:\n" + "".join(reversed(entries))).output
    assert [rule.name for rule in bench.store.read_senders()] == ["b", "a"]
    assert isinstance(bench.store.read_senders()[0], SenderRule)
