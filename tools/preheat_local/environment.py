"""The environment variables of the processes of the local AWS: invented credentials, and nothing of the host's AWS.

The terminal may have a key, a profile or an endpoint of a real account. None of them may reach the functions, sam, or a
client made here. Knows no values of a stack.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

REGION = "eu-central-1"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of the root of one local AWS. Another program or page cannot guess them; no real account knows them."""

    access_key: str
    secret_key: str = field(repr=False)

    @classmethod
    def draw(cls) -> Self:
        """Return new keys, for one `up`."""
        return cls(f"LOCAL{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30))


NO_KEYS = Keys("none", "none")  # of a build, which talks to no service

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TERM", "TMPDIR", "LD_LIBRARY_PATH")


def make_client_environment(endpoint_url: str, keys: Keys) -> dict[str, str]:
    """Return the variables with which any AWS SDK talks to the local AWS alone."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def make_ministack_environment(
    port: int, temporary: Path, surroundings: Mapping[str, str], keys: Keys
) -> dict[str, str]:
    """Return ministack's whole environment. Its functions inherit it, so it holds only what Lambda would."""
    kept = {name: surroundings[name] for name in _KEPT if name in surroundings}
    client = make_client_environment(f"http://127.0.0.1:{port}", keys)
    del client["AWS_ENDPOINT_URL"]  # ministack hands it to the functions itself
    return (
        kept
        | client
        | {
            "GATEWAY_PORT": str(port),
            "MINISTACK_HOST": "127.0.0.1",  # queue URLs hold it
            "MINISTACK_REGION": REGION,
            "AUTH": "true",  # enforces roles: an action that the template does not grant fails here too
            "TMPDIR": str(temporary),
        }
    )


def make_simulator_environment(surroundings: Mapping[str, str], keys: Keys) -> dict[str, str]:
    """Return the simulator's environment: the terminal's without its AWS, and the keys with which it puts events."""
    own = {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key}
    return _drop_aws_variables(surroundings) | own | {"PYTHONUNBUFFERED": "1"}


def make_sam_environment(
    tools: Path, uv: Path, surroundings: Mapping[str, str], endpoint_url: str | None = None, keys: Keys = NO_KEYS
) -> dict[str, str]:
    """Return sam's environment. `tools` is the folder of its programs; its Python is the one that compiles the layers.

    Without an endpoint (a build) sam has no AWS. The terminal's package indexes and proxies apply.
    """
    return (
        _drop_aws_variables(surroundings)
        | make_client_environment(
            endpoint_url or "http://127.0.0.1:9", keys
        )  # 9 is the discard port: a build talks to no service
        | {
            "PATH": f"{tools}{os.pathsep}{surroundings.get('PATH', os.defpath)}",
            "UV": str(uv),
            "UV_PYTHON_DOWNLOADS": "never",
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.5",  # the default of 5 s is politeness towards a service that is not here
        }
    )


def _drop_aws_variables(surroundings: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in surroundings.items() if not name.startswith(("AWS_", "SAM_", "PYTHON"))}
