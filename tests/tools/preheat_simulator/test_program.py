"""`python -m preheat_simulator`, as the local AWS starts it: serves, ends on a signal, and knows no command line."""

import signal
import subprocess
import sys

import httpx
import pytest

from preheat_simulator.__main__ import main


def test_it_serves_the_models_that_are_named_and_ends_on_a_signal() -> None:
    command = [sys.executable, "-m", "preheat_simulator", "--port", "0", "--model", "rekognition:parts/v1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            url = program.stdout.readline().split("listening on ")[1].strip()
            (model,) = httpx.get(f"{url}/_simulator/state?service=rekognition").raise_for_status().json()["models"]
            assert model["project"] == "parts"
        finally:
            program.send_signal(signal.SIGTERM)
        assert program.wait(10) == 0


@pytest.mark.parametrize("wrong", [("--model", "parts"), ("--start-latency", "soon"), ("--switch", "latest")])
def test_a_wrong_option_is_one_line_and_status_two(wrong: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "0", *wrong]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("simulator: ")


def test_it_loads_nothing_of_the_command_line() -> None:
    code = "import preheat_simulator.__main__, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"typer", "rich", "pydantic", "preheat_cli"} & set(loaded)
