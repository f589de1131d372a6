"""The queue and the gate of a model in the plant file: the accepted forms, and the errors about the rest."""

from datetime import UTC, datetime, timedelta

import pytest

from preheat.domain.plan.hosted_model import Drain, HostedModel
from preheat_cli.views import show
from preheat_cli.views.difference import ChangeKind, changes
from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.reading import PlantFileError, parse_plant

GATE = "0c6d2f58-3c2b-4f6e-9a51-6f1d2f0a7b11"
URL = "https://sqs.eu-central-1.amazonaws.com/111122223333/images"
ARN = "arn:aws:sqs:eu-central-1:111122223333:images.fifo"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def plant(*entries: str) -> str:
    models = "".join(
        f"  m{number}: {{backend: lookoutvision, project: p{number}, version: 1, schedules: [], {entry}}}\n"
        for number, entry in enumerate(entries)
    )
    return f"version: 1\nschedules: {{}}\nmodels:\n{models}"


def models(*entries: str) -> list[HostedModel]:
    return list(compile_models(parse_plant(plant(*entries).encode(), "plant.yaml"), now=NOW, previous={}))


def problems(*entries: str) -> list[str]:
    with pytest.raises(PlantFileError) as raised:
        models(*entries)
    return list(raised.value.lines[:-1])


@pytest.mark.parametrize(
    ("entry", "drain"),
    [
        (f"drain: {{queue: '{URL}'}}", Drain(URL, timedelta(minutes=30))),
        (f"drain: {{queue: '{ARN}', limit: 2m}}", Drain(ARN, timedelta(minutes=2))),
        ("drain: {queue: 'http://127.0.0.1:4566/000000000000/images', limit: 6h}", None),
    ],
)
def test_a_queue_is_named_by_its_url_or_its_arn(entry: str, drain: Drain | None) -> None:
    (model,) = models(entry)
    assert model.drain == (drain or Drain("http://127.0.0.1:4566/000000000000/images", timedelta(hours=6)))


def test_a_gate_is_named_by_its_uuid_in_small_letters() -> None:
    assert [model.gate for model in models(f"gate: {GATE.upper()}", "mode: act")] == [GATE, None]


A_QUEUE = "accepted: the URL or the ARN of an SQS queue such as"
A_GATE = "accepted: the UUID of a Lambda event source mapping: 8-4-4-4-12 of [0-9a-f]"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("drain: {queue: images}", f"models.m0.drain.queue: found 'images'; {A_QUEUE}"),
        ("drain: {queue: 'arn:aws:sns:eu-central-1:111122223333:images'}", A_QUEUE),
        ("drain: {queue: 'https://sqs.eu-central-1.amazonaws.com/images'}", A_QUEUE),
        (
            "drain: {}",
            "models.m0.drain.queue: found nothing for a required field; accepted: URL or ARN of the SQS queue",
        ),
        (
            f"drain: {{queue: '{URL}', limit: 1m}}",
            "found '1m'; accepted: a duration such as 30s, 45m or 1h30m, 2m to 6h",
        ),
        (f"drain: {{queue: '{URL}', limit: 7h}}", "2m to 6h"),
        (f"drain: {{queue: '{URL}', most: 7h}}", "found 'most', which is no field here; accepted: queue, limit"),
        ("drain: null", "found nothing; accepted: a mapping with queue, limit"),
        (f"drain: '{URL}'", "accepted: a mapping with queue, limit"),
        ("gate: images", f"models.m0.gate: found 'images'; {A_GATE}"),
        ("gate: null", f"found nothing; {A_GATE}"),
        (
            f"gate: 'arn:aws:lambda:eu-central-1:111122223333:event-source-mapping:{GATE}'",
            f"{A_GATE}, which is the end of its ARN",
        ),
    ],
)
def test_what_is_no_queue_or_gate_is_reported_with_its_place(entry: str, told: str) -> None:
    (line,) = problems(entry)
    assert told in line


def test_two_models_with_one_gate_are_refused_and_with_one_queue_are_not() -> None:
    (line,) = problems(f"gate: {GATE}", f"gate: {GATE.upper()}")
    assert "m1.gate" in line
    assert "which m0 (line 4) has already; accepted: one model for each gate" in line
    assert len(models(f"drain: {{queue: '{URL}'}}", f"drain: {{queue: '{URL}'}}")) == 2


def test_a_plan_shows_what_changes_of_queue_and_gate() -> None:
    (before,) = models("mode: act")
    (after,) = models(f"gate: {GATE}, drain: {{queue: '{ARN}', limit: 1h}}")
    (change,) = changes({before.model_id: before}, [after], today=NOW.date())
    assert (change.kind, change.lines) == (
        ChangeKind.CHANGED,
        ("drain none -> images.fifo for at most 1h", f"gate none -> {GATE}"),
    )
    assert show.drain(Drain(URL)) == "images for at most 30m"
