"""The endpoint configs of a SageMaker model: one, or several to fall back to."""

from datetime import UTC, datetime

import pytest

from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Target, Units
from preheat_cli.views.difference import changes
from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.reading import PlantFileError, parse_plant

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PLANT = """version: 1
schedules:
  early:
    zone: Europe/Berlin
    windows:
      - {{days: mon-fri, start: "06:00", end: "14:00"}}
models:
  weld:
    backend: sagemaker
    endpoint: line-weld
    schedules: [early]
    {configs}
"""


def compile_configs(configs: str, backend: str = "sagemaker") -> HostedModel:
    text = PLANT.format(configs=configs).replace("backend: sagemaker", f"backend: {backend}")
    (model,) = compile_models(parse_plant(text.encode(), "plant.yaml"), now=NOW, previous={})
    return model


def read_problem(configs: str, backend: str = "sagemaker") -> str:
    with pytest.raises(PlantFileError) as raised:
        compile_configs(configs, backend)
    return str(raised.value)


def test_the_first_config_is_the_target_and_the_others_are_fallbacks() -> None:
    model = compile_configs("configs: [line-weld-1, line-weld-2, line-weld-3]")
    assert (model.target.version, model.fallbacks) == ("line-weld-1", ("line-weld-2", "line-weld-3"))


def test_one_config_has_no_fallback() -> None:
    for form in ("config: line-weld-1", "configs: [line-weld-1]"):
        assert (compile_configs(form).target.version, compile_configs(form).fallbacks) == ("line-weld-1", ())


@pytest.mark.parametrize(
    ("configs", "said"),
    [
        ("configs: []", "a list of 1 to 5 endpoint configs, each once"),
        ("configs: line-weld-1", "a list of 1 to 5 endpoint configs, each once"),
        ("configs: null", "a list of 1 to 5 endpoint configs, each once"),
        ("configs: [a, b, a]", "each once"),
        ("configs: [a, b, c, d, e, f]", "a list of 1 to 5"),
        ("configs: [a, 7]", "1 to 63 letters, digits and inner hyphens"),
        ("configs: [a, under_score]", "1 to 63 letters, digits and inner hyphens"),
        ("config: a\n    configs: [b]", "found config beside configs"),
        ("mode: act", "found nothing for a required field"),
    ],
)
def test_what_is_wrong_with_configs_is_named_with_what_is_accepted(configs: str, said: str) -> None:
    assert said in read_problem(configs)


def test_no_other_service_has_configs() -> None:
    assert "configs" in read_problem("project: p\n    version: v\n    configs: [a]", "rekognition")


@pytest.mark.parametrize("fallbacks", [("a", "a"), ("first",), ("x_y",), tuple("abcde")])
def test_a_planned_model_refuses_fallbacks_that_the_service_would(fallbacks: tuple[str, ...]) -> None:
    model = compile_configs("config: first")
    with pytest.raises(ValueError, match="config"):
        HostedModel(
            model.model_id, model.target, Units(), model.schedules, model.lead, model.slack, NOW, fallbacks=fallbacks
        )


def test_only_an_endpoint_falls_back() -> None:
    model = compile_configs("config: first")
    with pytest.raises(ValueError, match="lookoutvision has no endpoint config"):
        HostedModel(
            model.model_id,
            Target("weld", "1"),
            Units(),
            model.schedules,
            model.lead,
            model.slack,
            NOW,
            fallbacks=("a",),
        )


def test_a_changed_fallback_or_tag_is_shown_before_it_is_applied() -> None:
    before, after = (
        compile_configs("config: first"),
        compile_configs('configs: [first, second]\n    tags: {Owner: "plant"}'),
    )
    (change,) = changes({before.model_id: before}, [after], today=NOW.date())
    assert change.lines == ("tags none -> Owner=plant", "fallback configs none -> second")
