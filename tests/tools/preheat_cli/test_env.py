"""`preheat env`: what a shell needs to reach the local AWS."""

import os
import subprocess
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

import preheat_local
from preheat_cli.main import app

LOCAL = SimpleNamespace(
    endpoint_url="http://127.0.0.1:4578",
    region="eu-central-1",
    access_key="AKIA",
    secret_key="it's a $ecret",  # noqa: S106 - no key
    stack_name="preheat",
    request_queue_url="http://127.0.0.1:4578/000000000000/preheat-RequestQueue",
)


def test_a_shell_that_evaluates_it_has_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preheat_local, "find_running", lambda: LOCAL)
    shown = CliRunner().invoke(app, ["env"])
    assert shown.exit_code == 0
    shows = 'printf "%s|" "$AWS_ENDPOINT_URL" "$AWS_SECRET_ACCESS_KEY" "$PREHEAT_STACK" "$REQUEST_QUEUE_URL"'
    seen = subprocess.run(
        ["sh", "-c", f"{shown.stdout}\n{shows}"], capture_output=True, text=True, check=True, env={"PATH": os.defpath}
    )
    assert seen.stdout.split("|")[:-1] == [
        *(LOCAL.endpoint_url, LOCAL.secret_key, LOCAL.stack_name, LOCAL.request_queue_url)
    ]


def test_without_a_local_aws_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preheat_local, "find_running", lambda: None)
    shown = CliRunner().invoke(app, ["env"])
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr == "preheat: the local AWS is not up; run `preheat up`\n"
