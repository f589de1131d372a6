"""How many schedules a model may name: a stop checks the requests of each of them in one transaction."""

import pytest

from preheat.domain.plan.plan import SCHEDULES_MAX
from preheat_plantfile.reading import PlantFileError, parse_plant


def plant(count: int) -> bytes:
    names = [f"shift-{place}" for place in range(count)]
    schedule = '{zone: UTC, windows: [{days: mon-fri, start: "06:00", end: "14:00"}]}'
    lines = ["version: 1", "schedules:", *(f"  {name}: {schedule}" for name in names), "models:", "  weld:"]
    lines += [
        "    backend: lookoutvision",
        "    project: weld",
        "    version: 1",
        f"    schedules: [{', '.join(names)}]",
    ]
    return "\n".join([*lines, ""]).encode()


def test_a_model_may_name_as_many_schedules_as_one_transaction_checks() -> None:
    assert len(parse_plant(plant(SCHEDULES_MAX), "plant.yaml").models["weld"].schedules) == SCHEDULES_MAX


@pytest.mark.parametrize("count", [SCHEDULES_MAX + 1, 110])
def test_a_model_with_more_is_refused_with_the_place_and_the_remedy(count: int) -> None:
    with pytest.raises(PlantFileError) as refused:
        parse_plant(plant(count), "plant.yaml")
    line = str(refused.value).splitlines()[0]
    assert line.startswith(f"plant.yaml:{count + 8}:16:")
    assert f"models.weld.schedules: found {count} schedules; accepted: at most {SCHEDULES_MAX} for a model" in line
