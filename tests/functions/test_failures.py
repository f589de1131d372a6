"""The outermost edge of each function: what it raises has no account, role or name in it."""

import pytest
from tests.support.functions import CONTEXT, StackInProcess, event, function

ACCOUNT, ROLE = "210987654321", "preheat-member"
SECRET = f"arn:aws:iam::{ACCOUNT}:role/{ROLE} cannot read s3://plant-models-eu/model.tar.gz"


@pytest.mark.parametrize("name", ["audit", "publish", "reconcile", "requests", "tick", "watch"])
def test_every_function_has_this_edge(stack: StackInProcess, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    module = function(name)
    wired = {"audit": "auditor", "publish": "publisher", "tick": "ticker", "watch": "watcher"}.get(name)
    if wired is None:  # these two return what fails to their queue: an event that is none reaches the edge
        with pytest.raises(Exception, match=r"Records|role/\[name\]"):
            module.handler({f"arn:aws:iam::{ACCOUNT}:role/{ROLE}": 1}, CONTEXT)
        return

    class Broken:
        def __getattr__(self, _name: str) -> None:
            raise RuntimeError(SECRET)

    monkeypatch.setattr(module, wired, Broken())
    sample = {"audit": "audit-scheduled", "tick": "tick-scheduled", "watch": "watch-endpoint-failed"}.get(name)
    with pytest.raises(RuntimeError, match=r"role/\[name\] cannot read") as caught:
        module.handler(event(sample) if sample else event("publish-appended"), CONTEXT)
    assert ACCOUNT not in str(caught.value)


def test_a_wrong_setting_leaves_masked_too(stack: StackInProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREHEAT_MEMBER_ROLE_ARNS", f"arn:aws:iam::{ACCOUNT}:role/{ROLE}, and more")
    with pytest.raises(Exception, match="PREHEAT_MEMBER_ROLE_ARNS") as caught:
        function("audit")
    assert ACCOUNT not in str(caught.value)
