"""The real template on the local AWS: build it when its inputs changed, deploy it, read its outputs.

Uses sam as anyone would, with a configuration of its own: what `sam deploy --guided` saved for a real account stays
unread here. Knows nothing of processes that stay.
"""

import hashlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from preheat_local import environment
from preheat_local.checkout import Checkout
from preheat_local.errors import LocalAwsError
from preheat_local.locks import hold_lock

STACK = "preheat"
_INPUTS = ("template.yaml", "functions", "layers", "requirements/sam.txt")
_TAIL_LINES = 15


def build(checkout: Checkout) -> Path:
    """Return the folder of the built stack; built again only if an input's content changed.

    Raises:
        LocalAwsError: sam could not build; the message ends with what it said.
    """
    seal = checkout.build.with_suffix(".sha256")
    with hold_lock(checkout.build.with_suffix(".lock")):
        print_ = compute_fingerprint(checkout)
        if seal.exists() and seal.read_text() == print_ and (checkout.build / "template.yaml").exists():
            return checkout.build
        seal.unlink(missing_ok=True)
        sam = checkout.tool(".venv-sam", "sam")
        command: list[str | Path] = ["build", "--build-dir", checkout.build, "--template-file", checkout.template]
        _sam(checkout, "build", command, environment.make_sam_environment(sam.parent, checkout.uv(), os.environ))
        seal.write_text(print_)
    return checkout.build


def deploy(checkout: Checkout, endpoint_url: str, keys: environment.Keys, parameters: Mapping[str, str]) -> None:
    """Deploy what `build` made onto the AWS at `endpoint_url`.

    Raises:
        LocalAwsError: sam could not deploy; the message ends with what it said.
    """
    sam = checkout.tool(".venv-sam", "sam")
    overrides = [f"ParameterKey={key},ParameterValue={value}" for key, value in parameters.items()]
    command: list[str | Path] = [
        "deploy",
        "--template-file",
        checkout.build / "template.yaml",
        "--stack-name",
        STACK,
        "--resolve-s3",
    ]
    command += ["--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar"]
    command += ["--no-fail-on-empty-changeset", "--parameter-overrides", *overrides]
    with hold_lock(checkout.build.with_suffix(".lock"), shared=True):  # several may read the build, nobody changes it
        _sam(
            checkout,
            "deploy",
            command,
            environment.make_sam_environment(sam.parent, checkout.uv(), os.environ, endpoint_url, keys),
        )


def compute_fingerprint(checkout: Checkout) -> str:
    """Return a digest over the path and content of everything that the build reads."""
    digest = hashlib.sha256()
    for path in _files(checkout.root):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(checkout.root)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for name in _INPUTS:
        top = root / name
        found = [top] if top.is_file() else top.rglob("*")
        yield from sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)


def _sam(checkout: Checkout, step: str, command: Sequence[str | Path], env: Mapping[str, str]) -> None:
    sam = checkout.tool(".venv-sam", "sam")
    checkout.logs.mkdir(parents=True, exist_ok=True)
    config = checkout.state / "samconfig.toml"
    config.write_text("version = 0.1\n")
    log = checkout.logs / f"{step}.log"
    arguments = [str(part) for part in (sam, *command, "--config-file", config)]
    with log.open("wb") as output:
        child = subprocess.Popen(
            arguments,
            env=dict(env),
            cwd=checkout.root,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # sam starts make and uv: they end with it
        )
        try:
            status = child.wait()
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise
    if status != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])
        raise LocalAwsError(f"sam {step} ended with status {status}; all it said is in {log}, at the end:\n{tail}")
