"""The roles of the local AWS reach the models that you name for `preheat up`."""

import pytest
from typer.testing import CliRunner

from preheat_cli.main import app
from preheat_local import LocalAwsError, find_project_prefix


@pytest.mark.parametrize(
    ("names", "prefix"),
    [
        ([], "plant-"),
        (["plant-weld", "plant-paint"], "plant-"),
        (["line-weld-seams"], "line-weld-seams"),
        (["line-weld-seams", "line-door-gaps", "line-door-gaps-v1"], "line-"),
        (["plant-weld", "press"], "p"),
    ],
)
def test_the_prefix_of_the_stack_is_what_the_names_have_in_common(names: list[str], prefix: str) -> None:
    assert find_project_prefix(names) == prefix


def test_names_without_a_common_start_are_an_error_with_the_remedy() -> None:
    with pytest.raises(LocalAwsError, match=r"weld and press have no start in common.*such as line-1 and line-2"):
        find_project_prefix(["weld", "press"])


@pytest.mark.parametrize(
    ("models", "says"),
    [
        (["rekognition:line-weld/v1", "sagemaker:line-door/door-v1"], "have no start in common"),
        (["rekognition:line-weld"], "--model: model 'rekognition:line-weld'"),
        (["bedrock:x/1"], "'bedrock' is no service"),
    ],
)
def test_up_refuses_models_that_its_stack_could_not_reach(models: list[str], says: str) -> None:
    result = CliRunner().invoke(app, ["up", *(part for each in models for part in ("--model", each))])
    assert result.exit_code != 0
    assert says in " ".join(result.stderr.split())
