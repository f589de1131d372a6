"""Up and down: ministack and the simulator started, the template deployed, all of it stopped again.

Records every process before it waits for it, so that `down` finds it after a crash of `up`. If a failed step or Ctrl-C
ends `up` early, it stops what it had started. Knows nothing of plants, plans or models.
"""

import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from preheat_local import aws, environment, loopback, processes, stack
from preheat_local.aws import LocalAws
from preheat_local.checkout import Checkout, find_checkout
from preheat_local.environment import Keys
from preheat_local.errors import LocalAwsError
from preheat_local.locks import hold_lock
from preheat_local.processes import RecordedProcess

DEFAULT_PORT = 4578
DEFAULT_SIMULATOR_PORT = 4579
PORT_VARIABLE = "PREHEAT_PORT"
SIMULATOR_PORT_VARIABLE = "PREHEAT_SIMULATOR_PORT"
PROJECT_PREFIX = "plant-"
HEALTHY_WITHIN = timedelta(seconds=60)  # a busy machine takes longer than one would think

_POLL_SECONDS = 0.05


def find_project_prefix(names: Sequence[str]) -> str:
    """Return the start of the names that the stack's roles may reach: `plant-`, or what these names have in common.

    Raises:
        LocalAwsError: they have no start in common, and a stack has one ProjectPrefix.
    """
    if all(name.startswith(PROJECT_PREFIX) for name in names):
        return PROJECT_PREFIX
    prefix = os.path.commonprefix(list(names))  # noqa: RUF071 - names, not paths
    if not prefix:
        raise LocalAwsError(
            f"{' and '.join(dict.fromkeys(names))} have no start in common, and a stack has one ProjectPrefix."
            " Give projects, endpoints and endpoint configs names such as line-1 and line-2"
        )
    return prefix


def up(
    *,
    port: int | None = None,
    simulator_port: int | None = None,
    simulator_arguments: Sequence[str] = (),
    parameters: Mapping[str, str] | None = None,
    chosen: bool = False,
    checkout: Checkout | None = None,
    say: Callable[[str], None] = print,
) -> LocalAws:
    """Return a local AWS with the template deployed onto it, starting it if it is not up.

    `port` and `simulator_port`: where ministack and the simulator listen on loopback. 0 takes any free port. The
    default is $PREHEAT_PORT and $PREHEAT_SIMULATOR_PORT, else 4578 and 4579. `simulator_arguments` follow
    `python -m preheat_simulator --port N`. `parameters` are the template's, over those that the local AWS needs. If
    one is up already, this returns it, its arguments unchanged; `chosen`: a person chose one of them here. `say` takes
    each line of progress.

    Raises:
        LocalAwsError: a port is taken, a tool is missing, or a step failed; nothing is left running.
    """
    checkout = checkout or find_checkout()
    with hold_lock(_lock(checkout)):
        found = find_running(checkout)
        if found is not None:
            say(f"the local AWS is up already at {found.endpoint_url}, the simulator at {found.simulator_url}")
            effect = "the options of this command have no effect on it; " if chosen else ""
            say(f"{effect}`preheat down` ends it")
            return found
        if ended := find_ended(checkout):
            say(f"{' and '.join(ended)} had ended; this local AWS is a new one, without that plan and history")
        _stop_recorded(checkout)  # the rest of one that did not come up, or lost a part
        return _bring_up(checkout, _ports(port, simulator_port), simulator_arguments, parameters or {}, say)


def _bring_up(
    checkout: Checkout,
    ports: tuple[int, int],
    simulator_arguments: Sequence[str],
    parameters: Mapping[str, str],
    say: Callable[[str], None],
) -> LocalAws:
    began = time.monotonic()
    # Name a missing tool before starting anything.
    python, command = checkout.tool(".venv-local", "python"), make_simulator_command(ports[1], simulator_arguments)
    _make_fresh(checkout)
    started: list[RecordedProcess] = []
    endpoint_url, simulator_url = (f"http://{loopback.HOST}:{number}" for number in ports)
    command += ["--events-to", endpoint_url, "--rights-at", endpoint_url]
    keys = Keys.draw()
    try:
        env = environment.make_ministack_environment(ports[0], checkout.temporary, os.environ, keys)
        _start(checkout, started, "ministack", [python, checkout.launcher], env)
        _start(checkout, started, "simulator", command, environment.make_simulator_environment(os.environ, keys))
        say("building the stack")
        stack.build(checkout)
        _await(checkout, started[0], f"{endpoint_url}/_ministack/health")
        _await(checkout, started[1], f"{simulator_url}/_simulator/health")
        say("deploying template.yaml")
        services = ("HostingEndpointUrl", "RekognitionEndpointUrl", "SageMakerEndpointUrl")
        local = {
            "ProjectPrefix": PROJECT_PREFIX,
            "Mode": "act",
            "DeletionProtection": "false",
            "SavedQueries": "false",
            **dict.fromkeys(services, simulator_url),
        }
        stack.deploy(checkout, endpoint_url, keys, {**local, **parameters})
        found = aws.outputs(endpoint_url, stack.STACK, keys)
        local_aws = LocalAws.from_outputs(endpoint_url, simulator_url, stack.STACK, found, keys)
        local_aws.save(aws.find_record(checkout))
    except BaseException:
        _stop_recorded(checkout)
        raise
    seconds = time.monotonic() - began
    say(f"the local AWS is up at {endpoint_url}, the simulator at {simulator_url} ({seconds:.0f} s)")
    return local_aws


