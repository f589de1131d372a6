"""The soak's runs: a seed draws the same run each time, many seeds walk the whole space, and a command repeats one."""

import shlex
from dataclasses import replace

from typer.testing import CliRunner

from preheat.domain.plan.plan import Backend
from preheat_cli.main import app
from preheat_lab.simulation.hosting import SERVICES
from preheat_lab.simulation.soak_run import REQUESTS, SIZES, SoakRun
from preheat_simulator.core.switches import Switches

RUNS = [SoakRun.draw(seed) for seed in range(1, 401)]


def test_a_seed_draws_the_same_run_each_time() -> None:
    assert [SoakRun.draw(seed) for seed in range(1, 401)] == RUNS


def test_what_is_given_is_not_drawn_and_moves_nothing_else() -> None:
    given = [SoakRun.draw(seed, service=Backend.SAGEMAKER, requests=7) for seed in range(1, 401)]
    assert given == [replace(run, service=Backend.SAGEMAKER, requests=7) for run in RUNS]


def test_the_seeds_walk_every_service_size_and_switch_with_and_without_many_requests() -> None:
    walked = {(run.service, run.models, run.days) for run in RUNS}
    assert walked == {(service, *size) for service in SERVICES for size in SIZES}
    changed = {f"{name}={value}" for run in RUNS for name, value in run.switches}
    assert changed == Switches.every_single_change().keys() - {"default"}
    assert any(not run.switches for run in RUNS)
    assert {run.requests * 4 // (run.models * run.days) for run in RUNS} == set(REQUESTS)


def test_the_command_of_a_run_repeats_it() -> None:
    run = replace(next(each for each in RUNS if len(each.switches) > 1), models=2, days=2, requests=5)
    program, *arguments = shlex.split(run.command())
    assert program == "preheat"
    assert run.run().summary() in CliRunner().invoke(app, arguments).output
