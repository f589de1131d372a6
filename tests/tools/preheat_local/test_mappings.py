"""The rights for calls on event source mappings in the local AWS, as far as they show without ministack."""

from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from preheat_local.emulator.launcher import find_seam
from preheat_local.emulator.mappings import find_action, install

UUID = "0c6d2f58-1111-4222-8333-444455556666"
ARN = f"arn:aws:lambda:eu-central-1:000000000000:event-source-mapping:{UUID}"
FUNCTION = "arn:aws:lambda:eu-central-1:000000000000:function:plant-consumer"


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", f"/2015-03-31/event-source-mappings/{UUID}", "GetEventSourceMapping"),
        ("PUT", f"/2015-03-31/event-source-mappings/{UUID}", "UpdateEventSourceMapping"),
        ("DELETE", f"/2015-03-31/event-source-mappings/{UUID}/", "DeleteEventSourceMapping"),
        ("GET", "/2015-03-31/event-source-mappings/", None),
        ("POST", f"/2015-03-31/event-source-mappings/{UUID}", None),
        ("GET", "/2015-03-31/functions/plant-consumer", None),
    ],
)
def test_a_call_on_one_mapping_has_the_action_that_aws_asks_for(method: str, path: str, action: str | None) -> None:
    assert find_action(method, path) == action


def a_module(**names: Any) -> ModuleType:
    module = ModuleType("ministack")
    module.__dict__.update(names)
    return module


def test_every_other_call_and_key_is_answered_as_before() -> None:
    def name_action(method: str, path: str) -> str | None:
        return f"{method} {path}"

    def resolve(key: str, ctx: Any) -> Any:
        return f"{key} of {ctx.resource_arn}"

    actions, evaluator = a_module(_lambda_action=name_action), a_module(_resolve_condition_key=resolve)
    install(find_seam, actions, evaluator, a_module(_esms={UUID: {"FunctionArn": FUNCTION}}))
    assert actions._lambda_action("PUT", f"/2015-03-31/event-source-mappings/{UUID}") == "UpdateEventSourceMapping"
    assert actions._lambda_action("GET", "/2015-03-31/functions/f") == "GET /2015-03-31/functions/f"
    assert evaluator._resolve_condition_key("aws:SourceIp", SimpleNamespace(resource_arn="x")) == "aws:SourceIp of x"
    for key in ("lambda:FunctionArn", "lambda:functionarn"):
        assert evaluator._resolve_condition_key(key, SimpleNamespace(resource_arn=ARN)) == FUNCTION
    absent = SimpleNamespace(resource_arn=ARN.replace("0c6d", "ffff"))
    assert evaluator._resolve_condition_key("lambda:FunctionArn", absent) is None


def test_a_seam_that_moved_ends_the_launcher_with_its_name() -> None:
    with pytest.raises(SystemExit, match="_lambda_action"):
        install(find_seam, a_module(), a_module(), a_module())
