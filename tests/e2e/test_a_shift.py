"""The product as deployed: `preheat demo` on a local AWS, whole, and with each fault that it must notice."""

import re
from collections.abc import Callable

import pytest

type Demo = Callable[[str], tuple[int, str]]


@pytest.mark.parametrize("services", ["living", "lookoutvision"])
def test_two_models_are_ready_for_their_shift_and_stopped_after_it(demo: Demo, services: str) -> None:
    status, output = demo(services)
    last = output.splitlines()[-1]
    assert re.fullmatch(
        r"demo: 2 of 2 shifts ready on time; margin \+00:0\d:\d\d \+00:0\d:\d\d; stopped 00:0\d:\d\d after the end;"
        r" 2 starts, 2 stops, 0 errors",
        last,
    ), output
    assert status == 0
    assert output.count("answer_lost") == 4  # each start's answers were lost, and nothing started twice
    named = {"living": ("CreateEndpoint", "StartProjectVersion"), "lookoutvision": ("StartModel",)}
    assert all(call in output for call in named[services])


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        ("never-hosted", r"demo: 1 of 2 shifts ready on time"),
        ("reconcile-dead", r"demo: 0 of 2 shifts ready on time; .*; 0 starts, 0 stops"),
        ("started-twice", r"demo: \d of 2 shifts .*; 3 starts, 2 stops, [1-9]\d* errors"),
    ],
    ids=["never-hosted", "reconcile-dead", "started-twice"],
)
def test_a_demo_that_goes_wrong_says_so_and_fails(demo: Demo, fault: str, what: str) -> None:
    status, output = demo(fault)
    assert re.match(what, output.splitlines()[-1]), output
    assert status == 1
