"""The senders' table of a plant file: its fields, the refused forms and their places, and the resulting rules."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from tests.tools.conftest import PLANT

from preheat.app.requests.rights import find_right
from preheat.domain.demand.request import Subject, Verb
from preheat.domain.plan.plan import ModelId
from preheat.domain.plan.senders import EventSource, SenderRule
from preheat_plantfile.compiling.senders import compile_senders
from preheat_plantfile.reading import PlantFileError, parse_plant, read_plant

TABLE = """senders:
  mes:
    roles: [line-controller, AROAEXAMPLEMES]
    events: [{source: com.acme.*, account: "111122223333"}]
    models: [weld-*]
    verbs: [hold, block]
    max_priority: 30
    max_units: 2
    max_time: 4h
    max_time_per_day: 10h
    max_active: 3
    max_requests_per_hour: 12
  chiefs:
    roles: ["AWSReservedSSO_Chief_*"]
    admin: true
  guests:
    roles: [guest]
"""


ROOT = Path(__file__).parents[3]


def read(table: str) -> tuple[SenderRule, ...]:
    plant = parse_plant((PLANT + table).encode(), "plant.yaml")
    return compile_senders(plant, lambda entry, role: [f"AROA{entry.replace('-', '').upper()}{len(role)}"])


def problems(table: str) -> list[str]:
    with pytest.raises(PlantFileError) as error:
        parse_plant((PLANT + table).encode(), "plant.yaml")
    return error.value.lines[:-1]


def test_a_table_becomes_rules_with_the_ids_of_its_roles() -> None:
    assert read(TABLE) == (
        SenderRule(
            "mes",
            ("AROAMES15", "AROAEXAMPLEMES"),
            (EventSource("com.acme.*", "111122223333"),),
            ("weld-*",),
            (),
            ("hold", "block"),
            30,
            2,
            timedelta(hours=4),
            timedelta(hours=10),
            3,
            12,
        ),
        SenderRule("chiefs", ("AROACHIEFS22",), models=("*",), schedules=("*",), admin=True),
        SenderRule("guests", ("AROAGUESTS5",), models=("*",), schedules=("*",)),
    )


def test_a_plant_without_a_table_has_no_rules() -> None:
    assert read("") == ()


@pytest.mark.parametrize(
    ("entry", "where", "says"),
    [
        ("{roles: []}", "15:3: senders.x:", "found neither roles nor events; accepted: at least one role"),
        ("{models: [weld-seams]}", "15:3: senders.x:", "found neither roles nor events"),
        ("{roles: [a], models: [welt-*]}", "15:28: senders.x.models", "'welt-*', which matches no name under models"),
        ("{roles: [a], schedules: [nacht]}", "15:31: senders.x.schedules", "matches no name under schedules"),
        ("{roles: [a], admin: true, max_units: 2}", "senders.x.max_units", "beside admin: true"),
        ("{roles: [a], verbs: [hold, start_all]}", "senders.x.verbs", "found 'start_all'"),
        ("{roles: [a], verbs: []}", "senders.x.verbs", "at least one"),
        ("{roles: ['a b']}", "senders.x.roles", "the name, the ARN or the id (AROA"),
        ("{roles: a}", "senders.x.roles", "accepted: a list"),
        ("{events: [{source: mes, account: 111122223333}]}", "senders.x.events[0].account", "12 digits in quotes"),
        ("{events: [{source: mes}]}", "senders.x.events[0].account", "found nothing for a required field"),
        ("{roles: [a], max_priority: 101}", "senders.x.max_priority", "0 to 100"),
        ("{roles: [a], max_time: 721h}", "senders.x.max_time", "1m to 720h"),
        ("{roles: [a], max_time_per_day: 25h}", "senders.x.max_time_per_day", "1m to 24h"),
        ("{roles: [a], max_active: 21}", "senders.x.max_active", "1 to 20"),
        ("{roles: [a], max_requests_per_hour: 0}", "senders.x.max_requests_per_hour", "1 to 1000"),
        ("{roles: [a], max_time: null}", "senders.x.max_time", "found nothing"),
        ("{roles: [a], admin: yes}", "senders.x.admin", "true or false"),
        ("{roles: [a], max_unit: 2}", "senders.x.max_unit", "did you mean 'max_units'?"),
        ("[]", "senders.x", "a mapping with roles, events"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_what_is_accepted(entry: str, where: str, says: str) -> None:
    (found,) = problems(f"senders:\n  x: {entry}\n")
    assert where in found
    assert says in found


def test_a_table_has_a_most() -> None:
    entries = "".join(f"  x-{number}: {{roles: [a]}}\n" for number in range(101))
    (found,) = problems(f"senders:\n{entries}")
    assert "found 101 entries; accepted: at most 100" in found


def test_the_example_with_senders_gives_the_rights_that_its_comments_name() -> None:
    rules = compile_senders(
        read_plant(ROOT / "examples" / "plant-with-senders.yaml"), lambda entry, role: [entry, role]
    )
    weld, paint = (Subject(model_id=ModelId(name)) for name in ("weld-seams", "paint-shop"))
    mes = find_right(rules, "AROAEXAMPLEMES", weld, admin=False)
    assert (mes.name, mes.hold_longest, mes.hours_a_day) == ("mes", timedelta(hours=4), timedelta(hours=10))
    assert Verb.HOLD in mes.verbs
    assert Verb.BLOCK not in mes.verbs
    assert find_right(rules, "account:123456789012:com.example.mes", weld, admin=False).name == "mes"
    assert mes.models == ("weld-*",)  # and so nothing of the paint shop
    andon = find_right(rules, "AROAEXAMPLEANDON", paint, admin=False)
    assert andon.verbs == {Verb.BLOCK, Verb.UNBLOCK, Verb.STOP, Verb.STOP_NOW}
    assert find_right(rules, "AROAEXAMPLELEADS", paint, admin=False).admin
    assert not find_right(rules, "AROASOMEBODYELSE", paint, admin=False).is_listed


def test_each_table_of_the_page_on_requests_is_one() -> None:
    page = (ROOT / "docs" / "requests.md").read_text(encoding="utf-8")
    tables = [text for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if text.startswith("senders:")]
    assert tables
    for table in tables:
        assert len(read(table)) == len(re.findall(r"^  [a-z-]+:$", table, re.MULTILINE))
