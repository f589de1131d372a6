"""The simulator's and the disturbance's controls: JSON over loopback, and the rules file in the state folder.

Knows neither which faults a run has nor when they come.
"""

import json
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from preheat_local.emulator.disturbance import LOG, RULES


@dataclass(frozen=True, slots=True)
class SimulatorControls:
    """The hosting service's controls under `/_simulator/`."""

    url: str

    def get(self, control: str) -> Any:
        """Return the response of a control."""
        return self._answer(urllib.request.Request(f"{self.url}/_simulator/{control}"))  # noqa: S310 - loopback

    def post(self, control: str, **fields: Any) -> Any:
        """Use a control."""
        return self._answer(
            urllib.request.Request(  # noqa: S310 - loopback
                f"{self.url}/_simulator/{control}",
                data=json.dumps(fields).encode(),
                headers={"Content-Type": "application/json"},
            )
        )

    def clear_faults(self) -> None:
        """Disarm every fault that still waits for its call."""
        self._answer(urllib.request.Request(f"{self.url}/_simulator/faults", method="DELETE"))  # noqa: S310 - loopback

    @staticmethod
    def _answer(request: urllib.request.Request) -> Any:
        # No proxy of the surroundings has a way to this machine's loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            return json.load(answer)


@dataclass(slots=True)
class DisturbanceRules:
    """The rules of `preheat_local.emulator.disturbance`, written whole at each change."""

    folder: Path
    shares: dict[str, float] = field(default_factory=dict)
    kills: list[dict[str, str]] = field(default_factory=list)

    def share(self, **shares: float) -> None:
        """Set the shares of DynamoDB's data calls that fail as throttled, and that lose their answers."""
        self.shares = shares
        self._write()

    def kill(self, function: str, call: str, when: str) -> None:
        """Have a function's processes killed at the next such call of theirs."""
        self.kills.append({"id": str(len(self.kills)), "function": function, "call": call, "when": when})
        self._write()

    def clear(self) -> None:
        """Let everything alone from now on."""
        (self.folder / RULES).unlink(missing_ok=True)

    def list_happened(self) -> list[dict[str, Any]]:
        """Return what the rules have done so far."""
        log = self.folder / LOG
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def _write(self) -> None:
        written = self.folder / f"{RULES}.new"
        written.write_text(json.dumps({**self.shares, "kill": self.kills}))
        written.replace(self.folder / RULES)  # atomically, because ministack reads it at any moment
