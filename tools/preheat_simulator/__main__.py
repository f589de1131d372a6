"""`python -m preheat_simulator`: serve the simulated hosting services, without the command line of Preheat.

Takes the same options as `preheat simulator`. Exit status: 0 success, 2 usage error.
"""

import argparse
import sys
from collections.abc import Sequence

from preheat_simulator.http.serve import DEFAULT_PORT, PortInUseError, run


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve on 127.0.0.1 until Ctrl-C or SIGTERM; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m preheat_simulator", description="Simulated hosting services.")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port on 127.0.0.1; 0 uses a free one")
    parser.add_argument("--model", action="append", default=[], metavar="[SERVICE:]PROJECT/VERSION")
    parser.add_argument("--start-latency", default="900", metavar="LATENCY", help="seconds or a distribution")
    parser.add_argument("--stop-latency", default="120", metavar="LATENCY", help="seconds or a distribution")
    parser.add_argument("--switch", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--scale", type=float, default=1.0, help="run time N times as fast")
    parser.add_argument("--seed", type=int, default=1, help="of drawn latencies and faults")
    parser.add_argument("--events-to", metavar="URL", help="an event bus that gets an event for each manual call")
    parser.add_argument("--rights-at", metavar="URL", help="a local AWS whose roles limit their calls")
    given = parser.parse_args(arguments)
    try:
        run(
            given.port,
            models=given.model,
            start_latency=given.start_latency,
            stop_latency=given.stop_latency,
            switches=given.switch,
            scale=given.scale,
            seed=given.seed,
            events_to=given.events_to,
            rights_at=given.rights_at,
        )
    except (ValueError, PortInUseError) as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