def down(*, checkout: Checkout | None = None, say: Callable[[str], None] = print) -> bool:
    """Stop the local AWS and remove its data; return whether anything was running. Logs and the build stay."""
    checkout = checkout or find_checkout()
    with hold_lock(_lock(checkout)):
        stopped = _stop_recorded(checkout)
    say(f"stopped {' and '.join(stopped)}" if stopped else "the local AWS is not up")
    return bool(stopped)


@contextlib.contextmanager
def run_local_aws(
    state: Path,
    *,
    simulator_arguments: Sequence[str] = (),
    parameters: Mapping[str, str] | None = None,
    say: Callable[[str], None] = print,
) -> Iterator[LocalAws]:
    """Have a local AWS of one's own inside the block, on free ports, with its state in the folder `state`.

    It is independent of the one that `up` keeps, and gone at the end of the block.
    """
    checkout = find_checkout(state=state)
    try:
        yield up(
            port=0,
            simulator_port=0,
            simulator_arguments=simulator_arguments,
            parameters=parameters,
            checkout=checkout,
            say=say,
        )
    finally:
        down(checkout=checkout, say=say)


def find_running(checkout: Checkout | None = None) -> LocalAws | None:
    """Return the local AWS of the checkout, or None if it is not up as a whole."""
    checkout = checkout or find_checkout()
    ours = _read_processes(checkout)
    if not ours or not all(processes.is_running(process) for process in ours) or not aws.find_record(checkout).exists():
        return None
    return LocalAws.load(aws.find_record(checkout))


def find_ended(checkout: Checkout | None = None) -> list[str]:
    """Return the parts of the local AWS that ended although nobody took it down."""
    return [each.name for each in _read_processes(checkout or find_checkout()) if not processes.is_running(each)]


def make_simulator_command(port: int, arguments: Sequence[str] = ()) -> list[str]:
    """Return the command that serves the simulator on `port`, with the interpreter that runs this program."""
    return [sys.executable, "-m", "preheat_simulator", "--port", str(port), *arguments]


def _stop_recorded(checkout: Checkout) -> list[str]:
    """Stop every recorded process that still runs and delete the record; return the names of those that ran."""
    # The last started uses the first: the other way round.
    stopped = [process.name for process in reversed(_read_processes(checkout)) if processes.stop(process)]
    aws.find_record(checkout).unlink(missing_ok=True)
    _record(checkout).unlink(missing_ok=True)
    shutil.rmtree(checkout.temporary, ignore_errors=True)
    return stopped


def _ports(port: int | None, simulator_port: int | None) -> tuple[int, int]:
    wanted = {
        PORT_VARIABLE: port if port is not None else _number(PORT_VARIABLE, DEFAULT_PORT),
        SIMULATOR_PORT_VARIABLE: simulator_port
        if simulator_port is not None
        else _number(SIMULATOR_PORT_VARIABLE, DEFAULT_SIMULATOR_PORT),
    }
    first, second = wanted.values()
    if first == second != 0:
        raise LocalAwsError(f"port {first} cannot serve both the AWS services and the simulator: choose two")
    taken = "`preheat down` stops one of this checkout; else give another as {} or {}=N"
    return (
        loopback.find_free_port(first, what="the AWS services", remedy=taken.format("--port N", PORT_VARIABLE)),
        loopback.find_free_port(
            second, what="the simulator", remedy=taken.format("--simulator-port N", SIMULATOR_PORT_VARIABLE)
        ),
    )


def _number(variable: str, default: int) -> int:
    text = os.environ.get(variable, str(default))
    if not text.isdecimal():
        raise LocalAwsError(f"{variable} is {text!r}: give a port number")
    return int(text)


def _make_fresh(checkout: Checkout) -> None:
    checkout.state.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(checkout.temporary, ignore_errors=True)
    checkout.temporary.mkdir()
    shutil.rmtree(checkout.logs, ignore_errors=True)


def _start(
    checkout: Checkout, started: list[RecordedProcess], name: str, command: Sequence[str | Path], env: Mapping[str, str]
) -> None:
    log = checkout.logs / f"{name}.log"
    started.append(processes.start(name, command, env=env, log=log, cwd=checkout.state))
    _record(checkout).write_text(json.dumps([asdict(process) for process in started], indent=2) + "\n")


def _await(checkout: Checkout, process: RecordedProcess, url: str) -> None:
    deadline = time.monotonic() + HEALTHY_WITHIN.total_seconds()
    while not loopback.does_answer(url):
        log = checkout.logs / f"{process.name}.log"
        said = log.read_text(errors="replace")[-1500:].strip() or "nothing"
        if not processes.is_running(process):
            raise LocalAwsError(f"{process.name} ended while it started; it said: {said}")
        if time.monotonic() > deadline:
            raise LocalAwsError(f"{process.name} did not answer at {url} in {HEALTHY_WITHIN}; it said: {said}")
        time.sleep(_POLL_SECONDS)


def _lock(checkout: Checkout) -> Path:
    """One `up` or `down` at a time: the second waits, and finds what the first left."""
    return checkout.state / "up.lock"


def _record(checkout: Checkout) -> Path:
    return checkout.state / "processes.json"


def _read_processes(checkout: Checkout) -> list[RecordedProcess]:
    try:
        return [RecordedProcess(**fields) for fields in json.loads(_record(checkout).read_text())]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError) as error:
        raise LocalAwsError(
            f"{_record(checkout)} cannot be read ({error}): end what it names by hand, then remove it"
        ) from None
